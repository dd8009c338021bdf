#include "proto/address/register_make.h"

#include "proto/address/register_hash.h"

#include <stdlib.h>

/* ---- Pairs by id ------------------------------------------------------------------------------
 */

/* Where the parts of a pair's record stand. */
#define KIND_AT 8u
#define OBJECT_AT 9u
#define SIDE_AT 17u
#define ADDRESS_AT 18u /* postcode, number, letter, addition, street */
#define NUMBER_AT 24u
#define LETTER_AT 28u
#define ADDITION_AT 29u
#define STREET_AT 33u
#define KIND_WITHDRAWN 0u
#define KIND_IN_USE 1u

void kp_register_pair_record(uint8_t out[static KP_REGISTER_PAIR_RECORD],
                             const struct kp_register_pair *pair, uint32_t street)
{
    memset(out, 0, KP_REGISTER_PAIR_RECORD);
    kp_put_number(out, pair->id, 8);
    out[KIND_AT] = KIND_IN_USE;
    kp_put_number(out + OBJECT_AT, pair->object, 8);
    out[SIDE_AT] = pair->side;
    memcpy(out + ADDRESS_AT, pair->postcode, strlen(pair->postcode));
    kp_put_number(out + NUMBER_AT, pair->house_number, 4);
    out[LETTER_AT] = (uint8_t)pair->letter[0];
    memcpy(out + ADDITION_AT, pair->addition, strlen(pair->addition));
    kp_put_number(out + STREET_AT, street, 4);
}

void kp_register_withdrawn_record(uint8_t out[static KP_REGISTER_WITHDRAWN_RECORD], uint64_t id)
{
    kp_put_number(out, id, 8);
    out[KIND_AT] = KIND_WITHDRAWN;
}

/* All records of one id. */
struct group {
    uint64_t id;
    bool contradictory;
    size_t count;                              /* 0: withdrawn */
    uint8_t (*pairs)[KP_REGISTER_PAIR_RECORD]; /* room for KP_REGISTER_OBJECTS_OF_ID_MAX */
};

void kp_register_make_tell(const struct kp_register_make *make, const char *what, uint64_t done,
                           uint64_t total)
{
    if (make->progress != NULL && (done % 65536 == 0 || done == total)) {
        make->progress->at(make->progress->context, what, done, total);
    }
}

static enum kp_status group_add(struct kp_register_make *make, struct group *group,
                                const uint8_t *record, struct kp_error *error)
{
    if (record[KIND_AT] == KIND_WITHDRAWN) {
        return KP_OK; /* in use, if a pair follows: what was withdrawn is its history */
    }
    const uint8_t *last = group->count == 0 ? NULL : group->pairs[group->count - 1];
    if (last != NULL && memcmp(last, record, KP_REGISTER_PAIR_RECORD) == 0) {
        make->outcome->repeated++;
        return KP_OK;
    }
    if (group->count == KP_REGISTER_OBJECTS_OF_ID_MAX) {
        return kp_fail(error, KP_REFUSED,
                       "one nummeraanduiding has more than %u objects or addresses; is the column "
                       "nummeraanduiding_id right?",
                       KP_REGISTER_OBJECTS_OF_ID_MAX);
    }
    /* One number has one address, and of one object it is the main one or a side one. */
    group->contradictory |=
        last != NULL && (memcmp(last + ADDRESS_AT, record + ADDRESS_AT,
                                KP_REGISTER_PAIR_RECORD - ADDRESS_AT) != 0 ||
                         memcmp(last + OBJECT_AT, record + OBJECT_AT, SIDE_AT - OBJECT_AT) == 0);
    memcpy(group->pairs[group->count++], record, KP_REGISTER_PAIR_RECORD);
    return KP_OK;
}

static void hash_pair(const struct kp_register_make *make, struct kp_hash *hash,
                      const uint8_t *record, uint32_t rank)
{
    struct kp_names_street street = kp_names_street(make->names, rank);
    struct kp_register_pair pair = {.id = kp_get_number(record, 8),
                                    .object = kp_get_number(record + OBJECT_AT, 8),
                                    .house_number = (uint32_t)kp_get_number(record + NUMBER_AT, 4),
                                    .side = record[SIDE_AT] != 0,
                                    .letter = {(char)record[LETTER_AT]},
                                    .street = street.name,
                                    .town = street.town};
    memcpy(pair.postcode, record + ADDRESS_AT, 6);
    memcpy(pair.addition, record + ADDITION_AT, 4);
    kp_register_hash_pair(hash, &pair);
}

/* Next order: object, side, id, then where it is and how it is written there. */
#define BY_OBJECT_RECORD 36u
#define BY_OBJECT_ID_AT 9u
#define BY_OBJECT_PLACE_AT 17u
#define BY_OBJECT_REST_AT 27u /* letter, addition, street */

static enum kp_status end_group(struct kp_register_make *make, struct group *group,
                                struct kp_hash *hash, struct kp_sorter *objects,
                                struct kp_error *error)
{
    struct kp_register_outcome *outcome = make->outcome;
    uint8_t key[8], by_object[BY_OBJECT_RECORD];
    enum kp_status status = KP_OK;
    kp_put_number(key, group->id, 8);
    if (group->count == 0) {
        outcome->info.withdrawn++;
        kp_register_hash_withdrawn(hash, group->id);
        return kp_register_put(make->writer, KP_REGISTER_IDS, key, 8, "", 0, error);
    }
    if (group->contradictory) {
        if (outcome->contradictory < KP_REGISTER_SHOWN) {
            outcome->contradictions[outcome->contradictory] = group->id;
        }
        outcome->contradictory++;
        return KP_OK;
    }
    for (size_t i = 0; status == KP_OK && i < group->count; i++) {
        const uint8_t *pair = group->pairs[i];
        uint32_t rank = kp_names_rank_of(make->names, (uint32_t)kp_get_number(pair + STREET_AT, 4));
        char postcode[7] = "";
        memcpy(postcode, pair + ADDRESS_AT, 6);
        hash_pair(make, hash, pair, rank);
        memcpy(by_object, pair + OBJECT_AT, BY_OBJECT_ID_AT); /* and side */
        memcpy(by_object + BY_OBJECT_ID_AT, pair, 8);
        kp_register_place(by_object + BY_OBJECT_PLACE_AT, postcode, rank);
        memcpy(by_object + BY_OBJECT_PLACE_AT + KP_REGISTER_PLACE, pair + NUMBER_AT, 4);
        memcpy(by_object + BY_OBJECT_REST_AT, pair + LETTER_AT, 5);
        kp_put_number(by_object + BY_OBJECT_REST_AT + 5, rank, 4);
        outcome->info.pairs++;
        status = kp_sorter_add(objects, by_object, sizeof(by_object), error);
    }
    if (status == KP_OK) {
        status = kp_register_put(make->writer, KP_REGISTER_IDS, key, 8,
                                 by_object + BY_OBJECT_PLACE_AT, KP_REGISTER_AT, error);
    }
    return status;
}

static enum kp_status make_ids(struct kp_register_make *make, struct kp_sorter *pairs,
                               struct group *group, struct kp_sorter *objects,
                               struct kp_error *error)
{
    struct kp_hash hash;
    const uint8_t *record = NULL;
    size_t size = 0;
    uint64_t done = 0;
    kp_register_hash_start(&hash);
    enum kp_status status = kp_sorter_sort(pairs, error);
    while (status == KP_OK && (status = kp_sorter_next(pairs, &record, &size, error)) == KP_OK &&
           record != NULL) {
        uint64_t id = kp_get_number(record, 8);
        if (done > 0 && id != group->id) {
            status = end_group(make, group, &hash, objects, error);
        }
        if (done == 0 || id != group->id) {
            *group = (struct group){.id = id, .pairs = group->pairs};
        }
        if (status == KP_OK) {
            status = group_add(make, group, record, error);
        }
        kp_register_make_tell(make, "numbers", ++done, kp_sorter_count(pairs));
    }
    if (status == KP_OK && done > 0) {
        status = end_group(make, group, &hash, objects, error);
    }
    kp_hash_digest(&hash, make->outcome->info.hash);
    return status;
}

/* ---- By object --------------------------------------------------------------------------------
 */

static uint16_t postcode_digits(const uint8_t *place)
{
    return place[0] == 0 ? 0
                         : (uint16_t)((place[0] - '0') * 1000 + (place[1] - '0') * 100 +
                                      (place[2] - '0') * 10 + (place[3] - '0'));
}

/* Next order: place and house number, then an entry, which begins with id and object. */
#define BY_PLACE_RECORD (KP_REGISTER_AT + KP_REGISTER_ENTRY)

static enum kp_status make_objects(struct kp_register_make *make, struct kp_sorter *objects,
                                   struct kp_sorter *places, struct kp_error *error)
{
    const uint8_t *record = NULL;
    size_t size = 0;
    uint64_t last = 0, done = 0;
    uint16_t digits = 0;
    enum kp_status status = kp_sorter_sort(objects, error);
    while (status == KP_OK && (status = kp_sorter_next(objects, &record, &size, error)) == KP_OK &&
           record != NULL) {
        uint8_t by_place[BY_PLACE_RECORD], main[KP_REGISTER_AT + 8];
        struct kp_register_entry entry = {
            .id = kp_get_number(record + BY_OBJECT_ID_AT, 8),
            .object = kp_get_number(record, 8),
            .side = record[8] != 0,
            .letter = (char)record[BY_OBJECT_REST_AT],
            .street = (uint32_t)kp_get_number(record + BY_OBJECT_REST_AT + 5, 4)};
        memcpy(entry.addition, record + BY_OBJECT_REST_AT + 1, 4);
        memcpy(by_place, record + BY_OBJECT_PLACE_AT, KP_REGISTER_AT);
        if (entry.object != last) { /* the first is its main address: so they are sorted */
            last = entry.object;
            digits = postcode_digits(by_place);
            make->outcome->info.objects++;
            memcpy(main, by_place, KP_REGISTER_AT);
            kp_put_number(main + KP_REGISTER_AT, entry.id, 8);
            status = kp_register_put(make->writer, KP_REGISTER_OBJECTS, record, 8, main,
                                     sizeof(main), error);
        }
        entry.digits = digits;
        kp_register_entry_pack(by_place + KP_REGISTER_AT, &entry);
        if (status == KP_OK) {
            status = kp_sorter_add(places, by_place, sizeof(by_place), error);
        }
        kp_register_make_tell(make, "objects", ++done, kp_sorter_count(objects));
    }
    return status;
}

/* ---- Lists of what has one key ----------------------------------------------------------------
 */

/* Sorted records of a key and an item become a record of the table for each key: all its items. */
struct listing {
    enum kp_register_table table;
    const char *what;
    size_t key_size, item_size;
    uint8_t *items; /* room for KP_REGISTER_AT_NUMBER_MAX */
    uint8_t key[16];
    size_t count;
};

static enum kp_status put_list(struct kp_register_make *make, struct listing *list,
                               struct kp_error *error)
{
    size_t count = list->count;
    list->count = 0;
    return count == 0 ? KP_OK
                      : kp_register_put(make->writer, list->table, list->key, list->key_size,
                                        list->items, count * list->item_size, error);
}

static enum kp_status list_add(struct kp_register_make *make, struct listing *list,
                               const uint8_t *record, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    const uint8_t *item = record + list->key_size;
    if (list->count > 0 && memcmp(list->key, record, list->key_size) != 0) {
        status = put_list(make, list, error);
    }
    if (status != KP_OK ||
        (list->count > 0 &&
         memcmp(list->items + (list->count - 1) * list->item_size, item, list->item_size) == 0)) {
        return status;
    }
    if (list->count == KP_REGISTER_AT_NUMBER_MAX) {
        return kp_fail(error, KP_REFUSED,
                       "more than %u addresses with one house number in one postcode or street; "
                       "are the columns right?",
                       KP_REGISTER_AT_NUMBER_MAX);
    }
    memcpy(list->key, record, list->key_size);
    memcpy(list->items + list->count++ * list->item_size, item, list->item_size);
    return KP_OK;
}

#define BY_STREET_RECORD (4u + 4u + KP_REGISTER_PLACE)

static enum kp_status add_by_street(struct kp_sorter *streets, const uint8_t *record,
                                    struct kp_error *error)
{
    uint8_t by_street[BY_STREET_RECORD];
    memcpy(by_street, record + BY_PLACE_RECORD - 4, 4);
    memcpy(by_street + 4, record + KP_REGISTER_PLACE, 4);
    memcpy(by_street + 8, record, KP_REGISTER_PLACE);
    return kp_sorter_add(streets, by_street, sizeof(by_street), error);
}

/* streets: NULL, or where what is read goes on to. */
static enum kp_status make_list(struct kp_register_make *make, struct listing *list,
                                struct kp_sorter *sorter, struct kp_sorter *streets,
                                struct kp_error *error)
{
    const uint8_t *record = NULL;
    size_t size = 0;
    uint64_t done = 0;
    list->items = calloc(KP_REGISTER_AT_NUMBER_MAX, list->item_size);
    enum kp_status status = list->items == NULL ? kp_fail(error, KP_FAILED, "no memory")
                                                : kp_sorter_sort(sorter, error);
    while (status == KP_OK && (status = kp_sorter_next(sorter, &record, &size, error)) == KP_OK &&
           record != NULL) {
        status = list_add(make, list, record, error);
        if (status == KP_OK && streets != NULL) {
            status = add_by_street(streets, record, error);
        }
        kp_register_make_tell(make, list->what, ++done, kp_sorter_count(sorter));
    }
    if (status == KP_OK) {
        status = put_list(make, list, error);
    }
    free(list->items);
    return status;
}

/* ---- All --------------------------------------------------------------------------------------
 */

static enum kp_status next_sorter(const struct kp_register_make *make, struct kp_sorter **out,
                                  struct kp_error *error)
{
    return kp_sorter_new(out, make->sort_dir, KP_REGISTER_SORT_MEMORY, false, error);
}

static enum kp_status make_by_id(struct kp_register_make *make, struct kp_sorter *pairs,
                                 struct kp_sorter *objects, struct kp_error *error)
{
    struct group group = {.id = 0};
    group.pairs = calloc(KP_REGISTER_OBJECTS_OF_ID_MAX, sizeof(*group.pairs));
    enum kp_status status = group.pairs == NULL ? kp_fail(error, KP_FAILED, "no memory")
                                                : make_ids(make, pairs, &group, objects, error);
    free(group.pairs);
    return status;
}

enum kp_status kp_register_make(struct kp_register_make *make, struct kp_sorter *pairs,
                                struct kp_error *error)
{
    struct kp_sorter *objects = NULL, *places = NULL, *streets = NULL;
    struct listing numbers = {.table = KP_REGISTER_NUMBERS,
                              .what = "addresses",
                              .key_size = KP_REGISTER_AT,
                              .item_size = KP_REGISTER_ENTRY};
    struct listing street_numbers = {.table = KP_REGISTER_STREET_NUMBERS,
                                     .what = "streets",
                                     .key_size = 8,
                                     .item_size = KP_REGISTER_PLACE};
    enum kp_status status = next_sorter(make, &objects, error);
    if (status == KP_OK) {
        status = make_by_id(make, pairs, objects, error);
    }
    kp_sorter_free(pairs);
    if (status == KP_OK && (status = next_sorter(make, &places, error)) == KP_OK) {
        status = make_objects(make, objects, places, error);
    }
    kp_sorter_free(objects);
    if (status == KP_OK && (status = next_sorter(make, &streets, error)) == KP_OK) {
        status = make_list(make, &numbers, places, streets, error);
    }
    kp_sorter_free(places);
    if (status == KP_OK) {
        status = make_list(make, &street_numbers, streets, NULL, error);
    }
    kp_sorter_free(streets);
    return status == KP_OK ? kp_register_make_names(make, error) : status;
}
