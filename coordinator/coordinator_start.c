/* A round begins: when it may, and START into every mailbox. */
#include "coordinator/conduct_internal.h"

#include "proto/transcript.h"

#include <sodium.h>
#include <string.h>

static enum kp_status make_start(struct kp_coordinator *c, struct kp_txn *txn, uint64_t counter,
                                 struct kp_buffer *body, struct kp_error *error)
{
    struct kp_start start = {.counter = counter,
                             .round_type = kp_agreement_round_type(c->agreement, counter),
                             .phase_seconds = c->config->phase_seconds};
    memcpy(start.agreement, c->agreement->hash, KP_DIGEST_BYTES);
    enum kp_status status = KP_OK;
    if (counter > 1) {
        start.release_proof_count = c->agreement->member_count;
        status = kp_coordinator_state_load_release(txn, c->agreement->member_count,
                                                   start.release_proof, error);
    }
    if (status == KP_OK) {
        status = kp_start_pack(&start, body, error);
    }
    kp_start_free(&start);
    return status;
}

static enum kp_status write_start(struct kp_coordinator *c, struct kp_coordinator_state *next,
                                  struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer body = {0}, packed = {0};
    enum kp_status status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = make_start(c, txn, next->round, &body, error);
    }
    if (status == KP_OK) {
        status = kp_conduct_post(c, txn, next->attempt, KP_MESSAGE_START, &body, true, error);
    }
    if (status == KP_OK) {
        status = kp_conduct_pack(c, next->attempt, KP_MESSAGE_START, &body, &packed, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_keep_start(txn, next->round, &packed, error);
    }
    kp_buffer_free(&packed);
    if (status == KP_OK) {
        const struct kp_audit_note note = kp_coordinator_note(next, KP_AUDIT_ROUND_STARTED);
        status = kp_coordinator_audit(c, txn, &note, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_state_save(txn, next, error);
    }
    kp_buffer_free(&body);
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* Members refuse a round that comes too soon, each by the time in its own READY; so it isn't asked
 * for before the last of them would take part. */
static enum kp_status check_interval(struct kp_coordinator *c, struct kp_error *error)
{
    uint32_t members = c->agreement->member_count;
    struct kp_buffer packed[KP_MEMBERS_MAX] = {0};
    struct kp_txn *txn = NULL;
    uint64_t now = kp_clock_now();
    enum kp_status status = kp_store_begin(c->store, false, &txn, error);
    if (status == KP_OK && c->state.released > 0) {
        status = kp_coordinator_state_load_release(txn, members, packed, error);
    }
    kp_store_abort(txn);
    for (uint32_t i = 0; status == KP_OK && c->state.released > 0 && i < members; i++) {
        struct kp_ready ready;
        uint8_t attempt[KP_ATTEMPT_BYTES];
        status = kp_transcript_check_ready(&ready, attempt, c->agreement, i + 1, packed[i].data,
                                           packed[i].size, error);
        if (status == KP_OK) {
            status = kp_agreement_check_interval(c->agreement, ready.time, now, error);
        }
    }
    for (uint32_t i = 0; i < members; i++) {
        kp_buffer_free(&packed[i]);
    }
    return status;
}

enum kp_status kp_conduct_start(struct kp_coordinator *c, uint32_t *round, struct kp_error *error)
{
    if (c->tell_at != 0) {
        return kp_fail(error, KP_RETRY,
                       "members hear at one of few times that round %u is complete; ask again "
                       "in a moment",
                       c->state.round);
    }
    if (c->attempt != NULL) {
        return kp_fail(error, KP_REFUSED, "round %u is going on (phase %s); wait for its end",
                       c->state.round, kp_phase_name(kp_attempt_phase(c->attempt)));
    }
    uint64_t counter = c->state.released + 1;
    if (counter > c->agreement->rounds) {
        return kp_fail(error, KP_REFUSED, "all %u rounds of the agreement are used up",
                       c->agreement->rounds);
    }
    enum kp_status status = kp_coordinator_check_in_force_for(c, counter, error);
    if (status == KP_OK) {
        status = check_interval(c, error);
    }
    if (status != KP_OK) {
        return status;
    }
    struct kp_coordinator_state next = c->state;
    next.open = true;
    next.round = (uint32_t)counter;
    next.phase = KP_PHASE_HELLO1;
    next.matches = next.faults = next.bucket = 0;
    next.error[0] = '\0';
    randombytes_buf(next.attempt, sizeof(next.attempt));
    struct kp_attempt *attempt = NULL;
    status = kp_attempt_new(&attempt, c->agreement, next.attempt, counter,
                            (uint64_t)c->config->phase_seconds * 1000, kp_loop_now(), error);
    if (status == KP_OK) {
        status = write_start(c, &next, error);
    }
    if (status != KP_OK) {
        kp_attempt_free(attempt);
        return status;
    }
    c->state = next;
    c->attempt = attempt;
    *round = next.round;
    kp_conduct_log(c, KP_LOG_INFO, "start round", "done", "project leader", "");
    kp_serve_mail(c, kp_conduct_all_members(c));
    kp_serve_changed(c);
    return KP_OK;
}
