/* What the readers of proto/table share. Each fills the table's row. */
#ifndef KP_PROTO_TABLE_TABLE_INTERNAL_H
#define KP_PROTO_TABLE_TABLE_INTERNAL_H

#include "proto/table/decode.h"
#include "proto/table/lines.h"
#include "proto/table/table.h"

/* A record may grow threefold when it becomes UTF-8; and each field has its NUL. */
#define KP_TABLE_TEXT_BYTES (3 * KP_CSV_RECORD_MAX + KP_TABLE_COLUMNS_MAX + 16)

struct kp_csv;
struct kp_xlsx;
struct kp_json_lines;

struct kp_table {
    char name[KP_PATH_MAX];
    struct kp_table_options options;
    enum kp_table_kind kind;
    struct kp_lines lines;
    struct kp_decoder decoder;

    struct kp_table_row header;
    char *header_text; /* bulk */
    bool reads[KP_TABLE_COLUMNS_MAX];

    struct kp_table_row row;
    char *text; /* bulk: of the row */
    size_t text_size;
    char reason[160];
    char notice[320];

    struct kp_csv *csv; /* of the kind that it is */
    struct kp_xlsx *xlsx;
    struct kp_json_lines *json;
};

/* Empties the row. */
void kp_table_row_clear(struct kp_table *table);
/* Adds a field, without the spaces around it; false: no room in the row, and count is beyond it
 * when there are too many. */
bool kp_table_row_add(struct kp_table *table, const char *text, size_t size);
/* Sets field `column`; those between are empty. false: no room. */
bool kp_table_row_set(struct kp_table *table, size_t column, const char *text, size_t size);
/* The row becomes the header. */
KP_MUST_USE enum kp_status kp_table_take_header(struct kp_table *table, struct kp_error *error);
/* KP_FAILED, or KP_USAGE for a folder, or KP_REFUSED for what isn't UTF-16, by errno. */
KP_MUST_USE enum kp_status kp_table_io_fail(const struct kp_table *table, struct kp_error *error);
void kp_table_add_notice(struct kp_table *table, const char *text);

/* The readers. `open` reads the header into the row; `next` gives false in *more at the end. */
KP_MUST_USE enum kp_status kp_csv_open(struct kp_table *table, struct kp_error *error);
KP_MUST_USE enum kp_status kp_csv_next(struct kp_table *table, bool *more, struct kp_error *error);
void kp_csv_close(struct kp_table *table);

KP_MUST_USE enum kp_status kp_json_lines_open(struct kp_table *table, struct kp_error *error);
KP_MUST_USE enum kp_status kp_json_lines_next(struct kp_table *table, bool *more,
                                              struct kp_error *error);
void kp_json_lines_close(struct kp_table *table);

KP_MUST_USE enum kp_status kp_xlsx_open(struct kp_table *table, struct kp_error *error);
KP_MUST_USE enum kp_status kp_xlsx_next(struct kp_table *table, bool *more, struct kp_error *error);
void kp_xlsx_close(struct kp_table *table);

#endif
