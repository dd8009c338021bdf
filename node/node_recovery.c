/* A database that is older than what this member signed: noticed, said, and mended with what the
 * others keep (node_answer.c), before anything is evaluated. */
#include "node/node_internal.h"

#include "crypto/secret.h"
#include "node/quota.h"
#include "node/round_check.h"
#include "proto/steps.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COORDINATOR "coordinator"

/* ---- Whether it is needed ---- */

/* The lists of the release before, which all signed; zeros at the first counter. */
static enum kp_status read_proven(struct kp_node *node, struct kp_txn *txn,
                                  struct kp_list_total *lists, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    struct kp_buffer ready[KP_MEMBERS_MAX] = {0};
    struct kp_ready own;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    memset(lists, 0, KP_MEMBERS_MAX * sizeof(*lists));
    if (node->state.proven == 0) {
        return KP_OK;
    }
    enum kp_status status =
        kp_state_load_proof(txn, agreement->lineage, ready, agreement->member_count, error);
    if (status == KP_OK) {
        status = kp_transcript_check_ready(&own, attempt, agreement, 1, ready[0].data,
                                           ready[0].size, error);
    }
    if (status == KP_OK) {
        memcpy(lists, own.lists, sizeof(own.lists));
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&ready[i]);
    }
    return status;
}

/* A list of an earlier attempt at this counter is newer than the proof, and stays. */
static bool is_current(const struct kp_quota *quota, const struct kp_list_total *proven,
                       uint64_t counter)
{
    return quota->known && quota->has_points &&
           (quota->counter == counter ||
            (quota->counter + 1 == counter && quota->charged == proven->charged &&
             memcmp(quota->root, proven->points_root, KP_DIGEST_BYTES) == 0));
}

/* Counters and totals of all whose list isn't the signed one are taken over; *stale tells whether
 * there was any. */
static enum kp_status take_totals(struct kp_node *node, struct kp_txn *txn,
                                  const struct kp_list_total *lists, bool *stale,
                                  struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    uint64_t counter = node->state.counter;
    enum kp_status status = KP_OK;
    for (uint32_t i = 1; status == KP_OK && counter > 1 && i <= agreement->member_count; i++) {
        struct kp_quota quota;
        status = kp_quota_read(txn, agreement, i, &quota, error);
        if (status == KP_OK && !is_current(&quota, &lists[i - 1], counter)) {
            struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_TOTALS_TAKEN_OVER);
            note.member = i;
            note.count = lists[i - 1].charged;
            note.digest = lists[i - 1].points_root;
            *stale = true;
            status = kp_quota_take_over(txn, agreement, i, counter - 1, &lists[i - 1], error);
            if (status == KP_OK) {
                status = kp_node_audit(node, txn, &note, error);
            }
        }
        kp_quota_free(&quota);
    }
    return status;
}

enum kp_status kp_node_check_restored(struct kp_node *node, bool *restored, struct kp_error *error)
{
    struct kp_list_total lists[KP_MEMBERS_MAX];
    struct kp_buffer claim = {0};
    struct kp_txn *txn = NULL;
    *restored = false;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = read_proven(node, txn, lists, error);
    }
    if (status == KP_OK) {
        status = take_totals(node, txn, lists, restored, error);
    }
    if (status == KP_OK) {
        status = kp_state_load_claim(txn, node->agreement->lineage, &claim, error);
    }
    *restored = *restored || claim.size > 0;
    kp_buffer_free(&claim);
    if (status == KP_OK && *restored) {
        const struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_RESTORED);
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK && *restored) {
        kp_node_log(node, KP_LOG_WARNING, "check database", "restored", NULL,
                    "it is older than what all members signed: their signed totals are taken over, "
                    "and the lists are asked for, before anything is evaluated");
    }
    return status;
}

void kp_node_keep_claim(struct kp_node *node, const struct kp_buffer *claim)
{
    struct kp_error error = {0};
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, &error);
    if (status == KP_OK) {
        status = kp_state_save_claim(txn, node->agreement->lineage, claim, &error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, &error);
    } else {
        kp_store_abort(txn);
    }
    kp_node_log(node, KP_LOG_WARNING, "check database", status == KP_OK ? "restored" : "failed",
                NULL,
                status == KP_OK ? "others hold a list or a log that this member signed and doesn't "
                                  "have; it asks for them at the next start"
                                : error.text);
}

/* ---- Asking ---- */

enum kp_status kp_node_recovery_settings(struct kp_node *node,
                                         struct kp_recovery_settings *settings,
                                         struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    *settings = (struct kp_recovery_settings){.agreement = node->agreement,
                                              .own = node->own,
                                              .identity_secret = node->identity_secret,
                                              .box_secret = node->box_secret,
                                              .counter = node->state.counter};
    memcpy(settings->attempt, node->state.attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = read_proven(node, txn, settings->lists, error);
    }
    kp_store_abort(txn);
    return status;
}

static void recovery_folder(const struct kp_node *node, char folder[static KP_PATH_MAX + 16])
{
    (void)snprintf(folder, KP_PATH_MAX + 16, "%s/recovery", node->config->data);
}

enum kp_status kp_node_remove_recovery(struct kp_node *node, struct kp_error *error)
{
    char folder[KP_PATH_MAX + 16];
    recovery_folder(node, folder);
    return kp_pieces_remove(folder, error);
}

void kp_node_drop_recovery(struct kp_node *node)
{
    struct kp_error error = {0};
    kp_recovery_free(node->recovery);
    node->recovery = NULL;
    if (kp_pieces_destroy(node->recovered, &error) != KP_OK) {
        kp_node_log(node, KP_LOG_ERROR, "delete what was recovered", "failed", NULL, error.text);
    }
    node->recovered = NULL;
}

enum kp_status kp_node_ask_recovery(struct kp_node *node, struct kp_error *error)
{
    struct kp_recovery_settings settings;
    struct kp_buffer packed = {0};
    char folder[KP_PATH_MAX + 16];
    recovery_folder(node, folder);
    enum kp_status status = kp_node_recovery_settings(node, &settings, error);
    if (status == KP_OK) {
        status = kp_pieces_new(&node->recovered, folder, 1, KP_PIECES_CACHED, error);
        settings.pieces = node->recovered;
    }
    if (status == KP_OK) {
        status = kp_recovery_new(&node->recovery, &settings, &packed, error);
    }
    if (status == KP_OK && kp_outbox_push(&node->outbox, &packed) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for messages");
    }
    kp_buffer_free(&packed);
    if (status == KP_OK) {
        kp_node_log(node, KP_LOG_INFO, "ask for lists", "done", NULL, NULL);
    }
    return status;
}

enum kp_status kp_node_read_quota(struct kp_node *node, uint32_t member, struct kp_quota *quota,
                                  struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    memset(quota, 0, sizeof(*quota));
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_quota_read(txn, node->agreement, member, quota, error);
    }
    kp_store_abort(txn);
    return status;
}

/* The points of a list that is newer than what is here; *newer tells. They don't count yet. */
static enum kp_status write_points(struct kp_node *node, struct kp_store_writer *writer,
                                   uint32_t member, bool *newer, struct kp_error *error)
{
    const struct kp_recovered_list *list = kp_recovery_list(node->recovery, member);
    uint32_t slots = kp_agreement_member_slots(node->agreement, member);
    struct kp_quota quota;
    enum kp_status status = kp_node_read_quota(node, member, &quota, error);
    *newer = list->counter > 0 &&
             (list->counter > quota.counter ||
              (list->counter == quota.counter && (!quota.has_points || member == node->own)));
    uint8_t *points = kp_bulk_new((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES);
    if (status == KP_OK && points == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for a list");
    }
    for (uint32_t part = 0;
         status == KP_OK && *newer && part < kp_chunk_count(slots, KP_CHUNK_POINTS); part++) {
        status = kp_recovery_chunk(node->recovery, member, part, points, error);
        if (status == KP_OK) {
            status = kp_quota_restore_points(writer, node->agreement, member, &quota, part, points,
                                             error);
        }
        status = status == KP_OK ? kp_pause(error) : status;
    }
    kp_bulk_free(points);
    kp_quota_free(&quota);
    return status;
}

static enum kp_status read_own(void *context, uint32_t part, uint8_t *points,
                               struct kp_error *error)
{
    const struct kp_node *node = context;
    return kp_recovery_chunk(node->recovery, node->own, part, points, error);
}

/* The own slots as they were signed last, if they were. They don't count yet. */
static enum kp_status write_slots(struct kp_node *node, struct kp_store_writer *writer,
                                  struct kp_slots_restoring *slots, struct kp_error *error)
{
    const struct kp_recovered_list *own = kp_recovery_list(node->recovery, node->own);
    return own->counter == 0
               ? KP_OK
               : kp_slots_restore(slots, node->store, writer, node->agreement, node->own,
                                  own->counter, &(struct kp_slots_points){node, read_own}, error);
}

/* What every other member gave, and the own newest list, count from here on; the log goes on behind
 * what others saw. */
static enum kp_status write_recovered(struct kp_node *node, struct kp_txn *txn, uint32_t newer,
                                      struct kp_slots_restoring *slots, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    struct kp_audit_head log = kp_recovery_log(node->recovery), head;
    enum kp_status status = KP_OK;
    for (uint32_t i = 1; status == KP_OK && i <= agreement->member_count; i++) {
        if ((newer >> (i - 1) & 1) != 0) {
            status =
                kp_quota_restore(txn, agreement, i, kp_recovery_list(node->recovery, i), error);
        }
    }
    if (status == KP_OK && slots->counter > 0) {
        status = kp_slots_restore_count(slots, txn, error);
    }
    if (status == KP_OK) {
        status = kp_audit_head_get(txn, &node->signer, &head, error);
    }
    if (status == KP_OK && kp_audit_check_head(&log, &head, NULL) != KP_OK) {
        status = kp_audit_restore(txn, &node->signer, &log, error);
    }
    return status == KP_OK ? kp_state_save_claim(txn, agreement->lineage, NULL, error) : status;
}

/* Whether every list can be judged now. */
static enum kp_status check_recovered(struct kp_node *node, struct kp_txn *txn,
                                      struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint64_t counter = node->state.counter;
    for (uint32_t i = 1; status == KP_OK && counter > 1 && i <= node->agreement->member_count;
         i++) {
        struct kp_quota quota;
        bool has_slots = kp_agreement_member_slots(node->agreement, i) > 0;
        status = kp_quota_read(txn, node->agreement, i, &quota, error);
        if (status == KP_OK && has_slots && !quota.has_points) {
            status = kp_fail(error, KP_REFUSED,
                             "this database is too old, and nobody could give the list of %s; try "
                             "again when the others have recovered, or agree anew",
                             node->agreement->members[i - 1].name);
        }
        kp_quota_free(&quota);
    }
    return status;
}

static enum kp_status write_all(struct kp_node *node, struct kp_store_writer *writer,
                                struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = KP_OK;
    uint32_t newer = 0;
    struct kp_slots_restoring slots = {.counter = 0};
    for (uint32_t i = 1; status == KP_OK && i <= node->agreement->member_count; i++) {
        bool is = false;
        status = write_points(node, writer, i, &is, error);
        newer |= is ? 1u << (i - 1) : 0;
    }
    if (status == KP_OK) {
        status = write_slots(node, writer, &slots, error);
    }
    if (status == KP_OK) {
        status = kp_store_begin(node->store, true, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_store_writer_into(writer, txn, error);
    }
    if (status == KP_OK) {
        status = write_recovered(node, txn, newer, &slots, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* All that was recovered, written down. */
static enum kp_status finish(void *context, struct kp_error *error)
{
    struct kp_node *node = context;
    struct kp_txn *txn = NULL;
    struct kp_store_writer *writer = NULL;
    enum kp_status status = kp_store_writer_new(&writer, node->store, error);
    if (status == KP_OK) {
        status = write_all(node, writer, error);
    }
    kp_store_writer_free(writer);
    if (status == KP_OK) {
        status = kp_store_begin(node->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = check_recovered(node, txn, error);
        kp_store_abort(txn);
    }
    if (status == KP_OK) {
        kp_node_log(node, KP_LOG_INFO, "recover", "done", NULL,
                    "all lists are those that were signed");
    }
    return status;
}

/* All lists are those that were signed, or the attempt ends. */
static void recovered(struct kp_node *node, enum kp_status status, const struct kp_error *error)
{
    kp_node_drop_recovery(node);
    if (status != KP_OK) {
        kp_node_abort(node, status == KP_REFUSED ? KP_ABORT_RESTORED : KP_ABORT_FAILED,
                      kp_node_own_bit(node), error->text);
        return;
    }
    kp_node_begin_recovered(node);
}

/* What others gave is written down in steps. */
static void begin_finish(struct kp_node *node)
{
    struct kp_error error = {0};
    kp_node_give_up_steps(node); /* counting, at most */
    if (kp_node_in_steps(node, finish, recovered, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error.text);
    }
}

void kp_node_take_recovered(struct kp_node *node, const struct kp_round_message *message,
                            const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    uint32_t blamed = 0;
    bool asked = message->type == KP_MESSAGE_RECOVERED && !kp_recovery_complete(node->recovery);
    enum kp_status status =
        asked ? kp_check_parties(message, node->own, node->agreement->member_count, &error)
              : kp_node_keep_early(node, message, packed, &error);
    if (status == KP_OK && asked) {
        status = kp_recovery_receive(node->recovery, message, &blamed, &error);
        if (status == KP_REFUSED && blamed == 0) {
            /* Lost for good: at the deadline this member, which waits, would be named. */
            kp_node_abort(node, KP_ABORT_UNREADABLE, 1u << (message->from - 1), error.text);
            return;
        }
    }
    if (status == KP_REFUSED && blamed != 0) {
        kp_node_abort(node, KP_ABORT_REFUSED, 1u << (blamed - 1), error.text);
    } else if (status == KP_FAILED) {
        kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error.text);
    } else if (status != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "take message", "refused", COORDINATOR, error.text);
    } else if (asked && kp_recovery_complete(node->recovery)) {
        begin_finish(node);
    }
}
