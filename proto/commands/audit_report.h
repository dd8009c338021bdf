/* What an audit of slots shows, for a data protection officer: a report in Dutch to sign, and JSON.
 * `node audit-slots` and `verify audit` print the same. */
#ifndef KP_PROTO_COMMANDS_AUDIT_REPORT_H
#define KP_PROTO_COMMANDS_AUDIT_REPORT_H

#include "proto/json.h"
#include "proto/verify_audit.h"

#include <stdbool.h>
#include <stdio.h>

struct kp_register;

/* What the member's log tells of the rounds so far; zeroed when the log isn't there. */
struct kp_audit_history {
    bool known;
    uint32_t released;                   /* rounds that were */
    uint32_t missed;                     /* of these, without slots to show */
    uint8_t reason[KP_ROUNDS_MAX + 1];   /* by counter; 0: none was told */
    uint32_t members[KP_ROUNDS_MAX + 1]; /* whose seed was missing: bits */
    bool was_missed[KP_ROUNDS_MAX + 1];
    bool was_released[KP_ROUNDS_MAX + 1];
};

/* The report. reg may be NULL: then objects are shown by their ids (proto/address/shown.h). */
void kp_audit_report_print(const struct kp_verify_audit *audit, const struct kp_report *report,
                           const struct kp_audit_history *history, const struct kp_register *reg,
                           FILE *out);
/* In Dutch what is wrong when this rule (`audit.*`) is broken; "" for another one. */
const char *kp_audit_words(const char *rule);
/* Of a round that has no slots to show: that is a failed audit. `agreement` for names where the
 * file couldn't be read. */
void kp_audit_report_none(const struct kp_agreement *agreement, uint32_t member, uint64_t counter,
                          const struct kp_audit_history *history, FILE *out);
/* Adds all to the object; false: no memory. */
bool kp_audit_report_json(const struct kp_verify_audit *audit, const struct kp_report *report,
                          const struct kp_audit_history *history, const struct kp_register *reg,
                          cJSON *object);
bool kp_audit_history_json(const struct kp_audit_history *history, cJSON *object);

#endif
