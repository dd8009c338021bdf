/* What a member releases once every member has signed READY: its leaves and its entries.
 *
 * It is written down before READY is sent, so that a restart after READY goes on. It holds no key
 * and no map from addresses to tags: the entries are in tag order, the leaves in slot order. A node
 * has these in its store (node/release_store.h), a record for each message, so that memory doesn't
 * grow with them; without that they're in memory. */
#ifndef KP_NODE_RELEASE_H
#define KP_NODE_RELEASE_H

#include "crypto/merkle.h"
#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

enum kp_release_kind {
    KP_RELEASE_LEAVES,  /* chunks of KP_CHUNK_LEAVES digests, by index */
    KP_RELEASE_ENTRIES, /* chunks of KP_CHUNK_ENTRIES entries, by tag */
};

/* Where the chunks are. No transaction is open when `put` is called; `get` may be called in one. */
struct kp_release_content {
    void *context;
    enum kp_status (*put)(void *context, enum kp_release_kind kind, uint32_t number,
                          const uint8_t *bytes, size_t size, struct kp_error *error);
    /* Replaces `chunk`. KP_REFUSED: it isn't there. */
    enum kp_status (*get)(void *context, enum kp_release_kind kind, uint32_t number,
                          struct kp_buffer *chunk, struct kp_error *error);
    /* What isn't on disk yet goes into this transaction. */
    enum kp_status (*settle)(void *context, struct kp_txn *txn, struct kp_error *error);
};

/* The top of the tree over leaves or entries. */
struct kp_release_top {
    struct kp_buffer roots; /* of the chunks that were put so far */
    struct kp_merkle_tree tree;
};

struct kp_release {
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t counter;
    enum kp_round_type type; /* follows from the counter; a round of counts has no LEAVES */
    uint32_t own;
    uint32_t slots;
    uint32_t entry_size;
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES];  /* goes with the first message (proto/slot_picks.h) */
    struct kp_buffer own_ready;               /* packed, as signed */
    const struct kp_release_content *content; /* borrowed; NULL: the next two have all of it */
    struct kp_buffer leaves;                  /* slots digests, by index */
    struct kp_buffer entries;                 /* slots entries, by tag */
    struct kp_buffer notice;                  /* of canaries: all items (proto/canary_notice.h) */
    struct kp_release_top leaf_top;
    struct kp_release_top entry_top;
    struct kp_buffer ready[KP_MEMBERS_MAX]; /* packed, of member i + 1; empty: not come yet. The
                                             * own one comes back too: then the coordinator has
                                             * it, and with the last of them it has all. */
};

void kp_release_free(struct kp_release *release); /* NULL is allowed; frees the struct too */

/* ---- filling: all leaves, then all entries, each a chunk at a time ---- */

/* count: a whole chunk's, but for the last. */
KP_MUST_USE enum kp_status kp_release_put_leaves(struct kp_release *release, const uint8_t *digests,
                                                 uint32_t count, struct kp_error *error);
/* By rising tag. Hashes each once. */
KP_MUST_USE enum kp_status kp_release_put_entries(struct kp_release *release,
                                                  const struct kp_agreement *agreement,
                                                  const uint8_t *entries, uint32_t count,
                                                  struct kp_error *error);
/* All are there: the root over the entries, for READY. */
KP_MUST_USE enum kp_status kp_release_filled(struct kp_release *release,
                                             const struct kp_agreement *agreement,
                                             uint8_t root[static KP_DIGEST_BYTES],
                                             struct kp_error *error);

/* ---- looking up, each a few chunks read ---- */

/* Where the entry with this tag is, or would be. */
KP_MUST_USE enum kp_status kp_release_find(const struct kp_release *release,
                                           const uint8_t tag[static KP_DIGEST_BYTES],
                                           uint32_t *position, bool *found, struct kp_error *error);
/* An entry, and its path under the root in READY (kp_merkle_path_length digests). */
KP_MUST_USE enum kp_status kp_release_entry(struct kp_release *release,
                                            const struct kp_agreement *agreement, uint32_t position,
                                            struct kp_buffer *entry, struct kp_buffer *path,
                                            struct kp_error *error);
/* The path of a leaf under the root in HELLO 2. */
KP_MUST_USE enum kp_status kp_release_leaf_path(struct kp_release *release,
                                                const struct kp_agreement *agreement,
                                                uint32_t index, struct kp_buffer *path,
                                                struct kp_error *error);

/* ---- READYs ---- */

/* Takes a READY that came. KP_REFUSED: not authentic, of another attempt, or a second one. */
KP_MUST_USE enum kp_status kp_release_add_ready(struct kp_release *release,
                                                const struct kp_agreement *agreement,
                                                uint32_t member, const uint8_t *bytes, size_t size,
                                                struct kp_error *error);
/* All READYs are there. */
bool kp_release_complete(const struct kp_release *release, const struct kp_agreement *agreement);
/* All READYs agree on attempt, round and g: the tags may leave. KP_REFUSED otherwise. */
KP_MUST_USE enum kp_status kp_release_check(const struct kp_release *release,
                                            const struct kp_agreement *agreement,
                                            struct kp_error *error);

/* The messages that carry it, numbered 0 to count - 1: all LEAVES, then all SUBMISSIONs. */
uint32_t kp_release_message_count(const struct kp_release *release);
KP_MUST_USE enum kp_status
kp_release_message(struct kp_release *release, const struct kp_agreement *agreement,
                   const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES], uint32_t number,
                   struct kp_buffer *packed, struct kp_error *error);

#endif
