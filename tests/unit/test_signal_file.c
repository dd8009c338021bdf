#include "node/signal_file.h"

#include "proto/address.h"
#include "proto/address/resolve.h"
#include "proto/agreement.h"
#include "proto/utf8.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#define HEADER "postcode,house_number,house_letter,addition,indicator,grounds,observed_on\n"
#define ROW "1234AB,12,A,2,W01,why,2024-02-29\n"

/* What a reading reported. */
struct got {
    size_t rows, bads;
    uint64_t row_line, bad_line; /* of the last */
    struct kp_signal signal;
    char column[64], reason[KP_ERROR_TEXT];
    size_t stop_at; /* rows after which to stop; 0: never */
};

static struct got got;
static struct kp_error error;

static enum kp_status take_row(void *context, uint64_t line, const struct kp_signal *signal,
                               struct kp_error *fill)
{
    struct got *to = context;
    struct kp_address address;
    CU_ASSERT(kp_address_of_key(&address, signal->address) == KP_OK);
    CU_ASSERT(signal->indicator[0] != '\0' && signal->registered_at == 0);
    CU_ASSERT(kp_utf8_is_line(signal->indicator, strlen(signal->indicator)));
    CU_ASSERT(kp_utf8_is_line(signal->grounds, strlen(signal->grounds)));
    to->rows++;
    to->row_line = line;
    to->signal = *signal;
    return to->rows == to->stop_at ? kp_fail(fill, KP_RETRY, "enough") : KP_OK;
}

static enum kp_status take_bad(void *context, uint64_t line, const char *column, const char *reason,
                               struct kp_error *fill)
{
    struct got *to = context;
    to->bads++;
    to->bad_line = line;
    snprintf(to->column, sizeof(to->column), "%s", column == NULL ? "-" : column);
    snprintf(to->reason, sizeof(to->reason), "%s", reason);
    CU_ASSERT(reason[0] != '\0' && kp_utf8_is_line(reason, strlen(reason)));
    return to->stop_at == SIZE_MAX ? kp_fail(fill, KP_FAILED, "no bad rows") : KP_OK;
}

static const struct kp_signal_file_reader reader = {&got, take_row, take_bad};

static struct kp_signal_file_options options = {.quiet = true};
static struct kp_words *words;

/* One for all files: it takes longer to make than a file does. */
static void make_resolver(void)
{
    CU_ASSERT_FATAL(kp_words_open(&words, NULL, &error) == KP_OK);
    CU_ASSERT_FATAL(kp_resolver_new(&options.resolver, NULL, words, &error) == KP_OK);
}

static void free_resolver(void)
{
    kp_resolver_free(options.resolver);
    kp_words_close(words);
    options.resolver = NULL;
}

static enum kp_status read_bytes(const void *bytes, size_t size)
{
    got = (struct got){.stop_at = got.stop_at};
    error = (struct kp_error){0};
    return kp_signal_file_read(scratch_write("signals.csv", bytes, size), &options, &reader,
                               &error);
}

static enum kp_status read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void unusable_headers(void)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "empty"},
        {"\n\r\n  \n", "empty"},
        {"\xef\xbb\xbf", "empty"},
        {"hello\n", "postcode"},
        {ROW, "postcode"},
        {"house_number,indicator,grounds,observed_on\n", "\"postcode\" in"},
        {"postcode,indicator,grounds,observed_on\n", "\"house_number\" (or \"huisnummer\")"},
        {"postcode,house_number,grounds,observed_on\n", "\"indicator\" in"},
        {"postcode,house_number,indicator,observed_on\n", "\"grounds\" (or \"grondslag\")"},
        {"postcode,house_number,indicator,grounds\n", "\"observed_on\" (or \"datum\")"},
        {"postcode,Postcode,house_number,indicator,grounds,observed_on\n", "two columns"},
        {"postcode,huisnummer,house_number,indicator,grounds,observed_on\n", "two columns"},
        {"house_number\tindicator\tgrounds\tobserved_on\n", "postcode"},
        {"\"postcode,house_number,indicator,grounds,observed_on\n" ROW, "never closed"},
        {"post\"code,house_number,indicator,grounds,observed_on\n", "quote"},
        {"postcode,house_number,indicator,grounds,observed_on,caf\xe9\n", "UTF-8"},
        {"\xff\xfep\xd8o\xd8", "UTF-16"},
        {"PK\x03\x04\xff\xff", "xlsx"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        options.table.encoding = bad[i].text[0] == '\xff' ? KP_ENCODING_AUTO : KP_ENCODING_UTF_8;
        CU_ASSERT(read_text(bad[i].text) == KP_REFUSED);
        CU_ASSERT(strstr(error.text, bad[i].says) != NULL && got.rows + got.bads == 0);
        if (strstr(error.text, bad[i].says) == NULL) {
            printf("\n  %zu: %s\n", i, error.text);
        }
    }
    options.table.encoding = KP_ENCODING_AUTO;
    static const char nul[] = "postcode,house_number,indicator,grounds,observed_on\0\n";
    CU_ASSERT(read_bytes(nul, sizeof(nul) - 1) == KP_REFUSED);
    CU_ASSERT(kp_signal_file_read(scratch("none.csv"), &options, &reader, &error) == KP_USAGE);
    CU_ASSERT(kp_signal_file_read("/tmp", &options, &reader, &error) == KP_USAGE);
}

static void too_many_columns(void)
{
    char text[2048] = "postcode,house_number,indicator,grounds,observed_on";
    for (size_t i = 5; i < KP_TABLE_COLUMNS_MAX; i++) {
        strcat(text, ",x");
    }
    CU_ASSERT(read_text(text) == KP_OK);
    strcat(text, ",x");
    CU_ASSERT(read_text(text) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "256"));
}

static void purpose_and_last_day(void)
{
#define WITH "postcode,house_number,indicator,grounds,observed_on,Doel,valid_until\n"
#define START "1234AB,12,W01,why,2024-02-29,"
    static const struct {
        const char *rest;
        uint8_t purpose;
        uint32_t valid_until;
    } good[] = {{",\n", 0, 0},
                {"Care,\n", KP_CATEGORY_CARE, 0},
                {"zorg,2025-01-31\n", KP_CATEGORY_CARE, 20250131},
                {"enforcement,31-01-2025\n", KP_CATEGORY_ENFORCEMENT, 20250131},
                {"HANDHAVING,\n", KP_CATEGORY_ENFORCEMENT, 0}};
    char text[256];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(text, sizeof(text), WITH START "%s", good[i].rest);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT(got.rows == 1 && got.bads == 0);
        CU_ASSERT(got.signal.purpose == good[i].purpose);
        CU_ASSERT(got.signal.valid_until == good[i].valid_until);
    }
    CU_ASSERT(read_text(WITH START "fraud,\n" START ",2025-02-30\n" START "1,\n") == KP_OK);
    CU_ASSERT(got.rows == 0 && got.bads == 3);
}

static void only_a_header(void)
{
    CU_ASSERT(read_text(HEADER) == KP_OK && got.rows + got.bads == 0);
    CU_ASSERT(read_text("postcode,house_number,indicator,grounds,observed_on") == KP_OK);
}

/* A bad row between two good ones: named by line and column, and neither of the two is lost. */
static void bad_rows(void)
{
    static const struct {
        const char *row, *column, *says;
    } bad[] = {
        {"1234AB,12,A,2,W01,why\n", "-", "6 fields, where the header row has 7"},
        {"1234AB,12,A,2,W01,why,2024-02-29,\n", "-", "8 fields"},
        {"1234AB\n", "-", "1 fields"},
        {",,,,W01,why,2024-02-29\n", "-", "refused (empty)"},
        {",12,A,2,W01,why,2024-02-29\n", "postcode", "refused (no-postcode)"},
        {"0123AB,12,A,2,W01,why,2024-02-29\n", "postcode", "postcode"},
        {"SECRET,12,A,2,W01,why,2024-02-29\n", "postcode", "postcode"},
        {"1234AB,t/o 12,A,2,W01,why,2024-02-29\n", "-", "refused (near)"},
        {"1234AB,0,A,2,W01,why,2024-02-29\n", "house_number", "1 to 99999"},
        {"1234AB,,A,2,W01,why,2024-02-29\n", "house_number", "no house number"},
        {"1234AB,2024-02-12,A,2,W01,why,2024-02-29\n", "house_number", "spreadsheet-date"},
        {"1234AB,12,A,SECRET,W01,why,2024-02-29\n", "addition", "four"},
        {"1234AB,12,A,2,,why,2024-02-29\n", "indicator", "empty"},
        {"1234AB,12,A,2,\"  \",why,2024-02-29\n", "indicator", "empty"},
        {"1234AB,12,A,2,W01,why,\n", "observed_on", "no date"},
        {"1234AB,12,A,2,W01,why,SECRET\n", "observed_on", "date"},
        {"1234AB,12,A,2,W01,why,2023-02-29\n", "observed_on", "no such day"},
        {"1234AB,12,A,2,W01,\x1bSECRET,2024-02-29\n", "grounds", "control"},
        {"1234AB,12,A,2,W01,a\tb,2024-02-29\n", "grounds", "control"},
        {"1234AB,12,A,2,W01,a\rb,2024-02-29\n", "grounds", "control"},
        {"1234AB,12,A,2,W01,\xc2\x85,2024-02-29\n", "grounds", "control"},
        {"1234AB,12,A,2,W01,SECR\xe9T,2024-02-29\n", "-", "UTF-8"},
        {"1234AB,12,A,2,W01,why \"SECRET\",2024-02-29\n", "-", "quote"},
        {"1234AB,12,A,2,W01,\"SECRET\"x,2024-02-29\n", "-", "quote"},
        {"1234AB,12,A,2,W01,\"SECRET,2024-02-29\n", "-", "never closed"},
        {"\"1234AB,12,A,2,W01,SECRET,2024-02-29\n", "-", "never closed"},
        {"1234AB,12,A,2,W01,SECRET,\"2024-02-29\n", "-", "never closed"},
        {"\"\n", "-", "never closed"},
        {"1234AB;12;A;2;W01;why;2024-02-29\n", "-", "1 fields"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char text[1024];
        options.table.encoding = KP_ENCODING_UTF_8;
        snprintf(text, sizeof(text), "%s%s\n%s%s", HEADER, ROW, bad[i].row, ROW);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT(got.rows == 2 && got.bads == 1 && got.row_line == 5 && got.bad_line == 4);
        CU_ASSERT_STRING_EQUAL(got.column, bad[i].column);
        CU_ASSERT(strstr(got.reason, bad[i].says) != NULL);
        CU_ASSERT(strstr(got.reason, "SECR") == NULL);
        if (got.rows != 2 || got.bads != 1 || strstr(got.reason, bad[i].says) == NULL) {
            printf("\n  %zu: %zu rows, %zu bad, %s\n", i, got.rows, got.bads, got.reason);
        }
    }
}

/* What isn't UTF-8 is Windows-1252, unless the file was UTF-8 before. */
static void encodings(void)
{
    options.table.encoding = KP_ENCODING_AUTO;
    CU_ASSERT(read_text(HEADER "1234AB,12,A,2,W01,caf\xe9 \x80,2024-02-29\n" ROW) == KP_OK);
    CU_ASSERT(got.rows == 2 && got.bads == 0);
    CU_ASSERT(read_text(HEADER "1234AB,12,A,2,W01,caf\xe9 \x80,2024-02-29\n") == KP_OK);
    CU_ASSERT_STRING_EQUAL(got.signal.grounds, "caf\xc3\xa9 \xe2\x82\xac");
    CU_ASSERT(read_text(HEADER "1234AB,12,A,2,W01,caf\xc3\xa9,2024-02-29\n"
                               "1234AB,12,A,2,W01,caf\xe9,2024-02-29\n") == KP_OK);
    CU_ASSERT(got.rows == 1 && got.bads == 1);
    CU_ASSERT_STRING_EQUAL(got.reason, "not UTF-8 text");
}

static void nul_in_a_row(void)
{
    static const char text[] = HEADER "1234AB,12,A,2,W01,a\0b,2024-02-29\n" ROW;
    CU_ASSERT(read_bytes(text, sizeof(text) - 1) == KP_OK);
    CU_ASSERT(got.rows == 1 && got.bads == 1 && got.bad_line == 2);
}

/* A quote left open, and then every kind of row that quotes something itself. */
static void unclosed_quotes_cost_one_record(void)
{
    static const char open_row[] = "1234AB,12,A,2,W01,\"open,2024-02-29\n";
    static const char *const next[] = {
        ROW,
        "1234AB,12,A,2,W01,\"why\",2024-02-29\n",
        "\"1234AB\",12,A,2,W01,why,2024-02-29\n",
        "1234AB,12,A,2,W01,\"\",2024-02-29\n",
        "1234AB,12,A,2,W01,\",x\",2024-02-29\n",
        "1234AB,12,A,2,W01,\" , x\",2024-02-29\n",
        "1234AB,12,A,2,W01,\"a\"\"b\",2024-02-29\n",
    };
    for (size_t i = 0; i < sizeof(next) / sizeof(next[0]); i++) {
        char text[2048];
        snprintf(text, sizeof(text), "%s%s%s%s%s%s", HEADER, open_row, next[i], open_row, ROW,
                 next[i]);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT(got.rows == 3 && got.bads == 2 && got.row_line == 6);
        if (got.rows != 3) {
            printf("\n  %zu: %zu rows, %zu bad\n", i, got.rows, got.bads);
        }
    }
    /* Closed by another row's quote, with the right and with a wrong number of fields: what stands
     * in between isn't lost. */
    static const char *const closing[] = {
        "1234AB,12,A,2,W01,\",2024-02-29\n",
        "1234AB,12,A,2,W01,\"\n",
        "1234AB,12,A,2,W01,\",x,y,2024-02-29\n",
    };
    for (size_t i = 0; i < sizeof(closing) / sizeof(closing[0]); i++) {
        char text[2048];
        snprintf(text, sizeof(text), "%s%s%s%s%s%s", HEADER, open_row, ROW, ROW, closing[i], ROW);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT(got.rows == 3 && got.bads == 2 && got.row_line == 6 && got.bad_line == 5);
    }
}

static void long_records(void)
{
    size_t size = 400000;
    char *text = malloc(size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    /* Lengths around the limit and around the buffers, quoted and not; then a good row. */
    static const size_t lengths[] = {65534, 65535, 65536, 65537, 131072, 262143, 262144, 300000};
    for (size_t i = 0; i < 2 * sizeof(lengths) / sizeof(lengths[0]); i++) {
        int at = snprintf(text, size, "%s%s", HEADER, i % 2 == 0 ? "" : "\"");
        size_t left = lengths[i / 2] - (i % 2) - 1;
        memset(text + at, 'x', left);
        snprintf(text + (size_t)at + left, size - (size_t)at - left, "\n%s", ROW);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT(got.rows == 1 && got.bads == 1 && got.bad_line == 2 && got.row_line == 3);
        if (lengths[i / 2] > KP_CSV_RECORD_MAX) {
            CU_ASSERT_STRING_EQUAL(got.reason, "longer than 65536 bytes");
        } else {
            CU_ASSERT_PTR_NOT_NULL(strstr(got.reason, i % 2 == 0 ? "1 fields" : "never closed"));
        }
        /* And as many bytes without any newline. */
        memcpy(text + (size_t)at + left, "x", 2);
        CU_ASSERT(read_text(text) == KP_OK && got.rows == 0 && got.bads == 1);
        CU_ASSERT((strcmp(got.reason, "longer than 65536 bytes") == 0) ==
                  (lengths[i / 2] > KP_CSV_RECORD_MAX));
    }
    free(text);
}

static void open_quote_and_many_lines(void)
{
    /* Far more than a record may hold, behind a quote that is never closed. */
    size_t size = strlen(HEADER) + 1 + 20000 * strlen(ROW) + 64;
    char *text = malloc(size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t at = (size_t)snprintf(text, size, "%s\"x\n", HEADER);
    text[at - 3] = '"';
    for (int i = 0; i < 20000; i++) {
        at += (size_t)snprintf(text + at, size - at, "%s", ROW);
    }
    CU_ASSERT(read_bytes(text, at) == KP_OK);
    CU_ASSERT(got.rows == 20000 && got.bads == 1 && got.row_line == 20002);
    free(text);
}

/* Reads what `writer`, in a process of its own, writes to a pipe: this is standard input. */
static void read_from_pipe(bool (*writer)(int fd))
{
    int ends[2];
    CU_ASSERT_FATAL(pipe2(ends, O_CLOEXEC) == 0);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        close(ends[0]);
        _exit(writer(ends[1]) ? 0 : 1);
    }
    close(ends[1]);
    int kept = dup(STDIN_FILENO);
    CU_ASSERT_FATAL(dup2(ends[0], STDIN_FILENO) == STDIN_FILENO);
    close(ends[0]);
    got = (struct got){0};
    CU_ASSERT(kp_signal_file_read("-", &options, &reader, &error) == KP_OK);
    if (kept >= 0) {
        dup2(kept, STDIN_FILENO);
        close(kept);
    } else {
        close(STDIN_FILENO);
    }
    int status = -1;
    CU_ASSERT(waitpid(child, &status, 0) == child && status == 0);
}

static bool write_text(int fd, const char *text)
{
    return write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

static bool write_endless_line(int fd)
{
    char block[65536];
    memset(block, '"', sizeof(block));
    bool good = write_text(fd, HEADER);
    for (int i = 0; good && i < 640; i++) {
        good = write(fd, block, sizeof(block)) == sizeof(block);
    }
    return good && write_text(fd, "\n" ROW);
}

/* 40 MB without a newline: read in bounded memory, counted as one bad row. */
static void endless_line_from_standard_input(void)
{
    read_from_pipe(write_endless_line);
    CU_ASSERT(got.rows == 1 && got.bads == 1 && got.row_line == 3);
}

static void pause_a_little(void)
{
    struct timespec pause = {0, 50000000};
    nanosleep(&pause, NULL);
}

/* A record as long as may be has come, and nobody can know yet whether that was all. */
static bool write_in_pieces(int fd)
{
    char block[KP_CSV_RECORD_MAX];
    memset(block, 'x', sizeof(block));
    bool good = write_text(fd, "\xef") && write_text(fd, "\xbb\xbf" HEADER);
    pause_a_little();
    good = good && write(fd, block, sizeof(block)) == sizeof(block);
    pause_a_little();
    good = good && write_text(fd, "more\n");
    for (const char *at = ROW ROW; good && *at != '\0'; at++) {
        good = write(fd, at, 1) == 1;
    }
    return good;
}

static void pieces_from_standard_input(void)
{
    read_from_pipe(write_in_pieces);
    CU_ASSERT(got.rows == 2 && got.bads == 1 && got.row_line == 4);
    CU_ASSERT_STRING_EQUAL(got.reason, "longer than 65536 bytes");
}

static void good_signal(void)
{
    struct kp_address address;
    CU_ASSERT(kp_address_of_key(&address, got.signal.address) == KP_OK);
    CU_ASSERT_STRING_EQUAL(address.postcode, "1234AB");
    CU_ASSERT(address.house_number == 12);
    CU_ASSERT_STRING_EQUAL(address.house_letter, "A");
    CU_ASSERT_STRING_EQUAL(address.addition, "2");
    CU_ASSERT_STRING_EQUAL(got.signal.indicator, "W01");
    CU_ASSERT_STRING_EQUAL(got.signal.grounds, "caf\xc3\xa9, \"x\"; y");
    CU_ASSERT(got.signal.observed_on == 20240229);
}

static void accepted_forms(void)
{
    static const char *const files[] = {
        HEADER "1234AB,12,A,2,W01,\"caf\xc3\xa9, \"\"x\"\"; y\",2024-02-29\n",
        "\xef\xbb\xbf" HEADER "1234AB,12,A,2,W01,\"caf\xc3\xa9, \"\"x\"\"; y\",2024-02-29",
        "postcode;huisnummer;huisletter;huisnummertoevoeging;indicator;grondslag;datum\r\n"
        "1234ab;0012;a;2;W01;\"caf\xc3\xa9, \"\"x\"\"; y\";29-02-2024\r\n",
        "\r\n\n DATUM ; \"Grounds\";x;Indicator;ADDITION;huisLetter;House_Number;Postcode;\n\n"
        "\t29-02-2024 ;\" caf\xc3\xa9, \"\"x\"\"; y \";\"a\r\n\"\"b;\n\";\"W01 \"; \" 2 \" ;a; 12 ;"
        " 1234 AB ;\n",
    };
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        CU_ASSERT(read_text(files[i]) == KP_OK);
        CU_ASSERT(got.rows == 1 && got.bads == 0);
        if (got.rows == 1) {
            good_signal();
        } else {
            printf("\n  %zu: %s %s\n", i, error.text, got.reason);
        }
    }
    /* Letter and addition may be missing, as columns; grounds may be empty. */
    CU_ASSERT(read_text("postcode,house_number,indicator,grounds,observed_on\n"
                        "1234AB,12,W01,,2024-02-29\n") == KP_OK);
    CU_ASSERT(got.rows == 1 && memcmp(got.signal.address, "1234AB00012     ", 16) == 0);
    CU_ASSERT_STRING_EQUAL(got.signal.grounds, "");
}

static void header_names_stand_in_reports(void)
{
    CU_ASSERT(read_text("POSTCODE,Huisnummer,indicator,grounds,observed_on\n"
                        "1234AB,x,W01,,2024-02-29\n") == KP_OK);
    CU_ASSERT_STRING_EQUAL(got.column, "Huisnummer");
    CU_ASSERT(read_text("POSTCODE,Huisnummer,indicator,grounds,observed_on\n"
                        "x,1,W01,,2024-02-29\n") == KP_OK);
    CU_ASSERT_STRING_EQUAL(got.column, "POSTCODE");
}

static void lines_are_counted_where_records_begin(void)
{
    CU_ASSERT(read_text("postcode,house_number,indicator,grounds,observed_on,note\n"
                        "1234AB,1,W01,,2024-02-29,\"three\nlines\r\nlong\"\n"
                        "\n"
                        "1234AB,2,W01,,2024-02-29,x\n"
                        "1234AB,x,W01,,2024-02-29,\"two\nlines\"") == KP_OK);
    CU_ASSERT(got.rows == 2 && got.row_line == 6 && got.bads == 1 && got.bad_line == 7);
}

static void lengths_of_texts(void)
{
    char text[2048];
    static const struct {
        int indicator, grounds;
        bool good;
        const char *column;
    } cases[] = {{64, 500, true, ""}, {65, 500, false, "indicator"}, {64, 501, false, "grounds"}};
    for (size_t i = 0; i < 3; i++) {
        snprintf(text, sizeof(text), "%s1234AB,12,A,2,%0*d,%0*d,2024-02-29\n", HEADER,
                 cases[i].indicator, 1, cases[i].grounds, 1);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT((got.rows == 1) == cases[i].good);
        CU_ASSERT_STRING_EQUAL(got.column, cases[i].column);
    }
}

static void callbacks_can_stop_it(void)
{
    got.stop_at = 2;
    CU_ASSERT(read_text(HEADER ROW ROW ROW) == KP_RETRY);
    CU_ASSERT(got.rows == 2);
    CU_ASSERT_STRING_EQUAL(error.text, "enough");
    got.stop_at = SIZE_MAX;
    CU_ASSERT(read_text(HEADER ROW "x\n" ROW) == KP_FAILED);
    CU_ASSERT(got.rows == 1);
    got.stop_at = 0;
}

/* Cut off anywhere: the whole rows before are all there. */
static void truncated_files(void)
{
    static const char text[] = HEADER ROW "1234AB,12,A,2,W01,\"a \"\"b\"\"\",2024-02-29\r\n" ROW;
    for (size_t size = strlen(HEADER); size < sizeof(text); size++) {
        CU_ASSERT(read_bytes(text, size) == KP_OK);
        size_t whole = 0;
        for (size_t i = strlen(HEADER); i < size; i++) {
            whole += text[i] == '\n';
        }
        CU_ASSERT(got.rows >= whole && got.rows + got.bads <= whole + 1);
    }
    for (size_t size = 0; size < strlen(HEADER) - 12; size++) {
        CU_ASSERT(read_bytes(text, size) == KP_REFUSED);
    }
}

/* Whatever the bytes: a status, and rows (checked in take_row) that are canonical. */
static void garbled_files(void)
{
    static const char good[] = HEADER ROW "1234AB,12,A,2,W01,\"a \"\"b\"\"\n\",2024-02-29\r\n" ROW
                                          "9999ZZ,1,,,V02,\"x;y\",01-01-2024\n" ROW;
    static const char letters[] = "\"\"\"\n\n\r,,;\0\xff\xc3\xa9\xef\xbb\xbf \tA0-'=";
    srand(2);
    size_t rows = 0;
    for (int i = 0; i < 6000; i++) {
        char text[sizeof(good)];
        memcpy(text, good, sizeof(good));
        size_t from = i % 4 == 0 ? 0 : strlen(HEADER);
        for (int j = rand() % 6; j >= 0; j--) {
            text[from + (size_t)rand() % (sizeof(good) - from)] =
                letters[(size_t)rand() % (sizeof(letters) - 1)];
        }
        enum kp_status status = read_bytes(text, sizeof(good) - 1 - (size_t)(rand() % 3));
        CU_ASSERT(status == KP_OK || status == KP_REFUSED);
        CU_ASSERT(status == KP_OK || error.text[0] != '\0');
        rows += got.rows;
    }
    CU_ASSERT(rows > 6000);
}

/* Spellings that are one address have one key. */
static void good_signals(void)
{
    static const char *const rows[] = {"1234 ab,12 a-2,,", "1234AB,12,A,2", "1234AB,12a,,2",
                                       "1234ab,0012,a,\" 2\""};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[512];
        snprintf(text, sizeof(text), "%s%s,W01,why,2024-02-29\n", HEADER, rows[i]);
        CU_ASSERT(read_text(text) == KP_OK && got.rows == 1);
        CU_ASSERT(memcmp(got.signal.address, "1234AB00012A2   ", 16) == 0);
    }
}

static const struct unit_test tests[] = {
    {"a resolver", make_resolver},
    {"unusable headers", unusable_headers},
    {"too many columns", too_many_columns},
    {"purpose and last day", purpose_and_last_day},
    {"only a header", only_a_header},
    {"bad rows", bad_rows},
    {"encodings", encodings},
    {"NUL in a row", nul_in_a_row},
    {"unclosed quotes cost one record", unclosed_quotes_cost_one_record},
    {"long records", long_records},
    {"open quote and many lines", open_quote_and_many_lines},
    {"endless line from standard input", endless_line_from_standard_input},
    {"pieces from standard input", pieces_from_standard_input},
    {"accepted forms", accepted_forms},
    {"header names stand in reports", header_names_stand_in_reports},
    {"lines are counted where records begin", lines_are_counted_where_records_begin},
    {"lengths of texts", lengths_of_texts},
    {"callbacks can stop it", callbacks_can_stop_it},
    {"truncated files", truncated_files},
    {"garbled files", garbled_files},
    {"no resolver of one's own", free_resolver},
    {"spellings", good_signals},
};

UNIT_MAIN("signal_file", tests)
