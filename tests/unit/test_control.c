/* proto/control.h: what goes over the control socket, and back. */
#include "proto/control.h"
#include "proto/control.pb-c.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static struct kp_buffer packed;

static void pack_request(const struct kp_control_request *request)
{
    CU_ASSERT_EQUAL_FATAL(kp_control_request_pack(request, &packed, NULL), KP_OK);
}

static enum kp_status unpack_request(struct kp_control_request *request)
{
    struct kp_error error = {0};
    enum kp_status status = kp_control_request_unpack(request, packed.data, packed.size, &error);
    CU_ASSERT((status == KP_OK) == (error.text[0] == '\0'));
    return status;
}

static void pack_response(const struct kp_control_response *response)
{
    CU_ASSERT_EQUAL_FATAL(kp_control_response_pack(response, &packed, NULL), KP_OK);
}

static enum kp_status unpack_response(struct kp_control_response *response)
{
    struct kp_error error = {0};
    enum kp_status status = kp_control_response_unpack(response, packed.data, packed.size, &error);
    CU_ASSERT((status == KP_OK) == (error.text[0] == '\0'));
    return status;
}

static void add_signal(struct kp_control_signals *signals, uint32_t number)
{
    struct kp_control_signal *signal = kp_control_signals_add(signals);
    CU_ASSERT_PTR_NOT_NULL_FATAL(signal);
    memset(signal->address, 'a' + (int)(number % 26), sizeof(signal->address));
    snprintf(signal->indicator, sizeof(signal->indicator), "I%u", number);
    snprintf(signal->grounds, sizeof(signal->grounds), "gr\xc3\xb6unds %u", number);
    signal->observed_on = 20240101 + number;
    signal->registered_at = UINT64_C(1) << 40 | number;
}

static void check_signals(const struct kp_control_signals *one,
                          const struct kp_control_signals *other)
{
    CU_ASSERT_EQUAL_FATAL(one->count, other->count);
    for (size_t i = 0; i < one->count; i++) {
        CU_ASSERT_EQUAL(memcmp(one->items[i].address, other->items[i].address, 16), 0);
        CU_ASSERT_STRING_EQUAL(one->items[i].indicator, other->items[i].indicator);
        CU_ASSERT_STRING_EQUAL(one->items[i].grounds, other->items[i].grounds);
        CU_ASSERT_EQUAL(one->items[i].observed_on, other->items[i].observed_on);
        CU_ASSERT_EQUAL(one->items[i].registered_at, other->items[i].registered_at);
    }
}

static void set_made_by(struct kp_canonicalisation *made_by)
{
    *made_by = (struct kp_canonicalisation){
        .scheme = KP_KEY_SCHEME_BAG, .version = KP_CANONICAL_VERSION, .register_date = 20260701};
    randombytes_buf(made_by->register_hash, sizeof(made_by->register_hash));
    randombytes_buf(made_by->words_hash, sizeof(made_by->words_hash));
}

static void check_made_by(const struct kp_canonicalisation *got,
                          const struct kp_canonicalisation *wanted)
{
    CU_ASSERT(got->scheme == wanted->scheme && got->version == wanted->version);
    CU_ASSERT_EQUAL(got->register_date, wanted->register_date);
    CU_ASSERT_EQUAL(memcmp(got->register_hash, wanted->register_hash, 32), 0);
    CU_ASSERT_EQUAL(memcmp(got->words_hash, wanted->words_hash, 32), 0);
}

static void requests_come_through(void)
{
    struct kp_control_request request = {.kind = KP_CONTROL_STATUS}, got;
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_STATUS);
    kp_control_request_free(&got);

    request.kind = KP_CONTROL_SIGNALS;
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    CU_ASSERT(got.kind == KP_CONTROL_SIGNALS && got.after.size == 0);
    kp_control_request_free(&got);
    request.after.size = KP_CONTROL_PAGE_KEY_MAX;
    randombytes_buf(request.after.bytes, sizeof(request.after.bytes));
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    CU_ASSERT_EQUAL_FATAL(got.after.size, KP_CONTROL_PAGE_KEY_MAX);
    CU_ASSERT_EQUAL(memcmp(got.after.bytes, request.after.bytes, got.after.size), 0);
    kp_control_request_free(&got);

    request.one_address = true;
    randombytes_buf(request.address, sizeof(request.address));
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    CU_ASSERT(got.one_address);
    CU_ASSERT_EQUAL(memcmp(got.address, request.address, sizeof(got.address)), 0);
    kp_control_request_free(&got);

    set_made_by(&request.made_by);
    request.kind = KP_CONTROL_IMPORT;
    for (uint32_t i = 0; i < KP_IMPORT_BATCH; i++) {
        add_signal(&request.signals, i);
    }
    pack_request(&request);
    CU_ASSERT(packed.size < KP_WIRE_REQUEST_MAX);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    check_signals(&got.signals, &request.signals);
    kp_control_request_free(&got);
    request.dry_run = true;
    request.kind = KP_CONTROL_WITHDRAW; /* the same fields, and another thing altogether */
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_WITHDRAW);
    CU_ASSERT(got.dry_run);
    check_made_by(&got.made_by, &request.made_by);
    check_signals(&got.signals, &request.signals);
    kp_control_request_free(&got);
    add_signal(&request.signals, 1);
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_REFUSED); /* one too many */
    kp_control_request_free(&got);
    kp_control_request_free(&request);
}

/* The largest batch there can be fits into a request. */
static void largest_import(void)
{
    struct kp_control_request request = {.kind = KP_CONTROL_IMPORT}, got;
    set_made_by(&request.made_by);
    for (uint32_t i = 0; i < KP_IMPORT_BATCH; i++) {
        struct kp_control_signal *signal = kp_control_signals_add(&request.signals);
        CU_ASSERT_PTR_NOT_NULL_FATAL(signal);
        memset(signal->indicator, 'x', sizeof(signal->indicator) - 1);
        memset(signal->grounds, 'x', sizeof(signal->grounds) - 1);
        signal->observed_on = UINT32_MAX;
    }
    pack_request(&request);
    CU_ASSERT(packed.size < KP_WIRE_REQUEST_MAX);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    check_signals(&got.signals, &request.signals);
    kp_control_request_free(&got);
    kp_control_request_free(&request);
}

/* One field of a signal as no program of ours packs it. */
static void refuse_import(void (*change)(Kruispunt__Signal *signal))
{
    Kruispunt__ControlRequest request = KRUISPUNT__CONTROL_REQUEST__INIT;
    Kruispunt__ImportRequest import = KRUISPUNT__IMPORT_REQUEST__INIT;
    Kruispunt__Signal signal, *signals[] = {&signal};
    uint8_t address[KP_ADDRESS_KEY_BYTES + 1] = {0};
    char indicator[] = "A", grounds[] = "B";
    struct kp_control_request got;
    kruispunt__signal__init(&signal);
    signal.address = (ProtobufCBinaryData){.len = KP_ADDRESS_KEY_BYTES, .data = address};
    signal.indicator = indicator;
    signal.grounds = grounds;
    change(&signal);
    import.n_signals = 1;
    import.signals = signals;
    request.body_case = KRUISPUNT__CONTROL_REQUEST__BODY_IMPORT;
    request.import = &import;
    packed.size = 0;
    size_t size = protobuf_c_message_get_packed_size(&request.base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&packed, size));
    protobuf_c_message_pack(&request.base, packed.data);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_REFUSED);
    kp_control_request_free(&got);
}

static void short_address(Kruispunt__Signal *signal)
{
    signal->address.len--;
}

static void long_address(Kruispunt__Signal *signal)
{
    signal->address.len++;
}

static void long_indicator(Kruispunt__Signal *signal)
{
    static char text[KP_INDICATOR_MAX + 2];
    memset(text, 'x', sizeof(text) - 1);
    signal->indicator = text;
}

static void long_grounds(Kruispunt__Signal *signal)
{
    static char text[KP_GROUNDS_MAX + 2];
    memset(text, 'x', sizeof(text) - 1);
    signal->grounds = text;
}

static void not_utf8(Kruispunt__Signal *signal)
{
    signal->grounds[0] = (char)0xff;
}

static void line_end(Kruispunt__Signal *signal)
{
    signal->indicator[0] = '\n';
}

static void bad_requests(void)
{
    static const uint8_t NOTHING[] = {0}, FOREIGN[] = {0x98, 0x06, 0x01}, CUT[] = {0x12, 0x05};
    struct kp_control_request request = {.kind = KP_CONTROL_SIGNALS}, got;
    refuse_import(short_address);
    refuse_import(long_address);
    refuse_import(long_indicator);
    refuse_import(long_grounds);
    refuse_import(not_utf8);
    refuse_import(line_end);
    CU_ASSERT_EQUAL(kp_control_request_unpack(&got, NULL, 0, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_control_request_unpack(&got, NOTHING, 1, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_control_request_unpack(&got, FOREIGN, sizeof(FOREIGN), NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_control_request_unpack(&got, CUT, sizeof(CUT), NULL), KP_REFUSED);
    set_made_by(&request.made_by);
    request.kind = KP_CONTROL_IMPORT; /* of nothing */
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_REFUSED);
    add_signal(&request.signals, 1);
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_OK);
    kp_control_request_free(&got);
    request.made_by.scheme = (enum kp_key_scheme)3;
    pack_request(&request);
    CU_ASSERT_EQUAL(unpack_request(&got), KP_REFUSED);
    kp_control_signals_free(&request.signals);
    /* signals { after: 65 bytes } */
    uint8_t page[4 + KP_CONTROL_PAGE_KEY_MAX + 1] = {0x1a, KP_CONTROL_PAGE_KEY_MAX + 3, 0x0a,
                                                     KP_CONTROL_PAGE_KEY_MAX + 1};
    CU_ASSERT_EQUAL(kp_control_request_unpack(&got, page, sizeof(page), NULL), KP_REFUSED);
}

static void node_status_comes_through(void)
{
    struct kp_control_response response = {.kind = KP_CONTROL_NODE_STATUS}, got;
    struct kp_node_status *status = &response.node;
    set_made_by(&status->made_by);
    strcpy(status->name, "svb");
    strcpy(status->project, "Proj\xc3\xabkt");
    randombytes_buf(status->agreement, sizeof(status->agreement));
    status->connected = true;
    strcpy(status->link_error, "link");
    strcpy(status->last_error, "last");
    status->phase = KP_PHASE_EVALUATE;
    uint64_t *numbers[] = {&status->signals,       &status->addresses,
                           &status->eligible,      &status->slots,
                           &status->slots_used,    &status->waiting,
                           &status->counter,       &status->unregistered_indicator,
                           &status->rounds,        &status->outside_area,
                           &status->done,          &status->total,
                           &status->other_purpose, &status->past_date};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        *numbers[i] = (UINT64_C(1) << 50) + i;
    }
    status->quota_count = KP_MEMBERS_MAX;
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        snprintf(status->quotas[i].name, sizeof(status->quotas[i].name), "m%u", i);
        status->quotas[i].counter = i;
        status->quotas[i].charged = 100 + i;
        status->quotas[i].limit = 200 + i;
    }
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_NODE_STATUS);
    CU_ASSERT_EQUAL(memcmp(&got.node, status, sizeof(*status)), 0);
    kp_control_response_free(&got);
}

static void coordinator_status_comes_through(void)
{
    struct kp_control_response response = {.kind = KP_CONTROL_COORDINATOR_STATUS}, got;
    struct kp_coordinator_status *status = &response.coordinator;
    strcpy(status->project, "Project");
    randombytes_buf(status->agreement, sizeof(status->agreement));
    strcpy(status->last_error, "last");
    status->round = 7;
    status->phase = KP_PHASE_MATCH;
    status->mailbox_count = KP_MEMBERS_MAX;
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        snprintf(status->mailboxes[i].name, sizeof(status->mailboxes[i].name), "m%u", i);
        status->mailboxes[i].waiting = i;
        status->mailboxes[i].seen = i % 2 == 0;
    }
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_COORDINATOR_STATUS);
    CU_ASSERT_EQUAL(memcmp(&got.coordinator, status, sizeof(*status)), 0);
    kp_control_response_free(&got);
}

static void import_done_comes_through(void)
{
    struct kp_control_response response = {.kind = KP_CONTROL_IMPORT_DONE}, got;
    response.import.added = 1;
    response.import.known = 2;
    response.import.unregistered_indicator = 3;
    response.import.outside_area = 4;
    for (uint32_t i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(kp_import_done_refuse(&response.import, i, "because"), KP_OK);
    }
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_IMPORT_DONE);
    CU_ASSERT(got.import.added == 1 && got.import.known == 2);
    CU_ASSERT(got.import.unregistered_indicator == 3 && got.import.outside_area == 4);
    CU_ASSERT_EQUAL_FATAL(got.import.refused_count, 5);
    CU_ASSERT_EQUAL(got.import.refused[4].number, 4);
    CU_ASSERT_STRING_EQUAL(got.import.refused[4].reason, "because");
    kp_control_response_free(&got);
    response.kind = KP_CONTROL_WITHDRAW_DONE;
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_WITHDRAW_DONE);
    CU_ASSERT(got.import.added == 1 && got.import.refused_count == 5);
    kp_control_response_free(&got);
    kp_control_response_free(&response);
}

static void page_comes_through(void)
{
    struct kp_control_response response = {.kind = KP_CONTROL_SIGNALS_PAGE}, got;
    for (uint32_t i = 0; i < KP_CONTROL_PAGE; i++) {
        add_signal(&response.signals, i);
    }
    response.next.size = 32;
    randombytes_buf(response.next.bytes, 32);
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_SIGNALS_PAGE);
    check_signals(&got.signals, &response.signals);
    CU_ASSERT_EQUAL(got.next.size, 32);
    CU_ASSERT_EQUAL(memcmp(got.next.bytes, response.next.bytes, 32), 0);
    kp_control_response_free(&got);
    kp_control_response_free(&response);
}

/* Words about what went wrong are shown whatever they are; a terminal stays as it was. */
static void refusals(void)
{
    struct kp_control_response response = {.kind = KP_CONTROL_REFUSAL}, got;
    response.refusal.status = KP_RETRY;
    strcpy(response.refusal.text, "not\x1b[2Jnow \xff \xc3\xb6");
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(got.kind, KP_CONTROL_REFUSAL);
    CU_ASSERT_EQUAL(got.refusal.status, KP_RETRY);
    CU_ASSERT_STRING_EQUAL(got.refusal.text, "not?[2Jnow ? \xc3\xb6");
    memset(response.refusal.text, 'x', sizeof(response.refusal.text) - 1);
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_OK);
    CU_ASSERT_EQUAL(strlen(got.refusal.text), KP_ERROR_TEXT - 1);
    response.refusal.status = KP_OK;
    pack_response(&response);
    CU_ASSERT_EQUAL(unpack_response(&got), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_control_response_unpack(&got, NULL, 0, NULL), KP_REFUSED);
}

/* Any bytes at all: refused or not, nothing is read outside them (under the sanitizers). */
static void cut_and_flipped(void)
{
    struct kp_control_response response = {.kind = KP_CONTROL_SIGNALS_PAGE}, got;
    add_signal(&response.signals, 1);
    response.next.size = 32;
    pack_response(&response);
    for (size_t size = 0; size < packed.size; size++) {
        uint8_t *copy = malloc(size + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
        memcpy(copy, packed.data, size);
        (void)!kp_control_response_unpack(&got, copy, size, NULL);
        kp_control_response_free(&got);
        free(copy);
    }
    for (size_t i = 0; i < 8 * packed.size; i++) {
        packed.data[i / 8] ^= (uint8_t)(1u << i % 8);
        (void)!kp_control_response_unpack(&got, packed.data, packed.size, NULL);
        kp_control_response_free(&got);
        packed.data[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    kp_control_response_free(&response);
    kp_buffer_free(&packed);
}

static const struct unit_test TESTS[] = {
    {"requests come through", requests_come_through},
    {"the largest import", largest_import},
    {"bad requests", bad_requests},
    {"node status comes through", node_status_comes_through},
    {"coordinator status comes through", coordinator_status_comes_through},
    {"import done comes through", import_done_comes_through},
    {"a page comes through", page_comes_through},
    {"refusals", refusals},
    {"cut and flipped", cut_and_flipped},
};

UNIT_MAIN("control", TESTS)
