/* The signed log (proto/audit_log.h): what the coordinator says about its rounds. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "proto/identity.h"
#include "proto/log.h"
#include "proto/transcript.h"

#include <string.h>

static void log_failure(const struct kp_error *error)
{
    const struct kp_log_event event = {"write log", "coordinator", "failed", "itself", NULL};
    kp_log(KP_LOG_ERROR, &event, "%s", error->text);
}

enum kp_status kp_coordinator_audit_open(struct kp_coordinator *c, struct kp_error *error)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_STARTED};
    enum kp_status status =
        kp_identity_read(&c->identity_secret, c->config->identity_key,
                         c->agreement->coordinator_identity_key, "the coordinator", error);
    if (status != KP_OK) {
        return status;
    }
    c->signer = (struct kp_audit_signer){.party = KP_PARTY_COORDINATOR,
                                         .identity_secret = c->identity_secret,
                                         .table = KP_COORDINATOR_LOG};
    memcpy(c->signer.lineage, c->agreement->lineage, KP_DIGEST_BYTES);
    status = kp_audit_write(c->store, &c->signer, &note, error);
    c->logging = status == KP_OK;
    return status;
}

void kp_coordinator_audit_stopped(struct kp_coordinator *c)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_STOPPED};
    struct kp_error error = {0};
    if (c->logging && kp_audit_write(c->store, &c->signer, &note, &error) != KP_OK) {
        log_failure(&error);
    }
}

struct kp_audit_note kp_coordinator_note(const struct kp_coordinator_state *state,
                                         enum kp_audit_event event)
{
    return (struct kp_audit_note){
        .event = event, .counter = state->round, .attempt = state->attempt};
}

enum kp_status kp_coordinator_audit(struct kp_coordinator *c, struct kp_txn *txn,
                                    const struct kp_audit_note *note, struct kp_error *error)
{
    return kp_audit_append(txn, &c->signer, note, error);
}

enum kp_status kp_coordinator_audit_released(struct kp_coordinator *c, struct kp_txn *txn,
                                             const struct kp_result_transcript *transcript,
                                             struct kp_error *error)
{
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_audit_note note = kp_coordinator_note(&c->state, KP_AUDIT_ROUND_RELEASED);
    const struct kp_buffer *first = &transcript->ready[0];
    enum kp_status status = kp_transcript_check_ready(&ready, attempt, c->agreement, 1, first->data,
                                                      first->size, error);
    if (status != KP_OK) {
        return status;
    }
    note.digest = ready.round_id;
    return kp_coordinator_audit(c, txn, &note, error);
}

enum kp_status kp_coordinator_audit_taken(struct kp_coordinator *c, struct kp_txn *txn,
                                          const struct kp_round_message *message,
                                          enum kp_relay what, struct kp_error *error)
{
    struct kp_audit_note note = kp_coordinator_note(&c->state, KP_AUDIT_SUBMISSION_TAKEN);
    uint32_t slots = kp_agreement_member_slots(c->agreement, message->from);
    if (what != KP_RELAY_ENTRIES || message->part + 1 != kp_chunk_count(slots, KP_CHUNK_ENTRIES)) {
        return KP_OK; /* entries come in order: the last chunk is to come */
    }
    note.member = message->from;
    note.count = slots;
    return kp_coordinator_audit(c, txn, &note, error) == KP_OK ? KP_OK : KP_FAILED;
}

enum kp_status kp_coordinator_audit_end(struct kp_coordinator *c, struct kp_txn *txn,
                                        const struct kp_abort *ended, struct kp_error *error)
{
    struct kp_audit_note note =
        kp_coordinator_note(&c->state, ended != NULL ? KP_AUDIT_ATTEMPT_ENDED : KP_AUDIT_MATCHED);
    note.reason = ended != NULL ? (uint32_t)ended->reason : 0;
    note.count = ended != NULL ? ended->members : c->state.matches;
    return kp_coordinator_audit(c, txn, &note, error);
}

void kp_coordinator_audit_deleted(struct kp_coordinator *c)
{
    const struct kp_audit_note note = kp_coordinator_note(&c->state, KP_AUDIT_SUBMISSIONS_DELETED);
    struct kp_error error = {0};
    if (kp_audit_write(c->store, &c->signer, &note, &error) != KP_OK) {
        log_failure(&error);
    }
}

void kp_coordinator_audit_refused(struct kp_coordinator *c)
{
    uint64_t counter = c->state.released + 1;
    const struct kp_audit_note note = {.event = KP_AUDIT_ROUND_REFUSED,
                                       .counter = counter <= KP_ROUNDS_MAX ? counter : 0};
    struct kp_error error = {0};
    if (kp_audit_write(c->store, &c->signer, &note, &error) != KP_OK) {
        log_failure(&error);
    }
}
