#include "proto/address/register_internal.h"

#include <stdlib.h>

/* ---- Numbers ----------------------------------------------------------------------------------
 */

static char capital(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

static void fill_number(struct kp_register_number *out, const uint8_t *at,
                        const struct kp_register_entry *entry)
{
    *out = (struct kp_register_number){.id = entry->id,
                                       .object = entry->object,
                                       .house_number = (uint32_t)kp_get_number(at + 6, 4),
                                       .street = entry->street,
                                       .object_digits = entry->digits,
                                       .side = entry->side,
                                       .letter = {capital(entry->letter)}};
    if (at[0] != 0) {
        memcpy(out->postcode, at, KP_REGISTER_PLACE);
    }
    for (size_t i = 0; i < sizeof(entry->addition); i++) {
        out->addition[i] = capital(entry->addition[i]);
    }
}

/* Which of the numbers at a place are wanted. */
struct filter {
    uint64_t id;     /* 0: any */
    uint64_t object; /* 0: any */
    bool by_street;
    uint32_t street;
};

/* Adds what passes to out[*count]. at: place and house number. */
static enum kp_status take_numbers(const struct kp_register *reg,
                                   const uint8_t at[static KP_REGISTER_AT],
                                   const struct filter *filter, struct kp_register_number *out,
                                   size_t most, size_t *count, struct kp_error *error)
{
    MDB_val value;
    int code = kp_register_get(reg, KP_REGISTER_NUMBERS, at, KP_REGISTER_AT, &value);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : kp_register_read_fail(reg, code, error);
    }
    if (value.mv_size % KP_REGISTER_ENTRY != 0 ||
        value.mv_size / KP_REGISTER_ENTRY > KP_REGISTER_AT_NUMBER_MAX) {
        return kp_register_damaged(reg, error);
    }
    for (size_t done = 0; done < value.mv_size; done += KP_REGISTER_ENTRY) {
        struct kp_register_entry entry;
        kp_register_entry_unpack(&entry, (const uint8_t *)value.mv_data + done);
        if ((filter->id != 0 && entry.id != filter->id) ||
            (filter->object != 0 && entry.object != filter->object) ||
            (filter->by_street && entry.street != filter->street)) {
            continue;
        }
        if (*count < most) {
            fill_number(&out[*count], at, &entry);
        }
        ++*count;
    }
    return KP_OK;
}

enum kp_status kp_register_by_postcode(const struct kp_register *reg, const char postcode[static 7],
                                       uint32_t house_number, struct kp_register_number *out,
                                       size_t most, size_t *count, struct kp_error *error)
{
    uint8_t at[KP_REGISTER_AT];
    *count = 0;
    if (strnlen(postcode, 7) != 6) {
        return KP_OK;
    }
    memcpy(at, postcode, KP_REGISTER_PLACE);
    kp_put_number(at + KP_REGISTER_PLACE, house_number, 4);
    return take_numbers(reg, at, &(struct filter){.id = 0}, out, most, count, error);
}

static int compare_numbers(const void *one, const void *other)
{
    const struct kp_register_number *a = one;
    const struct kp_register_number *b = other;
    return a->id != b->id ? (a->id < b->id ? -1 : 1)
                          : (a->object > b->object) - (a->object < b->object);
}

enum kp_status kp_register_by_street(const struct kp_register *reg, uint32_t street,
                                     uint32_t house_number, struct kp_register_number *out,
                                     size_t most, size_t *count, struct kp_error *error)
{
    uint8_t key[8], at[KP_REGISTER_AT];
    MDB_val places;
    const struct filter filter = {.by_street = true, .street = street};
    *count = 0;
    kp_put_number(kp_put_number(key, street, 4), house_number, 4);
    kp_put_number(at + KP_REGISTER_PLACE, house_number, 4);
    int code = kp_register_get(reg, KP_REGISTER_STREET_NUMBERS, key, sizeof(key), &places);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : kp_register_read_fail(reg, code, error);
    }
    if (places.mv_size % KP_REGISTER_PLACE != 0) {
        return kp_register_damaged(reg, error);
    }
    enum kp_status status = KP_OK;
    for (size_t done = 0; status == KP_OK && done < places.mv_size; done += KP_REGISTER_PLACE) {
        memcpy(at, (const uint8_t *)places.mv_data + done, KP_REGISTER_PLACE);
        status = take_numbers(reg, at, &filter, out, most, count, error);
    }
    if (status == KP_OK && places.mv_size > KP_REGISTER_PLACE) {
        qsort(out, *count < most ? *count : most, sizeof(*out), compare_numbers);
    }
    return status;
}

enum kp_status kp_register_by_id(const struct kp_register *reg, uint64_t id,
                                 struct kp_register_number *out, size_t most, size_t *count,
                                 bool *withdrawn, struct kp_error *error)
{
    uint8_t key[8];
    MDB_val at;
    *count = 0;
    *withdrawn = false;
    kp_put_number(key, id, 8);
    int code = kp_register_get(reg, KP_REGISTER_IDS, key, sizeof(key), &at);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : kp_register_read_fail(reg, code, error);
    }
    *withdrawn = at.mv_size == 0;
    if (*withdrawn) {
        return KP_OK;
    }
    if (at.mv_size != KP_REGISTER_AT) {
        return kp_register_damaged(reg, error);
    }
    enum kp_status status =
        take_numbers(reg, at.mv_data, &(struct filter){.id = id}, out, most, count, error);
    return status == KP_OK && *count == 0 ? kp_register_damaged(reg, error) : status;
}

enum kp_status kp_register_by_object(const struct kp_register *reg, uint64_t object,
                                     struct kp_register_number *main, bool *found,
                                     struct kp_error *error)
{
    uint8_t key[8];
    MDB_val value;
    size_t count = 0;
    *found = false;
    kp_put_number(key, object, 8);
    int code = kp_register_get(reg, KP_REGISTER_OBJECTS, key, sizeof(key), &value);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : kp_register_read_fail(reg, code, error);
    }
    if (value.mv_size != KP_REGISTER_AT + 8) {
        return kp_register_damaged(reg, error);
    }
    const uint8_t *at = value.mv_data;
    const struct filter filter = {.id = kp_get_number(at + KP_REGISTER_AT, 8), .object = object};
    enum kp_status status = take_numbers(reg, at, &filter, main, 1, &count, error);
    *found = status == KP_OK && count == 1;
    return status == KP_OK && count != 1 ? kp_register_damaged(reg, error) : status;
}

/* ---- Names ------------------------------------------------------------------------------------
 */

static bool take_text(char out[static KP_REGISTER_STREET_TEXT], const uint8_t *from, size_t size)
{
    if (size >= KP_REGISTER_STREET_TEXT || memchr(from, '\0', size) != NULL) {
        return false;
    }
    memcpy(out, from, size);
    out[size] = '\0';
    return true;
}

enum kp_status kp_register_town(const struct kp_register *reg, uint32_t town,
                                char out[static KP_REGISTER_STREET_TEXT], struct kp_error *error)
{
    uint8_t key[4];
    MDB_val name;
    kp_put_number(key, town, 4);
    int code = kp_register_get(reg, KP_REGISTER_TOWNS, key, sizeof(key), &name);
    if (code != 0) {
        return kp_register_read_fail(reg, code, error);
    }
    return take_text(out, name.mv_data, name.mv_size) ? KP_OK : kp_register_damaged(reg, error);
}

enum kp_status kp_register_street(const struct kp_register *reg, uint32_t street,
                                  struct kp_register_street *out, struct kp_error *error)
{
    uint8_t key[4];
    MDB_val name;
    kp_put_number(key, street, 4);
    int code = kp_register_get(reg, KP_REGISTER_STREETS, key, sizeof(key), &name);
    if (code != 0) {
        return kp_register_read_fail(reg, code, error);
    }
    const uint8_t *bytes = name.mv_data;
    if (name.mv_size < 4 || !take_text(out->name, bytes + 4, name.mv_size - 4)) {
        return kp_register_damaged(reg, error);
    }
    out->town_number = (uint32_t)kp_get_number(bytes, 4);
    return kp_register_town(reg, out->town_number, out->town, error);
}

static enum kp_status take_list(const struct kp_register *reg, enum kp_register_table table,
                                const uint8_t *key, size_t key_size, uint32_t *out, size_t most,
                                size_t *count, struct kp_error *error)
{
    MDB_val value;
    int code = kp_register_get(reg, table, key, key_size, &value);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : kp_register_read_fail(reg, code, error);
    }
    if (value.mv_size % 4 != 0) {
        return kp_register_damaged(reg, error);
    }
    *count = value.mv_size / 4;
    for (size_t i = 0; i < *count && i < most; i++) {
        out[i] = (uint32_t)kp_get_number((const uint8_t *)value.mv_data + 4 * i, 4);
    }
    return KP_OK;
}

enum kp_status kp_register_towns_by_name(const struct kp_register *reg, const char *skeleton,
                                         uint32_t *towns, size_t most, size_t *count,
                                         struct kp_error *error)
{
    size_t size = strlen(skeleton);
    *count = 0;
    return size == 0 || size >= KP_REGISTER_SKELETON_MAX
               ? KP_OK
               : take_list(reg, KP_REGISTER_TOWN_NAMES, (const uint8_t *)skeleton, size, towns,
                           most, count, error);
}

enum kp_status kp_register_streets_by_name(const struct kp_register *reg, uint32_t town,
                                           const char *skeleton, bool short_form, uint32_t *streets,
                                           size_t most, size_t *count, struct kp_error *error)
{
    uint8_t key[5 + KP_REGISTER_SKELETON_MAX];
    size_t size = strlen(skeleton);
    *count = 0;
    if (size == 0 || size >= KP_REGISTER_SKELETON_MAX) {
        return KP_OK;
    }
    kp_put_number(key, town, 4);
    key[4] = short_form ? KP_REGISTER_FORM_SHORT : KP_REGISTER_FORM_EXACT;
    memcpy(key + 5, skeleton, size);
    return take_list(reg, KP_REGISTER_STREET_NAMES, key, 5 + size, streets, most, count, error);
}
