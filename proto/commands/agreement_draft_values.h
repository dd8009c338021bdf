/* The values of a draft's keys, from text to the fields of an agreement. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_DRAFT_VALUES_H
#define KP_PROTO_COMMANDS_AGREEMENT_DRAFT_VALUES_H

#include "proto/error.h"

#include <stddef.h>

/* Reads value into field, which has size bytes. KP_USAGE says what the value must be; the caller
 * puts file, line and key before that. */
typedef enum kp_status kp_draft_read_value(void *field, size_t size, const char *value,
                                           struct kp_error *error);

/* Into text, bytes, a uint32_t, an enum kp_category, an enum kp_role; seconds as a uint32_t, bits
 * of enum kp_disclosure, Unix seconds as a uint64_t. */
kp_draft_read_value kp_draft_read_text, kp_draft_read_hex, kp_draft_read_number,
    kp_draft_read_category, kp_draft_read_role, kp_draft_read_interval, kp_draft_read_discloses,
    kp_draft_read_start, kp_draft_read_end;
/* "yes" or "no" into a uint32_t of 1 or 0. */
kp_draft_read_value kp_draft_read_yes_no;
/* Into the whole struct kp_agreement, size being 0; postcodes are added to those that are there. */
kp_draft_read_value kp_draft_read_postcodes;
/* Likewise, in proto/commands/agreement_draft_scheme.c. A register is opened, and a file of words
 * read, for their hashes; each may be given once only, in one of both ways. */
kp_draft_read_value kp_draft_read_key_scheme, kp_draft_read_register, kp_draft_read_register_date,
    kp_draft_read_register_hash, kp_draft_read_words, kp_draft_read_words_hash;
/* What is not given: the words are those that are built in. */
struct kp_agreement;
KP_MUST_USE enum kp_status kp_draft_finish_scheme(struct kp_agreement *agreement,
                                                  struct kp_error *error);

#endif
