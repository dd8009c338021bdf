#include "crypto/secret.h"
#include "proto/address/resolve_internal.h"

#include <stdlib.h>
#include <string.h>

void kp_address_trace_add(struct kp_address_trace *trace, const char *const *texts)
{
    if (trace == NULL || trace->size + 2 >= sizeof(trace->text)) {
        return;
    }
    size_t start = trace->size == 0 ? 0 : trace->size + 1;
    size_t end = start;
    for (; *texts != NULL; texts++) {
        size_t size = strlen(*texts);
        if (size >= sizeof(trace->text) - end) {
            trace->text[trace->size] = '\0'; /* a whole line or none */
            return;
        }
        memcpy(trace->text + end, *texts, size);
        end += size;
    }
    trace->text[end] = '\0';
    if (start > 0) {
        trace->text[trace->size] = '\n';
    }
    trace->size = end;
}

enum kp_status kp_resolver_new(struct kp_resolver **out, struct kp_register *reg,
                               const struct kp_words *words, struct kp_error *error)
{
    *out = kp_bulk_new(sizeof(**out));
    if (*out == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for reading addresses");
    }
    (*out)->reg = reg;
    (*out)->words = words;
    return KP_OK;
}

void kp_resolver_free(struct kp_resolver *resolver)
{
    kp_bulk_free(resolver);
}

enum kp_key_scheme kp_resolver_scheme(const struct kp_resolver *resolver)
{
    return resolver->reg == NULL ? KP_KEY_SCHEME_TEXT : KP_KEY_SCHEME_BAG;
}

/* ---- Fields ---------------------------------------------------------------------------------- */

static enum kp_address_rule fold_field(char out[static KP_FOLDED_MAX], const char *text)
{
    if (text == NULL || text[0] == '\0') {
        out[0] = '\0';
        return KP_RULE_NONE;
    }
    return kp_fold(out, text, strlen(text));
}

/* Quotes around the whole say nothing about what is in them. */
static void unquote(char text[static KP_FOLDED_MAX])
{
    size_t size = strlen(text);
    if (size >= 2 && text[0] == '"' && text[size - 1] == '"') {
        memmove(text, text + 1, size - 2);
        text[size - 2] = '\0';
    }
}

static enum kp_address_rule fold_fields(struct kp_fields *fields,
                                        const struct kp_address_input *input)
{
    const struct {
        char *out;
        const char *text;
    } pairs[] = {
        {fields->text, input->text},           {fields->id, input->id},
        {fields->postcode, input->postcode},   {fields->house_number, input->house_number},
        {fields->letter, input->house_letter}, {fields->addition, input->addition},
        {fields->street, input->street},       {fields->town, input->town},
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        enum kp_address_rule rule = fold_field(pairs[i].out, pairs[i].text);
        if (rule != KP_RULE_NONE) {
            return rule;
        }
    }
    unquote(fields->text);
    kp_number_tidy(fields->text);
    kp_number_tidy(fields->house_number);
    if (fields->house_number[0] == '\0') {
        kp_number_tidy(fields->street);
    }
    return KP_RULE_NONE;
}

static void trace_fields(const struct kp_fields *fields, struct kp_address_trace *trace)
{
    const struct {
        const char *name, *text;
    } pairs[] = {
        {"text", fields->text},           {"id", fields->id},
        {"postcode", fields->postcode},   {"house number", fields->house_number},
        {"house letter", fields->letter}, {"addition", fields->addition},
        {"street", fields->street},       {"town", fields->town},
    };
    for (size_t i = 0; trace != NULL && i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].text[0] != '\0') {
            KP_ADDRESS_TRACE(trace, pairs[i].name, " in plain capitals: ", pairs[i].text);
        }
    }
}

/* ---- Verdicts -------------------------------------------------------------------------------- */

static int compare_ids(const void *a, const void *b)
{
    uint64_t one = *(const uint64_t *)a;
    uint64_t other = *(const uint64_t *)b;
    return one < other ? -1 : one > other ? 1 : 0;
}

static void put_candidates(struct kp_address_result *result, const struct kp_hits *hits)
{
    uint64_t ids[KP_HITS_MAX];
    for (size_t i = 0; i < hits->count; i++) {
        ids[i] = hits->hit[i].id;
    }
    qsort(ids, hits->count, sizeof(ids[0]), compare_ids);
    result->candidate_count = 0;
    for (size_t i = 0; i < hits->count; i++) {
        if (i > 0 && ids[i] == ids[i - 1]) {
            continue;
        }
        if (result->candidate_count < KP_ADDRESS_CANDIDATES_MAX) {
            result->candidates[result->candidate_count] = ids[i];
        }
        result->candidate_count++;
    }
}

/* One object or more of them. */
static void judge_hits(struct kp_address_result *result, const struct kp_hits *hits)
{
    const struct kp_hit *lowest = &hits->hit[0];
    bool one = !hits->more;
    for (size_t i = 1; i < hits->count; i++) {
        one = one && hits->hit[i].object == lowest->object;
        lowest = hits->hit[i].id < lowest->id ? &hits->hit[i] : lowest;
    }
    if (!one) {
        result->verdict = KP_ADDRESS_AMBIGUOUS;
        put_candidates(result, hits);
        return;
    }
    result->verdict = KP_ADDRESS_RESOLVED;
    result->object = lowest->object;
    result->nummeraanduiding = lowest->id;
    kp_object_key(result->key, lowest->object, lowest->digits);
}

static enum kp_status resolve_fields(struct kp_resolver *resolver, const struct kp_fields *fields,
                                     struct kp_address_result *result,
                                     struct kp_address_trace *trace, struct kp_error *error)
{
    enum kp_address_rule otherwise = KP_RULE_NONE;
    memset(result, 0, sizeof(*result));
    result->verdict = KP_ADDRESS_REFUSED;
    result->rule = kp_resolve_asks(resolver, fields, &otherwise, trace);
    if (result->rule != KP_RULE_NONE) {
        if (result->rule == KP_RULE_CONTRADICTION || result->rule == KP_RULE_NO_PLACE) {
            result->verdict = KP_ADDRESS_UNKNOWN;
        }
        return KP_OK;
    }
    if (resolver->reg == NULL) {
        if (otherwise != KP_RULE_NONE) {
            result->rule = otherwise;
        } else {
            kp_resolve_plain(resolver, fields, result, trace);
        }
        return KP_OK;
    }
    bool placed = false;
    enum kp_status status = kp_resolve_find(resolver, fields, &result->rule, &placed, trace, error);
    if (status == KP_OK && resolver->hits.count == 0 && otherwise == KP_RULE_NEAR) {
        status = kp_resolve_near_is_name(resolver, &placed, error);
    }
    if (status != KP_OK) {
        return status;
    }
    if (resolver->hits.count > 0) {
        judge_hits(result, &resolver->hits);
    } else if (otherwise != KP_RULE_NONE && !placed) {
        result->rule = otherwise;
    } else {
        result->verdict = KP_ADDRESS_UNKNOWN;
        put_candidates(result, &resolver->fell);
    }
    return KP_OK;
}

/* ---- Dates ----------------------------------------------------------------------------------- */

/* A verdict that a date in the text can be the reason of. */
static bool may_be_date(const struct kp_address_result *result)
{
    switch (result->rule) {
    case KP_RULE_NOT_THERE:
    case KP_RULE_CONTRADICTION:
    case KP_RULE_RANGE:
    case KP_RULE_NO_PLACE:
    case KP_RULE_NO_STREET:
    case KP_RULE_NO_TOWN:
    case KP_RULE_NO_NUMBER:
    case KP_RULE_BAD_NUMBER:
    case KP_RULE_NO_POSTCODE:
    case KP_RULE_TEXT_FORM:
        return result->verdict != KP_ADDRESS_AMBIGUOUS && result->verdict != KP_ADDRESS_RESOLVED;
    case KP_RULE_TEXT: /* "12-FEB" would fit */
        return true;
    default:
        return false;
    }
}

/* The date is all of a number that was read, or the month stands where a street would. */
static bool is_number(const struct kp_resolver *resolver, const char *text,
                      const struct kp_number_date *date)
{
    const struct kp_spelling *spelling = &resolver->spelling;
    if (spelling->count == 0 || date->month_first) {
        return true;
    }
    for (size_t i = 0; i < spelling->count; i++) {
        const struct kp_span *number = &spelling->reading[i].number;
        size_t size = number->size;
        while (size > date->size && number->text[size - 1] == '.') {
            size--;
        }
        if (number->text == text + date->at && size == date->size) {
            return true;
        }
    }
    return false;
}

/* As if the spreadsheet had left it alone: the candidates are what that would be. */
static enum kp_status resolve_undated(struct kp_resolver *resolver, size_t offset,
                                      const struct kp_number_date *date, bool month_first,
                                      struct kp_address_result *result,
                                      struct kp_address_trace *trace, struct kp_error *error)
{
    resolver->dated = resolver->fields;
    char *field = (char *)&resolver->dated + offset;
    const char *text = (const char *)&resolver->fields + offset;
    memset(result, 0, sizeof(*result));
    if (!kp_number_undate(field, text, date, month_first)) {
        return KP_OK;
    }
    KP_ADDRESS_TRACE(trace, "a spreadsheet's date, perhaps of: ", field);
    enum kp_status status = resolve_fields(resolver, &resolver->dated, result, NULL, error);
    if (status == KP_OK && result->verdict == KP_ADDRESS_RESOLVED && resolver->reg != NULL) {
        put_candidates(result, &resolver->hits);
    } else if (result->verdict != KP_ADDRESS_AMBIGUOUS) {
        result->candidate_count = 0;
    }
    return status;
}

static void add_candidates(struct kp_address_result *result, const struct kp_address_result *more)
{
    for (size_t i = 0; i < more->candidate_count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        bool known = false;
        for (size_t j = 0; j < result->candidate_count && j < KP_ADDRESS_CANDIDATES_MAX; j++) {
            known = known || result->candidates[j] == more->candidates[i];
        }
        if (!known && result->candidate_count < KP_ADDRESS_CANDIDATES_MAX) {
            result->candidates[result->candidate_count++] = more->candidates[i];
        }
    }
    size_t stored = result->candidate_count < KP_ADDRESS_CANDIDATES_MAX ? result->candidate_count
                                                                        : KP_ADDRESS_CANDIDATES_MAX;
    qsort(result->candidates, stored, sizeof(result->candidates[0]), compare_ids);
}

static enum kp_status refuse_date(struct kp_resolver *resolver, struct kp_address_result *result,
                                  struct kp_address_trace *trace, struct kp_error *error)
{
    const struct kp_fields *fields = &resolver->fields;
    bool numbered = fields->house_number[0] != '\0';
    bool in_text = !numbered && fields->text[0] != '\0';
    const char *text = numbered ? fields->house_number : in_text ? fields->text : fields->street;
    size_t offset = (size_t)(text - (const char *)fields);
    struct kp_number_date date;
    if (!kp_number_find_date(&date, text) ||
        (numbered ? date.at != 0 : !is_number(resolver, text, &date))) {
        return KP_OK;
    }
    struct kp_address_result other;
    enum kp_status status =
        resolve_undated(resolver, offset, &date, date.day > 31, result, trace, error);
    if (status == KP_OK && date.day <= 31 && (date.month_first || result->candidate_count == 0)) {
        status = resolve_undated(resolver, offset, &date, true, &other, trace, error);
        if (status == KP_OK) {
            add_candidates(result, &other);
        }
    }
    result->verdict = KP_ADDRESS_REFUSED;
    result->rule = KP_RULE_SPREADSHEET_DATE;
    result->object = result->nummeraanduiding = 0;
    memset(result->key, 0, sizeof(result->key));
    return status;
}

static void trace_result(const struct kp_address_result *result, struct kp_address_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    KP_ADDRESS_TRACE(trace, kp_address_verdict_name(result->verdict), ", rule ",
                     kp_address_rule_name(result->rule), ": ",
                     kp_address_rule_text(result->verdict, result->rule));
    if (result->verdict == KP_ADDRESS_RESOLVED) {
        char key[KP_KEY_TEXT];
        kp_key_text(key, result->key);
        KP_ADDRESS_TRACE(trace, "key: ", key);
    }
}

enum kp_status kp_address_resolve(struct kp_resolver *resolver,
                                  const struct kp_address_input *input,
                                  struct kp_address_result *result, struct kp_address_trace *trace,
                                  struct kp_error *error)
{
    memset(result, 0, sizeof(*result));
    result->verdict = KP_ADDRESS_REFUSED;
    result->rule = fold_fields(&resolver->fields, input);
    enum kp_status status = KP_OK;
    if (result->rule == KP_RULE_NONE) {
        trace_fields(&resolver->fields, trace);
        status = resolve_fields(resolver, &resolver->fields, result, trace, error);
        if (status == KP_OK && may_be_date(result)) {
            status = refuse_date(resolver, result, trace, error);
        }
    }
    if (status == KP_OK) {
        trace_result(result, trace);
    }
    return status;
}
