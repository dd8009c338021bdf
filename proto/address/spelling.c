#include "proto/address/spelling.h"
#include "proto/address/spelling_internal.h"

#include "proto/address.h"
#include "proto/address/street.h"

#include <string.h>

#define HOLES_MAX 8         /* postcodes and ids that a text can have */
#define REST_WORDS_MAX 7    /* a number, and words behind it */
#define TOWN_WORDS_MAX 8    /* words of a town before its street */
#define GLUED_LETTERS_MIN 3 /* "KERKSTRAAT12" */

struct reader {
    struct kp_spelling *out;
    const char *text;
    const struct kp_spelling_known *known;
    struct kp_spelling_hole hole;
    uint64_t id; /* that stood in the text before or behind what is read */
    bool full;   /* more readings than fit */
};

/* A street or town that stands on the other side of the hole. */
struct fixed {
    struct kp_span street, town;
};

void kp_span_text(char out[static KP_FOLDED_MAX], struct kp_span span)
{
    size_t size = span.size < KP_FOLDED_MAX ? span.size : KP_FOLDED_MAX - 1;
    if (size > 0) {
        memcpy(out, span.text, size);
    }
    out[size] = '\0';
}

static bool stands_around(char byte)
{
    switch (byte) {
    case ' ':
    case ',':
    case ';':
    case '|':
    case '-':
    case '/':
    case ':':
        return true;
    default:
        return false;
    }
}

/* What may stand around a part without belonging to it. A stop behind it and a quote before it do.
 */
static struct kp_span trim(const char *text, size_t from, size_t to)
{
    while (from < to && (stands_around(text[from]) || text[from] == '.' || text[from] == ')')) {
        from++;
    }
    while (to > from && (stands_around(text[to - 1]) || text[to - 1] == '(')) {
        to--;
    }
    return (struct kp_span){text + from, to - from};
}

static bool has_separator(struct kp_span span)
{
    for (size_t i = 0; i < span.size; i++) {
        if (kp_spelling_is_separator(span.text[i])) {
            return true;
        }
    }
    return false;
}

static bool can_be_street(struct kp_span span)
{
    bool letter = false;
    for (size_t i = 0; i < span.size; i++) {
        letter = letter || kp_spelling_is_letter(span.text[i]);
    }
    return letter && !has_separator(span) && !kp_spelling_has_postcode(span.text, 0, span.size);
}

/* A mark of a province may stand behind a comma: "HENGELO, GELDERLAND". */
static bool can_be_town(struct kp_span span)
{
    size_t separators = 0;
    size_t letters = 0;
    for (size_t i = 0; i < span.size; i++) {
        if (kp_spelling_is_digit(span.text[i])) {
            return false;
        }
        separators += kp_spelling_is_separator(span.text[i]) ? 1 : 0;
        letters += kp_spelling_is_letter(span.text[i]) ? 1 : 0;
    }
    if (letters == 0 || separators == 0) {
        return letters > 0;
    }
    char town[KP_FOLDED_MAX];
    kp_span_text(town, span);
    return separators == 1 && kp_town_province(town) != 0;
}

/* "12 TE UTRECHT" */
static struct kp_span without_preposition(struct kp_span town)
{
    bool is_one =
        town.size > 3 && (memcmp(town.text, "TE ", 3) == 0 || memcmp(town.text, "IN ", 3) == 0);
    return is_one ? (struct kp_span){town.text + 3, town.size - 3} : town;
}

static void add(struct reader *reader, struct kp_span street, struct kp_span number,
                struct kp_span town)
{
    const struct kp_reading *has = &reader->hole.has;
    bool place =
        has->postcode[0] != '\0' || reader->known->postcode || has->id != 0 || reader->id != 0;
    bool street_known = street.size > 0 || reader->known->street;
    bool town_known = town.size > 0 || reader->known->town;
    if (!place && (!street_known || (!town_known && reader->out->count > 0))) {
        return; /* a number alone; of those without any place one is enough */
    }
    if (reader->out->count == KP_READINGS_MAX) {
        reader->full = true;
        return;
    }
    struct kp_reading *reading = &reader->out->reading[reader->out->count++];
    *reading = *has;
    reading->id = has->id != 0 ? has->id : reader->id;
    reading->street = street;
    reading->number = number;
    reading->town = without_preposition(town);
}

/* A street and a town in one stretch without a sign between them: all ways. Without a postcode the
 * town is needed to find the street, and it stands first: "UTRECHT KERKSTRAAT 12". */
static void add_town_and_street(struct reader *reader, struct kp_span both, struct kp_span number,
                                bool town_first)
{
    for (size_t i = 1, words = 0; i < both.size && words < TOWN_WORDS_MAX; i++) {
        bool ends = both.text[i] == ' ' || kp_spelling_is_separator(both.text[i]);
        if (!ends || both.text[i - 1] == ' ' || kp_spelling_is_separator(both.text[i - 1])) {
            continue;
        }
        struct kp_span first = trim(both.text, 0, i);
        struct kp_span second = trim(both.text, i, both.size);
        struct kp_span town = town_first ? first : second;
        struct kp_span street = town_first ? second : first;
        words++;
        if (can_be_town(town) && can_be_street(street)) {
            add(reader, street, number, town);
        }
    }
}

/* `front` stands before the number and `back` behind it. */
static void add_parts(struct reader *reader, struct kp_span front, struct kp_span number,
                      struct kp_span back, const struct fixed *fixed)
{
    struct kp_span street = fixed->street;
    struct kp_span town = fixed->town;
    struct kp_span between = {number.text, (size_t)(back.text - number.text)};
    if (back.size > 0 && front.size == 0 && street.size == 0 && has_separator(between)) {
        /* "12, KERKSTRAAT, UTRECHT" */
        if (can_be_street(back)) {
            add(reader, back, number, town);
        }
        if (town.size == 0 && has_separator(back)) {
            add_town_and_street(reader, back, number, false);
        }
    }
    if (back.size > 0) {
        if (town.size > 0 || !can_be_town(back)) {
            return;
        }
        town = back;
    }
    if (front.size == 0) {
        add(reader, street, number, town);
        return;
    }
    if (street.size > 0) {
        if (town.size == 0 && can_be_town(front)) {
            add(reader, street, number, front);
        }
        return;
    }
    if (can_be_street(front)) {
        add(reader, front, number, town);
    }
    if (town.size == 0) {
        add_town_and_street(reader, front, number, true);
    }
}

/* A house number can begin there: at the front of a word, or behind a street that it was glued to.
 */
static bool can_begin(const char *text, size_t from, size_t at)
{
    if (!kp_spelling_is_digit(text[at]) || at == from) {
        return kp_spelling_is_digit(text[at]);
    }
    char before = text[at - 1];
    if (before == ' ' || kp_spelling_is_separator(before) || before == '(') {
        return true;
    }
    size_t end = before == '.' || before == '-' || before == ':' ? at - 1 : at;
    size_t letters = 0;
    while (letters < end - from && kp_spelling_is_letter(text[end - 1 - letters])) {
        letters++;
    }
    return letters >= GLUED_LETTERS_MIN;
}

/* The number that begins at `at` can end at `end`: a word ends there, and no postcode is in it. */
static bool can_end(const char *text, size_t at, size_t end, size_t to)
{
    if (end < to && text[end] != ' ' && !kp_spelling_is_separator(text[end])) {
        return false;
    }
    if (kp_spelling_has_postcode(text, at + 1, end)) {
        return false;
    }
    return text[end - 1] != ' ' && !kp_spelling_is_separator(text[end - 1]);
}

/* All numbers in a stretch of the text. */
static void read_stretch(struct reader *reader, size_t from, size_t to, const struct fixed *fixed)
{
    const char *text = reader->text;
    for (size_t at = from; at < to; at++) {
        if (!can_begin(text, from, at)) {
            continue;
        }
        struct kp_span front = trim(text, from, at);
        size_t words = 0;
        for (size_t end = at + 1; end <= to && words < REST_WORDS_MAX; end++) {
            if (can_end(text, at, end, to)) {
                words++;
                add_parts(reader, front, trim(text, at, end), trim(text, end, to), fixed);
            }
        }
    }
}

static bool has_digit(const char *text, size_t from, size_t to)
{
    while (from < to && !kp_spelling_is_digit(text[from])) {
        from++;
    }
    return from < to;
}

/* What stands before the hole and behind it. */
static void read_around(struct reader *reader, size_t begin, size_t end)
{
    const char *text = reader->text;
    struct fixed none = {{text, 0}, {text, 0}};
    struct kp_span before = trim(text, begin, reader->hole.from);
    struct kp_span behind = trim(text, reader->hole.to, end);
    size_t from = (size_t)(behind.text - text);
    if (before.size == 0) {
        read_stretch(reader, from, from + behind.size, &none);
    } else if (behind.size == 0) {
        size_t first = (size_t)(before.text - text);
        read_stretch(reader, first, first + before.size, &none);
    }
    if (before.size == 0 || behind.size == 0) {
        return;
    }
    if (has_digit(before.text, 0, before.size) && can_be_town(behind)) {
        size_t first = (size_t)(before.text - text);
        struct fixed fixed = {{text, 0}, behind};
        read_stretch(reader, first, first + before.size, &fixed);
    }
    if (can_be_street(before)) {
        struct fixed fixed = {before, {text, 0}};
        read_stretch(reader, from, from + behind.size, &fixed);
    }
    if (can_be_town(before)) {
        struct fixed fixed = {{text, 0}, before};
        read_stretch(reader, from, from + behind.size, &fixed);
    }
}

/* All readings of a stretch in which no id stands. Those with a postcode come first. */
static void read_without_id(struct reader *reader, size_t begin, size_t end)
{
    size_t holes = 0;
    for (int digits = 0; digits <= 1; digits++) {
        for (size_t at = begin; at < end && holes < HOLES_MAX; at++) {
            if (kp_spelling_is_digit(reader->text[at]) &&
                kp_spelling_hole_at(&reader->hole, reader->text, at, digits == 1) &&
                reader->hole.to <= end && reader->hole.from >= begin) {
                holes++;
                read_around(reader, begin, end);
            }
        }
    }
    reader->hole = (struct kp_spelling_hole){.from = end, .to = end};
    struct kp_span all = trim(reader->text, begin, end);
    struct fixed none = {{reader->text, 0}, {reader->text, 0}};
    size_t from = (size_t)(all.text - reader->text);
    read_stretch(reader, from, from + all.size, &none);
}

/* All readings of the first `end` bytes. An id that stands in them is in every one: of two, none.
 */
static void read_text(struct reader *reader, size_t end)
{
    const char *text = reader->text;
    uint64_t second = 0;
    reader->id = 0;
    size_t at = kp_spelling_find_id(text, 0, end, &reader->id);
    if (at == end) {
        read_without_id(reader, 0, end);
        return;
    }
    size_t behind = at + KP_BAG_ID_TEXT - 1;
    if (kp_spelling_find_id(text, behind, end, &second) != end) {
        return;
    }
    if (trim(text, 0, at).size == 0) {
        read_without_id(reader, behind, end);
    } else if (trim(text, behind, end).size == 0) {
        read_without_id(reader, 0, at);
    } else {
        reader->hole = (struct kp_spelling_hole){.from = at, .to = behind, .has.id = reader->id};
        read_around(reader, 0, end);
    }
}

/* The text is an id, or was one. */
static bool read_id(struct kp_spelling *spelling, const char *folded)
{
    uint64_t id = 0;
    enum kp_address_rule rule = kp_spelling_id(&id, folded);
    if (rule == KP_RULE_NONE) {
        spelling->count = 1;
        spelling->reading[0] = (struct kp_reading){
            .id = id, .street = {folded, 0}, .number = {folded, 0}, .town = {folded, 0}};
    }
    spelling->refused = rule == KP_RULE_NO_NUMBER ? KP_RULE_NONE : rule;
    return rule != KP_RULE_NO_NUMBER;
}

void kp_spelling_read(struct kp_spelling *spelling, const char *folded,
                      const struct kp_spelling_known *known)
{
    spelling->count = 0;
    spelling->refused = KP_RULE_NONE;
    if (folded[0] == '\0') {
        spelling->refused = KP_RULE_EMPTY;
        return;
    }
    struct kp_spelling_words words;
    kp_spelling_split(&words, folded);
    if (kp_spelling_po_box_in(&words)) {
        spelling->refused = KP_RULE_PO_BOX;
        return;
    }
    if (read_id(spelling, folded)) {
        return;
    }
    struct reader reader = {.out = spelling, .text = folded, .known = known};
    size_t whole = strlen(folded);
    bool twice = false;
    size_t end = kp_spelling_without_country(folded, &twice);
    read_text(&reader, end);
    if (twice) {
        read_text(&reader, whole);
    }
    if (reader.full) {
        spelling->count = 0; /* not some of them: the others could be right */
        spelling->refused = KP_RULE_MANY;
    } else if (kp_spelling_is_abroad(&words, folded)) {
        spelling->refused = KP_RULE_ABROAD;
    } else if (kp_spelling_near_in(&words)) {
        spelling->refused = KP_RULE_NEAR;
    } else if (spelling->count == 0) {
        spelling->refused = KP_RULE_NO_NUMBER;
    }
}
