#include "proto/table/columns.h"

#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>

static struct kp_table *table;
static struct kp_columns columns;
static struct kp_error error;

static const struct kp_column_field fields[] = {{"code", "code", "kode", NULL, true}};

static enum kp_status find(const char *header, const char *said)
{
    static const struct kp_table_options options;
    static struct kp_column_field all[KP_ADDRESS_FIELDS + 1];
    memcpy(all, kp_address_fields, sizeof(kp_address_fields));
    all[KP_ADDRESS_FIELDS] = fields[0];
    kp_table_close(table);
    error.text[0] = '\0';
    CU_ASSERT_FATAL(kp_table_open(&table, scratch_text("columns.csv", header), &options, &error) ==
                    KP_OK);
    return kp_columns_find(&columns, all, KP_ADDRESS_FIELDS + 1, table, said, &error);
}

/* Field i of the address is this column; "": it isn't there. */
static void is(size_t field, const char *name)
{
    const char *found = kp_columns_name(&columns, table, field);
    CU_ASSERT_STRING_EQUAL(found == NULL ? "" : found, name);
}

static void own_names(void)
{
    CU_ASSERT(find("Postcode,HOUSE_NUMBER,Kode,straat,plaats,bag_id,id,letter x\n", NULL) == KP_OK);
    is(KP_FIELD_POSTCODE, "Postcode");
    is(KP_FIELD_HOUSE_NUMBER, "HOUSE_NUMBER");
    is(KP_FIELD_STREET, "straat");
    is(KP_FIELD_TOWN, "plaats");
    is(KP_FIELD_ID, "bag_id");
    is(KP_FIELD_HOUSE_LETTER, "");
    is(KP_ADDRESS_FIELDS, "Kode");
    CU_ASSERT(!columns.any_guessed);
    /* A row's number of the partner's own is no id of the register. */
    CU_ASSERT(find("id,postcode,huisnummer,code\n", NULL) == KP_OK);
    is(KP_FIELD_ID, "");
}

static void familiar_names(void)
{
    CU_ASSERT(find("PC6;Huis nr;Toev.;Straatnaam;Woonplaats;Nummeraanduiding ID;code\n", NULL) ==
              KP_OK);
    is(KP_FIELD_POSTCODE, "PC6");
    is(KP_FIELD_HOUSE_NUMBER, "Huis nr");
    is(KP_FIELD_ADDITION, "Toev.");
    is(KP_FIELD_STREET, "Straatnaam");
    is(KP_FIELD_TOWN, "Woonplaats");
    is(KP_FIELD_ID, "Nummeraanduiding ID");
    CU_ASSERT(columns.any_guessed);
    char shown[1024] = "";
    FILE *file = fmemopen(shown, sizeof(shown), "w");
    CU_ASSERT_FATAL(file != NULL);
    kp_columns_show(file, &columns, table);
    fclose(file);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(shown, "read as: id = \"Nummeraanduiding ID\", postcode = \"PC6\""));
    /* Our own name beside a familiar one is taken, and nothing is ambiguous. */
    CU_ASSERT(find("postcode,huisnummer,nummer,toevoeging,huisnummertoevoeging,code\n", NULL) ==
              KP_OK);
    is(KP_FIELD_HOUSE_NUMBER, "huisnummer");
    is(KP_FIELD_ADDITION, "huisnummertoevoeging");
}

static void never_guessed(void)
{
    CU_ASSERT(find("postcode,huisnr,nummer,code\n", NULL) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "\"huisnr\" or \"nummer\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "--columns house_number=NAME"));
    CU_ASSERT(find("nummeraanduiding_id,adresseerbaar_object_id,code\n", NULL) == KP_REFUSED);
    CU_ASSERT(find("postcode,huisnummer,house_number,code\n", NULL) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "two columns"));
    /* A name with a line end in it isn't one. */
    CU_ASSERT(find("\"post\ncode\",huisnummer,code\n", NULL) == KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no column \"postcode\""));
}

static void what_makes_an_address(void)
{
    static const struct {
        const char *header;
        const char *says; /* NULL: good */
    } tables[] = {
        {"adres,code\n", NULL},
        {"bag_id,code\n", NULL},
        {"straat,huisnummer,plaats,code\n", NULL},
        {"straat,huisnummer,code\n", "no column \"postcode\""},
        {"straat,plaats,code\n", "no column \"house_number\" (or \"huisnummer\")"},
        {"postcode,code\n", "no column \"house_number\""},
        {"code\n", "no column of an address"},
        {"postcode,huisnummer\n", "no column \"code\" (or \"kode\")"},
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        enum kp_status status = find(tables[i].header, NULL);
        CU_ASSERT(status == (tables[i].says == NULL ? KP_OK : KP_REFUSED));
        CU_ASSERT(tables[i].says == NULL || strstr(error.text, tables[i].says) != NULL);
    }
    /* Free text beside columns of its own isn't read, unless that is said. */
    CU_ASSERT(find("adres,postcode,huisnummer,huisletter,code\n", NULL) == KP_OK);
    is(KP_FIELD_ADDRESS, "");
    is(KP_FIELD_HOUSE_NUMBER, "huisnummer");
    CU_ASSERT(find("adres,postcode,huisnummer,huisletter,code\n", "address=adres") == KP_OK);
    is(KP_FIELD_ADDRESS, "adres");
    is(KP_FIELD_HOUSE_NUMBER, "");
    is(KP_FIELD_HOUSE_LETTER, "");
    is(KP_FIELD_POSTCODE, "postcode");
    CU_ASSERT(find("adres,huisnummer,code\n", "address=adres,house_number=huisnummer") == KP_USAGE);
}

static void as_is_said(void)
{
    CU_ASSERT(find("a,\"b, \"\"c\"\"\",Huis nr,huisnummer,code\n",
                   "postcode=\"b, \"\"c\"\"\",HOUSE_NUMBER=huis NR,addition=") == KP_OK);
    is(KP_FIELD_POSTCODE, "b, \"c\"");
    is(KP_FIELD_HOUSE_NUMBER, "Huis nr");
    /* What was said to be one thing isn't guessed to be another. */
    CU_ASSERT(find("pc,huisnummer,toev,code\n", "postcode=pc,house_letter=toev") == KP_OK);
    is(KP_FIELD_HOUSE_LETTER, "toev");
    is(KP_FIELD_ADDITION, "");
    CU_ASSERT(find("a,b,code\n", "postcode=a, house_number=b") == KP_OK);
    is(KP_FIELD_HOUSE_NUMBER, "b");
    /* And what is said not to be there isn't. */
    CU_ASSERT(find("postcode,huisnummer,toevoeging,code\n", "addition=") == KP_OK);
    is(KP_FIELD_ADDITION, "");
    static const struct {
        const char *said;
        enum kp_status status;
        const char *says;
    } bad[] = {
        {"postcode=x", KP_REFUSED, "no column \"x\""},
        {"postcode=twice", KP_REFUSED, "two columns \"twice\""},
        {"postcode=huisnummer,postcode=code", KP_USAGE, "given twice"},
        {"postcode=,postcode=", KP_USAGE, "given twice"},
        {"postkode=a", KP_USAGE, "\"postkode\" is no field; there are address, id, postcode"},
        {"postcode", KP_USAGE, "NAME=COLUMN"},
        {"postcode=\"a", KP_USAGE, "NAME=COLUMN"},
        {"postcode=\"a\"b", KP_USAGE, "NAME=COLUMN"},
        {"=a", KP_USAGE, "no field"},
        {",", KP_USAGE, "NAME=COLUMN"},
        {"postcode=", KP_REFUSED, "no column \"postcode\""},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT(find("postcode,huisnummer,twice,Twice,code\n", bad[i].said) == bad[i].status);
        CU_ASSERT(strstr(error.text, bad[i].says) != NULL);
        if (strstr(error.text, bad[i].says) == NULL) {
            printf("\n  %zu: %s\n", i, error.text);
        }
    }
}

static void an_address(void)
{
    const struct kp_table_row *row = NULL;
    struct kp_address_input input;
    CU_ASSERT(find("plaats,postcode,nr x,huisnr,code\nAmsterdam,1011AB,9,12 A,c\n", NULL) == KP_OK);
    CU_ASSERT_FATAL(kp_table_next(table, &row, &error) == KP_OK && row != NULL);
    kp_columns_address(&input, &columns, row);
    CU_ASSERT_STRING_EQUAL(input.text, "");
    CU_ASSERT_STRING_EQUAL(input.postcode, "1011AB");
    CU_ASSERT_STRING_EQUAL(input.house_number, "12 A");
    CU_ASSERT_STRING_EQUAL(input.town, "Amsterdam");
    CU_ASSERT_STRING_EQUAL(kp_columns_get(&columns, row, KP_ADDRESS_FIELDS), "c");
    kp_table_close(table);
    table = NULL;
}

static const struct unit_test tests[] = {
    {"own names", own_names},         {"familiar names", familiar_names},
    {"never guessed", never_guessed}, {"what makes an address", what_makes_an_address},
    {"as is said", as_is_said},       {"an address", an_address},
};

UNIT_MAIN("columns", tests)
