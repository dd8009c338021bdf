#include "proto/address/words_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 40    /* letters and digits behind a number; more is no addition */
#define WAYS_MAX 16    /* ways to read a number at one place */
#define FOUND_MAX 16   /* words that begin at one place */
#define TWO_DIGITS ' ' /* in a bare text: here stood a separator between two digits */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool separates(char byte)
{
    return byte != '\0' && strchr(" -./,_()", byte) != NULL;
}

/* As kp_words_bare; between two digits that stood apart comes `between`, or nothing when it is 0.
 */
static enum kp_bare make_bare(char *out, size_t size, const char *text, char between)
{
    enum kp_bare result = KP_BARE;
    size_t used = 0;
    bool apart = false;
    for (; *text != '\0'; text++) {
        if (separates(*text)) {
            apart = true;
            continue;
        }
        if ((!is_digit(*text) && !is_letter(*text)) || used + 3 > size) {
            out[0] = '\0';
            return KP_BARE_NOT;
        }
        if (apart && used > 0 && is_digit(out[used - 1]) && is_digit(*text)) {
            result = KP_BARE_JOINED;
            if (between != '\0') {
                out[used++] = between;
            }
        }
        apart = false;
        out[used++] = *text;
    }
    out[used] = '\0';
    return result;
}

enum kp_bare kp_words_bare(char *out, size_t size, const char *text)
{
    return make_bare(out, size, text, '\0');
}

/* ---- Numbers --------------------------------------------------------------------------------- */

struct way {
    size_t size;
    uint32_t value;
    bool alone; /* may be a word without anything beside it */
};

struct ways {
    size_t count;
    struct way way[WAYS_MAX];
};

static const char *const romans[] = {"I",    "II",  "III",  "IV",    "V",   "VI",   "VII",
                                     "VIII", "IX",  "X",    "XI",    "XII", "XIII", "XIV",
                                     "XV",   "XVI", "XVII", "XVIII", "XIX", "XX"};
static const char *const ordinals[] = {"EERSTE", "TWEEDE",  "DERDE",   "VIERDE",  "VIJFDE",
                                       "ZESDE",  "ZEVENDE", "ACHTSTE", "NEGENDE", "TIENDE"};
static const char *const cardinals[] = {"EEN", "TWEE",  "DRIE", "VIER",  "VIJF",
                                        "ZES", "ZEVEN", "ACHT", "NEGEN", "TIEN"};

static void add_way(struct ways *ways, size_t size, uint32_t value, bool alone)
{
    if (ways->count < WAYS_MAX) {
        ways->way[ways->count++] = (struct way){size, value, alone};
    }
}

static void add_names(struct ways *ways, const char *text, const char *const *names, size_t count,
                      bool alone)
{
    for (size_t i = 0; i < count; i++) {
        if (text[0] != names[i][0]) {
            continue;
        }
        size_t size = strlen(names[i]);
        if (strncmp(text, names[i], size) == 0) {
            add_way(ways, size, (uint32_t)i + 1, alone);
        }
    }
}

/* An X alone is a letter; an E behind makes an ordinal. */
static void add_romans(struct ways *ways, const char *text)
{
    if (text[0] != 'I' && text[0] != 'V' && text[0] != 'X') {
        return;
    }
    for (size_t i = 0; i < sizeof(romans) / sizeof(romans[0]); i++) {
        size_t size = strlen(romans[i]);
        if (text[0] == romans[i][0] && strncmp(text, romans[i], size) == 0) {
            add_way(ways, size, (uint32_t)i + 1, size > 1 || text[0] != 'X');
            if (text[size] == 'E') {
                add_way(ways, size + 1, (uint32_t)i + 1, size > 1 || text[0] == 'I');
            }
        }
    }
}

/* All digits that stand together, and the ends of an ordinal. */
static void add_digits(struct ways *ways, const char *text)
{
    static const char *const ends[] = {"E", "STE", "DE"};
    uint32_t value = 0;
    size_t size = 0;
    for (; is_digit(text[size]); size++) {
        value = value * 10 + (uint32_t)(text[size] - '0');
        if (value > 9999) {
            return;
        }
    }
    if (size == 0) {
        return;
    }
    add_way(ways, size, value, true);
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        if (strncmp(text + size, ends[i], strlen(ends[i])) == 0) {
            add_way(ways, size + strlen(ends[i]), value, true);
        }
    }
}

static void find_ways(struct ways *ways, const char *text)
{
    ways->count = 0;
    add_digits(ways, text);
    if (!is_digit(text[0])) {
        add_romans(ways, text);
        add_names(ways, text, ordinals, sizeof(ordinals) / sizeof(ordinals[0]), true);
        add_names(ways, text, cardinals, sizeof(cardinals) / sizeof(cardinals[0]), false);
    }
}

/* ---- Words of the table ---------------------------------------------------------------------- */

bool kp_words_make_order(struct kp_words *words)
{
    size_t used = 0;
    words->order = calloc(KP_WORDS_CHARACTERS * words->count + 1, sizeof(words->order[0]));
    if (words->order == NULL) {
        return false;
    }
    for (size_t character = 0; character < KP_WORDS_CHARACTERS; character++) {
        words->from[character] = used;
        for (size_t i = 0; i < words->count; i++) {
            const struct kp_word *word = &words->words[i];
            if (word->head_size == 0 || kp_words_character(word->head[0]) == character) {
                words->order[used++] = (uint16_t)i;
            }
        }
    }
    words->from[KP_WORDS_CHARACTERS] = used;
    return true;
}

struct found {
    size_t size;
    uint32_t class;
};

struct finds {
    size_t count;
    bool full; /* there are more */
    struct found found[FOUND_MAX];
};

/* Digits that stand together are one number: no word ends or begins within. */
static void add_found(struct finds *finds, const char *text, size_t size, uint32_t row,
                      uint32_t value)
{
    bool cut = is_digit(text[size]) && is_digit(text[size - 1]);
    if (cut) {
        return;
    }
    if (finds->count == FOUND_MAX) {
        finds->full = true;
        return;
    }
    finds->found[finds->count++] = (struct found){size, row << 16 | value};
}

static bool begins(const char *text, const char *with, size_t size)
{
    return size == 0 || (text[0] == with[0] && strncmp(text, with, size) == 0);
}

static void find_numbered(struct finds *finds, const struct kp_word *word, const char *text,
                          const struct ways *here)
{
    bool only = word->head_size + word->tail_size == 0;
    struct ways behind;
    const struct ways *ways = here;
    if (word->head_size > 0) {
        find_ways(&behind, text + word->head_size);
        ways = &behind;
    }
    for (size_t i = 0; i < ways->count; i++) {
        const struct way *way = &ways->way[i];
        const char *tail = text + word->head_size + way->size;
        bool fits = word->kind == KP_WORD_ANY
                        ? way->alone || !only
                        : is_digit(text[word->head_size]) && is_digit(tail[-1]);
        if (fits && begins(tail, word->tail, word->tail_size)) {
            add_found(finds, text, word->head_size + way->size + word->tail_size, word->row,
                      way->value);
        }
    }
}

static void find_words(struct finds *finds, const struct kp_words *words, size_t scope,
                       const char *text)
{
    finds->count = 0;
    finds->full = false;
    struct ways ways;
    find_ways(&ways, text);
    size_t first = kp_words_character(text[0]);
    for (size_t i = words->from[first]; i < words->from[first + 1]; i++) {
        const struct kp_word *word = &words->words[words->order[i]];
        if ((word->town != 0 && word->town != scope) ||
            !begins(text, word->head, word->head_size)) {
            continue;
        }
        if (word->kind == KP_WORD_PLAIN) {
            add_found(finds, text, word->head_size, word->row, 0);
        } else {
            find_numbered(finds, word, text, &ways);
        }
    }
}

/* ---- Taking apart ---------------------------------------------------------------------------- */

struct taking {
    const char *text;
    size_t size;
    struct finds finds[TEXT_MAX];
    size_t fewest[TEXT_MAX + 1]; /* parts from here to the end */
    size_t first[TEXT_MAX];      /* and the size of the first of them */
};

/* What is no word is a number or one letter. */
static size_t plain_size(const char *text)
{
    size_t size = 1;
    while (is_digit(text[0]) && is_digit(text[size])) {
        size++;
    }
    return size;
}

static void try_size(struct taking *taking, size_t at, size_t size)
{
    size_t parts = taking->fewest[at + size] + 1;
    if (taking->first[at] == 0 || parts < taking->fewest[at] ||
        (parts == taking->fewest[at] && size > taking->first[at])) {
        taking->fewest[at] = parts;
        taking->first[at] = size;
    }
}

static void take_from(struct taking *taking, const struct kp_words *words, size_t scope, size_t at)
{
    if (taking->text[at] == TWO_DIGITS) {
        taking->fewest[at] = taking->fewest[at + 1];
        taking->finds[at].count = 0;
        taking->finds[at].full = false;
        return;
    }
    find_words(&taking->finds[at], words, scope, taking->text + at);
    try_size(taking, at, plain_size(taking->text + at));
    for (size_t i = 0; i < taking->finds[at].count; i++) {
        try_size(taking, at, taking->finds[at].found[i].size);
    }
}

/* false: it stands in more rows than are looked at. Which of them are would depend on their order,
 * and that isn't in the table's hash. */
static bool make_part(struct kp_word_part *part, const char *text, size_t size,
                      const struct finds *finds)
{
    part->class_count = 0;
    for (size_t i = 0; i < finds->count; i++) {
        if (finds->found[i].size != size) {
            continue;
        }
        if (part->class_count == KP_WORD_CLASSES) {
            return false;
        }
        part->classes[part->class_count++] = finds->found[i].class;
    }
    bool number = true;
    for (size_t i = 0; i < size; i++) {
        number = number && is_digit(text[i]);
    }
    for (; number && size > 1 && text[0] == '0'; size--) {
        text++;
    }
    memcpy(part->text, text, size);
    part->text[size] = '\0';
    part->letter = size == 1 && is_letter(text[0]);
    return !finds->full;
}

bool kp_words_split(struct kp_word_parts *parts, const struct kp_words *words, size_t scope,
                    const char *text)
{
    char bare[TEXT_MAX + 1];
    parts->count = 0;
    if (make_bare(bare, sizeof(bare), text, TWO_DIGITS) == KP_BARE_NOT) {
        return false;
    }
    struct taking taking;
    taking.text = bare;
    taking.size = strlen(bare);
    taking.fewest[taking.size] = 0;
    memset(taking.first, 0, sizeof(taking.first));
    for (size_t at = taking.size; at-- > 0;) {
        take_from(&taking, words, scope, at);
    }
    for (size_t at = 0; at < taking.size;) {
        size_t size = bare[at] == TWO_DIGITS ? 1 : taking.first[at];
        if (bare[at] != TWO_DIGITS) {
            if (parts->count == KP_WORDS_PARTS || size >= KP_WORD_MAX ||
                !make_part(&parts->part[parts->count], bare + at, size, &taking.finds[at])) {
                return false;
            }
            parts->count++;
        }
        at += size;
    }
    return true;
}

enum kp_words_match kp_words_match(const struct kp_word_part *a, const struct kp_word_part *b)
{
    if (strcmp(a->text, b->text) == 0) {
        return KP_WORDS_EQUAL;
    }
    for (size_t i = 0; i < a->class_count; i++) {
        for (size_t j = 0; j < b->class_count; j++) {
            if (a->classes[i] == b->classes[j]) {
                return KP_WORDS_CLASS;
            }
        }
    }
    return KP_WORDS_DIFFER;
}

static bool has_class(const struct kp_word_part *part, uint32_t class)
{
    for (size_t i = 0; i < part->class_count; i++) {
        if (part->classes[i] == class) {
            return true;
        }
    }
    return false;
}

bool kp_words_before(const struct kp_word_part *a, const struct kp_word_part *b,
                     const struct kp_word_part *c)
{
    for (size_t i = 0; i < b->class_count; i++) {
        uint32_t class = b->classes[i];
        if ((class & 0xffff) > 0 && has_class(c, class) && has_class(a, class - 1)) {
            return true;
        }
    }
    return false;
}

/* What the row names first, with its number; false: it doesn't fit. */
static bool first_of(char out[static KP_WORD_MAX], const struct kp_words *words, uint32_t class)
{
    for (size_t i = 0; i < words->count; i++) {
        const struct kp_word *word = &words->words[i];
        if (!word->first || word->row != class >> 16) {
            continue;
        }
        char number[8] = "";
        if (word->kind != KP_WORD_PLAIN) {
            snprintf(number, sizeof(number), "%u", (unsigned)(class & 0xffff));
        }
        char text[2 * KP_WORD_MAX + sizeof(number)];
        int size = snprintf(text, sizeof(text), "%s%s%s", word->head, number, word->tail);
        if (size < (int)KP_WORD_MAX) {
            memcpy(out, text, (size_t)size + 1);
        }
        return size < (int)KP_WORD_MAX;
    }
    return false;
}

/* Of more rows the first by letter: the order of rows isn't in the table's hash. */
void kp_words_first(char out[static KP_WORD_MAX], const struct kp_words *words,
                    const struct kp_word_part *part)
{
    bool any = false;
    memcpy(out, part->text, KP_WORD_MAX);
    for (size_t i = 0; i < part->class_count; i++) {
        char text[KP_WORD_MAX];
        if (first_of(text, words, part->classes[i]) && (!any || strcmp(text, out) < 0)) {
            memcpy(out, text, strlen(text) + 1);
            any = true;
        }
    }
}
