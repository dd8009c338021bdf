/* Merging and grouping sorted tags as the coordinator does, from sealed files (proto/pieces.h,
 * coordinator/tag_merge.h), against LC_ALL=C sort -m of the same tags in hex, in the same run.
 *
 *     bench_merge [--members N] [--tags N] [--runs N] [FOLDER]
 *
 * The files are laid out as coordinator/intake.c does it for a round of counts, where an entry is
 * its tag: tags and, behind them, entries that the merge skips. sort has one process, one file of
 * hex a member, and writes to /dev/null. One in eight tags is with several members. Medians; memory
 * is the peak of this process (VmHWM); tags are made and sorted in others.
 */
#include "coordinator/tag_merge.h"
#include "crypto/secret.h"
#include "proto/limits.h"
#include "proto/pieces.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUNS_MAX = 99, CHUNK_BYTES = KP_CHUNK_ENTRIES * KP_DIGEST_BYTES };

struct reading {
    struct kp_pieces *pieces;
    uint32_t tags; /* of each */
    uint32_t given[KP_MEMBERS_MAX];
    uint8_t chunk[KP_MEMBERS_MAX][CHUNK_BYTES];
};

static char folder[512];
static uint32_t members = 8, tags = 1000000, runs = 3;

static void must(bool fine, const char *what)
{
    if (!fine) {
        (void)fprintf(stderr, "bench_merge: %s failed\n", what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static const char *path_of(const char *name, uint32_t number)
{
    static char paths[KP_MEMBERS_MAX + 1][600];
    (void)snprintf(paths[number], sizeof(paths[0]), "%s/%s%02u", folder, name, number);
    return paths[number];
}

/* ---- what is merged ---- */

static int by_tag(const void *left, const void *right)
{
    return memcmp(left, right, KP_DIGEST_BYTES);
}

/* Pseudo-random; one in eight from a set that all share, of as many as a member has. */
static void make_tags(uint8_t *to, uint32_t member)
{
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    seed[0] = (uint8_t)(member + 1);
    randombytes_buf_deterministic(to, (size_t)tags * KP_DIGEST_BYTES, seed);
    for (uint32_t i = 0; i < tags; i += 8) {
        uint32_t common = i + randombytes_uniform(8);
        crypto_generichash(to + (size_t)i * KP_DIGEST_BYTES, KP_DIGEST_BYTES,
                           (const uint8_t *)&common, sizeof(common), NULL, 0);
    }
    qsort(to, tags, KP_DIGEST_BYTES, by_tag);
}

/* In a process of its own, so that this one never has all tags of a member in memory. */
static void write_hex(uint32_t member)
{
    pid_t child = fork();
    must(child >= 0, "starting a process");
    if (child > 0) {
        int status = 0;
        must(waitpid(child, &status, 0) == child && status == 0, "making tags");
        return;
    }
    uint8_t *all = malloc((size_t)tags * KP_DIGEST_BYTES);
    FILE *hex = fopen(path_of("hex-", member), "w");
    must(all != NULL && hex != NULL, "memory, or a file, for tags");
    make_tags(all, member);
    for (uint32_t i = 0; i < tags; i++) {
        char line[2 * KP_DIGEST_BYTES + 1];
        sodium_bin2hex(line, sizeof(line), all + (size_t)i * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
        (void)fprintf(hex, "%s\n", line);
    }
    must(fclose(hex) == 0, "writing hex");
    _exit(0);
}

/* The same tags, sealed. */
static void write_member(struct kp_pieces *pieces, uint32_t member)
{
    static uint8_t chunk[CHUNK_BYTES];
    write_hex(member);
    FILE *hex = fopen(path_of("hex-", member), "r");
    must(hex != NULL, "opening hex");
    for (uint32_t at = 0; at < tags; at += KP_CHUNK_ENTRIES) {
        uint32_t count = tags - at < KP_CHUNK_ENTRIES ? tags - at : KP_CHUNK_ENTRIES;
        for (uint32_t i = 0; i < count; i++) {
            char line[2 * KP_DIGEST_BYTES + 2];
            must(fgets(line, sizeof(line), hex) != NULL &&
                     sodium_hex2bin(chunk + (size_t)i * KP_DIGEST_BYTES, KP_DIGEST_BYTES, line,
                                    sizeof(line) - 2, NULL, NULL, NULL) == 0,
                 "reading hex");
        }
        const struct kp_piece piece[] = {
            {.bytes = chunk, .size = (size_t)count * KP_DIGEST_BYTES},
            {.bytes = chunk, .size = (size_t)count * KP_DIGEST_BYTES},
        };
        must(kp_pieces_append(pieces, member, piece, 2, NULL) == KP_OK, "writing a chunk");
    }
    (void)fclose(hex);
}

/* ---- merging ---- */

static enum kp_status next(void *context, uint32_t source, const uint8_t **out, uint32_t *count,
                           struct kp_error *error)
{
    struct reading *reading = context;
    uint32_t at = reading->given[source], part = at / KP_CHUNK_ENTRIES;
    uint32_t some = reading->tags - at;
    some = some < KP_CHUNK_ENTRIES ? some : KP_CHUNK_ENTRIES;
    *count = some;
    *out = reading->chunk[source];
    if (some == 0) {
        return KP_OK;
    }
    reading->given[source] += some;
    return kp_pieces_read(reading->pieces, source,
                          part * 2ull * (CHUNK_BYTES + KP_PIECE_SEAL_BYTES), reading->chunk[source],
                          (size_t)some * KP_DIGEST_BYTES, error);
}

static double merge(struct kp_pieces *pieces, uint64_t *seen, uint64_t *groups)
{
    static struct reading reading;
    struct kp_tag_merge *merging = NULL;
    struct kp_tags_equal equal = {.count = 1};
    double start = now();
    memset(&reading, 0, sizeof(reading));
    reading.pieces = pieces;
    reading.tags = tags;
    *seen = *groups = 0;
    must(kp_tag_merge_new(&merging, members, next, &reading, NULL) == KP_OK, "merging");
    while (equal.count > 0) {
        must(kp_tag_merge_next(merging, &equal, NULL) == KP_OK, "merging");
        *seen += equal.count;
        *groups += equal.count > 1;
    }
    kp_tag_merge_free(merging);
    return now() - start;
}

/* Starts sort -m and waits for it. */
static double sort(void)
{
    char *arguments[KP_MEMBERS_MAX + 3] = {(char[]){"sort"}, (char[]){"-m"}};
    for (uint32_t i = 0; i < members; i++) {
        arguments[i + 2] = strdup(path_of("hex-", i));
    }
    double start = now();
    pid_t child = fork();
    must(child >= 0, "starting sort");
    if (child == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        (void)dup2(null, STDOUT_FILENO);
        (void)setenv("LC_ALL", "C", 1);
        (void)execvp(arguments[0], arguments);
        _exit(127);
    }
    int status = 0;
    must(waitpid(child, &status, 0) == child && status == 0, "sort -m");
    double took = now() - start;
    for (uint32_t i = 0; i < members; i++) {
        free(arguments[i + 2]);
    }
    return took;
}

/* ---- what is printed ---- */

/* Peak resident memory, in KiB. */
static unsigned long peak(void)
{
    char line[256];
    unsigned long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    must(file != NULL, "reading memory");
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtoul(line + 6, NULL, 10);
        }
    }
    (void)fclose(file);
    return kib;
}

static int by_time(const void *left, const void *right)
{
    double one = *(const double *)left, other = *(const double *)right;
    return (one > other) - (one < other);
}

static double median(double *times)
{
    qsort(times, runs, sizeof(times[0]), by_time);
    return times[runs / 2];
}

static void arguments_of(int count, char **values)
{
    const char *parent = "/tmp";
    for (int i = 1; i < count; i++) {
        uint32_t *number = strcmp(values[i], "--members") == 0 ? &members
                           : strcmp(values[i], "--tags") == 0  ? &tags
                           : strcmp(values[i], "--runs") == 0  ? &runs
                                                               : NULL;
        if (number != NULL && i + 1 < count) {
            *number = (uint32_t)strtoul(values[++i], NULL, 10);
        } else {
            parent = values[i];
        }
    }
    must(members >= 1 && members <= KP_MEMBERS_MAX && tags >= 1 && tags <= KP_SLOTS_MAX &&
             runs >= 1 && runs <= RUNS_MAX,
         "understanding the arguments");
    (void)snprintf(folder, sizeof(folder), "%.400s/kruispunt-bench-XXXXXX", parent);
    must(mkdtemp(folder) != NULL, "making a folder");
}

int main(int count, char **values)
{
    struct kp_pieces *pieces = NULL;
    double ours[RUNS_MAX], theirs[RUNS_MAX];
    uint64_t seen = 0, groups = 0;
    must(kp_crypto_start() == KP_OK, "starting");
    arguments_of(count, values);
    must(kp_pieces_new(&pieces, path_of("sealed", 0), members, KP_PIECES_SYNCED, NULL) == KP_OK,
         "sealed files");
    for (uint32_t i = 0; i < members; i++) {
        write_member(pieces, i);
    }
    for (uint32_t i = 0; i < runs; i++) {
        theirs[i] = sort();
        ours[i] = merge(pieces, &seen, &groups);
    }
    unsigned long kib = peak();
    must(seen == (uint64_t)members * tags, "counting the tags");
    double mine = median(ours), sorts = median(theirs);
    printf("%u x %u tags, %llu groups of several\n", members, tags, (unsigned long long)groups);
    printf("merged and grouped %8.3f s\nsort -m, hex       %8.3f s\nratio              %8.2f\n",
           mine, sorts, sorts / mine);
    printf("peak memory        %8.1f MiB\n", (double)kib / 1024);
    must(kp_pieces_destroy(pieces, NULL) == KP_OK, "removing the sealed files");
    for (uint32_t i = 0; i < members; i++) {
        must(remove(path_of("hex-", i)) == 0, "removing a file");
    }
    must(rmdir(folder) == 0, "removing the folder");
    return sorts > mine && kib < 128u * 1024 ? 0 : 1;
}
