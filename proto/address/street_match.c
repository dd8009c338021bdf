/* Whether two names can be one: all ways to write the registered name, word by word, against what
 * is written. */
#include "proto/address/street.h"
#include "proto/address/street_tokens.h"
#include "proto/address/street_words.h"

#include <string.h>

enum side { NOWHERE, WRITTEN, REGISTERED };

struct match {
    struct kp_street_tokens registered, written;
    bool starts[KP_STREET_SKELETON]; /* a written word starts at this letter */
    uint8_t word_at[KP_STREET_SKELETON];
    enum side missing; /* where titles and initials may be missing */
    /* Word of the register and letter from which the rest is known not to match. */
    bool failed[KP_STREET_WORDS_MAX + 1][KP_STREET_SKELETON];
};

/* A word of the register, and where in the written name it should be. */
struct at {
    const char *word;
    size_t size, registered, written;
    bool last;
};

static bool rest_matches(struct match *match, size_t registered, size_t written);

/* `text` is written there, and the rest matches too. */
static bool reads(struct match *match, const struct at *at, const char *text, size_t size)
{
    return size <= match->written.size - at->written &&
           memcmp(match->written.text + at->written, text, size) == 0 &&
           rest_matches(match, at->registered + 1, at->written + size);
}

static bool reads_with_stem(struct match *match, const struct at *at, size_t stem,
                            const struct kp_street_form *ending)
{
    char text[2 * KP_STREET_SKELETON];
    memcpy(text, at->word, stem);
    memcpy(text + stem, ending->text, ending->size);
    return reads(match, at, text, stem + ending->size);
}

/* A written word of that size starts there. */
static bool is_word(const struct match *match, size_t written, size_t size)
{
    return written < match->written.size && match->starts[written] &&
           kp_street_token_size(&match->written, match->word_at[written]) == size;
}

/* As the form is, so may the row's others be. */
static bool reads_other(struct match *match, const struct at *at, const struct kp_street_word *row,
                        const struct kp_street_form *form, size_t stem)
{
    for (size_t i = 0; i < KP_STREET_FORMS && row->form[i].size > 0; i++) {
        const struct kp_street_form *other = &row->form[i];
        bool free = i == 0 || row->kind == KP_STREET_ENDING;
        if (other != form && (free || is_word(match, at->written, other->size)) &&
            reads_with_stem(match, at, stem, other)) {
            return true;
        }
    }
    return false;
}

/* The word, or its end, is one of the row's: so may the others be. Abbreviations that aren't an
 * ending are words of their own: DROOSTSTRAAT isn't DOCTOR OOSTSTRAAT. */
static bool reads_by_row(struct match *match, const struct at *at, const struct kp_street_word *row)
{
    for (size_t i = 0; i < KP_STREET_FORMS && row->form[i].size > 0; i++) {
        const struct kp_street_form *form = &row->form[i];
        bool whole = kp_street_is_form(at->word, at->size, form);
        bool ending =
            row->kind == KP_STREET_ENDING && kp_street_ends_with(at->word, at->size, form);
        if ((whole || ending) &&
            reads_other(match, at, row, form, whole ? 0 : at->size - form->size)) {
            return true;
        }
    }
    return false;
}

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* The number that the word is one for: "EERSTE" and "1E" 1; 0: none. */
static unsigned ordinal(const char *word, size_t size)
{
    for (size_t i = 0; i < kp_street_word_count; i++) {
        const char *form = kp_street_words[i].form[1].text;
        if (is_digit(form[0]) && kp_street_is_form(word, size, &kp_street_words[i].form[0])) {
            return (unsigned)(form[0] - '0') * (form[1] == '\0' ? 1 : 10) +
                   (form[1] == '\0' ? 0 : (unsigned)(form[1] - '0'));
        }
    }
    return kp_street_ordinal(word, size);
}

/* One side is the initial, or the abbreviation with a stop, of the other's word in front. */
static bool is_initial(const char *word, size_t size, bool stop, const char *of, size_t of_size)
{
    return (size == 1 || stop) && size <= of_size && !is_digit(word[0]) &&
           memcmp(word, of, size) == 0;
}

/* The written word that starts there stands for the register's, as abbreviation or ordinal. An
 * initial in the register is a name's: KLEINE isn't K. */
static bool reads_word(struct match *match, const struct at *at)
{
    if (at->last || at->written >= match->written.size || !match->starts[at->written]) {
        return false;
    }
    size_t i = match->word_at[at->written];
    const char *word = kp_street_token(&match->written, i);
    size_t size = kp_street_token_size(&match->written, i);
    if (i + 1 == match->written.count) {
        return false;
    }
    unsigned number = ordinal(at->word, at->size);
    bool stands_for =
        is_initial(word, size, match->written.stop[i], at->word, at->size) ||
        (!kp_street_is_known(word, size) &&
         is_initial(at->word, at->size, match->registered.stop[at->registered], word, size)) ||
        (number != 0 && number == ordinal(word, size));
    return stands_for && rest_matches(match, at->registered + 1, at->written + size);
}

static bool may_be_missing(const char *word, size_t size)
{
    if (size == 1 && !is_digit(word[0])) {
        return true;
    }
    for (size_t i = 0; i < kp_street_word_count; i++) {
        const struct kp_street_word *row = &kp_street_words[i];
        if (row->kind == KP_STREET_TITLE && kp_street_is_in(word, size, row)) {
            return true;
        }
    }
    return false;
}

static bool matches_without_title(struct match *match, const struct at *at)
{
    if (match->missing == NOWHERE || (match->missing == WRITTEN && at->last)) {
        return false;
    }
    if (match->missing == WRITTEN) {
        return may_be_missing(at->word, at->size) &&
               rest_matches(match, at->registered + 1, at->written);
    }
    if (at->written >= match->written.size || !match->starts[at->written]) {
        return false;
    }
    size_t i = match->word_at[at->written];
    size_t size = kp_street_token_size(&match->written, i);
    return i + 1 < match->written.count &&
           may_be_missing(kp_street_token(&match->written, i), size) &&
           rest_matches(match, at->registered, at->written + size);
}

static bool matches_here(struct match *match, const struct at *at)
{
    if (reads(match, at, at->word, at->size) || reads_word(match, at)) {
        return true;
    }
    for (size_t i = 0; i < kp_street_word_count; i++) {
        if (reads_by_row(match, at, &kp_street_words[i])) {
            return true;
        }
    }
    return matches_without_title(match, at);
}

/* Each pair of a word and a letter is looked at once. */
static bool rest_matches(struct match *match, size_t registered, size_t written)
{
    if (registered == match->registered.count) {
        return written == match->written.size;
    }
    if (match->failed[registered][written]) {
        return false;
    }
    match->failed[registered][written] = true;
    struct at at = {
        .word = kp_street_token(&match->registered, registered),
        .size = kp_street_token_size(&match->registered, registered),
        .registered = registered,
        .written = written,
        .last = registered + 1 == match->registered.count,
    };
    return matches_here(match, &at);
}

static bool same_letters(const char *a, const char *b)
{
    for (;;) {
        while (*a != '\0' && !kp_street_is_letter(*a)) {
            a++;
        }
        while (*b != '\0' && !kp_street_is_letter(*b)) {
            b++;
        }
        if (*a != *b) {
            return false;
        }
        if (*a == '\0') {
            return true;
        }
        a++;
        b++;
    }
}

static bool agrees(const char *written, const char *registered, enum side missing)
{
    struct match match;
    match.missing = missing;
    if (!kp_street_tokens(&match.registered, registered) ||
        !kp_street_tokens(&match.written, written)) {
        return false;
    }
    /* Of the large arrays, what these names need. */
    memset(match.starts, 0, match.written.size + 1);
    for (size_t i = 0; i < match.registered.count; i++) {
        memset(match.failed[i], 0, match.written.size + 1);
    }
    for (size_t i = 0; i < match.written.count; i++) {
        match.starts[match.written.start[i]] = true;
        match.word_at[match.written.start[i]] = (uint8_t)i;
    }
    return rest_matches(&match, 0, 0);
}

bool kp_street_agrees(const char *written, const char *registered)
{
    return same_letters(written, registered) || agrees(written, registered, NOWHERE);
}

bool kp_street_confirms(const char *written, const char *registered)
{
    return kp_street_agrees(written, registered) || agrees(written, registered, WRITTEN) ||
           agrees(written, registered, REGISTERED);
}
