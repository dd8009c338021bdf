#include "tests/unit/zip_make.h"

#include <CUnit/CUnit.h>
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

static void write_file(struct archive *archive, enum zip_how how, const struct zip_file *file)
{
    static char spaces[65536];
    struct archive_entry *entry = archive_entry_new();
    memset(spaces, ' ', sizeof(spaces));
    archive_entry_set_pathname(entry, file->name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    if (how != ZIP_LATE) {
        archive_entry_set_size(entry, (la_int64_t)(file->size + file->spaces));
    }
    CU_ASSERT_FATAL(archive_write_header(archive, entry) == ARCHIVE_OK);
    CU_ASSERT_FATAL(file->size == 0 ||
                    archive_write_data(archive, file->bytes, file->size) == (la_ssize_t)file->size);
    for (uint64_t left = file->spaces; left > 0;) {
        size_t part = left < sizeof(spaces) ? (size_t)left : sizeof(spaces);
        CU_ASSERT_FATAL(archive_write_data(archive, spaces, part) == (la_ssize_t)part);
        left -= part;
    }
    archive_entry_free(entry);
}

void zip_make(struct zip_made *out, enum zip_how how, const struct zip_file *files, size_t count)
{
    struct archive *archive = archive_write_new();
    CU_ASSERT_FATAL(archive != NULL && archive_write_set_format_zip(archive) == ARCHIVE_OK);
    CU_ASSERT_FATAL((how == ZIP_STORED
                         ? archive_write_zip_set_compression_store(archive)
                         : archive_write_zip_set_compression_deflate(archive)) == ARCHIVE_OK);
    CU_ASSERT_FATAL(archive_write_set_bytes_in_last_block(archive, 1) == ARCHIVE_OK);
    CU_ASSERT_FATAL(archive_write_open_memory(archive, out->bytes, sizeof(out->bytes),
                                              &out->size) == ARCHIVE_OK);
    for (size_t i = 0; i < count; i++) {
        write_file(archive, how, &files[i]);
    }
    CU_ASSERT_FATAL(archive_write_close(archive) == ARCHIVE_OK);
    archive_write_free(archive);
}

void zip_make_text(struct zip_made *out, enum zip_how how, const char *name, const char *text)
{
    const struct zip_file file = {.name = name, .bytes = text, .size = strlen(text)};
    zip_make(out, how, &file, 1);
}

void zip_wrap(struct zip_made *out, enum zip_how how, const char *name, const struct zip_made *from)
{
    uint8_t *copy = malloc(from->size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    memcpy(copy, from->bytes, from->size);
    const struct zip_file file = {.name = name, .bytes = copy, .size = from->size};
    zip_make(out, how, &file, 1);
    free(copy);
}
