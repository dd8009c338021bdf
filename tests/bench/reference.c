#include "tests/bench/reference.h"

#include "tests/bench/measure.h"

#include <pthread.h>
#include <sched.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

/* One sample is the median of TIMES multiplications behind one that isn't counted: it finds caches
 * cold. It takes about a hundredth of one processor. */
enum { TIMES = 5, EVERY_MS = 25, SAMPLES_MAX = 1 << 18 };

static double samples[SAMPLES_MAX];
static atomic_size_t sample_count;
static atomic_bool stopping;
static pthread_t thread;
static cpu_set_t allowed;
static size_t processor; /* where the last sample was taken */
static double last;      /* that of the sample before */
static void (*tell)(double nanoseconds);
static double own_cpu;
static uint8_t scalar[crypto_scalarmult_ristretto255_SCALARBYTES];
static uint8_t point[crypto_scalarmult_ristretto255_BYTES];

static double multiply(void)
{
    double start = cpu_time();
    must(crypto_scalarmult_ristretto255(point, scalar, point) == 0, "multiplying");
    return cpu_time() - start;
}

static double sample(void)
{
    double times[TIMES];
    (void)multiply();
    for (size_t i = 0; i < TIMES; i++) {
        times[i] = multiply();
    }
    return median(times, TIMES);
}

/* The next one that this process may use. */
static void move(void)
{
    cpu_set_t one;
    do {
        processor = (processor + 1) % CPU_SETSIZE;
    } while (!CPU_ISSET(processor, &allowed));
    CPU_ZERO(&one);
    CPU_SET(processor, &one);
    must(pthread_setaffinity_np(pthread_self(), sizeof(one), &one) == 0, "going to a processor");
}

static void take_sample(void)
{
    size_t count = atomic_load(&sample_count);
    move();
    double now = sample();
    tell(last == 0 ? now : 2 / (1 / last + 1 / now));
    last = now;
    if (count < SAMPLES_MAX) {
        samples[count] = now;
        atomic_store(&sample_count, count + 1);
    }
}

static void *run(void *nothing)
{
    const struct timespec pause = {.tv_nsec = EVERY_MS * 1000000L};
    while (!atomic_load(&stopping)) {
        take_sample();
        (void)nanosleep(&pause, NULL);
    }
    take_sample();
    own_cpu = cpu_time();
    return nothing;
}

void reference_begin(void (*sampled)(double nanoseconds))
{
    const struct timespec pause = {.tv_nsec = 1000000};
    must(sodium_init() >= 0, "starting libsodium");
    crypto_core_ristretto255_scalar_random(scalar);
    crypto_core_ristretto255_random(point);
    must(sched_getaffinity(0, sizeof(allowed), &allowed) == 0, "asking for processors");
    tell = sampled;
    last = 0;
    atomic_store(&sample_count, 0);
    atomic_store(&stopping, false);
    must(pthread_create(&thread, NULL, run, NULL) == 0, "starting a thread");
    while (reference_count() == 0) {
        (void)nanosleep(&pause, NULL);
    }
}

size_t reference_count(void)
{
    return atomic_load(&sample_count);
}

struct reference reference_end(size_t count)
{
    atomic_store(&stopping, true);
    must(pthread_join(thread, NULL) == 0, "ending a thread");
    double middle = median(samples, count); /* puts them in order */
    return (struct reference){.samples = count,
                              .median = middle,
                              .low = samples[count / 4],
                              .high = samples[count - 1 - count / 4],
                              .cpu = own_cpu};
}
