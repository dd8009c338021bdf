#include "proto/commands/address_lines.h"

#include "proto/utf8.h"

#include <errno.h>
#include <string.h>

enum kp_status kp_address_lines_next(struct kp_address_lines *lines, bool *end,
                                     struct kp_error *error)
{
    int byte = 0;
    bool any = false;
    lines->size = 0;
    lines->too_long = false;
    while ((byte = getc_unlocked(lines->file)) != EOF) {
        any = true;
        if (byte == '\n') {
            break;
        }
        if (lines->size < KP_ADDRESS_LINE_MAX) {
            lines->line[lines->size++] = (char)byte;
        } else {
            lines->too_long = true;
        }
    }
    if (byte == EOF && ferror(lines->file)) {
        return kp_fail(error, KP_FAILED, "standard input can't be read: %s", strerror(errno));
    }
    *end = !any;
    if (!lines->too_long && lines->size > 0 && lines->line[lines->size - 1] == '\r') {
        lines->size--;
    }
    static const char mark[] = "\xef\xbb\xbf";
    if (!lines->begun && lines->size >= 3 && memcmp(lines->line, mark, 3) == 0) {
        lines->size -= 3;
        memmove(lines->line, lines->line + 3, lines->size);
    }
    lines->begun = true;
    lines->line[lines->size] = '\0';
    return KP_OK;
}

/* Windows-1252 from 0x80 to 0x9f; 0: no character. */
static const uint16_t windows[] = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178,
};

bool kp_address_from_windows(char *out, const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        uint32_t character = byte >= 0x80 && byte < 0xa0 ? windows[byte - 0x80] : byte;
        if (character == 0 && byte != 0) {
            return false;
        }
        if (character < 0x80) {
            *out++ = (char)character;
        } else if (character < 0x800) {
            *out++ = (char)(0xc0 | character >> 6);
            *out++ = (char)(0x80 | (character & 0x3f));
        } else {
            *out++ = (char)(0xe0 | character >> 12);
            *out++ = (char)(0x80 | (character >> 6 & 0x3f));
            *out++ = (char)(0x80 | (character & 0x3f));
        }
    }
    *out = '\0';
    return true;
}
