#include "crypto/hash.h"

#include "crypto/group.h"
#include "crypto/secret.h"

#include <string.h>

static void put_number(uint8_t bytes[static 8], uint64_t number)
{
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

void kp_hash_start(struct kp_hash *hash, const char *label)
{
    /* libsodium refuses sizes that aren't BLAKE2b's, and these are. */
    (void)crypto_generichash_blake2b_init(&hash->state, NULL, 0, KP_WIDE_BYTES);
    kp_hash_field(hash, label, strlen(label));
}

void kp_hash_field(struct kp_hash *hash, const void *bytes, size_t size)
{
    uint8_t length[8];
    put_number(length, size);
    (void)crypto_generichash_blake2b_update(&hash->state, length, sizeof(length));
    if (size > 0) {
        (void)crypto_generichash_blake2b_update(&hash->state, bytes, size);
    }
}

void kp_hash_number(struct kp_hash *hash, uint64_t number)
{
    uint8_t bytes[8];
    put_number(bytes, number);
    kp_hash_field(hash, bytes, sizeof(bytes));
    kp_wipe(bytes, sizeof(bytes));
}

void kp_hash_digest(struct kp_hash *hash, uint8_t digest[static KP_DIGEST_BYTES])
{
    uint8_t wide[KP_WIDE_BYTES];
    kp_hash_wide(hash, wide);
    memcpy(digest, wide, KP_DIGEST_BYTES);
    kp_wipe(wide, sizeof(wide));
}

void kp_hash_wide(struct kp_hash *hash, uint8_t wide[static KP_WIDE_BYTES])
{
    (void)crypto_generichash_blake2b_final(&hash->state, wide, KP_WIDE_BYTES);
    kp_wipe(hash, sizeof(*hash));
}

void kp_hash_scalar(struct kp_hash *hash, uint8_t scalar[static 32])
{
    uint8_t wide[KP_WIDE_BYTES];
    kp_hash_wide(hash, wide);
    kp_scalar_reduce(scalar, wide);
    kp_wipe(wide, sizeof(wide));
}

/* HMAC-SHA-512 by libsodium: OpenSSL's looks its hash up at each call, which costs more than
 * hashing. */
static void hmac_finish(crypto_auth_hmacsha512_state *state, uint8_t out[static KP_WIDE_BYTES])
{
    crypto_auth_hmacsha512_final(state, out);
    kp_wipe(state, sizeof(*state));
}

static void hkdf_extract(uint8_t key[static KP_WIDE_BYTES], const uint8_t *input_key,
                         size_t input_key_size, const uint8_t *salt, size_t salt_size)
{
    static const uint8_t none[1]; /* libsodium takes no NULL, also where nothing is read */
    crypto_auth_hmacsha512_state state;
    crypto_auth_hmacsha512_init(&state, salt_size > 0 ? salt : none, salt_size);
    crypto_auth_hmacsha512_update(&state, input_key, input_key_size);
    hmac_finish(&state, key);
}

/* T(n) = HMAC(key, T(n - 1) || info || n), one behind the other. `keyed` has taken the key. */
static void hkdf_expand(uint8_t *out, size_t size, const crypto_auth_hmacsha512_state *keyed,
                        const uint8_t *info, size_t info_size)
{
    uint8_t block[KP_WIDE_BYTES];
    uint8_t number = 1;
    for (size_t done = 0; done < size; number++) {
        crypto_auth_hmacsha512_state state = *keyed;
        size_t part = size - done < sizeof(block) ? size - done : sizeof(block);
        crypto_auth_hmacsha512_update(&state, block, done == 0 ? 0 : sizeof(block));
        crypto_auth_hmacsha512_update(&state, info, info_size);
        crypto_auth_hmacsha512_update(&state, &number, sizeof(number));
        hmac_finish(&state, block);
        memcpy(out + done, block, part);
        done += part;
    }
    kp_wipe(block, sizeof(block));
}

enum kp_status kp_hkdf(uint8_t *out, size_t size, const uint8_t *input_key, size_t input_key_size,
                       const uint8_t *salt, size_t salt_size, const uint8_t *info, size_t info_size)
{
    if (size > 255 * KP_WIDE_BYTES) {
        kp_wipe(out, size);
        return KP_FAILED;
    }
    uint8_t key[KP_WIDE_BYTES];
    crypto_auth_hmacsha512_state keyed;
    hkdf_extract(key, input_key, input_key_size, salt, salt_size);
    crypto_auth_hmacsha512_init(&keyed, key, sizeof(key));
    hkdf_expand(out, size, &keyed, info, info_size);
    kp_wipe(&keyed, sizeof(keyed));
    kp_wipe(key, sizeof(key));
    return KP_OK;
}
