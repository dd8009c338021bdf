/* The columns of a file of signals, and a row of it made into a signal. */
#ifndef KP_NODE_SIGNAL_COLUMNS_H
#define KP_NODE_SIGNAL_COLUMNS_H

#include "node/signal.h"
#include "proto/error.h"
#include "proto/table/columns.h"

/* Behind the fields of an address. */
enum kp_signal_field {
    KP_FIELD_INDICATOR = KP_ADDRESS_FIELDS,
    KP_FIELD_GROUNDS,
    KP_FIELD_OBSERVED_ON,
    KP_FIELD_PURPOSE,
    KP_FIELD_VALID_UNTIL,
    KP_SIGNAL_FIELDS,
};

/* Reads the header row. Errors as kp_columns_find. */
KP_MUST_USE enum kp_status kp_signal_columns_find(struct kp_columns *columns,
                                                  struct kp_table *table, const char *said,
                                                  struct kp_error *error);

/* All of the signal but its address. KP_REFUSED: a bad row; *field says which. The text never
 * repeats a value. */
KP_MUST_USE enum kp_status kp_signal_columns_row(const struct kp_columns *columns,
                                                 const struct kp_table_row *row,
                                                 struct kp_signal *signal, size_t *field,
                                                 struct kp_error *error);

#endif
