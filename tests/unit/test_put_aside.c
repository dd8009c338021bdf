#include "proto/table/put_aside.h"

#include "proto/address/register.h"
#include "proto/file.h"
#include "proto/table/columns.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct kp_register *reg;
static struct kp_words *words;
static struct kp_resolver *resolver;
static struct kp_table *table;
static struct kp_error error;

static void make_register(void)
{
    const char *csv =
        scratch_text("register.csv", REGISTER_HEADER
                     "0363200000000001,1234AB,12,A,,\"De \"\"Kade\"\"\",Dorp,0363010000000001,"
                     "Naamgeving uitgegeven,0\n"
                     "0363200000000002,1234AB,12,,A,\"De \"\"Kade\"\"\",Dorp,0363010000000002,"
                     "Naamgeving uitgegeven,0\n");
    CU_ASSERT_FATAL(register_make(scratch("bag"), csv).status == KP_OK);
    CU_ASSERT_FATAL(kp_register_open(&reg, scratch("bag"), NULL, &error) == KP_OK);
    CU_ASSERT_FATAL(kp_words_open(&words, NULL, &error) == KP_OK);
    CU_ASSERT_FATAL(kp_resolver_new(&resolver, reg, words, &error) == KP_OK);
}

static void free_register(void)
{
    kp_resolver_free(resolver);
    kp_words_close(words);
    kp_register_close(reg);
}

/* Puts aside what isn't resolved of this file; `with`: candidates by name. */
static void put_aside(const char *text, const char *path, bool with)
{
    static const struct kp_table_options options;
    const struct kp_table_row *row = NULL;
    struct kp_columns columns;
    struct kp_put_aside *aside = NULL;
    CU_ASSERT_FATAL(kp_table_open(&table, scratch_text("rows.csv", text), &options, &error) ==
                    KP_OK);
    CU_ASSERT_FATAL(kp_columns_find(&columns, kp_address_fields, KP_ADDRESS_FIELDS, table, NULL,
                                    &error) == KP_OK);
    CU_ASSERT_FATAL(kp_put_aside_open(&aside, path, with ? reg : NULL, &error) == KP_OK);
    while (kp_table_next(table, &row, &error) == KP_OK && row != NULL) {
        struct kp_address_input input;
        struct kp_address_result result;
        kp_columns_address(&input, &columns, row);
        CU_ASSERT_FATAL(kp_address_resolve(resolver, &input, &result, NULL, &error) == KP_OK);
        if (result.verdict != KP_ADDRESS_RESOLVED) {
            CU_ASSERT(kp_put_aside_row(aside, table, row, &result, &error) == KP_OK);
        }
    }
    CU_ASSERT(kp_put_aside_close(aside, &error) == KP_OK);
    kp_table_close(table);
    table = NULL;
}

static void is_file(const char *path, const char *text)
{
    struct kp_buffer read = {0};
    CU_ASSERT_FATAL(kp_file_read(path, 65536, &read, &error) == KP_OK);
    CU_ASSERT(read.size == strlen(text) && memcmp(read.data, text, read.size) == 0);
    if (read.size != strlen(text) || memcmp(read.data, text, read.size) != 0) {
        printf("\n%.*s", (int)read.size, (const char *)read.data);
    }
    kp_buffer_free(&read);
}

#define OURS "kruispunt_line;kruispunt_verdict;kruispunt_rule;kruispunt_why;kruispunt_candidates\n"

static void rows_with_candidates(void)
{
    put_aside("postcode,huisnummer,\"what; else\",x\n"
              "1234AB,12a,\"one; \"\"two\"\"\",=cmd|x\n"
              "1234AB,99,-2,-f(x)\n"
              "1234AB,98,,\"\n=f(x)\"\n",
              scratch("aside.csv"), true);
    is_file(
        scratch("aside.csv"),
        "\xef\xbb\xbfpostcode;huisnummer;\"what; else\";x;" OURS
        "1234AB;12a;\"one; \"\"two\"\"\";'=cmd|x;2;ambiguous;literal;\"more than one object is "
        "written like this; write which of the candidates it is, or its id\";\"0363200000000001 = De \"\"Kade\"\" 12 A, 1234AB Dorp | "
        "0363200000000002 = De \"\"Kade\"\" 12-A, 1234AB Dorp\"\n"
        "1234AB;99;-2;'-f(x);3;unknown;not-there;the register has no such number in use;\n"
        "1234AB;98;;\"'\n=f(x)\";4;unknown;not-there;the register has no such number in use;\n");
    struct stat about;
    CU_ASSERT(stat(scratch("aside.csv"), &about) == 0 && (about.st_mode & 0777) == 0600);
    struct kp_put_aside *aside = NULL;
    CU_ASSERT(kp_put_aside_open(&aside, scratch("aside.csv"), NULL, &error) == KP_REFUSED);
    CU_ASSERT(aside == NULL && strstr(error.text, "is there already") != NULL);
    CU_ASSERT(kp_put_aside_open(&aside, scratch("no/aside.csv"), NULL, &error) == KP_USAGE);
    CU_ASSERT(kp_put_aside_close(NULL, &error) == KP_OK);
}

/* A file that was put aside and isn't mended yet: our columns stand there once. */
static void rows_again(void)
{
    put_aside("postcode;huisnummer;kruispunt_line;Kruispunt_Why\n1234AB;12a;7;x\n",
              scratch("again.csv"), false);
    is_file(scratch("again.csv"),
            "\xef\xbb\xbfpostcode;huisnummer;" OURS
            "1234AB;12a;2;ambiguous;literal;\"more than one object is written like this; write "
            "which of the candidates it is, or its id\";"
            "\"0363200000000001 | 0363200000000002\"\n");
}

static void no_rows(void)
{
    put_aside("postcode;id;huisnummer;bag_id\n;1;;0363200000000001\n", scratch("none.csv"), true);
    struct stat about;
    CU_ASSERT(stat(scratch("none.csv"), &about) != 0);
}

static const struct unit_test tests[] = {
    {"a register", make_register},
    {"rows with candidates", rows_with_candidates},
    {"rows again", rows_again},
    {"no rows", no_rows},
    {"the register's end", free_register},
};

UNIT_MAIN("put_aside", tests)
