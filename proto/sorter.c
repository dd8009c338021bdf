#include "proto/sorter_internal.h"

#include "crypto/secret.h"
#include "proto/limits.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define WITH_FILE_LEAST (1u << 20)

/* ---- Making and freeing ---- */

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
    return 2 * sorter->places_most * sizeof(struct kp_sorter_place);
}

static size_t blocks_size(void)
{
    return KP_SORTER_BLOCK_BYTES + KP_SORTER_BLOCKS * KP_SORTER_STORED_BYTES;
}

static bool take_memory(struct kp_sorter *sorter, size_t memory)
{
    sorter->room_size = memory / 2;
    sorter->places_most = memory / 4 / sizeof(struct kp_sorter_place);
    sorter->room = take(sorter, sorter->room_size);
    sorter->places = take(sorter, places_size(sorter));
    sorter->block = take(sorter, blocks_size());
    if (sorter->sealed && (sorter->key = kp_secret_new(KP_SORTER_KEY_BYTES)) != NULL) {
        randombytes_buf(sorter->key, KP_SORTER_KEY_BYTES);
    }
    return sorter->room != NULL && sorter->places != NULL && sorter->block != NULL &&
           (!sorter->sealed || sorter->key != NULL);
}

/* Half of the memory is for records in a run, a quarter for their places, of which there are twice
 * as many; while runs are merged a window of each is in the first half. */
size_t kp_sorter_memory(uint64_t count, size_t size)
{
    size_t each = size + KP_SORTER_SIZE_BYTES > 2 * sizeof(struct kp_sorter_place)
                      ? size + KP_SORTER_SIZE_BYTES
                      : 2 * sizeof(struct kp_sorter_place);
    uint64_t half = count * each + KP_SORTER_MEMORY_LEAST / 2;
    if (2 * half > KP_SORT_BYTES) {
        half = WITH_FILE_LEAST / 2;
        while (half / kp_sorter_window_least(size) * (half - half / 8) < count * each) {
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

/* ---- Runs ---- */

static bool place_before(const struct kp_sorter_place *one, const struct kp_sorter_place *other)
{
    return one->front != other->front ? one->front < other->front
                                      : kp_sorter_compare(one->record, other->record) < 0;
}

/* Two neighbouring stretches of `from`, each in order, into one of `to`. */
static void merge_places(struct kp_sorter_place *to, const struct kp_sorter_place *from,
                         size_t middle, size_t end)
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
    struct kp_sorter_place *from = sorter->places, *to = sorter->places + sorter->places_most;
    size_t count = sorter->place_count;
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t at = 0; at < count; at += 2 * width) {
            size_t end = count - at < 2 * width ? count - at : 2 * width;
            merge_places(to + at, from + at, width < end ? width : end, end);
        }
        struct kp_sorter_place *keep = from;
        from = to;
        to = keep;
    }
    if (from != sorter->places) {
        memcpy(sorter->places, from, count * sizeof(*from));
    }
}

static enum kp_status start_run(struct kp_sorter *sorter, struct kp_error *error)
{
    if (sorter->runs == NULL) {
        sorter->runs = calloc(KP_SORTER_RUNS_MAX, sizeof(*sorter->runs));
        sorter->heap = calloc(KP_SORTER_RUNS_MAX, sizeof(*sorter->heap));
        if (sorter->runs == NULL || sorter->heap == NULL) {
            return kp_fail(error, KP_FAILED, "no memory to sort with");
        }
    }
    if (sorter->run_count >= KP_SORTER_RUNS_MAX ||
        (sorter->run_count + 1) * kp_sorter_window_least(sorter->largest) > sorter->room_size) {
        return kp_fail(error, KP_REFUSED, "more than can be sorted: %llu records and still more",
                       (unsigned long long)sorter->count);
    }
    return kp_sorter_begin_run(sorter, error);
}

/* Writes what is in memory as a run, and empties it. */
static enum kp_status write_run(struct kp_sorter *sorter, struct kp_error *error)
{
    enum kp_status status = start_run(sorter, error);
    struct kp_sorter_run run = {.at = sorter->written};
    if (status == KP_OK) {
        sort_places(sorter);
    }
    for (size_t i = 0; status == KP_OK && i < sorter->place_count; i++) {
        const uint8_t *record = sorter->places[i].record;
        size_t size = KP_SORTER_SIZE_BYTES + kp_sorter_record_size(record);
        status = kp_sorter_write(sorter, record, size, error);
        run.left += size;
    }
    if (status == KP_OK) {
        status = kp_sorter_end_run(sorter, error);
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
        sorter->used + KP_SORTER_SIZE_BYTES + size > sorter->room_size) {
        enum kp_status status = write_run(sorter, error);
        if (status != KP_OK) {
            return status;
        }
    }
    uint8_t *at = sorter->room + sorter->used;
    uint8_t front[8] = {0};
    kp_put_number(at, size, KP_SORTER_SIZE_BYTES);
    memcpy(at + KP_SORTER_SIZE_BYTES, record, size);
    memcpy(front, record, size < sizeof(front) ? size : sizeof(front));
    sorter->places[sorter->place_count++] =
        (struct kp_sorter_place){.front = kp_get_number(front, sizeof(front)), .record = at};
    sorter->used += KP_SORTER_SIZE_BYTES + size;
    sorter->count++;
    return KP_OK;
}

/* ---- In order ---- */

enum kp_status kp_sorter_sort(struct kp_sorter *sorter, struct kp_error *error)
{
    sorter->sorted = true;
    if (sorter->run_count == 0) {
        sort_places(sorter);
        return KP_OK;
    }
    enum kp_status status = sorter->place_count > 0 ? write_run(sorter, error) : KP_OK;
    give_back(sorter, sorter->places, places_size(sorter));
    sorter->places = NULL;
    return status == KP_OK ? kp_sorter_begin_merge(sorter, error) : status;
}

enum kp_status kp_sorter_next(struct kp_sorter *sorter, const uint8_t **record, size_t *size,
                              struct kp_error *error)
{
    *record = NULL;
    *size = 0;
    enum kp_status status = KP_OK;
    if (sorter->run_count > 0) {
        status = kp_sorter_next_merged(sorter, record, error);
    } else if (sorter->next_place < sorter->place_count) {
        *record = sorter->places[sorter->next_place++].record;
    }
    if (status == KP_OK && *record != NULL) {
        *size = kp_sorter_record_size(*record);
        *record += KP_SORTER_SIZE_BYTES;
    }
    return status;
}
