/* scripts/generate against the reader: what it calls usable is, what it calls unusable isn't, and
 * its matches are those of the rows that were read. */
#include "node/signal_file.h"
#include "proto/address.h"
#include "proto/file.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define SCRIPT KP_VECTORS_DIR "/../../scripts/generate"
#define MOST_PARTNERS 32
#define MOST_ROWS 100000

static const char *const names[MOST_PARTNERS] = {
    "svb",       "uwv",       "belastingdienst", "gemeente",  "arbeidsinspectie",
    "ind",       "politie",   "toeslagen",       "duo",       "cak",
    "rdw",       "kvk",       "partner13",       "partner14", "partner15",
    "partner16", "partner17", "partner18",       "partner19", "partner20",
    "partner21", "partner22", "partner23",       "partner24", "partner25",
    "partner26", "partner27", "partner28",       "partner29", "partner30",
    "partner31", "partner32"};

/* Runs the script in the scratch folder; its exit status. What it prints goes to "printed". */
static int generate(const char *options)
{
    char command[1024];
    snprintf(command, sizeof(command), "cd '%s' && '%s' %s >printed 2>errors", scratch_folder,
             SCRIPT, options);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool same_files(const char *one, const char *other)
{
    struct kp_buffer first = {0};
    struct kp_buffer second = {0};
    bool same = kp_file_read(scratch(one), 1 << 24, &first, NULL) == KP_OK &&
                kp_file_read(scratch(other), 1 << 24, &second, NULL) == KP_OK &&
                first.size == second.size && first.size > 0 &&
                memcmp(first.data, second.data, first.size) == 0;
    kp_buffer_free(&first);
    kp_buffer_free(&second);
    return same;
}

static void wrong_options(void)
{
    static const char *const bad[] = {
        "",
        "--out",
        "--out d --partners 0",
        "--out d --partners 33",
        "--out d --partners x",
        "--out d --partners 1e1",
        "--out d --overlap 101",
        "--out d --dirty -1",
        "--out d --seed 99999999999",
        "--out d --language fr",
        "--out d --signals 100 --addresses 99",
        "--out d --unknown 1",
        "--out d extra",
        "--out d --truth d/truth.csv",
        "--out d --register d/register.csv",
        "--out d --bag missing",
        "--out d --bag one --register two",
    };
    scratch("");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stat info;
        CU_ASSERT(generate(bad[i]) == 2);
        CU_ASSERT(stat(scratch("errors"), &info) == 0 && info.st_size > 0);
        CU_ASSERT(access(scratch("d/svb.csv"), F_OK) != 0);
    }
    CU_ASSERT(generate("--help") == 0);
}

static void seed_decides(void)
{
    scratch("");
    CU_ASSERT_FATAL(generate("--out a --dirty 40 --bad 5 --seed 5 --truth a.jsonl") == 0);
    CU_ASSERT_FATAL(generate("--out b --dirty 40 --bad 5 --seed=5 --truth b.jsonl") == 0);
    CU_ASSERT_FATAL(generate("--out c --dirty 40 --bad 5 --seed 6 --truth c.jsonl") == 0);
    CU_ASSERT(same_files("a/svb.csv", "b/svb.csv") && same_files("a/uwv.csv", "b/uwv.csv"));
    CU_ASSERT(same_files("a.jsonl", "b.jsonl"));
    CU_ASSERT(!same_files("a/svb.csv", "c/svb.csv") && !same_files("a.jsonl", "c.jsonl"));
}

/* An address that a partner holds. */
struct held {
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    unsigned partner;
};

static struct held rows[MOST_ROWS];
static size_t row_count, bad_count;
static unsigned reading_partner;

static enum kp_status take_row(void *context, uint64_t line, const struct kp_signal *signal,
                               struct kp_error *error)
{
    (void)context;
    (void)line;
    (void)error;
    CU_ASSERT_FATAL(row_count < MOST_ROWS);
    CU_ASSERT(strchr("WV", signal->indicator[0]) != NULL);
    memcpy(rows[row_count].address, signal->address, KP_ADDRESS_KEY_BYTES);
    rows[row_count++].partner = reading_partner;
    return KP_OK;
}

static enum kp_status take_bad(void *context, uint64_t line, const char *column, const char *reason,
                               struct kp_error *error)
{
    (void)context;
    (void)line;
    (void)column;
    (void)reason;
    (void)error;
    bad_count++;
    return KP_OK;
}

static int by_address(const void *one, const void *other)
{
    const struct held *first = one;
    const struct held *second = other;
    int order = memcmp(first->address, second->address, KP_ADDRESS_KEY_BYTES);
    if (order != 0) {
        return order;
    }
    return strcmp(names[first->partner], names[second->partner]);
}

struct match {
    size_t partners;
    char line[1024];
};

/* The line of rows[from..to), all on one address. */
static void make_match(struct match *match, size_t from, size_t to)
{
    struct kp_address address;
    CU_ASSERT_FATAL(kp_address_of_key(&address, rows[from].address) == KP_OK);
    match->partners = 0;
    int at =
        snprintf(match->line, sizeof(match->line),
                 "{\"address\": {\"postcode\": \"%s\", \"house_number\": %u, "
                 "\"house_letter\": \"%s\", \"addition\": \"%s\"}, \"partners\": [",
                 address.postcode, address.house_number, address.house_letter, address.addition);
    for (size_t i = from; i < to; i++) {
        if (i == from || rows[i].partner != rows[i - 1].partner) {
            at += snprintf(match->line + at, sizeof(match->line) - (size_t)at, "%s\"%s\"",
                           match->partners == 0 ? "" : ", ", names[rows[i].partner]);
            match->partners++;
        }
    }
    snprintf(match->line + at, sizeof(match->line) - (size_t)at, "]}\n");
}

static void compare_with_truth(const char *truth, size_t threshold)
{
    struct match *matches = calloc(row_count + 1, sizeof(*matches));
    CU_ASSERT_PTR_NOT_NULL_FATAL(matches);
    size_t count = 0;
    qsort(rows, row_count, sizeof(rows[0]), by_address);
    for (size_t from = 0, to = 0; from < row_count; from = to) {
        for (to = from + 1; to < row_count && memcmp(rows[to].address, rows[from].address,
                                                     KP_ADDRESS_KEY_BYTES) == 0;) {
            to++;
        }
        make_match(&matches[count], from, to);
        count += matches[count].partners >= threshold;
    }
    /* More partners first; among equals the order of addresses, in which they were found. */
    struct kp_buffer expected = {0};
    for (size_t partners = MOST_PARTNERS; partners >= threshold; partners--) {
        for (size_t i = 0; i < count; i++) {
            if (matches[i].partners == partners) {
                CU_ASSERT(kp_buffer_append(&expected, matches[i].line, strlen(matches[i].line)) ==
                          KP_OK);
            }
        }
    }
    struct kp_buffer found = {0};
    CU_ASSERT(kp_file_read(scratch(truth), 1 << 24, &found, NULL) == KP_OK);
    CU_ASSERT(found.size == expected.size);
    CU_ASSERT(found.size == expected.size &&
              (found.size == 0 || memcmp(found.data, expected.data, found.size) == 0));
    kp_buffer_free(&expected);
    kp_buffer_free(&found);
    free(matches);
}

static const struct kp_signal_file_reader reader = {NULL, take_row, take_bad};

/* Generates, reads back, and compares what both say. */
static void check(const char *options, unsigned partners, size_t signals, size_t bads,
                  size_t threshold)
{
    struct kp_error error = {0};
    char all[512];
    snprintf(all, sizeof(all), "--out out --truth truth.jsonl --partners %u --signals %zu %s",
             partners, signals, options);
    CU_ASSERT_FATAL(generate(all) == 0);
    row_count = bad_count = 0;
    for (unsigned i = 0; i < partners; i++) {
        char name[64];
        size_t rows_before = row_count;
        size_t bads_before = bad_count;
        snprintf(name, sizeof(name), "out/%s.csv", names[i]);
        reading_partner = i;
        CU_ASSERT(kp_signal_file_read(scratch(name), NULL, &reader, &error) == KP_OK);
        CU_ASSERT(row_count - rows_before == signals);
        CU_ASSERT(bad_count - bads_before == bads);
    }
    compare_with_truth("truth.jsonl", threshold);
}

static void what_is_said_is_what_is_read(void)
{
    scratch("");
    check("", 3, 200, 0, 2);
    check("--dirty 100 --seed 2 --language mixed --overlap 50", 5, 300, 0, 2);
    check("--dirty 50 --bad 100 --seed 3 --language nl", 4, 300, 300, 2);
    check("--dirty 30 --bad 10 --seed 4 --overlap 100 --threshold 4", 12, 500, 50, 4);
    check("--seed 5 --overlap 0 --threshold 1", 2, 50, 0, 1);
    check("--seed 6 --signals 1", 32, 1, 0, 2);
    check("--seed 7 --addresses 300 --overlap 100 --dirty 20 --bad 20", 32, 300, 60, 2);
    for (int seed = 100; seed < 112; seed++) {
        char options[64];
        snprintf(options, sizeof(options), "--seed %d --dirty 60 --bad 50 --language mixed", seed);
        check(options, 3, 100, 50, 2);
    }
}

/* Writing the register changes nothing of the rest; and out of it come its own addresses. */
static void register_is_beside(void)
{
    scratch("");
    CU_ASSERT_FATAL(generate("--out a --dirty 40 --truth a.jsonl") == 0);
    CU_ASSERT_FATAL(generate("--out b --dirty 40 --truth b.jsonl --register r1") == 0);
    CU_ASSERT_FATAL(generate("--out c --register r2") == 0);
    CU_ASSERT(same_files("a/svb.csv", "b/svb.csv") && same_files("a.jsonl", "b.jsonl"));
    CU_ASSERT(same_files("r1", "r2"));
    check("--bag r1", 3, 200, 0, 2);
    check("--bag r1 --bad 10", 4, 150, 15, 2);
    CU_ASSERT(generate("--out d --bag printed") == 1); /* no register */
    CU_ASSERT(generate("--out d --bag r1 --signals 100000") == 1);
}

/* Nothing in common gives no matches; everything in common gives many. */
static void overlap_decides_on_matches(void)
{
    struct stat info;
    scratch("");
    CU_ASSERT(generate("--out o --truth none.jsonl --partners 6 --overlap 0") == 0);
    CU_ASSERT(stat(scratch("none.jsonl"), &info) == 0 && info.st_size == 0);
    CU_ASSERT(generate("--out o --truth all.jsonl --partners 6 --overlap 100") == 0);
    CU_ASSERT(stat(scratch("all.jsonl"), &info) == 0 && info.st_size > 10000);
}

static const struct unit_test tests[] = {
    {"wrong options", wrong_options},
    {"seed decides", seed_decides},
    {"what is said is what is read", what_is_said_is_what_is_read},
    {"register is beside", register_is_beside},
    {"overlap decides on matches", overlap_decides_on_matches},
};

UNIT_MAIN("generate", tests)
