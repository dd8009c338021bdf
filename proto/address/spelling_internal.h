/* Inside spelling.c, spelling_holes.c and spelling_words.c only. */
#ifndef KP_PROTO_ADDRESS_SPELLING_INTERNAL_H
#define KP_PROTO_ADDRESS_SPELLING_INTERNAL_H

#include "proto/address/spelling.h"

/* A word without its stops and slashes: "T.O." TO. */
struct kp_spelling_word {
    char text[24]; /* not terminated: `size` */
    uint8_t size;
    bool digit; /* begins with a digit */
    bool comma; /* stands before it */
    bool sign;  /* stands in it */
};

/* The words of a text, up to one that is only signs: from `count` on they are empty. */
#define KP_SPELLING_WORDS (KP_FOLDED_MAX / 2 + 2)
struct kp_spelling_words {
    size_t count;
    struct kp_spelling_word word[KP_SPELLING_WORDS];
};
void kp_spelling_split(struct kp_spelling_words *words, const char *folded);

bool kp_spelling_po_box_in(const struct kp_spelling_words *words);
bool kp_spelling_near_in(const struct kp_spelling_words *words);
/* Ends with another country's name, or has a postcode of one. */
bool kp_spelling_is_abroad(const struct kp_spelling_words *words, const char *folded);
size_t kp_spelling_without_country(const char *folded, bool *twice);

/* ---- spelling_holes.c: postcodes and ids in a text ---- */

static inline bool kp_spelling_is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Of the alphabet or another one. */
static inline bool kp_spelling_is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte & 0x80) != 0;
}

static inline bool kp_spelling_is_separator(char byte)
{
    return byte == ',' || byte == ';' || byte == '|';
}

/* A stretch of the text that is something by itself, a postcode or an id; empty: none is. */
struct kp_spelling_hole {
    size_t from, to;
    struct kp_reading has; /* id, digits or postcode */
};
/* What can be a postcode there, without its letters if `digits`. */
bool kp_spelling_hole_at(struct kp_spelling_hole *hole, const char *text, size_t at, bool digits);
/* A postcode stands somewhere in it, at the front of a word. */
bool kp_spelling_has_postcode(const char *text, size_t from, size_t to);
/* Where an id begins in the stretch; its end: there is none. */
size_t kp_spelling_find_id(const char *text, size_t begin, size_t end, uint64_t *id);

#endif
