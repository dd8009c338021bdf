/* Sealed pieces in files, for what one process needs for a while and memory shouldn't hold.
 *
 * A folder (mode 0700) of files that are only appended to. Each piece is sealed with
 * XChaCha20-Poly1305 under a random key that is in this process's locked memory and nowhere else;
 * its file, place and size are authenticated, so pieces can't be moved, changed or exchanged with
 * those of another process. When the key is wiped, or the process is gone, nobody can read them
 * again. Who put a piece knows its place and size: the files say nothing about them.
 *
 * One thread owns them; others may read meanwhile (kp_pieces_read alone). The folder is locked
 * (flock) while they are there. */
#ifndef KP_PROTO_PIECES_H
#define KP_PROTO_PIECES_H

#include "proto/error.h"

#include <stddef.h>
#include <stdint.h>

#define KP_PIECES_FILES_MAX 256u
#define KP_PIECE_SEAL_BYTES 40u /* more than what is in it */

struct kp_pieces;

/* No piece survives its process, whichever it is. What a sync is for: a disk that can't take a
 * piece says so at the append, to the one who brought it, and not when it is read. */
enum kp_pieces_writing {
    KP_PIECES_SYNCED, /* what is appended is on disk */
    KP_PIECES_CACHED, /* it is where a read finds it: the kernel writes when it sees fit */
};

/* Removes what a process that was killed left at this path: a folder of this kind, or a store's.
 * Nothing there is fine. KP_REFUSED: it is in use, or holds what is neither's; nothing is changed
 * then. */
KP_MUST_USE enum kp_status kp_pieces_remove(const char *path, struct kp_error *error);
/* Makes the folder, with `files` empty files, numbered from 0; kp_pieces_remove first. */
KP_MUST_USE enum kp_status kp_pieces_new(struct kp_pieces **pieces, const char *path,
                                         uint32_t files, enum kp_pieces_writing writing,
                                         struct kp_error *error);
/* Wipes the key and removes the folder; `pieces` is freed whatever happens. NULL is allowed.
 * KP_FAILED: files are left (without their key). */
KP_MUST_USE enum kp_status kp_pieces_destroy(struct kp_pieces *pieces, struct kp_error *error);

/* Where the next piece of this file goes. */
uint64_t kp_pieces_end(const struct kp_pieces *pieces, uint32_t file);

struct kp_piece {
    const uint8_t *bytes;
    size_t size; /* may be 0 */
};
/* Appends pieces, one behind the other, each with KP_PIECE_SEAL_BYTES more than its size. All are
 * written (enum kp_pieces_writing) when it returns KP_OK, and otherwise none is in the file.
 * KP_FAILED: the disk is full, and such. */
KP_MUST_USE enum kp_status kp_pieces_append(struct kp_pieces *pieces, uint32_t file,
                                            const struct kp_piece *piece, size_t count,
                                            struct kp_error *error);
/* The piece of `size` bytes that was put at `place`. KP_REFUSED: that isn't there any more, or it
 * never was; `bytes` is then wiped. */
KP_MUST_USE enum kp_status kp_pieces_read(const struct kp_pieces *pieces, uint32_t file,
                                          uint64_t place, uint8_t *bytes, size_t size,
                                          struct kp_error *error);

#endif
