/* `kruispunt verify`: whether what programs exported holds together, from public keys alone. No
 * I/O, and nothing is believed that can be computed: every rule has a name that stays
 * (docs/protocol.md, section 21), and a verdict for each file.
 *
 * The parsers are those of the daemons; digests, trees and transcripts are computed anew
 * (proto/verify_digest.h). */
#ifndef KP_PROTO_VERIFY_H
#define KP_PROTO_VERIFY_H

#include "proto/agreement.h"
#include "proto/audit_log.h"
#include "proto/decision.h"
#include "proto/error.h"
#include "proto/export.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- verdicts ---- */

enum kp_verdict {
    KP_VERDICT_UNCHECKED = 0, /* what it takes isn't in these files */
    KP_VERDICT_OK = 1,
    KP_VERDICT_BROKEN = 2,
};
/* "not checkable", "ok", "broken". */
const char *kp_verdict_name(enum kp_verdict verdict);

struct kp_rule {
    const char *id;   /* "round.hello1.signature" */
    const char *says; /* what holds when it is ok */
};

#define KP_RULING_RECORD 192
#define KP_RULING_TEXT 256
struct kp_ruling {
    enum kp_verdict verdict;
    bool left_open; /* something of it isn't checkable, so it can't become ok any more */
    char record[KP_RULING_RECORD]; /* which record breaks it; may be empty */
    char text[KP_RULING_TEXT];     /* why broken or not checkable */
};

#define KP_RULES_MAX 48u
struct kp_report {
    const struct kp_rule *rules;
    size_t count;
    struct kp_ruling rulings[KP_RULES_MAX];
};
/* All rules not checkable, because an earlier one is broken: what holds until one is set. */
void kp_report_start(struct kp_report *report, const struct kp_rule *rules, size_t count);
/* The first record that breaks a rule is the one that is told. Both do nothing to a rule that is
 * broken already. */
void kp_report_ok(struct kp_report *report, size_t rule);
void kp_report_broken(struct kp_report *report, size_t rule, const char *record, const char *format,
                      ...) __attribute__((format(printf, 4, 5)));
void kp_report_unchecked(struct kp_report *report, size_t rule, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* From here on not checkable, or broken. */
void kp_report_leave_open(struct kp_report *report, size_t rule, const char *why);
/* Ok when `holds`, broken otherwise. */
void kp_report_set(struct kp_report *report, size_t rule, bool holds, const char *record,
                   const char *why);
bool kp_report_is_ok(const struct kp_report *report, size_t rule);
/* How many rules have this verdict. */
size_t kp_report_count(const struct kp_report *report, enum kp_verdict verdict);

/* ---- the versions of the agreement, against which everything else is held ---- */

#define KP_VERIFY_VERSIONS_MAX 16u
#define KP_VERIFY_DECISIONS_MAX (KP_VERIFY_VERSIONS_MAX * KP_MEMBERS_MAX * 3u)
struct kp_verify_versions {
    struct kp_agreement *version[KP_VERIFY_VERSIONS_MAX]; /* owned */
    size_t count;
    struct kp_decision *decisions; /* owned */
    size_t decision_count;
};
/* Adds a paper, a version by its hash as computed here; a paper that is there already adds nothing.
 * KP_REFUSED: it doesn't unpack, or there are too many. Zero-initialise; freed with
 * kp_verify_versions_free. Whether the papers hold together, kp_verify_agreement tells. */
KP_MUST_USE enum kp_status kp_verify_versions_add(struct kp_verify_versions *versions,
                                                  const uint8_t *bytes, size_t size,
                                                  struct kp_error *error);
void kp_verify_versions_free(struct kp_verify_versions *versions);
/* The first version's hash; NULL: it isn't there. */
const uint8_t *kp_verify_lineage(const struct kp_verify_versions *versions);
/* NULL: there is none with this hash. */
const struct kp_agreement *kp_verify_versions_find(const struct kp_verify_versions *versions,
                                                   const uint8_t hash[static KP_DIGEST_BYTES]);

/* ---- a file, as read ---- */

struct kp_verify_export {
    struct kp_export_header header;
    struct kp_export_item *items; /* owned */
    size_t count;
};
/* KP_USAGE: can't be opened. Freed with kp_verify_export_free whatever the result. */
KP_MUST_USE enum kp_status kp_verify_export_read(struct kp_verify_export *export, const char *path,
                                                 struct kp_error *error);
void kp_verify_export_free(struct kp_verify_export *export);

/* ---- what a file tells for comparison with others ---- */

struct kp_verify_log;
struct kp_verify_round;

/* Frees with the other; NULL is allowed. */
void kp_verify_log_free(struct kp_verify_log *log);
void kp_verify_round_free(struct kp_verify_round *round);

/* Rules log.* over an export of a log. `report` is filled in; *log is what kp_verify_across takes,
 * NULL when there is nothing to compare. Borrows the versions. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_verify_log_check(const struct kp_verify_versions *versions,
                                               const struct kp_verify_export *export,
                                               struct kp_report *report, struct kp_verify_log **log,
                                               struct kp_error *error);
/* Rules round.* over an export of a round, likewise. */
KP_MUST_USE enum kp_status kp_verify_round_check(const struct kp_verify_versions *versions,
                                                 const struct kp_verify_export *export,
                                                 struct kp_report *report,
                                                 struct kp_verify_round **round,
                                                 struct kp_error *error);
/* Rules across.* over all files together; what a file is called in findings is its name. Entries
 * that are NULL are passed over. */
struct kp_verify_file {
    const char *name;
    const struct kp_verify_log *log;
    const struct kp_verify_round *round;
};
void kp_verify_across(const struct kp_verify_file *files, size_t count, struct kp_report *report);

#endif
