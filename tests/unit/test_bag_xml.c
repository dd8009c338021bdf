#include "proto/address/bag_xml.h"

#include "proto/address.h"
#include "tests/unit/bag_forms.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUM "0363200000000001"
#define OPR "0363300000000001"
#define PLAIN BAG_NUMBER(NUM, "12", BAG_VALUE("postcode", "1011AB"), BAG_NAMING, OPR, BAG_ALWAYS)

static struct got {
    size_t records, bads;
    uint32_t date;
    struct kp_bag_record record; /* the last */
    uint64_t line;
    char element[64], reason[128]; /* of the last bad one */
    bool enough, known;
    enum kp_status answer; /* to records */
} got;
static struct kp_error error;

static void take_schema(void *context, bool known)
{
    (void)context;
    got.known = known;
}

static enum kp_status take_date(void *context, uint32_t date, struct kp_error *fill)
{
    (void)context;
    (void)fill;
    got.date = date;
    return KP_OK;
}

static enum kp_status take_record(void *context, const struct kp_bag_record *record,
                                  struct kp_error *fill)
{
    (void)context;
    got.records++;
    got.record = *record;
    return got.answer == KP_OK ? KP_OK : kp_fail(fill, got.answer, "that will do");
}

static enum kp_status take_bad(void *context, uint64_t line, const char *element,
                               const char *reason, struct kp_error *fill)
{
    (void)context;
    (void)fill;
    got.bads++;
    got.line = line;
    (void)snprintf(got.element, sizeof(got.element), "%s", element);
    (void)snprintf(got.reason, sizeof(got.reason), "%s", reason);
    return KP_OK;
}

static const struct kp_bag_xml_reader reader = {NULL, take_schema, take_date, take_record,
                                                take_bad};

static enum kp_status read_pieces(const void *bytes, size_t size, size_t piece)
{
    struct kp_bag_xml *xml = NULL;
    const uint8_t *at = bytes;
    got = (struct got){.answer = got.answer};
    error = (struct kp_error){0};
    CU_ASSERT_FATAL(kp_bag_xml_new(&xml, &reader, &error) == KP_OK);
    enum kp_status status = KP_OK;
    while (status == KP_OK && size > 0 && !got.enough) {
        size_t part = size < piece ? size : piece;
        status = kp_bag_xml_feed(xml, at, part, &got.enough, &error);
        at += part;
        size -= part;
    }
    if (status == KP_OK && !got.enough) {
        status = kp_bag_xml_end(xml, &error);
    }
    kp_bag_xml_free(xml);
    return status;
}

static enum kp_status read_text(const char *text)
{
    return read_pieces(text, strlen(text), SIZE_MAX);
}

static void records(void)
{
    CU_ASSERT(read_text(BAG_BEGIN("NUM") PLAIN BAG_END) == KP_OK);
    CU_ASSERT(got.date == 20261108 && got.records == 1 && got.bads == 0);
    CU_ASSERT(got.record.kind == KP_RECORD_NUMBER && got.record.id == 363200000000001u);
    CU_ASSERT(got.record.street == 363300000000001u && got.record.town == 0);
    CU_ASSERT(got.record.house_number == 12 && got.record.in_use && !got.record.dropped);
    CU_ASSERT(got.record.begin == 20100101 && got.record.end == 0 && got.record.occurrence == 1);
    CU_ASSERT_STRING_EQUAL(got.record.postcode, "1011AB");
    CU_ASSERT(got.record.letter[0] == '\0' && got.record.addition[0] == '\0');

    CU_ASSERT(read_text(BAG_BEGIN("NUM") BAG_NUMBER(
                  NUM, "99999",
                  BAG_VALUE("huisletter", "a") BAG_VALUE("huisnummertoevoeging", "Bis2")
                      BAG_REF("ligtIn", "WoonplaatsRef", "3594"),
                  BAG_WITHDRAWN, OPR,
                  BAG_OCCURRENCE("12", "2011-02-28",
                                 BAG_HISTORY("eindGeldigheid", "2012-12-31+01:00")
                                     BAG_HISTORY("eindRegistratie", "2013-01-02T10:00:00.000")))
                            BAG_END) == KP_OK);
    CU_ASSERT(got.records == 1 && !got.record.in_use && !got.record.dropped);
    CU_ASSERT(got.record.town == 3594 && got.record.house_number == 99999);
    CU_ASSERT(got.record.begin == 20110228 && got.record.end == 20121231);
    CU_ASSERT(got.record.occurrence == 12 && got.record.postcode[0] == '\0');
    CU_ASSERT_STRING_EQUAL(got.record.letter, "a");
    CU_ASSERT_STRING_EQUAL(got.record.addition, "Bis2");

    CU_ASSERT(read_text(BAG_BEGIN("OPR") BAG_STREET(OPR, "\n Plein &amp; &#39;t H\xc3\xb4tel ",
                                                    "3594") BAG_END) == KP_OK);
    CU_ASSERT(got.record.kind == KP_RECORD_STREET && got.record.town == 3594);
    CU_ASSERT_STRING_EQUAL(got.record.name, "Plein & 't H\xc3\xb4tel");
    CU_ASSERT(read_text(BAG_BEGIN("WPL") BAG_TOWN("0012", "'s-Gravenhage") BAG_END) == KP_OK);
    CU_ASSERT(got.record.kind == KP_RECORD_TOWN && got.record.id == 12);
}

static void objects(void)
{
    static const struct {
        const char *what, *id, *status;
        bool in_use;
    } cases[] = {
        {"Verblijfsobject", "0363010000000001", "Verblijfsobject gevormd", true},
        {"Verblijfsobject", "0363010000000001", "Verblijfsobject in gebruik", true},
        {"Verblijfsobject", "0363010000000001", "Verblijfsobject in gebruik (niet ingemeten)",
         true},
        {"Verblijfsobject", "0363010000000001", "Verbouwing verblijfsobject", true},
        {"Verblijfsobject", "0363010000000001", "Verblijfsobject buiten gebruik", true},
        {"Verblijfsobject", "0363010000000001", "Niet gerealiseerd verblijfsobject", false},
        {"Verblijfsobject", "0363010000000001", "Verblijfsobject ingetrokken", false},
        {"Verblijfsobject", "0363010000000001", "Verblijfsobject ten onrechte opgevoerd", false},
        {"Ligplaats", "0363020000000001", "Plaats aangewezen", true},
        {"Ligplaats", "0363020000000001", "Plaats ingetrokken", false},
        {"Standplaats", "0363030000000001", "Plaats aangewezen", true},
    };
    static char text[8192];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       BAG_BEGIN("VBO") BAG_OBJECT("%s", "%s", "%s",
                                                   BAG_MAIN(NUM) BAG_SIDE("0363200000000002")
                                                       BAG_SIDE("0363200000000003"),
                                                   BAG_ALWAYS) BAG_END,
                       cases[i].what, cases[i].id, cases[i].status, cases[i].what);
        CU_ASSERT(read_text(text) == KP_OK && got.records == 1);
        CU_ASSERT(got.record.kind == KP_RECORD_OBJECT && got.record.in_use == cases[i].in_use);
        CU_ASSERT(got.record.main == 363200000000001u && got.record.side_count == 2);
        CU_ASSERT(got.record.sides[1] == 363200000000003u);
    }
}

/* All side addresses in one element, as the schema has it, too; geometry and what isn't known is
 * passed over, also when it has names of ours in it. */
static void other_places(void)
{
    CU_ASSERT(
        read_text(BAG_BEGIN("VBO") BAG_STATE(
            "<Objecten:Verblijfsobject>" BAG_MAIN(
                NUM) "<Objecten:heeftAlsNevenadres>"
                     "<Objecten-ref:NummeraanduidingRef domein='x'>0363200000000002"
                     "</Objecten-ref:NummeraanduidingRef><Objecten-ref:NummeraanduidingRef>"
                     "0363200000000003</Objecten-ref:NummeraanduidingRef></Objecten:heeftAlsNevenadres>"
                     "<Objecten:geometrie><gml:Point><gml:pos>1 2 3<Objecten:status>nothing"
                     "</Objecten:status></gml:pos></gml:Point></Objecten:geometrie>"
                     "<Objecten:maaktDeelUitVan><Objecten-ref:NummeraanduidingRef>words"
                     "</Objecten-ref:NummeraanduidingRef></Objecten:maaktDeelUitVan>" BAG_ALWAYS
                         BAG_VALUE("identificatie", "0363010000000001") BAG_VALUE(
                             "status", "Verblijfsobject in gebruik") "<gml:status>no</gml:status>"
                                                                     "</Objecten:Verblijfsobject>")
                      BAG_END) == KP_OK);
    CU_ASSERT(got.records == 1 && got.record.side_count == 2 && got.bads == 0);
    /* What is in onderzoek says nothing about addresses; of buildings nothing is read. */
    CU_ASSERT(read_text(BAG_BEGIN("NUM") "<sl:stand><x:kenmerkInOnderzoek>"
                                         "<Objecten:Nummeraanduiding/></x:kenmerkInOnderzoek>"
                                         "</sl:stand>" BAG_END) == KP_OK);
    CU_ASSERT(got.records == 0 && got.bads == 0 && !got.enough);
    CU_ASSERT(read_text(BAG_BEGIN("PND") "<not XML") == KP_OK && got.enough);
    CU_ASSERT(read_text("<g:BAG-GWR-Deelbestand-LVC xmlns:g='x'><nothing") == KP_OK && got.enough);
    /* Other prefixes. */
    CU_ASSERT(read_text("<bagStand xmlns='http://www.kadaster.nl/schemas/lvbag/"
                        "extract-deelbestand-lvc/v20200601'><bagInfo/></bagStand>") == KP_OK);
    CU_ASSERT(read_text("<d:BAG-Extract-Levering xmlns:d='http://www.kadaster.nl/schemas/lvbag/"
                        "extract-levering/v20200601'" BAG_NAMESPACES "><d:SelectieGegevens>"
                        "<se:LVC-Extract><se:StandTechnischeDatum>2026-01-08"
                        "</se:StandTechnischeDatum></se:LVC-Extract></d:SelectieGegevens>"
                        "</d:BAG-Extract-Levering>") == KP_OK);
    CU_ASSERT(got.date == 20260108);
}

/* What an address doesn't need may be away, and another version of the schema is said. */
static void less_than_the_schema(void)
{
    CU_ASSERT(read_text(BAG_BEGIN("NUM") BAG_NUMBER(NUM, "12", "", BAG_NAMING, OPR, "") BAG_END) ==
              KP_OK);
    CU_ASSERT(got.records == 1 && got.record.occurrence == 1 && got.known);
    CU_ASSERT(got.record.begin == 0 && got.record.end == 0 && !got.record.dropped);
    CU_ASSERT(read_text("<y:bagStand xmlns:y='http://www.kadaster.nl/schemas/lvbag/"
                        "extract-deelbestand-lvc/v20300101'/>") == KP_OK);
    CU_ASSERT(!got.known);
    CU_ASSERT(read_text("<y:bagStand xmlns:y='http://www.kadaster.nl/schemas/lvbag/extract/"
                        "v20200601'/>") == KP_REFUSED);
}

static void in_pieces(void)
{
    static const char text[] = BAG_BEGIN("NUM") PLAIN PLAIN BAG_END;
    for (size_t piece = 1; piece < 200; piece += 7) {
        CU_ASSERT(read_pieces(text, sizeof(text) - 1, piece) == KP_OK && got.records == 2);
    }
    for (size_t size = 0; size < sizeof(text) - 1; size++) {
        CU_ASSERT(read_pieces(text, size, 100) == KP_REFUSED);
        CU_ASSERT(strstr(error.text, "cut off") != NULL);
    }
}

static void made_inactive(void)
{
    static const char *const marks[] = {
        BAG_HISTORY("tijdstipInactief", "2012-01-01T00:00:00.000"),
        "<Historie:BeschikbaarLV>" BAG_HISTORY(
            "tijdstipInactiefLV", "2012-01-01T00:00:00.000") "</Historie:BeschikbaarLV>",
        "<Historie:BeschikbaarLV>" BAG_HISTORY(
            "tijdstipNietBagLV", "2012-01-01T00:00:00.000") "</Historie:BeschikbaarLV>",
    };
    static char text[8192];
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(text, sizeof(text),
                       BAG_BEGIN("NUM") BAG_NUMBER(NUM, "1", "", BAG_NAMING, OPR,
                                                   BAG_OCCURRENCE("1", "2010-01-01", "%s")) BAG_END,
                       marks[i]);
        CU_ASSERT(read_text(text) == KP_OK && got.records == 1 && got.record.dropped);
    }
}

#define NUMBER_BUT(id, number, rest, status, street, occurrence)                                   \
    BAG_BEGIN("NUM") "\n\n" BAG_NUMBER(id, number, rest, status, street, occurrence) PLAIN BAG_END

static void bad_records(void)
{
    static const struct {
        const char *text, *element, *reason;
    } bad[] = {
        {NUMBER_BUT("0363300000000001", "1", "", BAG_NAMING, OPR, BAG_ALWAYS), "identificatie",
         "not an id of this kind"},
        {NUMBER_BUT("036320000000001", "1", "", BAG_NAMING, OPR, BAG_ALWAYS), "identificatie",
         "not an id"},
        {NUMBER_BUT("", "1", "", BAG_NAMING, OPR, BAG_ALWAYS), "identificatie", "not an id"},
        {NUMBER_BUT(NUM, "0", "", BAG_NAMING, OPR, BAG_ALWAYS), "huisnummer", "1 to 99999"},
        {NUMBER_BUT(NUM, "012", "", BAG_NAMING, OPR, BAG_ALWAYS), "huisnummer", "1 to 99999"},
        {NUMBER_BUT(NUM, "100000", "", BAG_NAMING, OPR, BAG_ALWAYS), "huisnummer", "1 to 99999"},
        {NUMBER_BUT(NUM, "12A", "", BAG_NAMING, OPR, BAG_ALWAYS), "huisnummer", "1 to 99999"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("huisletter", "AB"), BAG_NAMING, OPR, BAG_ALWAYS),
         "huisletter", "one letter"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("huisletter", "1"), BAG_NAMING, OPR, BAG_ALWAYS),
         "huisletter", "one letter"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("huisnummertoevoeging", "12345"), BAG_NAMING, OPR,
                    BAG_ALWAYS),
         "huisnummertoevoeging", "one to four"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("huisnummertoevoeging", "1-2"), BAG_NAMING, OPR,
                    BAG_ALWAYS),
         "huisnummertoevoeging", "one to four"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("postcode", "1011 AB"), BAG_NAMING, OPR, BAG_ALWAYS),
         "postcode", "not a postcode"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("postcode", "0011AB"), BAG_NAMING, OPR, BAG_ALWAYS),
         "postcode", "not a postcode"},
        {NUMBER_BUT(NUM, "1", BAG_VALUE("huisnummer", "2"), BAG_NAMING, OPR, BAG_ALWAYS),
         "huisnummer", "there twice"},
        {NUMBER_BUT(NUM, "1", "", "Naamgeving", OPR, BAG_ALWAYS), "status", "not a status"},
        {NUMBER_BUT(NUM, "1", "", "Plaats aangewezen", OPR, BAG_ALWAYS), "status", "not a status"},
        {NUMBER_BUT(NUM, "1", "", BAG_NAMING, NUM, BAG_ALWAYS), "OpenbareRuimteRef", "not the id"},
        {NUMBER_BUT(NUM, "1", "", BAG_NAMING, OPR, BAG_SINCE("2010-13-01")), "beginGeldigheid",
         "not a date"},
        {NUMBER_BUT(NUM, "1", "", BAG_NAMING, OPR, BAG_SINCE("20100101")), "beginGeldigheid",
         "not a date"},
        {NUMBER_BUT(NUM, "1", "", BAG_NAMING, OPR, BAG_OCCURRENCE("x", "2010-01-01", "")),
         "voorkomenidentificatie", "not a number"},
        {BAG_BEGIN("OPR") "\n\n" BAG_STREET(OPR, "", "3594") PLAIN BAG_END, "naam", "empty"},
        {BAG_BEGIN("OPR") "\n\n" BAG_STREET(OPR, "Plein&#9;1", "3594") PLAIN BAG_END, "naam",
         "not a line"},
        {BAG_BEGIN("OPR") "\n\n" BAG_STREET(OPR, "Plein", "12345") PLAIN BAG_END, "WoonplaatsRef",
         "not the id"},
        {BAG_BEGIN("WPL") "\n\n" BAG_TOWN("0000", "Ede") PLAIN BAG_END, "identificatie",
         "not an id"},
        {BAG_BEGIN("VBO") "\n\n" BAG_UNIT("0363010000000001", "") PLAIN BAG_END,
         "heeftAlsHoofdadres", "not there"},
        {BAG_BEGIN("VBO") "\n\n" BAG_UNIT("0363010000000001", BAG_MAIN(NUM) BAG_MAIN(NUM))
             PLAIN BAG_END,
         "heeftAlsHoofdadres", "there twice"},
        {BAG_BEGIN("VBO") "\n\n" BAG_UNIT("0363020000000001", BAG_MAIN(NUM)) PLAIN BAG_END,
         "identificatie", "not an id"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT(read_text(bad[i].text) == KP_OK && got.records == 1 && got.bads == 1);
        CU_ASSERT_STRING_EQUAL(got.element, bad[i].element);
        CU_ASSERT(strstr(got.reason, bad[i].reason) != NULL && got.line == 4);
    }
}

static void long_name(void)
{
    static char text[16384], name[2048];
    static const struct {
        size_t size;
        enum kp_status status;
        const char *says;
    } cases[] = {
        {320, KP_OK, NULL},
        {321, KP_OK, "longer than 320"},
        {1023, KP_OK, "longer than 320"},
        {1024, KP_REFUSED, "a value of more than 1024 bytes"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memset(name, 'n', cases[i].size);
        name[cases[i].size] = '\0';
        (void)snprintf(text, sizeof(text), BAG_BEGIN("OPR") BAG_STREET(OPR, "%s", "3594") BAG_END,
                       name);
        CU_ASSERT(read_text(text) == cases[i].status);
        CU_ASSERT(got.records == (cases[i].says == NULL));
        CU_ASSERT(cases[i].says == NULL || strstr(got.reason, cases[i].says) != NULL ||
                  strstr(error.text, cases[i].says) != NULL);
    }
}

static void many_sides(void)
{
    static const char side[] = BAG_SIDE("0363200000000002");
    for (size_t count = KP_BAG_SIDES_MAX; count <= KP_BAG_SIDES_MAX + 1; count++) {
        char *text = malloc(8192 + count * sizeof(side));
        CU_ASSERT_PTR_NOT_NULL_FATAL(text);
        char *at = text + sprintf(text, "%s",
                                  BAG_BEGIN("VBO") "<sl:stand><x:bagObject>"
                                                   "<Objecten:Verblijfsobject>");
        for (size_t i = 0; i < count; i++) {
            at += sprintf(at, "%s", side);
        }
        (void)sprintf(
            at, "%s",
            BAG_MAIN(NUM) BAG_ALWAYS BAG_VALUE("identificatie", "0363010000000001") BAG_VALUE(
                "status",
                "Verblijfsobject in gebruik") "</Objecten:Verblijfsobject></x:bagObject></sl:stand>" BAG_END);
        CU_ASSERT(read_text(text) == KP_OK);
        CU_ASSERT(got.records == (count == KP_BAG_SIDES_MAX));
        CU_ASSERT(got.bads == (count > KP_BAG_SIDES_MAX));
        free(text);
    }
}

static void other_documents(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "DOCTYPE"},
        {"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", "DOCTYPE"},
        {"<a/>", "another root element"},
        {"<bagStand/>", "namespace"},
        {"<xb:BAG-Extract-Deelbestand-LVC xmlns:xb='y'/>", "extract 1"},
        {"<m:bagMutaties xmlns:m='y'/>", "whole extract"},
        {"<d:BAG-Extract-Levering xmlns:d='http://www.kadaster.nl/schemas/lvbag/"
         "extract-levering/v20200601'" BAG_NAMESPACES "><d:SelectieGegevens><se:MUT-Extract>",
         "whole extract"},
        {BAG_BEGIN("NUM") PLAIN "</x:bagStand>", "mismatched"},
        {BAG_BEGIN("NUM") PLAIN BAG_END "<a/>", "junk"},
        {BAG_BEGIN("NUM") "&hello;" PLAIN BAG_END, "entity"},
        {"<?xml version='1.0' encoding='EBCDIC'?><a/>", "encoding"},
        {BAG_BEGIN("NUM") "\xff" PLAIN BAG_END, "invalid token"},
        {"<x:bagStand" BAG_NAMESPACES ">" BAG_DATE("yesterday"), "no date"},
        {BAG_BEGIN("NUM") "<sl:stand><x:bagObject><Objecten:Nummeraanduiding>"
                          "<Objecten:huisnummer><b/>",
         "an element within a value"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CU_ASSERT(read_text(cases[i].text) == KP_REFUSED);
        CU_ASSERT(strstr(error.text, cases[i].says) != NULL);
        CU_ASSERT(strncmp(error.text, "line ", 5) == 0);
    }
    static const char nul[] = BAG_BEGIN("NUM") "\0" PLAIN BAG_END;
    CU_ASSERT(read_pieces(nul, sizeof(nul) - 1, SIZE_MAX) == KP_REFUSED);
}

static void the_answer_ends_it(void)
{
    got.answer = KP_FAILED;
    CU_ASSERT(read_text(BAG_BEGIN("NUM") PLAIN PLAIN BAG_END) == KP_FAILED && got.records == 1);
    CU_ASSERT_STRING_EQUAL(error.text, "that will do");
    got.answer = KP_OK;
}

/* Begins a document, and goes on with one text again and again, until it is refused; so many bytes
 * came then. */
static uint64_t feed_until_refused(const char *front, const char *again, uint64_t most)
{
    static char block[60000];
    struct kp_bag_xml *xml = NULL;
    uint64_t fed = 0;
    size_t size = 0;
    while (size + strlen(again) <= sizeof(block)) {
        memcpy(block + size, again, strlen(again));
        size += strlen(again);
    }
    CU_ASSERT_FATAL(kp_bag_xml_new(&xml, &reader, &error) == KP_OK);
    enum kp_status status =
        kp_bag_xml_feed(xml, (const uint8_t *)front, strlen(front), &got.enough, &error);
    while (status == KP_OK && fed < most) {
        status = kp_bag_xml_feed(xml, (const uint8_t *)block, size, &got.enough, &error);
        fed += size;
    }
    kp_bag_xml_free(xml);
    CU_ASSERT(status == KP_REFUSED && error.text[0] != '\0');
    return fed;
}

static void without_end(void)
{
    static const char in_geometry[] = BAG_BEGIN("VBO") "<sl:stand><x:bagObject>"
                                                       "<Objecten:Verblijfsobject>"
                                                       "<Objecten:geometrie>";
    const uint64_t most = 200u << 20;
    CU_ASSERT(feed_until_refused(in_geometry, "123.456 ", most) < KP_BAG_TEXT_MAX + 65536 + 60000);
    CU_ASSERT(strstr(error.text, "more than 64 MiB of text") != NULL);
    CU_ASSERT(feed_until_refused(BAG_BEGIN("NUM"), "<a>", most) < 65536);
    CU_ASSERT(strstr(error.text, "too deep") != NULL);
    CU_ASSERT(feed_until_refused(BAG_BEGIN("NUM") "<a b='", "cccc", most) < 32u << 20);
    CU_ASSERT(feed_until_refused(BAG_BEGIN("NUM") "<!--", "cccc", most) < 32u << 20);
    CU_ASSERT(feed_until_refused(BAG_BEGIN("NUM") "<a", "aaaa", most) < 32u << 20);
}

/* Every element another name: expat keeps them all. */
static void many_names(void)
{
    struct kp_bag_xml *xml = NULL;
    static const char front[] = BAG_BEGIN("NUM");
    char element[64];
    CU_ASSERT_FATAL(kp_bag_xml_new(&xml, &reader, &error) == KP_OK);
    enum kp_status status =
        kp_bag_xml_feed(xml, (const uint8_t *)front, strlen(front), &got.enough, &error);
    unsigned i = 0;
    for (; status == KP_OK && i < 10000000; i++) {
        int size = snprintf(element, sizeof(element), "<e%u/>", i);
        status = kp_bag_xml_feed(xml, (const uint8_t *)element, (size_t)size, &got.enough, &error);
    }
    CU_ASSERT(status == KP_REFUSED && i < 1000000);
    kp_bag_xml_free(xml);
}

static const struct unit_test tests[] = {
    {"towns, streets and numbers", records},
    {"objects by status", objects},
    {"elements of no interest", other_places},
    {"less than the schema asks for, and another version", less_than_the_schema},
    {"in pieces, and cut off anywhere", in_pieces},
    {"made inactive, no part of the register", made_inactive},
    {"bad records are left out", bad_records},
    {"a long name", long_name},
    {"many side addresses", many_sides},
    {"other documents", other_documents},
    {"the reader's answer ends it", the_answer_ends_it},
    {"tags, texts and depth without end", without_end},
    {"names without end", many_names},
};

UNIT_MAIN("bag_xml", tests)
