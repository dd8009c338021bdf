/* What a member keeps of all its slots between READY and the end of the round, so that it can show
 * those that are picked for an audit: in memory, or on disk under a key that is in memory only, and
 * of a round that ends without picks never in another way (docs/protocol.md, section 24). */
#ifndef KP_NODE_SLOT_KEEPING_H
#define KP_NODE_SLOT_KEEPING_H

#include "crypto/oprf.h"
#include "node/slot_list.h"
#include "proto/party.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stdint.h>

/* What came out of the joint function for a slot. */
struct kp_made_slot {
    uint8_t y[KP_POINT_BYTES];
    uint8_t output[KP_OPRF_OUTPUT_BYTES]; /* random where the slot counts as padding */
};

struct kp_slot_keeping {
    struct kp_slot_list slots; /* points, r or a, leaves with their blindings */
    struct kp_pieces *pieces;  /* borrowed, they outlive it */
    uint32_t file;             /* of the pieces */
    uint64_t *made_places;     /* where each part is; NULL: nothing is kept */
    uint32_t made_count;       /* slots */
    enum kp_round_type type;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t g[KP_DIGEST_BYTES];
    uint64_t prepared_at;  /* Unix seconds: what the leaves say is what the database said then */
    uint64_t log_sequence; /* of the last entry of the log at that moment */
};

/* What came out is kept in this file of the pieces, of KP_CHUNK_POINTS slots at a time. */
KP_MUST_USE enum kp_status kp_slot_keeping_begin(struct kp_slot_keeping *keeping, uint32_t slots,
                                                 struct kp_pieces *pieces, uint32_t file,
                                                 struct kp_error *error);
/* `count` slots, as many as the part has; parts in any order. */
KP_MUST_USE enum kp_status kp_slot_keeping_put(struct kp_slot_keeping *keeping, uint32_t part,
                                               const struct kp_made_slot *made, uint32_t count,
                                               struct kp_error *error);
/* Whether anything was kept. */
bool kp_slot_keeping_has(const struct kp_slot_keeping *keeping);
/* Of one slot, to be wiped; of a list in pieces its part is read for it. */
KP_MUST_USE enum kp_status kp_slot_keeping_made(const struct kp_slot_keeping *keeping,
                                                uint32_t index, struct kp_made_slot *made,
                                                struct kp_error *error);

/* Wipes all of it. Zeroed is allowed, and is what it leaves. */
void kp_slot_keeping_free(struct kp_slot_keeping *keeping);

#endif
