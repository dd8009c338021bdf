/* A record of a match, from the entry to the address: what proto/record.c, crypto/seal.c,
 * crypto/shares.c, crypto/leaf.c and crypto/opening.c do, written once more from docs/protocol.md
 * (sections 2, 6, 10, 11 and 26), as proto/verify_digest.h does for what is signed. Everything here
 * is public to whoever has the file; nothing is wiped or constant in time. */
#ifndef KP_PROTO_VERIFY_RECORD_H
#define KP_PROTO_VERIFY_RECORD_H

#include "crypto/leaf.h"
#include "crypto/opening.h"
#include "crypto/shares.h"
#include "proto/agreement.h"
#include "proto/proof.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Section 2: the leaf is the digest at `index` of a tree of `count` with this root; the path has
 * exactly its length. */
bool kp_verify_path(const uint8_t root[static KP_DIGEST_BYTES],
                    const uint8_t leaf[static KP_DIGEST_BYTES], size_t count, size_t index,
                    const struct kp_buffer *path);

/* The same for the root of a chunk, of which the tree has `count`. */
bool kp_verify_chunk_path(const uint8_t root[static KP_DIGEST_BYTES],
                          const uint8_t chunk_root[static KP_DIGEST_BYTES], size_t count,
                          size_t index, const struct kp_buffer *path);
/* As many digests as a path has. */
size_t kp_verify_path_length(size_t count, size_t index);

/* Where a record belongs. */
struct kp_verify_place {
    const struct kp_agreement *agreement;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint64_t round_type;
    uint32_t member;
};

/* Section 10.7: pointers into an entry. false: it hasn't the size of this member's. */
struct kp_verify_entry {
    const uint8_t *tag;
    const uint8_t *share;
    struct kp_buffer path;   /* borrowed */
    struct kp_buffer record; /* borrowed */
};
bool kp_verify_entry_split(struct kp_verify_entry *entry, const struct kp_agreement *agreement,
                           uint32_t member, const struct kp_buffer *bytes);
size_t kp_verify_entry_size(const struct kp_agreement *agreement, uint32_t member);
void kp_verify_entry_leaf(uint8_t leaf[static KP_DIGEST_BYTES],
                          const struct kp_verify_entry *entry);

/* The same of a round of counts, whose entries are tags (section 25). */
void kp_verify_tag_leaf(uint8_t leaf[static KP_DIGEST_BYTES],
                        const uint8_t tag[static KP_DIGEST_BYTES]);

/* Section 10.6: a share that is one, under its tag. */
bool kp_verify_share(const struct kp_verify_place *place, const struct kp_verify_entry *entry);
/* s from t shares of distinct members. */
void kp_verify_interpolate(uint8_t secret[static KP_SCALAR_BYTES], const uint32_t *members,
                           const uint8_t (*shares)[KP_SCALAR_BYTES], uint32_t count);

/* The outer layer; `inner` gets E, proof and the AEAD. false: it doesn't open. */
#define KP_VERIFY_INNER_MAX 512
struct kp_verify_inner {
    uint8_t bytes[KP_VERIFY_INNER_MAX];
    size_t size;
};
bool kp_verify_outer(struct kp_verify_inner *inner, const struct kp_verify_place *place,
                     const struct kp_verify_entry *entry,
                     const uint8_t secret[static KP_SCALAR_BYTES]);
/* The Schnorr proof behind E. */
bool kp_verify_seal(const struct kp_verify_inner *inner, const struct kp_verify_place *place,
                    const uint8_t tag[static KP_DIGEST_BYTES]);
/* Section 26: a holder's D and its proof. */
bool kp_verify_partial(const uint8_t partial[static KP_PARTIAL_BYTES], uint32_t holder,
                       const struct kp_verify_inner *inner, const struct kp_verify_place *place,
                       const uint8_t tag[static KP_DIGEST_BYTES]);

/* What a record says. Fields that the agreement doesn't disclose are zero. */
struct kp_verify_content {
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    uint8_t y[KP_POINT_BYTES];
    uint8_t g[KP_DIGEST_BYTES];
    uint32_t index;
    uint8_t point[KP_POINT_BYTES];
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint32_t observed_on;
    uint8_t commitments[KP_LEAF_FIELDS][KP_DIGEST_BYTES];
};
/* The inner layer, with the sum of `count` holders' D. false: it doesn't open. */
bool kp_verify_open(struct kp_verify_content *content, const struct kp_verify_inner *inner,
                    const struct kp_verify_place *place, const uint8_t tag[static KP_DIGEST_BYTES],
                    const uint8_t (*partials)[KP_PARTIAL_BYTES], uint32_t count);
/* Section 6. */
void kp_verify_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_agreement *agreement,
                    const struct kp_verify_content *content);
void kp_verify_g_hash(uint8_t digest[static KP_DIGEST_BYTES],
                      const uint8_t g[static KP_DIGEST_BYTES]);
/* Sections 10.5 and 10.6: tag and this member's share follow from what the record says. false also
 * when there is no memory. */
bool kp_verify_tag(const struct kp_verify_content *content, const struct kp_verify_place *place,
                   const struct kp_verify_entry *entry);
/* The same in steps: section 6, with type 2 for a canary's key; section 10.5; and from an output,
 * which of a slot that counts as padding is random. An entry without a share has its tag checked
 * alone. */
#define KP_VERIFY_ELEMENT_BYTES 55
void kp_verify_element(uint8_t x[static KP_VERIFY_ELEMENT_BYTES],
                       const struct kp_agreement *agreement,
                       const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
void kp_verify_output(uint8_t out[static KP_WIDE_BYTES], const struct kp_agreement *agreement,
                      const uint8_t key[static KP_ADDRESS_KEY_BYTES],
                      const uint8_t y[static KP_POINT_BYTES]);
bool kp_verify_tag_of_output(const uint8_t output[static KP_WIDE_BYTES],
                             const uint8_t g[static KP_DIGEST_BYTES],
                             const struct kp_verify_place *place,
                             const struct kp_verify_entry *entry);
/* Section 6: whether a key is that of an address, in the agreement's scheme; and whether that lies
 * in its area. What is no such key doesn't. */
bool kp_verify_address(const struct kp_agreement *agreement,
                       const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
bool kp_verify_area(const struct kp_agreement *agreement,
                    const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
/* All `count` shares of distinct members, at least t, stand for one tag: this one. Section 10.6
 * from the shares instead of from the output. */
bool kp_verify_tag_of_shares(const struct kp_verify_place *place,
                             const uint8_t tag[static KP_DIGEST_BYTES], const uint32_t *members,
                             const uint8_t (*shares)[KP_SCALAR_BYTES], uint32_t count);

/* Section 26: the leaf of a holder's act; `partials` by rising member. */
void kp_verify_act_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_verify_place *place,
                        const uint8_t tag[static KP_DIGEST_BYTES], uint32_t holder,
                        const uint32_t *members, const uint8_t (*partials)[KP_PARTIAL_BYTES],
                        uint32_t count);

#endif
