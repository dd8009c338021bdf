#include "coordinator/leader_round.h"

#include "coordinator/results.h"
#include "crypto/secret.h"
#include "proto/key_file.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static struct kp_buffer *group_at(const struct kp_leader_round *round, uint32_t index)
{
    return (struct kp_buffer *)(void *)round->groups.data + index;
}

/* Match i + 1 is the one with index i, and they come in this order. */
static enum kp_status take_group(struct kp_leader_round *round, const struct kp_result_key *key,
                                 const struct kp_buffer *value, struct kp_error *error)
{
    struct kp_buffer copy = {0};
    if (key->index != round->group_count) {
        return kp_fail(error, KP_REFUSED, "match %u comes where match %u should", key->index + 1,
                       round->group_count + 1);
    }
    if (kp_buffer_set(&copy, value->data, value->size) != KP_OK ||
        kp_buffer_append(&round->groups, &copy, sizeof(copy)) != KP_OK) {
        kp_buffer_free(&copy);
        return kp_fail(error, KP_FAILED, "no memory for results");
    }
    round->group_count++;
    return KP_OK;
}

static enum kp_status take_item(struct kp_leader_round *round, const struct kp_buffer *packed_key,
                                const struct kp_buffer *value, struct kp_error *error)
{
    struct kp_result_key key;
    enum kp_status status = kp_result_key_unpack(&key, packed_key->data, packed_key->size, error);
    if (status == KP_OK && key.round != round->round) {
        status = kp_fail(error, KP_REFUSED, "a result of another round");
    }
    if (status == KP_OK) {
        status = kp_result_reader_take(&round->reader, &key, packed_key, value, error);
    }
    if (status != KP_OK) {
        return status;
    }
    if (key.kind == KP_RESULT_PHASE_LIST || key.kind == KP_RESULT_SIGNED) {
        return KP_OK;
    }
    if (key.kind == KP_RESULT_LEAVES) {
        return kp_opening_leaves(round->opening, key.member, key.index, value->data, value->size,
                                 error);
    }
    if (key.kind == KP_RESULT_GROUP) {
        return take_group(round, &key, value, error);
    }
    kp_result_transcript_free(&round->transcript);
    status = kp_result_transcript_unpack(&round->transcript, value->data, value->size, error);
    return status == KP_OK
               ? kp_opening_transcript(round->opening, round->round, &round->transcript, error)
               : status;
}

/* Keys rise from the first page to the last, so that nothing comes twice and there is an end. */
static enum kp_status move_on(struct kp_wire_request *request, const struct kp_buffer *key,
                              struct kp_error *error)
{
    if (key->size != KP_RESULT_KEY_BYTES ||
        (request->after_size > 0 && memcmp(key->data, request->after, key->size) <= 0)) {
        return kp_fail(error, KP_REFUSED, "the coordinator gives results out of order");
    }
    memcpy(request->after, key->data, key->size);
    request->after_size = key->size;
    return KP_OK;
}

/* Takes one page; request->after moves to its last key. */
static enum kp_status take_page(struct kp_leader *leader, struct kp_leader_round *round,
                                struct kp_wire_request *request, bool *end, struct kp_error *error)
{
    struct kp_wire_response response;
    enum kp_status status =
        kp_leader_ask(leader, request, KP_RESPONSE_RESULTS, KP_LEADER_TIMEOUT_MS, &response, error);
    if (status != KP_OK) {
        return status;
    }
    if (request->round != 0 && response.round != request->round) {
        status = kp_fail(error, KP_REFUSED, "asked for round %u, the coordinator gave round %u",
                         request->round, response.round);
    }
    round->round = response.round;
    for (size_t i = 0; status == KP_OK && i + 1 < response.messages.count; i += 2) {
        const struct kp_buffer *key = &response.messages.items[i];
        status = move_on(request, key, error);
        if (status == KP_OK) {
            status = take_item(round, key, &response.messages.items[i + 1], error);
        }
    }
    if (status == KP_OK && !response.end && response.messages.count == 0) {
        status = kp_fail(error, KP_REFUSED, "the coordinator neither gives results nor ends");
    }
    request->round = response.round;
    *end = response.end;
    kp_wire_response_free(&response);
    return status;
}

/* Forgets what came under another version. */
static void start_again(struct kp_leader_round *round)
{
    for (uint32_t i = 0; i < round->group_count; i++) {
        kp_buffer_free(group_at(round, i));
    }
    kp_buffer_free(&round->groups);
    round->group_count = 0;
    kp_result_transcript_free(&round->transcript);
    memset(&round->transcript, 0, sizeof(round->transcript));
    kp_result_reader_free(&round->reader);
    kp_opening_free(round->opening);
    round->opening = NULL;
}

/* With the version under which the round was held, if it is this one: *proven. */
static enum kp_status fetch_under(struct kp_leader *leader, const struct kp_agreement *version,
                                  uint32_t number, struct kp_leader_round *round, bool *proven,
                                  struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_RESULTS, .round = number};
    bool end = false;
    round->agreement = version;
    enum kp_status status = kp_opening_new(&round->opening, version, round->secret, error);
    while (status == KP_OK && !end) {
        status = take_page(leader, round, &request, &end, error);
    }
    *proven = round->opening != NULL && kp_opening_round_id(round->opening) != NULL;
    if (status == KP_OK && !*proven) {
        status = kp_fail(error, KP_REFUSED, "the results don't prove a round");
    }
    if (status == KP_OK) {
        status = kp_result_reader_finish(&round->reader, version, round->round, &round->transcript,
                                         error);
    }
    if (status != KP_OK) {
        start_again(round);
    }
    return status;
}

static enum kp_status fetch(struct kp_leader *leader, uint32_t number,
                            struct kp_leader_round *round, struct kp_error *error)
{
    bool proven = false;
    const struct kp_agreement *version = leader->agreement;
    enum kp_status status = fetch_under(leader, version, number, round, &proven, error);
    /* It may have been held under an earlier version. */
    while (status == KP_REFUSED && !proven &&
           (version = kp_dossier_before(leader->dossier, version)) != NULL) {
        struct kp_error other = {0};
        if (fetch_under(leader, version, number, round, &proven, &other) == KP_OK) {
            status = KP_OK;
        } else if (proven) {
            status = kp_fail(error, other.status, "%s", other.text);
        }
    }
    return status;
}

/* Round 1 may be one of counts, which is held before all have decided to join in full. */
static enum kp_status fetch_any(struct kp_leader *leader, uint32_t number,
                                struct kp_leader_round *round, struct kp_error *error)
{
    memset(round, 0, sizeof(*round));
    enum kp_status status = kp_leader_check_in_force_for(leader, number, error);
    if (status == KP_OK) {
        status = kp_leader_store(leader, error); /* and whose program this is */
    }
    if (status == KP_OK) {
        status = kp_key_read(leader->config.opening_key, KP_KEY_OPENING, &round->secret, error);
    }
    if (status == KP_OK && (round->match = kp_bulk_new(sizeof(*round->match))) == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for a match");
    }
    if (status == KP_OK) {
        status = fetch(leader, number, round, error);
    }
    if (status != KP_OK) {
        kp_leader_round_free(round);
    }
    return status;
}

enum kp_status kp_leader_round_fetch(struct kp_leader *leader, uint32_t number,
                                     struct kp_leader_round *round, struct kp_error *error)
{
    enum kp_status status = fetch_any(leader, number, round, error);
    if (status == KP_OK && round->reader.result.round_type == KP_ROUND_COUNT) {
        kp_leader_round_free(round);
        status = kp_fail(error, KP_REFUSED,
                         "round 1 only counted, so there is nothing to open; `kruispunt leader "
                         "count` says what came out");
    }
    return status;
}

enum kp_status kp_leader_round_count(struct kp_leader *leader, uint32_t *bucket,
                                     struct kp_error *error)
{
    struct kp_leader_round round;
    *bucket = 0;
    if (leader->agreement->count_first == 0) {
        return kp_fail(error, KP_REFUSED, "the agreement has no round of counts (count_first)");
    }
    enum kp_status status = fetch_any(leader, 1, &round, error);
    if (status == KP_OK) {
        *bucket = round.reader.result.bucket;
        kp_leader_round_free(&round);
    }
    return status;
}

enum kp_status kp_leader_round_group(const struct kp_leader_round *round, uint32_t number,
                                     struct kp_result_group *group, struct kp_error *error)
{
    memset(group, 0, sizeof(*group));
    if (number < 1 || number > round->group_count) {
        return kp_fail(error, KP_USAGE, "round %u has %u matches; there is no number %u",
                       round->round, round->group_count, number);
    }
    const struct kp_buffer *packed = group_at(round, number - 1);
    return kp_result_group_unpack(group, packed->data, packed->size, error);
}

/* ---- matches, a block at a time ---- */

#define BLOCK_MATCHES 256u

/* A small round's matches are all in one, and so are checked once. A match has room in it for the
 * records of this agreement's members alone: more would be pages that are wiped for nothing. */
struct kp_leader_block {
    uint32_t room;
    uint32_t first; /* number of the first; 0: nothing is in it */
    uint32_t count;
    bool opened;    /* the own partials are there */
    uint8_t *bytes; /* bulk: of all matches */
    struct kp_opened_match *matches[BLOCK_MATCHES];
    struct kp_error faults[BLOCK_MATCHES];
};

static void free_block(struct kp_leader_block *block)
{
    if (block != NULL) {
        kp_bulk_free(block->bytes);
        free(block);
    }
}

static enum kp_status fill_block(struct kp_leader_round *round, struct kp_leader_block *block,
                                 struct kp_error *error)
{
    struct kp_result_group *groups = calloc(block->count, sizeof(*groups));
    if (groups == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for matches");
    }
    for (uint32_t i = 0; i < block->count; i++) {
        /* One that can't be read stays without records, and is refused as such. */
        if (kp_leader_round_group(round, block->first + i, &groups[i], NULL) != KP_OK) {
            kp_result_group_free(&groups[i]);
            memset(&groups[i], 0, sizeof(groups[i]));
        }
    }
    enum kp_status status = kp_opening_check_many(
        round->opening, block->first, groups, block->count, block->matches, block->faults, error);
    for (uint32_t i = 0; i < block->count; i++) {
        block->matches[i]->round = round->round;
        kp_result_group_free(&groups[i]);
        if (block->faults[i].status != KP_OK) { /* what can't be read says so */
            struct kp_error why = {0};
            why.status = kp_leader_round_group(round, block->first + i, &groups[i], &why);
            block->faults[i] = why.status != KP_OK ? why : block->faults[i];
            kp_result_group_free(&groups[i]);
        }
    }
    free(groups);
    return status;
}

static enum kp_status new_block(struct kp_leader_round *round, struct kp_error *error)
{
    size_t step = offsetof(struct kp_opened_match, records) +
                  round->agreement->member_count * sizeof(struct kp_opened_record);
    size_t align = _Alignof(struct kp_opened_match);
    struct kp_leader_block *block = calloc(1, sizeof(*block));
    step = (step + align - 1) / align * align;
    if (block != NULL) {
        block->room = round->group_count < BLOCK_MATCHES ? round->group_count : BLOCK_MATCHES;
        block->bytes = kp_bulk_new(block->room * step);
    }
    if (block == NULL || block->bytes == NULL) {
        free_block(block);
        return kp_fail(error, KP_FAILED, "no memory for matches");
    }
    for (uint32_t i = 0; i < block->room; i++) {
        block->matches[i] = (struct kp_opened_match *)(void *)(block->bytes + i * step);
    }
    round->block = block;
    return KP_OK;
}

static enum kp_status load_block(struct kp_leader_round *round, uint32_t number,
                                 struct kp_error *error)
{
    if (round->block == NULL && new_block(round, error) != KP_OK) {
        return KP_FAILED;
    }
    struct kp_leader_block *block = round->block;
    if (block->first != 0 && number >= block->first && number - block->first < block->count) {
        return KP_OK;
    }
    block->first = (number - 1) / block->room * block->room + 1;
    uint32_t left = round->group_count - block->first + 1;
    block->count = left < block->room ? left : block->room;
    block->opened = false;
    enum kp_status status = fill_block(round, block, error);
    if (status != KP_OK) {
        block->first = 0;
    }
    return status;
}

/* A match has room for as many records as there can be members, and few. */
static void copy_match(struct kp_opened_match *to, const struct kp_opened_match *from)
{
    memcpy(to, from, offsetof(struct kp_opened_match, records));
    memcpy(to->records, from->records, from->record_count * sizeof(from->records[0]));
}

enum kp_status kp_leader_round_span(struct kp_leader_round *round, uint32_t number,
                                    struct kp_leader_span *span, struct kp_error *error)
{
    enum kp_status status = load_block(round, number, error);
    if (status == KP_OK) {
        struct kp_leader_block *block = round->block;
        *span = (struct kp_leader_span){block->first, block->count, block->matches, block->faults};
        block->first = 0; /* what the caller makes of them isn't what was checked */
    }
    return status;
}

enum kp_status kp_leader_round_check(struct kp_leader_round *round, uint32_t number,
                                     struct kp_error *fault, struct kp_error *error)
{
    if (number < 1 || number > round->group_count) {
        struct kp_result_group group;
        enum kp_status status = kp_leader_round_group(round, number, &group, fault);
        return kp_fail(error, status, "%s", fault->text);
    }
    enum kp_status status = load_block(round, number, error);
    if (status == KP_OK) {
        const struct kp_leader_block *block = round->block;
        /* A group that can't be is one fault of the coordinator's; the others still open. */
        copy_match(round->match, block->matches[number - block->first]);
        *fault = block->faults[number - block->first];
        if (fault->status != KP_OK && fault->status != KP_REFUSED) {
            status = kp_fail(error, fault->status, "%s", fault->text);
        }
    }
    return status;
}

enum kp_status kp_leader_round_open(struct kp_leader_round *round, uint32_t number,
                                    struct kp_error *error)
{
    struct kp_error fault;
    enum kp_status status = kp_leader_round_check(round, number, &fault, error);
    struct kp_leader_block *block = round->block;
    if (status == KP_OK && !block->opened) {
        status = kp_opening_partials_many(round->opening, block->matches, block->count, error);
        block->opened = status == KP_OK;
    }
    if (status == KP_OK) {
        copy_match(round->match, block->matches[number - block->first]);
    }
    return status;
}

void kp_leader_round_free(struct kp_leader_round *round)
{
    start_again(round);
    kp_bulk_free(round->match);
    free_block(round->block);
    kp_secret_free(round->secret);
    memset(round, 0, sizeof(*round));
}
