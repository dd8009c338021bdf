/* A table of words while it is used: for words.c, which reads it, and word_parts.c, which takes
 * texts apart with it. */
#ifndef KP_PROTO_ADDRESS_WORDS_INTERNAL_H
#define KP_PROTO_ADDRESS_WORDS_INTERNAL_H

#include "proto/address/fold.h"
#include "proto/address/street.h"
#include "proto/address/words.h"

#define KP_WORDS_CHARACTERS 36

enum kp_word_kind {
    KP_WORD_PLAIN,
    KP_WORD_NUMBER, /* {n} stands between head and tail */
    KP_WORD_ANY,    /* {any} does */
};

struct kp_word {
    enum kp_word_kind kind;
    char head[KP_WORD_MAX];
    char tail[KP_WORD_MAX];
    size_t head_size;
    size_t tail_size;
    uint32_t row;
    size_t town; /* 0: everywhere */
    bool first;  /* of its row, as the file has it */
};

struct kp_words {
    struct kp_word *words;
    size_t count;
    size_t capacity;
    uint32_t rows;
    char (*towns)[KP_STREET_SKELETON]; /* [0] is everywhere */
    size_t town_count;
    uint8_t hash[KP_WORDS_HASH];
    /* Which words can begin with a character, in the table's order: order[from[c]] up to, and
     * without, order[from[c + 1]]. A number can begin with any. */
    uint16_t *order;
    size_t from[KP_WORDS_CHARACTERS + 1];
};

/* Letters and digits, from 0. */
static inline size_t kp_words_character(char byte)
{
    return byte >= 'A' ? (size_t)(byte - 'A') : (size_t)(26 + byte - '0');
}

/* Fills in the order; once, when all words stand where they stay. false: no memory. */
bool kp_words_make_order(struct kp_words *words);

/* Fills in the hash; once, when all rows are there. false: no memory. */
bool kp_words_make_hash(struct kp_words *words);

#endif
