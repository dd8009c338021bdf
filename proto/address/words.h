/* Words behind a house number that mean the same: "hs", "huis" and "H"; "2 hoog", "II" and "2".
 *
 * A table is a file of rows (docs/addresses.md describes its form; proto/address/words.txt is the
 * one that is built in, and its example). A row is a class: what is written as one of its words is
 * tried as each of the others, after the register was asked for what is written itself. Rows don't
 * chain: a word in two rows doesn't make these one. */
#ifndef KP_PROTO_ADDRESS_WORDS_H
#define KP_PROTO_ADDRESS_WORDS_H

#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_WORDS_HASH 32

struct kp_words;

/* Reads a table; path NULL: the one that is built in. The caller closes it. KP_REFUSED: not a table
 * (says line and reason), KP_FAILED: can't be read. Blocks on the file. */
KP_MUST_USE enum kp_status kp_words_open(struct kp_words **out, const char *path,
                                         struct kp_error *error);
/* The same from memory; `name` is for texts. */
KP_MUST_USE enum kp_status kp_words_parse(struct kp_words **out, const char *text, size_t size,
                                          const char *name, struct kp_error *error);
/* NULL-safe. */
void kp_words_close(struct kp_words *words);
/* Over the table's meaning: comments, spaces, the order of rows, and that of the words behind a
 * row's first don't count. */
void kp_words_hash(uint8_t hash[static KP_WORDS_HASH], const struct kp_words *words);
size_t kp_words_rows(const struct kp_words *words);
/* The file of the table that is built in, for who wants to extend it. */
void kp_words_text(const char **text, size_t *size);

bool kp_words_have_towns(const struct kp_words *words);
/* Which rows hold: those of everywhere, and of the town whose name (folded) this is. For `scope`
 * below; 0: the town has none of its own. */
size_t kp_words_town(const struct kp_words *words, const char *town);

/* What stands behind a number, taken apart into words. */
#define KP_WORDS_PARTS 12
#define KP_WORD_MAX 32
#define KP_WORD_CLASSES 8
struct kp_word_part {
    char text[KP_WORD_MAX]; /* capitals and digits; a number without leading zeros */
    bool letter;            /* one letter */
    size_t class_count;
    uint32_t classes[KP_WORD_CLASSES]; /* rows that it stands in, each with its number */
};
struct kp_word_parts {
    size_t count;
    struct kp_word_part part[KP_WORDS_PARTS];
};
/* Takes `text` (folded) apart into words of the table, numbers and single letters: as few as there
 * can be, the first as long as possible. Separators count for nothing but between two digits.
 * false: something else than letters, digits and separators; too long for any addition; or a word
 * that stands in more than KP_WORD_CLASSES rows. */
bool kp_words_split(struct kp_word_parts *parts, const struct kp_words *words, size_t scope,
                    const char *text);
/* What two parts have in common: the same text, or a row. */
enum kp_words_match { KP_WORDS_DIFFER, KP_WORDS_EQUAL, KP_WORDS_CLASS };
enum kp_words_match kp_words_match(const struct kp_word_part *a, const struct kp_word_part *b);
/* Whether `a` can be the number before one that both `b` and `c` are: "IV" before "V" and "5". */
bool kp_words_before(const struct kp_word_part *a, const struct kp_word_part *b,
                     const struct kp_word_part *c);

/* What the table names first in the part's row, of more rows the first by letter: "2" for "2HOOG";
 * the part itself when it is in none. */
void kp_words_first(char out[static KP_WORD_MAX], const struct kp_words *words,
                    const struct kp_word_part *part);

/* Letters and digits of `text` without the separators: what is the same to the register. Spaces,
 * dashes, points, slashes, commas, underscores and round brackets separate. */
enum kp_bare {
    KP_BARE,        /* out is it */
    KP_BARE_JOINED, /* out is it, but two digits stand beside each other that didn't */
    KP_BARE_NOT,    /* something else is in it, or it doesn't fit */
};
enum kp_bare kp_words_bare(char *out, size_t size, const char *text);

#endif
