/* A member that signs a release that can't be: its entries or leaves are changed, and READY is
 * signed again over what is there then, or isn't. */
#ifndef KP_TESTS_SPOIL_H
#define KP_TESTS_SPOIL_H

#include "node/release.h"

enum spoil {
    SPOIL_NOTHING,
    SPOIL_LEAF,     /* another leaf than under HELLO 2's root */
    SPOIL_ENTRY,    /* another record than under READY's root */
    SPOIL_SHARE,    /* READY over a share that isn't under its tag */
    SPOIL_PATH,     /* READY over a path of the share that isn't */
    SPOIL_TWICE,    /* READY over an entry that comes twice */
    SPOIL_UNSORTED, /* READY over two entries in the wrong order */
    SPOIL_RECORD,   /* READY over records that don't open */
    SPOILS,
};
const char *spoil_name(enum spoil spoil);

/* Before READY is sent. The entry that is wrong stands at `at`, or behind it. */
void spoil_release(struct kp_release *release, const struct kp_agreement *agreement,
                   const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES], enum spoil spoil,
                   uint32_t at);

#endif
