/* Targets of the address register's official extract. */
#include "proto/address.h"
#include "proto/address/bag_archive.h"
#include "proto/address/bag_xml.h"
#include "proto/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>

static void check_number(const struct kp_bag_record *record)
{
    FUZZ_CHECK(kp_bag_id_type(record->id) == KP_BAG_NUMBER);
    FUZZ_CHECK(kp_bag_id_type(record->street) == KP_BAG_STREET);
    FUZZ_CHECK(record->house_number >= 1 && record->house_number <= 99999);
    FUZZ_CHECK(strnlen(record->letter, 2) < 2 && strnlen(record->addition, 5) < 5);
    FUZZ_CHECK(strnlen(record->postcode, 7) == 0 || strnlen(record->postcode, 7) == 6);
    FUZZ_CHECK(record->town <= 9999);
}

static enum kp_status see_record(void *context, const struct kp_bag_record *record,
                                 struct kp_error *error)
{
    (void)context;
    (void)error;
    uint32_t month = record->begin / 100 % 100, day = record->begin % 100;
    FUZZ_CHECK(record->begin == 0 || (month >= 1 && month <= 12 && day >= 1 && day <= 31));
    if (record->kind == KP_RECORD_NUMBER) {
        check_number(record);
    } else if (record->kind == KP_RECORD_OBJECT) {
        FUZZ_CHECK(kp_bag_is_object(record->id) && record->side_count <= KP_BAG_SIDES_MAX);
        FUZZ_CHECK(kp_bag_id_type(record->main) == KP_BAG_NUMBER);
        for (size_t i = 0; i < record->side_count; i++) {
            FUZZ_CHECK(kp_bag_id_type(record->sides[i]) == KP_BAG_NUMBER);
        }
    } else {
        size_t size = strnlen(record->name, sizeof(record->name));
        FUZZ_CHECK(size > 0 && size < sizeof(record->name));
        FUZZ_CHECK(kp_utf8_is_line(record->name, size));
    }
    return KP_OK;
}

static void see_schema(void *context, bool known)
{
    (void)context;
    (void)known;
}

static enum kp_status see_date(void *context, uint32_t date, struct kp_error *error)
{
    (void)context;
    (void)error;
    FUZZ_CHECK(date >= 10101 && date <= 99991231);
    return KP_OK;
}

static enum kp_status see_bad(void *context, uint64_t line, const char *element, const char *reason,
                              struct kp_error *error)
{
    (void)context;
    (void)error;
    FUZZ_CHECK(line >= 1 && element != NULL && reason != NULL && reason[0] != '\0');
    return KP_OK;
}

static const struct kp_bag_xml_reader reader = {NULL, see_schema, see_date, see_record, see_bad};

/* The first byte says in what pieces the rest comes. */
void fuzz_bag_xml(const uint8_t *bytes, size_t size)
{
    struct kp_bag_xml *xml = NULL;
    struct kp_error error = {0};
    size_t piece = size == 0 ? 1 : 1 + bytes[0];
    bool enough = false;
    enum kp_status status = kp_bag_xml_new(&xml, &reader, NULL);
    FUZZ_CHECK(status == KP_OK);
    for (size_t at = 1; status == KP_OK && at < size && !enough; at += piece) {
        size_t part = piece < size - at ? piece : size - at;
        status = kp_bag_xml_feed(xml, bytes + at, part, &enough, &error);
    }
    if (status == KP_OK && !enough) {
        status = kp_bag_xml_end(xml, &error);
    }
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    kp_bag_xml_free(xml);
}

/* ---- archives, and the XML in them ---- */

struct input {
    const uint8_t *bytes;
    size_t left;
    struct kp_bag_xml *xml;
    bool open;
};

static enum kp_status read_input(void *context, uint8_t *out, size_t size, size_t *got,
                                 struct kp_error *error)
{
    struct input *input = context;
    (void)error;
    *got = size < input->left ? size : input->left;
    memcpy(out, input->bytes, *got);
    input->bytes += *got;
    input->left -= *got;
    return KP_OK;
}

static enum kp_status begin_file(void *context, const char *name, struct kp_error *error)
{
    struct input *input = context;
    for (; *name != '\0'; name++) {
        FUZZ_CHECK(*name >= ' ' && *name <= '~');
    }
    FUZZ_CHECK(!input->open);
    input->open = true;
    return kp_bag_xml_new(&input->xml, &reader, error);
}

static void close_file(struct input *input)
{
    kp_bag_xml_free(input->xml);
    input->xml = NULL;
    input->open = false;
}

static enum kp_status take_data(void *context, const uint8_t *bytes, size_t size, bool *enough,
                                struct kp_error *error)
{
    struct input *input = context;
    FUZZ_CHECK(input->open && size > 0);
    enum kp_status status = kp_bag_xml_feed(input->xml, bytes, size, enough, error);
    if (status == KP_REFUSED) {
        *enough = true; /* so that what follows is read too */
        status = KP_OK;
    }
    if (*enough) {
        close_file(input);
    }
    return status;
}

static enum kp_status end_file(void *context, struct kp_error *error)
{
    struct input *input = context;
    FUZZ_CHECK(input->open);
    (void)!kp_bag_xml_end(input->xml, error);
    close_file(input);
    return KP_OK;
}

void fuzz_bag_archive(const uint8_t *bytes, size_t size)
{
    struct input input = {.bytes = bytes, .left = size};
    const struct kp_archive_source source = {&input, read_input};
    const struct kp_archive_sink sink = {&input, begin_file, take_data, end_file};
    struct kp_archive_counts counts;
    struct kp_error error = {0};
    enum kp_status status = kp_archive_walk(&source, &sink, &counts, &error);
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    FUZZ_CHECK(counts.read <= size);
    close_file(&input);
}
