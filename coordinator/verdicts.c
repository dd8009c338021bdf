#include "coordinator/verdicts.h"

#include "coordinator/database.h"
#include "coordinator/page.h"
#include "proto/numbers.h"

#include <string.h>

static void make_key(uint8_t key[static KP_VERDICT_KEY_BYTES], uint32_t round, uint32_t member,
                     uint32_t number)
{
    (void)kp_put_number(kp_put_number(kp_put_number(key, round, 4), member, 1), number, 4);
}

/* The first number that isn't taken. */
static enum kp_status next_number(struct kp_txn *txn, uint32_t round, uint32_t member,
                                  uint32_t *number, struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    uint8_t start[KP_VERDICT_KEY_BYTES];
    bool end = false;
    make_key(start, round, member, 0);
    enum kp_status status =
        kp_cursor_open(txn, KP_COORDINATOR_VERDICTS, start, sizeof(start), &cursor, error);
    *number = 0;
    while (status == KP_OK && !end) {
        const uint8_t *key, *value;
        size_t key_size, value_size;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status != KP_OK || end || key_size != sizeof(start) || memcmp(key, start, 5) != 0) {
            break;
        }
        *number = (uint32_t)kp_get_number(key + 5, 4) + 1;
    }
    kp_cursor_close(cursor);
    return status;
}

enum kp_status kp_verdicts_add(struct kp_txn *txn, uint32_t round, uint32_t member,
                               const struct kp_buffer *file, struct kp_error *error)
{
    uint8_t key[KP_VERDICT_KEY_BYTES];
    uint32_t number = 0;
    enum kp_status status = next_number(txn, round, member, &number, error);
    if (status != KP_OK) {
        return status;
    }
    make_key(key, round, member, number);
    return kp_store_put(txn, KP_COORDINATOR_VERDICTS, key, sizeof(key), file->data, file->size,
                        error);
}

enum kp_status kp_verdicts_page(struct kp_txn *txn, uint32_t round, const uint8_t *after,
                                size_t after_size, struct kp_batch *items, bool *end,
                                struct kp_error *error)
{
    uint8_t start[KP_VERDICT_KEY_BYTES];
    struct kp_cursor *cursor = NULL;
    *end = false;
    make_key(start, round, 0, 0);
    if (after_size > 0) {
        if (after_size != sizeof(start) || (round != 0 && kp_get_number(after, 4) != round)) {
            return kp_fail(error, KP_REFUSED, "not the key of a verdict of this round");
        }
        memcpy(start, after, after_size);
    }
    enum kp_status status =
        kp_cursor_open(txn, KP_COORDINATOR_VERDICTS, start, sizeof(start), &cursor, error);
    if (status == KP_OK) {
        status =
            kp_page_fill(cursor, KP_VERDICT_KEY_BYTES, round, after, after_size, items, end, error);
    }
    kp_cursor_close(cursor);
    return status;
}
