/* Rows of named fields out of a partner's file: CSV, Excel's xlsx or JSON lines, in any encoding.
 *
 *   CSV    a header row; ',' ';' tab or '|' (found in the header row); quoted fields; CRLF or LF. A
 *          quote that is never closed makes only the record it stands in bad: a record that goes on
 *          over several lines and is unclosed, misquoted or too long, has a line end in a column
 *          that is read, or another number of fields than the header, is given up after its first
 *          line, and the reading goes on at the next.
 *   xlsx   one sheet, its first row that isn't empty is the header. Numbers and dates come as text:
 *          12, 1234.5, 2026-02-12; what a formula gave when the file was saved.
 *   JSON   one flat object a line; the header is all keys of the lines at the front of the file.
 *
 * Encodings of CSV and JSON: UTF-16 by its mark; else the first line that isn't ASCII decides
 * between UTF-8 and Windows-1252, and a line that is of the other kind then is bad.
 *
 * Bounded memory, whatever the file: what is too long is a bad row, what is no table is refused.
 * Rows stand in memory of crypto/secret.h's bulk kind. Reading blocks; one thread at a time. */
#ifndef KP_PROTO_TABLE_TABLE_H
#define KP_PROTO_TABLE_TABLE_H

#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_table_kind { KP_TABLE_AUTO, KP_TABLE_CSV, KP_TABLE_XLSX, KP_TABLE_JSON_LINES };

enum kp_encoding {
    KP_ENCODING_AUTO,
    KP_ENCODING_UTF_8,
    KP_ENCODING_WINDOWS_1252,
    KP_ENCODING_LATIN_1,
    KP_ENCODING_UTF_16, /* little-endian without a mark */
};

/* Zero: everything is found out. */
struct kp_table_options {
    enum kp_table_kind kind;
    enum kp_encoding encoding;
    char delimiter;    /* of CSV; 0: found in the header row */
    const char *sheet; /* of xlsx; NULL: the first that isn't hidden */
};

/* Of the words of a command line, each of which may be NULL: auto, csv, xlsx, json; auto, utf-8,
 * windows-1252, latin-1, utf-16; auto, comma, semicolon, tab, bar or one of these characters.
 * KP_USAGE: another word. sheet is kept, not copied. */
KP_MUST_USE enum kp_status kp_table_options_read(struct kp_table_options *options,
                                                 const char *format, const char *encoding,
                                                 const char *delimiter, const char *sheet,
                                                 struct kp_error *error);

/* The header row, or a row. Fields are UTF-8 without NUL, each ended by one, with the spaces around
 * them gone; maybe empty. They are good until the next call. */
struct kp_table_row {
    uint64_t line;          /* where it begins, from 1; of a sheet: the row's number */
    const char *bad;        /* why it can't be used, or NULL; never repeats a value */
    const char *bad_column; /* the header's name for where, or NULL: the whole row */
    size_t count;           /* as many as the header has, unless it is bad */
    const char *field[KP_TABLE_COLUMNS_MAX];
};

struct kp_table;

/* Opens a file (path "-": standard input, of which a workbook is kept in memory) and reads its
 * header. KP_USAGE: can't be opened; KP_REFUSED: no table, with the reason. *out is NULL unless
 * KP_OK. */
KP_MUST_USE enum kp_status kp_table_open(struct kp_table **out, const char *path,
                                         const struct kp_table_options *options,
                                         struct kp_error *error);
/* NULL is allowed. Wipes what was read. */
void kp_table_close(struct kp_table *table);

/* As it is called in texts: the path, or "standard input". */
const char *kp_table_name(const struct kp_table *table);
const struct kp_table_row *kp_table_header(const struct kp_table *table);
enum kp_table_kind kp_table_kind(const struct kp_table *table);

/* Somebody reads this column: what is wrong in another isn't held against a row. */
void kp_table_reads(struct kp_table *table, size_t column);

/* The next row, good or bad, but no blank one; *row is NULL at the end. KP_REFUSED: the rest of the
 * file can't be read (a broken workbook); KP_FAILED: our own failure. */
KP_MUST_USE enum kp_status kp_table_next(struct kp_table *table, const struct kp_table_row **row,
                                         struct kp_error *error);

/* What a person must know about how it is read ("not UTF-8: read as Windows-1252"), or NULL. May
 * come up with any row. */
const char *kp_table_notice(const struct kp_table *table);

#endif
