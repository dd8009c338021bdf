#include "proto/store_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Syncs the folder that the store's folder stands in. */
static enum kp_status sync_parent(int folder)
{
    int parent = openat(folder, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) {
        return KP_FAILED;
    }
    enum kp_status status = fsync(parent) == 0 ? KP_OK : KP_FAILED;
    close(parent);
    return status;
}

enum kp_status kp_store_lock_folder(struct kp_store *store, struct kp_error *error)
{
    store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (store->folder < 0) {
        return kp_store_system_fail(store, "can't be opened as a store", error);
    }
    if (flock(store->folder, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return kp_fail(error, KP_REFUSED,
                           "%s: another process has this store open; stop it first", store->path);
        }
        return kp_store_system_fail(store, "can't be locked", error);
    }
    struct stat info;
    if (fstat(store->folder, &info) != 0) {
        return kp_store_system_fail(store, "can't be looked at", error);
    }
    if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "%s: must belong to the user that runs this program, and to nobody else "
                       "(chmod 700); its mode is %04o",
                       store->path, (unsigned)(info.st_mode & 07777));
    }
    return KP_OK;
}

static bool is_store_file(const char *name)
{
    return strcmp(name, KP_STORE_DATA_FILE) == 0 || strcmp(name, KP_STORE_LOCK_FILE) == 0 ||
           strcmp(name, KP_STORE_UNFINISHED_FILE) == 0;
}

enum kp_status kp_store_check_content(const struct kp_store *store, struct kp_error *error)
{
    int fd = openat(store->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return kp_store_system_fail(store, "can't be listed", error);
    }
    enum kp_status status = KP_OK;
    const struct dirent *entry = NULL;
    errno = 0;
    while (status == KP_OK && (entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !is_store_file(entry->d_name)) {
            status = kp_fail(error, KP_REFUSED,
                             "%s: holds \"%.80s\", which no store has; use a folder of its own",
                             store->path, entry->d_name);
        }
    }
    if (status == KP_OK && errno != 0) {
        status = kp_store_system_fail(store, "can't be listed", error);
    }
    closedir(listing);
    return status;
}

/* Only "there is none" is taken for an answer: what is said not to be there is made anew. */
static enum kp_status has_file(const struct kp_store *store, const char *name, bool *has,
                               struct kp_error *error)
{
    struct stat info;
    *has = fstatat(store->folder, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*has && errno != ENOENT) {
        return kp_store_system_fail(store, "a file in it can't be looked at", error);
    }
    return KP_OK;
}

enum kp_status kp_store_is_finished(const struct kp_store *store, bool *finished,
                                    struct kp_error *error)
{
    bool data = false;
    bool mark = false;
    enum kp_status status = has_file(store, KP_STORE_DATA_FILE, &data, error);
    if (status == KP_OK) {
        status = has_file(store, KP_STORE_UNFINISHED_FILE, &mark, error);
    }
    *finished = data && !mark;
    return status;
}

static enum kp_status remove_file(const struct kp_store *store, const char *name,
                                  struct kp_error *error)
{
    if (unlinkat(store->folder, name, 0) != 0 && errno != ENOENT) {
        return kp_store_system_fail(store, "a file in it can't be removed", error);
    }
    return KP_OK;
}

enum kp_status kp_store_remove_data(const struct kp_store *store, struct kp_error *error)
{
    return remove_file(store, KP_STORE_DATA_FILE, error);
}

/* Removes the data; the mark goes last, so that what is left is a store or is known to be none. */
static enum kp_status remove_files(const struct kp_store *store, struct kp_error *error)
{
    static const char *const names[] = {KP_STORE_DATA_FILE, KP_STORE_LOCK_FILE,
                                        KP_STORE_UNFINISHED_FILE};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        enum kp_status status = remove_file(store, names[i], error);
        if (status != KP_OK) {
            return status;
        }
    }
    return KP_OK;
}

enum kp_status kp_store_remove_folder(const struct kp_store *store, struct kp_error *error)
{
    enum kp_status status = remove_files(store, error);
    if (status != KP_OK) {
        return status;
    }
    if (rmdir(store->path) != 0) {
        return kp_store_system_fail(store, "can't be removed", error);
    }
    if (sync_parent(store->folder) != KP_OK) {
        return kp_store_system_fail(store, "its removal can't be synced", error);
    }
    return KP_OK;
}

enum kp_status kp_store_make_mark(const struct kp_store *store, struct kp_error *error)
{
    int fd = openat(store->folder, KP_STORE_UNFINISHED_FILE,
                    O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return kp_store_system_fail(store, "can't be written", error);
    }
    close(fd);
    if (fsync(store->folder) != 0 || sync_parent(store->folder) != KP_OK) {
        return kp_store_system_fail(store, "can't be synced", error);
    }
    return KP_OK;
}

enum kp_status kp_store_remove_mark(const struct kp_store *store, struct kp_error *error)
{
    /* What it stands for must be on disk before it goes. */
    if (fsync(store->folder) != 0) {
        return kp_store_system_fail(store, "can't be synced", error);
    }
    enum kp_status status = remove_file(store, KP_STORE_UNFINISHED_FILE, error);
    if (status == KP_OK && fsync(store->folder) != 0) {
        status = kp_store_system_fail(store, "can't be synced", error);
    }
    return status;
}

/* LMDB takes an empty file for a new database; here it is one that lost its content. */
enum kp_status kp_store_check_file(const struct kp_store *store, struct kp_error *error)
{
    struct stat info;
    if (fstatat(store->folder, KP_STORE_DATA_FILE, &info, AT_SYMLINK_NOFOLLOW) != 0) {
        return kp_store_system_fail(store, "its database can't be looked at", error);
    }
    if (!S_ISREG(info.st_mode) || info.st_size == 0) {
        return kp_fail(error, KP_REFUSED, "%s: the database is damaged: %s is %s", store->path,
                       KP_STORE_DATA_FILE, info.st_size == 0 ? "empty" : "not a file");
    }
    return KP_OK;
}
