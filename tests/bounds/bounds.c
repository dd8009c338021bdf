/* Shows that no step of the engine's arithmetic can pass what a double or the exact split of a
 * product holds: crypto/engine is compiled with intervals in the place of numbers
 * (crypto/engine/vector.h in this folder), and run over all that it may be given. Exit status 1,
 * with the operation, when one can.
 *
 *     bounds           everything must hold
 *     bounds --loose   a product of two loose factors, which must be found
 */
#include "crypto/engine/field4.h"
#include "crypto/engine/field4_power.h"
#include "crypto/engine/point4.h"
#include "crypto/engine/sum4.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *current;

void bounds_fail(const char *operation)
{
    printf("%s: %s\n", current, operation);
    exit(1);
}

#define ALL(name, SIZE)                                                                            \
    static struct kp_fe4 name(void)                                                                \
    {                                                                                              \
        struct kp_fe4 all;                                                                         \
        for (int i = 0; i < 5; i++) {                                                              \
            all.limb[i] = (kp_v){.least = SIZE##_LEAST(i), .most = SIZE##_MOST(i)};                \
        }                                                                                          \
        return all;                                                                                \
    }

ALL(carried, BOUNDS_CARRIED)
ALL(factor, BOUNDS_FACTOR)
ALL(loose, BOUNDS_LOOSE)

#if KP_V_SIGNED
#define IS_WHOLE(v) ((v).unit >= 0)
#else
#define IS_WHOLE(v) 1
#endif

static void is_carried(const struct kp_fe4 *a)
{
    for (int i = 0; i < 5; i++) {
        bounds_need(IS_WHOLE(a->limb[i]) && a->limb[i].least >= BOUNDS_CARRIED_LEAST(i) &&
                        a->limb[i].most <= BOUNDS_CARRIED_MOST(i),
                    "the result is not carried");
    }
}

static void is_carried_point(const struct kp_edwards4 *point)
{
    is_carried(&point->x);
    is_carried(&point->y);
    is_carried(&point->z);
    is_carried(&point->t);
}

/* In the place of field4_bytes.c: any bytes give limbs from 0 to 2^51 - 1, which are then carried.
 */
void kp_fe4_load(struct kp_fe4 *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    (void)bytes;
    for (int i = 0; i < 5; i++) {
        out->limb[i] = (kp_v){.least = 0, .most = TWO(51) - 1};
    }
    kp_fe4_carry(out, out);
    is_carried(out);
}

kp_vmask kp_fe4_load_strict(struct kp_fe4 *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    kp_fe4_load(out, bytes);
    return 0;
}

void kp_fe4_store(uint8_t bytes[static KP_FE4_BYTES], const struct kp_fe4 *a)
{
    struct kp_fe4_frozen frozen;
    (void)bytes;
    is_carried(a);
    kp_fe4_freeze(&frozen, a);
}

static void field(void)
{
    const struct kp_fe4 a = carried();
    const struct kp_fe4 b = factor();
    struct kp_fe4 out;
    struct kp_fe4 other;
    struct kp_fe4_frozen frozen;
    kp_fe4_multiply(&out, &a, &a);
    is_carried(&out);
    kp_fe4_multiply(&out, &a, &b);
    is_carried(&out);
    kp_fe4_multiply(&out, &b, &a);
    is_carried(&out);
    kp_fe4_square(&out, &a);
    is_carried(&out);
    kp_fe4_multiply_two(&out, &other, &a, &b, &b, &a);
    is_carried(&out);
    is_carried(&other);
    kp_fe4_add_product(&out, &other, &a, &a, &b);
    is_carried(&out);
    is_carried(&other);
    kp_fe4_square_multiply(&out, &other, &a, &a, &b);
    is_carried(&out);
    is_carried(&other);
    kp_fe4_square_two(&out, &other, &a, &a);
    is_carried(&out);
    is_carried(&other);
    const struct kp_fe4 most = loose();
    kp_fe4_carry(&out, &most);
    is_carried(&out);
    kp_fe4_add_times(&out, &a, 1048575, &a);
    kp_fe4_multiply(&out, &out, &a);
    is_carried(&out);
    kp_fe4_freeze(&frozen, &a);
    for (int i = 0; i < 5; i++) {
        bounds_need(frozen.limb[i].least >= 0 && frozen.limb[i].most < TWO(51), "not frozen");
    }
    kp_fe4_invert(&out, &a);
    is_carried(&out);
    const struct kp_fe4 two[2] = {a, a};
    struct kp_fe4 roots[2];
    kp_vmask square[2];
    kp_fe4_inverse_roots(roots, square, two, 2);
    is_carried(&roots[0]);
    is_carried(&roots[1]);
    kp_fe4_roots_of_ratios(roots, square, two, two, 2);
    is_carried(&roots[0]);
    is_carried(&roots[1]);
}

static void decoding(void)
{
    static const uint8_t bytes[2 * KP_FE4_BYTES];
    struct kp_edwards4 edwards[2];
    struct kp_montgomery4 montgomery[2];
    (void)kp_edwards4_decode(edwards, bytes, 2);
    (void)kp_montgomery4_decode(montgomery, bytes, 2);
    for (size_t i = 0; i < 2; i++) {
        is_carried_point(&edwards[i]);
        is_carried(&montgomery[i].u);
        is_carried(&montgomery[i].v);
    }
    (void)kp_both4_decode(edwards, montgomery, bytes, 2);
    for (size_t i = 0; i < 2; i++) {
        is_carried_point(&edwards[i]);
        is_carried(&montgomery[i].u);
        is_carried(&montgomery[i].v);
    }
}

/* A point may have any carried coordinates: more than those of points of the curve. */
static void ladder(void)
{
    const struct kp_montgomery4 point = {carried(), carried()};
    uint8_t scalar[32];
    struct kp_edwards4 out;
    memset(scalar, 0x5b, sizeof(scalar));
    kp_ladder4(&out, scalar, 1, &point);
    is_carried_point(&out);
    uint8_t scalars[4 * 32];
    const uint64_t negative[4] = {0, 1, 1, 0};
    memset(scalars, 0x5b, sizeof(scalars));
    kp_ladder4_each(&out, scalars, negative, &point);
    is_carried_point(&out);
}

static void encoding(void)
{
    const struct kp_edwards4 point = {carried(), carried(), carried(), carried()};
    const struct kp_edwards4 two[2] = {point, point};
    static struct kp_ratio4 doubled[3];
    uint8_t bytes[3 * KP_FE4_BYTES];
    kp_edwards4_encode(bytes, &point, 1);
    kp_edwards4_encode(bytes, two, 2);
    for (size_t i = 0; i < 3; i++) {
        kp_ratio4_of_double(&doubled[i], &point);
    }
    kp_ratio4_encode(bytes, doubled, 3);
}

static void quartic(void)
{
    static const uint8_t bytes[KP_FE4_BYTES];
    const struct kp_quartic4 any = {carried(), carried(), carried()};
    struct kp_quartic4 point;
    struct kp_edwards4 edwards;
    struct kp_ratio4 sum;
    kp_vmask identity;
    (void)kp_quartic4_decode(&point, &identity, bytes, 1);
    is_carried(&point.s);
    is_carried(&point.n);
    is_carried(&point.v);
    kp_quartic4_map(&point, bytes, 1);
    is_carried(&point.s);
    is_carried(&point.n);
    is_carried(&point.v);
    kp_quartic4_to_edwards(&edwards, &any);
    is_carried_point(&edwards);
    (void)kp_ratio4_of_sum(&sum, &any, &any);
    is_carried(&sum.e);
    is_carried(&sum.f);
    is_carried(&sum.g);
    is_carried(&sum.h);
}

static void is_carried_sum(const struct kp_sum4 *sum)
{
    is_carried(&sum->plus);
    is_carried(&sum->minus);
    is_carried(&sum->z);
    is_carried(&sum->t);
}

static void is_carried_term(const struct kp_term4 *term)
{
    is_carried(&term->plus);
    is_carried(&term->minus);
    is_carried(&term->dt);
}

static void sums(void)
{
    const struct kp_edwards4 point = {carried(), carried(), carried(), carried()};
    const struct kp_sum4 any = {carried(), carried(), carried(), carried()};
    const struct kp_term4 term = {carried(), carried(), carried()};
    struct kp_edwards4 edwards;
    struct kp_sum4 sum = any;
    struct kp_term4 terms[2];
    struct kp_fe4 work[2];
    kp_sum4_add(&sum, &term);
    is_carried_sum(&sum);
    sum = any;
    kp_sum4_add_sum(&sum, &any);
    is_carried_sum(&sum);
    sum = any;
    kp_sum4_double(&sum);
    is_carried_sum(&sum);
    struct kp_fe4 scaled;
    kp_sum4_scale(&scaled, &any);
    is_carried(&scaled);
    sum = any;
    kp_sum4_add_scaled(&sum, &any, &any.t, &any.t);
    is_carried_sum(&sum);
    kp_sum4_negate_if(&sum, 0, &any);
    is_carried_sum(&sum);
    kp_sum4_start(&sum);
    is_carried_sum(&sum);
    kp_sum4_from(&sum, &point);
    is_carried_sum(&sum);
    kp_sum4_to(&edwards, &any);
    is_carried_point(&edwards);
    kp_term4_from(&terms[0], &point);
    is_carried_term(&terms[0]);
    kp_term4_negate_if(&terms[1], 0, &term);
    is_carried_term(&terms[1]);
    const struct kp_sum4 two[2] = {any, any};
    kp_terms4_from(terms, two, work, 2);
    is_carried_term(&terms[0]);
    is_carried_term(&terms[1]);
}

/* Sums of two carried ones. */
static void loose_product(void)
{
    const struct kp_fe4 a = carried();
    struct kp_fe4 sum;
    kp_fe4_add(&sum, &a, &a);
    kp_fe4_multiply(&sum, &sum, &sum);
}

static const struct {
    const char *name;
    void (*run)(void);
} parts[] = {
    {"field", field},       {"decoding", decoding}, {"ladder", ladder},
    {"encoding", encoding}, {"quartic", quartic},   {"sums", sums},
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--loose") == 0) {
        current = "two loose factors";
        loose_product();
        return 0;
    }
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        current = parts[i].name;
        parts[i].run();
        printf("%s: holds\n", current);
    }
    return 0;
}
