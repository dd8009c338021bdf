/* "ACHTER DE DOM 99": the word that says beside is part of a name. */
#include "proto/address/resolve_internal.h"

#include <string.h>

/* A number at the ask's postcode lies in the street that the ask names. */
static enum kp_status is_street_there(struct kp_resolver *resolver, struct kp_ask *ask,
                                      bool *is_name, struct kp_error *error)
{
    struct kp_place place = {.street = ask->street};
    enum kp_status status = kp_resolve_load(resolver, ask, ask->number, error);
    for (size_t i = 0; status == KP_OK && !*is_name && i < resolver->number_count; i++) {
        enum kp_place_agreement agreement;
        status = kp_place_agreement(resolver->reg, &place, resolver->numbers[i].street, &agreement,
                                    error);
        *is_name = status == KP_OK && agreement == KP_PLACE_AGREES;
    }
    return status;
}

enum kp_status kp_resolve_near_is_name(struct kp_resolver *resolver, bool *is_name,
                                       struct kp_error *error)
{
    enum kp_status status = KP_OK;
    *is_name = false;
    for (size_t i = 0; status == KP_OK && !*is_name && i < resolver->ask_count; i++) {
        struct kp_ask *ask = &resolver->asks[i];
        struct kp_place_streets streets;
        bool in_street = kp_spelling_has_near(ask->street);
        if (kp_spelling_has_near(ask->rest) || (!in_street && !kp_spelling_has_near(ask->town))) {
            continue;
        }
        status = kp_place_streets(resolver->reg, ask->street, ask->town, &streets, error);
        *is_name = status == KP_OK && streets.count > 0;
        if (status == KP_OK && in_street && ask->postcode[0] != '\0' && ask->number != 0) {
            status = is_street_there(resolver, ask, is_name, error);
        }
    }
    return status;
}
