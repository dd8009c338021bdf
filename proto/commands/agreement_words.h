/* What a person reads about an agreement, in English and in Dutch. The Dutch words are those that
 * the partners themselves use in their minutes and plans. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_WORDS_H
#define KP_PROTO_COMMANDS_AGREEMENT_WORDS_H

#include "proto/error.h"

#include <stddef.h>
#include <stdint.h>

enum kp_language { KP_LANGUAGE_EN, KP_LANGUAGE_NL, KP_LANGUAGES };

enum kp_word {
#define WORD(name, english, dutch) KP_WORD_##name,
#include "proto/commands/agreement_words.def"
#undef WORD
    KP_WORDS
};

const char *kp_word(enum kp_language language, enum kp_word word);
/* 1 to 12. */
const char *kp_word_month(enum kp_language language, unsigned month);

#define KP_WORD_FILLS 5
/* The word with {1} to {5} replaced; the caller frees. NULL: no memory. */
char *kp_word_fill(enum kp_language language, enum kp_word word,
                   const char *const fills[static KP_WORD_FILLS]);

/* "en" or "nl"; NULL means English. KP_USAGE otherwise. */
KP_MUST_USE enum kp_status kp_language_read(enum kp_language *language, const char *text,
                                            struct kp_error *error);

#endif
