#include "node/signal_lines.h"

#include "crypto/secret.h"
#include "proto/limits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Room for a record, what of it is read again, and a read of useful size. */
#define WINDOW_BYTES (4 * (size_t)KP_CSV_RECORD_MAX)

enum kp_status kp_signal_lines_open(struct kp_signal_lines *lines, int fd)
{
    *lines = (struct kp_signal_lines){.open = true, .fd = fd, .window = kp_bulk_new(WINDOW_BYTES)};
    return lines->window == NULL ? KP_FAILED : KP_OK;
}

void kp_signal_lines_close(struct kp_signal_lines *lines)
{
    if (lines->open) {
        close(lines->fd);
    }
    kp_bulk_free(lines->window);
    *lines = (struct kp_signal_lines){0};
}

/* One read. KP_FAILED with errno. */
static enum kp_status read_more(struct kp_signal_lines *lines)
{
    if (WINDOW_BYTES - lines->end < KP_CSV_RECORD_MAX) {
        memmove(lines->window, lines->window + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    ssize_t got = 0;
    do {
        got = read(lines->fd, lines->window + lines->end, WINDOW_BYTES - lines->end);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return KP_FAILED;
    }
    lines->eof = got == 0;
    lines->end += (size_t)got;
    return KP_OK;
}

enum kp_status kp_signal_lines_fill(struct kp_signal_lines *lines, size_t size)
{
    while (lines->end - lines->begin < size && !lines->eof) {
        if (read_more(lines) != KP_OK) {
            return KP_FAILED;
        }
    }
    return KP_OK;
}

enum kp_status kp_signal_lines_find(struct kp_signal_lines *lines, size_t offset,
                                    struct kp_line *line)
{
    size_t seen = offset;
    for (;;) {
        size_t have = lines->end - lines->begin;
        size_t within = have < KP_CSV_RECORD_MAX ? have : KP_CSV_RECORD_MAX;
        const uint8_t *from = lines->window + lines->begin;
        const uint8_t *newline = memchr(from + seen, '\n', within - seen);
        if (newline != NULL) {
            *line = (struct kp_line){KP_LINE_WHOLE, (size_t)(newline - from) + 1 - offset};
            return KP_OK;
        }
        seen = within;
        if (have > KP_CSV_RECORD_MAX || lines->eof) {
            *line = (struct kp_line){have > KP_CSV_RECORD_MAX ? KP_LINE_LONG : KP_LINE_LAST,
                                     have - offset};
            return KP_OK;
        }
        if (read_more(lines) != KP_OK) {
            return KP_FAILED;
        }
    }
}

enum kp_status kp_signal_lines_skip(struct kp_signal_lines *lines)
{
    for (;;) {
        const uint8_t *from = lines->window + lines->begin;
        const uint8_t *newline = memchr(from, '\n', lines->end - lines->begin);
        if (newline != NULL) {
            lines->begin += (size_t)(newline - from) + 1;
            return KP_OK;
        }
        lines->begin = lines->end = 0;
        if (lines->eof) {
            return KP_OK;
        }
        if (read_more(lines) != KP_OK) {
            return KP_FAILED;
        }
    }
}
