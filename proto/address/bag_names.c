#include "proto/address/bag_names.h"

#include <stdlib.h>
#include <string.h>

struct kp_bag_name {
    uint64_t id;
    uint32_t occurrence;
    uint32_t town; /* of a street */
    size_t at;     /* in the text */
};

static bool make_room(void **items, size_t *room, size_t count, size_t size)
{
    if (count <= *room) {
        return true;
    }
    size_t more = *room < 1024 ? 1024 : *room * 2;
    void *moved = realloc(*items, (more < count ? count : more) * size);
    if (moved != NULL) {
        *items = moved;
        *room = more < count ? count : more;
    }
    return moved != NULL;
}

enum kp_status kp_bag_names_add(struct kp_bag_names *names, const struct kp_bag_record *record,
                                struct kp_error *error)
{
    size_t size = strlen(record->name) + 1;
    if (names->count >= KP_REGISTER_STREETS_MAX ||
        names->text_size + size > KP_REGISTER_NAMES_BYTES_MAX) {
        return kp_fail(error, KP_REFUSED,
                       "more streets or towns than a country has (%u, or %u MiB of names)",
                       KP_REGISTER_STREETS_MAX, KP_REGISTER_NAMES_BYTES_MAX >> 20);
    }
    if (!make_room((void **)&names->names, &names->room, names->count + 1,
                   sizeof(struct kp_bag_name)) ||
        !make_room((void **)&names->text, &names->text_room, names->text_size + size, 1)) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    names->names[names->count++] = (struct kp_bag_name){record->id, record->occurrence,
                                                        (uint32_t)record->town, names->text_size};
    memcpy(names->text + names->text_size, record->name, size);
    names->text_size += size;
    return KP_OK;
}

static int compare_names(const void *left, const void *right)
{
    const struct kp_bag_name *a = left, *b = right;
    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return (a->occurrence < b->occurrence) - (a->occurrence > b->occurrence);
}

void kp_bag_names_sort(struct kp_bag_names *names)
{
    size_t kept = 0;
    if (names->count > 0) {
        qsort(names->names, names->count, sizeof(struct kp_bag_name), compare_names);
    }
    for (size_t i = 0; i < names->count; i++) {
        if (kept == 0 || names->names[kept - 1].id != names->names[i].id) {
            names->names[kept++] = names->names[i];
        }
    }
    names->count = kept;
}

static int compare_id(const void *key, const void *item)
{
    uint64_t id = *(const uint64_t *)key;
    const struct kp_bag_name *name = item;
    return (id > name->id) - (id < name->id);
}

const char *kp_bag_names_find(const struct kp_bag_names *names, uint64_t id, uint32_t *town)
{
    const struct kp_bag_name *name = NULL;
    if (names->count > 0) {
        name = bsearch(&id, names->names, names->count, sizeof(*name), compare_id);
    }
    if (name != NULL && town != NULL) {
        *town = name->town;
    }
    return name == NULL ? NULL : names->text + name->at;
}

void kp_bag_names_free(struct kp_bag_names *names)
{
    free(names->names);
    free(names->text);
}
