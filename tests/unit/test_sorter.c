#include "proto/limits.h"
#include "proto/numbers.h"
#include "proto/sorter.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <dirent.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Numbers that repeat after a long time, and jump about. */
static uint32_t next_number(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static void adds_and_takes(struct kp_sorter *sorter, uint32_t count)
{
    uint8_t record[300] = {0}, last[300];
    const uint8_t *out = NULL;
    size_t size = 0, last_size = 0;
    uint32_t state = 1;
    uint64_t sum = 0, got = 0, taken = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t number = next_number(&state);
        kp_put_number(record, number % 100000, 4);
        kp_put_number(record + 4, number, 4);
        sum += number;
        CU_ASSERT_FATAL(kp_sorter_add(sorter, record, 8 + number % 200, NULL) == KP_OK);
    }
    CU_ASSERT(kp_sorter_count(sorter) == count);
    CU_ASSERT_FATAL(kp_sorter_sort(sorter, NULL) == KP_OK);
    while (kp_sorter_next(sorter, &out, &size, NULL) == KP_OK && out != NULL) {
        size_t common = size < last_size ? size : last_size;
        int order = taken == 0 ? -1 : memcmp(last, out, common);
        CU_ASSERT(order < 0 || (order == 0 && last_size <= size));
        memcpy(last, out, size);
        last_size = size;
        CU_ASSERT(size == 8 + kp_get_number(out + 4, 4) % 200);
        got += kp_get_number(out + 4, 4);
        taken++;
    }
    CU_ASSERT(taken == count);
    CU_ASSERT(got == sum);
    CU_ASSERT(kp_sorter_next(sorter, &out, &size, NULL) == KP_OK && out == NULL);
}

static void sorts(bool sealed)
{
    static const uint32_t counts[] = {0, 1, 2, 300, 100000};
    (void)scratch("x");
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct kp_sorter *sorter = NULL;
        CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, i == 4 ? 1u << 20 : 1u << 16, sealed,
                                      NULL) == KP_OK);
        adds_and_takes(sorter, counts[i]);
        kp_sorter_free(sorter);
    }
}

static void sorts_in_memory_and_in_runs(void)
{
    sorts(false);
    sorts(true);
}

/* The sorter's file, which has no name; -1: there is none. */
static int file_of_runs(void)
{
    for (int fd = 3; fd < 64; fd++) {
        char link[64], target[4096] = {0};
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        if (readlink(link, target, sizeof(target) - 1) > 0 &&
            strncmp(target, scratch_folder, strlen(scratch_folder)) == 0 &&
            strstr(target, "(deleted)") != NULL) {
            return fd;
        }
    }
    return -1;
}

static const char telling[] = "what nobody else may read";

static bool tells(int fd)
{
    static char bytes[1u << 22];
    ssize_t size = pread(fd, bytes, sizeof(bytes), 0);
    CU_ASSERT_FATAL(size > 0 && (size_t)size < sizeof(bytes));
    return memmem(bytes, (size_t)size, telling, strlen(telling)) != NULL;
}

static struct kp_sorter *telling_sorter(bool sealed)
{
    struct kp_sorter *sorter = NULL;
    char record[64];
    CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, 1u << 18, sealed, NULL) == KP_OK);
    for (uint32_t i = 0; i < 10000; i++) {
        int size = snprintf(record, sizeof(record), "%u %s", i * 7919 % 10000, telling);
        CU_ASSERT_FATAL(kp_sorter_add(sorter, record, (size_t)size, NULL) == KP_OK);
    }
    return sorter;
}

static void sealed_runs_tell_nothing(void)
{
    for (int sealed = 0; sealed < 2; sealed++) {
        struct kp_sorter *sorter = telling_sorter(sealed != 0);
        int fd = file_of_runs();
        CU_ASSERT_FATAL(fd >= 0);
        CU_ASSERT_EQUAL(tells(fd), sealed == 0);
        kp_sorter_free(sorter);
        CU_ASSERT_EQUAL(file_of_runs(), -1);
    }
}

/* One byte of the file is another one, or two blocks changed places. */
static void a_changed_run_is_an_error(void)
{
    for (int what = 0; what < 2; what++) {
        struct kp_sorter *sorter = telling_sorter(true);
        uint8_t bytes[2][4096 + 40];
        const uint8_t *out = NULL;
        size_t size = 0;
        struct kp_error error = {0};
        int fd = file_of_runs();
        CU_ASSERT_FATAL(fd >= 0);
        for (size_t i = 0; i < 2; i++) {
            off_t at = (off_t)(i * sizeof(bytes[0]));
            CU_ASSERT_FATAL(pread(fd, bytes[i], sizeof(bytes[i]), at) == sizeof(bytes[i]));
        }
        if (what == 0) {
            bytes[1][100] ^= 1;
            CU_ASSERT(pwrite(fd, bytes[1], sizeof(bytes[1]), sizeof(bytes[0])) > 0);
        } else {
            CU_ASSERT(pwrite(fd, bytes[1], sizeof(bytes[1]), 0) > 0);
            CU_ASSERT(pwrite(fd, bytes[0], sizeof(bytes[0]), sizeof(bytes[0])) > 0);
        }
        enum kp_status status = kp_sorter_sort(sorter, &error);
        while (status == KP_OK && (status = kp_sorter_next(sorter, &out, &size, &error)) == KP_OK &&
               out != NULL) {
        }
        CU_ASSERT_EQUAL(status, KP_FAILED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "was changed or is damaged"));
        kp_sorter_free(sorter);
    }
}

static void equal_records_and_beginnings(void)
{
    struct kp_sorter *sorter = NULL;
    const uint8_t *out = NULL;
    size_t size = 0;
    static const char *const wanted[] = {"A", "A", "AB", "ABCDEFGH", "ABCDEFGHA", "ABCDEFGHB", "B"};
    CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, 1u << 16, false, NULL) == KP_OK);
    for (size_t i = 7; i-- > 0;) {
        CU_ASSERT(kp_sorter_add(sorter, wanted[i], strlen(wanted[i]), NULL) == KP_OK);
    }
    CU_ASSERT(kp_sorter_sort(sorter, NULL) == KP_OK);
    for (size_t i = 0; i < 7; i++) {
        CU_ASSERT_FATAL(kp_sorter_next(sorter, &out, &size, NULL) == KP_OK && out != NULL);
        CU_ASSERT(size == strlen(wanted[i]) && memcmp(out, wanted[i], size) == 0);
    }
    kp_sorter_free(sorter);
}

static void records_have_limits(void)
{
    struct kp_sorter *sorter = NULL;
    static uint8_t record[KP_SORTER_RECORD_MAX + 1];
    const uint8_t *out = NULL;
    size_t size = 0, count = 0;
    struct kp_error error = {0};
    CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, 1u << 18, false, NULL) == KP_OK);
    CU_ASSERT(kp_sorter_add(sorter, record, 0, &error) == KP_USAGE);
    CU_ASSERT(kp_sorter_add(sorter, record, sizeof(record), &error) == KP_USAGE);
    for (size_t i = 0; i < 50; i++) { /* the longest there may be, and more of them than fit */
        record[0] = (uint8_t)(50 - i);
        CU_ASSERT(kp_sorter_add(sorter, record, KP_SORTER_RECORD_MAX, &error) == KP_OK);
    }
    CU_ASSERT(kp_sorter_sort(sorter, &error) == KP_OK);
    while (kp_sorter_next(sorter, &out, &size, &error) == KP_OK && out != NULL) {
        CU_ASSERT(out[0] == ++count && size == KP_SORTER_RECORD_MAX);
    }
    CU_ASSERT(count == 50);
    kp_sorter_free(sorter);
    /* More runs than there is room to merge. */
    CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, KP_SORTER_MEMORY_LEAST, false, NULL) ==
                    KP_OK);
    enum kp_status status = KP_OK;
    for (count = 0; status == KP_OK && count < 1000; count++) {
        status = kp_sorter_add(sorter, record, KP_SORTER_RECORD_MAX, &error);
    }
    CU_ASSERT(status == KP_REFUSED && count > 10);
    kp_sorter_free(sorter);
}

static void leaves_no_file(void)
{
    size_t names = 0;
    DIR *open = opendir(scratch_folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(open);
    while (readdir(open) != NULL) {
        names++;
    }
    closedir(open);
    CU_ASSERT(names == 2); /* "." and ".." */
}

/* No file may grow: as with a full disk, writing fails. */
static void a_full_disk_is_an_error(void)
{
    struct rlimit before, none = {4096, 4096};
    struct kp_sorter *sorter = NULL;
    struct kp_error error = {0};
    enum kp_status status = KP_OK;
    uint8_t record[200] = {0};
    CU_ASSERT_FATAL(getrlimit(RLIMIT_FSIZE, &before) == 0);
    none.rlim_max = before.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, 1u << 16, false, NULL) == KP_OK);
    CU_ASSERT_FATAL(setrlimit(RLIMIT_FSIZE, &none) == 0);
    for (size_t i = 0; i < 1000 && status == KP_OK; i++) {
        status = kp_sorter_add(sorter, record, sizeof(record), &error);
    }
    CU_ASSERT(setrlimit(RLIMIT_FSIZE, &before) == 0);
    CU_ASSERT(status == KP_FAILED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "make room"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, scratch_folder));
    kp_sorter_free(sorter);
    CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch("missing"), 1u << 16, false, NULL) == KP_OK);
    for (status = KP_OK; status == KP_OK;) {
        status = kp_sorter_add(sorter, record, sizeof(record), &error);
    }
    CU_ASSERT(status == KP_FAILED);
    kp_sorter_free(sorter);
    kp_sorter_free(NULL);
}

/* With the memory that it says for so many records of such a size, these can be sorted. */
static void memory_for_records(void)
{
    static const struct {
        uint32_t count;
        size_t size;
    } cases[] = {{0, 1},      {1, 1},       {70000, 4},    {300000, 4},  {90000, 38}, {200000, 38},
                 {31000, 64}, {15000, 130}, {120000, 130}, {2000, 2000}, {9000, 4096}};
    static uint8_t record[KP_SORTER_RECORD_MAX];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kp_sorter *sorter = NULL;
        uint32_t state = 7, back = 0;
        const uint8_t *next = record;
        size_t size = 0, memory = kp_sorter_memory(cases[i].count, cases[i].size);
        CU_ASSERT(memory >= KP_SORTER_MEMORY_LEAST && memory <= KP_SORT_BYTES);
        CU_ASSERT_FATAL(kp_sorter_new(&sorter, scratch_folder, memory, false, NULL) == KP_OK);
        for (uint32_t k = 0; k < cases[i].count; k++) {
            uint32_t number = next_number(&state);
            memcpy(record, &number, cases[i].size < 4 ? cases[i].size : 4);
            CU_ASSERT_FATAL(kp_sorter_add(sorter, record, cases[i].size, NULL) == KP_OK);
        }
        CU_ASSERT_FATAL(kp_sorter_sort(sorter, NULL) == KP_OK);
        while (next != NULL) {
            CU_ASSERT_FATAL(kp_sorter_next(sorter, &next, &size, NULL) == KP_OK);
            back += next != NULL;
        }
        CU_ASSERT(back == cases[i].count);
        kp_sorter_free(sorter);
    }
    /* The root of a thousand times as many is some 32 times as much. */
    CU_ASSERT(kp_sorter_memory(100000000, 130) < 64u << 20);
}

static const struct unit_test tests[] = {
    {"memory for records", memory_for_records},
    {"sorts in memory and in runs", sorts_in_memory_and_in_runs},
    {"sealed runs tell nothing", sealed_runs_tell_nothing},
    {"a changed run is an error", a_changed_run_is_an_error},
    {"equal records and beginnings", equal_records_and_beginnings},
    {"records have limits", records_have_limits},
    {"leaves no file", leaves_no_file},
    {"a full disk is an error", a_full_disk_is_an_error},
};
UNIT_MAIN("sorter", tests)
