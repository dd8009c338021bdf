#include "proto/address/resolve_internal.h"

#include <string.h>

/* ---- Ids ------------------------------------------------------------------------------------- */

static enum kp_status load_id(struct kp_resolver *resolver, uint64_t id, bool *withdrawn,
                              struct kp_error *error)
{
    bool found = false;
    *withdrawn = false;
    resolver->loaded = NULL;
    if (kp_bag_id_type(id) == KP_BAG_NUMBER) {
        return kp_register_by_id(resolver->reg, id, resolver->numbers, KP_REGISTER_AT_NUMBER_MAX,
                                 &resolver->number_count, withdrawn, error);
    }
    enum kp_status status =
        kp_register_by_object(resolver->reg, id, resolver->numbers, &found, error);
    resolver->number_count = status == KP_OK && found ? 1 : 0;
    return status;
}

static void clear(struct kp_hits *hits)
{
    hits->count = 0;
    hits->more = false;
}

static bool has_object(const struct kp_hits *hits, uint64_t object)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->hit[i].object == object) {
            return true;
        }
    }
    return false;
}

/* An id and nothing but perhaps a street, a town or a postcode. */
static enum kp_status check_place(struct kp_resolver *resolver, struct kp_ask *ask,
                                  const struct kp_register_number *number, struct kp_error *error)
{
    bool other = ask->postcode[0] != '\0' && strcmp(ask->postcode, number->postcode) != 0;
    if (other) {
        kp_hits_add(&resolver->fell, number);
        return KP_OK;
    }
    return kp_resolve_take(resolver, ask, number, &resolver->hits, error);
}

/* A number that stands beside the id is the id's own, as far as it says. */
static enum kp_status check_own(struct kp_resolver *resolver, struct kp_ask *ask,
                                const struct kp_register_number *number, struct kp_error *error)
{
    bool own = ask->number == number->house_number && ask->bare_kind == KP_BARE &&
               kp_resolve_is_literal(number, ask->bare);
    return own ? check_place(resolver, ask, number, error) : KP_OK;
}

/* Or it is another number of the same object: `own` is what the id is, and stays in hits if so. */
static enum kp_status check_others(struct kp_resolver *resolver, const struct kp_fields *fields,
                                   const struct kp_hits *own, struct kp_error *error)
{
    static const enum kp_address_rule tiers[] = {KP_RULE_LITERAL, KP_RULE_WORDS};
    enum kp_status status = KP_OK;
    bool same = false;
    for (size_t tier = 0; tier < 2 && status == KP_OK && resolver->hits.count == 0; tier++) {
        status = kp_resolve_tier(resolver, fields, tiers[tier], &resolver->some, error);
    }
    for (size_t i = 0; i < resolver->hits.count; i++) {
        same = same || has_object(own, resolver->hits.hit[i].object);
    }
    if (same) {
        resolver->hits = *own;
    } else {
        clear(&resolver->hits);
    }
    return status;
}

/* All asks have the same id. */
static enum kp_status find_id(struct kp_resolver *resolver, const struct kp_fields *fields,
                              enum kp_address_rule *rule, struct kp_error *error)
{
    bool withdrawn = false;
    bool numbered = false;
    struct kp_hits *own = &resolver->scratch;
    clear(own);
    enum kp_status status = load_id(resolver, resolver->asks[0].id, &withdrawn, error);
    for (size_t i = 0; status == KP_OK && i < resolver->number_count; i++) {
        const struct kp_register_number *number = &resolver->numbers[i];
        kp_hits_add(own, number);
        for (size_t j = 0; status == KP_OK && j < resolver->ask_count; j++) {
            struct kp_ask *ask = &resolver->asks[j];
            numbered = numbered || ask->number != 0;
            status = ask->number == 0 ? check_place(resolver, ask, number, error)
                                      : check_own(resolver, ask, number, error);
        }
    }
    if (status == KP_OK && numbered && resolver->hits.count == 0) {
        status = check_others(resolver, fields, own, error);
    }
    if (status == KP_OK && resolver->hits.count == 0 && own->count > 0) {
        resolver->fell = *own;
    }
    *rule = resolver->hits.count > 0 ? KP_RULE_ID
            : own->count > 0         ? KP_RULE_CONTRADICTION
            : withdrawn              ? KP_RULE_WITHDRAWN
                                     : KP_RULE_NOT_THERE;
    return status;
}

/* ---- Why there is nothing -------------------------------------------------------------------- */

struct nothing {
    struct kp_hits *there; /* at the number, where everything else agrees */
    bool placed;           /* the street exists, and is called so */
    enum kp_address_rule no_street;
};

/* A street of the town that isn't there says more than a town that isn't. */
static void note_street(struct nothing *nothing, enum kp_address_rule rule)
{
    if (nothing->no_street == KP_RULE_NONE || rule == KP_RULE_NO_STREET ||
        (rule == KP_RULE_NO_TOWN && nothing->no_street == KP_RULE_NO_PLACE)) {
        nothing->no_street = rule;
    }
}

/* "12 T/O": not the number, though its street is there. */
static bool says_near(const char *rest)
{
    char word[KP_FOLDED_MAX];
    size_t size = 0;
    for (;; rest++) {
        if (*rest >= 'A' && *rest <= 'Z') {
            word[size++] = *rest;
        } else if (*rest == ' ' || *rest == ',' || *rest == '\0') {
            if (size > 0 && kp_spelling_is_near(word, size)) {
                return true;
            }
            size = 0;
        }
        if (*rest == '\0') {
            return false;
        }
    }
}

static enum kp_status look_there(struct kp_resolver *resolver, struct kp_ask *ask,
                                 struct nothing *nothing, struct kp_error *error)
{
    enum kp_status status = kp_resolve_load(resolver, ask, ask->number, error);
    if (status != KP_OK) {
        return status;
    }
    bool by_postcode = ask->postcode[0] != '\0';
    if (!by_postcode && resolver->no_street != KP_RULE_NONE) {
        note_street(nothing, resolver->no_street);
    }
    size_t before = nothing->there->count;
    for (size_t i = 0; status == KP_OK && i < resolver->number_count; i++) {
        status = kp_resolve_take(resolver, ask, &resolver->numbers[i], nothing->there, error);
    }
    bool found = by_postcode ? ask->street[0] != '\0' && nothing->there->count > before
                             : resolver->no_street == KP_RULE_NONE;
    nothing->placed = nothing->placed || (found && !says_near(ask->rest));
    return status;
}

/* Beside a postcode that doesn't have the number: the street and town may. */
static enum kp_status look_elsewhere(struct kp_resolver *resolver, const struct kp_ask *ask,
                                     struct kp_error *error)
{
    if (ask->postcode[0] == '\0' || ask->street[0] == '\0' || ask->town[0] == '\0' ||
        ask->bare_kind != KP_BARE) {
        return KP_OK;
    }
    struct kp_ask *street = &resolver->elsewhere;
    *street = *ask;
    street->postcode[0] = '\0';
    resolver->loaded = NULL;
    enum kp_status status = kp_resolve_load(resolver, street, street->number, error);
    for (size_t i = 0; status == KP_OK && i < resolver->number_count; i++) {
        const struct kp_register_number *number = &resolver->numbers[i];
        size_t letter = strlen(number->letter);
        if (strncmp(ask->bare, number->letter, letter) == 0 &&
            strcmp(ask->bare + letter, number->addition) == 0) {
            kp_hits_add(&resolver->fell, number);
        }
    }
    resolver->loaded = NULL;
    return status;
}

static enum kp_status find_why(struct kp_resolver *resolver, enum kp_address_rule *rule,
                               bool *placed, struct kp_error *error)
{
    struct nothing nothing = {.there = &resolver->scratch};
    clear(nothing.there);
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < resolver->ask_count; i++) {
        status = look_there(resolver, &resolver->asks[i], &nothing, error);
    }
    if (status == KP_OK && nothing.there->count == 0) {
        for (size_t i = 0; status == KP_OK && i < resolver->ask_count; i++) {
            status = look_elsewhere(resolver, &resolver->asks[i], error);
        }
    }
    for (size_t i = 0; i < resolver->nearly.count; i++) {
        kp_hits_add_hit(&resolver->fell, &resolver->nearly.hit[i]);
    }
    *placed = nothing.placed;
    for (size_t i = 0; i < resolver->ask_count; i++) {
        if (resolver->asks[i].postcode[0] != '\0') { /* then it isn't for want of a street */
            nothing.no_street = KP_RULE_NONE;
        }
    }
    if (resolver->some.count > 0) {
        *rule = KP_RULE_RANGE;
        resolver->fell = resolver->some;
    } else if (nothing.there->count > 0) {
        *rule = KP_RULE_NOT_THERE;
        resolver->fell = *nothing.there;
    } else if (resolver->fell.count > 0) {
        *rule = KP_RULE_CONTRADICTION;
    } else {
        bool street = nothing.placed || nothing.no_street == KP_RULE_NONE;
        *rule = street ? KP_RULE_NOT_THERE : nothing.no_street;
    }
    return status;
}

/* ---- Tiers ----------------------------------------------------------------------------------- */

/* What agrees but for a letter counts if there is only that: one object, and none that is
 * elsewhere.
 */
static void take_nearly(struct kp_resolver *resolver, struct kp_address_trace *trace)
{
    struct kp_hits *nearly = &resolver->nearly;
    if (resolver->hits.count > 0 || nearly->count == 0) {
        return;
    }
    bool one = !nearly->more;
    for (size_t i = 1; i < nearly->count; i++) {
        one = one && nearly->hit[i].object == nearly->hit[0].object;
    }
    for (size_t i = 0; i < resolver->fell.count; i++) {
        one = one && resolver->fell.hit[i].object == nearly->hit[0].object;
    }
    if (one) {
        KP_ADDRESS_TRACE(trace, "the street or the town isn't written quite so in the register");
        resolver->hits = *nearly;
    } else {
        for (size_t i = 0; i < nearly->count; i++) {
            kp_hits_add_hit(&resolver->fell, &nearly->hit[i]);
        }
    }
    clear(nearly);
}

static void trace_tier(const struct kp_resolver *resolver, enum kp_address_rule tier,
                       struct kp_address_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    const struct kp_hits *hits = &resolver->hits;
    if (hits->count == 0) {
        KP_ADDRESS_TRACE(trace, kp_address_rule_name(tier), ": none in the register");
    }
    for (size_t i = 0; i < hits->count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        char id[KP_BAG_ID_TEXT];
        char object[KP_BAG_ID_TEXT];
        kp_bag_id_text(id, hits->hit[i].id);
        kp_bag_id_text(object, hits->hit[i].object);
        KP_ADDRESS_TRACE(trace, kp_address_rule_name(tier), ": nummeraanduiding ", id,
                         " of object ", object);
    }
}

/* Where one reading has an id, those without it leave sixteen digits for a house. false: there are
 * two ids. */
static bool keep_ids(struct kp_resolver *resolver)
{
    size_t kept = 0;
    for (size_t i = 0; i < resolver->ask_count; i++) {
        if (resolver->asks[i].id == 0) {
            continue;
        }
        if (kept > 0 && resolver->asks[i].id != resolver->asks[0].id) {
            return false;
        }
        if (kept != i) {
            resolver->asks[kept] = resolver->asks[i];
        }
        kept++;
    }
    resolver->ask_count = kept > 0 ? kept : resolver->ask_count;
    return true;
}

enum kp_status kp_resolve_find(struct kp_resolver *resolver, const struct kp_fields *fields,
                               enum kp_address_rule *rule, bool *placed,
                               struct kp_address_trace *trace, struct kp_error *error)
{
    static const enum kp_address_rule tiers[] = {KP_RULE_COLUMNS, KP_RULE_LITERAL, KP_RULE_WORDS,
                                                 KP_RULE_RANGE};
    clear(&resolver->hits);
    clear(&resolver->fell);
    clear(&resolver->some);
    clear(&resolver->nearly);
    *placed = false;
    if (!keep_ids(resolver)) {
        *rule = KP_RULE_CONTRADICTION;
        return KP_OK;
    }
    if (resolver->asks[0].id != 0) {
        enum kp_status status = find_id(resolver, fields, rule, error);
        trace_tier(resolver, KP_RULE_ID, trace);
        return status;
    }
    bool both = fields->letter[0] != '\0' && fields->addition[0] != '\0';
    for (size_t i = both ? 0 : 1; i < sizeof(tiers) / sizeof(tiers[0]); i++) {
        *rule = tiers[i];
        enum kp_status status = kp_resolve_tier(resolver, fields, *rule, &resolver->some, error);
        if (status != KP_OK) {
            return status;
        }
        take_nearly(resolver, trace);
        trace_tier(resolver, *rule, trace);
        if (resolver->hits.count > 0) {
            return KP_OK;
        }
    }
    return find_why(resolver, rule, placed, error);
}
