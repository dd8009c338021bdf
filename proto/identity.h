/* A party's identity key (Ed25519): what it signs its messages and its log with. */
#ifndef KP_PROTO_IDENTITY_H
#define KP_PROTO_IDENTITY_H

#include "crypto/sign.h"
#include "proto/error.h"

/* The secret key made from the seed in a key file, in locked memory (KP_SIGN_SECRET_BYTES; freed
 * with kp_secret_free). KP_REFUSED: it isn't the one that the agreement names for `who`. */
KP_MUST_USE enum kp_status kp_identity_read(uint8_t **secret, const char *path,
                                            const uint8_t expected[static KP_SIGN_PUBLIC_BYTES],
                                            const char *who, struct kp_error *error);

#endif
