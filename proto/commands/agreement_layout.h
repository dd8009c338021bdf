/* Text in 80 columns. A value never reaches the column where labels begin, however long it is or
 * however many spaces it has, so that no value can look like a field of its own. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_LAYOUT_H
#define KP_PROTO_COMMANDS_AGREEMENT_LAYOUT_H

#include "proto/commands/agreement_reading.h"

#include <stdio.h>

/* Prints text from the column where the cursor is; further lines are indented by `indent`. */
void kp_layout_wrap(FILE *out, const char *text, unsigned column, unsigned indent);
void kp_layout_line(FILE *out, const struct kp_line *line, enum kp_language language);
/* A heading with a line under it. */
void kp_layout_heading(FILE *out, const char *label, const char *text, unsigned depth);

#endif
