#include "proto/commands/address_explained.h"

#include "proto/address/shown.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <string.h>

#define SHOWN_MAX 1024 /* bytes of a text that is too long for an address */

/* ---- JSON ------------------------------------------------------------------------------------ */

static void flush(struct kp_explained *out)
{
    (void)fwrite_unlocked(out->out, 1, out->used, stdout);
    out->used = 0;
}

static void put_bytes(struct kp_explained *out, const char *text, size_t size)
{
    if (size > sizeof(out->out) - out->used) {
        flush(out);
    }
    memcpy(out->out + out->used, text, size); /* pieces are smaller than the buffer */
    out->used += size;
}

static void put(struct kp_explained *out, const char *text)
{
    put_bytes(out, text, strlen(text));
}

static void put_escaped(struct kp_explained *out, uint32_t character)
{
    char text[8];
    (void)snprintf(text, sizeof(text), "\\u%04x", (unsigned)character);
    put(out, text);
}

/* What stands in a string of JSON as it is. */
static bool is_plain(char byte)
{
    return byte >= ' ' && byte < 0x7f && byte != '"' && byte != '\\';
}

/* The plain bytes that the text begins with: how many. */
static size_t put_plain(struct kp_explained *out, const char *text, size_t size)
{
    size_t at = 0;
    if (size > sizeof(out->out) - out->used) {
        flush(out);
    }
    char *to = out->out + out->used;
    for (; at < size && is_plain(text[at]); at++) {
        to[at] = text[at];
    }
    out->used += at;
    return at;
}

/* Any bytes as a string of JSON: what isn't UTF-8 becomes U+FFFD. */
static void put_string(struct kp_explained *out, const char *text, size_t size)
{
    put_bytes(out, "\"", 1);
    for (size_t at = 0; at < size;) {
        at += put_plain(out, text + at, size - at);
        if (at == size) {
            break;
        }
        uint32_t character = 0;
        size_t length = kp_utf8_decode(&character, text + at, size - at);
        if (length == 0 || kp_utf8_is_control(character)) {
            put_escaped(out, length == 0 ? 0xfffd : character);
        } else {
            put(out, character == '"' || character == '\\' ? "\\" : "");
            put_bytes(out, text + at, length);
        }
        at += length == 0 ? 1 : length;
    }
    put_bytes(out, "\"", 1);
}

/* `name`: with what stands before the text. */
static void put_named(struct kp_explained *out, const char *name, const char *text)
{
    put(out, name);
    if (text == NULL) {
        put(out, "null");
    } else {
        put_string(out, text, strlen(text));
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

static void put_candidates(struct kp_explained *out, const struct kp_address_result *result)
{
    put(out, ", \"candidates\": [");
    for (size_t i = 0; i < result->candidate_count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        char id[KP_BAG_ID_TEXT];
        kp_bag_id_text(id, result->candidates[i]);
        put_named(out, i == 0 ? "" : ", ", id);
    }
    char count[32];
    (void)snprintf(count, sizeof(count), "%zu", result->candidate_count);
    put(out, "], \"candidate_count\": ");
    put(out, count);
}

static void put_steps(struct kp_explained *out, const char *steps)
{
    put(out, ", \"steps\": [");
    for (const char *at = steps; *at != '\0';) {
        size_t size = strcspn(at, "\n");
        put(out, at == steps ? "" : ", ");
        put_string(out, at, size);
        at += size + (at[size] == '\n' ? 1 : 0);
    }
    put(out, "]");
}

static void print_json(struct kp_explained *explained, const char *address, const char *key)
{
    const struct kp_address_result *result = &explained->result;
    char object[KP_BAG_ID_TEXT];
    char number[KP_BAG_ID_TEXT];
    put(explained, "{\"input\": ");
    put_string(explained, explained->text,
               explained->size < SHOWN_MAX ? explained->size : SHOWN_MAX);
    put_named(explained, ", \"verdict\": ", kp_address_verdict_name(result->verdict));
    put_named(explained, ", \"rule\": ", kp_address_rule_name(result->rule));
    put_named(explained, ", \"object\": ", id_text(object, result->object));
    put_named(explained, ", \"nummeraanduiding\": ", id_text(number, result->nummeraanduiding));
    put_candidates(explained, result);
    put_named(explained, ", \"address\": ", address);
    put_named(explained, ", \"key\": ", key);
    put_steps(explained, explained->trace.text);
    put(explained, "}\n");
    flush(explained);
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
            (void)putc_unlocked('?', stdout);
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
    (void)putc_unlocked('\n', stdout);
    if (address != NULL) {
        printf("  %s: %s\n", result->object != 0 ? "main address" : "address", address);
    }
    enum kp_status status = print_candidates(result, reg, error);
    for (const char *at = explained->trace.text; *at != '\0';) {
        size_t size = strcspn(at, "\n");
        (void)fputs_unlocked("    ", stdout);
        print_plain(at, size);
        (void)putc_unlocked('\n', stdout);
        at += size + (at[size] == '\n' ? 1 : 0);
    }
    return status;
}

enum kp_status kp_explained_print(struct kp_explained *explained, const struct kp_register *reg,
                                  bool json, struct kp_error *error)
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
