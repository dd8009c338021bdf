/* A round played in memory: every member's half (node/round.h), and a perfect relay between them.
 *
 * Tests look into the halves through node/round_internal.h, and tamper through the two hooks. */
#ifndef KP_TESTS_PLAY_H
#define KP_TESTS_PLAY_H

#include "node/release.h"
#include "node/round.h"
#include "proto/store.h"
#include "tests/unit/fixture.h"

#include <stdbool.h>

/* What stands in a member's slots, in this order, and from PLAY_PADDING on padding; slot
 * (what + member) % slots holds it, so that equal addresses stand at different places. */
enum play_content {
    PLAY_OF_ALL,    /* address 1 */
    PLAY_OF_TWO,    /* address 2, of members 1 and 2; padding with the others */
    PLAY_OF_ONE,    /* address 100 + member */
    PLAY_WITHDRAWN, /* the point of address 1000, of all members, that doesn't count any more */
    PLAY_PADDING,
};

/* What a member keeps of another's lists, as its database would (node/quota.h). */
struct play_quota {
    uint64_t counter; /* 0: nothing was charged */
    uint64_t charged;
    uint8_t *points;
};
/* For kp_round_settings: a member of a play. */
struct play_member {
    struct play *play;
    uint32_t number;
};

struct play {
    struct fixture fixture;
    struct kp_slot_list lists[KP_MEMBERS_MAX];   /* what each member keeps in its slots */
    uint64_t fixed;                              /* the counter that they are for */
    struct play_quota (*quotas)[KP_MEMBERS_MAX]; /* evaluator, sender */
    struct play_member members[KP_MEMBERS_MAX];
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t counter;
    struct kp_audit_head log; /* of member 1; zeros: none */
    bool long_ago; /* the members' clocks are slow: no interval holds the next round up */
    struct kp_pieces *pieces[KP_MEMBERS_MAX]; /* what the rounds spill */
    struct kp_round *round[KP_MEMBERS_MAX];
    struct kp_release *release[KP_MEMBERS_MAX]; /* NULL before READY */
    struct kp_buffer hello1[KP_MEMBERS_MAX];    /* as the relay saw them */
    struct kp_buffer hello2[KP_MEMBERS_MAX];
    bool has_key_sum;
    uint8_t key_sum[KP_SCALAR_BYTES]; /* of all keys of the round: what nobody ever has */
    uint32_t refused;                 /* deliveries that weren't accepted */
    struct kp_error error;            /* of the first of them */
    struct kp_abort told;             /* by a member to the coordinator; reason 0: nothing */
    uint32_t told_by;

    /* May be NULL. Called for every message before and after member `to` gets it. */
    void (*before)(struct play *play, uint32_t to, const struct kp_buffer *packed);
    void (*after)(struct play *play, uint32_t to, const struct kp_buffer *packed);
};

/* Members with their slots filled, hello 1 waiting. Counter 1. */
void play_start(struct play *play, const struct fixture_settings *settings);
/* Another attempt of the same members, at this counter: at the same one with the same lists, at the
 * next one with new points where it's their turn. After a jump, which no node would follow, all are
 * new, and nothing is judged. */
void play_again(struct play *play, uint64_t counter);
/* The same, with the id that somebody else drew. */
void play_join(struct play *play, const uint8_t attempt[static KP_ATTEMPT_BYTES], uint64_t counter);
void play_free(struct play *play);
/* A folder for what the member's next round spills; owned by the play. */
struct kp_pieces *play_pieces(struct play *play, uint32_t member);

/* Until nothing moves any more, READYs and their exchange included. */
void play_run(struct play *play);
/* The relay alone, without any member working. */
void play_relay(struct play *play);
/* Hands member `to` a message, as its daemon would. */
enum kp_status play_offer(struct play *play, uint32_t to, const struct kp_buffer *packed,
                          struct kp_error *error);
/* What a list says is read from here. */
struct play_points {
    const uint8_t *points;
    uint32_t count;
};
enum kp_status play_read(void *points, uint32_t part, uint8_t *chunk, struct kp_error *error);
/* As node/node_charge.c, without its log. */
enum kp_status play_charge(struct kp_store *store, const struct kp_agreement *agreement,
                           uint32_t own, const struct kp_round_list *list, uint64_t *charged,
                           uint32_t *changed, struct kp_error *error);
/* Which slot of the member holds it. */
uint32_t play_slot(const struct play *play, uint32_t member, uint32_t what);

#endif
