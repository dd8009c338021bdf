/* What members submit in a round, until it is matched: in files of its own (proto/pieces.h), under
 * a key that is only in this process's memory. When the round is over, or the process is, nobody
 * can read it again; the files are removed as well. Memory: eight bytes for a chunk of entries (512
 * of them), and a few whole chunks. */
#ifndef KP_COORDINATOR_INTAKE_H
#define KP_COORDINATOR_INTAKE_H

#include "coordinator/fault.h"
#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_intake;

/* folder: removed first, with whatever a process that was killed left there. The transcript holds
 * every member's hello 2 and READY, and is borrowed. */
KP_MUST_USE enum kp_status kp_intake_new(struct kp_intake **intake, const char *folder,
                                         const struct kp_agreement *agreement,
                                         const struct kp_result_transcript *transcript,
                                         struct kp_error *error);
/* Wipes the key and removes the folder. NULL is allowed. KP_FAILED: files are left (without their
 * key). */
KP_MUST_USE enum kp_status kp_intake_destroy(struct kp_intake *intake, struct kp_error *error);

/* One chunk, in order (coordinator/attempt.h sees to that). Checks everything that can be checked
 * alone: sizes, that it is under the root in READY or hello 2, the seed for slot audits, strictly
 * rising tags, each share against its tag. Kept when it returns KP_OK. KP_REFUSED names what is
 * wrong, and nothing of the chunk is kept; where its member signed what can't be, *fault says so
 * with what proves it, but for the message. *fault begins empty, and is freed with kp_fault_free.
 */
KP_MUST_USE enum kp_status kp_intake_leaves(struct kp_intake *intake,
                                            const struct kp_round_message *message,
                                            struct kp_fault *fault, struct kp_error *error);
KP_MUST_USE enum kp_status kp_intake_entries(struct kp_intake *intake,
                                             const struct kp_round_message *message,
                                             struct kp_fault *fault, struct kp_error *error);

/* The members' seeds for slot audits, which all get at the end: zeros of those that gave none. */
void kp_intake_seeds(const struct kp_intake *intake, struct kp_complete *complete);

/* Walks members' tags, rising. Several walks may be under way at a time, each on a thread of its
 * own, while nothing is taken in; they end before the intake. */
struct kp_intake_walk;
KP_MUST_USE enum kp_status kp_intake_walk_new(struct kp_intake_walk **walk,
                                              const struct kp_intake *intake,
                                              struct kp_error *error);
void kp_intake_walk_free(struct kp_intake_walk *walk); /* NULL is allowed; wipes */
/* What a walk has in memory at most, in bytes. */
size_t kp_intake_walk_memory(const struct kp_intake *intake);

/* Begins anew, with the first tag that isn't before `from`; ends with the last that isn't behind
 * `to`. */
KP_MUST_USE enum kp_status kp_intake_walk_start(struct kp_intake_walk *walk,
                                                const uint8_t from[static KP_DIGEST_BYTES],
                                                const uint8_t to[static KP_DIGEST_BYTES],
                                                struct kp_error *error);
/* One tag and all that submitted it. Tag and entries are borrowed until the next call. */
struct kp_tag_group {
    const uint8_t *tag;
    uint32_t count;                  /* 0: that was all */
    uint32_t member[KP_MEMBERS_MAX]; /* rising */
    uint32_t position[KP_MEMBERS_MAX];
    const uint8_t *entry[KP_MEMBERS_MAX]; /* NULL until kp_intake_walk_entries */
};
KP_MUST_USE enum kp_status kp_intake_walk_next(struct kp_intake_walk *walk,
                                               struct kp_tag_group *group, struct kp_error *error);
/* The entries of the group that was given out last: only who wants them reads them. */
KP_MUST_USE enum kp_status kp_intake_walk_entries(struct kp_intake_walk *walk,
                                                  struct kp_tag_group *group,
                                                  struct kp_error *error);
/* Of entry `index` of that group, once it has been read: as kp_intake_entry_path. */
KP_MUST_USE enum kp_status kp_intake_walk_path(struct kp_intake_walk *walk,
                                               const struct kp_tag_group *group, uint32_t index,
                                               uint8_t *path, struct kp_error *error);

/* Of the entry at this position, which must have been taken in: its path to entries_root in its
 * member's READY, kp_merkle_path_length(position, slots) digests. Reads its chunk. */
KP_MUST_USE enum kp_status kp_intake_entry_path(struct kp_intake *intake, uint32_t member,
                                                uint32_t position, uint8_t *path,
                                                struct kp_error *error);
/* That entry with its path, as it is shown to others. */
KP_MUST_USE enum kp_status kp_intake_show(struct kp_intake *intake, uint32_t member,
                                          uint32_t position, struct kp_proof_record *record,
                                          struct kp_error *error);
/* Whether all leaf digests of a member came; if not, then no entry of it either. */
bool kp_intake_has_leaves(const struct kp_intake *intake, uint32_t member);
/* One chunk of them, as many as it has; borrowed until the next call. */
KP_MUST_USE enum kp_status kp_intake_leaf_digests(struct kp_intake *intake, uint32_t member,
                                                  uint32_t part, const uint8_t **digests,
                                                  struct kp_error *error);

#endif
