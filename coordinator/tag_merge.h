/* Sorted tags of several sources, merged and grouped: each tag once, rising, with all that have it.
 * Memory: nothing but a tree of as many nodes as there are sources. */
#ifndef KP_COORDINATOR_TAG_MERGE_H
#define KP_COORDINATOR_TAG_MERGE_H

#include "crypto/hash.h"
#include "proto/agreement.h"
#include "proto/error.h"

#include <stdint.h>

struct kp_tag_merge;

/* The next tags of a source, strictly rising, one behind the other without gaps; they stay until
 * the next call for the same source. *count 0: there are no more. */
typedef enum kp_status (*kp_tag_source)(void *context, uint32_t source, const uint8_t **tags,
                                        uint32_t *count, struct kp_error *error);

struct kp_tags_equal {
    uint8_t tag[KP_DIGEST_BYTES];
    uint32_t count; /* 0: that was all */
    uint32_t source[KP_MEMBERS_MAX];
    uint32_t position[KP_MEMBERS_MAX]; /* in its source, from 0 */
};

/* sources: 1 to KP_MEMBERS_MAX, from 0. Asks each for its first tags. */
KP_MUST_USE enum kp_status kp_tag_merge_new(struct kp_tag_merge **merge, uint32_t sources,
                                            kp_tag_source next, void *context,
                                            struct kp_error *error);
void kp_tag_merge_free(struct kp_tag_merge *merge); /* NULL is allowed; wipes */
/* Sources by rising number. Errors are those of the source; then there is no going on. */
KP_MUST_USE enum kp_status kp_tag_merge_next(struct kp_tag_merge *merge,
                                             struct kp_tags_equal *equal, struct kp_error *error);

#endif
