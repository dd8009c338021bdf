#include "crypto/canary.h"

#include "crypto/secret.h"

#include <string.h>

enum kp_status kp_canary_secret(uint8_t secret[static KP_CANARY_SECRET_BYTES],
                                const uint8_t box_secret[static 32],
                                const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t group)
{
    uint8_t info[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 canary secret");
    kp_hash_number(&hash, group);
    kp_hash_digest(&hash, info);
    return kp_hkdf(secret, KP_CANARY_SECRET_BYTES, box_secret, 32, lineage, KP_DIGEST_BYTES, info,
                   sizeof(info));
}

void kp_canary_element(uint8_t key[static KP_ADDRESS_KEY_BYTES],
                       const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t group,
                       const uint8_t secret[static KP_CANARY_SECRET_BYTES], uint32_t index)
{
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 canary element");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_number(&hash, group);
    kp_hash_field(&hash, secret, KP_CANARY_SECRET_BYTES);
    kp_hash_number(&hash, index);
    kp_hash_digest(&hash, digest);
    key[0] = KP_CANARY_KEY_FIRST;
    memcpy(key + 1, digest, KP_ADDRESS_KEY_BYTES - 1);
    kp_wipe(digest, sizeof(digest));
}

static void draw_lot(uint8_t lot[static KP_DIGEST_BYTES],
                     const uint8_t secret[static KP_CANARY_SECRET_BYTES], uint64_t counter,
                     uint32_t index)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 canary choice");
    kp_hash_field(&hash, secret, KP_CANARY_SECRET_BYTES);
    kp_hash_number(&hash, counter);
    kp_hash_number(&hash, index);
    kp_hash_digest(&hash, lot);
}

/* 1 when `one` comes before `other` as text does, else 0: the borrow that is left when it is taken
 * away, without a branch. */
static uint32_t comes_before(const uint8_t *one, const uint8_t *other)
{
    uint32_t borrow = 0;
    for (size_t i = KP_DIGEST_BYTES; i-- > 0;) {
        borrow = ((uint32_t)one[i] - other[i] - borrow) >> 31;
    }
    return borrow;
}

void kp_canary_choose(uint8_t *active, const uint8_t secret[static KP_CANARY_SECRET_BYTES],
                      uint64_t counter, uint32_t pool, uint32_t count)
{
    uint8_t lots[KP_CANARY_POOL_MAX][KP_DIGEST_BYTES];
    for (uint32_t i = 0; i < pool; i++) {
        draw_lot(lots[i], secret, counter, i);
    }
    for (uint32_t i = 0; i < pool; i++) {
        uint32_t before = 0;
        for (uint32_t j = 0; j < pool; j++) {
            before += comes_before(lots[j], lots[i]);
        }
        active[i] = (uint8_t)((before - count) >> 31); /* fewer than `count` come before it */
    }
    kp_wipe(lots, sizeof(lots));
}
