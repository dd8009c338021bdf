/* Whether who operates the coordinator has another role too: by organisation number, or by name
 * without regard to capitals. Such an operator sees the traffic and the tags, and has in the other
 * role what these belong to. */
#ifndef KP_PROTO_OPERATOR_H
#define KP_PROTO_OPERATOR_H

#include "proto/agreement.h"

bool kp_operator_is_member(const struct kp_agreement *agreement, uint32_t number);
bool kp_operator_is_any_member(const struct kp_agreement *agreement);
bool kp_operator_is_employer(const struct kp_agreement *agreement);

/* Whether the second holder of an opening key (there is one) works for who operates the
 * coordinator, for the project leader's employer, for this member: then four eyes are two. */
bool kp_second_holder_is_operator(const struct kp_agreement *agreement);
bool kp_second_holder_is_leader(const struct kp_agreement *agreement);
bool kp_second_holder_is_member(const struct kp_agreement *agreement, uint32_t number);

/* The same text, but for capitals (of ASCII and Latin-1). */
bool kp_operator_same_name(const char *one, const char *other);

#endif
