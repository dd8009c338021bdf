/* The case table of the project leader (KP_LEADER_CASES): matches that were put before members, and
 * what they answered. Other columns of the case table (actions, results) get their place here. */
#ifndef KP_COORDINATOR_CASES_H
#define KP_COORDINATOR_CASES_H

#include "crypto/leaf.h"
#include "proto/case.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

enum kp_case_end {
    KP_CASE_OPEN = 0,
    KP_CASE_BELOW_THRESHOLD = 1, /* fewer than t members say that it is current */
    KP_CASE_CLOSED_BY_LEADER = 2,
};

/* A member that was asked. */
struct kp_case_asked {
    uint32_t member;
    enum kp_case_question question;
    uint32_t revision; /* of its last answer; 0: none yet */
    enum kp_answer answer;
    uint64_t time; /* Unix seconds, by its clock */
    char reason[KP_CASE_REASON_MAX + 1];
};

/* Has an address in it: wiped by who is done with it. */
struct kp_leader_case {
    uint8_t id[KP_CASE_ID_BYTES];
    uint32_t round, number; /* of the match */
    uint32_t threshold;
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    uint64_t opened;    /* Unix seconds */
    uint64_t answer_by; /* Unix seconds */
    enum kp_case_end end;
    uint64_t ended; /* Unix seconds; 0: it is open */
    struct kp_case_asked asked[KP_MEMBERS_MAX];
    uint32_t asked_count;
};

KP_MUST_USE enum kp_status kp_leader_case_put(struct kp_txn *txn, const struct kp_leader_case *kept,
                                              struct kp_error *error);
/* KP_REFUSED: there is no such case. */
KP_MUST_USE enum kp_status kp_leader_case_get(struct kp_txn *txn,
                                              const uint8_t id[static KP_CASE_ID_BYTES],
                                              struct kp_leader_case *kept, struct kp_error *error);
typedef enum kp_status kp_leader_each_case(void *context, const struct kp_leader_case *kept,
                                           struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_case_walk(struct kp_txn *txn, kp_leader_each_case *each,
                                               void *context, struct kp_error *error);

/* An answer of this member, from its letter. *taken: it is new and counts. KP_REFUSED: the member
 * wasn't asked, or not this. */
KP_MUST_USE enum kp_status kp_leader_case_answer(struct kp_leader_case *kept, uint32_t member,
                                                 const struct kp_case_answer *answer, bool *taken,
                                                 struct kp_error *error);
/* Fewer than t of the members that hold the address say nothing against it. */
bool kp_leader_case_is_over(const struct kp_leader_case *kept);

#endif
