/* All that is in an index, in the order of its hash; and whether the index is whole. */
#ifndef KP_PROTO_ADDRESS_REGISTER_WALK_H
#define KP_PROTO_ADDRESS_REGISTER_WALK_H

#include "proto/address/register_build.h"

struct kp_register_walker {
    void *context;
    /* A number in use with one of its objects, as written; texts are valid during the call. What
     * isn't KP_OK ends the walk. */
    enum kp_status (*pair)(void *context, const struct kp_register_pair *pair,
                           struct kp_error *error);
    enum kp_status (*withdrawn)(void *context, uint64_t id, struct kp_error *error);
    const struct kp_register_progress *progress; /* or NULL */
};

/* KP_REFUSED: the index is damaged. */
KP_MUST_USE enum kp_status kp_register_walk(const struct kp_register *reg,
                                            const struct kp_register_walker *walker,
                                            struct kp_error *error);

/* Computes the hash again from what is there, and checks that all tables say the same: that every
 * number is found by its street, that the main address of every object is the right one, that names
 * are found. KP_REFUSED: it isn't whole; the text says what isn't. */
KP_MUST_USE enum kp_status kp_register_verify(const struct kp_register *reg,
                                              const struct kp_register_progress *progress,
                                              struct kp_error *error);

#endif
