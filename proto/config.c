#include "proto/config.h"

#include "proto/file.h"
#include "proto/utf8.h"

#include <ini.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 8192
#define NAME_MAX_BYTES 48 /* inih cuts longer ones short without a word */
#define MOST_KEYS 64

/* A file being walked: inih asks for lines and hands out pairs, in turn. */
struct walk {
    const char *path;
    const char *text; /* what is left */
    size_t size;
    unsigned line;
    kp_config_each *each;
    void *context;
    enum kp_status status; /* not KP_OK: stop */
    struct kp_error *error;
};

static void stop(struct walk *walk, const char *what)
{
    walk->status = kp_fail(walk->error, KP_USAGE, "%s:%u: %s", walk->path, walk->line, what);
}

/* What inih would let pass, cut short or join to the line before. */
static void check_line(struct walk *walk, const char *line, size_t size)
{
    if (!kp_utf8_valid(line, size)) {
        stop(walk, "not UTF-8 text");
        return;
    }
    for (size_t i = 0; i < size; i++) {
        unsigned char byte = (unsigned char)line[i];
        if ((byte < 0x20 && byte != '\t') || byte == 0x7f) {
            stop(walk, "a control character");
            return;
        }
    }
    if (size == 0 || line[0] == '#' || line[0] == ';') {
        return;
    }
    if (line[0] == '[') {
        const char *end = memchr(line, ']', size);
        if (end == NULL) {
            stop(walk, "a section without ]");
        } else if (end != line + size - 1) {
            stop(walk, "text behind a section's ]");
        } else if (size - 2 == 0 || size - 2 > NAME_MAX_BYTES) {
            stop(walk, "a section's name has 1 to 48 bytes");
        }
        return;
    }
    const char *equals = memchr(line, '=', size);
    const char *colon = memchr(line, ':', size);
    if (equals == NULL || (colon != NULL && colon < equals)) {
        stop(walk, "expected [section] or key = value");
    } else if (equals == line || equals - line > NAME_MAX_BYTES) {
        stop(walk, "a key's name has 1 to 48 bytes");
    }
}

static bool is_space(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* An ini_reader: the next line without the space around it (to inih, indentation would continue the
 * value before). */
static char *next_line(char *out, int out_size, void *stream)
{
    struct walk *walk = stream;
    if (walk->size == 0 || walk->status != KP_OK) {
        return NULL;
    }
    walk->line++;
    const char *line = walk->text;
    const char *newline = memchr(line, '\n', walk->size);
    size_t size = newline == NULL ? walk->size : (size_t)(newline - line);
    size_t step = newline == NULL ? size : size + 1;
    walk->text += step;
    walk->size -= step;
    if (newline != NULL && size > 0 && line[size - 1] == '\r') {
        size--;
    }
    while (size > 0 && is_space(line[0])) {
        line++;
        size--;
    }
    while (size > 0 && is_space(line[size - 1])) {
        size--;
    }
    if (size + 2 > (size_t)out_size || size > LINE_MAX_BYTES) {
        stop(walk, "a line longer than 8192 bytes");
        return NULL;
    }
    check_line(walk, line, size);
    if (walk->status != KP_OK) {
        return NULL;
    }
    memcpy(out, line, size);
    memcpy(out + size, "\n", 2);
    return out;
}

/* An ini_handler: 0 is an error. */
static int take_pair(void *context, const char *section, const char *name, const char *value)
{
    struct walk *walk = context;
    if (walk->status == KP_OK) {
        walk->status = walk->each(walk->context, section, name, value, walk->line, walk->error);
    }
    return walk->status == KP_OK;
}

/* inih's options are variables in Debian's library; the values are always the same. A value may
 * hold a ';', and lines may be longer than inih's 200 bytes. */
static void set_up_inih(void)
{
    ini_allow_multiline = false;
    ini_allow_inline_comments = false;
    ini_allow_bom = false;
    ini_allow_no_value = false;
    ini_stop_on_first_error = true;
    ini_use_stack = false;
    ini_allow_realloc = false;
    ini_initial_alloc = LINE_MAX_BYTES + 16;
    ini_max_line = LINE_MAX_BYTES + 16;
}

enum kp_status kp_config_walk(const char *path, kp_config_each *each, void *context,
                              struct kp_error *error)
{
    struct kp_buffer content = {0};
    enum kp_status status = kp_file_read(path, KP_CONFIG_BYTES_MAX, &content, error);
    if (status != KP_OK) {
        /* Too long is wrong usage too. */
        if (status == KP_REFUSED && error != NULL) {
            error->status = KP_USAGE;
        }
        return status == KP_REFUSED ? KP_USAGE : status;
    }
    struct walk walk = {.path = path,
                        .text = (const char *)content.data,
                        .size = content.size,
                        .each = each,
                        .context = context,
                        .status = KP_OK,
                        .error = error};
    if (walk.size >= 3 && memcmp(walk.text, "\xef\xbb\xbf", 3) == 0) {
        walk.text += 3;
        walk.size -= 3;
    }
    set_up_inih();
    int bad_line = ini_parse_stream(next_line, &walk, take_pair, &walk);
    kp_buffer_free(&content);
    if (walk.status == KP_OK && bad_line < 0) {
        walk.status = kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
    } else if (walk.status == KP_OK && bad_line > 0) {
        walk.status = kp_fail(error, KP_USAGE, "%s:%d: not a configuration line", path, bad_line);
    }
    return walk.status;
}

/* The number of single letters to insert, delete or replace (Levenshtein). */
static size_t distance(const char *one, const char *other)
{
    size_t row[NAME_MAX_BYTES + 2];
    size_t width = strlen(other);
    if (width > NAME_MAX_BYTES) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= width; j++) {
        row[j] = j;
    }
    for (size_t i = 0; one[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t replace = diagonal + (one[i] != other[j]);
            diagonal = row[j + 1];
            size_t shorter = (row[j] < row[j + 1] ? row[j] : row[j + 1]) + 1;
            row[j + 1] = replace < shorter ? replace : shorter;
        }
    }
    return row[width];
}

struct reading {
    const char *path;
    const struct kp_config_key *keys;
    size_t count;
    unsigned seen[MOST_KEYS]; /* the line where the key stood; 0: not yet */
};

static bool has_section(const struct reading *reading, const char *section)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (strcmp(reading->keys[i].section, section) == 0) {
            return true;
        }
    }
    return false;
}

static enum kp_status unknown_section(const struct reading *reading, const char *section,
                                      unsigned line, struct kp_error *error)
{
    const char *nearest = reading->keys[0].section;
    for (size_t i = 1; i < reading->count; i++) {
        if (distance(section, reading->keys[i].section) < distance(section, nearest)) {
            nearest = reading->keys[i].section;
        }
    }
    if (section[0] == '\0') {
        return kp_fail(error, KP_USAGE, "%s:%u: a key before the first section; begin with [%s]",
                       reading->path, line, nearest);
    }
    return kp_fail(error, KP_USAGE, "%s:%u: unknown section [%s]; did you mean [%s]?",
                   reading->path, line, section, nearest);
}

/* The nearest key, one in the same section before one in another. */
static enum kp_status unknown_key(const struct reading *reading, const char *section,
                                  const char *name, unsigned line, struct kp_error *error)
{
    if (!has_section(reading, section)) {
        return unknown_section(reading, section, line, error);
    }
    const struct kp_config_key *nearest = NULL;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < reading->count; i++) {
        const struct kp_config_key *key = &reading->keys[i];
        size_t far = distance(name, key->name);
        if (far == SIZE_MAX) {
            continue;
        }
        far = 2 * far + (strcmp(key->section, section) != 0);
        if (far < least) {
            least = far;
            nearest = key;
        }
    }
    if (nearest == NULL) {
        return kp_fail(error, KP_USAGE, "%s:%u: unknown key \"%s\" in [%s]", reading->path, line,
                       name, section);
    }
    if (strcmp(nearest->section, section) == 0) {
        return kp_fail(error, KP_USAGE, "%s:%u: unknown key \"%s\" in [%s]; did you mean \"%s\"?",
                       reading->path, line, name, section, nearest->name);
    }
    return kp_fail(error, KP_USAGE,
                   "%s:%u: unknown key \"%s\" in [%s]; did you mean \"%s\" in [%s]?", reading->path,
                   line, name, section, nearest->name, nearest->section);
}

static enum kp_status read_number(const struct kp_config_key *key, const char *value,
                                  struct kp_error *error)
{
    uint64_t number = 0;
    size_t digits = strspn(value, "0123456789");
    for (size_t i = 0; i < digits && number <= UINT32_MAX; i++) {
        number = number * 10 + (uint64_t)(value[i] - '0');
    }
    if (digits == 0 || value[digits] != '\0' || number < key->least || number > key->most) {
        return kp_fail(error, KP_USAGE, "expected a number from %u to %u", (unsigned)key->least,
                       (unsigned)key->most);
    }
    uint32_t result = (uint32_t)number;
    memcpy(key->value, &result, sizeof(result));
    return KP_OK;
}

static enum kp_status read_flag(const struct kp_config_key *key, const char *value,
                                struct kp_error *error)
{
    bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;
    if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0) {
        return kp_fail(error, KP_USAGE, "expected yes or no");
    }
    memcpy(key->value, &yes, sizeof(yes));
    return KP_OK;
}

static enum kp_status read_text(const struct kp_config_key *key, const char *value,
                                struct kp_error *error)
{
    size_t size = strlen(value);
    if (size > KP_TITLE_MAX) {
        return kp_fail(error, KP_USAGE, "longer than %u bytes", KP_TITLE_MAX);
    }
    memcpy(key->value, value, size + 1);
    return KP_OK;
}

static enum kp_status read_digest(const struct kp_config_key *key, const char *value,
                                  struct kp_error *error)
{
    uint8_t digest[32];
    size_t size = 0;
    if (strlen(value) != 2 * sizeof(digest) ||
        sodium_hex2bin(digest, sizeof(digest), value, strlen(value), NULL, &size, NULL) != 0 ||
        size != sizeof(digest)) {
        return kp_fail(error, KP_USAGE, "expected 64 hex digits");
    }
    memcpy(key->value, digest, sizeof(digest));
    return KP_OK;
}

static enum kp_status read_value(const struct kp_config_key *key, const char *path,
                                 const char *value, struct kp_error *error)
{
    if (value[0] == '\0') {
        return kp_fail(error, KP_USAGE, "no value; leave the line out to get the default");
    }
    switch (key->type) {
    case KP_CONFIG_TEXT:
        return read_text(key, value, error);
    case KP_CONFIG_PATH:
        return kp_config_path(key->value, path, value, error);
    case KP_CONFIG_NUMBER:
        return read_number(key, value, error);
    case KP_CONFIG_FLAG:
        return read_flag(key, value, error);
    case KP_CONFIG_DIGEST:
        return read_digest(key, value, error);
    }
    return kp_fail(error, KP_FAILED, "a key of no known type");
}

/* A kp_config_each. */
static enum kp_status read_pair(void *context, const char *section, const char *name,
                                const char *value, unsigned line, struct kp_error *error)
{
    struct reading *reading = context;
    size_t i = 0;
    while (i < reading->count && (strcmp(reading->keys[i].section, section) != 0 ||
                                  strcmp(reading->keys[i].name, name) != 0)) {
        i++;
    }
    if (i == reading->count) {
        return unknown_key(reading, section, name, line, error);
    }
    if (reading->seen[i] != 0) {
        return kp_fail(error, KP_USAGE, "%s:%u: \"%s\" in [%s] stands in line %u already",
                       reading->path, line, name, section, reading->seen[i]);
    }
    reading->seen[i] = line;
    if (read_value(&reading->keys[i], reading->path, value, error) != KP_OK) {
        return kp_fail_in(error, "%s:%u: \"%s\" in [%s]", reading->path, line, name, section);
    }
    return KP_OK;
}

enum kp_status kp_config_read(const char *path, const struct kp_config_key *keys, size_t count,
                              struct kp_error *error)
{
    struct reading reading = {.path = path, .keys = keys, .count = count};
    if (count == 0 || count > MOST_KEYS) {
        return kp_fail(error, KP_FAILED, "%s: a table of %zu keys", path, count);
    }
    /* The texts are put together from the error, so there has to be one. */
    struct kp_error own = {0};
    enum kp_status status = kp_config_walk(path, read_pair, &reading, error == NULL ? &own : error);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        if (keys[i].required && reading.seen[i] == 0) {
            status = kp_fail(error, KP_USAGE, "%s: \"%s\" in [%s] is missing", path, keys[i].name,
                             keys[i].section);
        }
    }
    return status;
}

/* The folder of the file `base`, absolute, with a slash behind it. */
static enum kp_status folder_of(char out[static PATH_MAX], const char *base, struct kp_error *error)
{
    const char *slash = strrchr(base, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - base) + 1;
    if (size >= KP_PATH_MAX) {
        return kp_fail(error, KP_USAGE, "the path of the configuration file is too long");
    }
    char folder[KP_PATH_MAX];
    memcpy(folder, base, size);
    folder[size] = '\0';
    if (realpath(size == 0 ? "." : folder, out) == NULL) {
        return kp_fail(error, KP_USAGE, "the folder of the configuration file can't be found");
    }
    return KP_OK;
}

enum kp_status kp_config_path(char out[static KP_PATH_MAX], const char *base, const char *path,
                              struct kp_error *error)
{
    char folder[PATH_MAX] = "";
    bool as_it_is = path[0] == '/' || strncmp(path, "credential:", 11) == 0;
    if (!as_it_is && folder_of(folder, base, error) != KP_OK) {
        return KP_USAGE;
    }
    const char *slash = as_it_is || strcmp(folder, "/") == 0 ? "" : "/";
    int size = snprintf(out, KP_PATH_MAX, "%s%s%s", folder, slash, path);
    if (size < 0 || size >= (int)KP_PATH_MAX) {
        return kp_fail(error, KP_USAGE, "the path is longer than %u bytes", KP_PATH_MAX - 1);
    }
    return KP_OK;
}
