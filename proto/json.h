/* One JSON object a line on standard output (libcjson), spaced as most tools do: {"a": 1, "b": [2,
 * 3]}.
 *
 * Building is done with libcjson itself; its functions take NULL for an object and then return NULL
 * or false, so a chain is checked once, at kp_json_print. */
#ifndef KP_PROTO_JSON_H
#define KP_PROTO_JSON_H

#include "proto/address.h"
#include "proto/error.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>

/* Adds bytes as lower-case hex; false: no memory. */
KP_MUST_USE bool kp_json_add_hex(cJSON *object, const char *name, const void *bytes, size_t size);
/* Appends the same to an array. */
KP_MUST_USE bool kp_json_append_hex(cJSON *array, const void *bytes, size_t size);

/* Adds {"postcode": "1234AB", "house_number": 12, "house_letter": "A", "addition": ""}. */
KP_MUST_USE bool kp_json_add_address(cJSON *object, const char *name,
                                     const struct kp_address *address);

/* Prints `object` and a line end, and deletes it; with complete = false only deletes it.
 * KP_FAILED: no memory (also when object is NULL or complete is false). */
KP_MUST_USE enum kp_status kp_json_print(cJSON *object, bool complete, struct kp_error *error);

#endif
