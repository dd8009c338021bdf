#include "proto/batch.h"

#include "proto/protobuf.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more, which is empty; NULL: no memory. */
static struct kp_buffer *make_item(struct kp_batch *batch)
{
    struct kp_buffer *items = realloc(batch->items, (batch->count + 1) * sizeof(*items));
    if (items == NULL) {
        return NULL;
    }
    batch->items = items;
    items[batch->count] = (struct kp_buffer){0};
    return &items[batch->count];
}

enum kp_status kp_batch_add(struct kp_batch *batch, const void *bytes, size_t size)
{
    struct kp_buffer *item = make_item(batch);
    if (item == NULL || kp_buffer_set(item, bytes, size) != KP_OK) {
        return KP_FAILED;
    }
    batch->count++;
    batch->bytes += size;
    return KP_OK;
}

bool kp_batch_has_room(const struct kp_batch *batch, size_t size)
{
    return batch->count == 0 ||
           (batch->count < KP_WIRE_BATCH_MESSAGES && batch->bytes + size <= KP_WIRE_BATCH_BYTES);
}

void kp_batch_free(struct kp_batch *batch)
{
    for (size_t i = 0; i < batch->count; i++) {
        kp_buffer_free(&batch->items[i]);
    }
    free(batch->items);
    memset(batch, 0, sizeof(*batch));
}

ProtobufCBinaryData *kp_batch_borrow(const struct kp_batch *batch)
{
    ProtobufCBinaryData *fields = calloc(batch->count + 1, sizeof(*fields));
    for (size_t i = 0; fields != NULL && i < batch->count; i++) {
        fields[i] = kp_protobuf_bytes(batch->items[i].data, batch->items[i].size);
    }
    return fields;
}

enum kp_status kp_batch_take(struct kp_batch *batch, ProtobufCBinaryData *fields, size_t count,
                             struct kp_error *error)
{
    if (count > KP_WIRE_BATCH_MESSAGES) {
        return kp_fail(error, KP_REFUSED, "%zu messages at once; at most %u are allowed", count,
                       KP_WIRE_BATCH_MESSAGES);
    }
    for (size_t i = 0; i < count; i++) {
        if (fields[i].len > KP_WIRE_MESSAGE_MAX) {
            return kp_fail(error, KP_REFUSED, "a message of %zu bytes; at most %u are allowed",
                           fields[i].len, KP_WIRE_MESSAGE_MAX);
        }
        struct kp_buffer *item = make_item(batch);
        if (item == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for messages");
        }
        kp_protobuf_take(item, &fields[i]);
        batch->count++;
        batch->bytes += item->size;
    }
    return KP_OK;
}
