#include "node/withdrawn.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "proto/numbers.h"

#include <stdlib.h>
#include <string.h>

/* Key: blind key of the address, digest of the signal. Value: version (1), withdrawn at (8), a
 * record as node/signals.h has it, of this one signal. */
#define VERSION 1u
#define KEY_BYTES (KP_STORE_BLIND_BYTES + KP_DIGEST_BYTES)
#define HEAD_BYTES 9

enum kp_status kp_withdrawn_put(struct kp_txn *txn,
                                const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                const struct kp_withdrawn_signal *withdrawn, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_kept_signal copy = withdrawn->kept;
    struct kp_signals_on_address one = {.signals = &copy, .count = 1};
    uint8_t *value = malloc(HEAD_BYTES + kp_signals_record_size(&one));
    if (value == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a signal");
    }
    memcpy(key, blind, KP_STORE_BLIND_BYTES);
    kp_signals_digest(key + KP_STORE_BLIND_BYTES, &withdrawn->kept);
    memcpy(one.address, copy.signal.address, sizeof(one.address));
    value[0] = VERSION;
    (void)kp_put_number(value + 1, withdrawn->withdrawn_at, 8);
    size_t size = HEAD_BYTES + kp_signals_pack(value + HEAD_BYTES, &one);
    enum kp_status status =
        kp_store_put(txn, KP_NODE_WITHDRAWN, key, sizeof(key), value, size, error);
    kp_wipe(value, size);
    free(value);
    kp_wipe(&copy, sizeof(copy));
    return status;
}

static enum kp_status unpack(struct kp_withdrawn_signal *withdrawn, const uint8_t *value,
                             size_t size, struct kp_error *error)
{
    struct kp_signals_on_address one = {0};
    if (size < HEAD_BYTES || value[0] != VERSION) {
        return kp_fail(error, KP_REFUSED,
                       "a withdrawn signal in the database can't be read by this version of "
                       "Kruispunt");
    }
    enum kp_status status = kp_signals_unpack(&one, value + HEAD_BYTES, size - HEAD_BYTES, error);
    if (status == KP_OK) {
        withdrawn->kept = one.signals[0];
        withdrawn->withdrawn_at = kp_get_number(value + 1, 8);
    }
    kp_signals_on_address_free(&one);
    return status;
}

/* Calls nothing: fills `list` from where the address begins. */
static enum kp_status fill(struct kp_cursor *cursor, const uint8_t *blind,
                           struct kp_withdrawn_list *list, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && list->count < KP_SIGNALS_PER_ADDRESS_MAX) {
        const uint8_t *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        bool end = false;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status != KP_OK || end || key_size != KEY_BYTES ||
            memcmp(key, blind, KP_STORE_BLIND_BYTES) != 0) {
            break;
        }
        status = unpack(&list->items[list->count], value, value_size, error);
        list->count += status == KP_OK;
    }
    return status;
}

enum kp_status kp_withdrawn_get(struct kp_txn *txn,
                                const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                struct kp_withdrawn_list *list, struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    list->count = 0;
    enum kp_status status =
        kp_cursor_open(txn, KP_NODE_WITHDRAWN, blind, KP_STORE_BLIND_BYTES, &cursor, error);
    if (status == KP_OK) {
        status = fill(cursor, blind, list, error);
    }
    kp_cursor_close(cursor);
    return status;
}

/* ---- Deleting ---- */

#define KEYS_READ 256u /* at once */

static enum kp_status read_some(struct kp_withdrawn_scan *scan, struct kp_cursor *cursor,
                                const uint8_t *after, struct kp_error *error)
{
    while (scan->read < KEYS_READ) {
        const uint8_t *key = NULL, *value = NULL;
        size_t key_size = 0, value_size = 0;
        bool end = false;
        enum kp_status status =
            kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status != KP_OK || end) {
            return status;
        }
        if (key_size == KEY_BYTES && (after == NULL || memcmp(key, after, KEY_BYTES) != 0)) {
            memcpy(scan->keys + scan->read++ * KEY_BYTES, key, KEY_BYTES);
        }
    }
    return KP_OK;
}

/* Those behind the last that passed by. */
static enum kp_status read_keys(struct kp_withdrawn_scan *scan, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_cursor *cursor = NULL;
    uint8_t last[KEY_BYTES];
    const uint8_t *after = scan->read > 0 ? last : NULL;
    if (after != NULL) {
        memcpy(last, scan->keys + (scan->read - 1) * KEY_BYTES, KEY_BYTES);
    }
    scan->read = scan->passed = 0;
    enum kp_status status = kp_store_begin(scan->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_cursor_open(txn, KP_NODE_WITHDRAWN, after, after != NULL ? KEY_BYTES : 0,
                                &cursor, error);
    }
    if (status == KP_OK) {
        status = read_some(scan, cursor, after, error);
    }
    kp_cursor_close(cursor);
    kp_store_abort(txn);
    return status;
}

static enum kp_status next_record(struct kp_withdrawn_scan *scan, struct kp_error *error)
{
    bool all = scan->passed == scan->read;
    enum kp_status status = all ? read_keys(scan, error) : KP_OK;
    scan->key = NULL;
    if (status == KP_OK && scan->passed < scan->read) {
        scan->key = scan->keys + scan->passed++ * KEY_BYTES;
    }
    return status;
}

static enum kp_status count_records(struct kp_withdrawn_scan *scan, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(scan->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_store_count(txn, KP_NODE_WITHDRAWN, &scan->count, error);
    }
    kp_store_abort(txn);
    return status;
}

enum kp_status kp_withdrawn_scan_begin(struct kp_withdrawn_scan *scan, struct kp_store *store,
                                       const char *folder, struct kp_error *error)
{
    *scan = (struct kp_withdrawn_scan){
        .store = store, .folder = folder, .keys = malloc(KEYS_READ * KEY_BYTES)};
    enum kp_status status = scan->keys != NULL
                                ? count_records(scan, error)
                                : kp_fail(error, KP_FAILED, "no memory for withdrawn signals");
    return status == KP_OK ? next_record(scan, error) : status;
}

static enum kp_status remember_gone(struct kp_withdrawn_scan *scan, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (scan->gone == NULL) {
        status = kp_sorter_new(&scan->gone, scan->folder, kp_sorter_memory(scan->count, KEY_BYTES),
                               true, error);
    }
    if (status == KP_OK) {
        status = kp_sorter_add(scan->gone, scan->key, KEY_BYTES, error);
    }
    return status == KP_OK ? next_record(scan, error) : status;
}

enum kp_status kp_withdrawn_scan_hold(struct kp_withdrawn_scan *scan,
                                      const uint8_t blind[static KP_STORE_BLIND_BYTES],
                                      struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && scan->key != NULL &&
           memcmp(scan->key, blind, KP_STORE_BLIND_BYTES) < 0) {
        status = remember_gone(scan, error);
    }
    while (status == KP_OK && scan->key != NULL &&
           memcmp(scan->key, blind, KP_STORE_BLIND_BYTES) == 0) {
        status = next_record(scan, error);
    }
    return status;
}

static enum kp_status next_gone(struct kp_withdrawn_scan *scan, struct kp_error *error)
{
    size_t size = 0;
    return kp_sorter_next(scan->gone, &scan->next, &size, error);
}

enum kp_status kp_withdrawn_scan_end(struct kp_withdrawn_scan *scan, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && scan->key != NULL) {
        status = remember_gone(scan, error);
    }
    if (status == KP_OK && scan->gone != NULL) {
        status = kp_sorter_sort(scan->gone, error);
        status = status == KP_OK ? next_gone(scan, error) : status;
    }
    return status;
}

bool kp_withdrawn_scan_left(const struct kp_withdrawn_scan *scan)
{
    return scan->next != NULL;
}

enum kp_status kp_withdrawn_forget(struct kp_withdrawn_scan *scan, struct kp_txn *txn,
                                   struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < KP_WITHDRAWN_FORGET && scan->next != NULL; i++) {
        status = kp_store_delete(txn, KP_NODE_WITHDRAWN, scan->next, KEY_BYTES, error);
        status = status == KP_OK ? next_gone(scan, error) : status;
    }
    return status;
}

void kp_withdrawn_scan_free(struct kp_withdrawn_scan *scan)
{
    free(scan->keys);
    kp_sorter_free(scan->gone);
    memset(scan, 0, sizeof(*scan));
}
