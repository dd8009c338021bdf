#include "proto/address/fold.h"
#include "proto/address/resolve_internal.h"

#include <string.h>

void kp_hits_add_hit(struct kp_hits *hits, const struct kp_hit *hit)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->hit[i].id == hit->id && hits->hit[i].object == hit->object) {
            return;
        }
    }
    if (hits->count == KP_HITS_MAX) {
        hits->more = true;
        return;
    }
    hits->hit[hits->count++] = *hit;
}

void kp_hits_add(struct kp_hits *hits, const struct kp_register_number *number)
{
    const struct kp_hit hit = {number->id, number->object, number->object_digits};
    kp_hits_add_hit(hits, &hit);
}

/* ---- What is at a number --------------------------------------------------------------------- */

static enum kp_status load_streets(struct kp_resolver *resolver, struct kp_ask *ask,
                                   uint32_t house_number, struct kp_error *error)
{
    struct kp_place_streets *streets = &ask->streets;
    enum kp_status status = KP_OK;
    if (!ask->streets_known) {
        status = kp_place_streets(resolver->reg, ask->street, ask->town, streets, error);
        ask->streets_known = status == KP_OK;
    }
    resolver->no_street = status == KP_OK ? streets->rule : KP_RULE_NONE;
    for (size_t i = 0; status == KP_OK && i < streets->count; i++) {
        size_t found = 0;
        size_t room = KP_REGISTER_AT_NUMBER_MAX - resolver->number_count;
        status =
            kp_register_by_street(resolver->reg, streets->street[i], house_number,
                                  resolver->numbers + resolver->number_count, room, &found, error);
        resolver->number_count += status != KP_OK ? 0 : found < room ? found : room;
        if (status == KP_OK && found > room) { /* what there was no room for may fit too */
            resolver->hits.more = resolver->nearly.more = true;
        }
    }
    return status;
}

enum kp_status kp_resolve_load(struct kp_resolver *resolver, struct kp_ask *ask,
                               uint32_t house_number, struct kp_error *error)
{
    const struct kp_ask *last = resolver->loaded;
    bool by_postcode = ask->postcode[0] != '\0';
    if (last != NULL && resolver->loaded_number == house_number &&
        (last == ask || (by_postcode && strcmp(last->postcode, ask->postcode) == 0))) {
        return KP_OK;
    }
    resolver->loaded = NULL;
    resolver->number_count = 0;
    resolver->no_street = KP_RULE_NONE;
    enum kp_status status = KP_OK;
    if (by_postcode) {
        size_t found = 0;
        status =
            kp_register_by_postcode(resolver->reg, ask->postcode, house_number, resolver->numbers,
                                    KP_REGISTER_AT_NUMBER_MAX, &found, error);
        resolver->number_count =
            found < KP_REGISTER_AT_NUMBER_MAX ? found : KP_REGISTER_AT_NUMBER_MAX;
    } else {
        status = load_streets(resolver, ask, house_number, error);
    }
    if (status == KP_OK) {
        resolver->loaded = ask;
        resolver->loaded_number = house_number;
    }
    return status;
}

/* Without letters, the digits of a postcode must be the number's. */
static bool has_digits(const struct kp_ask *ask, const struct kp_register_number *number)
{
    unsigned digits = 0;
    for (size_t i = 0; i < 4 && number->postcode[i] != '\0'; i++) {
        digits = digits * 10 + (unsigned)(number->postcode[i] - '0');
    }
    return ask->digits == 0 || number->postcode[0] == '\0' || digits == ask->digits;
}

enum kp_status kp_resolve_take(struct kp_resolver *resolver, struct kp_ask *ask,
                               const struct kp_register_number *number, struct kp_hits *hits,
                               struct kp_error *error)
{
    enum kp_place_agreement agreement = KP_PLACE_SILENT;
    enum kp_status status = KP_OK;
    if (ask->street[0] != '\0' || ask->town[0] != '\0') {
        status = kp_place_agreement(resolver->reg, &ask->place, number->street, &agreement, error);
    }
    if (status != KP_OK) {
        return status;
    }
    bool contradicts = agreement == KP_PLACE_CONTRADICTS || !has_digits(ask, number);
    kp_hits_add(contradicts                    ? &resolver->fell
                : agreement == KP_PLACE_NEARLY ? &resolver->nearly
                                               : hits,
                number);
    return KP_OK;
}

/* ---- Tiers ----------------------------------------------------------------------------------- */

bool kp_resolve_is_literal(const struct kp_register_number *number, const char *bare)
{
    size_t letter = strlen(number->letter);
    return strncmp(bare, number->letter, letter) == 0 &&
           strcmp(bare + letter, number->addition) == 0;
}

static enum kp_status find_literal(struct kp_resolver *resolver, struct kp_ask *ask,
                                   uint32_t house_number, const char *bare, struct kp_hits *hits,
                                   struct kp_error *error)
{
    if (strlen(bare) > KP_LITERAL_MAX) {
        return KP_OK;
    }
    enum kp_status status = kp_resolve_load(resolver, ask, house_number, error);
    for (size_t i = 0; status == KP_OK && i < resolver->number_count; i++) {
        if (kp_resolve_is_literal(&resolver->numbers[i], bare)) {
            status = kp_resolve_take(resolver, ask, &resolver->numbers[i], hits, error);
        }
    }
    return status;
}

static enum kp_status find_columns(struct kp_resolver *resolver, struct kp_ask *ask,
                                   const struct kp_fields *fields, struct kp_error *error)
{
    char own[KP_BARE_MAX];
    char letter[KP_BARE_MAX];
    char addition[KP_BARE_MAX];
    if (kp_words_bare(own, sizeof(own), ask->own_rest) == KP_BARE_NOT || own[0] != '\0' ||
        kp_words_bare(letter, sizeof(letter), fields->letter) != KP_BARE || letter[0] == '\0' ||
        kp_words_bare(addition, sizeof(addition), fields->addition) != KP_BARE ||
        addition[0] == '\0') {
        return KP_OK;
    }
    enum kp_status status = kp_resolve_load(resolver, ask, ask->number, error);
    for (size_t i = 0; status == KP_OK && i < resolver->number_count; i++) {
        const struct kp_register_number *number = &resolver->numbers[i];
        if (strcmp(number->letter, letter) == 0 && strcmp(number->addition, addition) == 0) {
            status = kp_resolve_take(resolver, ask, number, &resolver->hits, error);
        }
    }
    return status;
}

/* Which rows of the table of words hold in the number's town. */
static enum kp_status find_scope(struct kp_resolver *resolver,
                                 const struct kp_register_number *number, struct kp_error *error)
{
    if (resolver->scope_known && resolver->scope_street == number->street) {
        return KP_OK;
    }
    resolver->scope_known = true;
    resolver->scope_street = number->street;
    resolver->scope = 0;
    if (!kp_words_have_towns(resolver->words)) {
        return KP_OK;
    }
    struct kp_register_street street;
    char town[KP_FOLDED_MAX];
    enum kp_status status = kp_register_street(resolver->reg, number->street, &street, error);
    if (status == KP_OK && kp_fold(town, street.town, strlen(street.town)) == KP_RULE_NONE) {
        resolver->scope = kp_words_town(resolver->words, town);
    }
    return status;
}

/* Letter and addition don't join into a word that neither has. */
static bool split_number(const struct kp_resolver *resolver, struct kp_word_parts *parts,
                         const struct kp_register_number *number)
{
    if (number->letter[0] == '\0') {
        return kp_words_split(parts, resolver->words, resolver->scope, number->addition);
    }
    struct kp_word_parts behind;
    if (!kp_words_split(parts, resolver->words, resolver->scope, number->letter) ||
        !kp_words_split(&behind, resolver->words, resolver->scope, number->addition) ||
        behind.count >= KP_WORDS_PARTS) {
        return false;
    }
    memcpy(parts->part + 1, behind.part, behind.count * sizeof(behind.part[0]));
    parts->count = 1 + behind.count;
    return true;
}

/* All but the part at `at` are the same. */
static bool differs_only_at(const struct kp_word_parts *parts, const struct kp_word_parts *other,
                            size_t at)
{
    if (other->count != parts->count) {
        return false;
    }
    for (size_t i = 0; i < parts->count; i++) {
        if (i != at && strcmp(parts->part[i].text, other->part[i].text) != 0) {
            return false;
        }
    }
    return true;
}

/* What stands beside a number says about a letter that would be a word. */
struct beside {
    bool letter; /* a letter that is no word, in the same column: of 12A to 12K, H is the eighth */
    bool last;   /* the letter before the one that is written... */
    bool word;   /* ...which may be a word itself, if not the one before that stands there too */
    bool before;
    bool floor; /* the floor below */
};

static void look_at(struct beside *beside, const struct kp_word_part *part,
                    const struct kp_word_part *written, bool same_column)
{
    if (!part->letter) {
        return;
    }
    beside->letter = beside->letter || (same_column && part->class_count == 0);
    if (written->letter && part->text[0] == written->text[0] - 1) {
        beside->last = true;
        beside->word = part->class_count > 0;
    }
    beside->before = beside->before || (written->letter && part->text[0] == written->text[0] - 2);
}

static struct beside look_beside(const struct kp_resolver *resolver,
                                 const struct kp_register_number *number,
                                 const struct kp_word_parts *parts,
                                 const struct kp_word_part *written, size_t at)
{
    struct beside beside = {0};
    for (size_t i = 0; i < resolver->number_count; i++) {
        const struct kp_register_number *other = &resolver->numbers[i];
        struct kp_word_parts others;
        if (other->street != number->street || !split_number(resolver, &others, other) ||
            !differs_only_at(parts, &others, at)) {
            continue;
        }
        bool same_column = at > 0 || (other->letter[0] == '\0') == (number->letter[0] == '\0');
        look_at(&beside, &others.part[at], written, same_column);
        beside.floor = beside.floor || kp_words_before(&others.part[at], &parts->part[at], written);
    }
    return beside;
}

static bool is_five(const struct kp_word_part *part)
{
    return part->letter && part->text[0] == 'V';
}

/* A part and a written one have a row in common, and one of them is a letter. A registered letter
 * is a word only where no others are; a written one, where the register doesn't have the letter
 * before it; a V or an X, where there is a IV or a IX. */
static bool letter_is_word(const struct kp_resolver *resolver,
                           const struct kp_register_number *number,
                           const struct kp_word_parts *parts, const struct kp_word_part *written,
                           size_t at)
{
    const struct kp_word_part *part = &parts->part[at];
    struct beside beside = look_beside(resolver, number, parts, written, at);
    bool five = is_five(part) || is_five(written);
    bool in_row = beside.last && (!beside.word || beside.before);
    return !(part->letter && beside.letter) && !in_row && (!five || beside.floor);
}

static bool fits_words(const struct kp_resolver *resolver, const struct kp_word_parts *written,
                       const struct kp_register_number *number)
{
    struct kp_word_parts parts;
    if (!split_number(resolver, &parts, number) || parts.count != written->count) {
        return false;
    }
    for (size_t i = 0; i < parts.count; i++) {
        if (kp_words_match(&written->part[i], &parts.part[i]) == KP_WORDS_DIFFER) {
            return false;
        }
    }
    for (size_t i = 0; i < parts.count; i++) {
        bool letter = written->part[i].letter || parts.part[i].letter;
        if (letter && kp_words_match(&written->part[i], &parts.part[i]) == KP_WORDS_CLASS &&
            !letter_is_word(resolver, number, &parts, &written->part[i], i)) {
            return false;
        }
    }
    return true;
}

static enum kp_status find_words(struct kp_resolver *resolver, struct kp_ask *ask,
                                 uint32_t house_number, const char *rest, struct kp_hits *hits,
                                 struct kp_error *error)
{
    struct kp_word_parts written;
    bool towns = kp_words_have_towns(resolver->words);
    bool good = false;
    if (!towns) {
        good = kp_words_split(&written, resolver->words, 0, rest) && written.count > 0;
        if (!good) {
            return KP_OK; /* the commonest reading that isn't: no need to ask */
        }
    }
    enum kp_status status = kp_resolve_load(resolver, ask, house_number, error);
    for (size_t i = 0; status == KP_OK && i < resolver->number_count; i++) {
        const struct kp_register_number *number = &resolver->numbers[i];
        size_t scope = resolver->scope;
        status = find_scope(resolver, number, error);
        if (status == KP_OK && towns && (i == 0 || scope != resolver->scope)) {
            good = kp_words_split(&written, resolver->words, resolver->scope, rest) &&
                   written.count > 0;
        }
        if (status == KP_OK && good && fits_words(resolver, &written, number)) {
            status = kp_resolve_take(resolver, ask, number, hits, error);
        }
    }
    return status;
}

/* One end of a range, in all ways. */
static enum kp_status find_end(struct kp_resolver *resolver, struct kp_ask *ask,
                               uint32_t house_number, const char *rest, struct kp_hits *hits,
                               struct kp_error *error)
{
    size_t before = hits->count;
    char bare[KP_BARE_MAX];
    enum kp_status status = KP_OK;
    if (kp_words_bare(bare, sizeof(bare), rest) == KP_BARE) {
        status = find_literal(resolver, ask, house_number, bare, hits, error);
    }
    if (status == KP_OK && hits->count == before) {
        status = find_words(resolver, ask, house_number, rest, hits, error);
    }
    return status;
}

/* All houses of a range: hits, if every one is there; else they are what is there of it. */
static enum kp_status find_range(struct kp_resolver *resolver, struct kp_ask *ask,
                                 struct kp_hits *some, struct kp_error *error)
{
    struct kp_range range;
    if (!kp_range_read(&range, ask->number, ask->rest)) {
        return KP_OK;
    }
    struct kp_hits *found = &resolver->scratch;
    found->count = 0;
    found->more = false;
    bool all = true;
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < range.count; i++) {
        size_t before = found->count;
        status = find_end(resolver, ask, range.end[i].number, range.end[i].rest, found, error);
        all = all && found->count > before;
    }
    struct kp_hits *to = all ? &resolver->hits : some;
    for (size_t i = 0; status == KP_OK && i < found->count; i++) {
        kp_hits_add_hit(to, &found->hit[i]);
    }
    to->more = to->more || found->more;
    return status;
}

enum kp_status kp_resolve_tier(struct kp_resolver *resolver, const struct kp_fields *fields,
                               enum kp_address_rule tier, struct kp_hits *some,
                               struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < resolver->ask_count; i++) {
        struct kp_ask *ask = &resolver->asks[i];
        if (ask->number == 0) {
            continue;
        }
        if (tier == KP_RULE_COLUMNS) {
            status = find_columns(resolver, ask, fields, error);
        } else if (tier == KP_RULE_LITERAL) {
            status = ask->bare_kind == KP_BARE ? find_literal(resolver, ask, ask->number, ask->bare,
                                                              &resolver->hits, error)
                                               : KP_OK;
        } else if (tier == KP_RULE_WORDS) {
            status = find_words(resolver, ask, ask->number, ask->rest, &resolver->hits, error);
        } else {
            status = find_range(resolver, ask, some, error);
        }
    }
    return status;
}
