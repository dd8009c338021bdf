/* Internal. In the place of crypto/engine/vector.h: four whole numbers in one register, for
 * processors that multiply and add integers of 52 bits (AVX-512 IFMA, on registers of 256 bits).
 *
 * A kp_v holds four integers that are never negative. A product looks at the lower 52 bits of its
 * factors and at no others, so nothing above 2^52 may come into one; its own lower and upper 52
 * bits are added to a sum each. Sums are of 64 bits.
 *
 * With KP_VECTOR_PLAIN the same by integers of 128 bits: for tests, on processors that can't, and
 * under valgrind, which doesn't know these instructions. tests/bounds has another of these too.
 */
#ifndef KP_CRYPTO_ENGINE_VECTOR_H
#define KP_CRYPTO_ENGINE_VECTOR_H

#include "crypto/engine/vmask.h"

#include <immintrin.h>
#include <stdint.h>

typedef __m256i kp_v;
/* One of the four. */
typedef uint64_t kp_limb;
/* They are never negative, and a sum or difference of two limbs is too much for a factor. */
#define KP_V_SIGNED 0

#define KP_V_INLINE static inline __attribute__((always_inline))

/* Limbs of p = 2^255 - 19, 51 bits each. */
#define KP_LIMB_OF_P(i) ((1ULL << 51) - ((i) == 0 ? 19U : 1U))

static inline kp_v kp_v_all(kp_limb number)
{
    return _mm256_set1_epi64x((long long)number);
}

static inline kp_v kp_v_add(kp_v a, kp_v b)
{
    return _mm256_add_epi64(a, b);
}

/* a - b as limb i, with what keeps it from being negative: limb i of 4p, which is nothing. */
static inline kp_v kp_v_less(kp_v a, kp_v b, int i)
{
    return _mm256_add_epi64(_mm256_sub_epi64(a, b), kp_v_all(4 * KP_LIMB_OF_P(i)));
}

/* The same for columns of a product, with 2^10 times limb i of p. */
static inline kp_v kp_v_less_columns(kp_v a, kp_v b, int i)
{
    return _mm256_add_epi64(_mm256_sub_epi64(a, b), kp_v_all(KP_LIMB_OF_P(i) << 10));
}

/* Constants that are read from memory in passing. They are defined in a file of their own, since a
 * compiler that knows them makes shifts and sums of a multiplication by 19, which cost more. */
struct kp_v_constant {
    _Alignas(32) uint64_t word[4];
};

extern const struct kp_v_constant kp_v_nineteen;
extern const struct kp_v_constant kp_v_mask51;

static inline kp_v kp_v_of(const struct kp_v_constant *constant)
{
    return _mm256_load_si256((const __m256i *)(const void *)constant->word);
}

#ifdef KP_VECTOR_PLAIN
KP_V_INLINE kp_v kp_v_product(kp_v sum, kp_v a, kp_v b, unsigned from)
{
    __extension__ typedef unsigned __int128 wide;
    const uint64_t mask = (1ULL << 52) - 1;
    _Alignas(32) uint64_t x[4];
    _Alignas(32) uint64_t y[4];
    _mm256_store_si256((__m256i *)(void *)x, a);
    _mm256_store_si256((__m256i *)(void *)y, b);
    for (int i = 0; i < 4; i++) {
        x[i] = (uint64_t)((wide)(x[i] & mask) * (y[i] & mask) >> from) & mask;
    }
    return _mm256_add_epi64(sum, _mm256_load_si256((const __m256i *)(const void *)x));
}

KP_V_INLINE kp_v kp_v_times_19(kp_v a)
{
    return _mm256_add_epi64(_mm256_add_epi64(a, _mm256_slli_epi64(a, 1)), _mm256_slli_epi64(a, 4));
}

/* sum + the lower, or upper, 52 bits of a * b. */
KP_V_INLINE kp_v kp_v_plus_low(kp_v sum, kp_v a, kp_v b)
{
    return kp_v_product(sum, a, b, 0);
}

KP_V_INLINE kp_v kp_v_plus_high(kp_v sum, kp_v a, kp_v b)
{
    return kp_v_product(sum, a, b, 52);
}
#else
/* 19 times a number below 2^59. */
KP_V_INLINE kp_v kp_v_times_19(kp_v a)
{
    return _mm256_mullo_epi64(a, kp_v_of(&kp_v_nineteen));
}

KP_V_INLINE kp_v kp_v_plus_low(kp_v sum, kp_v a, kp_v b)
{
    return _mm256_madd52lo_epu64(sum, a, b);
}

KP_V_INLINE kp_v kp_v_plus_high(kp_v sum, kp_v a, kp_v b)
{
    return _mm256_madd52hi_epu64(sum, a, b);
}
#endif

#define kp_v_right(a, bits) _mm256_srli_epi64(a, bits)
#define kp_v_left(a, bits) _mm256_slli_epi64(a, bits)

static inline kp_v kp_v_low51(kp_v a)
{
    return _mm256_and_si256(a, kp_v_of(&kp_v_mask51));
}

/* 19 times a number below 2^32. */
static inline kp_v kp_v_19(kp_v a)
{
    return _mm256_mul_epu32(a, kp_v_of(&kp_v_nineteen));
}

/* The numbers whose bits those are, and the other way. */
static inline kp_v kp_v_of_bits(__m256i bits)
{
    return bits;
}

static inline __m256i kp_v_bits(kp_v a)
{
    return a;
}

static inline kp_vi kp_vi_all(uint64_t number)
{
    return _mm256_set1_epi64x((long long)number);
}

static inline kp_vi kp_vi_low51(kp_vi a)
{
    return kp_v_low51(a);
}

/* As a number; a is below 2^51. */
static inline kp_v kp_vi_limb(kp_vi a)
{
    return a;
}

static inline kp_v kp_v_choose(kp_vmask mask, kp_v chosen, kp_v otherwise)
{
    return _mm256_castpd_si256(
        _mm256_blendv_pd(_mm256_castsi256_pd(otherwise), _mm256_castsi256_pd(chosen), mask));
}

/* Minus a as limb i, where the mask says so: limb i of 2p less a, which is not above it. */
static inline kp_v kp_v_negate_if(kp_vmask mask, kp_v a, int i)
{
    return kp_v_choose(mask, _mm256_sub_epi64(kp_v_all(2 * KP_LIMB_OF_P(i)), a), a);
}

#endif
