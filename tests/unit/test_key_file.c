#include "proto/key_file.h"

#include "crypto/secret.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static const char *key_text(const char *text, size_t size)
{
    const char *path = scratch_write("key", text, size);
    CU_ASSERT_FATAL(chmod(path, 0600) == 0);
    return path;
}

static void malformed_files_are_refused(void)
{
    static const char *const bad[] = {
        "",
        "\n",
        "kruispunt",
        "kruispunt store key 1 ",
        "kruispunt store key 1 " HEX "00\n",
        "kruispunt store key 1 " HEX "\n\n",
        "kruispunt store key 1 " HEX "\r\n",
        "kruispunt store key 1 " HEX " \n",
        "kruispunt store key 1  " HEX "\n",
        "kruispunt store key 2 " HEX "\n",
        "kruispunt box key 1 " HEX "\n",
        "Kruispunt store key 1 " HEX "\n",
        " kruispunt store key 1 " HEX "\n",
        "kruispunt store key 1 g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
        "kruispunt store key 1 00:0102030405060708090a0b0c0d0e0f10111213141516171819101b1c1d1e1f\n",
        "kruispunt store key 1 0000000000000000000000000000000000000000000000000000000000000000\n",
        HEX "\n",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint8_t *secret = NULL;
        struct kp_error error = {0};
        const char *path = key_text(bad[i], strlen(bad[i]));
        CU_ASSERT(kp_key_read(path, KP_KEY_STORE, &secret, &error) == KP_REFUSED);
        CU_ASSERT_PTR_NULL(secret);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, path));
        CU_ASSERT_PTR_NULL(strstr(error.text, "0102030405")); /* never a key */
    }
}

static void truncated_files_are_refused(void)
{
    static const char line[] = "kruispunt store key 1 " HEX "\n";
    for (size_t size = 0; size < sizeof(line) - 2; size++) {
        uint8_t *secret = NULL;
        CU_ASSERT(kp_key_read(key_text(line, size), KP_KEY_STORE, &secret, NULL) == KP_REFUSED);
        CU_ASSERT_PTR_NULL(secret);
    }
    uint8_t *secret = NULL;
    CU_ASSERT(kp_key_read(key_text(line, sizeof(line) - 2), KP_KEY_STORE, &secret, NULL) == KP_OK);
    kp_secret_free(secret);
}

static void a_nul_inside_is_refused(void)
{
    static const char line[] = "kruispunt store key 1\0" HEX "\n";
    uint8_t *secret = NULL;
    CU_ASSERT(kp_key_read(key_text(line, sizeof(line) - 1), KP_KEY_STORE, &secret, NULL) ==
              KP_REFUSED);
}

static void readable_by_others_is_refused(void)
{
    uint8_t *secret = NULL;
    const char *path = scratch_text("open-key", "kruispunt store key 1 " HEX "\n");
    CU_ASSERT_FATAL(chmod(path, 0644) == 0);
    CU_ASSERT(kp_key_read(path, KP_KEY_STORE, &secret, NULL) == KP_REFUSED);
}

static void written_keys_are_read_back(void)
{
    for (int kind = KP_KEY_IDENTITY; kind <= KP_KEY_OFFICER; kind++) {
        char name[32];
        uint8_t secret[KP_KEY_BYTES];
        uint8_t *read = NULL;
        struct kp_error error = {0};
        struct stat info;
        unit_hex(secret, sizeof(secret), HEX);
        secret[0] = (uint8_t)kind;
        snprintf(name, sizeof(name), "written-%d", kind);
        const char *path = scratch(name);
        CU_ASSERT(kp_key_write(path, (enum kp_key_kind)kind, secret, &error) == KP_OK);
        CU_ASSERT(stat(path, &info) == 0 && (info.st_mode & 07777) == 0600);
        CU_ASSERT(kp_key_read(path, (enum kp_key_kind)kind, &read, &error) == KP_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(read);
        CU_ASSERT(memcmp(read, secret, sizeof(secret)) == 0);
        kp_secret_free(read);
        CU_ASSERT(kp_key_write(path, (enum kp_key_kind)kind, secret, &error) == KP_REFUSED);
        CU_ASSERT(kp_key_read(path, (enum kp_key_kind)((kind + 1) % (KP_KEY_OFFICER + 1)), &read,
                              &error) == KP_REFUSED);
    }
}

static void credentials(void)
{
    uint8_t *secret = NULL;
    struct kp_error error = {0};
    scratch_text("credential", "kruispunt store key 1 " HEX "\n");
    CU_ASSERT_FATAL(unsetenv("CREDENTIALS_DIRECTORY") == 0);
    CU_ASSERT(kp_key_read("credential:credential", KP_KEY_STORE, &secret, &error) == KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "LoadCredential"));
    CU_ASSERT_FATAL(setenv("CREDENTIALS_DIRECTORY", scratch_folder, 1) == 0);
    CU_ASSERT(kp_key_read("credential:../x", KP_KEY_STORE, &secret, &error) == KP_USAGE);
    CU_ASSERT(kp_key_read("credential:..", KP_KEY_STORE, &secret, &error) == KP_USAGE);
    CU_ASSERT(kp_key_read("credential:", KP_KEY_STORE, &secret, &error) == KP_USAGE);
    CU_ASSERT(kp_key_read("credential:none", KP_KEY_STORE, &secret, &error) == KP_USAGE);
    CU_ASSERT(kp_key_read("credential:credential", KP_KEY_STORE, &secret, &error) == KP_OK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(secret);
    CU_ASSERT(secret[31] == 0x1f);
    kp_secret_free(secret);
}

static void names_of_kinds(void)
{
    CU_ASSERT_STRING_EQUAL(kp_key_kind_name(KP_KEY_IDENTITY), "identity");
    CU_ASSERT_STRING_EQUAL(kp_key_kind_name(KP_KEY_BOX), "box");
    CU_ASSERT_STRING_EQUAL(kp_key_kind_name(KP_KEY_OPENING), "opening");
    CU_ASSERT_STRING_EQUAL(kp_key_kind_name(KP_KEY_STORE), "store");
}

static const struct unit_test tests[] = {
    {"malformed files", malformed_files_are_refused},
    {"truncated files", truncated_files_are_refused},
    {"a NUL inside", a_nul_inside_is_refused},
    {"readable by others", readable_by_others_is_refused},
    {"written keys are read back", written_keys_are_read_back},
    {"credentials", credentials},
    {"names of kinds", names_of_kinds},
};

UNIT_MAIN("key_file", tests)
