/* An audit of slots: whether what a member shows of the slots that were picked is what it signed in
 * that round, for its own data protection officer. Rules audit.* (docs/protocol.md, section 24).
 * Public keys and the file alone. */
#ifndef KP_PROTO_VERIFY_AUDIT_H
#define KP_PROTO_VERIFY_AUDIT_H

#include "proto/audit_log.h"
#include "proto/proof.h"
#include "proto/verify_signed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_audit_rule {
    KP_AUDIT_RULE_COMPLETE = KP_SIGNED_RULES,
    KP_AUDIT_RULE_SEEDS,
    KP_AUDIT_RULE_PICKS,
    KP_AUDIT_RULE_LEAF,
    KP_AUDIT_RULE_LIST,
    KP_AUDIT_RULE_KIND,
    KP_AUDIT_RULE_POINT,
    KP_AUDIT_RULE_TAG,
    KP_AUDIT_RULE_ENTRY,
    KP_AUDIT_RULE_SIGNALS,
    KP_AUDIT_RULE_LOG,
    KP_AUDIT_RULE_REGISTERED,
    KP_AUDIT_RULE_WITHDRAWN,
    KP_AUDIT_RULES,
};

/* What a file shows. */
struct kp_verify_audit {
    struct kp_verify_signed it;
    uint32_t member; /* whose slots */
    uint32_t slots;
    struct kp_round_message complete_message;
    struct kp_complete complete;
    bool has_complete;
    struct kp_pick picks[KP_AUDIT_SLOTS_MAX];
    bool failed[KP_AUDIT_SLOTS_MAX]; /* some rule doesn't hold of this one */
    uint32_t pick_count;
    struct kp_audit_entry *entries; /* owned: of the member's log, in their order */
    uint8_t (*hashes)[KP_DIGEST_BYTES];
    size_t entry_count;
    uint32_t papers;
    const struct kp_export_item *lists[KP_SLOTS_MAX / KP_CHUNK_POINTS]; /* borrowed from the file */
};

/* `report` is filled in, and *audit too as far as the file can be read; freed with
 * kp_verify_audit_free whatever the result, and then freed by whoever allocated it. Papers in the
 * file are passed over: whoever wants them believed adds them to the versions before. KP_FAILED: no
 * memory. */
KP_MUST_USE enum kp_status kp_verify_audit_check(const struct kp_verify_versions *versions,
                                                 const struct kp_verify_export *export,
                                                 struct kp_report *report,
                                                 struct kp_verify_audit *audit,
                                                 struct kp_error *error);
void kp_verify_audit_free(struct kp_verify_audit *audit);
/* Every rule is ok. */
bool kp_verify_audit_holds(const struct kp_report *report);

/* ---- verify_audit_pick.c, verify_audit_log.c: one rule of one pick each: KP_REFUSED
 * when it is broken; called from
 * verify_audit.c only, so that a test can link one away ---- */

KP_MUST_USE enum kp_status kp_audit_check_leaf(const struct kp_verify_audit *audit,
                                               const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_list(const struct kp_verify_audit *audit,
                                               const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_kind(const struct kp_verify_audit *audit,
                                               const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_point(const struct kp_verify_audit *audit,
                                                const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_tag(const struct kp_verify_audit *audit,
                                              const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_entry(const struct kp_verify_audit *audit,
                                                const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_signals(const struct kp_verify_audit *audit,
                                                  const struct kp_pick *pick);
/* The picks are those that READYs and seeds give. */
KP_MUST_USE enum kp_status kp_audit_check_picks(const struct kp_verify_audit *audit);
/* The log entries are one chain, signed, up to the head in the member's HELLO 2. */
KP_MUST_USE enum kp_status kp_audit_check_chain(const struct kp_verify_audit *audit);
KP_MUST_USE enum kp_status kp_audit_check_registered(const struct kp_verify_audit *audit,
                                                     const struct kp_pick *pick);
KP_MUST_USE enum kp_status kp_audit_check_withdrawn(const struct kp_verify_audit *audit,
                                                    const struct kp_pick *pick);

#endif
