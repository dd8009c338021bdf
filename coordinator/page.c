#include "coordinator/page.h"

#include "proto/numbers.h"

#include <string.h>

enum kp_status kp_page_fill(struct kp_cursor *cursor, size_t key_bytes, uint32_t round,
                            const uint8_t *after, size_t after_size, struct kp_batch *items,
                            bool *end, struct kp_error *error)
{
    *end = false;
    for (;;) {
        const uint8_t *key, *value;
        size_t key_size, value_size;
        bool last = false;
        enum kp_status status =
            kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &last, error);
        if (status != KP_OK) {
            return status;
        }
        if (last || key_size != key_bytes || (round != 0 && kp_get_number(key, 4) != round)) {
            *end = true;
            return KP_OK;
        }
        if (key_size == after_size && memcmp(key, after, key_size) == 0) {
            continue;
        }
        if (!kp_batch_has_room(items, key_size + value_size)) {
            return KP_OK;
        }
        if (kp_batch_add(items, key, key_size) != KP_OK ||
            kp_batch_add(items, value, value_size) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a page");
        }
    }
}
