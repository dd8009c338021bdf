/* Verdicts about a round that was released, and those of them that name a member or a holder
 * (docs/protocol.md, section 27). */
#include "proto/verify_fault_internal.h"

#include "proto/party.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct kp_rule rules[KP_FAULT_RULES] = {
    KP_SIGNED_TABLE("verdict"),
    [KP_FAULT_RULE_NAMED] = {"verdict.named", "nobody is named whom this kind can't show"},
    [KP_FAULT_RULE_SHOWN] = {"verdict.shown",
                             "what it shows was signed by those whose it is, in this round"},
    [KP_FAULT_RULE_FAULT] = {"verdict.fault", "and it is the fault that the verdict says"},
};

/* ---- loading ---- */

static bool is_wanted(enum kp_fault_kind kind, enum kp_export_item_kind item)
{
    switch ((int)item) {
    case KP_EXPORT_RECORD:
        return kind >= KP_FAULT_UNSORTED && kind <= KP_FAULT_PARTIAL;
    case KP_EXPORT_PARTIAL:
        return kind == KP_FAULT_CONTENT || kind == KP_FAULT_PARTIAL;
    case KP_EXPORT_OPENING:
        return kind == KP_FAULT_PARTIAL;
    case KP_EXPORT_MESSAGE:
        return kind == KP_FAULT_CHUNK;
    case KP_EXPORT_RESULT:
    case KP_EXPORT_GROUP:
        return kind == KP_FAULT_RESULTS || kind == KP_FAULT_CANARY;
    case KP_EXPORT_PHASE_LIST:
    case KP_EXPORT_LETTER:
        return kind == KP_FAULT_CANARY;
    default:
        return false;
    }
}

static enum kp_status load_result(struct kp_verify_fault *fault, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    struct kp_round_message message;
    if (item->member != 0 || item->part > 1) {
        return kp_fail(error, KP_REFUSED, "there are two RESULTs at most");
    }
    enum kp_status status =
        kp_round_message_unpack(&message, item->content.data, item->content.size, error);
    if (status == KP_OK) {
        status = kp_round_result_unpack(&fault->result_body[item->part], &message.body, error);
    }
    fault->result[item->part] = &item->content;
    kp_round_message_free(&message);
    return status;
}

static enum kp_status load_other(struct kp_verify_fault *fault, const struct kp_export_item *item,
                                 struct kp_error *error)
{
    switch ((int)item->kind) {
    case KP_EXPORT_MESSAGE:
        fault->message = &item->content;
        return item->member == kp_fault_one(fault->verdict.members) && item->part == 0
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "it isn't the one message of whom is named");
    case KP_EXPORT_RESULT:
        return load_result(fault, item, error);
    case KP_EXPORT_PHASE_LIST:
        fault->list = &item->content;
        return item->member == 0 && item->part == KP_PHASE_RELEASE
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "it isn't the list of the release");
    case KP_EXPORT_GROUP:
        if (item->member != 0 || item->part >= KP_FAULT_GROUPS) {
            return kp_fail(error, KP_REFUSED, "more items of the results than are looked at");
        }
        fault->has_group[item->part] = true;
        return kp_proof_result_unpack(&fault->group[item->part], item->content.data,
                                      item->content.size, error);
    case KP_EXPORT_LETTER:
        if (item->member < 1 || item->member > fault->match.it.members || item->part != 0) {
            return kp_fail(error, KP_REFUSED, "it isn't the one letter of a member");
        }
        fault->has_letter[item->member - 1] = true;
        return kp_opened_letter_unpack(&fault->letter[item->member - 1], item->content.data,
                                       item->content.size, error);
    default:
        return kp_verify_match_item(&fault->match, item, error);
    }
}

static enum kp_status load_item(struct kp_verify_fault *fault,
                                const struct kp_verify_export *export, size_t i,
                                struct kp_error *error)
{
    const struct kp_export_item *item = &export->items[i];
    switch ((int)item->kind) {
    case KP_EXPORT_PAPER:
        return item->member == 0 && item->part == i
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "a paper stands there out of order");
    case KP_EXPORT_HELLO1:
    case KP_EXPORT_HELLO2:
    case KP_EXPORT_READY:
        return kp_verify_signed_item(&fault->match.it, item, error);
    case KP_EXPORT_FAULT:
        return item->member == 0 && item->part == 0
                   ? KP_OK /* unpacked already */
                   : kp_fail(error, KP_REFUSED, "a second verdict");
    default:
        break;
    }
    return is_wanted(fault->verdict.kind, item->kind)
               ? load_other(fault, item, error)
               : kp_fail(error, KP_REFUSED, "a verdict of this kind has no such item");
}

static enum kp_status load(struct kp_verify_fault *fault, const struct kp_verify_versions *versions,
                           const struct kp_verify_export *export, struct kp_report *report)
{
    uint8_t before[KP_EVIDENCE_KEY_BYTES] = {0}, key[KP_EVIDENCE_KEY_BYTES];
    struct kp_error why = {0};
    char name[KP_RULING_RECORD] = "header";
    enum kp_status status = kp_verify_signed_header(&fault->match.it, versions, &export->header,
                                                    KP_EXPORT_VERDICT, &why);
    if (status == KP_OK && (export->header.counter != fault->verdict.counter ||
                            export->header.party != KP_PARTY_COORDINATOR)) {
        status = kp_fail(&why, KP_REFUSED,
                         "it is of another round than the verdict, or names a "
                         "time or a party that wrote it, which nobody can check");
    }
    for (size_t i = 0; status == KP_OK && i < export->count; i++) {
        const struct kp_export_item *item = &export->items[i];
        kp_evidence_key(key, item->kind, item->member, item->part);
        status = memcmp(key, before, sizeof(key)) > 0
                     ? load_item(fault, export, i, &why)
                     : kp_fail(&why, KP_REFUSED, "it doesn't stand in its order");
        memcpy(before, key, sizeof(key));
        (void)snprintf(name, sizeof(name), "item %zu, %s (member %u, part %u)", i + 1,
                       kp_evidence_name(item->kind), item->member, item->part);
    }
    if (status != KP_OK) {
        kp_report_broken(report, KP_SIGNED_FORM, name, "%.250s", why.text);
    }
    return status;
}

/* ---- who ---- */

uint32_t kp_fault_one(uint32_t members)
{
    for (uint32_t i = 0; i < 32; i++) {
        if (members == 1u << i) {
            return i + 1;
        }
    }
    return 0;
}

void kp_fault_name(char out[static KP_RULING_RECORD], const struct kp_verify_fault *fault,
                   uint32_t member)
{
    const struct kp_agreement *agreement = fault->match.it.agreement;
    (void)snprintf(out, KP_RULING_RECORD, "member %u (%s)", member,
                   member >= 1 && member <= agreement->member_count
                       ? agreement->members[member - 1].name
                       : "unknown");
}

bool kp_fault_of_coordinator(const struct kp_agreement *agreement,
                             const uint8_t attempt[static KP_ATTEMPT_BYTES],
                             const struct kp_buffer *packed, enum kp_message_type type,
                             struct kp_round_message *message)
{
    return kp_round_message_unpack(message, packed->data, packed->size, NULL) == KP_OK &&
           message->type == type && message->from == KP_PARTY_COORDINATOR &&
           memcmp(message->attempt, attempt, KP_ATTEMPT_BYTES) == 0 &&
           kp_verify_message_signature(message, agreement->lineage,
                                       agreement->coordinator_identity_key) == KP_OK;
}

/* A member that the agreement has, or a holder, and nothing besides that no rule looks at. */
static void check_named(const struct kp_verify_fault *fault, struct kp_report *report)
{
    const struct kp_proof_verdict *verdict = &fault->verdict;
    const struct kp_agreement *agreement = fault->match.it.agreement;
    uint32_t member = kp_fault_one(verdict->members);
    enum kp_fault_kind kind = verdict->kind;
    bool of_member = kind <= KP_FAULT_CONTENT;
    bool right = !of_member || (member >= 1 && member <= agreement->member_count);
    right = right && (kind != KP_FAULT_PARTIAL || verdict->holder <= agreement->opening_key_count);
    right = right && verdict->phase == KP_PHASE_IDLE;
    right = right && (kind == KP_FAULT_UNSORTED || verdict->before == 0);
    right = right && (kind == KP_FAULT_PARTIAL) == (verdict->about != 0);
    right = right &&
            ((kind >= KP_FAULT_UNSORTED && kind <= KP_FAULT_CONTENT) || verdict->position == 0);
    right = right && memcmp(verdict->attempt, fault->match.it.attempt, KP_ATTEMPT_BYTES) == 0;
    kp_report_set(report, KP_FAULT_RULE_NAMED, right, "verdict",
                  "it names somebody that the agreement hasn't, is of another attempt, or says "
                  "what its kind doesn't");
}

/* ---- kinds 2 to 7: records ---- */

/* Every record that is given stands where READY signed it, and the one that is meant is there. */
static bool check_records(const struct kp_verify_fault *fault, struct kp_report *report,
                          uint32_t about)
{
    const struct kp_verify_match *match = &fault->match;
    char name[KP_RULING_RECORD];
    bool has = about >= 1 && match->of[about - 1].record[0].has;
    for (uint32_t i = 0; i < match->it.members; i++) {
        for (uint32_t part = 0; part < KP_VERIFY_RECORDS; part++) {
            const struct kp_verify_one_record *record = &match->of[i].record[part];
            if (record->has) {
                bool second = part == 1;
                kp_fault_name(name, fault, i + 1);
                kp_report_set(report, KP_FAULT_RULE_SHOWN,
                              kp_verify_match_entry(match, i + 1, part) &&
                                  second <= (fault->verdict.kind == KP_FAULT_UNSORTED) &&
                                  (!second || i + 1 == about),
                              name, "its entry isn't at this position of what its READY signed");
            }
        }
    }
    if (!has) {
        kp_report_broken(report, KP_FAULT_RULE_SHOWN, "records",
                         "the one that is meant isn't there");
    }
    return kp_report_is_ok(report, KP_FAULT_RULE_SHOWN);
}

/* Nothing is shown of others than it takes. */
static bool is_alone(const struct kp_verify_match *match, uint32_t member)
{
    uint32_t members[KP_MEMBERS_MAX];
    return kp_verify_match_members(match, members) == 1 && members[0] == member;
}

static bool has_path(const struct kp_verify_one_record *record)
{
    return record->proof.leaf_path.size > 0 || record->proof.has_leaf;
}

/* A path of a leaf is there only where it is about that leaf. */
static bool has_no_paths_but(const struct kp_verify_match *match, uint32_t member)
{
    for (uint32_t i = 0; i < match->it.members; i++) {
        for (uint32_t part = 0; part < KP_VERIFY_RECORDS; part++) {
            if ((i + 1 != member || part == 1) && has_path(&match->of[i].record[part])) {
                return false;
            }
        }
    }
    return true;
}

static bool is_unsorted(const struct kp_verify_fault *fault, uint32_t member)
{
    const struct kp_verify_of_member *of = &fault->match.of[member - 1];
    return is_alone(&fault->match, member) && of->record[1].has &&
           of->record[0].proof.position == fault->verdict.position &&
           of->record[1].proof.position == fault->verdict.before &&
           fault->verdict.before < fault->verdict.position &&
           memcmp(of->record[1].entry.tag, of->record[0].entry.tag, KP_DIGEST_BYTES) >= 0;
}

static bool is_false_share(const struct kp_verify_fault *fault, uint32_t member)
{
    return is_alone(&fault->match, member) &&
           fault->match.of[member - 1].record[0].proof.position == fault->verdict.position &&
           !kp_verify_match_share(&fault->match, member);
}

/* All records have the tag of the one that is meant, and a share under it; s from t of them. Others
 * than these aren't shown. */
static bool has_secret(const struct kp_verify_fault *fault, uint32_t member,
                       uint8_t secret[static KP_SCALAR_BYTES])
{
    const struct kp_verify_match *match = &fault->match;
    const uint8_t *tag = match->of[member - 1].record[0].entry.tag;
    for (uint32_t i = 0; i < match->it.members; i++) {
        const struct kp_verify_one_record *record = &match->of[i].record[0];
        if (record->has && (memcmp(record->entry.tag, tag, KP_DIGEST_BYTES) != 0 ||
                            !kp_verify_match_share(match, i + 1))) {
            return false;
        }
    }
    return kp_verify_match_secret(match, tag, secret);
}

/* Partial openings of this record, by all holders and right; of no other one. */
static bool has_partials(const struct kp_verify_match *match, uint32_t member)
{
    for (uint32_t i = 0; i < match->it.members; i++) {
        for (uint32_t h = 0; h < KP_OPENING_KEYS_MAX; h++) {
            bool wanted = i + 1 == member && h < match->it.agreement->opening_key_count;
            if (match->of[i].has_partial[h] != wanted ||
                (wanted && !kp_verify_match_partial(match, member, h + 1))) {
                return false;
            }
        }
    }
    return true;
}

/* The slot's leaf is shown, and is another one than the record's. */
static bool is_other_leaf(const struct kp_verify_match *match, uint32_t member)
{
    const struct kp_verify_of_member *of = &match->of[member - 1];
    const struct kp_proof_record *proof = &of->record[0].proof;
    uint32_t slots = kp_agreement_member_slots(match->it.agreement, member);
    uint8_t leaf[KP_DIGEST_BYTES];
    if (of->content.index >= slots) {
        return !has_path(&of->record[0]);
    }
    kp_verify_leaf(leaf, match->it.agreement, &of->content);
    return proof->has_leaf && memcmp(leaf, proof->leaf, sizeof(leaf)) != 0 &&
           kp_verify_path(match->it.hello2_body[member - 1].slots_root, proof->leaf, slots,
                          of->content.index, &proof->leaf_path);
}

static bool is_canary(const struct kp_verify_match *match, uint32_t member)
{
    return match->of[member - 1].content.address[0] == 1;
}

static bool is_wrong_inside(struct kp_verify_match *match, uint32_t member)
{
    bool shows_leaf = has_path(&match->of[member - 1].record[0]);
    if (!kp_verify_match_open(match, member)) {
        return !shows_leaf;
    }
    if (shows_leaf || match->of[member - 1].content.index >=
                          kp_agreement_member_slots(match->it.agreement, member)) {
        return is_other_leaf(match, member);
    }
    bool canary = is_canary(match, member);
    return !kp_verify_match_g(match, member) || !kp_verify_match_tag(match, member) ||
           (!canary &&
            (!kp_verify_match_address(match, member) || !kp_verify_match_area(match, member) ||
             !kp_verify_match_indicators(match, member)));
}

/* Kinds 4 to 6: each where all steps before it hold. */
static bool is_bad_record(struct kp_verify_fault *fault, uint32_t member)
{
    struct kp_verify_match *match = &fault->match;
    enum kp_fault_kind kind = fault->verdict.kind;
    uint8_t secret[KP_SCALAR_BYTES];
    if (match->of[member - 1].record[0].proof.position != fault->verdict.position ||
        !has_no_paths_but(match, kind == KP_FAULT_CONTENT ? member : 0) ||
        !has_secret(fault, member, secret)) {
        return false;
    }
    bool opens = kp_verify_match_outer(match, member, secret);
    if (kind == KP_FAULT_OUTER || !opens) {
        return kind == KP_FAULT_OUTER && !opens;
    }
    bool sealed = kp_verify_match_seal(match, member);
    if (kind == KP_FAULT_SEAL || !sealed) {
        return kind == KP_FAULT_SEAL && !sealed;
    }
    return has_partials(match, member) && is_wrong_inside(match, member);
}

/* Kind 7: what the holder's own log has of this record isn't its part. */
static bool is_false_partial(struct kp_verify_fault *fault)
{
    struct kp_verify_match *match = &fault->match;
    uint32_t holder = fault->verdict.holder, about = fault->verdict.about;
    uint8_t secret[KP_SCALAR_BYTES];
    for (uint32_t i = 0; i < match->it.members; i++) {
        /* Of this holder only, and only of records that are shown. */
        if (match->of[i].has_partial[2 - holder] ||
            (match->of[i].has_partial[holder - 1] && !match->of[i].record[0].has)) {
            return false;
        }
    }
    return !match->has_opening[2 - holder] && match->of[about - 1].has_partial[holder - 1] &&
           has_no_paths_but(match, 0) && has_secret(fault, about, secret) &&
           kp_verify_match_outer(match, about, secret) && kp_verify_match_seal(match, about) &&
           !kp_verify_match_partial(match, about, holder);
}

static void check_partial(struct kp_verify_fault *fault, struct kp_report *report)
{
    uint32_t holder = fault->verdict.holder, about = fault->verdict.about;
    if (about > fault->match.it.members || !check_records(fault, report, about)) {
        return;
    }
    kp_report_set(report, KP_FAULT_RULE_SHOWN,
                  kp_verify_match_logged(&fault->match, holder) &&
                      kp_verify_match_act(&fault->match, holder),
                  "opening", "the holder's log doesn't tell of these partial openings");
    kp_report_set(report, KP_FAULT_RULE_FAULT, is_false_partial(fault), "partial opening",
                  "it is right, or can't be seen to be false");
}

static void check_of_record(struct kp_verify_fault *fault, struct kp_report *report)
{
    uint32_t member = kp_fault_one(fault->verdict.members);
    char name[KP_RULING_RECORD];
    if (!check_records(fault, report, member)) {
        return;
    }
    bool is = false;
    switch ((int)fault->verdict.kind) {
    case KP_FAULT_UNSORTED:
        is = has_no_paths_but(&fault->match, 0) && is_unsorted(fault, member);
        break;
    case KP_FAULT_SHARE:
        is = has_no_paths_but(&fault->match, 0) && is_false_share(fault, member);
        break;
    default:
        is = is_bad_record(fault, member);
        break;
    }
    kp_fault_name(name, fault, member);
    kp_report_set(report, KP_FAULT_RULE_FAULT, is, name,
                  "its entry is right, or the fault is another one than this");
}

/* ---- all kinds ---- */

static void check_kind(struct kp_verify_fault *fault, struct kp_report *report,
                       struct kp_fault_says *says)
{
    switch (fault->verdict.kind) {
    case KP_FAULT_CHUNK:
        kp_fault_chunk(fault, report);
        break;
    case KP_FAULT_UNSORTED:
    case KP_FAULT_SHARE:
    case KP_FAULT_OUTER:
    case KP_FAULT_SEAL:
    case KP_FAULT_CONTENT:
        check_of_record(fault, report);
        break;
    case KP_FAULT_PARTIAL:
        check_partial(fault, report);
        break;
    case KP_FAULT_RESULTS:
        kp_fault_results(fault, report, says->text);
        break;
    case KP_FAULT_CANARY:
        kp_fault_canary(fault, report);
        break;
    case KP_FAULT_NONE:
    case KP_FAULT_SILENT:
    case KP_FAULT_COORDINATOR_SILENT:
    case KP_FAULT_KINDS:
        break;
    }
}

static void free_fault(struct kp_verify_fault *fault)
{
    kp_verify_match_free(&fault->match);
    for (uint32_t i = 0; i < KP_FAULT_GROUPS; i++) {
        kp_proof_result_free(&fault->group[i]);
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_opened_letter_free(&fault->letter[i]);
    }
    free(fault);
}

/* The verdict itself, which says what else there must be. */
static enum kp_status find_verdict(struct kp_proof_verdict *verdict,
                                   const struct kp_verify_export *export, struct kp_error *error)
{
    for (size_t i = 0; i < export->count; i++) {
        const struct kp_buffer *content = &export->items[i].content;
        if (export->items[i].kind == KP_EXPORT_FAULT) {
            return kp_proof_verdict_unpack(verdict, content->data, content->size, error);
        }
    }
    return kp_fail(error, KP_REFUSED, "there is none");
}

static enum kp_status check_released(const struct kp_verify_versions *versions,
                                     const struct kp_verify_export *export,
                                     const struct kp_proof_verdict *verdict,
                                     struct kp_report *report, struct kp_fault_says *says,
                                     struct kp_error *error)
{
    struct kp_verify_fault *fault = calloc(1, sizeof(*fault));
    if (fault == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify a verdict");
    }
    fault->verdict = *verdict;
    if (load(fault, versions, export, report) == KP_OK &&
        kp_verify_signed_check(&fault->match.it, report)) {
        kp_report_ok(report, KP_SIGNED_FORM);
        kp_verify_match_split(&fault->match);
        check_named(fault, report);
        if (kp_report_is_ok(report, KP_FAULT_RULE_NAMED)) {
            check_kind(fault, report, says);
        }
        says->agreement = fault->match.it.agreement;
    }
    free_fault(fault);
    return KP_OK;
}

bool kp_verify_fault_holds(const struct kp_report *report)
{
    return report->count > 0 && kp_report_count(report, KP_VERDICT_OK) == report->count;
}

enum kp_status kp_verify_fault_check(const struct kp_verify_versions *versions,
                                     const struct kp_verify_export *export,
                                     const struct kp_verify_receipts *receipts,
                                     struct kp_report *report, struct kp_fault_says *says,
                                     struct kp_error *error)
{
    struct kp_proof_verdict verdict;
    struct kp_error why = {0};
    memset(says, 0, sizeof(*says));
    kp_report_start(report, rules, KP_FAULT_RULES);
    enum kp_status status = find_verdict(&verdict, export, &why);
    if (status != KP_OK) {
        kp_report_broken(report, KP_SIGNED_FORM, "verdict", "%.250s", why.text);
        return KP_OK;
    }
    if (verdict.kind == KP_FAULT_SILENT || verdict.kind == KP_FAULT_COORDINATOR_SILENT) {
        status = kp_fault_silence_check(versions, export, receipts, &verdict, report, says, error);
    } else {
        status = check_released(versions, export, &verdict, report, says, error);
    }
    if (status == KP_OK && kp_verify_fault_holds(report)) {
        says->verdict = verdict;
    } else {
        memset(says, 0, sizeof(*says));
    }
    return status;
}
