/* Shared by the files that pack and unpack the bodies of round messages. */
#ifndef KP_PROTO_ROUND_BODY_H
#define KP_PROTO_ROUND_BODY_H

#include "proto/round_message.h"

/* A counter and a type of round that there can be. */
KP_MUST_USE enum kp_status kp_body_check_round(uint64_t counter, uint32_t round_type,
                                               struct kp_error *error);

#endif
