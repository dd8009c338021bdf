/* Words in names of streets, and how they are abbreviated. */
#ifndef KP_PROTO_ADDRESS_STREET_WORDS_H
#define KP_PROTO_ADDRESS_STREET_WORDS_H

#include <stddef.h>
#include <stdint.h>

enum kp_street_word_kind {
    KP_STREET_WORD,   /* a word of its own */
    KP_STREET_TITLE,  /* of a person; left out at times */
    KP_STREET_ENDING, /* the end of a word, or one of its own */
    KP_STREET_SIDE,   /* behind the name */
};

/* The text stands in the table itself, with its size: every word of a name is held against all of
 * them. */
struct kp_street_form {
    uint8_t size; /* 0: no form */
    char text[15];
};

#define KP_STREET_FORMS 7

struct kp_street_word {
    enum kp_street_word_kind kind;
    /* The word; its abbreviations, one at least, the one that stands for all of them first. */
    struct kp_street_form form[KP_STREET_FORMS];
};

extern const struct kp_street_word kp_street_words[];
extern const size_t kp_street_word_count;

#endif
