/* Walks a file that is a zip, or zips in a zip, or just itself, as a stream: each file that isn't
 * an archive is handed over by name and bytes, in the order in which it stands there. Nothing is
 * written to disk, names never become paths, and no more than some blocks are in memory. What an
 * entry is, its first bytes say.
 *
 * Read are zips as they come one after another (not by their table at the end), uncompressed or
 * deflated, not encrypted. Refused are more zips in each other than KP_ARCHIVE_DEPTH_MAX, more
 * entries, bytes or expansion than limits.h allows, checksums that don't hold, and what is cut off.
 */
#ifndef KP_PROTO_ADDRESS_BAG_ARCHIVE_H
#define KP_PROTO_ADDRESS_BAG_ARCHIVE_H

#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where the outermost file's bytes come from: up to `size` of them into out, *got 0 at the end. */
struct kp_archive_source {
    void *context;
    enum kp_status (*read)(void *context, uint8_t *out, size_t size, size_t *got,
                           struct kp_error *error);
};

/* Takes the files. Whatever is not KP_OK ends the walk with that status. */
struct kp_archive_sink {
    void *context;
    /* name: made printable, without the names of the zips around it; the outermost file's own is
     * "". It begins with '<', so is XML or nothing. */
    enum kp_status (*begin)(void *context, const char *name, struct kp_error *error);
    /* *enough: its rest isn't needed; neither data nor end is called again for it. */
    enum kp_status (*data)(void *context, const uint8_t *bytes, size_t size, bool *enough,
                           struct kp_error *error);
    enum kp_status (*end)(void *context, struct kp_error *error);
};

struct kp_archive_counts {
    uint64_t read;     /* bytes of the outermost file */
    uint64_t expanded; /* bytes that came out of all zips */
    uint64_t files;    /* handed over */
    uint64_t entries;  /* of all zips */
    uint64_t ignored;  /* neither XML nor a zip, and not named so either */
};

/* counts: of this walk, also when it fails. KP_REFUSED: as above; the text says which entry. */
KP_MUST_USE enum kp_status kp_archive_walk(const struct kp_archive_source *source,
                                           const struct kp_archive_sink *sink,
                                           struct kp_archive_counts *counts,
                                           struct kp_error *error);

#endif
