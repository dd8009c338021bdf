/* Both hellos: fresh keys, commitments, and what makes them one round. */
#include "node/round_internal.h"

#include "crypto/merkle.h"
#include "crypto/schnorr.h"
#include "crypto/secret.h"
#include "node/round_check.h"
#include "proto/slot_picks.h"
#include "proto/steps.h"

#include <sodium.h>
#include <string.h>

/* Of a chunk: the digests of its leaves, which are kept for the release, and the leaf of its
 * points.
 */
static enum kp_status hash_chunk(struct kp_round *round, uint32_t part,
                                 const struct kp_slot_chunk *chunk, uint8_t *digests,
                                 struct kp_merkle_stream *leaves, struct kp_error *error)
{
    const uint8_t *lineage = round->settings.agreement->lineage;
    struct kp_pieces *pieces = round->settings.pieces;
    for (uint32_t i = 0; i < chunk->count; i++) {
        kp_leaf_digest(digests + (size_t)i * KP_DIGEST_BYTES, lineage, &chunk->leaves[i]);
        kp_merkle_stream_add(leaves, digests + (size_t)i * KP_DIGEST_BYTES);
    }
    kp_transcript_points_leaf(round->chunk_leaves + (size_t)part * KP_DIGEST_BYTES, lineage, part,
                              chunk->points, chunk->count);
    const struct kp_piece piece = {digests, (size_t)chunk->count * KP_DIGEST_BYTES};
    round->leaves_places[part] = kp_pieces_end(pieces, KP_ROUND_FILE_LEAVES);
    return kp_pieces_append(pieces, KP_ROUND_FILE_LEAVES, &piece, 1, error);
}

/* The roots over leaves and points, which hello 1 commits to and hello 2 says. */
static enum kp_status make_roots(struct kp_round *round, struct kp_error *error)
{
    struct kp_hello2 *own = &round->hello2[round->settings.own - 1];
    struct kp_merkle_stream leaves;
    struct kp_slot_chunk *chunk = kp_slot_chunk_new();
    uint8_t *digests = kp_bulk_new((size_t)KP_CHUNK_POINTS * KP_DIGEST_BYTES);
    enum kp_status status = KP_OK;
    if (chunk == NULL || digests == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for a chunk of slots");
    }
    if (round->slots.pieces == NULL) {
        kp_slot_list_blind(&round->slots);
    }
    kp_merkle_stream_start(&leaves);
    for (uint32_t part = 0; status == KP_OK && part < round->own_chunks; part++) {
        status = kp_slot_list_get(&round->slots, part, chunk, error);
        if (status == KP_OK) {
            status = hash_chunk(round, part, chunk, digests, &leaves, error);
        }
        status = status == KP_OK ? kp_pause(error) : status;
    }
    kp_bulk_free(digests);
    kp_bulk_free(chunk);
    if (status != KP_OK) {
        return KP_FAILED;
    }
    kp_merkle_stream_root(&leaves, own->slots_root);
    kp_merkle_root(own->points_root, round->chunk_leaves, round->own_chunks);
    return KP_OK;
}

static enum kp_status make_key(struct kp_round *round, struct kp_error *error)
{
    struct kp_hello2_secret *own = &round->secrets->hello2[round->settings.own - 1];
    kp_scalar_random(round->secrets->key);
    if (kp_points_multiply_base(own->public_key, round->secrets->key, 1) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no round key could be made");
    }
    randombytes_buf(own->contribution, sizeof(own->contribution));
    randombytes_buf(own->blinding, sizeof(own->blinding));
    if (kp_audit_has_seed(round->settings.agreement, round->settings.own)) {
        randombytes_buf(round->secrets->audit_seed, KP_AUDIT_SEED_BYTES);
    }
    return KP_OK;
}

/* Keeps the packed message: transcripts are over exactly what was sent. */
static enum kp_status send_to_all(struct kp_round *round, enum kp_message_type type,
                                  const struct kp_buffer *body, struct kp_buffer *kept,
                                  struct kp_error *error)
{
    struct kp_outgoing **last = round->outgoing_end;
    enum kp_status status = kp_round_send(round, type, KP_PARTY_ALL, 0, body, error);
    if (status == KP_OK &&
        kp_buffer_set(kept, (*last)->packed.data, (*last)->packed.size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a hello");
    }
    return status;
}

/* What other members signed for this counter, so that nobody can show them another list. */
static void add_claims(const struct kp_round *round, struct kp_hello1 *hello)
{
    const struct kp_buffer *claims = round->settings.claims;
    for (uint32_t i = 0; claims != NULL && i < round->settings.agreement->member_count; i++) {
        if (i + 1 != round->settings.own && claims[i].size > 0) {
            hello->claims[hello->claim_count++] = claims[i];
        }
    }
}

enum kp_status kp_round_begin(struct kp_round *round, struct kp_error *error)
{
    uint32_t own = round->settings.own - 1;
    struct kp_hello1 *hello = &round->hello1[own];
    enum kp_status status = make_roots(round, error);
    if (status == KP_OK) {
        status = make_key(round, error);
    }
    if (status != KP_OK) {
        return status;
    }
    round->phase = KP_PHASE_HELLO1;
    hello->counter = round->counter;
    hello->round_type = round->type;
    randombytes_buf(hello->nonce, sizeof(hello->nonce));
    kp_pair_keypair(hello->exchange_key, round->secrets->exchange_secret);
    hello->preshared = round->settings.pairs != NULL ? round->settings.pairs->mask : 0;
    kp_transcript_commitment(hello->commitment, &round->hello2[own], &round->secrets->hello2[own]);

    struct kp_buffer body = {0};
    add_claims(round, hello);
    status = kp_hello1_pack(hello, &body, error);
    memset(hello->claims, 0, sizeof(hello->claims)); /* they were borrowed */
    hello->claim_count = 0;
    if (status == KP_OK) {
        status = send_to_all(round, KP_MESSAGE_HELLO1, &body, &round->packed_hello1[own], error);
    }
    kp_buffer_free(&body);
    return status;
}

static bool have_all(const struct kp_round *round, const struct kp_buffer *packed)
{
    for (uint32_t i = 0; i < round->settings.agreement->member_count; i++) {
        if (packed[i].size == 0) {
            return false;
        }
    }
    return true;
}

/* NULL: none was exchanged by hand. */
static const uint8_t *preshared_with(const struct kp_round *round, uint32_t peer)
{
    const struct kp_pairs *pairs = round->settings.pairs;
    bool has = pairs != NULL && (pairs->mask >> (peer - 1) & 1) != 0;
    return has ? pairs->secret[peer - 1] : NULL;
}

/* End-to-end keys with every other member, bound to all first hellos. */
static enum kp_status derive_pairs(struct kp_round *round, struct kp_error *error)
{
    uint32_t own = round->settings.own;
    for (uint32_t peer = 1; peer <= round->settings.agreement->member_count; peer++) {
        if (peer == own) {
            continue;
        }
        enum kp_status status =
            kp_pair_derive(&round->secrets->pair[peer - 1], round->secrets->exchange_secret,
                           round->hello1[peer - 1].exchange_key, preshared_with(round, peer),
                           round->hellos, own, peer);
        if (status == KP_FAILED) {
            return kp_fail(error, KP_FAILED, "no pair key could be derived");
        }
        if (status != KP_OK) {
            (void)kp_fail(error, KP_REFUSED, "exchange key of member %u has small order", peer);
            return kp_round_blame(round, peer, error);
        }
    }
    return KP_OK;
}

/* The secret part: the proof of knowing k covers all nonces, so it can only be made now. */
static enum kp_status make_secret_part(struct kp_round *round, struct kp_error *error)
{
    uint32_t own = round->settings.own;
    struct kp_hello2_secret *secret = &round->secrets->hello2[own - 1];
    uint8_t context[KP_DIGEST_BYTES];
    kp_transcript_key_context(context, round->settings.agreement, round->type, round->counter,
                              round->hello1, own, secret->public_key);
    kp_schnorr_prove(secret->proof, round->secrets->key, secret->public_key, context);
    return kp_hello2_secret_pack(secret, &round->own_secret, error);
}

static enum kp_status send_hello2(struct kp_round *round, struct kp_error *error)
{
    uint32_t own = round->settings.own;
    struct kp_hello2 *hello = &round->hello2[own - 1];
    memcpy(hello->hellos, round->hellos, KP_DIGEST_BYTES);
    hello->time = round->settings.time;
    hello->counter = round->counter;
    hello->log = round->settings.log;
    hello->seen_count = round->settings.agreement->member_count;
    memcpy(hello->seen, round->settings.seen, sizeof(hello->seen));
    memset(&hello->seen[own - 1], 0, sizeof(hello->seen[0]));
    kp_transcript_secret_digest(hello->secret_digest, &round->own_secret);
    if (kp_audit_has_seed(round->settings.agreement, own)) {
        kp_slot_seed_commitment(hello->audit_commitment, round->settings.agreement->lineage,
                                round->attempt, own, round->secrets->audit_seed);
    }

    struct kp_buffer body = {0};
    enum kp_status status = kp_hello2_pack(hello, &body, error);
    if (status == KP_OK) {
        status =
            send_to_all(round, KP_MESSAGE_HELLO2, &body, &round->packed_hello2[own - 1], error);
    }
    kp_buffer_free(&body);
    for (uint32_t peer = 1; status == KP_OK && peer <= round->settings.agreement->member_count;
         peer++) {
        if (peer != own) {
            status =
                kp_round_send(round, KP_MESSAGE_HELLO2_SECRET, peer, 0, &round->own_secret, error);
        }
    }
    round->has_secret[own - 1] = true;
    return status;
}

/* A claim about this member. When it names another list, or a log that goes further, this member's
 * database is older than what it signed. */
static enum kp_status take_own_claim(struct kp_round *round, const struct kp_buffer *claim,
                                     const struct kp_hello2 *hello, struct kp_error *error)
{
    uint32_t own = round->settings.own;
    enum kp_status status =
        kp_check_claimed_root(round->hello2[own - 1].points_root, hello->points_root, own, error);
    if (status == KP_OK) {
        status = kp_check_log_head(&hello->log, &round->settings.log, own, error);
    }
    if (status == KP_OK) {
        return KP_OK;
    }
    if (kp_buffer_set(&round->own_claim, claim->data, claim->size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a claim");
    }
    kp_round_end(round, KP_ABORT_RESTORED, own);
    return KP_REFUSED;
}

/* One claim in a HELLO 1. About another member it is kept, and compared with that member's own
 * HELLO 2 when it comes. */
static enum kp_status take_claim(struct kp_round *round, const struct kp_buffer *claim,
                                 uint32_t about, const struct kp_hello2 *hello,
                                 struct kp_error *error)
{
    struct kp_claimed *claimed = &round->claimed[about - 1];
    if (about == round->settings.own) {
        return take_own_claim(round, claim, hello, error);
    }
    if (claimed->known &&
        kp_check_claimed_root(claimed->points_root, hello->points_root, about, error) != KP_OK) {
        return kp_round_blame(round, about, error);
    }
    claimed->known = true;
    memcpy(claimed->points_root, hello->points_root, KP_DIGEST_BYTES);
    return KP_OK;
}

static enum kp_status take_claims(struct kp_round *round, const struct kp_hello1 *hello,
                                  uint32_t from, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint32_t about = 0;
    for (uint32_t i = 0; status == KP_OK && i < hello->claim_count; i++) {
        struct kp_hello2 claimed;
        status = kp_check_claim(round->settings.agreement, from, about, &hello->claims[i],
                                round->attempt, round->counter, &about, &claimed, error);
        if (status == KP_REFUSED) {
            return kp_round_blame(round, from, error);
        }
        if (status == KP_OK) {
            status = take_claim(round, &hello->claims[i], about, &claimed, error);
        }
    }
    return status;
}

/* What a first hello says, but for its signature. */
static enum kp_status take_hello1(struct kp_round *round, uint32_t from, struct kp_hello1 *hello,
                                  struct kp_error *error)
{
    uint32_t own = round->settings.own;
    if (kp_check_hello1_round(hello, round->counter, round->type, from, error) != KP_OK) {
        return kp_round_blame(round, from, error);
    }
    if (kp_check_preshared(hello, own, preshared_with(round, from) != NULL, from, error) != KP_OK) {
        kp_round_end_naming(round, KP_ABORT_DISAGREEMENT, 1u << (own - 1) | 1u << (from - 1));
        return KP_REFUSED;
    }
    enum kp_status status = take_claims(round, hello, from, error);
    if (status == KP_OK) {
        round->hello1[from - 1] = *hello;
        memset(round->hello1[from - 1].claims, 0, sizeof(hello->claims));
        round->hello1[from - 1].claim_count = 0;
    }
    return status;
}

enum kp_status kp_round_on_hello1(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    uint32_t from = message->from;
    enum kp_status status = kp_check_first(round->packed_hello1[from - 1].size > 0, message, error);
    if (status == KP_OK) {
        status = kp_round_message_check(message, agreement->lineage,
                                        kp_round_member(round, from)->identity_key, error);
    }
    if (status != KP_OK) {
        return status;
    }
    struct kp_hello1 hello;
    status = kp_hello1_unpack(&hello, &message->body, error);
    if (status == KP_REFUSED) {
        status = kp_round_blame(round, from, error);
    } else if (status == KP_OK) {
        status = take_hello1(round, from, &hello, error);
    }
    kp_hello1_free(&hello);
    if (status != KP_OK) {
        return status;
    }
    if (kp_buffer_set(&round->packed_hello1[from - 1], packed, packed_size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a hello");
    }
    if (!have_all(round, round->packed_hello1)) {
        return KP_OK;
    }
    kp_transcript_hellos(round->hellos, agreement->lineage, round->packed_hello1,
                         agreement->member_count);
    status = derive_pairs(round, error);
    if (status == KP_OK) {
        status = make_secret_part(round, error);
    }
    if (status == KP_OK) {
        round->phase = KP_PHASE_HELLO2;
        status = send_hello2(round, error);
    }
    return status;
}

/* What its sender alone answers for. */
static enum kp_status check_hello2(const struct kp_round *round, const struct kp_hello2 *hello,
                                   uint32_t from, struct kp_error *error)
{
    const struct kp_claimed *claimed = &round->claimed[from - 1];
    enum kp_status status = kp_check_hello2_round(
        hello, round->counter, round->settings.agreement->member_count, from, error);
    if (status == KP_OK) {
        status = kp_check_time(hello->time, round->now, from, error);
    }
    if (status == KP_OK) {
        status = kp_check_log_head(&round->settings.seen[from - 1], &hello->log, from, error);
    }
    if (status == KP_OK && claimed->known) {
        status = kp_check_claimed_root(claimed->points_root, hello->points_root, from, error);
    }
    if (status == KP_OK && kp_agreement_member_slots(round->settings.agreement, from) == 0) {
        status = kp_check_empty_roots(hello, from, error);
    }
    return status;
}

enum kp_status kp_round_on_hello2(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size, struct kp_error *error)
{
    uint32_t from = message->from;
    enum kp_status status = kp_check_first(round->packed_hello2[from - 1].size > 0, message, error);
    if (status == KP_OK) {
        status = kp_round_message_check(message, round->settings.agreement->lineage,
                                        kp_round_member(round, from)->identity_key, error);
    }
    if (status != KP_OK) {
        return status;
    }
    struct kp_hello2 *hello = &round->hello2[from - 1];
    if (kp_hello2_unpack(hello, &message->body, error) != KP_OK) {
        return kp_round_blame(round, from, error);
    }
    if (kp_check_hellos(hello, round->hellos, from, error) != KP_OK) {
        /* Its sender is as honest as this member, when a third one or the coordinator showed each
         * of them something else; this one can only say that it doesn't agree. */
        kp_round_end(round, KP_ABORT_DISAGREEMENT, round->settings.own);
        return KP_REFUSED;
    }
    if (check_hello2(round, hello, from, error) != KP_OK) {
        return kp_round_blame(round, from, error);
    }
    if (kp_buffer_set(&round->packed_hello2[from - 1], packed, packed_size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a hello");
    }
    return KP_OK;
}

/* The secret part against both hellos, and the proof that its sender knows its key. */
static enum kp_status check_secret(struct kp_round *round, uint32_t from,
                                   const struct kp_buffer *plain,
                                   const struct kp_hello2_secret *secret, struct kp_error *error)
{
    const struct kp_hello2 *hello2 = &round->hello2[from - 1];
    enum kp_status status = kp_check_secret_digest(hello2, plain, from, error);
    if (status == KP_OK) {
        status = kp_check_commitment(&round->hello1[from - 1], hello2, secret, from, error);
    }
    if (status == KP_OK) {
        status = kp_check_possession(round->settings.agreement, round->type, round->counter,
                                     round->hello1, from, secret, error);
    }
    return status;
}

/* The joint key is the sum of all; the identity would make every output known. */
static enum kp_status sum_keys(struct kp_round *round, struct kp_error *error)
{
    memset(round->key_sum, 0, sizeof(round->key_sum));
    for (uint32_t i = 0; i < round->settings.agreement->member_count; i++) {
        if (kp_points_add(round->key_sum, round->key_sum, round->secrets->hello2[i].public_key,
                          1) != KP_OK) {
            return kp_fail(error, KP_FAILED, "the members' keys can't be summed");
        }
    }
    if (kp_check_key_sum(round->key_sum, error) != KP_OK) {
        kp_round_end(round, KP_ABORT_DISAGREEMENT, 0);
        return KP_REFUSED;
    }
    return KP_OK;
}

static enum kp_status begin_round(struct kp_round *round, struct kp_error *error)
{
    const struct kp_agreement *agreement = round->settings.agreement;
    enum kp_status status = sum_keys(round, error);
    if (status != KP_OK) {
        return status;
    }
    kp_transcript_round_id(round->round_id, agreement, round->type, round->counter,
                           round->packed_hello1, round->packed_hello2);
    kp_transcript_g(round->secrets->g, round->round_id, round->secrets->hello2,
                    agreement->member_count);
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if (kp_agreement_member_slots(agreement, i + 1) > 0) { /* else zeros */
            memcpy(round->lists[i].points_root, round->hello2[i].points_root, KP_DIGEST_BYTES);
        }
    }
    round->phase = KP_PHASE_EVALUATE;
    return kp_round_begin_evaluate(round, error);
}

enum kp_status kp_round_on_hello2_secret(struct kp_round *round,
                                         const struct kp_round_message *message,
                                         const uint8_t *packed, size_t packed_size,
                                         struct kp_error *error)
{
    (void)packed;
    (void)packed_size;
    uint32_t from = message->from;
    struct kp_buffer plain = {0};
    enum kp_status status = kp_check_first(round->has_secret[from - 1], message, error);
    if (status == KP_OK) {
        status = kp_check_after_hello2(round->packed_hello2[from - 1].size > 0, message, error);
    }
    if (status == KP_OK) {
        status = kp_round_open(round, message, &plain, error);
    }
    if (status != KP_OK) {
        return status;
    }
    struct kp_hello2_secret *secret = &round->secrets->hello2[from - 1];
    status = kp_hello2_secret_unpack(secret, &plain, error);
    if (status == KP_OK) {
        status = check_secret(round, from, &plain, secret, error);
    }
    kp_buffer_free(&plain);
    if (status != KP_OK) {
        return status == KP_REFUSED ? kp_round_blame(round, from, error) : status;
    }
    round->has_secret[from - 1] = true;
    for (uint32_t i = 0; i < round->settings.agreement->member_count; i++) {
        if (!round->has_secret[i]) {
            return KP_OK;
        }
    }
    return begin_round(round, error);
}
