/* A free text, taken apart in all ways that it can be read as an address. No I/O.
 *
 * "KERKSTRAAT 1234 HS, AMSTERDAM" can have a postcode, or a house number of four digits; where a
 * street ends and its number begins, or what belongs to a number and what to a town, only the
 * register knows ("LAAN 1940-1945 3"). So nothing is chosen here. Every reading covers the whole
 * text: no word is left out of all parts. */
#ifndef KP_PROTO_ADDRESS_SPELLING_H
#define KP_PROTO_ADDRESS_SPELLING_H

#include "proto/address/fold.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of the folded text; size 0: not there. */
struct kp_span {
    const char *text;
    size_t size;
};
void kp_span_text(char out[static KP_FOLDED_MAX], struct kp_span span);

struct kp_reading {
    uint64_t id;      /* of the register, types 20, 01, 02 and 03 only; 0: none */
    unsigned digits;  /* the postcode's digits where it has no letters: 1000 to 9999; or 0 */
    char postcode[7]; /* "1234AB", or "" */
    struct kp_span street;
    struct kp_span number; /* begins with a digit; with all that stands behind it: "12 A-2". Empty
                              only beside an id */
    struct kp_span town;
};

#define KP_READINGS_MAX 64

struct kp_spelling {
    /* Why the text is no address: holds when there is no reading, or when none exists.
     * KP_RULE_NONE: no reason. */
    enum kp_address_rule refused;
    size_t count;
    struct kp_reading reading[KP_READINGS_MAX];
};

/* What columns beside the text say; the text needs to have it no more. */
struct kp_spelling_known {
    bool postcode, street, town;
};

/* `folded` comes from kp_fold and kp_number_tidy, and must outlive the readings, which point into
 * it. Sets everything that is used of *spelling. With no reading at all `refused` says why:
 * KP_RULE_EMPTY, KP_RULE_NO_NUMBER, KP_RULE_PO_BOX, KP_RULE_ID_TYPE, KP_RULE_SPREADSHEET_ID,
 * KP_RULE_ABROAD, KP_RULE_NEAR, KP_RULE_MANY. */
void kp_spelling_read(struct kp_spelling *spelling, const char *folded,
                      const struct kp_spelling_known *known);

/* The same for columns beside each other, each folded; "" is nothing. KP_RULE_PO_BOX: they are no
 * address. KP_RULE_NEAR: they are none unless the register has one ("12", "TO"). KP_RULE_NONE:
 * nothing is wrong with the words. */
enum kp_address_rule kp_spelling_columns(const char *street, const char *number,
                                         const char *addition);

/* The text is an id of the register: 16 digits, also in groups, or as it stands in the register's
 * own identifiers ("NL.IMBAG.NUMMERAANDUIDING.0363200000000001"). KP_RULE_NONE: *id is one.
 * KP_RULE_ID_TYPE: of something that has no address (*id is it). KP_RULE_SPREADSHEET_ID: it was
 * one, and lost digits. KP_RULE_NO_NUMBER: something else. */
enum kp_address_rule kp_spelling_id(uint64_t *id, const char *folded);

/* Whether the word (letters only, without its stops and slashes) says that something lies beside an
 * address: "TEGENOVER", "NABIJ", "TO". */
bool kp_spelling_is_near(const char *word, size_t size);
/* Such a word stands in the text; those that names have too ("BIJ", "HOEK"): first, or beside a
 * number. */
bool kp_spelling_has_near(const char *folded);

#endif
