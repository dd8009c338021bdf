/* A page of a table whose keys begin with a round: for results and for verdicts. */
#ifndef KP_COORDINATOR_PAGE_H
#define KP_COORDINATOR_PAGE_H

#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Adds records, key and value alternating, until the page is full or (*end) there are no more of
 * this round (0: of any) with keys of this size. The record with the key `after` is passed over. */
KP_MUST_USE enum kp_status kp_page_fill(struct kp_cursor *cursor, size_t key_bytes, uint32_t round,
                                        const uint8_t *after, size_t after_size,
                                        struct kp_batch *items, bool *end, struct kp_error *error);

#endif
