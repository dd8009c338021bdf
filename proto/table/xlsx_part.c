#include "proto/table/xlsx_internal.h"

#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define CHUNK 65536

static const char *const namespaces[] = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
    "http://schemas.openxmlformats.org/package/2006/relationships",
    NULL,
};

static enum kp_status broken(const struct kp_table *table, struct archive *archive,
                             struct kp_error *error)
{
    const char *why = archive_error_string(archive);
    return kp_fail(error, KP_REFUSED, "%s: not a workbook (xlsx) that can be unpacked: %s",
                   table->name, why != NULL ? why : "broken");
}

/* Moves to the entry of that name. */
static enum kp_status find_entry(struct kp_table *table, struct archive *archive, const char *name,
                                 bool *found, struct kp_error *error)
{
    struct archive_entry *entry = NULL;
    for (unsigned i = 0; i <= KP_XLSX_ENTRIES_MAX; i++) {
        int result = archive_read_next_header(archive, &entry);
        if (result == ARCHIVE_EOF) {
            return KP_OK;
        }
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
            return broken(table, archive, error);
        }
        const char *is = archive_entry_pathname(entry);
        if (is != NULL && strcasecmp(is, name) == 0) {
            if (archive_entry_is_encrypted(entry)) {
                return kp_fail(error, KP_REFUSED, "%s: protected by a password; save it without",
                               table->name);
            }
            *found = true;
            return KP_OK;
        }
    }
    return kp_fail(error, KP_REFUSED, "%s: more than %u files in it", table->name,
                   KP_XLSX_ENTRIES_MAX);
}

enum kp_status kp_part_open(struct kp_table *table, struct kp_part *part, const char *name,
                            const struct kp_xml_reader *reader, bool *found, struct kp_error *error)
{
    *part = (struct kp_part){.archive = archive_read_new()};
    *found = false;
    part->xml = kp_xml_new(reader, namespaces);
    if (part->archive == NULL || part->xml == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    if (lseek(table->xlsx->fd, 0, SEEK_SET) != 0) {
        return kp_fail(error, KP_FAILED, "%s: can't be read: %s", table->name, strerror(errno));
    }
    if (archive_read_support_format_zip_seekable(part->archive) != ARCHIVE_OK ||
        archive_read_open_fd(part->archive, table->xlsx->fd, CHUNK) != ARCHIVE_OK) {
        return broken(table, part->archive, error);
    }
    return find_entry(table, part->archive, name, found, error);
}

static enum kp_status bad_xml(const struct kp_table *table, struct kp_part *part,
                              struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED, "%s: the XML in this workbook can't be read: %s", table->name,
                   kp_xml_reason(part->xml));
}

/* The next piece. */
static enum kp_status feed(struct kp_table *table, struct kp_part *part, enum kp_status *parsed,
                           struct kp_error *error)
{
    void *room = kp_xml_room(part->xml, CHUNK);
    if (room == NULL) {
        return bad_xml(table, part, error);
    }
    la_ssize_t got = archive_read_data(part->archive, room, CHUNK);
    if (got < 0) {
        return broken(table, part->archive, error);
    }
    part->size += (uint64_t)got;
    part->last = got == 0;
    if (part->size > KP_XLSX_PART_MAX ||
        (part->size > KP_XLSX_RATIO_FREE &&
         part->size / KP_XLSX_RATIO_MAX > table->xlsx->file_size)) {
        return kp_fail(error, KP_REFUSED,
                       "%s: unpacks to more than such a file may (%llu bytes, or %u times its own "
                       "size): no workbook that anybody made, or too large; give it as CSV",
                       table->name, KP_XLSX_PART_MAX, KP_XLSX_RATIO_MAX);
    }
    *parsed = kp_xml_parse(part->xml, (size_t)got, part->last);
    return KP_OK;
}

enum kp_status kp_part_go_on(struct kp_table *table, struct kp_part *part, bool *more,
                             struct kp_error *error)
{
    *more = false;
    for (;;) {
        enum kp_status parsed = KP_OK;
        if (part->paused) {
            parsed = kp_xml_resume(part->xml);
        } else if (part->last) {
            return KP_OK;
        } else {
            enum kp_status status = feed(table, part, &parsed, error);
            if (status != KP_OK) {
                return status;
            }
        }
        part->paused = parsed == KP_RETRY;
        if (parsed != KP_OK && !part->paused) {
            return bad_xml(table, part, error);
        }
        if (part->paused) {
            *more = true;
            return KP_OK;
        }
    }
}

void kp_part_close(struct kp_part *part)
{
    if (part->archive != NULL) {
        archive_read_free(part->archive);
    }
    kp_xml_free(part->xml);
    *part = (struct kp_part){0};
}

enum kp_status kp_part_read(struct kp_table *table, const char *name,
                            const struct kp_xml_reader *reader, struct kp_part *part, bool *found,
                            struct kp_error *error)
{
    bool more = false;
    enum kp_status status = kp_part_open(table, part, name, reader, found, error);
    if (status == KP_OK && *found) {
        status = kp_part_go_on(table, part, &more, error);
    }
    kp_part_close(part);
    return status;
}
