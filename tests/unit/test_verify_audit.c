/* proto/verify_audit.h: what a member may show of its slots is found to hold, and every change of
 * it is found. */
#include "proto/verify_audit.h"
#include "tests/unit/audit_make.h"
#include "tests/unit/change_all.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first rule that doesn't hold; NULL: all do. */
static const char *broken_rule(const struct audit_scene *scene,
                               const struct kp_verify_export *export)
{
    static struct kp_verify_audit audit;
    struct kp_report report;
    const char *id = NULL;
    CU_ASSERT_EQUAL(kp_verify_audit_check(&scene->versions, export, &report, &audit, NULL), KP_OK);
    for (size_t i = 0; id == NULL && i < report.count; i++) {
        if (report.rulings[i].verdict != KP_VERDICT_OK) {
            id = report.rules[i].id;
        }
    }
    CU_ASSERT_EQUAL(kp_verify_audit_holds(&report), id == NULL);
    kp_verify_audit_free(&audit);
    return id;
}

static void expect(struct audit_scene *scene, const char *rule)
{
    struct kp_verify_export file;
    audit_scene_file(scene, NULL, 0, &file);
    const char *found = broken_rule(scene, &file);
    if (rule == NULL) {
        CU_ASSERT_PTR_NULL(found);
        if (found != NULL) {
            printf("\nbroken: %s", found);
        }
    } else {
        CU_ASSERT_PTR_NOT_NULL_FATAL(found);
        CU_ASSERT_STRING_EQUAL(found, rule);
    }
    kp_verify_export_free(&file);
}

static void what_holds(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    expect(&scene, NULL);
    audit_scene_free(&scene);
    audit_scene_start(&scene, 3, false);
    expect(&scene, NULL);
    audit_scene_free(&scene);
}

static bool is_found(void *context, const struct kp_verify_export *export)
{
    return broken_rule(context, export) != NULL;
}

static void every_change_is_found(void)
{
    struct audit_scene scene;
    struct kp_verify_export file;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    audit_scene_file(&scene, NULL, 0, &file);
    change_all(&file, is_found, &scene);
    CU_ASSERT_PTR_NULL(broken_rule(&scene, &file));
    kp_verify_export_free(&file);
    audit_scene_free(&scene);
}

/* What a slot isn't, it can't be called. */
static void kinds(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    struct kp_pick *withdrawn = audit_scene_pick(&scene, PLAY_WITHDRAWN);
    struct kp_pick *padding = audit_scene_pick(&scene, PLAY_PADDING);
    struct kp_pick *live = audit_scene_pick(&scene, PLAY_OF_ONE);

    withdrawn->kind = KP_PICK_PADDING;
    withdrawn->signal_count = 0;
    expect(&scene, "audit.point");
    withdrawn->signal_count = 1;
    expect(&scene, "audit.kind");
    withdrawn->kind = KP_PICK_SIGNAL;
    expect(&scene, "audit.kind");
    withdrawn->kind = KP_PICK_CANARY;
    expect(&scene, "audit.kind");
    withdrawn->kind = KP_PICK_WITHDRAWN;
    expect(&scene, NULL);

    padding->kind = KP_PICK_CANARY;
    expect(&scene, "audit.kind");
    padding->kind = KP_PICK_PADDING;
    live->kind = KP_PICK_PADDING;
    expect(&scene, "audit.kind");
    live->kind = KP_PICK_SIGNAL;
    expect(&scene, NULL);
    audit_scene_free(&scene);
}

/* The log decides what a withdrawn signal was. */
static void withdrawn_signals(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    struct kp_pick_signal *signal = &audit_scene_pick(&scene, PLAY_WITHDRAWN)->signals[0];
    const struct kp_pick_signal whole = *signal;
    memset(&signal->withdrawn, 0, sizeof(signal->withdrawn));
    expect(&scene, "audit.withdrawn"); /* still there, and it counts: then the leaf would say so */
    signal->valid_until = 20240101;    /* past its last day, but then it was registered otherwise */
    expect(&scene, "audit.registered");
    *signal = whole;
    memset(&signal->registered, 0, sizeof(signal->registered));
    expect(&scene, "audit.registered");
    *signal = whole;
    signal->withdrawn = signal->registered; /* an entry about something else */
    expect(&scene, "audit.withdrawn");
    *signal = whole;
    expect(&scene, NULL);
    audit_scene_free(&scene);

    /* No log: nobody saw that any of them was registered. */
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, true);
    expect(&scene, "audit.registered");
    audit_scene_free(&scene);
}

static void seeds_and_picks(void)
{
    static const uint32_t others[] = {0, 1, 2};
    struct audit_scene scene;
    struct kp_verify_export file;
    audit_scene_start(&scene, 3, false);
    audit_scene_file(&scene, others, 3, &file);
    const char *found = broken_rule(&scene, &file);
    CU_ASSERT_TRUE(found == NULL || strcmp(found, "audit.picks") == 0);
    kp_verify_export_free(&file);
    audit_scene_file(&scene, others, 2, &file);
    found = broken_rule(&scene, &file);
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    CU_ASSERT_STRING_EQUAL(found, "audit.picks");
    kp_verify_export_free(&file);

    scene.complete.audit_seeds[1][0]++;
    expect(&scene, "audit.seeds");
    scene.complete.audit_seeds[1][0]--;
    scene.complete.seed_count = 0;
    expect(&scene, "audit.seeds");
    audit_scene_free(&scene);
}

static const struct unit_test tests[] = {
    {"what holds", what_holds},
    {"kinds", kinds},
    {"withdrawn signals", withdrawn_signals},
    {"seeds and picks", seeds_and_picks},
    {"every change is found", every_change_is_found},
};
UNIT_MAIN("verify_audit", tests)
