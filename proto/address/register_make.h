/* From all pairs and names to the tables of an index, one sorting for each order that they stand
 * in:
 *
 *   pairs by id         -> ids, the hash       (contradictions fall)
 *   those by object     -> objects             (each learns its object's main address)
 *   those by place      -> numbers
 *   places by street    -> street_numbers
 *   skeletons of names  -> streets, towns, street_names, town_names
 */
#ifndef KP_PROTO_ADDRESS_REGISTER_MAKE_H
#define KP_PROTO_ADDRESS_REGISTER_MAKE_H

#include "proto/address/register_build.h"
#include "proto/address/register_names.h"
#include "proto/address/register_write.h"
#include "proto/sorter.h"

/* Bytes that a sorter may use; two are at work at a time. */
#define KP_REGISTER_SORT_MEMORY (32u << 20)

struct kp_register_make {
    struct kp_register_writer *writer;
    struct kp_names *names; /* ranked */
    const char *sort_dir;
    const struct kp_register_progress *progress;
    struct kp_register_outcome *outcome; /* counts and hash go here */
};

/* A pair as it is sorted first; street: its number in order of coming. */
#define KP_REGISTER_PAIR_RECORD 37u
void kp_register_pair_record(uint8_t out[static KP_REGISTER_PAIR_RECORD],
                             const struct kp_register_pair *pair, uint32_t street);
/* A withdrawn number, likewise. */
#define KP_REGISTER_WITHDRAWN_RECORD 9u
void kp_register_withdrawn_record(uint8_t out[static KP_REGISTER_WITHDRAWN_RECORD], uint64_t id);

/* pairs: of those records, not sorted yet; freed in any case. Everything but meta. */
KP_MUST_USE enum kp_status kp_register_make(struct kp_register_make *make, struct kp_sorter *pairs,
                                            struct kp_error *error);
/* register_make_names.c */
KP_MUST_USE enum kp_status kp_register_make_names(struct kp_register_make *make,
                                                  struct kp_error *error);
/* Tells the progress, if somebody wants to know, now and then. */
void kp_register_make_tell(const struct kp_register_make *make, const char *what, uint64_t done,
                           uint64_t total);

#endif
