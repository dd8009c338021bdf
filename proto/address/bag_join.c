#include "proto/address/bag_join.h"

#include "proto/address/bag_names.h"
#include "proto/numbers.h"
#include "proto/sorter.h"

#include <stdlib.h>
#include <string.h>

#define SORTER_MEMORY (16u << 20)

/* Records of the sorters; occurrences upside down, so that the highest comes first.
 * Numbers: id, occurrence, in use, street, town, house number, letter, addition, postcode. */
#define NUMBER_BYTES (8 + 4 + 1 + 8 + 2 + 4 + 1 + 4 + 6)
/* Objects: id, occurrence, in use, side, number (0: none, and then not in use). */
#define OBJECT_BYTES (8 + 4 + 1 + 1 + 8)
/* References: number, object, side. */
#define REFERENCE_BYTES (8 + 8 + 1)

struct kp_bag_join {
    const char *dir;
    struct kp_bag_names streets, towns;
    struct kp_sorter *numbers, *objects, *references;

    /* While giving. */
    struct kp_register_build *build;
    struct kp_bag_join_counts *counts;
    void (*bad)(void *context, uint64_t number, const char *field, const char *reason);
    void *context;
};

/* --- Coming in -----------------------------------------------------------------------------------
 */

enum kp_status kp_bag_join_new(struct kp_bag_join **out, const char *dir, struct kp_error *error)
{
    struct kp_bag_join *join = calloc(1, sizeof(*join));
    if (join == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    join->dir = dir;
    enum kp_status status = kp_sorter_new(&join->numbers, dir, SORTER_MEMORY, false, error);
    if (status == KP_OK) {
        status = kp_sorter_new(&join->objects, dir, SORTER_MEMORY, false, error);
    }
    if (status != KP_OK) {
        kp_bag_join_free(join);
        return status;
    }
    *out = join;
    return KP_OK;
}

void kp_bag_join_free(struct kp_bag_join *join)
{
    if (join != NULL) {
        kp_sorter_free(join->numbers);
        kp_sorter_free(join->objects);
        kp_sorter_free(join->references);
        kp_bag_names_free(&join->streets);
        kp_bag_names_free(&join->towns);
        free(join);
    }
}

static enum kp_status add_number(struct kp_bag_join *join, const struct kp_bag_record *record,
                                 struct kp_error *error)
{
    uint8_t bytes[NUMBER_BYTES];
    uint8_t *at = kp_put_number(bytes, record->id, 8);
    at = kp_put_number(at, UINT32_MAX - record->occurrence, 4);
    *at++ = record->in_use;
    at = kp_put_number(at, record->street, 8);
    at = kp_put_number(at, record->town, 2);
    at = kp_put_number(at, record->house_number, 4);
    *at++ = (uint8_t)record->letter[0];
    memcpy(at, record->addition, 4);
    memcpy(at + 4, record->postcode, 6);
    return kp_sorter_add(join->numbers, bytes, sizeof(bytes), error);
}

static enum kp_status add_object_number(struct kp_bag_join *join,
                                        const struct kp_bag_record *record, uint64_t number,
                                        bool side, struct kp_error *error)
{
    uint8_t bytes[OBJECT_BYTES];
    uint8_t *at = kp_put_number(bytes, record->id, 8);
    at = kp_put_number(at, UINT32_MAX - record->occurrence, 4);
    *at++ = record->in_use;
    *at++ = side;
    (void)kp_put_number(at, number, 8);
    return kp_sorter_add(join->objects, bytes, sizeof(bytes), error);
}

/* One that isn't in use comes along too: it may be the highest occurrence. */
static enum kp_status add_object(struct kp_bag_join *join, const struct kp_bag_record *record,
                                 struct kp_error *error)
{
    enum kp_status status =
        add_object_number(join, record, record->in_use ? record->main : 0, false, error);
    for (size_t i = 0; status == KP_OK && record->in_use && i < record->side_count; i++) {
        status = add_object_number(join, record, record->sides[i], true, error);
    }
    return status;
}

enum kp_status kp_bag_join_add(struct kp_bag_join *join, const struct kp_bag_record *record,
                               struct kp_error *error)
{
    switch (record->kind) {
    case KP_RECORD_TOWN:
        return kp_bag_names_add(&join->towns, record, error);
    case KP_RECORD_STREET:
        return kp_bag_names_add(&join->streets, record, error);
    case KP_RECORD_NUMBER:
        return add_number(join, record, error);
    case KP_RECORD_OBJECT:
        return add_object(join, record, error);
    }
    return kp_fail(error, KP_FAILED, "a record of no kind");
}

/* --- Objects to references -----------------------------------------------------------------------
 */

static enum kp_status take_object(struct kp_bag_join *join, const uint8_t *record,
                                  struct kp_error *error)
{
    uint8_t bytes[REFERENCE_BYTES];
    if (record[12] == 0) { /* not in use */
        return KP_OK;
    }
    memcpy(bytes, record + 14, 8);
    memcpy(bytes + 8, record, 8);
    bytes[16] = record[13];
    return kp_sorter_add(join->references, bytes, sizeof(bytes), error);
}

/* All references of the highest occurrence of each object. */
static enum kp_status sort_references(struct kp_bag_join *join, struct kp_error *error)
{
    uint8_t highest[12] = {0};
    const uint8_t *record = NULL;
    size_t size = 0;
    enum kp_status status = kp_sorter_sort(join->objects, error);
    while (status == KP_OK) {
        status = kp_sorter_next(join->objects, &record, &size, error);
        if (status != KP_OK || record == NULL) {
            break;
        }
        if (memcmp(highest, record, 8) != 0) {
            memcpy(highest, record, sizeof(highest));
            join->counts->objects += record[12];
        }
        if (memcmp(highest, record, sizeof(highest)) == 0) {
            status = take_object(join, record, error);
        }
    }
    kp_sorter_free(join->objects); /* its memory is of use to others */
    join->objects = NULL;
    return status == KP_OK ? kp_sorter_sort(join->references, error) : status;
}

/* --- Numbers to pairs ----------------------------------------------------------------------------
 */

static void report(const struct kp_bag_join *join, const struct kp_register_pair *pair,
                   const char *field, const char *reason)
{
    join->bad(join->context, pair->id, field, reason);
}

/* The names of its street and town; false: they aren't there. */
static bool find_names(const struct kp_bag_join *join, const uint8_t *record,
                       struct kp_register_pair *pair)
{
    uint32_t town = 0;
    pair->street = kp_bag_names_find(&join->streets, kp_get_number(record + 13, 8), &town);
    if (pair->street == NULL) {
        join->counts->no_street++;
        report(join, pair, "ligtAan", "its openbare ruimte isn't in the extract");
        return false;
    }
    uint64_t own = kp_get_number(record + 21, 2);
    pair->town = kp_bag_names_find(&join->towns, own != 0 ? own : town, NULL);
    if (pair->town == NULL) {
        join->counts->no_town++;
        report(join, pair, "ligtIn", "its woonplaats isn't in the extract");
        return false;
    }
    return true;
}

static void read_pair(struct kp_register_pair *pair, const uint8_t *record)
{
    *pair = (struct kp_register_pair){
        .id = kp_get_number(record, 8),
        .house_number = (uint32_t)kp_get_number(record + 23, 4),
    };
    pair->letter[0] = (char)record[27];
    memcpy(pair->addition, record + 28, 4);
    memcpy(pair->postcode, record + 32, 6);
}

/* Into the register: as a pair, or as withdrawn. */
static enum kp_status add_pair(struct kp_bag_join *join, const struct kp_register_pair *pair,
                               bool withdrawn, struct kp_error *error)
{
    struct kp_register_fault fault = {NULL, NULL};
    enum kp_status status = withdrawn
                                ? kp_register_build_withdrawn(join->build, pair->id, &fault, error)
                                : kp_register_build_add(join->build, pair, &fault, error);
    if (status == KP_REFUSED && fault.field != NULL) {
        join->counts->refused++;
        report(join, pair, fault.field, fault.reason);
        return KP_OK;
    }
    join->counts->pairs += status == KP_OK && !withdrawn;
    join->counts->withdrawn += status == KP_OK && withdrawn;
    return status;
}

/* The references, one at a time, in step with the numbers. */
struct references {
    const uint8_t *record; /* NULL: no more */
    uint64_t number;
};

static enum kp_status next_reference(struct kp_bag_join *join, struct references *at,
                                     struct kp_error *error)
{
    size_t size = 0;
    enum kp_status status = kp_sorter_next(join->references, &at->record, &size, error);
    at->number = status == KP_OK && at->record != NULL ? kp_get_number(at->record, 8) : 0;
    return status;
}

/* Passes those of numbers below `number`, which aren't there. */
static enum kp_status pass_references(struct kp_bag_join *join, struct references *at,
                                      uint64_t number, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && at->record != NULL && at->number < number) {
        join->counts->no_number++;
        report(join, &(struct kp_register_pair){.id = at->number}, "NummeraanduidingRef",
               "an object has this nummeraanduiding, which isn't in the extract");
        status = next_reference(join, at, error);
    }
    return status;
}

/* A number of which the references come next. */
static enum kp_status give_number(struct kp_bag_join *join, const uint8_t *record,
                                  struct references *at, struct kp_error *error)
{
    struct kp_register_pair pair;
    read_pair(&pair, record);
    bool in_use = record[12] != 0;
    bool any = at->record != NULL && at->number == pair.id;
    enum kp_status status = KP_OK;
    join->counts->numbers += in_use;
    join->counts->without_object += in_use && !any;
    if (!in_use) {
        status = add_pair(join, &pair, true, error);
    }
    bool named = in_use && any && find_names(join, record, &pair);
    while (status == KP_OK && at->record != NULL && at->number == pair.id) {
        join->counts->to_withdrawn += !in_use;
        if (named) {
            pair.object = kp_get_number(at->record + 8, 8);
            pair.side = at->record[16] != 0;
            status = add_pair(join, &pair, false, error);
        }
        if (status == KP_OK) {
            status = next_reference(join, at, error);
        }
    }
    return status;
}

static void show_progress(const struct kp_register_progress *progress, uint64_t done,
                          uint64_t total)
{
    if (progress != NULL && done % 4096 == 0) {
        progress->at(progress->context, "joining", done, total);
    }
}

static enum kp_status give_numbers(struct kp_bag_join *join,
                                   const struct kp_register_progress *progress,
                                   struct kp_error *error)
{
    struct references at = {NULL, 0};
    uint64_t last = 0, done = 0, total = kp_sorter_count(join->numbers);
    const uint8_t *record = NULL;
    size_t size = 0;
    enum kp_status status = kp_sorter_sort(join->numbers, error);
    if (status == KP_OK) {
        status = next_reference(join, &at, error);
    }
    while (status == KP_OK) {
        status = kp_sorter_next(join->numbers, &record, &size, error);
        if (status != KP_OK || record == NULL) {
            break;
        }
        show_progress(progress, done++, total);
        uint64_t number = kp_get_number(record, 8);
        if (number == last) { /* an occurrence below the highest */
            continue;
        }
        last = number;
        status = pass_references(join, &at, number, error);
        if (status == KP_OK) {
            status = give_number(join, record, &at, error);
        }
    }
    return status == KP_OK ? pass_references(join, &at, UINT64_MAX, error) : status;
}

/* An extract without one of these is a part of an extract. */
static enum kp_status check_kinds(const struct kp_bag_join *join, struct kp_error *error)
{
    const char *missing = join->towns.count == 0                ? "WPL"
                          : join->streets.count == 0            ? "OPR"
                          : kp_sorter_count(join->numbers) == 0 ? "NUM"
                          : kp_sorter_count(join->objects) == 0 ? "VBO, LIG or STA"
                                                                : NULL;
    return missing == NULL
               ? KP_OK
               : kp_fail(error, KP_REFUSED,
                         "nothing that holds on this day of kind %s; give the whole extract: WPL, "
                         "OPR, NUM, VBO, LIG and STA",
                         missing);
}

enum kp_status
kp_bag_join_give(struct kp_bag_join *join, struct kp_register_build *build,
                 const struct kp_register_progress *progress, struct kp_bag_join_counts *counts,
                 void (*bad)(void *context, uint64_t number, const char *field, const char *reason),
                 void *context, struct kp_error *error)
{
    *counts = (struct kp_bag_join_counts){0};
    join->build = build;
    join->counts = counts;
    join->bad = bad;
    join->context = context;
    enum kp_status status = check_kinds(join, error);
    if (status == KP_OK) {
        status = kp_sorter_new(&join->references, join->dir, SORTER_MEMORY, false, error);
    }
    if (status != KP_OK) {
        return status;
    }
    kp_bag_names_sort(&join->streets);
    kp_bag_names_sort(&join->towns);
    counts->streets = join->streets.count;
    counts->towns = join->towns.count;
    status = sort_references(join, error);
    return status == KP_OK ? give_numbers(join, progress, error) : status;
}
