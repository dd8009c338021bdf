#include "proto/address/bag_archive.h"

#include "proto/limits.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK (64u << 10)
#define TAIL 1024u /* the end of a zip that is looked at: its last record, and a comment */
#define END_RECORD 22u
#define NAME_SHOWN 72u

struct walk {
    const struct kp_archive_source *source;
    const struct kp_archive_sink *sink;
    struct kp_archive_counts *counts;
    struct kp_error *error;
};

/* The bytes of one file, block by block. */
struct stream {
    struct walk *walk;
    struct stream *outer;    /* the zip that it is an entry of, and */
    struct archive *archive; /* what reads that; NULL: the outermost */
    unsigned depth;          /* zips around it */
    uint8_t *block;
    size_t size;  /* of the block; 0: the end has come */
    bool waiting; /* the block isn't used yet */
    uint8_t tail[TAIL];
    size_t tail_size;
    enum kp_status status; /* why the bytes ended */
};

static enum kp_status refuse(const struct walk *walk, const char *what)
{
    return kp_fail(walk->error, KP_REFUSED, "%s", what);
}

/* --- Bytes ---------------------------------------------------------------------------------------
 */

static enum kp_status check_expansion(const struct walk *walk)
{
    const struct kp_archive_counts *counts = walk->counts;
    if (counts->expanded > KP_ARCHIVE_EXPANDED_MAX) {
        return kp_fail(walk->error, KP_REFUSED, "more than %llu GiB come out of this zip",
                       (unsigned long long)(KP_ARCHIVE_EXPANDED_MAX >> 30));
    }
    if (counts->expanded > KP_ARCHIVE_EXPANDED_FREE &&
        (counts->expanded - KP_ARCHIVE_EXPANDED_FREE) / KP_ARCHIVE_RATIO_MAX > counts->read) {
        return kp_fail(walk->error, KP_REFUSED,
                       "a zip bomb: more than %u times as many bytes come out of it as go in",
                       KP_ARCHIVE_RATIO_MAX);
    }
    return KP_OK;
}

/* Why libarchive can't go on: what its bytes come from failed, or they are no zip. Its words are
 * English, about zips, and without content. */
static enum kp_status archive_fail(const struct walk *walk, struct archive *archive,
                                   const struct stream *zip)
{
    const char *why = archive_error_string(archive);
    if (zip->status != KP_OK) {
        return zip->status;
    }
    return kp_fail(walk->error, KP_REFUSED, "not a whole zip: %s", why == NULL ? "damaged" : why);
}

static enum kp_status fill_outermost(struct stream *stream)
{
    struct walk *walk = stream->walk;
    size_t got = 1;
    while (stream->size < BLOCK && got > 0) {
        enum kp_status status =
            walk->source->read(walk->source->context, stream->block + stream->size,
                               BLOCK - stream->size, &got, walk->error);
        if (status != KP_OK) {
            return status;
        }
        stream->size += got;
        walk->counts->read += got;
    }
    return KP_OK;
}

/* What libarchive only warns about, as a checksum, counts as much as what it can't read. */
static enum kp_status fill_entry(struct stream *stream)
{
    la_ssize_t got = archive_read_data(stream->archive, stream->block, BLOCK);
    if (got < 0) {
        return archive_fail(stream->walk, stream->archive, stream->outer);
    }
    stream->size = (size_t)got;
    stream->walk->counts->expanded += stream->size;
    return check_expansion(stream->walk);
}

static void note_tail(struct stream *stream)
{
    size_t from_block = stream->size < TAIL ? stream->size : TAIL;
    size_t kept = stream->tail_size < TAIL - from_block ? stream->tail_size : TAIL - from_block;
    memmove(stream->tail, stream->tail + stream->tail_size - kept, kept);
    memcpy(stream->tail + kept, stream->block + stream->size - from_block, from_block);
    stream->tail_size = kept + from_block;
}

/* The next block. */
static enum kp_status fill(struct stream *stream)
{
    stream->size = 0;
    stream->waiting = true;
    stream->status = stream->archive == NULL ? fill_outermost(stream) : fill_entry(stream);
    if (stream->status != KP_OK) {
        stream->size = 0;
    }
    note_tail(stream);
    return stream->status;
}

/* Reads the rest: its checksum must hold, too. */
static enum kp_status drain(struct stream *stream)
{
    enum kp_status status = stream->status;
    while (status == KP_OK && stream->size > 0) {
        status = fill(stream);
    }
    return status;
}

/* --- Kinds ---------------------------------------------------------------------------------------
 */

static bool is_zip(const struct stream *stream)
{
    return stream->size >= 4 && (memcmp(stream->block, "PK\x03\x04", 4) == 0 ||
                                 memcmp(stream->block, "PK\x05\x06", 4) == 0);
}

/* Begins with '<', in UTF-8 or UTF-16, after a byte order mark and space. */
static bool is_xml(const struct stream *stream)
{
    const uint8_t *at = stream->block;
    const uint8_t *end = at + stream->size;
    if (stream->size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    } else if (stream->size >= 2 &&
               (memcmp(at, "\xff\xfe", 2) == 0 || memcmp(at, "\xfe\xff", 2) == 0)) {
        at += at[0] == 0xfe ? 3 : 2;
    }
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at < end && *at == '<';
}

/* What Macs and such put beside what somebody zips. */
static bool is_clutter(const char *name)
{
    const char *last = strrchr(name, '/');
    return strncmp(name, "__MACOSX/", 9) == 0 || (last == NULL ? name : last + 1)[0] == '.';
}

static bool ends_in(const char *name, const char *ending)
{
    size_t size = strlen(name);
    return size >= strlen(ending) && strcmp(name + size - strlen(ending), ending) == 0;
}

/* The end of the entry's name, in characters that do nothing to a terminal. */
static void show_name(char out[static NAME_SHOWN + 1], const char *name)
{
    size_t size = name == NULL ? 0 : strlen(name);
    const char *from = size > NAME_SHOWN ? name + size - NAME_SHOWN : name;
    size_t i = 0;
    for (; i < NAME_SHOWN && i < size; i++) {
        out[i] = from[i] >= ' ' && from[i] <= '~' ? from[i] : '?';
    }
    out[i] = '\0';
}

/* --- Walking -------------------------------------------------------------------------------------
 */

static enum kp_status walk_zip(struct stream *zip);

/* NULL: no memory. */
static struct stream *new_stream(void)
{
    struct stream *stream = calloc(1, sizeof(*stream));
    if (stream != NULL) {
        stream->block = malloc(BLOCK);
    }
    if (stream != NULL && stream->block == NULL) {
        free(stream);
        return NULL;
    }
    return stream;
}

static void free_stream(struct stream *stream)
{
    if (stream != NULL) {
        free(stream->block);
        free(stream);
    }
}

static enum kp_status hand_over(struct stream *file, const char *name)
{
    const struct kp_archive_sink *sink = file->walk->sink;
    struct kp_error *error = file->walk->error;
    bool enough = false;
    file->walk->counts->files++;
    enum kp_status status = sink->begin(sink->context, name, error);
    while (status == KP_OK && file->size > 0 && !enough) {
        status = sink->data(sink->context, file->block, file->size, &enough, error);
        if (status == KP_OK && !enough) {
            status = fill(file);
        }
    }
    if (status == KP_OK && !enough) {
        status = sink->end(sink->context, error);
    }
    return status == KP_OK ? drain(file) : status;
}

/* The file whose first block is filled. */
static enum kp_status walk_file(struct stream *file, const char *name)
{
    if (file->archive != NULL && is_clutter(name)) {
        file->walk->counts->ignored++;
        return drain(file);
    }
    if (is_zip(file)) {
        return walk_zip(file);
    }
    if (is_xml(file)) {
        return hand_over(file, name);
    }
    if (file->archive == NULL || ends_in(name, ".xml") || ends_in(name, ".zip")) {
        return refuse(file->walk, file->size == 0 ? "empty" : "neither XML nor a zip");
    }
    file->walk->counts->ignored++;
    return drain(file);
}

/* file: room for it, used again for the next. */
static enum kp_status walk_entry(struct stream *zip, struct archive *archive, struct stream *file,
                                 const char *name)
{
    *file = (struct stream){.walk = zip->walk,
                            .outer = zip,
                            .archive = archive,
                            .depth = zip->depth + 1,
                            .block = file->block};
    enum kp_status status = fill(file);
    if (status == KP_OK) {
        status = walk_file(file, name);
    }
    return status == KP_OK ? KP_OK : kp_fail_in(zip->walk->error, "%s", name);
}

static enum kp_status check_entry(struct walk *walk, struct archive *archive,
                                  struct archive_entry *entry)
{
    const char *form = archive_format_name(archive);
    if (++walk->counts->entries > KP_ARCHIVE_ENTRIES_MAX) {
        return kp_fail(walk->error, KP_REFUSED, "more than %u entries", KP_ARCHIVE_ENTRIES_MAX);
    }
    if (archive_entry_is_encrypted(entry) != 0) {
        return refuse(walk, "encrypted");
    }
    if (form == NULL || !(ends_in(form, "(deflation)") || ends_in(form, "(uncompressed)"))) {
        return refuse(walk, "compressed in a way that isn't read here: use deflate");
    }
    return KP_OK;
}

static enum kp_status walk_entries(struct stream *zip, struct archive *archive, struct stream *file)
{
    struct archive_entry *entry = NULL;
    for (;;) {
        char name[NAME_SHOWN + 1];
        int result = archive_read_next_header(archive, &entry);
        if (result == ARCHIVE_EOF) {
            return KP_OK;
        }
        /* A warning here is about a name that has no form in our locale. */
        if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
            return archive_fail(zip->walk, archive, zip);
        }
        show_name(name, archive_entry_pathname(entry));
        enum kp_status status = check_entry(zip->walk, archive, entry);
        if (status != KP_OK) {
            return kp_fail_in(zip->walk->error, "%s", name);
        }
        status = walk_entry(zip, archive, file, name);
        if (status != KP_OK) {
            return status;
        }
    }
}

/* The last thing in a zip says where its table is. When it isn't there the zip was cut off, be it
 * after the last entry. */
static bool has_end(const struct stream *zip)
{
    for (size_t i = zip->tail_size < END_RECORD ? 0 : zip->tail_size - END_RECORD + 1; i-- > 0;) {
        const uint8_t *at = zip->tail + i;
        size_t comment = (size_t)at[END_RECORD - 2] | (size_t)at[END_RECORD - 1] << 8;
        if (memcmp(at, "PK\x05\x06", 4) == 0 && i + END_RECORD + comment == zip->tail_size) {
            return true;
        }
    }
    return false;
}

static la_ssize_t give_block(struct archive *archive, void *context, const void **block)
{
    struct stream *zip = context;
    (void)archive;
    if (!zip->waiting && fill(zip) != KP_OK) {
        return ARCHIVE_FATAL;
    }
    zip->waiting = false;
    *block = zip->block;
    return (la_ssize_t)zip->size;
}

/* The zip whose first block is filled. */
static enum kp_status walk_zip(struct stream *zip)
{
    if (zip->depth >= KP_ARCHIVE_DEPTH_MAX) {
        return kp_fail(zip->walk->error, KP_REFUSED, "a zip within %u zips", KP_ARCHIVE_DEPTH_MAX);
    }
    struct archive *archive = archive_read_new();
    struct stream *file = new_stream();
    if (archive == NULL || file == NULL ||
        archive_read_support_format_zip_streamable(archive) != ARCHIVE_OK) {
        (void)archive_read_free(archive);
        free_stream(file);
        return kp_fail(zip->walk->error, KP_FAILED, "no memory");
    }
    enum kp_status status = KP_OK;
    if (archive_read_open(archive, zip, NULL, give_block, NULL) != ARCHIVE_OK) {
        status = archive_fail(zip->walk, archive, zip);
    }
    if (status == KP_OK) {
        status = walk_entries(zip, archive, file);
    }
    (void)archive_read_free(archive);
    free_stream(file);
    if (status == KP_OK) {
        status = drain(zip);
    }
    return status != KP_OK || has_end(zip) ? status : refuse(zip->walk, "not a whole zip: cut off");
}

enum kp_status kp_archive_walk(const struct kp_archive_source *source,
                               const struct kp_archive_sink *sink, struct kp_archive_counts *counts,
                               struct kp_error *error)
{
    struct kp_error own = {0};
    struct walk walk = {source, sink, counts, error == NULL ? &own : error};
    *counts = (struct kp_archive_counts){0};
    struct stream *file = new_stream();
    if (file == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    file->walk = &walk;
    enum kp_status status = fill(file);
    if (status == KP_OK) {
        status = walk_file(file, "");
    }
    free_stream(file);
    return status;
}
