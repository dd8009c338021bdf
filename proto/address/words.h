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
/* Over the table's meaning: comments, spaces, and the order of rows and words don't count. */
void kp_words_hash(uint8_t hash[static KP_WORDS_HASH], const struct kp_words *words);
size_t kp_words_rows(const struct kp_words *words);

/* What stands behind a number, taken apart into words. */
#define KP_WORDS_PARTS 16
struct kp_word_part {
    char text[32]; /* capitals and digits; a number without leading zeros */
    bool letter;   /* one letter, and nothing else stands beside it */
};
struct kp_word_parts {
    size_t count;
    struct kp_word_part part[KP_WORDS_PARTS];
};
/* Takes `text` (folded) apart: as few parts as the words of the table for `town` (folded; NULL or
 * "": everywhere) allow. false: too long or something else than letters, digits and separators. */
bool kp_words_split(struct kp_word_parts *parts, const struct kp_words *words, const char *town,
                    const char *text);
/* Whether two parts are the same or stand in one row. */
bool kp_words_same(const struct kp_words *words, const char *town, const struct kp_word_part *a,
                   const struct kp_word_part *b);

#endif
