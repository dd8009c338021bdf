/* A file's physical lines, through a window on it: what was read stays until it is taken, so that a
 * record of several lines can be looked at as a whole and be read again. */
#ifndef KP_PROTO_TABLE_LINES_H
#define KP_PROTO_TABLE_LINES_H

#include "crypto/status.h"

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_lines {
    bool open;
    int fd;
    uint8_t *window;   /* bulk */
    size_t begin, end; /* read and not yet taken */
    bool eof;
    bool utf_16; /* what is read becomes UTF-8 in the window */
    iconv_t iconv;
    char *raw; /* bulk: read, and not yet converted */
    size_t raw_size;
};

enum kp_line_kind {
    KP_LINE_WHOLE, /* with its newline */
    KP_LINE_LAST,  /* without one, at the end of the file; maybe empty */
    KP_LINE_LONG,  /* the record passes KP_CSV_RECORD_MAX before it ends */
};

struct kp_line {
    enum kp_line_kind kind;
    size_t size; /* with the newline */
};

/* fd is owned from here, also on failure. KP_FAILED: no memory. Closed with kp_lines_close
 * whatever the result; what is zeroed and was never opened may be closed too. */
KP_MUST_USE enum kp_status kp_lines_open(struct kp_lines *lines, int fd);
void kp_lines_close(struct kp_lines *lines);

/* The rest: KP_FAILED with errno; EILSEQ: not UTF-16. */

/* From what is not yet taken on, the file is UTF-16: with a mark, or else little-endian. Not more
 * than a few bytes may have been asked for. */
KP_MUST_USE enum kp_status kp_lines_from_utf_16(struct kp_lines *lines);

/* At least `size` bytes (few), unless the file ends before. */
KP_MUST_USE enum kp_status kp_lines_fill(struct kp_lines *lines, size_t size);
/* The line that begins `offset` bytes behind what is taken. */
KP_MUST_USE enum kp_status kp_lines_find(struct kp_lines *lines, size_t offset,
                                         struct kp_line *line);
/* Takes everything up to and with the next newline, however far it is. */
KP_MUST_USE enum kp_status kp_lines_skip(struct kp_lines *lines);

#endif
