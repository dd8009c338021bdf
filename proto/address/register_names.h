/* The streets and towns of a register that is being made: each name once, in memory, with a number
 * in order of coming; and, when all have come, a number in order of names. */
#ifndef KP_PROTO_ADDRESS_REGISTER_NAMES_H
#define KP_PROTO_ADDRESS_REGISTER_NAMES_H

#include "proto/error.h"
#include "proto/limits.h"

#include <stddef.h>
#include <stdint.h>

struct kp_names;

struct kp_names_street {
    const char *town, *name;
    uint32_t town_rank;
};

/* NULL: no memory. */
struct kp_names *kp_names_new(void);
void kp_names_free(struct kp_names *names); /* NULL is fine */

/* The street's number in order of coming. Texts are copied. KP_REFUSED: more names than
 * KP_REGISTER_STREETS_MAX or KP_REGISTER_NAMES_BYTES_MAX; KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_names_add(struct kp_names *names, const char *street,
                                        const char *town, uint32_t *number, struct kp_error *error);
/* Once, after the last. */
KP_MUST_USE enum kp_status kp_names_rank(struct kp_names *names, struct kp_error *error);

/* Then: from a number in order of coming to the rank, from 0; and what a street of a rank is. */
uint32_t kp_names_rank_of(const struct kp_names *names, uint32_t number);
struct kp_names_street kp_names_street(const struct kp_names *names, uint32_t rank);
uint32_t kp_names_streets(const struct kp_names *names);
uint32_t kp_names_towns(const struct kp_names *names);

#endif
