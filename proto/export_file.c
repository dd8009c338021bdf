/* The file: a line, then records after their length. */
#include "proto/export.h"

#include "proto/export_internal.h"
#include "proto/limits.h"
#include "proto/numbers.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- Writing ---- */

struct kp_export_writer {
    FILE *file;
    char path[KP_PATH_MAX];
    char temporary[KP_PATH_MAX + 16]; /* what it is called until it is whole */
    uint64_t left;                    /* items to come */
    struct kp_buffer packed;
};

static enum kp_status cant_write(const struct kp_export_writer *writer, struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "%s: can't be written: %s", writer->path, strerror(errno));
}

static enum kp_status write_record(struct kp_export_writer *writer, struct kp_error *error)
{
    uint8_t length[KP_EXPORT_LENGTH_BYTES];
    (void)kp_put_number(length, writer->packed.size, sizeof(length));
    bool good =
        fwrite(length, 1, sizeof(length), writer->file) == sizeof(length) &&
        fwrite(writer->packed.data, 1, writer->packed.size, writer->file) == writer->packed.size;
    return good ? KP_OK : cant_write(writer, error);
}

static enum kp_status open_temporary(struct kp_export_writer *writer, const char *path,
                                     struct kp_error *error)
{
    struct stat info;
    const char *slash = strrchr(path, '/');
    if (strlen(path) >= KP_PATH_MAX) {
        return kp_fail(error, KP_USAGE, "%.200s...: the path is longer than %u bytes", path,
                       KP_PATH_MAX - 1);
    }
    memcpy(writer->path, path, strlen(path) + 1);
    if (lstat(path, &info) == 0) {
        return kp_fail(error, KP_REFUSED, "%s: is there already and is not replaced", path);
    }
    (void)snprintf(writer->temporary, sizeof(writer->temporary), "%.*s.new-XXXXXX",
                   slash == NULL ? 0 : (int)(slash - path) + 1, path);
    int fd = mkostemp(writer->temporary, O_CLOEXEC);
    if (fd < 0) {
        writer->temporary[0] = '\0';
        return cant_write(writer, error);
    }
    writer->file = fdopen(fd, "wb");
    if (writer->file == NULL) {
        close(fd);
        return cant_write(writer, error);
    }
    return KP_OK;
}

enum kp_status kp_export_create(struct kp_export_writer **out, const char *path,
                                const struct kp_export_header *header, struct kp_error *error)
{
    *out = NULL;
    struct kp_export_writer *writer = calloc(1, sizeof(*writer));
    if (writer == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an export");
    }
    writer->left = header->items;
    enum kp_status status = open_temporary(writer, path, error);
    if (status == KP_OK) {
        status = kp_export_header_pack(header, &writer->packed, error);
    }
    if (status == KP_OK && fwrite(KP_EXPORT_FIRST_LINE, 1, KP_EXPORT_FIRST_LINE_BYTES,
                                  writer->file) != KP_EXPORT_FIRST_LINE_BYTES) {
        status = cant_write(writer, error);
    }
    if (status == KP_OK) {
        status = write_record(writer, error);
    }
    if (status != KP_OK) {
        kp_export_writer_free(writer);
        return status;
    }
    *out = writer;
    return KP_OK;
}

enum kp_status kp_export_add(struct kp_export_writer *writer, const struct kp_export_item *item,
                             struct kp_error *error)
{
    if (writer->left == 0 || item->content.size > KP_EXPORT_CONTENT_MAX) {
        return kp_fail(error, KP_FAILED, "%s: %s", writer->path,
                       writer->left == 0 ? "more items than announced" : "an item is too long");
    }
    writer->left--;
    enum kp_status status = kp_export_item_pack(item, &writer->packed, error);
    return status == KP_OK ? write_record(writer, error) : status;
}

enum kp_status kp_export_finish(struct kp_export_writer *writer, struct kp_error *error)
{
    if (writer->left > 0) {
        return kp_fail(error, KP_FAILED, "%s: %" PRIu64 " items are missing", writer->path,
                       writer->left);
    }
    if (fflush(writer->file) != 0 || fsync(fileno(writer->file)) != 0) {
        return cant_write(writer, error);
    }
    if (link(writer->temporary, writer->path) != 0) {
        return errno == EEXIST ? kp_fail(error, KP_REFUSED,
                                         "%s: is there already and is not replaced", writer->path)
                               : cant_write(writer, error);
    }
    return KP_OK;
}

void kp_export_writer_free(struct kp_export_writer *writer)
{
    if (writer == NULL) {
        return;
    }
    if (writer->file != NULL) {
        (void)fclose(writer->file);
    }
    if (writer->temporary[0] != '\0') {
        (void)unlink(writer->temporary);
    }
    kp_buffer_free(&writer->packed);
    free(writer);
}

/* ---- Reading ---- */

struct kp_export_reader {
    FILE *file;
    char path[KP_PATH_MAX];
    uint64_t items, read;
    struct kp_buffer record;
};

static enum kp_status cut_off(const struct kp_export_reader *reader, struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED, "%s: ends too early, after %" PRIu64 " of %" PRIu64 " items",
                   reader->path, reader->read, reader->items);
}

static enum kp_status read_record(struct kp_export_reader *reader, size_t most,
                                  struct kp_error *error)
{
    uint8_t length[KP_EXPORT_LENGTH_BYTES];
    if (fread(length, 1, sizeof(length), reader->file) != sizeof(length)) {
        return cut_off(reader, error);
    }
    size_t size = (size_t)kp_get_number(length, sizeof(length));
    if (size > most) {
        return kp_fail(error, KP_REFUSED,
                       "%s: item %" PRIu64 " would have %zu bytes; %zu is the most", reader->path,
                       reader->read + 1, size, most);
    }
    reader->record.size = 0;
    if (size > 0 && kp_buffer_extend(&reader->record, size) == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", reader->path);
    }
    return size == 0 || fread(reader->record.data, 1, size, reader->file) == size
               ? KP_OK
               : cut_off(reader, error);
}

static enum kp_status read_header(struct kp_export_reader *reader, struct kp_export_header *header,
                                  struct kp_error *error)
{
    char line[KP_EXPORT_FIRST_LINE_BYTES];
    if (fread(line, 1, sizeof(line), reader->file) != sizeof(line) ||
        memcmp(line, KP_EXPORT_FIRST_LINE, sizeof(line)) != 0) {
        return kp_fail(error, KP_REFUSED, "%s: is no export of this version of Kruispunt",
                       reader->path);
    }
    enum kp_status status = read_record(reader, KP_EXPORT_HEADER_MAX, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_export_header_unpack(header, reader->record.data, reader->record.size, error);
    reader->items = header->items;
    return status == KP_OK ? KP_OK : kp_fail_in(error, "%s", reader->path);
}

enum kp_status kp_export_open(struct kp_export_reader **out, const char *path,
                              struct kp_export_header *header, struct kp_error *error)
{
    *out = NULL;
    struct kp_export_reader *reader = calloc(1, sizeof(*reader));
    if (reader == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an export");
    }
    (void)snprintf(reader->path, sizeof(reader->path), "%s", path);
    reader->file = fopen(path, "rbe");
    enum kp_status status =
        reader->file == NULL
            ? kp_fail(error, KP_USAGE, "%s: can't be opened: %s", path, strerror(errno))
            : read_header(reader, header, error);
    if (status != KP_OK) {
        kp_export_reader_free(reader);
        return status;
    }
    *out = reader;
    return KP_OK;
}

enum kp_status kp_export_next(struct kp_export_reader *reader, struct kp_export_item *item,
                              bool *end, struct kp_error *error)
{
    *end = reader->read == reader->items;
    if (*end) {
        return fgetc(reader->file) == EOF
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED, "%s: goes on after its last item", reader->path);
    }
    enum kp_status status =
        read_record(reader, KP_EXPORT_CONTENT_MAX + KP_EXPORT_HEADER_MAX, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_export_item_unpack(item, reader->record.data, reader->record.size, error);
    reader->read++;
    return status == KP_OK ? KP_OK
                           : kp_fail_in(error, "%s: item %" PRIu64, reader->path, reader->read);
}

void kp_export_reader_free(struct kp_export_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    if (reader->file != NULL) {
        (void)fclose(reader->file);
    }
    kp_buffer_free(&reader->record);
    free(reader);
}
