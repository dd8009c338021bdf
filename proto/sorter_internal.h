/* What sorter.c (memory, records coming in, runs), sorter_file.c (blocks) and sorter_merge.c (runs
 * that are merged) share.
 *
 * In memory and on disk a record is its size in two bytes, then its bytes. While records are added,
 * they fill the room from its front, and an index of them fills a room of its own; when either is
 * full, both are sorted into a run. A run stands in the file as blocks, the last of them shorter.
 * While runs are merged, each has a part of the room as a window on its run. */
#ifndef KP_PROTO_SORTER_INTERNAL_H
#define KP_PROTO_SORTER_INTERNAL_H

#include "proto/numbers.h"
#include "proto/sorter.h"

#include <sodium.h>
#include <string.h>
#include <sys/types.h>

#define KP_SORTER_RUNS_MAX 1024u
#define KP_SORTER_SIZE_BYTES 2u
#define KP_SORTER_BLOCK_BYTES 2048u
#define KP_SORTER_BLOCKS 16u /* that are written, or read, at once */
#define KP_SORTER_NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define KP_SORTER_SEAL_BYTES (KP_SORTER_NONCE_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES)
#define KP_SORTER_KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
/* What a block takes in the file, at most. */
#define KP_SORTER_STORED_BYTES (KP_SORTER_BLOCK_BYTES + KP_SORTER_SEAL_BYTES)

struct kp_sorter_place {
    uint64_t front; /* of the record's first bytes: decides most comparisons */
    const uint8_t *record;
};

struct kp_sorter_run {
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
    struct kp_sorter_place *places; /* and behind them as many again, for sorting */
    size_t places_most, place_count;
    size_t next_place; /* when all is in memory */
    uint8_t *block;    /* one in clear; behind it KP_SORTER_BLOCKS as they are stored */
    size_t filled;     /* of the block that is being written */
    size_t gathered;   /* bytes as stored that come behind `written` */
    struct kp_sorter_run *runs;
    size_t run_count;
    size_t *heap; /* of runs that have a record, the least in front */
    size_t heap_count;
    bool sorted, taken; /* the heap's first is in the caller's hands */
    bool sealed;
    char dir_text[];
};

static inline size_t kp_sorter_record_size(const uint8_t *record)
{
    return (size_t)kp_get_number(record, KP_SORTER_SIZE_BYTES);
}

static inline int kp_sorter_compare(const uint8_t *one, const uint8_t *other)
{
    size_t one_size = kp_sorter_record_size(one);
    size_t other_size = kp_sorter_record_size(other);
    size_t common = one_size < other_size ? one_size : other_size;
    int order = memcmp(one + KP_SORTER_SIZE_BYTES, other + KP_SORTER_SIZE_BYTES, common);
    return order != 0 ? order : (one_size > other_size) - (one_size < other_size);
}

/* A window on a run has a whole record, whatever the blocks that it begins and ends in. */
static inline size_t kp_sorter_window_least(size_t record)
{
    return record + KP_SORTER_SIZE_BYTES + KP_SORTER_BLOCK_BYTES;
}

/* ---- sorter_file.c ---- */

/* The sorter's file, without a name, unless it is there; the next run begins behind what is
 * written. */
KP_MUST_USE enum kp_status kp_sorter_begin_run(struct kp_sorter *sorter, struct kp_error *error);
/* To the run that is being written, in blocks. */
KP_MUST_USE enum kp_status kp_sorter_write(struct kp_sorter *sorter, const uint8_t *bytes,
                                           size_t size, struct kp_error *error);
/* What doesn't fill a block: the run has an end. */
KP_MUST_USE enum kp_status kp_sorter_end_run(struct kp_sorter *sorter, struct kp_error *error);
/* As many of the run's next blocks as its window, of window_size bytes, has room for behind what is
 * in it. */
KP_MUST_USE enum kp_status kp_sorter_read_blocks(struct kp_sorter *sorter,
                                                 struct kp_sorter_run *run, size_t window_size,
                                                 struct kp_error *error);

/* ---- sorter_merge.c ---- */

/* All runs are written, the room is free: each gets a window, and its first record. */
KP_MUST_USE enum kp_status kp_sorter_begin_merge(struct kp_sorter *sorter, struct kp_error *error);
/* *record is NULL after the last one. */
KP_MUST_USE enum kp_status kp_sorter_next_merged(struct kp_sorter *sorter, const uint8_t **record,
                                                 struct kp_error *error);

#endif
