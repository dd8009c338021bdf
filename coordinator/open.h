/* Opening: what the project leader's program verifies and decrypts, by itself, from the results of
 * a round. No I/O. It trusts the agreement and its own key, and nothing that the coordinator says.
 *
 * An address is shown only when at least threshold records of different members are valid in full:
 * signed READYs of one round, path of the entry, share under the tag, outer layer opened by t
 * shares, proof and opening of the seal, g, leaf against the signed root, and the tag recomputed
 * from the address and y. A record that fails is a fault, said with the member's name, without its
 * content. */
#ifndef KP_COORDINATOR_OPEN_H
#define KP_COORDINATOR_OPEN_H

#include "proto/address.h"
#include "proto/agreement.h"
#include "proto/record.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_opening;

/* secret: KP_SCALAR_BYTES in locked memory, borrowed like the agreement. KP_REFUSED: not the key of
 * the agreement. */
KP_MUST_USE enum kp_status kp_opening_new(struct kp_opening **opening,
                                          const struct kp_agreement *agreement,
                                          const uint8_t *secret, struct kp_error *error);
void kp_opening_free(struct kp_opening *opening); /* NULL is allowed; wipes */

/* First: the signed messages of the round with this counter. KP_REFUSED: they don't prove one. */
KP_MUST_USE enum kp_status kp_opening_transcript(struct kp_opening *opening, uint64_t counter,
                                                 const struct kp_result_transcript *transcript,
                                                 struct kp_error *error);
/* Then: chunks of leaf digests, in order. KP_REFUSED: out of order, or not what hello 2 signed. */
KP_MUST_USE enum kp_status kp_opening_leaves(struct kp_opening *opening, uint32_t member,
                                             uint32_t chunk, const uint8_t *digests, size_t size,
                                             struct kp_error *error);

struct kp_opened_record {
    uint32_t member;
    bool valid;
    char fault[KP_ERROR_TEXT]; /* when it isn't */
    struct kp_record content;  /* when it is */
};

struct kp_opened_match {
    bool shown;  /* at least threshold records are valid, and name an address */
    bool canary; /* at least threshold records are valid, and name a canary: no address to show */
    uint8_t address_key[KP_ADDRESS_KEY_BYTES]; /* of either; else zeros */
    struct kp_address address;
    uint32_t record_count;
    struct kp_opened_record records[KP_MEMBERS_MAX];
};

/* Last: a group. KP_REFUSED: the group as such can't be (fewer than threshold members, a member
 * twice). */
KP_MUST_USE enum kp_status kp_opening_match(struct kp_opening *opening,
                                            const struct kp_result_group *group,
                                            struct kp_opened_match *match, struct kp_error *error);

/* KP_DIGEST_BYTES, after kp_opening_transcript; NULL before it. */
const uint8_t *kp_opening_round_id(const struct kp_opening *opening);
/* Latest time signed in a hello of this round, Unix milliseconds: every signal of it is not
 * younger. */
uint64_t kp_opening_time(const struct kp_opening *opening);

#endif
