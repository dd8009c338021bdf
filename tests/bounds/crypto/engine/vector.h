/* In the place of crypto/engine/vector.h: numbers that may be anything in an interval.
 *
 * The engine's files are compiled with this one and run over everything that they may be given.
 * Each operation here says what the real one needs to be exact, and bounds_fail is called when an
 * interval doesn't grant it. A choice has both of its possibilities as result; masks say nothing.
 */
#ifndef KP_CRYPTO_ENGINE_VECTOR_H
#define KP_CRYPTO_ENGINE_VECTOR_H

#include <stdint.h>

__extension__ typedef __int128 wide;

/* A double: a whole number, and a multiple of 2^unit. */
typedef struct {
    wide least;
    wide most;
    int unit;
} kp_v;

/* An integer modulo 2^64, and how many of the two constants of vector.h are still in it. */
typedef struct {
    wide least;
    wide most;
    long highs;
    long lows;
} kp_vi;

typedef int kp_vmask;
typedef double kp_limb;

void bounds_fail(const char *operation);

#define TWO(n) ((wide)1 << (n))
#define KP_V_KEEP(a, b) (void)0
#define KP_V_INLINE static inline
#define KP_V_SIGNED 1

/* What a carried limb may be, that of a factor that needn't be carried, and what is to be carried.
 */
#define BOUNDS_CARRIED_MOST(i) (TWO(50) + TWO(13) + (wide)0 * (i))
#define BOUNDS_CARRIED_LEAST(i) (-BOUNDS_CARRIED_MOST(i))
#define BOUNDS_FACTOR_MOST(i) (2 * BOUNDS_CARRIED_MOST(i))
#define BOUNDS_FACTOR_LEAST(i) (-BOUNDS_FACTOR_MOST(i))
#define BOUNDS_LOOSE_MOST(i) (TWO(52) + (wide)0 * (i))
#define BOUNDS_LOOSE_LEAST(i) (-BOUNDS_LOOSE_MOST(i))

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

/* A double has 53 bits. */
static inline kp_v bounds_number(wide least, wide most, int unit, const char *operation)
{
    bounds_need(least >= -TWO(53 + unit) && most <= TWO(53 + unit), operation);
    return (kp_v){least, most, unit};
}

static inline kp_v kp_v_all(double number)
{
    wide whole = (wide)number;
    bounds_need((double)whole == number, "a constant");
    return bounds_number(whole, whole, 0, "a constant");
}

static inline kp_v kp_v_add(kp_v a, kp_v b)
{
    int unit = a.unit < b.unit ? a.unit : b.unit;
    return bounds_number(a.least + b.least, a.most + b.most, unit, "add");
}

static inline kp_v kp_v_less(kp_v a, kp_v b, int i)
{
    (void)i;
    int unit = a.unit < b.unit ? a.unit : b.unit;
    return bounds_number(a.least - b.most, a.most - b.least, unit, "subtract");
}

/* To the nearest multiple of 2^51, in those. Halves go to the even one, so either bound is taken as
 * far out as it may be. */
static inline wide bounds_high(wide a, wide half)
{
    return (a + TWO(50) - half) >> 51;
}

static inline void bounds_product(wide *least, wide *most, kp_v a, kp_v b)
{
    bounds_need(a.unit >= 0 && a.unit < 51 && b.unit >= 0 && b.unit < 51, "product of high parts");
    const wide all[4] = {a.least * b.least, a.least * b.most, a.most * b.least, a.most * b.most};
    *least = bounds_min(bounds_min(all[0], all[1]), bounds_min(all[2], all[3]));
    *most = bounds_max(bounds_max(all[0], all[1]), bounds_max(all[2], all[3]));
    bounds_need(*least > -TWO(102) && *most < TWO(102), "a product of 2^102 or more");
}

static inline void kp_v_split(kp_vi *high, kp_vi *low, kp_v a, kp_v b)
{
    wide least;
    wide most;
    bounds_product(&least, &most, a, b);
    *high = (kp_vi){bounds_high(least, 1), bounds_high(most, 0), 1, 0};
    *low = (kp_vi){-TWO(50), TWO(50), 0, 1};
}

static inline kp_v kp_v_high(kp_v a)
{
    return (kp_v){bounds_high(a.least, 1) * TWO(51), bounds_high(a.most, 0) * TWO(51), 51};
}

static inline kp_v kp_v_product_high(kp_v a, kp_v b)
{
    wide least;
    wide most;
    bounds_product(&least, &most, a, b);
    return (kp_v){bounds_high(least, 1) * TWO(51), bounds_high(most, 0) * TWO(51), 51};
}

static inline kp_v bounds_low(kp_v high, kp_v expected)
{
    bounds_need(high.least == expected.least && high.most == expected.most, "another high part");
    return (kp_v){-TWO(50), TWO(50), 0};
}

static inline kp_v kp_v_low(kp_v a, kp_v high)
{
    return bounds_low(high, kp_v_high(a));
}

static inline kp_v kp_v_product_low(kp_v a, kp_v b, kp_v high)
{
    return bounds_low(high, kp_v_product_high(a, b));
}

static inline kp_v kp_v_plus_carry(kp_v a, kp_v high, double times)
{
    wide n = (wide)times;
    bounds_need(high.unit == 51 && (n == 1 || n == 19) && (double)n == times, "a carry");
    return bounds_number(a.least + n * (high.least / TWO(51)), a.most + n * (high.most / TWO(51)),
                         0, "a carry");
}

struct kp_vi_constant {
    uint64_t plus;
    long highs;
    long lows;
};

#define KP_VI_ALL(number)                                                                          \
    {                                                                                              \
        number, 0, 0                                                                               \
    }
#define KP_VI_BEGIN(plus, highs, lows)                                                             \
    {                                                                                              \
        plus, -(highs), -(lows)                                                                    \
    }

extern const struct kp_vi_constant kp_vi_mask51;
extern const struct kp_vi_constant kp_vi_nineteen;
extern const struct kp_vi_constant kp_vi_two52;

static inline kp_vi kp_vi_of(const struct kp_vi_constant *constant)
{
    return (kp_vi){(wide)constant->plus, (wide)constant->plus, constant->highs, constant->lows};
}

static inline kp_vi kp_vi_all(uint64_t number)
{
    return (kp_vi){(wide)number, (wide)number, 0, 0};
}

static inline kp_vi kp_vi_add(kp_vi a, kp_vi b)
{
    return (kp_vi){a.least + b.least, a.most + b.most, a.highs + b.highs, a.lows + b.lows};
}

static inline kp_vi kp_vi_sub(kp_vi a, kp_vi b)
{
    return (kp_vi){a.least - b.most, a.most - b.least, a.highs - b.highs, a.lows - b.lows};
}

static inline kp_vi kp_vi_left(kp_vi a, int bits)
{
    return (kp_vi){a.least * TWO(bits), a.most * TWO(bits), a.highs << bits, a.lows << bits};
}

/* What is read bit by bit must be free of constants, and not have passed 2^64 or zero. */
static inline void bounds_plain(kp_vi a, const char *operation)
{
    bounds_need(a.highs == 0 && a.lows == 0, "constants are left");
    bounds_need(a.least >= 0 && a.most < TWO(64), operation);
}

static inline kp_vi kp_vi_right(kp_vi a, int bits)
{
    bounds_plain(a, "shift of a negative number");
    return (kp_vi){a.least >> bits, a.most >> bits, 0, 0};
}

static inline kp_vi kp_vi_low51(kp_vi a)
{
    bounds_plain(a, "low bits of a negative number");
    return (kp_vi){0, TWO(51) - 1, 0, 0};
}

static inline kp_vi kp_vi_19(kp_vi a)
{
    bounds_plain(a, "19 times a negative number");
    bounds_need(a.most < TWO(32), "19 times 2^32 or more");
    return (kp_vi){a.least * 19, a.most * 19, 0, 0};
}

static inline kp_v kp_vi_number(kp_vi low, kp_vi plus, double less)
{
    wide off = (wide)less;
    bounds_plain(low, "a negative number");
    bounds_plain(plus, "a negative number");
    bounds_need(low.most < TWO(51) && low.most + plus.most < TWO(52) && off < TWO(52),
                "a number of 2^52 or more");
    return bounds_number(low.least + plus.least - off, low.most + plus.most - off, 0, "a number");
}

static inline kp_vi kp_v_integer(kp_v a, uint64_t plus)
{
    bounds_need(a.unit == 0 && a.least >= -TWO(51) && a.most <= TWO(51), "an integer above 2^51");
    return (kp_vi){a.least + (wide)plus, a.most + (wide)plus, 0, 0};
}

static inline kp_v kp_v_choose(kp_vmask mask, kp_v chosen, kp_v otherwise)
{
    (void)mask;
    return (kp_v){bounds_min(chosen.least, otherwise.least),
                  bounds_max(chosen.most, otherwise.most),
                  chosen.unit < otherwise.unit ? chosen.unit : otherwise.unit};
}

static inline kp_v kp_v_negate_if(kp_vmask mask, kp_v a, int i)
{
    (void)i;
    return kp_v_choose(mask, a, (kp_v){-a.most, -a.least, a.unit});
}

static inline kp_vmask kp_vmask_odd(kp_vi a)
{
    bounds_plain(a, "parity of a negative number");
    return 0;
}

static inline kp_vmask kp_vmask_equal(kp_vi a, kp_vi b)
{
    bounds_plain(a, "comparison of a negative number");
    bounds_plain(b, "comparison of a negative number");
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
