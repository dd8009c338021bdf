#include "tests/attack/forge.h"

#include <CUnit/CUnit.h>
#include <string.h>

void forge_root(uint8_t node[static KP_DIGEST_BYTES], const uint8_t *path, uint32_t position,
                uint32_t depth)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 merkle leaf");
    kp_hash_field(&hash, node, KP_DIGEST_BYTES);
    kp_hash_digest(&hash, node);
    for (uint32_t i = 0; i < depth; i++) {
        const uint8_t *sibling = path + (size_t)i * KP_DIGEST_BYTES;
        bool right = (position >> i & 1) != 0;
        uint8_t children[2 * KP_DIGEST_BYTES];
        memcpy(children, right ? sibling : node, KP_DIGEST_BYTES);
        memcpy(children + KP_DIGEST_BYTES, right ? node : sibling, KP_DIGEST_BYTES);
        kp_hash_start(&hash, "Kruispunt-v1 merkle node");
        kp_hash_field(&hash, children, sizeof(children));
        kp_hash_digest(&hash, node);
    }
}

void forge_ready(const struct fixture *fixture, uint32_t member,
                 const uint8_t root[static KP_DIGEST_BYTES], struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_ready ready;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_ready_unpack(&ready, &message.body, NULL), KP_OK);
    memcpy(ready.entries_root, root, KP_DIGEST_BYTES);
    kp_buffer_free(&message.body);
    kp_buffer_free(packed);
    CU_ASSERT_EQUAL_FATAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, fixture->agreement->lineage,
                          fixture->member[member - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}
