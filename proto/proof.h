/* What stands in the files that prove something to outsiders: evidence of one match, a verdict
 * about one fault. one slot of an
 * audit. (Letters: proto/letter.h.) Plain structs,
 * packed and unpacked; each has one form. Which items a file has, docs/protocol.md says (section
 * 27); the file itself is an export (proto/export.h).
 *
 * Unpacking checks sizes, ranges and unknown fields. Whether anything is true is for
 * `kruispunt verify` (proto/verify_evidence.h, proto/verify_fault.h). Everything that is unpacked
 * is freed with its _free, whatever the result; packing replaces `out`, and borrows the struct. */
#ifndef KP_PROTO_PROOF_H
#define KP_PROTO_PROOF_H

#include "crypto/group.h"
#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/opening.h"
#include "crypto/shares.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- RECORD ---- */

struct kp_proof_record {
    struct kp_buffer entry;      /* as it was submitted */
    uint32_t position;           /* in the member's submission */
    struct kp_buffer entry_path; /* to entries_root in READY */
    struct kp_buffer leaf_path;  /* to slots_root in HELLO 2; empty where it doesn't matter */
    bool has_leaf;               /* the leaf is another one than the record's (KP_FAULT_CONTENT) */
    uint8_t leaf[KP_DIGEST_BYTES];
};
KP_MUST_USE enum kp_status kp_proof_record_pack(const struct kp_proof_record *record,
                                                struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_proof_record_unpack(struct kp_proof_record *record,
                                                  const uint8_t *bytes, size_t size,
                                                  struct kp_error *error);
void kp_proof_record_free(struct kp_proof_record *record);

/* PARTIAL is KP_PARTIAL_BYTES (crypto/opening.h) as they are: D, then its proof. */

/* ---- OPENING ---- */

struct kp_proof_opening {
    struct kp_buffer entry; /* packed log entry */
    uint32_t index;         /* below count */
    uint32_t count;
    struct kp_buffer path;
};
KP_MUST_USE enum kp_status kp_proof_opening_pack(const struct kp_proof_opening *opening,
                                                 struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_proof_opening_unpack(struct kp_proof_opening *opening,
                                                   const uint8_t *bytes, size_t size,
                                                   struct kp_error *error);
void kp_proof_opening_free(struct kp_proof_opening *opening);

/* ---- VERDICT ---- */

/* Numbers stay. Who is named: below. */
enum kp_fault_kind {
    KP_FAULT_NONE = 0,                /* in no verdict */
    KP_FAULT_CHUNK = 1,               /* a chunk isn't what HELLO 2 or READY signed */
    KP_FAULT_UNSORTED = 2,            /* an entry comes twice or unsorted */
    KP_FAULT_SHARE = 3,               /* a share isn't under its tag */
    KP_FAULT_OUTER = 4,               /* a record doesn't open with t shares */
    KP_FAULT_SEAL = 5,                /* the seal's proof is wrong */
    KP_FAULT_CONTENT = 6,             /* the record's content is wrong */
    KP_FAULT_PARTIAL = 7,             /* a holder's partial opening is false */
    KP_FAULT_SILENT = 8,              /* a member is silent, the coordinator says */
    KP_FAULT_RESULTS = 9,             /* results aren't what was signed */
    KP_FAULT_CANARY = 10,             /* a canary is missing */
    KP_FAULT_COORDINATOR_SILENT = 11, /* the coordinator is silent, a member says */
    KP_FAULT_KINDS,
};
/* "a share isn't under its tag". */
const char *kp_fault_text(enum kp_fault_kind kind);

struct kp_proof_verdict {
    enum kp_fault_kind kind;
    uint64_t counter; /* from 1 */
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint32_t members; /* named: bit i - 1 */
    bool coordinator; /* named */
    uint32_t holder;  /* named: 1 or 2; 0: none */
    /* Of some kinds only (docs/protocol.md, section 27), elsewhere 0. */
    enum kp_phase phase;
    uint32_t position;
    uint32_t before;
    uint32_t about; /* member */
};
/* KP_REFUSED also when it names others than its kind can: kinds 1 to 6 one member, 7 one holder, 8
 * members and the coordinator, or the coordinator, 9 and 10 the coordinator, 11 one member and the
 * coordinator. Both ways. */
KP_MUST_USE enum kp_status kp_proof_verdict_pack(const struct kp_proof_verdict *verdict,
                                                 struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_proof_verdict_unpack(struct kp_proof_verdict *verdict,
                                                   const uint8_t *bytes, size_t size,
                                                   struct kp_error *error);

/* ---- GROUP: an item of the results ---- */

#define KP_PROOF_RESULT_KEY_MAX 16
struct kp_proof_result {
    struct kp_buffer key;
    struct kp_buffer value;
    uint32_t index; /* below count */
    uint32_t count;
    struct kp_buffer path;
};
KP_MUST_USE enum kp_status kp_proof_result_pack(const struct kp_proof_result *result,
                                                struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_proof_result_unpack(struct kp_proof_result *result,
                                                  const uint8_t *bytes, size_t size,
                                                  struct kp_error *error);
void kp_proof_result_free(struct kp_proof_result *result);

/* ---- the plain of a letter from one holder to the other ---- */

struct kp_partial_record {
    uint32_t member;
    uint8_t partial[KP_PARTIAL_BYTES];
};
struct kp_partial_match {
    uint32_t number; /* in the results, from 1 */
    uint8_t tag[KP_DIGEST_BYTES];
    struct kp_partial_record records[KP_MEMBERS_MAX]; /* by rising member */
    uint32_t record_count;
    uint32_t index; /* of its leaf in the act */
    uint8_t path[KP_PROOF_PATH_MAX];
    uint32_t path_size;
};
struct kp_partials {
    uint64_t counter;
    struct kp_partial_match *matches; /* owned; by rising number */
    size_t match_count;               /* at most KP_PARTIAL_MATCHES_MAX */
    struct kp_buffer entry;           /* packed log entry */
    uint32_t count;                   /* leaves of the act */
    struct kp_buffer result;          /* packed RESULT that the holder was given */
};
KP_MUST_USE enum kp_status kp_partials_pack(const struct kp_partials *partials,
                                            struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_partials_unpack(struct kp_partials *partials, const uint8_t *bytes,
                                              size_t size, struct kp_error *error);
void kp_partials_free(struct kp_partials *partials);

/* ---- PICK ---- */

enum kp_pick_kind {
    KP_PICK_SIGNAL = 1,
    KP_PICK_CANARY = 2,
    KP_PICK_WITHDRAWN = 3, /* its point, and so what was evaluated, is still a signal's */
    KP_PICK_PADDING = 4,
    KP_PICK_KINDS,
};
#define KP_PICK_SALT_BYTES 16
#define KP_PICK_OUTPUT_BYTES 64
/* In which entry of the log a signal stands; sequence 0: it isn't known. */
struct kp_pick_noted {
    uint64_t sequence;
    uint32_t index, count;
    uint8_t path[KP_NOTED_PATH_MAX * KP_DIGEST_BYTES];
    size_t path_size; /* bytes */
};
struct kp_pick_signal {
    char indicator[KP_INDICATOR_MAX + 1]; /* code */
    uint32_t observed_on;                 /* year * 10000 + month * 100 + day; 0: none */
    uint32_t valid_until;                 /* likewise */
    uint64_t registered_at;               /* Unix seconds */
    char grounds[KP_GROUNDS_MAX + 1];
    uint8_t salt[KP_PICK_SALT_BYTES];
    uint8_t purpose;
    struct kp_pick_noted registered, withdrawn;
};
struct kp_pick {
    enum kp_pick_kind kind;
    struct kp_leaf leaf; /* index: of the slot */
    struct kp_buffer leaf_path;
    uint8_t blind[KP_SCALAR_BYTES]; /* r or a */
    uint8_t y[KP_POINT_BYTES];
    uint8_t output[KP_PICK_OUTPUT_BYTES];
    uint8_t g[KP_DIGEST_BYTES];
    uint32_t position;
    struct kp_buffer entry;
    struct kp_buffer entry_path;
    struct kp_buffer chunk_path;           /* of the chunk of points that the slot is in */
    struct kp_pick_signal *signals;        /* owned; as they were merged into the slot */
    size_t signal_count;                   /* at most KP_SIGNALS_PER_ADDRESS_MAX */
    uint8_t address[KP_ADDRESS_KEY_BYTES]; /* of a withdrawn signal, whose leaf has none */
};
KP_MUST_USE enum kp_status kp_pick_pack(const struct kp_pick *pick, struct kp_buffer *out,
                                        struct kp_error *error);
KP_MUST_USE enum kp_status kp_pick_unpack(struct kp_pick *pick, const uint8_t *bytes, size_t size,
                                          struct kp_error *error);
void kp_pick_free(struct kp_pick *pick);

#endif
