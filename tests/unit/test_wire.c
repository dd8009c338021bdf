/* Requests and responses: what goes in comes out, and what is damaged doesn't. */
#include "proto/wire.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

/* ---- what may come out ---- */

static bool is_text(const char *text, size_t capacity)
{
    return strnlen(text, capacity) < capacity;
}

static void check_batch(const struct kp_batch *batch, size_t most)
{
    size_t bytes = 0;
    CU_ASSERT(batch->count <= most);
    for (size_t i = 0; i < batch->count; i++) {
        bytes += batch->items[i].size;
    }
    CU_ASSERT_EQUAL(batch->bytes, bytes);
}

static enum kp_status parse_request(const uint8_t *bytes, size_t size)
{
    struct kp_wire_request request;
    enum kp_status status = kp_wire_request_unpack(&request, bytes, size, NULL);
    if (status == KP_OK) {
        CU_ASSERT(request.kind >= KP_REQUEST_OPEN && request.kind <= KP_REQUEST_FETCH_VERDICTS);
        CU_ASSERT(request.wait_ms <= KP_WIRE_WAIT_MS_MAX);
        CU_ASSERT(request.after_size <= KP_RESULT_KEY_MAX);
        check_batch(&request.messages, KP_WIRE_BATCH_MESSAGES);
        CU_ASSERT(request.kind != KP_REQUEST_PUT ||
                  (request.sequence > 0 && request.messages.count > 0));
        for (size_t i = 0; i < request.messages.count; i++) {
            CU_ASSERT(request.messages.items[i].size <= KP_WIRE_MESSAGE_MAX);
        }
    }
    kp_wire_request_free(&request);
    return status;
}

static void check_state(const struct kp_round_state *state)
{
    CU_ASSERT((unsigned)state->phase < KP_PHASES);
    CU_ASSERT(is_text(state->error, sizeof(state->error)));
    CU_ASSERT(state->member_count <= KP_MEMBERS_MAX);
    for (uint32_t i = 0; i < state->member_count; i++) {
        CU_ASSERT(is_text(state->members[i].name, sizeof(state->members[i].name)));
        CU_ASSERT((unsigned)state->members[i].phase < KP_PHASES);
    }
}

static enum kp_status parse_response(const uint8_t *bytes, size_t size)
{
    struct kp_wire_response response;
    enum kp_status status = kp_wire_response_unpack(&response, bytes, size, NULL);
    if (status == KP_OK) {
        CU_ASSERT(response.kind >= KP_RESPONSE_REFUSAL && response.kind <= KP_RESPONSE_VERDICTS);
        CU_ASSERT(response.member <= KP_MEMBERS_MAX || response.member == KP_PARTY_LEADER ||
                  response.member == KP_PARTY_OPENER);
        CU_ASSERT(is_text(response.text, sizeof(response.text)));
        bool refusal = response.kind == KP_RESPONSE_REFUSAL;
        CU_ASSERT(refusal ? response.status > KP_OK && response.status <= KP_USAGE
                          : response.status == KP_OK);
        check_batch(&response.messages, 2 * KP_WIRE_BATCH_MESSAGES);
        if (response.kind == KP_RESPONSE_RESULTS || response.kind == KP_RESPONSE_VERDICTS) {
            CU_ASSERT_EQUAL(response.messages.count % 2, 0);
            for (size_t i = 0; i < response.messages.count; i += 2) {
                CU_ASSERT(response.messages.items[i].size <= KP_RESULT_KEY_MAX);
            }
        }
        check_state(&response.state);
    }
    kp_wire_response_free(&response);
    return status;
}

/* ---- batches ---- */

static void fill_batch(struct kp_batch *batch, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[64];
        memset(bytes, (int)(i + 1), sizeof(bytes));
        CU_ASSERT_EQUAL(kp_batch_add(batch, bytes, i % sizeof(bytes)), KP_OK);
    }
}

static void same_batch(const struct kp_batch *left, const struct kp_batch *right)
{
    CU_ASSERT_EQUAL_FATAL(left->count, right->count);
    CU_ASSERT_EQUAL(left->bytes, right->bytes);
    for (size_t i = 0; i < left->count; i++) {
        CU_ASSERT_EQUAL_FATAL(left->items[i].size, right->items[i].size);
        CU_ASSERT(left->items[i].size == 0 ||
                  memcmp(left->items[i].data, right->items[i].data, left->items[i].size) == 0);
    }
}

static void batches(void)
{
    struct kp_batch batch = {0};
    CU_ASSERT(kp_batch_has_room(&batch, 100u << 20)); /* one always goes */
    CU_ASSERT_EQUAL(kp_batch_add(&batch, NULL, 0), KP_OK);
    CU_ASSERT(kp_batch_has_room(&batch, KP_WIRE_BATCH_BYTES));
    CU_ASSERT(!kp_batch_has_room(&batch, KP_WIRE_BATCH_BYTES + 1));
    fill_batch(&batch, KP_WIRE_BATCH_MESSAGES - 2);
    CU_ASSERT(kp_batch_has_room(&batch, 1));
    CU_ASSERT_EQUAL(kp_batch_add(&batch, "x", 1), KP_OK);
    CU_ASSERT(!kp_batch_has_room(&batch, 0));
    check_batch(&batch, KP_WIRE_BATCH_MESSAGES);
    kp_batch_free(&batch);
    CU_ASSERT_EQUAL(batch.count, 0);
    kp_batch_free(&batch);
}

/* ---- requests ---- */

static struct kp_wire_request make_request(enum kp_request_kind kind)
{
    struct kp_wire_request request = {.kind = kind};
    switch (kind) {
    case KP_REQUEST_OPEN:
        randombytes_buf(request.lineage, sizeof(request.lineage));
        break;
    case KP_REQUEST_PUT:
        request.sequence = UINT64_MAX - 5;
        fill_batch(&request.messages, 9);
        break;
    case KP_REQUEST_FETCH:
        randombytes_buf(request.mailbox, sizeof(request.mailbox));
        request.sequence = 300;
        request.ahead = 17;
        request.wait_ms = KP_WIRE_WAIT_MS_MAX;
        break;
    case KP_REQUEST_START_ROUND:
        randombytes_buf(request.request, sizeof(request.request));
        break;
    case KP_REQUEST_WATCH_ROUND:
        request.revision = UINT64_MAX;
        request.wait_ms = 12;
        break;
    case KP_REQUEST_FETCH_RESULTS:
        request.round = UINT32_MAX;
        request.after_size = KP_RESULT_KEY_MAX;
        randombytes_buf(request.after, sizeof(request.after));
        break;
    case KP_REQUEST_SHARE:
        CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&request.digests, 3 * KP_DIGEST_BYTES));
        fill_batch(&request.messages, 2);
        break;
    case KP_REQUEST_PUT_LETTER:
        CU_ASSERT_EQUAL(kp_batch_add(&request.messages, "letter", 6), KP_OK);
        break;
    case KP_REQUEST_FETCH_LETTERS:
        request.sequence = UINT64_MAX;
        request.letter_type = KP_LETTER_TYPES - 1;
        request.has_subject = true;
        randombytes_buf(request.subject, sizeof(request.subject));
        break;
    case KP_REQUEST_FETCH_VERDICTS:
        request.round = 12;
        request.after_size = 9;
        randombytes_buf(request.after, 9);
        break;
    }
    return request;
}

static void same_request(const struct kp_wire_request *left, const struct kp_wire_request *right)
{
    CU_ASSERT_EQUAL(left->kind, right->kind);
    CU_ASSERT_EQUAL(memcmp(left->lineage, right->lineage, sizeof(left->lineage)), 0);
    CU_ASSERT_EQUAL(left->sequence, right->sequence);
    CU_ASSERT_EQUAL(memcmp(left->mailbox, right->mailbox, sizeof(left->mailbox)), 0);
    CU_ASSERT_EQUAL(memcmp(left->request, right->request, sizeof(left->request)), 0);
    CU_ASSERT_EQUAL(left->revision, right->revision);
    CU_ASSERT_EQUAL(left->wait_ms, right->wait_ms);
    CU_ASSERT_EQUAL(left->ahead, right->ahead);
    CU_ASSERT_EQUAL(left->round, right->round);
    CU_ASSERT_EQUAL(left->after_size, right->after_size);
    CU_ASSERT_EQUAL(memcmp(left->after, right->after, sizeof(left->after)), 0);
    CU_ASSERT_EQUAL(left->digests.size, right->digests.size);
    CU_ASSERT_EQUAL(left->letter_type, right->letter_type);
    CU_ASSERT_EQUAL(left->has_subject, right->has_subject);
    CU_ASSERT_EQUAL(memcmp(left->subject, right->subject, sizeof(left->subject)), 0);
    same_batch(&left->messages, &right->messages);
}

static void every_request(void)
{
    for (enum kp_request_kind kind = KP_REQUEST_OPEN; kind <= KP_REQUEST_FETCH_VERDICTS; kind++) {
        struct kp_wire_request request = make_request(kind), back;
        struct kp_buffer packed = {0};
        CU_ASSERT_EQUAL(kp_wire_request_pack(&request, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_wire_request_unpack(&back, packed.data, packed.size, NULL), KP_OK);
        same_request(&request, &back);
        kp_wire_request_free(&back);
        tamper_all(parse_request, packed.data, packed.size);
        kp_buffer_free(&packed);
        kp_wire_request_free(&request);
    }
}

static enum kp_status repack_request(const struct kp_wire_request *request,
                                     struct kp_wire_request *back)
{
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_wire_request_pack(request, &packed, NULL), KP_OK);
    enum kp_status status = kp_wire_request_unpack(back, packed.data, packed.size, &error);
    CU_ASSERT_EQUAL(status == KP_OK, error.text[0] == '\0');
    kp_buffer_free(&packed);
    return status;
}

static void requests_out_of_range(void)
{
    struct kp_wire_request request = make_request(KP_REQUEST_PUT), back;
    request.sequence = 0;
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_REFUSED);
    kp_wire_request_free(&back);
    kp_batch_free(&request.messages);
    request.sequence = 1;
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_REFUSED); /* puts nothing */
    kp_wire_request_free(&back);
    fill_batch(&request.messages, KP_WIRE_BATCH_MESSAGES);
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_OK);
    kp_wire_request_free(&back);
    fill_batch(&request.messages, 1);
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_REFUSED);
    kp_wire_request_free(&back);
    kp_batch_free(&request.messages);
    static uint8_t large[KP_WIRE_MESSAGE_MAX + 1];
    CU_ASSERT_EQUAL(kp_batch_add(&request.messages, large, KP_WIRE_MESSAGE_MAX), KP_OK);
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_OK);
    kp_wire_request_free(&back);
    CU_ASSERT_EQUAL(kp_batch_add(&request.messages, large, KP_WIRE_MESSAGE_MAX + 1), KP_OK);
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_REFUSED);
    kp_wire_request_free(&back);
    kp_wire_request_free(&request);

    request = make_request(KP_REQUEST_FETCH);
    request.wait_ms = UINT32_MAX;
    CU_ASSERT_EQUAL(repack_request(&request, &back), KP_OK);
    CU_ASSERT_EQUAL(back.wait_ms, KP_WIRE_WAIT_MS_MAX);
    kp_wire_request_free(&back);
}

/* By hand: what our own packing never makes. */
static void requests_by_hand(void)
{
    static const struct {
        const char *what;
        const char *hex;
    } REFUSED[] = {
        {"nothing", ""},
        {"a field that there isn't", "a20600"},
        {"open without anything", "0a00"},
        {"open of version 2", "0a24080212200101010101010101010101010101010101010101010101010101"
                              "010101010101"},
        {"open with a hash of 31 bytes", "0a230801121f01010101010101010101010101010101010101010101"
                                         "010101010101010101"},
        {"fetch with a mailbox of 17 bytes", "1a130a110101010101010101010101010101010101"},
        {"results after 17 bytes", "321312110101010101010101010101010101010101"},
        {"a length beyond the end", "0aff01"},
        {"a length of 2^63", "0affffffffffffffff7f"},
        {"a varint without an end", "2a0b08ffffffffffffffffffff01"},
        {"a group, which proto3 hasn't", "0b0c"},
        {"two bodies", "2a002a00"},
        {"a start without an id", "2200"},
        {"a start with an id of 15 bytes", "22110a0f010101010101010101010101010101"},
        {"a start with an id of 17 bytes", "22130a110101010101010101010101010101010101"},
        {"two starts", "22120a1001010101010101010101010101010101"
                       "22120a1001010101010101010101010101010101"},
        {"an acknowledgement of 0, written out", "1a140a10010101010101010101010101010101011000"},
    };
    for (size_t i = 0; i < sizeof(REFUSED) / sizeof(REFUSED[0]); i++) {
        uint8_t bytes[128];
        size_t size = strlen(REFUSED[i].hex) / 2;
        unit_hex(bytes, size, REFUSED[i].hex);
        enum kp_status status = tamper_try(parse_request, bytes, size);
        if (status != KP_REFUSED) {
            fprintf(stderr, "taken: %s\n", REFUSED[i].what);
        }
        CU_ASSERT_EQUAL(status, KP_REFUSED);
    }
    static const char *const TAKEN[] = {
        "22120a1001010101010101010101010101010101", /* a start */
        "1a120a1001010101010101010101010101010101", /* a fetch that acknowledges nothing */
    };
    for (size_t i = 0; i < sizeof(TAKEN) / sizeof(TAKEN[0]); i++) {
        uint8_t bytes[32];
        unit_hex(bytes, strlen(TAKEN[i]) / 2, TAKEN[i]);
        CU_ASSERT_EQUAL(tamper_try(parse_request, bytes, strlen(TAKEN[i]) / 2), KP_OK);
    }
}

/* ---- responses ---- */

static void make_state(struct kp_round_state *state, uint32_t members)
{
    state->revision = 1ull << 40;
    state->round = 17;
    state->phase = KP_PHASE_ENDED;
    strcpy(state->error, "m3 did not do its part before the deadline");
    state->matches = 5;
    state->faults = 2;
    state->deadline = 1800000000000;
    state->member_count = members;
    for (uint32_t i = 0; i < members; i++) {
        struct kp_member_state *member = &state->members[i];
        snprintf(member->name, sizeof(member->name), "m%u", i + 1);
        member->phase = (enum kp_phase)(i % KP_PHASES);
        member->done = i;
        member->total = 100;
        member->seen = i % 2 == 1;
    }
}

static struct kp_wire_response make_response(enum kp_response_kind kind)
{
    struct kp_wire_response response = {.kind = kind};
    switch (kind) {
    case KP_RESPONSE_REFUSAL:
        response.status = KP_RETRY;
        strcpy(response.text, "not now: r\xc3\xa9sum\xc3\xa9");
        break;
    case KP_RESPONSE_OPENED:
        randombytes_buf(response.mailbox, sizeof(response.mailbox));
        response.sequence = 7;
        response.time = 1700000000000;
        response.member = KP_MEMBERS_MAX;
        break;
    case KP_RESPONSE_PUT_DONE:
        response.sequence = UINT64_MAX;
        CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&response.receipt, 200));
        randombytes_buf(response.receipt.data, 200);
        break;
    case KP_RESPONSE_DELIVERY:
        response.sequence = 12;
        fill_batch(&response.messages, 5);
        break;
    case KP_RESPONSE_ROUND_STARTED:
        response.round = 1000;
        break;
    case KP_RESPONSE_ROUND_STATE:
        make_state(&response.state, 4);
        break;
    case KP_RESPONSE_VERDICTS:
        response.end = true;
        fill_batch(&response.messages, 8);
        break;
    case KP_RESPONSE_RESULTS:
        response.round = 3;
        response.end = true;
        fill_batch(&response.messages, 8);
        break;
    case KP_RESPONSE_SHARED:
        CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(&response.digests, 2 * KP_DIGEST_BYTES));
        fill_batch(&response.messages, 3);
        break;
    case KP_RESPONSE_LETTER_PUT:
        break;
    case KP_RESPONSE_LETTERS:
        fill_batch(&response.messages, 4);
        for (size_t i = 0; i < 4; i++) {
            response.numbers[i] = UINT64_MAX - 10 + 2 * i;
        }
        break;
    }
    return response;
}

static void same_state(const struct kp_round_state *left, const struct kp_round_state *right)
{
    CU_ASSERT_EQUAL(left->revision, right->revision);
    CU_ASSERT_EQUAL(left->round, right->round);
    CU_ASSERT_EQUAL(left->phase, right->phase);
    CU_ASSERT_STRING_EQUAL(left->error, right->error);
    CU_ASSERT_EQUAL(left->matches, right->matches);
    CU_ASSERT_EQUAL(left->faults, right->faults);
    CU_ASSERT_EQUAL(left->deadline, right->deadline);
    CU_ASSERT_EQUAL_FATAL(left->member_count, right->member_count);
    for (uint32_t i = 0; i < left->member_count; i++) {
        const struct kp_member_state *one = &left->members[i], *other = &right->members[i];
        CU_ASSERT_STRING_EQUAL(one->name, other->name);
        CU_ASSERT_EQUAL(one->phase, other->phase);
        CU_ASSERT_EQUAL(one->done, other->done);
        CU_ASSERT_EQUAL(one->total, other->total);
        CU_ASSERT_EQUAL(one->seen, other->seen);
    }
}

static void same_response(const struct kp_wire_response *left, const struct kp_wire_response *right)
{
    CU_ASSERT_EQUAL(left->kind, right->kind);
    CU_ASSERT_EQUAL(left->status, right->status);
    CU_ASSERT_STRING_EQUAL(left->text, right->text);
    CU_ASSERT_EQUAL(memcmp(left->mailbox, right->mailbox, sizeof(left->mailbox)), 0);
    CU_ASSERT_EQUAL_FATAL(left->receipt.size, right->receipt.size);
    CU_ASSERT(left->receipt.size == 0 ||
              memcmp(left->receipt.data, right->receipt.data, left->receipt.size) == 0);
    CU_ASSERT_EQUAL(left->time, right->time);
    CU_ASSERT_EQUAL(left->member, right->member);
    CU_ASSERT_EQUAL(left->sequence, right->sequence);
    CU_ASSERT_EQUAL(left->round, right->round);
    CU_ASSERT_EQUAL(left->end, right->end);
    CU_ASSERT_EQUAL(memcmp(left->numbers, right->numbers, sizeof(left->numbers)), 0);
    same_batch(&left->messages, &right->messages);
    same_state(&left->state, &right->state);
}

static enum kp_status repack_response(const struct kp_wire_response *response,
                                      struct kp_wire_response *back)
{
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_wire_response_pack(response, &packed, NULL), KP_OK);
    enum kp_status status = kp_wire_response_unpack(back, packed.data, packed.size, NULL);
    kp_buffer_free(&packed);
    return status;
}

static void every_response(void)
{
    for (enum kp_response_kind kind = KP_RESPONSE_REFUSAL; kind <= KP_RESPONSE_VERDICTS; kind++) {
        struct kp_wire_response response = make_response(kind), back;
        struct kp_buffer packed = {0};
        CU_ASSERT_EQUAL(repack_response(&response, &back), KP_OK);
        same_response(&response, &back);
        kp_wire_response_free(&back);
        CU_ASSERT_EQUAL(kp_wire_response_pack(&response, &packed, NULL), KP_OK);
        tamper_all(parse_response, packed.data, packed.size);
        kp_buffer_free(&packed);
        kp_wire_response_free(&response);
    }
}

static void opened_with_a_receipt(void)
{
    struct kp_wire_response response = make_response(KP_RESPONSE_OPENED), back;
    CU_ASSERT_EQUAL(kp_buffer_set(&response.receipt, (const uint8_t *)"receipt", 7), KP_OK);
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_OK);
    same_response(&response, &back);
    kp_wire_response_free(&back);
    kp_wire_response_free(&response);
}

static void states_of_all_sizes(void)
{
    for (uint32_t members = 0; members <= KP_MEMBERS_MAX; members++) {
        struct kp_wire_response response = {.kind = KP_RESPONSE_ROUND_STATE}, back;
        make_state(&response.state, members);
        CU_ASSERT_EQUAL(repack_response(&response, &back), KP_OK);
        same_response(&response, &back);
        kp_wire_response_free(&back);
    }
}

static void responses_out_of_range(void)
{
    struct kp_wire_response response = make_response(KP_RESPONSE_REFUSAL), back;
    for (int status = -1; status <= KP_USAGE + 1; status++) {
        response.status = (enum kp_status)status;
        CU_ASSERT_EQUAL(repack_response(&response, &back),
                        status > KP_OK && status <= KP_USAGE ? KP_OK : KP_REFUSED);
        kp_wire_response_free(&back);
    }
    response = make_response(KP_RESPONSE_OPENED);
    response.member = KP_MEMBERS_MAX + 1;
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_REFUSED);
    kp_wire_response_free(&back);
    response = make_response(KP_RESPONSE_ROUND_STATE);
    response.state.phase = KP_PHASES;
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_REFUSED);
    kp_wire_response_free(&back);
    response.state.phase = KP_PHASE_IDLE;
    response.state.members[3].phase = KP_PHASES;
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_REFUSED);
    kp_wire_response_free(&back);
    response = make_response(KP_RESPONSE_DELIVERY);
    fill_batch(&response.messages, KP_WIRE_BATCH_MESSAGES - 5);
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_OK);
    kp_wire_response_free(&back);
    fill_batch(&response.messages, 1);
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_REFUSED);
    kp_wire_response_free(&back);
    kp_wire_response_free(&response);
}

/* A key that is too long; and 33 members, which packing can't be asked for. */
static void oversized_responses(void)
{
    struct kp_wire_response response = {.kind = KP_RESPONSE_RESULTS}, back;
    uint8_t bytes[2 + 4 * (KP_MEMBERS_MAX + 1)] = {0x32};
    CU_ASSERT_EQUAL(kp_batch_add(&response.messages, bytes, KP_RESULT_KEY_MAX), KP_OK);
    CU_ASSERT_EQUAL(kp_batch_add(&response.messages, bytes, 100), KP_OK);
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_OK);
    kp_wire_response_free(&back);
    CU_ASSERT_EQUAL(kp_batch_add(&response.messages, bytes, KP_RESULT_KEY_MAX + 1), KP_OK);
    CU_ASSERT_EQUAL(kp_batch_add(&response.messages, bytes, 100), KP_OK);
    CU_ASSERT_EQUAL(repack_response(&response, &back), KP_REFUSED);
    kp_wire_response_free(&back);
    kp_wire_response_free(&response);
    for (uint32_t members = KP_MEMBERS_MAX; members <= KP_MEMBERS_MAX + 1; members++) {
        bytes[1] = (uint8_t)(4 * members);
        if (bytes[1] >= 0x80) { /* a length of two bytes */
            uint8_t longer[3 + 4 * (KP_MEMBERS_MAX + 1)] = {0x32, (uint8_t)(bytes[1] | 0x80), 1};
            for (uint32_t i = 0; i < members; i++) {
                memcpy(longer + 3 + 4 * (size_t)i, "\x42\x02\x10\x01", 4);
            }
            CU_ASSERT_EQUAL(tamper_try(parse_response, longer, 3 + 4 * (size_t)members),
                            members <= KP_MEMBERS_MAX ? KP_OK : KP_REFUSED);
        }
    }
}

/* Random bytes, and random bytes behind a good beginning. */
static void noise(void)
{
    uint8_t bytes[200];
    for (int i = 0; i < 20000; i++) {
        size_t size = randombytes_uniform(sizeof(bytes) + 1);
        randombytes_buf(bytes, sizeof(bytes));
        if (i % 2 == 1 && size >= 2) {
            bytes[0] = (uint8_t)(2 + 8 * (1 + randombytes_uniform(7)));
            bytes[1] = (uint8_t)((size - 2) & 0x7f);
        }
        (void)tamper_try(parse_request, bytes, size);
        (void)tamper_try(parse_response, bytes, size);
    }
}

static const struct unit_test TESTS[] = {
    {"batches", batches},
    {"every request", every_request},
    {"requests out of range", requests_out_of_range},
    {"requests by hand", requests_by_hand},
    {"every response", every_response},
    {"opened with a receipt", opened_with_a_receipt},
    {"states of all sizes", states_of_all_sizes},
    {"responses out of range", responses_out_of_range},
    {"oversized responses", oversized_responses},
    {"noise", noise},
};

UNIT_MAIN("wire", TESTS)
