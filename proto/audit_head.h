/* The head of a log (proto/audit_log.h), as round messages carry it. */
#ifndef KP_PROTO_AUDIT_HEAD_H
#define KP_PROTO_AUDIT_HEAD_H

#include "crypto/hash.h"

#include <stdint.h>

/* The last entry: what is given to others, who then hold the log to it. */
struct kp_audit_head {
    uint64_t sequence; /* 0: nothing is logged yet; the hash is zeros */
    uint8_t hash[KP_DIGEST_BYTES];
};

#endif
