/* Rules about an audit of slots (docs/protocol.md, section 24). */
#include "proto/verify_audit.h"

#include "proto/slot_picks.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kp_rule rules[KP_AUDIT_RULES] = {
    KP_SIGNED_TABLE("audit"),
    [KP_AUDIT_RULE_COMPLETE] = {"audit.complete", "COMPLETE is the coordinator's, of this round"},
    [KP_AUDIT_RULE_SEEDS] = {"audit.seeds",
                             "every seed is the one that its member's HELLO 2 committed to"},
    [KP_AUDIT_RULE_PICKS] = {"audit.picks", "the slots are those that READYs and seeds pick"},
    [KP_AUDIT_RULE_LEAF] = {"audit.leaf", "every slot is what HELLO 2 was committed to"},
    [KP_AUDIT_RULE_LIST] = {"audit.list",
                            "its point stands at its place of the list that was evaluated"},
    [KP_AUDIT_RULE_KIND] = {"audit.kind", "its leaf says what a slot of its kind may say"},
    [KP_AUDIT_RULE_POINT] = {"audit.point",
                             "its point is made of the address that is shown, or of none"},
    [KP_AUDIT_RULE_TAG] = {"audit.tag", "its tag follows from what came out"},
    [KP_AUDIT_RULE_ENTRY] = {"audit.entry",
                             "its entry stands in what READY signed, each in a place of its own"},
    [KP_AUDIT_RULE_SIGNALS] = {"audit.signals",
                               "its leaf is made of the signals shown, all on registered "
                               "indicators"},
    [KP_AUDIT_RULE_LOG] = {"audit.log",
                           "the log's entries are one signed chain, up to the head in HELLO 2"},
    [KP_AUDIT_RULE_REGISTERED] = {"audit.registered",
                                  "the log tells of registering every signal, before the round"},
    [KP_AUDIT_RULE_WITHDRAWN] = {"audit.withdrawn",
                                 "a withdrawn signal was there when its slot got its point"},
};

/* ---- loading ---- */

static enum kp_status load_entry(struct kp_verify_audit *audit, const struct kp_export_item *item,
                                 struct kp_error *error)
{
    struct kp_audit_entry *entry = &audit->entries[audit->entry_count];
    if (item->member != 0 || item->part != audit->entry_count) {
        return kp_fail(error, KP_REFUSED, "an entry of the log out of its order");
    }
    enum kp_status status =
        kp_audit_entry_unpack(entry, item->content.data, item->content.size, error);
    if (status == KP_OK) {
        status = kp_verify_entry_hash(audit->hashes[audit->entry_count], item->content.data,
                                      item->content.size);
    }
    audit->entry_count += status == KP_OK;
    return status;
}

static enum kp_status load_complete(struct kp_verify_audit *audit,
                                    const struct kp_export_item *item, struct kp_error *error)
{
    struct kp_round_message *message = &audit->complete_message;
    if (item->member != 0 || item->part != 0) {
        return kp_fail(error, KP_REFUSED, "another message than COMPLETE");
    }
    enum kp_status status =
        kp_round_message_unpack(message, item->content.data, item->content.size, error);
    if (status == KP_OK &&
        (message->type != KP_MESSAGE_COMPLETE || message->from != KP_PARTY_COORDINATOR)) {
        status = kp_fail(error, KP_REFUSED, "another message than COMPLETE");
    }
    if (status == KP_OK) {
        status = kp_complete_unpack(&audit->complete, &message->body, error);
    }
    audit->has_complete = status == KP_OK;
    return status;
}

static enum kp_status load_pick(struct kp_verify_audit *audit, const struct kp_export_item *item,
                                struct kp_error *error)
{
    if (item->member != audit->member || item->part != audit->pick_count ||
        item->part >= KP_AUDIT_SLOTS_MAX) {
        return kp_fail(error, KP_REFUSED, "a slot that isn't the next one of this member");
    }
    return kp_pick_unpack(&audit->picks[audit->pick_count++], item->content.data,
                          item->content.size, error);
}

static enum kp_status load_list(struct kp_verify_audit *audit, const struct kp_export_item *item,
                                struct kp_error *error)
{
    if (item->member != audit->member || item->part >= KP_SLOTS_MAX / KP_CHUNK_POINTS) {
        return kp_fail(error, KP_REFUSED, "a list of another member, or a part that none has");
    }
    audit->lists[item->part] = item;
    return KP_OK;
}

static enum kp_status load_item(void *into, const struct kp_verify_export *export, size_t i,
                                struct kp_error *error)
{
    struct kp_verify_audit *audit = into;
    const struct kp_export_item *item = &export->items[i];
    switch ((int)item->kind) {
    case KP_EXPORT_LOG_ENTRY:
        return load_entry(audit, item, error);
    case KP_EXPORT_PAPER:
        return item->member == 0 && item->part == audit->papers++
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "a paper out of its order");
    case KP_EXPORT_HELLO1:
    case KP_EXPORT_HELLO2:
    case KP_EXPORT_READY:
        return kp_verify_signed_item(&audit->it, item, error);
    case KP_EXPORT_LIST:
        return load_list(audit, item, error);
    case KP_EXPORT_MESSAGE:
        return load_complete(audit, item, error);
    case KP_EXPORT_PICK:
        return load_pick(audit, item, error);
    default:
        return kp_fail(error, KP_REFUSED, "an audit has no such item");
    }
}

static enum kp_status load_header(struct kp_verify_audit *audit,
                                  const struct kp_verify_versions *versions,
                                  const struct kp_export_header *header, struct kp_error *error)
{
    enum kp_status status =
        kp_verify_signed_header(&audit->it, versions, header, KP_EXPORT_AUDIT, error);
    if (status == KP_OK && (header->party < 1 || header->party > audit->it.members)) {
        status = kp_fail(error, KP_REFUSED, "no member wrote it");
    }
    audit->member = header->party;
    return status;
}

static bool only_needed_lists(const struct kp_verify_audit *audit)
{
    bool needed[KP_SLOTS_MAX / KP_CHUNK_POINTS] = {false};
    for (uint32_t i = 0; i < audit->pick_count; i++) {
        needed[audit->picks[i].leaf.index / KP_CHUNK_POINTS] = true;
    }
    for (size_t i = 0; i < KP_SLOTS_MAX / KP_CHUNK_POINTS; i++) {
        if (audit->lists[i] != NULL && !needed[i]) {
            return false;
        }
    }
    return true;
}

static enum kp_status load(struct kp_verify_audit *audit, const struct kp_verify_versions *versions,
                           const struct kp_verify_export *export, struct kp_report *report)
{
    struct kp_error why = {0};
    char name[KP_RULING_RECORD] = "header";
    enum kp_status status = load_header(audit, versions, &export->header, &why);
    if (status == KP_OK) {
        status = kp_verify_items(export, load_item, audit, name, &why);
    }
    if (status == KP_OK && (!audit->has_complete || audit->pick_count == 0)) {
        status = kp_fail(&why, KP_REFUSED, "COMPLETE or the slots are missing");
    }
    if (status == KP_OK && !only_needed_lists(audit)) {
        status = kp_fail(&why, KP_REFUSED, "a chunk of the list that no slot is in");
    }
    if (status != KP_OK) {
        kp_report_broken(report, KP_SIGNED_FORM, name, "%.250s", why.text);
    }
    return status;
}

/* ---- rules ---- */

static void check_complete(const struct kp_verify_audit *audit, struct kp_report *report)
{
    const struct kp_verify_signed *it = &audit->it;
    const struct kp_round_message *message = &audit->complete_message;
    kp_report_set(report, KP_AUDIT_RULE_COMPLETE,
                  memcmp(message->attempt, it->attempt, KP_ATTEMPT_BYTES) == 0 &&
                      kp_verify_message_signature(message, it->agreement->lineage,
                                                  it->agreement->coordinator_identity_key) == KP_OK,
                  "COMPLETE", "it isn't signed by the coordinator, or is of another attempt");
    kp_report_set(report, KP_AUDIT_RULE_SEEDS, audit->complete.seed_count == it->members,
                  "COMPLETE", "it has no seeds");
    for (uint32_t i = 1; i <= it->members && audit->complete.seed_count == it->members; i++) {
        char name[KP_RULING_RECORD];
        (void)snprintf(name, sizeof(name), "seed of member %u (%s)", i,
                       it->agreement->members[i - 1].name);
        if (kp_audit_has_seed(it->agreement, i)) {
            kp_report_set(report, KP_AUDIT_RULE_SEEDS,
                          kp_check_slot_seed(it->hello2_body[i - 1].audit_commitment,
                                             it->agreement->lineage, it->attempt, i,
                                             audit->complete.audit_seeds[i - 1], NULL) == KP_OK,
                          name, "its HELLO 2 committed to another one");
        }
    }
    if (kp_report_is_ok(report, KP_AUDIT_RULE_SEEDS)) {
        kp_report_set(report, KP_AUDIT_RULE_PICKS, kp_audit_check_picks(audit) == KP_OK, "picks",
                      "other slots than these follow from READYs and seeds");
    }
}

typedef enum kp_status pick_rule(const struct kp_verify_audit *audit, const struct kp_pick *pick);

/* In this order; a signal's log is looked at only where the log holds. */
static const struct {
    enum kp_audit_rule rule;
    pick_rule *check;
    const char *why;
} of_picks[] = {
    {KP_AUDIT_RULE_LEAF, kp_audit_check_leaf, "HELLO 2 committed to something else in this slot"},
    {KP_AUDIT_RULE_LIST, kp_audit_check_list,
     "another point stands in its place, or the chunk isn't that of HELLO 2"},
    {KP_AUDIT_RULE_KIND, kp_audit_check_kind, "a slot of this kind doesn't say this"},
    {KP_AUDIT_RULE_POINT, kp_audit_check_point,
     "its point isn't made of what is shown: it may be a guess"},
    {KP_AUDIT_RULE_TAG, kp_audit_check_tag, "its tag doesn't follow from what is shown"},
    {KP_AUDIT_RULE_ENTRY, kp_audit_check_entry,
     "no such entry stands there, or two slots show the same one"},
    {KP_AUDIT_RULE_SIGNALS, kp_audit_check_signals,
     "its leaf isn't made of these signals, or one of them doesn't count"},
    {KP_AUDIT_RULE_REGISTERED, kp_audit_check_registered,
     "a signal isn't among those that the log says were registered before this round"},
    {KP_AUDIT_RULE_WITHDRAWN, kp_audit_check_withdrawn,
     "the log doesn't show that the signal was there when the slot got its point, and was "
     "withdrawn or past its time after that"},
};

static bool is_about_log(enum kp_audit_rule rule)
{
    return rule == KP_AUDIT_RULE_REGISTERED || rule == KP_AUDIT_RULE_WITHDRAWN;
}

static void check_pick(struct kp_verify_audit *audit, struct kp_report *report, uint32_t number)
{
    const struct kp_pick *pick = &audit->picks[number];
    char name[KP_RULING_RECORD];
    (void)snprintf(name, sizeof(name), "slot %u", pick->leaf.index);
    for (size_t i = 0; i < sizeof(of_picks) / sizeof(of_picks[0]); i++) {
        if (is_about_log(of_picks[i].rule) && !kp_report_is_ok(report, KP_AUDIT_RULE_LOG)) {
            continue;
        }
        bool holds = of_picks[i].check(audit, pick) == KP_OK;
        audit->failed[number] = audit->failed[number] || !holds;
        kp_report_set(report, of_picks[i].rule, holds, name, of_picks[i].why);
    }
}

static void check_all(struct kp_verify_audit *audit, struct kp_report *report)
{
    audit->slots = kp_agreement_member_slots(audit->it.agreement, audit->member);
    kp_report_ok(report, KP_SIGNED_FORM);
    check_complete(audit, report);
    kp_report_set(report, KP_AUDIT_RULE_LOG, kp_audit_check_chain(audit) == KP_OK, "log",
                  "its entries aren't signed, don't follow each other, or end elsewhere");
    for (uint32_t i = 0; i < audit->pick_count; i++) {
        check_pick(audit, report, i);
    }
}

bool kp_verify_audit_holds(const struct kp_report *report)
{
    return report->count > 0 && kp_report_count(report, KP_VERDICT_OK) == report->count;
}

enum kp_status kp_verify_audit_check(const struct kp_verify_versions *versions,
                                     const struct kp_verify_export *export,
                                     struct kp_report *report, struct kp_verify_audit *audit,
                                     struct kp_error *error)
{
    kp_report_start(report, rules, KP_AUDIT_RULES);
    memset(audit, 0, sizeof(*audit));
    audit->entries = calloc(export->count + 1, sizeof(*audit->entries));
    audit->hashes = calloc(export->count + 1, sizeof(*audit->hashes));
    if (audit->entries == NULL || audit->hashes == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify an audit");
    }
    if (load(audit, versions, export, report) == KP_OK &&
        kp_verify_signed_check(&audit->it, report)) {
        check_all(audit, report);
    }
    return KP_OK;
}

void kp_verify_audit_free(struct kp_verify_audit *audit)
{
    for (uint32_t i = 0; i < audit->pick_count; i++) {
        kp_pick_free(&audit->picks[i]);
    }
    kp_round_message_free(&audit->complete_message);
    free(audit->entries);
    free(audit->hashes);
    memset(audit, 0, sizeof(*audit));
}
