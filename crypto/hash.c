#include "crypto/hash.h"

#include "crypto/group.h"
#include "crypto/secret.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <string.h>

static void put_number(uint8_t bytes[static 8], uint64_t number)
{
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(number >> (56 - 8 * i));
    }
}

void kp_hash_start(struct kp_hash *hash, const char *label)
{
    crypto_hash_sha512_init(&hash->state);
    kp_hash_field(hash, label, strlen(label));
}

void kp_hash_field(struct kp_hash *hash, const void *bytes, size_t size)
{
    uint8_t length[8];
    put_number(length, size);
    crypto_hash_sha512_update(&hash->state, length, sizeof(length));
    if (size > 0) {
        crypto_hash_sha512_update(&hash->state, bytes, size);
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
    crypto_hash_sha512_final(&hash->state, wide);
    kp_wipe(hash, sizeof(*hash));
}

void kp_hash_scalar(struct kp_hash *hash, uint8_t scalar[static 32])
{
    uint8_t wide[KP_WIDE_BYTES];
    kp_hash_wide(hash, wide);
    kp_scalar_reduce(scalar, wide);
    kp_wipe(wide, sizeof(wide));
}

/* Looking the algorithm up costs more than using it. Kept until the process ends. */
static EVP_KDF *hkdf;
static CRYPTO_ONCE hkdf_once = CRYPTO_ONCE_STATIC_INIT;

static void fetch_hkdf(void)
{
    hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
}

/* An OSSL_PARAM takes a plain pointer, also to what OpenSSL only reads; and it takes NULL for "none
 * given", which is not the same as empty. */
static OSSL_PARAM octets(const char *name, const uint8_t *bytes, size_t size)
{
    static uint8_t empty[1];
    void *data = size == 0 ? empty : (void *)(uintptr_t)bytes;
    return OSSL_PARAM_construct_octet_string(name, data, size);
}

enum kp_status kp_hkdf(uint8_t *out, size_t size, const uint8_t *input_key, size_t input_key_size,
                       const uint8_t *salt, size_t salt_size, const uint8_t *info, size_t info_size)
{
    EVP_KDF_CTX *context = NULL;
    if (CRYPTO_THREAD_run_once(&hkdf_once, fetch_hkdf) == 1 && hkdf != NULL) {
        context = EVP_KDF_CTX_new(hkdf);
    }
    char digest[] = "SHA512";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        octets(OSSL_KDF_PARAM_KEY, input_key, input_key_size),
        octets(OSSL_KDF_PARAM_SALT, salt, salt_size),
        octets(OSSL_KDF_PARAM_INFO, info, info_size),
        OSSL_PARAM_construct_end(),
    };
    int derived = context == NULL ? 0 : EVP_KDF_derive(context, out, size, parameters);
    EVP_KDF_CTX_free(context);
    if (derived != 1) {
        kp_wipe(out, size);
        return KP_FAILED;
    }
    return KP_OK;
}
