/* Rules about several files together: what one party shows against what another one does. */
#include "proto/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum across_rule {
    ACROSS_SAME_ROUND,
    ACROSS_NEXT_ROUND,
    ACROSS_FORK,
    ACROSS_HEAD,
    ACROSS_SENT,
    ACROSS_EVALUATED,
    ACROSS_RELEASED,
    ACROSS_RULES,
};

static const struct kp_rule rules[ACROSS_RULES] = {
    [ACROSS_SAME_ROUND] = {"across.round", "files of one round show the same messages"},
    [ACROSS_NEXT_ROUND] = {"across.next",
                           "a round names the READYs of the one before as its proof"},
    [ACROSS_FORK] = {"across.fork", "files of one log are the same log"},
    [ACROSS_HEAD] = {"across.head", "logs hold every entry that hellos name as their head"},
    [ACROSS_SENT] = {"across.sent", "logs tell of the hellos and READYs that are in the rounds"},
    [ACROSS_EVALUATED] = {"across.evaluated",
                          "logs tell of the lists that were evaluated, and of as many changes"},
    [ACROSS_RELEASED] = {"across.released", "logs tell of the release of these rounds"},
};

/* Why nothing could be compared, unless something was. */
static const char *const wanting[ACROSS_RULES] = {
    [ACROSS_SAME_ROUND] = "no two files are of one round",
    [ACROSS_NEXT_ROUND] = "no two files are of rounds that follow each other",
    [ACROSS_FORK] = "no two files are of one log",
    [ACROSS_HEAD] = "there is no round beside a log",
    [ACROSS_SENT] = "there is no round beside a member's log",
    [ACROSS_EVALUATED] = "there is no round beside a member's log",
    [ACROSS_RELEASED] = "there is no round beside a log of a member or the coordinator",
};

/* "round 3 in FILE against FILE" */
static void name_pair(char out[static KP_RULING_RECORD], const struct kp_verify_file *one,
                      const struct kp_verify_file *other, const char *what)
{
    (void)snprintf(out, KP_RULING_RECORD, "%.24s in %.60s against %.60s", what, one->name,
                   other->name);
}

static bool same_buffer(const struct kp_buffer *one, const struct kp_buffer *other)
{
    return one->size == other->size && memcmp(one->data, other->data, one->size) == 0;
}

/* ---- rounds with rounds ---- */

static void compare_round(const struct kp_verify_file *one, const struct kp_verify_file *other,
                          struct kp_report *report)
{
    const struct kp_verify_round *left = one->round, *right = other->round;
    char name[KP_RULING_RECORD], what[32];
    (void)snprintf(what, sizeof(what), "round %" PRIu64, left->counter);
    name_pair(name, one, other, what);
    bool same = left->members == right->members && same_buffer(&left->start, &right->start);
    for (uint32_t i = 0; same && i < left->members; i++) {
        same = same_buffer(&left->hello1[i], &right->hello1[i]) &&
               same_buffer(&left->hello2[i], &right->hello2[i]) &&
               same_buffer(&left->ready[i], &right->ready[i]);
    }
    kp_report_set(
        report, ACROSS_SAME_ROUND, same, name,
        "they show other messages: somebody was shown another round, or a file is forged");
}

static void compare_next(const struct kp_verify_file *earlier, const struct kp_verify_file *later,
                         struct kp_report *report)
{
    const struct kp_verify_round *left = earlier->round, *right = later->round;
    char name[KP_RULING_RECORD], what[32];
    (void)snprintf(what, sizeof(what), "round %" PRIu64, right->counter);
    name_pair(name, later, earlier, what);
    bool same =
        left->members == right->members && right->start_body.release_proof_count == left->members;
    for (uint32_t i = 0; same && i < left->members; i++) {
        same = same_buffer(&left->ready[i], &right->start_body.release_proof[i]);
    }
    kp_report_set(report, ACROSS_NEXT_ROUND, same, name,
                  "its START proves another round before than that file shows");
}

/* ---- logs with logs ---- */

static void compare_logs(const struct kp_verify_file *one, const struct kp_verify_file *other,
                         struct kp_report *report)
{
    const struct kp_verify_log *left = one->log, *right = other->log;
    char name[KP_RULING_RECORD];
    name_pair(name, one, other, "log");
    size_t both = left->count < right->count ? left->count : right->count;
    for (size_t i = 0; i < both; i++) {
        if (memcmp(left->hashes[i], right->hashes[i], KP_DIGEST_BYTES) != 0) {
            kp_report_broken(report, ACROSS_FORK, name, "entry %" PRIu64 " is another one",
                             left->entries[i].sequence);
            return;
        }
    }
    kp_report_ok(report, ACROSS_FORK);
}

/* ---- rounds with logs ---- */

/* The entry with this number; NULL: the log doesn't have it. */
static const uint8_t *hash_of(const struct kp_verify_log *log, uint64_t sequence)
{
    for (size_t i = 0; i < log->count; i++) {
        if (log->entries[i].sequence == sequence) {
            return log->hashes[i];
        }
    }
    return NULL;
}

/* Broken when it doesn't hold; but a log that lost entries may have lost the one that is missed. */
static void set(struct kp_report *report, enum across_rule rule, const struct kp_verify_log *log,
                bool holds, const char *name, const char *why)
{
    if (!holds && log->lost > 0) {
        kp_report_leave_open(report, rule, "the log lost entries with a database");
    } else {
        kp_report_set(report, rule, holds, name, why);
    }
}

static void check_head(const struct kp_verify_log *log, const struct kp_audit_head *head,
                       const char *name, struct kp_report *report)
{
    const uint8_t *hash = head->sequence > 0 ? hash_of(log, head->sequence) : NULL;
    uint64_t last = log->count > 0 ? log->entries[log->count - 1].sequence : 0;
    if (head->sequence > 0 && hash == NULL && head->sequence < last && log->lost > 0) {
        set(report, ACROSS_HEAD, log, false, name, "");
    } else if (head->sequence > 0 && hash == NULL) {
        kp_report_broken(report, ACROSS_HEAD, name, "the log doesn't have entry %" PRIu64,
                         head->sequence);
    } else if (head->sequence > 0 && memcmp(hash, head->hash, KP_DIGEST_BYTES) != 0) {
        kp_report_broken(report, ACROSS_HEAD, name, "the log has another entry %" PRIu64,
                         head->sequence);
    } else {
        kp_report_ok(report, ACROSS_HEAD);
    }
}

static void check_heads(const struct kp_verify_file *of_round, const struct kp_verify_file *of_log,
                        struct kp_report *report)
{
    const struct kp_verify_round *round = of_round->round;
    const struct kp_verify_log *log = of_log->log;
    if (log->party < 1 || log->party > round->members) {
        return;
    }
    char name[KP_RULING_RECORD];
    name_pair(name, of_round, of_log, "HELLO 2");
    check_head(log, &round->hello2_body[log->party - 1].log, name, report);
    for (uint32_t i = 0; i < round->members; i++) {
        if (round->hello2_body[i].seen_count == round->members) {
            check_head(log, &round->hello2_body[i].seen[log->party - 1], name, report);
        }
    }
}

/* The entry about this event in the round's attempt; NULL: none. member 0: of any. */
static const struct kp_audit_entry *find(const struct kp_verify_log *log,
                                         const struct kp_verify_round *round,
                                         enum kp_audit_event event, uint32_t member)
{
    const struct kp_audit_entry *found = NULL;
    for (size_t i = 0; i < log->count; i++) {
        const struct kp_audit_entry *entry = &log->entries[i];
        if (entry->event == event && entry->counter == round->counter && entry->has_attempt &&
            memcmp(entry->attempt, round->start_message.attempt, KP_ATTEMPT_BYTES) == 0 &&
            (member == 0 || entry->member == member)) {
            found = entry;
        }
    }
    return found;
}

static bool tells(const struct kp_audit_entry *entry, const uint8_t digest[static KP_DIGEST_BYTES])
{
    return entry != NULL && entry->has_digest &&
           memcmp(entry->digest, digest, KP_DIGEST_BYTES) == 0;
}

static void check_sent(const struct kp_verify_file *of_round, const struct kp_verify_file *of_log,
                       struct kp_report *report)
{
    const struct kp_verify_round *round = of_round->round;
    uint32_t i = of_log->log->party - 1;
    const struct {
        enum kp_audit_event event;
        const struct kp_buffer *packed;
        const char *name;
    } sent[] = {
        {KP_AUDIT_HELLO1_SENT, &round->hello1[i], "HELLO 1"},
        {KP_AUDIT_HELLO2_SENT, &round->hello2[i], "HELLO 2"},
        {KP_AUDIT_READY_SENT, &round->ready[i], "READY"},
    };
    for (size_t k = 0; k < sizeof(sent) / sizeof(sent[0]); k++) {
        uint8_t digest[KP_DIGEST_BYTES];
        char name[KP_RULING_RECORD];
        name_pair(name, of_round, of_log, sent[k].name);
        kp_verify_logged_message(digest, sent[k].packed->data, sent[k].packed->size);
        set(report, ACROSS_SENT, of_log->log,
            tells(find(of_log->log, round, sent[k].event, 0), digest), name,
            "the member's log doesn't tell that it sent this message");
    }
}

/* Points of a member that this log says had changed at this counter, over all its attempts. */
static uint64_t told_changes(const struct kp_verify_log *log, uint64_t counter, uint32_t member)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < log->count; i++) {
        const struct kp_audit_entry *entry = &log->entries[i];
        if (entry->event == KP_AUDIT_LIST_EVALUATED && entry->counter == counter &&
            entry->member == member && entry->count <= KP_SLOTS_MAX) {
            sum += entry->count;
        }
    }
    return sum;
}

static void check_evaluated(const struct kp_verify_file *of_round,
                            const struct kp_verify_file *of_log, struct kp_report *report)
{
    const struct kp_verify_round *round = of_round->round;
    const struct kp_verify_log *log = of_log->log;
    if (round->ready_body[0].list_count != round->members ||
        (round->counter > 1 && !round->has_proof)) {
        return;
    }
    for (uint32_t i = 0; i < round->members; i++) {
        char name[KP_RULING_RECORD], what[32];
        if (i + 1 == log->party || round->slots[i] == 0) {
            continue;
        }
        (void)snprintf(what, sizeof(what), "list of member %u", i + 1);
        name_pair(name, of_round, of_log, what);
        uint64_t before = round->counter > 1 ? round->proof_body[0].lists[i].charged : 0;
        set(report, ACROSS_EVALUATED, log,
            tells(find(log, round, KP_AUDIT_LIST_EVALUATED, i + 1),
                  round->hello2_body[i].points_root),
            name, "the log doesn't tell that this list was evaluated");
        set(report, ACROSS_EVALUATED, log,
            told_changes(log, round->counter, i + 1) ==
                round->ready_body[0].lists[i].charged - before,
            name, "the log tells of another number of changed points");
    }
}

static void check_released(const struct kp_verify_file *of_round,
                           const struct kp_verify_file *of_log, struct kp_report *report)
{
    const struct kp_verify_log *log = of_log->log;
    char name[KP_RULING_RECORD];
    bool of_coordinator = log->party == KP_PARTY_COORDINATOR;
    name_pair(name, of_round, of_log, "release");
    set(report, ACROSS_RELEASED, log,
        tells(find(log, of_round->round,
                   of_coordinator ? KP_AUDIT_ROUND_RELEASED : KP_AUDIT_RELEASED, 0),
              of_round->round->round_id),
        name, "the log doesn't tell that this round was released");
}

/* ---- all ---- */

static void compare(const struct kp_verify_file *one, const struct kp_verify_file *other,
                    struct kp_report *report)
{
    if (one->round != NULL && other->round != NULL) {
        if (one < other && one->round->counter == other->round->counter) {
            compare_round(one, other, report);
        } else if (one->round->counter + 1 == other->round->counter) {
            compare_next(one, other, report);
        }
    } else if (one->log != NULL && other->log != NULL) {
        if (one < other && one->log->party == other->log->party) {
            compare_logs(one, other, report);
        }
    } else if (one->round != NULL && other->log != NULL) {
        check_heads(one, other, report);
        if (other->log->party >= 1 && other->log->party <= one->round->members) {
            check_sent(one, other, report);
            check_evaluated(one, other, report);
        }
        if (other->log->party <= one->round->members) {
            check_released(one, other, report);
        }
    }
}

void kp_verify_across(const struct kp_verify_file *files, size_t count, struct kp_report *report)
{
    kp_report_start(report, rules, ACROSS_RULES);
    for (size_t rule = 0; rule < ACROSS_RULES; rule++) {
        kp_report_unchecked(report, rule, "%s", wanting[rule]);
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (i != k) {
                compare(&files[i], &files[k], report);
            }
        }
    }
}
