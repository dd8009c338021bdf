/* A workbook: parts of a zip archive (libarchive), each XML (xml.h). Nothing of it becomes a path
 * on disk. Each part is looked for from the archive's front, so it doesn't matter how they are
 * ordered.
 */
#ifndef KP_PROTO_TABLE_XLSX_INTERNAL_H
#define KP_PROTO_TABLE_XLSX_INTERNAL_H

#include "proto/table/table_internal.h"
#include "proto/table/xml.h"

#include <archive.h>

#define KP_XLSX_NAME 256 /* bytes of a part's name, and of a sheet's */

/* A part while it is read. */
struct kp_part {
    struct archive *archive;
    struct kp_xml *xml;
    uint64_t size; /* unpacked so far */
    bool last;     /* no more comes */
    bool paused;
};

/* Texts that cells share, one behind another in blocks. */
struct kp_shared_strings {
    char **blocks; /* each bulk */
    size_t block_count;
    size_t block_used; /* of the last */
    const char **texts;
    size_t count;
    size_t room;
    uint64_t bytes;
    char *text; /* bulk: of the one that is read now */
    size_t text_size;
    bool inside, phonetic, too_long;
};

/* Where the parts are. */
struct kp_workbook {
    char part[KP_XLSX_NAME];                                               /* the workbook's own */
    char sheet[KP_XLSX_NAME], strings[KP_XLSX_NAME], styles[KP_XLSX_NAME]; /* "": there is none */
    char sheet_id[KP_XLSX_NAME];                                           /* of the relation */
    char sheet_name[KP_XLSX_NAME];
    size_t sheets;
    bool from_1904;
};

/* Which formats of cells are dates. */
struct kp_formats {
    uint8_t custom[65536 / 8], custom_date[65536 / 8]; /* by number: given in the file; a date */
    bool *date;                                        /* by style */
    size_t count;
    bool inside; /* the list of styles */
};

/* The cell that is read now. */
struct kp_cell {
    size_t column;
    char type; /* 'n', 's'hared, 'i'nline, 't'ext of a formula, 'b'oolean, 'e'rror, 'd'ate */
    size_t style;
    char *text; /* bulk: KP_CSV_RECORD_MAX + 1 */
    size_t size;
    bool inside, taking, phonetic, too_long;
};

struct kp_xlsx {
    int fd; /* the lines' */
    uint64_t file_size;
    struct kp_workbook workbook;
    struct kp_formats formats;
    struct kp_shared_strings strings;
    struct kp_part part; /* the sheet's */
    struct kp_cell cell;
    size_t next_column;
    bool any; /* the row has something */
};

/* xlsx_part.c. Opens a part for `reader`; *found is false when there is none of that name. The part
 * is closed with kp_part_close whatever the result; a zeroed one may be closed too. */
KP_MUST_USE enum kp_status kp_part_open(struct kp_table *table, struct kp_part *part,
                                        const char *name, const struct kp_xml_reader *reader,
                                        bool *found, struct kp_error *error);
/* Goes on until the reader pauses (*more) or the part ends. */
KP_MUST_USE enum kp_status kp_part_go_on(struct kp_table *table, struct kp_part *part, bool *more,
                                         struct kp_error *error);
void kp_part_close(struct kp_part *part);
/* A whole part, with nobody pausing. */
KP_MUST_USE enum kp_status kp_part_read(struct kp_table *table, const char *name,
                                        const struct kp_xml_reader *reader, struct kp_part *part,
                                        bool *found, struct kp_error *error);

/* xlsx_workbook.c: where the parts are; which sheet; which cells are dates. */
KP_MUST_USE enum kp_status kp_workbook_read(struct kp_table *table, struct kp_error *error);
KP_MUST_USE enum kp_status kp_formats_read(struct kp_table *table, struct kp_error *error);
/* xlsx_strings.c */
KP_MUST_USE enum kp_status kp_shared_strings_read(struct kp_table *table, struct kp_error *error);
void kp_shared_strings_free(struct kp_shared_strings *strings);

#endif
