/* What was signed READY: on disk, waiting for everybody else's READY, then on its way. */
#include "node/node_internal.h"

#include "node/evidence_store.h"
#include "node/release_store.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static uint32_t own_bit(const struct kp_node *node)
{
    return 1u << (node->own - 1);
}

static void fail(struct kp_node *node, const struct kp_error *error)
{
    kp_node_abort(node, KP_ABORT_FAILED, own_bit(node), error->text);
}

/* ---- Writing down ---- */

static enum kp_status save_release(struct kp_node *node, const struct kp_release *release,
                                   struct kp_error *error)
{
    struct kp_node_state next = node->state;
    struct kp_txn *txn = NULL;
    next.phase = KP_PHASE_READY;
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_audit_note note = kp_node_note(&next, KP_AUDIT_READY_SENT);
    kp_audit_message_digest(digest, release->own_ready.data, release->own_ready.size);
    note.digest = digest;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_release_store_save(txn, node->agreement, release, error);
    }
    if (status == KP_OK) {
        status = kp_evidence_keep_end(node->saving, txn, error);
    }
    if (status == KP_OK) {
        status = kp_node_audit(node, txn, &note, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, node->agreement->lineage, &next, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        node->state = next;
        kp_node_saved(node);
    }
    return status;
}

/* With the round id from the own READY. */
static enum kp_status audit_release(struct kp_node *node, struct kp_txn *txn,
                                    const struct kp_node_state *next, struct kp_error *error)
{
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    const struct kp_buffer *own = &node->release->own_ready;
    enum kp_status status = kp_transcript_check_ready(&ready, attempt, node->agreement, node->own,
                                                      own->data, own->size, error);
    if (status != KP_OK) {
        return status;
    }
    struct kp_audit_note note = kp_node_note(next, KP_AUDIT_RELEASED);
    note.count = ready.entries;
    note.digest = ready.round_id;
    return kp_node_audit(node, txn, &note, error);
}

/* From here on the counter is used up: nobody can take the READYs back. */
static enum kp_status save_proven(struct kp_node *node, struct kp_error *error)
{
    const uint8_t *lineage = node->agreement->lineage;
    struct kp_node_state next = node->state;
    struct kp_txn *txn = NULL;
    next.proven = node->release->counter;
    next.phase = KP_PHASE_RELEASE;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_state_save_proof(txn, lineage, node->release->ready,
                                     node->agreement->member_count, error);
    }
    if (status == KP_OK) {
        status = kp_node_save_readys(node, txn, error);
    }
    if (status == KP_OK && next.proven != node->state.proven) {
        status = kp_state_forget_attempts(txn, lineage, error);
    }
    if (status == KP_OK) {
        status = kp_evidence_released(txn, node->agreement, node->release->counter,
                                      node->release->ready, error);
    }
    if (status == KP_OK && next.phase != node->state.phase) { /* else written before a restart */
        status = audit_release(node, txn, &next, error);
    }
    if (status == KP_OK) {
        status = kp_node_canaries_notice(node, txn, node->release, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, lineage, &next, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK) {
        node->state = next;
        kp_node_saved(node);
    }
    return status;
}

enum kp_status kp_node_save_readys(struct kp_node *node, struct kp_txn *txn, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && node->release != NULL && i < KP_MEMBERS_MAX; i++) {
        const struct kp_buffer *ready = &node->release->ready[i];
        if ((node->unsaved_readys >> i & 1) != 0) {
            status = kp_release_store_add_ready(txn, i + 1, ready->data, ready->size, error);
        }
    }
    return status;
}

/* ---- READYs ---- */

static enum kp_status queue_own_ready(struct kp_node *node, struct kp_error *error)
{
    const struct kp_buffer *own = &node->release->own_ready;
    struct kp_buffer packed = {0};
    if (kp_buffer_set(&packed, own->data, own->size) != KP_OK ||
        kp_outbox_push(&node->outbox, &packed) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for READY");
    }
    return KP_OK;
}

/* This member and those whose READY says something else than its own: who is to blame, their first
 * and second hellos show. */
static uint32_t who_disagrees(const struct kp_node *node)
{
    const struct kp_release *release = node->release;
    struct kp_ready own, other;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint32_t members = own_bit(node);
    const struct kp_buffer *ready = release->ready;
    if (kp_transcript_check_ready(&own, attempt, node->agreement, node->own,
                                  release->own_ready.data, release->own_ready.size,
                                  NULL) != KP_OK) {
        return members;
    }
    for (uint32_t i = 0; i < node->agreement->member_count; i++) {
        if (kp_transcript_check_ready(&other, attempt, node->agreement, i + 1, ready[i].data,
                                      ready[i].size, NULL) != KP_OK ||
            memcmp(other.round_id, own.round_id, KP_DIGEST_BYTES) != 0 ||
            memcmp(other.g_digest, own.g_digest, KP_DIGEST_BYTES) != 0 ||
            !kp_transcript_same_lists(&other, &own)) {
            members |= 1u << i;
        }
    }
    return members;
}

/* With the last READY: either all agree, and the tags may leave, or the attempt is over. */
static void release_when_complete(struct kp_node *node)
{
    struct kp_error error = {0};
    if (!kp_release_complete(node->release, node->agreement)) {
        return;
    }
    if (kp_node_check_in_force(node, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_NOT_AGREED, own_bit(node), error.text);
        return;
    }
    if (kp_release_check(node->release, node->agreement, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_DISAGREEMENT, who_disagrees(node), error.text);
        return;
    }
    if (save_proven(node, &error) != KP_OK) {
        fail(node, &error);
        return;
    }
    node->releasing = true;
    node->released = 0;
    kp_node_log(node, KP_LOG_INFO, "release", "done", NULL, "every member is READY");
}

void kp_node_go_on(struct kp_node *node)
{
    struct kp_error error = {0};
    release_when_complete(node);
    if (node->release == NULL || node->releasing) {
        return;
    }
    if (queue_own_ready(node, &error) != KP_OK) {
        fail(node, &error);
    }
}

bool kp_node_saves(const struct kp_node *node)
{
    return node->saving != NULL && kp_outbox_first(&node->outbox) == NULL &&
           node->link.batch.count == 0;
}

/* Some of what a release needs on disk that doesn't fit one transaction. */
static enum kp_status save_some(struct kp_node *node, bool *more, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    *more = true;
    if (node->saving == NULL) {
        status = kp_evidence_keep_new(&node->saving, node->store, node->agreement,
                                      node->state.counter, &node->start, node->round, error);
    }
    if (status == KP_OK) {
        status = kp_evidence_keep_step(node->saving, more, error);
    }
    node->last_heard = kp_loop_now(); /* while it writes, it isn't waiting for anybody */
    return status;
}

static void end_saving(struct kp_node *node)
{
    kp_evidence_keep_free(node->saving);
    node->saving = NULL;
}

/* All that was too much for one transaction is on disk. */
static void sign(struct kp_node *node)
{
    struct kp_error error = {0};
    struct kp_release *release = kp_round_take_release(node->round);
    enum kp_status status = save_release(node, release, &error);
    end_saving(node);
    if (status == KP_OK) {
        kp_round_take_keeping(node->round, &node->keeping);
        kp_round_free(node->round);
        node->round = NULL;
        if (!kp_slot_keeping_has(&node->keeping)) {
            kp_node_drop_pieces(node); /* from evaluations and blindings follows every y */
        }
        node->release = release;
        kp_node_log(node, KP_LOG_INFO, "enter phase", "done", NULL, "ready; the key is wiped");
        status = queue_own_ready(node, &error);
    } else {
        kp_release_free(release);
    }
    if (status != KP_OK) {
        fail(node, &error);
        return;
    }
    release_when_complete(node);
}

void kp_node_ready(struct kp_node *node)
{
    struct kp_error error = {0};
    bool more = false;
    if (kp_node_check_in_force(node, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_NOT_AGREED, own_bit(node), error.text);
    } else if (save_some(node, &more, &error) != KP_OK) {
        fail(node, &error);
    } else if (!more) {
        kp_node_receipts_save(node); /* who goes on behind READY must have all before it */
        sign(node);
    }
}

void kp_node_take_ready(struct kp_node *node, uint32_t from, const struct kp_buffer *packed)
{
    struct kp_error error = {0};
    if (kp_release_add_ready(node->release, node->agreement, from, packed->data, packed->size,
                             &error) != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "take READY", "refused", "coordinator", error.text);
        return;
    }
    node->unsaved_readys |= 1u << (from - 1);
    release_when_complete(node);
}

/* ---- On its way ---- */

/* Answers to members that recover go into it one part at a time. NULL: there is none. */
static const struct kp_buffer *first_of_outbox(struct kp_node *node)
{
    struct kp_error error = {0};
    while (kp_outbox_first(&node->outbox) == NULL && kp_node_has_answers(node)) {
        if (kp_node_next_answer(node, &error) != KP_OK) {
            fail(node, &error);
        }
    }
    return kp_outbox_first(&node->outbox);
}

/* What waits goes first: the own READY is among it. */
static bool fill_from_outbox(struct kp_node *node, struct kp_batch *batch)
{
    const struct kp_buffer *packed;
    while ((packed = first_of_outbox(node)) != NULL) {
        if (!kp_batch_has_room(batch, packed->size) ||
            kp_batch_add(batch, packed->data, packed->size) != KP_OK) {
            return false;
        }
        kp_outbox_pop(&node->outbox);
    }
    return true;
}

bool kp_node_has_messages(const struct kp_node *node)
{
    return kp_outbox_first(&node->outbox) != NULL || kp_node_has_answers(node) ||
           (node->releasing && node->released < kp_release_message_count(node->release));
}

void kp_node_fill(struct kp_node *node, struct kp_batch *batch)
{
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    bool room = fill_from_outbox(node, batch);
    if (node->releasing && kp_node_check_in_force(node, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_NOT_AGREED, own_bit(node), error.text);
    }
    while (room && node->releasing && node->released < kp_release_message_count(node->release)) {
        if (kp_release_message(node->release, node->agreement, node->identity_secret,
                               node->released, &packed, &error) != KP_OK) {
            fail(node, &error);
            break;
        }
        room = kp_batch_has_room(batch, packed.size) &&
               kp_batch_add(batch, packed.data, packed.size) == KP_OK;
        node->released += room;
    }
    kp_buffer_free(&packed);
}
