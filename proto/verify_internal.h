/* What the files of the verifier share. */
#ifndef KP_PROTO_VERIFY_INTERNAL_H
#define KP_PROTO_VERIFY_INTERNAL_H

#include "proto/evidence.h"
#include "proto/verify.h"
#include "proto/verify_digest.h"

/* The order of the table in proto/verify_round.c. */
enum kp_round_rule {
    KP_ROUND_FORM,
    KP_ROUND_AGREEMENT,
    KP_ROUND_TERM,
    KP_ROUND_ACCEPTED,
    KP_ROUND_START_FIELDS,
    KP_ROUND_START_SIGNATURE,
    KP_ROUND_START_PROOF,
    KP_ROUND_HELLO1_SIGNATURE,
    KP_ROUND_HELLO1_ROUND,
    KP_ROUND_HELLO1_CLAIMS,
    KP_ROUND_HELLO1_PRESHARED,
    KP_ROUND_HELLO2_SIGNATURE,
    KP_ROUND_HELLO2_HELLOS,
    KP_ROUND_HELLO2_ROUND,
    KP_ROUND_HELLO2_SEEN,
    KP_ROUND_TIMES,
    KP_ROUND_INTERVAL,
    KP_ROUND_READY_SIGNATURE,
    KP_ROUND_READY_AGREE,
    KP_ROUND_ID,
    KP_ROUND_READY_LISTS,
    KP_ROUND_TOTAL_QUOTA,
    KP_ROUND_SECRET_DIGEST,
    KP_ROUND_SECRET_COMMITMENT,
    KP_ROUND_SECRET_POSSESSION,
    KP_ROUND_KEY_SUM,
    KP_ROUND_G,
    KP_ROUND_LIST_ROOT,
    KP_ROUND_LIST_POINTS,
    KP_ROUND_LIST_DISTINCT,
    KP_ROUND_LIST_BEFORE,
    KP_ROUND_LIST_DUE,
    KP_ROUND_LIST_TOTAL,
    KP_ROUND_EVALUATION_PROOF,
    KP_ROUND_RULES,
};

/* A member's list, and where the one of the round before differed. */
struct kp_verify_list {
    uint8_t *points; /* slots of them, owned; NULL: not in the file */
    uint32_t have;   /* as many came */
    uint8_t *before_points;
    uint32_t *before_places; /* rising */
    uint32_t before_count;
    bool has_before;
    bool before_unknown;
};

/* Everything of one round, as unpacked. Arrays are by member, from 0. */
struct kp_verify_round {
    const struct kp_verify_versions *versions; /* borrowed */
    const struct kp_agreement *agreement;      /* of START; in versions */
    uint32_t party;
    uint64_t counter;
    uint32_t members;
    uint32_t slots[KP_MEMBERS_MAX];
    struct kp_buffer start, hello1[KP_MEMBERS_MAX], hello2[KP_MEMBERS_MAX], ready[KP_MEMBERS_MAX],
        secret[KP_MEMBERS_MAX]; /* packed */
    struct kp_round_message start_message, hello1_message[KP_MEMBERS_MAX],
        hello2_message[KP_MEMBERS_MAX], ready_message[KP_MEMBERS_MAX];
    struct kp_start start_body;
    struct kp_hello1 hello1_body[KP_MEMBERS_MAX];
    struct kp_hello2 hello2_body[KP_MEMBERS_MAX];
    struct kp_ready ready_body[KP_MEMBERS_MAX];
    struct kp_hello2_secret secret_body[KP_MEMBERS_MAX];
    struct kp_ready proof_body[KP_MEMBERS_MAX]; /* of START's release proof */
    bool has_proof;
    uint8_t round_id[KP_DIGEST_BYTES];
    struct kp_verify_list list[KP_MEMBERS_MAX];
    struct kp_buffer evaluation[KP_MEMBERS_MAX]; /* points of member i + 1's evaluation */
    struct kp_buffer proofs[KP_MEMBERS_MAX];     /* one a chunk */
};

/* verify_versions.c. The member's officer accepted the version, dated at `until` (Unix seconds) or
 * before; counting: that it may be counted is enough. */
bool kp_verify_accepted(const struct kp_verify_versions *versions,
                        const struct kp_agreement *version, uint32_t member, bool counting,
                        uint64_t until);
/* Section 5: the lineage's first round only counts, where the agreement says so. */
bool kp_verify_counts(const struct kp_agreement *version, uint64_t counter);
/* The member whose officer refused this version, or revoked it or one before, by then; 0: none. */
uint32_t kp_verify_stopped(const struct kp_verify_versions *versions,
                           const struct kp_agreement *version, uint64_t until);

/* "HELLO 1 of member 3 (wonen)". */
void kp_verify_name(char out[static KP_RULING_RECORD], const struct kp_verify_round *round,
                    const char *what, uint32_t member);
uint32_t kp_verify_chunks(uint32_t slots);
uint32_t kp_verify_chunk_size(uint32_t slots, uint32_t number);

/* verify_round_load.c: records into *round. KP_REFUSED: round.form is broken, and said. */
KP_MUST_USE enum kp_status kp_verify_round_load(struct kp_verify_round *round,
                                                const struct kp_verify_versions *versions,
                                                const struct kp_verify_export *export,
                                                struct kp_report *report, struct kp_error *error);
/* verify_round_signed.c: START, hellos and READYs. */
void kp_verify_round_signed(struct kp_verify_round *round, struct kp_report *report);
/* verify_round_list.c: secret parts, lists, evaluations. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_verify_round_lists(struct kp_verify_round *round,
                                                 struct kp_report *report, struct kp_error *error);

/* What kp_verify_across wants of a log: the walked entries. */
struct kp_verify_log {
    uint32_t party;
    struct kp_audit_entry *entries;
    uint8_t (*hashes)[KP_DIGEST_BYTES];
    size_t count;
    uint64_t lost; /* entries that a *log restored* passes over: what they told isn't known */
};

/* verify_log_check.c: each rule of a log by itself; KP_REFUSED: it is broken. */
/* The party's identity key in one version; NULL: it has none. */
const uint8_t *kp_verify_log_key(const struct kp_agreement *version, uint32_t party);
KP_MUST_USE enum kp_status
kp_verify_log_check_signature(const struct kp_verify_versions *versions,
                              const struct kp_audit_entry *entry,
                              const uint8_t hash[static KP_DIGEST_BYTES]);
/* An entry that passes over what was lost (section 19): it names the log's end as it still was. */
KP_MUST_USE enum kp_status kp_verify_log_check_bridge(const struct kp_audit_entry *entry,
                                                      const struct kp_audit_head *head);
/* It has the number after the head's; it names the head's hash. */
KP_MUST_USE enum kp_status kp_verify_log_check_sequence(const struct kp_audit_entry *entry,
                                                        const struct kp_audit_head *head);
KP_MUST_USE enum kp_status kp_verify_log_check_chain(const struct kp_audit_entry *entry,
                                                     const struct kp_audit_head *head);
/* The log ends where the file's header says. */
KP_MUST_USE enum kp_status kp_verify_log_check_end(const struct kp_export_header *header,
                                                   const struct kp_audit_head *head);

#endif
