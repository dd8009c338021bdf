#include "coordinator/open.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "crypto/shares.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

struct open_scratch {
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t shares[KP_MEMBERS_MAX * KP_SCALAR_BYTES];
    uint8_t inner[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD];
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    struct kp_shares derived;
};

struct kp_opening {
    const struct kp_agreement *agreement;
    const uint8_t *secret;
    bool has_transcript;
    uint8_t round_id[KP_DIGEST_BYTES];
    enum kp_round_type type;
    uint64_t time;
    struct kp_hello2 hello2[KP_MEMBERS_MAX];
    struct kp_ready ready[KP_MEMBERS_MAX];
    struct kp_buffer leaves[KP_MEMBERS_MAX];
    struct open_scratch *scratch;
};

enum kp_status kp_opening_new(struct kp_opening **out, const struct kp_agreement *agreement,
                              const uint8_t *secret, struct kp_error *error)
{
    uint8_t public_key[KP_POINT_BYTES];
    *out = NULL;
    if (kp_scalar_check(secret) != KP_OK ||
        kp_points_multiply_base(public_key, secret, 1) != KP_OK ||
        memcmp(public_key, agreement->opening_key, sizeof(public_key)) != 0) {
        return kp_fail(error, KP_REFUSED, "this isn't the opening key of the agreement");
    }
    struct kp_opening *opening = calloc(1, sizeof(*opening));
    if (opening != NULL) {
        opening->agreement = agreement;
        opening->secret = secret;
        opening->scratch = kp_secret_new(sizeof(*opening->scratch));
    }
    if (opening == NULL || opening->scratch == NULL) {
        free(opening);
        return kp_fail(error, KP_FAILED, "no (locked) memory to open records");
    }
    *out = opening;
    return KP_OK;
}

void kp_opening_free(struct kp_opening *opening)
{
    if (opening == NULL) {
        return;
    }
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&opening->leaves[i]);
    }
    kp_secret_free(opening->scratch);
    free(opening);
}

/* A signed message of `member` to all, of this type; *attempt is set by the first and compared
 * after. */
static enum kp_status check_message(const struct kp_agreement *agreement, uint32_t member,
                                    enum kp_message_type type, const struct kp_buffer *packed,
                                    uint8_t attempt[static KP_ATTEMPT_BYTES], bool first,
                                    struct kp_round_message *message, struct kp_error *error)
{
    enum kp_status status = kp_round_message_unpack(message, packed->data, packed->size, error);
    if (status != KP_OK) {
        return status;
    }
    if (message->type != type || message->from != member || message->to != KP_PARTY_ALL ||
        message->part != 0 ||
        (!first && memcmp(attempt, message->attempt, KP_ATTEMPT_BYTES) != 0)) {
        return kp_fail(error, KP_REFUSED, "not the %s of member %u in this round",
                       kp_message_type_name(type), member);
    }
    memcpy(attempt, message->attempt, KP_ATTEMPT_BYTES);
    return kp_round_message_check(message, agreement->lineage,
                                  agreement->members[member - 1].identity_key, error);
}

static enum kp_status check_hellos(struct kp_opening *opening, uint64_t counter,
                                   const struct kp_result_transcript *transcript,
                                   uint8_t attempt[static KP_ATTEMPT_BYTES], struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint8_t hellos[KP_DIGEST_BYTES];
    enum kp_status status = KP_OK;
    kp_transcript_hellos(hellos, agreement->lineage, transcript->hello1, agreement->member_count);
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        struct kp_round_message message;
        struct kp_hello1 hello1 = {0};
        status = check_message(agreement, i + 1, KP_MESSAGE_HELLO1, &transcript->hello1[i], attempt,
                               i == 0, &message, error);
        if (status == KP_OK) {
            status = kp_hello1_unpack(&hello1, &message.body, error);
        }
        if (status == KP_OK && hello1.counter != counter) {
            status = kp_fail(error, KP_REFUSED, "HELLO 1 of member %u is of another round", i + 1);
        }
        kp_round_message_free(&message);
        opening->type = hello1.round_type;
        kp_hello1_free(&hello1);
    }
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        struct kp_round_message message;
        struct kp_hello2 *hello2 = &opening->hello2[i];
        status = check_message(agreement, i + 1, KP_MESSAGE_HELLO2, &transcript->hello2[i], attempt,
                               false, &message, error);
        if (status == KP_OK) {
            status = kp_hello2_unpack(hello2, &message.body, error);
        }
        if (status == KP_OK && memcmp(hello2->hellos, hellos, sizeof(hellos)) != 0) {
            status = kp_fail(error, KP_REFUSED, "member %u saw other first hellos", i + 1);
        }
        if (status == KP_OK && hello2->counter != counter) {
            status = kp_fail(error, KP_REFUSED, "HELLO 2 of member %u is of another round", i + 1);
        }
        kp_round_message_free(&message);
        opening->time = hello2->time > opening->time ? hello2->time : opening->time;
    }
    return status;
}

enum kp_status kp_opening_transcript(struct kp_opening *opening, uint64_t counter,
                                     const struct kp_result_transcript *transcript,
                                     struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint8_t attempt[KP_ATTEMPT_BYTES], ready_attempt[KP_ATTEMPT_BYTES];
    uint64_t released = 0;
    if (transcript->member_count != agreement->member_count) {
        return kp_fail(error, KP_REFUSED, "the transcript is of %u members, the agreement of %u",
                       transcript->member_count, agreement->member_count);
    }
    enum kp_status status = check_hellos(opening, counter, transcript, attempt, error);
    if (status == KP_OK) {
        status = kp_transcript_check_release(&released, agreement, transcript->ready, error);
    }
    if (status != KP_OK) {
        return status;
    }
    kp_transcript_round_id(opening->round_id, agreement, opening->type, counter, transcript->hello1,
                           transcript->hello2);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        status =
            kp_transcript_check_ready(&opening->ready[i], ready_attempt, agreement, i + 1,
                                      transcript->ready[i].data, transcript->ready[i].size, error);
        if (status != KP_OK) {
            return status;
        }
        if (released != counter || memcmp(attempt, ready_attempt, sizeof(attempt)) != 0 ||
            memcmp(opening->ready[i].round_id, opening->round_id, KP_DIGEST_BYTES) != 0) {
            return kp_fail(error, KP_REFUSED,
                           "READY of member %u is for another round than its "
                           "hellos",
                           i + 1);
        }
    }
    opening->has_transcript = true;
    return KP_OK;
}

enum kp_status kp_opening_leaves(struct kp_opening *opening, uint32_t member, uint32_t chunk,
                                 const uint8_t *digests, size_t size, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    if (!opening->has_transcript || member < 1 || member > agreement->member_count) {
        return kp_fail(error, KP_REFUSED, "leaves of member %u aren't expected here", member);
    }
    struct kp_buffer *leaves = &opening->leaves[member - 1];
    uint32_t slots = kp_agreement_member_slots(agreement, member); /* on request: no leaves */
    size_t expected = (size_t)kp_chunk_items(slots, KP_CHUNK_LEAVES, chunk) * KP_DIGEST_BYTES;
    if (leaves->size != (size_t)chunk * KP_CHUNK_LEAVES * KP_DIGEST_BYTES || size != expected ||
        size == 0) {
        return kp_fail(error, KP_REFUSED, "leaves of member %u are out of order", member);
    }
    if (kp_buffer_append(leaves, digests, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for leaves");
    }
    if (leaves->size == (size_t)slots * KP_DIGEST_BYTES) {
        uint8_t root[KP_DIGEST_BYTES];
        kp_merkle_root(root, leaves->data, slots);
        if (memcmp(root, opening->hello2[member - 1].slots_root, sizeof(root)) != 0) {
            kp_buffer_free(leaves);
            return kp_fail(error, KP_REFUSED, "leaves of member %u are not those of its HELLO 2",
                           member);
        }
    }
    return KP_OK;
}

/* What is signed and in its place: position in READY, share under the tag. */
static enum kp_status check_entry(const struct kp_opening *opening,
                                  const struct kp_result_group *group,
                                  const struct kp_result_record *record, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint32_t member = record->member;
    uint32_t slots = kp_agreement_member_slots(agreement, member);
    if (record->entry.size != kp_entry_size(agreement, member) || record->position >= slots ||
        record->path.size != kp_merkle_path_length(record->position, slots) * KP_DIGEST_BYTES) {
        return kp_fail(error, KP_REFUSED, "entry or path has the wrong size");
    }
    struct kp_entry_view view = kp_entry_at(agreement, member, record->entry.data);
    uint8_t leaf[KP_DIGEST_BYTES];
    kp_entry_leaf(leaf, agreement, member, record->entry.data);
    if (memcmp(view.tag, group->tag, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "entry has another tag");
    }
    if (kp_merkle_check(opening->ready[member - 1].entries_root, leaf, slots, record->position,
                        record->path.data) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "entry isn't among those that READY signed");
    }
    if (kp_share_check(view.tag, opening->round_id, agreement->member_count, member, view.share,
                       view.path) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "share isn't under the tag");
    }
    return KP_OK;
}

/* The record's content against everything it must agree with. */
static enum kp_status check_content(const struct kp_opening *opening, uint32_t member,
                                    const struct kp_entry_view *view,
                                    const struct kp_record *record, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    struct open_scratch *scratch = opening->scratch;
    uint8_t digest[KP_DIGEST_BYTES], input[KP_ELEMENT_INPUT_BYTES];
    struct kp_address address;

    kp_transcript_g_digest(digest, record->g);
    if (memcmp(digest, opening->ready[member - 1].g_digest, sizeof(digest)) != 0) {
        return kp_fail(error, KP_REFUSED, "record has another g than READY");
    }
    const struct kp_buffer *leaves = &opening->leaves[member - 1];
    kp_leaf_digest_of_commitments(digest, agreement->lineage, record->leaf.index,
                                  record->commitments[0]);
    if (record->leaf.index >= agreement->slots ||
        leaves->size != (size_t)agreement->slots * KP_DIGEST_BYTES ||
        memcmp(digest, leaves->data + (size_t)record->leaf.index * KP_DIGEST_BYTES,
               sizeof(digest)) != 0) {
        return kp_fail(error, KP_REFUSED, "record isn't what the slot's leaf committed to");
    }
    if (!kp_key_is_canary(record->leaf.address) &&
        kp_address_of_key(&address, record->leaf.address) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "record holds no canonical address");
    }
    struct kp_share_context context = {.type = (uint8_t)opening->type,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    memcpy(context.round_id, opening->round_id, KP_DIGEST_BYTES);
    memcpy(context.g, record->g, KP_DIGEST_BYTES);
    kp_element_input(input, agreement->lineage, record->leaf.address);
    kp_oprf_output(scratch->output, input, sizeof(input), record->y);
    kp_wipe(input, sizeof(input));
    if (kp_shares_derive(&scratch->derived, scratch->output, &context) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory to recompute a tag");
    }
    if (memcmp(scratch->derived.tag, view->tag, KP_DIGEST_BYTES) != 0 ||
        memcmp(scratch->derived.share[member - 1], view->share, KP_SCALAR_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "tag or share doesn't follow from the address");
    }
    return KP_OK;
}

static enum kp_status open_record(const struct kp_opening *opening,
                                  const struct kp_result_record *record,
                                  struct kp_opened_record *opened, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    struct open_scratch *scratch = opening->scratch;
    struct kp_entry_view view = kp_entry_at(agreement, record->member, record->entry.data);
    struct kp_seal_context seal = {.member = record->member};
    memcpy(seal.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(seal.round_id, opening->round_id, KP_DIGEST_BYTES);
    memcpy(seal.tag, view.tag, KP_DIGEST_BYTES);
    if (kp_open_outer(scratch->inner, scratch->secret, &seal, view.record,
                      kp_record_size(agreement)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "outer layer doesn't open with the shares");
    }
    if (kp_open_inner(scratch->plain, opening->secret, agreement->opening_key, &seal,
                      scratch->inner, kp_record_inner_size(agreement)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "seal doesn't open, or wasn't made for this place");
    }
    kp_record_unpack(&opened->content, agreement, scratch->plain);
    return check_content(opening, record->member, &view, &opened->content, error);
}

static enum kp_status check_members(const struct kp_opening *opening,
                                    const struct kp_result_group *group, struct kp_error *error)
{
    uint32_t seen = 0;
    if (!opening->has_transcript || group->record_count < opening->agreement->threshold) {
        return kp_fail(error, KP_REFUSED, "a match of %u records; the threshold is %u",
                       group->record_count, opening->agreement->threshold);
    }
    for (uint32_t i = 0; i < group->record_count; i++) {
        uint32_t member = group->records[i].member;
        if (member < 1 || member > opening->agreement->member_count ||
            (seen >> (member - 1) & 1) != 0) {
            return kp_fail(error, KP_REFUSED, "a match names member %u twice or wrongly", member);
        }
        seen |= 1u << (member - 1);
    }
    return KP_OK;
}

/* Shares of `threshold` entries that are in their place; KP_REFUSED: there aren't as many. */
static enum kp_status combine_shares(struct kp_opening *opening,
                                     const struct kp_result_group *group,
                                     struct kp_opened_match *match, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    uint32_t member[KP_MEMBERS_MAX], found = 0;
    for (uint32_t i = 0; i < group->record_count; i++) {
        struct kp_opened_record *opened = &match->records[i];
        struct kp_error fault = {0};
        opened->member = group->records[i].member;
        opened->valid = check_entry(opening, group, &group->records[i], &fault) == KP_OK;
        memcpy(opened->fault, fault.text, sizeof(opened->fault));
        if (opened->valid && found < agreement->threshold) {
            struct kp_entry_view view =
                kp_entry_at(agreement, opened->member, group->records[i].entry.data);
            memcpy(opening->scratch->shares + (size_t)found * KP_SCALAR_BYTES, view.share,
                   KP_SCALAR_BYTES);
            member[found++] = opened->member;
        }
    }
    if (found < agreement->threshold ||
        kp_shares_interpolate(opening->scratch->secret, agreement->threshold, member,
                              opening->scratch->shares) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "only %u entries of a match are valid", found);
    }
    return KP_OK;
}

/* A record is valid only when it was opened, and without enough shares none is. */
static void nothing_opens(struct kp_opened_match *match)
{
    static const char FAULT[] = "can't be opened: too few entries of its match are valid";
    for (uint32_t i = 0; i < match->record_count; i++) {
        if (match->records[i].valid) {
            match->records[i].valid = false;
            memcpy(match->records[i].fault, FAULT, sizeof(FAULT));
        }
    }
}

enum kp_status kp_opening_match(struct kp_opening *opening, const struct kp_result_group *group,
                                struct kp_opened_match *match, struct kp_error *error)
{
    memset(match, 0, sizeof(*match));
    enum kp_status status = check_members(opening, group, error);
    if (status != KP_OK) {
        return status;
    }
    match->record_count = group->record_count;
    status = combine_shares(opening, group, match, error);
    if (status != KP_OK) {
        nothing_opens(match);
    }
    uint32_t valid = 0;
    for (uint32_t i = 0; status == KP_OK && i < group->record_count; i++) {
        struct kp_opened_record *opened = &match->records[i];
        struct kp_error fault = {0};
        if (!opened->valid) {
            continue;
        }
        status = open_record(opening, &group->records[i], opened, &fault);
        opened->valid = status == KP_OK;
        if (status == KP_OK) {
            valid++;
            memcpy(match->address_key, opened->content.leaf.address, KP_ADDRESS_KEY_BYTES);
        } else {
            kp_wipe(&opened->content, sizeof(opened->content));
            memcpy(opened->fault, fault.text, sizeof(opened->fault));
            status = status == KP_REFUSED ? KP_OK : kp_fail(error, status, "%s", fault.text);
        }
    }
    kp_wipe(opening->scratch, sizeof(*opening->scratch));
    bool complete = status == KP_OK && valid >= opening->agreement->threshold;
    match->canary = complete && kp_key_is_canary(match->address_key);
    match->shown = complete && !match->canary;
    if (match->shown) {
        (void)!kp_address_of_key(&match->address, match->address_key);
    } else if (!match->canary) {
        kp_wipe(match->address_key, sizeof(match->address_key));
    }
    return status;
}

uint64_t kp_opening_time(const struct kp_opening *opening)
{
    return opening->time;
}

const uint8_t *kp_opening_round_id(const struct kp_opening *opening)
{
    return opening->has_transcript ? opening->round_id : NULL;
}
