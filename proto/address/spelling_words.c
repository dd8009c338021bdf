/* What can stand in a text that isn't the address itself: words that say beside, PO boxes,
 * countries, ids. */
#include "proto/address.h"
#include "proto/address/spelling.h"
#include "proto/address/spelling_internal.h"

#include <string.h>

static bool in_list(const char *word, size_t size, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (size > 0 && list[i][0] == word[0] && strlen(list[i]) == size &&
            memcmp(list[i], word, size) == 0) {
            return true;
        }
    }
    return false;
}
#define IN_LIST(word, size, list) in_list(word, size, list, sizeof(list) / sizeof((list)[0]))

static bool is(const struct kp_spelling_word *word, const char *text, size_t size)
{
    return word->size == size && memcmp(word->text, text, size) == 0;
}

/* "to" and "by": the BRP's indication at a house number (element 11.50). */
static const char *const near[] = {
    "TO",   "TEGENOVER",     "NABIJ",     "THV",      "TERHOOGTEVAN", "TOV",
    "NEAR", "TERPLAATSEVAN", "OVERZIJDE", "OPPOSITE", "OMGEVING",     "VLAKBIJ",
};
/* Names begin with these too ("ACHTER CLARENBURG"). */
static const char *const near_or_name[] = {"NAAST", "ACHTER", "TUSSEN"};
/* Words that names of streets and towns have too: only first, or beside a number. */
static const char *const maybe_near[] = {"HOEK", "BIJ", "BY", "TNV", "TEGEN", "VOOR"};

bool kp_spelling_is_near(const char *word, size_t size)
{
    return IN_LIST(word, size, near) || IN_LIST(word, size, near_or_name) ||
           IN_LIST(word, size, maybe_near);
}

static void make_empty(struct kp_spelling_word *word)
{
    word->size = 0;
    word->digit = word->comma = word->sign = false;
}

static const char *next_word(struct kp_spelling_word *word, const char *at)
{
    make_empty(word);
    while (*at == ' ' || *at == ',' || *at == ';' || *at == '(' || *at == ')') {
        word->comma = word->comma || *at == ',';
        at++;
    }
    word->digit = *at >= '0' && *at <= '9';
    for (; *at != '\0' && *at != ' ' && *at != ',' && *at != ';' && *at != ')'; at++) {
        bool sign = *at == '.' || *at == '/' || *at == '-' || *at == ':';
        word->sign = word->sign || sign;
        if (!sign && word->size < sizeof(word->text)) {
            word->text[word->size++] = *at;
        }
    }
    return at;
}

void kp_spelling_split(struct kp_spelling_words *words, const char *folded)
{
    words->count = 0;
    do {
        folded = next_word(&words->word[words->count], folded);
    } while (words->word[words->count].size > 0 && ++words->count < KP_SPELLING_WORDS - 1);
    make_empty(&words->word[words->count]);
}

/* "ACHTER DE DOM", "BIJ 'T HOF": what streets are called. "ACHTER KERKSTRAAT 12" isn't. */
static bool is_in_name(const struct kp_spelling_word *word, const struct kp_spelling_word *next)
{
    static const char *const words[] = {"ACHTER", "BIJ", "NAAST", "TEGEN", "TUSSEN", "VOOR"};
    static const char *const articles[] = {"DE", "DEN", "HET", "T", "'T"};
    return IN_LIST(word->text, word->size, words) && IN_LIST(next->text, next->size, articles);
}

/* "T O", "TER HOOGTE VAN": whether what stands from `word` on, at most three words joined, says
 * beside. `beside_number`: a number or the text's beginning stands before it. */
static bool says_near(const struct kp_spelling_word *word, bool beside_number)
{
    if (strchr("ABHNOTV", word->text[0]) == NULL) {
        return false; /* no word of the lists begins so */
    }
    struct kp_spelling_word joined = *word;
    for (size_t parts = 0; parts < 3; parts++) {
        const struct kp_spelling_word *next = &word[parts + 1];
        if (parts == 0 && is_in_name(word, next)) {
            return false;
        }
        if (IN_LIST(joined.text, joined.size, near) ||
            IN_LIST(joined.text, joined.size, near_or_name) ||
            (IN_LIST(joined.text, joined.size, maybe_near) && (beside_number || next->digit))) {
            return true;
        }
        if (next->size == 0 || next->size > sizeof(joined.text) - joined.size) {
            return false;
        }
        memcpy(joined.text + joined.size, next->text, next->size);
        joined.size = (uint8_t)(joined.size + next->size);
    }
    return false;
}

bool kp_spelling_near_in(const struct kp_spelling_words *words)
{
    bool beside = true;
    bool digits = false; /* "8730 BY": letters of a postcode */
    for (size_t at = 0; at < words->count; at++) {
        const struct kp_spelling_word *word = &words->word[at];
        bool letters = digits && word->size == 2 && !word->sign;
        if (!letters && says_near(word, beside && !word->comma)) {
            return true;
        }
        beside = word->digit;
        digits = word->size == 4;
        for (size_t i = 0; digits && i < word->size; i++) {
            digits = kp_spelling_is_digit(word->text[i]);
        }
    }
    return false;
}

bool kp_spelling_has_near(const char *folded)
{
    struct kp_spelling_words words;
    kp_spelling_split(&words, folded);
    return kp_spelling_near_in(&words);
}

#define ADDITION_MAX 4 /* letters: "TO" can be one */

/* A word that no name has: "T/O KERKSTRAAT", "12 TO". */
static bool has_sure_near(const char *column)
{
    struct kp_spelling_word word;
    struct kp_spelling_word before = {.size = 0};
    for (const char *at = next_word(&word, column); word.size > 0; at = next_word(&word, at)) {
        bool letters = before.size == 1 && before.text[0] == 'T' && word.size == 1 &&
                       word.text[0] == 'O'; /* "T O" */
        if (letters || IN_LIST(word.text, word.size, near)) {
            return true;
        }
        before = word;
    }
    return false;
}

bool kp_spelling_po_box_in(const struct kp_spelling_words *words)
{
    static const char *const boxes[] = {"POSTBUS",        "POSTBUSNR",  "POSTBUSNUMMER", "POSTBOX",
                                        "ANTWOORDNUMMER", "ANTWOORDNR", "POBOX",         "PBUS"};
    for (size_t at = 0; at < words->count; at++) {
        const struct kp_spelling_word *word = &words->word[at];
        const struct kp_spelling_word *next = word + 1;
        bool box = IN_LIST(word->text, word->size, boxes) ||
                   (at > 0 && is(word, "BOX", 3) && is(word - 1, "PO", 2));
        size_t letters = 0;
        while (letters < word->size && !kp_spelling_is_digit(word->text[letters])) {
            letters++;
        }
        bool glued = letters < word->size && IN_LIST(word->text, letters, boxes); /* POSTBUS12 */
        if ((box && (next->digit || next->size == 0)) || glued) {
            return true;
        }
    }
    return false;
}

enum kp_address_rule kp_spelling_columns(const char *street, const char *number,
                                         const char *addition)
{
    if (street[0] != '\0') {
        struct kp_spelling_words words;
        kp_spelling_split(&words, street);
        if (kp_spelling_po_box_in(&words)) {
            return KP_RULE_PO_BOX;
        }
    }
    bool is_near = (street[0] != '\0' && has_sure_near(street)) ||
                   ((strpbrk(addition, " /.") != NULL || strlen(addition) > ADDITION_MAX) &&
                    has_sure_near(addition)) ||
                   (strpbrk(number, " /.") != NULL && has_sure_near(number));
    return is_near ? KP_RULE_NEAR : KP_RULE_NONE;
}

static const char *const abroad[] = {
    "BELGIE",          "BELGIUM",      "BELGIQUE",
    "BELGIEN",         "DUITSLAND",    "GERMANY",
    "DEUTSCHLAND",     "FRANKRIJK",    "FRANCE",
    "LUXEMBURG",       "LUXEMBOURG",   "GROOTBRITTANNIE",
    "POLEN",           "POLAND",       "POLSKA",
    "SPANJE",          "SPAIN",        "ESPANA",
    "PORTUGAL",        "ITALIE",       "ITALY",
    "ITALIA",          "OOSTENRIJK",   "AUSTRIA",
    "OSTERREICH",      "ZWITSERLAND",  "SWITZERLAND",
    "SCHWEIZ",         "DENEMARKEN",   "ZWEDEN",
    "NOORWEGEN",       "FINLAND",      "IERLAND",
    "IRELAND",         "ROEMENIE",     "ROMANIA",
    "BULGARIJE",       "BULGARIA",     "HONGARIJE",
    "HUNGARY",         "GRIEKENLAND",  "GREECE",
    "TSJECHIE",        "SLOWAKIJE",    "LITOUWEN",
    "LETLAND",         "ESTLAND",      "KROATIE",
    "OEKRAINE",        "UKRAINE",      "TURKIJE",
    "TURKEY",          "MAROKKO",      "MOROCCO",
    "SURINAME",        "CURACAO",      "ARUBA",
    "BONAIRE",         "USA",          "UK",
    "VERENIGDESTATEN", "UNITEDSTATES", "VERENIGDKONINKRIJK",
    "UNITEDKINGDOM",   "CHINA",        "INDIA",
};

/* "B-1000", "D-12345": a postcode with its country before it. */
static bool is_foreign_postcode(const char *token, size_t size)
{
    if (size < 6 || size > 7 || strchr("BDFL", token[0]) == NULL || token[1] != '-') {
        return false;
    }
    for (size_t i = 2; i < size; i++) {
        if (token[i] < '0' || token[i] > '9') {
            return false;
        }
    }
    return true;
}

/* The last word, or the last two as one, is another country's name, and something stands before. */
static bool ends_abroad(const struct kp_spelling_words *words)
{
    if (words->count < 2) {
        return false;
    }
    const struct kp_spelling_word *last = &words->word[words->count - 1];
    struct kp_spelling_word both = last[-1];
    if (last->size <= sizeof(both.text) - both.size) {
        memcpy(both.text + both.size, last->text, last->size);
        both.size = (uint8_t)(both.size + last->size);
    }
    return IN_LIST(last->text, last->size, abroad) || IN_LIST(both.text, both.size, abroad);
}

bool kp_spelling_is_abroad(const struct kp_spelling_words *words, const char *folded)
{
    if (ends_abroad(words)) {
        return true;
    }
    /* Only behind a dash: "B-1000". */
    for (const char *dash = strchr(folded, '-'); dash != NULL; dash = strchr(dash + 1, '-')) {
        bool begins = dash == folded + 1 || (dash > folded + 1 && strchr(" ,;", dash[-2]) != NULL);
        if (begins && is_foreign_postcode(dash - 1, 1 + strcspn(dash, " ,;"))) {
            return true;
        }
    }
    return false;
}

/* How many letters of the text stand before a country's name at the end: this country's, for which
 * nothing needs to be said. Its size: no such name. *twice: it can be another thing too, a town or
 * the letters of a postcode. */
size_t kp_spelling_without_country(const char *folded, bool *twice)
{
    static const char *const names[] = {"NEDERLAND",   "NL",       "THE NETHERLANDS", "NETHERLANDS",
                                        "NIEDERLANDE", "PAYS-BAS", "PAYS BAS",        "HOLLAND"};
    size_t size = strlen(folded);
    *twice = false;
    if (size == 0 || strchr("DELS", folded[size - 1]) == NULL) {
        return size; /* none of them ends so */
    }
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t length = strlen(names[i]);
        if (size <= length || strcmp(folded + size - length, names[i]) != 0) {
            continue;
        }
        size_t before = size - length;
        size_t trimmed = before;
        bool comma = false;
        while (trimmed > 0 && strchr(" ,;(-", folded[trimmed - 1]) != NULL) {
            comma = comma || folded[trimmed - 1] == ',';
            trimmed--;
        }
        if (trimmed < before && trimmed > 0 && (comma || strcmp(names[i], "HOLLAND") != 0)) {
            size_t digits = 0;
            while (digits < trimmed && kp_spelling_is_digit(folded[trimmed - 1 - digits])) {
                digits++;
            }
            *twice = i == 0 || (i == 1 && digits == 4); /* "1234 NL" */
            return trimmed;
        }
    }
    return size;
}

/* "3,63E+14" */
static bool is_exponent(const char *text)
{
    if (!kp_spelling_is_digit(*text)) {
        return false;
    }
    text += strspn(text, "0123456789.,");
    if (*text++ != 'E') {
        return false;
    }
    text += *text == '+' ? 1 : 0;
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0';
}

/* Nothing but an address on the web, in which nothing else is an id: where its last digits begin,
 * or NULL. */
static const char *behind_url(const char *text)
{
    const char *last = text + strlen(text);
    while (last > text && kp_spelling_is_digit(last[-1])) {
        last--;
    }
    bool url = strncmp(text, "HTTP://", 7) == 0 || strncmp(text, "HTTPS://", 8) == 0;
    for (const char *at = text; url && at < last;) {
        size_t digits = strspn(at, "0123456789");
        url = digits < 13 && strchr(" ,;|", *at) == NULL;
        at += digits > 0 ? digits : 1;
    }
    return url ? last : NULL;
}

/* The part behind what identifiers have before their digits: "NL.IMBAG.PAND.", "BAG-ID:". Any other
 * word there says something about an address, and stays. */
static const char *behind_prefix(const char *text)
{
    static const char *const words[] = {"NL",
                                        "IMBAG",
                                        "NUMMERAANDUIDING",
                                        "VERBLIJFSOBJECT",
                                        "LIGPLAATS",
                                        "PAND",
                                        "STANDPLAATS",
                                        "OPENBARERUIMTE",
                                        "OPENBARE",
                                        "RUIMTE",
                                        "BAG",
                                        "BAGID",
                                        "ID",
                                        "IDENTIFICATIE",
                                        "NUMMER",
                                        "NUM",
                                        "NUMID",
                                        "VBO",
                                        "VBOID",
                                        "NR",
                                        "WOONPLAATS",
                                        "OBJECT",
                                        "OBJECTID",
                                        "ADRESSEERBAAR",
                                        "CODE"};
    const char *url = behind_url(text);
    if (url != NULL) {
        return url;
    }
    for (const char *at = text;;) {
        size_t size = 0;
        at += strspn(at, " .:-_/#=");
        while (kp_spelling_is_letter(at[size])) {
            size++;
        }
        if (size == 0 || !IN_LIST(at, size, words)) {
            return kp_spelling_is_digit(*at) ? at : text;
        }
        at += size;
    }
}

/* "363200000000001.0": the decimals of a number, which aren't the last digits of an id. */
static bool has_decimals(const char *text)
{
    const char *point = strrchr(text, '.');
    size_t zeros = point == NULL ? 0 : strspn(point + 1, "0");
    return point != NULL && point[1 + zeros] == '\0' && (zeros == 1 || zeros == 2) &&
           strspn(text, "0123456789") == (size_t)(point - text);
}

enum kp_address_rule kp_spelling_id(uint64_t *id, const char *folded)
{
    char digits[KP_BAG_ID_TEXT];
    size_t count = 0;
    const char *text =
        behind_prefix(folded + strspn(folded, "'\"")); /* a spreadsheet's mark of text */
    if (is_exponent(text)) {
        return KP_RULE_SPREADSHEET_ID;
    }
    for (; *text != '\0'; text++) {
        if (kp_spelling_is_digit(*text)) {
            if (count < sizeof(digits)) {
                digits[count] = *text;
            }
            count++;
        } else if ((*text != ' ' && *text != '.' && *text != '\'') || count == 0) {
            return KP_RULE_NO_NUMBER;
        }
    }
    if ((count >= 13 && count <= 15) || (count >= 14 && count <= 18 && has_decimals(folded))) {
        return KP_RULE_SPREADSHEET_ID;
    }
    if (count != 16 || kp_bag_id_read(id, digits, count) != KP_OK) {
        return KP_RULE_NO_NUMBER;
    }
    return kp_bag_id_type(*id) == KP_BAG_NUMBER || kp_bag_is_object(*id) ? KP_RULE_NONE
                                                                         : KP_RULE_ID_TYPE;
}
