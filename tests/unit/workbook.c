#include "tests/unit/workbook.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RELATIONS "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#define PACKAGE "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\""

static const struct workbook_part plain[] = {
    {"[Content_Types].xml",
     "<?xml version=\"1.0\"?><Types "
     "xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"},
    {"_rels/.rels", "<?xml version=\"1.0\"?><Relationships " PACKAGE ">"
                    "<Relationship Id=\"rId1\" Type=\"" RELATIONS "/officeDocument\" "
                    "Target=\"xl/workbook.xml\"/></Relationships>"},
    {"xl/workbook.xml", "<?xml version=\"1.0\"?><workbook " WORKBOOK_MAIN " xmlns:r=\"" RELATIONS
                        "\"><sheets><sheet name=\"Blad1\" sheetId=\"1\" r:id=\"rId1\"/></sheets>"
                        "</workbook>"},
    {"xl/_rels/workbook.xml.rels",
     "<?xml version=\"1.0\"?><Relationships " PACKAGE ">"
     "<Relationship Id=\"rId1\" Type=\"" RELATIONS "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
     "<Relationship Id=\"rId2\" Type=\"" RELATIONS "/worksheet\" "
     "Target=\"/xl/worksheets/sheet2.xml\"/>"
     "<Relationship Id=\"rId3\" Type=\"" RELATIONS "/styles\" Target=\"styles.xml\"/>"
     "<Relationship Id=\"rId4\" Type=\"" RELATIONS "/sharedStrings\" Target=\"sharedStrings.xml\"/>"
     "</Relationships>"},
    {"xl/worksheets/sheet1.xml", WORKBOOK_SHEET("")},
    {"xl/styles.xml",
     "<?xml version=\"1.0\"?><styleSheet " WORKBOOK_MAIN
     "><numFmts><numFmt numFmtId=\"164\" formatCode=\"d\\-m\\-yyyy\"/><numFmt numFmtId=\"165\" "
     "formatCode=\"&quot;day &quot;0.00 [Red]\"/></numFmts><cellStyleXfs><xf numFmtId=\"14\"/>"
     "</cellStyleXfs><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"164\"/>"
     "<xf numFmtId=\"165\"/></cellXfs></styleSheet>"},
    {"xl/sharedStrings.xml",
     "<?xml version=\"1.0\"?><sst " WORKBOOK_MAIN
     "><si><t>postcode</t></si><si><t>huisnummer</t></si><si><r><t>12</t></r><r><t xml:space="
     "\"preserve\"> A</t></r><rPh><t>x</t></rPh></si></sst>"},
};
#define PLAIN (sizeof(plain) / sizeof(plain[0]))

static void must(bool good, const char *path)
{
    if (!good) {
        fprintf(stderr, "%s: can't be written\n", path);
        abort();
    }
}

static void write_part(struct archive *archive, const struct workbook_part *part, const char *path)
{
    if (part->text == NULL) {
        return;
    }
    size_t size = strlen(part->text);
    struct archive_entry *entry = archive_entry_new();
    archive_entry_set_pathname(entry, part->name);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0600);
    must(archive_write_header(archive, entry) == ARCHIVE_OK, path);
    must(archive_write_data(archive, part->text, size) == (la_ssize_t)size, path);
    archive_entry_free(entry);
}

void workbook_write(const char *path, const struct workbook_part *parts, size_t count, bool stored)
{
    struct archive *archive = archive_write_new();
    must(archive_write_set_format_zip(archive) == ARCHIVE_OK, path);
    must(!stored || archive_write_set_options(archive, "zip:compression=store") == ARCHIVE_OK,
         path);
    must(archive_write_open_filename(archive, path) == ARCHIVE_OK, path);
    bool written[64] = {false};
    for (size_t i = 0; i < PLAIN; i++) {
        const struct workbook_part *part = &plain[i];
        for (size_t j = 0; j < count; j++) {
            if (strcmp(parts[j].name, plain[i].name) == 0) {
                part = &parts[j];
                written[j] = true;
            }
        }
        write_part(archive, part, path);
    }
    for (size_t j = 0; j < count; j++) {
        if (!written[j]) {
            write_part(archive, &parts[j], path);
        }
    }
    must(archive_write_close(archive) == ARCHIVE_OK, path);
    archive_write_free(archive);
}

void workbook_write_sheet(const char *path, const char *sheet)
{
    const struct workbook_part part = {"xl/worksheets/sheet1.xml", sheet};
    workbook_write(path, &part, 1, true);
}
