/* Internal. Four numbers in one AVX2 register: all that the engine asks of a processor.
 *
 * A kp_v holds four doubles that are whole numbers, a kp_vi four 64-bit integers. Two things are
 * special:
 *
 *   - A product of two doubles is split without loss at 2^51. Adding 1.5 * 2^103 rounds it to a
 *     multiple of 2^51, since that is what the last bit of numbers from 2^103 to 2^104 is worth;
 * what is left, at most 2^50, stands exactly in a number from 2^52 to 2^53. This holds for products
 *     smaller than 2^102, with rounding to nearest, and for no others.
 *   - The bits of such numbers are integers that begin at a constant (KP_HIGH_BITS, KP_LOW_BITS),
 *     so they are added as integers, and the constants are taken off at the end of a sum.
 *
 * tests/bounds has another file of this name, where a kp_v is the interval that a number may
 * lie in; the engine's files are compiled with it too, and so its bounds are checked in full.
 */
#ifndef KP_CRYPTO_ENGINE_VECTOR_H
#define KP_CRYPTO_ENGINE_VECTOR_H

#include "crypto/engine/vmask.h"

#include <immintrin.h>
#include <stdint.h>

typedef __m256d kp_v;
/* One of the four. */
typedef double kp_limb;
/* They may be negative, and a sum or difference of two limbs may be a factor. */
#define KP_V_SIGNED 1

#define KP_HIGH 0x1.8p103
#define KP_LOW 0x1.8p52
#define KP_HIGH_BITS 0x4668000000000000U
#define KP_LOW_BITS 0x4338000000000000U

/* A multiplication is one piece of code, whose constants are constants. */
#define KP_V_INLINE static inline __attribute__((always_inline))

/* The compiler keeps these two where they are, in registers: it would otherwise move the sums of a
 * multiplication apart and spill them. */
#define KP_V_KEEP(a, b) __asm__ volatile("" : "+x"(a), "+x"(b))

static inline kp_v kp_v_all(double number)
{
    return _mm256_set1_pd(number);
}

static inline kp_v kp_v_add(kp_v a, kp_v b)
{
    return _mm256_add_pd(a, b);
}

/* a - b as limb i of an element, which makes no difference here. */
static inline kp_v kp_v_less(kp_v a, kp_v b, int i)
{
    (void)i;
    return _mm256_sub_pd(a, b);
}

/* *high * 2^51 + *low = a * b, each with its constant. */
static inline void kp_v_split(kp_vi *high, kp_vi *low, kp_v a, kp_v b)
{
    kp_v h = _mm256_fmadd_pd(a, b, _mm256_set1_pd(KP_HIGH));
    kp_v l = _mm256_fmadd_pd(a, b, _mm256_sub_pd(_mm256_set1_pd(KP_HIGH + KP_LOW), h));
    *high = _mm256_castpd_si256(h);
    *low = _mm256_castpd_si256(l);
}

/* The multiple of 2^51 nearest to a, or to a * b. */
static inline kp_v kp_v_high(kp_v a)
{
    return _mm256_sub_pd(_mm256_add_pd(a, _mm256_set1_pd(KP_HIGH)), _mm256_set1_pd(KP_HIGH));
}

static inline kp_v kp_v_product_high(kp_v a, kp_v b)
{
    return _mm256_sub_pd(_mm256_fmadd_pd(a, b, _mm256_set1_pd(KP_HIGH)), _mm256_set1_pd(KP_HIGH));
}

/* What is left of a, or of a * b, when its high part is taken off. */
static inline kp_v kp_v_low(kp_v a, kp_v high)
{
    return _mm256_sub_pd(a, high);
}

static inline kp_v kp_v_product_low(kp_v a, kp_v b, kp_v high)
{
    return _mm256_fmsub_pd(a, b, high);
}

/* a + times * high / 2^51, where times is 1 or 19. */
static inline kp_v kp_v_plus_carry(kp_v a, kp_v high, double times)
{
    return _mm256_fmadd_pd(high, _mm256_set1_pd(times * 0x1p-51), a);
}

/* A constant that is read from memory in passing. It is defined in a file of its own, since a
 * compiler that knows it makes it anew each time, by three instructions. */
struct kp_vi_constant {
    _Alignas(32) uint64_t word[4];
};

#define KP_VI_ALL(number)                                                                          \
    {                                                                                              \
        {                                                                                          \
            number, number, number, number                                                         \
        }                                                                                          \
    }
/* plus - highs * KP_HIGH_BITS - lows * KP_LOW_BITS: what a sum begins with in which so many of
 * either will be added. */
#define KP_VI_BEGIN(plus, highs, lows)                                                             \
    KP_VI_ALL((plus) - (uint64_t)(highs)*KP_HIGH_BITS - (uint64_t)(lows)*KP_LOW_BITS)

extern const struct kp_vi_constant kp_vi_mask51;
extern const struct kp_vi_constant kp_vi_nineteen;
extern const struct kp_vi_constant kp_vi_two52; /* the bits of 2^52 */

static inline kp_vi kp_vi_of(const struct kp_vi_constant *constant)
{
    return _mm256_load_si256((const __m256i *)(const void *)constant->word);
}

static inline kp_vi kp_vi_all(uint64_t number)
{
    return _mm256_set1_epi64x((long long)number);
}

static inline kp_vi kp_vi_add(kp_vi a, kp_vi b)
{
    return _mm256_add_epi64(a, b);
}

static inline kp_vi kp_vi_sub(kp_vi a, kp_vi b)
{
    return _mm256_sub_epi64(a, b);
}

#define kp_vi_left(a, bits) _mm256_slli_epi64(a, bits)
#define kp_vi_right(a, bits) _mm256_srli_epi64(a, bits)

static inline kp_vi kp_vi_low51(kp_vi a)
{
    return _mm256_and_si256(a, kp_vi_of(&kp_vi_mask51));
}

/* 19 times a number below 2^32. */
static inline kp_vi kp_vi_19(kp_vi a)
{
    return _mm256_mul_epu32(a, kp_vi_of(&kp_vi_nineteen));
}

/* low + plus - less as a double; low is below 2^51, the sum of low and plus below 2^52. */
static inline kp_v kp_vi_number(kp_vi low, kp_vi plus, double less)
{
    kp_vi bits = _mm256_or_si256(low, kp_vi_of(&kp_vi_two52));
    bits = _mm256_add_epi64(bits, plus);
    return _mm256_sub_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(0x1p52 + less));
}

/* As a number; a is below 2^51. */
static inline kp_v kp_vi_limb(kp_vi a)
{
    return kp_vi_number(a, kp_vi_all(0), 0);
}

/* The numbers whose bits those are, and the other way. */
static inline kp_v kp_v_of_bits(__m256i bits)
{
    return _mm256_castsi256_pd(bits);
}

static inline __m256i kp_v_bits(kp_v a)
{
    return _mm256_castpd_si256(a);
}

/* The integer a + plus, where a is at most 2^51 either way. */
static inline kp_vi kp_v_integer(kp_v a, uint64_t plus)
{
    kp_vi bits = _mm256_castpd_si256(_mm256_add_pd(a, _mm256_set1_pd(KP_LOW)));
    return _mm256_add_epi64(bits, kp_vi_all(plus - KP_LOW_BITS));
}

static inline kp_v kp_v_choose(kp_vmask mask, kp_v chosen, kp_v otherwise)
{
    return _mm256_blendv_pd(otherwise, chosen, mask);
}

/* Minus a as limb i, where the mask says so. */
static inline kp_v kp_v_negate_if(kp_vmask mask, kp_v a, int i)
{
    (void)i;
    return _mm256_xor_pd(a, _mm256_and_pd(mask, _mm256_set1_pd(-0.0)));
}

#endif
