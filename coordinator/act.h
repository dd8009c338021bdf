/* The act of opening: what one holder decrypted of a round at once, and what its log says of it.
 *
 * One leaf for each match, over tag, holder, and of each record the member, D and its proof; the
 * root over the leaves stands in the holder's log, on disk before a partial leaves the program or
 * an address is shown. A match shown later, with its leaf's path, is proven to have been opened in
 * that act. */
#ifndef KP_COORDINATOR_ACT_H
#define KP_COORDINATOR_ACT_H

#include "coordinator/open.h"
#include "proto/buffer.h"
#include "proto/proof.h"

/* Zero-initialise; free with kp_act_free. */
struct kp_act {
    struct kp_buffer entry;    /* packed log entry that tells of it, once it is logged */
    struct kp_buffer leaves;   /* digests */
    struct kp_buffer matches;  /* struct kp_act_match, by rising number */
    struct kp_buffer partials; /* KP_PARTIAL_BYTES each */
};
struct kp_act_match {
    uint32_t number;  /* of the match */
    uint32_t records; /* which have a partial: bit i is record i */
    size_t at;        /* of the first in partials */
};

/* Of a match after kp_opening_partials; numbers rise. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_act_add(struct kp_act *act, const struct kp_opening *opening,
                                      const struct kp_opened_match *match, struct kp_error *error);
size_t kp_act_count(const struct kp_act *act);
void kp_act_root(const struct kp_act *act, uint8_t root[static KP_DIGEST_BYTES]);
/* Puts the act's own partials of this match back into it. *index: of its leaf. KP_REFUSED: the act
 * has no such match, or had another one under this number. */
KP_MUST_USE enum kp_status kp_act_take(const struct kp_act *act, const struct kp_opening *opening,
                                       struct kp_opened_match *match, uint32_t *index,
                                       struct kp_error *error);
KP_MUST_USE enum kp_status kp_act_path(const struct kp_act *act, uint32_t index,
                                       struct kp_buffer *path, struct kp_error *error);
void kp_act_free(struct kp_act *act);

/* As it is kept in the holder's own store. Unpacking replaces *act; KP_REFUSED: not one. */
KP_MUST_USE enum kp_status kp_act_pack(const struct kp_act *act, struct kp_buffer *out,
                                       struct kp_error *error);
KP_MUST_USE enum kp_status kp_act_unpack(struct kp_act *act, const uint8_t *bytes, size_t size,
                                         struct kp_error *error);

/* What a holder gives of a match: the partials of `holder` in its records, by rising member. The
 * rest of *out is left alone but for the tag. */
void kp_act_records(struct kp_partial_match *out, const struct kp_opened_match *match,
                    uint32_t holder);
/* The leaf of that in an act of `holder`. */
void kp_act_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_opening *opening,
                 uint32_t holder, const struct kp_partial_match *match);

#endif
