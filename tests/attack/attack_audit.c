/* A member whose slots are audited, with a probe in one of them: the point of an address that it
 * only guessed. Its program is its own, so it says what it likes; what it signed in the round it
 * can't take back. The file is the one that its data protection officer verifies. */
#include "proto/slot_picks.h"
#include "tests/attack/attack.h"
#include "tests/unit/audit_make.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether every rule holds over it. */
static bool passes(struct audit_scene *scene, const struct kp_verify_export *file)
{
    struct kp_verify_audit *audit = calloc(1, sizeof(*audit));
    struct kp_report report;
    char words[KP_RULING_RECORD + KP_RULING_TEXT + 64];
    CU_ASSERT_PTR_NOT_NULL_FATAL(audit);
    CU_ASSERT_EQUAL_FATAL(kp_verify_audit_check(&scene->versions, file, &report, audit, NULL),
                          KP_OK);
    for (size_t i = 0; i < report.count; i++) {
        if (report.rulings[i].verdict == KP_VERDICT_BROKEN) {
            (void)snprintf(words, sizeof(words), "%s: %s", report.rules[i].id,
                           report.rulings[i].text);
            attack_told_words(words);
        }
    }
    bool holds = kp_verify_audit_holds(&report);
    kp_verify_audit_free(audit);
    free(audit);
    return holds;
}

static bool passes_with(struct audit_scene *scene, const uint32_t *slots, uint32_t count)
{
    struct kp_verify_export file;
    audit_scene_file(scene, slots, count, &file);
    bool holds = passes(scene, &file);
    kp_verify_export_free(&file);
    audit_scene_free(scene);
    return holds;
}

/* The slot with the probe: its leaf says nothing, its point is an address's. */
static struct kp_pick *probe_of(struct audit_scene *scene)
{
    return audit_scene_pick(scene, PLAY_WITHDRAWN);
}

bool attack_probe_called_padding(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    probe_of(&scene)->kind = KP_PICK_PADDING;
    probe_of(&scene)->signal_count = 0;
    return passes_with(&scene, NULL, 0);
}

/* The signal is made up when the picks are known, with a text and dates that look well. The log is
 * what it was. */
bool attack_probe_called_withdrawn(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    strcpy(probe_of(&scene)->signals[0].grounds, "withdrawn after a mistake");
    return passes_with(&scene, NULL, 0);
}

/* Registered when the round was over, and said to be older. */
bool attack_signal_predated(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    struct kp_pick_signal *signal = &audit_scene_pick(&scene, PLAY_OF_ONE)->signals[0];
    signal->registered_at -= 86400;
    return passes_with(&scene, NULL, 0);
}

/* Two slots are picked. With the coordinator's help its seed is another one, until the probe isn't
 * among them. */
bool attack_audit_redrawn(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, 2, false);
    probe_of(&scene)->kind = KP_PICK_PADDING;
    probe_of(&scene)->signal_count = 0;
    uint8_t *seed = scene.complete.audit_seeds[0];
    bool holds = false;
    for (uint32_t i = 1; !holds && i < 64; i++) {
        struct kp_verify_export file;
        seed[0] ^= (uint8_t)(i ^ (i - 1));
        audit_scene_file(&scene, NULL, 0, &file);
        holds = passes(&scene, &file);
        kp_verify_export_free(&file);
    }
    audit_scene_free(&scene);
    return holds;
}

/* It shows two others than those that follow. */
bool attack_slots_of_its_own_choice(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, 2, false);
    const uint32_t slots[2] = {audit_scene_pick(&scene, PLAY_OF_ALL)->leaf.index,
                               audit_scene_pick(&scene, PLAY_OF_TWO)->leaf.index};
    return passes_with(&scene, slots, 2);
}

/* An entry of padding under a slot that was a guess: the tag that it really submitted isn't shown.
 */
bool attack_entry_of_another_slot(void)
{
    struct audit_scene scene;
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    struct kp_pick *one = audit_scene_pick(&scene, PLAY_PADDING);
    const struct kp_pick *other = audit_scene_pick(&scene, PLAY_PADDING + 1);
    one->position = other->position;
    memcpy(one->output, other->output, sizeof(one->output));
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&one->entry, other->entry.data, other->entry.size), KP_OK);
    CU_ASSERT_EQUAL_FATAL(
        kp_buffer_set(&one->entry_path, other->entry_path.data, other->entry_path.size), KP_OK);
    return passes_with(&scene, NULL, 0);
}
