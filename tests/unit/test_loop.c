#include "proto/loop.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

struct record {
    struct kp_loop *loop;
    char order[64];
    size_t length;
    unsigned cancelled;
    unsigned pieces;
    unsigned ticks;
    uint64_t next;
};

static void note(struct record *record, char what)
{
    if (record->length < sizeof(record->order) - 1) {
        record->order[record->length++] = what;
    }
}

static void task_a(void *context, bool cancelled)
{
    struct record *record = context;
    record->cancelled += cancelled;
    note(record, 'a');
}

static void task_stop(void *context, bool cancelled)
{
    struct record *record = context;
    record->cancelled += cancelled;
    note(record, 's');
    if (!cancelled) {
        kp_loop_stop(record->loop);
    }
}

static void task_post(void *context, bool cancelled)
{
    struct record *record = context;
    note(record, 'p');
    CU_ASSERT_EQUAL(kp_loop_post(record->loop, cancelled ? task_a : task_stop, record), KP_OK);
}

static void start(struct record *record)
{
    struct kp_error error = {0};
    memset(record, 0, sizeof(*record));
    CU_ASSERT_EQUAL_FATAL(kp_loop_new(&record->loop, &error), KP_OK);
}

static void test_order(void)
{
    struct record record;
    const struct kp_loop_hooks none = {0};
    start(&record);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_a, &record), KP_OK);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_post, &record), KP_OK);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_a, &record), KP_OK);
    kp_loop_run(record.loop, &none);
    CU_ASSERT_STRING_EQUAL(record.order, "apas");
    CU_ASSERT_EQUAL(record.cancelled, 0);
    kp_loop_free(record.loop);
    kp_loop_free(NULL);
}

/* What was not run is run with cancelled, in its order, and what that posts too. */
static void test_cancelled(void)
{
    struct record record;
    const struct kp_loop_hooks none = {0};
    start(&record);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_stop, &record), KP_OK);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_a, &record), KP_OK);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_post, &record), KP_OK);
    kp_loop_run(record.loop, &none);
    CU_ASSERT_STRING_EQUAL(record.order, "s");
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_stop, &record), KP_OK);
    kp_loop_free(record.loop);
    CU_ASSERT_STRING_EQUAL(record.order, "sapsa");
    CU_ASSERT_EQUAL(record.cancelled, 3);
}

static bool work(void *context)
{
    struct record *record = context;
    note(record, 'w');
    record->pieces++;
    if (record->pieces == 2) {
        CU_ASSERT_EQUAL(kp_loop_post(record->loop, task_a, record), KP_OK);
    }
    return record->pieces < 4;
}

static void *post_stop(void *context)
{
    struct record *record = context;
    usleep(100000); /* the loop waits by then, having no work */
    return kp_loop_post(record->loop, task_stop, record) == KP_OK ? NULL : context;
}

/* Tasks come between the pieces; without more work the loop waits for what comes. */
static void test_work(void)
{
    struct record record;
    const struct kp_loop_hooks hooks = {.context = &record, .work = work};
    pthread_t thread;
    start(&record);
    CU_ASSERT_EQUAL(kp_loop_post(record.loop, task_a, &record), KP_OK);
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, post_stop, &record) == 0);
    kp_loop_run(record.loop, &hooks);
    pthread_join(thread, NULL);
    CU_ASSERT_STRING_EQUAL(record.order, "awwawws");
    kp_loop_free(record.loop);
}

static uint64_t tick(void *context, uint64_t now)
{
    struct record *record = context;
    record->ticks++;
    CU_ASSERT(now >= record->next);
    if (record->ticks == 4) {
        kp_loop_stop(record->loop);
        return UINT64_MAX;
    }
    record->next = now + 40;
    return record->next;
}

static void test_tick(void)
{
    struct record record;
    const struct kp_loop_hooks hooks = {.context = &record, .tick = tick};
    start(&record);
    uint64_t began = kp_loop_now();
    kp_loop_run(record.loop, &hooks);
    CU_ASSERT_EQUAL(record.ticks, 4);
    CU_ASSERT(kp_loop_now() - began >= 120);
    kp_loop_free(record.loop);
}

static void expect_signal(int number)
{
    struct record record;
    const struct kp_loop_hooks none = {0};
    start(&record);
    CU_ASSERT_EQUAL(kill(getpid(), number), 0);
    kp_loop_run(record.loop, &none);
    kp_loop_free(record.loop);
}

static void test_signals(void)
{
    expect_signal(SIGTERM);
    expect_signal(SIGINT);
}

/* Many threads post, and the loop runs each task once. */
#define THREADS 4
#define POSTS 20000

static atomic_uint counted;

static void count(void *context, bool cancelled)
{
    (void)cancelled;
    if (atomic_fetch_add(&counted, 1) + 1 == THREADS * POSTS) {
        kp_loop_stop(context);
    }
}

static void *post_many(void *context)
{
    for (int i = 0; i < POSTS; i++) {
        if (kp_loop_post(context, count, context) != KP_OK) {
            return NULL;
        }
    }
    return NULL;
}

static void test_threads(void)
{
    struct record record;
    const struct kp_loop_hooks none = {0};
    pthread_t threads[THREADS];
    start(&record);
    atomic_store(&counted, 0);
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, post_many, record.loop) == 0);
    }
    kp_loop_run(record.loop, &none);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    CU_ASSERT_EQUAL(atomic_load(&counted), THREADS * POSTS);
    kp_loop_free(record.loop);
}

static void test_clocks(void)
{
    uint64_t before = kp_loop_now();
    usleep(2000);
    CU_ASSERT(kp_loop_now() > before);
    CU_ASSERT(kp_clock_now() > UINT64_C(1700000000000));
}

static const struct unit_test tests[] = {
    {"tasks in their order", test_order},
    {"tasks that were never run", test_cancelled},
    {"work between tasks", test_work},
    {"ticks in their time", test_tick},
    {"signals", test_signals},
    {"tasks from many threads", test_threads},
    {"clocks", test_clocks},
};

UNIT_MAIN("loop", tests)
