#include "tests/fuzz/seed_tables.h"

#include "tests/fuzz/fuzz.h"
#include "tests/unit/workbook.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void write_text(fuzz_seed *write, const char *target, const char *name, const char *text)
{
    write(target, name, text, strlen(text));
}

/* Not compressed, so that a changed byte is another byte of XML. */
static void write_workbook(fuzz_seed *write, const char *name, const struct workbook_part *parts,
                           size_t count)
{
    static char bytes[65536];
    char path[] = "/tmp/kruispunt-seed-XXXXXX";
    int fd = mkstemp(path);
    FUZZ_CHECK(fd >= 0);
    workbook_write(path, parts, count, true);
    ssize_t size = read(fd, bytes, sizeof(bytes));
    FUZZ_CHECK(size > 0 && size < (ssize_t)sizeof(bytes));
    close(fd);
    unlink(path);
    write("table_xlsx", name, bytes, (size_t)size);
}

static void seed_workbooks(fuzz_seed *write)
{
    const struct workbook_part plain = {
        "xl/worksheets/sheet1.xml",
        WORKBOOK_SHEET(
            "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v></c><c r=\"B1\" t=\"s\"><v>1</v>"
            "</c><c r=\"D1\" t=\"inlineStr\"><is><t>datum</t></is></c></row>"
            "<row r=\"3\"><c r=\"A3\" t=\"str\"><f>A2</f><v>1234 AB</v></c><c r=\"B3\">"
            "<v>1.2E1</v></c><c r=\"D3\" s=\"1\"><v>46065</v></c></row>"
            "<row><c t=\"s\"><v>2</v></c><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v>"
            "</c><c s=\"2\"><v>60.5</v></c><c t=\"d\"><v>2026-02-12T10:00</v></c></row>"),
    };
    const struct workbook_part doctype = {
        "xl/worksheets/sheet1.xml",
        "<!DOCTYPE a [<!ENTITY b \"cc\"><!ENTITY d \"&b;&b;\">]><worksheet>&d;</worksheet>"};
    write_workbook(write, "plain", &plain, 1);
    write_workbook(write, "doctype", &doctype, 1);
}

void seed_tables(fuzz_seed *write)
{
    static const char utf_16[] = "\xff\xfe"
                                 "a\0;\0b\0\n\0\xe9\0;\0\x3d\xd8\x00\xde\n\0";
    write_text(write, "table", "comma",
               "a,b,\"c \"\"d\"\"\"\n1,\"2\n3\",4\n\n5,6\n\"7,8,9\n1,2,3\n");
    write_text(write, "table", "bar",
               "postcode|huisnr|Stra\xdf"
               "e\r\n1234AB|12|\xe9\r\n1|2|\xc3\xa9\r\n");
    write_text(write, "table", "tab", "\xef\xbb\xbfpostcode\tadres\n1234AB\tcaf\xc3\xa9\n");
    write("table", "utf_16", utf_16, sizeof(utf_16) - 1);
    write_text(write, "table", "json", "{\"a\": 1, \"b\": \"x\"}\n{\"b\": null}\n");
    write_text(write, "table_json", "flat",
               "{\"a\": 1.5, \"b\": \"\\u00e9\\n\", \"c\": true}\n\n{\"b\": 1e300, \"a\": null}\n");
    write_text(
        write, "table_json", "bad",
        "{\"a\": 1}\n{\"a\": {}}\n{\"a\": [[]]}\n{\"a\": 1, \"a\": 2}\n{\"a\": \"\\u0000\"}\n"
        "{\"b\": 1}\n{} {}\n");
    write_text(
        write, "columns", "said",
        "PC6,\"Huis, nr\",toev,straat,plaats,x\npostcode=PC6,house_number=\"Huis, nr\",addition=");
    write_text(write, "columns", "guessed", "PC6,huis-nr,adres,toev.\n");
    seed_workbooks(write);
}
