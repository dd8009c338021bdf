#include "coordinator/match_find.h"

#include "crypto/merkle.h"
#include "crypto/seal.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/record.h"

#include <stdlib.h>
#include <string.h>

/* Some milliseconds' worth: whoever ends a match waits for this. */
#define TAGS_AT_ONCE 65536u

/* What is known for a moment while a group is checked. */
struct kp_find_scratch {
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t shares[KP_MEMBERS_MAX * KP_SCALAR_BYTES];
    uint8_t inner[KP_ENTRY_MAX];
};

/* ---- one match ---- */

static enum kp_status put_together(struct kp_find *find, const struct kp_tag_group *group)
{
    struct kp_find_scratch *scratch = find->scratch;
    const struct kp_agreement *agreement = find->rule->agreement;
    for (uint32_t i = 0; i < agreement->threshold; i++) {
        struct kp_entry_view view = kp_entry_at(agreement, group->member[i], group->entry[i]);
        memcpy(scratch->shares + (size_t)i * KP_SCALAR_BYTES, view.share, KP_SCALAR_BYTES);
    }
    return kp_shares_interpolate(scratch->secret, agreement->threshold, group->member,
                                 scratch->shares) == KP_OK
               ? KP_OK
               : kp_fail(&find->error, KP_FAILED, "shares can't be put together");
}

/* The secret from the first threshold shares must open every record of the group. What it doesn't
 * open stays in the group all the same: whether there is a match, valid shares decide. */
static enum kp_status check_group(struct kp_find *find, const struct kp_tag_group *group,
                                  struct kp_found *found)
{
    const struct kp_agreement *agreement = find->rule->agreement;
    struct kp_seal_context seal = {0};
    enum kp_status status = put_together(find, group);
    memcpy(seal.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(seal.round_id, find->rule->round_id, KP_DIGEST_BYTES);
    memcpy(seal.tag, group->tag, KP_DIGEST_BYTES);
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        struct kp_entry_view view = kp_entry_at(agreement, group->member[i], group->entry[i]);
        seal.member = group->member[i];
        if (kp_open_outer(find->scratch->inner, find->scratch->secret, &seal, view.record,
                          kp_record_size(agreement)) != KP_OK) {
            found->faulty |= 1u << i;
        }
    }
    kp_wipe(find->scratch, sizeof(*find->scratch));
    return status;
}

static enum kp_status pack_record(struct kp_find *find, const struct kp_tag_group *group,
                                  uint32_t index, struct kp_result_record *record)
{
    const struct kp_agreement *agreement = find->rule->agreement;
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    uint32_t member = group->member[index], position = group->position[index];
    uint32_t slots = kp_agreement_member_slots(agreement, member);
    record->member = member;
    record->position = position;
    enum kp_status status = kp_intake_walk_path(find->walk, group, index, path, &find->error);
    if (status == KP_OK &&
        (kp_buffer_set(&record->entry, group->entry[index], kp_entry_size(agreement, member)) !=
             KP_OK ||
         kp_buffer_set(&record->path, path,
                       kp_merkle_path_length(position, slots) * KP_DIGEST_BYTES) != KP_OK)) {
        status = kp_fail(&find->error, KP_FAILED, "no memory for a match");
    }
    return status;
}

static enum kp_status pack_group(struct kp_find *find, const struct kp_tag_group *group,
                                 struct kp_found *found)
{
    struct kp_result_group result = {.record_count = group->count};
    enum kp_status status = KP_OK;
    memcpy(result.tag, group->tag, KP_DIGEST_BYTES);
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        found->member[i] = (uint8_t)group->member[i];
        found->position[i] = group->position[i];
        status = pack_record(find, group, i, &result.records[i]);
    }
    found->count = group->count;
    if (status == KP_OK) {
        status = kp_result_group_pack(&result, &found->packed, &find->error);
    }
    kp_result_group_free(&result);
    return status;
}

static enum kp_status take(struct kp_find *find, struct kp_tag_group *group)
{
    find->count++;
    if (find->rule->type == KP_ROUND_COUNT) {
        return KP_OK; /* and nothing is kept of it */
    }
    struct kp_found *found = &find->found[find->found_count++];
    enum kp_status status = kp_intake_walk_entries(find->walk, group, &find->error);
    if (status == KP_OK) {
        status = check_group(find, group, found);
    }
    if (status == KP_OK) {
        status = pack_group(find, group, found);
    }
    find->found_bytes += found->packed.size;
    return status;
}

/* ---- a range ---- */

/* Goes on with the tag behind this one, as a number. */
static void go_on_behind(struct kp_find *find, const uint8_t *tag)
{
    size_t at = KP_DIGEST_BYTES;
    memcpy(find->from, tag, KP_DIGEST_BYTES);
    while (at > 0 && ++find->from[at - 1] == 0) {
        at--;
    }
    find->end = at == 0; /* it was the last there is */
}

static void run(struct kp_work *work)
{
    struct kp_find *find = (struct kp_find *)work;
    struct kp_tag_group group = {.count = 0};
    enum kp_status status = kp_intake_walk_start(find->walk, find->from, find->to, &find->error);
    for (uint32_t tags = 0;
         status == KP_OK && !find->end && tags < TAGS_AT_ONCE && find->found_count < KP_FOUND_MAX &&
         find->found_bytes < KP_FOUND_BYTES_MAX;
         tags++) {
        status = kp_intake_walk_next(find->walk, &group, &find->error);
        find->end = status == KP_OK && group.count == 0;
        if (status == KP_OK && group.count >= find->rule->agreement->threshold) {
            status = take(find, &group);
        }
    }
    if (status == KP_OK && !find->end) {
        go_on_behind(find, group.tag);
    }
    find->status = status;
}

void kp_find_range(struct kp_find *find, uint32_t number, uint32_t bits)
{
    memset(find->from, 0, KP_DIGEST_BYTES);
    memset(find->to, 0xff, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < bits; i++) {
        uint8_t mask = (uint8_t)(0x80 >> i % 8);
        if ((number >> (bits - 1 - i) & 1) != 0) {
            find->from[i / 8] |= mask;
        } else {
            find->to[i / 8] &= (uint8_t)~mask;
        }
    }
    find->end = false;
}

/* ---- made and freed ---- */

size_t kp_find_memory(const struct kp_intake *intake)
{
    return sizeof(struct kp_find) + KP_FOUND_MAX * sizeof(struct kp_found) +
           2 * KP_FOUND_BYTES_MAX + kp_intake_walk_memory(intake);
}

enum kp_status kp_find_new(struct kp_find **out, const struct kp_find_rule *rule,
                           const struct kp_intake *intake, struct kp_error *error)
{
    *out = NULL;
    struct kp_find *find = calloc(1, sizeof(*find));
    if (find == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to match");
    }
    find->work.run = run;
    find->rule = rule;
    find->found = calloc(KP_FOUND_MAX, sizeof(*find->found));
    find->scratch = kp_secret_new(sizeof(*find->scratch));
    enum kp_status status = KP_OK;
    if (find->found == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory to match");
    } else if (find->scratch == NULL) {
        status = kp_fail(error, KP_FAILED, "no locked memory to match (see ulimit -l)");
    } else {
        status = kp_intake_walk_new(&find->walk, intake, error);
    }
    if (status != KP_OK) {
        kp_find_free(find);
        return status;
    }
    *out = find;
    return KP_OK;
}

void kp_find_clear(struct kp_find *find)
{
    for (uint32_t i = 0; i < find->found_count; i++) {
        kp_buffer_free(&find->found[i].packed);
        find->found[i] = (struct kp_found){0};
    }
    find->found_count = find->count = 0;
    find->found_bytes = 0;
}

void kp_find_free(struct kp_find *find)
{
    if (find == NULL) {
        return;
    }
    if (find->found != NULL) {
        kp_find_clear(find);
    }
    free(find->found);
    kp_secret_free(find->scratch);
    kp_intake_walk_free(find->walk);
    kp_wipe(find, sizeof(*find));
    free(find);
}
