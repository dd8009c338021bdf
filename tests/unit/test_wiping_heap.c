/* Looks for freed secrets in the process's own memory. Linked with proto/wiping_heap.c; under a
 * sanitizer, which has its own heap, or valgrind there is nothing to test, and it says so. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <nng/nng.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef __has_feature
#define __has_feature(name) 0 /* clang's */
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||                               \
    __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WITH_SANITIZER true
#else
#define WITH_SANITIZER false
#endif

#define SECRET_BYTES 24

/* Only ever whole in what is tested: kept here with each byte inverted. */
static uint8_t inverted[SECRET_BYTES];

static void new_secret(void)
{
    for (size_t i = 0; i < sizeof(inverted); i++) {
        inverted[i] = (uint8_t)(rand() >> 7);
    }
}

static void put_secret(uint8_t *where)
{
    for (size_t i = 0; i < sizeof(inverted); i++) {
        where[i] = inverted[i] ^ 0xff;
    }
    __asm__ volatile("" : : "r"(where) : "memory"); /* not left out because it is freed next */
}

static bool is_secret(const uint8_t *where)
{
    for (size_t i = 0; i < sizeof(inverted); i++) {
        if ((where[i] ^ inverted[i]) != 0xff) {
            return false;
        }
    }
    return true;
}

static size_t count_in(const uint8_t *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i + sizeof(inverted) <= size; i++) {
        count += is_secret(bytes + i);
    }
    return count;
}

/* How often the secret is in the heap: in all writable memory that is no file's, no stack's. Read
 * into a mapping of its own, which is left out. */
static size_t count_secrets(void)
{
    static uint8_t window[1 << 16]; /* in .bss, which is left out by its address */
    size_t count = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    char line[512];
    CU_ASSERT_FATAL(maps != NULL && memory >= 0);
    while (fgets(line, sizeof(line), maps) != NULL) {
        uintptr_t from, until;
        char rights[5];
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &until, rights) != 3 ||
            rights[1] != 'w' || strstr(line, "[stack]") != NULL ||
            ((uintptr_t)window >= from && (uintptr_t)window < until)) {
            continue;
        }
        while (from < until) {
            ssize_t got = pread(memory, window, sizeof(window), (off_t)from);
            if (got <= (ssize_t)sizeof(inverted)) {
                break;
            }
            count += count_in(window, (size_t)got);
            memset(window, 0, sizeof(window));
            from += (size_t)got < until - from ? (size_t)got - sizeof(inverted) : (size_t)got;
        }
    }
    close(memory);
    fclose(maps);
    return count;
}

/* Whether this heap is in force: with a sanitizer or valgrind it is not. */
static bool is_in_force(void)
{
    uint8_t *block = malloc(64);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    new_secret();
    put_secret(block + 32);
    CU_ASSERT_EQUAL(count_secrets(), 1);
    free(block);
    return count_secrets() == 0;
}

/* A sanitizer's heap or valgrind's takes precedence over it. */
static bool is_replaced(void)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    bool replaced = false;
    CU_ASSERT_FATAL(maps != NULL);
    while (fgets(line, sizeof(line), maps) != NULL) {
        replaced = replaced || strstr(line, "/vgpreload_") != NULL;
    }
    fclose(maps);
    return replaced || WITH_SANITIZER;
}

static void test_in_force(void)
{
    if (is_replaced()) {
        printf("(another heap is) ");
    } else {
        CU_ASSERT(is_in_force());
    }
}

/* Each block is freed in another way; none may be found after it. */

static void free_plain(size_t size)
{
    uint8_t *block = malloc(size);
    put_secret(block + size - SECRET_BYTES);
    free(block);
}

static void free_aligned(size_t size)
{
    void *block = NULL;
    CU_ASSERT_FATAL(posix_memalign(&block, 4096, size) == 0);
    put_secret((uint8_t *)block + size - SECRET_BYTES);
    free(block);
}

static void grow(size_t size)
{
    uint8_t *block = malloc(size);
    put_secret(block + size - SECRET_BYTES);
    uint8_t *moved = realloc(block, 4 * size);
    CU_ASSERT_FATAL(moved != NULL);
    CU_ASSERT(is_secret(moved + size - SECRET_BYTES));
    moved = reallocarray(moved, 5, size);
    CU_ASSERT_FATAL(moved != NULL);
    CU_ASSERT(is_secret(moved + size - SECRET_BYTES));
    free(moved);
}

static void shrink(size_t size)
{
    uint8_t *block = malloc(size);
    put_secret(block + size - SECRET_BYTES);
    uint8_t *kept = realloc(block, size - SECRET_BYTES);
    CU_ASSERT_FATAL(kept != NULL);
    CU_ASSERT_EQUAL(count_secrets(), 0);
    put_secret(kept);
    kept = realloc(kept, SECRET_BYTES);
    CU_ASSERT_FATAL(kept != NULL);
    CU_ASSERT(is_secret(kept));
    kept = realloc(kept, 0);
    CU_ASSERT_PTR_NULL(kept);
}

static void free_by_openssl(size_t size)
{
    uint8_t *block = OPENSSL_malloc(size);
    put_secret(block + size - SECRET_BYTES);
    OPENSSL_free(block);
    BIGNUM *number = BN_new();
    uint8_t bytes[SECRET_BYTES];
    put_secret(bytes);
    CU_ASSERT_PTR_NOT_NULL(BN_lebin2bn(bytes, sizeof(bytes), number));
    memset(bytes, 0, sizeof(bytes));
    __asm__ volatile("" : : "r"(bytes) : "memory");
    BN_free(number); /* not BN_clear_free */
}

static void free_by_nng(size_t size)
{
    nng_msg *message;
    CU_ASSERT_FATAL(nng_msg_alloc(&message, size) == 0);
    put_secret((uint8_t *)nng_msg_body(message) + size - SECRET_BYTES);
    nng_msg_free(message);
}

static void free_by_libc(size_t size)
{
    FILE *file = tmpfile();
    uint8_t bytes[SECRET_BYTES];
    CU_ASSERT_FATAL(file != NULL);
    (void)size;
    put_secret(bytes);
    CU_ASSERT_EQUAL(fwrite(bytes, 1, sizeof(bytes), file), sizeof(bytes));
    memset(bytes, 0, sizeof(bytes));
    __asm__ volatile("" : : "r"(bytes) : "memory");
    fclose(file); /* frees its buffer from within libc */
}

static void expect_wiped(void (*release)(size_t size))
{
    const size_t sizes[] = {64, 200, 1000, 5000, 70000, 300000, 2000000};
    if (is_replaced()) {
        return;
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        new_secret();
        release(sizes[i]);
        CU_ASSERT_EQUAL(count_secrets(), 0);
    }
}

static void test_free(void)
{
    expect_wiped(free_plain);
    expect_wiped(free_aligned);
}

static void test_realloc(void)
{
    expect_wiped(grow);
    expect_wiped(shrink);
}

static void test_libraries(void)
{
    expect_wiped(free_by_openssl);
    expect_wiped(free_by_nng);
    expect_wiped(free_by_libc);
}

/* Called through pointers, because the compiler knows what these do with a block. */
static void *(*volatile resize)(void *, size_t) = realloc;
static void *(*volatile resize_array)(void *, size_t, size_t) = reallocarray;

static void expect_no_memory(const uint8_t *block)
{
    const size_t huge = SIZE_MAX / 4;
    errno = 0;
    CU_ASSERT_PTR_NULL(resize((void *)(uintptr_t)block, huge));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    errno = 0;
    CU_ASSERT_PTR_NULL(resize_array((void *)(uintptr_t)block, huge, 16));
    CU_ASSERT_EQUAL(errno, ENOMEM);
    CU_ASSERT(block[0] == 0x5a && block[99] == 0x5a);
}

/* The ordinary duties of a heap. */
static void test_duties(void)
{
    free(NULL);
    uint8_t *block = realloc(NULL, 100);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    memset(block, 0x5a, 100);
    if (!WITH_SANITIZER) { /* which would end the program */
        expect_no_memory(block);
    }
    errno = 7;
    free(block);
    CU_ASSERT_EQUAL(errno, 7);
    for (size_t size = 1; size < 3000; size += 7) {
        uint8_t *zeros = calloc(1, size);
        CU_ASSERT_FATAL(zeros != NULL);
        uint8_t sum = 0;
        for (size_t i = 0; i < size; i++) {
            sum |= zeros[i];
        }
        CU_ASSERT_EQUAL(sum, 0);
        memset(zeros, 0xff, size);
        free(zeros);
    }
}

static void *churn(void *given)
{
    unsigned seed = (unsigned)(uintptr_t)given;
    uint8_t *blocks[64] = {0};
    size_t sizes[64] = {0};
    uintptr_t bad = 0;
    for (int i = 0; i < 40000; i++) {
        size_t slot = (size_t)rand_r(&seed) % 64;
        size_t size = 1 + (size_t)rand_r(&seed) % 3000;
        if (blocks[slot] != NULL) {
            uint8_t mark = (uint8_t)slot;
            bad += blocks[slot][0] != mark || blocks[slot][sizes[slot] - 1] != mark;
        }
        if (rand_r(&seed) % 3 == 0) {
            free(blocks[slot]);
            blocks[slot] = NULL;
            continue;
        }
        uint8_t *moved = realloc(blocks[slot], size);
        if (moved == NULL) {
            return (void *)1;
        }
        memset(moved, (int)slot, size);
        blocks[slot] = moved;
        sizes[slot] = size;
    }
    for (size_t i = 0; i < 64; i++) {
        free(blocks[i]);
    }
    return (void *)bad;
}

static void test_threads(void)
{
    pthread_t threads[4];
    for (uintptr_t i = 0; i < 4; i++) {
        CU_ASSERT_FATAL(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)) == 0);
    }
    for (size_t i = 0; i < 4; i++) {
        void *bad = NULL;
        pthread_join(threads[i], &bad);
        CU_ASSERT_PTR_NULL(bad);
    }
}

static const struct unit_test tests[] = {
    {"the heap is in force", test_in_force},
    {"free", test_free},
    {"realloc", test_realloc},
    {"what libraries free", test_libraries},
    {"the ordinary duties", test_duties},
    {"threads", test_threads},
};

UNIT_MAIN("wiping_heap", tests)
