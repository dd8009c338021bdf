/* A folded name as words. Inside street.c, street_match.c and town.c only. */
#ifndef KP_PROTO_ADDRESS_STREET_TOKENS_H
#define KP_PROTO_ADDRESS_STREET_TOKENS_H

#include "proto/address/street.h"
#include "proto/address/street_words.h"

#include <stdint.h>
#include <string.h>

#define KP_STREET_WORDS_MAX 32

struct kp_street_tokens {
    char text[KP_STREET_SKELETON]; /* letters and digits of all words, joined; IJ as Y */
    size_t size;
    size_t count;
    uint16_t start[KP_STREET_WORDS_MAX + 1]; /* of each word; the last is `size` */
    bool stop[KP_STREET_WORDS_MAX];          /* "." stands behind it */
};

/* False: nothing in it, too many words, or too long. "VD" becomes V and D, "JP" in front J and P.
 */
KP_MUST_USE bool kp_street_tokens(struct kp_street_tokens *tokens, const char *folded_name);

static inline const char *kp_street_token(const struct kp_street_tokens *tokens, size_t i)
{
    return tokens->text + tokens->start[i];
}

static inline size_t kp_street_token_size(const struct kp_street_tokens *tokens, size_t i)
{
    return (size_t)(tokens->start[i + 1] - tokens->start[i]);
}

/* Letters and digits; bytes of other letters than A to Z count as such. */
static inline bool kp_street_is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') || (byte & 0x80) != 0;
}

/* The word is `other`. The first letter tells most apart. */
static inline bool kp_street_is(const char *word, size_t size, const char *other)
{
    return size > 0 && word[0] == other[0] && strncmp(word, other, size) == 0 &&
           other[size] == '\0';
}

static inline bool kp_street_is_form(const char *word, size_t size,
                                     const struct kp_street_form *form)
{
    return size == form->size && word[0] == form->text[0] && memcmp(word, form->text, size) == 0;
}

/* The word is one of the row's. */
static inline bool kp_street_is_in(const char *word, size_t size, const struct kp_street_word *row)
{
    for (size_t i = 0; i < KP_STREET_FORMS && row->form[i].size > 0; i++) {
        if (kp_street_is_form(word, size, &row->form[i])) {
            return true;
        }
    }
    return false;
}

/* Whether the word ends with the form and something stands before it. */
static inline bool kp_street_ends_with(const char *word, size_t size,
                                       const struct kp_street_form *form)
{
    return size >= form->size + 2u && word[size - 1] == form->text[form->size - 1] &&
           memcmp(word + size - form->size, form->text, form->size) == 0;
}

/* A word of the table, or one of its abbreviations: no name of a person. */
bool kp_street_is_known(const char *word, size_t size);

/* "1E", "1STE", "2DE": its number; 0: none. */
unsigned kp_street_ordinal(const char *word, size_t size);

#endif
