/* How much faster one member's part of a large round is with two threads than with one.
 *
 *     bench_threads [--slots N] [--members N] [--runs N]
 *
 * The round of node/round.h in this process, as the daemon drives it (node/node_work.c): the other
 * members do all they can first, and what they send is kept back. Then member 1 is alone on the
 * machine with all that it needs, and from its first message in until it is READY is timed:
 * receiving, charging, the jobs on as many threads as set, messages out. Not in it: TLS and the
 * database. `one` has one thread of arithmetic beside the loop's and one processor for both, `loop`
 * two processors for these, `two` two threads and two processors. `ceiling` is what two processes
 * that only multiply reach beside one, on this machine and now. `work` is the wall time in
 * multiplications by libsodium that a processor of those in use could have done meanwhile, for
 * processors change their speed, each for itself (reference.h); `ratio` of two ways is that of
 * their work. Medians; in turns. */
#include "crypto/secret.h"
#include "node/round.h"
#include "proto/workers.h"
#include "tests/bench/measure.h"
#include "tests/bench/reference.h"
#include "tests/unit/play.h"

#include <CUnit/Basic.h>
#include <poll.h>
#include <sched.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS_MAX = 99, WAYS = 3, CEILING_CHUNKS = 64, CEILING_COUNT = 512 };

struct way {
    const char *name;
    uint32_t threads;
    int processors;
    double wall[RUNS_MAX];
    double cpu[RUNS_MAX];
    double work[RUNS_MAX];
};

static struct way ways[WAYS] = {
    {.name = "one", .threads = 1, .processors = 1},
    {.name = "loop", .threads = 1, .processors = 2},
    {.name = "two", .threads = 2, .processors = 2},
};
static struct fixture_settings settings = {.members = 2, .slots = 20480};
static uint32_t runs = 3;
static double alone[RUNS_MAX];
static double both[RUNS_MAX];
static cpu_set_t allowed;

/* The first `count` of the processors that this process began with. */
static void use_processors(int count)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t i = 0; i < CPU_SETSIZE && CPU_COUNT(&set) < count; i++) {
        if (CPU_ISSET(i, &allowed)) {
            CPU_SET(i, &set);
        }
    }
    must(sched_setaffinity(0, sizeof(set), &set) == 0, "choosing processors");
}

static double multiplications; /* that a processor could have done */
static double sampled_first;
static double sampled_last;

static void count_multiplications(double nanoseconds)
{
    double time = seconds_on(CLOCK_MONOTONIC);
    if (sampled_first == 0) {
        sampled_first = sampled_last = time;
    }
    multiplications += (time - sampled_last) * 1e9 / nanoseconds;
    sampled_last = time;
}

static void begin_reference(void)
{
    multiplications = sampled_first = 0;
    reference_begin(count_multiplications);
}

/* The work of `wall` seconds; what the reference itself took is nobody's. */
static double end_reference(double wall, int processors)
{
    struct reference reference = reference_end(reference_count());
    double speed = multiplications / (sampled_last - sampled_first);
    return (wall - reference.cpu * 1e-9 / processors) * speed;
}

/* ---- A round ------------------------------------------------------------------------------- */

/* What member 1 gets later. */
struct kept {
    struct kp_buffer *messages;
    size_t count;
    size_t room;
};

static void keep(struct kept *kept, struct kp_buffer *packed)
{
    if (kept->count == kept->room) {
        kept->room = kept->room == 0 ? 256 : kept->room * 2;
        kept->messages = realloc(kept->messages, kept->room * sizeof(kept->messages[0]));
        must(kept->messages != NULL, "keeping a message");
    }
    kept->messages[kept->count++] = *packed;
    *packed = (struct kp_buffer){0};
}

/* Hands out one message; what is sealed to member 1 is kept. */
static void relay(struct play *play, struct kp_buffer *packed, struct kept *kept)
{
    struct kp_round_message message;
    must(kp_round_message_unpack(&message, packed->data, packed->size, NULL) == KP_OK, "a message");
    uint32_t from = message.from, wanted = message.to;
    bool is_chunk = message.type == KP_MESSAGE_POINTS || message.type == KP_MESSAGE_EVALUATION;
    kp_round_message_free(&message);
    for (uint32_t to = 1; to <= settings.members; to++) {
        if (to == from || (wanted != to && wanted != KP_PARTY_ALL)) {
            continue;
        }
        if (to == 1 && is_chunk) {
            keep(kept, packed);
            return;
        }
        must(play_offer(play, to, packed, NULL) == KP_OK, "offering a message");
    }
}

static bool relay_all(struct play *play, struct kept *kept)
{
    struct kp_buffer packed = {0};
    bool moved = false;
    for (uint32_t i = 0; i < settings.members; i++) {
        while (kp_round_next(play->round[i], &packed)) {
            relay(play, &packed, kept);
            moved = true;
        }
    }
    kp_buffer_free(&packed);
    return moved;
}

/* All that the others can do without what member 1 evaluates; of it only what needs none of it. */
static void work_of_others(struct play *play, struct kept *kept)
{
    bool moved = true;
    while (moved) {
        moved = relay_all(play, kept);
        for (uint32_t i = 2; i <= settings.members; i++) {
            bool more = true;
            while (more) {
                must(kp_round_work(play->round[i - 1], &more, NULL) == KP_OK, "another's work");
                moved = relay_all(play, kept) || moved || more;
            }
        }
    }
}

/* As kp_node_work does it; false: nothing moved. */
static bool work(struct kp_round *round, struct kp_workers *workers)
{
    struct kp_work *job;
    bool more = false, moved = false;
    while ((job = kp_workers_done(workers)) != NULL) {
        must(kp_round_finish(round, job, NULL) == KP_OK, "finishing a job");
        moved = true;
    }
    must(kp_round_advance(round, &more, NULL) == KP_OK, "a step");
    while (kp_workers_given(workers) < 2 * kp_workers_threads(workers) &&
           (job = kp_round_take(round, NULL)) != NULL) {
        kp_workers_give(workers, job);
        moved = true;
    }
    return more || moved;
}

/* Until member 1 is READY. Waiting for the threads is sleeping, as the loop does. */
static void work_of_one(struct play *play, struct kept *kept, struct kp_workers *workers)
{
    struct kp_buffer packed = {0};
    size_t next = 0;
    while (kp_round_phase(play->round[0]) != KP_PHASE_READY) {
        bool moved = work(play->round[0], workers);
        while (kp_round_next(play->round[0], &packed)) {
            moved = true;
        }
        if (next < kept->count) {
            must(play_offer(play, 1, &kept->messages[next++], NULL) == KP_OK, "taking a message");
        } else if (!moved && kp_round_phase(play->round[0]) != KP_PHASE_READY) {
            must(kp_workers_given(workers) > 0, "a round that goes on");
            (void)poll(NULL, 0, 1);
        }
    }
    kp_buffer_free(&packed);
}

static void play_one(struct way *way, uint32_t run)
{
    struct play play;
    struct kept kept = {0};
    struct kp_workers *workers = NULL;
    play_start(&play, &settings);
    work_of_others(&play, &kept);
    use_processors(way->processors);
    must(kp_workers_new(&workers, way->threads, NULL, NULL) == KP_OK, "threads");
    begin_reference();
    double wall = seconds_on(CLOCK_MONOTONIC), cpu = seconds_on(CLOCK_PROCESS_CPUTIME_ID);
    work_of_one(&play, &kept, workers);
    way->wall[run] = seconds_on(CLOCK_MONOTONIC) - wall;
    way->cpu[run] = seconds_on(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    way->work[run] = end_reference(way->wall[run], way->processors);
    kp_workers_free(workers);
    must(sched_setaffinity(0, sizeof(allowed), &allowed) == 0, "all processors");
    for (size_t i = 0; i < kept.count; i++) {
        kp_buffer_free(&kept.messages[i]);
    }
    free(kept.messages);
    play_free(&play);
}

/* ---- What two processes reach -------------------------------------------------------------- */

static void multiply_chunks(void)
{
    static uint8_t points[CEILING_COUNT * KP_POINT_BYTES];
    uint8_t scalar[KP_SCALAR_BYTES];
    kp_scalar_random(scalar);
    for (size_t i = 0; i < CEILING_COUNT; i++) {
        crypto_core_ristretto255_random(points + i * KP_POINT_BYTES);
    }
    for (int i = 0; i < CEILING_CHUNKS; i++) {
        must(kp_points_multiply(points, scalar, points, CEILING_COUNT) == KP_OK, "multiplying");
    }
}

static double time_processes(int count)
{
    double start = seconds_on(CLOCK_MONOTONIC);
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        must(child >= 0, "a process");
        if (child == 0) {
            multiply_chunks();
            _exit(0);
        }
    }
    for (int i = 0; i < count; i++) {
        int status;
        must(wait(&status) > 0 && status == 0, "a process");
    }
    return seconds_on(CLOCK_MONOTONIC) - start;
}

/* ---- The whole ----------------------------------------------------------------------------- */

static void measure(void)
{
    for (uint32_t run = 0; run < runs; run++) {
        for (size_t i = 0; i < WAYS; i++) {
            play_one(&ways[i], run);
        }
        alone[run] = time_processes(1);
        both[run] = time_processes(2);
    }
}

/* Against two threads and processors. */
static double ratio(const struct way *way)
{
    static double ratios[RUNS_MAX];
    for (uint32_t run = 0; run < runs; run++) {
        ratios[run] = way->work[run] / ways[WAYS - 1].work[run];
    }
    return median(ratios, runs);
}

static void print(void)
{
    printf("{\"members\": %u, \"slots\": %u, ", settings.members, settings.slots);
    for (size_t i = 0; i < WAYS; i++) { /* before their figures are put in order */
        printf("\"ratio_%s\": %.4f, ", ways[i].name, ratio(&ways[i]));
    }
    for (size_t i = 0; i < WAYS; i++) {
        printf(
            "\"%s\": {\"threads\": %u, \"processors\": %d, \"wall_s\": %.6f, \"cpu_s\": %.6f, \"work\": %.0f}, ",
            ways[i].name, ways[i].threads, ways[i].processors, median(ways[i].wall, runs),
            median(ways[i].cpu, runs), median(ways[i].work, runs));
    }
    printf("\"ceiling\": %.4f}\n", 2 * median(alone, runs) / median(both, runs));
}

int main(int count, char **values)
{
    for (int i = 1; i + 1 < count; i += 2) {
        uint32_t *number = strcmp(values[i], "--slots") == 0     ? &settings.slots
                           : strcmp(values[i], "--members") == 0 ? &settings.members
                           : strcmp(values[i], "--runs") == 0    ? &runs
                                                                 : NULL;
        must(number != NULL, "understanding the arguments");
        *number = (uint32_t)strtoul(values[i + 1], NULL, 10);
    }
    must(runs >= 1 && runs <= RUNS_MAX && settings.members >= KP_MEMBERS_MIN &&
             settings.members <= KP_MEMBERS_MAX,
         "understanding the arguments");
    must(sched_getaffinity(0, sizeof(allowed), &allowed) == 0, "asking for processors");
    must(kp_crypto_start() == KP_OK, "starting");
    /* What the round is played with are asserts of CUnit, which wants to be in a test. */
    must(CU_initialize_registry() == CUE_SUCCESS, "CUnit");
    CU_pSuite suite = CU_add_suite("threads", NULL, NULL);
    must(suite != NULL && CU_add_test(suite, "threads", measure) != NULL, "CUnit");
    CU_basic_set_mode(CU_BRM_SILENT);
    must(CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_failures() == 0, "a round");
    print();
    CU_cleanup_registry();
    return 0;
}
