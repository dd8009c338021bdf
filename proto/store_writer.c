#include "proto/store_writer.h"

#include "proto/limits.h"

#include <stdlib.h>
#include <string.h>

/* A gathered record: this, the key, the value. */
struct head {
    size_t table, key_size, value_size;
};

#define FIRST_BYTES (KP_STORE_WRITE_BYTES / 8)

struct kp_store_writer {
    struct kp_store *store;
    struct kp_buffer gathered;
    bool wrote;
};

enum kp_status kp_store_writer_new(struct kp_store_writer **writer, struct kp_store *store,
                                   struct kp_error *error)
{
    *writer = calloc(1, sizeof(**writer));
    if (*writer == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to write to the database");
    }
    (*writer)->store = store;
    return KP_OK;
}

void kp_store_writer_free(struct kp_store_writer *writer)
{
    if (writer != NULL) {
        kp_buffer_free(&writer->gathered);
        free(writer);
    }
}

void kp_store_writer_drop(struct kp_store_writer *writer)
{
    kp_buffer_free(&writer->gathered);
}

bool kp_store_writer_wrote(const struct kp_store_writer *writer)
{
    return writer->wrote;
}

enum kp_status kp_store_writer_put(struct kp_store_writer *writer, size_t table, const void *key,
                                   size_t key_size, const void *value, size_t value_size,
                                   struct kp_error *error)
{
    const struct head head = {table, key_size, value_size};
    struct kp_buffer *gathered = &writer->gathered;
    size_t size = sizeof(head) + key_size + value_size;
    if (gathered->size > 0 && gathered->size + size > KP_STORE_WRITE_BYTES) {
        enum kp_status status = kp_store_writer_flush(writer, error);
        if (status != KP_OK) {
            return status;
        }
    }
    /* Such that it has grown to the bound, and not beyond, when it has doubled three times. */
    if (gathered->capacity == 0 &&
        kp_buffer_reserve(gathered, size > FIRST_BYTES ? size : FIRST_BYTES) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory to write to the database");
    }
    uint8_t *at = kp_buffer_extend(gathered, size);
    if (at == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to write to the database");
    }
    memcpy(at, &head, sizeof(head));
    memcpy(at + sizeof(head), key, key_size);
    if (value_size > 0) {
        memcpy(at + sizeof(head) + key_size, value, value_size);
    }
    return KP_OK;
}

enum kp_status kp_store_writer_get(const struct kp_store_writer *writer, size_t table,
                                   const void *key, size_t key_size, struct kp_buffer *value,
                                   bool *found, struct kp_error *error)
{
    const uint8_t *latest = NULL;
    struct head head;
    size_t size = 0;
    for (size_t at = 0; at < writer->gathered.size;
         at += sizeof(head) + head.key_size + head.value_size) {
        const uint8_t *record = writer->gathered.data + at;
        memcpy(&head, record, sizeof(head));
        if (head.table == table && head.key_size == key_size &&
            memcmp(record + sizeof(head), key, key_size) == 0) {
            latest = record + sizeof(head) + key_size;
            size = head.value_size;
        }
    }
    if (latest == NULL) {
        return kp_store_fetch(writer->store, table, key, key_size, value, found, error);
    }
    *found = true;
    return kp_buffer_set(value, latest, size) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for a record");
}

enum kp_status kp_store_writer_into(struct kp_store_writer *writer, struct kp_txn *txn,
                                    struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t at = 0; status == KP_OK && at < writer->gathered.size;) {
        struct head head;
        const uint8_t *record = writer->gathered.data + at;
        memcpy(&head, record, sizeof(head));
        status = kp_store_put(txn, head.table, record + sizeof(head), head.key_size,
                              record + sizeof(head) + head.key_size, head.value_size, error);
        at += sizeof(head) + head.key_size + head.value_size;
    }
    kp_buffer_free(&writer->gathered);
    return status;
}

enum kp_status kp_store_writer_flush(struct kp_store_writer *writer, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    if (writer->gathered.size == 0) {
        return KP_OK;
    }
    enum kp_status status = kp_store_begin(writer->store, true, &txn, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_store_writer_into(writer, txn, error);
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    writer->wrote = writer->wrote || status == KP_OK;
    return status;
}
