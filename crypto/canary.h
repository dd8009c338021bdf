/* Canaries: elements that the members of a group share, and nobody else knows.
 *
 * A group's secret gives a pool of elements; a keyed choice says which of them are submitted in a
 * round. To whoever lacks the secret a canary's tag looks like any other's, so that leaving out
 * matches blindly also leaves out canaries. */
#ifndef KP_CRYPTO_CANARY_H
#define KP_CRYPTO_CANARY_H

#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/status.h"

#include <stdint.h>

#define KP_CANARY_SECRET_BYTES 32
/* The first byte of a canary's key. No address's key begins with it. */
#define KP_CANARY_KEY_FIRST 0x01
#define KP_CANARY_POOL_MAX 128 /* elements of a group: twice the active ones */

/* The secret of a group, from the box secret (KP_PAIR_SECRET_BYTES) of the member that draws it:
 * the same at any time, so it isn't lost with a database. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_canary_secret(uint8_t secret[static KP_CANARY_SECRET_BYTES],
                                            const uint8_t box_secret[static 32],
                                            const uint8_t lineage[static KP_DIGEST_BYTES],
                                            uint32_t group);

/* The key of the group's element `index`, in the place of an address key. */
void kp_canary_element(uint8_t key[static KP_ADDRESS_KEY_BYTES],
                       const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t group,
                       const uint8_t secret[static KP_CANARY_SECRET_BYTES], uint32_t index);

/* active: `pool` bytes (at most KP_CANARY_POOL_MAX), of which `count` become 1 and the others 0.
 * Constant time in the secret. */
void kp_canary_choose(uint8_t *active, const uint8_t secret[static KP_CANARY_SECRET_BYTES],
                      uint64_t counter, uint32_t pool, uint32_t count);

#endif
