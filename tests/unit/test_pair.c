/* crypto/pair.h: both ends agree, and nobody else does. */
#include "crypto/pair.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

struct side {
    uint8_t public_key[KP_PAIR_PUBLIC_BYTES];
    uint8_t secret[KP_PAIR_SECRET_BYTES];
    struct kp_pair_keys keys;
};

struct fixture {
    struct side a; /* member 3 */
    struct side b; /* member 7 */
    uint8_t preshared[32];
    uint8_t hellos[KP_DIGEST_BYTES];
};

static void start(struct fixture *fixture)
{
    memset(fixture, 0, sizeof(*fixture));
    kp_pair_keypair(fixture->a.public_key, fixture->a.secret);
    kp_pair_keypair(fixture->b.public_key, fixture->b.secret);
    randombytes_buf(fixture->preshared, sizeof(fixture->preshared));
    randombytes_buf(fixture->hellos, sizeof(fixture->hellos));
    CU_ASSERT_EQUAL(kp_pair_derive(&fixture->a.keys, fixture->a.secret, fixture->b.public_key,
                                   fixture->preshared, fixture->hellos, 3, 7),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&fixture->b.keys, fixture->b.secret, fixture->a.public_key,
                                   fixture->preshared, fixture->hellos, 7, 3),
                    KP_OK);
}

/* RFC 7748 section 6.1's list of points of small order, as libsodium refuses them. */
static void keys_of_small_order(void)
{
    static const char *const keys[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    };
    struct fixture fixture;
    start(&fixture);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        uint8_t key[KP_PAIR_PUBLIC_BYTES];
        struct kp_pair_keys derived;
        memset(&derived, 0xaa, sizeof(derived));
        unit_hex(key, sizeof(key), keys[i]);
        CU_ASSERT_EQUAL(kp_pair_derive(&derived, fixture.a.secret, key, NULL, fixture.hellos, 3, 7),
                        KP_REFUSED);
        CU_ASSERT(sodium_is_zero((const uint8_t *)&derived, sizeof(derived)));
    }
    CU_ASSERT_EQUAL(kp_pair_derive(&fixture.a.keys, fixture.a.secret, fixture.b.public_key, NULL,
                                   fixture.hellos, 3, 3),
                    KP_USAGE);
    CU_ASSERT(sodium_is_zero((const uint8_t *)&fixture.a.keys, sizeof(fixture.a.keys)));
}

static void each_direction_has_its_key(void)
{
    struct fixture fixture;
    start(&fixture);
    CU_ASSERT_EQUAL(memcmp(fixture.a.keys.send, fixture.b.keys.receive, 32), 0);
    CU_ASSERT_EQUAL(memcmp(fixture.a.keys.receive, fixture.b.keys.send, 32), 0);
    CU_ASSERT_NOT_EQUAL(memcmp(fixture.a.keys.send, fixture.a.keys.receive, 32), 0);
}

static void everything_counts_in_the_keys(void)
{
    struct fixture fixture;
    struct kp_pair_keys keys[6];
    start(&fixture);
    const uint8_t *secret = fixture.a.secret;
    const uint8_t *peer = fixture.b.public_key;
    uint8_t other[32] = {1};
    uint8_t zeros[32] = {0};
    CU_ASSERT_EQUAL(kp_pair_derive(&keys[0], secret, peer, NULL, fixture.hellos, 3, 7), KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&keys[1], secret, peer, other, fixture.hellos, 3, 7), KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&keys[2], secret, peer, zeros, fixture.hellos, 3, 7), KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&keys[3], secret, peer, NULL, other, 3, 7), KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&keys[4], secret, peer, NULL, fixture.hellos, 3, 8), KP_OK);
    CU_ASSERT_EQUAL(kp_pair_derive(&keys[5], fixture.b.secret, peer, NULL, fixture.hellos, 3, 7),
                    KP_OK);
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < i; j++) {
            CU_ASSERT_NOT_EQUAL(memcmp(keys[i].send, keys[j].send, 32), 0);
            CU_ASSERT_NOT_EQUAL(memcmp(keys[i].receive, keys[j].receive, 32), 0);
            CU_ASSERT_NOT_EQUAL(memcmp(keys[i].send, keys[j].receive, 32), 0);
        }
    }
}

static void altered_messages_are_refused(void)
{
    static const uint8_t plain[] = {1, 2, 3, 4, 5};
    static const uint8_t header[] = {9, 9};
    struct fixture fixture;
    uint8_t sealed[sizeof(plain) + KP_PAIR_OVERHEAD];
    uint8_t opened[sizeof(plain)];
    start(&fixture);
    const struct kp_pair_keys *from = &fixture.a.keys;
    const struct kp_pair_keys *to = &fixture.b.keys;
    kp_pair_seal(sealed, from, 42, header, sizeof(header), plain, sizeof(plain));
    for (size_t size = 0; size < sizeof(sealed); size++) {
        CU_ASSERT_EQUAL(kp_pair_open(opened, to, 42, header, 2, sealed, size), KP_REFUSED);
    }
    for (size_t i = 0; i < sizeof(sealed); i++) {
        sealed[i] ^= 0x40;
        CU_ASSERT_EQUAL(kp_pair_open(opened, to, 42, header, 2, sealed, sizeof(sealed)),
                        KP_REFUSED);
        sealed[i] ^= 0x40;
    }
    CU_ASSERT_EQUAL(kp_pair_open(opened, to, 43, header, 2, sealed, sizeof(sealed)), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pair_open(opened, to, 42ULL << 32, header, 2, sealed, sizeof(sealed)),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pair_open(opened, to, 42, header, 1, sealed, sizeof(sealed)), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pair_open(opened, to, 42, NULL, 0, sealed, sizeof(sealed)), KP_REFUSED);
    /* Reflected to who sent it. */
    CU_ASSERT_EQUAL(kp_pair_open(opened, from, 42, header, 2, sealed, sizeof(sealed)), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_pair_open(opened, to, 42, header, 2, sealed, sizeof(sealed)), KP_OK);
    CU_ASSERT_EQUAL(memcmp(opened, plain, sizeof(plain)), 0);
}

static void messages_of_no_bytes(void)
{
    struct fixture fixture;
    uint8_t sealed[KP_PAIR_OVERHEAD];
    uint8_t opened[1];
    start(&fixture);
    kp_pair_seal(sealed, &fixture.b.keys, UINT64_MAX, NULL, 0, NULL, 0);
    CU_ASSERT_EQUAL(
        kp_pair_open(opened, &fixture.a.keys, UINT64_MAX, NULL, 0, sealed, sizeof(sealed)), KP_OK);
}

static const struct unit_test tests[] = {
    {"keys of small order", keys_of_small_order},
    {"altered messages are refused", altered_messages_are_refused},
    {"each direction has its key", each_direction_has_its_key},
    {"everything counts in the keys", everything_counts_in_the_keys},
    {"messages of no bytes", messages_of_no_bytes},
};

UNIT_MAIN("pair", tests)
