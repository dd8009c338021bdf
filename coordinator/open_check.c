/* What is public of a match: checked before anything is decrypted. */
#include "coordinator/open_internal.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The record is no good, for this reason; what it isn't is the caller's to say. */
static void refuse(struct kp_opened_record *record, enum kp_fault_kind kind, const char *text)
{
    record->passed = false;
    record->kind = kind;
    (void)strncpy(record->fault, text, sizeof(record->fault) - 1);
}

/* What is signed and in its place: position in READY, share under the tag. */
static bool check_entry(const struct kp_opening *opening, const struct kp_result_group *group,
                        const struct kp_result_record *from, struct kp_opened_record *record)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint32_t member = from->member;
    uint32_t slots = kp_agreement_member_slots(agreement, member);
    if (from->entry.size != kp_entry_size(agreement, member) || from->position >= slots ||
        from->path.size != kp_merkle_path_length(from->position, slots) * KP_DIGEST_BYTES) {
        refuse(record, KP_FAULT_RESULTS, "entry or path has the wrong size");
        return false;
    }
    struct kp_entry_view view = kp_entry_at(agreement, member, from->entry.data);
    uint8_t leaf[KP_DIGEST_BYTES];
    kp_entry_leaf(leaf, agreement, member, from->entry.data);
    if (memcmp(view.tag, group->tag, KP_DIGEST_BYTES) != 0) {
        refuse(record, KP_FAULT_RESULTS, "entry has another tag");
    } else if (kp_merkle_check(opening->ready[member - 1].entries_root, leaf, slots, from->position,
                               from->path.data) != KP_OK) {
        refuse(record, KP_FAULT_RESULTS, "entry isn't among those that READY signed");
    } else if (kp_share_check(view.tag, opening->round_id, agreement->member_count, member,
                              view.share, view.path) != KP_OK) {
        refuse(record, KP_FAULT_SHARE, "share isn't under the tag");
    } else if (opening->leaves[member - 1].size != (size_t)slots * KP_DIGEST_BYTES) {
        refuse(record, KP_FAULT_RESULTS,
               "nobody can see what its slot's leaf committed to: the "
               "results have not all of its leaves");
        record->no_leaves = true;
    } else {
        record->passed = true;
    }
    return record->passed;
}

/* s, from the shares of `threshold` entries that are in their place; false: there aren't as many.
 */
static bool combine_shares(struct kp_opening *opening, const struct kp_result_group *group,
                           struct kp_opened_match *match)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint32_t member[KP_MEMBERS_MAX], found = 0;
    for (uint32_t i = 0; i < group->record_count; i++) {
        const struct kp_result_record *from = &group->records[i];
        match->records[i].member = from->member;
        if (check_entry(opening, group, from, &match->records[i]) && found < agreement->threshold) {
            struct kp_entry_view view = kp_entry_at(agreement, from->member, from->entry.data);
            memcpy(opening->scratch->shares + (size_t)found * KP_SCALAR_BYTES, view.share,
                   KP_SCALAR_BYTES);
            member[found++] = from->member;
        }
    }
    return found == agreement->threshold &&
           kp_shares_interpolate(opening->scratch->secret, agreement->threshold, member,
                                 opening->scratch->shares) == KP_OK;
}

/* The outer layer opens with s. */
static void open_outer(struct kp_opening *opening, const struct kp_result_record *from,
                       struct kp_opened_record *record)
{
    const struct kp_agreement *agreement = opening->agreement;
    struct kp_entry_view view = kp_entry_at(agreement, record->member, from->entry.data);
    struct kp_seal_context context = kp_open_context(opening, record->member, view.tag);
    if (kp_open_outer(record->inner, opening->scratch->secret, &context, view.record,
                      kp_record_size(agreement)) != KP_OK) {
        refuse(record, KP_FAULT_OUTER, "outer layer doesn't open with the shares");
    }
}

/* All but the proofs of the inner seals. */
static enum kp_status check_group(struct kp_opening *opening, uint32_t number,
                                  const struct kp_result_group *group,
                                  struct kp_opened_match *match, struct kp_error *error)
{
    memset(match, 0, offsetof(struct kp_opened_match, records));
    match->number = number;
    enum kp_status status = opening->has_transcript
                                ? kp_check_match_members(opening->agreement, group, error)
                                : kp_fail(error, KP_REFUSED, "no transcript of the round yet");
    if (status != KP_OK) {
        return status;
    }
    memcpy(match->tag, group->tag, sizeof(match->tag));
    match->record_count = group->record_count;
    memset(match->records, 0, match->record_count * sizeof(match->records[0]));
    match->checked = combine_shares(opening, group, match);
    for (uint32_t i = 0; match->checked && i < group->record_count; i++) {
        if (match->records[i].passed) {
            open_outer(opening, &group->records[i], &match->records[i]);
        }
    }
    kp_wipe(opening->scratch, sizeof(*opening->scratch));
    return KP_OK;
}

/* The inner seals of records that have passed so far; NULL: no memory. */
static struct kp_seal_place *list_seals(const struct kp_opening *opening,
                                        struct kp_opened_match *const *matches, size_t count,
                                        size_t *seals)
{
    size_t most = 0;
    *seals = 0;
    for (size_t i = 0; i < count; i++) {
        most += matches[i]->record_count;
    }
    struct kp_seal_place *places = calloc(most + 1, sizeof(*places));
    for (size_t i = 0; places != NULL && i < count; i++) {
        const struct kp_opened_match *match = matches[i];
        for (uint32_t j = 0; match->checked && j < match->record_count; j++) {
            if (match->records[j].passed) {
                places[(*seals)++] = (struct kp_seal_place){
                    match->records[j].inner,
                    kp_open_context(opening, match->records[j].member, match->tag)};
            }
        }
    }
    return places;
}

/* What follows for the match from which of its seals were made for their place; the answer: those
 * behind. */
static const bool *take_seals(const struct kp_opening *opening, struct kp_opened_match *match,
                              const bool *holds)
{
    uint32_t passed = 0;
    for (uint32_t i = 0; match->checked && i < match->record_count; i++) {
        struct kp_opened_record *record = &match->records[i];
        if (record->passed && !*holds++) {
            refuse(record, KP_FAULT_SEAL, "seal wasn't made for this place");
        }
        passed += record->passed;
    }
    match->opens = passed >= opening->agreement->threshold;
    return holds;
}

/* Without enough that passed, none is opened. */
static void nothing_opens(struct kp_opened_match *match)
{
    for (uint32_t i = 0; i < match->record_count; i++) {
        if (match->records[i].passed) {
            refuse(&match->records[i], KP_FAULT_NONE,
                   "can't be opened: too few entries of its match are valid");
        }
    }
}

static enum kp_status check_seals(const struct kp_opening *opening,
                                  struct kp_opened_match *const *matches, size_t count,
                                  struct kp_error *error)
{
    size_t seals = 0;
    struct kp_seal_place *places = list_seals(opening, matches, count, &seals);
    bool *holds = calloc(seals + 1, sizeof(*holds));
    enum kp_status status = KP_FAILED;
    if (places != NULL && holds != NULL) {
        status = kp_seal_inner_check_many(holds, places, seals,
                                          kp_record_inner_size(opening->agreement));
    }
    const bool *next = holds;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        next = take_seals(opening, matches[i], next);
        if (!matches[i]->opens) {
            nothing_opens(matches[i]);
        }
    }
    free(places);
    free(holds);
    return status == KP_OK ? KP_OK : kp_fail(error, status, "no memory to check seals");
}

struct checking {
    uint32_t first; /* number of the first match */
    const struct kp_result_group *groups;
    struct kp_opened_match *const *matches;
    struct kp_error *faults;
};

static enum kp_status check_part(struct kp_opening *opening, size_t first, size_t count,
                                 void *context, struct kp_error *error)
{
    const struct checking *all = context;
    for (size_t i = first; i < first + count; i++) {
        memset(&all->faults[i], 0, sizeof(all->faults[i]));
        all->faults[i].status = check_group(opening, all->first + (uint32_t)i, &all->groups[i],
                                            all->matches[i], &all->faults[i]);
    }
    return check_seals(opening, all->matches + first, count, error);
}

enum kp_status kp_opening_check_many(struct kp_opening *opening, uint32_t first,
                                     const struct kp_result_group *groups, size_t count,
                                     struct kp_opened_match *const *matches,
                                     struct kp_error *faults, struct kp_error *error)
{
    struct checking all = {first, groups, matches, faults};
    return kp_opening_in_parts(opening, count, check_part, &all, error);
}

enum kp_status kp_opening_check(struct kp_opening *opening, uint32_t number,
                                const struct kp_result_group *group, struct kp_opened_match *match,
                                struct kp_error *error)
{
    enum kp_status status = check_group(opening, number, group, match, error);
    return status == KP_OK ? check_seals(opening, &match, 1, error) : status;
}
