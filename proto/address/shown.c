#include "proto/address/shown.h"

#include "crypto/secret.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static enum kp_status look_up(struct kp_shown *shown, const struct kp_register *reg,
                              uint64_t object, unsigned digits, struct kp_error *error)
{
    struct kp_register_number number = {0};
    struct kp_register_street street;
    enum kp_status status = kp_register_by_object(reg, object, &number, &shown->found, error);
    if (status != KP_OK || !shown->found) {
        return status;
    }
    status = kp_register_street(reg, number.street, &street, error);
    if (status == KP_OK) {
        shown->other_area = number.object_digits != digits;
        shown->address.house_number = number.house_number;
        memcpy(shown->address.postcode, number.postcode, sizeof(number.postcode));
        memcpy(shown->address.house_letter, number.letter, sizeof(number.letter));
        memcpy(shown->address.addition, number.addition, sizeof(number.addition));
        memcpy(shown->street, street.name, sizeof(shown->street));
        memcpy(shown->town, street.town, sizeof(shown->town));
    }
    kp_wipe(&number, sizeof(number));
    kp_wipe(&street, sizeof(street));
    return status;
}

enum kp_status kp_shown_find(struct kp_shown *shown, const struct kp_register *reg,
                             const uint8_t key[static KP_ADDRESS_KEY_BYTES], struct kp_error *error)
{
    uint64_t object;
    unsigned digits;
    memset(shown, 0, sizeof(*shown));
    memcpy(shown->key, key, KP_ADDRESS_KEY_BYTES);
    if (kp_address_of_key(&shown->address, key) == KP_OK) {
        return KP_OK;
    }
    if (kp_object_of_key(&object, &digits, key) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "there is something that is no address");
    }
    shown->is_object = true;
    shown->looked_up = reg != NULL;
    return reg != NULL ? look_up(shown, reg, object, digits, error) : KP_OK;
}

void kp_shown_text(char out[static KP_SHOWN_TEXT], const struct kp_shown *shown)
{
    char text[KP_KEY_TEXT > KP_ADDRESS_TEXT ? KP_KEY_TEXT : KP_ADDRESS_TEXT];
    if (shown->found) {
        kp_address_text(text, &shown->address);
        snprintf(out, KP_SHOWN_TEXT, "%s, %s, %s", text + (text[0] == ' '), shown->street,
                 shown->town);
    } else {
        kp_key_text(text, shown->key);
        snprintf(out, KP_SHOWN_TEXT, "%s%s", text, shown->looked_up ? ", not in the register" : "");
    }
    kp_wipe(text, sizeof(text));
}

enum kp_status kp_shown_candidate(char out[static KP_SHOWN_CANDIDATE_TEXT],
                                  const struct kp_register *reg, uint64_t nummeraanduiding,
                                  struct kp_error *error)
{
    struct kp_register_number number = {0};
    struct kp_register_street street = {0};
    size_t count = 0;
    bool withdrawn = false;
    kp_bag_id_text(out, nummeraanduiding);
    if (reg == NULL) {
        return KP_OK;
    }
    enum kp_status status =
        kp_register_by_id(reg, nummeraanduiding, &number, 1, &count, &withdrawn, error);
    if (status == KP_OK && count > 0) {
        status = kp_register_street(reg, number.street, &street, error);
    }
    if (status == KP_OK && count > 0) {
        size_t used = strlen(out);
        snprintf(out + used, KP_SHOWN_CANDIDATE_TEXT - used, " = %s %" PRIu32 "%s%s%s%s, %s%s%s",
                 street.name, number.house_number, number.letter[0] != '\0' ? " " : "",
                 number.letter, number.addition[0] != '\0' ? "-" : "", number.addition,
                 number.postcode, number.postcode[0] != '\0' ? " " : "", street.town);
    }
    kp_wipe(&number, sizeof(number));
    kp_wipe(&street, sizeof(street));
    return status;
}

const char *kp_shown_oddity(const struct kp_shown *shown)
{
    return shown->looked_up && !shown->found ? "an object that the register hasn't"
           : shown->other_area ? "an object whose main address has another postcode in the register"
                               : NULL;
}

static bool add_object(cJSON *parts, const struct kp_shown *shown)
{
    char id[KP_BAG_ID_TEXT] = "", area[5];
    uint64_t object;
    unsigned digits;
    if (kp_object_of_key(&object, &digits, shown->key) == KP_OK) {
        kp_bag_id_text(id, object);
    }
    kp_key_area(area, shown->key);
    return cJSON_AddStringToObject(parts, "object", id) != NULL &&
           cJSON_AddStringToObject(parts, "area", area) != NULL;
}

bool kp_shown_json(cJSON *object, const char *name, const struct kp_shown *shown)
{
    if (!shown->is_object) {
        return kp_json_add_address(object, name, &shown->address);
    }
    if (!shown->found) {
        return add_object(cJSON_AddObjectToObject(object, name), shown);
    }
    cJSON *parts = NULL;
    return kp_json_add_address(object, name, &shown->address) &&
           (parts = cJSON_GetObjectItemCaseSensitive(object, name)) != NULL &&
           add_object(parts, shown) &&
           cJSON_AddStringToObject(parts, "street", shown->street) != NULL &&
           cJSON_AddStringToObject(parts, "town", shown->town) != NULL;
}

enum kp_status kp_shown_key(char out[static KP_SHOWN_TEXT], const struct kp_register *reg,
                            const uint8_t key[static KP_ADDRESS_KEY_BYTES], struct kp_error *error)
{
    struct kp_shown shown;
    enum kp_status status = kp_shown_find(&shown, reg, key, error);
    out[0] = '\0';
    if (status == KP_OK) {
        kp_shown_text(out, &shown);
    }
    kp_wipe(&shown, sizeof(shown));
    return status;
}

enum kp_status kp_shown_add(cJSON *object, const char *name, const struct kp_register *reg,
                            const uint8_t key[static KP_ADDRESS_KEY_BYTES], struct kp_error *error)
{
    struct kp_shown shown;
    enum kp_status status = kp_shown_find(&shown, reg, key, error);
    if (status == KP_OK && !kp_shown_json(object, name, &shown)) {
        status = kp_fail(error, KP_FAILED, "no memory to write an address");
    }
    kp_wipe(&shown, sizeof(shown));
    return status;
}
