/* What every agreement must fulfil, whether it came as bytes or is being drafted. Only for
 * proto/agreement*.c and the command that drafts. */
#ifndef KP_PROTO_AGREEMENT_CHECK_H
#define KP_PROTO_AGREEMENT_CHECK_H

#include "proto/agreement.h"

/* All that kp_agreement_parse promises but for the encoding itself; hash and lineage aren't read,
 * and postcodes must be sorted. KP_REFUSED names the field. */
KP_MUST_USE enum kp_status kp_agreement_check(const struct kp_agreement *agreement,
                                              struct kp_error *error);

/* Parts of it, in an object of their own (proto/agreement_parties.c). The opening key with this
 * place decodes, and whoever brought it knows its secret: otherwise a second holder could choose a
 * key with which it reads alone (its own minus the other's). */
KP_MUST_USE enum kp_status kp_agreement_check_opening_key(const struct kp_agreement *agreement,
                                                          uint32_t place, struct kp_error *error);
/* Sets opening_key. KP_REFUSED: the keys cancel each other. */
KP_MUST_USE enum kp_status kp_agreement_sum_opening_keys(struct kp_agreement *agreement,
                                                         struct kp_error *error);
/* There are not too many groups, and their canaries leave at least half of the slots. */
KP_MUST_USE enum kp_status kp_agreement_check_canaries(const struct kp_agreement *agreement,
                                                       struct kp_error *error);
/* Key scheme, register and words: how all members make keys (proto/agreement_scheme.c). */
KP_MUST_USE enum kp_status kp_agreement_check_scheme(const struct kp_agreement *agreement,
                                                     struct kp_error *error);

/* The bytes are those that packing this agreement gives. */
KP_MUST_USE enum kp_status kp_agreement_check_canonical(const struct kp_agreement *agreement,
                                                        const uint8_t *bytes, size_t size,
                                                        struct kp_error *error);

/* Parts of it, for what is typed before there is an agreement: text of one line, to be signed and
 * therefore without anything that doesn't show; a member's short name; 1234AB or 1234. */
KP_MUST_USE enum kp_status kp_agreement_check_text(const char *text, size_t most, const char *field,
                                                   struct kp_error *error);
bool kp_agreement_is_test_number(const char *oin);
bool kp_agreement_is_name(const char *text);
bool kp_agreement_is_postcode(const char *text);

#endif
