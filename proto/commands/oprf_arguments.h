/* What the commands of `kruispunt oprf` read and print: hex, and lists of hex joined by commas.
 *
 * Every value may stand in a file instead ("@PATH", or "-" for standard input; white space around
 * it is dropped), so that keys and inputs needn't be on a command line, where other users see them.
 * These commands are for running implementations against each other: what they are given lies in
 * ordinary memory, wiped after use, not in locked memory. Hex is lower case; anything else is
 * KP_USAGE. Error texts name the option and never repeat its value. */
#ifndef KP_PROTO_COMMANDS_OPRF_ARGUMENTS_H
#define KP_PROTO_COMMANDS_OPRF_ARGUMENTS_H

#include "crypto/oprf.h"
#include "proto/buffer.h"
#include "proto/command.h"
#include "proto/json.h"

#define KP_OPRF_ELEMENTS_MAX 65535u
#define KP_OPRF_VALUE_BYTES_MAX (1u << 24)

/* Of one command. Zero-initialise, and set error. */
struct kp_oprf_reader {
    const char *standard_input; /* the option that read it; NULL: none so far */
    struct kp_error *error;
};

/* count items of one size, without gaps. Freed with kp_buffer_free(&list.items). */
struct kp_oprf_list {
    struct kp_buffer items;
    size_t count;
};

/* Inputs of any size up to KP_OPRF_INPUT_MAX. */
struct kp_oprf_inputs {
    struct kp_buffer bytes;
    size_t *sizes;
    size_t count;
};

KP_MUST_USE enum kp_status kp_oprf_read_mode(struct kp_oprf_reader *reader, enum kp_oprf_mode *mode,
                                             const char *value);
/* Exactly size bytes. */
KP_MUST_USE enum kp_status kp_oprf_read_hex(struct kp_oprf_reader *reader, const char *option,
                                            const char *value, uint8_t *out, size_t size);
/* Any number of bytes up to KP_OPRF_INPUT_MAX. */
KP_MUST_USE enum kp_status kp_oprf_read_bytes(struct kp_oprf_reader *reader, const char *option,
                                              const char *value, struct kp_buffer *out);
/* Items of item_size bytes each. */
KP_MUST_USE enum kp_status kp_oprf_read_list(struct kp_oprf_reader *reader, const char *option,
                                             const char *value, size_t item_size,
                                             struct kp_oprf_list *out);
KP_MUST_USE enum kp_status kp_oprf_read_inputs(struct kp_oprf_reader *reader, const char *option,
                                               const char *value, struct kp_oprf_inputs *out);
void kp_oprf_inputs_free(struct kp_oprf_inputs *inputs);

/* Two lists that belong together have the same length. */
KP_MUST_USE enum kp_status kp_oprf_check_counts(struct kp_oprf_reader *reader, const char *option,
                                                size_t count, const char *other,
                                                size_t other_count);

/* Adds count items of size bytes as an array of hex, or one item as a string; false: no memory. */
KP_MUST_USE bool kp_oprf_add_array(cJSON *object, const char *name, const uint8_t *items,
                                   size_t size, size_t count);
KP_MUST_USE bool kp_oprf_add_one_or_more(cJSON *object, const char *name, const uint8_t *items,
                                         size_t size, size_t count);

#endif
