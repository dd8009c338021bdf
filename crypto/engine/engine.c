#include "crypto/engine/engine.h"

#include "crypto/engine/calls.h"
#include "crypto/engine/self_test.h"

#include <stdatomic.h>

/* Written by the one that starts, before there are threads; and by tests. */
static atomic_int state = KP_ENGINE_OFF;
static atomic_int arithmetic = KP_ENGINE_DOUBLES;
static atomic_bool unused;
static const struct kp_engine_calls *_Atomic calls;

#ifdef KP_NO_ENGINE
static bool processor_can(enum kp_engine_arithmetic which)
{
    (void)which;
    return false;
}

static const struct kp_engine_calls *calls_of(enum kp_engine_arithmetic which)
{
    (void)which;
    return NULL;
}

static bool gives_the_same(void)
{
    return false;
}
#else
extern const struct kp_engine_calls kp_ifma_calls;

/* Asks the operating system too, whether it keeps the registers. */
static bool processor_can(enum kp_engine_arithmetic which)
{
    __builtin_cpu_init();
    bool doubles = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    return which == KP_ENGINE_DOUBLES
               ? doubles
               : doubles && __builtin_cpu_supports("avx512vl") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512ifma");
}

static const struct kp_engine_calls *calls_of(enum kp_engine_arithmetic which)
{
    return which == KP_ENGINE_DOUBLES ? &kp_four_calls : &kp_ifma_calls;
}

static bool gives_the_same(void)
{
    atomic_load(&calls)->prepare();
    return kp_engine_self_test();
}
#endif

static void take(enum kp_engine_arithmetic which, const struct kp_engine_calls *those,
                 enum kp_engine_state found)
{
    atomic_store(&calls, those);
    atomic_store(&arithmetic, (int)which);
    atomic_store(&state, (int)found);
}

static enum kp_engine_state start(enum kp_engine_arithmetic which,
                                  const struct kp_engine_calls *those)
{
    take(which, those, KP_ENGINE_OFF);
    enum kp_engine_state found = gives_the_same() ? KP_ENGINE_READY : KP_ENGINE_FAULT;
    atomic_store(&state, (int)found);
    return found;
}

enum kp_engine_state kp_engine_start(void)
{
    if (processor_can(KP_ENGINE_INTEGERS)) {
        return start(KP_ENGINE_INTEGERS, calls_of(KP_ENGINE_INTEGERS));
    }
    if (processor_can(KP_ENGINE_DOUBLES)) {
        return start(KP_ENGINE_DOUBLES, calls_of(KP_ENGINE_DOUBLES));
    }
    atomic_store(&state, KP_ENGINE_NONE);
    return KP_ENGINE_NONE;
}

enum kp_engine_state kp_engine_state(void)
{
    return atomic_load_explicit(&unused, memory_order_relaxed)
               ? KP_ENGINE_OFF
               : (enum kp_engine_state)atomic_load_explicit(&state, memory_order_relaxed);
}

enum kp_engine_arithmetic kp_engine_arithmetic(void)
{
    return (enum kp_engine_arithmetic)atomic_load_explicit(&arithmetic, memory_order_relaxed);
}

void kp_engine_use(bool use)
{
    atomic_store(&unused, !use);
}

bool kp_engine_choose(enum kp_engine_arithmetic which)
{
    static atomic_bool ready[2];
    if (!processor_can(which)) {
        return false;
    }
    if (!atomic_load(&ready[which])) {
        atomic_store(&ready[which], start(which, calls_of(which)) == KP_ENGINE_READY);
        return atomic_load(&ready[which]);
    }
    take(which, calls_of(which), KP_ENGINE_READY);
    return true;
}

bool kp_engine_choose_calls(enum kp_engine_arithmetic which, const struct kp_engine_calls *others)
{
    return processor_can(KP_ENGINE_DOUBLES) && start(which, others) == KP_ENGINE_READY;
}

static const struct kp_engine_calls *chosen(void)
{
    return atomic_load_explicit(&calls, memory_order_relaxed);
}

int kp_engine_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                       size_t count)
{
    return chosen()->multiply(out, scalar, points, count);
}

int kp_engine_multiply_each(uint8_t *out, const uint8_t *scalars, const uint8_t *points,
                            size_t count)
{
    return chosen()->multiply_each(out, scalars, points, count);
}

void kp_engine_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count)
{
    chosen()->multiply_base(out, scalars, count);
}

int kp_engine_multiply_fixed(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                             size_t count)
{
    return chosen()->multiply_fixed(out, scalars, point, count);
}

int kp_engine_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    return chosen()->add(out, left, right, count);
}

int kp_engine_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    return chosen()->subtract(out, left, right, count);
}

int kp_engine_check(const uint8_t *points, size_t count)
{
    return chosen()->check(points, count);
}

void kp_engine_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    chosen()->from_uniform(out, uniform, count);
}

enum kp_engine_combined kp_engine_combine(uint8_t out[static 32], const uint8_t *weights,
                                          const uint8_t *points, size_t count)
{
    return chosen()->combine(out, weights, points, count);
}

size_t kp_engine_terms_bytes(size_t count)
{
    return chosen()->terms_bytes(count);
}

size_t kp_engine_sums_bytes(size_t count)
{
    return chosen()->sums_bytes(count);
}

void kp_engine_sums_start(struct kp_sum4 *sums, size_t count)
{
    chosen()->sums_start(sums, count);
}

int kp_engine_decode(struct kp_term *terms, struct kp_sum4 *sums, const uint8_t *points,
                     size_t count)
{
    return chosen()->decode(terms, sums, points, count);
}

int kp_engine_multiply_keeping(uint8_t *out, struct kp_term *terms, const uint8_t scalar[static 32],
                               const uint8_t *points, size_t count)
{
    return chosen()->multiply_keeping(out, terms, scalar, points, count);
}

void kp_engine_combine_digits(uint8_t out[static 32], const uint8_t *weights, size_t digits,
                              const struct kp_term *terms, size_t count)
{
    chosen()->combine_digits(out, weights, digits, terms, count);
}

int kp_engine_sums_subtract(uint8_t *out, const struct kp_sum4 *sums, const uint8_t *scalars,
                            const uint8_t point[static 32], size_t count)
{
    return chosen()->sums_subtract(out, sums, scalars, point, count);
}
