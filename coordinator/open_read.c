/* Partial decryption of what passed, and what is in it once all partials are there. */
#include "coordinator/open_internal.h"

#include "crypto/secret.h"
#include "proto/transcript.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* What threads have parts of. */
struct opened_matches {
    struct kp_opened_match *const *list;
};

/* Records that this holder may decrypt: in `places` and `partials`, where these aren't NULL. */
static size_t list_wanted(const struct kp_opening *opening, struct kp_opened_match *const *matches,
                          size_t count, struct kp_seal_place *places, uint8_t **partials)
{
    size_t wanted = 0;
    for (size_t i = 0; i < count; i++) {
        struct kp_opened_match *match = matches[i];
        for (uint32_t j = 0; j < match->record_count; j++) {
            struct kp_opened_record *record = &match->records[j];
            if (kp_check_partial_wanted(opening->agreement, match, j, NULL) != KP_OK) {
                continue;
            }
            if (places != NULL) {
                places[wanted] = (struct kp_seal_place){
                    record->inner, kp_open_context(opening, record->member, match->tag)};
                partials[wanted] = record->partial[opening->holder.number - 1];
            }
            wanted++;
        }
    }
    return wanted;
}

static enum kp_status open_part(struct kp_opening *opening, size_t first, size_t count,
                                void *context, struct kp_error *error)
{
    const struct opened_matches *all = context;
    struct kp_opened_match *const *matches = all->list + first;
    size_t wanted = list_wanted(opening, matches, count, NULL, NULL);
    struct kp_seal_place *places = calloc(wanted + 1, sizeof(*places));
    uint8_t **partials = calloc(wanted + 1, sizeof(*partials));
    uint8_t *made = kp_bulk_new(wanted * KP_PARTIAL_BYTES);
    enum kp_status status = KP_FAILED;
    if (places != NULL && partials != NULL && made != NULL) {
        (void)list_wanted(opening, matches, count, places, partials);
        status = kp_partial_open_many(made, opening->secret, &opening->holder, places, wanted,
                                      kp_record_inner_size(opening->agreement));
    }
    for (size_t i = 0; status == KP_OK && i < wanted; i++) {
        memcpy(partials[i], made + i * KP_PARTIAL_BYTES, KP_PARTIAL_BYTES);
    }
    free(places);
    free(partials);
    kp_bulk_free(made);
    return status == KP_OK ? KP_OK
                           : kp_fail(error, KP_FAILED, "records that passed can't be decrypted");
}

enum kp_status kp_opening_partials_many(struct kp_opening *opening,
                                        struct kp_opened_match *const *matches, size_t count,
                                        struct kp_error *error)
{
    struct opened_matches all = {matches};
    return kp_opening_in_parts(opening, count, open_part, &all, error);
}

enum kp_status kp_opening_partials(struct kp_opening *opening, struct kp_opened_match *match,
                                   struct kp_error *error)
{
    if (list_wanted(opening, &match, 1, NULL, NULL) == 0) {
        return kp_fail(error, KP_REFUSED, "nothing of this match may be opened");
    }
    return kp_opening_partials_many(opening, &match, 1, error);
}

enum kp_status kp_opening_check_partial(const struct kp_opening *opening,
                                        const struct kp_opened_match *match, uint32_t index,
                                        uint32_t number,
                                        const uint8_t partial[static KP_PARTIAL_BYTES],
                                        struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    const struct kp_opened_record *record = &match->records[index];
    struct kp_partial_holder holder = {.number = number};
    if (number < 1 || number > agreement->opening_key_count || !record->passed) {
        return kp_fail(error, KP_REFUSED, "there is nothing that holder %u can have opened",
                       number);
    }
    memcpy(holder.key, agreement->opening_keys[number - 1].key, KP_POINT_BYTES);
    struct kp_seal_context context = kp_open_context(opening, record->member, match->tag);
    if (kp_partial_check(partial, &holder, &context, record->inner,
                         kp_record_inner_size(agreement)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "the partial opening isn't one of this record by %s",
                       agreement->opening_keys[number - 1].holder);
    }
    return KP_OK;
}

/* At least one, and none that the agreement hasn't, where they are disclosed. */
static bool has_registered_indicators(const struct kp_agreement *agreement, uint32_t member,
                                      const uint8_t bits[static KP_INDICATOR_SET_BYTES])
{
    size_t registered = agreement->members[member - 1].indicator_count;
    bool any = false;
    if ((agreement->discloses & KP_DISCLOSE_INDICATORS) == 0) {
        return true;
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

/* The record's content against everything it must agree with. */
static enum kp_status check_content(const struct kp_opening *opening, uint32_t member,
                                    const uint8_t tag[static KP_DIGEST_BYTES],
                                    const struct kp_record *record, bool *other_leaf,
                                    struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    struct open_scratch *scratch = opening->scratch;
    uint8_t digest[KP_DIGEST_BYTES], input[KP_ELEMENT_INPUT_BYTES];

    kp_transcript_g_digest(digest, record->g);
    if (memcmp(digest, opening->ready[member - 1].g_digest, sizeof(digest)) != 0) {
        return kp_fail(error, KP_REFUSED, "record has another g than READY");
    }
    const struct kp_buffer *leaves = &opening->leaves[member - 1];
    kp_leaf_digest_of_commitments(digest, agreement->lineage, record->leaf.index,
                                  record->commitments[0]);
    if (record->leaf.index >= agreement->slots ||
        memcmp(digest, leaves->data + (size_t)record->leaf.index * KP_DIGEST_BYTES,
               sizeof(digest)) != 0) {
        *other_leaf = true;
        return kp_fail(error, KP_REFUSED, "record isn't what the slot's leaf committed to");
    }
    if (!kp_key_is_canary(record->leaf.address)) {
        if (kp_key_check(agreement->key_scheme, record->leaf.address) != KP_OK) {
            return kp_fail(error, KP_REFUSED, "record holds no canonical address");
        }
        if (!kp_agreement_area_has(agreement, record->leaf.address)) {
            return kp_fail(error, KP_REFUSED, "record holds an address outside the area");
        }
        if (!has_registered_indicators(agreement, member, record->leaf.indicators)) {
            return kp_fail(error, KP_REFUSED,
                           "record has no indicator, or one that isn't registered");
        }
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
    /* The share is under this tag, so it is the derived one too. */
    if (memcmp(scratch->derived.tag, tag, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "tag doesn't follow from the address");
    }
    return KP_OK;
}

/* KP_REFUSED: the record is no good. It passed, so the proof of its seal was checked. */
static enum kp_status read_record(struct kp_opening *opening, const struct kp_opened_match *match,
                                  struct kp_opened_record *record, struct kp_error *error)
{
    const struct kp_agreement *agreement = opening->agreement;
    struct open_scratch *scratch = opening->scratch;
    struct kp_seal_context context = kp_open_context(opening, record->member, match->tag);
    if (kp_partial_combine(scratch->shared, record->partial[0], agreement->opening_key_count) !=
            KP_OK ||
        kp_open_inner_checked(scratch->plain, scratch->shared, agreement->opening_key, &context,
                              record->inner, kp_record_inner_size(agreement)) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "seal doesn't open");
    }
    kp_record_unpack(&record->content, agreement, scratch->plain);
    record->opened = true;
    record->leaf_index = record->content.leaf.index;
    return check_content(opening, record->member, match->tag, &record->content, &record->other_leaf,
                         error);
}

/* KP_FAILED only; a record that isn't valid says so itself. */
static enum kp_status read_one(struct kp_opening *opening, struct kp_opened_match *match,
                               struct kp_opened_record *record, struct kp_error *error)
{
    struct kp_error fault = {0};
    for (uint32_t i = 0; i < opening->agreement->opening_key_count; i++) {
        if (sodium_is_zero(record->partial[i], KP_POINT_BYTES)) {
            /* That is no fault of the record's. */
            (void)kp_fail(&fault, KP_REFUSED, "there is no partial opening of it by %s",
                          opening->agreement->opening_keys[i].holder);
            memcpy(record->fault, fault.text, sizeof(record->fault));
            return KP_OK;
        }
    }
    enum kp_status status = read_record(opening, match, record, &fault);
    record->valid = status == KP_OK;
    if (record->valid) {
        memcpy(match->address_key, record->content.leaf.address, KP_ADDRESS_KEY_BYTES);
        return KP_OK;
    }
    kp_wipe(&record->content, sizeof(record->content));
    if (status != KP_REFUSED) {
        return kp_fail(error, status, "%s", fault.text);
    }
    record->kind = KP_FAULT_CONTENT;
    memcpy(record->fault, fault.text, sizeof(record->fault));
    return KP_OK;
}

enum kp_status kp_opening_read(struct kp_opening *opening, struct kp_opened_match *match,
                               struct kp_error *error)
{
    uint32_t valid = 0;
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && match->opens && i < match->record_count; i++) {
        if (match->records[i].passed) {
            status = read_one(opening, match, &match->records[i], error);
            valid += match->records[i].valid;
        }
    }
    kp_wipe(opening->scratch, sizeof(*opening->scratch));
    bool complete = status == KP_OK && valid >= opening->agreement->threshold;
    match->canary = complete && kp_key_is_canary(match->address_key);
    match->shown = complete && !match->canary;
    if (!match->shown && !match->canary) {
        kp_wipe(match->address_key, sizeof(match->address_key));
    }
    return status;
}

static enum kp_status read_part(struct kp_opening *opening, size_t first, size_t count,
                                void *context, struct kp_error *error)
{
    const struct opened_matches *all = context;
    struct kp_opened_match *const *matches = all->list + first;
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_opening_read(opening, matches[i], error);
    }
    return status;
}

enum kp_status kp_opening_read_many(struct kp_opening *opening,
                                    struct kp_opened_match *const *matches, size_t count,
                                    struct kp_error *error)
{
    struct opened_matches all = {matches};
    return kp_opening_in_parts(opening, count, read_part, &all, error);
}
