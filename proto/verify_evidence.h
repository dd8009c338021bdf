/* Evidence of one match: whether it holds in full, and what it then says, for a court's expert
 * (`kruispunt verify evidence`) and for a node that is asked about a case. Public keys alone; rules
 * evidence.* (docs/protocol.md, section 27). */
#ifndef KP_PROTO_VERIFY_EVIDENCE_H
#define KP_PROTO_VERIFY_EVIDENCE_H

#include "crypto/leaf.h"
#include "proto/verify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_evidence_member {
    uint32_t member;
    uint64_t not_later_than; /* Unix ms: latest time that another member signed after it */
    /* Where the agreement discloses them (kp_disclosure bits of says->agreement), else zero. */
    uint8_t indicators[KP_INDICATOR_SET_BYTES];
    uint8_t grounds[KP_DIGEST_BYTES];
    uint32_t observed_on; /* year * 10000 + month * 100 + day */
};
struct kp_evidence_opener {
    uint32_t holder;   /* of an opening key, from 1 */
    uint32_t party;    /* KP_PARTY_LEADER or KP_PARTY_OPENER */
    uint64_t time;     /* Unix ms, by the clock of its log */
    uint64_t sequence; /* of the entry in its log */
    uint32_t matches;  /* opened at once by it */
};
struct kp_evidence_says {
    const struct kp_agreement *agreement; /* the version of the round; in the papers */
    uint64_t counter;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t tag[KP_DIGEST_BYTES];
    uint8_t address_key[KP_ADDRESS_KEY_BYTES];
    uint64_t not_later_than;                           /* the latest of the members' */
    struct kp_evidence_member members[KP_MEMBERS_MAX]; /* at least t, by rising member */
    uint32_t member_count;
    struct kp_evidence_opener openers[KP_OPENING_KEYS_MAX]; /* every holder */
    uint32_t opener_count;
    uint32_t not_shown; /* bit i - 1: a record of member i was opened too, and isn't in the file */
};

/* `report` is filled in. *says is filled in only where kp_verify_evidence_holds. Items that are
 * papers are passed over: whoever wants them believed adds them to the versions before. KP_FAILED:
 * no memory. */
KP_MUST_USE enum kp_status kp_verify_evidence_check(const struct kp_verify_versions *versions,
                                                    const struct kp_verify_export *export,
                                                    struct kp_report *report,
                                                    struct kp_evidence_says *says,
                                                    struct kp_error *error);
/* Every rule is ok: none is broken, and none couldn't be checked. Anything else is no evidence. */
bool kp_verify_evidence_holds(const struct kp_report *report);

/* For a program that has papers of its own, which alone count: a file with papers in it is refused.
 * KP_REFUSED names the rule that doesn't hold. says->agreement points into the versions. */
KP_MUST_USE enum kp_status kp_verify_evidence_bytes(const uint8_t *bytes, size_t size,
                                                    const struct kp_verify_versions *versions,
                                                    struct kp_evidence_says *says,
                                                    struct kp_error *error);

#endif
