#include "proto/address/words_internal.h"
#include "proto/file.h"
#include "proto/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* proto/address/words.txt, put into the program by CMakeLists.txt. */
extern const unsigned char kp_words_built_in[];
extern const size_t kp_words_built_in_size;

struct parsing {
    struct kp_words *words;
    const char *name;
    size_t line;
    size_t town;
    bool section; /* one has begun */
    struct kp_error *error;
};

static enum kp_status bad(const struct parsing *parsing, const char *reason)
{
    return kp_fail(parsing->error, KP_REFUSED, "%s, line %zu: %s", parsing->name, parsing->line,
                   reason);
}

static enum kp_status no_memory(const struct parsing *parsing)
{
    return kp_fail(parsing->error, KP_FAILED, "%s: no memory", parsing->name);
}

/* ---- Rows ------------------------------------------------------------------------------------ */

/* Letters and digits of one part of a word; what separates is left out. false: something else. */
static bool put_part(char part[static KP_WORD_MAX], size_t *size, const char *text, size_t length)
{
    char copy[KP_FOLDED_MAX];
    if (length >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, length);
    copy[length] = '\0';
    bool good = kp_words_bare(part, KP_WORD_MAX, copy) != KP_BARE_NOT;
    *size = good ? strlen(part) : 0;
    return good;
}

/* Number: where "{n}" or "{any}" stands and how long it is; 0: nowhere. */
static size_t find_number(const char *text, const char **at, enum kp_word_kind *kind)
{
    static const char *const marks[] = {[KP_WORD_NUMBER] = "{N}", [KP_WORD_ANY] = "{ANY}"};
    for (*kind = KP_WORD_NUMBER; *kind <= KP_WORD_ANY; (*kind)++) {
        *at = strstr(text, marks[*kind]);
        if (*at != NULL) {
            return strlen(marks[*kind]);
        }
    }
    *kind = KP_WORD_PLAIN;
    return 0;
}

static bool read_word(struct kp_word *word, const char *text)
{
    const char *at = NULL;
    size_t mark = find_number(text, &at, &word->kind);
    if (word->kind == KP_WORD_PLAIN) {
        return put_part(word->head, &word->head_size, text, strlen(text)) && word->head_size > 0;
    }
    return put_part(word->head, &word->head_size, text, (size_t)(at - text)) &&
           put_part(word->tail, &word->tail_size, at + mark, strlen(at + mark));
}

static enum kp_status add_word(struct parsing *parsing, const char *text)
{
    struct kp_words *words = parsing->words;
    struct kp_word word = {.row = words->rows, .town = parsing->town};
    if (!read_word(&word, text)) {
        return bad(parsing, "a word has letters, digits, and at most one {n} or {any}; 31 at most");
    }
    if (words->count == KP_WORDS_MAX) {
        return bad(parsing, "more words than a table may have");
    }
    word.first = words->count == 0 || words->words[words->count - 1].row != word.row;
    if (!word.first &&
        (words->words[words->count - 1].kind == KP_WORD_PLAIN) != (word.kind == KP_WORD_PLAIN)) {
        return bad(parsing, "either all words of a row have a number or none");
    }
    if (words->count == words->capacity) {
        size_t capacity = words->capacity == 0 ? 256 : words->capacity * 2;
        struct kp_word *larger = realloc(words->words, capacity * sizeof(*larger));
        if (larger == NULL) {
            return no_memory(parsing);
        }
        words->words = larger;
        words->capacity = capacity;
    }
    words->words[words->count++] = word;
    return KP_OK;
}

static enum kp_status read_row(struct parsing *parsing, char *line)
{
    if (!parsing->section) {
        return bad(parsing, "a row before [everywhere] or [town NAME]");
    }
    if (parsing->words->rows == KP_WORDS_ROWS_MAX) {
        return bad(parsing, "more rows than a table may have");
    }
    size_t before = parsing->words->count;
    char *rest = NULL;
    for (char *word = strtok_r(line, " =", &rest); word != NULL;
         word = strtok_r(NULL, " =", &rest)) {
        enum kp_status status = add_word(parsing, word);
        if (status != KP_OK) {
            return status;
        }
    }
    if (parsing->words->count - before < 2) {
        return bad(parsing, "a row has two words or more");
    }
    parsing->words->rows++;
    return KP_OK;
}

/* ---- Sections -------------------------------------------------------------------------------- */

/* The town's number; made when it isn't there. */
static enum kp_status use_town(struct parsing *parsing, const char *name)
{
    struct kp_words *words = parsing->words;
    char skeleton[KP_STREET_SKELETON];
    size_t size = kp_town_skeleton(skeleton, sizeof(skeleton), name);
    if (size == 0) {
        return bad(parsing, "expected [everywhere] or [town NAME]");
    }
    parsing->town = kp_words_town(words, name);
    if (parsing->town != 0) {
        return KP_OK;
    }
    if (words->town_count == KP_WORDS_TOWNS_MAX) {
        return bad(parsing, "more towns than a table may have");
    }
    void *larger = realloc(words->towns, (words->town_count + 1) * sizeof(words->towns[0]));
    if (larger == NULL) {
        return no_memory(parsing);
    }
    words->towns = larger;
    memcpy(words->towns[words->town_count], skeleton, size + 1);
    parsing->town = words->town_count++;
    return KP_OK;
}

static enum kp_status read_section(struct parsing *parsing, char *line)
{
    size_t size = strlen(line);
    if (line[size - 1] != ']') {
        return bad(parsing, "expected [everywhere] or [town NAME]");
    }
    line[size - 1] = '\0';
    parsing->section = true;
    parsing->town = 0;
    if (strcmp(line, "[EVERYWHERE") == 0) {
        return KP_OK;
    }
    static const char town[] = "[TOWN ";
    bool named = strncmp(line, town, sizeof(town) - 1) == 0;
    return use_town(parsing, named ? line + sizeof(town) - 1 : "");
}

static enum kp_status read_line(struct parsing *parsing, const char *text, size_t size)
{
    const char *comment = memchr(text, '#', size);
    char line[KP_FOLDED_MAX];
    enum kp_address_rule rule =
        kp_fold(line, text, comment == NULL ? size : (size_t)(comment - text));
    if (rule != KP_RULE_NONE) {
        return bad(parsing,
                   rule == KP_RULE_TOO_LONG ? "a line is too long" : "not text: expected UTF-8");
    }
    if (line[0] == '\0') {
        return KP_OK;
    }
    return line[0] == '[' ? read_section(parsing, line) : read_row(parsing, line);
}

static enum kp_status read_lines(struct parsing *parsing, const char *text, size_t size)
{
    enum kp_status status = KP_OK;
    while (status == KP_OK && size > 0) {
        const char *end = memchr(text, '\n', size);
        size_t length = end == NULL ? size : (size_t)(end - text);
        parsing->line++;
        status = read_line(parsing, text, length);
        size_t taken = end == NULL ? length : length + 1;
        text += taken;
        size -= taken;
    }
    return status;
}

enum kp_status kp_words_parse(struct kp_words **out, const char *text, size_t size,
                              const char *name, struct kp_error *error)
{
    *out = NULL;
    struct parsing parsing = {.name = name, .error = error};
    parsing.words = calloc(1, sizeof(*parsing.words));
    if (parsing.words == NULL ||
        (parsing.words->towns = calloc(1, sizeof(parsing.words->towns[0]))) == NULL) {
        kp_words_close(parsing.words);
        return no_memory(&parsing);
    }
    parsing.words->town_count = 1;
    enum kp_status status = read_lines(&parsing, text, size);
    if (status == KP_OK &&
        (!kp_words_make_hash(parsing.words) || !kp_words_make_order(parsing.words))) {
        status = no_memory(&parsing);
    }
    if (status != KP_OK) {
        kp_words_close(parsing.words);
        return status;
    }
    *out = parsing.words;
    return KP_OK;
}

enum kp_status kp_words_open(struct kp_words **out, const char *path, struct kp_error *error)
{
    *out = NULL;
    if (path == NULL) {
        return kp_words_parse(out, (const char *)kp_words_built_in, kp_words_built_in_size,
                              "the built-in table of words", error);
    }
    struct kp_buffer text = {0};
    enum kp_status status = kp_file_read(path, KP_WORDS_BYTES_MAX, &text, error);
    if (status == KP_OK) {
        status = kp_words_parse(out, (const char *)text.data, text.size, path, error);
    }
    kp_buffer_free(&text);
    return status;
}

void kp_words_close(struct kp_words *words)
{
    if (words != NULL) {
        free(words->words);
        free(words->order);
        free(words->towns);
        free(words);
    }
}

size_t kp_words_rows(const struct kp_words *words)
{
    return words->rows;
}

bool kp_words_have_towns(const struct kp_words *words)
{
    return words->town_count > 1;
}

size_t kp_words_town(const struct kp_words *words, const char *town)
{
    char skeleton[KP_STREET_SKELETON];
    if (words->town_count == 1 || kp_town_skeleton(skeleton, sizeof(skeleton), town) == 0) {
        return 0;
    }
    for (size_t i = 1; i < words->town_count; i++) {
        if (strcmp(words->towns[i], skeleton) == 0) {
            return i;
        }
    }
    return 0;
}

void kp_words_text(const char **text, size_t *size)
{
    *text = (const char *)kp_words_built_in;
    *size = kp_words_built_in_size;
}
