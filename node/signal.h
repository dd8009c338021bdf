/* A signal: an address and a suspicion, nothing more. */
#ifndef KP_NODE_SIGNAL_H
#define KP_NODE_SIGNAL_H

#include "crypto/leaf.h"
#include "proto/limits.h"

#include <stdint.h>

struct kp_signal {
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    char indicator[KP_INDICATOR_MAX + 1];
    char grounds[KP_GROUNDS_MAX + 1]; /* UTF-8 */
    uint32_t observed_on;             /* year * 10000 + month * 100 + day */
    uint8_t purpose;                  /* enum kp_category; 0: whatever the project's is */
    uint32_t valid_until;             /* the last day on which it counts, likewise; 0: no end */
    uint64_t registered_at;           /* Unix seconds; set by the store, 0 in a file */
};

#endif
