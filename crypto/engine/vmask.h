/* Internal. Choices among the four numbers of a vector, which are the same for doubles and for
 * integers.
 *
 * The sign bit of each of the four counts, nothing else. A kp_vi holds four 64-bit integers in both
 * files called vector.h, which include this one; those of tests/bounds have choices of their own.
 */
#ifndef KP_CRYPTO_ENGINE_VMASK_H
#define KP_CRYPTO_ENGINE_VMASK_H

#include <immintrin.h>
#include <stdint.h>

typedef __m256i kp_vi;
typedef __m256d kp_vmask;

static inline kp_vmask kp_vmask_odd(kp_vi a)
{
    return _mm256_castsi256_pd(_mm256_slli_epi64(a, 63));
}

static inline kp_vmask kp_vmask_equal(kp_vi a, kp_vi b)
{
    return _mm256_castsi256_pd(_mm256_cmpeq_epi64(a, b));
}

/* All four alike: the bit of `bit`, which is 0 or 1. */
static inline kp_vmask kp_vmask_bit(uint64_t bit)
{
    return _mm256_castsi256_pd(_mm256_set1_epi64x((long long)(bit << 63)));
}

/* Each its own. */
static inline kp_vmask kp_vmask_bits(const uint64_t bits[static 4])
{
    __m256i all = _mm256_set_epi64x((long long)bits[3], (long long)bits[2], (long long)bits[1],
                                    (long long)bits[0]);
    return _mm256_castsi256_pd(_mm256_slli_epi64(all, 63));
}

static inline kp_vmask kp_vmask_and(kp_vmask a, kp_vmask b)
{
    return _mm256_and_pd(a, b);
}

static inline kp_vmask kp_vmask_or(kp_vmask a, kp_vmask b)
{
    return _mm256_or_pd(a, b);
}

static inline kp_vmask kp_vmask_xor(kp_vmask a, kp_vmask b)
{
    return _mm256_xor_pd(a, b);
}

/* Not zero when one of the four is chosen; bits 0 to 3 stand for them. */
static inline int kp_vmask_any(kp_vmask mask)
{
    return _mm256_movemask_pd(mask);
}

#endif
