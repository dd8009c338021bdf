/* The canaries of a member: the secrets of its groups, and which elements they give
 * (docs/protocol.md, "Canaries").
 *
 * A group's lowest member draws its secret, from its own box secret, and sends it to the others. So
 * whoever lost a database has the own ones again, and gets the others' again by letter. */
#ifndef KP_NODE_CANARIES_H
#define KP_NODE_CANARIES_H

#include "crypto/canary.h"
#include "proto/agreement.h"
#include "proto/error.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

/* Writes down the secrets that this member draws. box_secret: 32 bytes. The same every time. */
KP_MUST_USE enum kp_status kp_canaries_draw(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t own,
                                            const uint8_t *box_secret, struct kp_error *error);

/* What this member, having drawn, sends `to`: for each group that it draws for and shares with it,
 * by rising number, BE(4, group) and the secret. Empty when there is none. Secret; wiped when
 * freed. */
KP_MUST_USE enum kp_status kp_canaries_give(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t own,
                                            uint32_t to, struct kp_buffer *plain,
                                            struct kp_error *error);
/* The same from the other side. KP_REFUSED: not exactly the groups that `from` draws for and shares
 * with this member, or another secret than it gave before; nothing is written. */
KP_MUST_USE enum kp_status kp_canaries_take(struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t own,
                                            uint32_t from, const struct kp_buffer *plain,
                                            struct kp_error *error);

/* Of which members secrets haven't come yet: bit i - 1 is member i. */
KP_MUST_USE enum kp_status kp_canaries_missing(struct kp_txn *txn,
                                               const struct kp_agreement *agreement, uint32_t own,
                                               uint32_t *members, struct kp_error *error);

#define KP_CANARY_NO_ITEM UINT32_MAX
struct kp_canary {
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    uint32_t item; /* which one of the member's active ones (proto/canary_notice.h), or none */
};
/* All elements of the member's groups; bulk. */
struct kp_canaries {
    struct kp_canary *items;
    size_t count;
};
/* Those whose secrets are there; which are active is that of `counter`. The caller frees. */
KP_MUST_USE enum kp_status kp_canaries_read(struct kp_canaries *canaries, struct kp_txn *txn,
                                            const struct kp_agreement *agreement, uint32_t own,
                                            uint64_t counter, struct kp_error *error);
void kp_canaries_free(struct kp_canaries *canaries);

#endif
