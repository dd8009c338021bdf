/* The cases that a node was asked about, as it keeps them (KP_NODE_CASES): by the case's number.
 * When a case is closed its content goes; that there was one, and what was answered, stays until
 * retention is over. */
#ifndef KP_NODE_CASES_H
#define KP_NODE_CASES_H

#include "proto/case.h"
#include "proto/store.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_kept_case {
    struct kp_case asked; /* its evidence is empty when closed */
    uint64_t received;    /* Unix seconds */
    bool closed;
    uint32_t revision; /* of the last answer; 0: none was given */
    enum kp_answer answer;
    uint64_t answered;                   /* Unix seconds */
    char reason[KP_CASE_REASON_MAX + 1]; /* empty when closed */
};
void kp_kept_case_free(struct kp_kept_case *kept);

KP_MUST_USE enum kp_status kp_cases_put(struct kp_txn *txn, const struct kp_kept_case *kept,
                                        struct kp_error *error);
/* *kept is freed with kp_kept_case_free whatever the result. KP_REFUSED: there is no such case. */
KP_MUST_USE enum kp_status kp_cases_get(struct kp_txn *txn,
                                        const uint8_t id[static KP_CASE_ID_BYTES],
                                        struct kp_kept_case *kept, struct kp_error *error);
/* Calls `each` for every case, by rising number. */
typedef enum kp_status kp_cases_each(void *context, const struct kp_kept_case *kept,
                                     struct kp_error *error);
KP_MUST_USE enum kp_status kp_cases_walk(struct kp_txn *txn, kp_cases_each *each, void *context,
                                         struct kp_error *error);
/* Removes the content, and marks the case as closed. */
KP_MUST_USE enum kp_status kp_cases_close(struct kp_txn *txn, struct kp_kept_case *kept,
                                          struct kp_error *error);

#endif
