/* A whole round in memory: the members' halves (tests/unit/play.h) and, between them, the
 * coordinator's attempt, intake and matching, wired as its daemon wires them. */
#ifndef KP_TESTS_STAGE_H
#define KP_TESTS_STAGE_H

#include "coordinator/attempt.h"
#include "coordinator/intake.h"
#include "coordinator/match.h"
#include "coordinator/open.h"
#include "node/canaries.h"
#include "proto/store.h"
#include "tests/unit/play.h"

#define STAGE_GROUPS_MAX 512
#define STAGE_TIME 1750000000000u   /* when rounds begin: in 2025 */
#define STAGE_NO_ADDRESS UINT32_MAX /* among addresses: a key that no address has */
#define STAGE_CANARY 0x80000000u    /* and from here on: keys of canaries */
#define STAGE_OTHER 0x40000000u     /* plus a number: its key in the scheme that isn't agreed */

/* What one member holds: addresses as fixture_key numbers them. The rest is padding. */
struct stage_set {
    const uint32_t *numbers;
    uint32_t count;
};

struct stage {
    struct play play;
    char folder[128]; /* of this stage, in the scratch folder of the program */
    uint64_t now;     /* the coordinator's clock */
    uint32_t round;
    struct kp_attempt *attempt;
    struct kp_intake *intake; /* from phase RELEASE on, until stage_match */
    struct kp_store *store;   /* the coordinator's lasting one */
    uint32_t refused;         /* messages that the coordinator didn't accept */
    struct kp_error error;    /* of the first of them */
    uint32_t matches;
    uint32_t bucket; /* of a round of counts */
    uint32_t faults;
    uint32_t named;        /* bit i - 1: some fault names member i */
    struct kp_fault fault; /* the last one */
    bool holds_ready;      /* READYs wait in the releases; whoever set this puts them */
};

/* Whether the member submits this canary as it should; NULL: all of them. What it doesn't, stands
 * in its slot and counts as padding. */
extern bool (*stage_places)(uint32_t member, const struct kp_canary *canary);

/* Members with their slots filled, and an attempt at round 1. sets: one a member. */
void stage_start(struct stage *stage, const struct fixture_settings *settings,
                 const struct stage_set *sets);
/* Another attempt at this round, with the same agreement and store. */
void stage_start_again(struct stage *stage, uint32_t round, const struct stage_set *sets);
void stage_free(struct stage *stage);

/* A message that `member` puts, as the coordinator takes it: relayed, kept, or refused. */
enum kp_status stage_put(struct stage *stage, uint32_t member, const struct kp_buffer *packed,
                         struct kp_error *error);
/* Moves messages and works until every READY is there, or nothing moves any more. */
void stage_run(struct stage *stage);
/* A message of a member's release; see node/release.h. */
void stage_release_message(const struct stage *stage, uint32_t member, uint32_t number,
                           struct kp_buffer *packed);
/* All members submit. */
void stage_submit(struct stage *stage);
/* Matches all, and destroys what the members submitted. */
void stage_match(struct stage *stage);
/* All of it; fails the test when anything is refused. */
void stage_play(struct stage *stage);

/* The results of a round, as the leader gets them. */
struct stage_results {
    uint32_t round;
    struct kp_result_transcript transcript;
    struct kp_buffer leaves[KP_MEMBERS_MAX];
    struct kp_result_group *groups;
    uint32_t group_count;
};
void stage_results_read(struct stage_results *results, struct stage *stage, uint32_t round);
void stage_results_free(struct stage_results *results);

/* Checks, decrypts and reads a match with one opening key. KP_REFUSED also when it doesn't open. */
enum kp_status stage_open_match(struct kp_opening *opening, const struct kp_result_group *group,
                                struct kp_opened_match *match, struct kp_error *error);

/* Transcript and leaves given to a new opening; the first refusal, or KP_OK. */
enum kp_status stage_opening(struct kp_opening **opening, const struct stage *stage,
                             const struct stage_results *results, struct kp_error *error);

/* The same by another holder: `secret` is borrowed. */
enum kp_status stage_opening_by(struct kp_opening **opening, const struct stage *stage,
                                const struct stage_results *results, const uint8_t *secret,
                                struct kp_error *error);

#endif
