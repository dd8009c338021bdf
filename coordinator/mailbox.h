/* A durable mailbox for each member: messages wait here until their member says that it has them.
 *
 * Exactly once, over any number of reconnects: what a member puts carries a sequence number, and
 * one that isn't larger than the last is not taken again; what a member fetches is numbered by the
 * mailbox, rising, and stays until it is acknowledged or its attempt is over. Both counters change
 * in the same transaction as their effect. */
#ifndef KP_COORDINATOR_MAILBOX_H
#define KP_COORDINATOR_MAILBOX_H

#include "proto/error.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* The last sequence number that `member` has put; 0: none. */
KP_MUST_USE enum kp_status kp_mailbox_last_put(struct kp_txn *txn, uint32_t member, uint64_t *last,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_mailbox_set_last_put(struct kp_txn *txn, uint32_t member,
                                                   uint64_t last, struct kp_error *error);

/* Adds a packed round message for member. */
KP_MUST_USE enum kp_status kp_mailbox_append(struct kp_txn *txn, uint32_t member,
                                             const uint8_t *packed, size_t size,
                                             struct kp_error *error);
/* Forgets all up to `sequence`. KP_REFUSED: such a number was never given out. */
KP_MUST_USE enum kp_status kp_mailbox_acknowledge(struct kp_txn *txn, uint32_t member,
                                                  uint64_t sequence, struct kp_error *error);
/* Forgets all that waits, such as the messages of an attempt that ended. */
KP_MUST_USE enum kp_status kp_mailbox_clear(struct kp_txn *txn, uint32_t member,
                                            struct kp_error *error);
/* What waits behind number `after`, as much as goes into one delivery: *first is the number of the
 * first message. KP_REFUSED: `after` was never given out. */
KP_MUST_USE enum kp_status kp_mailbox_fetch(struct kp_txn *txn, uint32_t member, uint64_t after,
                                            uint64_t *first, struct kp_batch *messages,
                                            struct kp_error *error);
/* As kp_mailbox_fetch judges `after` where the last message isn't there yet. */
KP_MUST_USE enum kp_status kp_mailbox_check_before_last(struct kp_txn *txn, uint32_t member,
                                                        uint64_t after, struct kp_error *error);
/* How many wait behind number `after`; 0: behind what is done with. */
KP_MUST_USE enum kp_status kp_mailbox_waiting(struct kp_txn *txn, uint32_t member, uint64_t after,
                                              uint64_t *waiting, struct kp_error *error);

#endif
