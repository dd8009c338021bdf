/* A round ends: the last message, what is on disk of it, and what is forgotten. */
#include "coordinator/conduct_internal.h"

#include "coordinator/results.h"
#include "proto/pieces.h"
#include "proto/transcript.h"

#include <stdio.h>
#include <string.h>

/* Nothing of what was submitted is left but the results: its key is wiped, its files are removed.
 */
static void forget_submissions(struct kp_coordinator *c)
{
    struct kp_error error;
    kp_match_free(c->match);
    c->match = NULL;
    if (c->intake != NULL) {
        bool removed = kp_intake_destroy(c->intake, &error) == KP_OK;
        c->intake = NULL;
        if (removed) {
            kp_coordinator_audit_deleted(c);
        }
        kp_conduct_log(c, removed ? KP_LOG_INFO : KP_LOG_ERROR, "delete submissions",
                       removed ? "done" : "failed", NULL,
                       removed ? "key wiped, files removed" : error.text);
    }
    memset(c->verdicts, 0, sizeof(c->verdicts));
}

/* A match with more finds takes longer, and every member sees when COMPLETE comes: so it leaves
 * after one of few times, each twice the one before. */
static void hold_complete(struct kp_coordinator *c)
{
    uint64_t took = kp_loop_now() - c->match_begun, step = KP_COMPLETE_STEP_MS;
    while (step <= took) {
        step *= 2;
    }
    c->tell_at = c->match_begun + step;
}

void kp_conduct_tell(struct kp_coordinator *c)
{
    kp_attempt_free(c->attempt);
    c->attempt = NULL;
    c->match_begun = c->tell_at = 0;
    kp_coordinator_papers_switch(c);
    kp_serve_mail(c, kp_conduct_all_members(c));
    kp_serve_changed(c);
}

/* The last message of an attempt, and its end in the state, in the given transaction. */
static enum kp_status write_end(struct kp_coordinator *c, struct kp_txn *txn,
                                const struct kp_abort *ended, struct kp_error *error)
{
    struct kp_buffer body = {0};
    c->state.open = false;
    enum kp_status status = KP_OK;
    if (ended != NULL) {
        c->state.phase = KP_PHASE_ENDED;
        kp_abort_describe(c->agreement, ended, c->state.error);
        if (c->attempt != NULL && ended->reason == KP_ABORT_DEADLINE) {
            status = kp_coordinator_silence(c, txn, ended->phase, error);
        }
        if (status == KP_OK) {
            status = kp_abort_pack(ended, &body, error);
        }
    } else {
        c->state.phase = KP_PHASE_COMPLETE;
        c->state.completed = c->state.round;
        c->state.error[0] = '\0';
        status = kp_coordinator_sign_results(c, txn, kp_match_writer(c->match), error);
        if (status == KP_OK) {
            struct kp_complete complete = {.bucket = c->state.bucket};
            kp_intake_seeds(c->intake, &complete);
            status = kp_complete_pack(&complete, &body, error);
        }
    }
    if (status == KP_OK) {
        status = kp_coordinator_audit_end(c, txn, ended, error);
    }
    if (status == KP_OK) {
        status = kp_conduct_post(c, txn, c->state.attempt,
                                 ended != NULL ? KP_MESSAGE_ABORT : KP_MESSAGE_COMPLETE, &body,
                                 ended != NULL, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_state_save(txn, &c->state, error);
    }
    kp_buffer_free(&body);
    return status;
}

void kp_conduct_finish(struct kp_coordinator *c, const struct kp_abort *ended)
{
    struct kp_error error = {0};
    struct kp_txn *txn = NULL;
    const uint32_t completed = c->state.completed;
    enum kp_status status = ended != NULL ? kp_results_clear(c->store, c->state.round, &txn, &error)
                                          : kp_store_begin(c->store, true, &txn, &error);
    if (status == KP_OK) {
        status = write_end(c, txn, ended, &error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, &error);
    } else {
        kp_store_abort(txn);
    }
    if (status != KP_OK) {
        c->state.open = true; /* as it is on disk */
        c->state.completed = completed;
        kp_conduct_log(c, KP_LOG_ERROR, "write end of round", "failed", NULL, error.text);
    }
    if (ended != NULL) {
        kp_conduct_log(c, KP_LOG_WARNING, "end attempt", "refused", NULL, c->state.error);
    } else {
        char text[64];
        if (c->state.bucket != 0) {
            (void)snprintf(text, sizeof(text), "a round of counts, %u faults", c->state.faults);
        } else {
            (void)snprintf(text, sizeof(text), "%u matches, %u faults", c->state.matches,
                           c->state.faults);
        }
        kp_conduct_log(c, KP_LOG_INFO, "complete round", "done", NULL, text);
    }
    forget_submissions(c);
    if (ended != NULL) {
        kp_conduct_tell(c);
    } else {
        hold_complete(c);
        kp_serve_changed(c);
    }
}

void kp_conduct_finish_ended(struct kp_coordinator *c)
{
    struct kp_abort ended = kp_attempt_ended(c->attempt);
    kp_conduct_finish(c, &ended);
}

void kp_conduct_finish_failed(struct kp_coordinator *c, const struct kp_error *error)
{
    if (c->tell_at != 0) {
        return; /* it has ended */
    }
    kp_conduct_log(c, KP_LOG_ERROR, "conduct round", "failed", NULL, error->text);
    kp_attempt_end(c->attempt, KP_ABORT_COORDINATOR, 0);
    kp_conduct_finish_ended(c);
}

void kp_conduct_stop(struct kp_coordinator *c, const struct kp_error *why)
{
    if (c->attempt != NULL && c->tell_at == 0) {
        kp_conduct_log(c, KP_LOG_WARNING, "conduct round", "refused", NULL, why->text);
        kp_attempt_end(c->attempt, KP_ABORT_NOT_AGREED, 0);
        kp_conduct_finish_ended(c);
    }
}

enum kp_status kp_conduct_recover(struct kp_coordinator *c, struct kp_error *error)
{
    char folder[KP_FOLDER_MAX];
    enum kp_status status = kp_pieces_remove(kp_conduct_intake_folder(c, folder), error);
    if (status == KP_OK && c->state.open) {
        const struct kp_abort ended = {.reason = KP_ABORT_COORDINATOR, .phase = c->state.phase};
        kp_conduct_finish(c, &ended);
        if (c->state.open) {
            status = kp_fail(error, KP_FAILED, "the end of the last attempt can't be written");
        }
    }
    return status;
}
