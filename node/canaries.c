#include "node/canaries.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "proto/canary_groups.h"
#include "proto/numbers.h"

#include <sodium.h>
#include <string.h>

/* ---- A secret as it is kept: write and read ---- */

#define SECRET_VERSION 1u
#define VALUE_BYTES (1 + KP_CANARY_SECRET_BYTES)
#define KEY_BYTES (KP_DIGEST_BYTES + 4)
#define GIVEN_BYTES (4 + KP_CANARY_SECRET_BYTES)

static void make_key(uint8_t key[static KEY_BYTES], const struct kp_agreement *agreement,
                     uint32_t group)
{
    memcpy(key, agreement->lineage, KP_DIGEST_BYTES);
    (void)kp_put_number(key + KP_DIGEST_BYTES, group, 4);
}

static enum kp_status write_secret(struct kp_txn *txn, const struct kp_agreement *agreement,
                                   uint32_t group, const uint8_t *secret, struct kp_error *error)
{
    uint8_t key[KEY_BYTES], value[VALUE_BYTES] = {SECRET_VERSION};
    make_key(key, agreement, group);
    memcpy(value + 1, secret, KP_CANARY_SECRET_BYTES);
    enum kp_status status =
        kp_store_put(txn, KP_NODE_CANARIES, key, sizeof(key), value, sizeof(value), error);
    kp_wipe(value, sizeof(value));
    return status;
}

/* value: the secret stands behind its first byte. */
static enum kp_status read_secret(struct kp_txn *txn, const struct kp_agreement *agreement,
                                  uint32_t group, struct kp_buffer *value, bool *found,
                                  struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    make_key(key, agreement, group);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_CANARIES, key, sizeof(key), value, found, error);
    if (status == KP_OK && *found &&
        (value->size != VALUE_BYTES || value->data[0] != SECRET_VERSION)) {
        status =
            kp_fail(error, KP_REFUSED,
                    "the canaries of group %u in the database can't be read by this version of "
                    "Kruispunt",
                    group);
    }
    return status;
}

/* ---- Groups ---- */

/* The next group from *group on that has all of `members` and is drawn for by `drawer` (0: anyone);
 * false: there is none. */
static bool next_group(const struct kp_agreement *agreement, uint32_t members, uint32_t drawer,
                       uint32_t *group)
{
    for (uint32_t count = kp_canary_group_count(agreement); *group < count; (*group)++) {
        uint32_t of = kp_canary_group(agreement, *group);
        if ((of & members) == members && (drawer == 0 || kp_canary_drawer(of) == drawer)) {
            return true;
        }
    }
    return false;
}

static uint32_t bit(uint32_t member)
{
    return 1u << (member - 1);
}

enum kp_status kp_canaries_draw(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t own, const uint8_t *box_secret, struct kp_error *error)
{
    uint8_t secret[KP_CANARY_SECRET_BYTES];
    enum kp_status status = KP_OK;
    for (uint32_t group = 0; status == KP_OK && next_group(agreement, bit(own), own, &group);
         group++) {
        if (kp_canary_secret(secret, box_secret, agreement->lineage, group) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory to draw a group's canaries");
        } else {
            status = write_secret(txn, agreement, group, secret, error);
        }
    }
    kp_wipe(secret, sizeof(secret));
    return status;
}

enum kp_status kp_canaries_give(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t own, uint32_t to, struct kp_buffer *plain,
                                struct kp_error *error)
{
    struct kp_buffer value = {0};
    enum kp_status status = KP_OK;
    kp_buffer_free(plain);
    for (uint32_t group = 0;
         status == KP_OK && next_group(agreement, bit(own) | bit(to), own, &group); group++) {
        uint8_t number[4];
        bool found = false;
        (void)kp_put_number(number, group, 4);
        status = read_secret(txn, agreement, group, &value, &found, error);
        if (status == KP_OK && !found) {
            status = kp_fail(error, KP_FAILED, "the canaries of group %u weren't drawn", group);
        }
        if (status == KP_OK && (kp_buffer_append(plain, number, sizeof(number)) != KP_OK ||
                                kp_buffer_append(plain, value.data + 1, value.size - 1) != KP_OK)) {
            status = kp_fail(error, KP_FAILED, "no memory for a letter");
        }
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status take_one(struct kp_txn *txn, const struct kp_agreement *agreement,
                               uint32_t group, const uint8_t *given, struct kp_buffer *value,
                               struct kp_error *error)
{
    bool found = false;
    enum kp_status status = read_secret(txn, agreement, group, value, &found, error);
    if (status != KP_OK) {
        return status;
    }
    if (found && sodium_memcmp(value->data + 1, given, KP_CANARY_SECRET_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "another secret for group %u than the one that came before", group);
    }
    return found ? KP_OK : write_secret(txn, agreement, group, given, error);
}

enum kp_status kp_canaries_take(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t own, uint32_t from, const struct kp_buffer *plain,
                                struct kp_error *error)
{
    struct kp_buffer value = {0};
    uint32_t groups = 0, members = bit(own) | bit(from);
    for (uint32_t group = 0; next_group(agreement, members, from, &group); group++) {
        bool there = plain->size >= (groups + 1) * (size_t)GIVEN_BYTES;
        if (!there || kp_get_number(plain->data + groups * (size_t)GIVEN_BYTES, 4) != group) {
            return kp_fail(error, KP_REFUSED,
                           "a letter about other groups than member %u draws for", from);
        }
        groups++;
    }
    if (groups == 0 || plain->size != groups * (size_t)GIVEN_BYTES) {
        return kp_fail(error, KP_REFUSED, "a letter about other groups than member %u draws for",
                       from);
    }
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < groups; i++) {
        const uint8_t *given = plain->data + i * (size_t)GIVEN_BYTES;
        status =
            take_one(txn, agreement, (uint32_t)kp_get_number(given, 4), given + 4, &value, error);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_canaries_missing(struct kp_txn *txn, const struct kp_agreement *agreement,
                                   uint32_t own, uint32_t *members, struct kp_error *error)
{
    struct kp_buffer value = {0};
    enum kp_status status = KP_OK;
    *members = 0;
    for (uint32_t group = 0; status == KP_OK && next_group(agreement, bit(own), 0, &group);
         group++) {
        bool found = false;
        status = read_secret(txn, agreement, group, &value, &found, error);
        if (!found) {
            *members |= bit(kp_canary_drawer(kp_canary_group(agreement, group)));
        }
    }
    kp_buffer_free(&value);
    return status;
}

/* ---- Elements ---- */

/* The pool of one group; its active ones are items from `first_item` on. */
static void add_pool(struct kp_canaries *canaries, const struct kp_agreement *agreement,
                     uint32_t group, const uint8_t *secret, uint64_t counter, uint32_t first_item)
{
    uint8_t active[KP_CANARY_POOL_MAX];
    uint32_t pool = 2 * agreement->canaries;
    kp_canary_choose(active, secret, counter, pool, agreement->canaries);
    for (uint32_t i = 0; i < pool; i++) {
        struct kp_canary *canary = &canaries->items[canaries->count++];
        kp_canary_element(canary->key, agreement->lineage, group, secret, i);
        canary->item = active[i] != 0 ? first_item++ : KP_CANARY_NO_ITEM;
    }
    kp_wipe(active, sizeof(active));
}

enum kp_status kp_canaries_read(struct kp_canaries *canaries, struct kp_txn *txn,
                                const struct kp_agreement *agreement, uint32_t own,
                                uint64_t counter, struct kp_error *error)
{
    struct kp_buffer value = {0};
    size_t room = (size_t)kp_canary_groups_of(agreement, own) * 2 * agreement->canaries;
    uint32_t first_item = 0;
    canaries->count = 0;
    canaries->items = kp_bulk_new(room * sizeof(struct kp_canary));
    if (canaries->items == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu canaries", room);
    }
    enum kp_status status = KP_OK;
    for (uint32_t group = 0;
         room > 0 && status == KP_OK && next_group(agreement, bit(own), 0, &group); group++) {
        bool found = false;
        status = read_secret(txn, agreement, group, &value, &found, error);
        if (status == KP_OK && found) {
            add_pool(canaries, agreement, group, value.data + 1, counter, first_item);
        }
        first_item += agreement->canaries;
    }
    kp_buffer_free(&value);
    return status;
}

void kp_canaries_free(struct kp_canaries *canaries)
{
    kp_bulk_free(canaries->items);
    memset(canaries, 0, sizeof(*canaries));
}
