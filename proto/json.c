#include "proto/json.h"

#include "crypto/secret.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static cJSON *hex_item(const void *bytes, size_t size)
{
    char *hex = malloc(2 * size + 1);
    if (hex == NULL) {
        return NULL;
    }
    sodium_bin2hex(hex, 2 * size + 1, bytes, size);
    cJSON *item = cJSON_CreateString(hex);
    kp_wipe(hex, 2 * size + 1);
    free(hex);
    return item;
}

bool kp_json_add_hex(cJSON *object, const char *name, const void *bytes, size_t size)
{
    cJSON *item = hex_item(bytes, size);
    if (item == NULL || !cJSON_AddItemToObject(object, name, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

bool kp_json_append_hex(cJSON *array, const void *bytes, size_t size)
{
    cJSON *item = hex_item(bytes, size);
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return false;
    }
    return true;
}

bool kp_json_add_address(cJSON *object, const char *name, const struct kp_address *address)
{
    cJSON *parts = cJSON_AddObjectToObject(object, name);
    return cJSON_AddStringToObject(parts, "postcode", address->postcode) != NULL &&
           cJSON_AddNumberToObject(parts, "house_number", address->house_number) != NULL &&
           cJSON_AddStringToObject(parts, "house_letter", address->house_letter) != NULL &&
           cJSON_AddStringToObject(parts, "addition", address->addition) != NULL;
}

/* libcjson prints without any space or over several lines; this puts a space behind each comma and
 * colon that isn't inside a string. */
static void print_spaced(const char *text)
{
    bool in_string = false;
    for (; *text != '\0'; text++) {
        putchar(*text);
        if (in_string && *text == '\\' && text[1] != '\0') {
            putchar(*++text);
        } else if (*text == '"') {
            in_string = !in_string;
        } else if (!in_string && (*text == ',' || *text == ':')) {
            putchar(' ');
        }
    }
    putchar('\n');
}

enum kp_status kp_json_print(cJSON *object, bool complete, struct kp_error *error)
{
    char *text = complete && object != NULL ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (text == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to write the answer");
    }
    print_spaced(text);
    kp_wipe(text, strlen(text));
    cJSON_free(text);
    return KP_OK;
}
