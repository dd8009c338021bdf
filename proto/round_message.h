/* The messages of a round: plain structs, packed and unpacked beside each other
 * (proto/round.proto).
 *
 * Unpacking checks sizes, ranges and unknown fields, and nothing else: whether a message is
 * authentic, and whether it may come now, is for the state tables. KP_REFUSED says which field is
 * wrong. */
#ifndef KP_PROTO_ROUND_MESSAGE_H
#define KP_PROTO_ROUND_MESSAGE_H

#include "crypto/chunk_proof.h"
#include "crypto/hash.h"
#include "crypto/pair.h"
#include "crypto/schnorr.h"
#include "crypto/shares.h"
#include "crypto/sign.h"
#include "proto/audit_head.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/party.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_PROTOCOL_VERSION 1
#define KP_ATTEMPT_BYTES 16

enum kp_message_type {
    KP_MESSAGE_START = 1,         /* coordinator to all, in clear */
    KP_MESSAGE_HELLO1 = 2,        /* member to all, signed */
    KP_MESSAGE_HELLO2 = 3,        /* member to all, signed */
    KP_MESSAGE_HELLO2_SECRET = 4, /* member to member, sealed */
    KP_MESSAGE_POINTS = 5,        /* member to member, sealed, in chunks */
    KP_MESSAGE_EVALUATION = 6,    /* member to member, sealed, in chunks */
    KP_MESSAGE_READY = 7,         /* member to all, signed */
    KP_MESSAGE_LEAVES = 8,        /* member to coordinator, signed, in chunks */
    KP_MESSAGE_SUBMISSION = 9,    /* member to coordinator, signed, in chunks */
    KP_MESSAGE_COMPLETE = 10,     /* coordinator to all, in clear */
    KP_MESSAGE_ABORT = 11,        /* coordinator to all, in clear; member to coordinator, signed */
    KP_MESSAGE_RECOVER = 12,      /* member to all, signed */
    KP_MESSAGE_RECOVERED = 13,    /* member to member, sealed, in chunks */
    KP_MESSAGE_RECEIPT = 14,      /* coordinator to a member, in the answer to PUT */
    KP_MESSAGE_PHASE_LIST = 15,   /* coordinator, kept with the results and in verdicts */
    KP_MESSAGE_RESULT = 16,       /* coordinator, kept with the results */
    KP_MESSAGE_TYPES = 17,
};

/* The phases of an attempt, for members and coordinator alike. */
enum kp_phase {
    KP_PHASE_IDLE = 0,
    KP_PHASE_HELLO1 = 1,
    KP_PHASE_HELLO2 = 2,
    KP_PHASE_EVALUATE = 3,
    KP_PHASE_READY = 4,   /* signed READY, waiting for everybody's */
    KP_PHASE_RELEASE = 5, /* submitting */
    KP_PHASE_MATCH = 6,
    KP_PHASE_COMPLETE = 7,
    KP_PHASE_ENDED = 8, /* broken off */
    KP_PHASES = 9,
};
const char *kp_phase_name(enum kp_phase phase);

enum kp_abort_reason {
    KP_ABORT_RESTARTED = 1,    /* the member restarted before READY: its key is gone */
    KP_ABORT_DEADLINE = 2,     /* the member didn't do its part in time */
    KP_ABORT_REFUSED = 3,      /* an authentic message of the member must be refused */
    KP_ABORT_DISAGREEMENT = 4, /* the members don't agree on round or g */
    KP_ABORT_COORDINATOR = 5,  /* the coordinator restarted or failed */
    KP_ABORT_FAILED = 6,       /* the member's own machine failed */
    KP_ABORT_NOT_AGREED = 7,   /* the member can't process: term, counter or agreement */
    KP_ABORT_UNREADABLE =
        8, /* a sealed message doesn't open: the member's or the coordinator's doing */
    KP_ABORT_RESTORED = 9,  /* the member's database is older than what it signed; it recovers */
    KP_ABORT_CANARIES = 10, /* canary secrets that the member draws haven't come: its doing, or the
                             * coordinator's */
    KP_ABORT_REASONS = 11,
};
const char *kp_abort_reason_text(enum kp_abort_reason reason);

struct kp_round_message {
    uint8_t attempt[KP_ATTEMPT_BYTES];
    enum kp_message_type type;
    uint32_t from;
    uint32_t to;
    uint32_t part;
    struct kp_buffer body;
    bool has_signature;
    uint8_t signature[KP_SIGNATURE_BYTES];
};
const char *kp_message_type_name(enum kp_message_type type);
KP_MUST_USE enum kp_status kp_round_message_pack(const struct kp_round_message *message,
                                                 struct kp_buffer *out, struct kp_error *error);
/* *message is freed with kp_round_message_free whatever the result. */
KP_MUST_USE enum kp_status kp_round_message_unpack(struct kp_round_message *message,
                                                   const uint8_t *bytes, size_t size,
                                                   struct kp_error *error);
void kp_round_message_free(struct kp_round_message *message);

/* What a signature of a member, or the header of a seal, covers: version, lineage, attempt, type,
 * from, to, part, and the body in clear. */
void kp_round_message_digest(uint8_t digest[static KP_DIGEST_BYTES],
                             const uint8_t lineage[static KP_DIGEST_BYTES],
                             const struct kp_round_message *message, const uint8_t *body,
                             size_t body_size);
void kp_round_message_sign(struct kp_round_message *message,
                           const uint8_t lineage[static KP_DIGEST_BYTES],
                           const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES]);
KP_MUST_USE enum kp_status kp_round_message_check(
    const struct kp_round_message *message, const uint8_t lineage[static KP_DIGEST_BYTES],
    const uint8_t identity_key[static KP_SIGN_PUBLIC_BYTES], struct kp_error *error);
/* Puts signature and plain, sealed, into message->body; takes no ownership. */
KP_MUST_USE enum kp_status kp_round_message_seal(
    struct kp_round_message *message, const uint8_t lineage[static KP_DIGEST_BYTES],
    const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES], const struct kp_pair_keys *keys,
    const struct kp_buffer *plain, struct kp_error *error);
/* Opens the seal and checks the signature inside; `plain` is what was sealed, and nothing when it
 * is refused. */
KP_MUST_USE enum kp_status kp_round_message_open(
    const struct kp_round_message *message, const uint8_t lineage[static KP_DIGEST_BYTES],
    const uint8_t identity_key[static KP_SIGN_PUBLIC_BYTES], const struct kp_pair_keys *keys,
    struct kp_buffer *plain, struct kp_error *error);

struct kp_start {
    uint8_t agreement[KP_DIGEST_BYTES];
    uint64_t counter; /* from 1 */
    enum kp_round_type round_type;
    uint32_t phase_seconds;
    struct kp_buffer release_proof[KP_MEMBERS_MAX]; /* packed READY of member i + 1 */
    uint32_t release_proof_count;                   /* 0 or the number of members */
};
KP_MUST_USE enum kp_status kp_start_pack(const struct kp_start *start, struct kp_buffer *out,
                                         struct kp_error *error);
KP_MUST_USE enum kp_status kp_start_unpack(struct kp_start *start, const struct kp_buffer *body,
                                           struct kp_error *error);
void kp_start_free(struct kp_start *start);

struct kp_hello1 {
    uint64_t counter;
    enum kp_round_type round_type;
    uint8_t nonce[32];
    uint8_t exchange_key[KP_PAIR_PUBLIC_BYTES];
    uint8_t commitment[KP_DIGEST_BYTES];
    /* Packed HELLO 2s of other members at this counter; freed with kp_hello1_free. */
    struct kp_buffer claims[KP_MEMBERS_MAX];
    uint32_t claim_count;
    uint32_t preshared; /* bit i - 1 is member i */
};
KP_MUST_USE enum kp_status kp_hello1_pack(const struct kp_hello1 *hello, struct kp_buffer *out,
                                          struct kp_error *error);
/* *hello is freed with kp_hello1_free whatever the result. */
KP_MUST_USE enum kp_status kp_hello1_unpack(struct kp_hello1 *hello, const struct kp_buffer *body,
                                            struct kp_error *error);
void kp_hello1_free(struct kp_hello1 *hello);

struct kp_hello2 {
    uint8_t hellos[KP_DIGEST_BYTES];
    uint8_t slots_root[KP_DIGEST_BYTES];
    uint8_t points_root[KP_DIGEST_BYTES];
    uint64_t time;
    uint8_t secret_digest[KP_DIGEST_BYTES];
    uint64_t counter;
    struct kp_audit_head log;                  /* the sender's own */
    struct kp_audit_head seen[KP_MEMBERS_MAX]; /* of member i + 1, as the sender saw it last */
    uint32_t seen_count;
    uint8_t audit_commitment[KP_DIGEST_BYTES]; /* zeros of a member on request */
};
KP_MUST_USE enum kp_status kp_hello2_pack(const struct kp_hello2 *hello, struct kp_buffer *out,
                                          struct kp_error *error);
KP_MUST_USE enum kp_status kp_hello2_unpack(struct kp_hello2 *hello, const struct kp_buffer *body,
                                            struct kp_error *error);

struct kp_hello2_secret {
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t proof[KP_SCHNORR_BYTES];
    uint8_t contribution[32];
    uint8_t blinding[32];
};
KP_MUST_USE enum kp_status kp_hello2_secret_pack(const struct kp_hello2_secret *hello,
                                                 struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_hello2_secret_unpack(struct kp_hello2_secret *hello,
                                                   const struct kp_buffer *body,
                                                   struct kp_error *error);

/* A run of bytes and, beside it, a path or a proof: POINTS and EVALUATION. `count` points are what
 * must be there; `extra_size` is the path's or proof's exact size. Copies into the caller's arrays.
 */
KP_MUST_USE enum kp_status kp_points_pack(const uint8_t *points, size_t count, const uint8_t *path,
                                          size_t path_size, struct kp_buffer *out,
                                          struct kp_error *error);
KP_MUST_USE enum kp_status kp_points_unpack(uint8_t *points, size_t count, uint8_t *path,
                                            size_t path_size, const struct kp_buffer *body,
                                            struct kp_error *error);
KP_MUST_USE enum kp_status kp_evaluation_pack(const uint8_t *points, size_t count,
                                              const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                              struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_evaluation_unpack(uint8_t *points, size_t count,
                                                uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                                const struct kp_buffer *body,
                                                struct kp_error *error);

/* What a member's list is, and how many of its points were charged in this lineage. */
struct kp_list_total {
    uint8_t points_root[KP_DIGEST_BYTES];
    uint64_t charged;
};

struct kp_ready {
    uint8_t lineage[KP_DIGEST_BYTES];
    uint64_t counter;
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t g_digest[KP_DIGEST_BYTES];
    uint32_t entries;
    uint8_t entries_root[KP_DIGEST_BYTES];
    uint64_t time;                              /* Unix milliseconds */
    struct kp_list_total lists[KP_MEMBERS_MAX]; /* of member i + 1 */
    uint32_t list_count;
};
KP_MUST_USE enum kp_status kp_ready_pack(const struct kp_ready *ready, struct kp_buffer *out,
                                         struct kp_error *error);
KP_MUST_USE enum kp_status kp_ready_unpack(struct kp_ready *ready, const struct kp_buffer *body,
                                           struct kp_error *error);

#define KP_RECOVERY_NONCE_BYTES 32
struct kp_recover {
    uint64_t counter;
    uint8_t nonce[KP_RECOVERY_NONCE_BYTES];
};
KP_MUST_USE enum kp_status kp_recover_pack(const struct kp_recover *recover, struct kp_buffer *out,
                                           struct kp_error *error);
KP_MUST_USE enum kp_status kp_recover_unpack(struct kp_recover *recover,
                                             const struct kp_buffer *body, struct kp_error *error);

/* A part of an answer: the header (part 0) or a chunk of points. */
struct kp_recovered {
    struct kp_buffer hello2;
    uint64_t asked_counter;
    uint64_t own_counter;
    struct kp_buffer points;
};
KP_MUST_USE enum kp_status kp_recovered_pack(const struct kp_recovered *recovered,
                                             struct kp_buffer *out, struct kp_error *error);
/* *recovered is freed with kp_recovered_free whatever the result. */
KP_MUST_USE enum kp_status kp_recovered_unpack(struct kp_recovered *recovered,
                                               const struct kp_buffer *body,
                                               struct kp_error *error);
void kp_recovered_free(struct kp_recovered *recovered);

/* What a member deposits: a chunk of what it signed a root of, with the path of the chunk's subtree
 * to that root (crypto/merkle.h). Packing borrows; what was unpacked is freed. */

#define KP_AUDIT_SEED_BYTES 32
struct kp_leaves {
    struct kp_buffer digests;
    struct kp_buffer path;
    bool has_audit_seed; /* in part 0 only */
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES];
};
KP_MUST_USE enum kp_status kp_leaves_pack(const struct kp_leaves *leaves, struct kp_buffer *out,
                                          struct kp_error *error);
/* Exactly these sizes; a seed only where `first` says that this is part 0. *leaves is freed with
 * kp_leaves_free whatever the result. */
KP_MUST_USE enum kp_status kp_leaves_unpack(struct kp_leaves *leaves, size_t size, size_t path_size,
                                            bool first, const struct kp_buffer *body,
                                            struct kp_error *error);
void kp_leaves_free(struct kp_leaves *leaves);

struct kp_submission {
    struct kp_buffer entries;
    struct kp_buffer path;
    bool has_audit_seed; /* in part 0 of a round of counts only, which has no LEAVES */
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES];
};
KP_MUST_USE enum kp_status kp_submission_pack(const struct kp_submission *submission,
                                              struct kp_buffer *out, struct kp_error *error);
/* As kp_leaves_unpack; but whether there may be a seed is for the caller to judge. */
KP_MUST_USE enum kp_status kp_submission_unpack(struct kp_submission *submission, size_t size,
                                                size_t path_size, const struct kp_buffer *body,
                                                struct kp_error *error);
void kp_submission_free(struct kp_submission *submission);

#define KP_BUCKET_MAX 9u /* of a round of counts */
struct kp_complete {
    uint8_t audit_seeds[KP_MEMBERS_MAX][KP_AUDIT_SEED_BYTES]; /* of member i + 1; zeros: none */
    uint32_t seed_count;                                      /* 0, or the number of members */
    uint32_t bucket;                                          /* 0: none */
};
KP_MUST_USE enum kp_status kp_complete_pack(const struct kp_complete *complete,
                                            struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_complete_unpack(struct kp_complete *complete,
                                              const struct kp_buffer *body, struct kp_error *error);

/* How many messages of a member were taken in an attempt, and the chain over them. */
struct kp_deposited {
    uint32_t count;
    uint8_t chain[KP_DIGEST_BYTES]; /* zeros when there are none */
};
/* One more, with its digest in the log (kp_audit_message_digest). */
void kp_deposited_add(struct kp_deposited *deposited,
                      const uint8_t message_digest[static KP_DIGEST_BYTES]);

struct kp_receipt {
    uint64_t counter;
    uint32_t member;
    enum kp_phase phase;
    struct kp_deposited deposited;
};
KP_MUST_USE enum kp_status kp_receipt_pack(const struct kp_receipt *receipt, struct kp_buffer *out,
                                           struct kp_error *error);
KP_MUST_USE enum kp_status kp_receipt_unpack(struct kp_receipt *receipt,
                                             const struct kp_buffer *body, struct kp_error *error);

struct kp_phase_list {
    uint64_t counter;
    enum kp_phase phase;
    struct kp_deposited members[KP_MEMBERS_MAX]; /* of member i + 1 */
    uint32_t member_count;
    uint32_t late;    /* bit i - 1 is member i: hadn't done its part */
    uint32_t refused; /* a chunk or an entry of it was refused */
};
KP_MUST_USE enum kp_status kp_phase_list_pack(const struct kp_phase_list *list,
                                              struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_phase_list_unpack(struct kp_phase_list *list,
                                                const struct kp_buffer *body,
                                                struct kp_error *error);

struct kp_round_result {
    uint64_t counter;
    uint8_t round_id[KP_DIGEST_BYTES];
    enum kp_round_type round_type;
    uint32_t bucket; /* 0: none */
    uint32_t groups;
    uint32_t faults;
    uint8_t root[KP_DIGEST_BYTES];
    uint8_t readys[KP_DIGEST_BYTES]; /* kp_transcript_readys: which READYs it was matched under */
};
KP_MUST_USE enum kp_status kp_round_result_pack(const struct kp_round_result *result,
                                                struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_result_unpack(struct kp_round_result *result,
                                                  const struct kp_buffer *body,
                                                  struct kp_error *error);

struct kp_abort {
    enum kp_abort_reason reason;
    enum kp_phase phase;
    uint32_t members;  /* whom it names: bit i - 1 is member i */
    uint32_t reporter; /* the member that says so; 0: the coordinator */
};
KP_MUST_USE enum kp_status kp_abort_pack(const struct kp_abort *abort, struct kp_buffer *out,
                                         struct kp_error *error);
KP_MUST_USE enum kp_status kp_abort_unpack(struct kp_abort *abort, const struct kp_buffer *body,
                                           struct kp_error *error);

#endif
