#include "tests/unit/canary_scene.h"

#include "proto/canary_notice.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

static const uint32_t ONE[] = {1, 2, 3, 4, 5}, TWO[] = {1, 2, 3, 5}, THREE[] = {4, 5};
static const struct stage_set SETS[] = {{ONE, 5}, {TWO, 4}, {THREE, 2}};

const struct kp_agreement *canary_scene_agreement(const struct canary_scene *scene)
{
    return scene->stage.play.fixture.agreement;
}

static bool is_canary(struct kp_opening *opening, const struct kp_result_group *group)
{
    struct kp_opened_match *match = calloc(1, sizeof(*match));
    CU_ASSERT_PTR_NOT_NULL_FATAL(match);
    CU_ASSERT_EQUAL(stage_open_match(opening, group, match, NULL), KP_OK);
    CU_ASSERT_NOT_EQUAL(match->canary, match->shown);
    bool canary = match->canary;
    free(match);
    return canary;
}

struct canary_scene *canary_scene_make(bool (*places)(uint32_t member,
                                                      const struct kp_canary *canary))
{
    struct canary_scene *scene = calloc(1, sizeof(*scene));
    struct kp_opening *opening = NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(scene);
    stage_places = places;
    stage_start(&scene->stage,
                &(struct fixture_settings){
                    .members = SCENE_MEMBERS, .slots = SCENE_SLOTS, .canaries = SCENE_ACTIVE},
                SETS);
    stage_run(&scene->stage);
    for (uint32_t i = 0; i < SCENE_MEMBERS; i++) {
        const struct kp_release *release = scene->stage.play.release[i];
        CU_ASSERT_PTR_NOT_NULL_FATAL(release);
        CU_ASSERT_EQUAL(kp_canary_notice_pack(&scene->notices[i], canary_scene_agreement(scene),
                                              i + 1, 1, 0, release->notice.data, NULL),
                        KP_OK);
    }
    stage_submit(&scene->stage);
    stage_match(&scene->stage);
    stage_places = NULL;
    stage_results_read(&scene->results, &scene->stage, 1);
    CU_ASSERT_EQUAL_FATAL(stage_opening(&opening, &scene->stage, &scene->results, NULL), KP_OK);
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        scene->canary[i] = is_canary(opening, &scene->results.groups[i]);
    }
    kp_opening_free(opening);
    return scene;
}

void canary_scene_free(struct canary_scene *scene)
{
    kp_canary_audit_free(scene->audit);
    for (uint32_t i = 0; i < SCENE_MEMBERS; i++) {
        kp_buffer_free(&scene->notices[i]);
    }
    stage_results_free(&scene->results);
    stage_free(&scene->stage);
    free(scene);
}

void canary_scene_begin(struct canary_scene *scene)
{
    kp_canary_audit_free(scene->audit);
    CU_ASSERT_EQUAL_FATAL(kp_canary_audit_new(&scene->audit, canary_scene_agreement(scene), 1,
                                              scene->results.transcript.ready, NULL),
                          KP_OK);
}

void canary_scene_notice(struct canary_scene *scene, uint32_t member, const struct kp_buffer *plain)
{
    CU_ASSERT_EQUAL(kp_canary_audit_notice(scene->audit, member, 0, plain, NULL), KP_OK);
}

void canary_scene_notices(struct canary_scene *scene, uint32_t silent)
{
    for (uint32_t i = 1; i <= SCENE_MEMBERS; i++) {
        if (i != silent) {
            canary_scene_notice(scene, i, &scene->notices[i - 1]);
        }
    }
}

void canary_scene_groups(struct canary_scene *scene, size_t dropped)
{
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        const struct kp_result_group *group = &scene->results.groups[i];
        uint32_t members = 0;
        for (uint32_t k = 0; k < group->record_count; k++) {
            members |= 1u << (group->records[k].member - 1);
        }
        if (i != dropped) {
            CU_ASSERT_EQUAL(
                kp_canary_audit_group(scene->audit, group->tag, members, scene->canary[i], NULL),
                KP_OK);
        }
    }
}
