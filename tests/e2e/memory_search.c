/* Looks for byte patterns in the memory of processes and in files.
 *
 * usage: memory_search [--pid PID | --path FILE_OR_FOLDER]... < patterns
 *
 * Patterns are lines of hex digits, of 8 bytes at least. Every readable mapping of a process is
 * read
 * (/proc/PID/mem), also what a core file would leave out; folders are walked, holes and all. Prints
 * one line for each of the first places, then "found N in BYTES bytes". Exit status 0 when
 * everything could be read, 2 otherwise, whatever was found. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HEAD_BYTES 8
#define PATTERN_BYTES_MAX 256
#define WINDOW_BYTES ((size_t)4 << 20)
#define FILTER_BITS 24
#define PLACES_MAX 20

struct pattern {
    struct pattern *next; /* with the same place in the table */
    size_t size;
    uint8_t bytes[PATTERN_BYTES_MAX];
};

static struct pattern **table; /* by a hash of the first HEAD_BYTES */
static size_t pattern_count;
static size_t longest;
static uint64_t found;
static uint64_t searched;
static bool incomplete;
static uint8_t *window; /* WINDOW_BYTES, with room in front for what was left of the one before */

static size_t hash_head(const uint8_t *bytes)
{
    uint64_t head;
    memcpy(&head, bytes, sizeof(head));
    return (size_t)((head * 0x9e3779b97f4a7c15u) >> (64 - FILTER_BITS));
}

static void die(const char *what)
{
    fprintf(stderr, "memory_search: %s\n", what);
    exit(2);
}

static bool read_hex(struct pattern *pattern, const char *line)
{
    size_t digits = strspn(line, "0123456789abcdefABCDEF");
    pattern->size = digits / 2;
    if (digits % 2 != 0 || (line[digits] != '\0' && line[digits] != '\n') ||
        pattern->size < HEAD_BYTES || pattern->size > PATTERN_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < pattern->size; i++) {
        unsigned byte = 0;
        if (sscanf(line + 2 * i, "%2x", &byte) != 1) {
            return false;
        }
        pattern->bytes[i] = (uint8_t)byte;
    }
    return true;
}

static void read_patterns(void)
{
    char line[2 * PATTERN_BYTES_MAX + 4];
    table = calloc((size_t)1 << FILTER_BITS, sizeof(*table));
    while (table != NULL && fgets(line, sizeof(line), stdin) != NULL) {
        struct pattern *pattern = calloc(1, sizeof(*pattern));
        if (pattern == NULL || !read_hex(pattern, line)) {
            die("a pattern is not 8 to 256 bytes in hex");
        }
        size_t at = hash_head(pattern->bytes);
        pattern->next = table[at];
        table[at] = pattern;
        longest = pattern->size > longest ? pattern->size : longest;
        pattern_count++;
    }
    if (table == NULL || pattern_count == 0) {
        die("no patterns");
    }
    window = malloc(PATTERN_BYTES_MAX + WINDOW_BYTES);
    if (window == NULL) {
        die("no memory");
    }
}

/* Counts what begins in bytes[0..size - 1]; end: of what can be read. */
static void search(const uint8_t *bytes, size_t size, const uint8_t *end, const char *where,
                   uint64_t offset)
{
    for (size_t i = 0; i < size && (size_t)(end - bytes) - i >= HEAD_BYTES; i++) {
        const struct pattern *pattern = table[hash_head(bytes + i)];
        for (; pattern != NULL; pattern = pattern->next) {
            if ((size_t)(end - bytes) - i >= pattern->size &&
                memcmp(bytes + i, pattern->bytes, pattern->size) == 0) {
                if (++found <= PLACES_MAX) {
                    printf("%s at %llx: ", where, (unsigned long long)(offset + i));
                    for (size_t j = 0; j < pattern->size; j++) {
                        printf("%02x", pattern->bytes[j]);
                    }
                    putchar('\n');
                }
            }
        }
    }
}

/* Reads [from, to) of the file, in windows that overlap by what a pattern may still need. */
static void search_range(int file, const char *where, uint64_t from, uint64_t to)
{
    size_t kept = 0;
    while (from < to) {
        size_t want = to - from < WINDOW_BYTES ? (size_t)(to - from) : WINDOW_BYTES;
        ssize_t got = pread(file, window + PATTERN_BYTES_MAX, want, (off_t)from);
        if (got <= 0) {
            if (got < 0 && errno != EIO && errno != EFAULT) {
                incomplete = true;
                fprintf(stderr, "memory_search: %s: %s\n", where, strerror(errno));
            }
            return;
        }
        const uint8_t *begin = window + PATTERN_BYTES_MAX - kept;
        const uint8_t *end = window + PATTERN_BYTES_MAX + got;
        size_t size = (size_t)(end - begin);
        size_t next = from + (uint64_t)got < to ? longest - 1 : 0;
        next = next < size ? next : size;
        search(begin, size - next, end, where, from - kept);
        searched += (uint64_t)got;
        memmove(window + PATTERN_BYTES_MAX - next, end - next, next);
        kept = next;
        from += (uint64_t)got;
    }
    /* The file was shorter than it said. */
    search(window + PATTERN_BYTES_MAX - kept, kept, window + PATTERN_BYTES_MAX, where, from - kept);
}

static void search_process(const char *pid)
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%.20s/maps", pid);
    FILE *maps = fopen(path, "re");
    snprintf(path, sizeof(path), "/proc/%.20s/mem", pid);
    int memory = open(path, O_RDONLY | O_CLOEXEC);
    if (maps == NULL || memory < 0) {
        fprintf(stderr, "memory_search: process %s: %s\n", pid, strerror(errno));
        exit(2);
    }
    char line[512];
    while (fgets(line, sizeof(line), maps) != NULL) {
        unsigned long long from = 0;
        unsigned long long to = 0;
        char mode[8] = "";
        char name[256] = "";
        if (sscanf(line, "%llx-%llx %7s %*s %*s %*s %255s", &from, &to, mode, name) < 3 ||
            mode[0] != 'r' || strcmp(name, "[vvar]") == 0 || strcmp(name, "[vsyscall]") == 0) {
            continue;
        }
        char where[320];
        snprintf(where, sizeof(where), "process %.20s (%s %s)", pid, mode,
                 name[0] != '\0' ? name : "anonymous");
        search_range(memory, where, from, to);
    }
    fclose(maps);
    close(memory);
}

/* For nftw. */
static int search_file(const char *path, const struct stat *info, int type, struct FTW *place)
{
    (void)place;
    if (type == FTW_DNR || type == FTW_NS) {
        incomplete = true;
        fprintf(stderr, "memory_search: %s: can't be read\n", path);
        return 0;
    }
    if (type != FTW_F || !S_ISREG(info->st_mode)) {
        return 0;
    }
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        incomplete = true;
        fprintf(stderr, "memory_search: %s: %s\n", path, strerror(errno));
        return 0;
    }
    search_range(file, path, 0, (uint64_t)info->st_size);
    close(file);
    return 0;
}

int main(int argc, char **argv)
{
    read_patterns();
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--pid") == 0) {
            search_process(argv[i + 1]);
        } else if (strcmp(argv[i], "--path") == 0) {
            if (nftw(argv[i + 1], search_file, 16, FTW_PHYS) != 0) {
                die("a path can't be walked");
            }
        } else {
            die("usage: memory_search [--pid PID | --path FILE_OR_FOLDER]... < patterns");
        }
    }
    printf("found %llu in %llu bytes\n", (unsigned long long)found, (unsigned long long)searched);
    return incomplete ? 2 : 0;
}
