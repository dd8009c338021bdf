#include "proto/commands/agreement_layout.h"

#include "proto/utf8.h"

#include <string.h>

#define COLUMNS 80u
#define LABEL_COLUMNS 22u

/* How wide a terminal shows it, roughly; wide letters count double. */
static unsigned width_of(uint32_t character)
{
    return character >= 0x1100 ? 2 : 1;
}

/* The character at text, whose size in bytes comes back; bytes that aren't UTF-8 count as one. */
static size_t next_character(const char *text, unsigned *width)
{
    uint32_t character = 0;
    size_t size = kp_utf8_decode(&character, text, strlen(text) < 4 ? strlen(text) : 4);
    *width = width_of(character);
    return size > 0 ? size : 1;
}

static unsigned text_width(const char *text)
{
    unsigned sum = 0;
    unsigned width = 0;
    for (; *text != '\0'; text += next_character(text, &width), sum += width) {
    }
    return sum;
}

/* How many bytes of text fit into the columns: up to the last space, or in the middle of a word
 * when it is longer than a line. */
static size_t fitting(const char *text, unsigned columns)
{
    size_t space = 0;
    unsigned used = 0;
    const char *at = text;
    while (*at != '\0') {
        unsigned width = 0;
        size_t size = next_character(at, &width);
        if (used + width > columns) {
            return *at == ' ' ? (size_t)(at - text) : space > 0 ? space : (size_t)(at - text);
        }
        if (*at == ' ' && at > text) {
            space = (size_t)(at - text);
        }
        used += width;
        at += size;
    }
    return (size_t)(at - text);
}

void kp_layout_wrap(FILE *out, const char *text, unsigned column, unsigned indent)
{
    for (;;) {
        size_t size = fitting(text, COLUMNS > column + 2 ? COLUMNS - column : 2);
        fprintf(out, "%.*s\n", (int)size, text);
        text += size;
        text += *text == ' ' ? 1 : 0;
        if (*text == '\0') {
            return;
        }
        fprintf(out, "%*s", (int)indent, "");
        column = indent;
    }
}

void kp_layout_heading(FILE *out, const char *label, const char *text, unsigned depth)
{
    fprintf(out, "\n%*s%s", (int)(2 * depth), "", label);
    unsigned column = 2 * depth + text_width(label);
    if (text != NULL && text[0] != '\0') {
        fputc(' ', out);
        kp_layout_wrap(out, text, column + 1, 2 * depth + LABEL_COLUMNS);
    } else {
        fputc('\n', out);
    }
    if (depth == 0) {
        for (unsigned i = 0; i < COLUMNS; i++) {
            fputc('-', out);
        }
        fputc('\n', out);
    }
}

void kp_layout_line(FILE *out, const struct kp_line *line, enum kp_language language)
{
    const char *label = kp_word(language, line->label);
    unsigned indent = 2 * line->depth;
    if (line->kind == KP_LINE_HEADING) {
        kp_layout_heading(out, label, line->value, line->depth);
        return;
    }
    unsigned width = text_width(label);
    unsigned column = indent + LABEL_COLUMNS;
    fprintf(out, "%*s%s", (int)indent, "", label);
    if (line->kind == KP_LINE_KEY) {
        column = indent + 4;
        fprintf(out, "\n%*s", (int)column, "");
    } else if (width + 2 > LABEL_COLUMNS) {
        fprintf(out, "\n%*s", (int)column, "");
    } else {
        fprintf(out, "%*s", (int)(LABEL_COLUMNS - width), "");
    }
    kp_layout_wrap(out, line->value, column, column);
}
