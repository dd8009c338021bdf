/* Lines of standard input, one address each, whatever is in them. */
#ifndef KP_PROTO_COMMANDS_ADDRESS_LINES_H
#define KP_PROTO_COMMANDS_ADDRESS_LINES_H

#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define KP_ADDRESS_LINE_MAX (64u << 10)

struct kp_address_lines {
    FILE *file;
    bool begun;
    size_t size;
    bool too_long; /* only its front is here */
    char line[KP_ADDRESS_LINE_MAX + 1];
};

/* The next line without its end (LF or CRLF) into lines->line, of lines->size bytes, and a NUL; a
 * byte order mark in front of the first is gone. Any bytes may be in it. *end: there are no more.
 * KP_FAILED: can't be read. Blocks. */
KP_MUST_USE enum kp_status kp_address_lines_next(struct kp_address_lines *lines, bool *end,
                                                 struct kp_error *error);

/* Bytes that aren't UTF-8 as Windows-1252 (Latin-1 with more): `out` has 3 * size + 1 bytes. false:
 * a byte that has no character there. */
bool kp_address_from_windows(char *out, const char *text, size_t size);

#endif
