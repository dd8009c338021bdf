/* The records of one match, loaded from evidence or a verdict, and the steps from an entry to what
 * it says. Internal to the verifier. */
#ifndef KP_PROTO_VERIFY_MATCH_H
#define KP_PROTO_VERIFY_MATCH_H

#include "proto/audit_log.h"
#include "proto/verify_signed.h"

/* Parts of RECORD: verdict 2 has two of its member. */
#define KP_VERIFY_RECORDS 2u

struct kp_verify_one_record {
    bool has;
    bool whole; /* of its member's size, so that `entry` is there */
    struct kp_proof_record proof;
    struct kp_verify_entry entry; /* points into proof */
};
struct kp_verify_of_member {
    struct kp_verify_one_record record[KP_VERIFY_RECORDS];
    bool has_partial[KP_OPENING_KEYS_MAX];
    uint8_t partial[KP_OPENING_KEYS_MAX][KP_PARTIAL_BYTES];
    struct kp_verify_inner inner;     /* where kp_verify_match_outer held */
    struct kp_verify_content content; /* where kp_verify_match_open held */
};
struct kp_verify_match {
    struct kp_verify_signed it;
    struct kp_verify_of_member of[KP_MEMBERS_MAX];
    bool has_opening[KP_OPENING_KEYS_MAX];
    struct kp_proof_opening opening[KP_OPENING_KEYS_MAX];
    struct kp_audit_entry logged[KP_OPENING_KEYS_MAX];
    uint8_t logged_hash[KP_OPENING_KEYS_MAX][KP_DIGEST_BYTES];
};
void kp_verify_match_free(struct kp_verify_match *match);

/* An item RECORD, PARTIAL or OPENING. */
KP_MUST_USE enum kp_status kp_verify_match_item(struct kp_verify_match *match,
                                                const struct kp_export_item *item,
                                                struct kp_error *error);
/* When all are loaded and the version is known: cuts entries into their parts. */
void kp_verify_match_split(struct kp_verify_match *match);
/* How many members have a RECORD (part 0); their numbers, rising. */
uint32_t kp_verify_match_members(const struct kp_verify_match *match,
                                 uint32_t members[static KP_MEMBERS_MAX]);

/* The steps, each after the one before it; `member` has a record. */
/* The entry stands at its position in the member's READY. */
bool kp_verify_match_entry(const struct kp_verify_match *match, uint32_t member, uint32_t part);
/* Its share is the member's under its tag. */
bool kp_verify_match_share(const struct kp_verify_match *match, uint32_t member);
/* s, from the first t records of one tag that pass both; false: there aren't as many. */
bool kp_verify_match_secret(const struct kp_verify_match *match,
                            const uint8_t tag[static KP_DIGEST_BYTES],
                            uint8_t secret[static KP_SCALAR_BYTES]);
bool kp_verify_match_outer(struct kp_verify_match *match, uint32_t member,
                           const uint8_t secret[static KP_SCALAR_BYTES]);
bool kp_verify_match_seal(const struct kp_verify_match *match, uint32_t member);
/* Every holder's partial opening is there and right. */
bool kp_verify_match_partial(const struct kp_verify_match *match, uint32_t member, uint32_t holder);
bool kp_verify_match_open(struct kp_verify_match *match, uint32_t member);
/* Of what is inside: g is that of READY; the leaf is under slots_root; the key is of a canonical
 * address; it lies in the area; tag and share follow from it; only registered indicators, and at
 * least one. */
bool kp_verify_match_g(const struct kp_verify_match *match, uint32_t member);
bool kp_verify_match_leaf(const struct kp_verify_match *match, uint32_t member);
bool kp_verify_match_address(const struct kp_verify_match *match, uint32_t member);
bool kp_verify_match_area(const struct kp_verify_match *match, uint32_t member);
bool kp_verify_match_tag(const struct kp_verify_match *match, uint32_t member);
bool kp_verify_match_indicators(const struct kp_verify_match *match, uint32_t member);

/* The holder's log entry: event, round, party and signature by the key of some version. */
bool kp_verify_match_logged(const struct kp_verify_match *match, uint32_t holder);
/* Its digest is the root of an act that has these partial openings of this match. */
bool kp_verify_match_act(const struct kp_verify_match *match, uint32_t holder);

#endif
