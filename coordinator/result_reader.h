/* What the coordinator signed about the results of a round, at whoever fetches them: every item is
 * counted as it comes, RESULT must be the last one and be over all others, and the lists of the
 * phases are kept for verdicts. No I/O. */
#ifndef KP_COORDINATOR_RESULT_READER_H
#define KP_COORDINATOR_RESULT_READER_H

#include "coordinator/results.h"
#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

/* Zero-initialise; free with kp_result_reader_free. */
struct kp_result_reader {
    struct kp_buffer leaves; /* of the items so far, KP_DIGEST_BYTES each, in the order of keys */
    uint32_t count;
    uint32_t groups;
    uint32_t before;                   /* items before the first group */
    struct kp_buffer before_key;       /* the last of them */
    struct kp_buffer before_value;     /* likewise */
    struct kp_buffer packed;           /* RESULT; empty: it hasn't come */
    struct kp_buffer lists[KP_PHASES]; /* PHASE LIST of each phase, packed */
    struct kp_round_result result;     /* once kp_result_reader_finish said KP_OK */
    struct kp_phase_list release;      /* likewise */
};
void kp_result_reader_free(struct kp_result_reader *reader); /* also clears it */

/* The next item. KP_REFUSED: it comes behind RESULT. */
KP_MUST_USE enum kp_status kp_result_reader_take(struct kp_result_reader *reader,
                                                 const struct kp_result_key *key,
                                                 const struct kp_buffer *packed_key,
                                                 const struct kp_buffer *value,
                                                 struct kp_error *error);
/* That was all. KP_REFUSED: no RESULT, not the coordinator's, of another round or of other READYs
 * than the transcript's, or other items than it is over; or a list that isn't the coordinator's. */
KP_MUST_USE enum kp_status kp_result_reader_finish(struct kp_result_reader *reader,
                                                   const struct kp_agreement *agreement,
                                                   uint32_t round,
                                                   const struct kp_result_transcript *transcript,
                                                   struct kp_error *error);
/* The way of item `index` to the root in RESULT: kp_merkle_path_length(index, reader->count)
 * digests. */
void kp_result_reader_path(const struct kp_result_reader *reader, uint32_t index, uint8_t *path);

/* result_check.c, called from another object (tests/attack). */

/* A message of the coordinator to all, of this type and attempt. */
KP_MUST_USE enum kp_status
kp_check_coordinator_message(const struct kp_round_message *message,
                             const struct kp_agreement *agreement, enum kp_message_type type,
                             const uint8_t attempt[static KP_ATTEMPT_BYTES],
                             struct kp_error *error);
/* RESULT says of this round what is there: `expected` is computed. */
KP_MUST_USE enum kp_status kp_check_result(const struct kp_round_result *result,
                                           const struct kp_round_result *expected,
                                           struct kp_error *error);

#endif
