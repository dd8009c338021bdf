#include "node/quota.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/list_check.h"
#include "proto/numbers.h"
#include "proto/sorter.h"
#include "proto/steps.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* A record's key is the lineage, the member, a letter, and the chunk's number. */
enum record_kind {
    RECORD_HEADER = 'h',
    RECORD_SET_0 = 'p',
    RECORD_SET_1 = 'q',
};

#define KEY_BYTES (KP_DIGEST_BYTES + 1 + 1 + 4)
/* Roots in headers of version 1 are of other trees than today's: nobody could show such a list. */
#define HEADER_VERSION 2u
#define HEADER_BYTES (1 + 8 + 8 + KP_DIGEST_BYTES + 1 + 8 + KP_DIGEST_BYTES + 8 + KP_DIGEST_BYTES)
#define HAS_POINTS_AT (1 + 8 + 8 + KP_DIGEST_BYTES)
#define SET_BIT 2u

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

static enum kp_status pack_header(struct kp_buffer *value, const struct kp_quota *quota,
                                  struct kp_error *error)
{
    uint8_t fixed[HEADER_BYTES];
    uint8_t *at = kp_put_number(fixed, HEADER_VERSION, 1);
    at = kp_put_number(at, quota->counter, 8);
    at = kp_put_number(at, quota->charged, 8);
    at = put_digest(at, quota->root);
    at = kp_put_number(at, (quota->has_points ? 1u : 0u) | (quota->set == 0 ? 0u : SET_BIT), 1);
    at = kp_put_number(at, quota->previous_counter, 8);
    at = put_digest(at, quota->previous_root);
    at = kp_put_number(at, quota->log.sequence, 8);
    (void)put_digest(at, quota->log.hash);
    return kp_buffer_set(value, fixed, sizeof(fixed)) == KP_OK &&
                   kp_buffer_append(value, quota->hello2.data, quota->hello2.size) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory to write down a list");
}

static enum kp_status write_header(struct kp_txn *txn, const struct kp_agreement *agreement,
                                   uint32_t member, const struct kp_quota *quota,
                                   struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer value = {0};
    make_key(key, agreement, member, RECORD_HEADER, 0);
    enum kp_status status = pack_header(&value, quota, error);
    if (status == KP_OK) {
        status = kp_store_put(txn, KP_NODE_LISTS, key, sizeof(key), value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status read_header(struct kp_quota *quota, const struct kp_buffer *value,
                                  struct kp_error *error)
{
    if (value->size < HEADER_BYTES || value->data[0] != HEADER_VERSION ||
        value->data[HAS_POINTS_AT] > 3u) {
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
    quota->has_points = (*at & 1u) != 0;
    quota->set = (*at++ & SET_BIT) != 0;
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

/* ---- Points, in chunks ---- */

static void make_chunk_key(uint8_t key[static KEY_BYTES], const struct kp_agreement *agreement,
                           uint32_t member, uint32_t set, uint32_t part)
{
    make_key(key, agreement, member, set == 0 ? RECORD_SET_0 : RECORD_SET_1, part);
}

static size_t chunk_bytes(const struct kp_agreement *agreement, uint32_t member, uint32_t part)
{
    uint32_t slots = kp_agreement_member_slots(agreement, member);
    return (size_t)kp_chunk_items(slots, KP_CHUNK_POINTS, part) * KP_POINT_BYTES;
}

/* Where a new list goes. */
static uint32_t free_set(const struct kp_quota *quota)
{
    return quota->known ? 1 - quota->set : 0;
}

enum kp_status kp_quota_chunk(struct kp_store *store, const struct kp_agreement *agreement,
                              uint32_t member, const struct kp_quota *quota, bool previous,
                              uint32_t part, uint8_t *points, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer value = {0};
    bool found = false;
    bool there = previous ? quota->previous_counter != 0 : quota->has_points;
    size_t size = chunk_bytes(agreement, member, part);
    enum kp_status status = KP_OK;
    if (there) {
        make_chunk_key(key, agreement, member, previous ? 1 - quota->set : quota->set, part);
        status = kp_store_fetch(store, KP_NODE_LISTS, key, sizeof(key), &value, &found, error);
    }
    if (status == KP_OK && (!found || value.size != size)) {
        status = kp_fail(error, KP_REFUSED, "the list of member %u isn't in the database", member);
    }
    if (status == KP_OK) {
        memcpy(points, value.data, size);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status put_chunk(struct kp_store_writer *writer,
                                const struct kp_agreement *agreement, uint32_t member, uint32_t set,
                                uint32_t part, const uint8_t *points, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    make_chunk_key(key, agreement, member, set, part);
    return kp_store_writer_put(writer, KP_NODE_LISTS, key, sizeof(key), points,
                               chunk_bytes(agreement, member, part), error);
}

/* What stands in the other set is about to be overwritten: that it is gone goes with the first of
 * it. */
static enum kp_status give_up_previous(struct kp_store_writer *writer,
                                       const struct kp_agreement *agreement, uint32_t member,
                                       const struct kp_quota *quota, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer value = {0};
    struct kp_quota without = *quota;
    if (quota->previous_counter == 0) {
        return KP_OK;
    }
    without.previous_counter = 0;
    make_key(key, agreement, member, RECORD_HEADER, 0);
    enum kp_status status = pack_header(&value, &without, error);
    if (status == KP_OK) {
        status = kp_store_writer_put(writer, KP_NODE_LISTS, key, sizeof(key), value.data,
                                     value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

/* ---- Charging ---- */

struct kp_quota_charge {
    struct kp_store *store;
    const struct kp_agreement *agreement;
    uint32_t own, member;
    uint64_t counter;
    uint8_t root[KP_DIGEST_BYTES];
    struct kp_buffer hello2;
    struct kp_quota quota; /* as it was */
    bool judged;           /* there is a list before it */
    bool retry;            /* of the same counter: then it is the same list */
    uint32_t changed;
    struct kp_store_writer *writer;
    struct kp_sorter *sorter; /* all points, to find equal ones */
    uint8_t *points, *before; /* bulk: a chunk of either */
};

void kp_quota_charge_free(struct kp_quota_charge *charge)
{
    if (charge == NULL) {
        return;
    }
    kp_buffer_free(&charge->hello2);
    kp_quota_free(&charge->quota);
    kp_store_writer_free(charge->writer);
    kp_sorter_free(charge->sorter);
    kp_bulk_free(charge->points);
    kp_bulk_free(charge->before);
    free(charge);
}

/* Whether there is a list before it, as there is but at the first counter. */
static enum kp_status look_at_before(struct kp_quota_charge *charge, uint32_t count,
                                     struct kp_error *error)
{
    const struct kp_quota *quota = &charge->quota;
    enum kp_status status =
        kp_check_list_held(quota->counter, charge->counter, charge->member, error);
    if (status != KP_OK || !quota->known || count == 0) {
        return status;
    }
    if (!quota->has_points) {
        return kp_fail(error, KP_FAILED, "of member %u this node took over the total, not the list",
                       charge->member);
    }
    charge->judged = true;
    charge->retry = quota->counter == charge->counter;
    return KP_OK;
}

static enum kp_status judge_chunk(struct kp_quota_charge *charge, uint32_t part, uint32_t items,
                                  struct kp_error *error)
{
    const struct kp_agreement *agreement = charge->agreement;
    enum kp_status status = kp_quota_chunk(charge->store, agreement, charge->member, &charge->quota,
                                           false, part, charge->before, error);
    if (status == KP_REFUSED) { /* not its sender's doing */
        error->status = KP_FAILED;
        return KP_FAILED;
    }
    if (status == KP_OK && charge->retry) {
        status = kp_check_list_retry(charge->before, charge->points, items, charge->member, error);
    } else if (status == KP_OK) {
        status = kp_check_list_due(agreement, charge->counter, charge->before, charge->points,
                                   part * KP_CHUNK_POINTS, items, charge->member, error);
    }
    charge->changed += kp_list_changes(charge->before, charge->points, items);
    return status;
}

static enum kp_status take_chunk(struct kp_quota_charge *charge, const struct kp_round_list *list,
                                 uint32_t part, struct kp_error *error)
{
    uint32_t items = kp_chunk_items(list->count, KP_CHUNK_POINTS, part);
    enum kp_status status = list->read(list->context, part, charge->points, error);
    if (status == KP_OK && charge->judged) {
        status = judge_chunk(charge, part, items, error);
    } else {
        charge->changed += items;
    }
    for (uint32_t i = 0; status == KP_OK && i < items; i++) {
        status = kp_sorter_add(charge->sorter, charge->points + (size_t)i * KP_POINT_BYTES,
                               KP_POINT_BYTES, error);
    }
    return status == KP_OK && !charge->retry
               ? put_chunk(charge->writer, charge->agreement, charge->member,
                           free_set(&charge->quota), part, charge->points, error)
               : status;
}

static enum kp_status judge_list(struct kp_quota_charge *charge, const struct kp_round_list *list,
                                 const char *folder, struct kp_error *error)
{
    uint32_t chunks = kp_chunk_count(list->count, KP_CHUNK_POINTS);
    charge->points = kp_bulk_new((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES);
    charge->before = kp_bulk_new((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES);
    if (charge->points == NULL || charge->before == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to judge a list");
    }
    enum kp_status status = kp_store_writer_new(&charge->writer, charge->store, error);
    if (status == KP_OK) {
        status = kp_sorter_new(&charge->sorter, folder,
                               kp_sorter_memory(list->count, KP_POINT_BYTES), true, error);
    }
    if (status == KP_OK && !charge->retry) {
        status = give_up_previous(charge->writer, charge->agreement, charge->member, &charge->quota,
                                  error);
    }
    for (uint32_t part = 0; status == KP_OK && part < chunks; part++) {
        status = take_chunk(charge, list, part, error);
        status = status == KP_OK ? kp_pause(error) : status;
    }
    if (status == KP_OK) {
        status = kp_sorter_sort(charge->sorter, error);
    }
    return status == KP_OK ? kp_check_list_duplicates(charge->sorter, list->member, error) : status;
}

static enum kp_status read_charge(struct kp_quota_charge *charge, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(charge->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_quota_read(txn, charge->agreement, charge->member, &charge->quota, error);
    }
    kp_store_abort(txn);
    return status;
}

enum kp_status kp_quota_judge(struct kp_quota_charge **out, struct kp_store *store,
                              const struct kp_agreement *agreement, uint32_t own,
                              const struct kp_round_list *list, const char *folder,
                              struct kp_error *error)
{
    struct kp_error local = {0};
    struct kp_quota_charge *charge = calloc(1, sizeof(*charge));
    *out = charge;
    error = error != NULL ? error : &local;
    if (charge == NULL ||
        kp_buffer_set(&charge->hello2, list->hello2->data, list->hello2->size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory to judge a list");
    }
    charge->store = store;
    charge->agreement = agreement;
    charge->own = own;
    charge->member = list->member;
    charge->counter = list->counter;
    memcpy(charge->root, list->root, KP_DIGEST_BYTES);
    enum kp_status status = read_charge(charge, error);
    if (status == KP_OK) {
        status = look_at_before(charge, list->count, error);
    }
    return status == KP_OK && list->count > 0 ? judge_list(charge, list, folder, error) : status;
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
static void turn_sets(struct kp_quota *quota, const struct kp_quota_charge *charge)
{
    if (charge->retry) {
        return;
    }
    bool keeps = charge->judged && charge->member == charge->own;
    quota->previous_counter = keeps ? quota->counter : 0;
    memcpy(quota->previous_root, quota->root, KP_DIGEST_BYTES);
    quota->set = free_set(quota);
}

enum kp_status kp_quota_count(struct kp_quota_charge *charge, struct kp_txn *txn, uint64_t *charged,
                              uint32_t *changed, struct kp_error *error)
{
    struct kp_quota *quota = &charge->quota;
    enum kp_status status =
        charge->writer != NULL ? kp_store_writer_into(charge->writer, txn, error) : KP_OK;
    if (status == KP_OK) {
        status = take_hello2(quota, &charge->hello2, error);
    }
    if (status == KP_OK) {
        turn_sets(quota, charge);
        quota->counter = charge->counter;
        quota->charged += charge->changed;
        quota->has_points = true;
        memcpy(quota->root, charge->root, KP_DIGEST_BYTES);
        *charged = quota->charged;
        *changed = charge->changed;
        status = write_header(txn, charge->agreement, charge->member, quota, error);
    }
    return status;
}

/* ---- What others know ---- */

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

enum kp_status kp_quota_restore_points(struct kp_store_writer *writer,
                                       const struct kp_agreement *agreement, uint32_t member,
                                       const struct kp_quota *quota, uint32_t part,
                                       const uint8_t *points, struct kp_error *error)
{
    enum kp_status status =
        part == 0 ? give_up_previous(writer, agreement, member, quota, error) : KP_OK;
    return status == KP_OK
               ? put_chunk(writer, agreement, member, free_set(quota), part, points, error)
               : status;
}

enum kp_status kp_quota_restore(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t member, const struct kp_recovered_list *list,
                                struct kp_error *error)
{
    struct kp_quota quota;
    enum kp_status status = kp_quota_read(txn, agreement, member, &quota, error);
    if (status == KP_OK) {
        quota.set = free_set(&quota);
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
