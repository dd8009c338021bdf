#include "proto/address/bag_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NEW_PREFIX ".new-"
#define LINK_PREFIX ".current-"
#define LOCK_NAME ".lock"
#define CURRENT "current"

/* ---- Names ------------------------------------------------------------------------------------
 */

bool kp_bag_is_name(const char *name)
{
    const char *form = "dddd-dd-dd-xxxxxxxxxxxxxxxx";
    if (strlen(name) != strlen(form)) {
        return false;
    }
    for (size_t i = 0; form[i] != '\0'; i++) {
        bool digit = name[i] >= '0' && name[i] <= '9';
        bool hex = digit || (name[i] >= 'a' && name[i] <= 'f');
        if (form[i] == 'd' ? !digit : form[i] == 'x' ? !hex : name[i] != '-') {
            return false;
        }
    }
    return true;
}

void kp_bag_name(char out[static KP_REGISTER_NAME], uint32_t date,
                 const uint8_t hash[static KP_REGISTER_HASH_BYTES])
{
    char hex[17];
    for (size_t i = 0; i < 8; i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    }
    (void)snprintf(out, KP_REGISTER_NAME, "%04u-%02u-%02u-%s", date / 10000 % 10000,
                   date / 100 % 100, date % 100, hex);
}

/* ---- Opening and closing ----------------------------------------------------------------------
 */

/* Removes a folder and the files in it; an index has no folders. */
static void remove_folder(int at, const char *name)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *open = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;
    if (open == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return;
    }
    while ((entry = readdir(open)) != NULL) {
        (void)unlinkat(fd, entry->d_name, 0); /* "." and ".." refuse */
    }
    closedir(open);
    (void)unlinkat(at, name, AT_REMOVEDIR);
}

void kp_bag_drop(const char *path)
{
    remove_folder(AT_FDCWD, path);
}

static DIR *read_folder(const struct kp_bag_folder *folder)
{
    int fd = openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *open = fd < 0 ? NULL : fdopendir(fd);
    if (open == NULL && fd >= 0) {
        close(fd);
    }
    return open;
}

static void remove_leftovers(const struct kp_bag_folder *folder)
{
    DIR *open = read_folder(folder);
    struct dirent *entry;
    while (open != NULL && (entry = readdir(open)) != NULL) {
        if (strncmp(entry->d_name, NEW_PREFIX, strlen(NEW_PREFIX)) == 0) {
            remove_folder(folder->fd, entry->d_name);
        } else if (strncmp(entry->d_name, LINK_PREFIX, strlen(LINK_PREFIX)) == 0) {
            (void)unlinkat(folder->fd, entry->d_name, 0);
        }
    }
    if (open != NULL) {
        closedir(open);
    }
}

static enum kp_status take_lock(struct kp_bag_folder *folder, struct kp_error *error)
{
    folder->lock = openat(folder->fd, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (folder->lock < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be written: %s; give another folder (--bag)",
                       folder->path, strerror(errno));
    }
    if (flock(folder->lock, LOCK_EX | LOCK_NB) != 0) {
        return kp_fail(error, KP_FAILED,
                       "%s: another `kruispunt bag` is changing it; try again when that is done",
                       folder->path);
    }
    return KP_OK;
}

/* And the folders that it is in. */
static int make_folder(const char *path)
{
    char up[KP_PATH_MAX];
    if (mkdir(path, 0755) == 0 || errno == EEXIST) {
        return 0;
    }
    const char *slash = strrchr(path, '/');
    if (errno != ENOENT || slash == NULL || slash == path) {
        return -1;
    }
    (void)snprintf(up, sizeof(up), "%.*s", (int)(slash - path), path);
    return make_folder(up) == 0 && (mkdir(path, 0755) == 0 || errno == EEXIST) ? 0 : -1;
}

enum kp_status kp_bag_open(struct kp_bag_folder *folder, const char *path, bool change, bool make,
                           struct kp_error *error)
{
    *folder = (struct kp_bag_folder){.fd = -1, .lock = -1};
    if (path[0] == '\0' || strlen(path) >= sizeof(folder->path) - 64) {
        return kp_fail(error, KP_USAGE, "--bag: not a folder's path, or too long");
    }
    memcpy(folder->path, path, strlen(path) + 1);
    if (make && make_folder(path) != 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be made: %s", path, strerror(errno));
    }
    folder->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->fd < 0) {
        return kp_fail(error, KP_USAGE,
                       "%s: can't be opened: %s; `kruispunt bag import` makes the address register",
                       path, strerror(errno));
    }
    enum kp_status status = change ? take_lock(folder, error) : KP_OK;
    if (status == KP_OK && make) {
        remove_leftovers(folder);
    }
    if (status != KP_OK) {
        kp_bag_close(folder);
    }
    return status;
}

void kp_bag_close(struct kp_bag_folder *folder)
{
    if (folder->lock >= 0) {
        close(folder->lock);
    }
    if (folder->fd >= 0) {
        close(folder->fd);
    }
    folder->fd = folder->lock = -1;
}

/* ---- What is there ----------------------------------------------------------------------------
 */

static bool is_there(const struct kp_bag_folder *folder, const char *name)
{
    struct stat info;
    return fstatat(folder->fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(info.st_mode);
}

void kp_bag_current(const struct kp_bag_folder *folder, char out[static KP_REGISTER_NAME])
{
    ssize_t size = readlinkat(folder->fd, CURRENT, out, KP_REGISTER_NAME);
    out[size > 0 && size < KP_REGISTER_NAME ? size : 0] = '\0';
    if (!kp_bag_is_name(out) || !is_there(folder, out)) {
        out[0] = '\0';
    }
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(one, other);
}

enum kp_status kp_bag_list(const struct kp_bag_folder *folder, char (**names)[KP_REGISTER_NAME],
                           size_t *count, struct kp_error *error)
{
    *count = 0;
    *names = calloc(KP_REGISTER_INDEXES_MAX, sizeof(**names));
    DIR *open = read_folder(folder);
    struct dirent *entry;
    enum kp_status status = KP_OK;
    if (*names == NULL || open == NULL) {
        status = kp_fail(error, KP_FAILED, "%s: can't be read", folder->path);
    }
    while (status == KP_OK && (entry = readdir(open)) != NULL) {
        if (!kp_bag_is_name(entry->d_name) || !is_there(folder, entry->d_name)) {
            continue;
        }
        if (*count == KP_REGISTER_INDEXES_MAX) {
            status = kp_fail(error, KP_REFUSED, "%s: more than %u indexes; remove old ones",
                             folder->path, KP_REGISTER_INDEXES_MAX);
            break;
        }
        memcpy((*names)[(*count)++], entry->d_name, KP_REGISTER_NAME);
    }
    if (open != NULL) {
        closedir(open);
    }
    if (status != KP_OK) {
        free(*names);
        *names = NULL;
        return status;
    }
    qsort(*names, *count, sizeof(**names), compare_names);
    return KP_OK;
}

/* ---- Changing ---------------------------------------------------------------------------------
 */

static enum kp_status change_fail(const struct kp_bag_folder *folder, const char *what,
                                  struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "%s: %s: %s", folder->path, what, strerror(errno));
}

static void temporary_name(char out[static 32], const char *prefix)
{
    (void)snprintf(out, 32, "%s%08x", prefix, (unsigned)randombytes_random());
}

enum kp_status kp_bag_new(const struct kp_bag_folder *folder, char path[static KP_PATH_MAX],
                          struct kp_error *error)
{
    char name[32];
    temporary_name(name, NEW_PREFIX);
    int size = snprintf(path, KP_PATH_MAX, "%s/%s", folder->path, name);
    if (size < 0 || size >= (int)KP_PATH_MAX || mkdir(path, 0755) != 0) {
        path[0] = '\0';
        return change_fail(folder, "no new folder can be made in it", error);
    }
    return KP_OK;
}

/* What was renamed is on disk. */
static enum kp_status sync_folder(const struct kp_bag_folder *folder, struct kp_error *error)
{
    return fsync(folder->fd) == 0 ? KP_OK : change_fail(folder, "can't be written to disk", error);
}

/* Puts it in the place of the one that is there, at once where the system can do that. That one
 * then is a leftover. */
static int exchange(const struct kp_bag_folder *folder, const char *path, const char *name)
{
    char away[32];
    if (renameat2(AT_FDCWD, path, folder->fd, name, RENAME_EXCHANGE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return -1;
    }
    temporary_name(away, NEW_PREFIX);
    return renameat(folder->fd, name, folder->fd, away) == 0
               ? renameat(AT_FDCWD, path, folder->fd, name)
               : -1;
}

enum kp_status kp_bag_keep(const struct kp_bag_folder *folder, const char *path, const char *name,
                           bool *existed, struct kp_error *error)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool synced = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) {
        close(fd);
    }
    *existed = is_there(folder, name);
    if (!synced || (*existed ? exchange(folder, path, name)
                             : renameat(AT_FDCWD, path, folder->fd, name)) != 0) {
        return change_fail(folder, "the new index can't be put there", error);
    }
    enum kp_status status = sync_folder(folder, error);
    if (status == KP_OK) {
        remove_leftovers(folder);
    }
    return status;
}

enum kp_status kp_bag_use(const struct kp_bag_folder *folder, const char *name,
                          struct kp_error *error)
{
    char link[32];
    if (!kp_bag_is_name(name) || !is_there(folder, name)) {
        return kp_fail(error, KP_REFUSED,
                       "%s: no index of that name; `kruispunt bag list` shows them", folder->path);
    }
    temporary_name(link, LINK_PREFIX);
    if (symlinkat(name, folder->fd, link) != 0 ||
        renameat(folder->fd, link, folder->fd, CURRENT) != 0) {
        enum kp_status status = change_fail(folder, "`current` can't be switched", error);
        (void)unlinkat(folder->fd, link, 0);
        return status;
    }
    return sync_folder(folder, error);
}

enum kp_status kp_bag_can_remove(const struct kp_bag_folder *folder, const char *name,
                                 struct kp_error *error)
{
    char current[KP_REGISTER_NAME];
    kp_bag_current(folder, current);
    if (!kp_bag_is_name(name) || !is_there(folder, name)) {
        return kp_fail(error, KP_REFUSED,
                       "%s: no index of that name; `kruispunt bag list` shows them", folder->path);
    }
    return strcmp(name, current) != 0
               ? KP_OK
               : kp_fail(error, KP_REFUSED,
                         "%s: %s is the current one; switch to another first (`kruispunt bag use`)",
                         folder->path, name);
}

enum kp_status kp_bag_remove(const struct kp_bag_folder *folder, const char *name,
                             struct kp_error *error)
{
    char away[32];
    enum kp_status status = kp_bag_can_remove(folder, name, error);
    if (status != KP_OK) {
        return status;
    }
    /* First out of sight, whole: a half one is never found. */
    temporary_name(away, NEW_PREFIX);
    if (renameat(folder->fd, name, folder->fd, away) != 0) {
        return change_fail(folder, "the index can't be removed", error);
    }
    remove_folder(folder->fd, away);
    return sync_folder(folder, error);
}
