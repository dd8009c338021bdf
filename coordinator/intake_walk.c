/* Walking what members gave in the order of tags, in a range of them. */
#include "coordinator/intake_internal.h"

#include "coordinator/tag_merge.h"
#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

struct kp_intake_walk {
    const struct kp_intake *intake;
    struct kp_tag_merge *merge;
    struct kp_tags_equal equal;                  /* the group that was given out */
    uint8_t from[KP_DIGEST_BYTES];               /* what is walked: this tag */
    uint8_t to[KP_DIGEST_BYTES];                 /* to this one */
    uint8_t *tags[KP_MEMBERS_MAX];               /* bulk: of the chunk that is merged */
    uint32_t part[KP_MEMBERS_MAX];               /* the chunk after that */
    uint32_t skipped[KP_MEMBERS_MAX];            /* tags before the range */
    bool begun[KP_MEMBERS_MAX];                  /* the first of its tags in the range are known */
    uint8_t *leaves;                             /* bulk: of the chunk that is looked at */
    struct kp_entry_chunk chunk[KP_MEMBERS_MAX]; /* whose entries were wanted last */
};

size_t kp_intake_walk_memory(const struct kp_intake *intake)
{
    size_t size = sizeof(struct kp_intake_walk) + KP_CHUNK_TAGS_BYTES;
    for (uint32_t member = 1; member <= intake->agreement->member_count; member++) {
        /* Tags, entries, and the tree over them. */
        size += 3 * KP_CHUNK_TAGS_BYTES + KP_CHUNK_ENTRIES * kp_intake_entry_size(intake, member);
    }
    return size;
}

enum kp_status kp_intake_walk_new(struct kp_intake_walk **out, const struct kp_intake *intake,
                                  struct kp_error *error)
{
    *out = NULL;
    struct kp_intake_walk *walk = calloc(1, sizeof(*walk));
    if (walk == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    walk->intake = intake;
    walk->leaves = kp_bulk_new(KP_CHUNK_TAGS_BYTES);
    if (walk->leaves == NULL) {
        kp_intake_walk_free(walk);
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    *out = walk;
    return KP_OK;
}

void kp_intake_walk_free(struct kp_intake_walk *walk)
{
    if (walk == NULL) {
        return;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_bulk_free(walk->tags[i]);
        kp_entry_chunk_free(&walk->chunk[i]);
    }
    kp_bulk_free(walk->leaves);
    kp_tag_merge_free(walk->merge);
    kp_wipe(walk, sizeof(*walk));
    free(walk);
}

/* ---- tags of one member ---- */

/* How many of rising tags are before this one, and with `with_equal` not after it. */
static uint32_t count_before(const uint8_t *tags, uint32_t count, const uint8_t *tag,
                             bool with_equal)
{
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(tags + (size_t)middle * KP_DIGEST_BYTES, tag, KP_DIGEST_BYTES);
        if (order < 0 || (order == 0 && with_equal)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The first chunk that can have the tag: that before the first one which begins after it, or at it
 * as far as eight bytes tell. */
static uint32_t part_of(const struct kp_member_intake *member, uint32_t parts, const uint8_t *tag)
{
    uint64_t prefix = kp_intake_tag_prefix(tag);
    uint32_t low = 0, high = parts;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (member->first[middle] < prefix) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 ? low - 1 : 0;
}

/* Reads the member's next chunk of tags; *count 0: there is none. */
static enum kp_status read_tags(struct kp_intake_walk *walk, uint32_t source, uint32_t *count,
                                struct kp_error *error)
{
    const struct kp_intake *intake = walk->intake;
    uint32_t member = source + 1, part = walk->part[source];
    *count = 0;
    if ((uint64_t)part * KP_CHUNK_ENTRIES >= intake->member[source].entry_count) {
        return KP_OK;
    }
    if (walk->tags[source] == NULL) {
        walk->tags[source] = kp_bulk_new(KP_CHUNK_TAGS_BYTES);
    }
    if (walk->tags[source] == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    uint32_t items = kp_intake_chunk_entries(intake, member, part);
    enum kp_status status = kp_pieces_read(
        intake->pieces, kp_intake_entries_file(member), kp_intake_chunk_place(intake, member, part),
        walk->tags[source], (size_t)items * KP_DIGEST_BYTES, error);
    if (status == KP_OK) {
        walk->part[source]++;
        *count = items;
    }
    return status;
}

/* The member's first tags in the range. */
static enum kp_status first_tags(struct kp_intake_walk *walk, uint32_t source, uint32_t *skip,
                                 uint32_t *count, struct kp_error *error)
{
    const struct kp_member_intake *kept = &walk->intake->member[source];
    uint32_t parts = (kept->entry_count + KP_CHUNK_ENTRIES - 1) / KP_CHUNK_ENTRIES;
    walk->part[source] = part_of(kept, parts, walk->from);
    walk->begun[source] = true;
    *skip = 0;
    enum kp_status status = KP_OK;
    do {
        walk->skipped[source] = walk->part[source] * KP_CHUNK_ENTRIES;
        status = read_tags(walk, source, count, error);
        if (status == KP_OK) {
            *skip = count_before(walk->tags[source], *count, walk->from, false);
        }
    } while (status == KP_OK && *count > 0 && *skip == *count);
    walk->skipped[source] += *skip;
    return status;
}

/* What the merge wants next: tags of the range. */
static enum kp_status next_tags(void *context, uint32_t source, const uint8_t **tags,
                                uint32_t *count, struct kp_error *error)
{
    struct kp_intake_walk *walk = context;
    uint32_t skip = 0, items = 0;
    enum kp_status status = walk->begun[source] ? read_tags(walk, source, &items, error)
                                                : first_tags(walk, source, &skip, &items, error);
    *count = 0;
    if (status != KP_OK || items == 0) {
        return status;
    }
    *tags = walk->tags[source] + (size_t)skip * KP_DIGEST_BYTES;
    *count = items - skip;
    if (memcmp(walk->tags[source] + (size_t)(items - 1) * KP_DIGEST_BYTES, walk->to,
               KP_DIGEST_BYTES) > 0) {
        *count = count_before(*tags, *count, walk->to, true);
        walk->part[source] = UINT32_MAX / KP_CHUNK_ENTRIES; /* there are none behind them */
    }
    return KP_OK;
}

/* ---- walking ---- */

enum kp_status kp_intake_walk_start(struct kp_intake_walk *walk,
                                    const uint8_t from[static KP_DIGEST_BYTES],
                                    const uint8_t to[static KP_DIGEST_BYTES],
                                    struct kp_error *error)
{
    memcpy(walk->from, from, KP_DIGEST_BYTES);
    memcpy(walk->to, to, KP_DIGEST_BYTES);
    memset(walk->begun, 0, sizeof(walk->begun));
    walk->equal.count = 0;
    kp_tag_merge_free(walk->merge);
    return kp_tag_merge_new(&walk->merge, walk->intake->agreement->member_count, next_tags, walk,
                            error);
}

enum kp_status kp_intake_walk_next(struct kp_intake_walk *walk, struct kp_tag_group *group,
                                   struct kp_error *error)
{
    enum kp_status status = kp_tag_merge_next(walk->merge, &walk->equal, error);
    group->count = status == KP_OK ? walk->equal.count : 0;
    group->tag = group->count > 0 ? walk->equal.tag : NULL;
    for (uint32_t i = 0; i < group->count; i++) {
        uint32_t source = walk->equal.source[i];
        group->member[i] = source + 1;
        group->position[i] = walk->skipped[source] + walk->equal.position[i];
        group->entry[i] = NULL;
    }
    return status;
}

enum kp_status kp_intake_walk_entries(struct kp_intake_walk *walk, struct kp_tag_group *group,
                                      struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        uint32_t member = group->member[i], position = group->position[i];
        struct kp_entry_chunk *chunk = &walk->chunk[member - 1];
        status =
            kp_entry_chunk_load(chunk, walk->intake, member, position / KP_CHUNK_ENTRIES, error);
        if (status == KP_OK) {
            group->entry[i] = kp_entry_chunk_entry(chunk, walk->intake, position);
        }
    }
    return status;
}

enum kp_status kp_intake_walk_path(struct kp_intake_walk *walk, const struct kp_tag_group *group,
                                   uint32_t index, uint8_t *path, struct kp_error *error)
{
    return kp_entry_chunk_path(&walk->chunk[group->member[index] - 1], walk->intake, walk->leaves,
                               group->position[index], path, error);
}
