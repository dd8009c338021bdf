/* How an address is shown to people and programs, from its key: in scheme text what the key says;
 * in scheme bag the object, and with a register its main address.
 *
 * What is shown is personal; who keeps it wipes it. */
#ifndef KP_PROTO_ADDRESS_SHOWN_H
#define KP_PROTO_ADDRESS_SHOWN_H

#include "proto/address.h"
#include "proto/address/register.h"
#include "proto/error.h"
#include "proto/limits.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#define KP_SHOWN_NAME KP_REGISTER_STREET_TEXT

struct kp_shown {
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    bool is_object;
    bool looked_up; /* in a register; what follows says what was there */
    bool found;
    bool other_area;           /* found, and the four digits of the key aren't the register's */
    struct kp_address address; /* with scheme text, or found; in a register without postcode: "" */
    char street[KP_SHOWN_NAME];
    char town[KP_SHOWN_NAME];
};

/* reg may be NULL: nothing is looked up. KP_REFUSED: the key is none, or the register is damaged.
 */
KP_MUST_USE enum kp_status kp_shown_find(struct kp_shown *shown, const struct kp_register *reg,
                                         const uint8_t key[static KP_ADDRESS_KEY_BYTES],
                                         struct kp_error *error);
/* "1011AB 12 A 2"; "1011AB 12 A 2, Damrak, Amsterdam"; "object 0363010000000001 (1011)", with "not
 * in the register" behind it when it was looked for. */
#define KP_SHOWN_TEXT (2 * KP_SHOWN_NAME + 96)
void kp_shown_text(char out[static KP_SHOWN_TEXT], const struct kp_shown *shown);
/* Adds to `object`, by name: {"postcode", "house_number", "house_letter", "addition"}; of an object
 * {"object", "area"}, and when it was found all of these and "street", "town". */
KP_MUST_USE bool kp_shown_json(cJSON *object, const char *name, const struct kp_shown *shown);
/* What is odd about it, for standard error; NULL: nothing. An object that the register hasn't, or
 * has elsewhere, was submitted by members that work together. */
const char *kp_shown_oddity(const struct kp_shown *shown);

/* A candidate for a person who is to choose: "0363200000000001 = Kade 12 A-2, 1234AB Dorp"; without
 * a register, or where it isn't in it, the id alone. */
#define KP_SHOWN_CANDIDATE_TEXT (2 * KP_SHOWN_NAME + 96)
KP_MUST_USE enum kp_status kp_shown_candidate(char out[static KP_SHOWN_CANDIDATE_TEXT],
                                              const struct kp_register *reg,
                                              uint64_t nummeraanduiding, struct kp_error *error);

/* All at once, for lists: as above, into text. */
KP_MUST_USE enum kp_status kp_shown_key(char out[static KP_SHOWN_TEXT],
                                        const struct kp_register *reg,
                                        const uint8_t key[static KP_ADDRESS_KEY_BYTES],
                                        struct kp_error *error);
KP_MUST_USE enum kp_status kp_shown_add(cJSON *object, const char *name,
                                        const struct kp_register *reg,
                                        const uint8_t key[static KP_ADDRESS_KEY_BYTES],
                                        struct kp_error *error);

#endif
