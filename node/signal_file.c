#include "node/signal_file.h"

#include "crypto/secret.h"
#include "node/canonical.h"
#include "node/signal_columns.h"
#include "proto/address.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <string.h>

struct reading {
    const struct kp_signal_file_options *options;
    const struct kp_signal_file_reader *reader;
    struct kp_table *table;
    struct kp_columns columns;
};

/* --- The address ---------------------------------------------------------------------------------
 */

static enum kp_status read_plain(const char *text, size_t field, struct kp_address *address,
                                 struct kp_error *error)
{
    if (!kp_utf8_is_line(text, strlen(text))) {
        return kp_fail(error, KP_REFUSED, "a line end or another control character in it");
    }
    switch (field) {
    case KP_FIELD_POSTCODE:
        return kp_canonical_postcode(address, text, error);
    case KP_FIELD_HOUSE_NUMBER:
        return kp_canonical_house_number(address, text, error);
    case KP_FIELD_HOUSE_LETTER:
        return kp_canonical_house_letter(address, text, error);
    case KP_FIELD_ADDITION:
        return kp_canonical_addition(address, text, error);
    default:
        return KP_OK;
    }
}

static enum kp_status read_address(struct reading *reading, const struct kp_table_row *row,
                                   struct kp_signal *signal, size_t *field, struct kp_error *error)
{
    struct kp_address address = {0};
    enum kp_status status = KP_OK;
    for (size_t i = 0; i < KP_ADDRESS_FIELDS && status == KP_OK; i++) {
        *field = i;
        status = read_plain(kp_columns_get(&reading->columns, row, i), i, &address, error);
    }
    if (status == KP_OK) {
        kp_address_key(signal->address, &address);
    }
    kp_wipe(&address, sizeof(address));
    return status;
}

/* --- Rows ----------------------------------------------------------------------------------------
 */

static enum kp_status hand_on(struct reading *reading, const struct kp_table_row *row,
                              struct kp_error *error)
{
    const struct kp_signal_file_reader *reader = reading->reader;
    struct kp_signal signal = {0};
    struct kp_error reason = {0};
    size_t field = 0;
    if (row->bad != NULL) {
        return reader->bad(reader->context, row->line, row->bad_column, row->bad, error);
    }
    enum kp_status status = read_address(reading, row, &signal, &field, &reason);
    if (status == KP_OK) {
        status = kp_signal_columns_row(&reading->columns, row, &signal, &field, &reason);
    }
    status = status == KP_OK
                 ? reader->row(reader->context, row->line, &signal, error)
                 : reader->bad(reader->context, row->line,
                               kp_columns_name(&reading->columns, reading->table, field),
                               reason.text, error);
    kp_wipe(&signal, sizeof(signal));
    return status;
}

static enum kp_status read_rows(struct reading *reading, struct kp_error *error)
{
    for (;;) {
        const struct kp_table_row *row = NULL;
        enum kp_status status = kp_table_next(reading->table, &row, error);
        if (status == KP_OK && row != NULL) {
            status = hand_on(reading, row, error);
        }
        if (status != KP_OK || row == NULL) {
            return status;
        }
    }
}

enum kp_status kp_signal_file_read(const char *path, const struct kp_signal_file_options *options,
                                   const struct kp_signal_file_reader *reader,
                                   struct kp_error *error)
{
    static const struct kp_signal_file_options none;
    struct reading reading = {.options = options != NULL ? options : &none, .reader = reader};
    enum kp_status status = kp_table_open(&reading.table, path, &reading.options->table, error);
    if (status == KP_OK) {
        status = kp_signal_columns_find(&reading.columns, reading.table, reading.options->columns,
                                        error);
    }
    if (status == KP_OK) {
        status = read_rows(&reading, error);
    }
    if (status == KP_OK && !reading.options->quiet) {
        kp_columns_show(stderr, &reading.columns, reading.table);
    }
    kp_table_close(reading.table);
    return status;
}
