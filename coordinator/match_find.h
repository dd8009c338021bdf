/* Finding matches in a range of tags, and checking them: what a thread does for
 * coordinator/match.c. It reads the intake and writes to itself. */
#ifndef KP_COORDINATOR_MATCH_FIND_H
#define KP_COORDINATOR_MATCH_FIND_H

#include "coordinator/intake.h"
#include "proto/workers.h"

#include <stdbool.h>
#include <stdint.h>

#define KP_FOUND_MAX 512u               /* matches of one piece of work */
#define KP_FOUND_BYTES_MAX (512u << 10) /* then it is enough, whatever they are */

/* What is the same for all. */
struct kp_find_rule {
    const struct kp_agreement *agreement; /* borrowed */
    uint8_t round_id[KP_DIGEST_BYTES];
    enum kp_round_type type;
};

/* A match: its kp_result_group, packed, and who is in it. */
struct kp_found {
    struct kp_buffer packed;
    uint32_t faulty; /* bit i: the shares of the tag don't open record i */
    uint32_t count;  /* of records */
    uint8_t member[KP_MEMBERS_MAX];
    uint32_t position[KP_MEMBERS_MAX];
};

struct kp_find_scratch;

/* A piece of work: looks at tags from `from` to `to` until there is enough. */
struct kp_find {
    struct kp_work work; /* first */
    const struct kp_find_rule *rule;
    struct kp_intake_walk *walk;
    struct kp_find_scratch *scratch; /* locked */
    uint8_t from[KP_DIGEST_BYTES];   /* goes on behind what was looked at */
    uint8_t to[KP_DIGEST_BYTES];
    bool end;       /* all of the range was looked at */
    uint32_t count; /* of matches; in a round of counts they are only counted */
    struct kp_found *found;
    uint32_t found_count;
    size_t found_bytes;
    enum kp_status status;
    struct kp_error error;
};

/* rule and intake are borrowed, and nothing is taken in while it runs. */
KP_MUST_USE enum kp_status kp_find_new(struct kp_find **find, const struct kp_find_rule *rule,
                                       const struct kp_intake *intake, struct kp_error *error);
void kp_find_free(struct kp_find *find); /* NULL is allowed; wipes */
/* What one has in memory at most, in bytes. */
size_t kp_find_memory(const struct kp_intake *intake);
/* A range of 2^bits: those whose first bits are `number`. */
void kp_find_range(struct kp_find *find, uint32_t number, uint32_t bits);
/* Forgets what was found, before it goes on. */
void kp_find_clear(struct kp_find *find);

#endif
