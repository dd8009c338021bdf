#include "crypto/shares.h"

#include "crypto/inverses.h"
#include "crypto/merkle.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

static bool is_member_count(uint32_t members)
{
    return members >= KP_MEMBERS_MIN && members <= KP_MEMBERS_MAX;
}

static void put_word(uint8_t bytes[static 4], uint32_t number)
{
    for (size_t i = 0; i < sizeof(number); i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
}

static uint32_t get_word(const uint8_t bytes[static 4])
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_scalar(uint8_t scalar[static KP_SCALAR_BYTES], uint32_t number)
{
    memset(scalar, 0, KP_SCALAR_BYTES);
    put_word(scalar, number);
}

enum kp_status kp_share_terms_make(struct kp_share_terms *terms,
                                   const struct kp_share_context *context)
{
    kp_wipe(terms, sizeof(*terms));
    if (!is_member_count(context->members) || context->threshold < 2 ||
        context->threshold > context->members) {
        return KP_USAGE;
    }
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 share terms");
    kp_hash_field(&hash, context->round_id, sizeof(context->round_id));
    kp_hash_number(&hash, context->type);
    kp_hash_field(&hash, context->g, sizeof(context->g));
    kp_hash_number(&hash, context->threshold);
    kp_hash_number(&hash, context->members);
    kp_hash_digest(&hash, terms->digest);
    terms->context = *context;
    return KP_OK;
}

/* threshold coefficients of f, the constant one first. */
static void derive_polynomial(uint8_t coefficients[][KP_SCALAR_BYTES],
                              const uint8_t output[static 64], const struct kp_share_terms *terms)
{
    for (uint32_t i = 0; i < terms->context.threshold; i++) {
        struct kp_hash hash;
        kp_hash_start(&hash, "Kruispunt-v1 shares");
        kp_hash_field(&hash, terms->digest, sizeof(terms->digest));
        kp_hash_field(&hash, output, 64);
        kp_hash_number(&hash, i);
        kp_hash_scalar(&hash, coefficients[i]);
    }
}

/* share = f(member) by Horner's rule over the integers, and reduced once: with at most 32
 * coefficients below 2^253 and a member of at most 32 it stays below 2^253 * 33 * 32^31 < 2^414. */
static void evaluate(uint8_t share[static KP_SCALAR_BYTES], uint8_t coefficients[][KP_SCALAR_BYTES],
                     uint32_t threshold, uint32_t member)
{
    enum { WORDS = 16, SCALAR_WORDS = KP_SCALAR_BYTES / 4 };
    uint32_t value[WORDS] = {0};
    for (uint32_t i = threshold; i > 0; i--) {
        uint64_t carry = 0;
        for (size_t j = 0; j < WORDS; j++) {
            uint32_t more = j < SCALAR_WORDS ? get_word(coefficients[i - 1] + 4 * j) : 0;
            carry += (uint64_t)value[j] * member + more;
            value[j] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    uint8_t wide[KP_WIDE_BYTES];
    for (size_t j = 0; j < WORDS; j++) {
        put_word(wide + 4 * j, value[j]);
    }
    kp_scalar_reduce(share, wide);
    kp_wipe(value, sizeof(value));
    kp_wipe(wide, sizeof(wide));
}

static void hash_share(uint8_t node[static KP_DIGEST_BYTES],
                       const uint8_t round_id[static KP_DIGEST_BYTES], uint32_t member,
                       const uint8_t share[static KP_SCALAR_BYTES])
{
    struct kp_hash hash;
    uint8_t all[KP_DIGEST_BYTES + 1 + KP_SCALAR_BYTES]; /* one field: one block of the hash */
    memcpy(all, round_id, KP_DIGEST_BYTES);
    all[KP_DIGEST_BYTES] = (uint8_t)member; /* at most KP_MEMBERS_MAX */
    memcpy(all + KP_DIGEST_BYTES + 1, share, KP_SCALAR_BYTES);
    kp_hash_start(&hash, "Kruispunt-v1 share");
    kp_hash_field(&hash, all, sizeof(all));
    kp_hash_digest(&hash, node);
    kp_wipe(all, sizeof(all));
}

/* All but the tag. */
static void derive(struct kp_shares *shares, const uint8_t output[static 64],
                   const struct kp_share_terms *terms)
{
    const struct kp_share_context *context = &terms->context;
    uint8_t coefficients[KP_MEMBERS_MAX][KP_SCALAR_BYTES];
    derive_polynomial(coefficients, output, terms);
    memcpy(shares->secret, coefficients[0], KP_SCALAR_BYTES);
    for (uint32_t i = 0; i < context->members; i++) {
        evaluate(shares->share[i], coefficients, context->threshold, i + 1);
        hash_share(shares->node[i], context->round_id, i + 1, shares->share[i]);
    }
    kp_wipe(coefficients, context->threshold * sizeof(coefficients[0]));
}

enum kp_status kp_shares_derive(struct kp_shares *shares, const uint8_t output[static 64],
                                const struct kp_share_context *context)
{
    struct kp_share_terms terms;
    kp_wipe(shares, sizeof(*shares));
    enum kp_status status = kp_share_terms_make(&terms, context);
    if (status == KP_OK) {
        uint8_t nodes[KP_MEMBERS_MAX][KP_DIGEST_BYTES];
        derive(shares, output, &terms);
        memcpy(nodes, shares->node, sizeof(nodes));
        kp_merkle_fold(shares->tag, NULL, nodes[0], context->members, 0);
    }
    kp_wipe(&terms, sizeof(terms));
    return status;
}

enum kp_status kp_shares_derive_own(struct kp_own_share *own, const uint8_t output[static 64],
                                    const struct kp_share_terms *terms, uint32_t member)
{
    struct kp_shares shares;
    kp_wipe(own, sizeof(*own));
    if (member == 0 || member > terms->context.members) {
        return KP_USAGE;
    }
    derive(&shares, output, terms);
    memcpy(own->secret, shares.secret, sizeof(own->secret));
    memcpy(own->share, shares.share[member - 1], sizeof(own->share));
    kp_merkle_fold(own->tag, own->path, shares.node[0], terms->context.members, member - 1);
    kp_wipe(&shares, sizeof(shares));
    return KP_OK;
}

void kp_shares_path(uint8_t *path, const struct kp_shares *shares, uint32_t members,
                    uint32_t member)
{
    uint8_t nodes[KP_MEMBERS_MAX][KP_DIGEST_BYTES], tag[KP_DIGEST_BYTES];
    memcpy(nodes, shares->node, sizeof(nodes));
    kp_merkle_fold(tag, path, nodes[0], members, member - 1);
}

enum kp_status kp_share_check(const uint8_t tag[static KP_DIGEST_BYTES],
                              const uint8_t round_id[static KP_DIGEST_BYTES], uint32_t members,
                              uint32_t member, const uint8_t share[static KP_SCALAR_BYTES],
                              const uint8_t *path)
{
    if (!is_member_count(members) || member == 0 || member > members ||
        kp_scalar_check(share) != KP_OK) {
        return KP_REFUSED;
    }
    uint8_t node[KP_DIGEST_BYTES];
    hash_share(node, round_id, member, share);
    return kp_merkle_check_node(tag, node, members, member - 1, path);
}

static bool are_distinct_members(const uint32_t *member, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (member[i] == 0 || member[i] > KP_MEMBERS_MAX) {
            return false;
        }
        for (uint32_t j = 0; j < i; j++) {
            if (member[j] == member[i]) {
                return false;
            }
        }
    }
    return true;
}

_Static_assert(KP_INVERSES >= KP_MEMBERS_MAX - 1, "no two members are further apart");

/* Lagrange's coefficient at zero: the product of x_j / (x_j - x_i) over the others. All of it is
 * public. */
static void lagrange(uint8_t coefficient[static KP_SCALAR_BYTES], const uint32_t *member,
                     uint32_t count, uint32_t i)
{
    bool negative = false;
    put_scalar(coefficient, 1);
    for (uint32_t j = 0; j < count; j++) {
        if (j == i) {
            continue;
        }
        bool below = member[j] < member[i];
        uint32_t apart = below ? member[i] - member[j] : member[j] - member[i];
        uint8_t x[KP_SCALAR_BYTES];
        put_scalar(x, member[j]);
        crypto_core_ristretto255_scalar_mul(coefficient, coefficient, x);
        crypto_core_ristretto255_scalar_mul(coefficient, coefficient, kp_inverses[apart - 1]);
        negative ^= below;
    }
    if (negative) {
        crypto_core_ristretto255_scalar_negate(coefficient, coefficient);
    }
}

enum kp_status kp_shares_interpolate(uint8_t secret[static KP_SCALAR_BYTES], uint32_t threshold,
                                     const uint32_t *member, const uint8_t *shares)
{
    if (threshold == 0 || threshold > KP_MEMBERS_MAX || !are_distinct_members(member, threshold)) {
        return KP_REFUSED;
    }
    uint8_t sum[KP_SCALAR_BYTES] = {0};
    uint8_t term[KP_SCALAR_BYTES];
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < threshold; i++) {
        const uint8_t *share = shares + i * KP_SCALAR_BYTES;
        status = kp_scalar_check(share);
        lagrange(term, member, threshold, i);
        crypto_core_ristretto255_scalar_mul(term, term, share);
        crypto_core_ristretto255_scalar_add(sum, sum, term);
    }
    if (status == KP_OK) {
        memcpy(secret, sum, sizeof(sum));
    }
    kp_wipe(sum, sizeof(sum));
    kp_wipe(term, sizeof(term));
    return status;
}
