/* From START to the end of an attempt, whichever it is. */
#include "node/node_internal.h"

#include "node/conduct_check.h"
#include "node/evidence_store.h"
#include "node/quota.h"
#include "node/release_store.h"
#include "node/round_check.h"
#include "node/round_files.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define COORDINATOR "coordinator"

static uint32_t own_bit(const struct kp_node *node)
{
    return 1u << (node->own - 1);
}

/* ---- Ends ---- */

void kp_node_drop_pieces(struct kp_node *node)
{
    struct kp_error error = {0};
    if (kp_pieces_destroy(node->pieces, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "delete round's files", "failed", NULL, error.text);
    }
    node->pieces = NULL;
}

/* Everything of the attempt that is in memory; the round's key with it. */
static void drop_attempt(struct kp_node *node)
{
    kp_node_drop_recovery(node);
    kp_node_drop_answers(node);
    kp_batch_free(&node->early);
    node->answered = 0;
    kp_node_stop_work(node);
    kp_evidence_keep_free(node->saving);
    node->saving = NULL;
    kp_round_free(node->round);
    node->round = NULL;
    kp_release_free(node->release);
    node->release = NULL;
    kp_release_store_forget(node->content);
    kp_slot_keeping_free(&node->keeping);
    kp_node_drop_pieces(node);
    node->releasing = false;
    node->released = 0;
    node->unsaved_readys = 0;
    kp_outbox_clear(&node->outbox);
    kp_batch_free(&node->link.batch); /* else a later connection would still put it */
}

static void clear_marker(struct kp_node_state *state, const char *why)
{
    state->in_attempt = false;
    memset(state->attempt, 0, sizeof(state->attempt));
    state->phase = KP_PHASE_IDLE;
    (void)snprintf(state->last_error, sizeof(state->last_error), "%s", why);
}

/* The marker and the release go together. When that can't be written, the next start of the daemon
 * finds them and does it. */
static enum kp_status write_end(struct kp_node *node, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_release_store_clear(txn, error);
    }
    if (status == KP_OK && node->state.counter > node->state.proven) {
        status = kp_evidence_drop(txn, node->state.counter, error);
    }
    if (status == KP_OK) {
        status = kp_node_audit_ended(node, txn, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, node->agreement->lineage, &node->state, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    node->ending_waits = node->ending_waits && status != KP_OK;
    if (status == KP_OK) {
        kp_node_saved(node);
    }
    return status;
}

void kp_node_end(struct kp_node *node, const struct kp_node_ending *ending, const char *why)
{
    struct kp_error error = {0};
    if (ending->event != KP_AUDIT_COMPLETED) {
        kp_node_audit_slots(node, NULL, NULL);
    }
    kp_node_audit_ending(node, ending);
    drop_attempt(node);
    clear_marker(&node->state, why);
    if (write_end(node, &error) != KP_OK) {
        node->unsaved = true;
        kp_node_log(node, KP_LOG_ERROR, "write end of attempt", "failed", NULL, error.text);
    }
    kp_node_papers_switch(node);
    node->share.ask_at = 0; /* what ended it may be a paper that isn't here yet */
}

static void send_abort(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                       enum kp_abort_reason reason, enum kp_phase phase, uint32_t members)
{
    const struct kp_abort abort = {
        .reason = reason, .phase = phase, .members = members, .reporter = node->own};
    struct kp_round_message message = {
        .type = KP_MESSAGE_ABORT, .from = node->own, .to = KP_PARTY_COORDINATOR};
    struct kp_buffer packed = {0};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_abort_pack(&abort, &message.body, NULL);
    if (status == KP_OK) {
        kp_round_message_sign(&message, node->agreement->lineage, node->identity_secret);
        status = kp_round_message_pack(&message, &packed, NULL);
    }
    if (status == KP_OK) {
        status = kp_outbox_push(&node->outbox, &packed);
    }
    kp_round_message_free(&message);
    if (status != KP_OK) {
        /* The coordinator's deadline says the same, later. */
        kp_node_log(node, KP_LOG_ERROR, "send ABORT", "failed", NULL, "no memory");
    }
}

void kp_node_abort(struct kp_node *node, enum kp_abort_reason reason, uint32_t members,
                   const char *why)
{
    const struct kp_node_ending ending = {
        .event = KP_AUDIT_ATTEMPT_ENDED, .reason = reason, .members = members};
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_phase phase = node->state.phase;
    memcpy(attempt, node->state.attempt, sizeof(attempt));
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "failed", NULL, why);
    kp_node_end(node, &ending, why);
    send_abort(node, attempt, reason, phase, members);
}

/* ---- A round that goes on ---- */

/* As much as is put at once: the round makes the rest when that has gone. */
static void drain(struct kp_node *node)
{
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    while (node->outbox.bytes < KP_WIRE_BATCH_BYTES && kp_round_next(node->round, &packed)) {
        if (kp_node_audit_sent(node, &packed, &error) != KP_OK) {
            kp_buffer_free(&packed);
            kp_node_abort(node, KP_ABORT_FAILED, own_bit(node), error.text);
            return;
        }
        if (kp_outbox_push(&node->outbox, &packed) != KP_OK) {
            kp_node_abort(node, KP_ABORT_FAILED, own_bit(node), "no memory for messages");
            return;
        }
    }
}

/* The round itself ended the attempt. All that waits is dropped but its ABORT, which is last. */
static void end_with_round(struct kp_node *node, const char *why)
{
    struct kp_buffer packed = {0};
    char text[KP_ERROR_TEXT];
    struct kp_abort ended = kp_round_ended(node->round);
    const struct kp_node_ending ending = {
        .event = KP_AUDIT_ATTEMPT_ENDED, .reason = ended.reason, .members = ended.members};
    if (kp_round_own_claim(node->round)->size > 0) {
        kp_node_keep_claim(node, kp_round_own_claim(node->round));
    }
    ended.reporter = node->own;
    kp_abort_describe(node->agreement, &ended, text);
    bool told = false;
    while (kp_round_next(node->round, &packed)) {
        told = true;
    }
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "failed", NULL, why[0] != '\0' ? why : text);
    kp_node_end(node, &ending, text);
    if (told && kp_outbox_push(&node->outbox, &packed) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "send ABORT", "failed", NULL, "no memory");
    }
    kp_buffer_free(&packed);
}

/* READY is signed only when everything before it has been put: a restart after that must not lose
 * an evaluation that another member still waits for. */
static void ready_when_put(struct kp_node *node)
{
    if (kp_round_phase(node->round) == KP_PHASE_READY && !kp_round_has_next(node->round) &&
        kp_outbox_first(&node->outbox) == NULL && node->link.batch.count == 0) {
        kp_node_ready(node);
    }
}

void kp_node_settle(struct kp_node *node, const char *why)
{
    enum kp_phase phase = kp_round_phase(node->round);
    if (phase == KP_PHASE_ENDED) {
        end_with_round(node, why);
        return;
    }
    if (phase != node->state.phase && phase != KP_PHASE_READY) {
        node->state.phase = phase;
        node->unsaved = true;
        kp_node_log(node, KP_LOG_INFO, "enter phase", "done", NULL, kp_phase_name(phase));
    }
    drain(node);
    if (node->round != NULL) {
        ready_when_put(node);
    }
}

void kp_node_put_done(struct kp_node *node)
{
    if (node->round != NULL && kp_round_phase(node->round) != KP_PHASE_ENDED) {
        kp_node_settle(node, "");
    }
}

uint64_t kp_node_attempt_tick(struct kp_node *node, uint64_t now)
{
    if (!node->state.in_attempt) {
        return UINT64_MAX;
    }
    uint64_t silent_at = node->last_heard + (uint64_t)node->config->longest_silence_seconds * 1000;
    if (now < silent_at) {
        return silent_at;
    }
    char why[KP_ERROR_TEXT];
    (void)snprintf(why, sizeof(why), "nothing was heard of it for %u seconds (in phase %s)",
                   node->config->longest_silence_seconds, kp_phase_name(node->state.phase));
    kp_node_receipts_silent(node);
    kp_node_abort(node, KP_ABORT_COORDINATOR, 0, why);
    return UINT64_MAX;
}

/* ---- START ---- */

/* Takes over what others prove: that the round before this one was released. */
static enum kp_status adopt(struct kp_node *node, const struct kp_start *start,
                            struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    enum kp_status status = kp_check_start_proof(agreement, start, error);
    if (status != KP_OK) {
        return status;
    }
    struct kp_node_state next = node->state;
    struct kp_txn *txn = NULL;
    next.proven = start->counter - 1;
    status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_state_save_proof(txn, agreement->lineage, start->release_proof,
                                     agreement->member_count, error);
    }
    if (status == KP_OK) {
        status = kp_state_forget_attempts(txn, agreement->lineage, error);
    }
    if (status == KP_OK) {
        status = kp_evidence_released(txn, agreement, next.proven, start->release_proof, error);
    }
    if (status == KP_OK) {
        const struct kp_audit_note note = {.event = KP_AUDIT_RELEASE_ADOPTED,
                                           .counter = next.proven};
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, agreement->lineage, &next, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        node->state = next;
        kp_node_log(node, KP_LOG_INFO, "adopt release", "done", COORDINATOR,
                    "all members' READYs prove it");
    }
    return status;
}

/* The interval counts from the own READY of the last round that was released: it is this member's
 * own clock, and nobody else's word, whoever brought the proof. */
static enum kp_status check_interval(struct kp_node *node, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    struct kp_buffer ready[KP_MEMBERS_MAX] = {0};
    struct kp_ready own = {0};
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status =
            kp_state_load_proof(txn, agreement->lineage, ready, agreement->member_count, error);
    }
    kp_store_abort(txn);
    const struct kp_buffer *packed = &ready[node->own - 1];
    if (status == KP_OK && packed->size > 0) {
        status = kp_transcript_check_ready(&own, attempt, agreement, node->own, packed->data,
                                           packed->size, error);
    }
    if (status == KP_OK) {
        status = kp_agreement_check_interval(agreement, own.time, kp_clock_now(), error);
    }
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        kp_buffer_free(&ready[i]);
    }
    return status;
}

/* Whether this member may take part. Nothing is begun before all of it holds. *waits: members whose
 * canaries' secrets it waits for, when that is why it mayn't. */
static enum kp_status check_start(struct kp_node *node, const struct kp_start *start,
                                  uint32_t *waits, struct kp_error *error)
{
    enum kp_status status = kp_node_check_in_force_for(node, start->counter, error);
    if (status == KP_OK) {
        status = kp_check_start_version(start, node->agreement, error);
    }
    if (status == KP_OK) {
        status = kp_check_start_type(start, node->agreement, error);
    }
    if (status != KP_OK) {
        return status;
    }
    status =
        kp_check_start_counter(start->counter, node->state.proven, node->agreement->rounds, error);
    if (status != KP_OK) {
        return status;
    }
    if (start->counter != node->state.proven + 1) {
        status = adopt(node, start, error);
    }
    if (status == KP_OK) {
        status = check_interval(node, error);
    }
    if (status == KP_OK) {
        status = kp_node_canaries_check(node, error);
        *waits = status == KP_REFUSED ? node->canaries_missing : 0;
    }
    return status;
}

/* The log says that an attempt begins in the place of the one that is going on, if any. */
static enum kp_status audit_start(struct kp_node *node, struct kp_txn *txn,
                                  const struct kp_node_state *next, struct kp_error *error)
{
    struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_ATTEMPT_ENDED);
    note.reason = KP_ABORT_COORDINATOR;
    enum kp_status status = node->state.in_attempt ? kp_node_audit(node, txn, &note, error) : KP_OK;
    if (status == KP_OK) {
        note = kp_node_note(next, KP_AUDIT_START_RECEIVED);
        status = kp_node_audit(node, txn, &note, error);
    }
    return status;
}

/* Marks the attempt as begun, in the place of any other; *fresh is false for one that was begun
 * before, such as a START that is delivered again. */
static enum kp_status mark(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                           uint64_t counter, bool *fresh, struct kp_error *error)
{
    const uint8_t *lineage = node->agreement->lineage;
    struct kp_node_state next = node->state;
    struct kp_txn *txn = NULL;
    next.in_attempt = true;
    memcpy(next.attempt, attempt, KP_ATTEMPT_BYTES);
    next.counter = counter;
    next.phase = KP_PHASE_HELLO1;
    *fresh = false;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_state_use_attempt(txn, lineage, attempt, fresh, error);
    }
    if (status == KP_OK && *fresh) {
        status = kp_release_store_clear(txn, error);
    }
    if (status == KP_OK && *fresh) {
        status = audit_start(node, txn, &next, error);
    }
    if (status == KP_OK && *fresh) {
        status = kp_state_save(txn, lineage, &next, error);
    }
    if (status != KP_OK || !*fresh) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        if (node->state.in_attempt) {
            kp_node_log(node, KP_LOG_WARNING, "end attempt", "done", COORDINATOR,
                        "another attempt takes its place");
        }
        drop_attempt(node);
        node->state = next;
        kp_node_saved(node);
    }
    return status;
}

static void log_slots(const struct kp_node *node)
{
    char remark[KP_ERROR_TEXT] = "none: this member takes part on request";
    uint32_t slots = kp_agreement_member_slots(node->agreement, node->own);
    if (slots > 0) {
        (void)snprintf(remark, sizeof(remark),
                       "%" PRIu64 " addresses in %u slots, %" PRIu64 " wait for a later round",
                       node->summary.in_slots, slots, node->summary.waiting);
    }
    kp_node_log(node, KP_LOG_INFO, "fix slots", "done", NULL, remark);
}

/* What this member shows others of what it keeps: claims, its log's head, the heads it saw. */
static enum kp_status read_settings(struct kp_node *node, struct kp_round_settings *settings,
                                    struct kp_buffer *claims, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status =
            kp_quota_claims(txn, node->agreement, node->own, node->state.counter, claims, error);
    }
    if (status == KP_OK) {
        status = kp_audit_head_get(txn, &node->signer, &settings->log, error);
    }
    for (uint32_t i = 0; status == KP_OK && i < node->agreement->member_count; i++) {
        struct kp_quota quota;
        status = kp_quota_read(txn, node->agreement, i + 1, &quota, error);
        settings->seen[i] = quota.log;
        kp_quota_free(&quota);
    }
    kp_store_abort(txn);
    return status;
}

#define FOLDER_ROOM (KP_PATH_MAX + 8)

static void pieces_folder(const struct kp_node *node, char folder[static FOLDER_ROOM])
{
    (void)snprintf(folder, FOLDER_ROOM, "%s/round", node->config->data);
}

static enum kp_status make_pieces(struct kp_node *node, struct kp_error *error)
{
    char folder[FOLDER_ROOM];
    pieces_folder(node, folder);
    return kp_pieces_new(&node->pieces, folder, KP_ROUND_FILES, KP_PIECES_CACHED, error);
}

/* The slots for this counter, and hello 1. */
static enum kp_status begin_round(struct kp_node *node, struct kp_error *error)
{
    struct kp_slot_list slots = {0};
    struct kp_buffer claims[KP_MEMBERS_MAX] = {0};
    struct kp_round_settings settings = {.agreement = node->agreement,
                                         .own = node->own,
                                         .identity_secret = node->identity_secret,
                                         .time = kp_clock_now(),
                                         .charge = kp_node_charge,
                                         .charge_context = node,
                                         .claims = claims,
                                         .pairs = node->pairs};
    enum kp_status status = read_settings(node, &settings, claims, error);
    if (status == KP_OK) {
        status = make_pieces(node, error);
        settings.pieces = node->pieces;
        settings.folder = node->config->data;
        settings.content = node->content;
    }
    if (status == KP_OK) {
        status = kp_slot_list_new_in(&slots, kp_agreement_member_slots(node->agreement, node->own),
                                     node->pieces, KP_ROUND_FILE_SLOTS, error);
    }
    if (status == KP_OK) {
        status = kp_slots_prepare(node->store, node->agreement, node->own, node->state.counter,
                                  node->config->threads, &slots, &node->summary, error);
    }
    if (status == KP_OK) {
        node->counted = true;
        log_slots(node);
        status = kp_round_new(&node->round, &settings, node->state.attempt, node->state.counter,
                              node->type, &slots, error);
    }
    kp_slot_list_free(&slots); /* what the round took over isn't in it any more */
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&claims[i]);
    }
    return status;
}

/* A database that is older than what this member signed is mended before anything else. */
static void begin(struct kp_node *node, enum kp_round_type type)
{
    struct kp_error error = {0};
    bool restored = false;
    node->type = type;
    enum kp_status status = kp_node_check_restored(node, &restored, &error);
    if (status == KP_OK) {
        status = restored ? kp_node_ask_recovery(node, &error) : begin_round(node, &error);
    }
    if (status != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, own_bit(node), error.text);
    } else if (node->round != NULL) {
        kp_node_settle(node, "");
    }
}

static void on_member_message(struct kp_node *node, const struct kp_round_message *message,
                              const struct kp_buffer *packed);

/* The round begins after all, with the first hellos that came meanwhile. */
static void begin_recovered(struct kp_node *node)
{
    struct kp_error error = {0};
    struct kp_batch early = node->early;
    node->early = (struct kp_batch){0};
    if (begin_round(node, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, own_bit(node), error.text);
    } else {
        kp_node_settle(node, "");
    }
    for (size_t i = 0; i < early.count && node->round != NULL; i++) {
        struct kp_round_message message;
        if (kp_round_message_unpack(&message, early.items[i].data, early.items[i].size, &error) ==
            KP_OK) {
            on_member_message(node, &message, &early.items[i]);
        }
        kp_round_message_free(&message);
    }
    kp_batch_free(&early);
}

/* The coordinator conducts one attempt at a time: a new one means that it gave up any other. */
static void refuse_start(struct kp_node *node, const struct kp_round_message *message,
                         uint64_t counter, uint32_t waits, const struct kp_error *error)
{
    const struct kp_node_ending given_up = {.event = KP_AUDIT_ATTEMPT_ENDED,
                                            .reason = KP_ABORT_COORDINATOR};
    enum kp_abort_reason reason = waits != 0                    ? KP_ABORT_CANARIES
                                  : error->status == KP_REFUSED ? KP_ABORT_NOT_AGREED
                                                                : KP_ABORT_FAILED;
    kp_node_log(node, KP_LOG_WARNING, "start attempt", "refused", COORDINATOR, error->text);
    if (node->state.in_attempt) {
        kp_node_end(node, &given_up, "the coordinator gave it up for another one");
    }
    kp_node_audit_refused(node, message->attempt, counter, reason);
    node->share.ask_at = 0; /* what it lacks may be on its way */
    (void)snprintf(node->state.last_error, sizeof(node->state.last_error), "%s", error->text);
    send_abort(node, message->attempt, reason, KP_PHASE_HELLO1, waits != 0 ? waits : own_bit(node));
}

/* The coordinator gave the attempt up, and goes on under another version. */
static void end_for_other_version(struct kp_node *node)
{
    const struct kp_node_ending given_up = {.event = KP_AUDIT_ATTEMPT_ENDED,
                                            .reason = KP_ABORT_COORDINATOR};
    kp_node_end(node, &given_up, "the coordinator gave it up for another one");
}

static void on_start(struct kp_node *node, const struct kp_round_message *message,
                     const struct kp_buffer *packed)
{
    struct kp_start start;
    struct kp_error error = {0};
    bool fresh = false;
    uint32_t waits = 0;
    if (node->state.in_attempt &&
        memcmp(message->attempt, node->state.attempt, KP_ATTEMPT_BYTES) == 0) {
        return; /* delivered again */
    }
    enum kp_status status = kp_start_unpack(&start, &message->body, &error);
    if (status == KP_OK && node->state.in_attempt &&
        memcmp(start.agreement, node->agreement->hash, KP_DIGEST_BYTES) != 0) {
        end_for_other_version(node);
    }
    if (status == KP_OK && node->ending_waits) {
        status = kp_node_save(node, &error); /* nothing begins before the log has the last end */
    }
    if (status == KP_OK) {
        status = check_start(node, &start, &waits, &error);
    }
    if (status == KP_OK) {
        status = mark(node, message->attempt, start.counter, &fresh, &error);
    }
    if (status != KP_OK) {
        refuse_start(node, message, start.counter, waits, &error);
    } else if (!fresh) {
        kp_node_log(node, KP_LOG_INFO, "start attempt", "refused", COORDINATOR,
                    "it was begun before");
    } else {
        node->last_heard = kp_loop_now();
        kp_node_log(node, KP_LOG_INFO, "start attempt", "done", COORDINATOR, NULL);
        if (kp_buffer_set(&node->start, packed->data, packed->size) != KP_OK) {
            kp_node_abort(node, KP_ABORT_FAILED, own_bit(node), "no memory for START");
        } else {
            kp_node_receipts_begin(node, message->attempt, start.counter, packed);
            begin(node, start.round_type);
        }
    }
    kp_start_free(&start);
}

/* ---- What else comes ---- */

static void on_abort(struct kp_node *node, const struct kp_round_message *message)
{
    struct kp_abort abort;
    struct kp_error error = {0};
    char text[KP_ERROR_TEXT];
    struct kp_node_ending ending = {.event = KP_AUDIT_ATTEMPT_ENDED,
                                    .reason = KP_ABORT_COORDINATOR};
    if (kp_abort_unpack(&abort, &message->body, &error) != KP_OK) {
        (void)snprintf(text, sizeof(text), "%s", error.text);
    } else {
        kp_abort_describe(node->agreement, &abort, text);
        ending.reason = abort.reason;
        ending.members = abort.members;
    }
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "done", COORDINATOR, text);
    kp_node_end(node, &ending, text);
}

static void on_complete(struct kp_node *node, const struct kp_round_message *message,
                        const struct kp_buffer *packed)
{
    if (!node->releasing) {
        kp_node_log(node, KP_LOG_WARNING, "complete round", "refused", COORDINATOR,
                    "it isn't released yet");
        return;
    }
    kp_node_log(node, KP_LOG_INFO, "complete round", "done", COORDINATOR, NULL);
    kp_node_take_bucket(node, message);
    kp_node_audit_slots(node, message, packed);
    kp_node_end(node, &(struct kp_node_ending){.event = KP_AUDIT_COMPLETED}, "");
}

static void on_member_message(struct kp_node *node, const struct kp_round_message *message,
                              const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    bool hello1 = node->recovery != NULL ||
                  (node->round != NULL && kp_round_phase(node->round) == KP_PHASE_HELLO1);
    if (message->type == KP_MESSAGE_RECOVER && hello1) {
        kp_node_answer_recover(node, message);
    } else if (node->recovery != NULL) {
        if (kp_node_take_recovered(node, message, packed)) {
            begin_recovered(node);
        }
    } else if (node->round != NULL) {
        kp_round_tell_time(node->round, kp_clock_now());
        if (kp_round_receive(node->round, message, packed->data, packed->size, &error) != KP_OK) {
            kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
        }
        uint32_t unreadable = kp_round_unreadable(node->round);
        if (unreadable != 0 && kp_round_phase(node->round) != KP_PHASE_ENDED) {
            kp_node_abort(node, KP_ABORT_UNREADABLE, unreadable, error.text);
            return;
        }
        kp_node_settle(node, error.text);
    } else if (node->release != NULL && message->type == KP_MESSAGE_READY) {
        kp_node_take_ready(node, message->from, packed);
    } else {
        kp_node_log(node, KP_LOG_DEBUG, "take message", "refused", COORDINATOR,
                    "its attempt doesn't wait for one");
    }
}

/* The coordinator conducts one attempt at a time, and a mailbox keeps its order: the end of another
 * one than the own says that the own is over too. Its own end, and the START of the other, were
 * removed from the mailbox before they were fetched. */
static void on_end_of_another(struct kp_node *node)
{
    kp_node_log(node, KP_LOG_WARNING, "end attempt", "done", COORDINATOR,
                "a later attempt has ended");
    kp_node_end(
        node,
        &(struct kp_node_ending){.event = KP_AUDIT_ATTEMPT_ENDED, .reason = KP_ABORT_COORDINATOR},
        "the coordinator ended a later attempt, so this one is over");
}

static void on_message(struct kp_node *node, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_error error = {0};
    if (kp_round_message_unpack(&message, packed->data, packed->size, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
    } else if (message.from == KP_PARTY_COORDINATOR &&
               kp_node_check_conductor(node, &message, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
    } else if (message.from == KP_PARTY_COORDINATOR && message.type == KP_MESSAGE_START) {
        on_start(node, &message, packed);
    } else if (node->state.in_attempt && message.from == KP_PARTY_COORDINATOR &&
               (message.type == KP_MESSAGE_ABORT || message.type == KP_MESSAGE_COMPLETE) &&
               memcmp(message.attempt, node->state.attempt, KP_ATTEMPT_BYTES) != 0) {
        on_end_of_another(node);
    } else if (!node->state.in_attempt ||
               memcmp(message.attempt, node->state.attempt, KP_ATTEMPT_BYTES) != 0) {
        /* What was under way when its attempt ended. */
        kp_node_log(node, KP_LOG_DEBUG, "take message", "refused", COORDINATOR,
                    "no such attempt is going on");
    } else {
        node->last_heard = kp_loop_now();
        if (message.from == KP_PARTY_COORDINATOR && message.type == KP_MESSAGE_ABORT) {
            on_abort(node, &message);
        } else if (message.from == KP_PARTY_COORDINATOR && message.type == KP_MESSAGE_COMPLETE) {
            on_complete(node, &message, packed);
        } else {
            on_member_message(node, &message, packed);
        }
    }
    kp_round_message_free(&message);
}

void kp_node_deliver(struct kp_node *node, uint64_t first, const struct kp_batch *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        if (first + i <= node->state.delivered) {
            continue; /* it came before */
        }
        /* Before its effects, so that they are written together. */
        node->state.delivered = first + i;
        node->unsaved = true;
        node->unsaved_bytes += messages->items[i].size;
        on_message(node, &messages->items[i]);
    }
}

/* ---- After a restart ---- */

static enum kp_status load_release(struct kp_node *node, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_release_store_load(txn, node->content, node->agreement, node->own,
                                       &node->release, error);
    }
    kp_store_abort(txn);
    return status;
}

/* What a process before this one spilled is unreadable without its key, and only takes up space. */
static enum kp_status remove_pieces(struct kp_node *node, struct kp_error *error)
{
    char folder[FOLDER_ROOM];
    pieces_folder(node, folder);
    return kp_pieces_remove(folder, error);
}

enum kp_status kp_node_recover(struct kp_node *node, struct kp_error *error)
{
    node->last_heard = kp_loop_now();
    enum kp_status status = remove_pieces(node, error);
    if (status == KP_OK) {
        status = kp_node_remove_recovery(node, error);
    }
    if (status == KP_OK) {
        status = load_release(node, error);
    }
    bool useless = status == KP_REFUSED;
    if (useless) {
        /* Such as one of the version before: the next one came into force, and the process ended
         * before it ended the attempt. It mustn't keep the node from starting, nor be released. */
        kp_node_log(node, KP_LOG_WARNING, "go on after restart", "refused", NULL, error->text);
        status = KP_OK;
    }
    if (status != KP_OK || (!node->state.in_attempt && node->release == NULL && !useless)) {
        return status;
    }
    if (node->state.in_attempt && node->release != NULL &&
        memcmp(node->release->attempt, node->state.attempt, KP_ATTEMPT_BYTES) == 0) {
        kp_node_log(node, KP_LOG_INFO, "go on after restart", "done", NULL,
                    "its release is on disk");
        kp_node_receipts_reload(node);
        kp_node_go_on(node);
    } else if (node->state.in_attempt) {
        char text[KP_ERROR_TEXT];
        const struct kp_abort ended = {.reason = KP_ABORT_RESTARTED,
                                       .phase = node->state.phase,
                                       .members = own_bit(node),
                                       .reporter = node->own};
        kp_abort_describe(node->agreement, &ended, text);
        kp_node_abort(node, ended.reason, ended.members, text);
    } else {
        /* A release of no attempt: nothing that the log doesn't say already. */
        kp_node_end(node, &(struct kp_node_ending){0}, node->state.last_error);
    }
    return KP_OK;
}
