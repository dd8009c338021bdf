/* A round that was played in memory, and the file that member 1 shows of its slots: all of them, or
 * so many as the settings say. It has three signals, one that was withdrawn, and padding; and a log
 * that tells of them. */
#ifndef KP_TESTS_AUDIT_MAKE_H
#define KP_TESTS_AUDIT_MAKE_H

#include "node/signals.h"
#include "proto/proof.h"
#include "proto/verify_audit.h"
#include "tests/unit/play.h"

#define AUDIT_SLOTS_OF_SCENE 8u
#define AUDIT_ENTRIES 4u
enum audit_signal { AUDIT_OF_ALL, AUDIT_OF_TWO, AUDIT_OF_ONE, AUDIT_WITHDRAWN, AUDIT_SIGNALS };

struct audit_scene {
    struct play play;
    struct kp_verify_versions versions;
    struct kp_kept_signal signals[AUDIT_SIGNALS];
    struct kp_buffer imported;  /* digests in entry 2 of the log */
    struct kp_buffer withdrawn; /* in entry 4; entry 3 is a HELLO 1 of an earlier attempt */
    struct kp_buffer entries[AUDIT_ENTRIES];
    struct kp_complete complete;
    struct kp_pick picks[AUDIT_SLOTS_OF_SCENE]; /* of every slot, by its index */
};

/* `picked`: the agreement's audit_slots. With `unlogged` the signals stand in no log, as those do
 * that are registered afterwards. */
void audit_scene_start(struct audit_scene *scene, uint32_t picked, bool unlogged);
void audit_scene_free(struct audit_scene *scene);
/* The slot that holds it: enum play_content. */
struct kp_pick *audit_scene_pick(struct audit_scene *scene, uint32_t what);
/* The file, with scene->complete signed and the slots that follow from it, or that are told (NULL:
 * those that follow). Freed with kp_verify_export_free. */
void audit_scene_file(struct audit_scene *scene, const uint32_t *slots, uint32_t count,
                      struct kp_verify_export *out);

#endif
