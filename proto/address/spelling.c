#include "proto/address/spelling.h"
#include "proto/address/spelling_internal.h"

#include "proto/address.h"

#include <string.h>

#define HOLES_MAX 8         /* postcodes and ids that a text can have */
#define REST_WORDS_MAX 7    /* a number, and words behind it */
#define TOWN_WORDS_MAX 8    /* words of a town before its street */
#define GLUED_LETTERS_MIN 3 /* "KERKSTRAAT12" */

/* A stretch of the text that is something by itself, a postcode or an id; empty: none is. */
struct hole {
    size_t from, to;
    struct kp_reading has; /* id, digits or postcode */
};

struct reader {
    struct kp_spelling *out;
    const char *text;
    const struct kp_spelling_known *known;
    struct hole hole;
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

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte & 0x80) != 0;
}

static bool is_separator(char byte)
{
    return byte == ',' || byte == ';' || byte == '|';
}

/* What may stand around a part without belonging to it. A stop behind it and a quote before it do.
 */
static struct kp_span trim(const char *text, size_t from, size_t to)
{
    while (from < to && strchr(" ,;|-/.:)", text[from]) != NULL) {
        from++;
    }
    while (to > from && strchr(" ,;|-/:(", text[to - 1]) != NULL) {
        to--;
    }
    return (struct kp_span){text + from, to - from};
}

static bool has_separator(struct kp_span span)
{
    for (size_t i = 0; i < span.size; i++) {
        if (is_separator(span.text[i])) {
            return true;
        }
    }
    return false;
}

/* A postcode with letters begins at text[from]; its size, or 0. "1234 AB", "1234-AB", "1234AB12".
 */
static size_t postcode_at(const char *text, size_t from, char postcode[static 7])
{
    const char *at = text + from;
    if (at[0] < '1' || !is_digit(at[0]) || !is_digit(at[1]) || !is_digit(at[2]) ||
        !is_digit(at[3])) {
        return 0;
    }
    size_t size = 4;
    while (size < 7 && at[size] != '\0' && strchr(" .-_", at[size]) != NULL) {
        size++;
    }
    if (at[size] < 'A' || at[size] > 'Z' || at[size + 1] < 'A' || at[size + 1] > 'Z' ||
        is_letter(at[size + 2])) {
        return 0;
    }
    memcpy(postcode, at, 4);
    postcode[4] = at[size];
    postcode[5] = at[size + 1];
    postcode[6] = '\0';
    return size + 2;
}

/* A postcode stands somewhere in it, at the front of a word. */
static bool has_postcode(const char *text, size_t from, size_t to)
{
    char postcode[7];
    for (size_t i = from; i + 5 < to; i++) {
        bool front = i == from || text[i - 1] == ' ' || is_separator(text[i - 1]);
        if (front && postcode_at(text, i, postcode) != 0) {
            return true;
        }
    }
    return false;
}

static bool can_be_street(struct kp_span span)
{
    bool letter = false;
    for (size_t i = 0; i < span.size; i++) {
        letter = letter || is_letter(span.text[i]);
    }
    return letter && !has_separator(span) && !has_postcode(span.text, 0, span.size);
}

static bool can_be_town(struct kp_span span)
{
    for (size_t i = 0; i < span.size; i++) {
        if (is_digit(span.text[i])) {
            return false;
        }
    }
    return can_be_street(span);
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
    reading->town = town;
}

/* A street and a town in one stretch without a sign between them: all ways. Without a postcode the
 * town is needed to find the street, and it stands first: "UTRECHT KERKSTRAAT 12". */
static void add_town_and_street(struct reader *reader, struct kp_span both, struct kp_span number,
                                bool town_first)
{
    for (size_t i = 1, words = 0; i < both.size && words < TOWN_WORDS_MAX; i++) {
        bool ends = both.text[i] == ' ' || is_separator(both.text[i]);
        if (!ends || both.text[i - 1] == ' ' || is_separator(both.text[i - 1])) {
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
    if (!is_digit(text[at]) || at == from) {
        return is_digit(text[at]);
    }
    char before = text[at - 1];
    if (before == ' ' || is_separator(before) || before == '(') {
        return true;
    }
    size_t end = before == '.' || before == '-' || before == ':' ? at - 1 : at;
    size_t letters = 0;
    while (letters < end - from && is_letter(text[end - 1 - letters])) {
        letters++;
    }
    return letters >= GLUED_LETTERS_MIN;
}

/* The number that begins at `at` can end at `end`: a word ends there, and no postcode is in it. */
static bool can_end(const char *text, size_t at, size_t end, size_t to)
{
    if (end < to && text[end] != ' ' && !is_separator(text[end])) {
        return false;
    }
    if (has_postcode(text, at + 1, end)) {
        return false;
    }
    return text[end - 1] != ' ' && !is_separator(text[end - 1]);
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
    while (from < to && !is_digit(text[from])) {
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

static bool starts_word(const char *text, size_t at)
{
    if (at == 0 || (!is_letter(text[at - 1]) && !is_digit(text[at - 1]))) {
        return true;
    }
    /* "NL1234AB" */
    return at >= 2 && memcmp(text + at - 2, "NL", 2) == 0 &&
           (at == 2 || !(is_letter(text[at - 3]) || is_digit(text[at - 3])));
}

/* Where the country's mark before a postcode begins: "NL-1234 AB", "NL 1234 AB". */
static size_t with_country(const char *text, size_t at)
{
    size_t end = at;
    if (end > 0 && (text[end - 1] == '-' || text[end - 1] == ' ')) {
        end--;
    }
    bool mark = end >= 2 && memcmp(text + end - 2, "NL", 2) == 0 &&
                (end == 2 || !(is_letter(text[end - 3]) || is_digit(text[end - 3])));
    return mark ? end - 2 : at;
}

/* A postcode without its letters, before a town or at the end: "KERKSTRAAT 12, 1234 UTRECHT". */
static bool digits_at(const char *text, size_t at, unsigned *digits)
{
    size_t size = strspn(text + at, "0123456789");
    const char *behind = text + at + size;
    if (at == 0 || size != 4 || text[at] == '0') {
        return false;
    }
    behind += strspn(behind, " ,");
    char postcode[7];
    size_t whole = postcode_at(text, at, postcode); /* "1234 DE BILT" can be both */
    if (whole != 0 && (is_letter(text[at + 4]) || text[at + whole] != ' ')) {
        return false;
    }
    *digits = (unsigned)(text[at] - '0') * 1000 + (unsigned)(text[at + 1] - '0') * 100 +
              (unsigned)(text[at + 2] - '0') * 10 + (unsigned)(text[at + 3] - '0');
    return text[at + size] != '\0' && (is_letter(*behind) || *behind == '\'');
}

static bool id_at(const char *text, size_t at, uint64_t *id)
{
    size_t size = strspn(text + at, "0123456789");
    return size == 16 && kp_bag_id_read(id, text + at, size) == KP_OK &&
           (kp_bag_id_type(*id) == KP_BAG_NUMBER || kp_bag_is_object(*id));
}

/* What can be a postcode there, without its letters if `digits`. */
static bool postcode_hole(struct hole *hole, const char *text, size_t at, bool digits)
{
    *hole = (struct hole){.from = at, .to = at + 4};
    if (digits) {
        return digits_at(text, at, &hole->has.digits);
    }
    size_t size = postcode_at(text, at, hole->has.postcode);
    hole->from = with_country(text, at);
    hole->to = at + size;
    return size > 0;
}

/* All readings of a stretch in which no id stands. Those with a postcode come first. */
static void read_without_id(struct reader *reader, size_t begin, size_t end)
{
    size_t holes = 0;
    for (int digits = 0; digits <= 1; digits++) {
        for (size_t at = begin; at < end && holes < HOLES_MAX; at++) {
            if (is_digit(reader->text[at]) && starts_word(reader->text, at) &&
                postcode_hole(&reader->hole, reader->text, at, digits == 1) &&
                reader->hole.to <= end && reader->hole.from >= begin) {
                holes++;
                read_around(reader, begin, end);
            }
        }
    }
    reader->hole = (struct hole){.from = end, .to = end};
    struct kp_span all = trim(reader->text, begin, end);
    struct fixed none = {{reader->text, 0}, {reader->text, 0}};
    size_t from = (size_t)(all.text - reader->text);
    read_stretch(reader, from, from + all.size, &none);
}

/* Where an id begins in the stretch; its end: there is none. */
static size_t find_id(const char *text, size_t begin, size_t end, uint64_t *id)
{
    for (size_t at = begin; at + KP_BAG_ID_TEXT - 1 <= end; at++) {
        if (is_digit(text[at]) && starts_word(text, at) && id_at(text, at, id)) {
            return at;
        }
    }
    return end;
}

/* All readings of the first `end` bytes. An id that stands in them is in every one: of two, none.
 */
static void read_text(struct reader *reader, size_t end)
{
    const char *text = reader->text;
    uint64_t second = 0;
    reader->id = 0;
    size_t at = find_id(text, 0, end, &reader->id);
    if (at == end) {
        read_without_id(reader, 0, end);
        return;
    }
    size_t behind = at + KP_BAG_ID_TEXT - 1;
    if (find_id(text, behind, end, &second) != end) {
        return;
    }
    if (trim(text, 0, at).size == 0) {
        read_without_id(reader, behind, end);
    } else if (trim(text, behind, end).size == 0) {
        read_without_id(reader, 0, at);
    } else {
        reader->hole = (struct hole){.from = at, .to = behind, .has.id = reader->id};
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
    if (kp_spelling_has_po_box(folded)) {
        spelling->refused = KP_RULE_PO_BOX;
        return;
    }
    if (read_id(spelling, folded)) {
        return;
    }
    struct reader reader = {.out = spelling, .text = folded, .known = known};
    size_t whole = strlen(folded);
    bool is_town_too = false;
    size_t end = kp_spelling_without_country(folded, &is_town_too);
    read_text(&reader, end);
    if (is_town_too) {
        read_text(&reader, whole);
    }
    if (reader.full) {
        spelling->count = 0; /* not some of them: the others could be right */
        spelling->refused = KP_RULE_MANY;
    } else if (kp_spelling_is_abroad(folded)) {
        spelling->refused = KP_RULE_ABROAD;
    } else if (kp_spelling_has_near(folded)) {
        spelling->refused = KP_RULE_NEAR;
    } else if (spelling->count == 0) {
        spelling->refused = KP_RULE_NO_NUMBER;
    }
}
