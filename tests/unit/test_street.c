#include "proto/address/fold.h"
#include "proto/address/street.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

static void fold(char out[static KP_FOLDED_MAX], const char *text)
{
    CU_ASSERT_FATAL(kp_fold(out, text, strlen(text)) == KP_RULE_NONE);
}

static const struct {
    const char *name, *exact, *short_form;
} skeletons[] = {
    {"Kerkstraat", "KERKSTRAAT", "KERKSTR"},
    {"Kerkstr.", "KERKSTR", "KERKSTR"},
    {"Burgemeester van der Meerstraat", "BURGEMEESTERVANDERMEERSTRAAT", "BVDMEERSTR"},
    {"Burg. v.d. Meerstr.", "BURGVDMEERSTR", "BVDMEERSTR"},
    {"Burg vd Meerstr", "BURGVDMEERSTR", "BVDMEERSTR"},
    {"Burg Vander Meerstr", "BURGVANDERMEERSTR", "BVDMEERSTR"},
    {"Laan 1940-1945", "LAAN19401945", "L19401945"},
    {"Plein 1944", "PLEIN1944", "P1944"},
    {"1e Kruisweg", "1EKRUISWEG", "1KRUISWG"},
    {"Eerste Kruisweg", "EERSTEKRUISWEG", "1KRUISWG"},
    {"J.P. Coenstraat", "JPCOENSTRAAT", "JPCOENSTR"},
    {"JP Coenstr", "JPCOENSTR", "JPCOENSTR"},
    {"'t Hof", "THOF", "THF"},
    {"Het Hof", "HETHOF", "THF"},
    {"Curaçaostraat", "CURACAOSTRAAT", "CURACAOSTR"},
    {"Haarlemmerstraat Noord", "HAARLEMMERSTRAATNOORD", "HN"},
    {"Kerkdwarsstr", "KERKDWARSSTR", "KERKDWSTR"},
    {"Brandstraat", "BRANDSTRAAT", "BRANDSTR"},
    {"- . ,", "", ""},
    {"", "", ""},
};

static void skeletons_of_streets(void)
{
    for (size_t i = 0; i < sizeof(skeletons) / sizeof(skeletons[0]); i++) {
        char folded[KP_FOLDED_MAX];
        char out[KP_STREET_SKELETON];
        fold(folded, skeletons[i].name);
        CU_ASSERT(kp_street_skeleton(out, sizeof(out), folded, false) ==
                  strlen(skeletons[i].exact));
        CU_ASSERT_STRING_EQUAL(out, skeletons[i].exact);
        CU_ASSERT(kp_street_skeleton(out, sizeof(out), folded, true) ==
                  strlen(skeletons[i].short_form));
        CU_ASSERT_STRING_EQUAL(out, skeletons[i].short_form);
    }
}

static void names_that_are_too_long(void)
{
    char name[2 * KP_STREET_SKELETON];
    char out[KP_STREET_SKELETON];
    memset(name, 'A', sizeof(name));
    for (size_t size = KP_STREET_SKELETON - 3; size < KP_STREET_SKELETON + 3; size++) {
        name[size] = '\0';
        size_t expected = size < KP_STREET_SKELETON ? size : 0;
        CU_ASSERT(kp_street_skeleton(out, sizeof(out), name, false) == expected);
        CU_ASSERT(kp_street_skeleton(out, sizeof(out), name, true) == expected);
        CU_ASSERT(kp_town_skeleton(out, sizeof(out), name) == expected);
        name[size] = 'A';
    }
    CU_ASSERT(kp_street_skeleton(out, 4, "WEG", false) == 3);
    CU_ASSERT(kp_street_skeleton(out, 3, "WEG", false) == 0 && out[0] == '\0');
    CU_ASSERT(kp_street_skeleton(out, 2, "WEG", true) == 0 && out[0] == '\0');
    CU_ASSERT(kp_town_skeleton(out, 4, "EEN") == 3);
    CU_ASSERT(kp_town_skeleton(out, 3, "EEN") == 0 && out[0] == '\0');
    /* More words than are kept. */
    for (size_t i = 0; i < 80; i++) {
        name[i] = i % 2 == 0 ? 'A' : ' ';
    }
    name[80] = '\0';
    CU_ASSERT(kp_street_skeleton(out, sizeof(out), name, false) == 40);
    CU_ASSERT(kp_street_skeleton(out, sizeof(out), name, true) == 0);
    CU_ASSERT(!kp_street_agrees(name, "A"));
}

static const struct {
    const char *written, *registered;
    bool agrees, confirms;
} pairs[] = {
    {"KERKSTRAAT", "Kerkstraat", true, true},
    {"kerk straat", "Kerkstraat", true, true},
    {"Kerkstr", "Kerkstraat", true, true},
    {"Kerk str.", "Kerkstraat", true, true},
    {"Kerkstraat", "Kerkstr.", true, true},
    {"Kerkln", "Kerkstraat", false, false},
    {"Kerklaan", "Kerkstraat", false, false},
    {"Burg. v.d. Meerstr.", "Burgemeester van der Meerstraat", true, true},
    {"Burg v d Meerstraat", "Burgemeester van den Meerstraat", true, true},
    {"Burg van der Meerstr", "Burgemeester van den Meerstraat", false, false},
    {"Burgemeester van der Meerstraat", "Burg. v.d. Meerstraat", true, true},
    {"Dr. Kuyperstraat", "Doctor Kuyperstraat", true, true},
    {"Dr. Kuyperstraat", "Dokter Kuyperstraat", true, true},
    {"Dr. Kuyperstraat", "Dominee Kuyperstraat", false, false},
    {"Kuyperstraat", "Dr. Kuyperstraat", false, true},
    {"Prof. dr. Kuyperstraat", "Dr. Kuyperstraat", false, true},
    {"Drooststraat", "Doctor Ooststraat", false, false},
    {"Veikstraat", "Van Eikstraat", false, false},
    {"1e Kruisweg", "Eerste Kruisweg", true, true},
    {"Eerste Kruisweg", "1e Kruisweg", true, true},
    {"2de Kruisweg", "Tweede Kruisweg", true, true},
    {"12e Kruisweg", "Twaalfde Kruisweg", true, true},
    {"2e Kruisweg", "Eerste Kruisweg", false, false},
    {"Kruisweg", "Eerste Kruisweg", false, false},
    {"Kerkstraat", "Oude Kerkstraat", false, false},
    {"O. Kerkstraat", "Oude Kerkstraat", true, true},
    {"Nw Kerkstr", "Nieuwe Kerkstraat", true, true},
    {"JP Coenstr", "Jan Pieterszoon Coenstraat", true, true},
    {"J.P. Coenstraat", "Jan Pieterszoon Coenstraat", true, true},
    {"Jan Pieterszoon Coenstraat", "J.P. Coenstraat", true, true},
    {"Joh. Verhulststr.", "Johannes Verhulststraat", true, true},
    {"Pr Beatrixlaan", "Prinses Beatrixlaan", true, true},
    {"Pr Hendriklaan", "Prins Hendriklaan", true, true},
    {"Kleine Bergstraat", "K. Bergstraat", false, false},
    {"Karel Bergstraat", "K. Bergstraat", true, true},
    {"Nieuwe Voorstraat", "N Voorstraat", true, true},
    {"Jan Verhulststr.", "Johannes Verhulststraat", false, false},
    {"Kon. Wilhelminapln", "Koningin Wilhelminaplein", true, true},
    {"Kon Wilhelminapln", "Koning Wilhelminaplein", true, true},
    {"Prins Beatrixlaan", "Prinses Beatrixlaan", false, false},
    {"St. Jansstr", "Sint-Jansstraat", true, true},
    {"Het Hof", "'t Hof", true, true},
    {"'t Hof", "Het Hof", true, true},
    {"Ln v Meerdervoort", "Laan van Meerdervoort", true, true},
    {"Ln vd landinrichtingscommissie Duiven-Westervoort",
     "Laan van de landinrichtingscommissie Duiven-Westervoort", true, true},
    {"Plein 1945", "Plein 1944", false, false},
    {"Laan 1940 - 1945", "Laan 1940-1945", true, true},
    {"N.Z. Voorburgwal", "Nieuwezijds Voorburgwal", true, true},
    {"NZ Voorburgwal", "Nieuwezijds Voorburgwal", true, true},
    {"O.Z. Voorburgwal", "Nieuwezijds Voorburgwal", false, false},
    {"Kanaal N.Z.", "Kanaal Noordzijde", true, true},
    {"Kanaal NZ", "Kanaal Noordzijde", true, true},
    {"de Ruyterkade", "De Ruijterkade", true, true},
    {"v.d. Heydenstr", "Van der Heijdenstraat", true, true},
    {"Ruiterkade", "Ruijterkade", false, false},
    {"Zuiddk", "Zuiddijk", true, true},
    {"Zuiddyk", "Zuiddijk", true, true},
    {"Haarlemmerstr N", "Haarlemmerstraat Noord", true, true},
    {"", "Kerkstraat", false, false},
    {"...", "Kerkstraat", false, false},
};

static void agreement_of_streets(void)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char written[KP_FOLDED_MAX];
        char registered[KP_FOLDED_MAX];
        fold(written, pairs[i].written);
        fold(registered, pairs[i].registered);
        bool agrees = kp_street_agrees(written, registered);
        bool confirms = kp_street_confirms(written, registered);
        if (agrees != pairs[i].agrees || confirms != pairs[i].confirms) {
            fprintf(stderr, "%s / %s: %d %d\n", written, registered, agrees, confirms);
        }
        CU_ASSERT(agrees == pairs[i].agrees && confirms == pairs[i].confirms);
    }
}

/* What agrees has one short skeleton, or nobody would find it; but for a word written as two. */
static void what_agrees_is_found(void)
{
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char written[KP_FOLDED_MAX];
        char registered[KP_FOLDED_MAX];
        char a[KP_STREET_SKELETON];
        char b[KP_STREET_SKELETON];
        if (!pairs[i].agrees || strncmp(pairs[i].written, "kerk ", 5) == 0 ||
            strncmp(pairs[i].written, "Kerk ", 5) == 0) {
            continue;
        }
        fold(written, pairs[i].written);
        fold(registered, pairs[i].registered);
        CU_ASSERT(kp_street_skeleton(a, sizeof(a), written, true) > 0);
        CU_ASSERT(kp_street_skeleton(b, sizeof(b), registered, true) > 0);
        CU_ASSERT_STRING_EQUAL(a, b);
    }
}

static const struct {
    const char *written, *registered;
    bool agrees;
} towns[] = {
    {"utrecht", "Utrecht", true},
    {"Den Haag", "'s-Gravenhage", true},
    {"s Gravenhage", "'s-Gravenhage", true},
    {"'s-Gravenhage", "Den Haag", true},
    {"Gravenhage", "'s-Gravenhage", false}, /* or "12 's-Gravenhage" would be 12S */
    {"Den Bosch", "'s-Hertogenbosch", true},
    {"A'dam", "Amsterdam", true},
    {"Hengelo (O)", "Hengelo", true},
    {"Hengelo OV", "Hengelo", true},
    {"Hengelo (O)", "Hengelo (Gld)", false},
    {"Hengelo (Gld)", "Hengelo", false}, /* that one lies in Overijssel */
    {"Utrecht, Utrecht", "Utrecht", true},
    {"Zeeland", "Zeeland", true},
    {"Zeeland (NB)", "Zeeland", true},
    {"Kampen OV", "Kampen", true},
    {"Hengelo Gelderland", "Hengelo (Gld)", true},
    {"Hengelo", "Hengelo (Gld)", true},
    {"Bergen (NH)", "Bergen (L)", false},
    {"Bergen L", "Bergen", false}, /* a lone letter only in brackets */
    {"Bergen op Zoom", "Bergen", false},
    {"B.O.Z.", "Bergen op Zoom", true},
    {"Rijswijk N.B.", "Rijswijk (NB)", true},
    {"Rijswijk", "Rijswijk (GLD)", true},
    {"Elst UT", "Elst Ut", true},
    {"Capelle a/d IJssel", "Capelle aan den IJssel", true},
    {"Capelle a.d. Yssel", "Capelle aan den IJssel", true},
    {"The Hague", "'s-Gravenhage", true},
    {"Ymuiden", "IJmuiden", true},
    {"Ysselstein", "IJsselstein", true},
    {"Ysselsteyn", "IJsselstein", false}, /* in Limburg */
    {"Hardegarijp", "Hurdegaryp", true},
    {"Garijp", "Garyp", true},
    {"Koog a/d Zaan", "Koog aan de Zaan", true},
    {"Alphen ad Rijn", "Alphen aan den Rijn", true},
    {"St. Oedenrode", "Sint-Oedenrode", true},
    {"Wijk b Duurstede", "Wijk bij Duurstede", true},
    {"Hoek v. Holland", "Hoek van Holland", true},
    {"Bergum", "Burgum", true},
    {"Ljouwert", "Leeuwarden", true},
    {"Súdwest", "Sudwest", true},
    {"Utrecht", "Utrecht (U)", true},
    {"Leiden", "Leidschendam", false},
};

static void agreement_of_towns(void)
{
    for (size_t i = 0; i < sizeof(towns) / sizeof(towns[0]); i++) {
        char written[KP_FOLDED_MAX];
        char registered[KP_FOLDED_MAX];
        fold(written, towns[i].written);
        fold(registered, towns[i].registered);
        bool agrees = kp_town_agrees(written, registered);
        if (agrees != towns[i].agrees) {
            fprintf(stderr, "%s / %s: %d\n", written, registered, agrees);
        }
        CU_ASSERT(agrees == towns[i].agrees);
    }
    CU_ASSERT(kp_town_province("HENGELO (O)") == kp_town_province("DEN HAM OV"));
    CU_ASSERT(kp_town_province("HENGELO (O)") != 0 && kp_town_province("HENGELO") == 0);
    CU_ASSERT(kp_town_province("ZEELAND") == 0 && kp_town_province("") == 0);
}

static const struct unit_test tests[] = {
    {"skeletons of streets", skeletons_of_streets},
    {"names that are too long", names_that_are_too_long},
    {"agreement of streets", agreement_of_streets},
    {"what agrees is found", what_agrees_is_found},
    {"agreement of towns", agreement_of_towns},
};

UNIT_MAIN("street", tests)
