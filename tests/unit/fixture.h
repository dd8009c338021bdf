/* What tests of a round need: members with keys, and an agreement between them that parses. */
#ifndef KP_TESTS_FIXTURE_H
#define KP_TESTS_FIXTURE_H

#include "crypto/leaf.h"
#include "proto/agreement.h"
#include "proto/decision.h"
#include "proto/round_message.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Zero means: 3 members, threshold 2, 8 slots, rotation 2, 100 rounds, discloses everything, one
 * opening key, no canaries, audits or round of counts. */
struct fixture_settings {
    uint32_t members;
    uint32_t threshold;
    uint32_t slots;
    uint32_t rotation;
    uint32_t rounds;
    uint32_t interval;  /* seconds between rounds; tests of a round too soon want more than one */
    uint32_t hides;     /* kp_disclosure bits that are left out */
    bool second_holder; /* two opening keys */
    uint32_t canaries;
    uint32_t audit_slots;
    uint32_t count_first;
    bool bag; /* keys of the register's objects (fixture_object) instead of text */
    const uint8_t *tls_fingerprint; /* of member 1; NULL: a random one */
    /* May be NULL: what else is to be another way in the agreement, before it is packed. */
    void (*change)(struct kp_agreement *draft, void *context);
    void *context;
};

struct fixture_member {
    uint8_t identity_seed[KP_SIGN_SEED_BYTES];
    uint8_t identity_secret[KP_SIGN_SECRET_BYTES];
    uint8_t box_secret[KP_PAIR_SECRET_BYTES];
    uint8_t officer_seed[KP_SIGN_SEED_BYTES];
    uint8_t officer_secret[KP_SIGN_SECRET_BYTES];
};

struct fixture {
    struct kp_agreement *agreement;
    struct kp_buffer bytes; /* the agreement's canonical ones */
    struct fixture_member member[KP_MEMBERS_MAX];
    uint8_t opening_secret[KP_SCALAR_BYTES];
    uint8_t coordinator_seed[KP_SIGN_SEED_BYTES];
    uint8_t coordinator_secret[KP_SIGN_SECRET_BYTES];
    uint8_t leader_seed[KP_SIGN_SEED_BYTES];
    uint8_t leader_secret[KP_SIGN_SECRET_BYTES];
    uint8_t leader_box_secret[KP_PAIR_SECRET_BYTES];
    /* Of the second holder, if there is one. opening_secret is the project leader's. */
    uint8_t second_opening_secret[KP_SCALAR_BYTES];
    uint8_t opener_seed[KP_SIGN_SEED_BYTES];
    uint8_t opener_secret[KP_SIGN_SECRET_BYTES];
    uint8_t opener_box_secret[KP_PAIR_SECRET_BYTES];
};

/* The term: 2024-01-01 to 2040-01-01. */
#define FIXTURE_START 1704067200u
#define FIXTURE_END 2208988800u

/* The area is 1234 and 5678AB (with bag: 5678). Members are called m1, m2, ...; each has the
 * indicators A, B and C-n, n being its number. Fails the test when anything goes wrong. */
void fixture_make(struct fixture *fixture, const struct fixture_settings *settings);
void fixture_free(struct fixture *fixture);
/* Sleeps until the agreement's least interval between two rounds, one second, has passed. */
void fixture_wait_interval(void);

/* What the officer of a member (1..) decides about a version, packed. */
void fixture_decide(const struct fixture *fixture, const struct kp_agreement *version,
                    uint32_t member, enum kp_decision_kind kind, uint64_t time,
                    struct kp_buffer *out);
/* The acceptances of the agreement by all of its officers. */
void fixture_accept_all(const struct fixture *fixture, struct kp_batch *papers);
/* A version that follows `previous`: the same but for its number, its end (a year later) and what
 * `change`, which may be NULL, does to it. change may not free what it finds. */
void fixture_follow(const struct kp_agreement *previous, void (*change)(struct kp_agreement *draft),
                    struct kp_buffer *out);

/* The key of an address, another one for each number from 1 to 99999: 1234AB, that house number. */
void fixture_address(uint8_t key[static KP_ADDRESS_KEY_BYTES], uint32_t number);
/* The key of an object, another one for each number, in 1234 or with these four digits. */
void fixture_object(uint8_t key[static KP_ADDRESS_KEY_BYTES], uint32_t number);
void fixture_object_at(uint8_t key[static KP_ADDRESS_KEY_BYTES], unsigned digits, uint32_t number);
/* One of both, as the agreement's key scheme has it. */
void fixture_key(const struct kp_agreement *agreement, uint8_t key[static KP_ADDRESS_KEY_BYTES],
                 uint32_t number);
/* The number that fixture_address or fixture_object made this of. */
uint32_t fixture_number(const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
/* The same house number elsewhere: "5678AB" is in the area, "5678AC" and "9999ZZ" aren't. */
void fixture_address_at(uint8_t key[static KP_ADDRESS_KEY_BYTES], const char *postcode,
                        uint32_t number);

#endif
