/* What everybody signed of a round: START, hellos, READYs. All of it is checkable in the
 * coordinator's export too. */
#include "proto/verify_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const uint8_t zeros[KP_DIGEST_BYTES];

static bool same(const uint8_t *left, const uint8_t *right)
{
    return memcmp(left, right, KP_DIGEST_BYTES) == 0;
}

static void broken(const struct kp_verify_round *round, struct kp_report *report,
                   enum kp_round_rule rule, const char *what, uint32_t member, const char *why)
{
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, what, member);
    kp_report_broken(report, rule, name, "%s", why);
}

/* ---- START ---- */

static void check_start(const struct kp_verify_round *round, struct kp_report *report)
{
    const struct kp_start *start = &round->start_body;
    const char *why = NULL;
    if (start->counter != round->counter) {
        why = "it is for another round than the file";
    } else if (start->counter > round->agreement->rounds) {
        why = "the agreement hasn't as many rounds";
    } else if (start->release_proof_count != (start->counter > 1 ? round->members : 0)) {
        why = "the proof of the round before hasn't a READY of every member";
    } else if ((start->round_type == KP_ROUND_COUNT) !=
               kp_verify_counts(round->agreement, round->counter)) {
        why = "the agreement has another kind of round there";
    }
    kp_report_set(report, KP_ROUND_START_FIELDS, why == NULL, "START", why != NULL ? why : "");
    if (!round->start_message.has_signature) {
        kp_report_broken(report, KP_ROUND_START_SIGNATURE, "START", "it isn't signed");
        return;
    }
    kp_report_set(report, KP_ROUND_START_SIGNATURE,
                  kp_verify_message_signature(&round->start_message, round->agreement->lineage,
                                              round->agreement->coordinator_identity_key) == KP_OK,
                  "START", "the signature isn't the coordinator's");
}

static bool same_lists(const struct kp_ready *one, const struct kp_ready *other)
{
    if (one->list_count != other->list_count) {
        return false;
    }
    for (uint32_t i = 0; i < one->list_count; i++) {
        if (!same(one->lists[i].points_root, other->lists[i].points_root) ||
            one->lists[i].charged != other->lists[i].charged) {
            return false;
        }
    }
    return true;
}

/* What READYs of one round have in common; NULL: they do. */
static const char *disagreement(const struct kp_ready *one, const uint8_t *attempt,
                                const struct kp_ready *other, const uint8_t *other_attempt)
{
    if (memcmp(attempt, other_attempt, KP_ATTEMPT_BYTES) != 0) {
        return "it is of another attempt than the READY of member 1";
    }
    if (one->counter != other->counter || !same(one->round_id, other->round_id)) {
        return "it is for another round than the READY of member 1";
    }
    if (!same(one->g_digest, other->g_digest)) {
        return "it has another g than the READY of member 1";
    }
    return same_lists(one, other) ? NULL : "it has other lists than the READY of member 1";
}

/* One READY of the release proof. */
static const char *open_proof(struct kp_verify_round *round, uint32_t i,
                              struct kp_round_message *message)
{
    const struct kp_buffer *packed = &round->start_body.release_proof[i];
    struct kp_ready *ready = &round->proof_body[i];
    if (kp_round_message_unpack(message, packed->data, packed->size, NULL) != KP_OK ||
        message->type != KP_MESSAGE_READY || message->from != i + 1 ||
        message->to != KP_PARTY_ALL || message->part != 0 ||
        kp_ready_unpack(ready, &message->body, NULL) != KP_OK) {
        return "it isn't a READY of this member";
    }
    if (kp_verify_message_signature(message, round->agreement->lineage,
                                    round->agreement->members[i].identity_key) != KP_OK) {
        return "the signature isn't the member's";
    }
    if (!same(ready->lineage, round->agreement->lineage)) {
        return "it is of another lineage";
    }
    if (ready->counter != round->counter - 1) {
        return "it isn't of the round before";
    }
    if (ready->list_count != round->members) {
        return "it hasn't a list of every member";
    }
    return ready->entries == round->slots[i] ? NULL : "it hasn't an entry for every slot";
}

static void check_proof(struct kp_verify_round *round, struct kp_report *report)
{
    uint8_t attempt[KP_ATTEMPT_BYTES] = {0};
    bool holds = kp_report_is_ok(report, KP_ROUND_START_FIELDS);
    if (!holds) {
        return;
    }
    for (uint32_t i = 0; round->counter > 1 && i < round->members; i++) {
        struct kp_round_message message;
        const char *why = open_proof(round, i, &message);
        if (i == 0) {
            memcpy(attempt, message.attempt, sizeof(attempt));
        } else if (why == NULL) {
            why = disagreement(&round->proof_body[0], attempt, &round->proof_body[i],
                               message.attempt);
        }
        kp_round_message_free(&message);
        if (why != NULL) {
            broken(round, report, KP_ROUND_START_PROOF, "START, READY", i + 1, why);
            holds = false;
        }
    }
    round->has_proof = holds && round->counter > 1;
    if (holds) {
        kp_report_ok(report, KP_ROUND_START_PROOF);
    }
}

/* ---- HELLO 1 ---- */

static void check_hello1(const struct kp_verify_round *round, struct kp_report *report, uint32_t i)
{
    const struct kp_hello1 *hello = &round->hello1_body[i];
    const struct kp_round_message *message = &round->hello1_message[i];
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, "HELLO 1", i + 1);
    kp_report_set(report, KP_ROUND_HELLO1_SIGNATURE,
                  kp_verify_message_signature(message, round->agreement->lineage,
                                              round->agreement->members[i].identity_key) == KP_OK,
                  name, "the signature isn't the member's");
    kp_report_set(report, KP_ROUND_HELLO1_ROUND,
                  hello->counter == round->counter &&
                      hello->round_type == round->start_body.round_type &&
                      memcmp(message->attempt, round->start_message.attempt, KP_ATTEMPT_BYTES) == 0,
                  name, "it is of another round or attempt than START");
    bool paired = (hello->preshared >> i & 1) == 0 &&
                  (round->members == 32 || hello->preshared >> round->members == 0);
    for (uint32_t j = 0; j < round->members; j++) {
        bool here = (hello->preshared >> j & 1) != 0;
        bool there = (round->hello1_body[j].preshared >> i & 1) != 0;
        paired = paired && here == there;
    }
    kp_report_set(report, KP_ROUND_HELLO1_PRESHARED, paired, name,
                  "it holds a secret with a member that says otherwise");
}

/* A claim: the HELLO 2 of somebody else, for this counter, from an earlier attempt. */
static const char *check_claim(const struct kp_verify_round *round, uint32_t claimer,
                               uint32_t *after, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_hello2 hello = {0};
    const char *why = NULL;
    if (kp_round_message_unpack(&message, packed->data, packed->size, NULL) != KP_OK ||
        message.type != KP_MESSAGE_HELLO2 || message.to != KP_PARTY_ALL || message.part != 0 ||
        message.from <= *after || message.from > round->members || message.from == claimer ||
        memcmp(message.attempt, round->start_message.attempt, KP_ATTEMPT_BYTES) == 0 ||
        kp_hello2_unpack(&hello, &message.body, NULL) != KP_OK) {
        why = "a claim isn't another member's HELLO 2 of another attempt";
    } else if (kp_verify_message_signature(
                   &message, round->agreement->lineage,
                   round->agreement->members[message.from - 1].identity_key) != KP_OK) {
        why = "the signature of a claim isn't that member's";
    } else if (hello.counter != round->counter) {
        why = "a claim is for another round";
    } else if (!same(hello.points_root, round->hello2_body[message.from - 1].points_root)) {
        why = "a claim shows that its member signed two lists for this round: it equivocated, or "
              "was restored";
    }
    *after = message.from;
    kp_round_message_free(&message);
    return why;
}

static void check_claims(const struct kp_verify_round *round, struct kp_report *report, uint32_t i)
{
    uint32_t after = 0;
    for (uint32_t k = 0; k < round->hello1_body[i].claim_count; k++) {
        const char *why = check_claim(round, i + 1, &after, &round->hello1_body[i].claims[k]);
        if (why != NULL) {
            broken(round, report, KP_ROUND_HELLO1_CLAIMS, "HELLO 1", i + 1, why);
            return;
        }
    }
    kp_report_ok(report, KP_ROUND_HELLO1_CLAIMS);
}

/* ---- HELLO 2 ---- */

static bool is_head(const struct kp_audit_head *head)
{
    return (head->sequence == 0) == same(head->hash, zeros);
}

static void check_seen(const struct kp_verify_round *round, struct kp_report *report, uint32_t i)
{
    const struct kp_hello2 *hello = &round->hello2_body[i];
    for (uint32_t j = 0; j < round->members; j++) {
        const struct kp_audit_head *seen = &hello->seen[j], *own = &round->hello2_body[j].log;
        const char *why = NULL;
        if (!is_head(seen) || !is_head(&hello->log) || (j == i && seen->sequence != 0)) {
            why = "a head in it can't be one";
        } else if (seen->sequence > own->sequence) {
            why = "it saw a longer log of another member than that one shows";
        } else if (seen->sequence == own->sequence && !same(seen->hash, own->hash)) {
            why = "it saw another log of another member than that one shows (a fork)";
        }
        if (why != NULL) {
            char what[64];
            (void)snprintf(what, sizeof(what), "HELLO 2 (of member %u's log)", j + 1);
            broken(round, report, KP_ROUND_HELLO2_SEEN, what, i + 1, why);
            return;
        }
    }
    kp_report_ok(report, KP_ROUND_HELLO2_SEEN);
}

static void check_hello2(const struct kp_verify_round *round, struct kp_report *report,
                         const uint8_t hellos[static KP_DIGEST_BYTES], uint32_t i)
{
    const struct kp_hello2 *hello = &round->hello2_body[i];
    const struct kp_round_message *message = &round->hello2_message[i];
    const struct kp_agreement *agreement = round->agreement;
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, "HELLO 2", i + 1);
    kp_report_set(report, KP_ROUND_HELLO2_SIGNATURE,
                  kp_verify_message_signature(message, agreement->lineage,
                                              agreement->members[i].identity_key) == KP_OK,
                  name, "the signature isn't the member's");
    kp_report_set(report, KP_ROUND_HELLO2_HELLOS, same(hello->hellos, hellos), name,
                  "it names other first hellos than these");
    kp_report_set(report, KP_ROUND_HELLO2_ROUND,
                  hello->counter == round->counter && hello->seen_count == round->members &&
                      memcmp(message->attempt, round->start_message.attempt, KP_ATTEMPT_BYTES) == 0,
                  name, "it is of another round or attempt than START");
    kp_report_set(report, KP_ROUND_TERM,
                  hello->time / 1000 >= agreement->start && hello->time / 1000 < agreement->end,
                  name, "it is dated outside the agreement's term");
}

/* ---- READY ---- */

static void check_ready(const struct kp_verify_round *round, struct kp_report *report, uint32_t i)
{
    const struct kp_ready *ready = &round->ready_body[i], *first = &round->ready_body[0];
    const struct kp_round_message *message = &round->ready_message[i];
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, "READY", i + 1);
    kp_report_set(report, KP_ROUND_READY_SIGNATURE,
                  kp_verify_message_signature(message, round->agreement->lineage,
                                              round->agreement->members[i].identity_key) == KP_OK,
                  name, "the signature isn't the member's");
    const char *why = disagreement(first, round->ready_message[0].attempt, ready, message->attempt);
    if (memcmp(message->attempt, round->start_message.attempt, KP_ATTEMPT_BYTES) != 0 ||
        ready->counter != round->counter || !same(ready->lineage, round->agreement->lineage)) {
        why = "it is of another round, attempt or lineage than START";
    } else if (ready->entries != round->slots[i]) {
        why = "it hasn't an entry for every slot";
    }
    kp_report_set(report, KP_ROUND_READY_AGREE, why == NULL, name, why != NULL ? why : "");
    kp_report_set(report, KP_ROUND_ID, same(ready->round_id, round->round_id), name,
                  "its round id isn't that of these hellos");
    kp_report_set(report, KP_ROUND_TERM, ready->time / 1000 < round->agreement->end, name,
                  "it is dated outside the agreement's term");
    for (uint32_t j = 0; j < round->members; j++) {
        kp_report_set(report, KP_ROUND_TIMES,
                      ready->time + KP_CLOCK_SKEW_MS >= round->hello2_body[j].time, name,
                      "it is dated before a HELLO 2, which it comes after");
    }
}

/* All READYs have the same lists (round.ready.agree), so those of the first are looked at. */
static void check_totals(const struct kp_verify_round *round, struct kp_report *report)
{
    const struct kp_agreement *agreement = round->agreement;
    if (round->ready_body[0].list_count != round->members) {
        broken(round, report, KP_ROUND_READY_LISTS, "READY", 1, "it hasn't a list of every member");
        return;
    }
    for (uint32_t j = 0; j < round->members; j++) {
        const struct kp_list_total *total = &round->ready_body[0].lists[j];
        uint64_t slots = round->slots[j];
        uint64_t most =
            slots == 0 ? 0 : slots + (round->counter - 1) * (uint64_t)agreement->rotation;
        const uint8_t *named = slots > 0 ? round->hello2_body[j].points_root : zeros;
        char name[KP_RULING_RECORD];
        kp_verify_name(name, round, "READYs, on the list", j + 1);
        kp_report_set(report, KP_ROUND_READY_LISTS, same(total->points_root, named), name,
                      "it isn't the list that its HELLO 2 names");
        kp_report_set(report, KP_ROUND_TOTAL_QUOTA, total->charged <= most, name,
                      "the total is above slots and rotation of all rounds so far");
        if (round->counter == 1) {
            kp_report_set(report, KP_ROUND_TOTAL_QUOTA, total->charged == slots, name,
                          "the total of a first round is the number of slots");
        } else if (round->has_proof) {
            uint64_t before = round->proof_body[0].lists[j].charged;
            kp_report_set(report, KP_ROUND_TOTAL_QUOTA,
                          total->charged >= before &&
                              total->charged - before <= (slots > 0 ? agreement->rotation : 0),
                          name, "the total went down, or up by more than the rotation");
        }
    }
}

static void check_interval(const struct kp_verify_round *round, struct kp_report *report)
{
    uint64_t interval = (uint64_t)round->agreement->interval_seconds * 1000;
    if (round->counter > 1 && !round->has_proof) {
        return;
    }
    kp_report_ok(report, KP_ROUND_INTERVAL);
    for (uint32_t i = 0; round->counter > 1 && i < round->members; i++) {
        uint64_t before = round->proof_body[i].time, now = round->hello2_body[i].time;
        /* One that lies ahead comes from a clock that was wrong; section 5 lets it hold up nobody.
         */
        bool clock_was_wrong = before > now && before - now > KP_CLOCK_SKEW_MS;
        if (!clock_was_wrong && (now < before || now - before < interval)) {
            broken(round, report, KP_ROUND_INTERVAL, "HELLO 2", i + 1,
                   "it is dated within the interval after this member's READY of the round before");
        }
    }
}

/* At the time of every member's HELLO 2, by that member's clock. A decision is dated by another
 * clock again, and may come late in the same quarter of an hour. */
static void check_accepted(const struct kp_verify_round *round, struct kp_report *report)
{
    if (round->versions->decision_count == 0) {
        kp_report_unchecked(report, KP_ROUND_ACCEPTED,
                            "no decisions are given beside the agreement");
        return;
    }
    uint64_t skew = KP_CLOCK_SKEW_MS / 1000;
    bool counting = kp_verify_counts(round->agreement, round->counter);
    for (uint32_t i = 0; i < round->members; i++) {
        uint64_t then = round->hello2_body[i].time / 1000;
        uint32_t stopped =
            kp_verify_stopped(round->versions, round->agreement, then > skew ? then - skew : 0);
        if (!kp_verify_accepted(round->versions, round->agreement, i + 1, counting, then + skew)) {
            broken(round, report, KP_ROUND_ACCEPTED, "decision", i + 1,
                   "its officer hadn't accepted the version that START names");
        }
        if (stopped != 0) {
            broken(round, report, KP_ROUND_ACCEPTED, "decision", stopped,
                   "its officer had refused or revoked before");
        }
    }
    kp_report_ok(report, KP_ROUND_ACCEPTED);
}

void kp_verify_round_signed(struct kp_verify_round *round, struct kp_report *report)
{
    uint8_t hellos[KP_DIGEST_BYTES];
    check_start(round, report);
    check_proof(round, report);
    kp_verify_hellos(hellos, round->agreement->lineage, round->hello1, round->members);
    kp_verify_round_id(round->round_id, round->agreement, (uint64_t)round->start_body.round_type,
                       round->counter, round->hello1, round->hello2);
    for (uint32_t i = 0; i < round->members && i < KP_MEMBERS_MAX; i++) {
        check_hello1(round, report, i);
        check_claims(round, report, i);
        check_hello2(round, report, hellos, i);
        check_seen(round, report, i);
        check_ready(round, report, i);
    }
    check_accepted(round, report);
    check_totals(round, report);
    check_interval(round, report);
}
