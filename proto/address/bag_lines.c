#include "proto/address/bag_lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_BYTES (4 * (size_t)KP_CSV_RECORD_MAX)

enum kp_status kp_bag_lines_open(struct kp_bag_lines *lines, const char *path,
                                 const struct kp_register_progress *progress,
                                 struct kp_error *error)
{
    bool standard_input = strcmp(path, "-") == 0;
    struct stat info;
    *lines = (struct kp_bag_lines){.path = standard_input ? "standard input" : path,
                                   .fd = -1,
                                   .progress = progress,
                                   .window = malloc(WINDOW_BYTES)};
    if (lines->window == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", lines->path);
    }
    lines->fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                               : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (lines->fd < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be opened: %s", lines->path, strerror(errno));
    }
    if (fstat(lines->fd, &info) == 0 && S_ISREG(info.st_mode)) {
        lines->size = (uint64_t)info.st_size;
    }
    return KP_OK;
}

void kp_bag_lines_close(struct kp_bag_lines *lines)
{
    if (lines->window != NULL && lines->fd >= 0) {
        close(lines->fd);
    }
    free(lines->window);
    lines->window = NULL;
    lines->fd = -1;
}

static enum kp_status io_fail(const struct kp_bag_lines *lines, struct kp_error *error)
{
    return kp_fail(error, errno == EISDIR ? KP_USAGE : KP_FAILED, "%s: can't be read: %s",
                   lines->path, strerror(errno));
}

static enum kp_status fill(struct kp_bag_lines *lines, struct kp_error *error)
{
    memmove(lines->window, lines->window + lines->begin, lines->end - lines->begin);
    lines->end -= lines->begin;
    lines->begin = 0;
    while (!lines->eof && lines->end < WINDOW_BYTES) {
        ssize_t got = read(lines->fd, lines->window + lines->end, WINDOW_BYTES - lines->end);
        if (got < 0 && errno != EINTR) {
            return io_fail(lines, error);
        }
        lines->eof = got == 0;
        lines->end += got > 0 ? (size_t)got : 0;
    }
    if (lines->progress != NULL) {
        lines->progress->at(lines->progress->context, "reading", lines->taken, lines->size);
    }
    return KP_OK;
}

enum kp_status kp_bag_lines_next(struct kp_bag_lines *lines, uint8_t **line, size_t *size,
                                 bool *too_long, struct kp_error *error)
{
    uint8_t *newline = NULL;
    *line = NULL;
    *too_long = false;
    for (;;) {
        size_t there = lines->end - lines->begin;
        newline = memchr(lines->window + lines->begin, '\n', there);
        if (newline == NULL && there > KP_CSV_RECORD_MAX) {
            *too_long = true; /* its beginning goes, its end is looked for */
            lines->taken += there;
            lines->begin = lines->end;
        }
        if (newline != NULL || lines->eof) {
            break;
        }
        enum kp_status status = fill(lines, error);
        if (status != KP_OK) {
            return status;
        }
    }
    if (newline == NULL && lines->begin == lines->end && !*too_long) {
        return KP_OK;
    }
    *line = lines->window + lines->begin;
    *size = newline == NULL ? lines->end - lines->begin : (size_t)(newline - *line);
    lines->begin += *size + (newline != NULL);
    lines->taken += *size + (newline != NULL);
    lines->line++;
    *too_long = *too_long || *size > KP_CSV_RECORD_MAX;
    if (*size > 0 && (*line)[*size - 1] == '\r') {
        --*size;
    }
    return KP_OK;
}
