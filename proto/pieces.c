#include "proto/pieces.h"

#include "crypto/secret.h"
#include "proto/file.h"
#include "proto/limits.h"
#include "proto/numbers.h"
#include "proto/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define MAC_BYTES crypto_aead_xchacha20poly1305_ietf_ABYTES
#define KEY_BYTES crypto_aead_xchacha20poly1305_ietf_KEYBYTES
#define PLACE_BYTES 20 /* file 4, place 8, size 8: what is authenticated with a piece */
#define NAME_ROOM 24

_Static_assert(NONCE_BYTES + MAC_BYTES == KP_PIECE_SEAL_BYTES, "a seal is a nonce and a mac");

struct kp_pieces {
    char path[KP_PATH_MAX];
    int folder; /* holds the lock */
    uint8_t *key;
    uint8_t *sealed; /* what is being appended */
    size_t room;
    bool synced;
    uint32_t files;
    int file[KP_PIECES_FILES_MAX];
    uint64_t end[KP_PIECES_FILES_MAX];
};

static void file_name(char name[static NAME_ROOM], uint32_t file)
{
    (void)snprintf(name, NAME_ROOM, "pieces-%03u", file);
}

static bool is_file_name(const char *name)
{
    return strlen(name) == 10 && memcmp(name, "pieces-", 7) == 0 &&
           strspn(name + 7, "0123456789") == 3;
}

static enum kp_status system_fail(const char *path, const char *what, struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "%s: %s: %s", path, what, strerror(errno));
}

/* ---- the folder ---- */

/* Opens and locks it. *folder is -1 unless KP_OK. */
static enum kp_status lock_folder(int *folder, const char *path, struct kp_error *error)
{
    struct stat info;
    enum kp_status status = KP_OK;
    *folder = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (*folder < 0) {
        return system_fail(path, "can't be opened as a folder", error);
    }
    if (flock(*folder, LOCK_EX | LOCK_NB) != 0) {
        status =
            errno == EWOULDBLOCK
                ? kp_fail(error, KP_REFUSED, "%s: another process has it open; stop it first", path)
                : system_fail(path, "can't be locked", error);
    } else if (fstat(*folder, &info) != 0) {
        status = system_fail(path, "can't be looked at", error);
    } else if (info.st_uid != geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        status = kp_fail(error, KP_REFUSED,
                         "%s: must belong to the user that runs this program, and to nobody else "
                         "(chmod 700)",
                         path);
    }
    if (status != KP_OK) {
        close(*folder);
        *folder = -1;
    }
    return status;
}

/* Does something with the name of everything in the folder, until it returns false. */
static enum kp_status each_name(int folder, const char *path, bool (*visit)(int, const char *),
                                bool *all, struct kp_error *error)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *listing = fd < 0 ? NULL : fdopendir(fd);
    if (listing == NULL) {
        if (fd >= 0) {
            close(fd);
        }
        return system_fail(path, "can't be listed", error);
    }
    const struct dirent *entry = NULL;
    *all = true;
    errno = 0;
    while (*all && (entry = readdir(listing)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            *all = visit(folder, entry->d_name);
        }
    }
    enum kp_status status =
        *all && errno != 0 ? system_fail(path, "can't be listed", error) : KP_OK;
    closedir(listing);
    return status;
}

static bool is_ours(int folder, const char *name)
{
    (void)folder;
    return is_file_name(name);
}

static bool remove_name(int folder, const char *name)
{
    return is_file_name(name) && unlinkat(folder, name, 0) == 0;
}

/* Empties and removes a folder that is locked. */
static enum kp_status remove_folder(int folder, const char *path, struct kp_error *error)
{
    bool all = false;
    enum kp_status status = each_name(folder, path, remove_name, &all, error);
    if (status == KP_OK && (!all || rmdir(path) != 0)) {
        status = system_fail(path, "can't be removed", error);
    }
    return status;
}

/* What isn't ours may be the store of a version before this one: that knows its own files. */
enum kp_status kp_pieces_remove(const char *path, struct kp_error *error)
{
    struct stat info;
    int folder = -1;
    bool ours = false;
    if (lstat(path, &info) != 0 && errno == ENOENT) {
        return KP_OK;
    }
    enum kp_status status = lock_folder(&folder, path, error);
    if (status != KP_OK) {
        return status;
    }
    status = each_name(folder, path, is_ours, &ours, error);
    if (status == KP_OK && ours) {
        status = remove_folder(folder, path, error);
    }
    close(folder);
    return status == KP_OK && !ours ? kp_store_remove(path, error) : status;
}

/* ---- made and destroyed ---- */

static enum kp_status make_files(struct kp_pieces *pieces, uint32_t files, struct kp_error *error)
{
    char name[NAME_ROOM];
    for (; pieces->files < files; pieces->files++) {
        file_name(name, pieces->files);
        int fd =
            openat(pieces->folder, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0) {
            return system_fail(pieces->path, "a file in it can't be made", error);
        }
        pieces->file[pieces->files] = fd;
    }
    return !pieces->synced || fsync(pieces->folder) == 0
               ? KP_OK
               : system_fail(pieces->path, "can't be synced", error);
}

static enum kp_status make(struct kp_pieces *pieces, uint32_t files, struct kp_error *error)
{
    pieces->key = kp_secret_new(KEY_BYTES);
    if (pieces->key == NULL) {
        return kp_fail(error, KP_FAILED, "no locked memory for a key (see ulimit -l)");
    }
    randombytes_buf(pieces->key, KEY_BYTES);
    enum kp_status status = kp_pieces_remove(pieces->path, error);
    if (status == KP_OK && mkdir(pieces->path, 0700) != 0) {
        status = system_fail(pieces->path, "can't be made", error);
    }
    if (status == KP_OK) {
        status = lock_folder(&pieces->folder, pieces->path, error);
    }
    return status == KP_OK ? make_files(pieces, files, error) : status;
}

enum kp_status kp_pieces_new(struct kp_pieces **out, const char *path, uint32_t files,
                             enum kp_pieces_writing writing, struct kp_error *error)
{
    *out = NULL;
    if (path[0] == '\0' || strlen(path) >= KP_PATH_MAX || files > KP_PIECES_FILES_MAX) {
        return kp_fail(error, KP_USAGE, "a path has 1 to %u bytes, and at most %u files",
                       KP_PATH_MAX - 1, KP_PIECES_FILES_MAX);
    }
    struct kp_pieces *pieces = calloc(1, sizeof(*pieces));
    if (pieces == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory", path);
    }
    memcpy(pieces->path, path, strlen(path) + 1);
    pieces->folder = -1;
    pieces->synced = writing == KP_PIECES_SYNCED;
    enum kp_status status = make(pieces, files, error);
    if (status != KP_OK) {
        (void)!kp_pieces_destroy(pieces, NULL);
        return status;
    }
    *out = pieces;
    return KP_OK;
}

enum kp_status kp_pieces_destroy(struct kp_pieces *pieces, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (pieces == NULL) {
        return KP_OK;
    }
    kp_secret_free(pieces->key); /* first: whatever happens to the files */
    for (uint32_t i = 0; i < pieces->files; i++) {
        close(pieces->file[i]);
    }
    if (pieces->folder >= 0) {
        status = remove_folder(pieces->folder, pieces->path, error);
        close(pieces->folder);
    }
    free(pieces->sealed);
    free(pieces);
    return status;
}

/* ---- pieces ---- */

uint64_t kp_pieces_end(const struct kp_pieces *pieces, uint32_t file)
{
    return pieces->end[file];
}

static void pack_place(uint8_t packed[static PLACE_BYTES], uint32_t file, uint64_t place,
                       size_t size)
{
    (void)kp_put_number(kp_put_number(kp_put_number(packed, file, 4), place, 8), size, 8);
}

/* A nonce is drawn anew even for a place that was written before, in vain. */
static uint8_t *seal(const struct kp_pieces *pieces, uint8_t *out, uint32_t file, uint64_t place,
                     const struct kp_piece *piece)
{
    uint8_t authentic[PLACE_BYTES];
    pack_place(authentic, file, place, piece->size);
    randombytes_buf(out, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
        out + KP_PIECE_SEAL_BYTES, out + NONCE_BYTES, NULL, piece->bytes, piece->size, authentic,
        sizeof(authentic), NULL, out, pieces->key);
    return out + KP_PIECE_SEAL_BYTES + piece->size;
}

enum kp_status kp_pieces_append(struct kp_pieces *pieces, uint32_t file,
                                const struct kp_piece *piece, size_t count, struct kp_error *error)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) {
        size += piece[i].size + KP_PIECE_SEAL_BYTES;
    }
    if (size > pieces->room) {
        uint8_t *more = realloc(pieces->sealed, size);
        if (more == NULL) {
            return kp_fail(error, KP_FAILED, "%s: no memory", pieces->path);
        }
        pieces->sealed = more;
        pieces->room = size;
    }
    uint64_t end = pieces->end[file];
    uint8_t *at = pieces->sealed;
    for (size_t i = 0; i < count; i++) {
        at = seal(pieces, at, file, end + (size_t)(at - pieces->sealed), &piece[i]);
    }
    int fd = pieces->file[file];
    if (!kp_file_write_at(fd, pieces->sealed, size, end) ||
        (pieces->synced && fdatasync(fd) != 0)) {
        enum kp_status status = system_fail(pieces->path, "a file in it can't be written", error);
        (void)!ftruncate(fd, (off_t)end); /* else the next one is written over it */
        return status;
    }
    pieces->end[file] = end + size;
    return KP_OK;
}

/* Reads the nonce and the mac into `front`, and the rest in its place. */
static enum kp_status read_all(const struct kp_pieces *pieces, int fd, uint64_t place,
                               uint8_t front[static KP_PIECE_SEAL_BYTES], uint8_t *bytes,
                               size_t size, struct kp_error *error)
{
    size_t done = 0;
    while (done < KP_PIECE_SEAL_BYTES + size) {
        bool behind = done >= KP_PIECE_SEAL_BYTES;
        size_t in = behind ? done - KP_PIECE_SEAL_BYTES : 0;
        struct iovec parts[2] = {
            {.iov_base = behind ? front : front + done,
             .iov_len = behind ? 0 : KP_PIECE_SEAL_BYTES - done},
            {.iov_base = size > 0 ? bytes + in : front, .iov_len = size - in},
        };
        ssize_t some = preadv(fd, parts, 2, (off_t)(place + done));
        if (some < 0 && errno != EINTR) {
            return system_fail(pieces->path, "a file in it can't be read", error);
        }
        if (some == 0) {
            return kp_fail(error, KP_REFUSED, "%s: a file in it was cut short", pieces->path);
        }
        done += some < 0 ? 0 : (size_t)some;
    }
    return KP_OK;
}

enum kp_status kp_pieces_read(const struct kp_pieces *pieces, uint32_t file, uint64_t place,
                              uint8_t *bytes, size_t size, struct kp_error *error)
{
    uint8_t front[KP_PIECE_SEAL_BYTES], authentic[PLACE_BYTES];
    enum kp_status status = read_all(pieces, pieces->file[file], place, front, bytes, size, error);
    pack_place(authentic, file, place, size);
    if (status == KP_OK && crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
                               bytes, NULL, bytes, size, front + NONCE_BYTES, authentic,
                               sizeof(authentic), front, pieces->key) != 0) {
        status = kp_fail(error, KP_REFUSED, "%s: a file in it is damaged", pieces->path);
    }
    if (status != KP_OK) {
        kp_wipe(bytes, size);
    }
    return status;
}
