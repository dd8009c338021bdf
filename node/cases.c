#include "node/cases.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "proto/numbers.h"

#include <string.h>

/* version, closed, question, answer_by, received, revision, answer, answered, size of the reason;
 * then reason and evidence. */
#define VERSION 1u
#define HEADER_BYTES (1 + 1 + 1 + 8 + 8 + 4 + 1 + 8 + 2)

void kp_kept_case_free(struct kp_kept_case *kept)
{
    kp_case_free(&kept->asked);
    kp_wipe(kept->reason, sizeof(kept->reason));
}

enum kp_status kp_cases_put(struct kp_txn *txn, const struct kp_kept_case *kept,
                            struct kp_error *error)
{
    uint8_t header[HEADER_BYTES];
    struct kp_buffer value = {0};
    size_t reason = strlen(kept->reason);
    uint8_t *at = kp_put_number(header, VERSION, 1);
    at = kp_put_number(at, kept->closed, 1);
    at = kp_put_number(at, kept->asked.question, 1);
    at = kp_put_number(at, kept->asked.answer_by, 8);
    at = kp_put_number(at, kept->received, 8);
    at = kp_put_number(at, kept->revision, 4);
    at = kp_put_number(at, kept->answer, 1);
    at = kp_put_number(at, kept->answered, 8);
    (void)kp_put_number(at, reason, 2);
    enum kp_status status = KP_OK;
    if (kp_buffer_append(&value, header, sizeof(header)) != KP_OK ||
        kp_buffer_append(&value, kept->reason, reason) != KP_OK ||
        kp_buffer_append(&value, kept->asked.evidence.data, kept->asked.evidence.size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a case");
    } else {
        status = kp_store_put(txn, KP_NODE_CASES, kept->asked.id, KP_CASE_ID_BYTES, value.data,
                              value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status unpack(struct kp_kept_case *kept, const uint8_t *id, const uint8_t *value,
                             size_t size, struct kp_error *error)
{
    memset(kept, 0, sizeof(*kept));
    size_t reason = size < HEADER_BYTES ? 0 : kp_get_number(value + HEADER_BYTES - 2, 2);
    if (size < HEADER_BYTES || value[0] != VERSION || reason > KP_CASE_REASON_MAX ||
        size - HEADER_BYTES < reason) {
        return kp_fail(error, KP_FAILED, "a case in the database is damaged");
    }
    memcpy(kept->asked.id, id, KP_CASE_ID_BYTES);
    kept->closed = value[1] != 0;
    kept->asked.question = (enum kp_case_question)value[2];
    kept->asked.answer_by = kp_get_number(value + 3, 8);
    kept->received = kp_get_number(value + 11, 8);
    kept->revision = (uint32_t)kp_get_number(value + 19, 4);
    kept->answer = (enum kp_answer)value[23];
    kept->answered = kp_get_number(value + 24, 8);
    memcpy(kept->reason, value + HEADER_BYTES, reason);
    value += HEADER_BYTES + reason;
    size -= HEADER_BYTES + reason;
    return kp_buffer_set(&kept->asked.evidence, value, size) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for a case");
}

enum kp_status kp_cases_get(struct kp_txn *txn, const uint8_t id[static KP_CASE_ID_BYTES],
                            struct kp_kept_case *kept, struct kp_error *error)
{
    struct kp_buffer value = {0};
    bool found = false;
    memset(kept, 0, sizeof(*kept));
    enum kp_status status =
        kp_store_get(txn, KP_NODE_CASES, id, KP_CASE_ID_BYTES, &value, &found, error);
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_REFUSED, "there is no such case; see node cases");
    } else if (status == KP_OK) {
        status = unpack(kept, id, value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_cases_walk(struct kp_txn *txn, kp_cases_each *each, void *context,
                             struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    bool end = false;
    enum kp_status status = kp_cursor_open(txn, KP_NODE_CASES, NULL, 0, &cursor, error);
    while (status == KP_OK && !end) {
        const uint8_t *key, *value;
        size_t key_size, size;
        struct kp_kept_case kept = {0};
        status = kp_cursor_next(cursor, &key, &key_size, &value, &size, &end, error);
        if (status == KP_OK && !end) {
            status = key_size == KP_CASE_ID_BYTES
                         ? unpack(&kept, key, value, size, error)
                         : kp_fail(error, KP_FAILED, "a case in the database is damaged");
        }
        if (status == KP_OK && !end) {
            status = each(context, &kept, error);
        }
        kp_kept_case_free(&kept);
    }
    kp_cursor_close(cursor);
    return status;
}

enum kp_status kp_cases_close(struct kp_txn *txn, struct kp_kept_case *kept, struct kp_error *error)
{
    kp_buffer_free(&kept->asked.evidence);
    kp_wipe(kept->reason, sizeof(kept->reason));
    kept->closed = true;
    return kp_cases_put(txn, kept, error);
}
