#include "coordinator/act.h"

#include "crypto/merkle.h"

#include <string.h>

/* The record of this member that has a partial; NULL: there is none. */
static const struct kp_opened_record *record_of(const struct kp_opened_match *match,
                                                uint32_t member)
{
    for (uint32_t i = 0; i < match->record_count; i++) {
        if (match->records[i].member == member && match->records[i].passed) {
            return &match->records[i];
        }
    }
    return NULL;
}

void kp_act_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_opening *opening,
                 uint32_t holder, const struct kp_opened_match *match)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 opening act");
    kp_hash_field(&hash, kp_opening_agreement(opening)->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, kp_opening_round_id(opening), KP_DIGEST_BYTES);
    kp_hash_field(&hash, match->tag, KP_DIGEST_BYTES);
    kp_hash_number(&hash, holder);
    for (uint32_t member = 1; member <= KP_MEMBERS_MAX; member++) {
        const struct kp_opened_record *record = record_of(match, member);
        if (record != NULL) {
            const uint8_t *partial = record->partial[holder - 1];
            kp_hash_number(&hash, member);
            kp_hash_field(&hash, partial, KP_POINT_BYTES);
            kp_hash_field(&hash, partial + KP_POINT_BYTES, KP_PARTIAL_PROOF_BYTES);
        }
    }
    kp_hash_digest(&hash, leaf);
}

enum kp_status kp_act_add(struct kp_act *act, const struct kp_opening *opening,
                          const struct kp_opened_match *match, struct kp_error *error)
{
    uint32_t holder = kp_opening_holder(opening);
    uint8_t leaf[KP_DIGEST_BYTES];
    struct kp_act_match entry = {.number = match->number, .at = act->partials.size};
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < match->record_count; i++) {
        if (match->records[i].passed) {
            entry.records |= 1u << i;
            status = kp_buffer_append(&act->partials, match->records[i].partial[holder - 1],
                                      KP_PARTIAL_BYTES);
        }
    }
    kp_act_leaf(leaf, opening, holder, match);
    if (status == KP_OK) {
        status = kp_buffer_append(&act->leaves, leaf, sizeof(leaf));
    }
    if (status == KP_OK) {
        status = kp_buffer_append(&act->matches, &entry, sizeof(entry));
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory to open matches");
}

size_t kp_act_count(const struct kp_act *act)
{
    return act->leaves.size / KP_DIGEST_BYTES;
}

void kp_act_root(const struct kp_act *act, uint8_t root[static KP_DIGEST_BYTES])
{
    kp_merkle_root(root, act->leaves.data, kp_act_count(act));
}

static struct kp_act_match entry_at(const struct kp_act *act, size_t index)
{
    struct kp_act_match entry;
    memcpy(&entry, act->matches.data + index * sizeof(entry), sizeof(entry));
    return entry;
}

enum kp_status kp_act_take(const struct kp_act *act, const struct kp_opening *opening,
                           struct kp_opened_match *match, uint32_t *index, struct kp_error *error)
{
    size_t low = 0, high = kp_act_count(act);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (entry_at(act, middle).number < match->number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    struct kp_act_match entry = {0};
    if (low < kp_act_count(act)) {
        entry = entry_at(act, low);
    }
    if (entry.number != match->number) {
        return kp_fail(error, KP_REFUSED, "match %u wasn't opened", match->number);
    }
    const uint8_t *partial = act->partials.data + entry.at;
    for (uint32_t i = 0; i < match->record_count; i++) {
        if ((entry.records >> i & 1) != 0) {
            memcpy(match->records[i].partial[kp_opening_holder(opening) - 1], partial,
                   KP_PARTIAL_BYTES);
            partial += KP_PARTIAL_BYTES;
        }
    }
    *index = (uint32_t)low;
    return KP_OK;
}

enum kp_status kp_act_path(const struct kp_act *act, uint32_t index, struct kp_buffer *path,
                           struct kp_error *error)
{
    size_t count = kp_act_count(act), length = kp_merkle_path_length(index, count);
    path->size = 0;
    if (length == 0) {
        return KP_OK;
    }
    uint8_t *out = kp_buffer_extend(path, length * KP_DIGEST_BYTES);
    if (out == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a path");
    }
    kp_merkle_path(out, act->leaves.data, count, index);
    return KP_OK;
}

void kp_act_free(struct kp_act *act)
{
    kp_buffer_free(&act->leaves);
    kp_buffer_free(&act->matches);
    kp_buffer_free(&act->partials);
}
