/* A slot's leaf: a commitment to what a slot held in this attempt at a round.
 *
 * leaf = H("Kruispunt-v1 leaf", lineage, index, commitments of all fields in one), and a field's
 * commitment is H("Kruispunt-v1 leaf field", field number, blinding, value). The blindings are
 * fresh in each attempt, so a field can be shown without the others, and equal slots of two rounds
 * don't look equal.
 */
#ifndef KP_CRYPTO_LEAF_H
#define KP_CRYPTO_LEAF_H

#include "crypto/group.h"
#include "crypto/hash.h"

#include <stdint.h>

#define KP_ADDRESS_KEY_BYTES 16 /* of every key scheme; proto/address.h makes them */
#define KP_LEAF_BLINDING_BYTES 16
#define KP_INDICATOR_SET_BYTES 32 /* a bit for each of up to 256 indicators of a member */

enum kp_leaf_field {
    KP_LEAF_ADDRESS = 0,     /* the address key; zeros in padding */
    KP_LEAF_INDICATORS = 1,  /* bit i % 8 of byte i / 8: the member's i-th indicator (from 0) */
    KP_LEAF_GROUNDS = 2,     /* digest over the merged signals' grounds, each salted */
    KP_LEAF_OBSERVED_ON = 3, /* year * 10000 + month * 100 + day of the latest; 4 bytes, BE */
    KP_LEAF_POINT = 4,       /* the slot's blinded point A */
    KP_LEAF_FIELDS = 5,
};

struct kp_leaf {
    uint32_t index; /* of the slot, from 0 */
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint32_t observed_on;
    uint8_t point[KP_POINT_BYTES];
    uint8_t blinding[KP_LEAF_FIELDS][KP_LEAF_BLINDING_BYTES];
};

void kp_leaf_commit(uint8_t commitment[static KP_DIGEST_BYTES], const struct kp_leaf *leaf,
                    enum kp_leaf_field field);
/* The leaf from its fields' commitments (KP_LEAF_FIELDS digests without gaps). */
void kp_leaf_digest_of_commitments(uint8_t digest[static KP_DIGEST_BYTES],
                                   const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t index,
                                   const uint8_t *commitments);
void kp_leaf_digest(uint8_t digest[static KP_DIGEST_BYTES],
                    const uint8_t lineage[static KP_DIGEST_BYTES], const struct kp_leaf *leaf);

#endif
