/* What is left of a round that completed: the signed messages, the leaves, and the matches, for the
 * project leader's program.
 *
 * Keys: round 4 BE, kind 1, member 1, index 4 BE; so a walk gives the transcript first, then
 * leaves, then matches, the lists of the phases, and RESULT. Values: KP_RESULT_TRANSCRIPT
 * kp_result_transcript, KP_RESULT_LEAVES digests, KP_RESULT_GROUP kp_result_group (proto/wire.h);
 * KP_RESULT_PHASE_LIST and KP_RESULT_SIGNED packed round messages, the last one over all others. */
#ifndef KP_COORDINATOR_RESULTS_H
#define KP_COORDINATOR_RESULTS_H

#include "crypto/merkle.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

enum kp_result_kind {
    KP_RESULT_TRANSCRIPT = 0,
    KP_RESULT_LEAVES = 1,
    KP_RESULT_GROUP = 2,
    KP_RESULT_PHASE_LIST = 3,
    KP_RESULT_SIGNED = 4, /* RESULT */
};

#define KP_RESULT_KEY_BYTES 10

struct kp_result_key {
    uint32_t round;
    enum kp_result_kind kind;
    uint32_t member; /* LEAVES */
    uint32_t index;  /* LEAVES: chunk of KP_CHUNK_LEAVES; GROUP: from 0; PHASE LIST: the phase */
};
void kp_result_key_pack(uint8_t packed[static KP_RESULT_KEY_BYTES],
                        const struct kp_result_key *key);
/* KP_REFUSED: not such a key. */
KP_MUST_USE enum kp_status kp_result_key_unpack(struct kp_result_key *key, const uint8_t *packed,
                                                size_t size, struct kp_error *error);

/* Begins a transaction in which nothing of this round is there: what an attempt that was broken off
 * left is removed, when it is much in transactions before this one. Without RESULT it is nothing,
 * whole or not. *txn is NULL unless KP_OK. */
KP_MUST_USE enum kp_status kp_results_clear(struct kp_store *store, uint32_t round,
                                            struct kp_txn **txn, struct kp_error *error);

/* Writing, in the order of keys; the root over all items grows with them. */
struct kp_results_writer {
    uint32_t round;
    struct kp_merkle_stream items;
};
/* Clears, and writes the transcript. */
KP_MUST_USE enum kp_status kp_results_begin(struct kp_store *store,
                                            struct kp_results_writer *writer, uint32_t round,
                                            const struct kp_result_transcript *transcript,
                                            struct kp_error *error);
/* A chunk of a member's leaves: `count` digests. */
KP_MUST_USE enum kp_status kp_results_add_leaves(struct kp_txn *txn,
                                                 struct kp_results_writer *writer, uint32_t member,
                                                 uint32_t part, const uint8_t *digests,
                                                 uint32_t count, struct kp_error *error);
/* A kp_result_group, packed. */
KP_MUST_USE enum kp_status kp_results_add_group(struct kp_txn *txn,
                                                struct kp_results_writer *writer, uint32_t index,
                                                const struct kp_buffer *packed,
                                                struct kp_error *error);
KP_MUST_USE enum kp_status
kp_results_add_phase_list(struct kp_txn *txn, struct kp_results_writer *writer, enum kp_phase phase,
                          const struct kp_buffer *packed, struct kp_error *error);
/* RESULT, packed, whose root is kp_merkle_stream_root of writer->items. */
KP_MUST_USE enum kp_status kp_results_finish(struct kp_txn *txn, struct kp_results_writer *writer,
                                             const struct kp_buffer *packed,
                                             struct kp_error *error);

/* A page: what comes after the key `after` (size 0: from the beginning), as much as goes into one
 * response; keys and values alternate. *end: that was all. */
KP_MUST_USE enum kp_status kp_results_page(struct kp_txn *txn, uint32_t round, const uint8_t *after,
                                           size_t after_size, struct kp_batch *items, bool *end,
                                           struct kp_error *error);

#endif
