#include "proto/error.h"
#include "proto/utf8.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

static void long_text_is_cut_and_marked(void)
{
    char text[2 * KP_ERROR_TEXT];
    struct kp_error error = {0};
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    CU_ASSERT(kp_fail(&error, KP_FAILED, "%s", text) == KP_FAILED);
    CU_ASSERT(strlen(error.text) < KP_ERROR_TEXT);
    CU_ASSERT(strcmp(error.text + strlen(error.text) - 4, "x...") == 0);
    CU_ASSERT(kp_fail_in(&error, "%s", text) == KP_FAILED);
    CU_ASSERT(strlen(error.text) < KP_ERROR_TEXT);
}

static void cut_keeps_utf8_whole(void)
{
    /* At every alignment of a four-byte character. */
    for (size_t pad = 0; pad < 4; pad++) {
        char text[2 * KP_ERROR_TEXT + 1];
        memset(text, 'x', pad);
        for (size_t i = pad; i + 4 < sizeof(text); i += 4) {
            memcpy(text + i, "\xf0\x9f\x8f\xa0\0", 5);
        }
        struct kp_error error = {0};
        CU_ASSERT(kp_fail(&error, KP_REFUSED, "%s", text) == KP_REFUSED);
        CU_ASSERT(kp_utf8_valid(error.text, strlen(error.text)));
    }
}

static void no_error_to_fill_in(void)
{
    CU_ASSERT(kp_fail(NULL, KP_USAGE, "%d", 1) == KP_USAGE);
    CU_ASSERT(kp_fail_in(NULL, "here") != KP_OK);
}

static void context_comes_in_front(void)
{
    struct kp_error error = {0};
    errno = ENOENT;
    CU_ASSERT(kp_fail(&error, KP_RETRY, "no answer after %d s", 3) == KP_RETRY);
    CU_ASSERT(kp_fail_in(&error, "member %s", "svb") == KP_RETRY);
    CU_ASSERT_STRING_EQUAL(error.text, "member svb: no answer after 3 s");
    CU_ASSERT(error.status == KP_RETRY);
    CU_ASSERT(errno == ENOENT);
}

static void text_may_be_its_own_argument(void)
{
    struct kp_error error = {0};
    CU_ASSERT(kp_fail(&error, KP_REFUSED, "bad") == KP_REFUSED);
    CU_ASSERT(kp_fail(&error, KP_REFUSED, "line 3: %s", error.text) == KP_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "line 3: bad");
}

static void utf8_refuses_what_is_malformed(void)
{
    static const struct {
        const char *bytes;
        size_t size;
    } bad[] = {
        {"\x80", 1},             /* continuation alone */
        {"\xc0\x80", 2},         /* overlong NUL */
        {"\xc1\xbf", 2},         /* overlong */
        {"\xe0\x9f\xbf", 3},     /* overlong */
        {"\xf0\x8f\xbf\xbf", 4}, /* overlong */
        {"\xed\xa0\x80", 3},     /* surrogate */
        {"\xed\xbf\xbf", 3},     /* surrogate */
        {"\xf4\x90\x80\x80", 4}, /* above U+10FFFF */
        {"\xf5\x80\x80\x80", 4},
        {"\xff", 1},
        {"\xc3", 1}, /* cut short */
        {"\xe2\x82", 2},
        {"\xf0\x9f\x8f", 3},
        {"\xc3(", 2},
        {"\xe2(\xa1", 3},
        {"caf\xe9", 4}, /* Latin-1 */
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT(!kp_utf8_valid(bad[i].bytes, bad[i].size));
        CU_ASSERT(!kp_utf8_is_line(bad[i].bytes, bad[i].size));
    }
}

static void utf8_takes_what_is_well_formed(void)
{
    static const char *const good[] = {"",
                                       "abc",
                                       "caf\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x8f\xa0",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xee\x80\x80"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CU_ASSERT(kp_utf8_valid(good[i], strlen(good[i])));
        CU_ASSERT(kp_utf8_is_line(good[i], strlen(good[i])));
    }
    uint32_t character = 0;
    CU_ASSERT(kp_utf8_decode(&character, "\xe2\x82\xac", 3) == 3 && character == 0x20ac);
    CU_ASSERT(kp_utf8_decode(&character, "", 0) == 0);
}

static void control_characters_are_no_line(void)
{
    static const char *const bad[] = {"a\nb", "a\tb", "\x1b[0m", "\x7f", "\xc2\x85"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CU_ASSERT(kp_utf8_valid(bad[i], strlen(bad[i])));
        CU_ASSERT(!kp_utf8_is_line(bad[i], strlen(bad[i])));
    }
    CU_ASSERT(!kp_utf8_is_line("a\0b", 3));
    CU_ASSERT(kp_utf8_length("") == 0);
    CU_ASSERT(kp_utf8_length("Ren\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8f\xa0") == 8);
}

static const struct unit_test tests[] = {
    {"long text is cut and marked", long_text_is_cut_and_marked},
    {"cut keeps UTF-8 whole", cut_keeps_utf8_whole},
    {"no error to fill in", no_error_to_fill_in},
    {"context comes in front", context_comes_in_front},
    {"text may be its own argument", text_may_be_its_own_argument},
    {"UTF-8: malformed", utf8_refuses_what_is_malformed},
    {"UTF-8: well formed", utf8_takes_what_is_well_formed},
    {"UTF-8: control characters", control_characters_are_no_line},
};

UNIT_MAIN("error", tests)
