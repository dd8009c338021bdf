/* crypto/secret.h, as far as a process can see it of itself: /proc/self/smaps, and children that
 * touch what they must not. */
#include "crypto/secret.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The VmFlags line of the mapping that `address` lies in. */
static void flags_of(const void *address, char flags[static 512])
{
    char line[512];
    bool here = false;
    FILE *smaps = fopen("/proc/self/smaps", "r");
    CU_ASSERT_FATAL(smaps != NULL);
    flags[0] = '\0';
    while (fgets(line, sizeof(line), smaps) != NULL) {
        unsigned long start = 0;
        unsigned long end = 0;
        if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
            here = start <= (uintptr_t)address && (uintptr_t)address < end;
        } else if (here && strncmp(line, "VmFlags:", 8) == 0) {
            snprintf(flags, 512, "%s", line + 8);
        }
    }
    fclose(smaps);
    CU_ASSERT_NOT_EQUAL(flags[0], '\0');
}

static bool has_flag(const void *address, const char *flag)
{
    char flags[512];
    char wanted[8];
    flags_of(address, flags);
    snprintf(wanted, sizeof(wanted), " %s", flag);
    return strstr(flags, wanted) != NULL;
}

/* AddressSanitizer makes mlock succeed without doing anything; then nothing about locks can be
 * seen. */
static bool locks_are_real(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    void *memory = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CU_ASSERT_FATAL(memory != MAP_FAILED);
    bool real = mlock(memory, page) == 0 && has_flag(memory, "lo");
    munmap(memory, page);
    if (!real) {
        puts("(locks skipped: mlock does nothing here, as under AddressSanitizer) ");
    }
    return real;
}

/* How a child ended that ran this. */
static int in_child(void (*run)(uint8_t *), uint8_t *memory)
{
    int status = 0;
    fflush(NULL);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        run(memory);
        _exit(0);
    }
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    return status;
}

/* Neither a clean exit nor one by exit(3): a signal, or what a sanitizer makes of it. */
static bool crashed(int status)
{
    return !(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3));
}

static void quiet(void)
{
    if (freopen("/dev/null", "w", stderr) == NULL) {
        _exit(3);
    }
}

static void write_past_the_end(uint8_t *memory)
{
    quiet();
    *(volatile uint8_t *)(memory + 100) = 1;
}

static void read_page_before(uint8_t *memory)
{
    quiet();
    *(volatile uint8_t *)(memory - sysconf(_SC_PAGESIZE));
}

static void write_before_and_free(uint8_t *memory)
{
    quiet();
    *(volatile uint8_t *)(memory - 1) ^= 1;
    kp_secret_free(memory);
}

static void free_twice(uint8_t *memory)
{
    quiet();
    memset(memory, 1, 100);
    kp_bulk_free(memory);
    kp_bulk_free(memory);
}

/* Else two would be given the same. */
static void bulk_is_freed_once(void)
{
    uint8_t *bulk = kp_bulk_new(100);
    CU_ASSERT_FATAL(bulk != NULL);
    CU_ASSERT(crashed(in_child(free_twice, bulk)));
    kp_bulk_free(bulk);
}

static void secrets_are_guarded(void)
{
    uint8_t *secret = kp_secret_new(100);
    CU_ASSERT_FATAL(secret != NULL);
    CU_ASSERT(crashed(in_child(write_past_the_end, secret)));
    CU_ASSERT(crashed(in_child(read_page_before, secret)));
    CU_ASSERT(crashed(in_child(write_before_and_free, secret)));
    kp_secret_free(secret);
}

static void secrets_are_locked_and_undumpable(void)
{
    uint8_t *secret = kp_secret_new(5000);
    CU_ASSERT_FATAL(secret != NULL);
    CU_ASSERT(sodium_is_zero(secret, 5000));
    CU_ASSERT(has_flag(secret, "dd"));
    CU_ASSERT(has_flag(secret + 4999, "dd"));
    if (locks_are_real()) {
        CU_ASSERT(has_flag(secret, "lo"));
        CU_ASSERT(has_flag(secret + 4999, "lo"));
    }
    kp_secret_free(secret);
    kp_secret_free(NULL);
}

static void allocate_without_a_limit(uint8_t *memory)
{
    (void)memory;
    const struct rlimit none = {0, 0};
    /* Root may lock past any limit, so be somebody else. */
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) {
        _exit(3);
    }
    void *secret = kp_secret_new(32);
    _exit(secret == NULL && kp_crypto_start() == KP_FAILED ? 0 : 1);
}

static void a_refused_lock_is_seen(void)
{
    if (!locks_are_real()) {
        return;
    }
    int status = in_child(allocate_without_a_limit, NULL);
    CU_ASSERT(WIFEXITED(status));
    if (WEXITSTATUS(status) == 3) {
        puts("(skipped: can't give up the right to lock) ");
    } else {
        CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
    }
}

static void impossible_sizes(void)
{
    CU_ASSERT_PTR_NULL(kp_secret_new(SIZE_MAX));
    CU_ASSERT_PTR_NULL(kp_secret_new(SIZE_MAX / 2));
    CU_ASSERT_PTR_NULL(kp_bulk_new(SIZE_MAX));
    CU_ASSERT_PTR_NULL(kp_bulk_new(SIZE_MAX - 8192));
    CU_ASSERT_PTR_NULL(kp_bulk_new(SIZE_MAX / 2));
    void *nothing = kp_bulk_new(0);
    CU_ASSERT_PTR_NOT_NULL(nothing);
    kp_bulk_free(nothing);
    kp_bulk_free(NULL);
    nothing = kp_secret_new(0);
    CU_ASSERT_PTR_NOT_NULL(nothing);
    kp_secret_free(nothing);
}

static void check_wiped_in_child(uint8_t *memory)
{
    bool wiped = sodium_is_zero(memory, 100000) == 1;
    /* A child can free it, too. */
    kp_bulk_free(memory);
    _exit(wiped ? 0 : 1);
}

static void bulk_is_undumpable_and_not_inherited(void)
{
    enum { SIZE = 100000 };
    uint8_t *bulk = kp_bulk_new(SIZE);
    CU_ASSERT_FATAL(bulk != NULL);
    CU_ASSERT(sodium_is_zero(bulk, SIZE));
    CU_ASSERT(has_flag(bulk, "dd"));
    CU_ASSERT(has_flag(bulk + SIZE - 1, "dd"));
    memset(bulk, 0x55, SIZE);
    if (has_flag(bulk, "wf")) {
        int status = in_child(check_wiped_in_child, bulk);
        CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    CU_ASSERT_EQUAL(bulk[SIZE - 1], 0x55);
    kp_bulk_free(bulk);
}

/* What is kept for the next one is wiped, and as little of it as it says. */
static void freed_bulk_is_wiped_and_comes_again(void)
{
    enum { SIZE = 30000, MANY = 200 };
    uint8_t *bulk[MANY];
    kp_bulk_trim();
    for (size_t i = 0; i < MANY; i++) {
        bulk[i] = kp_bulk_new(SIZE);
        CU_ASSERT_FATAL(bulk[i] != NULL);
        memset(bulk[i], 0x55, SIZE);
    }
    for (size_t i = 0; i < MANY; i++) {
        kp_bulk_free(bulk[i]);
    }
    size_t again = 0;
    uint8_t *next[MANY];
    for (size_t i = 0; i < MANY; i++) {
        next[i] = kp_bulk_new(SIZE);
        CU_ASSERT_FATAL(next[i] != NULL);
        CU_ASSERT(sodium_is_zero(next[i], SIZE));
        CU_ASSERT(has_flag(next[i], "dd"));
        for (size_t j = 0; j < MANY; j++) {
            again += next[i] == bulk[j];
        }
    }
    CU_ASSERT(KP_BULK_KEPT == 0 || again > 0);
    for (size_t i = 0; i < MANY; i++) {
        kp_bulk_free(next[i]);
    }
    kp_bulk_trim();
    kp_bulk_trim();
}

static bool is_mapped(const uint8_t *memory)
{
    unsigned char there;
    return mincore((void *)(uintptr_t)memory, 1, &there) == 0;
}

static void large_bulk_is_given_back(void)
{
    size_t size = KP_BULK_KEPT + 4096;
    uint8_t *bulk = kp_bulk_new(size);
    CU_ASSERT_FATAL(bulk != NULL);
    bulk[size - 1] = 1;
    kp_bulk_free(bulk);
    CU_ASSERT_FALSE(is_mapped(bulk));
    bulk = kp_bulk_new(10000); /* nor is what wasn't used wholly kept */
    CU_ASSERT_FATAL(bulk != NULL);
    bulk[9999] = 1;
    kp_bulk_free(bulk);
    CU_ASSERT_FALSE(is_mapped(bulk));
    bulk = kp_bulk_new(10000);
    CU_ASSERT_FATAL(bulk != NULL);
    memset(bulk, 1, 10000);
    kp_bulk_free(bulk);
    CU_ASSERT(KP_BULK_KEPT == 0 || is_mapped(bulk));
    kp_bulk_trim();
    CU_ASSERT_FALSE(is_mapped(bulk));
}

static void wiping(void)
{
    uint8_t bytes[40];
    memset(bytes, 1, sizeof(bytes));
    kp_wipe(bytes + 4, 32);
    CU_ASSERT(sodium_is_zero(bytes + 4, 32));
    CU_ASSERT(bytes[3] == 1 && bytes[36] == 1);
    kp_wipe(bytes, 0);
    CU_ASSERT_EQUAL(bytes[0], 1);
}

static const struct unit_test tests[] = {
    {"impossible sizes", impossible_sizes},
    {"a refused lock is seen", a_refused_lock_is_seen},
    {"secrets are guarded", secrets_are_guarded},
    {"secrets are locked and undumpable", secrets_are_locked_and_undumpable},
    {"bulk is undumpable and not inherited", bulk_is_undumpable_and_not_inherited},
    {"freed bulk is wiped and comes again", freed_bulk_is_wiped_and_comes_again},
    {"large bulk is given back", large_bulk_is_given_back},
    {"bulk is freed once", bulk_is_freed_once},
    {"wiping", wiping},
};

UNIT_MAIN("secret", tests)
