#include "proto/file.h"

#include "proto/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_STEP 65536

static bool is_standard_input(const char *path)
{
    return strcmp(path, "-") == 0;
}

/* A descriptor that the caller closes, or -1. */
static int open_for_reading(const char *path, struct kp_error *error)
{
    int fd = is_standard_input(path) ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        kp_fail(error, KP_USAGE, "%s: can't be opened: %s", path, strerror(errno));
    }
    return fd;
}

static enum kp_status read_all(int fd, const char *path, size_t most, struct kp_buffer *out,
                               struct kp_error *error)
{
    for (;;) {
        /* One byte more than allowed, to see that there is more. */
        size_t room = most - out->size < READ_STEP ? most - out->size + 1 : READ_STEP;
        if (kp_buffer_reserve(out, out->size + room) != KP_OK) {
            return kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
        }
        ssize_t got = read(fd, out->data + out->size, room);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return kp_fail(error, errno == EISDIR ? KP_USAGE : KP_FAILED, "%s: can't be read: %s",
                           path, strerror(errno));
        }
        if (got == 0) {
            return KP_OK;
        }
        out->size += (size_t)got;
        if (out->size > most) {
            return kp_fail(error, KP_REFUSED, "%s: longer than %zu bytes", path, most);
        }
    }
}

static enum kp_status read_and_close(int fd, const char *path, size_t most, struct kp_buffer *out,
                                     struct kp_error *error)
{
    struct kp_buffer content = {0};
    enum kp_status status = read_all(fd, path, most, &content, error);
    close(fd);
    kp_buffer_free(status == KP_OK ? out : &content);
    if (status == KP_OK) {
        *out = content;
    }
    return status;
}

enum kp_status kp_file_read(const char *path, size_t most, struct kp_buffer *out,
                            struct kp_error *error)
{
    int fd = open_for_reading(path, error);
    return fd < 0 ? KP_USAGE : read_and_close(fd, path, most, out, error);
}

enum kp_status kp_file_read_secret(const char *path, size_t most, struct kp_buffer *out,
                                   struct kp_error *error)
{
    /* Not to hang on a FIFO before it is seen to be one. */
    int fd = is_standard_input(path) ? open_for_reading(path, error)
                                     : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be opened: %s", path, strerror(errno));
    }
    struct stat info;
    enum kp_status status = KP_OK;
    if (fstat(fd, &info) != 0) {
        status = kp_fail(error, KP_FAILED, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(info.st_mode)) {
        status = kp_fail(error, KP_REFUSED, "%s: is not a regular file", path);
    } else if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        /* The group's bits are also the mask of an access control list. */
        status = kp_fail(error, KP_REFUSED,
                         "%s: others than its owner can get at it (mode %04o); run chmod 600 on it",
                         path, (unsigned)(info.st_mode & 07777));
    }
    if (status != KP_OK) {
        close(fd);
        return status;
    }
    return read_and_close(fd, path, most, out, error);
}

bool kp_file_write_at(int fd, const void *bytes, size_t size, uint64_t place)
{
    const uint8_t *next = bytes;
    while (size > 0) {
        ssize_t done = pwrite(fd, next, size, (off_t)place);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            errno = done < 0 ? errno : ENOSPC;
            return false;
        }
        next += done;
        size -= (size_t)done;
        place += (uint64_t)done;
    }
    return true;
}

static enum kp_status sync_folder(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return KP_FAILED;
    }
    enum kp_status status = fsync(fd) == 0 ? KP_OK : KP_FAILED;
    int saved = errno;
    close(fd);
    errno = saved;
    return status;
}

/* Writes a file next to the one wanted; `temporary` is its name's pattern for mkostemp. */
static enum kp_status write_temporary(char *temporary, mode_t mode, const void *bytes, size_t size)
{
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return KP_FAILED;
    }
    enum kp_status status = KP_FAILED;
    if (fchmod(fd, mode) == 0 && kp_file_write_at(fd, bytes, size, 0) && fsync(fd) == 0) {
        status = KP_OK;
    }
    int saved = errno;
    if (close(fd) != 0 && status == KP_OK) {
        saved = errno;
        status = KP_FAILED;
    }
    if (status != KP_OK) {
        unlink(temporary);
    }
    errno = saved;
    return status;
}

/* The file appears whole or not at all: written under another name and then linked, which, other
 * than rename(), never replaces what is there. */
enum kp_status kp_file_create(const char *path, mode_t mode, const void *bytes, size_t size,
                              struct kp_error *error)
{
    const char *slash = strrchr(path, '/');
    size_t folder_size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char folder[KP_PATH_MAX];
    char temporary[KP_PATH_MAX + 16];
    if (folder_size >= sizeof(folder) || strlen(path) >= KP_PATH_MAX) {
        return kp_fail(error, KP_USAGE, "%.200s...: the path is longer than %u bytes", path,
                       KP_PATH_MAX - 1);
    }
    snprintf(folder, sizeof(folder), "%.*s", folder_size == 0 ? 1 : (int)folder_size,
             folder_size == 0 ? "." : path);
    snprintf(temporary, sizeof(temporary), "%.*s.new-XXXXXX", (int)folder_size, path);

    struct stat info;
    if (lstat(path, &info) == 0) {
        return kp_fail(error, KP_REFUSED, "%s: is there already and is not replaced", path);
    }
    if (write_temporary(temporary, mode, bytes, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "%s: can't be written: %s", path, strerror(errno));
    }
    enum kp_status status = KP_OK;
    if (link(temporary, path) != 0) {
        status = errno == EEXIST
                     ? kp_fail(error, KP_REFUSED, "%s: is there already and is not replaced", path)
                     : kp_fail(error, KP_FAILED, "%s: can't be made: %s", path, strerror(errno));
    }
    unlink(temporary);
    if (status == KP_OK && sync_folder(folder) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "%s: can't be synced: %s", folder, strerror(errno));
    }
    return status;
}
