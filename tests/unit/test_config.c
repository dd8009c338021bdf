#include "proto/config.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>

struct settings {
    char name[KP_TITLE_MAX + 1];
    char store[KP_PATH_MAX];
    uint32_t port;
    bool json;
    uint8_t digest[32];
};

static struct settings settings;

static const struct kp_config_key keys[] = {
    {"node", "name", KP_CONFIG_TEXT, settings.name, true, 0, 0},
    {"node", "store", KP_CONFIG_PATH, settings.store, false, 0, 0},
    {"link", "port", KP_CONFIG_NUMBER, &settings.port, false, 1, 65535},
    {"log", "json", KP_CONFIG_FLAG, &settings.json, false, 0, 0},
    {"node", "digest", KP_CONFIG_DIGEST, settings.digest, false, 0, 0},
};

static enum kp_status read_bytes(const char *text, size_t size, struct kp_error *error)
{
    settings = (struct settings){.port = 7, .json = true};
    return kp_config_read(scratch_write("node.ini", text, size), keys,
                          sizeof(keys) / sizeof(keys[0]), error);
}

static enum kp_status read_text(const char *text, struct kp_error *error)
{
    return read_bytes(text, strlen(text), error);
}

static void malformed_files(void)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "\"name\" in [node] is missing"},
        {"[node]\n", "\"name\" in [node] is missing"},
        {"name = x\n", "node.ini:1: a key before the first section"},
        {"[node\nname = x\n", "node.ini:1: a section without ]"},
        {"[node] x\nname = x\n", "node.ini:1: text behind"},
        {"[]\nname = x\n", "node.ini:1: a section's name"},
        {"[node]\nname\n", "node.ini:2: expected [section] or key = value"},
        {"[node]\n\n\n= x\n", "node.ini:4: a key's name"},
        {"[node]\nname: x\n", "node.ini:2: expected"},
        {"[node]\nname =\n", "node.ini:2: \"name\" in [node]: no value"},
        {"[node]\nname = a\x01", "node.ini:2: a control character"},
        {"[node]\nname = a\rname = b\n", "node.ini:2: a control character"},
        {"[node]\nname = caf\xe9\n", "node.ini:2: not UTF-8"},
        {"[node]\nname = x\nname = x\n", "node.ini:3: \"name\" in [node] stands in line 2 already"},
        {"[node]\nname = x\n[link]\nport=1\n[node]\nname = y\n", "node.ini:6: \"name\" in [node]"},
        {"[node]\nnaem = x\n", "unknown key \"naem\" in [node]; did you mean \"name\"?"},
        {"[node]\nName = x\n", "unknown key \"Name\" in [node]; did you mean \"name\"?"},
        {"[node]\nport = 1\n", "did you mean \"port\" in [link]?"},
        {"[noed]\nname = x\n", "unknown section [noed]; did you mean [node]?"},
        {"[lnk]\nport = 1\n", "unknown section [lnk]; did you mean [link]?"},
        {"[link]\nport = 0\n", "expected a number from 1 to 65535"},
        {"[link]\nport = 65536\n", "expected a number from 1 to 65535"},
        {"[link]\nport = 18446744073709551617\n", "expected a number"},
        {"[link]\nport = -1\n", "expected a number"},
        {"[link]\nport = +1\n", "expected a number"},
        {"[link]\nport = 0x1\n", "expected a number"},
        {"[link]\nport = 1 2\n", "expected a number"},
        {"[link]\nport = 1 ; why\n", "expected a number"},
        {"[log]\njson = Yes\n", "expected yes or no"},
        {"[log]\njson = 1\n", "expected yes or no"},
        {"[node]\ndigest = 00\n", "expected 64 hex digits"},
        {"[node]\ndigest = 00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg\n",
         "expected 64 hex digits"},
        {"[node]\ndigest = 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff00\n",
         "expected 64 hex digits"},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct kp_error error = {0};
        CU_ASSERT(read_text(bad[i].text, &error) == KP_USAGE);
        CU_ASSERT(error.status == KP_USAGE);
        CU_ASSERT(strstr(error.text, bad[i].says) != NULL);
        if (strstr(error.text, bad[i].says) == NULL) {
            printf("\n  %zu: %s\n", i, error.text);
        }
        CU_ASSERT(read_text(bad[i].text, NULL) == KP_USAGE);
    }
}

static void nul_bytes_are_refused(void)
{
    static const char text[] = "[node]\nname = a\0b\n";
    CU_ASSERT(read_bytes(text, sizeof(text) - 1, NULL) == KP_USAGE);
}

static void sizes_are_capped(void)
{
    static char text[KP_CONFIG_BYTES_MAX + 2];
    struct kp_error error = {0};
    memset(text, '#', sizeof(text));
    CU_ASSERT(read_bytes(text, sizeof(text), &error) == KP_USAGE);
    CU_ASSERT(error.status == KP_USAGE);
    CU_ASSERT(read_bytes(text, 9000, &error) == KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "8192"));

    /* Names that inih would cut short, values that don't fit. */
    snprintf(text, sizeof(text), "[node]\n%0100d = 1\n", 1);
    CU_ASSERT(read_text(text, &error) == KP_USAGE);
    snprintf(text, sizeof(text), "[%0100d]\nname = 1\n", 1);
    CU_ASSERT(read_text(text, &error) == KP_USAGE);
    snprintf(text, sizeof(text), "[node]\nname = %0201d\n", 1);
    CU_ASSERT(read_text(text, &error) == KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "longer than 200 bytes"));
    snprintf(text, sizeof(text), "[node]\nname = %0200d\n", 1);
    CU_ASSERT(read_text(text, &error) == KP_OK);
    CU_ASSERT(strlen(settings.name) == 200);
    snprintf(text, sizeof(text), "[node]\nname = x\nstore = /%01023d\n", 1);
    CU_ASSERT(read_text(text, &error) == KP_USAGE);
    snprintf(text, sizeof(text), "[node]\nname = x\nstore = /%01022d\n", 1);
    CU_ASSERT(read_text(text, &error) == KP_OK);
    CU_ASSERT(strlen(settings.store) == 1023);
}

static void a_good_file(void)
{
    struct kp_error error = {0};
    CU_ASSERT(read_text("\xef\xbb\xbf# comment\r\n; comment\r\n\r\n[node]\r\n"
                        "  name = SVB ; a # b = c\r\n\t store=./db dir\r\n"
                        "digest = 00112233445566778899AABBccddeeff00112233445566778899aabbccddeeff"
                        "\r\n [log] \r\njson = false\r\n[link]\r\nport = 0443",
                        &error) == KP_OK);
    CU_ASSERT_STRING_EQUAL(settings.name, "SVB ; a # b = c");
    CU_ASSERT(settings.port == 443);
    CU_ASSERT(!settings.json);
    CU_ASSERT(settings.digest[1] == 0x11 && settings.digest[31] == 0xff);
    size_t folder = strlen(scratch_folder);
    CU_ASSERT(strncmp(settings.store, scratch_folder, folder) == 0);
    CU_ASSERT_STRING_EQUAL(settings.store + folder, "/./db dir");
}

static void defaults_stay(void)
{
    CU_ASSERT(read_text("[node]\nname = x\n", NULL) == KP_OK);
    CU_ASSERT(settings.port == 7 && settings.json && settings.store[0] == '\0');
}

static void file_that_is_not_there(void)
{
    struct kp_error error = {0};
    CU_ASSERT(kp_config_read(scratch("none.ini"), keys, 5, &error) == KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "none.ini"));
}

static void paths(void)
{
    char out[KP_PATH_MAX];
    char long_path[KP_PATH_MAX + 1];
    CU_ASSERT(kp_config_path(out, "/etc/x.ini", "/abs/y", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(out, "/abs/y");
    CU_ASSERT(kp_config_path(out, "/etc/x.ini", "y", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(out, "/etc/y");
    CU_ASSERT(kp_config_path(out, "/x.ini", "y", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(out, "/y");
    CU_ASSERT(kp_config_path(out, "/etc/x.ini", "credential:key", NULL) == KP_OK);
    CU_ASSERT_STRING_EQUAL(out, "credential:key");
    CU_ASSERT(kp_config_path(out, "x.ini", "y", NULL) == KP_OK);
    CU_ASSERT(out[0] == '/');
    CU_ASSERT(kp_config_path(out, "/none/at/all/x.ini", "y", NULL) == KP_USAGE);
    memset(long_path, 'y', sizeof(long_path) - 1);
    long_path[sizeof(long_path) - 1] = '\0';
    CU_ASSERT(kp_config_path(out, "/etc/x.ini", long_path, NULL) == KP_USAGE);
}

struct pair {
    const char *section, *name, *value;
    unsigned line;
};

struct walking {
    const struct pair *expected;
    size_t count, stop_at;
};

static enum kp_status take(void *context, const char *section, const char *name, const char *value,
                           unsigned line, struct kp_error *error)
{
    struct walking *walking = context;
    const struct pair *expected = &walking->expected[walking->count];
    if (walking->count == walking->stop_at) {
        return kp_fail(error, KP_REFUSED, "stop");
    }
    CU_ASSERT_STRING_EQUAL(section, expected->section);
    CU_ASSERT_STRING_EQUAL(name, expected->name);
    CU_ASSERT_STRING_EQUAL(value, expected->value);
    CU_ASSERT(line == expected->line);
    walking->count++;
    return KP_OK;
}

static void walks_sections_that_repeat(void)
{
    static const struct pair expected[] = {
        {"member", "name", "svb", 2},
        {"member", "name", "svb again", 3},
        {"member", "name", "uwv", 6},
        {"text", "empty", "", 8},
    };
    static const char text[] = "[member]\nname = svb\n   name = svb again\n\n[member]\nname=uwv\n"
                               "[text]\nempty =\n";
    struct walking walking = {expected, 0, 99};
    struct kp_error error = {0};
    const char *path = scratch_text("draft.ini", text);
    CU_ASSERT(kp_config_walk(path, take, &walking, &error) == KP_OK);
    CU_ASSERT(walking.count == 4);
    walking = (struct walking){expected, 0, 2};
    CU_ASSERT(kp_config_walk(path, take, &walking, &error) == KP_REFUSED);
    CU_ASSERT(walking.count == 2);
    CU_ASSERT_STRING_EQUAL(error.text, "stop");
}

static void long_paragraphs_come_whole(void)
{
    char text[KP_TEXT_MAX + 64];
    char value[KP_TEXT_MAX + 1];
    memset(value, 'x', KP_TEXT_MAX);
    value[KP_TEXT_MAX] = '\0';
    snprintf(text, sizeof(text), "[text]\npurpose = %s\n", value);
    const struct pair expected = {"text", "purpose", value, 2};
    struct walking walking = {&expected, 0, 99};
    CU_ASSERT(kp_config_walk(scratch_text("draft.ini", text), take, &walking, NULL) == KP_OK);
    CU_ASSERT(walking.count == 1);
}

static enum kp_status take_any(void *context, const char *section, const char *name,
                               const char *value, unsigned line, struct kp_error *error)
{
    (void)error;
    *(size_t *)context += strlen(section) + strlen(name) + strlen(value) + line;
    return KP_OK;
}

/* Whatever the bytes: a status, and for wrong usage a text with the path. */
static void garbled_files(void)
{
    static const char good[] = "# c\n[node]\nname = SVB\nstore = db\n[link]\nport = 443\n";
    static const char letters[] = "[]=:;#\n\r\t \0\xff\xc3\xa9"
                                  "aZ0\"\\";
    srand(1);
    for (int i = 0; i < 2000; i++) {
        char text[sizeof(good)];
        size_t size = (size_t)rand() % sizeof(good);
        memcpy(text, good, sizeof(good));
        for (int j = rand() % 4; j >= 0; j--) {
            text[(size_t)rand() % sizeof(good)] = letters[(size_t)rand() % (sizeof(letters) - 1)];
        }
        struct kp_error error = {0};
        size_t total = 0;
        const char *path = scratch_write("garbled.ini", text, size);
        enum kp_status status = kp_config_walk(path, take_any, &total, &error);
        CU_ASSERT(status == KP_OK || (status == KP_USAGE && strstr(error.text, path) != NULL));
        settings = (struct settings){0};
        status = kp_config_read(path, keys, sizeof(keys) / sizeof(keys[0]), &error);
        CU_ASSERT(status == KP_OK || status == KP_USAGE);
    }
}

static const struct unit_test tests[] = {
    {"malformed files", malformed_files},
    {"NUL bytes", nul_bytes_are_refused},
    {"sizes are capped", sizes_are_capped},
    {"a good file", a_good_file},
    {"defaults stay", defaults_stay},
    {"a file that isn't there", file_that_is_not_there},
    {"paths", paths},
    {"walks sections that repeat", walks_sections_that_repeat},
    {"long paragraphs come whole", long_paragraphs_come_whole},
    {"garbled files", garbled_files},
};

UNIT_MAIN("config", tests)
