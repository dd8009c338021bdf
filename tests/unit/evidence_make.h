/* Rounds as members would have kept them, made step by step as docs/protocol.md says, with the
 * daemons' own transcripts: what verifies shows that two pieces of code agree. */
#ifndef KP_TESTS_EVIDENCE_MAKE_H
#define KP_TESTS_EVIDENCE_MAKE_H

#include "proto/verify.h"
#include "tests/unit/fixture.h"

/* One round: everything that any of the members has of it. */
struct evidence_round {
    struct fixture *fixture;
    uint64_t counter;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    struct kp_buffer start, hello1[KP_MEMBERS_MAX], hello2[KP_MEMBERS_MAX], ready[KP_MEMBERS_MAX],
        secret[KP_MEMBERS_MAX], points[KP_MEMBERS_MAX];
    uint8_t key[KP_MEMBERS_MAX][KP_SCALAR_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    struct kp_hello2_secret secrets[KP_MEMBERS_MAX];
    struct kp_ready ready_body;
    /* May be NULL: called when all points are there and nothing is signed yet. */
    void (*tamper)(struct evidence_round *round);
    bool claims; /* member 1 claims what member 2 signed in an attempt before */
    struct kp_audit_head log[KP_MEMBERS_MAX], seen[KP_MEMBERS_MAX][KP_MEMBERS_MAX];
};

/* before: the round with the counter before; NULL: this is the first. Due points are new. Zero all
 * but fixture, tamper, claims, log and seen. */
void evidence_make(struct evidence_round *round, const struct evidence_round *before);
void evidence_free(struct evidence_round *round);

/* The export of one party; 0: the coordinator. Freed with kp_verify_export_free. */
void evidence_export(const struct evidence_round *round, const struct evidence_round *before,
                     uint32_t party, struct kp_verify_export *out);

#endif
