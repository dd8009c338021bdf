/* What intake.c (taking in), intake_chunk.c (chunks that are read again) and intake_walk.c (walking
 * by tag) share.
 *
 * Two files a member: its leaves, a piece for each chunk; its entries, three pieces for each chunk:
 * the tags, which a walk reads; the path of the chunk's root, filled up to the longest one; the
 * entries. All chunks but the last have the same size, so a chunk's number says where it is. */
#ifndef KP_COORDINATOR_INTAKE_INTERNAL_H
#define KP_COORDINATOR_INTAKE_INTERNAL_H

#include "coordinator/intake.h"
#include "crypto/merkle.h"
#include "proto/pieces.h"

#define KP_CHUNK_TAGS_BYTES ((size_t)KP_CHUNK_ENTRIES * KP_DIGEST_BYTES)

struct kp_member_intake {
    uint32_t leaf_count;
    uint32_t entry_count;
    uint64_t *first;   /* bulk: for each chunk, the first eight bytes of its first tag */
    uint8_t *last_tag; /* bulk: of the chunks before */
    uint8_t slots_root[KP_DIGEST_BYTES]; /* as the member signed them */
    uint8_t entries_root[KP_DIGEST_BYTES];
    uint8_t audit_commitment[KP_DIGEST_BYTES];
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES]; /* zeros until it came */
};

/* A chunk of entries in memory, with the tree over it once a path was wanted. */
struct kp_entry_chunk {
    uint32_t member; /* 0: none */
    uint32_t part;
    uint8_t path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES]; /* of the chunk's root */
    const uint8_t *entries;
    uint8_t *room; /* bulk: for entries that are read from the file */
    size_t room_size;
    struct kp_merkle_tree tree;
};

struct kp_intake {
    struct kp_pieces *pieces;
    const struct kp_agreement *agreement;
    const struct kp_result_transcript *transcript;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_round_type type;
    struct kp_member_intake member[KP_MEMBERS_MAX];
    uint8_t *tags;               /* bulk: of a chunk that is written */
    uint8_t *entry_leaves;       /* bulk: of a chunk that is looked at */
    uint8_t *leaves;             /* bulk: a chunk that is read; made when it is wanted */
    struct kp_entry_chunk other; /* one that no walk has */
};

/* Entries in a chunk; chunks of a member. */
uint32_t kp_intake_chunk_entries(const struct kp_intake *intake, uint32_t member, uint32_t part);
uint32_t kp_intake_chunk_parts(const struct kp_intake *intake, uint32_t member);
size_t kp_intake_entry_size(const struct kp_intake *intake, uint32_t member);
/* The first chunk's path is as long as any. */
size_t kp_intake_path_room(const struct kp_intake *intake, uint32_t member);
uint32_t kp_intake_leaves_file(uint32_t member);
uint32_t kp_intake_entries_file(uint32_t member);
/* Where its tags are; the path and the entries follow. */
uint64_t kp_intake_chunk_place(const struct kp_intake *intake, uint32_t member, uint32_t part);
/* A tag's first eight bytes, as a number that has the order of tags. */
uint64_t kp_intake_tag_prefix(const uint8_t *tag);

/* Reads it, unless it is there. It owns memory until kp_entry_chunk_free. */
KP_MUST_USE enum kp_status kp_entry_chunk_load(struct kp_entry_chunk *chunk,
                                               const struct kp_intake *intake, uint32_t member,
                                               uint32_t part, struct kp_error *error);
void kp_entry_chunk_forget(struct kp_entry_chunk *chunk); /* keeps its room */
void kp_entry_chunk_free(struct kp_entry_chunk *chunk);
const uint8_t *kp_entry_chunk_entry(const struct kp_entry_chunk *chunk,
                                    const struct kp_intake *intake, uint32_t position);
/* The digests of `count` entries of a member. */
void kp_entry_chunk_leaves(uint8_t *leaves, const struct kp_intake *intake, uint32_t member,
                           const uint8_t *entries, uint32_t count);
/* From the entry at `position`, which is in the chunk, to entries_root. leaves: room for those of a
 * chunk. */
KP_MUST_USE enum kp_status kp_entry_chunk_path(struct kp_entry_chunk *chunk,
                                               const struct kp_intake *intake, uint8_t *leaves,
                                               uint32_t position, uint8_t *path,
                                               struct kp_error *error);
/* The entry with that path. */
KP_MUST_USE enum kp_status kp_entry_chunk_show(struct kp_entry_chunk *chunk,
                                               const struct kp_intake *intake, uint8_t *leaves,
                                               uint32_t position, struct kp_proof_record *record,
                                               struct kp_error *error);

#endif
