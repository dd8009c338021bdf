#include "coordinator/match.h"

#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/count.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

#define TAGS_AT_ONCE 4000
#define BYTES_AT_ONCE (4u << 20) /* of results: a transaction is in memory until it is written */

/* What is known for a moment while a group is checked. */
struct match_scratch {
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t shares[KP_MEMBERS_MAX * KP_SCALAR_BYTES];
    uint8_t inner[KP_ENTRY_MAX];
};

struct kp_match {
    struct kp_intake *intake;
    const struct kp_agreement *agreement;
    struct kp_store *results;
    struct kp_fault_sink sink;
    struct kp_results_writer writer;
    uint8_t round_id[KP_DIGEST_BYTES];
    enum kp_round_type type;
    struct kp_intake_walk *walk;
    struct match_scratch *scratch;
    uint32_t count;
    uint32_t faults;
    uint32_t reported[KP_MEMBERS_MAX]; /* of member i + 1, to the sink */
    uint32_t leaf_member, leaf_part;   /* the chunk of leaves to write next */
    struct kp_tag_group held;          /* a match that waits for the leaves; count 0: none */
};

enum kp_status kp_match_new(struct kp_match **out, struct kp_intake *intake,
                            const struct kp_agreement *agreement,
                            const struct kp_result_transcript *transcript, uint32_t round,
                            struct kp_store *results, const struct kp_fault_sink *sink,
                            struct kp_error *error)
{
    *out = NULL;
    struct kp_match *match = calloc(1, sizeof(*match));
    if (match == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    match->intake = intake;
    match->agreement = agreement;
    match->results = results;
    match->leaf_member = 1;
    match->sink = sink != NULL ? *sink : (struct kp_fault_sink){0};
    match->scratch = kp_secret_new(sizeof(*match->scratch));
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_status status = KP_OK;
    if (match->scratch == NULL) {
        status = kp_fail(error, KP_FAILED, "no locked memory to match (see ulimit -l)");
    } else {
        status = kp_transcript_check_ready(&ready, attempt, agreement, 1, transcript->ready[0].data,
                                           transcript->ready[0].size, error);
    }
    if (status == KP_OK) {
        memcpy(match->round_id, ready.round_id, KP_DIGEST_BYTES);
        match->type = kp_agreement_round_type(agreement, round);
        status = kp_results_begin(results, &match->writer, round, transcript, error);
    }
    if (status == KP_OK) {
        status = kp_intake_walk_open(intake, &match->walk, error);
    }
    if (status != KP_OK) {
        kp_match_free(match);
        return status;
    }
    *out = match;
    return KP_OK;
}

void kp_match_free(struct kp_match *match)
{
    if (match == NULL) {
        return;
    }
    kp_intake_walk_close(match->walk);
    kp_secret_free(match->scratch);
    free(match);
}

/* A record that the shares of its tag don't open: its own entry, and those that give the secret. */
static enum kp_status report(struct kp_match *match, struct kp_txn *txn,
                             const struct kp_tag_group *group, uint32_t index,
                             struct kp_error *error)
{
    uint32_t *reported = &match->reported[group->member[index] - 1];
    match->faults++;
    if (match->sink.take == NULL || *reported == KP_VERDICTS_MEMBER_MAX) {
        return KP_OK; /* counted */
    }
    (*reported)++;
    struct kp_fault *fault = calloc(1, sizeof(*fault));
    enum kp_status status = KP_OK;
    if (fault == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a fault");
    }
    fault->kind = KP_FAULT_OUTER;
    fault->member = group->member[index];
    fault->position = group->position[index];
    uint32_t others = match->agreement->threshold - 1; /* its own share counts */
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        if (i == index || others > 0) {
            others -= i != index;
            status = kp_intake_show(match->intake, group->member[i], group->position[i],
                                    kp_fault_add(fault, group->member[i]), error);
        }
    }
    if (status == KP_OK) {
        status = match->sink.take(match->sink.context, txn, fault, error);
    }
    kp_fault_free(fault);
    free(fault);
    return status;
}

static enum kp_status put_together(struct kp_match *match, const struct kp_tag_group *group,
                                   struct kp_error *error)
{
    struct match_scratch *scratch = match->scratch;
    for (uint32_t i = 0; i < match->agreement->threshold; i++) {
        struct kp_entry_view view =
            kp_entry_at(match->agreement, group->member[i], group->entry[i]);
        memcpy(scratch->shares + (size_t)i * KP_SCALAR_BYTES, view.share, KP_SCALAR_BYTES);
    }
    return kp_shares_interpolate(scratch->secret, match->agreement->threshold, group->member,
                                 scratch->shares) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "shares can't be put together");
}

/* The secret from the first threshold shares must open every record of the group. What it doesn't
 * open stays in the group all the same: whether there is a match, valid shares decide. */
static enum kp_status check_group(struct kp_match *match, struct kp_txn *txn,
                                  const struct kp_tag_group *group, struct kp_error *error)
{
    struct match_scratch *scratch = match->scratch;
    struct kp_seal_context seal = {0};
    enum kp_status status = put_together(match, group, error);
    memcpy(seal.lineage, match->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(seal.round_id, match->round_id, KP_DIGEST_BYTES);
    memcpy(seal.tag, group->tag, KP_DIGEST_BYTES);
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        struct kp_entry_view view =
            kp_entry_at(match->agreement, group->member[i], group->entry[i]);
        seal.member = group->member[i];
        if (kp_open_outer(scratch->inner, scratch->secret, &seal, view.record,
                          kp_record_size(match->agreement)) != KP_OK) {
            status = report(match, txn, group, i, error);
        }
    }
    kp_wipe(scratch, sizeof(*scratch));
    return status;
}

static enum kp_status keep_group(struct kp_match *match, struct kp_txn *txn,
                                 const struct kp_tag_group *group, size_t *bytes,
                                 struct kp_error *error)
{
    struct kp_result_group result = {.record_count = group->count};
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    memcpy(result.tag, group->tag, KP_DIGEST_BYTES);
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        struct kp_result_record *record = &result.records[i];
        size_t path_size =
            kp_merkle_path_length(group->position[i], match->agreement->slots) * KP_DIGEST_BYTES;
        record->member = group->member[i];
        record->position = group->position[i];
        status = kp_intake_entry_path(match->intake, record->member, record->position, path, error);
        if (status == KP_OK &&
            (kp_buffer_set(&record->entry, group->entry[i],
                           kp_entry_size(match->agreement, record->member)) != KP_OK ||
             kp_buffer_set(&record->path, path, path_size) != KP_OK)) {
            status = kp_fail(error, KP_FAILED, "no memory for a match");
        }
        *bytes += record->entry.size + record->path.size;
    }
    if (status == KP_OK) {
        status = kp_results_add_group(txn, &match->writer, match->count, &result, error);
    }
    kp_result_group_free(&result);
    return status;
}

/* Leaves, once, and only when something matched: otherwise nothing refers to them. Of those that
 * gave all: nobody else has an entry. Some chunks at a time; *done after the last one. */
static enum kp_status write_leaves(struct kp_match *match, struct kp_txn *txn, size_t *bytes,
                                   bool *done, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && *bytes < BYTES_AT_ONCE &&
           match->leaf_member <= match->agreement->member_count) {
        uint32_t member = match->leaf_member, part = match->leaf_part;
        uint32_t slots = kp_agreement_member_slots(match->agreement, member);
        uint32_t count = kp_chunk_items(slots, KP_CHUNK_LEAVES, part);
        const uint8_t *digests = NULL;
        if (count == 0 || !kp_intake_has_leaves(match->intake, member)) {
            match->leaf_member++;
            match->leaf_part = 0;
            continue;
        }
        status = kp_intake_leaf_digests(match->intake, member, part, &digests, error);
        if (status == KP_OK) {
            status =
                kp_results_add_leaves(txn, &match->writer, member, part, digests, count, error);
        }
        *bytes += (size_t)count * KP_DIGEST_BYTES;
        match->leaf_part++;
    }
    *done = match->leaf_member > match->agreement->member_count;
    return status;
}

/* The next tag that enough members have; in a round of counts it is only counted. *tags: how many
 * may still be looked at. */
static enum kp_status find_match(struct kp_match *match, uint32_t *tags, bool *end,
                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    struct kp_tag_group *group = &match->held;
    while (status == KP_OK && group->count == 0 && !*end && *tags > 0) {
        (*tags)--;
        status = kp_intake_walk_next(match->walk, group, error);
        *end = status == KP_OK && group->count == 0;
        if (group->count < match->agreement->threshold) {
            group->count = 0;
        } else if (match->type == KP_ROUND_COUNT) {
            match->count++; /* and nothing is kept of it */
            group->count = 0;
        }
    }
    if (status == KP_OK && group->count > 0) {
        status = kp_intake_walk_entries(match->walk, group, error);
    }
    return status;
}

static enum kp_status match_some(struct kp_match *match, struct kp_txn *txn, bool *end,
                                 struct kp_error *error)
{
    uint32_t tags = TAGS_AT_ONCE;
    size_t bytes = 0;
    enum kp_status status = KP_OK;
    while (status == KP_OK && !*end && tags > 0 && bytes < BYTES_AT_ONCE) {
        bool ready = false;
        status = find_match(match, &tags, end, error);
        if (status == KP_OK && match->held.count > 0) {
            status = write_leaves(match, txn, &bytes, &ready, error);
        }
        if (status == KP_OK && ready) {
            status = check_group(match, txn, &match->held, error);
        }
        if (status == KP_OK && ready) {
            status = keep_group(match, txn, &match->held, &bytes, error);
            match->count++;
            match->held.count = 0;
        }
    }
    return status;
}

enum kp_status kp_match_work(struct kp_match *match, bool *more, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    bool end = false;
    enum kp_status status = kp_store_begin(match->results, true, &txn, error);
    if (status == KP_OK) {
        status = match_some(match, txn, &end, error);
    }
    *more = status == KP_OK && !end;
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

struct kp_results_writer *kp_match_writer(struct kp_match *match)
{
    return &match->writer;
}

uint32_t kp_match_count(const struct kp_match *match)
{
    return match->type == KP_ROUND_COUNT ? 0 : match->count;
}

uint32_t kp_match_bucket(const struct kp_match *match)
{
    return match->type == KP_ROUND_COUNT ? kp_count_of(match->agreement, match->count) : 0;
}

uint32_t kp_match_faults(const struct kp_match *match)
{
    return match->faults;
}
