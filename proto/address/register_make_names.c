#include "proto/address/register_make.h"
#include "proto/address/register_skeleton.h"
#include "proto/buffer.h"

/* What names are found by is sorted as: table (1), key, NUL, number (4). A skeleton has no NUL, so
 * that the order is that of the keys. */
#define NAME_RECORD_MAX (1u + 5u + KP_REGISTER_SKELETON_MAX + 1u + 4u)
#define SORT_MEMORY (4u << 20)

/* Sorts it under the table's key. */
static enum kp_status add_key(struct kp_sorter *sorter, enum kp_register_table table,
                              const uint8_t *key, size_t size, uint32_t number,
                              struct kp_error *error)
{
    uint8_t record[NAME_RECORD_MAX];
    uint8_t *at = record;
    if (size == 0) {
        return KP_OK;
    }
    *at++ = (uint8_t)table;
    memcpy(at, key, size);
    at += size;
    *at++ = '\0';
    at = kp_put_number(at, number, 4);
    return kp_sorter_add(sorter, record, (size_t)(at - record), error);
}

static enum kp_status add_street(struct kp_sorter *sorter, const struct kp_names_street *street,
                                 uint32_t number, struct kp_error *error)
{
    uint8_t key[5 + KP_STREET_SKELETON];
    enum kp_status status = KP_OK;
    for (unsigned form = KP_REGISTER_FORM_EXACT; status == KP_OK && form <= KP_REGISTER_FORM_SHORT;
         form++) {
        size_t size = kp_register_street_key(key, street->town_rank, street->name, form);
        status = add_key(sorter, KP_REGISTER_STREET_NAMES, key, size, number, error);
    }
    return status;
}

static enum kp_status add_town(struct kp_sorter *sorter, const char *town, uint32_t number,
                               struct kp_error *error)
{
    uint8_t key[KP_STREET_SKELETON];
    size_t size = kp_register_town_key(key, town);
    return add_key(sorter, KP_REGISTER_TOWN_NAMES, key, size, number, error);
}

/* streets and towns themselves, by rank; what they are found by goes to the sorter. */
static enum kp_status make_ranked(struct kp_register_make *make, struct kp_sorter *sorter,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint32_t count = kp_names_streets(make->names);
    for (uint32_t rank = 0; status == KP_OK && rank < count; rank++) {
        struct kp_names_street street = kp_names_street(make->names, rank);
        bool first =
            rank == 0 || kp_names_street(make->names, rank - 1).town_rank != street.town_rank;
        uint8_t key[4], town_key[4], value[4 + KP_REGISTER_NAME_BYTES_MAX];
        size_t size = strlen(street.name);
        kp_put_number(key, rank, 4);
        memcpy(kp_put_number(value, street.town_rank, 4), street.name, size);
        status = kp_register_put(make->writer, KP_REGISTER_STREETS, key, 4, value, 4 + size, error);
        if (status == KP_OK) {
            status = add_street(sorter, &street, rank, error);
        }
        if (status == KP_OK && first) {
            kp_put_number(town_key, street.town_rank, 4);
            status = kp_register_put(make->writer, KP_REGISTER_TOWNS, town_key, 4, street.town,
                                     strlen(street.town), error);
        }
        if (status == KP_OK && first) {
            status = add_town(sorter, street.town, street.town_rank, error);
        }
        kp_register_make_tell(make, "names", rank + 1, count);
    }
    make->outcome->info.streets = count;
    make->outcome->info.towns = kp_names_towns(make->names);
    return status;
}

/* Items of one key. A country's worth of streets can't share one: a town has that many at most. */
struct key_items {
    uint8_t key[NAME_RECORD_MAX];
    size_t key_size;
    struct kp_buffer items;
};

static enum kp_status put_items(struct kp_register_make *make, struct key_items *at,
                                struct kp_error *error)
{
    enum kp_status status =
        at->items.size == 0
            ? KP_OK
            : kp_register_put(make->writer, (enum kp_register_table)at->key[0], at->key + 1,
                              at->key_size - 1, at->items.data, at->items.size, error);
    at->items.size = 0;
    return status;
}

static enum kp_status make_skeletons(struct kp_register_make *make, struct kp_sorter *sorter,
                                     struct key_items *at, struct kp_error *error)
{
    const uint8_t *record = NULL;
    size_t size = 0;
    enum kp_status status = kp_sorter_sort(sorter, error);
    while (status == KP_OK && (status = kp_sorter_next(sorter, &record, &size, error)) == KP_OK &&
           record != NULL) {
        size_t key_size = size - 5;
        if (at->items.size > 0 &&
            (at->key_size != key_size || memcmp(at->key, record, key_size) != 0)) {
            status = put_items(make, at, error);
        }
        memcpy(at->key, record, key_size);
        at->key_size = key_size;
        if (status == KP_OK && kp_buffer_append(&at->items, record + size - 4, 4) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for the streets' names");
        }
    }
    return status == KP_OK ? put_items(make, at, error) : status;
}

enum kp_status kp_register_make_names(struct kp_register_make *make, struct kp_error *error)
{
    struct kp_sorter *sorter = NULL;
    struct key_items at = {.key_size = 0};
    enum kp_status status = kp_sorter_new(&sorter, make->sort_dir, SORT_MEMORY, false, error);
    if (status == KP_OK) {
        status = make_ranked(make, sorter, error);
    }
    if (status == KP_OK) {
        status = make_skeletons(make, sorter, &at, error);
    }
    kp_buffer_free(&at.items);
    kp_sorter_free(sorter);
    return status;
}
