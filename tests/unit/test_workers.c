/* proto/workers.h: everything that is given comes back once, and the loop hears of it. */
#include "proto/workers.h"
#include "tests/unit/unit.h"

#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define PIECES 200

struct piece {
    struct kp_work work;
    uint32_t in, out;
    atomic_bool *gate; /* NULL: it doesn't wait */
    atomic_uint *begun;
};

static void square(struct kp_work *work)
{
    struct piece *piece = (struct piece *)work;
    if (piece->begun != NULL) {
        atomic_fetch_add(piece->begun, 1);
    }
    while (piece->gate != NULL && !atomic_load(piece->gate)) {
        sched_yield();
    }
    piece->out = piece->in * piece->in;
}

static struct kp_workers *begin(uint32_t threads, struct kp_loop *loop)
{
    struct kp_workers *workers = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_workers_new(&workers, threads, loop, NULL), KP_OK);
    return workers;
}

/* Takes back what is done; how many had run. */
static uint32_t take_back(struct kp_workers *workers, uint32_t *all)
{
    uint32_t ran = 0;
    struct kp_work *work;
    while ((work = kp_workers_done(workers)) != NULL) {
        struct piece *piece = (struct piece *)work;
        CU_ASSERT_EQUAL(piece->out, work->ran ? piece->in * piece->in : 0);
        ran += work->ran;
        (*all)++;
    }
    return ran;
}

static void all_comes_back(void)
{
    static const uint32_t THREADS[] = {1, 2, 5, KP_WORKERS_MAX};
    for (size_t t = 0; t < sizeof(THREADS) / sizeof(THREADS[0]); t++) {
        struct piece pieces[PIECES] = {0};
        struct kp_workers *workers = begin(THREADS[t], NULL);
        CU_ASSERT_EQUAL(kp_workers_threads(workers), THREADS[t]);
        for (uint32_t turn = 0; turn < 3; turn++) {
            uint32_t all = 0;
            for (uint32_t i = 0; i < PIECES; i++) {
                pieces[i] = (struct piece){.work.run = square, .in = i + 2};
                kp_workers_give(workers, &pieces[i].work);
            }
            kp_workers_wait(workers);
            CU_ASSERT_EQUAL(kp_workers_given(workers), PIECES);
            CU_ASSERT_EQUAL(take_back(workers, &all), PIECES);
            CU_ASSERT_EQUAL(all, PIECES);
            CU_ASSERT_EQUAL(kp_workers_given(workers), 0);
        }
        kp_workers_free(workers);
    }
}

/* One thread, held up in its first piece: the others haven't begun, and never do. */
static void what_has_not_begun_is_given_up(void)
{
    struct piece pieces[4] = {0};
    atomic_bool gate = false;
    atomic_uint begun = 0;
    uint32_t all = 0;
    struct kp_workers *workers = begin(1, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        pieces[i] = (struct piece){
            .work.run = square, .in = i + 2, .gate = i == 1 ? &gate : NULL, .begun = &begun};
        kp_workers_give(workers, &pieces[i].work);
    }
    while (atomic_load(&begun) < 2) {
        sched_yield();
    }
    atomic_store(&gate, true);
    kp_workers_cancel(workers);
    uint32_t ran = take_back(workers, &all);
    CU_ASSERT_EQUAL(all, 4);
    CU_ASSERT(ran >= 2 && ran == atomic_load(&begun));
    CU_ASSERT_EQUAL(kp_workers_given(workers), 0);
    kp_workers_cancel(workers); /* of nothing */
    CU_ASSERT_PTR_NULL(kp_workers_done(workers));
    kp_workers_free(workers);
}

struct listener {
    struct kp_loop *loop;
    struct kp_workers *workers;
    uint32_t back;
};

static bool collect(void *context)
{
    struct listener *listener = context;
    (void)take_back(listener->workers, &listener->back);
    if (listener->back == PIECES) {
        kp_loop_stop(listener->loop);
    }
    return false;
}

/* Nothing but the workers wakes this loop. */
static void the_loop_hears_of_it(void)
{
    struct piece pieces[PIECES] = {0};
    struct listener listener = {0};
    CU_ASSERT_EQUAL_FATAL(kp_loop_new(&listener.loop, NULL), KP_OK);
    listener.workers = begin(2, listener.loop);
    for (uint32_t i = 0; i < PIECES; i++) {
        pieces[i] = (struct piece){.work.run = square, .in = i + 2};
        kp_workers_give(listener.workers, &pieces[i].work);
    }
    const struct kp_loop_hooks hooks = {.context = &listener, .work = collect};
    kp_loop_run(listener.loop, &hooks);
    CU_ASSERT_EQUAL(listener.back, PIECES);
    kp_workers_free(listener.workers);
    kp_loop_free(listener.loop);
}

static void limits(void)
{
    struct kp_workers *workers = NULL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_workers_new(&workers, KP_WORKERS_MAX + 1, NULL, &error), KP_USAGE);
    CU_ASSERT_PTR_NULL(workers);
    uint32_t usual = kp_workers_default();
    CU_ASSERT(usual >= 1 && usual <= KP_WORKERS_MAX);
    workers = begin(0, NULL);
    CU_ASSERT_EQUAL(kp_workers_threads(workers), usual);
    kp_workers_free(workers);
    kp_workers_free(NULL);
}

static const struct unit_test TESTS[] = {
    {"all that is given comes back, done", all_comes_back},
    {"what hasn't begun is given up", what_has_not_begun_is_given_up},
    {"the loop is woken", the_loop_hears_of_it},
    {"how many threads", limits},
};

UNIT_MAIN("workers", TESTS)
