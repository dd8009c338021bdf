/* What a member releases once every member has signed READY: its leaves and its entries.
 *
 * It is written down before READY is sent, so that a restart after READY goes on. It holds no key
 * and no map from addresses to tags: the entries are in tag order, the leaves in slot order. */
#ifndef KP_NODE_RELEASE_H
#define KP_NODE_RELEASE_H

#include "crypto/merkle.h"
#include "proto/agreement.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_release {
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t counter;
    enum kp_round_type type; /* follows from the counter; a round of counts has no LEAVES */
    uint32_t own;
    uint32_t slots;
    uint32_t entry_size;
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES]; /* goes with the first message (proto/slot_picks.h) */
    struct kp_buffer own_ready;              /* packed, as signed */
    struct kp_buffer leaves;                 /* slots digests, by index */
    struct kp_buffer entries;                /* slots entries, by tag */
    struct kp_buffer notice;                 /* of canaries: all items (proto/canary_notice.h) */
    struct kp_merkle_tree leaf_chunks;       /* over the roots of LEAVES, once one was wanted */
    struct kp_merkle_tree entry_chunks;      /* over those of SUBMISSION */
    struct kp_buffer ready[KP_MEMBERS_MAX];  /* packed, of member i + 1; empty: not come yet. The
                                              * own one comes back too: then the coordinator has
                                              * it, and with the last of them it has all. */
};

void kp_release_free(struct kp_release *release); /* NULL is allowed; frees the struct too */

/* Takes a READY that came. KP_REFUSED: not authentic, of another attempt, or a second one. */
KP_MUST_USE enum kp_status kp_release_add_ready(struct kp_release *release,
                                                const struct kp_agreement *agreement,
                                                uint32_t member, const uint8_t *bytes, size_t size,
                                                struct kp_error *error);
/* All READYs are there. */
bool kp_release_complete(const struct kp_release *release, const struct kp_agreement *agreement);
/* All READYs agree on attempt, round and g: the tags may leave. KP_REFUSED otherwise. */
KP_MUST_USE enum kp_status kp_release_check(const struct kp_release *release,
                                            const struct kp_agreement *agreement,
                                            struct kp_error *error);

/* The messages that carry it, numbered 0 to count - 1: all LEAVES, then all SUBMISSIONs. */
uint32_t kp_release_message_count(const struct kp_release *release);
KP_MUST_USE enum kp_status
kp_release_message(struct kp_release *release, const struct kp_agreement *agreement,
                   const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES], uint32_t number,
                   struct kp_buffer *packed, struct kp_error *error);

#endif
