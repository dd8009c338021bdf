#include "proto/address/resolve_internal.h"
#include "proto/address/street.h"

#include <stdio.h>
#include <string.h>

static struct kp_span span_of(const char *text)
{
    return (struct kp_span){text, strlen(text)};
}

/* A text of an ask, kept; NULL: no room. */
static const char *keep(struct kp_resolver *resolver, const char *text, size_t size)
{
    if (size == 0) {
        return "";
    }
    if (size >= sizeof(resolver->texts) - resolver->texts_used) {
        return NULL;
    }
    char *at = resolver->texts + resolver->texts_used;
    memcpy(at, text, size);
    at[size] = '\0';
    resolver->texts_used += size + 1;
    return at;
}

/* What stands behind a number, with the columns for it. */
static const char *keep_rest(struct kp_resolver *resolver, const char *own,
                             const struct kp_fields *fields)
{
    char all[3 * KP_FOLDED_MAX];
    int size = snprintf(all, sizeof(all), "%s %s %s", own, fields->letter, fields->addition);
    return size < 0 ? NULL : keep(resolver, all, (size_t)size);
}

/* false: no room. */
static bool add_ask(struct kp_resolver *resolver, const struct kp_reading *place,
                    const struct kp_number *number, bool second, const struct kp_fields *fields)
{
    if (resolver->ask_count == KP_ASKS_MAX) {
        return false;
    }
    struct kp_ask *ask = &resolver->asks[resolver->ask_count];
    *ask = (struct kp_ask){.id = place->id,
                           .digits = place->digits,
                           .street = keep(resolver, place->street.text, place->street.size),
                           .town = keep(resolver, place->town.text, place->town.size),
                           .number = number == NULL ? 0 : number->number,
                           .second = second,
                           .rest = "",
                           .own_rest = ""};
    memcpy(ask->postcode, place->postcode, sizeof(ask->postcode));
    if (number != NULL) {
        ask->own_rest = keep(resolver, number->rest, strlen(number->rest));
        bool columns = fields->letter[0] != '\0' || fields->addition[0] != '\0';
        ask->rest = columns ? keep_rest(resolver, number->rest, fields) : ask->own_rest;
    }
    if (ask->street == NULL || ask->town == NULL || ask->rest == NULL || ask->own_rest == NULL) {
        return false;
    }
    ask->place = (struct kp_place){
        .street = ask->street, .town = ask->town, .column = place->town.text == fields->town};
    ask->bare_kind = kp_words_bare(ask->bare, sizeof(ask->bare), ask->rest);
    resolver->ask_count++;
    return true;
}

/* The ways to read a number, each an ask. KP_RULE_NONE, or what is wrong with it. */
static enum kp_address_rule add_numbers(struct kp_resolver *resolver,
                                        const struct kp_reading *place, const char *text,
                                        const struct kp_fields *fields)
{
    struct kp_number numbers[KP_NUMBER_READINGS];
    enum kp_address_rule rule = KP_RULE_NONE;
    size_t count = kp_number_read(numbers, text, &rule);
    for (size_t i = 0; i < count; i++) {
        if (!add_ask(resolver, place, &numbers[i], i > 0, fields)) {
            return KP_RULE_MANY;
        }
    }
    return rule;
}

/* A column for the postcode: "1234 AB", or its four digits. */
static bool read_postcode(struct kp_reading *place, const char *text)
{
    char bare[KP_BARE_MAX];
    if (kp_words_bare(bare, sizeof(bare), text) != KP_BARE) {
        return false;
    }
    const char *code = strncmp(bare, "NL", 2) == 0 ? bare + 2 : bare;
    size_t digits = strspn(code, "0123456789");
    size_t letters = strspn(code + digits, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (digits != 4 || code[0] == '0' || (letters != 0 && letters != 2) ||
        code[digits + letters] != '\0') {
        return false;
    }
    if (letters == 2) {
        memcpy(place->postcode, code, 7);
    } else {
        place->digits = (unsigned)(code[0] - '0') * 1000 + (unsigned)(code[1] - '0') * 100 +
                        (unsigned)(code[2] - '0') * 10 + (unsigned)(code[3] - '0');
    }
    return true;
}

static enum kp_address_rule read_columns(struct kp_reading *place, const struct kp_fields *fields,
                                         bool street)
{
    *place = (struct kp_reading){.street = span_of(street ? fields->street : ""),
                                 .number = span_of(""),
                                 .town = span_of(fields->town)};
    if (fields->id[0] != '\0') {
        enum kp_address_rule rule = kp_spelling_id(&place->id, fields->id);
        if (rule != KP_RULE_NONE) {
            place->id = 0;
            return rule == KP_RULE_NO_NUMBER ? KP_RULE_ID_TYPE : rule;
        }
    }
    bool good = fields->postcode[0] == '\0' || read_postcode(place, fields->postcode);
    return good ? KP_RULE_NONE : KP_RULE_BAD_POSTCODE;
}

static bool same_postcode(const struct kp_reading *one, const struct kp_reading *other)
{
    return one->postcode[0] == '\0' || other->postcode[0] == '\0' ||
           strcmp(one->postcode, other->postcode) == 0;
}

/* One of them isn't there, or they can be one. */
static bool same_place(struct kp_span written, struct kp_span column,
                       bool (*agrees)(const char *written, const char *other))
{
    char one[KP_FOLDED_MAX];
    char other[KP_FOLDED_MAX];
    if (written.size == 0 || column.size == 0) {
        return true;
    }
    kp_span_text(one, written);
    kp_span_text(other, column);
    return agrees(one, other) || agrees(other, one);
}

/* What the columns say beside a reading of the text. false: they say something else. */
static bool merge(struct kp_reading *place, const struct kp_reading *columns)
{
    bool same = same_postcode(place, columns) &&
                (place->id == 0 || columns->id == 0 || place->id == columns->id) &&
                same_place(place->street, columns->street, kp_street_confirms) &&
                same_place(place->town, columns->town, kp_town_agrees);
    if (!same) {
        return false;
    }
    if (place->postcode[0] == '\0') {
        memcpy(place->postcode, columns->postcode, sizeof(place->postcode));
    }
    place->digits = place->digits == 0 ? columns->digits : place->digits;
    place->id = place->id == 0 ? columns->id : place->id;
    place->street = place->street.size == 0 ? columns->street : place->street;
    place->town = place->town.size == 0 ? columns->town : place->town;
    return true;
}

#define TRACED_MAX 21 /* six parts, three texts each; what stands before them, and the end */
#define DECIMAL_MAX 21

struct traced {
    const char *text[TRACED_MAX];
    size_t count;
};

static void trace_part(struct traced *traced, const char *name, const char *part)
{
    if (part[0] != '\0') {
        const char *before = traced->count > 2 ? ", " : ": ";
        traced->text[traced->count++] = before;
        traced->text[traced->count++] = name;
        traced->text[traced->count++] = part;
    }
}

static const char *decimal(char out[static DECIMAL_MAX], size_t value)
{
    char *at = out + DECIMAL_MAX - 1;
    *at = '\0';
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return at;
}

static void trace_reading(const struct kp_ask *ask, size_t i, struct kp_address_trace *trace)
{
    char id[KP_BAG_ID_TEXT] = "";
    char count[DECIMAL_MAX];
    char number[DECIMAL_MAX];
    if (ask->id != 0) {
        kp_bag_id_text(id, ask->id);
    }
    struct traced traced = {.text = {"reading ", decimal(count, i + 1)}, .count = 2};
    trace_part(&traced, "id ", id);
    trace_part(&traced, "postcode ", ask->postcode);
    trace_part(&traced, "street ", ask->street);
    trace_part(&traced, "number ", ask->number == 0 ? "" : decimal(number, ask->number));
    trace_part(&traced, "behind it ", ask->rest + strspn(ask->rest, " "));
    trace_part(&traced, "town ", ask->town);
    if (traced.count == 2) {
        traced.text[traced.count++] = ": ";
    }
    kp_address_trace_add(trace, traced.text);
}

static void trace_readings(const struct kp_resolver *resolver, struct kp_address_trace *trace)
{
    for (size_t i = 0; trace != NULL && i < resolver->ask_count; i++) {
        trace_reading(&resolver->asks[i], i, trace);
    }
}

/* The readings of a text, each with what the columns say. Returns what is wrong with one of them.
 */
static enum kp_address_rule add_readings(struct kp_resolver *resolver,
                                         const struct kp_fields *fields, const char *text,
                                         const struct kp_reading *columns)
{
    const struct kp_spelling_known known = {.postcode =
                                                columns->postcode[0] != '\0' || columns->id != 0,
                                            .street = columns->street.size > 0,
                                            .town = columns->town.size > 0};
    kp_spelling_read(&resolver->spelling, text, &known);
    enum kp_address_rule worst = KP_RULE_NONE;
    for (size_t i = 0; i < resolver->spelling.count; i++) {
        struct kp_reading place = resolver->spelling.reading[i];
        if (!merge(&place, columns)) {
            worst = KP_RULE_CONTRADICTION;
            continue;
        }
        char number[KP_FOLDED_MAX];
        kp_span_text(number, place.number);
        enum kp_address_rule rule = KP_RULE_NONE;
        if (number[0] != '\0') {
            rule = add_numbers(resolver, &place, number, fields);
        } else if (!add_ask(resolver, &place, NULL, false, fields)) {
            rule = KP_RULE_MANY;
        }
        if (rule == KP_RULE_MANY) {
            return rule;
        }
        worst = rule == KP_RULE_NONE ? worst : rule;
    }
    return worst;
}

/* The text without an id that stands in it beside other things; these then must be of the same
 * object. false: none does. */
static bool take_id(char rest[static KP_FOLDED_MAX], uint64_t *id, const char *text)
{
    for (const char *at = text; *at != '\0';) {
        size_t digits = strspn(at, "0123456789");
        bool apart = at == text || at[-1] == ' ' || at[-1] == ',';
        if (digits == 16 && apart && strchr(" ,", at[16]) != NULL &&
            kp_bag_id_read(id, at, 16) == KP_OK &&
            (kp_bag_id_type(*id) == KP_BAG_NUMBER || kp_bag_is_object(*id))) {
            int size = snprintf(rest, KP_FOLDED_MAX, "%.*s%s", (int)(at - text), text, at + 16);
            return size > 0;
        }
        at += digits == 0 ? 1 : digits;
    }
    *id = 0;
    return false;
}

static struct kp_span trim(const char *text, size_t size)
{
    while (size > 0 && strchr(" ,", text[0]) != NULL) {
        text++;
        size--;
    }
    while (size > 0 && strchr(" ,", text[size - 1]) != NULL) {
        size--;
    }
    return (struct kp_span){text, size};
}

/* A street, a town or both beside an id. false: no room. */
static bool add_place(struct kp_resolver *resolver, const struct kp_fields *fields,
                      const char *text, const struct kp_reading *with_id)
{
    struct kp_span all = trim(text, strlen(text));
    const char *comma = memchr(all.text, ',', all.size);
    struct kp_reading one = *with_id;
    if (all.size == 0 || comma != NULL) {
        size_t front = comma == NULL ? 0 : (size_t)(comma - all.text);
        one.street = front > 0 ? trim(all.text, front) : one.street;
        one.town = front > 0 ? trim(comma, all.size - front) : one.town;
        return add_ask(resolver, &one, NULL, false, fields);
    }
    struct kp_reading other = *with_id;
    one.street = all;
    other.town = all;
    return add_ask(resolver, &one, NULL, false, fields) &&
           add_ask(resolver, &other, NULL, false, fields);
}

/* A house number without any place: what is no postcode. */
static bool is_number_alone(const char *text)
{
    struct kp_number numbers[KP_NUMBER_READINGS];
    enum kp_address_rule rule = KP_RULE_NONE;
    size_t digits = strspn(text, "0123456789");
    const char *behind = text + digits + (text[digits] == ' ' ? 1 : 0);
    size_t letters = strspn(behind, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return !(digits == 4 && (letters == 2 || text[4] == '\0')) &&
           kp_number_read(numbers, text, &rule) > 0;
}

/* A text in one field, with what the columns say beside it. */
static enum kp_address_rule ask_text(struct kp_resolver *resolver, const struct kp_fields *fields,
                                     const char *text, const struct kp_reading *columns,
                                     enum kp_address_rule *otherwise)
{
    char *more = resolver->more; /* readings point into it */
    enum kp_address_rule rule = KP_RULE_NONE;
    enum kp_address_rule worst = KP_RULE_NONE;
    struct kp_reading with_id = *columns;
    uint64_t alone = 0;
    if (columns->id == 0 && kp_spelling_id(&alone, text) != KP_RULE_NONE &&
        take_id(more, &with_id.id, text)) {
        bool number = strpbrk(more, "0123456789") != NULL;
        worst = number ? add_readings(resolver, fields, more, &with_id)
                : add_place(resolver, fields, more, &with_id) ? KP_RULE_NONE
                                                              : KP_RULE_MANY;
        if (worst != KP_RULE_MANY && resolver->ask_count > 0) {
            return KP_RULE_NONE;
        }
    }
    if (kp_number_tidy_more(more, text)) {
        worst = add_readings(resolver, fields, more, columns);
    }
    if (worst != KP_RULE_MANY) {
        rule = add_readings(resolver, fields, text, columns);
        worst = rule == KP_RULE_NONE ? worst : rule;
    }
    *otherwise = resolver->spelling.refused;
    if (worst == KP_RULE_MANY) {
        resolver->ask_count = 0;
        return worst;
    }
    if (resolver->ask_count > 0) {
        return KP_RULE_NONE;
    }
    if (*otherwise == KP_RULE_NO_NUMBER && is_number_alone(text)) {
        return KP_RULE_NO_PLACE; /* a number and nothing else */
    }
    return *otherwise != KP_RULE_NONE ? *otherwise
           : worst != KP_RULE_NONE    ? worst
                                      : KP_RULE_NO_NUMBER;
}

static enum kp_address_rule make_asks(struct kp_resolver *resolver, const struct kp_fields *fields,
                                      enum kp_address_rule *otherwise)
{
    bool numbered = fields->house_number[0] != '\0';
    bool in_street = !numbered && fields->text[0] == '\0' && fields->street[0] != '\0';
    const char *text = in_street ? fields->street : fields->text;
    struct kp_reading columns;
    enum kp_address_rule rule = read_columns(&columns, fields, !in_street);
    if (rule != KP_RULE_NONE) {
        return rule;
    }
    if (numbered) {
        *otherwise = kp_spelling_columns(fields->street, fields->house_number, fields->addition);
        if (*otherwise == KP_RULE_PO_BOX) {
            return *otherwise;
        }
        rule = add_numbers(resolver, &columns, fields->house_number, fields);
        if (rule == KP_RULE_NO_NUMBER) { /* "t/o 12", "Kerkstraat 12" */
            return ask_text(resolver, fields, fields->house_number, &columns, otherwise);
        }
        return rule;
    }
    if (text[0] != '\0') {
        return ask_text(resolver, fields, text, &columns, otherwise);
    }
    if (columns.id != 0) {
        return add_ask(resolver, &columns, NULL, false, fields) ? KP_RULE_NONE : KP_RULE_MANY;
    }
    bool anything = fields->postcode[0] != '\0' || fields->town[0] != '\0' ||
                    fields->letter[0] != '\0' || fields->addition[0] != '\0';
    return anything ? KP_RULE_NO_NUMBER : KP_RULE_EMPTY;
}

enum kp_address_rule kp_resolve_asks(struct kp_resolver *resolver, const struct kp_fields *fields,
                                     enum kp_address_rule *otherwise,
                                     struct kp_address_trace *trace)
{
    resolver->ask_count = 0;
    resolver->texts_used = 0;
    resolver->loaded = NULL;
    resolver->spelling.count = 0;
    *otherwise = KP_RULE_NONE;
    enum kp_address_rule rule = make_asks(resolver, fields, otherwise);
    if (rule == KP_RULE_NONE) {
        trace_readings(resolver, trace);
    }
    return rule;
}
