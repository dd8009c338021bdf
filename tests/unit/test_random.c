/* crypto/random.h: nothing is given out twice, to whomever. */
#include "crypto/random.h"
#include "crypto/secret.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sodium.h>
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

static void a_child_draws_its_own(void)
{
    uint8_t here[64], there[64];
    int pipes[2], status = 0;
    CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
    randombytes_buf(here, sizeof(here)); /* there is a key */
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

static void libsodium_draws_from_its_own(void)
{
    CU_ASSERT_STRING_EQUAL(randombytes_implementation_name(), "internal");
    CU_ASSERT_EQUAL(kp_crypto_start(), KP_OK); /* a second time does nothing */
    CU_ASSERT_STRING_EQUAL(randombytes_implementation_name(), "internal");
}

static const struct unit_test tests[] = {
    {"libsodium draws from its own", libsodium_draws_from_its_own},
    {"no draw comes twice", no_draw_comes_twice},
    {"a child draws its own", a_child_draws_its_own},
};

UNIT_MAIN("random", tests)
