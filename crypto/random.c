#include "crypto/random.h"

#include "crypto/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

/* What is left stands at the end. */
static _Thread_local struct {
    uint8_t bytes[KP_RANDOM_STOCK];
    size_t left;
    unsigned forks;
} stock;

static atomic_uint forks;

static void count_fork(void)
{
    atomic_fetch_add(&forks, 1);
}

static void from_kernel(uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t got = getrandom(out, size, 0);
        if (got < 0 && errno != EINTR) {
            randombytes_sysrandom_implementation.buf(out, size); /* knows other ways, or ends all */
            return;
        }
        out += got < 0 ? 0 : got;
        size -= got < 0 ? 0 : (size_t)got;
    }
}

static void take(uint8_t *out, size_t size)
{
    uint8_t *from = stock.bytes + sizeof(stock.bytes) - stock.left;
    memcpy(out, from, size);
    kp_wipe(from, size);
    stock.left -= size;
}

static void fill(void *const out, const size_t size)
{
    unsigned now = atomic_load(&forks);
    if (size >= KP_RANDOM_DIRECT) {
        from_kernel(out, size);
        return;
    }
    if (stock.forks != now) {
        kp_wipe(stock.bytes, sizeof(stock.bytes));
        stock.left = 0;
        stock.forks = now;
    }
    if (stock.left < size) {
        from_kernel(stock.bytes, sizeof(stock.bytes));
        stock.left = sizeof(stock.bytes);
    }
    take(out, size);
}

static uint32_t number(void)
{
    uint32_t drawn;
    fill(&drawn, sizeof(drawn));
    return drawn;
}

static const char *name(void)
{
    return "kruispunt";
}

void kp_random_start(void)
{
    static struct randombytes_implementation implementation = {
        .implementation_name = name,
        .random = number,
        .buf = fill,
    };
    static atomic_flag watched = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&watched) && pthread_atfork(NULL, NULL, count_fork) != 0) {
        return; /* libsodium's own generator stays */
    }
    (void)randombytes_set_implementation(&implementation);
}
