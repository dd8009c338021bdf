#include "proto/address/fold.h"

#include "proto/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

/* What stands between the last character and the next; at the end it goes. */
enum gap { GAP_NONE, GAP_SPACE, GAP_LINE };

struct folding {
    char *out;
    size_t used;
    enum gap gap;
    bool hidden; /* a character that can't be seen stood behind the last one */
    bool full;
};

/* Characters whose plain form Unicode doesn't tell, or tells otherwise than an address needs. */
static const struct {
    uint32_t character;
    const char *text; /* " " a gap */
} special[] = {
    {0xa8, ""},     {0xaa, " "},    {0xaf, "-"},    {0xb0, " "},    {0xb4, "'"},   {0xc6, "AE"},
    {0xd0, "D"},    {0xd8, "O"},    {0xde, "TH"},   {0xdf, "SS"},   {0xe6, "AE"},  {0xf0, "D"},
    {0xf8, "O"},    {0xfe, "TH"},   {0x110, "D"},   {0x111, "D"},   {0x131, "I"},  {0x141, "L"},
    {0x142, "L"},   {0x152, "OE"},  {0x153, "OE"},  {0x2b9, "'"},   {0x2bb, "'"},  {0x2bc, "'"},
    {0x2bd, "'"},   {0x2c8, "'"},   {0x1e9e, "SS"}, {0x2018, "'"},  {0x2019, "'"}, {0x201a, "'"},
    {0x201b, "'"},  {0x201c, "\""}, {0x201d, "\""}, {0x201e, "\""}, {0x2022, " "}, {0x2032, "'"},
    {0x2033, "\""}, {0x2043, "-"},  {0x2044, "/"},  {0x2212, "-"},  {0x2215, "/"}, {0xfffc, ""},
};

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static void put(struct folding *folding, char byte)
{
    if (folding->hidden && folding->gap == GAP_NONE && is_digit(byte) && folding->used > 0 &&
        is_digit(folding->out[folding->used - 1])) {
        folding->gap = GAP_SPACE; /* what was apart doesn't become one number */
    }
    folding->hidden = false;
    size_t gap = folding->used == 0 ? 0 : (size_t)folding->gap;
    if (folding->used + gap + 2 > KP_FOLDED_MAX) {
        folding->full = true;
        return;
    }
    if (gap == GAP_LINE) {
        folding->out[folding->used++] = ',';
    }
    if (gap != GAP_NONE) {
        folding->out[folding->used++] = ' ';
    }
    folding->gap = GAP_NONE;
    folding->out[folding->used++] = byte;
}

static void open_gap(struct folding *folding, enum gap gap)
{
    if (gap > folding->gap) {
        folding->gap = gap;
    }
}

/* false: a character that no text has. */
static bool put_ascii(struct folding *folding, uint8_t byte)
{
    if (byte >= 'a' && byte <= 'z') {
        put(folding, (char)(byte - 'a' + 'A'));
    } else if (byte == ' ' || byte == '\t') {
        open_gap(folding, GAP_SPACE);
    } else if (byte == '\n' || byte == '\r') {
        open_gap(folding, GAP_LINE);
    } else if (byte < 0x20 || byte == 0x7f) {
        return false;
    } else {
        put(folding, byte == '`' ? '\'' : (char)byte);
    }
    return true;
}

static void put_text(struct folding *folding, const char *text)
{
    for (; *text != '\0'; text++) {
        (void)put_ascii(folding, (uint8_t)*text);
    }
}

static const char *find_special(uint32_t character)
{
    for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++) {
        if (special[i].character == character) {
            return special[i].text;
        }
    }
    return NULL;
}

static void put_capital(struct folding *folding, uint32_t character)
{
    uint8_t bytes[4];
    utf8proc_int32_t capital = utf8proc_toupper((utf8proc_int32_t)character);
    utf8proc_ssize_t length = utf8proc_encode_char(capital, bytes);
    if (length == 1) {
        (void)put_ascii(folding, bytes[0]);
        return;
    }
    for (utf8proc_ssize_t i = 0; i < length; i++) {
        put(folding, (char)bytes[i]);
    }
}

/* One character of a decomposition. */
static void put_plain(struct folding *folding, uint32_t character)
{
    const char *text = find_special(character);
    if (text != NULL) {
        put_text(folding, text);
        return;
    }
    switch (utf8proc_category((utf8proc_int32_t)character)) {
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_ME:
        break;
    case UTF8PROC_CATEGORY_CF:
        folding->hidden = true;
        break;
    case UTF8PROC_CATEGORY_ZS:
        open_gap(folding, GAP_SPACE);
        break;
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        open_gap(folding, GAP_LINE);
        break;
    case UTF8PROC_CATEGORY_PD:
        put(folding, '-');
        break;
    default:
        put_capital(folding, character);
        break;
    }
}

/* U+202D, U+202E: what follows is shown in another order than it stands. */
static bool turns_direction(uint32_t character)
{
    return character == 0x202d || character == 0x202e;
}

static bool put_character(struct folding *folding, uint32_t character)
{
    if (utf8proc_category((utf8proc_int32_t)character) == UTF8PROC_CATEGORY_CF) {
        folding->hidden = true;
        return !turns_direction(character);
    }
    if (character == 0x85) { /* next line */
        open_gap(folding, GAP_LINE);
        return true;
    }
    if (kp_utf8_is_control(character)) {
        return false;
    }
    if (character == 0xba) { /* "No 12", but "1o hoog" is a 1 */
        bool number =
            folding->used > 0 && folding->gap == GAP_NONE && folding->out[folding->used - 1] == 'N';
        put_text(folding, number ? "O" : " ");
        return true;
    }
    if (find_special(character) != NULL) {
        put_plain(folding, character);
        return true;
    }
    utf8proc_int32_t plain[32];
    int boundary = 0;
    utf8proc_ssize_t count = utf8proc_decompose_char(
        (utf8proc_int32_t)character, plain, 32, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, &boundary);
    bool apart = utf8proc_category((utf8proc_int32_t)character) == UTF8PROC_CATEGORY_NO;
    if (apart) {
        open_gap(folding, GAP_SPACE);
        put(folding, '^');
    }
    for (utf8proc_ssize_t i = 0; i < count && i < 32; i++) {
        put_plain(folding, (uint32_t)plain[i]);
    }
    if (apart) {
        open_gap(folding, GAP_SPACE);
    }
    return true;
}

static bool fold_all(struct folding *folding, const uint8_t *text, size_t size)
{
    for (size_t at = 0; at < size && !folding->full;) {
        if (text[at] < 0x80) {
            if (!put_ascii(folding, text[at])) {
                return false;
            }
            at++;
            continue;
        }
        uint32_t character = 0;
        size_t length = kp_utf8_decode(&character, text + at, size - at);
        if (length == 0 || !put_character(folding, character)) {
            return false;
        }
        at += length;
    }
    return true;
}

enum kp_address_rule kp_fold(char out[static KP_FOLDED_MAX], const char *text, size_t size)
{
    struct folding folding = {.out = out};
    bool good = fold_all(&folding, (const uint8_t *)text, size);
    bool whole = good && !folding.full;
    out[whole ? folding.used : 0] = '\0';
    return whole ? KP_RULE_NONE : good ? KP_RULE_TOO_LONG : KP_RULE_NOT_TEXT;
}
