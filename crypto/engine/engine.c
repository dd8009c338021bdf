#include "crypto/engine/engine.h"

#include "crypto/engine/self_test.h"

#include <stdatomic.h>

/* Written by the one that starts, before there are threads; and by tests. */
static atomic_int state = KP_ENGINE_OFF;
static atomic_bool unused;

#ifdef KP_NO_ENGINE
static bool processor_can(void)
{
    return false;
}

static bool gives_the_same(void)
{
    return false;
}
#else
/* Asks the operating system too, whether it keeps the registers. */
static bool processor_can(void)
{
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static bool gives_the_same(void)
{
    kp_engine_prepare();
    return kp_engine_self_test();
}
#endif

enum kp_engine_state kp_engine_start(void)
{
    enum kp_engine_state found = KP_ENGINE_NONE;
    if (processor_can()) {
        found = gives_the_same() ? KP_ENGINE_READY : KP_ENGINE_FAULT;
    }
    atomic_store(&state, (int)found);
    return found;
}

enum kp_engine_state kp_engine_state(void)
{
    return atomic_load_explicit(&unused, memory_order_relaxed)
               ? KP_ENGINE_OFF
               : (enum kp_engine_state)atomic_load_explicit(&state, memory_order_relaxed);
}

void kp_engine_use(bool use)
{
    atomic_store(&unused, !use);
}
