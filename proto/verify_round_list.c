/* What only members have of a round: secret parts, lists, evaluations. */
#include "proto/verify_internal.h"

#include "crypto/group.h"
#include "crypto/schnorr.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- secret parts ---- */

static void check_secret(const struct kp_verify_round *round, struct kp_report *report, uint32_t i)
{
    const struct kp_hello2_secret *secret = &round->secret_body[i];
    const struct kp_hello2 *hello = &round->hello2_body[i];
    uint8_t digest[KP_DIGEST_BYTES];
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, "secret part of HELLO 2", i + 1);
    kp_verify_secret_digest(digest, round->secret[i].data, round->secret[i].size);
    kp_report_set(report, KP_ROUND_SECRET_DIGEST,
                  memcmp(digest, hello->secret_digest, KP_DIGEST_BYTES) == 0, name,
                  "its digest isn't the one in HELLO 2");
    kp_verify_commitment(digest, hello, secret);
    kp_report_set(report, KP_ROUND_SECRET_COMMITMENT,
                  memcmp(digest, round->hello1_body[i].commitment, KP_DIGEST_BYTES) == 0, name,
                  "HELLO 1 committed to something else");
    kp_verify_key_context(digest, round->agreement, (uint64_t)round->start_body.round_type,
                          round->counter, round->hello1_body, i + 1, secret->public_key);
    kp_report_set(report, KP_ROUND_SECRET_POSSESSION,
                  kp_schnorr_verify(secret->proof, secret->public_key, digest) == KP_OK, name,
                  "the proof of knowing the round key doesn't hold");
}

static void check_secrets(const struct kp_verify_round *round, struct kp_report *report)
{
    uint8_t digest[KP_DIGEST_BYTES], sum[KP_POINT_BYTES] = {0};
    static const uint8_t identity[KP_POINT_BYTES];
    bool added = true;
    for (uint32_t i = 0; i < round->members; i++) {
        check_secret(round, report, i);
        added = added && kp_points_add(sum, sum, round->secret_body[i].public_key, 1) == KP_OK;
    }
    kp_report_set(report, KP_ROUND_KEY_SUM, added && memcmp(sum, identity, sizeof(sum)) != 0,
                  "secret parts of HELLO 2", "the keys don't add up to one");
    kp_verify_g_digest(digest, round->round_id, round->secret_body, round->members);
    for (uint32_t i = 0; i < round->members; i++) {
        char name[KP_RULING_RECORD];
        kp_verify_name(name, round, "READY", i + 1);
        kp_report_set(report, KP_ROUND_G,
                      memcmp(digest, round->ready_body[i].g_digest, KP_DIGEST_BYTES) == 0, name,
                      "its g isn't that of these contributions");
    }
}

/* ---- lists ---- */

static int compare_points(const void *left, const void *right)
{
    return memcmp(*(const uint8_t *const *)left, *(const uint8_t *const *)right, KP_POINT_BYTES);
}

static enum kp_status check_distinct(const struct kp_verify_round *round, struct kp_report *report,
                                     uint32_t i, const char *name)
{
    uint32_t slots = round->slots[i];
    const uint8_t **order = malloc(slots * sizeof(*order));
    if (order == NULL) {
        return KP_FAILED;
    }
    for (uint32_t k = 0; k < slots; k++) {
        order[k] = round->list[i].points + (size_t)k * KP_POINT_BYTES;
    }
    qsort(order, slots, sizeof(*order), compare_points);
    kp_report_ok(report, KP_ROUND_LIST_DISTINCT);
    for (uint32_t k = 1; k < slots; k++) {
        if (memcmp(order[k - 1], order[k], KP_POINT_BYTES) == 0) {
            kp_report_broken(report, KP_ROUND_LIST_DISTINCT, name, "a point stands in it twice");
            break;
        }
    }
    free(order);
    return KP_OK;
}

static enum kp_status check_list(const struct kp_verify_round *round, struct kp_report *report,
                                 uint32_t i)
{
    const uint8_t *points = round->list[i].points;
    uint8_t root[KP_DIGEST_BYTES];
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, "list", i + 1);
    if (kp_verify_points_root(root, round->agreement->lineage, points, round->slots[i]) != KP_OK) {
        return KP_FAILED;
    }
    kp_report_set(report, KP_ROUND_LIST_ROOT,
                  memcmp(root, round->hello2_body[i].points_root, KP_DIGEST_BYTES) == 0, name,
                  "its root isn't the one in HELLO 2");
    if (round->slots[i] == 0) {
        return KP_OK;
    }
    kp_report_set(report, KP_ROUND_LIST_POINTS, kp_points_check(points, round->slots[i]) == KP_OK,
                  name, "a point doesn't decode, or is the identity");
    return check_distinct(round, report, i, name);
}

/* ---- what changed ---- */

/* Section 6: `rotation` places from ((c - 2) mod slots) * rotation mod slots on, modulo slots. */
static bool is_due(const struct kp_agreement *agreement, uint64_t counter, uint32_t slots,
                   uint32_t place)
{
    uint64_t first = (counter - 2) % slots * agreement->rotation % slots;
    return (place + slots - first) % slots < agreement->rotation;
}

static void check_due(const struct kp_verify_round *round, struct kp_report *report, uint32_t i,
                      const char *name)
{
    const struct kp_verify_list *list = &round->list[i];
    kp_report_ok(report, KP_ROUND_LIST_DUE);
    for (uint32_t k = 0; k < list->before_count; k++) {
        uint32_t place = list->before_places[k];
        const uint8_t *now = list->points + (size_t)place * KP_POINT_BYTES;
        if (!is_due(round->agreement, round->counter, round->slots[i], place)) {
            kp_report_broken(report, KP_ROUND_LIST_DUE, name,
                             "point %u changed, and it isn't its turn", place);
        } else if (memcmp(now, list->before_points + (size_t)k * KP_POINT_BYTES, KP_POINT_BYTES) ==
                   0) {
            kp_report_broken(report, KP_ROUND_LIST_DUE, name,
                             "point %u stands among those that changed, and it didn't", place);
        }
    }
}

/* The list before, put together again, is the one whose root all signed READY over. */
static enum kp_status check_before_root(const struct kp_verify_round *round,
                                        struct kp_report *report, uint32_t i, const char *name)
{
    const struct kp_verify_list *list = &round->list[i];
    size_t size = (size_t)round->slots[i] * KP_POINT_BYTES;
    uint8_t root[KP_DIGEST_BYTES];
    uint8_t *points = malloc(size);
    if (points == NULL) {
        return KP_FAILED;
    }
    memcpy(points, list->points, size);
    for (uint32_t k = 0; k < list->before_count; k++) {
        memcpy(points + (size_t)list->before_places[k] * KP_POINT_BYTES,
               list->before_points + (size_t)k * KP_POINT_BYTES, KP_POINT_BYTES);
    }
    enum kp_status status =
        kp_verify_points_root(root, round->agreement->lineage, points, round->slots[i]);
    free(points);
    if (status == KP_OK) {
        kp_report_set(report, KP_ROUND_LIST_BEFORE,
                      memcmp(root, round->proof_body[0].lists[i].points_root, KP_DIGEST_BYTES) == 0,
                      name, "its root isn't the one in the READYs of the round before");
    }
    return status;
}

static enum kp_status check_changes(const struct kp_verify_round *round, struct kp_report *report,
                                    uint32_t i)
{
    const struct kp_verify_list *list = &round->list[i];
    char name[KP_RULING_RECORD];
    kp_verify_name(name, round, "list", i + 1);
    check_due(round, report, i, name);
    kp_report_set(report, KP_ROUND_LIST_TOTAL,
                  round->ready_body[0].lists[i].charged ==
                      round->proof_body[0].lists[i].charged + list->before_count,
                  name, "the total in READY isn't the one before and the points that changed");
    return check_before_root(round, report, i, name);
}

/* In a first round there is nothing before; and a member that lost its database doesn't have what
 * was. */
static enum kp_status check_all_changes(const struct kp_verify_round *round,
                                        struct kp_report *report)
{
    static const enum kp_round_rule rules[] = {KP_ROUND_LIST_BEFORE, KP_ROUND_LIST_DUE,
                                               KP_ROUND_LIST_TOTAL};
    enum kp_status status = KP_OK;
    uint32_t unknown = 0;
    for (uint32_t i = 0; i < round->members && unknown == 0; i++) {
        unknown = round->list[i].before_unknown ? i + 1 : 0;
    }
    if (round->counter > 1 && !round->has_proof) {
        return KP_OK;
    }
    for (uint32_t i = 0; status == KP_OK && round->counter > 1 && i < round->members; i++) {
        if (round->slots[i] > 0 && !round->list[i].before_unknown) {
            status = check_changes(round, report, i);
        }
    }
    for (size_t k = 0; k < sizeof(rules) / sizeof(rules[0]); k++) {
        if (unknown != 0) {
            kp_report_unchecked(report, rules[k],
                                "the list of member %u of the round before isn't in this file; "
                                "another member's may have it",
                                unknown);
        } else {
            kp_report_ok(report, rules[k]);
        }
    }
    return status;
}

/* ---- evaluations ---- */

static enum kp_status check_evaluation(const struct kp_verify_round *round,
                                       struct kp_report *report, uint32_t i)
{
    uint32_t own = round->party - 1, slots = round->slots[own];
    for (uint32_t number = 0; number < kp_verify_chunks(slots); number++) {
        size_t first = (size_t)number * KP_CHUNK_POINTS * KP_POINT_BYTES;
        const struct kp_verify_chunk chunk = {
            .round_id = round->round_id,
            .sender = round->party,
            .evaluator = i + 1,
            .points_root = round->hello2_body[own].points_root,
            .number = number,
            .count = kp_verify_chunk_size(slots, number),
            .public_key = round->secret_body[i].public_key,
            .inputs = round->list[own].points + first,
            .outputs = round->evaluation[i].data + first,
        };
        enum kp_status status = kp_verify_chunk_proof(
            round->proofs[i].data + (size_t)number * KP_CHUNK_PROOF_BYTES, &chunk);
        if (status == KP_FAILED) {
            return status;
        }
        char what[48], name[KP_RULING_RECORD];
        (void)snprintf(what, sizeof(what), "evaluation, chunk %u,", number);
        kp_verify_name(name, round, what, i + 1);
        kp_report_set(report, KP_ROUND_EVALUATION_PROOF, status == KP_OK, name,
                      "the proof doesn't hold");
    }
    return KP_OK;
}

static enum kp_status check_evaluations(const struct kp_verify_round *round,
                                        struct kp_report *report)
{
    enum kp_status status = KP_OK;
    if (round->slots[round->party - 1] == 0) {
        kp_report_unchecked(report, KP_ROUND_EVALUATION_PROOF,
                            "this member answers on request and had nothing evaluated");
        return KP_OK;
    }
    for (uint32_t i = 0; status == KP_OK && i < round->members; i++) {
        if (i + 1 != round->party) {
            status = check_evaluation(round, report, i);
        }
    }
    return status;
}

enum kp_status kp_verify_round_lists(struct kp_verify_round *round, struct kp_report *report,
                                     struct kp_error *error)
{
    if (round->party == KP_PARTY_COORDINATOR) {
        for (size_t rule = KP_ROUND_SECRET_DIGEST; rule < KP_ROUND_RULES; rule++) {
            kp_report_unchecked(report, rule,
                                "the coordinator's file doesn't have it; a member's "
                                "does");
        }
        return KP_OK;
    }
    check_secrets(round, report);
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < round->members; i++) {
        status = check_list(round, report, i);
    }
    if (status == KP_OK && round->ready_body[0].list_count == round->members) {
        status = check_all_changes(round, report);
    }
    if (status == KP_OK) {
        status = check_evaluations(round, report);
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory to verify a round");
}
