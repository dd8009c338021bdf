/* What members submit in a round, until it is matched: in a store of its own, under a key that is
 * only in this process's memory. When the round is over, or the process is, nobody can read it
 * again; the files are removed as well (LMDB keeps freed pages, so deleting records would not do).
 */
#ifndef KP_COORDINATOR_INTAKE_H
#define KP_COORDINATOR_INTAKE_H

#include "coordinator/fault.h"
#include "proto/agreement.h"
#include "proto/round_message.h"
#include "proto/store.h"
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
 * rising tags, each share against its tag. On disk when it returns KP_OK. KP_REFUSED names what is
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

/* Walks all members' entries by rising tag. */
struct kp_intake_walk;
KP_MUST_USE enum kp_status
kp_intake_walk_open(struct kp_intake *intake, struct kp_intake_walk **walk, struct kp_error *error);
void kp_intake_walk_close(struct kp_intake_walk *walk); /* NULL is allowed */
/* One tag and all that submitted it; entries are borrowed until the next call. */
struct kp_tag_group {
    const uint8_t *tag;
    uint32_t count; /* 0: that was all */
    uint32_t member[KP_MEMBERS_MAX];
    uint32_t position[KP_MEMBERS_MAX];
    const uint8_t *entry[KP_MEMBERS_MAX];
};
KP_MUST_USE enum kp_status kp_intake_walk_next(struct kp_intake_walk *walk,
                                               struct kp_tag_group *group, struct kp_error *error);

/* The path of the entry at this position to entries_root in its member's READY:
 * kp_merkle_path_length(position, slots) digests. */
void kp_intake_entry_path(const struct kp_intake *intake, uint32_t member, uint32_t position,
                          uint8_t *path);
/* An entry with that path, as it is shown to others. */
KP_MUST_USE enum kp_status kp_intake_show(const struct kp_intake *intake, uint32_t member,
                                          uint32_t position, const uint8_t *entry,
                                          struct kp_proof_record *record, struct kp_error *error);
/* All leaf digests of a member: `slots` of them, by index; borrowed. NULL: they didn't all come,
 * and so no entry of it either. */
const uint8_t *kp_intake_leaf_digests(const struct kp_intake *intake, uint32_t member);

#endif
