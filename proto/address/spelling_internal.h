/* Inside spelling.c and spelling_words.c only. */
#ifndef KP_PROTO_ADDRESS_SPELLING_INTERNAL_H
#define KP_PROTO_ADDRESS_SPELLING_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

bool kp_spelling_has_po_box(const char *folded);
/* Ends with another country's name, or has a postcode of one. */
bool kp_spelling_is_abroad(const char *folded);
size_t kp_spelling_without_country(const char *folded, bool *is_town_too);

#endif
