/* Workbooks (xlsx) for tests, part by part. */
#ifndef KP_TESTS_WORKBOOK_H
#define KP_TESTS_WORKBOOK_H

#include <stdbool.h>
#include <stddef.h>

struct workbook_part {
    const char *name;
    const char *text; /* NULL: left out */
};

/* What the namespace of a sheet is declared with. */
#define WORKBOOK_MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define WORKBOOK_SHEET(rows)                                                                       \
    "<?xml version=\"1.0\"?><worksheet " WORKBOOK_MAIN "><sheetData>" rows                         \
    "</sheetData></worksheet>"

/* A whole workbook of one sheet; any of the parts may be given instead of what a plain one has, or
 * be another one. `stored`: not compressed. Ends the process when it can't be written. */
void workbook_write(const char *path, const struct workbook_part *parts, size_t count, bool stored);
/* With this sheet alone. */
void workbook_write_sheet(const char *path, const char *sheet);

#endif
