/* One alphabet for all that is written: what looks the same to a reader becomes the same bytes.
 *
 * Capitals without marks; full-width digits, ligatures and other compatibility forms (NFKC) as the
 * plain ones; all dashes "-", all spaces one " ", all single quotes "'", tabs a space, line ends a
 * comma and a space. Invisible characters (soft hyphens, joiners, byte order marks) go. Fractions,
 * superscripts and numbers in circles are marked, so that "12" with a raised 2 is neither a 122 nor
 * a 12-2. Letters of other alphabets stay. No space at either end. The register's names and
 * partners' texts take the same way. Without memory of its own; plain ASCII doesn't leave this
 * file.
 */
#ifndef KP_PROTO_ADDRESS_FOLD_H
#define KP_PROTO_ADDRESS_FOLD_H

#include "proto/address/verdict.h"

#include <stddef.h>

#define KP_FOLDED_MAX 512 /* bytes, the NUL behind them included; no address is longer */

/* Folds `size` bytes of UTF-8. Returns KP_RULE_NONE; KP_RULE_NOT_TEXT (out is "") for bytes that
 * aren't UTF-8, control characters, and characters that turn the direction of writing; or
 * KP_RULE_TOO_LONG (out is ""). `text` NULL with size 0 gives "". */
enum kp_address_rule kp_fold(char out[static KP_FOLDED_MAX], const char *text, size_t size);

#endif
