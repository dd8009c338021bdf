/* Verdict 10: a canary is missing from the results. */
#include "proto/verify_fault_internal.h"

#include "proto/canary_notice.h"
#include "proto/party.h"
#include "proto/verify_digest.h"

#include <string.h>

/* Section 22: what is signed inside a letter. */
static bool letter_is_signed(const struct kp_verify_fault *fault, uint32_t member)
{
    const struct kp_verify_signed *it = &fault->match.it;
    const struct kp_opened_letter *letter = &fault->letter[member - 1];
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 letter");
    kp_hash_number(&state, 1);
    kp_hash_field(&state, it->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_number(&state, (uint64_t)letter->type);
    kp_hash_number(&state, letter->from);
    kp_hash_number(&state, letter->to);
    kp_hash_field(&state, letter->subject, sizeof(letter->subject));
    kp_hash_number(&state, letter->part);
    kp_hash_number(&state, letter->parts);
    kp_hash_number(&state, letter->time);
    kp_hash_field(&state, letter->plain.data, letter->plain.size);
    kp_hash_digest(&state, digest);
    return letter->type == KP_LETTER_CANARY_NOTICE && letter->from == member &&
           letter->to == KP_PARTY_LEADER &&
           memcmp(letter->subject, it->attempt, KP_ATTEMPT_BYTES) == 0 &&
           kp_sign_check(letter->signature, it->agreement->members[member - 1].identity_key,
                         "letter", digest, sizeof(digest)) == KP_OK;
}

/* The member submitted this canary: an item of its letter that is under its READY. */
static bool find_item(const struct kp_verify_fault *fault, uint32_t member,
                      const uint8_t tag[static KP_DIGEST_BYTES],
                      uint8_t share[static KP_SCALAR_BYTES])
{
    const struct kp_verify_signed *it = &fault->match.it;
    const struct kp_opened_letter *letter = &fault->letter[member - 1];
    const struct kp_ready *ready = &it->ready_body[member - 1];
    size_t size = kp_verify_entry_size(it->agreement, member);
    struct kp_canary_notice notice;
    if (kp_canary_notice_read(&notice, it->agreement, member, it->counter, letter->part,
                              &letter->plain, NULL) != KP_OK) {
        return false;
    }
    for (uint32_t i = 0; i < notice.count; i++) {
        struct kp_canary_item item = kp_canary_notice_item(&notice, it->agreement, member, i);
        struct kp_buffer bytes = {0}, path = {0};
        struct kp_verify_entry entry;
        uint8_t leaf[KP_DIGEST_BYTES];
        bool found = false;
        if (item.position < ready->entries && memcmp(item.entry, tag, KP_DIGEST_BYTES) == 0 &&
            kp_buffer_set(&bytes, item.entry, size) == KP_OK &&
            kp_buffer_set(&path, item.path,
                          kp_verify_path_length(ready->entries, item.position) * KP_DIGEST_BYTES) ==
                KP_OK &&
            kp_verify_entry_split(&entry, it->agreement, member, &bytes)) {
            struct kp_verify_place place = kp_verify_place_of(it, member);
            kp_verify_entry_leaf(leaf, &entry);
            found =
                kp_verify_path(ready->entries_root, leaf, ready->entries, item.position, &path) &&
                kp_verify_share(&place, &entry);
            memcpy(share, entry.share, KP_SCALAR_BYTES);
        }
        kp_buffer_free(&bytes);
        kp_buffer_free(&path);
        if (found) {
            return true;
        }
    }
    return false;
}

/* The results go from a smaller tag to a larger one without it, or have it without these members.
 */
static bool is_missing(const struct kp_verify_fault *fault, const uint8_t *tag, uint32_t senders)
{
    const struct kp_proof_result *left = &fault->group[0], *right = &fault->group[1];
    uint8_t found[KP_DIGEST_BYTES];
    uint32_t members = 0;
    if (!fault->has_group[1] && kp_fault_item_tag(left, found, &members) &&
        memcmp(found, tag, KP_DIGEST_BYTES) == 0) {
        return (senders & ~members) != 0;
    }
    bool below =
        kp_fault_item_kind(left) < KP_FAULT_KEY_GROUP ||
        (kp_fault_item_tag(left, found, &members) && memcmp(found, tag, KP_DIGEST_BYTES) < 0);
    if (!fault->has_group[1]) {
        return below && left->index + 1 == left->count;
    }
    bool above =
        (kp_fault_item_kind(right) > KP_FAULT_KEY_GROUP &&
         kp_fault_item_kind(right) != UINT32_MAX) ||
        (kp_fault_item_tag(right, found, &members) && memcmp(found, tag, KP_DIGEST_BYTES) > 0);
    return below && above && left->count == right->count && left->index + 1 == right->index;
}

/* The coordinator says itself that these members gave all, and that nothing was refused. */
static bool gave_all(const struct kp_verify_fault *fault, uint32_t senders)
{
    const struct kp_verify_signed *it = &fault->match.it;
    struct kp_round_message message = {0};
    struct kp_phase_list list = {0};
    bool gave = fault->list != NULL &&
                kp_fault_of_coordinator(it->agreement, it->attempt, fault->list,
                                        KP_MESSAGE_PHASE_LIST, &message) &&
                kp_phase_list_unpack(&list, &message.body, NULL) == KP_OK &&
                list.counter == it->counter && list.phase == KP_PHASE_RELEASE &&
                ((list.late | list.refused) & senders) == 0;
    kp_round_message_free(&message);
    return gave;
}

/* A canary that all senders submitted and that is missing; the tag is in the first one's letter. */
static bool canary_is_missing(const struct kp_verify_fault *fault, const uint32_t *senders,
                              uint32_t count, uint32_t bits)
{
    const struct kp_verify_signed *it = &fault->match.it;
    const struct kp_opened_letter *first = &fault->letter[senders[0] - 1];
    struct kp_canary_notice notice;
    if (kp_canary_notice_read(&notice, it->agreement, senders[0], it->counter, first->part,
                              &first->plain, NULL) != KP_OK) {
        return false;
    }
    struct kp_verify_place place = kp_verify_place_of(it, senders[0]);
    for (uint32_t i = 0; i < notice.count; i++) {
        struct kp_canary_item item = kp_canary_notice_item(&notice, it->agreement, senders[0], i);
        uint8_t shares[KP_MEMBERS_MAX][KP_SCALAR_BYTES];
        bool all = is_missing(fault, item.entry, bits);
        for (uint32_t k = 0; all && k < count; k++) {
            all = find_item(fault, senders[k], item.entry, shares[k]);
        }
        if (all && kp_verify_tag_of_shares(&place, item.entry, senders,
                                           (const uint8_t(*)[KP_SCALAR_BYTES])shares, count)) {
            return true;
        }
    }
    return false;
}

void kp_fault_canary(struct kp_verify_fault *fault, struct kp_report *report)
{
    const struct kp_verify_signed *it = &fault->match.it;
    uint32_t senders[KP_MEMBERS_MAX], count = 0, bits = 0;
    bool shown = fault->result[1] == NULL && kp_fault_is_result(fault, 0) && fault->has_group[0] &&
                 kp_fault_is_under_root(fault, 0) &&
                 (!fault->has_group[1] || kp_fault_is_under_root(fault, 1));
    for (uint32_t i = 0; i < it->members; i++) {
        if (fault->has_letter[i]) {
            shown = shown && letter_is_signed(fault, i + 1);
            senders[count++] = i + 1;
            bits |= 1u << i;
        }
    }
    kp_report_set(report, KP_FAULT_RULE_SHOWN,
                  shown && count == it->agreement->threshold && gave_all(fault, bits), "RESULT",
                  "letters, RESULT or the list of the release aren't those of this round, or a "
                  "member of the canary's wasn't heard in full");
    if (kp_report_is_ok(report, KP_FAULT_RULE_SHOWN)) {
        kp_report_set(report, KP_FAULT_RULE_FAULT, canary_is_missing(fault, senders, count, bits),
                      "results", "no canary that all of them submitted is missing here");
    }
}
