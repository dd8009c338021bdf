#include "proto/address/bag_folder.h"
#include "proto/address/register_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* ---- Opening ----------------------------------------------------------------------------------
 */

enum kp_status kp_register_damaged(const struct kp_register *reg, struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED,
                   "%s: the index is damaged; import it again (`kruispunt bag import`)", reg->path);
}

enum kp_status kp_register_read_fail(const struct kp_register *reg, int code,
                                     struct kp_error *error)
{
    return code == MDB_INVALID || code == MDB_VERSION_MISMATCH || code == MDB_CORRUPTED ||
                   code == MDB_PAGE_NOTFOUND || code == MDB_NOTFOUND
               ? kp_register_damaged(reg, error)
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
    if (!S_ISREG(stat_info.st_mode) || stat_info.st_size == 0) { /* LMDB waits for a pipe */
        return kp_register_damaged(reg, error);
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
    return code == 0 ? KP_OK : kp_register_read_fail(reg, code, error);
}

int kp_register_get(const struct kp_register *reg, enum kp_register_table table, const void *key,
                    size_t size, MDB_val *value)
{
    MDB_val name = {.mv_size = size, .mv_data = (void *)(uintptr_t)key};
    return mdb_get(reg->txn, reg->tables[table], &name, value);
}

static enum kp_status read_meta(struct kp_register *reg, struct kp_error *error)
{
    MDB_val value;
    int code = kp_register_get(reg, KP_REGISTER_META_TABLE, KP_REGISTER_META_KEY,
                               strlen(KP_REGISTER_META_KEY), &value);
    uint8_t now[KP_REGISTER_META];
    if (code != 0) {
        return kp_register_read_fail(reg, code, error);
    }
    if (value.mv_size < 8 || memcmp(value.mv_data, KP_REGISTER_MAGIC, 8) != 0) {
        return kp_register_damaged(reg, error);
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
    return code == 0 ? KP_OK : kp_register_read_fail(reg, code, error);
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
