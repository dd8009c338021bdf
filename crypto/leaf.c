#include "crypto/leaf.h"

#include "crypto/secret.h"

static void hash_u32(struct kp_hash *hash, uint32_t number)
{
    uint8_t bytes[4];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    }
    kp_hash_field(hash, bytes, sizeof(bytes));
    kp_wipe(bytes, sizeof(bytes));
}

void kp_leaf_commit(uint8_t commitment[static KP_DIGEST_BYTES], const struct kp_leaf *leaf,
                    enum kp_leaf_field field)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 leaf field");
    kp_hash_number(&hash, (uint64_t)field);
    kp_hash_field(&hash, leaf->blinding[field], KP_LEAF_BLINDING_BYTES);
    switch (field) {
    case KP_LEAF_ADDRESS:
        kp_hash_field(&hash, leaf->address, sizeof(leaf->address));
        break;
    case KP_LEAF_INDICATORS:
        kp_hash_field(&hash, leaf->indicators, sizeof(leaf->indicators));
        break;
    case KP_LEAF_GROUNDS:
        kp_hash_field(&hash, leaf->grounds, sizeof(leaf->grounds));
        break;
    case KP_LEAF_OBSERVED_ON:
        hash_u32(&hash, leaf->observed_on);
        break;
    case KP_LEAF_POINT:
        kp_hash_field(&hash, leaf->point, sizeof(leaf->point));
        break;
    case KP_LEAF_FIELDS:
        break;
    }
    kp_hash_digest(&hash, commitment);
}

void kp_leaf_digest_of_commitments(uint8_t digest[static KP_DIGEST_BYTES],
                                   const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t index,
                                   const uint8_t *commitments)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 leaf");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, index);
    kp_hash_field(&hash, commitments, KP_LEAF_FIELDS * KP_DIGEST_BYTES);
    kp_hash_digest(&hash, digest);
}

void kp_leaf_digest(uint8_t digest[static KP_DIGEST_BYTES],
                    const uint8_t lineage[static KP_DIGEST_BYTES], const struct kp_leaf *leaf)
{
    uint8_t commitments[KP_LEAF_FIELDS * KP_DIGEST_BYTES];
    for (size_t i = 0; i < KP_LEAF_FIELDS; i++) {
        kp_leaf_commit(commitments + i * KP_DIGEST_BYTES, leaf, (enum kp_leaf_field)i);
    }
    kp_leaf_digest_of_commitments(digest, lineage, leaf->index, commitments);
}
