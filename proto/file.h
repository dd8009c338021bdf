/* Reading and writing whole small files, safely; error texts name the path. And writing to an open
 * file. */
#ifndef KP_PROTO_FILE_H
#define KP_PROTO_FILE_H

#include "proto/buffer.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* path "-" is standard input. KP_USAGE: can't be opened; KP_REFUSED: longer than `most` bytes.
 * `out` is replaced, or left as it was. */
KP_MUST_USE enum kp_status kp_file_read(const char *path, size_t most, struct kp_buffer *out,
                                        struct kp_error *error);
/* As kp_file_read, but refuses a file that others than its owner (or root) can read or write, and
 * one that isn't a regular file. */
KP_MUST_USE enum kp_status kp_file_read_secret(const char *path, size_t most, struct kp_buffer *out,
                                               struct kp_error *error);
/* Creates the file with exactly this mode, never replaces one (KP_REFUSED), and syncs file and
 * folder. It appears whole or not at all. */
KP_MUST_USE enum kp_status kp_file_create(const char *path, mode_t mode, const void *bytes,
                                          size_t size, struct kp_error *error);

/* All of it, from `place` on, however often the kernel is to be asked. False: errno says why. */
KP_MUST_USE bool kp_file_write_at(int fd, const void *bytes, size_t size, uint64_t place);

#endif
