#include "coordinator/act.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/limits.h"
#include "proto/numbers.h"

#include <string.h>

void kp_act_records(struct kp_partial_match *out, const struct kp_opened_match *match,
                    uint32_t holder)
{
    out->record_count = 0;
    memcpy(out->tag, match->tag, sizeof(out->tag));
    for (uint32_t member = 1; member <= KP_MEMBERS_MAX; member++) {
        for (uint32_t i = 0; i < match->record_count; i++) {
            const struct kp_opened_record *record = &match->records[i];
            if (record->member == member && record->passed) {
                struct kp_partial_record *to = &out->records[out->record_count++];
                to->member = member;
                memcpy(to->partial, record->partial[holder - 1], KP_PARTIAL_BYTES);
            }
        }
    }
}

void kp_act_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_opening *opening,
                 uint32_t holder, const struct kp_partial_match *match)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 opening act");
    kp_hash_field(&hash, kp_opening_agreement(opening)->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, kp_opening_round_id(opening), KP_DIGEST_BYTES);
    kp_hash_field(&hash, match->tag, KP_DIGEST_BYTES);
    kp_hash_number(&hash, holder);
    for (uint32_t i = 0; i < match->record_count; i++) {
        const uint8_t *partial = match->records[i].partial;
        kp_hash_number(&hash, match->records[i].member);
        kp_hash_field(&hash, partial, KP_POINT_BYTES);
        kp_hash_field(&hash, partial + KP_POINT_BYTES, KP_PARTIAL_PROOF_BYTES);
    }
    kp_hash_digest(&hash, leaf);
}

/* The leaf of this program's own partials. */
static void own_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_opening *opening,
                     const struct kp_opened_match *match)
{
    struct kp_partial_match records = {0};
    kp_act_records(&records, match, kp_opening_holder(opening));
    kp_act_leaf(leaf, opening, kp_opening_holder(opening), &records);
    kp_wipe(&records, sizeof(records));
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
    own_leaf(leaf, opening, match);
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
    const uint8_t *end = act->partials.data + act->partials.size;
    for (uint32_t i = 0; i < match->record_count && partial < end; i++) {
        if ((entry.records >> i & 1) != 0) {
            memcpy(match->records[i].partial[kp_opening_holder(opening) - 1], partial,
                   KP_PARTIAL_BYTES);
            partial += KP_PARTIAL_BYTES;
        }
    }
    uint8_t leaf[KP_DIGEST_BYTES];
    own_leaf(leaf, opening, match);
    if (memcmp(leaf, act->leaves.data + low * KP_DIGEST_BYTES, sizeof(leaf)) != 0) {
        return kp_fail(error, KP_REFUSED, "match %u isn't what it was when it was opened first",
                       match->number);
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

/* Version 1 | size of the entry, 4 | entry | matches, 4 | for each: number 4, records 4, leaf |
 * partials. */
#define ACT_VERSION 1
#define ACT_MATCH_BYTES (4 + 4 + KP_DIGEST_BYTES)

enum kp_status kp_act_pack(const struct kp_act *act, struct kp_buffer *out, struct kp_error *error)
{
    size_t count = kp_act_count(act);
    out->size = 0;
    uint8_t *at = kp_buffer_extend(out, 1 + 4 + act->entry.size + 4 + count * ACT_MATCH_BYTES +
                                            act->partials.size);
    if (at == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for what was opened");
    }
    *at++ = ACT_VERSION;
    at = kp_put_number(at, act->entry.size, 4);
    memcpy(at, act->entry.data, act->entry.size);
    at = kp_put_number(at + act->entry.size, count, 4);
    for (size_t i = 0; i < count; i++) {
        struct kp_act_match match = entry_at(act, i);
        at = kp_put_number(at, match.number, 4);
        at = kp_put_number(at, match.records, 4);
        memcpy(at, act->leaves.data + i * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
        at += KP_DIGEST_BYTES;
    }
    if (act->partials.size > 0) {
        memcpy(at, act->partials.data, act->partials.size);
    }
    return KP_OK;
}

/* `count` matches from `at`; *partials: bytes that must follow. */
static enum kp_status unpack_matches(struct kp_act *act, const uint8_t *at, size_t count,
                                     size_t *partials)
{
    enum kp_status status = KP_OK;
    *partials = 0;
    for (size_t i = 0; status == KP_OK && i < count; i++, at += ACT_MATCH_BYTES) {
        struct kp_act_match match = {.number = (uint32_t)kp_get_number(at, 4),
                                     .records = (uint32_t)kp_get_number(at + 4, 4),
                                     .at = *partials};
        *partials += (size_t)__builtin_popcount(match.records) * KP_PARTIAL_BYTES;
        status = kp_buffer_append(&act->matches, &match, sizeof(match));
        if (status == KP_OK) {
            status = kp_buffer_append(&act->leaves, at + 8, KP_DIGEST_BYTES);
        }
    }
    return status;
}

enum kp_status kp_act_unpack(struct kp_act *act, const uint8_t *bytes, size_t size,
                             struct kp_error *error)
{
    static const char WRONG[] = "not what was opened before";
    kp_act_free(act);
    size_t entry = size < 9 || bytes[0] != ACT_VERSION ? SIZE_MAX : kp_get_number(bytes + 1, 4);
    if (entry > KP_AUDIT_ENTRY_MAX || size < 9 + entry) {
        return kp_fail(error, KP_REFUSED, WRONG);
    }
    size_t count = kp_get_number(bytes + 5 + entry, 4), partials = 0;
    const uint8_t *at = bytes + 9 + entry;
    size -= 9 + entry;
    if (count > size / ACT_MATCH_BYTES) {
        return kp_fail(error, KP_REFUSED, WRONG);
    }
    enum kp_status status = kp_buffer_set(&act->entry, bytes + 5, entry);
    if (status == KP_OK) {
        status = unpack_matches(act, at, count, &partials);
    }
    if (status == KP_OK && size - count * ACT_MATCH_BYTES != partials) {
        return kp_fail(error, KP_REFUSED, WRONG);
    }
    if (status == KP_OK) {
        status = kp_buffer_set(&act->partials, at + count * ACT_MATCH_BYTES, partials);
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory for what was opened");
}

void kp_act_free(struct kp_act *act)
{
    kp_buffer_free(&act->entry);
    kp_buffer_free(&act->leaves);
    kp_buffer_free(&act->matches);
    kp_buffer_free(&act->partials);
}
