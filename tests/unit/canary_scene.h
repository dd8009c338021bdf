/* A round with canaries up to the leader's findings: three members, threshold 2, two canaries a
 * group. Addresses 1 to 3 are of members 1 and 2, 4 of 1 and 3, 5 of all; groups {1,2} {1,3} {2,3}.
 */
#ifndef KP_TESTS_CANARY_SCENE_H
#define KP_TESTS_CANARY_SCENE_H

#include "coordinator/canary_audit.h"
#include "tests/unit/stage.h"

enum { SCENE_MEMBERS = 3, SCENE_ACTIVE = 2, SCENE_SLOTS = 24, SCENE_FINDINGS = 6 };

struct canary_scene {
    struct stage stage;
    struct stage_results results;
    bool canary[STAGE_GROUPS_MAX]; /* of each group: it opened as one */
    struct kp_buffer notices[SCENE_MEMBERS];
    struct kp_canary_audit *audit;
};

/* Played to its end; places: as stage_places, or NULL. */
struct canary_scene *canary_scene_make(bool (*places)(uint32_t member,
                                                      const struct kp_canary *canary));
void canary_scene_free(struct canary_scene *scene);
const struct kp_agreement *canary_scene_agreement(const struct canary_scene *scene);

/* A new audit, without notices and groups. */
void canary_scene_begin(struct canary_scene *scene);
void canary_scene_notice(struct canary_scene *scene, uint32_t member,
                         const struct kp_buffer *plain);
/* All notices but that of `silent`. */
void canary_scene_notices(struct canary_scene *scene, uint32_t silent);
/* All groups but one, as a coordinator gives them that drops it; SIZE_MAX: it drops nothing. */
void canary_scene_groups(struct canary_scene *scene, size_t dropped);

#endif
