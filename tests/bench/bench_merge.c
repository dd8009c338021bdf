/* Merging and grouping sorted tags as the coordinator does in a round of counts
 * (coordinator/match_find.h, on one thread and on two), from sealed files, against LC_ALL=C sort -m
 * of the same tags in hex, in the same run.
 *
 *     bench_merge [--members N] [--tags N] [--runs N] [FOLDER]
 *
 * The files are laid out as coordinator/intake.c does it: tags and, behind them, paths and entries
 * that the merge skips. sort has one process, one file of hex a member, and writes to /dev/null.
 * One in eight tags is with several members; that as many are found is checked with sort and uniq.
 * Medians; memory is the peak of this process (VmHWM); tags are made and sorted in others.
 */
#include "coordinator/intake_internal.h"
#include "coordinator/match_find.h"
#include "crypto/secret.h"
#include "proto/limits.h"
#include "proto/pieces.h"
#include "proto/transcript.h"
#include "proto/workers.h"
#include "tests/bench/measure.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RUNS_MAX = 99, FINDS = 4, RANGE_BITS = 8 };

static struct kp_agreement agreement;
static struct kp_member roles[KP_MEMBERS_MAX];
static struct kp_intake intake; /* its files alone: nobody signed anything */
static char folder[512];
static uint32_t members = 8, tags = 1000000, runs = 3;

/* Processor time: of this process, or of its children that have ended. */
static double used(int who)
{
    struct rusage usage;
    (void)getrusage(who, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
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
static void write_member(uint32_t number)
{
    static uint8_t chunk[KP_CHUNK_TAGS_BYTES], path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    struct kp_member_intake *member = &intake.member[number];
    write_hex(number);
    FILE *hex = fopen(path_of("hex-", number), "r");
    must(hex != NULL, "opening hex");
    member->first = kp_bulk_new(kp_intake_chunk_parts(&intake, number + 1) * sizeof(uint64_t));
    must(member->first != NULL, "memory for chunks");
    for (uint32_t part = 0; member->entry_count < tags; part++) {
        uint32_t count = kp_intake_chunk_entries(&intake, number + 1, part);
        for (uint32_t i = 0; i < count; i++) {
            char line[2 * KP_DIGEST_BYTES + 2];
            must(fgets(line, sizeof(line), hex) != NULL &&
                     sodium_hex2bin(chunk + (size_t)i * KP_DIGEST_BYTES, KP_DIGEST_BYTES, line,
                                    sizeof(line) - 2, NULL, NULL, NULL) == 0,
                 "reading hex");
        }
        const struct kp_piece piece[] = {
            {.bytes = chunk, .size = (size_t)count * KP_DIGEST_BYTES},
            {.bytes = path, .size = kp_intake_path_room(&intake, number + 1)},
            {.bytes = chunk, .size = (size_t)count * KP_DIGEST_BYTES},
        };
        must(kp_pieces_append(intake.pieces, kp_intake_entries_file(number + 1), piece, 3, NULL) ==
                 KP_OK,
             "writing a chunk");
        member->first[part] = kp_intake_tag_prefix(chunk);
        member->entry_count += count;
    }
    (void)fclose(hex);
}

static void make_intake(void)
{
    agreement.member_count = members;
    agreement.threshold = 2;
    agreement.slots = tags;
    agreement.members = roles;
    for (uint32_t i = 0; i < members; i++) {
        roles[i].role = KP_ROLE_CONTRIBUTES;
    }
    intake.agreement = &agreement;
    intake.type = KP_ROUND_COUNT;
    must(kp_pieces_new(&intake.pieces, path_of("sealed", 0), 2 * members, KP_PIECES_CACHED, NULL) ==
             KP_OK,
         "sealed files");
    for (uint32_t i = 0; i < members; i++) {
        write_member(i);
    }
}

/* ---- merging ---- */

struct merging {
    struct kp_loop *loop;
    struct kp_workers *workers;
    uint32_t next; /* range */
    uint64_t groups;
};

/* What is done goes on, or with the next range. */
static bool take_back(void *context)
{
    struct merging *merging = context;
    struct kp_find *done = NULL;
    while ((done = (struct kp_find *)kp_workers_done(merging->workers)) != NULL) {
        must(done->status == KP_OK, "merging");
        merging->groups += done->count;
        kp_find_clear(done);
        if (done->end && merging->next < 1u << RANGE_BITS) {
            kp_find_range(done, merging->next++, RANGE_BITS);
        }
        if (!done->end) {
            kp_workers_give(merging->workers, &done->work);
        }
    }
    if (kp_workers_given(merging->workers) == 0) {
        kp_loop_stop(merging->loop);
    }
    return false;
}

/* Some ranges at a time, as coordinator/match.c does it; the loop waits. */
static double merge(uint32_t threads, uint64_t *groups)
{
    const struct kp_find_rule rule = {.agreement = &agreement, .type = KP_ROUND_COUNT};
    struct merging merging = {.next = 0};
    struct kp_find *find[FINDS];
    double start = seconds_on(CLOCK_MONOTONIC);
    must(kp_loop_new(&merging.loop, NULL) == KP_OK &&
             kp_workers_new(&merging.workers, threads, merging.loop, NULL) == KP_OK,
         "starting threads");
    for (uint32_t i = 0; i < FINDS; i++) {
        must(kp_find_new(&find[i], &rule, &intake, NULL) == KP_OK, "memory to match");
        kp_find_range(find[i], merging.next++, RANGE_BITS);
        kp_workers_give(merging.workers, &find[i]->work);
    }
    const struct kp_loop_hooks hooks = {.context = &merging, .work = take_back};
    kp_loop_run(merging.loop, &hooks);
    for (uint32_t i = 0; i < FINDS; i++) {
        kp_find_free(find[i]);
    }
    kp_workers_free(merging.workers);
    kp_loop_free(merging.loop);
    *groups = merging.groups;
    return seconds_on(CLOCK_MONOTONIC) - start;
}

/* ---- sort ---- */

/* How many tags are there more than once. */
static uint64_t count_with_sort(void)
{
    char command[700];
    unsigned long long count = 0;
    (void)snprintf(command, sizeof(command), "LC_ALL=C sort -m '%s'/hex-* | uniq -d | wc -l",
                   folder);
    FILE *pipe = popen(command, "r");
    must(pipe != NULL && fscanf(pipe, "%llu", &count) == 1 && pclose(pipe) == 0, "counting");
    return count;
}

/* Starts sort -m and waits for it. */
static double sort(void)
{
    char *arguments[KP_MEMBERS_MAX + 3] = {(char[]){"sort"}, (char[]){"-m"}};
    for (uint32_t i = 0; i < members; i++) {
        arguments[i + 2] = strdup(path_of("hex-", i));
    }
    double start = seconds_on(CLOCK_MONOTONIC);
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
    double took = seconds_on(CLOCK_MONOTONIC) - start;
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
    double one[RUNS_MAX], two[RUNS_MAX], theirs[RUNS_MAX];
    uint64_t groups[2] = {0};
    must(kp_crypto_start() == KP_OK, "starting");
    arguments_of(count, values);
    make_intake();
    uint64_t expected = count_with_sort();
    double cpu_ours = 0, cpu_theirs = 0;
    for (uint32_t i = 0; i < runs; i++) {
        double before = used(RUSAGE_CHILDREN), before_ours = used(RUSAGE_SELF);
        theirs[i] = sort();
        one[i] = merge(1, &groups[0]);
        cpu_theirs += (used(RUSAGE_CHILDREN) - before) / runs;
        cpu_ours += (used(RUSAGE_SELF) - before_ours) / runs;
        two[i] = merge(2, &groups[1]);
        must(groups[0] == expected && groups[1] == expected, "finding what sort finds");
    }
    unsigned long kib = peak();
    double mine = median(one, runs), both = median(two, runs), sorts = median(theirs, runs);
    printf("%u x %u tags, %llu groups of several\n", members, tags, (unsigned long long)expected);
    printf("merged and grouped %8.3f s\nby two threads     %8.3f s\nsort -m, hex       %8.3f s\n",
           mine, both, sorts);
    printf("ratio              %8.2f\nratio of two       %8.2f\n", sorts / mine, sorts / both);
    printf("processor, merging %8.3f s\nprocessor, sort    %8.3f s\n", cpu_ours, cpu_theirs);
    printf("peak memory        %8.1f MiB\n", (double)kib / 1024);
    must(kp_pieces_destroy(intake.pieces, NULL) == KP_OK, "removing the sealed files");
    for (uint32_t i = 0; i < members; i++) {
        kp_bulk_free(intake.member[i].first);
        must(remove(path_of("hex-", i)) == 0, "removing a file");
    }
    must(rmdir(folder) == 0, "removing the folder");
    return sorts > mine && kib < 128u * 1024 ? 0 : 1;
}
