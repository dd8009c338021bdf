/* What a member keeps of all its slots between READY and the end of the round, so that it can show
 * those that are picked for an audit: in memory only, and of a round that ends without picks never
 * on disk (docs/protocol.md, section 24). */
#ifndef KP_NODE_SLOT_KEEPING_H
#define KP_NODE_SLOT_KEEPING_H

#include "crypto/oprf.h"
#include "node/slot_list.h"
#include "proto/party.h"
#include "proto/round_message.h"

#include <stdint.h>

/* What came out of the joint function for a slot. */
struct kp_made_slot {
    uint8_t y[KP_POINT_BYTES];
    uint8_t output[KP_OPRF_OUTPUT_BYTES]; /* random where the slot counts as padding */
};

struct kp_slot_keeping {
    struct kp_slot_list slots; /* points, r or a, leaves with their blindings */
    struct kp_made_slot *made; /* bulk, of each slot; NULL: nothing is kept */
    enum kp_round_type type;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t g[KP_DIGEST_BYTES];
    uint64_t prepared_at;  /* Unix seconds: what the leaves say is what the database said then */
    uint64_t log_sequence; /* of the last entry of the log at that moment */
};

/* Wipes all of it. Zeroed is allowed, and is what it leaves. */
void kp_slot_keeping_free(struct kp_slot_keeping *keeping);

#endif
