/* Internal. Pippenger's buckets: sums that points are added to by a digit of their weights.
 *
 * The four of a vector are four places of the weights, each with buckets of its own; so a point is
 * added to four buckets at once. Which ones depends on the weights, which are public.
 */
#ifndef KP_CRYPTO_ENGINE_BUCKETS4_H
#define KP_CRYPTO_ENGINE_BUCKETS4_H

#include "crypto/engine/sum4.h"

/* Digits are of so many bits, and signed: from -2^(bits - 1) to 2^(bits - 1). */
#define KP_BUCKET_BITS_MAX 9

/* One point: what it adds to a sum. */
struct kp_term {
    kp_limb limb[15];
};

/* One sum: plus, minus, z and t. */
struct kp_bucket {
    _Alignas(32) kp_limb limb[20];
};

/* Buckets 0 to 2^(bits - 1) of four places; those of digit 0 are never read. */
static inline size_t kp_buckets_count(unsigned bits)
{
    return 4 * (((size_t)1 << (bits - 1)) + 1);
}

void kp_terms_store(struct kp_term terms[static 4], const struct kp_term4 *four);
void kp_buckets_start(struct kp_bucket *buckets, unsigned bits);
/* digit[i] times the term belongs to place i. */
void kp_buckets_add(struct kp_bucket *buckets, unsigned bits, const struct kp_term *term,
                    const int digit[static 4]);
/* Asks for the buckets that these digits will be added to next. */
void kp_buckets_fetch(const struct kp_bucket *buckets, unsigned bits, const int digit[static 4]);
/* The sums of digit times bucket. */
void kp_buckets_reduce(struct kp_sum4 *out, struct kp_bucket *buckets, unsigned bits);
/* Place `place` of all four. */
void kp_sum4_spread(struct kp_sum4 *out, const struct kp_sum4 *sum, unsigned place);

#endif
