#include "proto/address/fold.h"
#include "proto/address/place.h"
#include "tests/unit/register_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

/* Streets with their towns; each has number 1. */
static const char *const streets[][2] = {
    {"Kerkstraat", "Utrecht"},
    {"Berkstraat", "Utrecht"},
    {"Kerklaan", "Utrecht"},
    {"Burgemeester van der Meerstraat", "Utrecht"},
    {"Burgemeester van den Meerstraat", "Utrecht"},
    {"Doctor Kuyperstraat", "Utrecht"},
    {"Kuyperstraat", "Utrecht"},
    {"Dr. Schaepmanstraat", "Utrecht"},
    {"N Voorstraat", "Utrecht"},
    {"Achter de Dom", "Utrecht"},
    {"Plein 1944", "Utrecht"},
    {"Plein", "Utrecht"},
    {"Koning Willemstraat", "Utrecht"},
    {"Koningin Willemstraat", "Utrecht"},
    {"Kerkstraat", "Hengelo"},
    {"Spalstraat", "Hengelo (Gld)"},
    {"Kerkstraat", "Bergen (NH)"},
    {"Kerkstraat", "Bergen (L)"},
    {"Spui", "'s-Gravenhage"},
};
#define STREETS (sizeof(streets) / sizeof(streets[0]))

static struct kp_register *opened;

static void make_register(void)
{
    static char text[16384];
    struct kp_error error = {0};
    int size = snprintf(text, sizeof(text), "%s", REGISTER_HEADER);
    for (size_t i = 0; i < STREETS; i++) {
        size += snprintf(
            text + size, sizeof(text) - (size_t)size,
            "03632000000000%02zu,1011%c%c,1,,,%s,%s,03630100000000%02zu," REGISTER_IN_USE ",0\n",
            i + 1, 'A' + (int)i / 26, 'A' + (int)i % 26, streets[i][0], streets[i][1], i + 1);
    }
    struct register_made made = register_make(scratch("bag"), scratch_text("register.csv", text));
    CU_ASSERT_FATAL(made.status == KP_OK && made.counts.bad == 0);
    CU_ASSERT_FATAL(kp_register_open(&opened, scratch("bag"), NULL, &error) == KP_OK);
}

static void fold(char out[static KP_FOLDED_MAX], const char *text)
{
    CU_ASSERT_FATAL(kp_fold(out, text, strlen(text)) == KP_RULE_NONE);
}

/* "Kerkstraat/Utrecht;": the streets found, in the register's order. */
static enum kp_address_rule find(char *out, size_t size, const char *street, const char *town)
{
    char folded[2][KP_FOLDED_MAX];
    struct kp_place_streets found;
    struct kp_error error = {0};
    size_t written = 0;
    fold(folded[0], street);
    fold(folded[1], town);
    out[0] = '\0';
    CU_ASSERT_FATAL(kp_place_streets(opened, folded[0], folded[1], &found, &error) == KP_OK);
    for (size_t i = 0; i < found.count; i++) {
        struct kp_register_street registered;
        CU_ASSERT_FATAL(kp_register_street(opened, found.street[i], &registered, &error) == KP_OK);
        written += (size_t)snprintf(out + written, size - written, "%s/%s;", registered.name,
                                    registered.town);
    }
    return found.rule;
}

static const struct {
    const char *street, *town;
    enum kp_address_rule rule;
    const char *found;
} questions[] = {
    {"Kerkstraat", "Utrecht", KP_RULE_NONE, "Kerkstraat/Utrecht;"},
    {"kerkstr", "UTRECHT", KP_RULE_NONE, "Kerkstraat/Utrecht;"},
    {"Kerk str.", "Utrecht", KP_RULE_NONE, "Kerkstraat/Utrecht;"},
    {"Burg. van der Meerstr", "Utrecht", KP_RULE_NONE, "Burgemeester van der Meerstraat/Utrecht;"},
    {"Burg. v.d. Meerstr", "Utrecht", KP_RULE_NONE,
     "Burgemeester van den Meerstraat/Utrecht;Burgemeester van der Meerstraat/Utrecht;"},
    {"Dr. Kuyperstr.", "Utrecht", KP_RULE_NONE, "Doctor Kuyperstraat/Utrecht;"},
    {"Kuyperstr", "Utrecht", KP_RULE_NONE, "Kuyperstraat/Utrecht;"},
    {"Schaepmanstraat", "Utrecht", KP_RULE_NO_STREET,
     ""}, /* no title left out without a postcode */
    {"Kon. Willemstr", "Utrecht", KP_RULE_NONE,
     "Koning Willemstraat/Utrecht;Koningin Willemstraat/Utrecht;"},
    {"Naast Voorstraat", "Utrecht", KP_RULE_NO_STREET, ""}, /* not N Voorstraat */
    {"Nieuwe Voorstraat", "Utrecht", KP_RULE_NONE, "N Voorstraat/Utrecht;"},
    {"Achter de Dom", "Utrecht", KP_RULE_NONE, "Achter de Dom/Utrecht;"},
    {"Plein 1944", "Utrecht", KP_RULE_NONE, "Plein 1944/Utrecht;"},
    {"Plein 1945", "Utrecht", KP_RULE_NO_STREET, ""},
    {"Kerkstraat", "Hengelo", KP_RULE_NONE, "Kerkstraat/Hengelo;"},
    {"Kerkstraat", "Hengelo (O)", KP_RULE_NONE, "Kerkstraat/Hengelo;"},
    {"Spalstraat", "Hengelo", KP_RULE_NO_STREET, ""}, /* a town is called so: it is that one */
    {"Spalstraat", "Hengelo (Gld)", KP_RULE_NONE, "Spalstraat/Hengelo (Gld);"},
    {"Spalstraat", "Hengelo Gld.", KP_RULE_NONE, "Spalstraat/Hengelo (Gld);"},
    {"Kerkstraat", "Hengelo (Gld)", KP_RULE_NO_STREET, ""},
    {"Spalstraat", "Hengelo Gelderland", KP_RULE_NONE, "Spalstraat/Hengelo (Gld);"},
    {"Kerkstraat", "Bergen", KP_RULE_NONE, "Kerkstraat/Bergen (L);Kerkstraat/Bergen (NH);"},
    {"Kerkstraat", "Bergen NH", KP_RULE_NONE, "Kerkstraat/Bergen (NH);"},
    {"Spui", "Den Haag", KP_RULE_NONE, "Spui/'s-Gravenhage;"},
    {"Spui", "s-Gravenhage", KP_RULE_NONE, "Spui/'s-Gravenhage;"},
    {"Spui", "Rotterdam", KP_RULE_NO_TOWN, ""},
    {"Spui", "", KP_RULE_NO_PLACE, ""},
    {"", "Utrecht", KP_RULE_NO_PLACE, ""},
    {"...", "Utrecht", KP_RULE_NO_STREET, ""},
    {"Spui", "---", KP_RULE_NO_TOWN, ""},
};

static void streets_of_a_town(void)
{
    for (size_t i = 0; i < sizeof(questions) / sizeof(questions[0]); i++) {
        char found[1024];
        enum kp_address_rule rule =
            find(found, sizeof(found), questions[i].street, questions[i].town);
        if (rule != questions[i].rule || strcmp(found, questions[i].found) != 0) {
            fprintf(stderr, "%s, %s: %s %s\n", questions[i].street, questions[i].town,
                    kp_address_rule_name(rule), found);
        }
        CU_ASSERT(rule == questions[i].rule);
        CU_ASSERT_STRING_EQUAL(found, questions[i].found);
    }
}

static const struct {
    const char *street, *town;
    size_t at; /* which of `streets` the number is in */
    enum kp_place_agreement in_text, in_column;
} claims[] = {
    {"", "", 0, KP_PLACE_SILENT, KP_PLACE_SILENT},
    {"Kerkstraat", "Utrecht", 0, KP_PLACE_AGREES, KP_PLACE_AGREES},
    {"Kerkstr.", "", 0, KP_PLACE_AGREES, KP_PLACE_AGREES},
    {"", "Utrecht", 0, KP_PLACE_AGREES, KP_PLACE_AGREES},
    {"Kerkstaat", "", 0, KP_PLACE_NEARLY, KP_PLACE_NEARLY},
    {"Kerkstaaat", "", 0, KP_PLACE_NEARLY, KP_PLACE_NEARLY},
    {"Kekstaat", "", 0, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Berkstraat", "", 0, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS}, /* is another street */
    {"Kerklaan", "", 0, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"garage", "", 0, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"naast Kerkstraat", "", 0, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Schaepmanstraat", "", 7, KP_PLACE_AGREES, KP_PLACE_AGREES},
    {"Kuyperstraat", "", 5, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS}, /* there is one */
    {"Burg. van der Meerstr", "", 4, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Burg. v.d. Meerstr", "", 4, KP_PLACE_AGREES, KP_PLACE_AGREES},
    {"Plein 1945", "", 10, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Plein", "", 10, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Kerkstraat", "Hengelo", 0, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Kerkstraat", "Utrechtt", 0, KP_PLACE_NEARLY, KP_PLACE_NEARLY},
    {"Kerkstraat", "Zeist", 0, KP_PLACE_CONTRADICTS, KP_PLACE_IGNORED},
    {"", "kelder", 0, KP_PLACE_CONTRADICTS, KP_PLACE_IGNORED},
    {"Spalstraat", "Hengelo", 15, KP_PLACE_AGREES, KP_PLACE_AGREES},
    {"Spalstraat", "Hengelo (O)", 15, KP_PLACE_CONTRADICTS, KP_PLACE_CONTRADICTS},
    {"Spui", "Den Haag", 18, KP_PLACE_AGREES, KP_PLACE_AGREES},
};

/* By the postcode that make_register gives the street. */
static uint32_t street_at(size_t i)
{
    struct kp_register_number number;
    struct kp_error error = {0};
    size_t count = 0;
    const char postcode[] = {'1', '0', '1', '1', (char)('A' + i / 26), (char)('A' + i % 26), '\0'};
    CU_ASSERT_FATAL(kp_register_by_postcode(opened, postcode, 1, &number, 1, &count, &error) ==
                    KP_OK);
    CU_ASSERT_FATAL(count == 1);
    return number.street;
}

static void beside_a_postcode(void)
{
    for (size_t i = 0; i < sizeof(claims) / sizeof(claims[0]); i++) {
        char street[KP_FOLDED_MAX];
        char town[KP_FOLDED_MAX];
        fold(street, claims[i].street);
        fold(town, claims[i].town);
        for (int column = 0; column <= 1; column++) {
            struct kp_place place = {.street = street, .town = town, .column = column == 1};
            struct kp_error error = {0};
            enum kp_place_agreement expected =
                column == 1 ? claims[i].in_column : claims[i].in_text;
            for (int again = 0; again <= 1; again++) { /* the second time from memory */
                enum kp_place_agreement agreement = KP_PLACE_SILENT;
                CU_ASSERT(kp_place_agreement(opened, &place, street_at(claims[i].at), &agreement,
                                             &error) == KP_OK);
                if (agreement != expected) {
                    fprintf(stderr, "%s, %s at %s: %d\n", street, town, streets[claims[i].at][0],
                            (int)agreement);
                }
                CU_ASSERT(agreement == expected);
            }
        }
    }
}

static void memory_is_of_one_street(void)
{
    struct kp_place place = {.street = "KERKSTRAAT"};
    struct kp_error error = {0};
    enum kp_place_agreement agreement = KP_PLACE_SILENT;
    CU_ASSERT(kp_place_agreement(opened, &place, street_at(0), &agreement, &error) == KP_OK);
    CU_ASSERT(agreement == KP_PLACE_AGREES);
    CU_ASSERT(kp_place_agreement(opened, &place, street_at(2), &agreement, &error) == KP_OK);
    CU_ASSERT(agreement == KP_PLACE_CONTRADICTS);
    CU_ASSERT(kp_place_agreement(opened, &place, 1u << 30, &agreement, &error) != KP_OK);
    kp_register_close(opened);
}

static const struct unit_test tests[] = {
    {"make a register", make_register},
    {"streets of a town", streets_of_a_town},
    {"beside a postcode", beside_a_postcode},
    {"memory is of one street", memory_is_of_one_street},
};

UNIT_MAIN("place", tests)
