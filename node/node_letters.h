/* Letters at the node (proto/letter.h): an outbox on disk, and what comes in. On the loop's thread.
 *
 * A letter that the node writes is sealed and put into the outbox in the transaction of whatever it
 * tells, so that both happen or neither; it leaves when there is a connection, with the same bytes
 * however often it must be put. A letter that came is handled once, in the transaction that marks
 * it as seen. */
#ifndef KP_NODE_NODE_LETTERS_H
#define KP_NODE_NODE_LETTERS_H

#include "proto/letter.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_node;

/* In the caller's transaction. Of a type, receiver, subject and part the first letter alone is
 * written; another one has no effect. KP_USAGE: such a letter doesn't go from a member there. */
KP_MUST_USE enum kp_status kp_node_letters_post(struct kp_node *node, struct kp_txn *txn,
                                                const struct kp_letter_draft *draft,
                                                struct kp_error *error);

/* What a handler gets: opened, signed by its sender, written to this member. KP_OK: its effects are
 * in txn. KP_REFUSED: it has none, and isn't asked for again. KP_FAILED: the node's own
 * fault; the letter comes again. */
typedef enum kp_status kp_node_letter_handler(struct kp_node *node, struct kp_txn *txn,
                                              const struct kp_opened_letter *letter,
                                              struct kp_error *error);

/* One packed letter, as the coordinator numbers it: what kp_node_letters_tick does with each.
 * KP_OK: it is dealt with, whatever it was. KP_FAILED: it isn't. */
KP_MUST_USE enum kp_status kp_node_letters_take(struct kp_node *node, uint64_t number,
                                                const uint8_t *packed, size_t size,
                                                struct kp_error *error);

/* Fetches and puts; when it wants to be called again. */
uint64_t kp_node_letters_tick(struct kp_node *node, uint64_t now);
/* The connection was made anew, or a mailbox was: nothing is being asked, and what comes may have
 * changed. */
void kp_node_letters_reset(struct kp_node *node);

/* How many letters wait in the outbox. */
KP_MUST_USE enum kp_status kp_node_letters_waiting(struct kp_node *node, uint64_t *waiting,
                                                   struct kp_error *error);

#endif
