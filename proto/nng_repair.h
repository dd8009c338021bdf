/* NNG 1.5.2 as Debian ships it has faults by which a peer could stop a daemon. nng_repair.c repairs
 * them from outside, by the linker's --wrap, which takes NNG's static library. */
#ifndef KP_PROTO_NNG_REPAIR_H
#define KP_PROTO_NNG_REPAIR_H

#include "proto/error.h"

/* KP_FAILED: this is another version of NNG than the repairs were made for. */
KP_MUST_USE enum kp_status kp_nng_check(struct kp_error *error);

#endif
