/* Sorts more records than memory holds: sorted runs in a file without a name, then merged.
 *
 * A record is 1 to KP_SORTER_RECORD_MAX bytes; records are ordered as memcmp orders them, and one
 * that is the front of another comes before it. Equal records all come back. So a caller puts what
 * is sorted by in front, numbers big-endian, and fixed sizes before texts.
 *
 * A sealed sorter is for what must not leave this process: its runs stand on disk sealed
 * (XChaCha20-Poly1305) under a random key in locked memory, and its memory is never in a core file
 * and is wiped when it is freed. What isn't sealed stands there in clear until then. */
#ifndef KP_PROTO_SORTER_H
#define KP_PROTO_SORTER_H

#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_SORTER_RECORD_MAX 4096u
#define KP_SORTER_MEMORY_LEAST (64u << 10)

struct kp_sorter;

/* dir: where the file goes, once there is more than fits; it must exist and is not changed
 * visibly. memory: bytes that the sorter may use for records, at least KP_SORTER_MEMORY_LEAST; with
 * a file it takes 40 KiB more. The caller frees *out. KP_FAILED: no memory, or none that can be
 * locked. */
KP_MUST_USE enum kp_status kp_sorter_new(struct kp_sorter **out, const char *dir, size_t memory,
                                         bool sealed, struct kp_error *error);
/* What is enough to sort `count` records of at most `size` bytes: in memory when that takes no more
 * than KP_SORT_BYTES (limits.h); else through the file, with a megabyte or more, that grows with
 * the root of what is sorted. */
size_t kp_sorter_memory(uint64_t count, size_t size);
/* NULL is fine. Whatever state it is in; the file is gone then. */
void kp_sorter_free(struct kp_sorter *sorter);

/* Not after kp_sorter_sort. Blocks while a run is written. KP_FAILED: the disk is full, and such;
 * KP_REFUSED: more than can be merged: 1024 runs of half of `memory`, each of which needs 2 KiB and
 * the longest record of that half. */
KP_MUST_USE enum kp_status kp_sorter_add(struct kp_sorter *sorter, const void *record, size_t size,
                                         struct kp_error *error);
/* Once, after the last record. */
KP_MUST_USE enum kp_status kp_sorter_sort(struct kp_sorter *sorter, struct kp_error *error);
/* The next record, valid until the next call; *record is NULL after the last one. */
KP_MUST_USE enum kp_status kp_sorter_next(struct kp_sorter *sorter, const uint8_t **record,
                                          size_t *size, struct kp_error *error);
/* How many were added. */
uint64_t kp_sorter_count(const struct kp_sorter *sorter);

#endif
