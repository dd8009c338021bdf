/* Which generator libsodium draws from.
 *
 * Its first choice is a call of the kernel for every draw, for which a round has no time: it takes
 * some hundreds of bytes for each slot. Here it is libsodium's own one (ChaCha20, a key for each
 * thread that comes from the kernel and is replaced by every draw), and a child of fork gets a new
 * key. A draw still costs some: who wants many values fetches them together. */
#ifndef KP_CRYPTO_RANDOM_H
#define KP_CRYPTO_RANDOM_H

#include "crypto/status.h"

/* Before sodium_init; part of kp_crypto_start. */
KP_MUST_USE enum kp_status kp_random_start(void);

#endif
