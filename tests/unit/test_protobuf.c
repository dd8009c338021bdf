/* What every message does with protobuf-c: unknown fields refused at any depth, exact sizes, texts.
 */
#include "proto/protobuf.h"
#include "proto/wire.pb-c.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <stdio.h>

static enum kp_status unpack(const ProtobufCMessageDescriptor *descriptor, const char *hex)
{
    uint8_t bytes[128];
    struct kp_error error = {0};
    size_t size = strlen(hex) / 2;
    unit_hex(bytes, size, hex);
    ProtobufCMessage *message = kp_protobuf_unpack(descriptor, "thing", bytes, size, &error);
    CU_ASSERT_EQUAL(message == NULL, error.status == KP_REFUSED);
    CU_ASSERT(message != NULL || strncmp(error.text, "thing ", 6) == 0);
    if (message != NULL) {
        protobuf_c_message_free_unpacked(message, NULL);
    }
    return message != NULL ? KP_OK : KP_REFUSED;
}

static void unknown_fields(void)
{
    static const struct {
        const char *hex;
        bool response;
        enum kp_status expected;
    } CASES[] = {
        {"2200", false, KP_OK},                  /* StartRound */
        {"22027801", false, KP_REFUSED},         /* with field 15 inside */
        {"22007801", false, KP_REFUSED},         /* beside it */
        {"7a00", false, KP_REFUSED},             /* nothing else */
        {"220278012200", false, KP_REFUSED},     /* replaced by one without */
        {"2a0408011002", false, KP_OK},          /* WatchRound */
        {"2a06080110021803", false, KP_REFUSED}, /* with a third field */
        {"32020801", true, KP_OK},               /* RoundState */
        {"3206420478017801", true, KP_REFUSED},  /* in a member, two levels down */
        {"320642020801", true, KP_REFUSED},      /* cut short */
        {"3206420210014200", true, KP_OK},
        {"320842021001420278ff", true, KP_REFUSED},
        {"320842021001420278017801", true, KP_REFUSED},
        {"3208420210014202780f", true, KP_REFUSED}, /* the second of two members */
        {"3a061204780f0a00", true, KP_REFUSED},     /* in an item of Results */
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        enum kp_status status = unpack(CASES[i].response ? &kruispunt__response__descriptor
                                                         : &kruispunt__request__descriptor,
                                       CASES[i].hex);
        if (status != CASES[i].expected) {
            fprintf(stderr, "%s\n", CASES[i].hex);
        }
        CU_ASSERT_EQUAL(status, CASES[i].expected);
    }
}

/* One content has one form, at any depth: otherwise what somebody signed would have many. */
static void other_forms(void)
{
    static const struct {
        const char *what;
        const char *hex;
        bool response;
        bool good;
    } CASES[] = {
        {"as it is packed", "2a0408011002", false, true},
        {"an envelope's length in two bytes", "2a840008011002", false, false},
        {"a tag in two bytes", "aa000408011002", false, false},
        {"a number in two bytes",
         "2a0508810010"
         "02",
         false, false},
        {"a number in ten bytes",
         "2a0d0881808080808080808000"
         "1002",
         false, false},
        {"32 bits with higher ones above",
         "2a0808011082808080"
         "10",
         false, false},
        {"the other order", "2a0410020801", false, false},
        {"a field twice, the same", "2a06080108011002", false, false},
        {"a field twice, another", "2a06080308011002", false, false},
        {"a default that is written out", "2a0408011000", false, false},
        {"the same without it", "2a020801", false, true},
        {"a default of bytes that is written out", "22020a00", false, false},
        {"a message twice, merged", "2a0208012a021002", false, false},
        {"two bodies", "22002a020801", false, false},
        {"the same body twice", "22002200", false, false},
        {"a flag", "320442022801", true, true},
        {"a flag that is 2", "320442022802", true, false},
        {"a default two levels down", "320642040a001001", true, false},
        {"the same without it", "320442021001", true, true},
        {"a field twice two levels down", "3206420410021001", true, false},
        {"a wide number two levels down",
         "320542031081"
         "00",
         true, false},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        enum kp_status status = unpack(CASES[i].response ? &kruispunt__response__descriptor
                                                         : &kruispunt__request__descriptor,
                                       CASES[i].hex);
        if (status != (CASES[i].good ? KP_OK : KP_REFUSED)) {
            fprintf(stderr, "%s: %s\n", CASES[i].what, CASES[i].hex);
        }
        CU_ASSERT_EQUAL(status, CASES[i].good ? KP_OK : KP_REFUSED);
    }
}

static void no_bytes(void)
{
    struct kp_error error = {0};
    ProtobufCMessage *message =
        kp_protobuf_unpack(&kruispunt__request__descriptor, "thing", NULL, 0, &error);
    CU_ASSERT_PTR_NOT_NULL_FATAL(message); /* every field has its default */
    protobuf_c_message_free_unpacked(message, NULL);
}

static void packing(void)
{
    Kruispunt__PutDone done = KRUISPUNT__PUT_DONE__INIT;
    struct kp_buffer out = {0};
    CU_ASSERT_EQUAL(kp_buffer_set(&out, "what was there before", 21), KP_OK);
    CU_ASSERT_EQUAL(kp_protobuf_pack(&done.base, &out, NULL), KP_OK);
    CU_ASSERT_EQUAL(out.size, 0); /* all defaults: no bytes */
    done.last_put = 300;
    CU_ASSERT_EQUAL(kp_protobuf_pack(&done.base, &out, NULL), KP_OK);
    CU_ASSERT_EQUAL(out.size, 3);
    CU_ASSERT_EQUAL(memcmp(out.data, "\x08\xac\x02", 3), 0);
    CU_ASSERT_EQUAL(kp_protobuf_pack(&done.base, &out, NULL), KP_OK);
    CU_ASSERT_EQUAL(out.size, 3);
    kp_buffer_free(&out);
}

static void exact_sizes(void)
{
    uint8_t bytes[5] = {1, 2, 3, 4, 5}, copy[5] = {0}, other[2] = {0};
    struct kp_error error = {0};
    ProtobufCBinaryData field = kp_protobuf_bytes(bytes, 4);
    CU_ASSERT_EQUAL(kp_protobuf_copy(copy, 4, &field, "thing", &error), KP_OK);
    CU_ASSERT_EQUAL(memcmp(copy, "\1\2\3\4\0", 5), 0);
    CU_ASSERT_EQUAL(kp_protobuf_copy(copy, 3, &field, "thing", &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "thing"));
    CU_ASSERT_EQUAL(kp_protobuf_copy(copy, 5, &field, "thing", &error), KP_REFUSED);
    ProtobufCBinaryData nothing = {0};
    CU_ASSERT_EQUAL(kp_protobuf_copy(copy, 0, &nothing, "thing", &error), KP_OK);
    CU_ASSERT_EQUAL(kp_protobuf_copy(copy, 4, &nothing, "thing", &error), KP_REFUSED);
    ProtobufCBinaryData two = kp_protobuf_bytes(bytes, 2);
    const struct kp_protobuf_field good[] = {{&field, copy, 4, "first"},
                                             {&two, other, 2, "second"}};
    CU_ASSERT_EQUAL(KP_PROTOBUF_COPY(good, &error), KP_OK);
    CU_ASSERT_EQUAL(other[1], 2);
    const struct kp_protobuf_field bad[] = {{&field, copy, 4, "first"}, {&two, other, 1, "second"}};
    CU_ASSERT_EQUAL(KP_PROTOBUF_COPY(bad, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "second"));
}

static enum kp_status copy_text(char *out, size_t capacity, const char *text)
{
    memset(out, 'z', 16);
    enum kp_status status = kp_protobuf_copy_text(out, capacity, text, "thing", NULL);
    CU_ASSERT_EQUAL(out[capacity], 'z'); /* never beyond */
    return status;
}

static void texts(void)
{
    char out[16];
    CU_ASSERT_EQUAL(copy_text(out, 5, "abcd"), KP_OK);
    CU_ASSERT_STRING_EQUAL(out, "abcd");
    CU_ASSERT_EQUAL(copy_text(out, 5, ""), KP_OK);
    CU_ASSERT_EQUAL(copy_text(out, 5, "abcde"), KP_REFUSED);
    CU_ASSERT_EQUAL(copy_text(out, 5, "a\nb"), KP_REFUSED);
    CU_ASSERT_EQUAL(copy_text(out, 5, "a\x1b["), KP_REFUSED);
    CU_ASSERT_EQUAL(copy_text(out, 5, "\xc3\xa9"), KP_OK);
    CU_ASSERT_EQUAL(copy_text(out, 5, "\xc3"), KP_REFUSED);
    CU_ASSERT_EQUAL(copy_text(out, 5, "\xff\xff"), KP_REFUSED);
}

/* For a person all the same: cut between characters, and marked where it can't be shown. */
static void remarks(void)
{
    char out[8];
    static const struct {
        const char *in, *out;
    } CASES[] = {
        {"", ""},
        {"short", "short"},
        {"exactly", "exactly"},
        {"exactly8", "exactly"},
        {"a\nb\x7f", "a?b?"},
        {"\x1b[31m", "?[31m"},
        {"123456\xc3\xa9", "123456"}, /* the character doesn't fit */
        {"12345\xc3\xa9", "12345\xc3\xa9"},
        {"\xc3\x28", "?("},
        {"\xff\xfe", "??"},
        {"12345\xf0\x9f\x98\x80", "12345"},
    };
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        memset(out, 'z', sizeof(out));
        kp_protobuf_copy_remark(out, sizeof(out), CASES[i].in);
        CU_ASSERT_STRING_EQUAL(out, CASES[i].out);
    }
}

static const struct unit_test TESTS[] = {
    {"unknown fields", unknown_fields},
    {"other forms", other_forms},
    {"no bytes", no_bytes},
    {"packing", packing},
    {"exact sizes", exact_sizes},
    {"texts", texts},
    {"remarks", remarks},
};

UNIT_MAIN("protobuf", TESTS)
