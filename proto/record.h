/* An entry of a submission, and the record inside it. Fixed sizes: they depend on the agreement
 * and, for the path, on the member's number, never on what an address is.
 *
 * entry  = tag 32, share 32, path (32 each), record
 * record = outer seal of inner seal of plain (crypto/seal.h)
 * plain  = address 16, y 32, g 32, index 4 (BE), point 32, blindings of address and point 16 each,
 * and for indicators, grounds, observed-on: value and blinding 16 where the agreement discloses the
 *          field, else its commitment 32. */
#ifndef KP_PROTO_RECORD_H
#define KP_PROTO_RECORD_H

#include "crypto/canary.h"
#include "crypto/leaf.h"
#include "crypto/merkle.h"
#include "crypto/oprf.h"
#include "crypto/seal.h"
#include "proto/agreement.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_element_type {
    KP_ELEMENT_SIGNAL = 1,
    KP_ELEMENT_CANARY = 2,
};

/* Not for the owner's own slots, where it is a secret which hold a canary. */
bool kp_key_is_canary(const uint8_t key[static KP_ADDRESS_KEY_BYTES]);

/* Input of the joint function: lineage, type and key, each after its length (2 bytes, BE). The type
 * follows from the key's first byte, without a branch: an address and a canary never give the same
 * input, whatever a member takes for a key. */
#define KP_ELEMENT_INPUT_BYTES (2 + KP_DIGEST_BYTES + 2 + 1 + 2 + KP_ADDRESS_KEY_BYTES)
void kp_element_input(uint8_t input[static KP_ELEMENT_INPUT_BYTES],
                      const uint8_t lineage[static KP_DIGEST_BYTES],
                      const uint8_t key[static KP_ADDRESS_KEY_BYTES]);

struct kp_record {
    struct kp_leaf leaf; /* undisclosed fields are zero after unpacking */
    uint8_t y[KP_POINT_BYTES];
    uint8_t g[KP_DIGEST_BYTES];
    uint8_t commitments[KP_LEAF_FIELDS]
                       [KP_DIGEST_BYTES]; /* filled in by unpacking, of every field */
};

#define KP_RECORD_PLAIN_MAX 512
#define KP_ENTRY_MAX                                                                               \
    (64 + KP_SHARE_PATH_MAX * 32 + KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD +                  \
     KP_SEAL_OUTER_OVERHEAD)

size_t kp_record_plain_size(const struct kp_agreement *agreement);
void kp_record_pack(uint8_t *plain, const struct kp_agreement *agreement,
                    const struct kp_record *record);
void kp_record_unpack(struct kp_record *record, const struct kp_agreement *agreement,
                      const uint8_t *plain);

size_t kp_record_inner_size(const struct kp_agreement *agreement);
size_t kp_record_size(const struct kp_agreement *agreement); /* sealed twice */
size_t kp_entry_path_size(const struct kp_agreement *agreement, uint32_t member);
size_t kp_entry_size(const struct kp_agreement *agreement, uint32_t member);

/* The same in a round of this type: an entry of a round of counts is the tag alone. */
size_t kp_entry_size_in(const struct kp_agreement *agreement, uint32_t member,
                        enum kp_round_type type);

/* Pointers into an entry. */
struct kp_entry_view {
    const uint8_t *tag;
    const uint8_t *share;
    const uint8_t *path;
    const uint8_t *record;
};
struct kp_entry_view kp_entry_at(const struct kp_agreement *agreement, uint32_t member,
                                 const uint8_t *entry);
/* Leaf of an entry in the tree of READY's entries_root: H over all of it. The path too, although
 * tag and share determine it: else another path could be shown with what the member signed. */
void kp_entry_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_agreement *agreement,
                   uint32_t member, const uint8_t *entry);

/* The same in a round of this type: of an entry of a round of counts the other fields are empty. */
void kp_entry_leaf_in(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_agreement *agreement,
                      uint32_t member, enum kp_round_type type, const uint8_t *entry);

#endif
