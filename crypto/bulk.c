/* Bulk memory (secret.h): mapped pages, and those that are kept for who asks next. */
#include "crypto/secret.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The first page of a block: what kp_bulk_free must know. It stays in a child of fork, unlike the
 * pages after it, so that a child too can free. */
struct bulk_header {
    size_t page;
    size_t size; /* of the pages after the header's */
    bool kept;   /* freed, and nobody's */
};

/* Blocks that were freed: wiped, the latest last. */
#define BLOCKS_MAX 128u

static struct {
    pthread_mutex_t lock;
    struct {
        size_t size;
        uint8_t *bulk;
    } blocks[BLOCKS_MAX];
    size_t count, bytes;
} kept = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct bulk_header header_of(const uint8_t *bulk)
{
    struct bulk_header header;
    memcpy(&header, bulk - sysconf(_SC_PAGESIZE), sizeof(header));
    return header;
}

static void set_kept(uint8_t *bulk, bool is)
{
    struct bulk_header header = header_of(bulk);
    header.kept = is;
    memcpy(bulk - header.page, &header, sizeof(header));
}

static void unmap(uint8_t *bulk)
{
    struct bulk_header header = header_of(bulk);
    munmap(bulk - header.page, header.page + header.size);
}

/* With the lock held. */
static uint8_t *remove_kept(size_t i)
{
    uint8_t *bulk = kept.blocks[i].bulk;
    kept.bytes -= kept.blocks[i].size;
    kept.count--;
    memmove(&kept.blocks[i], &kept.blocks[i + 1], (kept.count - i) * sizeof(kept.blocks[0]));
    return bulk;
}

static uint8_t *take_kept(size_t size)
{
    uint8_t *bulk = NULL;
    pthread_mutex_lock(&kept.lock);
    for (size_t i = kept.count; bulk == NULL && i-- > 0;) {
        if (kept.blocks[i].size == size) {
            bulk = remove_kept(i);
            set_kept(bulk, false);
        }
    }
    pthread_mutex_unlock(&kept.lock);
    return bulk;
}

/* In the place of what was freed longest ago, if need be. What is freed twice would be given to two
 * who know nothing of each other. */
static void keep(uint8_t *bulk, size_t size)
{
    pthread_mutex_lock(&kept.lock);
    if (header_of(bulk).kept) {
        abort();
    }
    set_kept(bulk, true);
    while (kept.count > 0 && (kept.count == BLOCKS_MAX || kept.bytes + size > KP_BULK_KEPT)) {
        unmap(remove_kept(0));
    }
    kept.blocks[kept.count].size = size;
    kept.blocks[kept.count++].bulk = bulk;
    kept.bytes += size;
    pthread_mutex_unlock(&kept.lock);
}

static uint8_t *map(size_t page, size_t rounded)
{
    uint8_t *start =
        mmap(NULL, page + rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    if (madvise(start, page + rounded, MADV_DONTDUMP) != 0) {
        munmap(start, page + rounded);
        return NULL;
    }
    /* As well as can be: kernels before 4.14 don't have it. */
    (void)madvise(start + page, rounded, MADV_WIPEONFORK);
    struct bulk_header header = {.page = page, .size = rounded};
    memcpy(start, &header, sizeof(header));
    return start + page;
}

void *kp_bulk_new(size_t size)
{
    long answer = sysconf(_SC_PAGESIZE);
    if (answer < (long)sizeof(struct bulk_header)) {
        return NULL;
    }
    size_t page = (size_t)answer;
    if (size > SIZE_MAX - 3 * page) {
        return NULL;
    }
    size_t rounded = size == 0 ? page : (size + page - 1) / page * page;
    uint8_t *bulk = take_kept(rounded);
    return bulk != NULL ? bulk : map(page, rounded);
}

#define LOOKED_AT 256u /* pages at a time */

/* Pages that nobody has touched aren't there, and would have to be made to be wiped. How many were
 * there. */
static size_t wipe_touched(uint8_t *bulk, size_t size, size_t page)
{
    unsigned char there[LOOKED_AT];
    size_t touched = 0;
    for (size_t at = 0; at < size; at += LOOKED_AT * page) {
        size_t stretch = size - at < LOOKED_AT * page ? size - at : LOOKED_AT * page;
        bool known = mincore(bulk + at, stretch, there) == 0;
        for (size_t i = 0; i < stretch / page; i++) {
            if (!known || (there[i] & 1) != 0) {
                kp_wipe(bulk + at + i * page, page);
                touched++;
            }
        }
    }
    return touched;
}

/* Large blocks are seldom asked for twice, and one that isn't used wholly would be held wholly. A
 * page that was swapped out isn't there either, and not wiped: such a block isn't kept. */
void kp_bulk_free(void *bulk)
{
    if (bulk == NULL) {
        return;
    }
    const struct bulk_header header = header_of(bulk);
    size_t touched = wipe_touched(bulk, header.size, header.page);
    if (header.size <= KP_BULK_KEPT / 2 && touched == header.size / header.page) {
        keep(bulk, header.size);
    } else {
        unmap(bulk);
    }
}

void kp_bulk_trim(void)
{
    pthread_mutex_lock(&kept.lock);
    while (kept.count > 0) {
        unmap(remove_kept(kept.count - 1));
    }
    pthread_mutex_unlock(&kept.lock);
}
