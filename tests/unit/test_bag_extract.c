#include "proto/address/bag_extract.h"

#include "proto/address.h"
#include "tests/unit/bag_forms.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"
#include "tests/unit/zip_make.h"

#define NUM(n) "036320000000000" #n
#define OPR(n) "036330000000000" #n
#define VBO(n) "036301000000000" #n
#define LIG(n) "036302000000000" #n
#define NUMBER(n) (363200000000000u + (n))
#define OBJECT(n) (363010000000000u + (n))

/* Lists of strings, for WHOLE. */
#define TOWNS BAG_TOWN("3594", "Amsterdam"), BAG_TOWN("1000", "Ede")
#define STREETS                                                                                    \
    BAG_STREET(OPR(1), "Kerkstraat", "3594"), BAG_STREET(OPR(2), "Plein, &apos;t", "3594"),        \
        BAG_STREET(OPR(3), "Heideweg", "3594")
#define POSTCODE(text) BAG_VALUE("postcode", text)
#define EDE BAG_REF("ligtIn", "WoonplaatsRef", "1000")
#define PLAIN_NUMBER(id, number, rest, street)                                                     \
    BAG_NUMBER(id, number, rest, BAG_NAMING, street, BAG_ALWAYS)
/* As in tests/unit/test_register.c. */
#define NUMBERS                                                                                    \
    PLAIN_NUMBER(NUM(1), "12", POSTCODE("1011AB"), OPR(1)),                                        \
        PLAIN_NUMBER(NUM(2), "12", BAG_VALUE("huisletter", "A") POSTCODE("1011AB"), OPR(1)),       \
        PLAIN_NUMBER(NUM(3), "12", BAG_VALUE("huisnummertoevoeging", "hs") POSTCODE("1011AB"),     \
                     OPR(1)),                                                                      \
        PLAIN_NUMBER(NUM(4), "1", BAG_VALUE("huisletter", "a") POSTCODE("1011AC"), OPR(2)),        \
        PLAIN_NUMBER(NUM(5), "7", EDE, OPR(3)),                                                    \
        PLAIN_NUMBER(NUM(6), "7", POSTCODE("6711AA") EDE, OPR(3)),                                 \
        BAG_NUMBER(NUM(7), "12", POSTCODE("1011AB"), BAG_WITHDRAWN, OPR(1), BAG_ALWAYS),           \
        PLAIN_NUMBER(NUM(8), "14", POSTCODE("1011AB"), OPR(1))
#define OBJECTS                                                                                    \
    BAG_UNIT(VBO(1), BAG_MAIN(NUM(1)) BAG_SIDE(NUM(4))), BAG_UNIT(VBO(2), BAG_MAIN(NUM(2))),       \
        BAG_UNIT(VBO(3), BAG_MAIN(NUM(3))),                                                        \
        BAG_OBJECT("Ligplaats", LIG(5), "Plaats aangewezen", BAG_MAIN(NUM(6)) BAG_SIDE(NUM(5)),    \
                   BAG_ALWAYS)

/* A document of these pieces; valid for two calls. */
static const char *whole(const char *const *pieces)
{
    static char texts[2][65536];
    static unsigned turn;
    char *text = texts[turn++ % 2];
    size_t size = 0;
    for (; *pieces != NULL; pieces++) {
        CU_ASSERT_FATAL(size + strlen(*pieces) < sizeof(texts[0]));
        size += (size_t)snprintf(text + size, sizeof(texts[0]) - size, "%s", *pieces);
    }
    return text;
}
#define WHOLE(...) whole((const char *const[]){BAG_BEGIN("NUM"), __VA_ARGS__, BAG_END, NULL})

static const char csv[] = REGISTER_HEADER
    "0363200000000001,1011AB,12,,,Kerkstraat,Amsterdam,0363010000000001,Naamgeving uitgegeven,0\n"
    "0363200000000002,1011AB,12,A,,Kerkstraat,Amsterdam,0363010000000002,Naamgeving uitgegeven,0\n"
    "0363200000000003,1011AB,12,,hs,Kerkstraat,Amsterdam,0363010000000003,Naamgeving "
    "uitgegeven,0\n"
    "0363200000000004,1011AC,1,a,,\"Plein, 't\",Amsterdam,0363010000000001,Naamgeving "
    "uitgegeven,1\n"
    "0363200000000005,,7,,,Heideweg,Ede,0363020000000005,Naamgeving uitgegeven,1\n"
    "0363200000000006,6711AA,7,,,Heideweg,Ede,0363020000000005,Naamgeving uitgegeven,0\n"
    "0363200000000007,1011AB,12,,,Kerkstraat,Amsterdam,0363010000000001,Naamgeving "
    "ingetrokken,0\n"
    "0363200000000008,1011AB,14,,,Kerkstraat,Amsterdam,,Naamgeving uitgegeven,0\n";

struct made {
    enum kp_status status;
    struct kp_error error;
    struct kp_bag_extract_report report;
    struct kp_register_outcome outcome;
    size_t bads;
    char where[256], element[64], reason[128]; /* of the last bad one */
};

static void see_bad(void *context, const char *where, uint64_t line, const char *element,
                    const char *reason)
{
    struct made *made = context;
    (void)line;
    made->bads++;
    (void)snprintf(made->where, sizeof(made->where), "%s", where);
    (void)snprintf(made->element, sizeof(made->element), "%s", element);
    (void)snprintf(made->reason, sizeof(made->reason), "%s", reason);
}

static struct made make(uint32_t date, const char *const *paths, size_t count)
{
    static struct made made;
    made = (struct made){.status = KP_OK};
    const struct kp_register_build_options options = {.dir = scratch("bag")};
    const struct kp_bag_extract_options extract = {
        .date = date, .today = 20261122, .context = &made, .bad = see_bad};
    struct kp_register_build *build = NULL;
    CU_ASSERT_FATAL(kp_register_build_begin(&build, &options, &made.error) == KP_OK);
    made.status = kp_bag_extract_import(paths, count, &extract, build, &made.report, &made.error);
    if (made.status == KP_OK) {
        made.status = kp_register_build_finish(build, made.report.date, &made.outcome, &made.error);
    } else {
        kp_register_build_abandon(build);
    }
    return made;
}

static struct made make_text(uint32_t date, const char *text)
{
    const char *path = scratch_text("extract.xml", text);
    return make(date, &path, 1);
}

/* One number of one object, which may be found. */
static bool has(const struct made *made, uint64_t id, uint64_t object)
{
    struct kp_register *opened = NULL;
    struct kp_register_number numbers[4];
    struct kp_error error;
    size_t count = 0;
    bool withdrawn = false;
    CU_ASSERT_FATAL(kp_register_open(&opened, scratch("bag"), made->outcome.info.hash, &error) ==
                    KP_OK);
    CU_ASSERT_FATAL(kp_register_by_id(opened, id, numbers, 4, &count, &withdrawn, &error) == KP_OK);
    kp_register_close(opened);
    return count == 1 && numbers[0].object == object;
}

static void same_as_csv(void)
{
    struct register_made flat = register_make(scratch("flat"), scratch_text("register.csv", csv));
    CU_ASSERT_FATAL(flat.status == KP_OK);
    struct made made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS));
    CU_ASSERT_FATAL(made.status == KP_OK);
    CU_ASSERT(memcmp(flat.outcome.info.hash, made.outcome.info.hash, 32) == 0);
    CU_ASSERT(made.report.date == 20261108 && made.outcome.info.date == 20261108);
    CU_ASSERT(made.report.join.pairs == 6 && made.report.join.numbers == 7);
    CU_ASSERT(made.report.join.without_object == 1 && made.report.join.withdrawn == 1);
    CU_ASSERT(made.report.join.objects == 4 && made.report.join.streets == 3);
    CU_ASSERT(made.report.records == 17 && made.bads == 0);
    /* In another order, in files of their own, in a zip in a zip, twice. */
    made = make_text(0, WHOLE(OBJECTS, NUMBERS, OBJECTS, STREETS, TOWNS, NUMBERS));
    CU_ASSERT(made.status == KP_OK &&
              memcmp(flat.outcome.info.hash, made.outcome.info.hash, 32) == 0);
    static struct zip_made zip;
    zip_make_text(&zip, ZIP_LATE, "n.xml", WHOLE(NUMBERS, STREETS));
    zip_wrap(&zip, ZIP_STORED, "n.zip", &zip);
    const char *paths[] = {scratch_text("o.XML", WHOLE(OBJECTS)),
                           scratch_write("n.zip", zip.bytes, zip.size),
                           scratch_text("t.xml", WHOLE(TOWNS))};
    made = make(0, paths, 3);
    CU_ASSERT(made.status == KP_OK && made.report.archives.files == 3);
    CU_ASSERT(memcmp(flat.outcome.info.hash, made.outcome.info.hash, 32) == 0);
    CU_ASSERT(has(&made, NUMBER(2), OBJECT(2)) && !has(&made, NUMBER(7), OBJECT(1)));
}

static void names(void)
{
    CU_ASSERT(kp_bag_extract_is("/x/a.zip") && kp_bag_extract_is("b.XML"));
    CU_ASSERT(!kp_bag_extract_is("a.csv") && !kp_bag_extract_is("-") && !kp_bag_extract_is(".xml"));
    CU_ASSERT(kp_bag_extract_is(scratch_text("some", "<?xml")));
    CU_ASSERT(kp_bag_extract_is(scratch_write("some", "PK\x03\x04", 4)));
    CU_ASSERT(!kp_bag_extract_is(scratch_text("some", "postcode")));
    CU_ASSERT(!kp_bag_extract_is(scratch_text("some", "")) && !kp_bag_extract_is("/dev/null"));
    const char *path = scratch("not.there.xml");
    struct made made = make(0, &path, 1);
    CU_ASSERT(made.status == KP_USAGE && strstr(made.error.text, "not.there.xml") != NULL);
    path = scratch("bag");
    made = make(0, &path, 1);
    CU_ASSERT(made.status == KP_USAGE);
}

/* Number 9: from 2012 to 2020 at object 2, from 2020 at object 3, and from 2027 withdrawn. */
#define UNTIL(day)                                                                                 \
    BAG_HISTORY("eindGeldigheid", day) BAG_HISTORY("eindRegistratie", day "T12:00:00")
#define HISTORY                                                                                    \
    BAG_NUMBER(NUM(9), "9", POSTCODE("1011AB"), BAG_NAMING, OPR(1),                                \
               BAG_OCCURRENCE("1", "2012-01-01", UNTIL("2027-01-01")))                             \
    BAG_NUMBER(NUM(9), "9", POSTCODE("1011AB"), BAG_WITHDRAWN, OPR(1),                             \
               BAG_OCCURRENCE("2", "2027-01-01", ""))                                              \
    BAG_OBJECT("Verblijfsobject", VBO(8), "Verblijfsobject in gebruik", BAG_MAIN(NUM(9)),          \
               BAG_OCCURRENCE("1", "2012-01-01", UNTIL("2020-05-05")))                             \
    BAG_OBJECT("Verblijfsobject", VBO(8), "Verblijfsobject ingetrokken", BAG_MAIN(NUM(9)),         \
               BAG_OCCURRENCE("2", "2020-05-05", ""))                                              \
    BAG_OBJECT("Verblijfsobject", VBO(9), "Verblijfsobject gevormd", BAG_MAIN(NUM(9)),             \
               BAG_OCCURRENCE("1", "2020-05-05", ""))

static void days(void)
{
    struct made made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, HISTORY));
    CU_ASSERT(made.status == KP_OK && has(&made, NUMBER(9), OBJECT(9)));
    CU_ASSERT(made.report.elsewhen == 2);
    made = make_text(20200505, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, HISTORY));
    CU_ASSERT(made.status == KP_OK && has(&made, NUMBER(9), OBJECT(9)));
    CU_ASSERT(made.outcome.info.date == 20200505 && made.report.technical == 20261108);
    made = make_text(20200504, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, HISTORY));
    CU_ASSERT(made.status == KP_OK && has(&made, NUMBER(9), OBJECT(8)));
    made = make_text(20111231, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, HISTORY));
    CU_ASSERT(made.status == KP_OK && !has(&made, NUMBER(9), OBJECT(8)));
    made = make_text(20091231, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, HISTORY));
    CU_ASSERT(made.status == KP_REFUSED && strstr(made.error.text, "of kind WPL") != NULL);
    made = make_text(20261109, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS));
    CU_ASSERT(made.status == KP_REFUSED && strstr(made.error.text, "knows nothing") != NULL);
}

/* Two occurrences that both hold: the highest counts, whichever comes first. */
static void occurrences(void)
{
#define TWICE_A                                                                                    \
    BAG_OBJECT("Verblijfsobject", VBO(9), "Verblijfsobject in gebruik", BAG_MAIN(NUM(1)),          \
               BAG_OCCURRENCE("9", "2012-01-01", ""))                                              \
    BAG_STREET(OPR(9), "Oude Weg", "3594") PLAIN_NUMBER(NUM(9), "1", "", OPR(9))
#define TWICE_B                                                                                    \
    BAG_OBJECT("Verblijfsobject", VBO(9), "Verblijfsobject in gebruik", BAG_MAIN(NUM(9)),          \
               BAG_OCCURRENCE("10", "2012-01-01", ""))                                             \
    BAG_NUMBER(NUM(9), "2", "", BAG_NAMING, OPR(9), BAG_OCCURRENCE("2", "2012-01-01", ""))
    struct made made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, TWICE_A, TWICE_B));
    CU_ASSERT(made.status == KP_OK && has(&made, NUMBER(9), OBJECT(9)));
    CU_ASSERT(has(&made, NUMBER(1), OBJECT(1)));
    struct made other = make_text(0, WHOLE(TWICE_B, TWICE_A, TOWNS, STREETS, NUMBERS, OBJECTS));
    CU_ASSERT(memcmp(made.outcome.info.hash, other.outcome.info.hash, 32) == 0);
    /* The highest isn't in use, so the object isn't. */
    made =
        make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, TWICE_A, TWICE_B,
                           BAG_OBJECT("Verblijfsobject", VBO(9), "Verblijfsobject ingetrokken",
                                      BAG_MAIN(NUM(9)), BAG_OCCURRENCE("11", "2012-01-01", ""))));
    CU_ASSERT(made.status == KP_OK && !has(&made, NUMBER(9), OBJECT(9)));
}

static void missing(void)
{
    struct made made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS,
                                          PLAIN_NUMBER(NUM(9), "1", "", OPR(9))
                                              BAG_UNIT(VBO(9), BAG_MAIN(NUM(9)))));
    CU_ASSERT(made.status == KP_OK && made.report.join.no_street == 1 && made.bads == 1);
    CU_ASSERT_STRING_EQUAL(made.where, "nummeraanduiding " NUM(9));
    CU_ASSERT_STRING_EQUAL(made.element, "ligtAan");
    made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS,
                              PLAIN_NUMBER(NUM(9), "1", BAG_REF("ligtIn", "WoonplaatsRef", "9999"),
                                           OPR(1)) BAG_UNIT(VBO(9), BAG_MAIN(NUM(9)))));
    CU_ASSERT(made.status == KP_OK && made.report.join.no_town == 1 && made.bads == 1);
    made =
        make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, BAG_UNIT(VBO(9), BAG_MAIN(NUM(9)))));
    CU_ASSERT(made.status == KP_OK && made.report.join.no_number == 1 && made.bads == 1);
    made =
        make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, BAG_UNIT(VBO(9), BAG_MAIN(NUM(7)))));
    CU_ASSERT(made.status == KP_OK && made.report.join.to_withdrawn == 1 && made.bads == 0);
    CU_ASSERT(!has(&made, NUMBER(7), OBJECT(9)));
}

static void parts(void)
{
    CU_ASSERT(make_text(0, WHOLE(STREETS, NUMBERS, OBJECTS)).status == KP_REFUSED);
    CU_ASSERT(make_text(0, WHOLE(TOWNS, NUMBERS, OBJECTS)).status == KP_REFUSED);
    CU_ASSERT(make_text(0, WHOLE(TOWNS, STREETS, OBJECTS)).status == KP_REFUSED);
    struct made made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS));
    CU_ASSERT(made.status == KP_REFUSED && strstr(made.error.text, "VBO, LIG or STA") != NULL);
    const char *paths[] = {
        scratch_text("a.xml", WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS)),
        scratch_text("b.xml",
                     "<x:bagStand" BAG_NAMESPACES ">" BAG_DATE("2026-10-08") "</x:bagStand>"),
    };
    made = make(0, paths, 2);
    CU_ASSERT(made.status == KP_REFUSED && strstr(made.error.text, "b.xml: ") != NULL);
    CU_ASSERT(strstr(made.error.text, "of the extract of 2026-10-08") != NULL);
}

/* An extract that doesn't say of what day it is: today's, or what is said. */
static void no_day(void)
{
#define NO_DAY(...)                                                                                \
    whole((const char *const[]){"<x:bagStand" BAG_NAMESPACES "><sl:standBestand>", __VA_ARGS__,    \
                                BAG_END, NULL})
    struct made made = make_text(0, NO_DAY(TOWNS, STREETS, NUMBERS, OBJECTS));
    CU_ASSERT(made.status == KP_OK && made.report.technical == 0);
    CU_ASSERT(made.report.date == 20261122 && made.outcome.info.date == 20261122);
    made = make_text(20200101, NO_DAY(TOWNS, STREETS, NUMBERS, OBJECTS));
    CU_ASSERT(made.status == KP_OK && made.outcome.info.date == 20200101);
    const char *paths[] = {
        scratch_text("a.xml", NO_DAY(TOWNS, STREETS, NUMBERS, OBJECTS)),
        scratch_text("b.xml", WHOLE(TOWNS)),
    };
    made = make(0, paths, 2);
    CU_ASSERT(made.status == KP_REFUSED && strstr(made.error.text, "give --date") != NULL);
    made = make(20200101, paths, 2);
    CU_ASSERT(made.status == KP_OK);
}

/* Ten bad ones always pass, then one in a hundred. */
static void too_many_bad(void)
{
#define BAD_ONE BAG_TOWN("x", "Ede")
#define TEN_BAD                                                                                    \
    BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE, BAD_ONE
    struct made made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, TEN_BAD));
    CU_ASSERT(made.status == KP_OK && made.report.bad == 10 && made.bads == 10);
    CU_ASSERT(strstr(made.where, "extract.xml") != NULL);
    made = make_text(0, WHOLE(TOWNS, STREETS, NUMBERS, OBJECTS, TEN_BAD, BAD_ONE));
    CU_ASSERT(made.status == KP_REFUSED && strstr(made.error.text, "11 of 28 records") != NULL);
}

static const struct unit_test tests[] = {
    {"the same register as from CSV", same_as_csv},
    {"files", names},
    {"what held on a day", days},
    {"more occurrences that hold", occurrences},
    {"what isn't there", missing},
    {"parts of an extract, and of two", parts},
    {"no day in it", no_day},
    {"too many bad records", too_many_bad},
};

UNIT_MAIN("bag_extract", tests)
