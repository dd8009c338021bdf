/* Targets of what comes over a connection. What unpacks is in range, and packs again to the same
 * bytes: one content has one form. */
#include "crypto/group.h"
#include "proto/audit_log.h"
#include "proto/control.h"
#include "proto/round_message.h"
#include "proto/utf8.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static struct kp_buffer borrow(const uint8_t *bytes, size_t size)
{
    union {
        const uint8_t *in;
        uint8_t *out;
    } cast = {.in = bytes};
    return (struct kp_buffer){.data = cast.out, .size = size, .capacity = size};
}

/* Frees what was packed. */
static void check_same(struct kp_buffer *packed, const uint8_t *bytes, size_t size)
{
    FUZZ_CHECK(packed->size == size && (size == 0 || memcmp(packed->data, bytes, size) == 0));
    kp_buffer_free(packed);
}

static void check_status(enum kp_status status)
{
    FUZZ_CHECK(status == KP_OK || status == KP_REFUSED);
}

static void check_text(const char *text, size_t capacity)
{
    size_t size = strnlen(text, capacity);
    FUZZ_CHECK(size < capacity && kp_utf8_is_line(text, size));
}

/* ---- a round's messages ---- */

void fuzz_round_message(const uint8_t *bytes, size_t size)
{
    struct kp_round_message message;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_round_message_unpack(&message, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        static const uint8_t lineage[KP_DIGEST_BYTES], key[KP_SIGN_PUBLIC_BYTES] = {1};
        FUZZ_CHECK(message.type >= KP_MESSAGE_START && message.type < KP_MESSAGE_TYPES);
        FUZZ_CHECK(message.from <= KP_MEMBERS_MAX);
        FUZZ_CHECK(message.to <= KP_MEMBERS_MAX || message.to == KP_PARTY_ALL);
        FUZZ_CHECK(message.part < KP_SLOTS_MAX);
        FUZZ_CHECK(kp_round_message_check(&message, lineage, key, NULL) == KP_REFUSED);
        FUZZ_CHECK(kp_round_message_pack(&message, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_round_message_free(&message);
}

void fuzz_start(const uint8_t *bytes, size_t size)
{
    struct kp_start start;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_start_unpack(&start, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(start.counter >= 1 && start.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(start.round_type == KP_ROUND_MATCH || start.round_type == KP_ROUND_COUNT);
        FUZZ_CHECK(start.release_proof_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_start_pack(&start, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_start_free(&start);
}

void fuzz_recover(const uint8_t *bytes, size_t size)
{
    struct kp_recover recover;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_recover_unpack(&recover, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(recover.counter >= 1 && recover.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(kp_recover_pack(&recover, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_recovered(const uint8_t *bytes, size_t size)
{
    struct kp_recovered recovered;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_recovered_unpack(&recovered, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(recovered.asked_counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(recovered.own_counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(kp_recovered_pack(&recovered, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_recovered_free(&recovered);
}

void fuzz_hello1(const uint8_t *bytes, size_t size)
{
    struct kp_hello1 hello;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_hello1_unpack(&hello, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(hello.counter >= 1 && hello.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(hello.round_type == KP_ROUND_MATCH || hello.round_type == KP_ROUND_COUNT);
        FUZZ_CHECK(hello.claim_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_hello1_pack(&hello, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_hello1_free(&hello);
}

void fuzz_hello2(const uint8_t *bytes, size_t size)
{
    struct kp_hello2 hello;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_hello2_unpack(&hello, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(hello.counter >= 1 && hello.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(hello.seen_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_hello2_pack(&hello, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_hello2_secret(const uint8_t *bytes, size_t size)
{
    struct kp_hello2_secret hello;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_hello2_secret_unpack(&hello, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(kp_hello2_secret_pack(&hello, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_points(const uint8_t *bytes, size_t size)
{
    uint8_t points[FUZZ_POINTS * KP_POINT_BYTES], path[FUZZ_PATH];
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_points_unpack(points, FUZZ_POINTS, path, sizeof(path), &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        (void)!kp_points_check(points, FUZZ_POINTS);
        FUZZ_CHECK(kp_points_pack(points, FUZZ_POINTS, path, sizeof(path), &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_evaluation(const uint8_t *bytes, size_t size)
{
    uint8_t points[FUZZ_POINTS * KP_POINT_BYTES], proof[KP_CHUNK_PROOF_BYTES];
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_evaluation_unpack(points, FUZZ_POINTS, proof, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(kp_evaluation_pack(points, FUZZ_POINTS, proof, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_ready(const uint8_t *bytes, size_t size)
{
    struct kp_ready ready;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_ready_unpack(&ready, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(ready.counter >= 1 && ready.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(ready.entries <= KP_SLOTS_MAX && ready.list_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_ready_pack(&ready, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_leaves(const uint8_t *bytes, size_t size)
{
    struct kp_leaves leaves;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_leaves_unpack(&leaves, FUZZ_RUN, FUZZ_PATH, true, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(leaves.digests.size == FUZZ_RUN && leaves.path.size == FUZZ_PATH);
        FUZZ_CHECK(kp_leaves_pack(&leaves, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_leaves_free(&leaves);
}

void fuzz_submission(const uint8_t *bytes, size_t size)
{
    struct kp_submission submission;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_submission_unpack(&submission, FUZZ_RUN, FUZZ_PATH, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(submission.entries.size == FUZZ_RUN && submission.path.size == FUZZ_PATH);
        FUZZ_CHECK(kp_submission_pack(&submission, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_submission_free(&submission);
}

void fuzz_complete(const uint8_t *bytes, size_t size)
{
    struct kp_complete complete;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_complete_unpack(&complete, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(complete.seed_count <= KP_MEMBERS_MAX && complete.bucket <= KP_BUCKET_MAX);
        FUZZ_CHECK(kp_complete_pack(&complete, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_receipt(const uint8_t *bytes, size_t size)
{
    struct kp_receipt receipt;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_receipt_unpack(&receipt, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(receipt.member >= 1 && receipt.member <= KP_MEMBERS_MAX);
        FUZZ_CHECK((unsigned)receipt.phase < KP_PHASES && receipt.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(kp_receipt_pack(&receipt, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_phase_list(const uint8_t *bytes, size_t size)
{
    struct kp_phase_list list;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_phase_list_unpack(&list, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(list.member_count >= 1 && list.member_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK((unsigned)list.phase < KP_PHASES && list.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(kp_phase_list_pack(&list, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_round_result(const uint8_t *bytes, size_t size)
{
    struct kp_round_result result;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_round_result_unpack(&result, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(result.counter >= 1 && result.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(result.bucket <= KP_BUCKET_MAX);
        FUZZ_CHECK(kp_round_result_pack(&result, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_abort(const uint8_t *bytes, size_t size)
{
    struct kp_abort abort;
    struct kp_buffer body = borrow(bytes, size), packed = {0};
    enum kp_status status = kp_abort_unpack(&abort, &body, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(abort.reason >= KP_ABORT_RESTARTED && abort.reason < KP_ABORT_REASONS);
        FUZZ_CHECK((unsigned)abort.phase < KP_PHASES && abort.reporter <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_abort_pack(&abort, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

/* ---- requests and responses ---- */

static void check_batch(const struct kp_batch *batch, size_t most)
{
    size_t sum = 0;
    FUZZ_CHECK(batch->count <= most);
    for (size_t i = 0; i < batch->count; i++) {
        sum += batch->items[i].size;
    }
    FUZZ_CHECK(sum == batch->bytes);
}

/* A waiting time that is too long is cut, so what is packed may differ from the bytes once. */
void fuzz_request(const uint8_t *bytes, size_t size)
{
    struct kp_wire_request request, again;
    struct kp_buffer packed = {0}, second = {0};
    enum kp_status status = kp_wire_request_unpack(&request, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(request.kind >= KP_REQUEST_OPEN && request.kind <= KP_REQUEST_FETCH_VERDICTS);
        FUZZ_CHECK(request.wait_ms <= KP_WIRE_WAIT_MS_MAX);
        FUZZ_CHECK(request.after_size <= KP_RESULT_KEY_MAX);
        check_batch(&request.messages, KP_WIRE_BATCH_MESSAGES);
        FUZZ_CHECK(kp_wire_request_pack(&request, &packed, NULL) == KP_OK);
        FUZZ_CHECK(request.wait_ms == KP_WIRE_WAIT_MS_MAX || packed.size == size);
        FUZZ_CHECK(kp_wire_request_unpack(&again, packed.data, packed.size, NULL) == KP_OK);
        FUZZ_CHECK(kp_wire_request_pack(&again, &second, NULL) == KP_OK);
        check_same(&second, packed.data, packed.size);
        kp_wire_request_free(&again);
    }
    kp_buffer_free(&packed);
    kp_wire_request_free(&request);
}

static void check_state(const struct kp_round_state *state)
{
    FUZZ_CHECK((unsigned)state->phase < KP_PHASES && state->member_count <= KP_MEMBERS_MAX);
    check_text(state->error, sizeof(state->error));
    for (uint32_t i = 0; i < state->member_count; i++) {
        FUZZ_CHECK((unsigned)state->members[i].phase < KP_PHASES);
        check_text(state->members[i].name, sizeof(state->members[i].name));
    }
}

/* Words for a person are cut and cleaned, so what is packed may differ from the bytes once. */
void fuzz_response(const uint8_t *bytes, size_t size)
{
    struct kp_wire_response response, again;
    struct kp_buffer packed = {0}, second = {0};
    enum kp_status status = kp_wire_response_unpack(&response, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(response.kind >= KP_RESPONSE_REFUSAL && response.kind <= KP_RESPONSE_VERDICTS);
        FUZZ_CHECK(response.member <= KP_MEMBERS_MAX || response.member == KP_PARTY_LEADER ||
                   response.member == KP_PARTY_OPENER);
        FUZZ_CHECK(response.kind != KP_RESPONSE_REFUSAL || response.status != KP_OK);
        check_text(response.text, sizeof(response.text));
        check_batch(&response.messages, 2 * KP_WIRE_BATCH_MESSAGES);
        check_state(&response.state);
        FUZZ_CHECK(kp_wire_response_pack(&response, &packed, NULL) == KP_OK);
        FUZZ_CHECK(kp_wire_response_unpack(&again, packed.data, packed.size, NULL) == KP_OK);
        FUZZ_CHECK(kp_wire_response_pack(&again, &second, NULL) == KP_OK);
        check_same(&second, packed.data, packed.size);
        kp_wire_response_free(&again);
    }
    kp_buffer_free(&packed);
    kp_wire_response_free(&response);
}

/* ---- the control socket ---- */

static void check_signals(const struct kp_control_signals *signals, size_t most)
{
    FUZZ_CHECK(signals->count <= most);
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_control_signal *signal = &signals->items[i];
        size_t grounds = strnlen(signal->grounds, sizeof(signal->grounds));
        check_text(signal->indicator, sizeof(signal->indicator));
        FUZZ_CHECK(grounds < sizeof(signal->grounds) && kp_utf8_valid(signal->grounds, grounds));
    }
}

void fuzz_control_request(const uint8_t *bytes, size_t size)
{
    struct kp_control_request request;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_control_request_unpack(&request, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(request.kind >= KP_CONTROL_STATUS && request.kind <= KP_CONTROL_COMPARE);
        FUZZ_CHECK(request.after.size <= KP_CONTROL_PAGE_KEY_MAX);
        check_signals(&request.signals, KP_IMPORT_BATCH);
        FUZZ_CHECK(kp_control_request_pack(&request, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_control_request_free(&request);
}

void fuzz_control_response(const uint8_t *bytes, size_t size)
{
    struct kp_control_response response, again;
    struct kp_buffer packed = {0}, second = {0};
    enum kp_status status = kp_control_response_unpack(&response, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(response.kind >= KP_CONTROL_REFUSAL && response.kind <= KP_CONTROL_COMPARED);
        FUZZ_CHECK(response.kind != KP_CONTROL_REFUSAL || response.refusal.status != KP_OK);
        FUZZ_CHECK((unsigned)response.node.phase < KP_PHASES);
        FUZZ_CHECK((unsigned)response.coordinator.phase < KP_PHASES);
        FUZZ_CHECK(response.coordinator.mailbox_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(response.import.refused_count <= KP_IMPORT_BATCH);
        check_text(response.node.name, sizeof(response.node.name));
        check_text(response.node.link_error, sizeof(response.node.link_error));
        check_text(response.coordinator.project, sizeof(response.coordinator.project));
        check_signals(&response.signals, KP_CONTROL_PAGE);
        FUZZ_CHECK(kp_control_response_pack(&response, &packed, NULL) == KP_OK);
        FUZZ_CHECK(kp_control_response_unpack(&again, packed.data, packed.size, NULL) == KP_OK);
        FUZZ_CHECK(kp_control_response_pack(&again, &second, NULL) == KP_OK);
        check_same(&second, packed.data, packed.size);
        kp_control_response_free(&again);
    }
    kp_buffer_free(&packed);
    kp_control_response_free(&response);
}

/* ---- results ---- */

void fuzz_result_transcript(const uint8_t *bytes, size_t size)
{
    struct kp_result_transcript transcript;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_result_transcript_unpack(&transcript, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(transcript.member_count <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_result_transcript_pack(&transcript, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_result_transcript_free(&transcript);
}

void fuzz_result_group(const uint8_t *bytes, size_t size)
{
    struct kp_result_group group;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_result_group_unpack(&group, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(group.record_count <= KP_MEMBERS_MAX);
        for (uint32_t i = 0; i < group.record_count; i++) {
            FUZZ_CHECK(group.records[i].member >= 1 && group.records[i].member <= KP_MEMBERS_MAX);
            FUZZ_CHECK(group.records[i].position < KP_SLOTS_MAX);
        }
        FUZZ_CHECK(kp_result_group_pack(&group, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_result_group_free(&group);
}

/* ---- the log ---- */

void fuzz_log_entry(const uint8_t *bytes, size_t size)
{
    struct kp_audit_entry entry;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_audit_entry_unpack(&entry, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(entry.sequence >= 1 && entry.counter <= KP_ROUNDS_MAX);
        FUZZ_CHECK(entry.party <= KP_MEMBERS_MAX || entry.party == KP_PARTY_LEADER);
        FUZZ_CHECK(kp_audit_event_name(entry.event) != NULL && entry.member <= KP_MEMBERS_MAX);
        FUZZ_CHECK(kp_audit_entry_pack(&entry, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}
