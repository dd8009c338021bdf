/* The engine's field arithmetic against a plain one, at the limits of what limbs may be. Compiled
 * once for each arithmetic; where the processor can't, there is nothing to test. */
#include "crypto/engine/constants.h"
#include "crypto/engine/field4_bytes.h"
#include "crypto/engine/field4_power.h"
#include "tests/unit/engine_reference.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What limbs may be: of a carried element, of a factor that needn't be carried, of what is to be
 * carried. */
enum size { CARRIED, FACTOR, LOOSE };

struct range {
    int64_t least;
    int64_t most;
};

#if KP_V_SIGNED
static struct range range_of(enum size size, size_t i)
{
    const int64_t limit = (1LL << 50) + (1LL << 13);
    const int64_t limits[] = {limit, 2 * limit, 1LL << 52};
    (void)i;
    return (struct range){-limits[size], limits[size]};
}
#else
static struct range range_of(enum size size, size_t i)
{
    return (struct range){0, size == LOOSE ? 1LL << 60 : (int64_t)(2 * KP_LIMB_OF_P(i))};
}
#endif

static bool cannot(void)
{
    bool can = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#ifdef __AVX512IFMA__
    can = can && __builtin_cpu_supports("avx512ifma") && __builtin_cpu_supports("avx512vl") &&
          __builtin_cpu_supports("avx512dq");
#endif
    return !can;
}

static size_t rounds(void)
{
#ifdef KP_LONG
    return 2500000;
#else
    return 3000;
#endif
}

/* As fast as a test of millions needs it; what it starts with differs each time and is printed. */
static uint64_t seed;

static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x9e3779b97f4a7c15;
}

static void start_drawing(void)
{
    randombytes_buf(&seed, sizeof(seed));
    seed |= 1;
    printf("(begins with %llx) ", (unsigned long long)seed);
}

/* One in two is at or near a limit; so are many products, sums and carries. */
static int64_t draw_limb(struct range range)
{
    static const int64_t near[] = {0, 1, 18, 19, 20, 1LL << 13, (1LL << 13) + 1, 1LL << 25};
    uint64_t r = draw();
    int64_t from_limit = near[(r >> 8) % 8];
    switch (r % 8) {
    case 0:
        return range.most - from_limit;
    case 1:
        return range.least + from_limit;
    case 2:
        return from_limit;
    case 3:
        return range.least < 0 ? -from_limit : from_limit;
    default:
        return (int64_t)((r >> 8) % (uint64_t)(range.most - range.least + 1)) + range.least;
    }
}

struct four {
    struct kp_fe4 fe;
    struct ref ref[4];
};

static struct four draw_four(enum size size)
{
    struct four out;
    int64_t limbs[4][5];
    for (size_t i = 0; i < 5; i++) {
        _Alignas(32) kp_limb lanes[4];
        for (size_t j = 0; j < 4; j++) {
            limbs[j][i] = draw_limb(range_of(size, i));
            lanes[j] = (kp_limb)limbs[j][i];
        }
        out.fe.limb[i] = kp_v_of_bits(_mm256_load_si256((const __m256i *)(const void *)lanes));
    }
    for (size_t j = 0; j < 4; j++) {
        out.ref[j] = ref_from_limbs(limbs[j]);
    }
    return out;
}

/* Whether all limbs keep to the limit and the four are what they should be. */
static bool is(const struct kp_fe4 *fe, const struct ref ref[static 4])
{
    uint8_t bytes[KP_FE4_BYTES];
    bool fine = true;
    for (size_t i = 0; i < 5; i++) {
        _Alignas(32) kp_limb lanes[4];
        const struct range range = range_of(CARRIED, i);
        _mm256_store_si256((__m256i *)(void *)lanes, kp_v_bits(fe->limb[i]));
        for (size_t j = 0; j < 4; j++) {
            fine = fine && (int64_t)lanes[j] >= range.least && (int64_t)lanes[j] <= range.most;
        }
    }
    kp_fe4_store(bytes, fe);
    for (size_t j = 0; j < 4; j++) {
        uint8_t expected[32];
        ref_to_bytes(expected, &ref[j]);
        fine = fine && memcmp(bytes + 32 * j, expected, 32) == 0;
    }
    return fine;
}

typedef struct ref ref_operation(const struct ref *, const struct ref *);

static bool gives(const struct kp_fe4 *out, ref_operation *last, const struct four *a,
                  const struct four *b, const struct four *c, const struct four *d)
{
    struct ref expected[4];
    for (size_t j = 0; j < 4; j++) {
        struct ref left = ref_multiply(&a->ref[j], &b->ref[j]);
        struct ref right = ref_multiply(&c->ref[j], &d->ref[j]);
        expected[j] = last(&left, &right);
    }
    return is(out, expected);
}

static void products(void)
{
    if (cannot()) {
        return;
    }
    start_drawing();
    struct four zero = {0};
    struct four one = {.ref = {ref_small(1), ref_small(1), ref_small(1), ref_small(1)}};
    size_t wrong = 0;
    for (size_t i = 0; i < rounds(); i++) {
        struct four a = draw_four(CARRIED);
        struct four b = draw_four(CARRIED);
        struct four c = draw_four(FACTOR);
        struct four d = draw_four(FACTOR);
        struct kp_fe4 out;
        struct kp_fe4 less;
        kp_fe4_multiply(&out, &a.fe, &c.fe);
        wrong += !gives(&out, ref_add, &a, &c, &zero, &zero);
        kp_fe4_multiply(&out, &c.fe, &b.fe);
        wrong += !gives(&out, ref_add, &c, &b, &zero, &zero);
        kp_fe4_square(&out, &a.fe);
        wrong += !gives(&out, ref_add, &a, &a, &zero, &zero);
        kp_fe4_multiply_two(&out, &less, &a.fe, &c.fe, &d.fe, &b.fe);
        wrong += !gives(&out, ref_add, &a, &c, &d, &b);
        wrong += !gives(&less, ref_subtract, &a, &c, &d, &b);
        kp_fe4_square_multiply(&out, &less, &a.fe, &b.fe, &c.fe);
        wrong += !gives(&out, ref_add, &a, &a, &b, &c);
        wrong += !gives(&less, ref_subtract, &a, &a, &b, &c);
        out = a.fe;
        kp_fe4_add_product(&out, &less, &out, &b.fe, &c.fe);
        wrong += !gives(&out, ref_add, &a, &one, &b, &c);
        wrong += !gives(&less, ref_subtract, &a, &one, &b, &c);
        kp_fe4_square_two(&out, &less, &a.fe, &b.fe);
        wrong += !gives(&out, ref_add, &a, &a, &b, &b);
        wrong += !gives(&less, ref_subtract, &a, &a, &b, &b);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static void sums(void)
{
    if (cannot()) {
        return;
    }
    start_drawing();
    const struct ref number = ref_small(973324);
    size_t wrong = 0;
    for (size_t i = 0; i < rounds(); i++) {
        struct four a = draw_four(CARRIED);
        struct four b = draw_four(CARRIED);
        struct four c = draw_four(LOOSE);
        struct ref expected[4];
        struct kp_fe4 out;
        kp_fe4_carry(&out, &c.fe);
        wrong += !is(&out, c.ref);
        kp_fe4_add(&out, &a.fe, &b.fe);
        kp_fe4_carry(&out, &out);
        for (size_t j = 0; j < 4; j++) {
            expected[j] = ref_add(&a.ref[j], &b.ref[j]);
        }
        wrong += !is(&out, expected);
        kp_fe4_subtract(&out, &a.fe, &b.fe);
        kp_fe4_carry(&out, &out);
        for (size_t j = 0; j < 4; j++) {
            expected[j] = ref_subtract(&a.ref[j], &b.ref[j]);
        }
        wrong += !is(&out, expected);
        kp_fe4_negate_if(&out, kp_vmask_bit(1), &a.fe);
        for (size_t j = 0; j < 4; j++) {
            expected[j] = ref_small(0);
            expected[j] = ref_subtract(&expected[j], &a.ref[j]);
        }
        wrong += !is(&out, expected);
        kp_fe4_add_times(&out, &a.fe, 973324, &b.fe);
        kp_fe4_carry(&out, &out);
        for (size_t j = 0; j < 4; j++) {
            expected[j] = ref_multiply(&number, &b.ref[j]);
            expected[j] = ref_add(&a.ref[j], &expected[j]);
        }
        wrong += !is(&out, expected);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

#if KP_V_SIGNED
static int64_t draw_up_to(int64_t limit)
{
    return draw_limb((struct range){-limit, limit});
}

/* The split of a product, up to the last one that may be, against 128-bit integers. */
static void splits(void)
{
    __extension__ typedef __int128 wide;
    if (cannot()) {
        return;
    }
    start_drawing();
    size_t wrong = 0;
    for (size_t i = 0; i < rounds(); i++) {
        int64_t a = draw_up_to(i % 2 == 0 ? ((int64_t)1 << 51) - 1 : (int64_t)1 << 49);
        int64_t b = draw_up_to(i % 2 == 0 ? (int64_t)1 << 51 : ((int64_t)1 << 53) - 1);
        kp_vi high;
        kp_vi low;
        kp_v_split(&high, &low, kp_v_all((double)a), kp_v_all((double)b));
        int64_t h = (int64_t)((uint64_t)_mm256_extract_epi64(high, 0) - KP_HIGH_BITS);
        int64_t l = (int64_t)((uint64_t)_mm256_extract_epi64(low, 0) - KP_LOW_BITS);
        wrong += (wide)h * ((wide)1 << 51) + l != (wide)a * b || l > (int64_t)1 << 50 ||
                 l < -((int64_t)1 << 50);
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

#else
/* Both halves of a product, added to something, against 128-bit integers. */
static void splits(void)
{
    __extension__ typedef unsigned __int128 wide;
    const struct range all = {0, (1LL << 52) - 1};
    if (cannot()) {
        return;
    }
    start_drawing();
    size_t wrong = 0;
    for (size_t i = 0; i < rounds(); i++) {
        uint64_t a = (uint64_t)draw_limb(all);
        uint64_t b = (uint64_t)draw_limb(all);
        uint64_t sum = draw() >> 1;
        wide product = (wide)a * b;
        kp_v low = kp_v_plus_low(kp_v_all(sum), kp_v_all(a), kp_v_all(b));
        kp_v high = kp_v_plus_high(kp_v_all(sum), kp_v_all(a), kp_v_all(b));
        uint64_t l = (uint64_t)_mm256_extract_epi64(low, 0) - sum;
        uint64_t h = (uint64_t)_mm256_extract_epi64(high, 3) - sum;
        wrong += ((wide)h << 52) + l != product || l >> 52 != 0;
    }
    CU_ASSERT_EQUAL(wrong, 0);
}
#endif

/* p and its neighbours, all ones, powers of two and their neighbours: bytes in, bytes out. */
static void bytes_at_the_edges(void)
{
    if (cannot()) {
        return;
    }
    for (size_t bit = 0; bit < 256; bit++) {
        for (int near = -20; near <= 20; near++) {
            uint8_t bytes[KP_FE4_BYTES] = {0};
            uint8_t back[KP_FE4_BYTES];
            uint8_t expected[32];
            struct kp_fe4 fe;
            int carry = near; /* 2^bit + near modulo 2^256 */
            for (size_t i = 0; i < 32; i++) {
                carry += i == bit / 8 ? 1 << (bit % 8) : 0;
                bytes[64 + i] = (uint8_t)carry;
                carry >>= 8;
            }
            struct ref number = ref_from_bytes(bytes + 64);
            ref_to_bytes(expected, &number);
            bool refused = memcmp(expected, bytes + 64, 32) != 0 || (bytes[64] & 1) != 0;
            CU_ASSERT_EQUAL(kp_vmask_any(kp_fe4_load_strict(&fe, bytes)), refused ? 4 : 0);
            bytes[95] &= 0x7f;
            kp_fe4_load(&fe, bytes);
            kp_fe4_store(back, &fe);
            number = ref_from_bytes(bytes + 64);
            ref_to_bytes(expected, &number);
            CU_ASSERT_EQUAL(memcmp(back + 64, expected, 32), 0);
            CU_ASSERT(sodium_is_zero(back, 64) && sodium_is_zero(back + 96, 32));
        }
    }
}

static void p_minus(uint8_t exponent[static 32], uint8_t less)
{
    memset(exponent, 0xff, 32);
    exponent[0] = (uint8_t)(0xed - less);
    exponent[31] = 0x7f;
}

static void inverses_and_roots(void)
{
    uint8_t inverse[32];
    if (cannot()) {
        return;
    }
    start_drawing();
    p_minus(inverse, 2);
    for (size_t i = 0; i < 50; i++) {
        struct four a = draw_four(CARRIED);
        struct four root;
        struct kp_fe4 out;
        uint8_t bytes[KP_FE4_BYTES];
        if (i == 0) {
            a = (struct four){0};
        }
        struct ref expected[4];
        for (size_t j = 0; j < 4; j++) {
            expected[j] = ref_power(&a.ref[j], inverse);
        }
        kp_fe4_invert(&out, &a.fe);
        CU_ASSERT(is(&out, expected));
        kp_vmask square;
        kp_fe4_inverse_roots(&root.fe, &square, &a.fe, 1);
        int squares = kp_vmask_any(square);
        kp_fe4_store(bytes, &root.fe);
        for (size_t j = 0; j < 4; j++) {
            uint8_t one[32];
            const uint8_t i_bytes[32] = {0xb0, 0xa0, 0x0e, 0x4a, 0x27, 0x1b, 0xee, 0xc4,
                                         0x78, 0xe4, 0x2f, 0xad, 0x06, 0x18, 0x43, 0x2f,
                                         0xa7, 0xd7, 0xfb, 0x3d, 0x99, 0x00, 0x4d, 0x2b,
                                         0x0b, 0xdf, 0xc1, 0x4f, 0x80, 0x24, 0x83, 0x2b};
            struct ref r = ref_from_bytes(bytes + 32 * j);
            r = ref_multiply(&r, &r);
            r = ref_multiply(&r, &a.ref[j]);
            ref_to_bytes(one, &r);
            bool is_square = (squares >> j & 1) != 0;
            CU_ASSERT(is_square
                          ? one[0] == 1 && sodium_is_zero(one + 1, 31)
                          : memcmp(one, i_bytes, 32) == 0 || (i == 0 && sodium_is_zero(one, 32)));
        }
    }
}

static struct ref constant(const struct kp_fe *fe)
{
    int64_t limbs[5];
    for (size_t i = 0; i < 5; i++) {
        limbs[i] = (int64_t)fe->limb[i];
        CU_ASSERT(limbs[i] >= range_of(CARRIED, i).least && limbs[i] <= range_of(CARRIED, i).most);
    }
    return ref_from_limbs(limbs);
}

static void equal(const struct ref *a, const struct ref *b)
{
    CU_ASSERT_EQUAL(memcmp(a, b, sizeof(*a)), 0);
}

static struct ref squared(const struct kp_fe *fe)
{
    struct ref a = constant(fe);
    return ref_multiply(&a, &a);
}

/* Each by what it is for; where a sign matters, by its lowest bit in RFC 9496. */
static void constants(void)
{
    const struct ref zero = ref_small(0);
    const struct ref one = ref_small(1);
    const struct ref minus_one = ref_subtract(&zero, &one);
    struct ref t = ref_small(121666);
    struct ref d = constant(&kp_fe_d);
    t = ref_multiply(&t, &d);
    struct ref u = ref_small(121665);
    u = ref_subtract(&zero, &u);
    equal(&t, &u); /* d = -121665 / 121666 */
    t = ref_add(&d, &d);
    u = constant(&kp_fe_2d);
    equal(&t, &u);
    t = squared(&kp_fe_sqrt_m1);
    equal(&t, &minus_one);
    CU_ASSERT_EQUAL(constant(&kp_fe_sqrt_m1).word[0] & 1, 0);
    struct ref a_minus_d = ref_subtract(&minus_one, &d);
    t = squared(&kp_fe_invsqrt_a_minus_d);
    t = ref_multiply(&t, &a_minus_d);
    equal(&t, &one);
    CU_ASSERT_EQUAL(constant(&kp_fe_invsqrt_a_minus_d).word[0] & 1, 0);
    t = squared(&kp_fe_sqrt_ad_minus_one);
    equal(&t, &a_minus_d);
    CU_ASSERT_EQUAL(constant(&kp_fe_sqrt_ad_minus_one).word[0] & 1, 1);
    t = ref_multiply(&d, &d);
    t = ref_subtract(&one, &t);
    u = constant(&kp_fe_one_minus_d_sq);
    equal(&t, &u);
    t = ref_subtract(&d, &one);
    t = ref_multiply(&t, &t);
    u = constant(&kp_fe_d_minus_one_sq);
    equal(&t, &u);
    t = squared(&kp_fe_montgomery);
    u = ref_small(486664);
    u = ref_subtract(&zero, &u);
    equal(&t, &u);
    t = ref_small(4);
    u = constant(&kp_fe_minus_montgomery_4th);
    t = ref_multiply(&t, &u);
    u = constant(&kp_fe_montgomery);
    u = ref_subtract(&zero, &u);
    equal(&t, &u);
    u = ref_add(&one, &d);
    t = constant(&kp_fe_quartic);
    t = ref_multiply(&t, &u);
    u = ref_subtract(&one, &d);
    equal(&t, &u); /* (1 - d) / (1 + d) */
    t = constant(&kp_fe_inverse_sqrt_ad_minus_one);
    u = constant(&kp_fe_sqrt_ad_minus_one);
    t = ref_multiply(&t, &u);
    equal(&t, &one);
    t = constant(&kp_fe_one);
    equal(&t, &one);
    t = constant(&kp_fe_half);
    t = ref_add(&t, &t);
    equal(&t, &one);
}

static const struct unit_test tests[] = {
    {"products", products},
    {"sums", sums},
    {"splits", splits},
    {"bytes at the edges", bytes_at_the_edges},
    {"inverses and roots", inverses_and_roots},
    {"constants", constants},
};

UNIT_MAIN("engine_field", tests)
