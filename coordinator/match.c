#include "coordinator/match.h"

#include "coordinator/match_find.h"
#include "proto/count.h"
#include "proto/limits.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS_OF_RANGE 4u /* of a member; the one before is read as well */
#define RANGE_BITS_MAX 8u
#define BYTES_AT_ONCE (4u << 20) /* of results: a transaction is in memory until it is written */
#define FINDS_MAX (2 * KP_WORKERS_MAX)

/* Finds take turns: range r has the find r % find_count. */
struct kp_match {
    struct kp_match_settings settings;
    struct kp_fault_sink sink;
    struct kp_results_writer writer;
    struct kp_find_rule rule;
    struct kp_find *find[FINDS_MAX];
    bool running[FINDS_MAX]; /* given to the workers, or done and not written */
    bool done[FINDS_MAX];
    uint32_t find_count;
    uint32_t range_bits;
    uint32_t next;    /* range: to be given */
    uint32_t head;    /* to be written */
    uint32_t written; /* of its find's matches */
    uint32_t count;
    uint32_t faults;
    uint32_t reported[KP_MEMBERS_MAX]; /* of member i + 1, to the sink */
    uint32_t leaf_member, leaf_part;   /* the chunk of leaves to write next */
};

/* ---- made and freed ---- */

static uint32_t range_bits(const struct kp_agreement *agreement)
{
    uint32_t chunks = kp_chunk_count(agreement->slots, KP_CHUNK_ENTRIES), bits = 0;
    while (bits < RANGE_BITS_MAX && chunks >> (bits + 1) >= CHUNKS_OF_RANGE) {
        bits++;
    }
    return bits;
}

/* Twice as many as threads, so that none waits for the writing; but no more than fit in memory. */
static uint32_t finds_wanted(const struct kp_match *match)
{
    size_t fit = KP_MATCH_MEMORY / kp_find_memory(match->settings.intake);
    struct kp_workers *workers = match->settings.workers;
    uint32_t wanted = workers == NULL ? 1 : 2 * kp_workers_threads(workers);
    uint32_t ranges = 1u << match->range_bits;
    wanted = wanted < ranges ? wanted : ranges;
    wanted = wanted < FINDS_MAX ? wanted : FINDS_MAX;
    return fit < 1 ? 1 : fit < wanted ? (uint32_t)fit : wanted;
}

static enum kp_status make_finds(struct kp_match *match, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint32_t wanted = finds_wanted(match);
    while (status == KP_OK && match->find_count < wanted) {
        status = kp_find_new(&match->find[match->find_count], &match->rule, match->settings.intake,
                             error);
        match->find_count += status == KP_OK;
    }
    return match->find_count > 0 ? KP_OK : status; /* fewer will do */
}

enum kp_status kp_match_new(struct kp_match **out, const struct kp_match_settings *settings,
                            struct kp_error *error)
{
    *out = NULL;
    struct kp_match *match = calloc(1, sizeof(*match));
    if (match == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    const struct kp_agreement *agreement = settings->agreement;
    const struct kp_buffer *first = &settings->transcript->ready[0];
    struct kp_ready ready;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    match->settings = *settings;
    match->leaf_member = 1;
    match->sink = settings->sink != NULL ? *settings->sink : (struct kp_fault_sink){0};
    match->rule.agreement = agreement;
    match->rule.type = kp_agreement_round_type(agreement, settings->round);
    match->range_bits = range_bits(agreement);
    enum kp_status status =
        kp_transcript_check_ready(&ready, attempt, agreement, 1, first->data, first->size, error);
    if (status == KP_OK) {
        memcpy(match->rule.round_id, ready.round_id, KP_DIGEST_BYTES);
        status = make_finds(match, error);
    }
    if (status == KP_OK) {
        status = kp_results_begin(settings->results, &match->writer, settings->round,
                                  settings->transcript, error);
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
    if (match->settings.workers != NULL && kp_workers_given(match->settings.workers) > 0) {
        kp_workers_cancel(match->settings.workers);
        while (kp_workers_done(match->settings.workers) != NULL) {
        }
    }
    for (uint32_t i = 0; i < match->find_count; i++) {
        kp_find_free(match->find[i]);
    }
    free(match);
}

/* ---- work that is given, and comes back ---- */

static void give(struct kp_match *match, uint32_t index)
{
    struct kp_find *find = match->find[index];
    kp_find_clear(find);
    match->done[index] = false;
    match->running[index] = true;
    if (match->settings.workers != NULL) {
        kp_workers_give(match->settings.workers, &find->work);
    }
}

static void give_next(struct kp_match *match)
{
    uint32_t ranges = 1u << match->range_bits;
    while (match->next < ranges && !match->running[match->next % match->find_count]) {
        uint32_t index = match->next % match->find_count;
        kp_find_range(match->find[index], match->next, match->range_bits);
        match->next++;
        give(match, index);
    }
}

/* Without threads the owner's own does the head's. */
static void take_back(struct kp_match *match)
{
    struct kp_work *work = NULL;
    uint32_t head = match->head % match->find_count;
    if (match->settings.workers == NULL) {
        if (match->running[head] && !match->done[head]) {
            match->find[head]->work.run(&match->find[head]->work);
            match->done[head] = true;
        }
        return;
    }
    while ((work = kp_workers_done(match->settings.workers)) != NULL) {
        for (uint32_t i = 0; i < match->find_count; i++) {
            match->done[i] = match->done[i] || work == &match->find[i]->work;
        }
    }
}

/* ---- writing ---- */

/* A record that the shares of its tag don't open: its own entry, and those that give the secret. */
static enum kp_status report(struct kp_match *match, struct kp_txn *txn,
                             const struct kp_found *found, uint32_t index, struct kp_error *error)
{
    uint32_t *reported = &match->reported[found->member[index] - 1];
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
    fault->member = found->member[index];
    fault->position = found->position[index];
    uint32_t others = match->rule.agreement->threshold - 1; /* its own share counts */
    for (uint32_t i = 0; status == KP_OK && i < found->count; i++) {
        if (i == index || others > 0) {
            others -= i != index;
            status = kp_intake_show(match->settings.intake, found->member[i], found->position[i],
                                    kp_fault_add(fault, found->member[i]), error);
        }
    }
    if (status == KP_OK) {
        status = match->sink.take(match->sink.context, txn, fault, error);
    }
    kp_fault_free(fault);
    free(fault);
    return status;
}

/* Leaves, once, and only when something matched: otherwise nothing refers to them. Of those that
 * gave all: nobody else has an entry. Some chunks at a time; *done after the last one. */
static enum kp_status write_leaves(struct kp_match *match, struct kp_txn *txn, size_t *bytes,
                                   bool *done, struct kp_error *error)
{
    struct kp_intake *intake = match->settings.intake;
    enum kp_status status = KP_OK;
    while (status == KP_OK && *bytes < BYTES_AT_ONCE &&
           match->leaf_member <= match->rule.agreement->member_count) {
        uint32_t member = match->leaf_member, part = match->leaf_part;
        uint32_t slots = kp_agreement_member_slots(match->rule.agreement, member);
        uint32_t count = kp_chunk_items(slots, KP_CHUNK_LEAVES, part);
        const uint8_t *digests = NULL;
        if (count == 0 || !kp_intake_has_leaves(intake, member)) {
            match->leaf_member++;
            match->leaf_part = 0;
            continue;
        }
        status = kp_intake_leaf_digests(intake, member, part, &digests, error);
        if (status == KP_OK) {
            status =
                kp_results_add_leaves(txn, &match->writer, member, part, digests, count, error);
        }
        *bytes += (size_t)count * KP_DIGEST_BYTES;
        match->leaf_part++;
    }
    *done = match->leaf_member > match->rule.agreement->member_count;
    return status;
}

static enum kp_status write_found(struct kp_match *match, struct kp_txn *txn,
                                  const struct kp_found *found, size_t *bytes,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < found->count; i++) {
        if ((found->faulty >> i & 1) != 0) {
            status = report(match, txn, found, i, error);
        }
    }
    if (status == KP_OK) {
        status = kp_results_add_group(txn, &match->writer, match->count, &found->packed, error);
    }
    match->count++;
    *bytes += found->packed.size;
    return status;
}

/* What the head's find has, as much as goes into a transaction; *txn is begun when it is wanted. */
static enum kp_status write_some(struct kp_match *match, const struct kp_find *find,
                                 struct kp_txn **txn, size_t *bytes, struct kp_error *error)
{
    bool ready = false;
    enum kp_status status = KP_OK;
    if (match->written < find->found_count) {
        if (*txn == NULL) {
            status = kp_store_begin(match->settings.results, true, txn, error);
        }
        if (status == KP_OK) {
            status = write_leaves(match, *txn, bytes, &ready, error);
        }
    }
    while (status == KP_OK && ready && match->written < find->found_count &&
           *bytes < BYTES_AT_ONCE) {
        status = write_found(match, *txn, &find->found[match->written++], bytes, error);
    }
    return status;
}

static bool is_done(const struct kp_match *match)
{
    return match->head == 1u << match->range_bits;
}

static bool is_head_done(const struct kp_match *match)
{
    return !is_done(match) && match->done[match->head % match->find_count];
}

/* All that the head's find has is written: it goes on in its range, or the next one is the head. */
static void next_head(struct kp_match *match)
{
    uint32_t index = match->head % match->find_count;
    match->written = 0;
    if (match->rule.type == KP_ROUND_COUNT) {
        match->count += match->find[index]->count;
    }
    if (!match->find[index]->end) {
        give(match, index);
        return;
    }
    match->running[index] = match->done[index] = false;
    match->head++;
}

static enum kp_status write_heads(struct kp_match *match, struct kp_txn **txn,
                                  struct kp_error *error)
{
    size_t bytes = 0;
    enum kp_status status = KP_OK;
    while (status == KP_OK && is_head_done(match) && bytes < BYTES_AT_ONCE) {
        const struct kp_find *find = match->find[match->head % match->find_count];
        status = find->status == KP_OK ? write_some(match, find, txn, &bytes, error)
                                       : kp_fail(error, find->status, "%s", find->error.text);
        if (status == KP_OK && match->written == find->found_count) {
            next_head(match);
        }
    }
    return status;
}

enum kp_status kp_match_work(struct kp_match *match, enum kp_match_state *state,
                             struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    give_next(match);
    take_back(match);
    enum kp_status status = write_heads(match, &txn, error);
    if (status == KP_OK && txn != NULL) {
        status = kp_store_commit(txn, error);
    } else {
        kp_store_abort(txn);
    }
    if (status == KP_OK) {
        give_next(match);
    }
    *state = is_done(match)                                           ? KP_MATCH_DONE
             : match->settings.workers == NULL || is_head_done(match) ? KP_MATCH_GOES_ON
                                                                      : KP_MATCH_WAITS;
    return status;
}

/* ---- what came out ---- */

struct kp_results_writer *kp_match_writer(struct kp_match *match)
{
    return &match->writer;
}

uint32_t kp_match_count(const struct kp_match *match)
{
    return match->rule.type == KP_ROUND_COUNT ? 0 : match->count;
}

uint32_t kp_match_bucket(const struct kp_match *match)
{
    return match->rule.type == KP_ROUND_COUNT ? kp_count_of(match->rule.agreement, match->count)
                                              : 0;
}

uint32_t kp_match_faults(const struct kp_match *match)
{
    return match->faults;
}
