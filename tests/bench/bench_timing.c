/* Whether the time that group arithmetic takes depends on its secrets: Welch's t-test between two
 * classes of inputs, as in Reparaz, Balasch and Verbauwhede, "Dude, is my code constant time?"
 * (2017).
 *
 *     bench_timing [--rounds N] [--limit T] [--doubles] [--leaky]
 *
 * With the arithmetic that is chosen on this processor, or with that in doubles.
 *
 * One class has a fixed secret, the other one that is drawn anew each time; which comes next is
 * drawn too. The slowest measurements, in which something else ran, are cut off at several places,
 * and the largest t of all counts. More than 10 is taken for a leak: exit status 1. `--leaky`
 * measures a comparison that ends at the first difference, which must be found: it shows that the
 * test can see.
 *
 * This proves nothing; tests/constant_time does, as far as branches and addresses go. It is for
 * what neither shows: an instruction that takes longer for some operands.
 */
#include "crypto/decoded.h"
#include "crypto/engine/engine.h"
#include "crypto/group.h"
#include "crypto/secret.h"
#include "tests/bench/measure.h"

#include <math.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

enum { COUNT = 4, CUTS = 12 };

struct inputs {
    uint8_t points[COUNT * KP_POINT_BYTES];
    uint8_t scalars[COUNT * KP_SCALAR_BYTES];
    uint8_t uniform[COUNT * 64];
};

static struct inputs fixed;
static struct inputs now;
static uint8_t public_points[COUNT * KP_POINT_BYTES];
static uint8_t public_scalars[COUNT * KP_SCALAR_BYTES];
static uint8_t out[COUNT * KP_POINT_BYTES];
static volatile int sink;

static void done(enum kp_status status)
{
    if (status != KP_OK) {
        fputs("bench_timing: a step failed\n", stderr);
        exit(2);
    }
}

static void draw(struct inputs *inputs)
{
    randombytes_buf(inputs->uniform, sizeof(inputs->uniform));
    for (size_t i = 0; i < COUNT; i++) {
        crypto_core_ristretto255_random(inputs->points + i * KP_POINT_BYTES);
        crypto_core_ristretto255_scalar_random(inputs->scalars + i * KP_SCALAR_BYTES);
    }
}

static void scalar(void)
{
    done(kp_points_multiply(out, now.scalars, public_points, COUNT));
}

static void point(void)
{
    done(kp_points_multiply(out, public_scalars, now.points, COUNT));
}

static void each_scalar(void)
{
    done(kp_points_multiply_each(out, now.scalars, public_points, COUNT));
}

/* Of twice as many: a few aren't kept decoded. */
static void sums_less_fixed(void)
{
    uint8_t twice[2 * sizeof(now.points)], scalars[2 * sizeof(now.scalars)], y[sizeof(twice)];
    struct kp_sums *sums = kp_sums_new(2 * COUNT);
    memcpy(twice, now.points, sizeof(now.points));
    memcpy(twice + sizeof(now.points), now.points, sizeof(now.points));
    memcpy(scalars, now.scalars, sizeof(now.scalars));
    memcpy(scalars + sizeof(now.scalars), now.scalars, sizeof(now.scalars));
    done(kp_sums_add(sums, twice, 2 * COUNT));
    done(kp_sums_subtract_fixed(y, sums, scalars, public_points));
    kp_sums_free(sums);
}

static void base(void)
{
    done(kp_points_multiply_base(out, now.scalars, COUNT));
}

static void fixed_scalars(void)
{
    done(kp_points_multiply_fixed(out, now.scalars, public_points, COUNT));
}

static void fixed_point(void)
{
    done(kp_points_multiply_fixed(out, public_scalars, now.points, COUNT));
}

static void sum(void)
{
    done(kp_points_add(out, now.points, public_points, COUNT));
}

static void map(void)
{
    kp_points_from_uniform(out, now.uniform, COUNT);
}

static void leak(void)
{
    size_t i = 0;
    while (i < sizeof(now.uniform) && now.uniform[i] == fixed.uniform[i]) {
        i++;
        sink = sink + 1;
    }
}

struct subject {
    const char *name;
    void (*run)(void);
    bool is_small; /* with an edge as the fixed secret: the scalar 1, bytes of zero */
};

static const struct subject subjects[] = {
    {"multiply: scalar", scalar, false},
    {"multiply: scalar 1", scalar, true},
    {"multiply: points", point, false},
    {"a scalar each", each_scalar, false},
    {"a scalar each: 1", each_scalar, true},
    {"sums: points and scalars", sums_less_fixed, false},
    {"base: scalars", base, false},
    {"base: scalars 1", base, true},
    {"fixed point: scalars", fixed_scalars, false},
    {"fixed point: point", fixed_point, false},
    {"add: points", sum, false},
    {"map: bytes", map, false},
    {"map: bytes of zero", map, true},
};

static void make_fixed(bool is_small)
{
    draw(&fixed);
    draw(&now);
    memcpy(public_points, now.points, sizeof(public_points));
    memcpy(public_scalars, now.scalars, sizeof(public_scalars));
    if (is_small) {
        memset(fixed.scalars, 0, sizeof(fixed.scalars));
        memset(fixed.uniform, 0, sizeof(fixed.uniform));
        for (size_t i = 0; i < COUNT; i++) {
            fixed.scalars[i * KP_SCALAR_BYTES] = 1;
        }
    }
}

/* Mean and variance, as they come. */
struct moments {
    double count;
    double mean;
    double sum_of_squares;
};

static void add(struct moments *m, double x)
{
    double off = x - m->mean;
    m->count += 1;
    m->mean += off / m->count;
    m->sum_of_squares += off * (x - m->mean);
}

static double welch(const struct moments *a, const struct moments *b)
{
    double variance = a->sum_of_squares / (a->count - 1) / a->count +
                      b->sum_of_squares / (b->count - 1) / b->count;
    return variance > 0 ? fabs(a->mean - b->mean) / sqrt(variance) : 0;
}

/* The largest t, with all measurements and with those below each of some quantiles. */
static double largest_t(const double *times, const bool *of_fixed, size_t rounds)
{
    double *sorted = malloc(rounds * sizeof(sorted[0]));
    double largest = 0;
    if (sorted == NULL) {
        exit(2);
    }
    memcpy(sorted, times, rounds * sizeof(sorted[0]));
    put_in_order(sorted, rounds);
    for (int cut = 0; cut < CUTS; cut++) {
        double part = cut == 0 ? 1 : 1 - pow(0.5, 5.0 * (cut + 1) / CUTS);
        double most = sorted[(size_t)((double)(rounds - 1) * part)];
        struct moments classes[2] = {{0}};
        for (size_t i = 0; i < rounds; i++) {
            if (times[i] <= most) {
                add(&classes[of_fixed[i]], times[i]);
            }
        }
        if (classes[0].count > 100 && classes[1].count > 100) {
            largest = fmax(largest, welch(&classes[0], &classes[1]));
        }
    }
    free(sorted);
    return largest;
}

/* Everything that both classes do outside of the measurement is the same. */
static double measure(const struct subject *subject, size_t rounds)
{
    double *times = malloc(rounds * sizeof(times[0]));
    bool *of_fixed = malloc(rounds * sizeof(of_fixed[0]));
    struct inputs fresh;
    uint8_t coins[256];
    if (times == NULL || of_fixed == NULL) {
        exit(2);
    }
    make_fixed(subject->is_small);
    for (size_t i = 0; i < rounds; i++) {
        if (i % sizeof(coins) == 0) {
            randombytes_buf(coins, sizeof(coins));
        }
        bool is_fixed = (coins[i % sizeof(coins)] & 1) != 0;
        draw(&fresh);
        uint8_t mask = (uint8_t) - (int)is_fixed;
        for (size_t j = 0; j < sizeof(now); j++) {
            ((uint8_t *)&now)[j] = (uint8_t)((((const uint8_t *)&fixed)[j] & mask) |
                                             (((const uint8_t *)&fresh)[j] & ~mask));
        }
        unsigned cpu;
        uint64_t start = __rdtscp(&cpu);
        subject->run();
        times[i] = (double)(__rdtscp(&cpu) - start);
        of_fixed[i] = is_fixed;
    }
    double t = largest_t(times, of_fixed, rounds);
    free(times);
    free(of_fixed);
    return t;
}

int main(int argc, char **argv)
{
    size_t rounds = 20000;
    double limit = 10;
    bool leaky = false;
    bool doubles = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--rounds") == 0 && i + 1 < argc) {
            rounds = strtoul(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) {
            limit = strtod(argv[++i], NULL);
        } else if (strcmp(argv[i], "--leaky") == 0) {
            leaky = true;
        } else if (strcmp(argv[i], "--doubles") == 0) {
            doubles = true;
        }
    }
    done(kp_crypto_start());
    if (doubles && !kp_engine_choose(KP_ENGINE_DOUBLES)) {
        fputs("bench_timing: this processor can't\n", stderr);
        return 2;
    }
    if (leaky) {
        const struct subject subject = {"a leak", leak, false};
        double t = measure(&subject, rounds);
        printf("%-24s t = %.2f\n", subject.name, t);
        return t > limit ? 0 : 1;
    }
    printf("arithmetic: %s\n", kp_arithmetic_name(kp_group_arithmetic()));
    int status = 0;
    for (size_t i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
        double t = measure(&subjects[i], rounds);
        printf("%-24s t = %5.2f %s\n", subjects[i].name, t, t > limit ? "LEAK" : "");
        fflush(stdout);
        status |= t > limit ? 1 : 0;
    }
    return status;
}
