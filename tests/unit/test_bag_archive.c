#include "proto/address/bag_archive.h"

#include "proto/limits.h"
#include "tests/unit/unit.h"
#include "tests/unit/zip_make.h"

#include <stdio.h>
#include <string.h>

/* What a walk handed over: "NAME=BYTES;" for each file, long ones cut off. */
struct got {
    char text[1024];
    size_t size;
    uint64_t bytes, ended;
    const char *enough_at; /* a name of which nothing is wanted */
    bool enough;
    enum kp_status answer; /* at the first data */
};

static struct got got;
static struct kp_archive_counts counts;
static struct kp_error error;
static struct zip_made zip, inner;

static void note(const void *bytes, size_t size)
{
    size = size < 64 ? size : 64;
    if (got.size + size < sizeof(got.text)) {
        memcpy(got.text + got.size, bytes, size);
        got.size += size;
    }
}

static enum kp_status begin(void *context, const char *name, struct kp_error *fill)
{
    (void)context;
    (void)fill;
    note(name, strlen(name));
    note("=", 1);
    got.enough = got.enough_at != NULL && strcmp(name, got.enough_at) == 0;
    return KP_OK;
}

static enum kp_status data(void *context, const uint8_t *bytes, size_t size, bool *enough,
                           struct kp_error *fill)
{
    (void)context;
    *enough = got.enough;
    got.bytes += size;
    note(bytes, size);
    return got.answer == KP_OK ? KP_OK : kp_fail(fill, got.answer, "not that");
}

static enum kp_status end(void *context, struct kp_error *fill)
{
    (void)context;
    (void)fill;
    got.ended++;
    note(";", 1);
    return KP_OK;
}

/* Gives the bytes in pieces of `piece`. */
struct memory {
    const uint8_t *bytes;
    size_t left, piece;
};

static enum kp_status read_memory(void *context, uint8_t *out, size_t size, size_t *read,
                                  struct kp_error *fill)
{
    struct memory *memory = context;
    (void)fill;
    *read = size < memory->left ? size : memory->left;
    *read = *read < memory->piece ? *read : memory->piece;
    memcpy(out, memory->bytes, *read);
    memory->bytes += *read;
    memory->left -= *read;
    return KP_OK;
}

static enum kp_status walk_pieces(const void *bytes, size_t size, size_t piece)
{
    const struct kp_archive_sink sink = {NULL, begin, data, end};
    struct memory memory = {bytes, size, piece};
    const struct kp_archive_source source = {&memory, read_memory};
    got = (struct got){.enough_at = got.enough_at, .answer = got.answer};
    error = (struct kp_error){0};
    return kp_archive_walk(&source, &sink, &counts, &error);
}

static enum kp_status walk(const void *bytes, size_t size)
{
    return walk_pieces(bytes, size, SIZE_MAX);
}

static void plain_files(void)
{
    CU_ASSERT(walk("<a/>", 4) == KP_OK);
    CU_ASSERT_STRING_EQUAL(got.text, "=<a/>;");
    CU_ASSERT(counts.read == 4 && counts.expanded == 0 && counts.files == 1);
    CU_ASSERT(walk("\xef\xbb\xbf \r\n<a/>", 10) == KP_OK);
    CU_ASSERT(walk("\xff\xfe<\0a\0/\0>\0", 10) == KP_OK && got.bytes == 10);
    CU_ASSERT(walk("\xfe\xff\0<\0a\0/\0>", 10) == KP_OK && got.bytes == 10);
    CU_ASSERT(walk("", 0) == KP_REFUSED && strstr(error.text, "empty") != NULL);
    CU_ASSERT(walk("id,x\n", 5) == KP_REFUSED && strstr(error.text, "neither XML") != NULL);
    CU_ASSERT(walk("\0<a/>", 5) == KP_REFUSED);
    CU_ASSERT(walk("PK\x03", 3) == KP_REFUSED);
    CU_ASSERT(walk("   ", 3) == KP_REFUSED);
}

static void zips_in_zips(void)
{
    for (enum zip_how outer = ZIP_STORED; outer <= ZIP_LATE; outer++) {
        for (enum zip_how how = ZIP_STORED; how <= ZIP_LATE; how++) {
            zip_make_text(&zip, how, "a.xml", "<a/>");
            CU_ASSERT(walk(zip.bytes, zip.size) == KP_OK);
            CU_ASSERT_STRING_EQUAL(got.text, "a.xml=<a/>;");
            zip_wrap(&zip, outer, "b.zip", &zip);
            zip_wrap(&zip, outer, "c.zip", &zip);
            CU_ASSERT(walk(zip.bytes, zip.size) == KP_OK);
            CU_ASSERT_STRING_EQUAL(got.text, "a.xml=<a/>;");
            CU_ASSERT(counts.entries == 3 && counts.files == 1 && counts.read == zip.size);
            CU_ASSERT(walk_pieces(zip.bytes, zip.size, 1) == KP_OK);
            CU_ASSERT_STRING_EQUAL(got.text, "a.xml=<a/>;");
            zip_wrap(&zip, outer, "d.zip", &zip);
            CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
            CU_ASSERT(strstr(error.text, "c.zip: b.zip: a zip within 3 zips") != NULL);
        }
    }
}

static void many_files(void)
{
    zip_make_text(&inner, ZIP_LATE, "in.xml", "<in/>");
    const struct zip_file files[] = {
        {.name = "one.xml", .bytes = "<1/>", .size = 4},
        {.name = "readme.txt", .bytes = "hello", .size = 5},
        {.name = "__MACOSX/._one.xml", .bytes = "\0\5\x16\7", .size = 4},
        {.name = ".DS_Store", .bytes = "\0\0\0\1", .size = 4},
        {.name = "inner", .bytes = inner.bytes, .size = inner.size},
        {.name = "long.xml", .bytes = "<2>", .size = 3, .spaces = 200000},
        {.name = "three.xml", .bytes = "<3/>", .size = 4},
    };
    for (enum zip_how how = ZIP_STORED; how <= ZIP_LATE; how++) {
        zip_make(&zip, how, files, sizeof(files) / sizeof(files[0]));
        CU_ASSERT(walk(zip.bytes, zip.size) == KP_OK);
        CU_ASSERT(strncmp(got.text, "one.xml=<1/>;in.xml=<in/>;long.xml=<2>  ", 40) == 0);
        CU_ASSERT(strstr(got.text, ";three.xml=<3/>;") != NULL);
        CU_ASSERT(got.ended == 4 && got.bytes == 4 + 5 + 200003 + 4);
        CU_ASSERT(counts.files == 4 && counts.ignored == 3 && counts.entries == 8);
        got.enough_at = "long.xml"; /* its rest is passed over, what follows isn't */
        CU_ASSERT(walk(zip.bytes, zip.size) == KP_OK && got.ended == 3);
        CU_ASSERT(strstr(got.text, "three.xml=<3/>;") != NULL);
        got.enough_at = NULL;
    }
}

static void an_answer_ends_it(void)
{
    zip_make_text(&zip, ZIP_LATE, "a.xml", "<a/>");
    zip_wrap(&zip, ZIP_LATE, "b.zip", &zip);
    got.answer = KP_FAILED;
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_FAILED && got.ended == 0);
    CU_ASSERT_STRING_EQUAL(error.text, "b.zip: a.xml: not that");
    got.answer = KP_OK;
}

/* Whatever is cut off, wherever, is refused; also after the last file's last byte. */
static void cut_off(void)
{
    const struct zip_file files[] = {
        {.name = "one.xml", .bytes = "<one>1</one>", .size = 12},
        {.name = "two.xml", .bytes = "<two>2</two>", .size = 12},
    };
    for (enum zip_how how = ZIP_STORED; how <= ZIP_LATE; how++) {
        zip_make(&zip, how, files, 2);
        for (size_t size = 0; size < zip.size; size++) {
            CU_ASSERT(walk(zip.bytes, size) == KP_REFUSED && error.text[0] != '\0');
        }
        inner = zip;
        inner.size -= 5;
        zip_wrap(&zip, how, "inner.zip", &inner);
        CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
        CU_ASSERT_STRING_EQUAL(error.text, "inner.zip: not a whole zip: cut off");
    }
}

/* No byte of a file's data can change without its being seen. */
static void changed(void)
{
    for (enum zip_how how = ZIP_STORED; how <= ZIP_LATE; how++) {
        zip_make_text(&zip, how, "one.xml", "<one>some words, and more</one>");
        /* Behind the header of 30 bytes, the name and what else there is. */
        size_t data_at = 30u + zip.bytes[26] + zip.bytes[28];
        size_t refused = 0;
        for (size_t i = data_at; i < data_at + 18; i++) {
            zip.bytes[i] ^= 0x55;
            refused += walk(zip.bytes, zip.size) == KP_REFUSED;
            zip.bytes[i] ^= 0x55;
        }
        CU_ASSERT(refused == 18);
        CU_ASSERT(walk(zip.bytes, zip.size) == KP_OK);
    }
}

/* Fields of the header of the first file: flags at 6, method at 8. */
static void other_forms(void)
{
    zip_make_text(&zip, ZIP_STORED, "one.xml", "<one>1</one>");
    zip.bytes[6] |= 1;
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "one.xml: encrypted");
    zip.bytes[6] &= 0xfe;
    for (unsigned method = 1; method < 100; method++) {
        zip.bytes[8] = (uint8_t)method;
        CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
        CU_ASSERT(method == 8 || strstr(error.text, "use deflate") != NULL);
    }
    zip_make_text(&zip, ZIP_STORED, "one.xml", "just words");
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "one.xml: neither XML nor a zip");
    zip_make_text(&zip, ZIP_STORED, "one.zip", "");
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "one.zip: empty");
}

static void hostile_names(void)
{
    static char name[2048];
    zip_make_text(&zip, ZIP_DEFLATED, "../../etc/\x1b[2J\npasswd", "<a/>");
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_OK);
    CU_ASSERT_STRING_EQUAL(got.text, "../../etc/?[2J?passwd=<a/>;");
    memset(name, 'n', sizeof(name) - 5);
    memcpy(name + sizeof(name) - 5, ".xml", 5);
    zip_make_text(&zip, ZIP_DEFLATED, name, "words");
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    CU_ASSERT(strlen(error.text) < 128 && strstr(error.text, "nnn.xml: neither") != NULL);
}

/* Some 150 KB that would be 150 MB, and that in each other. */
static void bombs(void)
{
    const struct zip_file file = {.name = "a.xml", .bytes = "<", .size = 1, .spaces = 150u << 20};
    zip_make(&zip, ZIP_LATE, &file, 1);
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    CU_ASSERT(strstr(error.text, "a.xml: a zip bomb") != NULL);
    CU_ASSERT(counts.expanded <
              KP_ARCHIVE_EXPANDED_FREE + (counts.read + 65536) * KP_ARCHIVE_RATIO_MAX + 65536);
    zip_wrap(&zip, ZIP_LATE, "b.zip", &zip);
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    CU_ASSERT(counts.expanded <
              KP_ARCHIVE_EXPANDED_FREE + (counts.read + 65536) * KP_ARCHIVE_RATIO_MAX + 65536);
    got.enough_at = "a.xml"; /* what isn't wanted counts too */
    CU_ASSERT(walk(zip.bytes, zip.size) == KP_REFUSED);
    got.enough_at = NULL;
}

/* Entries without content, so many as there are asked for. */
static enum kp_status read_entries(void *context, uint8_t *out, size_t size, size_t *read,
                                   struct kp_error *fill)
{
    static const uint8_t entry[32] =
        "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2\0\0\0.x";
    (void)context;
    (void)fill;
    for (*read = 0; *read + sizeof(entry) <= size; *read += sizeof(entry)) {
        memcpy(out + *read, entry, sizeof(entry));
    }
    return KP_OK;
}

static void entries_without_end(void)
{
    const struct kp_archive_sink sink = {NULL, begin, data, end};
    const struct kp_archive_source source = {NULL, read_entries};
    error = (struct kp_error){0};
    CU_ASSERT(kp_archive_walk(&source, &sink, &counts, &error) == KP_REFUSED);
    CU_ASSERT(strstr(error.text, "more than 1000000 entries") != NULL);
    CU_ASSERT(counts.ignored == KP_ARCHIVE_ENTRIES_MAX);
}

static const struct unit_test tests[] = {
    {"a file that is no zip", plain_files},
    {"zips in zips, to three", zips_in_zips},
    {"many files", many_files},
    {"the sink's answer ends it", an_answer_ends_it},
    {"cut off anywhere", cut_off},
    {"changed anywhere", changed},
    {"encrypted, other compression, other content", other_forms},
    {"hostile names", hostile_names},
    {"zip bombs", bombs},
    {"entries without end", entries_without_end},
};

UNIT_MAIN("bag_archive", tests)
