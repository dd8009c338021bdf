/* Inside the resolver only: resolve.c (from input to verdict), resolve_ask.c (what can be asked of
 * the register), resolve_find.c (what it answers), resolve_plain.c (without it). */
#ifndef KP_PROTO_ADDRESS_RESOLVE_INTERNAL_H
#define KP_PROTO_ADDRESS_RESOLVE_INTERNAL_H

#include "proto/address/number.h"
#include "proto/address/place.h"
#include "proto/address/register.h"
#include "proto/address/resolve.h"
#include "proto/address/spelling.h"

#include <stdbool.h>

#define KP_BARE_MAX 16
#define KP_LITERAL_MAX 5 /* letters and digits of a letter and an addition */
#define KP_ASKS_MAX (KP_READINGS_MAX * KP_NUMBER_READINGS)
#define KP_HITS_MAX 256
#define KP_ASKS_BYTES (256u << 10) /* of the texts of all asks */

/* The input's fields, folded. */
struct kp_fields {
    char text[KP_FOLDED_MAX];
    char id[KP_FOLDED_MAX];
    char postcode[KP_FOLDED_MAX];
    char house_number[KP_FOLDED_MAX];
    char letter[KP_FOLDED_MAX];
    char addition[KP_FOLDED_MAX];
    char street[KP_FOLDED_MAX];
    char town[KP_FOLDED_MAX];
};

/* One way to understand the input. */
struct kp_ask {
    uint64_t id;        /* 0: none */
    unsigned digits;    /* of a postcode without letters; 0: none */
    char postcode[7];   /* or "" */
    const char *street; /* or "", as the town; from text or columns */
    const char *town;
    struct kp_place place;
    bool streets_known; /* without a postcode: which streets it can be, once asked */
    struct kp_place_streets streets;
    uint32_t number;      /* 0: none, beside an id */
    bool second;          /* not the first way to read this number: "12.0" as 12 and .0 */
    const char *rest;     /* all that stands behind the number, letter and addition too */
    const char *own_rest; /* what does so in the number's own field */
    enum kp_bare bare_kind;
    char bare[KP_BARE_MAX];
};

/* Numbers that were found, each once. */
struct kp_hits {
    size_t count;
    bool more; /* than fit */
    struct kp_hit {
        uint64_t id, object;
        unsigned digits;
    } hit[KP_HITS_MAX];
};

struct kp_resolver {
    struct kp_register *reg;
    const struct kp_words *words;
    struct kp_fields fields;
    struct kp_fields dated;      /* with a spreadsheet's date taken back */
    char more[KP_FOLDED_MAX];    /* the text once more, without what is read by itself */
    struct kp_spelling spelling; /* points into `fields`, `dated` or `more` */
    size_t ask_count;
    struct kp_ask asks[KP_ASKS_MAX];
    size_t texts_used;
    char texts[KP_ASKS_BYTES];
    /* What the register has at the number that was asked last. */
    const struct kp_ask *loaded;
    uint32_t loaded_number;
    enum kp_address_rule no_street; /* why there is none */
    size_t number_count;
    struct kp_register_number numbers[KP_REGISTER_AT_NUMBER_MAX];
    struct kp_ask elsewhere; /* an ask without its postcode */
    struct kp_hits hits;
    struct kp_hits nearly; /* but for a letter of their street or town */
    struct kp_hits fell;   /* fit, but for their street or town */
    struct kp_hits some;   /* what there is of a range */
    struct kp_hits scratch;
    uint32_t scope_street; /* whose town's rows of the table of words... */
    size_t scope;          /* ...are these; valid when scope_known */
    bool scope_known;
};

/* Makes the asks of `fields`, which must stay. KP_RULE_NONE, or why there are none; also with asks
 * *otherwise is what holds when the register has none of them, or KP_RULE_NONE. */
enum kp_address_rule kp_resolve_asks(struct kp_resolver *resolver, const struct kp_fields *fields,
                                     enum kp_address_rule *otherwise,
                                     struct kp_address_trace *trace);

/* All numbers in use where the ask says, at `house_number`, into resolver->numbers. */
KP_MUST_USE enum kp_status kp_resolve_load(struct kp_resolver *resolver, struct kp_ask *ask,
                                           uint32_t house_number, struct kp_error *error);
/* A number that fits: among the hits, those that do nearly, or those that fell for their street or
 * town.
 */
KP_MUST_USE enum kp_status kp_resolve_take(struct kp_resolver *resolver, struct kp_ask *ask,
                                           const struct kp_register_number *number,
                                           struct kp_hits *hits, struct kp_error *error);
/* Letter and addition, one behind the other, are what stands there. */
bool kp_resolve_is_literal(const struct kp_register_number *number, const char *bare);
/* What all asks find by one rule, KP_RULE_COLUMNS to KP_RULE_RANGE, into resolver->hits; what there
 * is of ranges that aren't whole into `some`. */
KP_MUST_USE enum kp_status kp_resolve_tier(struct kp_resolver *resolver,
                                           const struct kp_fields *fields,
                                           enum kp_address_rule tier, struct kp_hits *some,
                                           struct kp_error *error);
/* Fills resolver->hits with what the first tier finds that finds anything; *rule says which. No
 * hits: *rule is why, resolver->fell is what could be meant, and *placed whether there is such a
 * street or postcode. */
KP_MUST_USE enum kp_status kp_resolve_find(struct kp_resolver *resolver,
                                           const struct kp_fields *fields,
                                           enum kp_address_rule *rule, bool *placed,
                                           struct kp_address_trace *trace, struct kp_error *error);

/* Nothing was found, and a word says that something lies beside an address: whether that word is
 * part of a street's or town's name that the register has. */
KP_MUST_USE enum kp_status kp_resolve_near_is_name(struct kp_resolver *resolver, bool *is_name,
                                                   struct kp_error *error);

/* The text form of the asks. */
void kp_resolve_plain(struct kp_resolver *resolver, const struct kp_fields *fields,
                      struct kp_address_result *result, struct kp_address_trace *trace);

void kp_hits_add(struct kp_hits *hits, const struct kp_register_number *number);
void kp_hits_add_hit(struct kp_hits *hits, const struct kp_hit *hit);

#endif
