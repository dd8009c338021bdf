#include "proto/address/bag_folder.h"
#include "proto/address/register_format.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct kp_register {
    char path[KP_PATH_MAX + KP_REGISTER_NAME + 1];
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi tables[KP_REGISTER_TABLES];
    struct kp_register_info info;
};

/* ---- Opening ----------------------------------------------------------------------------------
 */

static enum kp_status damaged(const struct kp_register *reg, struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED,
                   "%s: the index is damaged; import it again (`kruispunt bag import`)", reg->path);
}

static enum kp_status read_fail(const struct kp_register *reg, int code, struct kp_error *error)
{
    return code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED ||
                   code == MDB_PAGE_NOTFOUND || code == MDB_NOTFOUND
               ? damaged(reg, error)
               : kp_fail(error, KP_FAILED, "%s: the index can't be read: %s", reg->path,
                         mdb_strerror(code));
}

/* Pages that the file should have and hasn't would end the program when they are read. */
static enum kp_status open_file(struct kp_register *reg, struct kp_error *error)
{
    char file[sizeof(reg->path) + 16];
    struct stat stat_info;
    MDB_envinfo info;
    MDB_stat stat_env;
    (void)snprintf(file, sizeof(file), "%s/data.mdb", reg->path);
    if (stat(file, &stat_info) != 0) {
        return kp_fail(error, KP_REFUSED, "%s: can't be opened: %s", file, strerror(errno));
    }
    int code = mdb_env_create(&reg->env);
    if (code == 0) {
        code = mdb_env_set_maxdbs(reg->env, KP_REGISTER_TABLES);
    }
    if (code == 0) { /* no more than there is */
        code = mdb_env_set_mapsize(reg->env, (size_t)stat_info.st_size);
    }
    if (code == 0) {
        code = mdb_env_open(reg->env, reg->path,
                            MDB_NOTLS | MDB_RDONLY | MDB_NOLOCK | MDB_NORDAHEAD, 0);
    }
    if (code == 0) {
        code = mdb_env_info(reg->env, &info);
    }
    if (code == 0) {
        code = mdb_env_stat(reg->env, &stat_env);
    }
    if (code == 0 && (info.me_last_pgno + 1) * stat_env.ms_psize > (uint64_t)stat_info.st_size) {
        code = MDB_CORRUPTED;
    }
    return code == 0 ? KP_OK : read_fail(reg, code, error);
}

static int get(const struct kp_register *reg, enum kp_register_table table, const void *key,
               size_t size, MDB_val *value)
{
    MDB_val name = {.mv_size = size, .mv_data = (void *)(uintptr_t)key};
    return mdb_get(reg->txn, reg->tables[table], &name, value);
}

static enum kp_status read_meta(struct kp_register *reg, struct kp_error *error)
{
    MDB_val value;
    int code = get(reg, KP_REGISTER_META_TABLE, KP_REGISTER_META_KEY, strlen(KP_REGISTER_META_KEY),
                   &value);
    uint8_t now[KP_REGISTER_META];
    if (code != 0) {
        return read_fail(reg, code, error);
    }
    if (value.mv_size < 8 || memcmp(value.mv_data, KP_REGISTER_MAGIC, 8) != 0) {
        return damaged(reg, error);
    }
    kp_register_meta_pack(now, &reg->info);
    if (value.mv_size != KP_REGISTER_META || memcmp(value.mv_data, now, 16) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "%s: made by another version of Kruispunt; import it again (`kruispunt bag "
                       "import`)",
                       reg->path);
    }
    kp_register_meta_unpack(&reg->info, value.mv_data);
    return KP_OK;
}

static enum kp_status open_tables(struct kp_register *reg, struct kp_error *error)
{
    int code = mdb_txn_begin(reg->env, NULL, MDB_RDONLY, &reg->txn);
    for (size_t i = 0; code == 0 && i < KP_REGISTER_TABLES; i++) {
        code = mdb_dbi_open(reg->txn, kp_register_table_names[i], 0, &reg->tables[i]);
    }
    return code == 0 ? KP_OK : read_fail(reg, code, error);
}

enum kp_status kp_register_open_name(struct kp_register **out, const char *dir, const char *name,
                                     struct kp_error *error)
{
    *out = NULL;
    struct kp_register *reg = calloc(1, sizeof(*reg));
    if (reg == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    if (!kp_bag_is_name(name) || strlen(dir) >= KP_PATH_MAX) {
        free(reg);
        return kp_fail(error, KP_USAGE,
                       "%s: no index of that name; `kruispunt bag list` shows them", dir);
    }
    (void)snprintf(reg->path, sizeof(reg->path), "%s/%s", dir, name);
    enum kp_status status = open_file(reg, error);
    if (status == KP_OK) {
        status = open_tables(reg, error);
    }
    if (status == KP_OK) {
        status = read_meta(reg, error);
    }
    if (status != KP_OK) {
        kp_register_close(reg);
        return status;
    }
    memcpy(reg->info.name, name, strlen(name) + 1);
    *out = reg;
    return KP_OK;
}

void kp_register_close(struct kp_register *reg)
{
    if (reg == NULL) {
        return;
    }
    if (reg->txn != NULL) {
        mdb_txn_abort(reg->txn);
    }
    if (reg->env != NULL) {
        mdb_env_close(reg->env);
    }
    free(reg);
}

const struct kp_register_info *kp_register_info(const struct kp_register *reg)
{
    return &reg->info;
}

/* ---- Finding the index ------------------------------------------------------------------------
 */

static enum kp_status open_current(struct kp_register **out, const struct kp_bag_folder *folder,
                                   struct kp_error *error)
{
    char name[KP_REGISTER_NAME];
    kp_bag_current(folder, name);
    return name[0] == '\0'
               ? kp_fail(error, KP_USAGE,
                         "%s: no address register in it yet; `kruispunt bag import` makes one, "
                         "`kruispunt bag use` switches to one",
                         folder->path)
               : kp_register_open_name(out, folder->path, name, error);
}

static enum kp_status open_by_hash(struct kp_register **out, const struct kp_bag_folder *folder,
                                   const uint8_t *hash, struct kp_error *error)
{
    char(*names)[KP_REGISTER_NAME] = NULL;
    char wanted[KP_REGISTER_NAME];
    size_t count = 0;
    enum kp_status status = kp_bag_list(folder, &names, &count, error);
    kp_bag_name(wanted, 0, hash);
    const char *hex = wanted + strlen(wanted) - 16;
    while (status == KP_OK && *out == NULL && count-- > 0) {
        const char *name = names[count];
        if (strcmp(name + strlen(name) - 16, hex) != 0) {
            continue;
        }
        status = kp_register_open_name(out, folder->path, name, error);
        if (status == KP_OK && memcmp((*out)->info.hash, hash, KP_REGISTER_HASH_BYTES) != 0) {
            kp_register_close(*out);
            *out = NULL;
        }
    }
    free(names);
    if (status == KP_OK && *out == NULL) {
        return kp_fail(error, KP_REFUSED,
                       "%s: no address register whose hash begins with %s; import that extract "
                       "(`kruispunt bag import`)",
                       folder->path, hex);
    }
    return status;
}

enum kp_status kp_register_open(struct kp_register **out, const char *dir, const uint8_t *hash,
                                struct kp_error *error)
{
    *out = NULL;
    struct kp_bag_folder folder;
    enum kp_status status = kp_bag_open(&folder, dir, false, false, error);
    if (status != KP_OK) {
        return status;
    }
    status =
        hash == NULL ? open_current(out, &folder, error) : open_by_hash(out, &folder, hash, error);
    kp_bag_close(&folder);
    return status;
}

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
    int code = get(reg, KP_REGISTER_NUMBERS, at, KP_REGISTER_AT, &value);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : read_fail(reg, code, error);
    }
    if (value.mv_size % KP_REGISTER_ENTRY != 0) {
        return damaged(reg, error);
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
    int code = get(reg, KP_REGISTER_STREET_NUMBERS, key, sizeof(key), &places);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : read_fail(reg, code, error);
    }
    if (places.mv_size % KP_REGISTER_PLACE != 0) {
        return damaged(reg, error);
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
    int code = get(reg, KP_REGISTER_IDS, key, sizeof(key), &at);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : read_fail(reg, code, error);
    }
    *withdrawn = at.mv_size == 0;
    if (*withdrawn) {
        return KP_OK;
    }
    if (at.mv_size != KP_REGISTER_AT) {
        return damaged(reg, error);
    }
    enum kp_status status =
        take_numbers(reg, at.mv_data, &(struct filter){.id = id}, out, most, count, error);
    return status == KP_OK && *count == 0 ? damaged(reg, error) : status;
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
    int code = get(reg, KP_REGISTER_OBJECTS, key, sizeof(key), &value);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : read_fail(reg, code, error);
    }
    if (value.mv_size != KP_REGISTER_AT + 8) {
        return damaged(reg, error);
    }
    const uint8_t *at = value.mv_data;
    const struct filter filter = {.id = kp_get_number(at + KP_REGISTER_AT, 8), .object = object};
    enum kp_status status = take_numbers(reg, at, &filter, main, 1, &count, error);
    *found = status == KP_OK && count == 1;
    return status == KP_OK && count != 1 ? damaged(reg, error) : status;
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

enum kp_status kp_register_street(const struct kp_register *reg, uint32_t street,
                                  struct kp_register_street *out, struct kp_error *error)
{
    uint8_t key[4];
    MDB_val name, town;
    kp_put_number(key, street, 4);
    int code = get(reg, KP_REGISTER_STREETS, key, sizeof(key), &name);
    if (code != 0) {
        return read_fail(reg, code, error);
    }
    const uint8_t *bytes = name.mv_data;
    if (name.mv_size < 4 || !take_text(out->name, bytes + 4, name.mv_size - 4)) {
        return damaged(reg, error);
    }
    out->town_number = (uint32_t)kp_get_number(bytes, 4);
    code = get(reg, KP_REGISTER_TOWNS, bytes, 4, &town);
    if (code != 0) {
        return read_fail(reg, code, error);
    }
    return take_text(out->town, town.mv_data, town.mv_size) ? KP_OK : damaged(reg, error);
}

static enum kp_status take_list(const struct kp_register *reg, enum kp_register_table table,
                                const uint8_t *key, size_t key_size, uint32_t *out, size_t most,
                                size_t *count, struct kp_error *error)
{
    MDB_val value;
    int code = get(reg, table, key, key_size, &value);
    if (code != 0) {
        return code == MDB_NOTFOUND ? KP_OK : read_fail(reg, code, error);
    }
    if (value.mv_size % 4 != 0) {
        return damaged(reg, error);
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
