#include "proto/buffer.h"

#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_CAPACITY 64

/* Is there in programs whose heap wipes what is freed (wiping_heap.c): once is enough. */
extern const char kp_heap_wipes __attribute__((weak));

static void wipe_and_free(uint8_t *data, size_t size)
{
    if (&kp_heap_wipes == NULL) {
        kp_wipe(data, size);
    }
    free(data);
}

enum kp_status kp_buffer_reserve(struct kp_buffer *buffer, size_t size)
{
    if (size <= buffer->capacity) {
        return KP_OK;
    }
    if (size > PTRDIFF_MAX) {
        return KP_FAILED;
    }
    /* Most are filled at once: as large as that. What then grows doubles. */
    size_t capacity = buffer->capacity > 0 ? buffer->capacity : size;
    capacity = capacity < LEAST_CAPACITY ? LEAST_CAPACITY : capacity;
    while (capacity < size) {
        capacity = capacity > SIZE_MAX / 2 ? size : capacity * 2;
    }
    /* Not realloc(): it would leave a copy behind that nobody wipes. */
    uint8_t *data = malloc(capacity);
    if (data == NULL) {
        return KP_FAILED;
    }
    if (buffer->data != NULL) {
        memcpy(data, buffer->data, buffer->size);
        wipe_and_free(buffer->data, buffer->capacity);
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return KP_OK;
}

/* Makes room for `size` more bytes. */
static enum kp_status grow(struct kp_buffer *buffer, size_t size)
{
    if (size > SIZE_MAX - buffer->size) {
        return KP_FAILED;
    }
    return kp_buffer_reserve(buffer, buffer->size + size);
}

enum kp_status kp_buffer_append(struct kp_buffer *buffer, const void *bytes, size_t size)
{
    if (size == 0) {
        return KP_OK;
    }
    enum kp_status status = grow(buffer, size);
    if (status == KP_OK) {
        memcpy(buffer->data + buffer->size, bytes, size);
        buffer->size += size;
    }
    return status;
}

uint8_t *kp_buffer_extend(struct kp_buffer *buffer, size_t size)
{
    /* At least one byte of room, so that adding nothing to nothing isn't NULL. */
    if (grow(buffer, size == 0 ? 1 : size) != KP_OK) {
        return NULL;
    }
    uint8_t *added = buffer->data + buffer->size;
    memset(added, 0, size);
    buffer->size += size;
    return added;
}

enum kp_status kp_buffer_set(struct kp_buffer *buffer, const void *bytes, size_t size)
{
    enum kp_status status = kp_buffer_reserve(buffer, size);
    if (status != KP_OK) {
        return status;
    }
    if (buffer->size > size) {
        kp_wipe(buffer->data + size, buffer->size - size);
    }
    if (size > 0) {
        memcpy(buffer->data, bytes, size);
    }
    buffer->size = size;
    return KP_OK;
}

void kp_buffer_free(struct kp_buffer *buffer)
{
    if (buffer->data != NULL) {
        wipe_and_free(buffer->data, buffer->capacity);
    }
    *buffer = (struct kp_buffer){0};
}
