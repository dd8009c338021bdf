/* Rules about evidence of a match (docs/protocol.md, section 27). */
#include "proto/verify_evidence.h"

#include "proto/party.h"
#include "proto/verify_internal.h"
#include "proto/verify_match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum evidence_rule {
    EVIDENCE_MEMBERS = KP_SIGNED_RULES,
    EVIDENCE_ENTRY,
    EVIDENCE_SHARE,
    EVIDENCE_OUTER,
    EVIDENCE_SEAL,
    EVIDENCE_PARTIAL,
    EVIDENCE_INNER,
    EVIDENCE_G,
    EVIDENCE_LEAF,
    EVIDENCE_ADDRESS,
    EVIDENCE_TAG,
    EVIDENCE_INDICATORS,
    EVIDENCE_OPENING_LOGGED,
    EVIDENCE_OPENING_ACT,
    EVIDENCE_OPENING_TIME,
    EVIDENCE_RULES,
};

static const struct kp_rule rules[EVIDENCE_RULES] = {
    KP_SIGNED_TABLE("evidence"),
    [EVIDENCE_MEMBERS] = {"evidence.members",
                          "as many members as the threshold have a record, each one"},
    [EVIDENCE_ENTRY] = {"evidence.entry",
                        "every entry stands where its member's READY signed it, before the match"},
    [EVIDENCE_SHARE] = {"evidence.share", "all have one tag, and every share is under it"},
    [EVIDENCE_OUTER] = {"evidence.outer", "every record opens with the shares of its tag"},
    [EVIDENCE_SEAL] = {"evidence.seal", "every seal was made for its place, by its maker"},
    [EVIDENCE_PARTIAL] = {"evidence.partial",
                          "every holder of an opening key gave its part of every record's key"},
    [EVIDENCE_INNER] = {"evidence.inner", "every record opens with these parts"},
    [EVIDENCE_G] = {"evidence.g", "every record has the g of its member's READY"},
    [EVIDENCE_LEAF] = {"evidence.leaf",
                       "every record is what a slot of its member was committed to in HELLO 2"},
    [EVIDENCE_ADDRESS] = {"evidence.address", "every record holds an address in the area"},
    [EVIDENCE_TAG] = {"evidence.tag", "tag and shares follow from the address"},
    [EVIDENCE_INDICATORS] = {"evidence.indicators",
                             "indicators, where they are disclosed, are registered ones"},
    [EVIDENCE_OPENING_LOGGED] = {"evidence.opening.logged",
                                 "every holder signed an entry of its log about opening this "
                                 "round"},
    [EVIDENCE_OPENING_ACT] = {"evidence.opening.act",
                              "this match is among what that entry is about"},
    [EVIDENCE_OPENING_TIME] =
        {"evidence.opening.time",
         "that entry is dated in the agreement, and not before the round by more than 15 minutes"},
};

/* ---- loading ---- */

static enum kp_status load_item(void *into, const struct kp_verify_export *export, size_t i,
                                struct kp_error *error)
{
    struct kp_verify_match *match = into;
    const struct kp_export_item *item = &export->items[i];
    switch ((int)item->kind) {
    case KP_EXPORT_PAPER:
        return item->member == 0 && item->part == i && !kp_verify_is_twice(export, i)
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "a paper stands there twice or out of order");
    case KP_EXPORT_HELLO1:
    case KP_EXPORT_HELLO2:
    case KP_EXPORT_READY:
        return kp_verify_signed_item(&match->it, item, error);
    case KP_EXPORT_RECORD:
        return item->part == 0 ? kp_verify_match_item(match, item, error)
                               : kp_fail(error, KP_REFUSED, "a second record of this member");
    case KP_EXPORT_PARTIAL:
    case KP_EXPORT_OPENING:
        return kp_verify_match_item(match, item, error);
    default:
        return kp_fail(error, KP_REFUSED, "evidence has no such item");
    }
}

static enum kp_status load(struct kp_verify_match *match, const struct kp_verify_versions *versions,
                           const struct kp_verify_export *export, struct kp_report *report)
{
    struct kp_error why = {0};
    char name[KP_RULING_RECORD] = "header";
    enum kp_status status =
        kp_verify_signed_header(&match->it, versions, &export->header, KP_EXPORT_EVIDENCE, &why);
    if (status == KP_OK && export->header.party != KP_PARTY_LEADER &&
        export->header.party != KP_PARTY_OPENER) {
        status = kp_fail(&why, KP_REFUSED, "no holder of an opening key wrote it");
    }
    if (status == KP_OK) {
        status = kp_verify_items(export, load_item, match, name, &why);
    }
    if (status != KP_OK) {
        kp_report_broken(report, KP_SIGNED_FORM, name, "%.250s", why.text);
    }
    return status;
}

/* ---- rules ---- */

static void name_record(char out[static KP_RULING_RECORD], const struct kp_verify_match *match,
                        uint32_t member)
{
    (void)snprintf(out, KP_RULING_RECORD, "record of member %u (%s)", member,
                   match->it.agreement->members[member - 1].name);
}

/* Nothing may be given that no rule looks at, and nothing be missing. A partial opening without its
 * record is of one that was opened and isn't shown: the log entry is about it too. */
static bool check_given(const struct kp_verify_match *match, struct kp_report *report)
{
    uint32_t keys = match->it.agreement->opening_key_count;
    for (uint32_t h = 0; h < KP_OPENING_KEYS_MAX; h++) {
        bool wanted = h < keys, fits = match->has_opening[h] == wanted;
        for (uint32_t i = 0; i < match->it.members; i++) {
            const struct kp_verify_of_member *of = &match->of[i];
            fits = fits && (of->record[0].has && wanted ? of->has_partial[h]
                                                        : !of->has_partial[h] || wanted);
        }
        if (!fits) {
            char name[KP_RULING_RECORD];
            (void)snprintf(name, sizeof(name), "holder %u", h + 1);
            kp_report_broken(report, KP_SIGNED_FORM, name,
                             wanted ? "not all of its partial openings, or its log entry, are there"
                                    : "the agreement has no such holder");
            return false;
        }
    }
    return true;
}

static bool check_entries(const struct kp_verify_match *match, struct kp_report *report,
                          const uint32_t *members, uint32_t count)
{
    const struct kp_verify_of_member *first = count > 0 ? &match->of[members[0] - 1] : NULL;
    char name[KP_RULING_RECORD];
    kp_report_set(report, EVIDENCE_MEMBERS, count >= match->it.agreement->threshold, "records",
                  "they are fewer than the threshold");
    for (uint32_t i = 0; i < count; i++) {
        const struct kp_verify_one_record *record = &match->of[members[i] - 1].record[0];
        name_record(name, match, members[i]);
        kp_report_set(report, EVIDENCE_ENTRY,
                      !record->proof.has_leaf && kp_verify_match_entry(match, members[i], 0), name,
                      "its entry isn't at this position of what its member's READY signed");
        if (record->whole) {
            kp_report_set(report, EVIDENCE_SHARE,
                          memcmp(record->entry.tag, first->record[0].entry.tag, KP_DIGEST_BYTES) ==
                                  0 &&
                              kp_verify_match_share(match, members[i]),
                          name, "it has another tag, or its share isn't under it");
        }
    }
    return kp_report_is_ok(report, EVIDENCE_MEMBERS) && kp_report_is_ok(report, EVIDENCE_ENTRY) &&
           kp_report_is_ok(report, EVIDENCE_SHARE);
}

static void check_content(const struct kp_verify_match *match, struct kp_report *report,
                          uint32_t member, const char *name)
{
    kp_report_set(report, EVIDENCE_G, kp_verify_match_g(match, member), name,
                  "its g isn't the one that READY has the digest of");
    kp_report_set(report, EVIDENCE_LEAF, kp_verify_match_leaf(match, member), name,
                  "no slot of its member was committed to this");
    kp_report_set(report, EVIDENCE_ADDRESS,
                  kp_verify_match_address(match, member) && kp_verify_match_area(match, member),
                  name, "it holds no canonical address, or one outside the area");
    kp_report_set(report, EVIDENCE_TAG, kp_verify_match_tag(match, member), name,
                  "tag or share don't follow from its address");
    kp_report_set(report, EVIDENCE_INDICATORS, kp_verify_match_indicators(match, member), name,
                  "it has no indicator, or one that the agreement hasn't");
}

/* Each step only where the one before it held. */
static void check_record(struct kp_verify_match *match, struct kp_report *report, uint32_t member,
                         const uint8_t secret[static KP_SCALAR_BYTES])
{
    char name[KP_RULING_RECORD];
    name_record(name, match, member);
    bool holds = kp_verify_match_outer(match, member, secret);
    kp_report_set(report, EVIDENCE_OUTER, holds, name, "it doesn't open with the shares");
    if (!holds) {
        return;
    }
    holds = kp_verify_match_seal(match, member);
    kp_report_set(report, EVIDENCE_SEAL, holds, name, "its seal was made for another place");
    for (uint32_t holder = 1; holds && holder <= match->it.agreement->opening_key_count; holder++) {
        holds = kp_verify_match_partial(match, member, holder);
        kp_report_set(report, EVIDENCE_PARTIAL, holds, name,
                      holder == 1 ? "the project leader's partial opening of it is false"
                                  : "the second holder's partial opening of it is false");
    }
    if (holds) {
        holds = kp_verify_match_open(match, member);
        kp_report_set(report, EVIDENCE_INNER, holds, name, "it doesn't open");
    }
    if (holds) {
        check_content(match, report, member, name);
    }
}

static uint64_t last_end(const struct kp_verify_versions *versions)
{
    uint64_t end = 0;
    for (size_t i = 0; i < versions->count; i++) {
        end = versions->version[i]->end > end ? versions->version[i]->end : end;
    }
    return end;
}

static void check_openings(const struct kp_verify_match *match, struct kp_report *report)
{
    for (uint32_t holder = 1; holder <= match->it.agreement->opening_key_count; holder++) {
        const struct kp_audit_entry *entry = &match->logged[holder - 1];
        const char *name =
            holder == 1 ? "log entry of the project leader" : "log entry of the second holder";
        bool after = true;
        for (uint32_t i = 0; i < match->it.members; i++) {
            after = after && entry->time + KP_CLOCK_SKEW_MS >= match->it.hello2_body[i].time;
        }
        kp_report_set(report, EVIDENCE_OPENING_LOGGED, kp_verify_match_logged(match, holder), name,
                      "it isn't its holder's, or not about opening this round");
        kp_report_set(report, EVIDENCE_OPENING_ACT, kp_verify_match_act(match, holder), name,
                      "this match, or these partial openings, aren't among what it is about");
        kp_report_set(report, EVIDENCE_OPENING_TIME,
                      after && entry->time / 1000 < last_end(match->it.versions), name,
                      "it is dated before the round, or after the agreement's end");
    }
}

static void check_all(struct kp_verify_match *match, struct kp_report *report)
{
    uint8_t secret[KP_SCALAR_BYTES];
    uint32_t members[KP_MEMBERS_MAX];
    uint32_t count = kp_verify_match_members(match, members);
    kp_verify_match_split(match);
    kp_report_set(report, KP_SIGNED_HELLO1, match->it.round_type == KP_ROUND_MATCH, "HELLO 1",
                  "it is of a round of counts, in which nothing can be opened");
    if (match->it.round_type != KP_ROUND_MATCH || !check_given(match, report)) {
        return;
    }
    kp_report_ok(report, KP_SIGNED_FORM);
    if (check_entries(match, report, members, count) &&
        kp_verify_match_secret(match, match->of[members[0] - 1].record[0].entry.tag, secret)) {
        for (uint32_t i = 0; i < count; i++) {
            check_record(match, report, members[i], secret);
        }
        check_openings(match, report);
    }
}

/* ---- what it says ---- */

static void say(const struct kp_verify_match *match, struct kp_evidence_says *says)
{
    uint32_t members[KP_MEMBERS_MAX];
    uint32_t count = kp_verify_match_members(match, members);
    says->agreement = match->it.agreement;
    says->counter = match->it.counter;
    memcpy(says->attempt, match->it.attempt, KP_ATTEMPT_BYTES);
    memcpy(says->round_id, match->it.round_id, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        const struct kp_verify_content *content = &match->of[members[i] - 1].content;
        struct kp_evidence_member *member = &says->members[says->member_count++];
        member->member = members[i];
        member->not_later_than = kp_verify_not_later(&match->it, members[i]);
        member->observed_on = content->observed_on;
        memcpy(member->indicators, content->indicators, sizeof(member->indicators));
        memcpy(member->grounds, content->grounds, sizeof(member->grounds));
        memcpy(says->address_key, content->address, sizeof(says->address_key));
        memcpy(says->tag, match->of[members[i] - 1].record[0].entry.tag, KP_DIGEST_BYTES);
        if (member->not_later_than > says->not_later_than) {
            says->not_later_than = member->not_later_than;
        }
    }
    for (uint32_t i = 0; i < match->it.members; i++) {
        if (match->of[i].has_partial[0] && !match->of[i].record[0].has) {
            says->not_shown |= 1u << i;
        }
    }
    for (uint32_t h = 0; h < match->it.agreement->opening_key_count; h++) {
        const struct kp_audit_entry *entry = &match->logged[h];
        says->openers[says->opener_count++] =
            (struct kp_evidence_opener){.holder = h + 1,
                                        .party = entry->party,
                                        .time = entry->time,
                                        .sequence = entry->sequence,
                                        .matches = match->opening[h].count};
    }
}

bool kp_verify_evidence_holds(const struct kp_report *report)
{
    return report->count > 0 && kp_report_count(report, KP_VERDICT_OK) == report->count;
}

enum kp_status kp_verify_evidence_check(const struct kp_verify_versions *versions,
                                        const struct kp_verify_export *export,
                                        struct kp_report *report, struct kp_evidence_says *says,
                                        struct kp_error *error)
{
    kp_report_start(report, rules, EVIDENCE_RULES);
    memset(says, 0, sizeof(*says));
    struct kp_verify_match *match = calloc(1, sizeof(*match));
    if (match == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify evidence");
    }
    if (load(match, versions, export, report) == KP_OK &&
        kp_verify_signed_check(&match->it, report)) {
        check_all(match, report);
    }
    if (kp_verify_evidence_holds(report)) {
        say(match, says);
    }
    kp_verify_match_free(match);
    free(match);
    return KP_OK;
}

static enum kp_status first_that_fails(const struct kp_report *report, struct kp_error *error)
{
    for (int broken = 1; broken >= 0; broken--) {
        for (size_t i = 0; i < report->count; i++) {
            const struct kp_ruling *ruling = &report->rulings[i];
            if (ruling->verdict == KP_VERDICT_BROKEN ||
                (broken == 0 && ruling->verdict == KP_VERDICT_UNCHECKED)) {
                return kp_fail(error, KP_REFUSED, "%s doesn't hold: %s%s%s", report->rules[i].id,
                               ruling->record, ruling->record[0] != '\0' ? ": " : "", ruling->text);
            }
        }
    }
    return KP_OK;
}

enum kp_status kp_verify_evidence_bytes(const uint8_t *bytes, size_t size,
                                        const struct kp_verify_versions *versions,
                                        struct kp_evidence_says *says, struct kp_error *error)
{
    struct kp_verify_export export = {.count = 0};
    struct kp_report report;
    memset(says, 0, sizeof(*says));
    enum kp_status status =
        kp_export_read_bytes(&export.header, &export.items, &export.count, bytes, size, error);
    if (status == KP_OK && export.count > 0 && export.items[0].kind == KP_EXPORT_PAPER) {
        status = kp_fail(error, KP_REFUSED, "it has papers in it; only the own ones count here");
    }
    if (status == KP_OK) {
        status = kp_verify_evidence_check(versions, &export, &report, says, error);
    }
    if (status == KP_OK && !kp_verify_evidence_holds(&report)) {
        status = first_that_fails(&report, error);
    }
    kp_export_items_free(export.items, export.count);
    return status;
}
