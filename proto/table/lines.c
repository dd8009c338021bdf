#include "proto/table/lines.h"

#include "crypto/secret.h"
#include "proto/limits.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Room for a record, what of it is read again, and a read of useful size. */
#define WINDOW_BYTES (4 * (size_t)KP_CSV_RECORD_MAX)
/* So much UTF-16 at a time: it may become half as much again. */
#define RAW_BYTES ((size_t)KP_CSV_RECORD_MAX / 2)

enum kp_status kp_lines_open(struct kp_lines *lines, int fd)
{
    *lines = (struct kp_lines){.open = true, .fd = fd, .window = kp_bulk_new(WINDOW_BYTES)};
    return lines->window == NULL ? KP_FAILED : KP_OK;
}

void kp_lines_close(struct kp_lines *lines)
{
    if (lines->open) {
        close(lines->fd);
    }
    if (lines->utf_16) {
        iconv_close(lines->iconv);
    }
    kp_bulk_free(lines->raw);
    kp_bulk_free(lines->window);
    *lines = (struct kp_lines){0};
}

/* One read(2). KP_FAILED with errno. */
static enum kp_status read_bytes(struct kp_lines *lines, void *to, size_t most, size_t *size)
{
    ssize_t got = 0;
    do {
        got = read(lines->fd, to, most);
    } while (got < 0 && errno == EINTR);
    *size = got > 0 ? (size_t)got : 0;
    lines->eof = got == 0;
    return got < 0 ? KP_FAILED : KP_OK;
}

/* As much of `raw` as there is room for in the window. */
static enum kp_status convert(struct kp_lines *lines)
{
    char *from = lines->raw;
    char *to = (char *)lines->window + lines->end;
    size_t left = lines->raw_size;
    size_t room = WINDOW_BYTES - lines->end;
    bool whole = iconv(lines->iconv, &from, &left, &to, &room) != (size_t)-1;
    int why = whole ? 0 : errno;
    lines->end = WINDOW_BYTES - room;
    memmove(lines->raw, from, left);
    lines->raw_size = left;
    /* EINVAL: a character whose rest wasn't read yet, unless nothing comes any more. */
    if (why == EILSEQ || (why == EINVAL && lines->eof)) {
        errno = EILSEQ;
        return KP_FAILED;
    }
    lines->eof = lines->eof && left == 0; /* E2BIG: more comes with the next call */
    return KP_OK;
}

static enum kp_status read_more(struct kp_lines *lines)
{
    size_t got = 0;
    if (WINDOW_BYTES - lines->end < KP_CSV_RECORD_MAX) {
        memmove(lines->window, lines->window + lines->begin, lines->end - lines->begin);
        lines->end -= lines->begin;
        lines->begin = 0;
    }
    if (!lines->utf_16) {
        enum kp_status status =
            read_bytes(lines, lines->window + lines->end, WINDOW_BYTES - lines->end, &got);
        lines->end += got;
        return status;
    }
    if (lines->raw_size < RAW_BYTES) {
        enum kp_status status =
            read_bytes(lines, lines->raw + lines->raw_size, RAW_BYTES - lines->raw_size, &got);
        lines->raw_size += got;
        if (status != KP_OK) {
            return status;
        }
    }
    return convert(lines);
}

enum kp_status kp_lines_from_utf_16(struct kp_lines *lines)
{
    const uint8_t *from = lines->window + lines->begin;
    size_t size = lines->end - lines->begin;
    bool big = size >= 2 && from[0] == 0xfe && from[1] == 0xff;
    size_t mark = big || (size >= 2 && from[0] == 0xff && from[1] == 0xfe) ? 2 : 0;
    errno = ENOMEM;
    lines->raw = kp_bulk_new(WINDOW_BYTES);
    lines->iconv = iconv_open("UTF-8", big ? "UTF-16BE" : "UTF-16LE");
    lines->utf_16 = lines->iconv != (iconv_t)-1;
    if (lines->raw == NULL || !lines->utf_16) {
        return KP_FAILED;
    }
    memcpy(lines->raw, from + mark, size - mark);
    lines->raw_size = size - mark;
    lines->begin = lines->end = 0;
    return convert(lines);
}

enum kp_status kp_lines_fill(struct kp_lines *lines, size_t size)
{
    while (lines->end - lines->begin < size && !lines->eof) {
        if (read_more(lines) != KP_OK) {
            return KP_FAILED;
        }
    }
    return KP_OK;
}

enum kp_status kp_lines_find(struct kp_lines *lines, size_t offset, struct kp_line *line)
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

enum kp_status kp_lines_skip(struct kp_lines *lines)
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
