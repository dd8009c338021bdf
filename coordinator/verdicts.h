/* The verdicts that the coordinator made, as files (coordinator/fault.h): for the project leader
 * and for whoever checks, never for members. Keys: round 4 BE, member 1 (0: several), number 4 BE,
 * from 0. */
#ifndef KP_COORDINATOR_VERDICTS_H
#define KP_COORDINATOR_VERDICTS_H

#include "proto/batch.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_VERDICT_KEY_BYTES 9

/* One more about this member of this round. */
KP_MUST_USE enum kp_status kp_verdicts_add(struct kp_txn *txn, uint32_t round, uint32_t member,
                                           const struct kp_buffer *file, struct kp_error *error);
/* A page of a round's (0: of all rounds): what comes after the key `after` (size 0: from the
 * beginning), as much as goes into one response; keys and files alternate. *end: that was all. */
KP_MUST_USE enum kp_status kp_verdicts_page(struct kp_txn *txn, uint32_t round,
                                            const uint8_t *after, size_t after_size,
                                            struct kp_batch *items, bool *end,
                                            struct kp_error *error);

#endif
