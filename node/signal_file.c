#include "node/signal_file.h"

#include "crypto/secret.h"
#include "node/signal_columns.h"
#include "proto/address/resolve.h"
#include "proto/table/put_aside.h"

#include <stdio.h>
#include <string.h>

struct reading {
    const struct kp_signal_file_options *options;
    const struct kp_signal_file_reader *reader;
    struct kp_table *table;
    struct kp_columns columns;
    struct kp_resolver *resolver; /* the options', or own */
    struct kp_resolver *own;      /* without a register, by the built-in words */
    struct kp_words *words;
};

/* --- The address ---------------------------------------------------------------------------------
 */

/* The column that a rule is about. */
static size_t field_of(enum kp_address_rule rule)
{
    switch (rule) {
    case KP_RULE_BAD_POSTCODE:
    case KP_RULE_NO_POSTCODE:
        return KP_FIELD_POSTCODE;
    case KP_RULE_NO_NUMBER:
    case KP_RULE_BAD_NUMBER:
    case KP_RULE_SPREADSHEET_DATE:
        return KP_FIELD_HOUSE_NUMBER;
    case KP_RULE_TEXT_FORM:
        return KP_FIELD_ADDITION;
    case KP_RULE_ID_TYPE:
    case KP_RULE_SPREADSHEET_ID:
    case KP_RULE_WITHDRAWN:
        return KP_FIELD_ID;
    case KP_RULE_NO_STREET:
        return KP_FIELD_STREET;
    case KP_RULE_NO_TOWN:
        return KP_FIELD_TOWN;
    default:
        return KP_FIELD_ADDRESS;
    }
}

static void say_why(struct kp_error *reason, const struct kp_address_result *result)
{
    char candidates[48] = "";
    if (result->candidate_count > 0) {
        (void)snprintf(candidates, sizeof(candidates), "; %zu candidate%s", result->candidate_count,
                       result->candidate_count > 1 ? "s" : "");
    }
    (void)kp_fail(reason, KP_REFUSED, "%s (%s): %s%s", kp_address_verdict_name(result->verdict),
                  kp_address_rule_name(result->rule),
                  kp_address_rule_text(result->verdict, result->rule), candidates);
}

/* KP_REFUSED: `reason` and *field say why the row has no key. KP_FAILED: our own failure. */
static enum kp_status read_address(struct reading *reading, const struct kp_table_row *row,
                                   struct kp_signal *signal, size_t *field, struct kp_error *reason,
                                   struct kp_error *error)
{
    struct kp_address_input input;
    struct kp_address_result result = {0};
    kp_columns_address(&input, &reading->columns, row);
    enum kp_status status = kp_address_resolve(reading->resolver, &input, &result, NULL, error);
    if (status == KP_OK && result.verdict == KP_ADDRESS_RESOLVED) {
        memcpy(signal->address, result.key, sizeof(signal->address));
    } else if (status == KP_OK) {
        *field = field_of(result.rule);
        say_why(reason, &result);
        status =
            reading->options->aside == NULL
                ? KP_OK
                : kp_put_aside_row(reading->options->aside, reading->table, row, &result, error);
        status = status == KP_OK ? KP_REFUSED : KP_FAILED;
    } else {
        status = KP_FAILED;
    }
    kp_wipe(&result, sizeof(result));
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
    enum kp_status status = read_address(reading, row, &signal, &field, &reason, error);
    if (status == KP_FAILED) {
        return status;
    }
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

static enum kp_status find_resolver(struct reading *reading, struct kp_error *error)
{
    reading->resolver = reading->options->resolver;
    if (reading->resolver != NULL) {
        return KP_OK;
    }
    enum kp_status status = kp_words_open(&reading->words, NULL, error);
    if (status == KP_OK) {
        status = kp_resolver_new(&reading->own, NULL, reading->words, error);
    }
    reading->resolver = reading->own;
    return status;
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
    if (status == KP_OK && !reading.options->quiet) {
        kp_columns_show(stderr, &reading.columns, reading.table);
    }
    if (status == KP_OK) {
        status = find_resolver(&reading, error);
    }
    if (status == KP_OK) {
        status = read_rows(&reading, error);
    }
    if (status == KP_OK && !reading.options->quiet) {
        kp_columns_notice(stderr, reading.table);
    }
    kp_resolver_free(reading.own);
    kp_words_close(reading.words);
    kp_table_close(reading.table);
    return status;
}
