/* Verdicts 2 to 7, which name a member by what its READY signed, or a holder by its log. */
#include "proto/verify_fault_internal.h"

#include <string.h>

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

void kp_fault_partial(struct kp_verify_fault *fault, struct kp_report *report)
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

void kp_fault_record(struct kp_verify_fault *fault, struct kp_report *report)
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
