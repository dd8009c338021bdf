/* Inverses of small numbers modulo the group's order, little-endian. */
#ifndef KP_CRYPTO_INVERSES_H
#define KP_CRYPTO_INVERSES_H

#include "crypto/group.h"

#include <stdint.h>

#define KP_INVERSES 31

/* kp_inverses[i] * (i + 1) = 1. */
extern const uint8_t kp_inverses[KP_INVERSES][KP_SCALAR_BYTES];

#endif
