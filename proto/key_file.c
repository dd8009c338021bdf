#include "proto/key_file.h"

#include "crypto/secret.h"
#include "proto/file.h"
#include "proto/limits.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CREDENTIAL "credential:"
#define HEX_DIGITS (2 * KP_KEY_BYTES)

const char *kp_key_kind_name(enum kp_key_kind kind)
{
    switch (kind) {
    case KP_KEY_IDENTITY:
        return "identity";
    case KP_KEY_BOX:
        return "box";
    case KP_KEY_OPENING:
        return "opening";
    case KP_KEY_STORE:
        return "store";
    case KP_KEY_PAIR:
        return "pair";
    case KP_KEY_OFFICER:
        return "officer";
    }
    return "unknown";
}

/* systemd hands out credentials in a folder that only this service can enter; the files themselves
 * may carry an access list, so their mode says nothing. */
static enum kp_status read_credential(const char *name, struct kp_buffer *out,
                                      struct kp_error *error)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    if (folder == NULL || folder[0] != '/') {
        return kp_fail(error, KP_USAGE,
                       "credential %s: $CREDENTIALS_DIRECTORY is not set; run this as a systemd "
                       "service with LoadCredential=%s",
                       name, name);
    }
    if (name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL) {
        return kp_fail(error, KP_USAGE, "credential \"%s\": not the name of a credential", name);
    }
    char path[KP_PATH_MAX];
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return kp_fail(error, KP_USAGE, "credential %.100s: the path is too long", name);
    }
    return kp_file_read(path, KP_KEY_FILE_BYTES_MAX, out, error);
}

/* "kruispunt KIND key 1 HEX", then nothing but a line's end. */
static enum kp_status parse(const struct kp_buffer *content, const char *path,
                            enum kp_key_kind kind, uint8_t *secret, struct kp_error *error)
{
    char start[64];
    int start_size = snprintf(start, sizeof(start), "kruispunt %s key 1 ", kp_key_kind_name(kind));
    const char *text = (const char *)content->data;
    size_t size = content->size;
    if (size > 0 && text[size - 1] == '\n') {
        size--;
    }
    if (size < (size_t)start_size || memcmp(text, start, (size_t)start_size) != 0) {
        static const char any[] = "kruispunt ";
        bool ours = size >= sizeof(any) - 1 && memcmp(text, any, sizeof(any) - 1) == 0;
        return kp_fail(error, KP_REFUSED, "%s: %s; expected a line that begins with \"%s\"", path,
                       ours ? "a key of another kind or version" : "not a key file", start);
    }
    size_t decoded = 0;
    const char *hex = text + start_size;
    size_t digits = size - (size_t)start_size;
    if (digits != HEX_DIGITS ||
        sodium_hex2bin(secret, KP_KEY_BYTES, hex, digits, NULL, &decoded, NULL) != 0 ||
        decoded != KP_KEY_BYTES) {
        return kp_fail(error, KP_REFUSED, "%s: the key is not %d hex digits; the file is damaged",
                       path, HEX_DIGITS);
    }
    if (sodium_is_zero(secret, KP_KEY_BYTES)) {
        return kp_fail(error, KP_REFUSED, "%s: the key is all zeros", path);
    }
    return KP_OK;
}

enum kp_status kp_key_read(const char *path, enum kp_key_kind kind, uint8_t **secret,
                           struct kp_error *error)
{
    *secret = NULL;
    struct kp_buffer content = {0};
    enum kp_status status = strncmp(path, CREDENTIAL, strlen(CREDENTIAL)) == 0
                                ? read_credential(path + strlen(CREDENTIAL), &content, error)
                                : kp_file_read_secret(path, KP_KEY_FILE_BYTES_MAX, &content, error);
    uint8_t *key = NULL;
    if (status == KP_OK) {
        key = kp_secret_new(KP_KEY_BYTES);
        status = key == NULL ? kp_fail(error, KP_FAILED, "%s: no locked memory for the key", path)
                             : parse(&content, path, kind, key, error);
    }
    kp_buffer_free(&content);
    if (status != KP_OK) {
        kp_secret_free(key);
        return status;
    }
    *secret = key;
    return KP_OK;
}

enum kp_status kp_key_write(const char *path, enum kp_key_kind kind,
                            const uint8_t secret[static KP_KEY_BYTES], struct kp_error *error)
{
    char hex[HEX_DIGITS + 1];
    char line[HEX_DIGITS + 64];
    sodium_bin2hex(hex, sizeof(hex), secret, KP_KEY_BYTES);
    int size = snprintf(line, sizeof(line), "kruispunt %s key 1 %s\n", kp_key_kind_name(kind), hex);
    enum kp_status status = kp_file_create(path, 0600, line, (size_t)size, error);
    kp_wipe(hex, sizeof(hex));
    kp_wipe(line, sizeof(line));
    return status;
}
