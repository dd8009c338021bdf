/* A growing run of bytes, wiped when freed or moved. Zero-initialise; the caller owns it. */
#ifndef KP_PROTO_BUFFER_H
#define KP_PROTO_BUFFER_H

#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

struct kp_buffer {
    uint8_t *data;
    size_t size;
    size_t capacity;
};

/* Room for `size` bytes in all. KP_FAILED: no memory; the buffer is as it was. */
KP_MUST_USE enum kp_status kp_buffer_reserve(struct kp_buffer *buffer, size_t size);
KP_MUST_USE enum kp_status kp_buffer_append(struct kp_buffer *buffer, const void *bytes,
                                            size_t size);
/* Adds `size` zero bytes and returns where they begin; NULL: no memory. */
uint8_t *kp_buffer_extend(struct kp_buffer *buffer, size_t size);
/* Replaces the content. */
KP_MUST_USE enum kp_status kp_buffer_set(struct kp_buffer *buffer, const void *bytes, size_t size);
void kp_buffer_free(struct kp_buffer *buffer);

#endif
