/* Evidence and verdicts as the programs write them, from a round that was played in memory
 * (tests/unit/stage.h), by way of the leader's own functions. */
#ifndef KP_TESTS_PROOF_MAKE_H
#define KP_TESTS_PROOF_MAKE_H

#include "proto/verify.h"
#include "tests/unit/stage.h"

/* A round that is over, and what its leader has of it. */
struct proof {
    struct stage stage;
    struct stage_results results;
    struct kp_verify_versions versions; /* the agreement, and acceptances by all */
};
/* Members 1 to n hold sets[n - 1]. */
void proof_start(struct proof *proof, const struct fixture_settings *settings,
                 const struct stage_set *sets);
void proof_free(struct proof *proof);

/* Adds an item, at the end; copies. */
void proof_add(struct kp_verify_export *out, enum kp_export_item_kind kind, uint32_t member,
               uint32_t part, const uint8_t *bytes, size_t size);
/* Header, and HELLO 1, HELLO 2, READY of all. */
void proof_begin(const struct proof *proof, enum kp_export_kind kind, uint32_t party,
                 struct kp_verify_export *out);
/* RECORD of a record of the results, without its leaf's path. */
void proof_add_record(const struct kp_result_record *record, uint32_t part,
                      struct kp_verify_export *out);

/* RECORD of what member submitted at this position, under its READY; `part` as in a file. */
void proof_add_entry(const struct proof *proof, uint32_t member, uint32_t position, uint32_t part,
                     struct kp_verify_export *out);
/* After its release was changed (tests/unit/spoil.h): READY is signed again over its entries. */
void proof_sign_again(struct proof *proof, uint32_t member);
/* Where the member submitted a match of the results (0: the first). */
uint32_t proof_position(const struct proof *proof, uint32_t group, uint32_t member);
/* A message that the coordinator signs in this attempt, packed. */
void proof_of_coordinator(const struct proof *proof, enum kp_message_type type, uint32_t to,
                          const struct kp_buffer *body, struct kp_buffer *packed);

/* OPENING, as if `holder` had opened this one match with these partials, one of each member. */
void proof_add_opening(const struct proof *proof, uint32_t group, uint32_t holder,
                       const uint8_t (*partials)[KP_PARTIAL_BYTES], struct kp_verify_export *out);
/* Evidence of a match (0: the first), opened by every holder. Freed with kp_verify_export_free. */
void proof_evidence(const struct proof *proof, uint32_t group, struct kp_verify_export *out);
/* The agreement and the acceptances, as the first items. */
void proof_add_papers(const struct proof *proof, struct kp_verify_export *out);
/* Items in the order of a file. */
void proof_sort(struct kp_verify_export *out);

#endif
