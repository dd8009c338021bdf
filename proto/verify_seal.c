/* The two layers around a record, partial openings, and what is inside. */
#include "proto/verify_record.h"

#include "crypto/dleq.h"
#include "crypto/schnorr.h"

#include <string.h>

#define NONCE 24u
#define MAC 16u
#define HEADER (KP_POINT_BYTES + KP_SCHNORR_BYTES) /* E and its proof */

/* ---- what both layers are bound to ---- */

static void context_of(uint8_t context[static KP_DIGEST_BYTES], const struct kp_verify_place *place,
                       const uint8_t tag[static KP_DIGEST_BYTES])
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 seal context");
    kp_hash_field(&state, place->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, place->round_id, KP_DIGEST_BYTES);
    kp_hash_number(&state, place->member);
    kp_hash_field(&state, tag, KP_DIGEST_BYTES);
    kp_hash_digest(&state, context);
}

/* ---- the outer layer ---- */

bool kp_verify_outer(struct kp_verify_inner *inner, const struct kp_verify_place *place,
                     const struct kp_verify_entry *entry,
                     const uint8_t secret[static KP_SCALAR_BYTES])
{
    uint8_t context[KP_DIGEST_BYTES], key[32];
    struct kp_hash state;
    const uint8_t *sealed = entry->record.data;
    if (entry->record.size < NONCE + MAC ||
        entry->record.size - NONCE - MAC > sizeof(inner->bytes)) {
        return false;
    }
    context_of(context, place, entry->tag);
    kp_hash_start(&state, "Kruispunt-v1 outer seal key");
    kp_hash_field(&state, secret, KP_SCALAR_BYTES);
    kp_hash_field(&state, context, sizeof(context));
    kp_hash_digest(&state, key);
    inner->size = entry->record.size - NONCE - MAC;
    return crypto_aead_xchacha20poly1305_ietf_decrypt(inner->bytes, NULL, NULL, sealed + NONCE,
                                                      entry->record.size - NONCE, context,
                                                      sizeof(context), sealed, key) == 0;
}

bool kp_verify_seal(const struct kp_verify_inner *inner, const struct kp_verify_place *place,
                    const uint8_t tag[static KP_DIGEST_BYTES])
{
    uint8_t context[KP_DIGEST_BYTES];
    context_of(context, place, tag);
    return inner->size > HEADER + MAC &&
           kp_schnorr_verify(inner->bytes + KP_POINT_BYTES, inner->bytes, context) == KP_OK;
}

/* ---- a holder's part ---- */

static void partial_challenge(uint8_t challenge[static KP_SCALAR_BYTES], const struct kp_dleq *dleq,
                              const struct kp_dleq_points *points)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 partial opening challenge");
    kp_hash_field(&state, dleq->seed, KP_DIGEST_BYTES);
    kp_hash_field(&state, dleq->public_key, KP_POINT_BYTES); /* L_h */
    kp_hash_field(&state, dleq->inputs, KP_POINT_BYTES);     /* E */
    kp_hash_field(&state, dleq->outputs, KP_POINT_BYTES);    /* D */
    kp_hash_field(&state, points->t2, KP_POINT_BYTES);
    kp_hash_field(&state, points->t3, KP_POINT_BYTES);
    kp_hash_scalar(&state, challenge);
}

bool kp_verify_partial(const uint8_t partial[static KP_PARTIAL_BYTES], uint32_t holder,
                       const struct kp_verify_inner *inner, const struct kp_verify_place *place,
                       const uint8_t tag[static KP_DIGEST_BYTES])
{
    static const uint8_t one[KP_SCALAR_BYTES] = {1};
    uint8_t where[KP_DIGEST_BYTES];
    struct kp_hash state;
    if (holder < 1 || holder > place->agreement->opening_key_count || inner->size <= HEADER) {
        return false;
    }
    kp_hash_start(&state, "Kruispunt-v1 partial opening");
    kp_hash_field(&state, place->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, place->round_id, KP_DIGEST_BYTES);
    kp_hash_number(&state, place->member);
    kp_hash_field(&state, tag, KP_DIGEST_BYTES);
    kp_hash_number(&state, holder);
    kp_hash_digest(&state, where);
    const struct kp_dleq dleq = {.public_key = place->agreement->opening_keys[holder - 1].key,
                                 .inputs = inner->bytes,
                                 .outputs = partial,
                                 .weights = one,
                                 .count = 1,
                                 .challenge = partial_challenge,
                                 .seed = where};
    return kp_dleq_verify(partial + KP_POINT_BYTES, &dleq) == KP_OK;
}

void kp_verify_act_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_verify_place *place,
                        const uint8_t tag[static KP_DIGEST_BYTES], uint32_t holder,
                        const uint32_t *members, const uint8_t (*partials)[KP_PARTIAL_BYTES],
                        uint32_t count)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 opening act");
    kp_hash_field(&state, place->agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_field(&state, place->round_id, KP_DIGEST_BYTES);
    kp_hash_field(&state, tag, KP_DIGEST_BYTES);
    kp_hash_number(&state, holder);
    for (uint32_t i = 0; i < count; i++) {
        kp_hash_number(&state, members[i]);
        kp_hash_field(&state, partials[i], KP_POINT_BYTES);
        kp_hash_field(&state, partials[i] + KP_POINT_BYTES, KP_PARTIAL_BYTES - KP_POINT_BYTES);
    }
    kp_hash_digest(&state, leaf);
}

/* ---- the inner layer ---- */

/* L is the sum of the holders' keys, and e * L the sum of their D. */
static bool sum(uint8_t out[static KP_POINT_BYTES], const uint8_t *first, size_t step,
                uint32_t count)
{
    memset(out, 0, KP_POINT_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        if (kp_points_add(out, out, first + i * step, 1) != KP_OK) {
            return false;
        }
    }
    return !sodium_is_zero(out, KP_POINT_BYTES);
}

static bool inner_key(uint8_t key[static 32], const struct kp_agreement *agreement,
                      const uint8_t (*partials)[KP_PARTIAL_BYTES], uint32_t count, const uint8_t *e,
                      const uint8_t context[static KP_DIGEST_BYTES])
{
    uint8_t shared[KP_POINT_BYTES], whole[KP_POINT_BYTES];
    struct kp_hash state;
    if (count != agreement->opening_key_count ||
        !sum(shared, partials[0], KP_PARTIAL_BYTES, count) ||
        !sum(whole, agreement->opening_keys[0].key, sizeof(agreement->opening_keys[0]), count)) {
        return false;
    }
    kp_hash_start(&state, "Kruispunt-v1 inner seal key");
    kp_hash_field(&state, shared, KP_POINT_BYTES);
    kp_hash_field(&state, e, KP_POINT_BYTES);
    kp_hash_field(&state, whole, KP_POINT_BYTES);
    kp_hash_field(&state, context, KP_DIGEST_BYTES);
    kp_hash_digest(&state, key);
    return true;
}

/* ---- what is inside ---- */

static void commit(uint8_t commitment[static KP_DIGEST_BYTES], uint64_t field,
                   const uint8_t blinding[static KP_LEAF_BLINDING_BYTES], const uint8_t *value,
                   size_t size)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 leaf field");
    kp_hash_number(&state, field);
    kp_hash_field(&state, blinding, KP_LEAF_BLINDING_BYTES);
    kp_hash_field(&state, value, size);
    kp_hash_digest(&state, commitment);
}

static uint32_t number_at(const uint8_t *at)
{
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* Value and blinding, or a commitment; where it ends. */
static const uint8_t *optional(struct kp_verify_content *content, const uint8_t *at, uint64_t field,
                               bool disclosed, uint8_t *value, size_t size)
{
    if (!disclosed) {
        memcpy(content->commitments[field], at, KP_DIGEST_BYTES);
        return at + KP_DIGEST_BYTES;
    }
    memcpy(value, at, size);
    commit(content->commitments[field], field, at + size, at, size);
    return at + size + KP_LEAF_BLINDING_BYTES;
}

/* Section 10.7, by its offsets. */
static void read_plain(struct kp_verify_content *content, const struct kp_agreement *agreement,
                       const uint8_t *plain)
{
    uint8_t observed_on[4] = {0};
    memset(content, 0, sizeof(*content));
    memcpy(content->address, plain, 16);
    memcpy(content->y, plain + 16, 32);
    memcpy(content->g, plain + 48, 32);
    content->index = number_at(plain + 80);
    memcpy(content->point, plain + 84, 32);
    commit(content->commitments[0], 0, plain + 116, content->address, 16);
    commit(content->commitments[4], 4, plain + 132, content->point, 32);
    const uint8_t *at = plain + 148;
    at = optional(content, at, 1, (agreement->discloses & 1) != 0, content->indicators, 32);
    at = optional(content, at, 2, (agreement->discloses & 2) != 0, content->grounds, 32);
    (void)optional(content, at, 3, (agreement->discloses & 4) != 0, observed_on, 4);
    content->observed_on = number_at(observed_on);
}

bool kp_verify_open(struct kp_verify_content *content, const struct kp_verify_inner *inner,
                    const struct kp_verify_place *place, const uint8_t tag[static KP_DIGEST_BYTES],
                    const uint8_t (*partials)[KP_PARTIAL_BYTES], uint32_t count)
{
    static const uint8_t nonce[NONCE];
    uint8_t context[KP_DIGEST_BYTES], key[32], plain[KP_VERIFY_INNER_MAX] = {0};
    context_of(context, place, tag);
    if (inner->size <= HEADER + MAC ||
        !inner_key(key, place->agreement, partials, count, inner->bytes, context) ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, inner->bytes + HEADER,
                                                   inner->size - HEADER, inner->bytes, HEADER,
                                                   nonce, key) != 0) {
        return false;
    }
    read_plain(content, place->agreement, plain);
    return true;
}

void kp_verify_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_agreement *agreement,
                    const struct kp_verify_content *content)
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 leaf");
    kp_hash_field(&state, agreement->lineage, KP_DIGEST_BYTES);
    kp_hash_number(&state, content->index);
    kp_hash_field(&state, content->commitments, sizeof(content->commitments));
    kp_hash_digest(&state, leaf);
}

void kp_verify_g_hash(uint8_t digest[static KP_DIGEST_BYTES],
                      const uint8_t g[static KP_DIGEST_BYTES])
{
    struct kp_hash state;
    kp_hash_start(&state, "Kruispunt-v1 digest of g");
    kp_hash_field(&state, g, KP_DIGEST_BYTES);
    kp_hash_digest(&state, digest);
}
