/* From the slots to the leader's findings: what is placed is found, and whatever is dropped, held
 * back or told wrongly names who did it, and nobody else. */
#include "coordinator/canary_audit.h"
#include "crypto/merkle.h"
#include "proto/canary_check.h"
#include "proto/canary_groups.h"
#include "proto/canary_notice.h"
#include "proto/record.h"
#include "tests/unit/canary_scene.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct kp_canary_finding finding_of(const struct canary_scene *scene, uint32_t number)
{
    struct kp_canary_finding finding;
    kp_canary_audit_finding(scene->audit, number, &finding);
    CU_ASSERT_EQUAL(finding.group, number / SCENE_ACTIVE);
    CU_ASSERT_EQUAL(finding.number, number % SCENE_ACTIVE);
    CU_ASSERT_EQUAL(finding.members, kp_canary_group(canary_scene_agreement(scene), finding.group));
    return finding;
}

static uint32_t in_state(const struct canary_scene *scene, enum kp_canary_state state)
{
    uint32_t count = 0;
    CU_ASSERT_EQUAL(kp_canary_audit_count(scene->audit), SCENE_FINDINGS);
    for (uint32_t i = 0; i < SCENE_FINDINGS; i++) {
        count += finding_of(scene, i).state == state;
    }
    return count;
}

/* In exactly the findings of the member's groups this state, naming these; all others are found. */
static void check_named(const struct canary_scene *scene, uint32_t member,
                        enum kp_canary_state state, uint32_t named)
{
    for (uint32_t i = 0; i < SCENE_FINDINGS; i++) {
        struct kp_canary_finding finding = finding_of(scene, i);
        bool concerned = (finding.members >> (member - 1) & 1) != 0;
        CU_ASSERT_EQUAL(finding.state, concerned ? state : KP_CANARY_FOUND);
        CU_ASSERT_EQUAL(finding.named, concerned ? named : 0);
    }
}

/* ---- an honest round ---- */

static void all_are_found(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    uint32_t canaries = 0;
    CU_ASSERT_EQUAL(scene->results.group_count, 5 + SCENE_FINDINGS);
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        canaries += scene->canary[i];
    }
    CU_ASSERT_EQUAL(canaries, SCENE_FINDINGS);
    canary_scene_begin(scene);
    canary_scene_notices(scene, 0);
    canary_scene_groups(scene, SIZE_MAX);
    CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_FOUND), SCENE_FINDINGS);
    CU_ASSERT_EQUAL(kp_canary_audit_unannounced(scene->audit), 0);
    static const uint64_t matches[] = {3, 1, 0};
    for (uint32_t i = 0; i < 3; i++) {
        struct kp_canary_figures figures;
        kp_canary_audit_figures(scene->audit, i, &figures);
        CU_ASSERT_EQUAL(figures.found, SCENE_ACTIVE);
        CU_ASSERT_EQUAL(figures.missing + figures.unknown, 0);
        CU_ASSERT_EQUAL(figures.matches, matches[i]); /* the one of all three isn't theirs */
        CU_ASSERT_DOUBLE_EQUAL(figures.caught, 2.0 / ((double)matches[i] + 3), 1e-12);
    }
    canary_scene_free(scene);
}

/* Every canary that is left out is found out, and names nobody but the coordinator; a match that is
 * left out isn't, which is what the figures are about. */
static void dropped_groups(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    uint32_t caught[3] = {0}, of[3] = {0};
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        const struct kp_result_group *group = &scene->results.groups[i];
        canary_scene_begin(scene);
        canary_scene_notices(scene, 0);
        canary_scene_groups(scene, i);
        CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_MISSING), scene->canary[i]);
        CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_FOUND), SCENE_FINDINGS - scene->canary[i]);
        for (uint32_t k = 0; k < SCENE_FINDINGS; k++) {
            struct kp_canary_finding finding = finding_of(scene, k);
            CU_ASSERT_EQUAL(finding.named, 0);
            CU_ASSERT(finding.state == KP_CANARY_FOUND ||
                      memcmp(finding.tag, group->tag, KP_DIGEST_BYTES) == 0);
        }
        uint32_t members =
            1u << (group->records[0].member - 1) | 1u << (group->records[1].member - 1);
        uint32_t number = kp_canary_group_number(canary_scene_agreement(scene), members);
        if (group->record_count == 2) {
            of[number]++;
            caught[number] += in_state(scene, KP_CANARY_MISSING);
        }
    }
    /* Each choice is as likely to somebody who drops one blindly: the figure is exact. */
    static const uint32_t matches[] = {3, 1, 0};
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_DOUBLE_EQUAL((double)caught[i] / of[i],
                               kp_canary_caught(SCENE_ACTIVE, matches[i], 1), 1e-12);
    }
    canary_scene_free(scene);
}

/* A coordinator leaves out one member's record, so that too few are left, or gives one too many. */
static void changed_groups(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        if (!scene->canary[i]) {
            continue;
        }
        const uint8_t *tag = scene->results.groups[i].tag;
        canary_scene_begin(scene);
        canary_scene_notices(scene, 0);
        canary_scene_groups(scene, i);
        CU_ASSERT_EQUAL(kp_canary_audit_group(
                            scene->audit, tag,
                            1u << (scene->results.groups[i].records[0].member - 1), false, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_MISSING), 1);
        canary_scene_begin(scene);
        canary_scene_notices(scene, 0);
        canary_scene_groups(scene, i);
        CU_ASSERT_EQUAL(kp_canary_audit_group(scene->audit, tag, 7, true, NULL), KP_OK);
        CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_FOUND),
                        SCENE_FINDINGS); /* they told a third one */
    }
    canary_scene_free(scene);
}

/* What the coordinator's signed list says that it didn't get, it needn't give. */
static void incomplete_submissions(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    for (uint32_t i = 0; i < scene->results.group_count; i++) {
        if (scene->canary[i]) {
            uint32_t member = scene->results.groups[i].records[1].member;
            canary_scene_begin(scene);
            canary_scene_notices(scene, 0);
            canary_scene_groups(scene, i);
            kp_canary_audit_incomplete(scene->audit, 1u << (member - 1));
            CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_INCOMPLETE), 1);
            CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_FOUND), SCENE_FINDINGS - 1);
            kp_canary_audit_incomplete(scene->audit, 0);
            CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_MISSING), 1);
        }
    }
    canary_scene_free(scene);
}

/* ---- members that frame the coordinator ---- */

static bool two_withholds(uint32_t member, const struct kp_canary *canary)
{
    (void)canary;
    return member != 2;
}

/* Member 2 submits random tags in the place of its canaries. Whatever it tells the leader, the
 * coordinator isn't named. */
static void withheld_canaries(void)
{
    struct canary_scene *scene = canary_scene_make(two_withholds);
    CU_ASSERT_EQUAL(scene->results.group_count, 5 + 2); /* those of 1 and 3 */
    canary_scene_begin(scene); /* it tells what it submitted, which is true: the tags differ */
    canary_scene_notices(scene, 0);
    canary_scene_groups(scene, SIZE_MAX);
    for (uint32_t i = 0; i < SCENE_FINDINGS; i++) {
        struct kp_canary_finding finding = finding_of(scene, i);
        bool concerned = finding.members != 5;
        CU_ASSERT_EQUAL(finding.state, concerned ? KP_CANARY_DIFFERENT : KP_CANARY_FOUND);
        CU_ASSERT_EQUAL(finding.named, concerned ? finding.members : 0);
    }
    canary_scene_begin(scene); /* it tells nothing: it, or the coordinator kept it back */
    canary_scene_notices(scene, 2);
    canary_scene_groups(scene, SIZE_MAX);
    check_named(scene, 2, KP_CANARY_NO_NOTICE, 2);

    canary_scene_begin(scene); /* it copies the tags that the others submitted into its entries */
    size_t item_size = kp_canary_item_size(canary_scene_agreement(scene), 2);
    for (uint32_t i = 0; i < 2 * SCENE_ACTIVE; i++) {
        /* Its groups are {1,2} and {2,3}: the first of member 1, the second of member 3. */
        uint32_t from = i < SCENE_ACTIVE ? 1 : 3;
        memcpy(scene->notices[1].data + 8 + i * item_size + 8,
               scene->notices[from - 1].data + 8 +
                   i * kp_canary_item_size(canary_scene_agreement(scene), from) + 8,
               KP_DIGEST_BYTES);
    }
    canary_scene_notices(scene, 0);
    canary_scene_groups(scene, SIZE_MAX);
    check_named(scene, 2, KP_CANARY_NOT_TRUE, 2);
    canary_scene_free(scene);
}

/* Any byte of a notice that is changed: its member is named alone, in what the item concerns, and
 * nobody is when the item stays as it was. */
static void changed_notices(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    size_t size = scene->notices[0].size,
           item_size = kp_canary_item_size(canary_scene_agreement(scene), 1);
    CU_ASSERT_EQUAL(size, 8 + 2 * SCENE_ACTIVE * item_size);
    CU_ASSERT_EQUAL(size, kp_canary_notice_size(canary_scene_agreement(scene), 1, 0));
    for (size_t at = 0; at < size; at += at < 8 + item_size ? 1 : 97) {
        scene->notices[0].data[at] ^= 1;
        canary_scene_begin(scene);
        canary_scene_notices(scene, 0);
        canary_scene_groups(scene, SIZE_MAX);
        CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_MISSING), 0);
        for (uint32_t i = 0; i < SCENE_FINDINGS; i++) {
            struct kp_canary_finding finding = finding_of(scene, i);
            CU_ASSERT(finding.named == 0 || finding.named == 1);
            CU_ASSERT(finding.state == KP_CANARY_FOUND || finding.state == KP_CANARY_NOT_TRUE);
        }
        CU_ASSERT(in_state(scene, KP_CANARY_NOT_TRUE) >= 1);
        scene->notices[0].data[at] ^= 1;
    }
    canary_scene_free(scene);
}

/* Of another member, shorter, longer, empty, with an item twice. */
static void false_notices(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    struct kp_buffer changed = {0};
    size_t item_size = kp_canary_item_size(canary_scene_agreement(scene), 1);
    const struct kp_buffer own = scene->notices[0];
    for (uint32_t way = 0; way < 5; way++) {
        CU_ASSERT_EQUAL(kp_buffer_set(&changed, own.data, own.size), KP_OK);
        if (way == 0) {
            CU_ASSERT_EQUAL(kp_buffer_set(&changed, scene->notices[1].data, scene->notices[1].size),
                            KP_OK);
        } else if (way == 1) {
            changed.size--;
        } else if (way == 2) {
            CU_ASSERT_EQUAL(kp_buffer_append(&changed, "", 1), KP_OK);
        } else if (way == 3) {
            changed.size = 0;
        } else { /* its first canary named for the second one too */
            memcpy(changed.data + 8 + item_size, changed.data + 8, item_size);
        }
        canary_scene_begin(scene);
        canary_scene_notice(scene, 1, &changed);
        canary_scene_notice(scene, 1, &own); /* what comes after has no effect */
        canary_scene_notices(scene, 1);
        canary_scene_groups(scene, SIZE_MAX);
        CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_MISSING), 0);
        if (way == 4) {
            CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_DIFFERENT), 1);
        } else {
            check_named(scene, 1, KP_CANARY_NOT_TRUE, 1);
        }
    }
    /* Parts and members that there aren't; a round that isn't this one. */
    canary_scene_begin(scene);
    CU_ASSERT_EQUAL(kp_canary_audit_notice(scene->audit, 1, 1, &own, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_canary_audit_notice(scene->audit, 0, 0, &own, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_canary_audit_notice(scene->audit, 4, 0, &own, NULL), KP_OK);
    canary_scene_notices(scene, 0);
    canary_scene_groups(scene, SIZE_MAX);
    CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_FOUND), SCENE_FINDINGS);
    struct kp_canary_audit *other = NULL;
    CU_ASSERT_EQUAL(kp_canary_audit_new(&other, canary_scene_agreement(scene), 2,
                                        scene->results.transcript.ready, NULL),
                    KP_REFUSED);
    kp_buffer_free(&changed);
    canary_scene_free(scene);
}

/* A canary that a member's slots have lost: its notice says so, and names it. */
static void not_placed(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    size_t item_size = kp_canary_item_size(canary_scene_agreement(scene), 3);
    struct kp_canary_item item = {.group = 1};
    kp_canary_item_put(scene->notices[2].data + 8, canary_scene_agreement(scene), 3, &item);
    canary_scene_begin(scene);
    canary_scene_notices(scene, 0);
    canary_scene_groups(scene, SIZE_MAX);
    CU_ASSERT_EQUAL(in_state(scene, KP_CANARY_NOT_TRUE), 1);
    CU_ASSERT_EQUAL(finding_of(scene, SCENE_ACTIVE).named, 4);
    CU_ASSERT_EQUAL(kp_canary_audit_unannounced(scene->audit), 1);
    scene->notices[2].data[8 + item_size - 1] = 1; /* not placed, and something all the same */
    canary_scene_begin(scene);
    canary_scene_notices(scene, 0);
    canary_scene_groups(scene, SIZE_MAX);
    check_named(scene, 3, KP_CANARY_NOT_TRUE, 4);
    canary_scene_free(scene);
}

static void texts(void)
{
    struct canary_scene *scene = canary_scene_make(NULL);
    for (int state = 0; state < KP_CANARY_STATES; state++) {
        char text[KP_CANARY_FINDING_TEXT];
        const struct kp_canary_finding finding = {.members = 3,
                                                  .state = (enum kp_canary_state)state,
                                                  .named = state > KP_CANARY_MISSING ? 2 : 0};
        kp_canary_finding_text(text, canary_scene_agreement(scene), &finding);
        CU_ASSERT_PTR_EQUAL(strstr(text, "canary 1 of m1 and m2 "), text);
        CU_ASSERT_EQUAL(strcmp(text + strlen(text) - 2, "m2") == 0, finding.named != 0);
        CU_ASSERT_EQUAL(strstr(text, "coordinator") != NULL,
                        state != KP_CANARY_FOUND && state != KP_CANARY_NOT_TRUE);
        CU_ASSERT_EQUAL(kp_canary_names_coordinator((enum kp_canary_state)state),
                        strstr(text, "coordinator") != NULL && strstr(text, "not the") == NULL);
    }
    canary_scene_free(scene);
}

static const struct unit_test TESTS[] = {
    {"all are found", all_are_found},
    {"dropped groups", dropped_groups},
    {"changed groups", changed_groups},
    {"incomplete submissions", incomplete_submissions},
    {"withheld canaries", withheld_canaries},
    {"changed notices", changed_notices},
    {"false notices", false_notices},
    {"not placed", not_placed},
    {"texts", texts},
};

UNIT_MAIN("canary_audit", TESTS)
