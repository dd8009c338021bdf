/* What a round of counts says: in which class the number of matched addresses falls, and never the
 * number itself. */
#ifndef KP_PROTO_COUNT_H
#define KP_PROTO_COUNT_H

#include "proto/agreement.h"

#include <stdint.h>

/* The class, 1 to KP_BUCKET_MAX (proto/round_message.h). */
uint32_t kp_count_bucket(uint64_t count);
/* "fewer than 10", "10 to 24", ...; "none" for what is no class. */
const char *kp_count_bucket_text(uint32_t bucket);
/* How many of the tags that enough members submit are canaries: all active ones of all groups. */
uint64_t kp_count_canaries(const struct kp_agreement *agreement);
/* The class of a round in which so many tags were submitted by enough members. */
uint32_t kp_count_of(const struct kp_agreement *agreement, uint64_t tags);

#endif
