/* Rules about one round (docs/protocol.md, section 21). */
#include "proto/verify_internal.h"

#include <stdlib.h>
#include <string.h>

static const struct kp_rule rules[KP_ROUND_RULES] = {
    [KP_ROUND_FORM] = {"round.form",
                       "every item unpacks, stands in its order, and none is missing"},
    [KP_ROUND_AGREEMENT] =
        {"round.agreement",
         "START names a version of the agreement that is given, of this lineage"},
    [KP_ROUND_TERM] = {"round.term", "every member took part within the agreement's term"},
    [KP_ROUND_ACCEPTED] = {"round.accepted",
                           "every officer had accepted that version by then, and none had revoked"},
    [KP_ROUND_START_FIELDS] = {"round.start.fields",
                               "START is for this round, and the agreement has that many"},
    [KP_ROUND_START_SIGNATURE] = {"round.start.signature", "the coordinator signed START"},
    [KP_ROUND_START_PROOF] = {"round.start.proof",
                              "all members' READYs prove that the round before was released"},
    [KP_ROUND_HELLO1_SIGNATURE] = {"round.hello1.signature", "every HELLO 1 is its member's"},
    [KP_ROUND_HELLO1_ROUND] = {"round.hello1.round", "every HELLO 1 is of this attempt and round"},
    [KP_ROUND_HELLO1_CLAIMS] =
        {"round.hello1.claims",
         "no member showed another list for this round in an earlier attempt"},
    [KP_ROUND_HELLO1_PRESHARED] = {"round.hello1.preshared",
                                   "both of a pair say that they hold a secret, or neither does"},
    [KP_ROUND_HELLO2_SIGNATURE] = {"round.hello2.signature", "every HELLO 2 is its member's"},
    [KP_ROUND_HELLO2_HELLOS] = {"round.hello2.hellos",
                                "every HELLO 2 names the digest of these first hellos"},
    [KP_ROUND_HELLO2_ROUND] = {"round.hello2.round", "every HELLO 2 is of this attempt and round"},
    [KP_ROUND_HELLO2_SEEN] = {"round.hello2.seen",
                              "nobody saw more of another's log than that member shows"},
    [KP_ROUND_TIMES] = {"round.times", "no READY is dated before a HELLO 2"},
    [KP_ROUND_INTERVAL] = {"round.interval",
                           "the agreement's interval lies between this round and the one before"},
    [KP_ROUND_READY_SIGNATURE] = {"round.ready.signature", "every READY is its member's"},
    [KP_ROUND_READY_AGREE] = {"round.ready.agree",
                              "all READYs say the same of attempt, round, g and lists"},
    [KP_ROUND_ID] = {"round.id", "READY has the round id of these hellos"},
    [KP_ROUND_READY_LISTS] = {"round.ready.lists", "READY has the lists that HELLO 2 named"},
    [KP_ROUND_TOTAL_QUOTA] = {"round.quota",
                              "no total went down, or above slots and rotation of all rounds"},
    [KP_ROUND_SECRET_DIGEST] = {"round.secret.digest",
                                "every secret part is the one that HELLO 2 names"},
    [KP_ROUND_SECRET_COMMITMENT] = {"round.secret.commitment",
                                    "every HELLO 1 committed to roots, key and contribution"},
    [KP_ROUND_SECRET_POSSESSION] = {"round.secret.possession",
                                    "every member proved that it knows its round key"},
    [KP_ROUND_KEY_SUM] = {"round.keysum", "the joint key isn't the identity"},
    [KP_ROUND_G] = {"round.g", "READY has the digest of what all threw in"},
    [KP_ROUND_LIST_ROOT] = {"round.list.root", "every list is the one that HELLO 2 named"},
    [KP_ROUND_LIST_POINTS] = {"round.list.points", "every point of a list is one"},
    [KP_ROUND_LIST_DISTINCT] = {"round.list.distinct", "no point stands twice in a list"},
    [KP_ROUND_LIST_BEFORE] = {"round.list.before",
                              "the list of the round before is the one that all signed"},
    [KP_ROUND_LIST_DUE] = {"round.list.due", "points changed only where it was their turn"},
    [KP_ROUND_LIST_TOTAL] = {"round.list.total", "totals went up by the points that changed"},
    [KP_ROUND_EVALUATION_PROOF] = {"round.evaluation.proof",
                                   "the others multiplied the whole list by their round keys"},
};

static enum kp_status check(struct kp_verify_round *round,
                            const struct kp_verify_versions *versions,
                            const struct kp_verify_export *export, struct kp_report *report,
                            struct kp_error *error)
{
    enum kp_status status = kp_verify_round_load(round, versions, export, report, error);
    if (status == KP_OK) {
        kp_verify_round_signed(round, report);
        status = kp_verify_round_lists(round, report, error);
    }
    return status;
}

enum kp_status kp_verify_round_check(const struct kp_verify_versions *versions,
                                     const struct kp_verify_export *export,
                                     struct kp_report *report, struct kp_verify_round **out,
                                     struct kp_error *error)
{
    *out = NULL;
    kp_report_start(report, rules, KP_ROUND_RULES);
    struct kp_verify_round *round = calloc(1, sizeof(*round));
    if (round == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify a round");
    }
    enum kp_status status = check(round, versions, export, report, error);
    if (status != KP_OK) {
        kp_verify_round_free(round);
        return status == KP_FAILED ? KP_FAILED : KP_OK; /* the report says it */
    }
    *out = round;
    return KP_OK;
}

void kp_verify_round_free(struct kp_verify_round *round)
{
    if (round == NULL) {
        return;
    }
    kp_round_message_free(&round->start_message);
    kp_start_free(&round->start_body);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_round_message_free(&round->hello1_message[i]);
        kp_round_message_free(&round->hello2_message[i]);
        kp_round_message_free(&round->ready_message[i]);
        kp_hello1_free(&round->hello1_body[i]);
        free(round->list[i].points);
        free(round->list[i].before_points);
        free(round->list[i].before_places);
        kp_buffer_free(&round->evaluation[i]);
        kp_buffer_free(&round->proofs[i]);
    }
    free(round);
}
