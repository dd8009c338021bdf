/* Names of streets and towns, as they are looked up and compared. No I/O.
 *
 * Every name that goes in is folded (proto/address/fold.h): capitals, no marks. What comes out is
 * made in the same way for a register's names, when its index is built, and for what a partner
 * wrote. Two streets may share a skeleton; kp_street_agrees then decides about each.
 * docs/addresses.md tells the rules and their sources. */
#ifndef KP_PROTO_ADDRESS_STREET_H
#define KP_PROTO_ADDRESS_STREET_H

#include "crypto/status.h"

#include <stdbool.h>
#include <stddef.h>

/* Of the rules below: an index that was made with others isn't read. */
#define KP_STREET_VERSION 3

/* A skeleton, with its NUL. */
#define KP_STREET_SKELETON 256

/* Exact: the letters and digits of the name. Short: the initials of all words but the last, which
 * has its ending as NEN 5825 abbreviates it, so that "BURG. V.D. MEERSTR." and "BURGEMEESTER VAN
 * DER MEERSTRAAT" have one. Returns its length; 0: the name has no letter or digit, or its skeleton
 * is longer than `size`, and it can't be looked up. */
size_t kp_street_skeleton(char *out, size_t size, const char *folded_name, bool short_form);

/* The town's name without a mark of the province, "(GLD)", and other names of it ("DEN HAAG")
 * brought to one. Returns its length, or 0 as above. */
size_t kp_town_skeleton(char *out, size_t size, const char *folded_name);

/* Whether `written` can be a way to write the registered name: letter by letter without spaces and
 * signs, or with words abbreviated in ways that the table knows or that a stop shows. Words that
 * differ, differ: VAN DER isn't VAN DEN. */
KP_MUST_USE bool kp_street_agrees(const char *written, const char *registered);
/* The same, but titles and initials may also be missing on either side. Only for a street beside a
 * postcode, which says itself which street it is. */
KP_MUST_USE bool kp_street_confirms(const char *written, const char *registered);

/* The towns have one skeleton, and no marks of different provinces. A registered town without a
 * mark lies in one all the same, where another town of its name has a mark. */
KP_MUST_USE bool kp_town_agrees(const char *written, const char *registered);
/* The province that a mark behind the name says, as a letter of our own; 0: no mark. */
int kp_town_province(const char *folded_name);

#endif
