#include "proto/commands/agreement_words.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[KP_WORDS][KP_LANGUAGES] = {
#define WORD(name, english, dutch) {english, dutch},
#include "proto/commands/agreement_words.def"
#undef WORD
};

static const char *const months[12][KP_LANGUAGES] = {
    {"January", "januari"}, {"February", "februari"}, {"March", "maart"},
    {"April", "april"},     {"May", "mei"},           {"June", "juni"},
    {"July", "juli"},       {"August", "augustus"},   {"September", "september"},
    {"October", "oktober"}, {"November", "november"}, {"December", "december"},
};

const char *kp_word(enum kp_language language, enum kp_word word)
{
    return words[word][language];
}

const char *kp_word_month(enum kp_language language, unsigned month)
{
    return months[(month + 11) % 12][language];
}

/* What stands at `at`: the number of a fill, or 0. */
static size_t fill_at(const char *at)
{
    bool is_fill = at[0] == '{' && at[1] >= '1' && at[1] <= '0' + KP_WORD_FILLS && at[2] == '}';
    return is_fill ? (size_t)(at[1] - '0') : 0;
}

char *kp_word_fill(enum kp_language language, enum kp_word word,
                   const char *const fills[static KP_WORD_FILLS])
{
    const char *template = kp_word(language, word);
    size_t size = strlen(template) + 1;
    for (const char *at = template; *at != '\0'; at++) {
        size_t number = fill_at(at);
        size += number > 0 && fills[number - 1] != NULL ? strlen(fills[number - 1]) : 0;
    }
    char *text = calloc(size, 1);
    for (char *to = text; to != NULL && *template != '\0';) {
        size_t number = fill_at(template);
        if (number == 0) {
            *to++ = *template ++;
            continue;
        }
        const char *fill = fills[number - 1] != NULL ? fills[number - 1] : "";
        size_t length = strlen(fill);
        memcpy(to, fill, length);
        to += length;
        template += 3;
    }
    return text;
}

enum kp_status kp_language_read(enum kp_language *language, const char *text,
                                struct kp_error *error)
{
    *language = text != NULL && strcmp(text, "nl") == 0 ? KP_LANGUAGE_NL : KP_LANGUAGE_EN;
    if (text == NULL || strcmp(text, "nl") == 0 || strcmp(text, "en") == 0) {
        return KP_OK;
    }
    return kp_fail(error, KP_USAGE, "--language is en or nl");
}
