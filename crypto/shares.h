/* From the joint function's output to shares and a tag.
 *
 * The output determines a polynomial f of degree threshold - 1 over the scalar field (Shamir,
 * 1979): H64("Kruispunt-v1 shares", terms, output, i) modulo the order is the coefficient of X^i,
 * where `terms` is a digest of all that the slots of a round have in common. The secret is f(0).
 * Member i's share is f(i). The tag is the root of a tree whose lowest nodes are
 * H("Kruispunt-v1 share", round id || i || f(i)) for i = 1..members, so that each share can be
 * checked alone against the tag. All who hold the same address in a round reach the same tag.
 */
#ifndef KP_CRYPTO_SHARES_H
#define KP_CRYPTO_SHARES_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

#define KP_MEMBERS_MAX 32
#define KP_MEMBERS_MIN 2
#define KP_SHARE_PATH_MAX 5 /* digests: a tree of 32 leaves */

struct kp_share_context {
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t type;               /* of the round */
    uint8_t g[KP_DIGEST_BYTES]; /* hash of what all members threw in */
    uint32_t threshold;         /* 2 to members */
    uint32_t members;           /* KP_MEMBERS_MIN to KP_MEMBERS_MAX */
};

/* Secret; wipe after use. */
struct kp_shares {
    uint8_t secret[KP_SCALAR_BYTES]; /* s = f(0) */
    uint8_t tag[KP_DIGEST_BYTES];
    uint8_t share[KP_MEMBERS_MAX][KP_SCALAR_BYTES]; /* [i - 1] = f(i) */
    uint8_t node[KP_MEMBERS_MAX][KP_DIGEST_BYTES];  /* [i - 1] = H(share) */
};

/* output: KP_OPRF_OUTPUT_BYTES. Constant time in the output. KP_USAGE: threshold or members out of
 * range; `shares` is zeroed. */
KP_MUST_USE enum kp_status kp_shares_derive(struct kp_shares *shares,
                                            const uint8_t output[static 64],
                                            const struct kp_share_context *context);

/* What all slots of a round have in common, worked out once. Wipe after use. */
struct kp_share_terms {
    struct kp_share_context context;
    uint8_t digest[KP_DIGEST_BYTES];
};
/* KP_USAGE: threshold or members out of range; `terms` is zeroed. */
KP_MUST_USE enum kp_status kp_share_terms_make(struct kp_share_terms *terms,
                                               const struct kp_share_context *context);

/* What one member needs of them. Secret; wipe after use. */
struct kp_own_share {
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t tag[KP_DIGEST_BYTES];
    uint8_t share[KP_SCALAR_BYTES];
    uint8_t path[KP_SHARE_PATH_MAX * KP_DIGEST_BYTES]; /* as kp_shares_path gives it */
};
/* As kp_shares_derive, for `member` (1..members) alone. KP_USAGE: it isn't. */
KP_MUST_USE enum kp_status kp_shares_derive_own(struct kp_own_share *own,
                                                const uint8_t output[static 64],
                                                const struct kp_share_terms *terms,
                                                uint32_t member);

/* The path of member's (1..members) share: kp_merkle_path_length(member - 1, members) digests. */
void kp_shares_path(uint8_t *path, const struct kp_shares *shares, uint32_t members,
                    uint32_t member);

/* KP_REFUSED: zero or not reduced (an honest share is zero once in 2^252), not a member's number,
 * or not that member's share under this tag. */
KP_MUST_USE enum kp_status kp_share_check(const uint8_t tag[static KP_DIGEST_BYTES],
                                          const uint8_t round_id[static KP_DIGEST_BYTES],
                                          uint32_t members, uint32_t member,
                                          const uint8_t share[static KP_SCALAR_BYTES],
                                          const uint8_t *path);

/* f(0) from `threshold` shares of distinct members (numbers from 1).
 * KP_REFUSED: a member number is zero, too large or there twice, or a share is zero or not reduced.
 */
KP_MUST_USE enum kp_status kp_shares_interpolate(uint8_t secret[static KP_SCALAR_BYTES],
                                                 uint32_t threshold, const uint32_t *member,
                                                 const uint8_t *shares);

#endif
