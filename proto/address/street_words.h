/* Words in names of streets, and how they are abbreviated. */
#ifndef KP_PROTO_ADDRESS_STREET_WORDS_H
#define KP_PROTO_ADDRESS_STREET_WORDS_H

#include <stddef.h>

enum kp_street_word_kind {
    KP_STREET_WORD,   /* a word of its own */
    KP_STREET_TITLE,  /* of a person; left out at times */
    KP_STREET_ENDING, /* the end of a word, or one of its own */
    KP_STREET_SIDE,   /* behind the name */
};

struct kp_street_word {
    enum kp_street_word_kind kind;
    const char *word;
    const char *forms[6]; /* abbreviations, the one that stands for all of them first; then NULL */
};

extern const struct kp_street_word kp_street_words[];
extern const size_t kp_street_word_count;

#endif
