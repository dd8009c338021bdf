#include "node/quota.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/list_check.h"
#include "proto/numbers.h"
#include "proto/transcript.h"

#include <string.h>

/* A record's key is the lineage, the member, a letter, and the chunk's number. */
enum record_kind {
    RECORD_HEADER = 'h',
    RECORD_POINTS = 'p',
    RECORD_PREVIOUS = 'q', /* the own list before the last */
};

#define KEY_BYTES (KP_DIGEST_BYTES + 1 + 1 + 4)
#define HEADER_VERSION 1u
#define HEADER_BYTES (1 + 8 + 8 + KP_DIGEST_BYTES + 1 + 8 + KP_DIGEST_BYTES + 8 + KP_DIGEST_BYTES)

static void make_key(uint8_t key[static KEY_BYTES], const struct kp_agreement *agreement,
                     uint32_t member, enum record_kind kind, uint32_t number)
{
    memcpy(key, agreement->lineage, KP_DIGEST_BYTES);
    key[KP_DIGEST_BYTES] = (uint8_t)member;
    key[KP_DIGEST_BYTES + 1] = (uint8_t)kind;
    (void)kp_put_number(key + KP_DIGEST_BYTES + 2, number, 4);
}

/* ---- The header: write and read ---- */

static uint8_t *put_digest(uint8_t *at, const uint8_t *digest)
{
    memcpy(at, digest, KP_DIGEST_BYTES);
    return at + KP_DIGEST_BYTES;
}

static enum kp_status write_header(struct kp_txn *txn, const struct kp_agreement *agreement,
                                   uint32_t member, const struct kp_quota *quota,
                                   struct kp_error *error)
{
    uint8_t key[KEY_BYTES], fixed[HEADER_BYTES];
    struct kp_buffer value = {0};
    uint8_t *at = kp_put_number(fixed, HEADER_VERSION, 1);
    at = kp_put_number(at, quota->counter, 8);
    at = kp_put_number(at, quota->charged, 8);
    at = put_digest(at, quota->root);
    at = kp_put_number(at, quota->has_points, 1);
    at = kp_put_number(at, quota->previous_counter, 8);
    at = put_digest(at, quota->previous_root);
    at = kp_put_number(at, quota->log.sequence, 8);
    (void)put_digest(at, quota->log.hash);
    enum kp_status status = KP_OK;
    if (kp_buffer_append(&value, fixed, sizeof(fixed)) != KP_OK ||
        kp_buffer_append(&value, quota->hello2.data, quota->hello2.size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory to write down a list");
    }
    if (status == KP_OK) {
        make_key(key, agreement, member, RECORD_HEADER, 0);
        status = kp_store_put(txn, KP_NODE_LISTS, key, sizeof(key), value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status read_header(struct kp_quota *quota, const struct kp_buffer *value,
                                  struct kp_error *error)
{
    if (value->size < HEADER_BYTES || value->data[0] != HEADER_VERSION) {
        return kp_fail(error, KP_REFUSED,
                       "a list in the database can't be read by this version of Kruispunt");
    }
    const uint8_t *at = value->data + 1;
    quota->known = true;
    quota->counter = kp_get_number(at, 8);
    quota->charged = kp_get_number(at + 8, 8);
    at += 16;
    memcpy(quota->root, at, KP_DIGEST_BYTES);
    at += KP_DIGEST_BYTES;
    quota->has_points = *at++ != 0;
    quota->previous_counter = kp_get_number(at, 8);
    at += 8;
    memcpy(quota->previous_root, at, KP_DIGEST_BYTES);
    at += KP_DIGEST_BYTES;
    quota->log.sequence = kp_get_number(at, 8);
    memcpy(quota->log.hash, at + 8, KP_DIGEST_BYTES);
    if (kp_buffer_set(&quota->hello2, value->data + HEADER_BYTES, value->size - HEADER_BYTES) !=
        KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a list");
    }
    return KP_OK;
}

enum kp_status kp_quota_read(struct kp_txn *txn, const struct kp_agreement *agreement,
                             uint32_t member, struct kp_quota *quota, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer value = {0};
    bool found = false;
    memset(quota, 0, sizeof(*quota));
    make_key(key, agreement, member, RECORD_HEADER, 0);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_LISTS, key, sizeof(key), &value, &found, error);
    if (status == KP_OK && found) {
        status = read_header(quota, &value, error);
    }
    kp_buffer_free(&value);
    return status;
}

void kp_quota_free(struct kp_quota *quota)
{
    kp_buffer_free(&quota->hello2);
}

/* ---- Points, in chunks: write and read ---- */

static enum kp_status write_points(struct kp_txn *txn, const struct kp_agreement *agreement,
                                   uint32_t member, enum record_kind kind, const uint8_t *points,
                                   uint32_t count, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint32_t chunks = kp_chunk_count(count, KP_CHUNK_POINTS);
    for (uint32_t part = 0; status == KP_OK && part < chunks; part++) {
        uint8_t key[KEY_BYTES];
        make_key(key, agreement, member, kind, part);
        status = kp_store_put(txn, KP_NODE_LISTS, key, sizeof(key),
                              points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES,
                              (size_t)kp_chunk_items(count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES,
                              error);
    }
    return status;
}

static enum kp_status read_points(struct kp_txn *txn, const struct kp_agreement *agreement,
                                  uint32_t member, enum record_kind kind, uint8_t *points,
                                  uint32_t count, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    struct kp_buffer value = {0};
    uint32_t chunks = kp_chunk_count(count, KP_CHUNK_POINTS);
    for (uint32_t part = 0; status == KP_OK && part < chunks; part++) {
        uint8_t key[KEY_BYTES];
        bool found = false;
        size_t size = (size_t)kp_chunk_items(count, KP_CHUNK_POINTS, part) * KP_POINT_BYTES;
        make_key(key, agreement, member, kind, part);
        status = kp_store_get(txn, KP_NODE_LISTS, key, sizeof(key), &value, &found, error);
        if (status == KP_OK && (!found || value.size != size)) {
            status =
                kp_fail(error, KP_REFUSED, "the list of member %u isn't in the database", member);
        }
        if (status == KP_OK) {
            memcpy(points + (size_t)part * KP_CHUNK_POINTS * KP_POINT_BYTES, value.data, size);
        }
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_quota_points(struct kp_txn *txn, const struct kp_agreement *agreement,
                               uint32_t member, bool previous, uint8_t **points,
                               struct kp_error *error)
{
    uint32_t count = kp_agreement_member_slots(agreement, member);
    *points = kp_bulk_new((size_t)count * KP_POINT_BYTES);
    if (*points == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a list of %u points", count);
    }
    enum kp_status status = read_points(
        txn, agreement, member, previous ? RECORD_PREVIOUS : RECORD_POINTS, *points, count, error);
    if (status != KP_OK) {
        kp_bulk_free(*points);
        *points = NULL;
    }
    return status;
}

/* ---- Charging ---- */

/* A list against the one before it. *changed: how many points of it are new. */
static enum kp_status judge(const struct kp_agreement *agreement, const struct kp_quota *quota,
                            const uint8_t *before, const struct kp_round_list *list,
                            uint32_t *changed, struct kp_error *error)
{
    uint32_t member = list->member, count = list->count;
    enum kp_status status = kp_check_list_duplicates(list->points, count, member, error);
    if (status != KP_OK || before == NULL) {
        *changed = count;
        return status;
    }
    status = quota->counter == list->counter
                 ? kp_check_list_retry(before, list->points, count, member, error)
                 : kp_check_list_due(agreement, list->counter, before, list->points, count, member,
                                     error);
    *changed = kp_list_changes(before, list->points, count);
    return status;
}

/* The list before it; NULL at the first counter, where there is none. */
static enum kp_status read_before(struct kp_txn *txn, const struct kp_agreement *agreement,
                                  const struct kp_quota *quota, const struct kp_round_list *list,
                                  uint8_t **before, struct kp_error *error)
{
    *before = NULL;
    enum kp_status status = kp_check_list_held(quota->counter, list->counter, list->member, error);
    if (status != KP_OK || !quota->known || list->count == 0) {
        return status;
    }
    if (!quota->has_points) {
        return kp_fail(error, KP_FAILED, "of member %u this node took over the total, not the list",
                       list->member);
    }
    status = kp_quota_points(txn, agreement, list->member, false, before, error);
    if (status == KP_REFUSED) { /* not its sender's doing */
        error->status = status = KP_FAILED;
    }
    return status;
}

/* The log's head and the packed HELLO 2, always the newest: what others may show later. */
static enum kp_status take_hello2(struct kp_quota *quota, const struct kp_buffer *packed,
                                  struct kp_error *error)
{
    struct kp_round_message message;
    struct kp_hello2 hello;
    enum kp_status status = kp_round_message_unpack(&message, packed->data, packed->size, error);
    if (status == KP_OK) {
        status = kp_hello2_unpack(&hello, &message.body, error);
    }
    kp_round_message_free(&message);
    if (status == KP_OK && kp_buffer_set(&quota->hello2, packed->data, packed->size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a hello");
    }
    if (status == KP_OK) {
        quota->log = hello.log;
    }
    return status;
}

/* The own list of the round before stays until the next one is charged: a member that was restored
 * asks for it. */
static enum kp_status keep_previous(struct kp_txn *txn, const struct kp_agreement *agreement,
                                    struct kp_quota *quota, const uint8_t *before,
                                    const struct kp_round_list *list, struct kp_error *error)
{
    if (before == NULL || quota->counter == list->counter) {
        return KP_OK;
    }
    quota->previous_counter = quota->counter;
    memcpy(quota->previous_root, quota->root, KP_DIGEST_BYTES);
    return write_points(txn, agreement, list->member, RECORD_PREVIOUS, before, list->count, error);
}

enum kp_status kp_quota_charge(struct kp_txn *txn, const struct kp_agreement *agreement,
                               uint32_t own, const struct kp_round_list *list, uint64_t *charged,
                               uint32_t *changed, struct kp_error *error)
{
    struct kp_error local = {0};
    struct kp_quota quota;
    uint8_t *before = NULL;
    error = error != NULL ? error : &local;
    enum kp_status status = kp_quota_read(txn, agreement, list->member, &quota, error);
    if (status == KP_OK) {
        status = read_before(txn, agreement, &quota, list, &before, error);
    }
    if (status == KP_OK) {
        status = judge(agreement, &quota, before, list, changed, error);
    }
    if (status == KP_OK && list->member == own) {
        status = keep_previous(txn, agreement, &quota, before, list, error);
    }
    if (status == KP_OK) {
        status = write_points(txn, agreement, list->member, RECORD_POINTS, list->points,
                              list->count, error);
    }
    if (status == KP_OK) {
        status = take_hello2(&quota, list->hello2, error);
    }
    if (status == KP_OK) {
        quota.counter = list->counter;
        quota.charged += *changed;
        quota.has_points = true;
        memcpy(quota.root, list->root, KP_DIGEST_BYTES);
        *charged = quota.charged;
        status = write_header(txn, agreement, list->member, &quota, error);
    }
    kp_bulk_free(before);
    kp_quota_free(&quota);
    return status;
}

enum kp_status kp_quota_take_over(struct kp_txn *txn, const struct kp_agreement *agreement,
                                  uint32_t member, uint64_t counter,
                                  const struct kp_list_total *total, struct kp_error *error)
{
    struct kp_quota quota;
    enum kp_status status = kp_quota_read(txn, agreement, member, &quota, error);
    if (status == KP_OK) {
        quota.counter = counter;
        quota.charged = total->charged;
        quota.has_points = kp_agreement_member_slots(agreement, member) == 0;
        quota.previous_counter = 0;
        quota.hello2.size = 0;
        memcpy(quota.root, total->points_root, KP_DIGEST_BYTES);
        status = write_header(txn, agreement, member, &quota, error);
    }
    kp_quota_free(&quota);
    return status;
}

enum kp_status kp_quota_restore(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t member, const struct kp_recovered_list *list,
                                struct kp_error *error)
{
    struct kp_quota quota;
    enum kp_status status = kp_quota_read(txn, agreement, member, &quota, error);
    if (status == KP_OK) {
        status = write_points(txn, agreement, member, RECORD_POINTS, list->points,
                              kp_agreement_member_slots(agreement, member), error);
    }
    if (status == KP_OK) {
        quota.counter = list->counter;
        quota.charged = list->charged;
        quota.has_points = true;
        quota.previous_counter = 0;
        memcpy(quota.root, list->root, KP_DIGEST_BYTES);
        status = write_header(txn, agreement, member, &quota, error);
    }
    kp_quota_free(&quota);
    return status;
}

enum kp_status kp_quota_claims(struct kp_txn *txn, const struct kp_agreement *agreement,
                               uint32_t own, uint64_t counter, struct kp_buffer *claims,
                               struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        struct kp_quota quota;
        status = kp_quota_read(txn, agreement, i + 1, &quota, error);
        if (status == KP_OK && i + 1 != own && quota.known && quota.counter == counter) {
            claims[i] = quota.hello2;
            quota.hello2 = (struct kp_buffer){0};
        }
        kp_quota_free(&quota);
    }
    return status;
}

uint64_t kp_quota_limit(const struct kp_agreement *agreement, uint32_t member)
{
    uint64_t slots = kp_agreement_member_slots(agreement, member);
    return slots == 0 ? 0 : slots + (uint64_t)(agreement->rounds - 1) * agreement->rotation;
}
