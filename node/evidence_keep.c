#include "node/evidence_keep.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/evidence_store.h"
#include "node/quota.h"
#include "proto/numbers.h"
#include "proto/store_writer.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

#define STEP_CHUNKS 64u /* of up to 32 KiB */

/* Places that differ from the list before, an item for each KP_EVIDENCE_PLACES of them. */
struct before {
    struct kp_buffer content;
    uint32_t places; /* in content */
    uint32_t part;
    bool known; /* false: the list of the counter before isn't kept whole */
};

struct kp_evidence_keep {
    struct kp_store *store;
    const struct kp_agreement *agreement;
    uint64_t counter;
    const struct kp_buffer *start;
    const struct kp_round *round;
    struct kp_store_writer *writer;
    bool begun;
    bool lists;            /* evaluations are copied: now lists */
    uint32_t member, part; /* what is next */
    struct kp_quota quota; /* of that member, from its list's first chunk on */
    struct before before;
    struct kp_buffer content;
    uint8_t *points; /* bulk: a chunk */
};

enum kp_status kp_evidence_keep_new(struct kp_evidence_keep **out, struct kp_store *store,
                                    const struct kp_agreement *agreement, uint64_t counter,
                                    const struct kp_buffer *start, const struct kp_round *round,
                                    struct kp_error *error)
{
    struct kp_evidence_keep *keep = calloc(1, sizeof(*keep));
    *out = NULL;
    if (keep == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to keep the evidence of a round");
    }
    keep->store = store;
    keep->agreement = agreement;
    keep->counter = counter;
    keep->start = start;
    keep->round = round;
    keep->member = 1;
    keep->points = kp_bulk_new((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES);
    enum kp_status status =
        keep->points == NULL
            ? kp_fail(error, KP_FAILED, "no memory to keep the evidence of a round")
            : kp_store_writer_new(&keep->writer, store, error);
    if (status != KP_OK) {
        kp_evidence_keep_free(keep);
        return status;
    }
    *out = keep;
    return KP_OK;
}

void kp_evidence_keep_free(struct kp_evidence_keep *keep)
{
    if (keep == NULL) {
        return;
    }
    kp_store_writer_free(keep->writer);
    kp_quota_free(&keep->quota);
    kp_buffer_free(&keep->before.content);
    kp_buffer_free(&keep->content);
    kp_bulk_free(keep->points);
    free(keep);
}

static enum kp_status put(struct kp_evidence_keep *keep, enum kp_export_item_kind kind,
                          uint32_t member, uint32_t part, const void *bytes, size_t size,
                          struct kp_error *error)
{
    uint8_t key[KP_EVIDENCE_STORE_KEY_BYTES];
    kp_evidence_store_key(key, keep->counter, kind, member, part);
    return kp_store_writer_put(keep->writer, KP_NODE_EVIDENCE, key, sizeof(key), bytes, size,
                               error);
}

/* ---- The round's own ---- */

static enum kp_status visit(void *context, enum kp_export_item_kind kind, uint32_t member,
                            uint32_t part, const struct kp_buffer *content, struct kp_error *error)
{
    return put(context, kind, member, part, content->data, content->size, error);
}

/* What was there of this counter, as after a restore, goes first. */
static enum kp_status begin(struct kp_evidence_keep *keep, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    bool any = false;
    keep->begun = true;
    enum kp_status status = kp_store_begin(keep->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_evidence_any(txn, keep->counter, &any, error);
    }
    if (status == KP_OK && any) {
        status = kp_evidence_drop(txn, keep->counter, error);
    }
    if (status != KP_OK || !any) {
        kp_store_abort(txn);
    } else {
        status = kp_store_commit(txn, error);
    }
    return status == KP_OK ? kp_round_evidence(keep->round, visit, keep, error) : status;
}

static enum kp_status keep_evaluation(struct kp_evidence_keep *keep, struct kp_error *error)
{
    enum kp_status status =
        kp_round_evaluation(keep->round, keep->member, keep->part, &keep->content, error);
    return status == KP_OK && keep->content.size > 0
               ? put(keep, KP_EXPORT_EVALUATION, keep->member, keep->part, keep->content.data,
                     keep->content.size, error)
               : status;
}

/* ---- Lists ---- */

static enum kp_status read_quota(struct kp_evidence_keep *keep, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    kp_quota_free(&keep->quota);
    enum kp_status status = kp_store_begin(keep->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_quota_read(txn, keep->agreement, keep->member, &keep->quota, error);
    }
    kp_store_abort(txn);
    keep->before.places = keep->before.part = 0;
    keep->before.known = true;
    return status == KP_OK ? kp_evidence_before_begin(&keep->before.content, error) : status;
}

static enum kp_status put_before(struct kp_evidence_keep *keep, struct kp_error *error)
{
    struct before *before = &keep->before;
    enum kp_status status = put(keep, KP_EXPORT_LIST_BEFORE, keep->member, before->part++,
                                before->content.data, before->content.size, error);
    before->places = 0;
    return status == KP_OK ? kp_evidence_before_begin(&before->content, error) : status;
}

static enum kp_status compare_chunk(struct kp_evidence_keep *keep, struct kp_error *error)
{
    struct before *before = &keep->before;
    const struct kp_buffer *then = &keep->content;
    uint32_t first = keep->part * KP_CHUNK_POINTS;
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < then->size / KP_POINT_BYTES; i++) {
        const uint8_t *was = then->data + (size_t)i * KP_POINT_BYTES;
        if (memcmp(was, keep->points + (size_t)i * KP_POINT_BYTES, KP_POINT_BYTES) == 0) {
            continue;
        }
        if (before->places == KP_EVIDENCE_PLACES) {
            status = put_before(keep, error);
        }
        if (status == KP_OK) {
            before->places++;
            status = kp_evidence_before_add(&before->content, first + i, was, error);
        }
    }
    return status;
}

/* With the list of the counter before, where that is kept. */
static enum kp_status compare(struct kp_evidence_keep *keep, size_t size, struct kp_error *error)
{
    uint8_t key[KP_EVIDENCE_STORE_KEY_BYTES];
    bool found = false;
    kp_evidence_store_key(key, keep->counter - 1, KP_EXPORT_LIST, keep->member, keep->part);
    enum kp_status status = kp_store_fetch(keep->store, KP_NODE_EVIDENCE, key, sizeof(key),
                                           &keep->content, &found, error);
    keep->before.known = found && keep->content.size == size;
    return status == KP_OK && keep->before.known ? compare_chunk(keep, error) : status;
}

/* What differs, or that it isn't known. A list is kept whole or not at all: when its first chunk is
 * there the others are. */
static enum kp_status end_list(struct kp_evidence_keep *keep, struct kp_error *error)
{
    struct before *before = &keep->before;
    enum kp_status status = KP_OK;
    if (!before->known) {
        status = kp_evidence_before_unknown(&before->content, error);
    }
    return status == KP_OK && (before->places > 0 || before->part == 0) ? put_before(keep, error)
                                                                        : status;
}

static enum kp_status keep_list_chunk(struct kp_evidence_keep *keep, uint32_t slots,
                                      struct kp_error *error)
{
    size_t size = (size_t)kp_chunk_items(slots, KP_CHUNK_POINTS, keep->part) * KP_POINT_BYTES;
    enum kp_status status = keep->part == 0 ? read_quota(keep, error) : KP_OK;
    if (status == KP_OK) {
        status = kp_quota_chunk(keep->store, keep->agreement, keep->member, &keep->quota, false,
                                keep->part, keep->points, error);
    }
    if (status == KP_OK) {
        status = put(keep, KP_EXPORT_LIST, keep->member, keep->part, keep->points, size, error);
    }
    if (status != KP_OK || keep->counter == 1) {
        return status;
    }
    if (keep->before.known) {
        status = compare(keep, size, error);
    }
    bool last = keep->part + 1 == kp_chunk_count(slots, KP_CHUNK_POINTS);
    return status == KP_OK && last ? end_list(keep, error) : status;
}

/* ---- The whole ---- */

/* One chunk; *more is false when there was none left. */
static enum kp_status keep_next(struct kp_evidence_keep *keep, bool *more, struct kp_error *error)
{
    uint32_t members = keep->agreement->member_count;
    if (keep->member > members && !keep->lists) {
        keep->lists = true;
        keep->member = 1;
    }
    *more = keep->member <= members;
    if (!*more) {
        return KP_OK;
    }
    uint32_t slots = keep->lists ? kp_agreement_member_slots(keep->agreement, keep->member)
                                 : kp_round_slots(keep->round);
    enum kp_status status = KP_OK;
    if (keep->part < kp_chunk_count(slots, KP_CHUNK_POINTS)) {
        status = keep->lists ? keep_list_chunk(keep, slots, error) : keep_evaluation(keep, error);
        keep->part++;
    } else {
        keep->part = 0;
        keep->member++;
    }
    return status;
}

enum kp_status kp_evidence_keep_step(struct kp_evidence_keep *keep, bool *more,
                                     struct kp_error *error)
{
    enum kp_status status = keep->begun ? KP_OK : begin(keep, error);
    *more = true;
    for (uint32_t i = 0; status == KP_OK && *more && i < STEP_CHUNKS; i++) {
        status = keep_next(keep, more, error);
    }
    return status == KP_OK ? KP_OK : kp_fail_in(error, "keeping the evidence of a round");
}

enum kp_status kp_evidence_keep_end(struct kp_evidence_keep *keep, struct kp_txn *txn,
                                    struct kp_error *error)
{
    uint8_t key[KP_EVIDENCE_STORE_KEY_BYTES];
    kp_evidence_store_key(key, keep->counter, KP_EXPORT_START, 0, 0);
    enum kp_status status = kp_store_writer_into(keep->writer, txn, error);
    if (status == KP_OK) {
        status = kp_store_put(txn, KP_NODE_EVIDENCE, key, sizeof(key), keep->start->data,
                              keep->start->size, error);
    }
    return status == KP_OK ? KP_OK : kp_fail_in(error, "keeping the evidence of a round");
}
