/* Random bytes of the kernel, fetched many at a time.
 *
 * libsodium asks the kernel for every draw, and a round makes five for each slot: the calls cost
 * more than the bytes. kp_random_start puts in libsodium's place (randombytes_set_implementation) a
 * generator that keeps a stock for each thread: bytes of the kernel, never stretched, each given
 * out once and wiped where it stood. Callers go on with randombytes_buf and
 * crypto_core_ristretto255_scalar_random.
 *
 * A child of fork has no part in its parent's stock. What a thread has left when it ends is never
 * used. Draws of KP_RANDOM_DIRECT bytes or more go to the kernel themselves. Like the kernel's own
 * generator this blocks only while a machine that starts has no entropy, and ends the program when
 * there is none to be had. */
#ifndef KP_CRYPTO_RANDOM_H
#define KP_CRYPTO_RANDOM_H

#define KP_RANDOM_STOCK 1024u
#define KP_RANDOM_DIRECT 512u

/* Before sodium_init; part of kp_crypto_start. */
void kp_random_start(void);

#endif
