/* Internal. Four field elements from and to 32 bytes each, little-endian, without gaps. */
#ifndef KP_CRYPTO_ENGINE_FIELD4_BYTES_H
#define KP_CRYPTO_ENGINE_FIELD4_BYTES_H

#include "crypto/engine/field4.h"

#define KP_FE4_BYTES 128

/* The top bit of each 32 bytes is left out. Carried. */
void kp_fe4_load(struct kp_fe4 *out, const uint8_t bytes[static KP_FE4_BYTES]);
/* The same; the mask tells which of them were not the encoding of a field element (p or more, or
 * the top bit set) or were negative. */
kp_vmask kp_fe4_load_strict(struct kp_fe4 *out, const uint8_t bytes[static KP_FE4_BYTES]);
/* Canonical. a is carried. */
void kp_fe4_store(uint8_t bytes[static KP_FE4_BYTES], const struct kp_fe4 *a);

#endif
