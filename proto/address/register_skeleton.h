/* What names of the register are found by: folded, then their skeleton. Of the builder, and of
 * whoever checks what it made. */
#ifndef KP_PROTO_ADDRESS_REGISTER_SKELETON_H
#define KP_PROTO_ADDRESS_REGISTER_SKELETON_H

#include "proto/address/fold.h"
#include "proto/address/register_format.h"

_Static_assert(KP_STREET_SKELETON <= KP_REGISTER_SKELETON_MAX, "a skeleton fits a key");

/* The key in street_names. Its size; 0: a name that can't be folded, or has no letter or digit: it
 * isn't found by name; its numbers are found by postcode and id. */
static inline size_t kp_register_street_key(uint8_t key[static 5 + KP_STREET_SKELETON],
                                            uint32_t town, const char *street, unsigned form)
{
    char folded[KP_FOLDED_MAX];
    if (kp_fold(folded, street, strlen(street)) != KP_RULE_NONE) {
        return 0;
    }
    kp_put_number(key, town, 4);
    key[4] = (uint8_t)form;
    size_t size = kp_street_skeleton((char *)key + 5, KP_STREET_SKELETON, folded,
                                     form == KP_REGISTER_FORM_SHORT);
    return size == 0 ? 0 : 5 + size;
}

/* The key in town_names, likewise. */
static inline size_t kp_register_town_key(uint8_t key[static KP_STREET_SKELETON], const char *town)
{
    char folded[KP_FOLDED_MAX];
    return kp_fold(folded, town, strlen(town)) == KP_RULE_NONE
               ? kp_town_skeleton((char *)key, KP_STREET_SKELETON, folded)
               : 0;
}

#endif
