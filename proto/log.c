#include "proto/log.h"

#include "proto/utf8.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A line never passes 4096 bytes, so that a pipe takes it whole even when it is shared (PIPE_BUF):
 * each value has its own cap, and together with names and quotes they stay below. */
#define LINE_BYTES 4096
#define SHORT_VALUE 128
#define LONG_VALUE 512
#define REMARK_VALUE 1536

/* Set by kp_log_start, before there are threads; only read after that. */
static struct {
    const char *program;
    enum kp_log_level least;
    bool json;
} settings = {"kruispunt", KP_LOG_INFO, false};

struct line {
    char text[LINE_BYTES];
    size_t size;
    bool json;
};

void kp_log_start(const char *program, enum kp_log_level least, bool json)
{
    settings.program = program;
    settings.least = least;
    settings.json = json;
}

static void add(struct line *line, const char *bytes, size_t size)
{
    if (size <= sizeof(line->text) - line->size) {
        memcpy(line->text + line->size, bytes, size);
        line->size += size;
    }
}

static void add_text(struct line *line, const char *text)
{
    add(line, text, strlen(text));
}

/* What changes the look of a line without being a control character: line separators, and marks
 * that turn the writing direction. */
static bool is_trick(uint32_t character)
{
    return character == 0x2028 || character == 0x2029 || character == 0x200e ||
           character == 0x200f || (character >= 0x202a && character <= 0x202e) ||
           (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

/* Writes the character at the front of `from`, escaped, to `out` (at most 7 bytes and a NUL);
 * returns how many bytes of `from` it took. */
static size_t escape(char out[static 8], const char *from, size_t size, bool json)
{
    uint32_t character = 0;
    size_t length = kp_utf8_decode(&character, from, size);
    if (length == 0) {
        snprintf(out, 8, json ? "\\ufffd" : "\\x%02x", (unsigned)(uint8_t)from[0]);
        return 1;
    }
    if (character == '"' || character == '\\') {
        snprintf(out, 8, "\\%c", (char)character);
    } else if (character == '\n' || character == '\r' || character == '\t') {
        snprintf(out, 8, "\\%c", character == '\n' ? 'n' : character == '\r' ? 'r' : 't');
    } else if (kp_utf8_is_control(character) || is_trick(character)) {
        snprintf(out, 8, "\\u%04x", (unsigned)character);
    } else {
        memcpy(out, from, length);
        out[length] = '\0';
    }
    return length;
}

/* name="value", the value cut to `most` bytes and then marked by "...". */
static void add_field(struct line *line, const char *name, const char *value, size_t most)
{
    if (value == NULL) {
        return;
    }
    if (line->json) {
        add_text(line, line->size == 0 ? "{\"" : ",\"");
        add_text(line, name);
        add_text(line, "\":\"");
    } else {
        add_text(line, line->size == 0 ? "" : " ");
        add_text(line, name);
        add_text(line, "=\"");
    }
    size_t size = strlen(value);
    size_t used = 0;
    for (size_t at = 0; at < size;) {
        char escaped[8];
        at += escape(escaped, value + at, size - at, line->json);
        if (used + strlen(escaped) > most) {
            add_text(line, "...");
            break;
        }
        used += strlen(escaped);
        add_text(line, escaped);
    }
    add_text(line, "\"");
}

/* A value of ours that needs no quotes in the text form. */
static void add_word(struct line *line, const char *name, const char *word)
{
    if (line->json) {
        add_field(line, name, word, SHORT_VALUE);
        return;
    }
    add_text(line, line->size == 0 ? "" : " ");
    add_text(line, name);
    add_text(line, "=");
    add_text(line, word);
}

static void format_time(char *out, size_t size)
{
    struct timespec now = {0};
    struct tm utc = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char seconds[40];
    strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out, size, "%s.%03dZ", seconds, (int)(now.tv_nsec / 1000000));
}

/* One write; repeated only when a signal came before any byte went out. */
static void write_line(const struct line *line)
{
    ssize_t written = 0;
    do {
        written = write(STDERR_FILENO, line->text, line->size);
    } while (written < 0 && errno == EINTR);
}

void kp_log(enum kp_log_level level, const struct kp_log_event *event, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if (level < settings.least || (size_t)level >= sizeof(names) / sizeof(names[0])) {
        return;
    }
    int saved = errno;
    char remark[REMARK_VALUE + 1] = "";
    if (format != NULL) {
        va_list arguments;
        va_start(arguments, format);
        if (vsnprintf(remark, sizeof(remark), format, arguments) < 0) {
            remark[0] = '\0';
        }
        va_end(arguments);
    }
    char time[64];
    format_time(time, sizeof(time));
    struct line line;
    line.size = 0;
    line.json = settings.json;
    add_word(&line, "time", time);
    add_word(&line, "level", names[level]);
    add_word(&line, "program", settings.program);
    add_field(&line, "action", event->action, SHORT_VALUE);
    add_field(&line, "object", event->object, LONG_VALUE);
    add_field(&line, "result", event->result, SHORT_VALUE);
    add_field(&line, "origin", event->origin, LONG_VALUE);
    add_field(&line, "actor", event->actor, LONG_VALUE);
    add_field(&line, "remark", format == NULL ? NULL : remark, REMARK_VALUE);
    add_text(&line, line.json ? "}\n" : "\n");
    write_line(&line);
    errno = saved;
}
