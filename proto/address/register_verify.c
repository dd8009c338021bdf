#include "proto/address/register_hash.h"
#include "proto/address/register_internal.h"
#include "proto/address/register_skeleton.h"
#include "proto/address/register_walk.h"

#include <stdlib.h>

struct check {
    const struct kp_register *reg;
    struct kp_hash hash;
    uint64_t pairs, mains, withdrawn;
    struct kp_register_number numbers[KP_REGISTER_OBJECTS_OF_ID_MAX];
};

static enum kp_status differs(const struct check *check, const char *what, struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED,
                   "%s: the index isn't whole: %s; import it again (`kruispunt bag import`)",
                   check->reg->path, what);
}

/* ---- Numbers ----------------------------------------------------------------------------------
 */

static bool has_item(const MDB_val *list, const void *item, size_t size)
{
    for (size_t at = 0; at + size <= list->mv_size; at += size) {
        if (memcmp((const uint8_t *)list->mv_data + at, item, size) == 0) {
            return true;
        }
    }
    return false;
}

static enum kp_status check_street(const struct check *check,
                                   const struct kp_register_number *number, struct kp_error *error)
{
    uint8_t key[8], place[KP_REGISTER_PLACE];
    MDB_val list;
    kp_put_number(kp_put_number(key, number->street, 4), number->house_number, 4);
    kp_register_place(place, number->postcode, number->street);
    int code = kp_register_get(check->reg, KP_REGISTER_STREET_NUMBERS, key, sizeof(key), &list);
    return code == 0 && has_item(&list, place, sizeof(place))
               ? KP_OK
               : differs(check, "a number isn't found by its street", error);
}

/* The object's main address is this one, or one that comes before it. */
static enum kp_status check_object(struct check *check, const struct kp_register_number *number,
                                   struct kp_error *error)
{
    struct kp_register_number main;
    bool found = false;
    enum kp_status status = kp_register_by_object(check->reg, number->object, &main, &found, error);
    if (status != KP_OK) {
        return status;
    }
    unsigned digits = found ? (unsigned)strtoul(main.postcode, NULL, 10) : 0;
    bool before = found && (main.side != number->side ? number->side : main.id <= number->id);
    check->mains += before && main.id == number->id;
    return before && number->object_digits == digits
               ? KP_OK
               : differs(check, "an object's main address is another", error);
}

static enum kp_status check_pair(void *context, const struct kp_register_pair *pair,
                                 struct kp_error *error)
{
    struct check *check = context;
    const struct kp_register_number *number = NULL;
    size_t count = 0;
    bool withdrawn = false;
    kp_register_hash_pair(&check->hash, pair);
    check->pairs++;
    enum kp_status status =
        kp_register_by_id(check->reg, pair->id, check->numbers, KP_REGISTER_OBJECTS_OF_ID_MAX,
                          &count, &withdrawn, error);
    for (size_t i = 0; status == KP_OK && i < count && i < KP_REGISTER_OBJECTS_OF_ID_MAX; i++) {
        number = check->numbers[i].object == pair->object ? &check->numbers[i] : number;
    }
    if (status == KP_OK && number == NULL) {
        status = differs(check, "a number isn't found by its id", error);
    }
    if (status == KP_OK) {
        status = check_street(check, number, error);
    }
    return status == KP_OK ? check_object(check, number, error) : status;
}

static enum kp_status check_withdrawn(void *context, uint64_t id, struct kp_error *error)
{
    (void)error;
    struct check *check = context;
    kp_register_hash_withdrawn(&check->hash, id);
    check->withdrawn++;
    return KP_OK;
}

/* Numbers that stand in no id's place would be found, and not be in the hash. */
static enum kp_status count_items(const struct check *check, enum kp_register_table table,
                                  size_t item, uint64_t *count, struct kp_error *error)
{
    MDB_cursor *cursor = NULL;
    MDB_val key, value;
    *count = 0;
    int code = mdb_cursor_open(check->reg->txn, check->reg->tables[table], &cursor);
    if (code == 0) {
        code = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    }
    for (; code == 0; code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        *count += item == 0 ? 1 : value.mv_size / item;
    }
    if (cursor != NULL) {
        mdb_cursor_close(cursor);
    }
    return code == MDB_NOTFOUND ? KP_OK : kp_register_read_fail(check->reg, code, error);
}

static enum kp_status check_numbers(struct check *check,
                                    const struct kp_register_progress *progress,
                                    struct kp_error *error)
{
    const struct kp_register_info *info = &check->reg->info;
    const struct kp_register_walker walker = {
        .context = check, .pair = check_pair, .withdrawn = check_withdrawn, .progress = progress};
    uint8_t hash[KP_DIGEST_BYTES];
    uint64_t numbers = 0, objects = 0;
    kp_register_hash_start(&check->hash);
    enum kp_status status = kp_register_walk(check->reg, &walker, error);
    kp_hash_digest(&check->hash, hash);
    if (status == KP_OK && memcmp(hash, info->hash, sizeof(hash)) != 0) {
        status = differs(check, "its content has another hash", error);
    }
    if (status == KP_OK) {
        status = count_items(check, KP_REGISTER_NUMBERS, KP_REGISTER_ENTRY, &numbers, error);
    }
    if (status == KP_OK) {
        status = count_items(check, KP_REGISTER_OBJECTS, 0, &objects, error);
    }
    if (status == KP_OK &&
        (check->pairs != info->pairs || numbers != info->pairs || objects != info->objects ||
         check->mains != info->objects || check->withdrawn != info->withdrawn)) {
        status = differs(check, "it has more or fewer numbers or objects than it says", error);
    }
    return status;
}

/* ---- Names ------------------------------------------------------------------------------------
 */

/* Whether `number` stands under the key, if there is a key; *found counts. */
static bool is_named(const struct check *check, enum kp_register_table table, const uint8_t *key,
                     size_t size, uint32_t number, uint64_t *found)
{
    uint8_t item[4];
    MDB_val list;
    kp_put_number(item, number, 4);
    *found += size > 0;
    return size == 0 || (kp_register_get(check->reg, table, key, size, &list) == 0 &&
                         has_item(&list, item, sizeof(item)));
}

static enum kp_status check_names(const struct check *check, struct kp_error *error)
{
    uint8_t key[5 + KP_STREET_SKELETON];
    struct kp_register_street street;
    uint64_t streets = 0, towns = 0, listed_streets = 0, listed_towns = 0;
    uint32_t last = UINT32_MAX;
    enum kp_status status = KP_OK;
    bool good = true;
    for (uint32_t i = 0; status == KP_OK && i < check->reg->info.streets; i++) {
        status = kp_register_street(check->reg, i, &street, error);
        for (unsigned form = 0; status == KP_OK && form <= KP_REGISTER_FORM_SHORT; form++) {
            size_t size = kp_register_street_key(key, street.town_number, street.name, form);
            good &= is_named(check, KP_REGISTER_STREET_NAMES, key, size, i, &streets);
        }
        if (status == KP_OK && street.town_number != last) {
            last = street.town_number;
            good &= is_named(check, KP_REGISTER_TOWN_NAMES, key,
                             kp_register_town_key(key, street.town), last, &towns);
        }
    }
    if (status == KP_OK) {
        status = count_items(check, KP_REGISTER_STREET_NAMES, 4, &listed_streets, error);
    }
    if (status == KP_OK) {
        status = count_items(check, KP_REGISTER_TOWN_NAMES, 4, &listed_towns, error);
    }
    return status != KP_OK || (good && streets == listed_streets && towns == listed_towns)
               ? status
               : differs(check, "a street or town isn't found by its name", error);
}

enum kp_status kp_register_verify(const struct kp_register *reg,
                                  const struct kp_register_progress *progress,
                                  struct kp_error *error)
{
    struct check *check = calloc(1, sizeof(*check));
    if (check == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    check->reg = reg;
    enum kp_status status = check_numbers(check, progress, error);
    if (status == KP_OK) {
        status = check_names(check, error);
    }
    free(check);
    return status;
}
