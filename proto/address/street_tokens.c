#include "proto/address/street_tokens.h"

#include <string.h>

static bool is_one_of(const char *word, size_t size, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (kp_street_is(word, size, list[i])) {
            return true;
        }
    }
    return false;
}

bool kp_street_is_known(const char *word, size_t size)
{
    for (size_t i = 0; i < kp_street_word_count; i++) {
        if (kp_street_is_in(word, size, &kp_street_words[i])) {
            return true;
        }
    }
    return false;
}

/* How many parts of one letter, or VAN and an article, the word in front is: "JP" 2. */
static size_t joined_parts(const char *word, size_t size)
{
    static const char *const articles[] = {"VD", "VDE", "VDN", "VDR"};
    static const char *const whole[] = {"VANDE", "VANDEN", "VANDER"};
    if (is_one_of(word, size, articles, sizeof(articles) / sizeof(articles[0])) ||
        is_one_of(word, size, whole, sizeof(whole) / sizeof(whole[0]))) {
        return 2;
    }
    if (size < 2 || size > 3) {
        return 1;
    }
    for (size_t i = 0; i < size; i++) {
        if (word[i] < 'A' || word[i] > 'Z' || strchr("AEIOUY", word[i]) != NULL) {
            return 1;
        }
    }
    return kp_street_is_known(word, size) ? 1 : size;
}

static bool add(struct kp_street_tokens *tokens, const char *word, size_t size)
{
    if (tokens->count == KP_STREET_WORDS_MAX || size >= sizeof(tokens->text) - tokens->size) {
        return false;
    }
    tokens->start[tokens->count] = (uint16_t)tokens->size;
    tokens->stop[tokens->count++] = false;
    for (size_t i = 0; i < size; i++) {
        bool ij = word[i] == 'I' && i + 1 < size && word[i + 1] == 'J';
        tokens->text[tokens->size++] = ij ? 'Y' : word[i];
        i += ij ? 1 : 0;
    }
    return true;
}

static bool add_word(struct kp_street_tokens *tokens, const char *word, size_t size, bool last)
{
    size_t parts = last ? 1 : joined_parts(word, size);
    if (parts == 1) {
        return add(tokens, word, size);
    }
    size_t first = parts == 2 && size > 3 ? 3 : 1; /* VAN + DER */
    for (size_t i = 0, at = 0; i < parts; i++) {
        size_t part = i + 1 == parts ? size - at : first;
        if (!add(tokens, word + at, part)) {
            return false;
        }
        at += part;
    }
    return true;
}

/* The next word at or behind `at`: where it begins, and its size; 0: no more. "&" is EN. */
static size_t next_word(const char **at)
{
    while (**at != '\0' && **at != '&' && !kp_street_is_letter(**at)) {
        (*at)++;
    }
    size_t size = 0;
    while (kp_street_is_letter((*at)[size])) {
        size++;
    }
    return size == 0 && **at == '&' ? 1 : size;
}

/* "N.Z.", "O/Z": two letters that are one word. Its size in the text, or 0. */
static size_t side_in_letters(const char *word, size_t size)
{
    bool sign = size == 1 && (word[1] == '.' || word[1] == '/');
    return sign && strchr("NOZW", word[0]) != NULL && word[2] == 'Z' &&
                   !kp_street_is_letter(word[3])
               ? 3
               : 0;
}

bool kp_street_tokens(struct kp_street_tokens *tokens, const char *folded_name)
{
    tokens->size = 0;
    tokens->count = 0;
    const char *at = folded_name;
    size_t size = next_word(&at);
    while (size != 0) {
        size_t side = side_in_letters(at, size);
        const char letters[] = {at[0], 'Z'};
        size = side != 0 ? side : size;
        const char *next = at + size;
        size_t next_size = next_word(&next);
        bool good = side != 0    ? add(tokens, letters, 2)
                    : *at == '&' ? add(tokens, "EN", 2)
                                 : add_word(tokens, at, size, next_size == 0);
        if (!good) {
            return false;
        }
        tokens->stop[tokens->count - 1] = at[size] == '.';
        at = next;
        size = next_size;
    }
    tokens->start[tokens->count] = (uint16_t)tokens->size;
    tokens->text[tokens->size] = '\0';
    return tokens->count > 0;
}

unsigned kp_street_ordinal(const char *word, size_t size)
{
    static const char *const ends[] = {"E", "DE", "STE"};
    unsigned number = 0;
    size_t digits = 0;
    while (digits < size && digits < 2 && word[digits] >= '0' && word[digits] <= '9') {
        number = number * 10 + (unsigned)(word[digits++] - '0');
    }
    return digits > 0 && is_one_of(word + digits, size - digits, ends, 3) ? number : 0;
}
