#include "crypto/secret.h"

#include "crypto/engine/engine.h"
#include "crypto/random.h"

#include <openssl/evp.h>
#include <sodium.h>

enum kp_status kp_crypto_start(void)
{
    if (kp_random_start() != KP_OK || sodium_init() < 0) {
        return KP_FAILED;
    }
    (void)kp_engine_start(); /* whatever it finds: libsodium is there (kp_group_arithmetic) */
    void *probe = kp_secret_new(1);
    if (probe == NULL) {
        return KP_FAILED;
    }
    kp_secret_free(probe);

    /* OpenSSL reads its configuration at the first use. That is here, before a program gives up the
     * right to open files. */
    EVP_MD *first = EVP_MD_fetch(NULL, "SHA512", NULL);
    EVP_MD_free(first);
    return first == NULL ? KP_FAILED : KP_OK;
}

void *kp_secret_new(size_t size)
{
    void *secret = sodium_malloc(size);
    if (secret == NULL) {
        return NULL;
    }
    /* sodium_malloc asks for the lock but doesn't say whether it got it; a second lock of the same
     * pages costs nothing and does. */
    if (sodium_mlock(secret, size) != 0) {
        sodium_free(secret);
        return NULL;
    }
    kp_wipe(secret, size);
    return secret;
}

void kp_secret_free(void *secret)
{
    sodium_free(secret);
}

void kp_wipe(void *memory, size_t size)
{
    sodium_memzero(memory, size);
}
