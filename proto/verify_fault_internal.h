/* What the files of verdicts share. */
#ifndef KP_PROTO_VERIFY_FAULT_INTERNAL_H
#define KP_PROTO_VERIFY_FAULT_INTERNAL_H

#include "proto/letter.h"
#include "proto/verify_fault.h"
#include "proto/verify_match.h"

/* Verdicts about a round that was released: kinds 1 to 7, 9 and 10. */
enum kp_fault_rule {
    KP_FAULT_RULE_NAMED = KP_SIGNED_RULES,
    KP_FAULT_RULE_SHOWN,
    KP_FAULT_RULE_FAULT,
    KP_FAULT_RULES,
};
/* Verdicts about silence: kinds 8 and 11. */
enum kp_silent_rule {
    KP_SILENT_FORM,
    KP_SILENT_AGREEMENT,
    KP_SILENT_START,
    KP_SILENT_SHOWN,
    KP_SILENT_FAULT,
    KP_SILENT_RECEIPTS,
    KP_SILENT_RULES,
};

#define KP_FAULT_GROUPS 2u
struct kp_verify_fault {
    struct kp_verify_match match;
    struct kp_proof_verdict verdict;
    const struct kp_buffer *message; /* of the named member; borrowed from the file, as all below */
    const struct kp_buffer *result[2];
    struct kp_round_result result_body[2];
    const struct kp_buffer *list; /* PHASE LIST of the release */
    bool has_group[KP_FAULT_GROUPS];
    struct kp_proof_result group[KP_FAULT_GROUPS];
    bool has_letter[KP_MEMBERS_MAX];
    struct kp_opened_letter letter[KP_MEMBERS_MAX];
};

/* "member 3 (wonen)". */
void kp_fault_name(char out[static KP_RULING_RECORD], const struct kp_verify_fault *fault,
                   uint32_t member);
/* Rules KP_FAULT_RULE_SHOWN and _FAULT of a kind, in `report`; what is shown into text. */
void kp_fault_record(struct kp_verify_fault *fault, struct kp_report *report);  /* 2 to 6 */
void kp_fault_partial(struct kp_verify_fault *fault, struct kp_report *report); /* 7 */
void kp_fault_chunk(struct kp_verify_fault *fault, struct kp_report *report);
void kp_fault_results(struct kp_verify_fault *fault, struct kp_report *report,
                      char text[static KP_FAULT_SAYS_TEXT]);
void kp_fault_canary(struct kp_verify_fault *fault, struct kp_report *report);
/* A message that the coordinator signed in this attempt; *message is freed whatever the result. */
bool kp_fault_of_coordinator(const struct kp_agreement *agreement,
                             const uint8_t attempt[static KP_ATTEMPT_BYTES],
                             const struct kp_buffer *packed, enum kp_message_type type,
                             struct kp_round_message *message);
/* Of a member's leaves or entries: how many chunks, and how many are in one of them. */
uint32_t kp_fault_chunks(uint32_t items, uint32_t size);
uint32_t kp_fault_chunk_items(uint32_t items, uint32_t size, uint32_t part);

/* RESULT `i` is of this round, made of exactly these READYs. */
bool kp_fault_is_result(const struct kp_verify_fault *fault, uint32_t i);
/* Item `i` (GROUP) stands under RESULT's root. */
bool kp_fault_is_under_root(const struct kp_verify_fault *fault, uint32_t i);
/* The kind in an item's key; UINT32_MAX: it is no key. */
enum {
    KP_FAULT_KEY_TRANSCRIPT = 0,
    KP_FAULT_KEY_LEAVES = 1,
    KP_FAULT_KEY_GROUP = 2,
    KP_FAULT_KEY_PHASE_LIST = 3
};
uint32_t kp_fault_item_kind(const struct kp_proof_result *item);
/* Tag and members (bits) of a group; false: it is none. */
bool kp_fault_item_tag(const struct kp_proof_result *item, uint8_t tag[static KP_DIGEST_BYTES],
                       uint32_t *members);

/* The member (1..) whose bit this is; 0: it isn't one bit. */
uint32_t kp_fault_one(uint32_t members);

/* A verdict about silence, whole. */
KP_MUST_USE enum kp_status kp_fault_silence_check(
    const struct kp_verify_versions *versions, const struct kp_verify_export *export,
    const struct kp_verify_receipts *receipts, const struct kp_proof_verdict *verdict,
    struct kp_report *report, struct kp_fault_says *says, struct kp_error *error);
/* verify_receipts.c. A receipt that the coordinator signed for this member in this attempt. */
bool kp_fault_is_receipt(const struct kp_agreement *agreement,
                         const uint8_t attempt[static KP_ATTEMPT_BYTES],
                         const struct kp_buffer *packed, uint32_t member, struct kp_receipt *body);
/* chain_k over the first `count` of these digests. */
void kp_fault_chain(uint8_t chain[static KP_DIGEST_BYTES], const uint8_t *digests, uint32_t count);

#endif
