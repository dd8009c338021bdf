#include "crypto/oprf_hash.h"

#include "crypto/secret.h"

#include <string.h>

#define SHA512_BLOCK_BYTES 128

void kp_oprf_domain(struct kp_oprf_domain *domain, const char *prefix, enum kp_oprf_mode mode)
{
    static const char before[] = "OPRFV1-";
    static const char after[] = "-ristretto255-SHA512";
    size_t prefix_size = strlen(prefix);
    uint8_t *end = domain->bytes;

    memcpy(end, prefix, prefix_size);
    end += prefix_size;
    memcpy(end, before, sizeof(before) - 1);
    end += sizeof(before) - 1;
    *end++ = (uint8_t)mode;
    memcpy(end, after, sizeof(after) - 1);
    end += sizeof(after) - 1;
    domain->size = (size_t)(end - domain->bytes);
}

void kp_oprf_hash_start(struct kp_oprf_hash *hash)
{
    static const uint8_t z_pad[SHA512_BLOCK_BYTES];
    crypto_hash_sha512_init(&hash->state);
    crypto_hash_sha512_update(&hash->state, z_pad, sizeof(z_pad));
}

void kp_oprf_hash_bytes(struct kp_oprf_hash *hash, const void *bytes, size_t size)
{
    if (size > 0) {
        crypto_hash_sha512_update(&hash->state, bytes, size);
    }
}

void kp_oprf_hash_field(struct kp_oprf_hash *hash, const void *bytes, size_t size)
{
    const uint8_t length[2] = {(uint8_t)(size >> 8), (uint8_t)size};
    kp_oprf_hash_bytes(hash, length, sizeof(length));
    kp_oprf_hash_bytes(hash, bytes, size);
}

void kp_oprf_hash_uniform(struct kp_oprf_hash *hash, const char *prefix, enum kp_oprf_mode mode,
                          uint8_t uniform[static KP_OPRF_UNIFORM_BYTES])
{
    struct kp_oprf_domain domain;
    kp_oprf_domain(&domain, prefix, mode);
    /* DST_prime carries its length at its end. */
    domain.bytes[domain.size] = (uint8_t)domain.size;
    domain.size++;

    static const uint8_t length_and_zero[3] = {0, KP_OPRF_UNIFORM_BYTES, 0};
    static const uint8_t one[1] = {1};
    uint8_t b_0[crypto_hash_sha512_BYTES];
    kp_oprf_hash_bytes(hash, length_and_zero, sizeof(length_and_zero));
    kp_oprf_hash_bytes(hash, domain.bytes, domain.size);
    crypto_hash_sha512_final(&hash->state, b_0);

    /* One block of SHA-512 is all that is asked for, so b_1 is the result. */
    crypto_hash_sha512_init(&hash->state);
    kp_oprf_hash_bytes(hash, b_0, sizeof(b_0));
    kp_oprf_hash_bytes(hash, one, sizeof(one));
    kp_oprf_hash_bytes(hash, domain.bytes, domain.size);
    crypto_hash_sha512_final(&hash->state, uniform);
    kp_wipe(b_0, sizeof(b_0));
    kp_wipe(hash, sizeof(*hash));
}

void kp_oprf_hash_scalar(struct kp_oprf_hash *hash, const char *prefix, enum kp_oprf_mode mode,
                         uint8_t scalar[static KP_SCALAR_BYTES])
{
    uint8_t uniform[KP_OPRF_UNIFORM_BYTES];
    kp_oprf_hash_uniform(hash, prefix, mode, uniform);
    kp_scalar_reduce(scalar, uniform);
    kp_wipe(uniform, sizeof(uniform));
}
