#include "proto/sorter.h"

#include "crypto/secret.h"
#include "proto/file.h"
#include "proto/limits.h"
#include "proto/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* In memory and on disk a record is its size in two bytes, then its bytes. While records are added,
 * they fill the room from its front, and an index of them fills a room of its own; when either is
 * full, both are sorted into a run. A run stands in the file as blocks, the last of them shorter.
 * While runs are merged, each has a part of the room as a window on its run. */

#define RUNS_MAX 1024u
#define SIZE_BYTES 2u
#define BLOCK_BYTES 4096u
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define SEAL_BYTES (NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES

struct place {
    uint64_t front; /* of the record's first bytes: decides most comparisons */
    const uint8_t *record;
};

struct run {
    off_t at;    /* in the file, of what isn't read yet */
    size_t left; /* so many bytes, seals apart */
    uint8_t *window;
    size_t begin, filled;
    const uint8_t *record; /* the foremost; NULL: none left */
};

struct kp_sorter {
    const char *dir;
    int fd;
    uint64_t count;
    size_t largest; /* record */
    off_t written;
    uint8_t *key; /* locked; NULL: the file is in clear */
    uint8_t *room;
    size_t room_size, used;
    struct place *places; /* and behind them as many again, for sorting */
    size_t places_most, place_count;
    size_t next_place; /* when all is in memory */
    uint8_t *block;    /* one in clear; behind it one sealed */
    size_t filled;     /* of the block that is being written */
    struct run *runs;
    size_t run_count;
    size_t *heap; /* of runs that have a record, the least in front */
    size_t heap_count;
    bool sorted, taken; /* the heap's first is in the caller's hands */
    bool sealed;
    char dir_text[];
};

static size_t record_size(const uint8_t *record)
{
    return (size_t)kp_get_number(record, SIZE_BYTES);
}

static enum kp_status file_fail(const struct kp_sorter *sorter, int code, struct kp_error *error)
{
    return kp_fail(
        error, KP_FAILED, "%s: sorting needs room for a file there, which can't be %s: %s%s",
        sorter->dir, sorter->written == 0 ? "made or written" : "written or read", strerror(code),
        code == ENOSPC || code == EDQUOT || code == EFBIG ? "; make room and try again" : "");
}

/* ---- Making and freeing -----------------------------------------------------------------------
 */

/* Pages that are never used cost nothing: most sorters get few records. What is sealed on disk is
 * wiped in memory. */
static void *take(const struct kp_sorter *sorter, size_t size)
{
    if (sorter->sealed) {
        return kp_bulk_new(size);
    }
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return pages == MAP_FAILED ? NULL : pages;
}

static void give_back(const struct kp_sorter *sorter, void *pages, size_t size)
{
    if (sorter->sealed) {
        kp_bulk_free(pages);
    } else if (pages != NULL) {
        munmap(pages, size);
    }
}

static size_t places_size(const struct kp_sorter *sorter)
{
    return 2 * sorter->places_most * sizeof(struct place);
}

static size_t blocks_size(void)
{
    return 2 * BLOCK_BYTES + SEAL_BYTES;
}

static bool take_memory(struct kp_sorter *sorter, size_t memory)
{
    sorter->room_size = memory / 2;
    sorter->places_most = memory / 4 / sizeof(struct place);
    sorter->room = take(sorter, sorter->room_size);
    sorter->places = take(sorter, places_size(sorter));
    sorter->block = take(sorter, blocks_size());
    if (sorter->sealed && (sorter->key = kp_secret_new(KEY_BYTES)) != NULL) {
        randombytes_buf(sorter->key, KEY_BYTES);
    }
    return sorter->room != NULL && sorter->places != NULL && sorter->block != NULL &&
           (!sorter->sealed || sorter->key != NULL);
}

#define WITH_FILE_LEAST (1u << 20)

/* A window on a run has a whole record, whatever the blocks that it begins and ends in. */
static size_t window_least(size_t record)
{
    return record + SIZE_BYTES + BLOCK_BYTES;
}

/* Half of the memory is for records in a run, a quarter for their places, of which there are twice
 * as many; while runs are merged a window of each is in the first half. */
size_t kp_sorter_memory(uint64_t count, size_t size)
{
    size_t each =
        size + SIZE_BYTES > 2 * sizeof(struct place) ? size + SIZE_BYTES : 2 * sizeof(struct place);
    uint64_t half = count * each + KP_SORTER_MEMORY_LEAST / 2;
    if (2 * half > KP_SORT_BYTES) {
        half = WITH_FILE_LEAST / 2;
        while (half / window_least(size) * (half - half / 8) < count * each) {
            half += half / 8;
        }
    }
    return (size_t)(2 * half);
}

enum kp_status kp_sorter_new(struct kp_sorter **out, const char *dir, size_t memory, bool sealed,
                             struct kp_error *error)
{
    *out = NULL;
    size_t dir_size = strlen(dir) + 1;
    struct kp_sorter *sorter = calloc(1, sizeof(*sorter) + dir_size);
    if (sorter == NULL || memory < KP_SORTER_MEMORY_LEAST) {
        free(sorter);
        return kp_fail(error, KP_FAILED, "no memory to sort with");
    }
    memcpy(sorter->dir_text, dir, dir_size);
    sorter->dir = sorter->dir_text;
    sorter->fd = -1;
    sorter->sealed = sealed;
    if (!take_memory(sorter, memory)) {
        kp_sorter_free(sorter);
        return kp_fail(error, KP_FAILED, "no memory to sort with");
    }
    *out = sorter;
    return KP_OK;
}

void kp_sorter_free(struct kp_sorter *sorter)
{
    if (sorter == NULL) {
        return;
    }
    if (sorter->fd >= 0) {
        close(sorter->fd);
    }
    kp_secret_free(sorter->key);
    give_back(sorter, sorter->room, sorter->room_size);
    give_back(sorter, sorter->places, places_size(sorter));
    give_back(sorter, sorter->block, blocks_size());
    free(sorter->runs);
    free(sorter->heap);
    free(sorter);
}

uint64_t kp_sorter_count(const struct kp_sorter *sorter)
{
    return sorter->count;
}

/* ---- Runs -------------------------------------------------------------------------------------
 */

static int compare_records(const uint8_t *one, const uint8_t *other)
{
    size_t one_size = record_size(one);
    size_t other_size = record_size(other);
    size_t common = one_size < other_size ? one_size : other_size;
    int order = memcmp(one + SIZE_BYTES, other + SIZE_BYTES, common);
    return order != 0 ? order : (one_size > other_size) - (one_size < other_size);
}

static bool place_before(const struct place *one, const struct place *other)
{
    return one->front != other->front ? one->front < other->front
                                      : compare_records(one->record, other->record) < 0;
}

/* Two neighbouring stretches of `from`, each in order, into one of `to`. */
static void merge_places(struct place *to, const struct place *from, size_t middle, size_t end)
{
    size_t left = 0, right = middle;
    for (size_t i = 0; i < end; i++) {
        bool from_right =
            left == middle || (right < end && place_before(&from[right], &from[left]));
        to[i] = from_right ? from[right++] : from[left++];
    }
}

/* By stretches that double; qsort would leave what it sorts in memory of its own. */
static void sort_places(struct kp_sorter *sorter)
{
    struct place *from = sorter->places, *to = sorter->places + sorter->places_most;
    size_t count = sorter->place_count;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t end = count - at < 2 * width ? count - at : 2 * width;
            merge_places(to + at, from + at, width < end ? width : end, end);
        }
        struct place *keep = from;
        from = to;
        to = keep;
    }
    if (from != sorter->places) {
        memcpy(sorter->places, from, count * sizeof(*from));
    }
}

/* A file without a name, also where the file system can't make one at once. */
static int open_nameless(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char path[4096];
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) ||
        snprintf(path, sizeof(path), "%s/.sort-XXXXXX", dir) >= (int)sizeof(path)) {
        return fd;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

/* ---- Blocks ---- */

/* A block is bound to its place in the file. */
static enum kp_status write_block(struct kp_sorter *sorter, struct kp_error *error)
{
    const uint8_t *bytes = sorter->block;
    size_t size = sorter->filled;
    uint8_t place[8];
    if (sorter->sealed) {
        uint8_t *sealed = sorter->block + BLOCK_BYTES;
        kp_put_number(place, (uint64_t)sorter->written, sizeof(place));
        randombytes_buf(sealed, NONCE_BYTES);
        crypto_aead_xchacha20poly1305_ietf_encrypt(sealed + NONCE_BYTES, NULL, bytes, size, place,
                                                   sizeof(place), NULL, sealed, sorter->key);
        bytes = sealed;
        size += SEAL_BYTES;
    }
    sorter->filled = 0;
    if (!kp_file_write_at(sorter->fd, bytes, size, (uint64_t)sorter->written)) {
        return file_fail(sorter, errno, error);
    }
    sorter->written += (off_t)size;
    return KP_OK;
}

static enum kp_status read_all(const struct kp_sorter *sorter, off_t at, uint8_t *bytes,
                               size_t size, struct kp_error *error)
{
    while (size > 0) {
        ssize_t got = pread(sorter->fd, bytes, size, at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return file_fail(sorter, got < 0 ? errno : EIO, error);
        }
        bytes += got;
        size -= (size_t)got;
        at += got;
    }
    return KP_OK;
}

/* The run's next block, into its window. */
static enum kp_status read_block(struct kp_sorter *sorter, struct run *run, struct kp_error *error)
{
    size_t size = run->left < BLOCK_BYTES ? run->left : BLOCK_BYTES;
    size_t seal = sorter->sealed ? SEAL_BYTES : 0;
    uint8_t *to = run->window + run->filled, *from = sorter->sealed ? sorter->block : to;
    uint8_t place[8];
    enum kp_status status = read_all(sorter, run->at, from, size + seal, error);
    kp_put_number(place, (uint64_t)run->at, sizeof(place));
    if (status == KP_OK && sorter->sealed &&
        crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, from + NONCE_BYTES,
                                                   size + seal - NONCE_BYTES, place, sizeof(place),
                                                   from, sorter->key) != 0) {
        return kp_fail(error, KP_FAILED, "%s: what was sorted there was changed or is damaged",
                       sorter->dir);
    }
    if (status == KP_OK) {
        run->at += (off_t)(size + seal);
        run->left -= size;
        run->filled += size;
    }
    return status;
}

static enum kp_status write_bytes(struct kp_sorter *sorter, const uint8_t *bytes, size_t size,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && size > 0) {
        size_t part = BLOCK_BYTES - sorter->filled;
        part = part < size ? part : size;
        memcpy(sorter->block + sorter->filled, bytes, part);
        sorter->filled += part;
        bytes += part;
        size -= part;
        status = sorter->filled == BLOCK_BYTES ? write_block(sorter, error) : KP_OK;
    }
    return status;
}

static enum kp_status start_run(struct kp_sorter *sorter, struct kp_error *error)
{
    if (sorter->runs == NULL) {
        sorter->runs = calloc(RUNS_MAX, sizeof(*sorter->runs));
        sorter->heap = calloc(RUNS_MAX, sizeof(*sorter->heap));
        if (sorter->runs == NULL || sorter->heap == NULL) {
            return kp_fail(error, KP_FAILED, "no memory to sort with");
        }
    }
    if (sorter->fd < 0 && (sorter->fd = open_nameless(sorter->dir)) < 0) {
        return file_fail(sorter, errno, error);
    }
    if (sorter->run_count >= RUNS_MAX ||
        (sorter->run_count + 1) * window_least(sorter->largest) > sorter->room_size) {
        return kp_fail(error, KP_REFUSED, "more than can be sorted: %llu records and still more",
                       (unsigned long long)sorter->count);
    }
    return KP_OK;
}

/* Writes what is in memory as a run, and empties it. */
static enum kp_status write_run(struct kp_sorter *sorter, struct kp_error *error)
{
    enum kp_status status = start_run(sorter, error);
    struct run run = {.at = sorter->written};
    if (status == KP_OK) {
        sort_places(sorter);
    }
    sorter->filled = 0;
    for (size_t i = 0; status == KP_OK && i < sorter->place_count; i++) {
        const uint8_t *record = sorter->places[i].record;
        size_t size = SIZE_BYTES + record_size(record);
        status = write_bytes(sorter, record, size, error);
        run.left += size;
    }
    if (status == KP_OK && sorter->filled > 0) {
        status = write_block(sorter, error);
    }
    if (status == KP_OK) {
        sorter->runs[sorter->run_count++] = run;
        sorter->used = sorter->place_count = 0;
    }
    return status;
}

enum kp_status kp_sorter_add(struct kp_sorter *sorter, const void *record, size_t size,
                             struct kp_error *error)
{
    if (sorter->sorted || size == 0 || size > KP_SORTER_RECORD_MAX) {
        return kp_fail(error, KP_USAGE, "a record of %zu bytes can't be sorted", size);
    }
    sorter->largest = size > sorter->largest ? size : sorter->largest;
    if (sorter->place_count == sorter->places_most ||
        sorter->used + SIZE_BYTES + size > sorter->room_size) {
        enum kp_status status = write_run(sorter, error);
        if (status != KP_OK) {
            return status;
        }
    }
    uint8_t *at = sorter->room + sorter->used;
    uint8_t front[8] = {0};
    kp_put_number(at, size, SIZE_BYTES);
    memcpy(at + SIZE_BYTES, record, size);
    memcpy(front, record, size < sizeof(front) ? size : sizeof(front));
    sorter->places[sorter->place_count++] =
        (struct place){.front = kp_get_number(front, sizeof(front)), .record = at};
    sorter->used += SIZE_BYTES + size;
    sorter->count++;
    return KP_OK;
}

/* ---- Merging ----------------------------------------------------------------------------------
 */

static size_t window_size(const struct kp_sorter *sorter)
{
    return sorter->room_size / sorter->run_count;
}

/* Fills the run's window anew; what is in it and not taken comes to its front. */
static enum kp_status refill(struct kp_sorter *sorter, struct run *run, struct kp_error *error)
{
    memmove(run->window, run->window + run->begin, run->filled - run->begin);
    run->filled -= run->begin;
    run->begin = 0;
    enum kp_status status = KP_OK;
    while (status == KP_OK && run->left > 0 && run->filled + BLOCK_BYTES <= window_size(sorter)) {
        status = read_block(sorter, run, error);
    }
    return status;
}

/* Sets run->record to the run's foremost record, which is then whole in its window. */
static enum kp_status advance(struct kp_sorter *sorter, struct run *run, struct kp_error *error)
{
    if (run->record != NULL) {
        run->begin += SIZE_BYTES + record_size(run->record);
        run->record = NULL;
    }
    size_t there = run->filled - run->begin;
    if (run->left > 0 &&
        (there < SIZE_BYTES || there < SIZE_BYTES + record_size(run->window + run->begin))) {
        enum kp_status status = refill(sorter, run, error);
        if (status != KP_OK) {
            return status;
        }
    }
    if (run->begin < run->filled) {
        run->record = run->window + run->begin;
    }
    return KP_OK;
}

static bool heap_before(const struct kp_sorter *sorter, size_t one, size_t other)
{
    return compare_records(sorter->runs[sorter->heap[one]].record,
                           sorter->runs[sorter->heap[other]].record) < 0;
}

static void heap_sink(struct kp_sorter *sorter, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < sorter->heap_count;
             child++) {
            least = heap_before(sorter, child, least) ? child : least;
        }
        if (least == at) {
            return;
        }
        size_t keep = sorter->heap[at];
        sorter->heap[at] = sorter->heap[least];
        sorter->heap[least] = keep;
        at = least;
    }
}

static enum kp_status start_merge(struct kp_sorter *sorter, struct kp_error *error)
{
    enum kp_status status = sorter->place_count > 0 ? write_run(sorter, error) : KP_OK;
    give_back(sorter, sorter->places, places_size(sorter));
    sorter->places = NULL;
    for (size_t i = 0; status == KP_OK && i < sorter->run_count; i++) {
        struct run *run = &sorter->runs[i];
        run->window = sorter->room + i * window_size(sorter);
        status = advance(sorter, run, error);
        sorter->heap[sorter->heap_count++] = i;
    }
    for (size_t i = sorter->heap_count; status == KP_OK && i-- > 0;) {
        heap_sink(sorter, i);
    }
    return status;
}

enum kp_status kp_sorter_sort(struct kp_sorter *sorter, struct kp_error *error)
{
    sorter->sorted = true;
    if (sorter->run_count > 0) {
        return start_merge(sorter, error);
    }
    sort_places(sorter);
    return KP_OK;
}

static enum kp_status next_merged(struct kp_sorter *sorter, const uint8_t **record,
                                  struct kp_error *error)
{
    if (sorter->taken) {
        struct run *run = &sorter->runs[sorter->heap[0]];
        enum kp_status status = advance(sorter, run, error);
        if (status != KP_OK) {
            return status;
        }
        if (run->record == NULL) {
            sorter->heap[0] = sorter->heap[--sorter->heap_count];
        }
        heap_sink(sorter, 0);
    }
    sorter->taken = sorter->heap_count > 0;
    *record = sorter->taken ? sorter->runs[sorter->heap[0]].record : NULL;
    return KP_OK;
}

enum kp_status kp_sorter_next(struct kp_sorter *sorter, const uint8_t **record, size_t *size,
                              struct kp_error *error)
{
    *record = NULL;
    *size = 0;
    enum kp_status status = KP_OK;
    if (sorter->run_count > 0) {
        status = next_merged(sorter, record, error);
    } else if (sorter->next_place < sorter->place_count) {
        *record = sorter->places[sorter->next_place++].record;
    }
    if (status == KP_OK && *record != NULL) {
        *size = record_size(*record);
        *record += SIZE_BYTES;
    }
    return status;
}
