#include "proto/table/table.h"

#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"
#include "tests/unit/workbook.h"

#include <string.h>

static struct kp_table_options options;
static struct kp_table *table;
static struct kp_error error;

/* Opens what is written, which must go well. */
static void open_bytes(const void *bytes, size_t size)
{
    error.text[0] = '\0';
    CU_ASSERT_FATAL(kp_table_open(&table, scratch_write("table", bytes, size), &options, &error) ==
                    KP_OK);
}

static void refused(const void *bytes, size_t size, enum kp_status status, const char *says)
{
    error.text[0] = '\0';
    CU_ASSERT(kp_table_open(&table, scratch_write("table", bytes, size), &options, &error) ==
              status);
    CU_ASSERT(table == NULL && strstr(error.text, says) != NULL);
    if (strstr(error.text, says) == NULL) {
        printf("\n  %s\n", error.text);
    }
    kp_table_close(table);
}

#define OPEN(text) open_bytes(text, sizeof(text) - 1)
#define REFUSED(text, says) refused(text, sizeof(text) - 1, KP_REFUSED, says)

static const struct kp_table_row *next(void)
{
    const struct kp_table_row *row = NULL;
    CU_ASSERT_FATAL(kp_table_next(table, &row, &error) == KP_OK);
    return row;
}

/* The next row is good and has these fields, with '/' between. */
static void has(const char *fields)
{
    char text[1024] = "";
    const struct kp_table_row *row = next();
    CU_ASSERT_FATAL(row != NULL);
    CU_ASSERT(row->bad == NULL);
    for (size_t i = 0; i < row->count && row->bad == NULL; i++) {
        strcat(strcat(text, i > 0 ? "/" : ""), row->field[i]);
    }
    CU_ASSERT_STRING_EQUAL(text, fields);
}

static void is_bad(const char *says)
{
    const struct kp_table_row *row = next();
    CU_ASSERT_FATAL(row != NULL && row->bad != NULL);
    CU_ASSERT(strstr(row->bad, says) != NULL && strstr(row->bad, "SECRET") == NULL);
    if (strstr(row->bad, says) == NULL) {
        printf("\n  %s\n", row->bad);
    }
}

static void ends(void)
{
    CU_ASSERT(next() == NULL);
    CU_ASSERT(next() == NULL);
    kp_table_close(table);
    table = NULL;
}

/* The rest can't be read. */
static void stops(const char *says)
{
    const struct kp_table_row *row = NULL;
    CU_ASSERT(kp_table_next(table, &row, &error) == KP_REFUSED);
    CU_ASSERT(row == NULL && strstr(error.text, says) != NULL);
    if (strstr(error.text, says) == NULL) {
        printf("\n  %s\n", error.text);
    }
    kp_table_close(table);
    table = NULL;
}

static void options_in_words(void)
{
    struct kp_table_options read;
    CU_ASSERT(kp_table_options_read(&read, NULL, NULL, NULL, NULL, &error) == KP_OK);
    CU_ASSERT(read.kind == KP_TABLE_AUTO && read.encoding == KP_ENCODING_AUTO);
    CU_ASSERT(kp_table_options_read(&read, "JSON", "latin-1", "tab", "x", &error) == KP_OK);
    CU_ASSERT(read.kind == KP_TABLE_JSON_LINES && read.encoding == KP_ENCODING_LATIN_1);
    CU_ASSERT(read.delimiter == '\t');
    CU_ASSERT(kp_table_options_read(&read, "ods", NULL, NULL, NULL, &error) == KP_USAGE);
    CU_ASSERT_STRING_EQUAL(error.text, "--format: expected auto, csv, xlsx, json");
    CU_ASSERT(kp_table_options_read(&read, NULL, "ebcdic", NULL, NULL, &error) == KP_USAGE);
    CU_ASSERT(kp_table_options_read(&read, NULL, NULL, "x", NULL, &error) == KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "comma, semicolon, tab, bar"));
}

static void delimiters(void)
{
    static const char *const files[] = {"a,b\n1,2;x\n", "a;b\n1;2;x\n", "a\tb\n1\t2;x\n",
                                        "a|b\n1|2;x\n", "\"a;;;\",b\n1,2;x\n"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        open_bytes(files[i], strlen(files[i]));
        CU_ASSERT(kp_table_header(table)->count == 2 && kp_table_kind(table) == KP_TABLE_CSV);
        if (i == 1) {
            is_bad("3 fields, where the header row has 2");
        } else {
            has("1/2;x");
        }
        ends();
    }
    options.delimiter = ';';
    OPEN("a,b,c;d\n1,2;3\n");
    has("1,2/3");
    ends();
    options.delimiter = 0;
    OPEN(" a , , b\n  1\t,,2 \n\n \n3,4,\n");
    CU_ASSERT_STRING_EQUAL(kp_table_header(table)->field[1], "");
    has("1//2");
    has("3/4/");
    CU_ASSERT(kp_table_notice(table) == NULL);
    ends();
}

static void utf_16(void)
{
    OPEN("\xff\xfe"
         "a\0,\0\xe9\0\n\0"
         "1\0,\0\x3d\xd8\x00\xde\n\0");
    CU_ASSERT_STRING_EQUAL(kp_table_header(table)->field[1], "\xc3\xa9");
    has("1/\xf0\x9f\x98\x80");
    ends();
    OPEN("\xfe\xff\0a\0,\0b\0\n\0"
         "1\0,\0"
         "2");
    has("1/2");
    ends();
    options.encoding = KP_ENCODING_UTF_16;
    OPEN("a\0\n\0"
         "1\0\n\0");
    has("1");
    ends();
    OPEN("a\0\n\0\0\0\n\0");
    is_bad("NUL");
    ends();
    options.encoding = KP_ENCODING_AUTO;
    /* A surrogate without its other half, and half a character, at the end. */
    OPEN("\xff\xfe"
         "a\0\n\0\x3d\xd8");
    stops("UTF-16");
    OPEN("\xff\xfe"
         "a\0\n\0\n");
    stops("UTF-16");
    REFUSED("\xff\xfe", "empty");
}

/* Half as much again when it becomes UTF-8, and more than is read at a time. */
static void long_utf_16(void)
{
    size_t rows = 20000, row = 2 * 24;
    char *text = calloc(1, 64 + rows * row);
    CU_ASSERT_FATAL(text != NULL);
    memcpy(text,
           "\xff\xfe"
           "a\0\n\0",
           6);
    for (size_t i = 0; i < rows; i++) {
        char *at = text + 6 + i * row;
        for (size_t j = 0; j < row - 2; j += 2) {
            memcpy(at + j, "\xac\x20", 2);
        }
        memcpy(at + row - 2, "\n\0", 2);
    }
    open_bytes(text, 6 + rows * row);
    size_t seen = 0;
    for (const struct kp_table_row *got = next(); got != NULL; got = next()) {
        seen += got->bad == NULL && strlen(got->field[0]) == 23 * 3;
    }
    CU_ASSERT(seen == rows);
    ends();
    free(text);
}

static void bytes_of_a_character(void)
{
    OPEN("a\n\x80\n\xc3\xa9\n\x81\n");
    has("\xe2\x82\xac");
    CU_ASSERT_STRING_EQUAL(kp_table_notice(table), "not UTF-8: read as Windows-1252");
    is_bad("--encoding");
    is_bad("encoding");
    ends();
    options.encoding = KP_ENCODING_WINDOWS_1252;
    OPEN("a\n\xc3\xa9\n");
    has("\xc3\x83\xc2\xa9");
    ends();
    options.encoding = KP_ENCODING_LATIN_1;
    OPEN("a\xe9\n\x81\n");
    CU_ASSERT_STRING_EQUAL(kp_table_header(table)->field[0], "a\xc3\xa9");
    has("\xc2\x81");
    CU_ASSERT(kp_table_notice(table) == NULL);
    ends();
    options.encoding = KP_ENCODING_AUTO;
    /* The header alone tells. */
    OPEN("stra\xdf"
         "e\n\xdf\n");
    CU_ASSERT_PTR_NOT_NULL(kp_table_notice(table));
    has("\xc3\x9f");
    ends();
}

static void json_lines(void)
{
    OPEN("\n{\"a\": \"x\", \"b\": 12}\n\n {\"b\": 1.5, \"c \": true}\r\n{\"a\":null}\n"
         "{\"a\": \"\\u00e9\\u20ac\", \"c\": false, \"b\": 1e3}");
    CU_ASSERT(kp_table_kind(table) == KP_TABLE_JSON_LINES);
    CU_ASSERT(kp_table_header(table)->count == 3);
    CU_ASSERT(next()->line == 2);
    has("/1.5/true");
    has("//");
    has("\xc3\xa9\xe2\x82\xac/1000/false");
    ends();
    OPEN("{\"a\": \"1680200000000123\", \"b\": 1680200000000123}\n{\"b\": 123456789012345678}\n");
    kp_table_reads(table, 1);
    has("1680200000000123/1680200000000123");
    is_bad("too large");
    ends();
}

static void bad_json(void)
{
    OPEN("{\"a\": \"x\"}\n"
         "{\"a\": {\"b\": 1}}\n"
         "{\"a\": [1]}\n"
         "{\"a\": \"\\u0000\"}\n"
         "{\"a\": \"SECRET\"\n"
         "{\"a\": 1, \"a\": 2}\n"
         "[1]\n"
         "{} {}\n"
         "{\"a\": \"\xff\"}\n"
         "{\"a\": \"\\\\u0000 {[\"}\n");
    has("x");
    is_bad("an object or a list within it");
    is_bad("an object or a list within it");
    is_bad("NUL");
    is_bad("no JSON object");
    is_bad("the same key twice");
    is_bad("no JSON object");
    is_bad("no JSON object");
    has("\xc3\xbf");
    has("\\u0000 {[");
    ends();
    REFUSED("{\n}\n", "no line that is a JSON object");
    REFUSED("{\"a\": {\"a\": 1}}\n", "an object or a list within it");
    options.kind = KP_TABLE_JSON_LINES;
    REFUSED("", "no line");
    REFUSED("a,b\n1,2\n", "no line");
    options.kind = KP_TABLE_AUTO;
}

/* A key that comes up only when the header is fixed isn't lost in silence. */
static void late_keys(void)
{
    size_t size = 4 * KP_CSV_RECORD_MAX;
    char *text = malloc(size);
    CU_ASSERT_FATAL(text != NULL);
    int at = snprintf(text, size, "{\"a\": 1}\n{\"a\": \"%0*d\"}\n{\"a\": \"%0*d\"}\n", 40000, 1,
                      40000, 1);
    snprintf(text + at, size - (size_t)at, "{\"a\": 2, \"b\": null}\n{\"a\": 2, \"b\": 3}\n");
    open_bytes(text, strlen(text));
    CU_ASSERT(kp_table_header(table)->count == 1);
    has("1");
    CU_ASSERT(next() != NULL && next() != NULL);
    has("2");
    is_bad("no line at the front");
    ends();
    free(text);
}

static void deep_and_long_json(void)
{
    size_t size = 1u << 20;
    char *text = malloc(size);
    CU_ASSERT_FATAL(text != NULL);
    memset(text, '[', size);
    memcpy(text, "{\"a\": 1}\n{\"a\":", 14);
    memcpy(text + 60000, "\n{\"a\": 2}\n{", 11);
    memcpy(text + size - 10, "\n{\"a\": 3}", 9);
    open_bytes(text, size - 1);
    has("1");
    is_bad("an object or a list within it");
    has("2");
    is_bad("longer than 65536 bytes");
    has("3");
    ends();
    free(text);
}

/* --- Workbooks ------------------------------------------------------------------------------ */

#define S1 "xl/worksheets/sheet1.xml"
#define ROW(number, cells) "<row r=\"" #number "\">" cells "</row>"
#define CELL(place, rest, value) "<c r=\"" place "\"" rest "><v>" value "</v></c>"
#define TEXT(place, text) "<c r=\"" place "\" t=\"inlineStr\"><is><t>" text "</t></is></c>"
#define HEADER ROW(2, TEXT("A2", "a") TEXT("C2", "c"))

static void open_sheet(const char *sheet)
{
    workbook_write_sheet(scratch("book.xlsx"), sheet);
    error.text[0] = '\0';
    CU_ASSERT_FATAL(kp_table_open(&table, scratch("book.xlsx"), &options, &error) == KP_OK);
    kp_table_reads(table, 0);
}

static void refused_parts(const struct workbook_part *parts, size_t count, const char *says)
{
    workbook_write(scratch("book.xlsx"), parts, count, false);
    enum kp_status status = kp_table_open(&table, scratch("book.xlsx"), &options, &error);
    CU_ASSERT(status == KP_REFUSED || status == KP_USAGE);
    CU_ASSERT(table == NULL && strstr(error.text, says) != NULL);
    if (strstr(error.text, says) == NULL) {
        printf("\n  %s\n", error.text);
    }
    kp_table_close(table);
    table = NULL;
}

static void cells(void)
{
    open_sheet(WORKBOOK_SHEET(
        ROW(1, "<c r=\"A1\"/>") HEADER ROW(3, "") ROW(4, CELL("A4", " t=\"s\"", "2"))
            ROW(7, CELL("A7", "", "12") CELL("C7", "", "1.2E1") TEXT("D7", "beyond"))
                ROW(8, CELL("A8", " t=\"str\"", "x &amp; y") CELL("C8", " t=\"b\"", "1"))
                    ROW(9, CELL("A9", " s=\"3\"", "0.1") CELL("C9", " t=\"e\"", "#N/A"))
                        ROW(10, "<c><v>5</v></c><c/><c><v>6</v></c>")
                            ROW(11, "<c r=\"A11\" t=\"inlineStr\"><is><r><t> a</t></r><r><t>b "
                                    "</t></r><rPh><t>no</t></rPh></is></c>")));
    CU_ASSERT(kp_table_kind(table) == KP_TABLE_XLSX && kp_table_header(table)->count == 3);
    CU_ASSERT(kp_table_header(table)->line == 2);
    CU_ASSERT_STRING_EQUAL(kp_table_header(table)->field[2], "c");
    const struct kp_table_row *row = next();
    CU_ASSERT(row->line == 4);
    CU_ASSERT_STRING_EQUAL(row->field[0], "12 A");
    has("12//12");
    has("x & y//TRUE");
    has("0.1//");
    has("5//6");
    has("ab//");
    CU_ASSERT(kp_table_notice(table) == NULL);
    ends();
}

static void bad_cells(void)
{
    open_sheet(WORKBOOK_SHEET(
        HEADER ROW(3, CELL("A3", " t=\"e\"", "#REF!")) ROW(4, CELL("A4", " t=\"s\"", "9"))
            ROW(5, CELL("A5", "", "1680200000000120")) ROW(6, CELL("A6", "", "0x"))
                ROW(7, TEXT("A7", "1") TEXT("A7", "SECRET"))
                    ROW(8, CELL("A8", "", "1") CELL("C8", "", "1680200000000120"))));
    is_bad("an error of the spreadsheet");
    is_bad("a text that the workbook doesn't have");
    is_bad("15 digits");
    is_bad("a number that is none");
    is_bad("two cells in one place");
    has("1//"); /* nobody reads the other column */
    ends();
}

static void dates(void)
{
    open_sheet(WORKBOOK_SHEET(
        HEADER ROW(3, CELL("A3", " s=\"1\"", "46065")) ROW(4, CELL("A4", " s=\"2\"", "45351.75"))
            ROW(5, CELL("A5", " s=\"1\"", "1")) ROW(6, CELL("A6", " s=\"1\"", "61"))
                ROW(7, CELL("A7", " s=\"1\"", "60")) ROW(8, CELL("A8", " s=\"1\"", "2958465"))
                    ROW(9, CELL("A9", " t=\"d\"", "2026-02-12T00:00:00"))
                        ROW(10, CELL("A10", " s=\"9\"", "3"))));
    static const char *const days[] = {"2026-02-12//", "2024-02-29//", "1900-01-01//",
                                       "1900-03-01//", "60//",         "9999-12-31//",
                                       "2026-02-12//", "3//"};
    for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        has(days[i]);
    }
    ends();
    const struct workbook_part parts[] = {
        {"xl/workbook.xml", "<workbook " WORKBOOK_MAIN
                            " xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/"
                            "relationships\"><workbookPr date1904=\"1\"/><sheets><sheet "
                            "name=\"old\" state=\"hidden\" r:id=\"rId1\"/><sheet name=\"new\" "
                            "r:id=\"rId2\"/></sheets></workbook>"},
        {S1, WORKBOOK_SHEET(ROW(1, TEXT("A1", "hidden")))},
        {"xl/worksheets/sheet2.xml",
         WORKBOOK_SHEET(ROW(1, TEXT("A1", "shown")) ROW(2, CELL("A2", " s=\"1\"", "0")))},
    };
    workbook_write(scratch("book.xlsx"), parts, 3, false);
    CU_ASSERT_FATAL(kp_table_open(&table, scratch("book.xlsx"), &options, &error) == KP_OK);
    CU_ASSERT_STRING_EQUAL(kp_table_header(table)->field[0], "shown");
    CU_ASSERT_STRING_EQUAL(kp_table_notice(table), "sheet \"new\", the first of 2");
    has("1904-01-01");
    ends();
    options.sheet = "old";
    CU_ASSERT_FATAL(kp_table_open(&table, scratch("book.xlsx"), &options, &error) == KP_OK);
    CU_ASSERT_STRING_EQUAL(kp_table_header(table)->field[0], "hidden");
    CU_ASSERT(kp_table_notice(table) == NULL);
    ends();
    options.sheet = "none";
    refused_parts(parts, 3, "no sheet \"none\"; it has \"old\", \"new\"");
    options.sheet = NULL;
}

static void unusable_workbooks(void)
{
    static const struct {
        struct workbook_part part;
        const char *says;
    } bad[] = {
        {{"_rels/.rels", NULL}, "no workbook"},
        {{"xl/workbook.xml", NULL}, "without a sheet"},
        {{"xl/_rels/workbook.xml.rels", NULL}, "without its sheet \"Blad1\""},
        {{S1, NULL}, "is empty"},
        {{S1, WORKBOOK_SHEET("")}, "is empty"},
        {{S1, "<html/>"}, "is empty"},
        {{S1, "<worksheet " WORKBOOK_MAIN "><sheetData><row><c t=\"str\"><v>a"}, "XML"},
        {{S1, WORKBOOK_SHEET(ROW(1, CELL("IW1", " t=\"str\"", "x")))}, "256 columns"},
        {{S1, WORKBOOK_SHEET(ROW(1, CELL("IW1", " t=\"str\"", "x") TEXT("A1", "y")))},
         "256 columns"},
        {{S1, WORKBOOK_SHEET(ROW(1, CELL("A1", " t=\"e\"", "#N/A")))}, "header row"},
        {{S1, "<!DOCTYPE x [<!ENTITY a \"b\">]><worksheet/>"}, "DOCTYPE"},
        {{"xl/styles.xml", "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><x/>"}, "DOCTYPE"},
        {{"xl/sharedStrings.xml", "<a>&b;</a>"}, "entity"},
        {{"xl/workbook.xml", "<workbook><a></workbook>"}, "mismatched tag"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        refused_parts(&bad[i].part, 1, bad[i].says);
    }
}

/* What unpacks to far more than it is, or is nested without end, or is one endless tag. */
static void hostile_workbooks(void)
{
    size_t size = 80u << 20;
    char *text = malloc(size + 1);
    CU_ASSERT_FATAL(text != NULL);
    memset(text, ' ', size);
    text[size] = '\0';
    memcpy(text, "<worksheet>", 11);
    const struct workbook_part part = {S1, text};
    refused_parts(&part, 1, "unpacks to more");
    memset(text, 'a', 20u << 20);
    text[20u << 20] = '\0';
    text[0] = '<';
    refused_parts(&part, 1, "too long to be read");
    memcpy(text, "<worksheet ", 11);
    text[20] = '=';
    text[21] = '"';
    refused_parts(&part, 1, "too long to be read");
    for (size_t i = 0; i < 100000; i++) {
        memcpy(text + 3 * i, "<a>", 3);
    }
    text[300000] = '\0';
    refused_parts(&part, 1, "nested too deep");
    free(text);
}

/* Cut off or garbled anywhere: a status and a reason, or rows. */
static void garbled_workbooks(void)
{
    char bytes[16384];
    workbook_write_sheet(scratch("book.xlsx"),
                         WORKBOOK_SHEET(ROW(1, CELL("A1", " t=\"s\"", "0") TEXT("B1", "b"))
                                            ROW(2, CELL("A2", " s=\"1\"", "46065"))));
    FILE *file = fopen(scratch("book.xlsx"), "rb");
    CU_ASSERT_FATAL(file != NULL);
    size_t size = fread(bytes, 1, sizeof(bytes), file);
    fclose(file);
    CU_ASSERT_FATAL(size > 1000 && size < sizeof(bytes));
    srand(5);
    size_t good = 0;
    for (size_t i = 0; i < 1500; i++) {
        size_t cut = i % 2 == 0 ? size : (size_t)rand() % size;
        size_t at = (size_t)rand() % size;
        char kept = bytes[at];
        bytes[at] = (char)(i % 2 == 0 ? rand() % 256 : kept);
        const struct kp_table_row *row = NULL;
        enum kp_status status =
            kp_table_open(&table, scratch_write("table", bytes, cut), &options, &error);
        while (status == KP_OK && (status = kp_table_next(table, &row, &error)) == KP_OK &&
               row != NULL) {
            good++;
        }
        CU_ASSERT(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
        kp_table_close(table);
        bytes[at] = kept;
    }
    CU_ASSERT(good > 100);
    table = NULL;
}

static void not_there(void)
{
    CU_ASSERT(kp_table_open(&table, scratch("none"), &options, &error) == KP_USAGE);
    CU_ASSERT(kp_table_open(&table, "/tmp", &options, &error) == KP_USAGE);
    REFUSED("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls");
    REFUSED("PK\3\4", "xlsx");
    options.kind = KP_TABLE_XLSX;
    REFUSED("a,b\n", "xlsx");
    options.kind = KP_TABLE_AUTO;
}

static const struct unit_test tests[] = {
    {"options in words", options_in_words},
    {"delimiters", delimiters},
    {"UTF-16", utf_16},
    {"long UTF-16", long_utf_16},
    {"bytes of a character", bytes_of_a_character},
    {"JSON lines", json_lines},
    {"bad JSON", bad_json},
    {"late keys", late_keys},
    {"deep and long JSON", deep_and_long_json},
    {"cells", cells},
    {"bad cells", bad_cells},
    {"dates", dates},
    {"unusable workbooks", unusable_workbooks},
    {"hostile workbooks", hostile_workbooks},
    {"garbled workbooks", garbled_workbooks},
    {"not there", not_there},
};

UNIT_MAIN("table", tests)
