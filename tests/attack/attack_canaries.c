/* Canaries as the leader judges them (coordinator/canary_audit.h): a coordinator that leaves one
 * out wants not to be found out, and members want it to be found out for what it didn't do.
 * Addresses 1 and 2 are of all three members; each two of them share a canary. */
#include "coordinator/canary_audit.h"
#include "proto/canary_notice.h"
#include "tests/attack/attack.h"
#include "tests/unit/stage.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define CHEAT 2u
#define MEMBERS 3u
#define ALL 7u

static const uint32_t HELD[] = {1, 2};
static const struct stage_set SETS[] = {{HELD, 2}, {HELD, 2}, {HELD, 2}};

struct scene {
    struct stage stage;
    struct stage_results results;
    struct kp_buffer notices[MEMBERS];
    struct kp_canary_audit *audit;
};

/* The cheat's canaries stand in its slots, and what it submits there is random. */
static bool unless_cheat(uint32_t member, const struct kp_canary *canary)
{
    (void)canary;
    return member != CHEAT;
}

static struct scene *scene_make(bool (*places)(uint32_t member, const struct kp_canary *canary))
{
    struct scene *scene = calloc(1, sizeof(*scene));
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    stage_places = places;
    stage_start(&scene->stage,
                &(struct fixture_settings){.members = MEMBERS, .slots = 16, .canaries = 1}, SETS);
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    stage_run(&scene->stage);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(kp_canary_notice_pack(&scene->notices[i - 1], agreement, i, 1, 0,
                                              scene->stage.play.release[i - 1]->notice.data, NULL),
                        KP_OK);
    }
    stage_submit(&scene->stage);
    stage_match(&scene->stage);
    stage_places = NULL;
    stage_results_read(&scene->results, &scene->stage, 1);
    CU_ASSERT_EQUAL_FATAL(
        kp_canary_audit_new(&scene->audit, agreement, 1, scene->results.transcript.ready, NULL),
        KP_OK);
    return scene;
}

static void scene_free(struct scene *scene)
{
    kp_canary_audit_free(scene->audit);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        kp_buffer_free(&scene->notices[i]);
    }
    stage_results_free(&scene->results);
    stage_free(&scene->stage);
    free(scene);
}

/* What the leader's program says: how many canaries it finds missing by the coordinator's doing. */
static uint32_t judge(struct scene *scene, bool drops)
{
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    char text[KP_CANARY_FINDING_TEXT];
    uint32_t missing = 0;
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(kp_canary_audit_notice(scene->audit, i, 0, &scene->notices[i - 1], NULL),
                        KP_OK);
    }
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        const struct kp_result_group *group = &scene->results.groups[i];
        uint32_t members = 0;
        for (uint32_t k = 0; k < group->record_count; k++) {
            members |= 1u << (group->records[k].member - 1);
        }
        if (members == ALL || !drops) {
            CU_ASSERT_EQUAL(
                kp_canary_audit_group(scene->audit, group->tag, members, members != ALL, NULL),
                KP_OK);
        }
    }
    for (uint32_t i = 0; i < kp_canary_audit_count(scene->audit); i++) {
        struct kp_canary_finding finding;
        kp_canary_audit_finding(scene->audit, i, &finding);
        kp_canary_finding_text(text, agreement, &finding);
        attack_told_words(text);
        missing += finding.state == KP_CANARY_MISSING;
    }
    return missing;
}

/* The coordinator leaves out all that exactly two members have, and with it their canaries. */
bool attack_dropped_canaries(void)
{
    struct scene *scene = scene_make(NULL);
    bool succeeded = judge(scene, true) == 0;
    scene_free(scene);
    return succeeded;
}

/* A member submits something random in the place of a canary, and tells the leader of the tag that
 * it would have had, which it knows from its partner: the coordinator seems to have left it out. */
bool attack_canary_withheld_to_frame(void)
{
    struct scene *scene = scene_make(unless_cheat);
    const struct kp_agreement *agreement = scene->stage.play.fixture.agreement;
    struct kp_canary_notice partner, own;
    /* Item 0 of member 1 and of the cheat is their common canary. */
    CU_ASSERT_EQUAL_FATAL(
        kp_canary_notice_read(&partner, agreement, 1, 1, 0, &scene->notices[0], NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_canary_notice_read(&own, agreement, CHEAT, 1, 0, &scene->notices[CHEAT - 1], NULL),
        KP_OK);
    struct kp_canary_item told = kp_canary_notice_item(&partner, agreement, 1, 0);
    uint8_t *items = scene->stage.play.release[CHEAT - 1]->notice.data;
    told.position = 0;
    kp_canary_item_put(items, agreement, CHEAT, &told);
    CU_ASSERT_EQUAL(
        kp_canary_notice_pack(&scene->notices[CHEAT - 1], agreement, CHEAT, 1, 0, items, NULL),
        KP_OK);
    bool succeeded = judge(scene, false) > 0;
    scene_free(scene);
    return succeeded;
}
