/* Verdict 9: results that can't be, by what the coordinator signed. */
#include "proto/verify_fault_internal.h"

#include "proto/numbers.h"
#include "proto/verify_digest.h"

#include <stdio.h>
#include <string.h>

/* ---- what RESULT signed ---- */

/* A RESULT of this round, made of exactly these READYs: nobody can sign another READY afterwards
 * and hold it against the coordinator. */
bool kp_fault_is_result(const struct kp_verify_fault *fault, uint32_t i)
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

bool kp_fault_is_under_root(const struct kp_verify_fault *fault, uint32_t i)
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

#define KEY_BYTES 10

uint32_t kp_fault_item_kind(const struct kp_proof_result *item)
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
    uint32_t chunks = kp_fault_chunks(slots, KP_CHUNK_LEAVES);
    uint8_t root[KP_DIGEST_BYTES];
    if (part >= chunks ||
        item->value.size !=
            (size_t)kp_fault_chunk_items(slots, KP_CHUNK_LEAVES, part) * KP_DIGEST_BYTES) {
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
        kp_fault_item_kind(item) > KP_FAULT_KEY_PHASE_LIST) {
        return "an item's key is none of this round";
    }
    if (kp_fault_item_kind(item) == KP_FAULT_KEY_TRANSCRIPT) {
        return transcript_is_wrong(it, &item->value);
    }
    if (kp_fault_item_kind(item) == KP_FAULT_KEY_LEAVES) {
        return leaves_are_wrong(it, item);
    }
    if (kp_fault_item_kind(item) == KP_FAULT_KEY_PHASE_LIST) {
        return NULL;
    }
    const char *why = "a group doesn't unpack";
    if (kp_result_group_unpack(&group, item->value.data, item->value.size, NULL) == KP_OK) {
        why = group_is_wrong(it, &group);
    }
    kp_result_group_free(&group);
    return why;
}

bool kp_fault_item_tag(const struct kp_proof_result *item, uint8_t tag[static KP_DIGEST_BYTES],
                       uint32_t *members)
{
    struct kp_result_group group;
    bool is = kp_fault_item_kind(item) == KP_FAULT_KEY_GROUP &&
              kp_result_group_unpack(&group, item->value.data, item->value.size, NULL) == KP_OK;
    if (is) {
        memcpy(tag, group.tag, KP_DIGEST_BYTES);
        *members = 0;
        for (uint32_t i = 0; i < group.record_count; i++) {
            *members |= 1u << (group.records[i].member - 1);
        }
    }
    if (kp_fault_item_kind(item) == KP_FAULT_KEY_GROUP) {
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
                   kp_fault_item_tag(&fault->group[0], tags[0], &members) &&
                   kp_fault_item_tag(&fault->group[1], tags[1], &members) &&
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
        bool shown = alone && kp_fault_is_result(fault, 0);
        kp_report_set(report, KP_FAULT_RULE_SHOWN, shown, "RESULT",
                      "the first isn't the coordinator's, of this round and these READYs");
        why =
            shown && is_two_results(fault) ? "the coordinator signed two different results" : NULL;
    } else {
        bool shown = kp_fault_is_result(fault, 0) && fault->has_group[0] &&
                     kp_fault_is_under_root(fault, 0) &&
                     (!fault->has_group[1] || kp_fault_is_under_root(fault, 1));
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
