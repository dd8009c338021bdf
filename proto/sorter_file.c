/* The runs of a sorter on disk. */
#include "proto/sorter_internal.h"

#include "proto/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static enum kp_status file_fail(const struct kp_sorter *sorter, int code, struct kp_error *error)
{
    return kp_fail(
        error, KP_FAILED, "%s: sorting needs room for a file there, which can't be %s: %s%s",
        sorter->dir, sorter->written == 0 ? "made or written" : "written or read", strerror(code),
        code == ENOSPC || code == EDQUOT || code == EFBIG ? "; make room and try again" : "");
}

/* A file without a name, also where the file system can't make one at once. */
static int open_nameless(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    char path[4096];
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT) ||
        snprintf(path, sizeof(path), "%s/.sort-XXXXXX", dir) >= (int)sizeof(path)) {
        return fd;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        unlink(path);
    }
    return fd;
}

enum kp_status kp_sorter_begin_run(struct kp_sorter *sorter, struct kp_error *error)
{
    if (sorter->fd < 0 && (sorter->fd = open_nameless(sorter->dir)) < 0) {
        return file_fail(sorter, errno, error);
    }
    sorter->filled = sorter->gathered = 0;
    return KP_OK;
}

static uint8_t *stored(const struct kp_sorter *sorter)
{
    return sorter->block + KP_SORTER_BLOCK_BYTES;
}

static enum kp_status flush(struct kp_sorter *sorter, struct kp_error *error)
{
    if (!kp_file_write_at(sorter->fd, stored(sorter), sorter->gathered,
                          (uint64_t)sorter->written)) {
        return file_fail(sorter, errno, error);
    }
    sorter->written += (off_t)sorter->gathered;
    sorter->gathered = 0;
    return KP_OK;
}

/* A block is bound to its place in the file. */
static enum kp_status write_block(struct kp_sorter *sorter, struct kp_error *error)
{
    uint8_t *to = stored(sorter) + sorter->gathered, place[8];
    if (sorter->sealed) {
        kp_put_number(place, (uint64_t)sorter->written + sorter->gathered, sizeof(place));
        randombytes_buf(to, KP_SORTER_NONCE_BYTES);
        crypto_aead_xchacha20poly1305_ietf_encrypt(to + KP_SORTER_NONCE_BYTES, NULL, sorter->block,
                                                   sorter->filled, place, sizeof(place), NULL, to,
                                                   sorter->key);
        sorter->gathered += KP_SORTER_SEAL_BYTES;
    } else {
        memcpy(to, sorter->block, sorter->filled);
    }
    sorter->gathered += sorter->filled;
    sorter->filled = 0;
    return sorter->gathered + KP_SORTER_STORED_BYTES >
                   (size_t)KP_SORTER_BLOCKS * KP_SORTER_STORED_BYTES
               ? flush(sorter, error)
               : KP_OK;
}

enum kp_status kp_sorter_write(struct kp_sorter *sorter, const uint8_t *bytes, size_t size,
                               struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && size > 0) {
        size_t part = KP_SORTER_BLOCK_BYTES - sorter->filled;
        part = part < size ? part : size;
        memcpy(sorter->block + sorter->filled, bytes, part);
        sorter->filled += part;
        bytes += part;
        size -= part;
        status = sorter->filled == KP_SORTER_BLOCK_BYTES ? write_block(sorter, error) : KP_OK;
    }
    return status;
}

enum kp_status kp_sorter_end_run(struct kp_sorter *sorter, struct kp_error *error)
{
    enum kp_status status = sorter->filled > 0 ? write_block(sorter, error) : KP_OK;
    return status == KP_OK ? flush(sorter, error) : status;
}

static enum kp_status read_all(const struct kp_sorter *sorter, off_t at, uint8_t *bytes,
                               size_t size, struct kp_error *error)
{
    while (size > 0) {
        ssize_t got = pread(sorter->fd, bytes, size, at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return file_fail(sorter, got < 0 ? errno : EIO, error);
        }
        bytes += got;
        size -= (size_t)got;
        at += got;
    }
    return KP_OK;
}

/* A block of the run, as it is stored, to the end of what is in its window. */
static enum kp_status open_block(const struct kp_sorter *sorter, struct kp_sorter_run *run,
                                 const uint8_t *from, size_t size, struct kp_error *error)
{
    uint8_t place[8], *to = run->window + run->filled;
    kp_put_number(place, (uint64_t)run->at, sizeof(place));
    if (!sorter->sealed) {
        memcpy(to, from, size);
    } else if (crypto_aead_xchacha20poly1305_ietf_decrypt(
                   to, NULL, NULL, from + KP_SORTER_NONCE_BYTES,
                   size + KP_SORTER_SEAL_BYTES - KP_SORTER_NONCE_BYTES, place, sizeof(place), from,
                   sorter->key) != 0) {
        return kp_fail(error, KP_FAILED, "%s: what was sorted there was changed or is damaged",
                       sorter->dir);
    }
    run->at += (off_t)(size + (sorter->sealed ? KP_SORTER_SEAL_BYTES : 0));
    run->left -= size;
    run->filled += size;
    return KP_OK;
}

/* The run's next `size` bytes, seals apart: whole blocks, and at the run's end a shorter one. */
static enum kp_status read_some(struct kp_sorter *sorter, struct kp_sorter_run *run, size_t size,
                                struct kp_error *error)
{
    size_t seal = sorter->sealed ? KP_SORTER_SEAL_BYTES : 0;
    size_t count = (size + KP_SORTER_BLOCK_BYTES - 1) / KP_SORTER_BLOCK_BYTES;
    const uint8_t *from = stored(sorter);
    enum kp_status status = read_all(sorter, run->at, stored(sorter), size + count * seal, error);
    while (status == KP_OK && size > 0) {
        size_t part = size < KP_SORTER_BLOCK_BYTES ? size : KP_SORTER_BLOCK_BYTES;
        status = open_block(sorter, run, from, part, error);
        from += part + seal;
        size -= part;
    }
    return status;
}

enum kp_status kp_sorter_read_blocks(struct kp_sorter *sorter, struct kp_sorter_run *run,
                                     size_t window_size, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && run->left > 0 && run->filled + KP_SORTER_BLOCK_BYTES <= window_size) {
        size_t blocks = (window_size - run->filled) / KP_SORTER_BLOCK_BYTES;
        size_t most =
            (blocks < KP_SORTER_BLOCKS ? blocks : KP_SORTER_BLOCKS) * KP_SORTER_BLOCK_BYTES;
        status = read_some(sorter, run, run->left < most ? run->left : most, error);
    }
    return status;
}
