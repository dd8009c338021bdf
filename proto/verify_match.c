#include "proto/verify_match.h"

#include "proto/party.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <string.h>

/* ---- loading ---- */

static enum kp_status load_record(struct kp_verify_match *match, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    struct kp_verify_one_record *record = &match->of[item->member - 1].record[item->part];
    enum kp_status status =
        kp_proof_record_unpack(&record->proof, item->content.data, item->content.size, error);
    record->has = status == KP_OK; /* its size depends on the version: kp_verify_match_split */
    return status;
}

static enum kp_status load_opening(struct kp_verify_match *match, const struct kp_export_item *item,
                                   struct kp_error *error)
{
    uint32_t i = item->part - 1;
    struct kp_proof_opening *opening = &match->opening[i];
    enum kp_status status =
        kp_proof_opening_unpack(opening, item->content.data, item->content.size, error);
    match->has_opening[i] = status == KP_OK;
    if (status == KP_OK) {
        status = kp_audit_entry_unpack(&match->logged[i], opening->entry.data, opening->entry.size,
                                       error);
    }
    if (status == KP_OK && kp_verify_entry_hash(match->logged_hash[i], opening->entry.data,
                                                opening->entry.size) != KP_OK) {
        status = kp_fail(error, KP_REFUSED, "its log entry isn't signed");
    }
    return status;
}

enum kp_status kp_verify_match_item(struct kp_verify_match *match,
                                    const struct kp_export_item *item, struct kp_error *error)
{
    bool of_holder = item->part >= 1 && item->part <= KP_OPENING_KEYS_MAX;
    bool of_member = item->member >= 1 && item->member <= match->it.members;
    if (item->kind == KP_EXPORT_RECORD && of_member && item->part < KP_VERIFY_RECORDS) {
        return load_record(match, item, error);
    }
    if (item->kind == KP_EXPORT_PARTIAL && of_member && of_holder) {
        struct kp_verify_of_member *of = &match->of[item->member - 1];
        if (item->content.size != KP_PARTIAL_BYTES) {
            return kp_fail(error, KP_REFUSED, "a partial opening of %zu bytes", item->content.size);
        }
        memcpy(of->partial[item->part - 1], item->content.data, KP_PARTIAL_BYTES);
        of->has_partial[item->part - 1] = true;
        return KP_OK;
    }
    if (item->kind == KP_EXPORT_OPENING && item->member == 0 && of_holder) {
        return load_opening(match, item, error);
    }
    return kp_fail(error, KP_REFUSED, "it doesn't belong here");
}

/* Of a round of counts an entry is its tag, and nothing else of it may be looked at. */
static bool split(struct kp_verify_one_record *record, const struct kp_verify_signed *it,
                  uint32_t member)
{
    if (it->round_type == KP_ROUND_COUNT) {
        record->entry = (struct kp_verify_entry){.tag = record->proof.entry.data};
        return record->proof.entry.size == KP_DIGEST_BYTES;
    }
    return kp_verify_entry_split(&record->entry, it->agreement, member, &record->proof.entry);
}

void kp_verify_match_split(struct kp_verify_match *match)
{
    for (uint32_t i = 0; i < match->it.members; i++) {
        for (uint32_t k = 0; k < KP_VERIFY_RECORDS; k++) {
            struct kp_verify_one_record *record = &match->of[i].record[k];
            record->whole = record->has && split(record, &match->it, i + 1);
        }
    }
}

void kp_verify_match_free(struct kp_verify_match *match)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        for (uint32_t k = 0; k < KP_VERIFY_RECORDS; k++) {
            kp_proof_record_free(&match->of[i].record[k].proof);
        }
    }
    for (uint32_t i = 0; i < KP_OPENING_KEYS_MAX; i++) {
        kp_proof_opening_free(&match->opening[i]);
    }
}

uint32_t kp_verify_match_members(const struct kp_verify_match *match,
                                 uint32_t members[static KP_MEMBERS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        if (match->of[i].record[0].has) {
            members[count++] = i + 1;
        }
    }
    return count;
}

/* ---- from the entry to the seal ---- */

bool kp_verify_match_entry(const struct kp_verify_match *match, uint32_t member, uint32_t part)
{
    const struct kp_verify_one_record *record = &match->of[member - 1].record[part];
    uint8_t leaf[KP_DIGEST_BYTES];
    if (!record->whole) {
        return false;
    }
    if (match->it.round_type == KP_ROUND_COUNT) {
        kp_verify_tag_leaf(leaf, record->entry.tag);
    } else {
        kp_verify_entry_leaf(leaf, &record->entry);
    }
    return kp_verify_path(match->it.ready_body[member - 1].entries_root, leaf,
                          match->it.ready_body[member - 1].entries, record->proof.position,
                          &record->proof.entry_path);
}

bool kp_verify_match_share(const struct kp_verify_match *match, uint32_t member)
{
    struct kp_verify_place place = kp_verify_place_of(&match->it, member);
    return kp_verify_share(&place, &match->of[member - 1].record[0].entry);
}

bool kp_verify_match_secret(const struct kp_verify_match *match,
                            const uint8_t tag[static KP_DIGEST_BYTES],
                            uint8_t secret[static KP_SCALAR_BYTES])
{
    uint8_t shares[KP_MEMBERS_MAX][KP_SCALAR_BYTES];
    uint32_t members[KP_MEMBERS_MAX], good[KP_MEMBERS_MAX], found = 0;
    uint32_t count = kp_verify_match_members(match, members);
    uint32_t threshold = match->it.agreement->threshold;
    for (uint32_t i = 0; i < count && found < threshold; i++) {
        const struct kp_verify_one_record *record = &match->of[members[i] - 1].record[0];
        if (kp_verify_match_entry(match, members[i], 0) &&
            memcmp(record->entry.tag, tag, KP_DIGEST_BYTES) == 0 &&
            kp_verify_match_share(match, members[i])) {
            memcpy(shares[found], record->entry.share, KP_SCALAR_BYTES);
            good[found++] = members[i];
        }
    }
    if (found < threshold) {
        return false;
    }
    kp_verify_interpolate(secret, good, (const uint8_t(*)[KP_SCALAR_BYTES])shares, threshold);
    return true;
}

bool kp_verify_match_outer(struct kp_verify_match *match, uint32_t member,
                           const uint8_t secret[static KP_SCALAR_BYTES])
{
    struct kp_verify_place place = kp_verify_place_of(&match->it, member);
    struct kp_verify_of_member *of = &match->of[member - 1];
    return kp_verify_outer(&of->inner, &place, &of->record[0].entry, secret);
}

bool kp_verify_match_seal(const struct kp_verify_match *match, uint32_t member)
{
    struct kp_verify_place place = kp_verify_place_of(&match->it, member);
    const struct kp_verify_of_member *of = &match->of[member - 1];
    return kp_verify_seal(&of->inner, &place, of->record[0].entry.tag);
}

bool kp_verify_match_partial(const struct kp_verify_match *match, uint32_t member, uint32_t holder)
{
    struct kp_verify_place place = kp_verify_place_of(&match->it, member);
    const struct kp_verify_of_member *of = &match->of[member - 1];
    return of->has_partial[holder - 1] &&
           kp_verify_partial(of->partial[holder - 1], holder, &of->inner, &place,
                             of->record[0].entry.tag);
}

bool kp_verify_match_open(struct kp_verify_match *match, uint32_t member)
{
    struct kp_verify_place place = kp_verify_place_of(&match->it, member);
    struct kp_verify_of_member *of = &match->of[member - 1];
    return kp_verify_open(&of->content, &of->inner, &place, of->record[0].entry.tag,
                          (const uint8_t(*)[KP_PARTIAL_BYTES])of->partial,
                          match->it.agreement->opening_key_count);
}

/* ---- what is inside ---- */

bool kp_verify_match_g(const struct kp_verify_match *match, uint32_t member)
{
    uint8_t digest[KP_DIGEST_BYTES];
    kp_verify_g_hash(digest, match->of[member - 1].content.g);
    return memcmp(digest, match->it.ready_body[member - 1].g_digest, sizeof(digest)) == 0;
}

bool kp_verify_match_leaf(const struct kp_verify_match *match, uint32_t member)
{
    const struct kp_verify_of_member *of = &match->of[member - 1];
    uint8_t leaf[KP_DIGEST_BYTES];
    kp_verify_leaf(leaf, match->it.agreement, &of->content);
    return kp_verify_path(match->it.hello2_body[member - 1].slots_root, leaf,
                          kp_agreement_member_slots(match->it.agreement, member), of->content.index,
                          &of->record[0].proof.leaf_path);
}

bool kp_verify_match_address(const struct kp_verify_match *match, uint32_t member)
{
    return kp_verify_address(match->it.agreement, match->of[member - 1].content.address);
}

bool kp_verify_match_area(const struct kp_verify_match *match, uint32_t member)
{
    return kp_verify_area(match->it.agreement, match->of[member - 1].content.address);
}

bool kp_verify_match_tag(const struct kp_verify_match *match, uint32_t member)
{
    struct kp_verify_place place = kp_verify_place_of(&match->it, member);
    const struct kp_verify_of_member *of = &match->of[member - 1];
    return kp_verify_tag(&of->content, &place, &of->record[0].entry);
}

bool kp_verify_match_indicators(const struct kp_verify_match *match, uint32_t member)
{
    const uint8_t *bits = match->of[member - 1].content.indicators;
    size_t registered = match->it.agreement->members[member - 1].indicator_count;
    bool any = false;
    if ((match->it.agreement->discloses & KP_DISCLOSE_INDICATORS) == 0) {
        return true; /* a commitment; the member's own audit opens it */
    }
    for (size_t i = 0; i < 8u * KP_INDICATOR_SET_BYTES; i++) {
        bool set = (bits[i / 8] >> (i % 8) & 1) != 0;
        if (set && i >= registered) {
            return false;
        }
        any = any || set;
    }
    return any;
}

/* ---- who opened ---- */

static uint32_t party_of(uint32_t holder)
{
    return holder == 1 ? KP_PARTY_LEADER : KP_PARTY_OPENER;
}

bool kp_verify_match_logged(const struct kp_verify_match *match, uint32_t holder)
{
    const struct kp_audit_entry *entry = &match->logged[holder - 1];
    return match->has_opening[holder - 1] && entry->party == party_of(holder) &&
           memcmp(entry->lineage, match->it.agreement->lineage, KP_DIGEST_BYTES) == 0 &&
           (entry->event == KP_AUDIT_OPENED || (uint32_t)entry->event == 82) &&
           entry->counter == match->it.counter && entry->has_attempt &&
           memcmp(entry->attempt, match->it.attempt, KP_ATTEMPT_BYTES) == 0 &&
           kp_verify_log_check_signature(match->it.versions, entry,
                                         match->logged_hash[holder - 1]) == KP_OK;
}

bool kp_verify_match_act(const struct kp_verify_match *match, uint32_t holder)
{
    const struct kp_audit_entry *entry = &match->logged[holder - 1];
    const struct kp_proof_opening *opening = &match->opening[holder - 1];
    uint8_t partials[KP_MEMBERS_MAX][KP_PARTIAL_BYTES], leaf[KP_DIGEST_BYTES];
    uint32_t members[KP_MEMBERS_MAX], given[KP_MEMBERS_MAX], found = 0;
    uint32_t count = kp_verify_match_members(match, members);
    for (uint32_t i = 0; i < match->it.members; i++) { /* also of records that aren't shown */
        const struct kp_verify_of_member *of = &match->of[i];
        if (of->has_partial[holder - 1]) {
            memcpy(partials[found], of->partial[holder - 1], KP_PARTIAL_BYTES);
            given[found++] = i + 1;
        }
    }
    if (found == 0 || count == 0 || !match->has_opening[holder - 1] || !entry->has_digest) {
        return false;
    }
    struct kp_verify_place place = kp_verify_place_of(&match->it, members[0]);
    kp_verify_act_leaf(leaf, &place, match->of[members[0] - 1].record[0].entry.tag, holder, given,
                       (const uint8_t(*)[KP_PARTIAL_BYTES])partials, found);
    return entry->count == opening->count &&
           kp_verify_path(entry->digest, leaf, opening->count, opening->index, &opening->path);
}
