/* The columns of a file of signals: found by the header row, and made into a signal for each row.
 */
#ifndef KP_NODE_SIGNAL_COLUMNS_H
#define KP_NODE_SIGNAL_COLUMNS_H

#include "node/signal.h"
#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>

/* The fields of a header row or a row: each ended by a NUL in `text`, spaces around it gone; those
 * behind the last column not kept. */
struct kp_signal_fields {
    char *text;
    size_t text_size;
    size_t count; /* may be more than KP_CSV_COLUMNS_MAX */
    size_t at[KP_CSV_COLUMNS_MAX];
    size_t size[KP_CSV_COLUMNS_MAX];
    bool not_text; /* NUL or not UTF-8 */
};

enum kp_signal_column {
    KP_SIGNAL_POSTCODE,
    KP_SIGNAL_HOUSE_NUMBER,
    KP_SIGNAL_HOUSE_LETTER,
    KP_SIGNAL_ADDITION,
    KP_SIGNAL_INDICATOR,
    KP_SIGNAL_GROUNDS,
    KP_SIGNAL_OBSERVED_ON,
    KP_SIGNAL_PURPOSE,
    KP_SIGNAL_VALID_UNTIL,
    KP_SIGNAL_COLUMNS,
};

#define KP_SIGNAL_COLUMN_NAME_MAX 32

/* Where the columns stand in a file, and how its header row spells them. Zero-initialise. */
struct kp_signal_columns {
    size_t fields; /* in the header row; 0: not read yet */
    struct {
        bool present;
        size_t index;
        char name[KP_SIGNAL_COLUMN_NAME_MAX];
    } places[KP_SIGNAL_COLUMNS];
};

/* Reads the header row. KP_REFUSED: not a usable one; path is for the text. */
KP_MUST_USE enum kp_status kp_signal_columns_read(struct kp_signal_columns *columns,
                                                  const struct kp_signal_fields *header,
                                                  const char *path, struct kp_error *error);

/* Of a row of more than one line: whether that is so because of more than the text in columns that
 * nobody reads. */
bool kp_signal_columns_split(const struct kp_signal_columns *columns,
                             const struct kp_signal_fields *row);

/* KP_REFUSED: a bad row; *column is the header's name for what is wrong, or NULL. The text never
 * repeats a value. */
KP_MUST_USE enum kp_status kp_signal_columns_row(const struct kp_signal_columns *columns,
                                                 const struct kp_signal_fields *row,
                                                 struct kp_signal *signal, const char **column,
                                                 struct kp_error *error);

#endif
