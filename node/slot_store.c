#include "node/slot_store.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "proto/numbers.h"
#include "proto/transcript.h"

#include <string.h>

/* Key of a part: lineage, number (4), side (1). Value: version (1), slots (4), the slots.
 * Key of the head: lineage, HEAD (4). Value: version (1), the side of each part (1). */
#define VERSION 2u
#define PART_KEY_BYTES (KP_DIGEST_BYTES + 5)
#define HEAD_KEY_BYTES (KP_DIGEST_BYTES + 4)
#define HEAD UINT32_MAX
#define PART_HEAD_BYTES 5
#define PART_BYTES_MAX (PART_HEAD_BYTES + KP_CHUNK_POINTS * sizeof(struct kp_lasting_slot))

_Static_assert(sizeof(struct kp_lasting_slot) ==
                   1 + KP_STORE_BLIND_BYTES + KP_SCALAR_BYTES + KP_POINT_BYTES,
               "a slot is kept without gaps");

static void make_key(uint8_t key[static PART_KEY_BYTES], const struct kp_lasting *lasting,
                     uint32_t part, uint8_t side)
{
    memcpy(key, lasting->lineage, KP_DIGEST_BYTES);
    *kp_put_number(key + KP_DIGEST_BYTES, part, 4) = side;
}

/* ---- The head ---- */

/* Before version 2 each slot had a record of its own: the first one's key is as long as a head's.
 */
static enum kp_status refuse_earlier(const struct kp_lasting *lasting, struct kp_txn *txn,
                                     struct kp_error *error)
{
    uint8_t key[PART_KEY_BYTES];
    struct kp_buffer value = {0};
    bool found = false;
    make_key(key, lasting, 0, 0);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_SLOTS, key, HEAD_KEY_BYTES, &value, &found, error);
    kp_buffer_free(&value);
    return status != KP_OK || !found
               ? status
               : kp_fail(error, KP_REFUSED,
                         "the slots in the database were kept by an earlier version of Kruispunt, "
                         "and can't be read by this one: go on with that version, or begin with a "
                         "new database, as after a loss");
}

static enum kp_status read_head(struct kp_lasting *lasting, const struct kp_buffer *value,
                                struct kp_error *error)
{
    if (value->size != 1 + (size_t)lasting->parts || value->data[0] != VERSION) {
        return kp_fail(error, KP_REFUSED,
                       "the slots in the database can't be read by this version of Kruispunt");
    }
    memcpy(lasting->side, value->data + 1, lasting->parts);
    lasting->any = true;
    return KP_OK;
}

enum kp_status kp_lasting_open(struct kp_lasting *lasting, struct kp_txn *txn,
                               const uint8_t lineage[static KP_DIGEST_BYTES], uint32_t slots,
                               struct kp_error *error)
{
    uint8_t key[PART_KEY_BYTES];
    struct kp_buffer value = {0};
    bool found = false;
    *lasting =
        (struct kp_lasting){.lineage = lineage, .parts = kp_chunk_count(slots, KP_CHUNK_POINTS)};
    if (lasting->parts > KP_LASTING_PARTS_MAX) {
        return kp_fail(error, KP_FAILED, "%u slots are more than there can be", slots);
    }
    make_key(key, lasting, HEAD, 0);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_SLOTS, key, HEAD_KEY_BYTES, &value, &found, error);
    if (status == KP_OK) {
        status = found ? read_head(lasting, &value, error) : refuse_earlier(lasting, txn, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status write_head(const struct kp_lasting *lasting, struct kp_txn *txn,
                                 struct kp_error *error)
{
    uint8_t key[PART_KEY_BYTES], value[1 + KP_LASTING_PARTS_MAX] = {VERSION};
    make_key(key, lasting, HEAD, 0);
    memcpy(value + 1, lasting->side, lasting->parts);
    return kp_store_put(txn, KP_NODE_SLOTS, key, HEAD_KEY_BYTES, value, 1 + lasting->parts, error);
}

enum kp_status kp_lasting_count(struct kp_lasting *lasting, struct kp_txn *txn,
                                struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < lasting->parts; i++) {
        uint8_t key[PART_KEY_BYTES];
        lasting->side[i] ^= lasting->put[i];
        lasting->put[i] = false;
        make_key(key, lasting, i, lasting->side[i] ^ 1);
        status = kp_store_delete(txn, KP_NODE_SLOTS, key, sizeof(key), error);
    }
    lasting->any = true;
    return status == KP_OK ? write_head(lasting, txn, error) : status;
}

/* ---- Parts ---- */

static enum kp_status unpack(struct kp_lasting_part *slots, uint32_t part,
                             const struct kp_buffer *value, struct kp_error *error)
{
    uint64_t count =
        value->size < PART_HEAD_BYTES ? 0 : kp_get_number(value->data + 1, PART_HEAD_BYTES - 1);
    bool good = count > 0 && count <= KP_CHUNK_POINTS && value->data[0] == VERSION &&
                value->size == PART_HEAD_BYTES + count * sizeof(slots->slots[0]);
    if (good) {
        slots->count = (uint32_t)count;
        memcpy(slots->slots, value->data + PART_HEAD_BYTES, value->size - PART_HEAD_BYTES);
    }
    for (uint32_t i = 0; good && i < slots->count; i++) {
        good = slots->slots[i].kind <= KP_LASTING_LOST;
    }
    return good ? KP_OK
                : kp_fail(error, KP_REFUSED,
                          "part %u of the slots in the database can't be read by this version of "
                          "Kruispunt",
                          part);
}

enum kp_status kp_lasting_read(const struct kp_lasting *lasting, struct kp_store *store,
                               struct kp_txn *txn, uint32_t part, struct kp_lasting_part *slots,
                               struct kp_error *error)
{
    uint8_t key[PART_KEY_BYTES];
    struct kp_buffer value = {0};
    bool found = false;
    slots->count = 0;
    if (!lasting->any || part >= lasting->parts) {
        return KP_OK;
    }
    make_key(key, lasting, part, lasting->side[part]);
    enum kp_status status =
        txn != NULL ? kp_store_get(txn, KP_NODE_SLOTS, key, sizeof(key), &value, &found, error)
                    : kp_store_fetch(store, KP_NODE_SLOTS, key, sizeof(key), &value, &found, error);
    if (status == KP_OK && found) {
        status = unpack(slots, part, &value, error);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_lasting_put(struct kp_lasting *lasting, struct kp_store_writer *writer,
                              struct kp_txn *txn, uint32_t part,
                              const struct kp_lasting_part *slots, struct kp_error *error)
{
    uint8_t key[PART_KEY_BYTES];
    uint8_t *value = kp_bulk_new(PART_BYTES_MAX);
    size_t size = slots->count * sizeof(slots->slots[0]);
    if (value == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to write slots");
    }
    make_key(key, lasting, part, lasting->side[part] ^ 1);
    value[0] = VERSION;
    memcpy(kp_put_number(value + 1, slots->count, PART_HEAD_BYTES - 1), slots->slots, size);
    size += PART_HEAD_BYTES;
    enum kp_status status =
        writer != NULL
            ? kp_store_writer_put(writer, KP_NODE_SLOTS, key, sizeof(key), value, size, error)
            : kp_store_put(txn, KP_NODE_SLOTS, key, sizeof(key), value, size, error);
    lasting->put[part] = status == KP_OK;
    kp_bulk_free(value);
    return status;
}
