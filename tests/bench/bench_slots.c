/* What a member's signals and slots cost before a round: importing, fixing a list, fixing it again
 * (the next attempt), and counting; time, and the most anonymous memory that was seen. */
#include "crypto/group.h"
#include "crypto/secret.h"
#include "node/database.h"
#include "node/signals.h"
#include "node/slots.h"
#include "proto/steps.h"
#include "tests/unit/fixture.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static uint32_t threads = 1;

static atomic_bool stop;
static atomic_ulong most; /* KiB */

static unsigned long resident(void)
{
    char line[128];
    unsigned long size = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "RssAnon:", 8) == 0) {
            size = strtoul(line + 8, NULL, 10);
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return size;
}

static void *watch(void *context)
{
    (void)context;
    while (!stop) {
        unsigned long now = resident();
        most = now > most ? now : most;
        usleep(2000);
    }
    return NULL;
}

static double seconds(clockid_t which)
{
    struct timespec now;
    clock_gettime(which, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double wall, cpu;
static double longest; /* step */

static void begin(void)
{
    wall = seconds(CLOCK_MONOTONIC);
    cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    most = resident();
    longest = 0;
}

static void report(const char *what, uint32_t count)
{
    printf("%-12s %8u: %7.2f s, CPU %7.2f s, %6.2f us each, RssAnon %lu KiB", what, count,
           seconds(CLOCK_MONOTONIC) - wall, seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu,
           (seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / count * 1e6, (unsigned long)most);
    if (longest > 0) {
        printf(", longest step %.0f ms", longest * 1e3);
    }
    printf("\n");
    fflush(stdout);
}

static void must(enum kp_status status, const struct kp_error *error)
{
    if (status != KP_OK) {
        fprintf(stderr, "bench_slots: %s\n", error->text);
        exit(1);
    }
}

struct row {
    uint8_t blind[KP_STORE_BLIND_BYTES];
    uint32_t number;
};

static int compare_rows(const void *left, const void *right)
{
    const struct row *one = left, *other = right;
    return memcmp(one->blind, other->blind, sizeof(one->blind));
}

static void address_of(uint8_t address[static KP_ADDRESS_KEY_BYTES], uint32_t number)
{
    char postcode[8];
    snprintf(postcode, sizeof(postcode), "1234%c%c", (char)('A' + number / 2000 / 26 % 26),
             (char)('A' + number / 2000 % 26));
    fixture_address_at(address, postcode, 1 + number % 2000);
}

static void add_rows(struct kp_store *store, const struct row *rows, uint32_t count)
{
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    must(kp_store_begin(store, true, &txn, &error), &error);
    for (uint32_t i = 0; i < count; i++) {
        struct kp_signal signal = {.observed_on = 20240101, .indicator = "A"};
        enum kp_signal_added added;
        uint8_t digest[KP_DIGEST_BYTES];
        address_of(signal.address, rows[i].number);
        snprintf(signal.grounds, sizeof(signal.grounds), "grounds of signal %u", rows[i].number);
        must(kp_signals_add(store, txn, &signal, 1, &added, digest, &error), &error);
    }
    must(kp_store_commit(txn, &error), &error);
}

/* As the daemon does with a request (node/node_signals.c). */
static void import_batch(struct kp_store *store, uint32_t from, uint32_t to)
{
    static struct row rows[KP_IMPORT_BATCH];
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    for (uint32_t i = from; i < to; i++) {
        address_of(address, i);
        kp_store_blind_key(store, rows[i - from].blind, address, sizeof(address));
        rows[i - from].number = i;
    }
    qsort(rows, to - from, sizeof(rows[0]), compare_rows);
    for (uint32_t i = 0; i < to - from; i += KP_SIGNALS_WRITE) {
        uint32_t left = to - from - i;
        add_rows(store, rows + i, left < KP_SIGNALS_WRITE ? left : KP_SIGNALS_WRITE);
    }
}

/* As the daemon does: between two steps it would answer. */
static void in_steps(kp_steps_call *call, void *context)
{
    struct kp_steps *steps = NULL;
    struct kp_error error = {0};
    enum kp_status status = KP_OK;
    bool returned = false;
    must(kp_steps_new(&steps, KP_STEP_MS, &error), &error);
    must(kp_steps_begin(steps, call, context, &error), &error);
    while (!returned) {
        double began = seconds(CLOCK_MONOTONIC);
        returned = kp_steps_run(steps, &status, &error);
        double took = seconds(CLOCK_MONOTONIC) - began;
        longest = took > longest ? took : longest;
    }
    must(status, &error);
    kp_steps_free(steps);
}

struct wanted {
    struct kp_store *store;
    const struct kp_agreement *agreement;
    struct kp_pieces *pieces;
    uint64_t counter;
};

static enum kp_status prepare(void *context, struct kp_error *error)
{
    const struct wanted *wanted = context;
    struct kp_slot_list list;
    struct kp_slots_summary summary;
    enum kp_status status =
        kp_slot_list_new_in(&list, wanted->agreement->slots, wanted->pieces, 0, error);
    if (status == KP_OK) {
        status = kp_slots_prepare(wanted->store, wanted->agreement, 1, wanted->counter, threads,
                                  &list, &summary, error);
        kp_slot_list_free(&list);
    }
    return status;
}

static enum kp_status count(void *context, struct kp_error *error)
{
    const struct wanted *wanted = context;
    struct kp_slots_summary summary;
    return kp_slots_count(wanted->store, wanted->agreement, 1, &summary, error);
}

static const char *folder;
static uint32_t signals, slots;

/* The fixture wants to be in a test. */
static void measure(void)
{
    static const uint8_t key[32] = {1, 2, 3};
    char path[4096];
    struct fixture fixture;
    struct kp_store *store = NULL;
    struct kp_pieces *pieces = NULL;
    struct kp_error error = {0};
    fixture_make(&fixture, &(struct fixture_settings){.slots = slots, .rotation = slots / 10 + 1});
    snprintf(path, sizeof(path), "%s/store", folder);
    must(kp_node_database_open(&store, path, key, &error), &error);
    snprintf(path, sizeof(path), "%s/pieces", folder);
    must(kp_pieces_new(&pieces, path, 1, KP_PIECES_CACHED, &error), &error);
    begin();
    for (uint32_t i = 0; i < signals; i += KP_IMPORT_BATCH) {
        import_batch(store, i, i + KP_IMPORT_BATCH < signals ? i + KP_IMPORT_BATCH : signals);
    }
    report("import", signals);
    struct wanted wanted = {store, fixture.agreement, pieces, 1};
    begin();
    in_steps(prepare, &wanted);
    report("first list", slots);
    begin();
    in_steps(prepare, &wanted);
    report("again", slots);
    wanted.counter = 2;
    begin();
    in_steps(prepare, &wanted);
    report("next list", slots);
    begin();
    in_steps(count, &wanted);
    report("count", slots);
    kp_store_close(store);
    must(kp_pieces_destroy(pieces, &error), &error);
    fixture_free(&fixture);
}

int main(int argc, char **argv)
{
    pthread_t watcher;
    signals = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
    slots = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : signals;
    threads = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1;
    if (signals == 0 || slots == 0 || slots > KP_SLOTS_MAX) {
        fprintf(stderr, "usage: bench_slots DIR SIGNALS [SLOTS [THREADS]]\n");
        return 2;
    }
    folder = argv[1];
    if (kp_crypto_start() != KP_OK || pthread_create(&watcher, NULL, watch, NULL) != 0 ||
        CU_initialize_registry() != CUE_SUCCESS) {
        return 1;
    }
    CU_pSuite suite = CU_add_suite("slots", NULL, NULL);
    if (suite == NULL || CU_add_test(suite, "measure", measure) == NULL ||
        CU_run_all_tests() != CUE_SUCCESS) {
        return 1;
    }
    stop = true;
    pthread_join(watcher, NULL);
    return CU_get_number_of_failures() == 0 ? 0 : 1;
}
