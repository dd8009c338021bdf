/* Verdicts that name the coordinator by what it signed: results that can't be, and a canary that is
 * missing from them. And the one about a chunk. */
#include "proto/verify_fault_internal.h"

#include "proto/canary_notice.h"
#include "proto/numbers.h"
#include "proto/party.h"
#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- kind 1: a chunk ---- */

static uint32_t chunks_of(uint32_t items, uint32_t size)
{
    return items / size + (items % size > 0 ? 1 : 0);
}

static uint32_t chunk_items(uint32_t items, uint32_t size, uint32_t part)
{
    uint32_t left = items - part * size;
    return left < size ? left : size;
}

/* Section 24: the seed that HELLO 2 committed to. */
static bool is_seed(const struct kp_verify_signed *it, uint32_t member, const uint8_t *seed)
{
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 audit commitment");
    kp_hash_field(&state, it->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, it->attempt, KP_ATTEMPT_BYTES);
    kp_hash_number(&state, member);
    kp_hash_field(&state, seed, KP_AUDIT_SEED_BYTES);
    kp_hash_digest(&state, digest);
    return memcmp(digest, it->hello2_body[member - 1].audit_commitment, sizeof(digest)) == 0;
}

static bool leaves_are_right(const struct kp_verify_signed *it,
                             const struct kp_round_message *message)
{
    uint32_t slots = kp_agreement_member_slots(it->agreement, message->from);
    uint32_t chunks = chunks_of(slots, KP_CHUNK_LEAVES), part = message->part;
    struct kp_leaves leaves = {0};
    uint8_t root[KP_DIGEST_BYTES];
    if (it->round_type != KP_ROUND_MATCH || part >= chunks) {
        return false;
    }
    uint32_t count = chunk_items(slots, KP_CHUNK_LEAVES, part);
    bool seeded = part == 0 && it->agreement->audit_slots > 0;
    bool right = kp_leaves_unpack(&leaves, (size_t)count * KP_DIGEST_BYTES,
                                  kp_verify_path_length(chunks, part) * KP_DIGEST_BYTES, part == 0,
                                  &message->body, NULL) == KP_OK &&
                 leaves.has_audit_seed == seeded &&
                 (!seeded || is_seed(it, message->from, leaves.audit_seed));
    if (right) {
        kp_verify_merkle_root(root, leaves.digests.data, count);
        right = kp_verify_chunk_path(it->hello2_body[message->from - 1].slots_root, root, chunks,
                                     part, &leaves.path);
    }
    kp_leaves_free(&leaves);
    return right;
}

static bool entries_are_right(const struct kp_verify_signed *it,
                              const struct kp_round_message *message, const uint8_t *entries,
                              uint32_t count, uint32_t chunks, const struct kp_buffer *path)
{
    size_t size = kp_verify_entry_size(it->agreement, message->from);
    uint8_t *leaves = malloc((size_t)count * KP_DIGEST_BYTES);
    uint8_t root[KP_DIGEST_BYTES];
    bool right = leaves != NULL;
    for (uint32_t i = 0; right && i < count; i++) {
        struct kp_buffer bytes = {.size = size};
        struct kp_verify_entry entry;
        right = kp_buffer_set(&bytes, entries + i * size, size) == KP_OK &&
                kp_verify_entry_split(&entry, it->agreement, message->from, &bytes);
        if (right) {
            kp_verify_entry_leaf(leaves + (size_t)i * KP_DIGEST_BYTES, &entry);
        }
        kp_buffer_free(&bytes);
    }
    if (right) {
        kp_verify_merkle_root(root, leaves, count);
        right = kp_verify_chunk_path(it->ready_body[message->from - 1].entries_root, root, chunks,
                                     message->part, path);
    }
    free(leaves);
    return right;
}

static bool submission_is_right(const struct kp_verify_signed *it,
                                const struct kp_round_message *message)
{
    uint32_t slots = kp_agreement_member_slots(it->agreement, message->from);
    uint32_t chunks = chunks_of(slots, KP_CHUNK_ENTRIES), part = message->part;
    struct kp_submission submission = {0};
    if (part >= chunks) {
        return false;
    }
    uint32_t count = chunk_items(slots, KP_CHUNK_ENTRIES, part);
    bool right =
        kp_submission_unpack(
            &submission, count * kp_verify_entry_size(it->agreement, message->from),
            kp_verify_path_length(chunks, part) * KP_DIGEST_BYTES, &message->body, NULL) == KP_OK &&
        entries_are_right(it, message, submission.entries.data, count, chunks, &submission.path);
    kp_submission_free(&submission);
    return right;
}

void kp_fault_chunk(struct kp_verify_fault *fault, struct kp_report *report)
{
    const struct kp_verify_signed *it = &fault->match.it;
    uint32_t member = kp_fault_one(fault->verdict.members);
    struct kp_round_message message = {0};
    char name[KP_RULING_RECORD];
    kp_fault_name(name, fault, member);
    if (it->round_type != KP_ROUND_MATCH) {
        kp_report_unchecked(report, KP_FAULT_RULE_FAULT, "it is of a round of counts");
        return;
    }
    bool shown =
        fault->message != NULL &&
        kp_round_message_unpack(&message, fault->message->data, fault->message->size, NULL) ==
            KP_OK &&
        (message.type == KP_MESSAGE_LEAVES || message.type == KP_MESSAGE_SUBMISSION) &&
        message.from == member && message.to == KP_PARTY_COORDINATOR &&
        memcmp(message.attempt, it->attempt, KP_ATTEMPT_BYTES) == 0 &&
        kp_verify_message_signature(&message, it->agreement->lineage,
                                    it->agreement->members[member - 1].identity_key) == KP_OK;
    kp_report_set(report, KP_FAULT_RULE_SHOWN, shown, name,
                  "there is no LEAVES or SUBMISSION with its signature, of this attempt");
    if (shown) {
        bool right = message.type == KP_MESSAGE_LEAVES ? leaves_are_right(it, &message)
                                                       : submission_is_right(it, &message);
        kp_report_set(report, KP_FAULT_RULE_FAULT, !right, name, "the chunk is right");
    }
    kp_round_message_free(&message);
}

/* ---- what RESULT signed ---- */

/* A RESULT of this round, made of exactly these READYs: nobody can sign another READY afterwards
 * and hold it against the coordinator. */
static bool is_result(const struct kp_verify_fault *fault, uint32_t i)
{
    const struct kp_verify_signed *it = &fault->match.it;
    const struct kp_round_result *body = &fault->result_body[i];
    struct kp_round_message message = {0};
    struct kp_hash state;
    uint8_t readys[KP_DIGEST_BYTES];
    bool is = fault->result[i] != NULL &&
              kp_fault_of_coordinator(it->agreement, it->attempt, fault->result[i],
                                      KP_MESSAGE_RESULT, &message);
    kp_round_message_free(&message);
    kp_hash_start(&state, "Kruispunt-v1 readys");
    kp_hash_field(&state, it->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_number(&state, it->members);
    for (uint32_t k = 0; k < it->members; k++) {
        kp_hash_field(&state, it->ready[k].data, it->ready[k].size);
    }
    kp_hash_digest(&state, readys);
    return is && body->counter == it->counter &&
           memcmp(body->round_id, it->round_id, KP_DIGEST_BYTES) == 0 &&
           memcmp(body->readys, readys, sizeof(readys)) == 0;
}

static bool is_under_root(const struct kp_verify_fault *fault, uint32_t i)
{
    const struct kp_proof_result *item = &fault->group[i];
    struct kp_hash state;
    uint8_t leaf[KP_DIGEST_BYTES];
    kp_hash_start(&state, "Kruispunt-v1 result item");
    kp_hash_field(&state, item->key.data, item->key.size);
    kp_hash_field(&state, item->value.data, item->value.size);
    kp_hash_digest(&state, leaf);
    return kp_verify_path(fault->result_body[0].root, leaf, item->count, item->index, &item->path);
}

#define KEY_BYTES 10 /* round 4, kind 1, member 1, index 4 */
enum { KEY_TRANSCRIPT = 0, KEY_LEAVES = 1, KEY_GROUP = 2, KEY_PHASE_LIST = 3 };

static uint32_t kind_of(const struct kp_proof_result *item)
{
    return item->key.size == KEY_BYTES ? item->key.data[4] : UINT32_MAX;
}

/* ---- kind 9 ---- */

/* A record of a group: where its member's READY has it, of the group's tag, with a share under it.
 */
static bool record_is_right(const struct kp_verify_signed *it, const struct kp_result_group *group,
                            const struct kp_result_record *record)
{
    struct kp_verify_entry entry;
    uint8_t leaf[KP_DIGEST_BYTES];
    if (record->member > it->members ||
        !kp_verify_entry_split(&entry, it->agreement, record->member, &record->entry) ||
        memcmp(entry.tag, group->tag, KP_DIGEST_BYTES) != 0) {
        return false;
    }
    struct kp_verify_place place = kp_verify_place_of(it, record->member);
    const struct kp_ready *ready = &it->ready_body[record->member - 1];
    kp_verify_entry_leaf(leaf, &entry);
    return kp_verify_path(ready->entries_root, leaf, ready->entries, record->position,
                          &record->path) &&
           kp_verify_share(&place, &entry);
}

static const char *group_is_wrong(const struct kp_verify_signed *it,
                                  const struct kp_result_group *group)
{
    uint32_t after = 0;
    if (group->record_count < it->agreement->threshold) {
        return "a group has fewer records than the threshold";
    }
    for (uint32_t i = 0; i < group->record_count; i++) {
        const struct kp_result_record *record = &group->records[i];
        if (record->member <= after) {
            return "a group counts a member twice";
        }
        after = record->member;
        if (!record_is_right(it, group, record)) {
            return "a group has a record that its member's READY hasn't, of another tag, or with a "
                   "share that isn't under it";
        }
    }
    return NULL;
}

static const char *transcript_is_wrong(const struct kp_verify_signed *it,
                                       const struct kp_buffer *value)
{
    struct kp_result_transcript transcript;
    bool right =
        kp_result_transcript_unpack(&transcript, value->data, value->size, NULL) == KP_OK &&
        transcript.member_count == it->members;
    for (uint32_t i = 0; right && i < it->members; i++) {
        const struct kp_buffer *pairs[][2] = {{&transcript.hello1[i], &it->hello1[i]},
                                              {&transcript.hello2[i], &it->hello2[i]},
                                              {&transcript.ready[i], &it->ready[i]}};
        for (size_t k = 0; right && k < 3; k++) {
            right = pairs[k][0]->size == pairs[k][1]->size &&
                    memcmp(pairs[k][0]->data, pairs[k][1]->data, pairs[k][0]->size) == 0;
        }
    }
    kp_result_transcript_free(&transcript);
    return right ? NULL : "the hellos and READYs in it are others than RESULT's";
}

static const char *leaves_are_wrong(const struct kp_verify_signed *it,
                                    const struct kp_proof_result *item)
{
    uint32_t member = item->key.data[5];
    uint32_t slots =
        member >= 1 && member <= it->members ? kp_agreement_member_slots(it->agreement, member) : 0;
    uint32_t part = (uint32_t)kp_get_number(item->key.data + 6, 4);
    uint32_t chunks = chunks_of(slots, KP_CHUNK_LEAVES);
    uint8_t root[KP_DIGEST_BYTES];
    if (part >= chunks ||
        item->value.size != (size_t)chunk_items(slots, KP_CHUNK_LEAVES, part) * KP_DIGEST_BYTES) {
        return "leaves are of a member that has none, or of a wrong size";
    }
    if (chunks > 1) {
        return NULL; /* without the other chunks nobody can tell */
    }
    kp_verify_merkle_root(root, item->value.data, slots);
    return memcmp(root, it->hello2_body[member - 1].slots_root, sizeof(root)) == 0
               ? NULL
               : "leaves aren't those of its member's HELLO 2";
}

/* Why an item that RESULT signed can't be; NULL: it can. */
static const char *item_is_wrong(const struct kp_verify_fault *fault, uint32_t i)
{
    const struct kp_verify_signed *it = &fault->match.it;
    const struct kp_proof_result *item = &fault->group[i];
    struct kp_result_group group;
    if (item->key.size != KEY_BYTES || kp_get_number(item->key.data, 4) != it->counter ||
        kind_of(item) > KEY_PHASE_LIST) {
        return "an item's key is none of this round";
    }
    if (kind_of(item) == KEY_TRANSCRIPT) {
        return transcript_is_wrong(it, &item->value);
    }
    if (kind_of(item) == KEY_LEAVES) {
        return leaves_are_wrong(it, item);
    }
    if (kind_of(item) == KEY_PHASE_LIST) {
        return NULL;
    }
    const char *why = "a group doesn't unpack";
    if (kp_result_group_unpack(&group, item->value.data, item->value.size, NULL) == KP_OK) {
        why = group_is_wrong(it, &group);
    }
    kp_result_group_free(&group);
    return why;
}

static bool tag_of(const struct kp_proof_result *item, uint8_t tag[static KP_DIGEST_BYTES],
                   uint32_t *members)
{
    struct kp_result_group group;
    bool is = kind_of(item) == KEY_GROUP &&
              kp_result_group_unpack(&group, item->value.data, item->value.size, NULL) == KP_OK;
    if (is) {
        memcpy(tag, group.tag, KP_DIGEST_BYTES);
        *members = 0;
        for (uint32_t i = 0; i < group.record_count; i++) {
            *members |= 1u << (group.records[i].member - 1);
        }
    }
    if (kind_of(item) == KEY_GROUP) {
        kp_result_group_free(&group);
    }
    return is;
}

/* Two groups of one tag, or in a wrong order. */
static const char *pair_is_wrong(const struct kp_verify_fault *fault)
{
    uint8_t tags[2][KP_DIGEST_BYTES];
    uint32_t members = 0;
    return fault->group[0].count == fault->group[1].count &&
                   fault->group[0].index < fault->group[1].index &&
                   tag_of(&fault->group[0], tags[0], &members) &&
                   tag_of(&fault->group[1], tags[1], &members) &&
                   memcmp(tags[0], tags[1], KP_DIGEST_BYTES) >= 0
               ? "an address is counted twice, or the groups aren't in their order"
               : NULL;
}

/* Two RESULTs of one attempt that say different things. */
static bool is_two_results(const struct kp_verify_fault *fault)
{
    const struct kp_verify_signed *it = &fault->match.it;
    struct kp_round_message messages[2] = {0};
    bool two = true;
    for (uint32_t i = 0; i < 2; i++) {
        two = fault->result[i] != NULL &&
              kp_fault_of_coordinator(it->agreement, it->attempt, fault->result[i],
                                      KP_MESSAGE_RESULT, &messages[i]) &&
              two;
    }
    two = two && (messages[0].body.size != messages[1].body.size ||
                  memcmp(messages[0].body.data, messages[1].body.data, messages[0].body.size) != 0);
    kp_round_message_free(&messages[0]);
    kp_round_message_free(&messages[1]);
    return two;
}

void kp_fault_results(struct kp_verify_fault *fault, struct kp_report *report,
                      char text[static KP_FAULT_SAYS_TEXT])
{
    const char *why = NULL;
    if (fault->result[1] != NULL) {
        bool alone = !fault->has_group[0] && !fault->has_group[1];
        bool shown = alone && is_result(fault, 0);
        kp_report_set(report, KP_FAULT_RULE_SHOWN, shown, "RESULT",
                      "the first isn't the coordinator's, of this round and these READYs");
        why =
            shown && is_two_results(fault) ? "the coordinator signed two different results" : NULL;
    } else {
        bool shown = is_result(fault, 0) && fault->has_group[0] && is_under_root(fault, 0) &&
                     (!fault->has_group[1] || is_under_root(fault, 1));
        kp_report_set(
            report, KP_FAULT_RULE_SHOWN, shown, "RESULT",
            "it isn't the coordinator's, of this round and these READYs, or the item isn't "
            "under its root");
        if (shown) {
            why = fault->has_group[1] ? pair_is_wrong(fault) : item_is_wrong(fault, 0);
        }
    }
    kp_report_set(report, KP_FAULT_RULE_FAULT, why != NULL, "item of the results",
                  "it is as it must be");
    (void)snprintf(text, KP_FAULT_SAYS_TEXT, "%s", why != NULL ? why : "");
}

/* ---- kind 10 ---- */

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
    if (!fault->has_group[1] && tag_of(left, found, &members) &&
        memcmp(found, tag, KP_DIGEST_BYTES) == 0) {
        return (senders & ~members) != 0;
    }
    bool below = kind_of(left) < KEY_GROUP ||
                 (tag_of(left, found, &members) && memcmp(found, tag, KP_DIGEST_BYTES) < 0);
    if (!fault->has_group[1]) {
        return below && left->index + 1 == left->count;
    }
    bool above = (kind_of(right) > KEY_GROUP && kind_of(right) != UINT32_MAX) ||
                 (tag_of(right, found, &members) && memcmp(found, tag, KP_DIGEST_BYTES) > 0);
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
    bool shown = fault->result[1] == NULL && is_result(fault, 0) && fault->has_group[0] &&
                 is_under_root(fault, 0) && (!fault->has_group[1] || is_under_root(fault, 1));
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
