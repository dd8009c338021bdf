/* crypto/random.h: nothing is given out twice, to whomever. */
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BYTES = 16, DRAWS = 5000 };

static int compare(const void *one, const void *other)
{
    return memcmp(one, other, BYTES);
}

static void *draw(void *out)
{
    uint8_t(*drawn)[BYTES] = out;
    for (size_t i = 0; i < DRAWS; i++) {
        randombytes_buf(drawn[i], BYTES);
    }
    return NULL;
}

static void no_draw_comes_twice(void)
{
    static uint8_t drawn[3 * DRAWS][BYTES];
    pthread_t one, other;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&one, NULL, draw, drawn), 0);
    CU_ASSERT_EQUAL_FATAL(pthread_create(&other, NULL, draw, drawn + DRAWS), 0);
    (void)draw(drawn + 2 * DRAWS);
    pthread_join(one, NULL);
    pthread_join(other, NULL);
    qsort(drawn, 3 * DRAWS, BYTES, compare);
    for (size_t i = 1; i < 3 * DRAWS; i++) {
        CU_ASSERT_NOT_EQUAL(memcmp(drawn[i - 1], drawn[i], BYTES), 0);
    }
}

static void whatever_size_is_filled_wholly(void)
{
    static const size_t sizes[] = {
        1,   31, 64, KP_RANDOM_DIRECT - 1, KP_RANDOM_DIRECT, KP_RANDOM_STOCK, KP_RANDOM_STOCK + 1,
        5000};
    uint8_t bytes[5002], seen[5002];
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        memset(seen, 0, sizeof(seen));
        for (int times = 0; times < 12; times++) {
            memset(bytes, 0, sizeof(bytes));
            randombytes_buf(bytes + 1, sizes[i]);
            for (size_t at = 0; at < sizeof(bytes); at++) {
                seen[at] |= bytes[at];
            }
        }
        CU_ASSERT(seen[0] == 0 && seen[sizes[i] + 1] == 0);
        for (size_t at = 1; at <= sizes[i]; at++) {
            CU_ASSERT_NOT_EQUAL(seen[at], 0);
        }
    }
    randombytes_buf(bytes, 0);
}

static void a_child_draws_its_own(void)
{
    uint8_t here[64], there[64];
    int pipes[2], status = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    randombytes_buf(here, sizeof(here)); /* there is a stock */
    fflush(NULL);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        randombytes_buf(there, sizeof(there));
        _exit(write(pipes[1], there, sizeof(there)) == (ssize_t)sizeof(there) ? 0 : 1);
    }
    randombytes_buf(here, sizeof(here));
    CU_ASSERT_EQUAL(read(pipes[0], there, sizeof(there)), (ssize_t)sizeof(there));
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CU_ASSERT_NOT_EQUAL(memcmp(here, there, sizeof(here)), 0);
    close(pipes[0]);
    close(pipes[1]);
}

static void libsodium_draws_from_it(void)
{
    CU_ASSERT_STRING_EQUAL(randombytes_implementation_name(), "kruispunt");
    bool high = false;
    for (int i = 0; i < 100; i++) {
        CU_ASSERT(randombytes_uniform(10) < 10);
        high |= randombytes_random() > UINT32_MAX / 2;
    }
    CU_ASSERT(high);
}

static const struct unit_test tests[] = {
    {"libsodium draws from it", libsodium_draws_from_it},
    {"no draw comes twice", no_draw_comes_twice},
    {"whatever size is filled wholly", whatever_size_is_filled_wholly},
    {"a child draws its own", a_child_draws_its_own},
};

UNIT_MAIN("random", tests)
