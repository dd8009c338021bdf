/* Shared by proto/verify_agreement*.c only. */
#ifndef KP_PROTO_VERIFY_AGREEMENT_INTERNAL_H
#define KP_PROTO_VERIFY_AGREEMENT_INTERNAL_H

#include "proto/decision.h"
#include "proto/verify_agreement.h"

#define KP_VERIFY_RECORD_BYTES 512

/* A version as it was read, with the hash computed here. */
struct kp_verify_version {
    const char *name;
    struct kp_agreement *agreement;
    uint8_t hash[KP_DIGEST_BYTES];
    bool proposal; /* isn't held against the rest */
};

struct kp_verify_decided {
    const char *name;
    struct kp_decision decision;
    size_t version; /* index; only if `sound` */
    bool sound;
};

struct kp_verify_work {
    const struct kp_verify_agreement *input;
    struct kp_findings *findings;
    struct kp_verify_version *versions; /* rising by version */
    size_t version_count;
    struct kp_verify_decided *decisions;
    size_t decision_count;
    bool failed;
};

/* "version 2 (FILE)" */
const char *kp_verify_agreement_version_record(char out[static KP_VERIFY_RECORD_BYTES],
                                               const struct kp_verify_version *version);
/* The version that this one names as the one before it; NULL: none, or it isn't there. */
const struct kp_verify_version *kp_verify_agreement_before(const struct kp_verify_work *work,
                                                           const struct kp_verify_version *version);

/* The last version that isn't a proposal; NULL: there is none. */
const struct kp_verify_version *kp_verify_agreement_last(const struct kp_verify_work *work);

/* The rules about versions; each adds its verdicts. */
void kp_verify_agreement_mode(struct kp_verify_work *work);
void kp_verify_agreement_hash(struct kp_verify_work *work);
void kp_verify_agreement_chain(struct kp_verify_work *work);
void kp_verify_agreement_complete(struct kp_verify_work *work);
void kp_verify_agreement_term(struct kp_verify_work *work);

#endif
