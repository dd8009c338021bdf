/* Opening: what a holder of an opening key verifies and decrypts, by its own program, from the
 * results of a round. No I/O. It trusts the agreement and its own key, and nothing that the
 * coordinator says.
 *
 * In this order, for a match:
 *
 * 1. kp_opening_check: all that is public. Signed READYs of one round, path of each entry, share
 *    under the tag, outer layer opened by t shares, the seal's proof. Nothing is decrypted for a
 *    match of which fewer than threshold records pass, so not for what didn't match.
 * 2. kp_opening_partials: the holder's own partial decryption of each record that passed. That is
 *    the act of opening: it goes into the holder's log (coordinator/act.h) before 3, and before any
 *    partial leaves.
 * 3. kp_opening_read, with the partials of every holder: opening of the seal, g, leaf against the
 *    signed root, and the tag recomputed from the address and y.
 *
 * An address is shown only when at least threshold records of different members are valid in full.
 * A record that fails is a fault, said with whom it names, without its content. */
#ifndef KP_COORDINATOR_OPEN_H
#define KP_COORDINATOR_OPEN_H

#include "crypto/opening.h"
#include "proto/address.h"
#include "proto/agreement.h"
#include "proto/proof.h"
#include "proto/record.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_opening;

/* secret: KP_SCALAR_BYTES in locked memory, borrowed like the agreement. KP_REFUSED: not a key of
 * the agreement. */
KP_MUST_USE enum kp_status kp_opening_new(struct kp_opening **opening,
                                          const struct kp_agreement *agreement,
                                          const uint8_t *secret, struct kp_error *error);
void kp_opening_free(struct kp_opening *opening); /* NULL is allowed; wipes */
const struct kp_agreement *kp_opening_agreement(const struct kp_opening *opening);
/* Which of the agreement's opening keys the secret belongs to, from 1; and all of them. */
uint32_t kp_opening_holder(const struct kp_opening *opening);
uint32_t kp_opening_holders(const struct kp_opening *opening);

/* First: the signed messages of the round with this counter. KP_REFUSED: they don't prove one. */
KP_MUST_USE enum kp_status kp_opening_transcript(struct kp_opening *opening, uint64_t counter,
                                                 const struct kp_result_transcript *transcript,
                                                 struct kp_error *error);
/* Then: chunks of leaf digests, in order. KP_REFUSED: out of order, or not what hello 2 signed. */
KP_MUST_USE enum kp_status kp_opening_leaves(struct kp_opening *opening, uint32_t member,
                                             uint32_t chunk, const uint8_t *digests, size_t size,
                                             struct kp_error *error);

#define KP_RECORD_INNER_MAX (KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD)

struct kp_opened_record {
    uint32_t member;
    bool passed;               /* all that is public */
    bool valid;                /* in full */
    enum kp_fault_kind kind;   /* when it isn't */
    char fault[KP_ERROR_TEXT]; /* likewise */
    bool no_leaves; /* likewise: leaves are missing, of which the match itself shows nothing */
    uint8_t inner[KP_RECORD_INNER_MAX]; /* the inner seal, when it passed */
    uint8_t partial[KP_OPENING_KEYS_MAX]
                   [KP_PARTIAL_BYTES]; /* of each holder, when they are there */
    bool opened;                       /* the inner seal opened */
    uint32_t leaf_index;               /* then: the slot that it says it is of; valid or not */
    bool other_leaf;                   /* and that slot's leaf is another one */
    struct kp_record content;          /* when it is valid */
};

struct kp_opened_match {
    uint32_t round;
    uint32_t number; /* in the results, from 1; together: MATCH, "round-number" */
    uint8_t tag[KP_DIGEST_BYTES];
    bool checked; /* there were shares of t to try the outer layers with */
    bool opens;   /* at least threshold records passed */
    bool shown;   /* at least threshold records are valid, and name an address */
    bool canary;  /* at least threshold records are valid, and name a canary: no address to show */
    uint8_t address_key[KP_ADDRESS_KEY_BYTES]; /* of either; else zeros */
    uint32_t record_count;
    struct kp_opened_record records[KP_MEMBERS_MAX]; /* what is behind record_count means nothing */
};

/* Whoever has many of something has them in parts on threads: what is called "many".
 *
 * 1. *match is filled in anew. KP_REFUSED: the group as such can't be (fewer than threshold
 * members, a member twice); KP_OK also when it doesn't open. */
KP_MUST_USE enum kp_status kp_opening_check(struct kp_opening *opening, uint32_t number,
                                            const struct kp_result_group *group,
                                            struct kp_opened_match *match, struct kp_error *error);
/* The same for count groups, numbered from `first` on, whose proofs are checked in batches:
 * matches[i] of groups[i]. faults[i]: what kp_opening_check says of it. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_opening_check_many(struct kp_opening *opening, uint32_t first,
                                                 const struct kp_result_group *groups, size_t count,
                                                 struct kp_opened_match *const *matches,
                                                 struct kp_error *faults, struct kp_error *error);
/* open_rule.c: at least threshold records, of different members of the agreement. */
KP_MUST_USE enum kp_status kp_check_match_members(const struct kp_agreement *agreement,
                                                  const struct kp_result_group *group,
                                                  struct kp_error *error);
/* open_rule.c: a holder decrypts this record only when it passed, and at least threshold records of
 * its match did. */
KP_MUST_USE enum kp_status kp_check_partial_wanted(const struct kp_agreement *agreement,
                                                   const struct kp_opened_match *match,
                                                   uint32_t index, struct kp_error *error);
/* 2. Own partials of each record that may be decrypted. KP_REFUSED: none may. */
KP_MUST_USE enum kp_status kp_opening_partials(struct kp_opening *opening,
                                               struct kp_opened_match *match,
                                               struct kp_error *error);
/* The same for all of count matches that open, multiplied in batches. That none does is no error.
 */
KP_MUST_USE enum kp_status kp_opening_partials_many(struct kp_opening *opening,
                                                    struct kp_opened_match *const *matches,
                                                    size_t count, struct kp_error *error);
/* Whether a partial is that of `holder` for this record of the match, which passed. */
KP_MUST_USE enum kp_status kp_opening_check_partial(const struct kp_opening *opening,
                                                    const struct kp_opened_match *match,
                                                    uint32_t record, uint32_t holder,
                                                    const uint8_t partial[static KP_PARTIAL_BYTES],
                                                    struct kp_error *error);
/* 3. With the partials of all holders in every record that passed, each of them checked or made by
 * this program. */
KP_MUST_USE enum kp_status kp_opening_read(struct kp_opening *opening,
                                           struct kp_opened_match *match, struct kp_error *error);

/* The same for each of count matches. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_opening_read_many(struct kp_opening *opening,
                                                struct kp_opened_match *const *matches,
                                                size_t count, struct kp_error *error);

/* After kp_opening_transcript; NULL before it. KP_DIGEST_BYTES and KP_ATTEMPT_BYTES. */
const uint8_t *kp_opening_round_id(const struct kp_opening *opening);
const uint8_t *kp_opening_attempt(const struct kp_opening *opening);
/* What a member's signals of this round are not younger than, Unix milliseconds: the latest time in
 * the READYs of the others. They signed the round, and with it its leaves. */
uint64_t kp_opening_time(const struct kp_opening *opening, uint32_t member);
/* The leaf with this index; false: the member has no such slot, or its leaves aren't here. */
bool kp_opening_leaf(const struct kp_opening *opening, uint32_t member, uint32_t index,
                     uint8_t leaf[static KP_DIGEST_BYTES]);
/* The path of a leaf to the root in the member's hello 2, once its leaves are here; NULL: they
 * aren't, or no memory. */
KP_MUST_USE enum kp_status kp_opening_leaf_path(const struct kp_opening *opening, uint32_t member,
                                                uint32_t index, struct kp_buffer *path,
                                                struct kp_error *error);

#endif
