/* Internal to coordinator/open*.c. */
#ifndef KP_COORDINATOR_OPEN_INTERNAL_H
#define KP_COORDINATOR_OPEN_INTERNAL_H

#include "coordinator/open.h"

#include "crypto/shares.h"
#include "proto/workers.h"

struct open_scratch {
    uint8_t secret[KP_SCALAR_BYTES];
    uint8_t shares[KP_MEMBERS_MAX * KP_SCALAR_BYTES];
    uint8_t shared[KP_POINT_BYTES];
    uint8_t plain[KP_RECORD_PLAIN_MAX];
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    struct kp_shares derived;
};

struct kp_opening {
    const struct kp_agreement *agreement;
    const uint8_t *secret;
    struct kp_partial_holder holder; /* whose the secret is */
    bool has_transcript;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    enum kp_round_type type;
    struct kp_hello2 hello2[KP_MEMBERS_MAX];
    struct kp_ready ready[KP_MEMBERS_MAX];
    struct kp_buffer leaves[KP_MEMBERS_MAX];
    struct open_scratch *scratch;
    struct kp_workers *workers; /* NULL until they are wanted */
};

/* open_parts.c: `run` for matches 0 to count - 1, in parts on threads where there are enough of
 * them, each with an opening of its own, all with the same context. The result is that of the first
 * part that isn't KP_OK. */
typedef enum kp_status kp_opening_run(struct kp_opening *opening, size_t first, size_t count,
                                      void *context, struct kp_error *error);
KP_MUST_USE enum kp_status kp_opening_in_parts(struct kp_opening *opening, size_t count,
                                               kp_opening_run *run, void *context,
                                               struct kp_error *error);

/* The place that both seals of a record are bound to. */
struct kp_seal_context kp_open_context(const struct kp_opening *opening, uint32_t member,
                                       const uint8_t tag[static KP_DIGEST_BYTES]);

#endif
