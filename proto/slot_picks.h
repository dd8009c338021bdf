/* Slot audits: which slots of a member are shown to its own data protection officer after a round,
 * and what the chance is that one of them is an invented one (docs/protocol.md, section 24).
 *
 * Every member commits to a seed in its HELLO 2 and reveals it after the barrier. The picks follow
 * from the READYs and all seeds, so nobody knows them before every READY exists, and by then the
 * counter is used up: no second attempt draws them again. */
#ifndef KP_PROTO_SLOT_PICKS_H
#define KP_PROTO_SLOT_PICKS_H

#include "crypto/hash.h"
#include "proto/agreement.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stdint.h>

/* Whether a member commits to a seed: it has slots, and the agreement audits them. */
bool kp_audit_has_seed(const struct kp_agreement *agreement, uint32_t member);

/* What a member's HELLO 2 says about its seed. */
void kp_slot_seed_commitment(uint8_t commitment[static KP_DIGEST_BYTES],
                             const uint8_t lineage[static KP_DIGEST_BYTES],
                             const uint8_t attempt[static KP_ATTEMPT_BYTES], uint32_t member,
                             const uint8_t seed[static KP_AUDIT_SEED_BYTES]);
/* KP_REFUSED: it isn't the seed that the member committed to. */
KP_MUST_USE enum kp_status kp_check_slot_seed(const uint8_t commitment[static KP_DIGEST_BYTES],
                                              const uint8_t lineage[static KP_DIGEST_BYTES],
                                              const uint8_t attempt[static KP_ATTEMPT_BYTES],
                                              uint32_t member,
                                              const uint8_t seed[static KP_AUDIT_SEED_BYTES],
                                              struct kp_error *error);

/* What the picks of one member follow from. */
struct kp_slot_draw {
    const uint8_t *round_id; /* KP_DIGEST_BYTES */
    const uint8_t *readys;   /* KP_DIGEST_BYTES: of all packed READYs (kp_transcript_readys) */
    const uint8_t *seeds;    /* KP_AUDIT_SEED_BYTES of each member; zeros on request */
    uint32_t members;
    uint32_t slots; /* of the member whose picks are drawn */
    uint32_t wanted;
};
/* Fills `picks`, which has room for `wanted`, with distinct indices in the order in which they are
 * drawn; how many: `wanted`, or all slots when there are fewer. */
uint32_t kp_slot_picks(uint32_t *picks, const struct kp_slot_draw *draw, uint32_t member);

/* The probability that `picks` distinct slots out of `slots`, all equally likely, have at least one
 * of `invented`. */
double kp_slot_odds(uint32_t slots, uint32_t invented, uint32_t picks);
/* How many slots are `percent` of all, rounded up. */
uint32_t kp_slot_share(uint32_t slots, uint32_t percent);

#endif
