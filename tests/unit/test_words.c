#include "proto/address/words.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static struct kp_words *table(const char *text)
{
    struct kp_words *words = NULL;
    CU_ASSERT_FATAL(kp_words_parse(&words, text, strlen(text), "test", NULL) == KP_OK);
    return words;
}

static struct kp_words *built_in(void)
{
    struct kp_words *words = NULL;
    CU_ASSERT_FATAL(kp_words_open(&words, NULL, NULL) == KP_OK);
    return words;
}

/* "H+A" of the parts of a text; "?" when it has none. */
static void join(char *out, size_t size, const struct kp_words *words, const char *text)
{
    struct kp_word_parts parts;
    out[0] = '\0';
    if (!kp_words_split(&parts, words, 0, text)) {
        strcpy(out, "?");
        return;
    }
    for (size_t i = 0; i < parts.count; i++) {
        CU_ASSERT_FATAL(strlen(out) + strlen(parts.part[i].text) + 2 < size);
        strcat(strcat(out, i == 0 ? "" : "+"), parts.part[i].text);
    }
}

static void apart(void)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"H", "H"},
        {" HS.", "HS"},
        {"BEGANE GROND", "BEGANEGROND"},
        {"2 HOOG", "2HOOG"},
        {"III-HOOG", "IIIHOOG"},
        {"BIS A", "BIS+A"},
        {"BISA", "BIS+A"},
        {"BSA", "BS+A"},
        {"A-2HOOG", "A+2HOOG"},
        {"A II", "A+II"},
        {"II A", "II+A"},
        {"HSA", "HS+A"},
        {"1E ETAGE", "1EETAGE"},
        {"TWEEDE VERD.", "TWEEDEVERD"},
        {"XIX", "XIX"},
        {"XXI", "XX+I"},
        {"V", "V"},
        {"V HOOG", "VHOOG"},
        {"1-2", "1+2"},
        {"12", "12"},
        {"002", "2"},
        {"0", "0"},
        {"00", "0"},
        {"A01", "A+1"},
        {"ABC", "A+B+C"},
        {"APP. 12", "APP12"},
        {"12''", "?"},
        {"12 \xd0\x90", "?"},
        {"#", "?"},
        {"AAAAAAAAAAAAA", "?"}, /* thirteen parts */
        {"12345678901234567890123456789012345678901234567890", "?"},
    };
    struct kp_words *words = built_in();
    for (size_t i = 0; i < COUNT(cases); i++) {
        char joined[256];
        join(joined, sizeof(joined), words, cases[i][0]);
        CU_ASSERT_STRING_EQUAL(joined, cases[i][1]);
    }
    kp_words_close(words);
}

static enum kp_words_match match(const struct kp_words *words, size_t scope, const char *a,
                                 const char *b)
{
    struct kp_word_parts one, other;
    CU_ASSERT_FATAL(kp_words_split(&one, words, scope, a) && one.count == 1);
    CU_ASSERT_FATAL(kp_words_split(&other, words, scope, b) && other.count == 1);
    enum kp_words_match result = kp_words_match(&one.part[0], &other.part[0]);
    CU_ASSERT(kp_words_match(&other.part[0], &one.part[0]) == result);
    return result;
}

static void classes(void)
{
    static const struct {
        const char *a, *b;
        enum kp_words_match match;
    } cases[] = {
        {"HS", "HS", KP_WORDS_EQUAL},      {"HS", "H", KP_WORDS_CLASS},
        {"HUIS", "BG", KP_WORDS_CLASS},    {"2", "II", KP_WORDS_CLASS},
        {"2", "02", KP_WORDS_EQUAL},       {"2 HOOG", "II", KP_WORDS_CLASS},
        {"2 HOOG", "2E", KP_WORDS_CLASS},  {"DERDE ETAGE", "III HOOG", KP_WORDS_CLASS},
        {"DRIEHOOG", "3", KP_WORDS_CLASS}, {"2 HOOG", "III", KP_WORDS_DIFFER},
        {"2", "3", KP_WORDS_DIFFER},       {"1", "11", KP_WORDS_DIFFER},
        {"1", "I", KP_WORDS_CLASS},        {"5", "V", KP_WORDS_CLASS},
        {"5", "V HOOG", KP_WORDS_CLASS},   {"10", "X", KP_WORDS_DIFFER},
        {"50", "L", KP_WORDS_DIFFER},      {"BIS", "BS", KP_WORDS_CLASS},
        {"ROOD", "RD", KP_WORDS_CLASS},    {"ROOD", "ZW", KP_WORDS_DIFFER},
        {"BEL.", "H", KP_WORDS_DIFFER},    {"BEL", "BEL-ETAGE", KP_WORDS_CLASS},
        {"BOVEN", "BOV", KP_WORDS_CLASS},  {"BOVEN", "B", KP_WORDS_DIFFER},
        {"APP 3", "AP3", KP_WORDS_CLASS},  {"APP 3", "3", KP_WORDS_DIFFER},
        {"KAMER 3", "3", KP_WORDS_DIFFER}, {"APP 3", "APP 4", KP_WORDS_DIFFER},
    };
    struct kp_words *words = built_in();
    for (size_t i = 0; i < COUNT(cases); i++) {
        enum kp_words_match found = match(words, 0, cases[i].a, cases[i].b);
        CU_ASSERT(found == cases[i].match);
    }
    kp_words_close(words);
}

static void town_rows(void)
{
    struct kp_words *words = table("[everywhere]\nHS = H\n[town Den Haag]\nQQ = ZIJ\n");
    size_t town = kp_words_town(words, "'S-GRAVENHAGE");
    CU_ASSERT(town != 0);
    CU_ASSERT(town == kp_words_town(words, "DEN HAAG"));
    CU_ASSERT(kp_words_town(words, "UTRECHT") == 0);
    CU_ASSERT(match(words, town, "QQ", "ZIJ") == KP_WORDS_CLASS);
    CU_ASSERT(match(words, town, "HS", "H") == KP_WORDS_CLASS);
    struct kp_word_parts parts;
    CU_ASSERT(kp_words_split(&parts, words, 0, "QQ") && parts.count == 2);
    kp_words_close(words);
}

/* Each with its line in the text. */
static void bad_tables(void)
{
    static const struct {
        const char *text, *line;
    } bad[] = {
        {"HS = H\n", "line 1"},
        {"[everywhere]\n\nHS\n", "line 3"},
        {"[everywhere]\nHS = \xff\n", "line 2"},
        {"[everywhere\nHS = H\n", "line 1"},
        {"[]\n", "line 1"},
        {"[town]\n", "line 1"},
        {"[town ]\n", "line 1"},
        {"[elsewhere]\n", "line 1"},
        {"[everywhere]\nHS = {n}H\n", "line 2"},
        {"[everywhere]\n{n}{n} = {n}H\n", "line 2"},
        {"[everywhere]\n{m} = {n}H\n", "line 2"},
        {"[everywhere]\nHS = ABCDEFGHIJABCDEFGHIJABCDEFGHIJABCDEFGHIJ\n", "line 2"},
        {"[everywhere]\nHS = H&\n", "line 2"},
        {"[everywhere]\nHS = -\n", "line 2"},
        {"[everywhere]\n- = H HS\n", "line 2"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct kp_words *words = NULL;
        struct kp_error error = {0};
        CU_ASSERT(kp_words_parse(&words, bad[i].text, strlen(bad[i].text), "x", &error) ==
                  KP_REFUSED);
        CU_ASSERT_PTR_NULL(words);
        CU_ASSERT(strstr(error.text, bad[i].line) != NULL);
    }
}

static void hash_is_of_the_meaning(void)
{
    static const char *const same[] = {
        "[everywhere]\nHS = H HUIS\nRD = ROOD\n[town Utrecht]\nBS = BIS\n",
        "# c\n[town UTRECHT]\r\nbs bis bs # c\n\n[everywhere]\nrd rood rood\nHS = HUIS H H.S.\nRD ROOD",
    };
    static const char *const other[] = {
        "[everywhere]\nHS = H HUIS\nRD = ROOD\nBS = BIS\n",
        "[everywhere]\nHS = H HUIS\nRD = ROOD\n[town Breda]\nBS = BIS\n",
        "[everywhere]\nH = HS HUIS\nRD = ROOD\n[town Utrecht]\nBS = BIS\n",
        "[everywhere]\nHS = H HUI\nRD = ROOD\n[town Utrecht]\nBS = BIS\n",
        "[everywhere]\nHS = H HUIS RD = ROOD\n[town Utrecht]\nBS = BIS\n",
        "",
    };
    uint8_t hash[COUNT(same) + COUNT(other)][KP_WORDS_HASH];
    for (size_t i = 0; i < COUNT(hash); i++) {
        struct kp_words *words = table(i < COUNT(same) ? same[i] : other[i - COUNT(same)]);
        kp_words_hash(hash[i], words);
        kp_words_close(words);
    }
    CU_ASSERT(memcmp(hash[0], hash[1], KP_WORDS_HASH) == 0);
    for (size_t i = 1; i < COUNT(hash); i++) {
        for (size_t j = i + 1; j < COUNT(hash); j++) {
            CU_ASSERT(memcmp(hash[i], hash[j], KP_WORDS_HASH) != 0);
        }
    }
}

/* The hash doesn't have the order of rows, so nothing may come of it. */
static void order_of_rows(void)
{
    static const char *const orders[] = {"[everywhere]\nBOV = QQ\nACH = QQ\n",
                                         "[everywhere]\nACH = QQ\nBOV = QQ\n"};
    uint8_t hash[2][KP_WORDS_HASH];
    for (size_t i = 0; i < 2; i++) {
        struct kp_words *words = table(orders[i]);
        struct kp_word_parts parts;
        char first[KP_WORD_MAX];
        CU_ASSERT_FATAL(kp_words_split(&parts, words, 0, "QQ") && parts.count == 1);
        kp_words_first(first, words, &parts.part[0]);
        CU_ASSERT_STRING_EQUAL(first, "ACH");
        kp_words_hash(hash[i], words);
        kp_words_close(words);
    }
    CU_ASSERT(memcmp(hash[0], hash[1], KP_WORDS_HASH) == 0);
}

/* What is in too many rows is no word, whichever they are. */
static void too_many_rows(void)
{
    char text[1024] = "[everywhere]\n";
    struct kp_word_parts parts;
    for (size_t i = 0; i < 20; i++) {
        struct kp_words *words = NULL;
        char row[32];
        (void)snprintf(row, sizeof(row), "W%c = QQ\n", 'A' + (int)i);
        strcat(text, row);
        words = table(text);
        CU_ASSERT_EQUAL(kp_words_split(&parts, words, 0, "QQ"), i < KP_WORD_CLASSES);
        kp_words_close(words);
    }
}

static void files(void)
{
    struct kp_words *words = NULL;
    struct kp_error error = {0};
    CU_ASSERT(kp_words_open(&words, "/nonexistent/words", &error) == KP_USAGE);
    words = built_in();
    const char *text = NULL;
    size_t size = 0;
    kp_words_text(&text, &size);
    struct kp_words *again = NULL;
    CU_ASSERT_FATAL(kp_words_parse(&again, text, size, "x", NULL) == KP_OK);
    uint8_t one[KP_WORDS_HASH], other[KP_WORDS_HASH];
    kp_words_hash(one, words);
    kp_words_hash(other, again);
    CU_ASSERT(memcmp(one, other, sizeof(one)) == 0);
    CU_ASSERT(kp_words_rows(words) == kp_words_rows(again) && kp_words_rows(words) > 20);
    kp_words_close(again);
    kp_words_close(words);
}

static const struct unit_test tests[] = {
    {"taken apart", apart},
    {"classes", classes},
    {"rows of a town", town_rows},
    {"bad tables", bad_tables},
    {"the hash is of the meaning", hash_is_of_the_meaning},
    {"the order of rows", order_of_rows},
    {"too many rows", too_many_rows},
    {"files", files},
};

UNIT_MAIN("words", tests)
