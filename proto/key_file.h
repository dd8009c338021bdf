/* Secret keys in files: one line, "kruispunt KIND key 1 HEX", mode 0600.
 *
 * Where a path begins with "credential:" the rest names a systemd credential, read from
 * $CREDENTIALS_DIRECTORY. Secrets are returned in locked memory (kp_secret_new), owned by the
 * caller. */
#ifndef KP_PROTO_KEY_FILE_H
#define KP_PROTO_KEY_FILE_H

#include "proto/error.h"

#include <stddef.h>
#include <stdint.h>

enum kp_key_kind {
    KP_KEY_IDENTITY, /* Ed25519 seed, 32 bytes (crypto/sign.h) */
    KP_KEY_BOX,      /* X25519 secret, 32 bytes (crypto/pair.h) */
    KP_KEY_OPENING,  /* ristretto255 scalar, 32 bytes */
    KP_KEY_STORE,    /* of the database at rest, 32 bytes */
    KP_KEY_PAIR,     /* one member's part of a secret with another, 32 bytes (node/pairs.h) */
    KP_KEY_OFFICER,  /* Ed25519 seed of who decides about agreements, 32 bytes */
};

/* "identity", "box", "opening", "store", "pair", "officer" */
const char *kp_key_kind_name(enum kp_key_kind kind);

#define KP_KEY_BYTES 32

KP_MUST_USE enum kp_status kp_key_read(const char *path, enum kp_key_kind kind, uint8_t **secret,
                                       struct kp_error *error);
/* Never replaces a file. */
KP_MUST_USE enum kp_status kp_key_write(const char *path, enum kp_key_kind kind,
                                        const uint8_t secret[static KP_KEY_BYTES],
                                        struct kp_error *error);

#endif
