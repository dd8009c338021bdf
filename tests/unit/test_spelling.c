#include "proto/address/spelling.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kp_spelling spelling;
static char folded[KP_FOLDED_MAX];

static void read_with(const char *text, const struct kp_spelling_known *known)
{
    CU_ASSERT_FATAL(kp_fold(folded, text, strlen(text)) == KP_RULE_NONE);
    memset(&spelling, 0xff, sizeof(spelling));
    kp_spelling_read(&spelling, folded, known);
    CU_ASSERT_FATAL(spelling.count <= KP_READINGS_MAX);
}

static void read_text(const char *text)
{
    static const struct kp_spelling_known nothing;
    read_with(text, &nothing);
}

/* "street|number|town|postcode" or with the digits or the id for the last. */
static void show(char out[static 4 * KP_FOLDED_MAX], const struct kp_reading *reading)
{
    char street[KP_FOLDED_MAX];
    char number[KP_FOLDED_MAX];
    char town[KP_FOLDED_MAX];
    char place[32] = "";
    kp_span_text(street, reading->street);
    kp_span_text(number, reading->number);
    kp_span_text(town, reading->town);
    if (reading->id != 0) {
        snprintf(place, sizeof(place), "%s%s%016llu", reading->postcode,
                 reading->postcode[0] == '\0' ? "" : "+", (unsigned long long)reading->id);
    } else if (reading->digits != 0) {
        snprintf(place, sizeof(place), "%u", reading->digits);
    } else {
        snprintf(place, sizeof(place), "%s", reading->postcode);
    }
    snprintf(out, 4 * KP_FOLDED_MAX, "%s|%s|%s|%s", street, number, town, place);
}

static bool has(const char *expected)
{
    for (size_t i = 0; i < spelling.count; i++) {
        char shown[4 * KP_FOLDED_MAX];
        show(shown, &spelling.reading[i]);
        if (strcmp(shown, expected) == 0) {
            return true;
        }
    }
    return false;
}

static void print_all(const char *text, const char *expected)
{
    fprintf(stderr, "%s: not %s\n", text, expected);
    for (size_t i = 0; i < spelling.count; i++) {
        char shown[4 * KP_FOLDED_MAX];
        show(shown, &spelling.reading[i]);
        fprintf(stderr, "    %s\n", shown);
    }
}

static const struct {
    const char *text, *reading;
    size_t most; /* readings */
} readable[] = {
    {"1234AB 12", "|12||1234AB", 2},
    {"1234 ab 12", "|12||1234AB", 2},
    {"1234AB12a", "|12A||1234AB", 3},
    {"1234AB/12", "|12||1234AB", 3},
    {"1234-AB 12", "|12||1234AB", 3},
    {"1234.AB 12 hs", "|12 HS||1234AB", 4},
    {"12 hs, 1234AB", "|12 HS||1234AB", 4},
    {"NL-1234 AB 12", "|12||1234AB", 3},
    {"NL1234AB 12", "|12||1234AB", 3},
    {"1234AB 12 Utrecht", "|12|UTRECHT|1234AB", 4},
    {"12-HS 7901 nl", "|12-HS||7901NL", 8},
    {"12-HS, 7901 AB NL", "|12-HS||7901AB", 8},
    {"1234AB 12 's-Gravenhage", "|12|'S-GRAVENHAGE|1234AB", 4},
    {"1234 AB Utrecht, Kerkstraat 12", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"1234 AB Utrecht Kerkstraat 12", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"1234 AB Kerkstraat 12 Utrecht", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"1234AB 12, Kerkstraat", "KERKSTRAAT|12||1234AB", 8},
    {"1234AB 12, Kerkstraat, Utrecht", "KERKSTRAAT|12|UTRECHT|1234AB", 12},
    {"Kerkstraat 12 1234AB Utrecht", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"Kerkstraat 12\n1234 AB  Utrecht", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"Kerkstraat 12, 1234 AB Utrecht, Nederland", "KERKSTRAAT|12|UTRECHT|1234AB", 32},
    {"Kerkstraat 12 (1234 AB) Utrecht", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"Kerkstraat, 1234AB 12", "KERKSTRAAT|12||1234AB", 8},
    {"Utrecht, 1234AB, Kerkstraat 12", "KERKSTRAAT|12|UTRECHT|1234AB", 8},
    {"Utrecht, Kerkstraat 12, 1234AB", "KERKSTRAAT|12|UTRECHT|1234AB", 12},
    {"Kerkstraat 12, Utrecht, 1234AB", "KERKSTRAAT|12|UTRECHT|1234AB", 12},
    {"Kerkstraat 12, 1234 Utrecht", "KERKSTRAAT|12|UTRECHT|1234", 12},
    {"Kerkstraat 1234 hs, Amsterdam", "KERKSTRAAT|1234 HS|AMSTERDAM|", 12},
    {"Kerkstraat 1234 hs, 3511AB Utrecht", "KERKSTRAAT|1234 HS|UTRECHT|3511AB", 16},
    {"Kerkstraat 12 Utrecht", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Kerkstraat 12 2 hoog Utrecht", "KERKSTRAAT|12 2 HOOG|UTRECHT|", 12},
    {"Kerkstraat 12, 2 hoog, Utrecht", "KERKSTRAAT|12, 2 HOOG|UTRECHT|", 12},
    {"Kerkstraat 12 's-Gravenhage", "KERKSTRAAT|12|'S-GRAVENHAGE|", 8},
    {"Kerkstraat 12 Bergen op Zoom", "KERKSTRAAT|12|BERGEN OP ZOOM|", 8},
    {"Kerkstraat 12 h Hengelo (O)", "KERKSTRAAT|12 H|HENGELO (O)|", 8},
    {"Kerkstraat 12, Utrecht", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Kerkstraat 12 te Utrecht", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Kerkstraat 12 A in Utrecht", "KERKSTRAAT|12 A|UTRECHT|", 8},
    {"Kerkstraat 12, Hengelo, Gelderland", "KERKSTRAAT|12|HENGELO, GELDERLAND|", 8},
    {"Kerkstraat 12, 1234AB Utrecht, Utrecht", "KERKSTRAAT|12|UTRECHT, UTRECHT|1234AB", 16},
    {"Kerkstraat 12, Utrecht, kelder", "KERKSTRAAT|12|UTRECHT, KELDER|", 0},
    {"Kerkstraat 12 - Utrecht", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Kerkstraat 12, Utrecht NL", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Kerkstraat 12, Nederland", "KERKSTRAAT|12|NEDERLAND|", 12},
    {"Kerkstraat 12, Hoek van Holland", "KERKSTRAAT|12|HOEK VAN HOLLAND|", 12},
    {"Kerkstraat12 Utrecht", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Kerkstr.12 Utrecht", "KERKSTR.|12|UTRECHT|", 8},
    {"Utrecht, Kerkstraat 12", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Utrecht Kerkstraat 12", "KERKSTRAAT|12|UTRECHT|", 8},
    {"Laan 1940-1945 3 Utrecht", "LAAN 1940-1945|3|UTRECHT|", 16},
    {"Plein 1944 12 Utrecht", "PLEIN 1944|12|UTRECHT|", 12},
    {"Plein 1944 12 Utrecht", "PLEIN|1944 12|UTRECHT|", 12},
    {"Plein 1944 12 1234AB", "PLEIN 1944|12||1234AB", 24},
    {"1e Kruisweg 36, Utrecht", "1E KRUISWEG|36|UTRECHT|", 16},
    {"1234AB 1e Kruisweg 36", "1E KRUISWEG|36||1234AB", 16},
    {"8 Mei 1945-straat 1, Utrecht", "8 MEI 1945-STRAAT|1|UTRECHT|", 32},
    {"Achter de Dom 12, Utrecht", "ACHTER DE DOM|12|UTRECHT|", 32},
    {"Bij de Kerk 3, Utrecht", "BIJ DE KERK|3|UTRECHT|", 32},
    {"Hoek 12, Hoek", "HOEK|12|HOEK|", 32},
    {"Kerkstraat 12 A-2, Wijk bij Duurstede", "KERKSTRAAT|12 A-2|WIJK BIJ DUURSTEDE|", 32},
    {"t/o 12, 1234AB", "|12||1234AB", 0}, /* not: nothing is left out */
    {"0363200000000001", "|||0363200000000001", 1},
    {"'0363200000000001", "|||0363200000000001", 1},
    {"0363 2000 0000 0001", "|||0363200000000001", 1},
    {"NL.IMBAG.Nummeraanduiding.0363200000000001", "|||0363200000000001", 1},
    {"https://bag.basisregistraties.overheid.nl/bag/id/nummeraanduiding/0363200000000001",
     "|||0363200000000001", 1},
    {"0363010000000001", "|||0363010000000001", 1},
    {"0363200000000001 Kerkstraat 12 Utrecht", "KERKSTRAAT|12|UTRECHT|0363200000000001", 32},
    {"Kerkstraat 12 (0363200000000001) Utrecht", "KERKSTRAAT|12|UTRECHT|0363200000000001", 32},
    {"0363200000000001 1234AB 12", "|12||1234AB+0363200000000001", 32},
    {"1234AB 12, 0363200000000001", "|12||1234AB+0363200000000001", 32},
};

static void texts_that_are_read(void)
{
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        read_text(readable[i].text);
        bool found = has(readable[i].reading);
        if (found != (readable[i].most > 0) ||
            (readable[i].most > 0 && spelling.count > readable[i].most)) {
            print_all(readable[i].text, readable[i].reading);
        }
        CU_ASSERT(found == (readable[i].most > 0));
        CU_ASSERT(readable[i].most == 0 || spelling.count <= readable[i].most);
    }
}

static const struct {
    const char *text;
    enum kp_address_rule rule;
    bool readings; /* there are some: the rule holds if none exists */
} refused[] = {
    {"", KP_RULE_EMPTY, false},
    {"   ", KP_RULE_EMPTY, false},
    {"Postbus 12, 1234AB Utrecht", KP_RULE_PO_BOX, false},
    {"postbus 12", KP_RULE_PO_BOX, false},
    {"Postbus12 Utrecht", KP_RULE_PO_BOX, false},
    {"P.O. Box 12, 1234AB Utrecht", KP_RULE_PO_BOX, false},
    {"PO box 12", KP_RULE_PO_BOX, false},
    {"Antwoordnummer 1200, 1234AB Utrecht", KP_RULE_PO_BOX, false},
    {"Kerkstraat 12, Postbus 34, 1234AB Utrecht", KP_RULE_PO_BOX, false},
    {"Postbuslaan 12, Utrecht", KP_RULE_NONE, true},
    {"0363300000000001", KP_RULE_ID_TYPE, false},
    {"0363100000000001", KP_RULE_ID_TYPE, false},
    {"NL.IMBAG.Pand.0363100000000001", KP_RULE_ID_TYPE, false},
    {"363200000000001", KP_RULE_SPREADSHEET_ID, false},
    {"363200000000001.0", KP_RULE_SPREADSHEET_ID, false},
    {"036320000000001.0", KP_RULE_SPREADSHEET_ID, false},
    {"1963200000000010.00", KP_RULE_SPREADSHEET_ID, false},
    {"3,63E+14", KP_RULE_SPREADSHEET_ID, false},
    {"3.632E+14", KP_RULE_SPREADSHEET_ID, false},
    {"Kerkstraat, Utrecht", KP_RULE_NO_NUMBER, false},
    {"1234AB", KP_RULE_NO_NUMBER, false},
    {"0363200000000001 0363200000000002", KP_RULE_NO_NUMBER, false},
    {"0363200000000001 Utrecht", KP_RULE_NO_NUMBER, false},
    {"Utrecht", KP_RULE_NO_NUMBER, false},
    {"12", KP_RULE_NO_NUMBER, false},
    {"t/o 12, 1234AB", KP_RULE_NEAR, true},
    {"T.O. 12 1234AB", KP_RULE_NEAR, true},
    {"t o 12 1234AB", KP_RULE_NEAR, true},
    {"1234AB 12 t/o", KP_RULE_NEAR, true},
    {"tegenover Kerkstraat 12, Utrecht", KP_RULE_NEAR, true},
    {"nabij 1234AB 12", KP_RULE_NEAR, true},
    {"naast 12, 1234AB", KP_RULE_NEAR, true},
    {"bij 12, 1234AB", KP_RULE_NEAR, true},
    {"hoek Kerkstraat 12, Utrecht", KP_RULE_NEAR, true},
    {"ter hoogte van Kerkstraat 12, Utrecht", KP_RULE_NEAR, true},
    {"t.h.v. Kerkstraat 12, Utrecht", KP_RULE_NEAR, true},
    {"garage achter Kerkstraat 12, Utrecht", KP_RULE_NEAR, true},
    {"Kerkstraat 12, 1234 BY Utrecht", KP_RULE_NONE, true},
    {"Kerkstraat 12, 1234 TO", KP_RULE_NONE, true},
    {"Achter de Dom 12, Utrecht", KP_RULE_NONE, true},
    {"achter Kerkstraat 12, Utrecht", KP_RULE_NEAR, true},
    {"Bij 't Hof 12, Utrecht", KP_RULE_NONE, true},
    {"Kerkstraat 12, Wijk bij Duurstede", KP_RULE_NONE, true},
    {"Kerkstraat 12, Hoek van Holland", KP_RULE_NONE, true},
    {"Kerkstraat 12, 2000 Antwerpen, België", KP_RULE_ABROAD, true},
    {"Kerkstraat 12, B-2000 Antwerpen", KP_RULE_ABROAD, true},
    {"Hauptstrasse 12, D-12345 Berlin", KP_RULE_ABROAD, true},
    {"Main Street 12, London, United Kingdom", KP_RULE_ABROAD, true},
    {"Kerkstraat 12, America", KP_RULE_NONE, true},
};

static void texts_that_are_no_address(void)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        read_text(refused[i].text);
        if (spelling.refused != refused[i].rule || (spelling.count > 0) != refused[i].readings) {
            print_all(refused[i].text, kp_address_rule_name(spelling.refused));
        }
        CU_ASSERT(spelling.refused == refused[i].rule);
        CU_ASSERT((spelling.count > 0) == refused[i].readings);
    }
}

static void text_beside_columns(void)
{
    read_text("Kerkstraat 12");
    CU_ASSERT(has("KERKSTRAAT|12||"));
    read_with("12 A", &(struct kp_spelling_known){.postcode = true});
    CU_ASSERT(has("|12 A||"));
    read_with("12 A", &(struct kp_spelling_known){.street = true, .town = true});
    CU_ASSERT(has("|12 A||"));
    read_with("Kerkstraat 12 A", &(struct kp_spelling_known){.postcode = true, .town = true});
    CU_ASSERT(has("KERKSTRAAT|12 A||"));
}

static void columns_that_are_no_address(void)
{
    static const struct {
        const char *street, *number, *addition;
        enum kp_address_rule rule;
    } columns[] = {
        {"", "12", "", KP_RULE_NONE},
        {"KERKSTRAAT", "12", "A", KP_RULE_NONE},
        {"POSTBUS", "12", "", KP_RULE_PO_BOX},
        {"ANTWOORDNUMMER", "12", "", KP_RULE_PO_BOX},
        {"POSTBUSLAAN", "12", "", KP_RULE_NONE},
        {"T/O KERKSTRAAT", "12", "", KP_RULE_NEAR},
        {"NABIJ KERKSTRAAT", "12", "", KP_RULE_NEAR},
        {"KERKSTRAAT", "12 T/O", "", KP_RULE_NEAR},
        {"KERKSTRAAT", "T O 12", "", KP_RULE_NEAR},
        {"KERKSTRAAT", "12", "T/O", KP_RULE_NEAR},
        {"KERKSTRAAT", "12", "TEGENOVER", KP_RULE_NEAR},
        {"KERKSTRAAT", "12", "TO", KP_RULE_NONE}, /* an addition */
        {"KERKSTRAAT", "12", "ACHTER", KP_RULE_NONE},
        {"ACHTER CLARENBURG", "12", "", KP_RULE_NONE},
        {"HOEK", "12", "", KP_RULE_NONE},
    };
    for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        CU_ASSERT(kp_spelling_columns(columns[i].street, columns[i].number, columns[i].addition) ==
                  columns[i].rule);
    }
}

static size_t letters(struct kp_span span)
{
    size_t count = 0;
    for (size_t i = 0; i < span.size; i++) {
        count += (span.text[i] >= 'A' && span.text[i] <= 'Z') ||
                 (span.text[i] >= '0' && span.text[i] <= '9');
    }
    return count;
}

/* Every reading has every letter and digit of the text, for what was written belongs to the
 * address. */
static void nothing_is_left_out(void)
{
    for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]); i++) {
        read_text(readable[i].text);
        size_t all = letters((struct kp_span){folded, strlen(folded)});
        for (size_t j = 0; j < spelling.count; j++) {
            const struct kp_reading *reading = &spelling.reading[j];
            size_t read = letters(reading->street) + letters(reading->number) +
                          letters(reading->town) + strlen(reading->postcode) +
                          (reading->digits != 0 ? 4 : 0) + (reading->id != 0 ? 16 : 0);
            bool country = strstr(folded, "NL") != NULL || strstr(folded, "NEDERLAND") != NULL ||
                           strstr(folded, "HTTPS") != NULL || strstr(folded, " TE ") != NULL ||
                           strstr(folded, " IN ") != NULL;
            CU_ASSERT(read == all || (country && read < all));
        }
    }
}

/* Whatever comes: no more readings than fit, all of them in the text; and too many are none. */
static void any_text(void)
{
    static const char *const words[] = {"KERK",   "STRAAT",  "12", "1234", "AB",  ",", "1234AB",
                                        "'S-",    "A",       "HS", "1E",   "NL",  "-", "T/O",
                                        "POSTBU", "UTRECHT", "(",  ")",    "1944"};
    srand(1);
    for (int i = 0; i < 20000; i++) {
        char text[KP_FOLDED_MAX] = "";
        int count = rand() % 24;
        for (int j = 0; j < count; j++) {
            strcat(text, words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
            strcat(text, rand() % 3 == 0 ? "" : " ");
        }
        read_text(text);
        CU_ASSERT(spelling.refused != KP_RULE_MANY || spelling.count == 0);
        CU_ASSERT(spelling.count > 0 || spelling.refused != KP_RULE_NONE);
        for (size_t j = 0; j < spelling.count; j++) {
            struct kp_span number = spelling.reading[j].number;
            CU_ASSERT(number.size > 0 && number.text[0] >= '0' && number.text[0] <= '9');
            CU_ASSERT(number.text >= folded &&
                      number.text + number.size <= folded + strlen(folded));
        }
    }
}

static void too_many_ways(void)
{
    read_text("Aa Bb Cc Dd Ee Ff Gg Hh 1 2 3 4 5 6 7 Aa Bb Cc Dd Nederland");
    CU_ASSERT(spelling.refused == KP_RULE_MANY && spelling.count == 0);
}

static const struct unit_test tests[] = {
    {"texts that are read", texts_that_are_read},
    {"texts that are no address", texts_that_are_no_address},
    {"text beside columns", text_beside_columns},
    {"columns that are no address", columns_that_are_no_address},
    {"nothing is left out", nothing_is_left_out},
    {"any text", any_text},
    {"too many ways", too_many_ways},
};

UNIT_MAIN("spelling", tests)
