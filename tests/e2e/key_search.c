/* Looks for the secret keys that belong to points, in the memory of a process.
 *
 * usage: key_search --pid PID --beside PID     points in the second process whose scalar is in the
 * first key_search --pid PID < points         the given points (hex, one a line) whose scalar is
 * there
 *
 * Takes every 32 bytes at a multiple of 8 in every readable mapping that could be a random scalar,
 * multiplies the generator by it, and looks for what comes out. Prints the points found, one a
 * line, each once; "N scalars tried" on standard error. Exit status 0 when everything could be
 * read. */
#include "crypto/group.h"
#include "crypto/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POINT_BYTES 32
#define WINDOW_BYTES ((size_t)1 << 20)
#define DISTINCT_LEAST 22 /* of 32 random bytes fewer differ about once in a million */
#define TABLE_BITS 20
#define BATCH 512

struct point {
    struct point *next;
    uint8_t bytes[POINT_BYTES];
    bool printed;
};

static struct point *table[1u << TABLE_BITS];
static uint64_t tried;

static void die(const char *what)
{
    fprintf(stderr, "key_search: %s: %s\n", what, strerror(errno));
    exit(2);
}

static struct point **place(const uint8_t bytes[static POINT_BYTES])
{
    uint32_t head;
    memcpy(&head, bytes, sizeof(head));
    struct point **at = &table[head >> (32 - TABLE_BITS)];
    while (*at != NULL && memcmp((*at)->bytes, bytes, POINT_BYTES) != 0) {
        at = &(*at)->next;
    }
    return at;
}

static void remember(const uint8_t bytes[static POINT_BYTES])
{
    struct point **at = place(bytes);
    if (*at == NULL) {
        *at = calloc(1, sizeof(**at));
        if (*at == NULL) {
            die("no memory");
        }
        memcpy((*at)->bytes, bytes, POINT_BYTES);
    }
}

static void print_once(const uint8_t bytes[static POINT_BYTES])
{
    struct point *point = *place(bytes);
    char hex[2 * POINT_BYTES + 1];
    if (point != NULL && !point->printed) {
        point->printed = true;
        puts(sodium_bin2hex(hex, sizeof(hex), bytes, POINT_BYTES));
    }
}

/* Reduced and with as many different bytes as a random number has. */
static bool may_be_scalar(const uint8_t bytes[static POINT_BYTES])
{
    uint8_t wide[64] = {0}, reduced[POINT_BYTES];
    bool seen[256] = {false};
    unsigned distinct = 0;
    if (bytes[31] > 0x10) {
        return false;
    }
    for (size_t i = 0; i < POINT_BYTES; i++) {
        distinct += !seen[bytes[i]];
        seen[bytes[i]] = true;
    }
    if (distinct < DISTINCT_LEAST) {
        return false; /* most of any memory */
    }
    memcpy(wide, bytes, POINT_BYTES);
    crypto_core_ristretto255_scalar_reduce(reduced, wide);
    return memcmp(reduced, bytes, POINT_BYTES) == 0;
}

typedef void visit(const uint8_t point[static POINT_BYTES]);

/* In batches: a round's deadline doesn't wait for a slow search. */
static void try_batch(const uint8_t *scalars, size_t count, visit *found)
{
    static uint8_t points[BATCH * POINT_BYTES];
    if (kp_points_multiply_base(points, scalars, count) != KP_OK) {
        errno = EINVAL;
        die("what may be scalars isn't");
    }
    for (size_t i = 0; i < count; i++) {
        found(points + i * POINT_BYTES);
    }
    tried += count;
}

static void try_scalars(const uint8_t *bytes, size_t size, visit *found)
{
    static uint8_t scalars[BATCH * POINT_BYTES];
    size_t count = 0;
    for (size_t i = 0; i + POINT_BYTES <= size; i += 8) {
        if (!may_be_scalar(bytes + i)) {
            continue;
        }
        memcpy(scalars + count++ * POINT_BYTES, bytes + i, POINT_BYTES);
        if (count == BATCH) {
            try_batch(scalars, count, found);
            count = 0;
        }
    }
    if (count > 0) {
        try_batch(scalars, count, found);
    }
}

static void try_points(const uint8_t *bytes, size_t size, visit *unused)
{
    (void)unused;
    for (size_t i = 0; i + POINT_BYTES <= size; i++) {
        print_once(bytes + i);
    }
}

/* Calls `search` for all that can be read of the process, in windows that overlap. */
static void read_process(const char *pid, void (*search)(const uint8_t *, size_t, visit *),
                         visit *found)
{
    char path[64], line[512];
    static uint8_t window[WINDOW_BYTES + POINT_BYTES];
    snprintf(path, sizeof(path), "/proc/%s/maps", pid);
    FILE *maps = fopen(path, "r");
    snprintf(path, sizeof(path), "/proc/%s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || memory < 0) {
        die(path);
    }
    while (fgets(line, sizeof(line), maps) != NULL) {
        uint64_t begin = 0, end = 0;
        char readable = '-';
        if (sscanf(line, "%lx-%lx %c", &begin, &end, &readable) != 3 || readable != 'r' ||
            strstr(line, "[v") != NULL) {
            continue;
        }
        for (uint64_t at = begin; at < end; at += WINDOW_BYTES) {
            uint64_t left = end - at;
            size_t want = left < sizeof(window) ? (size_t)left : sizeof(window);
            ssize_t got = pread(memory, window, want, (off_t)at);
            if (got > 0) {
                search(window, (size_t)got, found);
            }
        }
    }
    fclose(maps);
    close(memory);
}

static void read_points(void)
{
    char line[256];
    uint8_t point[POINT_BYTES];
    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        size_t size = 0;
        if (sodium_hex2bin(point, sizeof(point), line, strlen(line), NULL, &size, NULL) != 0 ||
            size != sizeof(point)) {
            errno = EINVAL;
            die("a point is not 32 bytes in hex");
        }
        remember(point);
    }
}

int main(int argc, char **argv)
{
    bool beside = argc == 5 && strcmp(argv[3], "--beside") == 0;
    if (kp_crypto_start() != KP_OK || (argc != 3 && !beside) || strcmp(argv[1], "--pid") != 0) {
        fputs("usage: key_search --pid PID [--beside PID | < points]\n", stderr);
        return 2;
    }
    if (beside) {
        read_process(argv[2], try_scalars, remember);
        read_process(argv[4], try_points, NULL);
    } else {
        read_points();
        read_process(argv[2], try_scalars, print_once);
    }
    fprintf(stderr, "%lu scalars tried\n", tried);
    return 0;
}
