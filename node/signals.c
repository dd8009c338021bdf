#include "node/signals.h"

#include "crypto/secret.h"
#include "node/canonical.h"
#include "node/database.h"
#include "proto/address.h"
#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/limits.h"
#include "proto/utf8.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* A record, all numbers big-endian:
 *   version (1), address key (16), number of signals (1), and for each, in order:
 *   registered at (8), observed on (4), purpose (1), valid until (4), salt (16), indicator (length
 * 1, bytes), grounds (length 2, bytes). In version 1 purpose and valid until are missing, and stand
 * for none. */
#define RECORD_VERSION 2u

/* --- What is canonical ---------------------------------------------------------------------------
 */

/* A line of text of at most `most` bytes that neither begins nor ends with white space. */
static bool is_canonical_text(const char *text, size_t most)
{
    size_t size = strnlen(text, most + 1);
    if (size > most || !kp_utf8_is_line(text, size)) {
        return false;
    }
    return size == 0 || (text[0] != ' ' && text[size - 1] != ' ');
}

static bool is_canonical(const struct kp_signal *signal)
{
    bool address = kp_key_check(KP_KEY_SCHEME_TEXT, signal->address) == KP_OK ||
                   kp_key_check(KP_KEY_SCHEME_BAG, signal->address) == KP_OK;
    return address && signal->indicator[0] != '\0' &&
           is_canonical_text(signal->indicator, KP_INDICATOR_MAX) &&
           is_canonical_text(signal->grounds, KP_GROUNDS_MAX) &&
           kp_canonical_is_date(signal->observed_on) && signal->purpose <= KP_CATEGORY_CARE &&
           (signal->valid_until == 0 || kp_canonical_is_date(signal->valid_until));
}

static int compare_numbers(uint32_t one, uint32_t other)
{
    return (one > other) - (one < other);
}

/* By indicator, then date, then grounds, then the rest; bytes count, not the language. */
static int compare(const struct kp_signal *one, const struct kp_signal *other)
{
    int order = strcmp(one->indicator, other->indicator);
    order = order != 0 ? order : compare_numbers(one->observed_on, other->observed_on);
    order = order != 0 ? order : strcmp(one->grounds, other->grounds);
    order = order != 0 ? order : compare_numbers(one->purpose, other->purpose);
    return order != 0 ? order : compare_numbers(one->valid_until, other->valid_until);
}

/* --- Record: free, write, read -------------------------------------------------------------------
 */

void kp_signals_on_address_free(struct kp_signals_on_address *signals)
{
    if (signals->signals != NULL) {
        kp_wipe(signals->signals, signals->count * sizeof(signals->signals[0]));
        free(signals->signals);
    }
    *signals = (struct kp_signals_on_address){0};
}

static uint8_t *put_number(uint8_t *at, uint64_t number, size_t size)
{
    for (size_t i = size; i-- > 0; number >>= 8) {
        at[i] = (uint8_t)number;
    }
    return at + size;
}

static uint8_t *put_bytes(uint8_t *at, const void *bytes, size_t size)
{
    memcpy(at, bytes, size);
    return at + size;
}

#define RECORD_HEAD (1 + KP_ADDRESS_KEY_BYTES + 1)
#define SIGNAL_HEAD (8 + 4 + 1 + 4 + KP_GROUNDS_SALT_BYTES + 1 + 2)

size_t kp_signals_record_size(const struct kp_signals_on_address *signals)
{
    size_t size = RECORD_HEAD;
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_signal *signal = &signals->signals[i].signal;
        size += SIGNAL_HEAD + strlen(signal->indicator) + strlen(signal->grounds);
    }
    return size;
}

size_t kp_signals_pack(uint8_t *record, const struct kp_signals_on_address *signals)
{
    uint8_t *at = put_number(record, RECORD_VERSION, 1);
    at = put_bytes(at, signals->address, KP_ADDRESS_KEY_BYTES);
    at = put_number(at, signals->count, 1);
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_kept_signal *kept = &signals->signals[i];
        size_t indicator_size = strlen(kept->signal.indicator);
        size_t grounds_size = strlen(kept->signal.grounds);
        at = put_number(at, kept->signal.registered_at, 8);
        at = put_number(at, kept->signal.observed_on, 4);
        at = put_number(at, kept->signal.purpose, 1);
        at = put_number(at, kept->signal.valid_until, 4);
        at = put_bytes(at, kept->salt, KP_GROUNDS_SALT_BYTES);
        at = put_number(at, indicator_size, 1);
        at = put_bytes(at, kept->signal.indicator, indicator_size);
        at = put_number(at, grounds_size, 2);
        at = put_bytes(at, kept->signal.grounds, grounds_size);
    }
    return (size_t)(at - record);
}

/* What is left to read of a record; `bad` stays set once something was missing. */
struct reading {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static void get_bytes(struct reading *reading, void *out, size_t size)
{
    if (size > reading->left) {
        reading->bad = true;
        return;
    }
    memcpy(out, reading->at, size);
    reading->at += size;
    reading->left -= size;
}

static uint64_t get_number(struct reading *reading, size_t size)
{
    uint8_t bytes[8] = {0};
    uint64_t number = 0;
    get_bytes(reading, bytes, size);
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | bytes[i];
    }
    return number;
}

/* text has room for `most` bytes and a NUL; a NUL inside is found by its length afterwards. */
static void get_text(struct reading *reading, char *text, size_t length_size, size_t most)
{
    size_t size = (size_t)get_number(reading, length_size);
    if (size > most) {
        reading->bad = true;
        return;
    }
    get_bytes(reading, text, size);
    text[size] = '\0';
    if (strlen(text) != size) {
        reading->bad = true;
    }
}

static void get_signal(struct reading *reading, uint64_t version, const uint8_t *address,
                       struct kp_kept_signal *kept)
{
    memcpy(kept->signal.address, address, KP_ADDRESS_KEY_BYTES);
    kept->signal.registered_at = get_number(reading, 8);
    kept->signal.observed_on = (uint32_t)get_number(reading, 4);
    if (version > 1) {
        kept->signal.purpose = (uint8_t)get_number(reading, 1);
        kept->signal.valid_until = (uint32_t)get_number(reading, 4);
    }
    get_bytes(reading, kept->salt, KP_GROUNDS_SALT_BYTES);
    get_text(reading, kept->signal.indicator, 1, KP_INDICATOR_MAX);
    get_text(reading, kept->signal.grounds, 2, KP_GROUNDS_MAX);
    if (!reading->bad && !is_canonical(&kept->signal)) {
        reading->bad = true;
    }
}

/* A record of a version that isn't this one's, or of this version and damaged before it was sealed.
 */
static enum kp_status refuse_record(struct kp_error *error)
{
    return kp_fail(
        error, KP_REFUSED,
        "a record of signals in the database can't be read by this version of Kruispunt");
}

/* Room for one signal more than there are, for kp_signals_add. */
enum kp_status kp_signals_unpack(struct kp_signals_on_address *out, const uint8_t *record,
                                 size_t size, struct kp_error *error)
{
    struct reading reading = {record, size, false};
    struct kp_signals_on_address read = {0};
    uint64_t version = get_number(&reading, 1);
    get_bytes(&reading, read.address, KP_ADDRESS_KEY_BYTES);
    uint64_t count = get_number(&reading, 1);
    if (reading.bad || version < 1 || version > RECORD_VERSION || count == 0 ||
        count > KP_SIGNALS_PER_ADDRESS_MAX) {
        return refuse_record(error);
    }
    read.signals = calloc((size_t)count + 1, sizeof(read.signals[0]));
    if (read.signals == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the signals on an address");
    }
    read.count = (size_t)count;
    for (size_t i = 0; i < read.count && !reading.bad; i++) {
        get_signal(&reading, version, read.address, &read.signals[i]);
        if (i > 0 && compare(&read.signals[i - 1].signal, &read.signals[i].signal) >= 0) {
            reading.bad = true;
        }
    }
    if (reading.bad || reading.left != 0) {
        kp_signals_on_address_free(&read);
        return refuse_record(error);
    }
    *out = read;
    return KP_OK;
}

/* --- The table -----------------------------------------------------------------------------------
 */

enum kp_status kp_signals_get(struct kp_txn *txn, const uint8_t blind[static KP_STORE_BLIND_BYTES],
                              struct kp_signals_on_address *out, bool *found,
                              struct kp_error *error)
{
    *out = (struct kp_signals_on_address){0};
    struct kp_buffer record = {0};
    enum kp_status status =
        kp_store_get(txn, KP_NODE_SIGNALS, blind, KP_STORE_BLIND_BYTES, &record, found, error);
    if (status == KP_OK && *found) {
        status = kp_signals_unpack(out, record.data, record.size, error);
        *found = status == KP_OK;
    }
    kp_buffer_free(&record);
    return status;
}

static enum kp_status put(struct kp_txn *txn, const uint8_t *blind,
                          const struct kp_signals_on_address *signals, struct kp_error *error)
{
    uint8_t *record = malloc(kp_signals_record_size(signals));
    if (record == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the signals on an address");
    }
    size_t size = kp_signals_pack(record, signals);
    enum kp_status status =
        kp_store_put(txn, KP_NODE_SIGNALS, blind, KP_STORE_BLIND_BYTES, record, size, error);
    kp_wipe(record, size);
    free(record);
    return status;
}

/* Puts the signal at its place, for which there is room. */
static void insert(struct kp_signals_on_address *signals, size_t place,
                   const struct kp_signal *signal, uint64_t now)
{
    struct kp_kept_signal *kept = &signals->signals[place];
    memmove(kept + 1, kept, (signals->count - place) * sizeof(*kept));
    signals->count++;
    *kept = (struct kp_kept_signal){0};
    memcpy(kept->signal.address, signal->address, sizeof(signal->address));
    memcpy(kept->signal.indicator, signal->indicator, strlen(signal->indicator));
    memcpy(kept->signal.grounds, signal->grounds, strlen(signal->grounds));
    kept->signal.observed_on = signal->observed_on;
    kept->signal.purpose = signal->purpose;
    kept->signal.valid_until = signal->valid_until;
    kept->signal.registered_at = now;
    randombytes_buf(kept->salt, sizeof(kept->salt));
}

static enum kp_status add(struct kp_txn *txn, const uint8_t *blind,
                          struct kp_signals_on_address *signals, const struct kp_signal *signal,
                          uint64_t now, enum kp_signal_added *added, uint8_t *digest,
                          struct kp_error *error)
{
    size_t place = 0;
    while (place < signals->count && compare(&signals->signals[place].signal, signal) < 0) {
        place++;
    }
    if (place < signals->count && compare(&signals->signals[place].signal, signal) == 0) {
        *added = KP_SIGNAL_KNOWN;
        return KP_OK;
    }
    if (signals->count == KP_SIGNALS_PER_ADDRESS_MAX) {
        return kp_fail(error, KP_REFUSED, "more than %u signals on one address",
                       KP_SIGNALS_PER_ADDRESS_MAX);
    }
    insert(signals, place, signal, now);
    kp_signals_digest(digest, &signals->signals[place]);
    *added = KP_SIGNAL_NEW;
    return put(txn, blind, signals, error);
}

enum kp_status kp_signals_add(struct kp_store *store, struct kp_txn *txn,
                              const struct kp_signal *signal, uint64_t now,
                              enum kp_signal_added *added, uint8_t digest[static KP_DIGEST_BYTES],
                              struct kp_error *error)
{
    if (!is_canonical(signal)) {
        return kp_fail(error, KP_REFUSED, "a field of the signal is not in canonical form");
    }
    uint8_t blind[KP_STORE_BLIND_BYTES];
    kp_store_blind_key(store, blind, signal->address, KP_ADDRESS_KEY_BYTES);
    struct kp_signals_on_address signals = {0};
    bool found = false;
    enum kp_status status = kp_signals_get(txn, blind, &signals, &found, error);
    if (status == KP_OK && !found) {
        memcpy(signals.address, signal->address, KP_ADDRESS_KEY_BYTES);
        signals.signals = calloc(1, sizeof(signals.signals[0]));
        if (signals.signals == NULL) {
            status = kp_fail(error, KP_FAILED, "no memory for the signals on an address");
        }
    }
    if (status == KP_OK) {
        status = add(txn, blind, &signals, signal, now, added, digest, error);
    }
    kp_signals_on_address_free(&signals);
    return status;
}

/* Takes the signal at `place` out; an address without signals has no record. */
static enum kp_status take_out(struct kp_txn *txn, const uint8_t *blind,
                               struct kp_signals_on_address *signals, size_t place,
                               struct kp_error *error)
{
    for (size_t i = place + 1; i < signals->count; i++) {
        signals->signals[i - 1] = signals->signals[i];
    }
    kp_wipe(&signals->signals[--signals->count], sizeof(signals->signals[0]));
    return signals->count > 0
               ? put(txn, blind, signals, error)
               : kp_store_delete(txn, KP_NODE_SIGNALS, blind, KP_STORE_BLIND_BYTES, error);
}

enum kp_status kp_signals_remove(struct kp_store *store, struct kp_txn *txn,
                                 const struct kp_signal *signal, struct kp_kept_signal *kept,
                                 struct kp_error *error)
{
    uint8_t blind[KP_STORE_BLIND_BYTES];
    struct kp_signals_on_address signals = {0};
    bool found = false;
    size_t place = 0;
    kp_store_blind_key(store, blind, signal->address, KP_ADDRESS_KEY_BYTES);
    enum kp_status status = kp_signals_get(txn, blind, &signals, &found, error);
    while (place < signals.count && compare(&signals.signals[place].signal, signal) != 0) {
        place++;
    }
    if (status == KP_OK && place == signals.count) {
        status = kp_fail(error, KP_REFUSED,
                         "there is no such signal: every column must say what it said when the "
                         "signal was imported");
    }
    if (status == KP_OK) {
        *kept = signals.signals[place];
        status = take_out(txn, blind, &signals, place, error);
    }
    kp_signals_on_address_free(&signals);
    return status;
}

/* One record of the walk, checked and handed on. */
static enum kp_status walk_record(const uint8_t *key, size_t key_size, const uint8_t *value,
                                  size_t value_size, kp_signals_each *each, void *context,
                                  struct kp_error *error)
{
    if (key_size != KP_STORE_BLIND_BYTES) {
        return refuse_record(error);
    }
    struct kp_signals_on_address signals = {0};
    enum kp_status status = kp_signals_unpack(&signals, value, value_size, error);
    if (status == KP_OK) {
        status = each(context, key, &signals, error);
    }
    kp_signals_on_address_free(&signals);
    return status;
}

static bool is_key(const uint8_t *blind, const uint8_t *key, size_t key_size)
{
    return blind != NULL && key_size == KP_STORE_BLIND_BYTES &&
           memcmp(key, blind, KP_STORE_BLIND_BYTES) == 0;
}

enum kp_status kp_signals_walk(struct kp_txn *txn, const uint8_t *after, uint32_t most,
                               kp_signals_each *each, void *context, bool *more,
                               struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    enum kp_status status = kp_cursor_open(
        txn, KP_NODE_SIGNALS, after, after != NULL ? KP_STORE_BLIND_BYTES : 0, &cursor, error);
    *more = true;
    while (status == KP_OK && most > 0) {
        const uint8_t *key = NULL;
        const uint8_t *value = NULL;
        size_t key_size = 0;
        size_t value_size = 0;
        bool end = false;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
        if (status != KP_OK || end) {
            *more = !end;
            break;
        }
        if (!is_key(after, key, key_size)) {
            status = walk_record(key, key_size, value, value_size, each, context, error);
            most--;
        }
    }
    kp_cursor_close(cursor);
    return status;
}

void kp_signals_grounds_digest(uint8_t digest[static KP_DIGEST_BYTES],
                               const struct kp_signals_on_address *signals)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 grounds");
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_kept_signal *kept = &signals->signals[i];
        uint8_t grounds[KP_DIGEST_BYTES];
        struct kp_hash inner;
        kp_hash_start(&inner, "Kruispunt-v1 grounds of a signal");
        kp_hash_field(&inner, kept->salt, KP_GROUNDS_SALT_BYTES);
        kp_hash_field(&inner, kept->signal.grounds, strlen(kept->signal.grounds));
        kp_hash_digest(&inner, grounds);
        kp_hash_field(&hash, kept->signal.indicator, strlen(kept->signal.indicator));
        kp_hash_number(&hash, kept->signal.observed_on);
        kp_hash_field(&hash, grounds, sizeof(grounds));
    }
    kp_hash_digest(&hash, digest);
}

void kp_signals_digest(uint8_t digest[static KP_DIGEST_BYTES], const struct kp_kept_signal *kept)
{
    const struct kp_signal *signal = &kept->signal;
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 signal in the log");
    kp_hash_field(&hash, kept->salt, KP_GROUNDS_SALT_BYTES);
    kp_hash_field(&hash, signal->address, KP_ADDRESS_KEY_BYTES);
    kp_hash_field(&hash, signal->indicator, strlen(signal->indicator));
    kp_hash_field(&hash, signal->grounds, strlen(signal->grounds));
    kp_hash_number(&hash, signal->observed_on);
    kp_hash_number(&hash, signal->purpose);
    kp_hash_number(&hash, signal->valid_until);
    kp_hash_number(&hash, signal->registered_at);
    kp_hash_digest(&hash, digest);
}

static int compare_kept(const void *left, const void *right)
{
    const struct kp_kept_signal *one = left, *other = right;
    return compare(&one->signal, &other->signal);
}

void kp_signals_sort(struct kp_signals_on_address *signals)
{
    if (signals->count > 1) {
        qsort(signals->signals, signals->count, sizeof(signals->signals[0]), compare_kept);
    }
}
