/* Whole files at once, on disk or in memory. */
#include "proto/export.h"

#include "proto/export_internal.h"
#include "proto/limits.h"
#include "proto/numbers.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

enum kp_status kp_export_write(const char *path, const struct kp_export_header *header,
                               const struct kp_export_item *items, size_t count,
                               struct kp_error *error)
{
    struct kp_export_writer *writer = NULL;
    struct kp_export_header with_count = *header;
    with_count.items = count;
    enum kp_status status = kp_export_create(&writer, path, &with_count, error);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = kp_export_add(writer, &items[i], error);
    }
    if (status == KP_OK) {
        status = kp_export_finish(writer, error);
    }
    kp_export_writer_free(writer);
    return status;
}

static enum kp_status append_record(struct kp_buffer *out, const struct kp_buffer *packed,
                                    struct kp_error *error)
{
    uint8_t length[KP_EXPORT_LENGTH_BYTES];
    (void)kp_put_number(length, packed->size, sizeof(length));
    return kp_buffer_append(out, length, sizeof(length)) == KP_OK &&
                   kp_buffer_append(out, packed->data, packed->size) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for an export");
}

enum kp_status kp_export_write_bytes(struct kp_buffer *out, const struct kp_export_header *header,
                                     const struct kp_export_item *items, size_t count,
                                     struct kp_error *error)
{
    struct kp_buffer packed = {0};
    struct kp_export_header with_count = *header;
    with_count.items = count;
    enum kp_status status = kp_buffer_set(out, KP_EXPORT_FIRST_LINE, KP_EXPORT_FIRST_LINE_BYTES);
    if (status == KP_OK) {
        status = kp_export_header_pack(&with_count, &packed, error);
    }
    if (status == KP_OK) {
        status = append_record(out, &packed, error);
    }
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = items[i].content.size <= KP_EXPORT_CONTENT_MAX
                     ? kp_export_item_pack(&items[i], &packed, error)
                     : kp_fail(error, KP_FAILED, "an item is too long for an export");
        if (status == KP_OK) {
            status = append_record(out, &packed, error);
        }
    }
    kp_buffer_free(&packed);
    return status;
}

/* ---- reading ---- */

struct cursor {
    const uint8_t *at;
    size_t left;
};

static enum kp_status next_record(struct cursor *cursor, size_t most, const uint8_t **record,
                                  size_t *size, struct kp_error *error)
{
    uint64_t length = 0;
    if (cursor->left >= KP_EXPORT_LENGTH_BYTES) {
        length = kp_get_number(cursor->at, KP_EXPORT_LENGTH_BYTES);
    }
    if (length == 0 || length > most || length > cursor->left - KP_EXPORT_LENGTH_BYTES) {
        return kp_fail(error, KP_REFUSED, "the file ends in the middle, or a record is too long");
    }
    *record = cursor->at + KP_EXPORT_LENGTH_BYTES;
    *size = (size_t)length;
    cursor->at += KP_EXPORT_LENGTH_BYTES + *size;
    cursor->left -= KP_EXPORT_LENGTH_BYTES + *size;
    return KP_OK;
}

static enum kp_status read_header(struct kp_export_header *header, struct cursor *cursor,
                                  struct kp_error *error)
{
    const uint8_t *record = NULL;
    size_t size = 0;
    if (cursor->left < KP_EXPORT_FIRST_LINE_BYTES ||
        memcmp(cursor->at, KP_EXPORT_FIRST_LINE, KP_EXPORT_FIRST_LINE_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED, "it doesn't begin like an export");
    }
    cursor->at += KP_EXPORT_FIRST_LINE_BYTES;
    cursor->left -= KP_EXPORT_FIRST_LINE_BYTES;
    enum kp_status status = next_record(cursor, KP_EXPORT_HEADER_MAX, &record, &size, error);
    if (status == KP_OK) {
        status = kp_export_header_unpack(header, record, size, error);
    }
    /* An item takes more than its length, so there can't be as many as bytes. */
    return status == KP_OK && header->items > cursor->left / KP_EXPORT_LENGTH_BYTES
               ? kp_fail(error, KP_REFUSED, "fewer items than its header says")
               : status;
}

enum kp_status kp_export_read_bytes(struct kp_export_header *header, struct kp_export_item **items,
                                    size_t *count, const uint8_t *bytes, size_t size,
                                    struct kp_error *error)
{
    struct cursor cursor = {bytes, size};
    *items = NULL;
    *count = 0;
    enum kp_status status = read_header(header, &cursor, error);
    if (status != KP_OK) {
        return status;
    }
    *items = calloc((size_t)header->items + 1, sizeof(**items));
    if (*items == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the items of an export");
    }
    while (status == KP_OK && *count < header->items) {
        const uint8_t *record = NULL;
        size_t length = 0;
        status = next_record(&cursor, KP_EXPORT_CONTENT_MAX + KP_EXPORT_HEADER_MAX, &record,
                             &length, error);
        if (status == KP_OK) {
            status = kp_export_item_unpack(&(*items)[(*count)++], record, length, error);
        }
    }
    return status == KP_OK && cursor.left > 0
               ? kp_fail(error, KP_REFUSED, "it goes on after its last item")
               : status;
}

void kp_export_items_free(struct kp_export_item *items, size_t count)
{
    for (size_t i = 0; items != NULL && i < count; i++) {
        kp_export_item_free(&items[i]);
    }
    free(items);
}
