/* The text form of an address: what can be made of it without a register. Best effort, always the
 * same for the same text; what the columns of an older version took keeps its key. No I/O. */
#ifndef KP_PROTO_ADDRESS_PLAIN_H
#define KP_PROTO_ADDRESS_PLAIN_H

#include "proto/address.h"
#include "proto/address/fold.h"
#include "proto/address/words.h"

#include <stdbool.h>

/* What stands behind a house number, folded; "" where there is nothing. */
struct kp_plain_rest {
    const char *rest; /* of the number's own field */
    const char *letter;
    const char *addition;
};

/* Sets house_letter and addition: those of columns of their own as they are, when they fit; else a
 * letter, a letter with digits behind it, up to four letters and digits, or words by what the table
 * names first. KP_RULE_TEXT, or KP_RULE_TEXT_FORM: doesn't fit. */
enum kp_address_rule kp_plain_rest(struct kp_address *address, const struct kp_plain_rest *rest,
                                   const struct kp_words *words);
/* Whether what stands behind a number in a free text can belong to it, and not to a town: a letter,
 * a number, words of the table, or two of these that aren't both letters. */
bool kp_plain_belongs(const char *rest, const struct kp_words *words);

#endif
