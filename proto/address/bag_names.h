/* Names of an extract's streets, or of its towns, by id; in memory, up to the caps of limits.h. */
#ifndef KP_PROTO_ADDRESS_BAG_NAMES_H
#define KP_PROTO_ADDRESS_BAG_NAMES_H

#include "proto/address/bag_record.h"
#include "proto/error.h"

struct kp_bag_name;

/* Begins as zeros. */
struct kp_bag_names {
    struct kp_bag_name *names;
    size_t count, room;
    char *text;
    size_t text_size, text_room;
};

/* A record of a street or town. KP_REFUSED: more than a country has; KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_bag_names_add(struct kp_bag_names *names,
                                            const struct kp_bag_record *record,
                                            struct kp_error *error);
/* Once, after the last: of each id only the highest occurrence stays. */
void kp_bag_names_sort(struct kp_bag_names *names);
/* Then: its name, and (town may be NULL) in which town it is; NULL: not there. */
const char *kp_bag_names_find(const struct kp_bag_names *names, uint64_t id, uint32_t *town);
void kp_bag_names_free(struct kp_bag_names *names);

#endif
