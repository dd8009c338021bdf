/* Conducting a round: what is put goes to mailboxes or the intake; ends, deadlines, matching. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "coordinator/mailbox.h"
#include "coordinator/results.h"
#include "proto/log.h"
#include "proto/pieces.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_round(const struct kp_coordinator *c, enum kp_log_level level, const char *action,
                      const char *result, const char *actor, const char *text)
{
    char object[32];
    (void)snprintf(object, sizeof(object), "round %u", c->state.round);
    const struct kp_log_event event = {action, object, result, "itself", actor};
    kp_log(level, &event, "%s", text);
}

static void log_phase(const struct kp_coordinator *c)
{
    log_round(c, KP_LOG_INFO, "enter phase", "done", NULL,
              kp_phase_name(kp_attempt_phase(c->attempt)));
}

static uint32_t all_members(const struct kp_coordinator *c)
{
    return c->agreement->member_count == 32 ? UINT32_MAX : (1u << c->agreement->member_count) - 1;
}

const char *kp_conduct_intake_folder(const struct kp_coordinator *c,
                                     char folder[static KP_FOLDER_MAX])
{
    (void)snprintf(folder, KP_FOLDER_MAX, "%s/round", c->config->data);
    return folder;
}

/* Signatures are deterministic, so the same message is the same bytes. */
static enum kp_status pack(const struct kp_coordinator *c,
                           const uint8_t attempt[static KP_ATTEMPT_BYTES],
                           enum kp_message_type type, const struct kp_buffer *body,
                           struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_round_message message = {
        .type = type, .from = KP_PARTY_COORDINATOR, .to = KP_PARTY_ALL, .body = *body};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(&message, c->agreement->lineage, c->identity_secret);
    return kp_round_message_pack(&message, packed, error);
}

/* A message of the coordinator into all mailboxes. */
static enum kp_status post_to_all(struct kp_coordinator *c, struct kp_txn *txn,
                                  const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                  enum kp_message_type type, const struct kp_buffer *body,
                                  bool clear_first, struct kp_error *error)
{
    struct kp_buffer packed = {0};
    enum kp_status status = pack(c, attempt, type, body, &packed, error);
    for (uint32_t member = 1; status == KP_OK && member <= c->agreement->member_count; member++) {
        if (clear_first) {
            status = kp_mailbox_clear(txn, member, error);
        }
        if (status == KP_OK) {
            status = kp_mailbox_append(txn, member, packed.data, packed.size, error);
        }
    }
    kp_buffer_free(&packed);
    return status;
}

/* Nothing of the round is left but the results: its key is wiped, its files are removed. */
static void forget_round(struct kp_coordinator *c)
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
        log_round(c, removed ? KP_LOG_INFO : KP_LOG_ERROR, "delete submissions",
                  removed ? "done" : "failed", NULL,
                  removed ? "key wiped, files removed" : error.text);
    }
    kp_attempt_free(c->attempt);
    c->attempt = NULL;
    c->match_begun = c->finish_at = 0;
    memset(c->verdicts, 0, sizeof(c->verdicts));
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
        status = post_to_all(c, txn, c->state.attempt,
                             ended != NULL ? KP_MESSAGE_ABORT : KP_MESSAGE_COMPLETE, &body,
                             ended != NULL, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_state_save(txn, &c->state, error);
    }
    kp_buffer_free(&body);
    return status;
}

/* Ends the attempt in memory and on disk. When even that can't be written, it is over in memory,
 * and the next start of the daemon writes it. */
static void finish(struct kp_coordinator *c, const struct kp_abort *ended)
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
        log_round(c, KP_LOG_ERROR, "write end of round", "failed", NULL, error.text);
    }
    if (ended != NULL) {
        log_round(c, KP_LOG_WARNING, "end attempt", "refused", NULL, c->state.error);
    } else {
        char text[64];
        if (c->state.bucket != 0) {
            (void)snprintf(text, sizeof(text), "a round of counts, %u faults", c->state.faults);
        } else {
            (void)snprintf(text, sizeof(text), "%u matches, %u faults", c->state.matches,
                           c->state.faults);
        }
        log_round(c, KP_LOG_INFO, "complete round", "done", NULL, text);
    }
    forget_round(c);
    kp_coordinator_papers_switch(c);
    kp_serve_mail(c, all_members(c));
    kp_serve_changed(c);
}

static void finish_ended(struct kp_coordinator *c)
{
    struct kp_abort ended = kp_attempt_ended(c->attempt);
    finish(c, &ended);
}

/* The coordinator's own failure: the members hear that, and not why. */
static void finish_failed(struct kp_coordinator *c, const struct kp_error *error)
{
    log_round(c, KP_LOG_ERROR, "conduct round", "failed", NULL, error->text);
    kp_attempt_end(c->attempt, KP_ABORT_COORDINATOR, 0);
    finish_ended(c);
}

void kp_conduct_stop(struct kp_coordinator *c, const struct kp_error *why)
{
    if (c->attempt != NULL) {
        log_round(c, KP_LOG_WARNING, "conduct round", "refused", NULL, why->text);
        kp_attempt_end(c->attempt, KP_ABORT_NOT_AGREED, 0);
        finish_ended(c);
    }
}

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
        status = post_to_all(c, txn, next->attempt, KP_MESSAGE_START, &body, true, error);
    }
    if (status == KP_OK) {
        status = pack(c, next->attempt, KP_MESSAGE_START, &body, &packed, error);
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
    log_round(c, KP_LOG_INFO, "start round", "done", "project leader", "");
    kp_serve_mail(c, all_members(c));
    kp_serve_changed(c);
    return KP_OK;
}

/* Once every READY is there the counter is used up, whatever comes after. */
static enum kp_status on_released(struct kp_coordinator *c, struct kp_txn *txn,
                                  struct kp_error *error)
{
    char folder[KP_FOLDER_MAX];
    if (c->state.released >= c->state.round || !kp_attempt_released(c->attempt)) {
        return KP_OK;
    }
    const struct kp_result_transcript *transcript = kp_attempt_transcript(c->attempt);
    c->state.released = c->state.round;
    enum kp_status status = kp_coordinator_state_save_release(txn, c->agreement->member_count,
                                                              transcript->ready, error);
    if (status == KP_OK) {
        status = kp_coordinator_state_save(txn, &c->state, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_audit_released(c, txn, transcript, error);
    }
    if (status == KP_OK) {
        status = kp_intake_new(&c->intake, kp_conduct_intake_folder(c, folder), c->agreement,
                               transcript, error);
    }
    return status;
}

static enum kp_status relay_to_members(struct kp_coordinator *c, struct kp_txn *txn,
                                       const struct kp_round_message *message,
                                       const struct kp_buffer *packed, uint32_t *mail,
                                       struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t to = 1; status == KP_OK && to <= c->agreement->member_count; to++) {
        /* A READY also goes back to its sender: who has all of them knows that they are on disk
         * here. */
        bool wanted = to != message->from || message->type == KP_MESSAGE_READY;
        if (wanted && (message->to == to || message->to == KP_PARTY_ALL)) {
            status = kp_mailbox_append(txn, to, packed->data, packed->size, error);
            *mail |= 1u << (to - 1);
        }
    }
    return status;
}

/* Leaves and entries. A member that signed what can't be gives no more; the others go on. */
static enum kp_status take_in(struct kp_coordinator *c, struct kp_txn *txn,
                              const struct kp_round_message *message,
                              const struct kp_buffer *packed, enum kp_relay what,
                              struct kp_error *error)
{
    struct kp_error failed = {0};
    struct kp_fault *fault = calloc(1, sizeof(*fault));
    if (fault == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a chunk");
    }
    enum kp_status status = what == KP_RELAY_LEAVES
                                ? kp_intake_leaves(c->intake, message, fault, error)
                                : kp_intake_entries(c->intake, message, fault, error);
    if (status == KP_OK) {
        kp_attempt_kept(c->attempt, message->from, what, packed->data, packed->size, kp_loop_now());
        status = kp_coordinator_audit_taken(c, txn, message, what, error);
    } else if (status == KP_REFUSED && fault->kind != KP_FAULT_NONE) {
        kp_attempt_refuse(c->attempt, message->from, kp_loop_now());
        bool kept = fault->kind != KP_FAULT_CHUNK ||
                    kp_buffer_set(&fault->message, packed->data, packed->size) == KP_OK;
        if (!kept || kp_coordinator_fault(c, txn, fault, &failed) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "a verdict can't be kept: %s", failed.text);
        }
    }
    kp_fault_free(fault);
    free(fault);
    return status;
}

/* One message. KP_REFUSED is for the log; anything worse is the coordinator's own failure. */
static enum kp_status take_message(struct kp_coordinator *c, struct kp_txn *txn, uint32_t member,
                                   const struct kp_buffer *packed, uint32_t *mail,
                                   struct kp_error *error)
{
    struct kp_round_message message;
    enum kp_relay relay = KP_RELAY_NOTHING;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK && c->attempt == NULL) {
        status = kp_fail(error, KP_REFUSED, "%s, while no round is going on",
                         kp_message_type_name(message.type));
    }
    if (status == KP_OK) {
        status = kp_attempt_receive(c->attempt, member, &message, packed->data, packed->size,
                                    kp_loop_now(), &relay, error);
    }
    if (status == KP_OK && relay == KP_RELAY_MEMBERS) {
        status = relay_to_members(c, txn, &message, packed, mail, error);
    } else if (status == KP_OK && relay != KP_RELAY_NOTHING) {
        status = take_in(c, txn, &message, packed, relay, error);
    }
    if (status == KP_OK && on_released(c, txn, error) != KP_OK) {
        status = KP_FAILED; /* whatever it is, the member didn't do it */
    }
    kp_round_message_free(&message);
    return status;
}

static void log_refused(const struct kp_coordinator *c, uint32_t member,
                        const struct kp_error *error)
{
    const struct kp_log_event event = {"take message", "round message", "refused", "connection",
                                       c->agreement->members[member - 1].name};
    kp_log(KP_LOG_WARNING, &event, "%s", error->text);
}

static enum kp_status take_all(struct kp_coordinator *c, struct kp_txn *txn, uint32_t member,
                               uint64_t first, const struct kp_batch *messages, uint64_t *last_put,
                               uint32_t *mail, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < messages->count; i++) {
        if (first + i <= *last_put) {
            continue; /* it came before; its effect is on disk */
        }
        status = take_message(c, txn, member, &messages->items[i], mail, error);
        if (status == KP_REFUSED) {
            log_refused(c, member, error);
            status = KP_OK;
        }
        *last_put = first + i;
    }
    return status == KP_OK ? kp_mailbox_set_last_put(txn, member, *last_put, error) : status;
}

/* With the release, those that were silent in it are known. */
static enum kp_status enter_phase(struct kp_coordinator *c, struct kp_txn *txn,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    c->state.phase = kp_attempt_phase(c->attempt);
    if (c->state.phase == KP_PHASE_MATCH) {
        status = kp_coordinator_silence(c, txn, KP_PHASE_RELEASE, error);
    }
    return status == KP_OK ? kp_coordinator_state_save(txn, &c->state, error) : status;
}

enum kp_status kp_conduct_put(struct kp_coordinator *c, uint32_t member, uint64_t first,
                              const struct kp_batch *messages, uint64_t *last_put,
                              struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint32_t mail = 0;
    const struct kp_coordinator_state saved = c->state;
    enum kp_phase before = c->attempt != NULL ? kp_attempt_phase(c->attempt) : KP_PHASE_IDLE;
    enum kp_status status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_mailbox_last_put(txn, member, last_put, error);
    }
    if (status == KP_OK && first > *last_put + 1) {
        kp_store_abort(txn);
        return kp_fail(error, KP_REFUSED,
                       "messages from number %" PRIu64 " on, while %" PRIu64 " is the next", first,
                       *last_put + 1);
    }
    if (status == KP_OK) {
        status = kp_serve_forget(c, txn, error);
    }
    if (status == KP_OK) {
        status = take_all(c, txn, member, first, messages, last_put, &mail, error);
    }
    if (status == KP_OK && c->attempt != NULL && kp_attempt_phase(c->attempt) != before) {
        status = enter_phase(c, txn, error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, error);
    } else {
        kp_store_abort(txn);
    }
    if (status != KP_OK) {
        c->state = saved; /* as it is on disk */
        if (c->attempt != NULL) {
            finish_failed(c, error);
        }
        return kp_fail(error, KP_RETRY, "the coordinator can't take messages now");
    }
    kp_serve_forgotten(c);
    kp_serve_mail(c, mail);
    if (c->attempt != NULL && kp_attempt_phase(c->attempt) == KP_PHASE_ENDED) {
        finish_ended(c);
    } else if (c->attempt != NULL) {
        if (kp_attempt_phase(c->attempt) != before) {
            log_phase(c);
        }
        kp_serve_changed(c);
    }
    return KP_OK;
}

/* The release's deadline: the match begins with what there is. */
static void go_on(struct kp_coordinator *c)
{
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_store_begin(c->store, true, &txn, &error);
    if (status == KP_OK) {
        status = enter_phase(c, txn, &error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, &error);
    } else {
        kp_store_abort(txn);
    }
    if (status != KP_OK) {
        finish_failed(c, &error);
        return;
    }
    log_phase(c);
    kp_serve_changed(c);
}

uint64_t kp_conduct_deadline(const struct kp_coordinator *c)
{
    return c->attempt == NULL  ? UINT64_MAX
           : c->finish_at != 0 ? c->finish_at
                               : kp_attempt_deadline(c->attempt);
}

void kp_conduct_tick(struct kp_coordinator *c, uint64_t now)
{
    if (c->attempt == NULL) {
        return;
    }
    if (c->finish_at != 0 && now >= c->finish_at) {
        kp_attempt_complete(c->attempt);
        finish(c, NULL);
    } else if (kp_attempt_tick(c->attempt, now)) {
        if (kp_attempt_phase(c->attempt) == KP_PHASE_ENDED) {
            finish_ended(c);
        } else {
            go_on(c);
        }
    }
}

static enum kp_status keep_fault(void *context, struct kp_txn *txn, const struct kp_fault *fault,
                                 struct kp_error *error)
{
    return kp_coordinator_fault(context, txn, fault, error);
}

static enum kp_status begin_match(struct kp_coordinator *c, struct kp_error *error)
{
    const struct kp_fault_sink sink = {keep_fault, c};
    c->match_begun = kp_loop_now();
    c->release_faults = c->state.faults;
    const struct kp_match_settings settings = {.intake = c->intake,
                                               .agreement = c->agreement,
                                               .transcript = kp_attempt_transcript(c->attempt),
                                               .round = c->state.round,
                                               .results = c->store,
                                               .sink = &sink,
                                               .workers = c->workers};
    return kp_match_new(&c->match, &settings, error);
}

/* A match with more finds takes longer, and every member sees when COMPLETE comes: so it comes
 * after one of few times, each twice the one before. */
static void wait_for_step(struct kp_coordinator *c)
{
    uint64_t took = kp_loop_now() - c->match_begun, step = KP_COMPLETE_STEP_MS;
    while (step <= took) {
        step *= 2;
    }
    c->finish_at = c->match_begun + step;
}

bool kp_conduct_work(struct kp_coordinator *c)
{
    struct kp_error error = {0};
    enum kp_match_state state = KP_MATCH_DONE;
    if (c->attempt == NULL || kp_attempt_phase(c->attempt) != KP_PHASE_MATCH || c->finish_at != 0) {
        return false;
    }
    enum kp_status status = c->match == NULL ? begin_match(c, &error) : KP_OK;
    if (status == KP_OK) {
        status = kp_match_work(c->match, &state, &error);
    }
    if (status != KP_OK) {
        finish_failed(c, &error);
        return false;
    }
    if (state == KP_MATCH_DONE) {
        c->state.matches = kp_match_count(c->match);
        c->state.bucket = kp_match_bucket(c->match);
        c->state.faults = c->release_faults + kp_match_faults(c->match);
        wait_for_step(c);
        return true; /* so that the loop asks again when it is wanted: that has changed */
    }
    return state == KP_MATCH_GOES_ON;
}

enum kp_status kp_conduct_recover(struct kp_coordinator *c, struct kp_error *error)
{
    char folder[KP_FOLDER_MAX];
    enum kp_status status = kp_pieces_remove(kp_conduct_intake_folder(c, folder), error);
    if (status == KP_OK && c->state.open) {
        const struct kp_abort ended = {.reason = KP_ABORT_COORDINATOR, .phase = c->state.phase};
        finish(c, &ended);
        if (c->state.open) {
            status = kp_fail(error, KP_FAILED, "the end of the last attempt can't be written");
        }
    }
    return status;
}

void kp_conduct_state(const struct kp_coordinator *c, struct kp_round_state *state)
{
    uint64_t now = kp_loop_now();
    memset(state, 0, sizeof(*state));
    state->revision = c->revision;
    state->round = c->state.round;
    state->phase = c->attempt != NULL ? kp_attempt_phase(c->attempt) : c->state.phase;
    memcpy(state->error, c->state.error, sizeof(state->error));
    state->matches = c->state.matches;
    state->faults = c->state.faults;
    state->bucket = c->state.bucket;
    if (c->attempt != NULL && kp_attempt_deadline(c->attempt) != UINT64_MAX) {
        state->deadline = kp_clock_now() + (kp_attempt_deadline(c->attempt) - now);
    }
    state->member_count = c->agreement->member_count;
    for (uint32_t i = 0; i < state->member_count; i++) {
        struct kp_member_state *member = &state->members[i];
        memcpy(member->name, c->agreement->members[i].name, sizeof(member->name));
        member->phase = state->phase;
        member->seen =
            c->fetches[i].request != NULL || (c->seen[i] != 0 && now - c->seen[i] < KP_SEEN_MS);
        if (c->attempt != NULL) {
            kp_attempt_member_state(c->attempt, i + 1, member);
        } else if (state->phase == KP_PHASE_COMPLETE) {
            member->done = member->total = 1;
        }
    }
}
