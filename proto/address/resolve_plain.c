#include "proto/address/plain.h"
#include "proto/address/resolve_internal.h"

#include <string.h>

/* "LAAN 1940-1945 3", "PLEIN 1944 12": a year that another number stands behind is of the street.
 */
static bool is_year(const struct kp_ask *ask)
{
    return ask->number >= 1800 && ask->number < 2100 &&
           strpbrk(ask->own_rest, "0123456789") != NULL && ask->street[0] != '\0';
}

/* More of a text belongs to the number, as long as that can be; then the first reading. */
static const struct kp_ask *choose(const struct kp_resolver *resolver)
{
    const struct kp_ask *best = NULL;
    size_t longest = 0;
    for (size_t i = 0; i < resolver->ask_count; i++) {
        const struct kp_ask *ask = &resolver->asks[i];
        bool other = resolver->ask_count > 1;
        if (ask->number == 0 || ask->second || ask->postcode[0] == '\0' ||
            (other && (is_year(ask) || !kp_plain_belongs(ask->own_rest, resolver->words)))) {
            continue;
        }
        size_t size = strlen(ask->own_rest);
        if (best == NULL || size > longest) {
            best = ask;
            longest = size;
        }
    }
    return best;
}

void kp_resolve_plain(struct kp_resolver *resolver, const struct kp_fields *fields,
                      struct kp_address_result *result, struct kp_address_trace *trace)
{
    result->verdict = KP_ADDRESS_REFUSED;
    const struct kp_ask *ask = choose(resolver);
    if (ask == NULL) {
        bool postcode = false;
        for (size_t i = 0; i < resolver->ask_count; i++) {
            postcode = postcode || resolver->asks[i].postcode[0] != '\0';
        }
        result->rule = postcode ? KP_RULE_TEXT_FORM : KP_RULE_NO_POSTCODE;
        return;
    }
    struct kp_address address = {.house_number = ask->number};
    memcpy(address.postcode, ask->postcode, sizeof(address.postcode));
    const struct kp_plain_rest rest = {ask->own_rest, fields->letter, fields->addition};
    result->rule = kp_plain_rest(&address, &rest, resolver->words);
    if (result->rule != KP_RULE_TEXT) {
        return;
    }
    result->verdict = KP_ADDRESS_RESOLVED;
    kp_address_key(result->key, &address);
    char text[KP_ADDRESS_TEXT];
    kp_address_text(text, &address);
    KP_ADDRESS_TRACE(trace, "without a register: ", text);
}
