#include "crypto/secret.h"

#include "crypto/engine/engine.h"

#include <openssl/evp.h>
#include <sodium.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The first page of bulk memory: what kp_bulk_free must know. It stays in a child of fork, unlike
 * the pages after it, so that a child too can free. */
struct bulk_header {
    size_t page;
    size_t size; /* of the pages after the header's */
};

enum kp_status kp_crypto_start(void)
{
    if (sodium_init() < 0) {
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

void *kp_bulk_new(size_t size)
{
    long answer = sysconf(_SC_PAGESIZE);
    if (answer < (long)sizeof(struct bulk_header)) {
        return NULL;
    }
    size_t page = (size_t)answer;
    if (size > SIZE_MAX - 3 * page) {
        return NULL;
    }
    size_t rounded = size == 0 ? page : (size + page - 1) / page * page;

    uint8_t *start =
        mmap(NULL, page + rounded, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (start == MAP_FAILED) {
        return NULL;
    }
    if (madvise(start, page + rounded, MADV_DONTDUMP) != 0) {
        munmap(start, page + rounded);
        return NULL;
    }
    /* As well as can be: kernels before 4.14 don't have it. */
    (void)madvise(start + page, rounded, MADV_WIPEONFORK);
    struct bulk_header header = {.page = page, .size = rounded};
    memcpy(start, &header, sizeof(header));
    return start + page;
}

void kp_bulk_free(void *bulk)
{
    if (bulk == NULL) {
        return;
    }
    struct bulk_header header;
    memcpy(&header, (uint8_t *)bulk - sysconf(_SC_PAGESIZE), sizeof(header));
    kp_wipe(bulk, header.size);
    munmap((uint8_t *)bulk - header.page, header.page + header.size);
}

void kp_wipe(void *memory, size_t size)
{
    sodium_memzero(memory, size);
}
