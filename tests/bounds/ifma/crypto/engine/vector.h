/* In the place of crypto/engine/ifma/include/crypto/engine/vector.h: numbers that may be anything
 * in an interval, as in the other file of this name.
 *
 * Nothing may be negative or reach 2^64, and a factor may not reach 2^52.
 */
#ifndef KP_CRYPTO_ENGINE_VECTOR_H
#define KP_CRYPTO_ENGINE_VECTOR_H

#include <stdint.h>

__extension__ typedef __int128 wide;

typedef struct {
    wide least;
    wide most;
} kp_v;

typedef kp_v kp_vi;
typedef int kp_vmask;
typedef uint64_t kp_limb;

void bounds_fail(const char *operation);

#define TWO(n) ((wide)1 << (n))
#define KP_V_INLINE static inline
#define KP_V_SIGNED 0
#define KP_LIMB_OF_P(i) ((1ULL << 51) - ((i) == 0 ? 19U : 1U))

/* What a carried limb may be; two products of what they tell here must be found. */
#define BOUNDS_CARRIED_LEAST(i) ((wide)0 * (i))
#define BOUNDS_CARRIED_MOST(i) ((wide)(2 * KP_LIMB_OF_P(i)))
#define BOUNDS_FACTOR_LEAST(i) BOUNDS_CARRIED_LEAST(i)
#define BOUNDS_FACTOR_MOST(i) BOUNDS_CARRIED_MOST(i)
#define BOUNDS_LOOSE_LEAST(i) ((wide)0 * (i))
#define BOUNDS_LOOSE_MOST(i) (TWO(60) + (wide)0 * (i))

static inline void bounds_need(int granted, const char *operation)
{
    if (!granted) {
        bounds_fail(operation);
    }
}

static inline wide bounds_min(wide a, wide b)
{
    return a < b ? a : b;
}

static inline wide bounds_max(wide a, wide b)
{
    return a > b ? a : b;
}

static inline kp_v bounds_number(wide least, wide most, const char *operation)
{
    bounds_need(least >= 0 && most < TWO(64), operation);
    return (kp_v){least, most};
}

static inline kp_v kp_v_all(kp_limb number)
{
    return (kp_v){number, number};
}

static inline kp_v kp_v_add(kp_v a, kp_v b)
{
    return bounds_number(a.least + b.least, a.most + b.most, "add");
}

static inline kp_v bounds_less(kp_v a, kp_v b, uint64_t plus, const char *operation)
{
    bounds_need(b.most <= (wide)plus, operation);
    return bounds_number(a.least - b.most + plus, a.most - b.least + plus, operation);
}

static inline kp_v kp_v_less(kp_v a, kp_v b, int i)
{
    return bounds_less(a, b, 4 * KP_LIMB_OF_P(i), "subtract");
}

static inline kp_v kp_v_less_columns(kp_v a, kp_v b, int i)
{
    return bounds_less(a, b, KP_LIMB_OF_P(i) << 10, "subtract columns");
}

static inline void bounds_factors(kp_v a, kp_v b)
{
    bounds_need(a.most < TWO(52) && b.most < TWO(52), "a factor of 2^52 or more");
}

static inline kp_v kp_v_plus_low(kp_v sum, kp_v a, kp_v b)
{
    bounds_factors(a, b);
    wide most = bounds_min(a.most * b.most, TWO(52) - 1);
    return bounds_number(sum.least, sum.most + most, "add a lower half");
}

static inline kp_v kp_v_plus_high(kp_v sum, kp_v a, kp_v b)
{
    bounds_factors(a, b);
    return bounds_number(sum.least + (a.least * b.least >> 52), sum.most + (a.most * b.most >> 52),
                         "add an upper half");
}

static inline kp_v kp_v_right(kp_v a, int bits)
{
    return (kp_v){a.least >> bits, a.most >> bits};
}

static inline kp_v kp_v_left(kp_v a, int bits)
{
    return bounds_number(a.least << bits, a.most << bits, "shift left");
}

static inline kp_v kp_v_low51(kp_v a)
{
    return a.most < TWO(51) ? a : (kp_v){0, TWO(51) - 1};
}

static inline kp_v kp_v_19(kp_v a)
{
    bounds_need(a.most < TWO(32), "19 times 2^32 or more");
    return (kp_v){a.least * 19, a.most * 19};
}

static inline kp_v kp_v_times_19(kp_v a)
{
    return bounds_number(a.least * 19, a.most * 19, "19 times");
}

struct kp_v_constant {
    uint64_t word[4];
};

extern const struct kp_v_constant kp_v_nineteen;
extern const struct kp_v_constant kp_v_mask51;

static inline kp_vi kp_vi_all(uint64_t number)
{
    return kp_v_all(number);
}

static inline kp_v kp_v_choose(kp_vmask mask, kp_v chosen, kp_v otherwise)
{
    (void)mask;
    return (kp_v){bounds_min(chosen.least, otherwise.least),
                  bounds_max(chosen.most, otherwise.most)};
}

static inline kp_v kp_v_negate_if(kp_vmask mask, kp_v a, int i)
{
    kp_v none = {0, 0};
    return kp_v_choose(mask, bounds_less(none, a, 2 * KP_LIMB_OF_P(i), "negate"), a);
}

static inline kp_vmask kp_vmask_odd(kp_vi a)
{
    (void)a;
    return 0;
}

static inline kp_vmask kp_vmask_equal(kp_vi a, kp_vi b)
{
    (void)a, (void)b;
    return 0;
}

static inline kp_vmask kp_vmask_bit(uint64_t bit)
{
    bounds_need(bit < 2, "a bit");
    return 0;
}

static inline kp_vmask kp_vmask_bits(const uint64_t bits[static 4])
{
    for (int i = 0; i < 4; i++) {
        bounds_need(bits[i] < 2, "a bit");
    }
    return 0;
}

static inline kp_vmask kp_vmask_and(kp_vmask a, kp_vmask b)
{
    return a & b;
}

static inline kp_vmask kp_vmask_or(kp_vmask a, kp_vmask b)
{
    return a | b;
}

static inline kp_vmask kp_vmask_xor(kp_vmask a, kp_vmask b)
{
    return a ^ b;
}

static inline int kp_vmask_any(kp_vmask mask)
{
    return mask;
}

#endif
