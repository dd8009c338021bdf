#include "proto/commands/address_explained.h"

#include "proto/address/shown.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 1024 /* bytes of a text that is too long for an address */

/* ---- JSON ------------------------------------------------------------------------------------ */

static void put(const char *text)
{
    (void)fputs_unlocked(text, stdout);
}

static void put_escaped(uint32_t character)
{
    char text[8];
    (void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)character);
    put(text);
}

/* Bytes that stand in a string as they are. */
static size_t plain_size(const char *text, size_t size)
{
    size_t at = 0;
    while (at < size && text[at] >= ' ' && text[at] != '"' && text[at] != '\\' &&
           text[at] != 0x7f) {
        at++;
    }
    return at;
}

/* Any bytes as a string of JSON: what isn't UTF-8 becomes U+FFFD. */
static void put_string(const char *text, size_t size)
{
    (void)putc_unlocked('"', stdout);
    for (size_t at = 0; at < size;) {
        size_t length = plain_size(text + at, size - at);
        (void)fwrite_unlocked(text + at, 1, length, stdout);
        at += length;
        if (at == size) {
            break;
        }
        uint32_t character = 0;
        length = kp_utf8_decode(&character, text + at, size - at);
        if (length == 0 || kp_utf8_is_control(character)) {
            put_escaped(length == 0 ? 0xfffd : character);
        } else {
            put(character == '"' || character == '\\' ? "\\" : "");
            (void)fwrite_unlocked(text + at, 1, length, stdout);
        }
        at += length == 0 ? 1 : length;
    }
    (void)putc_unlocked('"', stdout);
}

static void put_named(const char *name, const char *text)
{
    put(", \"");
    put(name);
    put("\": ");
    if (text == NULL) {
        put("null");
    } else {
        put_string(text, strlen(text));
    }
}

static const char *id_text(char out[static KP_BAG_ID_TEXT], uint64_t id)
{
    if (id == 0) {
        return NULL;
    }
    kp_bag_id_text(out, id);
    return out;
}

static void put_candidates(const struct kp_address_result *result)
{
    put(", \"candidates\": [");
    for (size_t i = 0; i < result->candidate_count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        char id[KP_BAG_ID_TEXT];
        kp_bag_id_text(id, result->candidates[i]);
        put(i == 0 ? "" : ", ");
        put_string(id, strlen(id));
    }
    char count[32];
    (void)snprintf(count, sizeof(count), "], \"candidate_count\": %zu", result->candidate_count);
    put(count);
}

static void put_steps(const char *steps)
{
    put(", \"steps\": [");
    for (const char *at = steps; *at != '\0';) {
        size_t size = strcspn(at, "\n");
        put(at == steps ? "" : ", ");
        put_string(at, size);
        at += size + (at[size] == '\n' ? 1 : 0);
    }
    put("]");
}

static void print_json(const struct kp_explained *explained, const char *address, const char *key)
{
    const struct kp_address_result *result = &explained->result;
    char object[KP_BAG_ID_TEXT];
    char number[KP_BAG_ID_TEXT];
    put("{\"input\": ");
    put_string(explained->text, explained->size < SHOWN_MAX ? explained->size : SHOWN_MAX);
    put_named("verdict", kp_address_verdict_name(result->verdict));
    put_named("rule", kp_address_rule_name(result->rule));
    put_named("object", id_text(object, result->object));
    put_named("nummeraanduiding", id_text(number, result->nummeraanduiding));
    put_candidates(result);
    put_named("address", address);
    put_named("key", key);
    put_steps(explained->trace.text);
    put("}\n");
}

/* ---- Text ------------------------------------------------------------------------------------ */

/* Control characters could do something to a terminal. */
static void print_plain(const char *text, size_t size)
{
    for (size_t at = 0; at < size;) {
        uint32_t character = 0;
        size_t length = kp_utf8_decode(&character, text + at, size - at);
        bool good = length > 0 && !kp_utf8_is_control(character);
        if (good) {
            (void)fwrite_unlocked(text + at, 1, length, stdout);
        } else {
            put("?");
        }
        at += length == 0 ? 1 : length;
    }
}

static enum kp_status print_candidates(const struct kp_address_result *result,
                                       const struct kp_register *reg, struct kp_error *error)
{
    for (size_t i = 0; i < result->candidate_count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        char text[KP_SHOWN_CANDIDATE_TEXT];
        enum kp_status status = kp_shown_candidate(text, reg, result->candidates[i], error);
        if (status != KP_OK) {
            return status;
        }
        printf("  candidate: %s\n", text);
    }
    if (result->candidate_count > KP_ADDRESS_CANDIDATES_MAX) {
        printf("  and %zu more\n", result->candidate_count - KP_ADDRESS_CANDIDATES_MAX);
    }
    return KP_OK;
}

static enum kp_status print_text(const struct kp_explained *explained, const char *address,
                                 const struct kp_register *reg, struct kp_error *error)
{
    const struct kp_address_result *result = &explained->result;
    print_plain(explained->text, explained->size < SHOWN_MAX ? explained->size : SHOWN_MAX);
    printf("\n  %s (%s)", kp_address_verdict_name(result->verdict),
           kp_address_rule_name(result->rule));
    char id[KP_BAG_ID_TEXT];
    if (id_text(id, result->object) != NULL) {
        printf(": object %s", id);
    }
    if (id_text(id, result->nummeraanduiding) != NULL) {
        printf(", nummeraanduiding %s", id);
    }
    put("\n");
    if (address != NULL) {
        printf("  %s: %s\n", result->object != 0 ? "main address" : "address", address);
    }
    enum kp_status status = print_candidates(result, reg, error);
    for (const char *at = explained->trace.text; *at != '\0';) {
        size_t size = strcspn(at, "\n");
        put("    ");
        print_plain(at, size);
        put("\n");
        at += size + (at[size] == '\n' ? 1 : 0);
    }
    return status;
}

enum kp_status kp_explained_print(const struct kp_explained *explained,
                                  const struct kp_register *reg, bool json, struct kp_error *error)
{
    const struct kp_address_result *result = &explained->result;
    bool resolved = result->verdict == KP_ADDRESS_RESOLVED;
    char address[KP_SHOWN_TEXT] = "";
    char key[KP_KEY_TEXT] = "";
    if (resolved) {
        enum kp_status status = kp_shown_key(address, reg, result->key, error);
        if (status != KP_OK) {
            return status;
        }
        kp_key_text(key, result->key);
    }
    if (json) {
        print_json(explained, resolved ? address : NULL, resolved ? key : NULL);
        return KP_OK;
    }
    return print_text(explained, resolved ? address : NULL, reg, error);
}
