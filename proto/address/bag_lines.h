/* A file's lines in a window, for bag_csv: bounded memory, whatever the file. */
#ifndef KP_PROTO_ADDRESS_BAG_LINES_H
#define KP_PROTO_ADDRESS_BAG_LINES_H

#include "proto/address/register_build.h"

struct kp_bag_lines {
    const char *path; /* for texts */
    int fd;
    uint64_t size; /* 0: not known */
    uint64_t taken;
    uint64_t line; /* the last one's number, from 1 */
    uint8_t *window;
    size_t begin, end;
    bool eof;
    const struct kp_register_progress *progress; /* or NULL; counts bytes */
};

/* path "-" is standard input; it and progress must stay valid. Close it in any case. KP_USAGE:
 * can't be opened. */
KP_MUST_USE enum kp_status kp_bag_lines_open(struct kp_bag_lines *lines, const char *path,
                                             const struct kp_register_progress *progress,
                                             struct kp_error *error);
void kp_bag_lines_close(struct kp_bag_lines *lines);

/* The next line without its end, in the window until the next call; *line is NULL behind the last.
 * *too_long: it has more than KP_CSV_RECORD_MAX bytes, and isn't there whole. */
KP_MUST_USE enum kp_status kp_bag_lines_next(struct kp_bag_lines *lines, uint8_t **line,
                                             size_t *size, bool *too_long, struct kp_error *error);

#endif
