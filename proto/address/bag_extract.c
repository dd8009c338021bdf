#include "proto/address/bag_extract.h"

#include "proto/address.h"
#include "proto/address/bag_xml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BAD_ALWAYS 10u /* so many may be bad, however few there are */

struct extract {
    const struct kp_bag_extract_options *options;
    struct kp_bag_extract_report *report;
    struct kp_bag_join *join;
    struct kp_bag_xml_reader reader;
    uint64_t done, total; /* bytes of all files; total 0: not known */

    const char *path; /* being read, */
    int fd;
    char entry[256]; /* and what of it */
    struct kp_bag_xml *xml;
};

/* --- What an XML file says -----------------------------------------------------------------------
 */

static void take_schema(void *context, bool known)
{
    struct extract *extract = context;
    extract->report->other_schema |= !known;
}

static enum kp_status take_date(void *context, uint32_t date, struct kp_error *error)
{
    struct extract *extract = context;
    struct kp_bag_extract_report *report = extract->report;
    char this[KP_RECORD_DATE_TEXT], other[KP_RECORD_DATE_TEXT];
    kp_record_show_date(this, date);
    if (report->technical != 0 && report->technical != date) {
        kp_record_show_date(other, report->technical);
        return kp_fail(
            error, KP_REFUSED,
            "of the extract of %s, and what was read before is of that of %s; give files "
            "of one",
            this, other);
    }
    if (report->technical == 0 && report->records > 0 && extract->options->date == 0) {
        return kp_fail(error, KP_REFUSED,
                       "of %s, and what was read before says no day (StandTechnischeDatum); give "
                       "--date",
                       this);
    }
    if (extract->options->date > date) {
        kp_record_show_date(other, extract->options->date);
        return kp_fail(error, KP_REFUSED, "the extract is of %s and knows nothing of %s yet", this,
                       other);
    }
    report->technical = date;
    report->date = extract->options->date == 0 ? date : extract->options->date;
    return KP_OK;
}

static enum kp_status take_record(void *context, const struct kp_bag_record *record,
                                  struct kp_error *error)
{
    struct extract *extract = context;
    struct kp_bag_extract_report *report = extract->report;
    report->records++;
    if (report->date == 0) { /* no file has said one */
        report->date =
            extract->options->date == 0 ? extract->options->today : extract->options->date;
    }
    if (record->dropped) {
        report->dropped++;
        return KP_OK;
    }
    if (record->begin > report->date || (record->end != 0 && record->end <= report->date)) {
        report->elsewhen++;
        return KP_OK;
    }
    return kp_bag_join_add(extract->join, record, error);
}

static enum kp_status take_bad(void *context, uint64_t line, const char *element,
                               const char *reason, struct kp_error *error)
{
    struct extract *extract = context;
    char where[512];
    (void)error;
    extract->report->records++;
    extract->report->bad++;
    (void)snprintf(where, sizeof(where), "%s%s%s", extract->path,
                   extract->entry[0] == '\0' ? "" : ": ", extract->entry);
    extract->options->bad(extract->options->context, where, line, element, reason);
    return KP_OK;
}

/* --- Files of an archive -------------------------------------------------------------------------
 */

static void end_xml(struct extract *extract)
{
    kp_bag_xml_free(extract->xml);
    extract->xml = NULL;
}

static enum kp_status begin_file(void *context, const char *name, struct kp_error *error)
{
    struct extract *extract = context;
    end_xml(extract);
    (void)snprintf(extract->entry, sizeof(extract->entry), "%s", name);
    return kp_bag_xml_new(&extract->xml, &extract->reader, error);
}

static enum kp_status take_data(void *context, const uint8_t *bytes, size_t size, bool *enough,
                                struct kp_error *error)
{
    struct extract *extract = context;
    return kp_bag_xml_feed(extract->xml, bytes, size, enough, error);
}

static enum kp_status end_file(void *context, struct kp_error *error)
{
    struct extract *extract = context;
    enum kp_status status = kp_bag_xml_end(extract->xml, error);
    end_xml(extract);
    return status;
}

static enum kp_status read_bytes(void *context, uint8_t *out, size_t size, size_t *got,
                                 struct kp_error *error)
{
    struct extract *extract = context;
    const struct kp_register_progress *progress = extract->options->progress;
    ssize_t count = 0;
    do {
        count = read(extract->fd, out, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
        return kp_fail(error, errno == EISDIR ? KP_USAGE : KP_FAILED, "can't be read: %s",
                       strerror(errno));
    }
    *got = (size_t)count;
    extract->done += *got;
    if (progress != NULL) {
        progress->at(progress->context, "reading", extract->done, extract->total);
    }
    return KP_OK;
}

static void add_counts(struct kp_archive_counts *sum, const struct kp_archive_counts *counts)
{
    sum->read += counts->read;
    sum->expanded += counts->expanded;
    sum->files += counts->files;
    sum->entries += counts->entries;
    sum->ignored += counts->ignored;
}

static enum kp_status read_file(struct extract *extract, const char *path, struct kp_error *error)
{
    const struct kp_archive_source source = {extract, read_bytes};
    const struct kp_archive_sink sink = {extract, begin_file, take_data, end_file};
    struct kp_archive_counts counts = {0};
    extract->path = path;
    extract->entry[0] = '\0';
    extract->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (extract->fd < 0) {
        return kp_fail(error, KP_USAGE, "%s: can't be opened: %s", path, strerror(errno));
    }
    enum kp_status status = kp_archive_walk(&source, &sink, &counts, error);
    (void)close(extract->fd);
    end_xml(extract);
    add_counts(&extract->report->archives, &counts);
    return status == KP_OK ? KP_OK : kp_fail_in(error, "%s", path);
}

/* --- All of it -----------------------------------------------------------------------------------
 */

/* A file's first bytes; a pipe's can't be looked at without being read. */
static bool begins_as_one(const char *path)
{
    char bytes[4] = "";
    struct stat info;
    int fd =
        stat(path, &info) == 0 && S_ISREG(info.st_mode) ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) {
        return false;
    }
    ssize_t got = pread(fd, bytes, sizeof(bytes), 0);
    (void)close(fd);
    return got == (ssize_t)sizeof(bytes) &&
           (bytes[0] == '<' || memcmp(bytes, "PK\x03\x04", 4) == 0 ||
            memcmp(bytes, "\xef\xbb\xbf<", 4) == 0);
}

bool kp_bag_extract_is(const char *path)
{
    size_t size = strlen(path);
    const char *end = size > 4 ? path + size - 4 : "";
    return strcasecmp(end, ".xml") == 0 || strcasecmp(end, ".zip") == 0 || begins_as_one(path);
}

/* 0 when one of them is a pipe. */
static uint64_t total_size(const char *const *paths, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        struct stat info;
        if (stat(paths[i], &info) != 0 || !S_ISREG(info.st_mode)) {
            return 0;
        }
        total += (uint64_t)info.st_size;
    }
    return total;
}

static void bad_number(void *context, uint64_t number, const char *field, const char *reason)
{
    struct extract *extract = context;
    char where[64] = "nummeraanduiding ";
    kp_bag_id_text(where + strlen(where), number);
    extract->options->bad(extract->options->context, where, 0, field, reason);
}

/* One in a hundred is dirt; more is another file, or a part of one. */
static enum kp_status check_share(uint64_t bad, uint64_t all, const char *what,
                                  struct kp_error *error)
{
    if (bad <= BAD_ALWAYS || bad <= all / 100) {
        return KP_OK;
    }
    return kp_fail(error, KP_REFUSED,
                   "%llu of %llu %s, and at most 1 in 100 may be; nothing is imported",
                   (unsigned long long)bad, (unsigned long long)all, what);
}

static enum kp_status join_all(struct extract *extract, struct kp_register_build *build,
                               struct kp_error *error)
{
    struct kp_bag_join_counts *counts = &extract->report->join;
    enum kp_status status = kp_bag_join_give(extract->join, build, extract->options->progress,
                                             counts, bad_number, extract, error);
    if (status != KP_OK) {
        return status;
    }
    return check_share(counts->no_street + counts->no_town + counts->no_number + counts->refused,
                       counts->numbers, "numbers are bad or point to what isn't in the extract",
                       error);
}

enum kp_status kp_bag_extract_import(const char *const *paths, size_t count,
                                     const struct kp_bag_extract_options *options,
                                     struct kp_register_build *build,
                                     struct kp_bag_extract_report *report, struct kp_error *error)
{
    struct extract extract = {.options = options, .report = report, .fd = -1};
    extract.reader =
        (struct kp_bag_xml_reader){&extract, take_schema, take_date, take_record, take_bad};
    extract.total = total_size(paths, count);
    *report = (struct kp_bag_extract_report){0};
    enum kp_status status =
        kp_bag_join_new(&extract.join, kp_register_build_sort_dir(build), error);
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = read_file(&extract, paths[i], error);
    }
    if (status == KP_OK) {
        status = check_share(report->bad, report->records, "records are bad", error);
    }
    if (status == KP_OK) {
        status = join_all(&extract, build, error);
    }
    kp_bag_join_free(extract.join);
    return status;
}
