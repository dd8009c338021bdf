#include "coordinator/tag_merge.h"

#include "crypto/secret.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A tree of losers: above the sources, at each inner node, who lost there; the winner of all stands
 * at node 0. When the winner has moved on, only the nodes above it are played again. Most plays are
 * decided by the first eight bytes, which are kept as a number beside the tree. */
struct kp_tag_merge {
    kp_tag_source next;
    void *context;
    uint32_t sources;
    uint32_t leaves;                   /* a power of two; those without a source are at their end */
    uint64_t prefix[KP_MEMBERS_MAX];   /* of the tag that waits */
    const uint8_t *at[KP_MEMBERS_MAX]; /* that tag; NULL: at the end */
    uint32_t left[KP_MEMBERS_MAX];     /* tags at `at`, itself among them */
    uint32_t position[KP_MEMBERS_MAX];
    uint32_t loser[KP_MEMBERS_MAX];
};

static uint64_t prefix_of(const uint8_t *tag)
{
    uint64_t prefix = 0;
    memcpy(&prefix, tag, sizeof(prefix));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    prefix = __builtin_bswap64(prefix);
#endif
    return prefix;
}

/* Ends come after all tags, equal tags by source. */
static bool before_slowly(const struct kp_tag_merge *merge, uint32_t one, uint32_t other)
{
    if (merge->at[one] == NULL || merge->at[other] == NULL) {
        return merge->at[one] != NULL || (merge->at[other] == NULL && one < other);
    }
    int order = memcmp(merge->at[one], merge->at[other], KP_DIGEST_BYTES);
    return order != 0 ? order < 0 : one < other;
}

static inline bool before(const struct kp_tag_merge *merge, uint32_t one, uint32_t other)
{
    uint64_t left = merge->prefix[one], right = merge->prefix[other];
    return __builtin_expect(left == right, 0) ? before_slowly(merge, one, other) : left < right;
}

static enum kp_status refill(struct kp_tag_merge *merge, uint32_t source, struct kp_error *error)
{
    merge->at[source] = NULL;
    merge->prefix[source] = UINT64_MAX;
    enum kp_status status =
        merge->next(merge->context, source, &merge->at[source], &merge->left[source], error);
    if (status != KP_OK || merge->left[source] == 0) {
        merge->at[source] = NULL;
        return status;
    }
    merge->prefix[source] = prefix_of(merge->at[source]);
    return KP_OK;
}

static inline enum kp_status step(struct kp_tag_merge *merge, uint32_t source,
                                  struct kp_error *error)
{
    merge->position[source]++;
    if (--merge->left[source] == 0) {
        return refill(merge, source, error);
    }
    merge->at[source] += KP_DIGEST_BYTES;
    merge->prefix[source] = prefix_of(merge->at[source]);
    return KP_OK;
}

/* From the leaf of the last winner up: who loses stays, who wins goes on. */
static inline void replay(struct kp_tag_merge *merge, uint32_t source)
{
    uint32_t winner = source;
    for (uint32_t node = (merge->leaves + source) / 2; node > 0; node /= 2) {
        uint32_t other = merge->loser[node];
        bool lost = before(merge, other, winner);
        merge->loser[node] = lost ? winner : other;
        winner = lost ? other : winner;
    }
    merge->loser[0] = winner;
}

/* The winner of all; fills in who lost where. */
static uint32_t play(struct kp_tag_merge *merge)
{
    uint32_t winner[2 * KP_MEMBERS_MAX];
    for (uint32_t i = 2 * merge->leaves - 1; i >= merge->leaves; i--) {
        winner[i] = i - merge->leaves;
    }
    for (uint32_t i = merge->leaves - 1; i > 0; i--) {
        uint32_t left = winner[2 * i], right = winner[2 * i + 1];
        bool first = before(merge, left, right);
        winner[i] = first ? left : right;
        merge->loser[i] = first ? right : left;
    }
    return winner[1];
}

enum kp_status kp_tag_merge_new(struct kp_tag_merge **out, uint32_t sources, kp_tag_source next,
                                void *context, struct kp_error *error)
{
    *out = NULL;
    struct kp_tag_merge *merge = calloc(1, sizeof(*merge));
    if (merge == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to merge tags");
    }
    merge->next = next;
    merge->context = context;
    merge->sources = sources;
    merge->leaves = 1;
    while (merge->leaves < sources) {
        merge->leaves *= 2;
    }
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < KP_MEMBERS_MAX; i++) {
        merge->prefix[i] = UINT64_MAX;
        status = i < sources ? refill(merge, i, error) : KP_OK;
    }
    if (status != KP_OK) {
        kp_tag_merge_free(merge);
        return status;
    }
    merge->loser[0] = play(merge);
    *out = merge;
    return KP_OK;
}

void kp_tag_merge_free(struct kp_tag_merge *merge)
{
    if (merge != NULL) {
        kp_wipe(merge, sizeof(*merge));
        free(merge);
    }
}

enum kp_status kp_tag_merge_next(struct kp_tag_merge *merge, struct kp_tags_equal *equal,
                                 struct kp_error *error)
{
    uint32_t winner = merge->loser[0];
    uint64_t prefix = merge->prefix[winner];
    enum kp_status status = KP_OK;
    equal->count = 0;
    if (merge->at[winner] == NULL) {
        return KP_OK;
    }
    memcpy(equal->tag, merge->at[winner], KP_DIGEST_BYTES);
    do {
        equal->source[equal->count] = winner;
        equal->position[equal->count] = merge->position[winner];
        equal->count++;
        status = step(merge, winner, error);
        replay(merge, winner);
        /* Equal tags come by rising source; so a source is in a group once, whatever it gave. */
        uint32_t last = winner;
        winner = merge->loser[0];
        if (winner <= last) {
            break;
        }
    } while (status == KP_OK && merge->prefix[winner] == prefix && merge->at[winner] != NULL &&
             memcmp(merge->at[winner], equal->tag, KP_DIGEST_BYTES) == 0);
    return status;
}
