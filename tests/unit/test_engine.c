/* The engine against libsodium, through crypto/group.h: both must give the same for everything.
 * Where the processor can't, both are libsodium.
 *
 *     unit_engine            with the arithmetic that is chosen here
 *     unit_engine doubles    with that for AVX2 and FMA
 *     unit_engine plain      with that for AVX-512 IFMA, without its instructions
 */
#include "crypto/engine/calls.h"
#include "crypto/engine/engine.h"
#include "crypto/group.h"
#include "crypto/group_sodium.h"
#include "tests/unit/engine_reference.h"
#include "tests/unit/unit.h"

#include <fenv.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { MOST = 520 };

static uint8_t points[MOST * 32];
static uint8_t others[MOST * 32];
static uint8_t scalars[MOST * 32];
static uint8_t uniform[MOST * 64];
static uint8_t with[MOST * 32];
static uint8_t without[MOST * 32];

/* Around a group of four, a part of one, and a block of 256. */
static const size_t counts[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 255, 256, 257, 513};

static void random_inputs(size_t count)
{
    randombytes_buf(uniform, 64 * count);
    for (size_t i = 0; i < count; i++) {
        crypto_core_ristretto255_random(points + 32 * i);
        crypto_core_ristretto255_random(others + 32 * i);
        kp_scalar_random(scalars + 32 * i);
    }
}

enum operation { MULTIPLY, EACH, BASE, FIXED, ADD, SUBTRACT, CHECK, COMBINE, MAP, OPERATIONS };

static enum kp_status run(enum operation operation, uint8_t *out, size_t count)
{
    switch (operation) {
    case MULTIPLY:
        return kp_points_multiply(out, scalars, points, count);
    case EACH:
        return kp_points_multiply_each(out, scalars, points, count);
    case BASE:
        return kp_points_multiply_base(out, scalars, count);
    case FIXED:
        return kp_points_multiply_fixed(out, scalars, points, count);
    case ADD:
        return kp_points_add(out, points, others, count);
    case SUBTRACT:
        return kp_points_subtract(out, points, others, count);
    case CHECK:
        return kp_points_check(points, count);
    case COMBINE:
        return kp_points_combine(out, scalars, points, count);
    default:
        kp_points_from_uniform(out, uniform, count);
        return KP_OK;
    }
}

/* Both on what stands in the arrays; true when they give the same. */
static bool same(enum operation operation, size_t count)
{
    memset(with, 0x55, sizeof(with));
    memset(without, 0x55, sizeof(without));
    enum kp_status first = run(operation, with, count);
    kp_engine_use(false);
    enum kp_status second = run(operation, without, count);
    kp_engine_use(true);
    return first == second && memcmp(with, without, sizeof(with)) == 0;
}

static void is_same_for(size_t count)
{
    for (int i = 0; i < OPERATIONS; i++) {
        CU_ASSERT(same((enum operation)i, count));
    }
}

static void counts_of_all_kinds(void)
{
    for (size_t i = 0; i < COUNT(counts); i++) {
        random_inputs(counts[i] + 1);
        is_same_for(counts[i]);
    }
}

/* order + add, little-endian; or half of the order, up or down. */
static void near_order(uint8_t scalar[static 32], int add)
{
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,       0xd6,
                                      0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    memcpy(scalar, order, 32);
    scalar[0] = (uint8_t)(scalar[0] + add);
}

static void halve(uint8_t scalar[static 32])
{
    for (size_t i = 0; i < 32; i++) {
        scalar[i] = (uint8_t)(scalar[i] >> 1 | (i < 31 ? scalar[i + 1] << 7 : 0));
    }
}

/* Scalar `number` of a list of special ones; false after the last. */
static bool special_scalar(uint8_t scalar[static 32], size_t number)
{
    memset(scalar, 0, 32);
    if (number < 17) {
        scalar[0] = (uint8_t)(number + 1);
    } else if (number < 34) {
        near_order(scalar, -(int)(number - 16));
    } else if (number < 38) {
        near_order(scalar, (int)(number - 36) * 2 + 1 - 2);
        halve(scalar);
    } else if (number < 54) {
        memset(scalar, (int)(0x11 * (number - 38)), 32);
        scalar[31] = 0x0f;
    } else if (number < 54 + 252) {
        scalar[(number - 54) / 8] = (uint8_t)(1U << ((number - 54) % 8));
    } else if (number < 54 + 2 * 252) {
        size_t bit = number - 54 - 252; /* all ones below */
        memset(scalar, 0xff, bit / 8);
        scalar[bit / 8] = (uint8_t)((1U << (bit % 8)) | ((1U << (bit % 8)) - 1));
    } else {
        return false;
    }
    return true;
}

static void special_scalars(void)
{
    random_inputs(8);
    for (size_t i = 0; special_scalar(scalars, i); i++) {
        CU_ASSERT(same(MULTIPLY, 5));
    }
    size_t count = 0;
    while (count < MOST && special_scalar(scalars + 32 * count, count)) {
        count++;
    }
    random_inputs(0);
    CU_ASSERT(same(BASE, MOST));
    CU_ASSERT(same(FIXED, MOST));
    for (size_t i = 1; i < MOST; i++) {
        memcpy(points + 32 * i, points + 32 * (i % 8), 32);
    }
    CU_ASSERT(same(COMBINE, MOST));
}

/* The first multiples of the generator, their negatives, and what adds up to nothing. */
static void special_points(void)
{
    uint8_t one[32] = {1};
    random_inputs(MOST);
    CU_ASSERT_EQUAL(crypto_scalarmult_ristretto255_base(points, one), 0);
    for (size_t i = 1; i < MOST; i++) {
        CU_ASSERT_EQUAL(
            crypto_core_ristretto255_add(points + 32 * i, points + 32 * (i - 1), points), 0);
    }
    memcpy(others, points, sizeof(others));
    is_same_for(MOST);
    CU_ASSERT(same(SUBTRACT, MOST));
    CU_ASSERT(sodium_is_zero(with, sizeof(with)));
    /* -P, and every third place P */
    static const uint8_t zero[32];
    for (size_t i = 0; i < MOST; i++) {
        if (i % 3 != 0) {
            CU_ASSERT_EQUAL(crypto_core_ristretto255_sub(others + 32 * i, zero, points + 32 * i),
                            0);
        }
    }
    CU_ASSERT(same(ADD, MOST));
    CU_ASSERT(sodium_is_zero(with + 32, 64) && !sodium_is_zero(with, 32));
    CU_ASSERT(same(SUBTRACT, MOST));
    /* Nothing on the left is allowed. */
    for (size_t i = 0; i < MOST; i += 5) {
        memset(points + 32 * i, 0, 32);
    }
    CU_ASSERT(same(ADD, MOST));
    CU_ASSERT(same(SUBTRACT, MOST));
    CU_ASSERT_EQUAL(memcmp(with + 32 * 15, others + 32 * 15, 32) == 0, false);
}

/* Everything that one bit more or less makes of an encoding, at each place of a group: mostly
 * refused. */
static void changed_encodings(void)
{
    enum { AT = 9 };
    uint8_t original[AT * 32];
    random_inputs(AT);
    memcpy(original, points, sizeof(original));
    size_t refused = 0;
    for (size_t bit = 0; bit < 256; bit++) {
        size_t at = 32 * (bit % AT);
        memcpy(points, original, sizeof(original));
        points[at + bit / 8] ^= (uint8_t)(1U << (bit % 8));
        CU_ASSERT(same(CHECK, AT) && same(MULTIPLY, AT) && same(ADD, AT) && same(COMBINE, AT));
        memcpy(others, points, sizeof(original));
        memcpy(points, original, sizeof(original));
        CU_ASSERT(same(SUBTRACT, AT));
        refused += sodium_is_zero(with, AT * 32) ? 1 : 0;
    }
    CU_ASSERT(refused > 128);
    /* A right one in each place among right ones; a bad one in each place. */
    for (size_t i = 0; i < AT; i++) {
        memcpy(points, original, sizeof(original));
        memset(points + 32 * i, 0, 32);
        CU_ASSERT(same(CHECK, AT) && same(MULTIPLY, AT) && same(COMBINE, AT));
        CU_ASSERT_EQUAL(kp_points_multiply(with, scalars, points, AT), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_points_multiply_each(with, scalars, points, AT), KP_REFUSED);
    }
}

/* The square root, if there is one. */
static bool root(struct ref *out, const struct ref *a)
{
    uint8_t exponent[32]; /* (p + 3) / 8 */
    memset(exponent, 0xff, sizeof(exponent));
    exponent[0] = 0xfe;
    exponent[31] = 0x0f;
    const struct ref number = *a; /* may be *out */
    const struct ref two = ref_small(2);
    uint8_t quarter[32]; /* (p - 1) / 4: a power of 2 is the root of -1 */
    memset(quarter, 0xff, sizeof(quarter));
    quarter[0] = 0xfb;
    quarter[31] = 0x1f;
    *out = ref_power(&number, exponent);
    struct ref square = ref_multiply(out, out);
    if (memcmp(&square, &number, sizeof(square)) != 0) {
        struct ref i = ref_power(&two, quarter);
        *out = ref_multiply(out, &i);
        square = ref_multiply(out, out);
    }
    return memcmp(&square, &number, sizeof(square)) == 0;
}

static struct ref inverse(const struct ref *a)
{
    uint8_t exponent[32];
    memset(exponent, 0xff, sizeof(exponent));
    exponent[0] = 0xeb;
    exponent[31] = 0x7f;
    return ref_power(a, exponent);
}

static struct ref minus(const struct ref *a)
{
    const struct ref zero = ref_small(0);
    return ref_subtract(&zero, a);
}

static struct ref d_of_curve(void)
{
    struct ref d = ref_small(121666);
    const struct ref above = ref_small(121665);
    d = inverse(&d);
    d = ref_multiply(&d, &above);
    return minus(&d);
}

static struct ref root_of_minus_one(void)
{
    const struct ref one = ref_small(1);
    struct ref minus_one = minus(&one);
    struct ref i;
    CU_ASSERT_FATAL(root(&i, &minus_one));
    return (i.word[0] & 1) != 0 ? minus(&i) : i;
}

/* RFC 9496's r, u and v of MAP. */
struct mapping {
    struct ref r;
    struct ref u;
    struct ref v;
};

static struct mapping mapping_of(const struct ref *r)
{
    const struct ref one = ref_small(1);
    const struct ref d = d_of_curve();
    struct ref dd = ref_multiply(&d, &d);
    struct ref t = ref_subtract(&one, &dd);
    struct mapping m = {.r = *r, .u = ref_add(r, &one)};
    m.u = ref_multiply(&m.u, &t);
    struct ref rd = ref_multiply(r, &d);
    rd = ref_add(&rd, &one);
    t = ref_add(r, &d);
    rd = ref_multiply(&rd, &t);
    m.v = minus(&rd);
    return m;
}

/* s^2 that MAP gives. */
static struct ref square_of_s(const struct ref *r)
{
    struct mapping m = mapping_of(r);
    struct ref ratio = inverse(&m.v);
    struct ref unused;
    ratio = ref_multiply(&ratio, &m.u);
    return root(&unused, &ratio) ? ratio : ref_multiply(&ratio, r);
}

/* An r for which MAP gives that s^2, if this finds one: where u / v is a square s^2 v = u,
 * otherwise s^2 v = ru; both are quadratic equations a r^2 + b r + c = 0. */
static bool solve(struct ref *r, const struct ref *ss, bool is_square, bool other_root)
{
    const struct ref one = ref_small(1);
    const struct ref four = ref_small(4);
    const struct ref d = d_of_curve();
    struct ref dd = ref_multiply(&d, &d);
    struct ref plus = ref_add(&one, &dd);
    struct ref less = ref_subtract(&one, &dd);
    struct ref c = ref_multiply(ss, &d);
    struct ref a = c;
    struct ref b = ref_multiply(ss, &plus);
    b = ref_add(&b, &less);
    if (is_square) {
        c = ref_add(&c, &less);
    } else {
        a = ref_add(&a, &less);
    }
    struct ref t = ref_multiply(&a, &c);
    t = ref_multiply(&t, &four);
    struct ref bb = ref_multiply(&b, &b);
    t = ref_subtract(&bb, &t);
    if (!root(&t, &t)) {
        return false;
    }
    t = other_root ? minus(&t) : t;
    t = ref_subtract(&t, &b);
    a = ref_add(&a, &a);
    a = inverse(&a);
    *r = ref_multiply(&t, &a);
    return true;
}

/* The 32 bytes that MAP makes r of: r = sqrt(-1) t^2. */
static bool bytes_for(uint8_t bytes[static 32], const struct ref *r)
{
    struct ref i = root_of_minus_one();
    struct ref t = inverse(&i);
    t = ref_multiply(&t, r);
    if (!root(&t, &t)) {
        return false;
    }
    ref_to_bytes(bytes, &t);
    return true;
}

/* Pairs whose s are each other's inverse but for the sign: the exceptions of the quartic's law. */
static void exceptions_of_the_map(void)
{
    size_t found = 0;
    size_t identities = 0;
    for (size_t i = 0; found < 40 && i < 1000; i++) {
        struct ref i_root = root_of_minus_one();
        uint8_t t_bytes[32];
        randombytes_buf(t_bytes, sizeof(t_bytes));
        t_bytes[31] &= 0x7f;
        struct ref t = ref_from_bytes(t_bytes);
        struct ref r = ref_multiply(&t, &t);
        r = ref_multiply(&r, &i_root);
        struct ref ss = square_of_s(&r);
        ss = inverse(&ss);
        struct ref other;
        memcpy(uniform + 64 * found, t_bytes, 32);
        if (!solve(&other, &ss, (i & 1) != 0, (i & 2) != 0) ||
            !bytes_for(uniform + 64 * found + 32, &other)) {
            continue;
        }
        struct ref check = square_of_s(&other);
        found += memcmp(&check, &ss, sizeof(ss)) == 0 ? 1 : 0;
    }
    CU_ASSERT_EQUAL(found, 40);
    CU_ASSERT(same(MAP, found));
    for (size_t i = 0; i < found; i++) {
        identities += sodium_is_zero(with + 32 * i, 32) ? 1U : 0;
    }
    CU_ASSERT(identities > 0 && identities < found);
    /* One among others. */
    randombytes_buf(uniform + 64, 64 * 300);
    CU_ASSERT(same(MAP, 301));
}

/* Zeros of u, v, s and t, what isn't reduced, and equal and opposite points. */
static void special_maps(void)
{
    const struct ref d = d_of_curve();
    const struct ref one = ref_small(1);
    struct ref special[4] = {minus(&d), inverse(&d), minus(&one), ref_small(0)};
    special[1] = minus(&special[1]);
    uint8_t bytes[12][32];
    size_t count = 0;
    for (size_t i = 0; i < 4; i++) {
        count += bytes_for(bytes[count], &special[i]) ? 1 : 0;
    }
    CU_ASSERT(count >= 2);
    const struct ref p_less[3] = {ref_small(1), ref_small(2), ref_small(0x80000000)};
    for (size_t i = 0; i < 3; i++, count++) {
        ref_to_bytes(bytes[count], &p_less[i]);
    }
    memset(bytes[count], 0xff, 32); /* 2^255 - 1, the top bit left out: 18 */
    count++;
    memset(bytes[count], 0xff, 32);
    bytes[count][0] = 0xed; /* p: zero */
    count++;
    size_t number = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++, number++) {
            memcpy(uniform + 64 * number, bytes[i], 32);
            memcpy(uniform + 64 * number + 32, bytes[j], 32);
        }
    }
    CU_ASSERT(same(MAP, number));
    for (size_t i = 0; i < number; i++) {
        memmove(uniform, uniform + 64, 64 * (number - 1));
        CU_ASSERT(same(MAP, 4));
    }
}

static void sums_of_all_sizes(void)
{
    for (size_t count = 1; count < 80; count++) {
        random_inputs(count);
        for (size_t i = 0; i < count; i++) {
            size_t bytes = count % 33;
            memset(scalars + 32 * i + bytes, 0, 32 - bytes);
            if (i % 7 == 3) {
                memset(scalars + 32 * i, 0, 32);
            }
        }
        scalars[31] &= 0x0f;
        CU_ASSERT(same(COMBINE, count));
    }
    /* All digits at their limits. */
    random_inputs(MOST);
    for (int byte = 0; byte < 256; byte += 17) {
        memset(scalars, byte, sizeof(scalars));
        for (size_t i = 0; i < MOST; i++) {
            memset(scalars + 32 * i + (i % 2 == 0 ? 16 : 31), 0, i % 2 == 0 ? 16 : 1);
        }
        CU_ASSERT(same(COMBINE, 64));
        CU_ASSERT(same(COMBINE, MOST));
    }
}

static void any_rounding_mode(void)
{
    static const int modes[] = {FE_TOWARDZERO, FE_UPWARD, FE_DOWNWARD, FE_TONEAREST};
    for (size_t i = 0; i < COUNT(modes); i++) {
        random_inputs(9);
        CU_ASSERT_EQUAL(fesetround(modes[i]), 0);
        for (int j = 0; j < OPERATIONS; j++) {
            CU_ASSERT(same((enum operation)j, 9));
            CU_ASSERT_EQUAL(fegetround(), modes[i]);
        }
    }
}

static bool spoil;

void __real_kp_sodium_from_uniform(uint8_t *out, const uint8_t *in, size_t count);
void __wrap_kp_sodium_from_uniform(uint8_t *out, const uint8_t *in, size_t count);

void __wrap_kp_sodium_from_uniform(uint8_t *out, const uint8_t *in, size_t count)
{
    __real_kp_sodium_from_uniform(out, in, count);
    if (spoil) {
        out[32 * count - 1] ^= 1;
    }
}

static const char *wanted = "";

#ifdef __x86_64__
extern const struct kp_engine_calls kp_plain_calls;
#else
#define kp_plain_calls (*(const struct kp_engine_calls *)NULL)
#endif

static enum kp_engine_state start_wanted(void)
{
    if (strcmp(wanted, "doubles") == 0) {
        (void)kp_engine_choose(KP_ENGINE_DOUBLES);
    } else if (strcmp(wanted, "plain") == 0) {
        (void)kp_engine_choose_calls(KP_ENGINE_INTEGERS, &kp_plain_calls);
    } else {
        (void)kp_engine_start();
    }
    return kp_engine_state();
}

static void the_arithmetic_is_chosen(void)
{
    if (kp_group_arithmetic() == KP_ARITHMETIC_SODIUM) {
        return;
    }
    CU_ASSERT_EQUAL_FATAL(start_wanted(), KP_ENGINE_READY);
    bool integers = kp_group_arithmetic() == KP_ARITHMETIC_INTEGERS;
    CU_ASSERT_EQUAL(integers, strcmp(wanted, "plain") == 0 ||
                                  (wanted[0] == '\0' && kp_engine_choose(KP_ENGINE_INTEGERS)));
    printf("(%s) ", kp_arithmetic_name(kp_group_arithmetic()));
}

/* The last bit of the last of nine results differs: the engine is left alone, and a daemon can say
 * so. */
static void a_difference_is_seen_at_the_start(void)
{
    enum kp_arithmetic before = kp_group_arithmetic();
    if (before == KP_ARITHMETIC_SODIUM) {
        return;
    }
    spoil = true;
    CU_ASSERT_EQUAL(kp_engine_start(), KP_ENGINE_FAULT);
    spoil = false;
    CU_ASSERT_EQUAL(kp_group_arithmetic(), KP_ARITHMETIC_DIFFERENT);
    CU_ASSERT_FALSE(kp_engine_ready());
    random_inputs(8);
    is_same_for(8);
    CU_ASSERT_EQUAL(start_wanted(), KP_ENGINE_READY);
    CU_ASSERT_EQUAL(kp_group_arithmetic(), before);
    kp_engine_use(false);
    CU_ASSERT_EQUAL(kp_group_arithmetic(), KP_ARITHMETIC_SODIUM);
    kp_engine_use(true);
}

/* What comes out goes in again: long chains meet more than what is drawn. */
static void many(void)
{
#ifdef KP_LONG
    const size_t times = 2000; /* a million multiplications */
#else
    const size_t times = 2;
#endif
    size_t wrong = 0;
    random_inputs(MOST);
    for (size_t i = 0; i < times; i++) {
        kp_scalar_random(scalars);
        wrong += same(MULTIPLY, 512) ? 0 : 1;
        memcpy(points, with, 512 * 32);
        if (i % 10 == 0) {
            memcpy(uniform, points, 512 * 32);
            crypto_core_ristretto255_scalar_reduce(scalars + 32 * (1 + i % 500), uniform);
            for (int j = 0; j < OPERATIONS; j++) {
                wrong += same((enum operation)j, 512) ? 0 : 1;
            }
        }
    }
    CU_ASSERT_EQUAL(wrong, 0);
}

static const struct unit_test tests[] = {
    {"the arithmetic is chosen", the_arithmetic_is_chosen},
    {"counts of all kinds", counts_of_all_kinds},
    {"special scalars", special_scalars},
    {"special points", special_points},
    {"changed encodings", changed_encodings},
    {"exceptions of the map", exceptions_of_the_map},
    {"special maps", special_maps},
    {"sums of all sizes", sums_of_all_sizes},
    {"any rounding mode", any_rounding_mode},
    {"a difference is seen at the start", a_difference_is_seen_at_the_start},
    {"many", many},
};

int main(int argc, char **argv)
{
    wanted = argc == 2 ? argv[1] : "";
    return unit_main("engine", tests, COUNT(tests));
}
