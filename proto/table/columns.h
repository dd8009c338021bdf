/* Which column of a table is which field: as somebody says ("postcode=PC6,house_number=\"Huis
 * nr\""), by the names that are ours, or by names that are familiar. Nothing is guessed where more
 * than one column fits. */
#ifndef KP_PROTO_TABLE_COLUMNS_H
#define KP_PROTO_TABLE_COLUMNS_H

#include "proto/address/resolve.h"
#include "proto/error.h"
#include "proto/table/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define KP_COLUMN_FIELDS_MAX 24

struct kp_column_field {
    const char *name;            /* in --columns and [columns] */
    const char *english, *dutch; /* a header's, in any case; maybe the same */
    const char *const *familiar; /* small letters and digits only, NULL-terminated; or NULL */
    bool required;
};

/* The first fields of any table of addresses, in this order. */
enum kp_address_field {
    KP_FIELD_ADDRESS, /* free text */
    KP_FIELD_ID,
    KP_FIELD_POSTCODE,
    KP_FIELD_HOUSE_NUMBER,
    KP_FIELD_HOUSE_LETTER,
    KP_FIELD_ADDITION,
    KP_FIELD_STREET,
    KP_FIELD_TOWN,
    KP_ADDRESS_FIELDS,
};
extern const struct kp_column_field kp_address_fields[KP_ADDRESS_FIELDS];

struct kp_columns {
    const struct kp_column_field *fields; /* the address's, and maybe more behind them */
    size_t count;
    struct {
        bool present;
        bool said, guessed; /* by the user; because it is familiar */
        size_t index;
    } places[KP_COLUMN_FIELDS_MAX];
    bool any_guessed;
};

/* `said` may be NULL: NAME=COLUMN, comma-separated, with '"' around what has a comma in it;
 * "NAME=" is a field that isn't there, whatever the header has. Tells the table which columns are
 * read. KP_USAGE: what was said is wrong; KP_REFUSED: a field isn't there or is there twice, or no
 * address can be made of what is there. */
KP_MUST_USE enum kp_status kp_columns_find(struct kp_columns *columns,
                                           const struct kp_column_field *fields, size_t count,
                                           struct kp_table *table, const char *said,
                                           struct kp_error *error);

/* The row's field, or "" when there is no such column. */
const char *kp_columns_get(const struct kp_columns *columns, const struct kp_table_row *row,
                           size_t field);
/* The header's name for it, or NULL. */
const char *kp_columns_name(const struct kp_columns *columns, const struct kp_table *table,
                            size_t field);
/* All that a row says about its address. */
void kp_columns_address(struct kp_address_input *input, const struct kp_columns *columns,
                        const struct kp_table_row *row);
/* "FILE: read as: postcode = \"PC6\", ...\n" when something was guessed: before rows are taken. */
void kp_columns_show(FILE *out, const struct kp_columns *columns, const struct kp_table *table);
/* "FILE: not UTF-8: read as Windows-1252\n", if there is such: behind the rows, which may bring it.
 */
void kp_columns_notice(FILE *out, const struct kp_table *table);

#endif
