#include "coordinator/canary_audit.h"

#include "proto/canary_check.h"
#include "proto/canary_groups.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* What one member says of one canary. */
enum said { SAID_NOTHING, SAID_FALSE, SAID_TAG };

struct word {
    enum said said;
    uint8_t tag[KP_DIGEST_BYTES];
};

/* A group of the results. */
struct group {
    uint8_t tag[KP_DIGEST_BYTES];
    uint32_t members;
    bool canary;
};

struct kp_canary_audit {
    const struct kp_agreement *agreement;
    uint64_t counter;
    struct kp_ready ready[KP_MEMBERS_MAX];
    struct word *words[KP_MEMBERS_MAX]; /* one for each item of the member's notice */
    struct kp_buffer groups;            /* struct group, by tag */
    uint32_t incomplete;                /* members */
};

/* ---- new and free ---- */

enum kp_status kp_canary_audit_new(struct kp_canary_audit **out,
                                   const struct kp_agreement *agreement, uint64_t counter,
                                   const struct kp_buffer *ready, struct kp_error *error)
{
    uint64_t released = 0;
    *out = NULL;
    enum kp_status status = kp_transcript_check_release(&released, agreement, ready, error);
    if (status == KP_OK && released != counter) {
        status = kp_fail(error, KP_REFUSED, "these READYs are of another round");
    }
    struct kp_canary_audit *audit = status == KP_OK ? calloc(1, sizeof(*audit)) : NULL;
    if (audit == NULL) {
        return status != KP_OK ? status : kp_fail(error, KP_FAILED, "no memory for canaries");
    }
    audit->agreement = agreement;
    audit->counter = counter;
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        uint8_t attempt[KP_ATTEMPT_BYTES];
        status = kp_transcript_check_ready(&audit->ready[i], attempt, agreement, i + 1,
                                           ready[i].data, ready[i].size, error);
        audit->words[i] = calloc(kp_canary_item_count(agreement, i + 1) + 1, sizeof(struct word));
        if (status == KP_OK && audit->words[i] == NULL) {
            status = kp_fail(error, KP_FAILED, "no memory for canaries");
        }
    }
    if (status != KP_OK) {
        kp_canary_audit_free(audit);
        return status;
    }
    *out = audit;
    return KP_OK;
}

void kp_canary_audit_free(struct kp_canary_audit *audit)
{
    if (audit == NULL) {
        return;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        free(audit->words[i]);
    }
    kp_buffer_free(&audit->groups);
    free(audit);
}

/* ---- what is known ---- */

/* The items that a letter should have held, when it can't be read. */
static void hold_against(struct kp_canary_audit *audit, uint32_t member, uint32_t part)
{
    uint32_t count = kp_canary_item_count(audit->agreement, member);
    for (uint32_t i = 0; i < KP_CANARY_NOTICE_ITEMS; i++) {
        uint64_t item = (uint64_t)part * KP_CANARY_NOTICE_ITEMS + i;
        if (item < count && audit->words[member - 1][item].said == SAID_NOTHING) {
            audit->words[member - 1][item].said = SAID_FALSE;
        }
    }
}

enum kp_status kp_canary_audit_notice(struct kp_canary_audit *audit, uint32_t member, uint32_t part,
                                      const struct kp_buffer *plain, struct kp_error *error)
{
    const struct kp_agreement *agreement = audit->agreement;
    struct kp_canary_notice notice;
    if (kp_canary_item_count(agreement, member) == 0) {
        return KP_OK; /* on request, or nobody: there is nothing to tell */
    }
    enum kp_status status =
        kp_canary_notice_read(&notice, agreement, member, audit->counter, part, plain, error);
    if (status != KP_OK) {
        hold_against(audit, member, part);
        return status == KP_REFUSED ? KP_OK : status;
    }
    const struct kp_ready *ready = &audit->ready[member - 1];
    for (uint32_t i = 0; i < notice.count; i++) {
        struct kp_canary_item item = kp_canary_notice_item(&notice, agreement, member, i);
        struct word *word = &audit->words[member - 1][notice.first + i];
        if (word->said != SAID_NOTHING) {
            continue;
        }
        bool is_true = kp_check_canary_item(agreement, member, &item, ready->entries_root,
                                            ready->round_id, NULL) == KP_OK;
        word->said = is_true ? SAID_TAG : SAID_FALSE;
        if (is_true) {
            memcpy(word->tag, item.entry, KP_DIGEST_BYTES);
        }
    }
    return KP_OK;
}

static struct group *groups_of(const struct kp_canary_audit *audit, size_t *count)
{
    *count = audit->groups.size / sizeof(struct group);
    return (struct group *)(void *)audit->groups.data;
}

/* The first group whose tag isn't less. */
static size_t place_of(const struct kp_canary_audit *audit, const uint8_t *tag)
{
    size_t count = 0, low = 0;
    const struct group *groups = groups_of(audit, &count);
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(groups[middle].tag, tag, KP_DIGEST_BYTES) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct group *find_group(const struct kp_canary_audit *audit, const uint8_t *tag)
{
    size_t count = 0, place = place_of(audit, tag);
    struct group *groups = groups_of(audit, &count);
    return place < count && memcmp(groups[place].tag, tag, KP_DIGEST_BYTES) == 0 ? &groups[place]
                                                                                 : NULL;
}

enum kp_status kp_canary_audit_group(struct kp_canary_audit *audit,
                                     const uint8_t tag[static KP_DIGEST_BYTES], uint32_t members,
                                     bool canary, struct kp_error *error)
{
    struct group group = {.members = members, .canary = canary};
    size_t count = 0, place = place_of(audit, tag);
    memcpy(group.tag, tag, KP_DIGEST_BYTES);
    if (kp_buffer_append(&audit->groups, &group, sizeof(group)) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for canaries");
    }
    struct group *groups = groups_of(audit, &count);
    memmove(groups + place + 1, groups + place, (count - 1 - place) * sizeof(group));
    groups[place] = group;
    return KP_OK;
}

void kp_canary_audit_incomplete(struct kp_canary_audit *audit, uint32_t members)
{
    audit->incomplete = members;
}

/* ---- what follows ---- */

uint32_t kp_canary_audit_count(const struct kp_canary_audit *audit)
{
    return kp_canary_group_count(audit->agreement) * audit->agreement->canaries;
}

/* Who said nothing, and who said what isn't so; *tag: of the first one that named one. */
static void ask_members(const struct kp_canary_audit *audit,
                        const struct kp_canary_finding *finding, uint32_t *silent, uint32_t *wrong,
                        bool *differ, uint8_t tag[static KP_DIGEST_BYTES])
{
    bool first = true;
    for (uint32_t i = 0; i < audit->agreement->member_count; i++) {
        if ((finding->members >> i & 1) == 0) {
            continue;
        }
        uint32_t item =
            kp_canary_item_number(audit->agreement, i + 1, finding->group, finding->number);
        const struct word *word = &audit->words[i][item];
        *silent |= word->said == SAID_NOTHING ? 1u << i : 0;
        *wrong |= word->said == SAID_FALSE ? 1u << i : 0;
        if (word->said == SAID_TAG) {
            *differ |= !first && memcmp(word->tag, tag, KP_DIGEST_BYTES) != 0;
            memcpy(tag, word->tag, KP_DIGEST_BYTES);
            first = false;
        }
    }
}

/* All of the group submitted this tag. */
static void look_up(const struct kp_canary_audit *audit, struct kp_canary_finding *finding)
{
    const struct group *group = find_group(audit, finding->tag);
    uint32_t there = group != NULL ? group->members : 0;
    if (kp_check_canary_there(finding->members, there, NULL) == KP_OK) {
        finding->state = KP_CANARY_FOUND;
        finding->others = there & ~finding->members;
        return;
    }
    finding->named = finding->members & audit->incomplete;
    finding->state = finding->named != 0 ? KP_CANARY_INCOMPLETE : KP_CANARY_MISSING;
}

void kp_canary_audit_finding(const struct kp_canary_audit *audit, uint32_t number,
                             struct kp_canary_finding *finding)
{
    uint32_t silent = 0, wrong = 0;
    bool differ = false;
    memset(finding, 0, sizeof(*finding));
    finding->group = number / audit->agreement->canaries;
    finding->number = number % audit->agreement->canaries;
    finding->members = kp_canary_group(audit->agreement, finding->group);
    ask_members(audit, finding, &silent, &wrong, &differ, finding->tag);
    if (wrong == 0 && silent == 0 && !differ) {
        look_up(audit, finding);
        return;
    }
    memset(finding->tag, 0, sizeof(finding->tag));
    finding->state = wrong != 0    ? KP_CANARY_NOT_TRUE
                     : silent != 0 ? KP_CANARY_NO_NOTICE
                                   : KP_CANARY_DIFFERENT;
    finding->named = wrong != 0 ? wrong : silent != 0 ? silent : finding->members;
}

void kp_canary_audit_figures(const struct kp_canary_audit *audit, uint32_t group,
                             struct kp_canary_figures *figures)
{
    uint32_t canaries = audit->agreement->canaries;
    size_t count = 0;
    const struct group *groups = groups_of(audit, &count);
    memset(figures, 0, sizeof(*figures));
    figures->group = group;
    figures->members = kp_canary_group(audit->agreement, group);
    for (uint32_t i = 0; i < canaries; i++) {
        struct kp_canary_finding finding;
        kp_canary_audit_finding(audit, group * canaries + i, &finding);
        figures->found += finding.state == KP_CANARY_FOUND;
        figures->missing += finding.state == KP_CANARY_MISSING;
    }
    figures->unknown = canaries - figures->found - figures->missing;
    for (size_t i = 0; i < count; i++) {
        figures->matches += groups[i].members == figures->members && !groups[i].canary;
    }
    /* Only canaries that would be missed if they weren't there. */
    figures->caught = kp_canary_caught(figures->found + figures->missing, figures->matches + 1, 1);
}

uint32_t kp_canary_audit_unannounced(const struct kp_canary_audit *audit)
{
    size_t count = 0;
    uint32_t canaries = 0, announced = 0, findings = kp_canary_audit_count(audit);
    const struct group *groups = groups_of(audit, &count);
    for (size_t i = 0; i < count; i++) {
        canaries += groups[i].canary;
    }
    for (uint32_t i = 0; i < findings; i++) {
        struct kp_canary_finding finding;
        kp_canary_audit_finding(audit, i, &finding);
        const struct group *group =
            finding.state == KP_CANARY_FOUND ? find_group(audit, finding.tag) : NULL;
        announced += group != NULL && group->canary;
    }
    return canaries - announced;
}
