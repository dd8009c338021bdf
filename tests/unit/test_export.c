/* proto/export.h: files for whoever checks afterwards. */
#include "proto/audit_log.h"
#include "proto/export.h"
#include "proto/file.h"
#include "proto/limits.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/stat.h>

#define ITEMS 3u

static struct kp_export_header make_header(void)
{
    struct kp_export_header header = {
        .kind = KP_EXPORT_ROUND, .party = 3, .counter = 12, .items = ITEMS, .has_digest = true};
    memset(header.lineage, 1, sizeof(header.lineage));
    memset(header.digest, 2, sizeof(header.digest));
    return header;
}

static struct kp_export_item make_item(uint32_t number)
{
    struct kp_export_item item = {
        .kind = KP_EXPORT_LOG_ENTRY, .member = number, .part = 1000 * number};
    uint8_t content[40];
    memset(content, (int)number, sizeof(content));
    CU_ASSERT_EQUAL(kp_buffer_set(&item.content, content, 10 * number), KP_OK);
    return item;
}

static void write_export(const char *path)
{
    struct kp_export_header header = make_header();
    struct kp_export_writer *writer = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_export_create(&writer, path, &header, NULL), KP_OK);
    for (uint32_t i = 0; i < ITEMS; i++) {
        struct kp_export_item item = make_item(i);
        CU_ASSERT_NOT_EQUAL(kp_export_finish(writer, NULL), KP_OK); /* not all items yet */
        CU_ASSERT_EQUAL(kp_export_add(writer, &item, NULL), KP_OK);
        kp_export_item_free(&item);
    }
    struct kp_export_item more = make_item(1);
    CU_ASSERT_EQUAL(kp_export_add(writer, &more, NULL), KP_FAILED);
    kp_export_item_free(&more);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0); /* not before it is whole */
    CU_ASSERT_EQUAL(kp_export_finish(writer, NULL), KP_OK);
    kp_export_writer_free(writer);
}

/* To the end; the number of items. */
static enum kp_status read_export(const char *path, struct kp_export_header *header,
                                  uint64_t *count)
{
    struct kp_export_reader *reader = NULL;
    struct kp_export_item item = {0};
    struct kp_error error = {0};
    bool end = false;
    *count = 0;
    enum kp_status status = kp_export_open(&reader, path, header, &error);
    while (status == KP_OK && !end) {
        status = kp_export_next(reader, &item, &end, &error);
        if (status == KP_OK && !end) {
            struct kp_export_item made = make_item((uint32_t)*count);
            CU_ASSERT(item.kind == made.kind && item.member == made.member);
            CU_ASSERT(item.part == made.part && item.content.size == made.content.size);
            CU_ASSERT(made.content.size == 0 ||
                      memcmp(item.content.data, made.content.data, made.content.size) == 0);
            kp_export_item_free(&made);
            (*count)++;
        }
    }
    CU_ASSERT((status == KP_OK) == (error.text[0] == '\0'));
    kp_export_item_free(&item);
    kp_export_reader_free(reader);
    return status;
}

static void what_is_written_is_read(void)
{
    const char *path = scratch("whole");
    struct kp_export_header made = make_header(), header;
    struct kp_export_writer *writer = NULL;
    struct stat info;
    uint64_t count = 0;
    write_export(path);
    CU_ASSERT_EQUAL(read_export(path, &header, &count), KP_OK);
    CU_ASSERT_EQUAL(count, ITEMS);
    CU_ASSERT(header.kind == made.kind && header.party == 3 && header.counter == 12);
    CU_ASSERT(memcmp(header.lineage, made.lineage, sizeof(made.lineage)) == 0);
    CU_ASSERT(header.has_digest && memcmp(header.digest, made.digest, KP_DIGEST_BYTES) == 0);
    CU_ASSERT(stat(path, &info) == 0 && (info.st_mode & 07777) == 0600);
    CU_ASSERT_EQUAL(kp_export_create(&writer, path, &made, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_export_open(&(struct kp_export_reader *){NULL}, scratch("nothing"), &header, NULL),
        KP_USAGE);
}

/* Cut off anywhere, longer, and announced otherwise. */
static void other_files_are_refused(void)
{
    struct kp_buffer whole = {0};
    struct kp_export_header header;
    uint64_t count = 0;
    write_export(scratch("part"));
    CU_ASSERT_EQUAL_FATAL(kp_file_read(scratch("part"), 4096, &whole, NULL), KP_OK);
    for (size_t size = 0; size < whole.size; size++) {
        CU_ASSERT_EQUAL(read_export(scratch_write("cut", whole.data, size), &header, &count),
                        KP_REFUSED);
    }
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(&whole, "", 1), KP_OK);
    CU_ASSERT_EQUAL(read_export(scratch_write("long", whole.data, whole.size), &header, &count),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(read_export(scratch_text("text", "kruispunt export 2\n"), &header, &count),
                    KP_REFUSED);
    kp_buffer_free(&whole);
}

static enum kp_status repack(const struct kp_export_header *header)
{
    struct kp_export_header again;
    struct kp_buffer packed = {0};
    CU_ASSERT_EQUAL(kp_export_header_pack(header, &packed, NULL), KP_OK);
    enum kp_status status = kp_export_header_unpack(&again, packed.data, packed.size, NULL);
    kp_buffer_free(&packed);
    return status;
}

static void headers_out_of_range_are_refused(void)
{
    struct kp_export_header header = make_header();
    CU_ASSERT_EQUAL(repack(&header), KP_OK);
    header.party = 33;
    CU_ASSERT_EQUAL(repack(&header), KP_REFUSED);
    header.party = KP_PARTY_LEADER;
    CU_ASSERT_EQUAL(repack(&header), KP_OK);
    header.counter = KP_ROUNDS_MAX + 1;
    CU_ASSERT_EQUAL(repack(&header), KP_REFUSED);
    header = make_header();
    header.items = KP_EXPORT_ITEMS_MAX + 1ull;
    CU_ASSERT_EQUAL(repack(&header), KP_REFUSED);
    header = make_header();
    header.kind = KP_EXPORT_KINDS;
    CU_ASSERT_EQUAL(repack(&header), KP_REFUSED);
}

static const struct unit_test TESTS[] = {
    {"what is written is read", what_is_written_is_read},
    {"other files are refused", other_files_are_refused},
    {"headers out of range are refused", headers_out_of_range_are_refused},
};
UNIT_MAIN("export", TESTS)
