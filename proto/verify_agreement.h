/* Checks the papers of one lineage for somebody who trusts none of the programs: the versions of an
 * agreement and the decisions about them, in any order, public keys only. It has the parsers in
 * common with the daemons; hashes, signatures and rules are its own, straight from
 * docs/protocol.md, and proto/dossier.c isn't used. No I/O and no clock.
 *
 * Rules:
 *   agreement.canonical   every paper is an agreement or a decision in its one form
 *   agreement.mode        all organisation numbers are of one mode
 *   agreement.hash        the first version has the hash that was told by another way
 *   agreement.chain       versions 1, 2, ... each name the one before it; nothing fixed changes
 *   agreement.complete    every version has what the law needs
 *   agreement.decision    every decision is about one of the versions, signed by the officer
 *   agreement.accepted    every member accepted every version
 *   agreement.dated       acceptances are dated before the end of the version before
 *   agreement.refusal     nobody refused
 *   agreement.revocation  nobody revoked
 *   agreement.term        the moment is in the term of the last version */
#ifndef KP_PROTO_VERIFY_AGREEMENT_H
#define KP_PROTO_VERIFY_AGREEMENT_H

#include "proto/agreement.h"
#include "proto/findings.h"

#define KP_VERIFY_PAPERS_MAX 2304

struct kp_verify_paper {
    const char *name; /* how the verdicts call it: its file, or its number in an export */
    const uint8_t *bytes;
    size_t size;
};

struct kp_verify_agreement {
    const struct kp_verify_paper *papers; /* at most KP_VERIFY_PAPERS_MAX */
    size_t count;
    const uint8_t *hash; /* KP_DIGEST_BYTES of the first version; NULL: not told */
    uint64_t now;        /* Unix seconds */
    bool proposals;      /* a later version that not all accepted (yet) breaks no rule: it never was
                          * in force. Otherwise every version has to be in order */
};

struct kp_verified_agreement {
    bool any; /* there was a version; the rest is of the last one that isn't a proposal */
    bool test;
    uint32_t version;
    uint8_t hash[KP_DIGEST_BYTES];
    uint8_t lineage[KP_DIGEST_BYTES];
};

/* Adds a verdict for every rule to findings. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_verify_agreement(const struct kp_verify_agreement *input,
                                               struct kp_findings *findings,
                                               struct kp_verified_agreement *verified,
                                               struct kp_error *error);

#endif
