/* Changes one thing at a time in what is packed as protobuf: every field at every depth, also in
 * messages that are packed within bytes. Knows no schema. */
#ifndef KP_TESTS_MUTATE_H
#define KP_TESTS_MUTATE_H

#include "proto/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The change with this number of `bytes` into `out`; false: there are no more. `what` tells where
 * (a path of field numbers) and how. */
#define MUTATE_TEXT 128
bool mutate(struct kp_buffer *out, const uint8_t *bytes, size_t size, size_t number,
            char what[static MUTATE_TEXT]);

#endif
