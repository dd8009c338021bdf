/* From the records of an extract, in any order, to pairs of a number and an object with the names
 * of street and town: number -> street -> town, object -> numbers. Records go through sorted files
 * (sorter.h), names of streets and towns stay in memory up to the caps of limits.h. */
#ifndef KP_PROTO_ADDRESS_BAG_JOIN_H
#define KP_PROTO_ADDRESS_BAG_JOIN_H

#include "proto/address/bag_record.h"
#include "proto/address/register_build.h"

struct kp_bag_join_counts {
    uint64_t towns, streets;   /* that hold */
    uint64_t numbers, objects; /* in use */
    uint64_t withdrawn;        /* numbers */
    uint64_t pairs;            /* given to the register */
    uint64_t without_object;   /* numbers in use that no object in use has */
    /* What points to something that isn't there, or that has no occurrence that holds; left out. */
    uint64_t no_street, no_town, no_number;
    uint64_t to_withdrawn; /* of objects in use to numbers that are withdrawn; left out */
    uint64_t refused;      /* pairs that the register can't have */
};

struct kp_bag_join;

/* dir: for sorted files, which have no name there. The caller frees *out. */
KP_MUST_USE enum kp_status kp_bag_join_new(struct kp_bag_join **out, const char *dir,
                                           struct kp_error *error);
void kp_bag_join_free(struct kp_bag_join *join); /* NULL is fine */

/* A record that holds on the day. Of more occurrences of one thing the highest counts. KP_REFUSED:
 * more streets or names than a country has; KP_FAILED: disk, memory. */
KP_MUST_USE enum kp_status kp_bag_join_add(struct kp_bag_join *join,
                                           const struct kp_bag_record *record,
                                           struct kp_error *error);

/* Once, after the last record: all pairs into the register. A fault is handed to `bad` with the
 * number's id as text of 16 digits. KP_REFUSED: nothing of some kind has come. */
KP_MUST_USE enum kp_status
kp_bag_join_give(struct kp_bag_join *join, struct kp_register_build *build,
                 const struct kp_register_progress *progress, struct kp_bag_join_counts *counts,
                 void (*bad)(void *context, uint64_t number, const char *field, const char *reason),
                 void *context, struct kp_error *error);

#endif
