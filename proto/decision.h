/* What a member's officer decided about one version of an agreement: a file of its own, dated,
 * signed and final. Whether decisions add up to an agreement in force: proto/dossier.h. */
#ifndef KP_PROTO_DECISION_H
#define KP_PROTO_DECISION_H

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "proto/buffer.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_decision_kind {
    KP_DECISION_ACCEPT = 1,
    KP_DECISION_REFUSE = 2,
    KP_DECISION_REVOKE = 3, /* takes back what was accepted */
    KP_DECISION_COUNT = 4,  /* accepts only the round of counts; accepting in full may follow */
};

struct kp_decision {
    uint8_t agreement[KP_DIGEST_BYTES]; /* hash of the version */
    uint32_t member;                    /* from 1 */
    enum kp_decision_kind kind;
    uint64_t time; /* Unix seconds, as the officer's machine had them */
    uint8_t signature[KP_SIGNATURE_BYTES];
};

/* "accept", "refuse", "revoke", "count"; "unknown" for anything else. */
const char *kp_decision_kind_name(enum kp_decision_kind kind);

/* Fills in the signature. secret: of the officer's key pair (kp_sign_keypair). */
void kp_decision_sign(struct kp_decision *decision,
                      const uint8_t secret[static KP_SIGN_SECRET_BYTES]);
/* KP_REFUSED: not signed with this officer's key. */
KP_MUST_USE enum kp_status
kp_decision_verify(const struct kp_decision *decision,
                   const uint8_t officer_key[static KP_SIGN_PUBLIC_BYTES], struct kp_error *error);

/* Canonical bytes, at most KP_DECISION_BYTES_MAX. Replaces the content of `out`. */
KP_MUST_USE enum kp_status kp_decision_pack(const struct kp_decision *decision,
                                            struct kp_buffer *out, struct kp_error *error);
/* Form only: the signature isn't checked. KP_REFUSED names the field, or that the bytes aren't the
 * one form that packing gives. */
KP_MUST_USE enum kp_status kp_decision_unpack(struct kp_decision *decision, const uint8_t *bytes,
                                              size_t size, struct kp_error *error);
/* By their first byte, whether bytes are a decision; an agreement begins in another way. */
bool kp_decision_is(const uint8_t *bytes, size_t size);
/* How programs call a decision among papers: over its canonical bytes, signature included. */
void kp_decision_digest(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *bytes, size_t size);

#endif
