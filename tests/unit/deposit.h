/* What members deposit with the coordinator, made without a round: entries with real tags, shares
 * and outer layers (inside is noise, which the coordinator can't tell), and what they signed. */
#ifndef KP_TESTS_DEPOSIT_H
#define KP_TESTS_DEPOSIT_H

#include "coordinator/intake.h"
#include "tests/unit/fixture.h"

struct deposit_member {
    struct kp_buffer leaves;  /* slots digests */
    struct kp_buffer entries; /* by tag, once deposit_sign was called */
    size_t entry_size;
    uint32_t count; /* entries so far */
};

struct deposit {
    struct fixture fixture;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t secret[32]; /* which all outputs follow from */
    struct kp_result_transcript transcript;
    struct deposit_member member[KP_MEMBERS_MAX];
};

void deposit_start(struct deposit *deposit, const struct fixture_settings *settings);
void deposit_free(struct deposit *deposit);

/* One more entry: those of a number have a tag in common; 0: with nobody's. */
void deposit_add(struct deposit *deposit, uint32_t member, uint32_t number);
/* The tag of a number. */
void deposit_tag(const struct deposit *deposit, uint32_t number, uint8_t tag[static 32]);
/* Fills up with entries of nobody else, sorts, and signs HELLO 2 and READY. */
void deposit_finish(struct deposit *deposit);
/* A member signs leaves and entries as they stand now; nothing is sorted. */
void deposit_sign(struct deposit *deposit, uint32_t member);

uint8_t *deposit_entry(const struct deposit *deposit, uint32_t member, uint32_t position);
/* A chunk as a message; freed with kp_round_message_free. */
struct kp_round_message deposit_message(const struct deposit *deposit, enum kp_message_type type,
                                        uint32_t member, uint32_t part);
/* The path of a chunk of leaves or entries; replaces what is in *path. */
void deposit_path(const struct deposit *deposit, uint32_t member, uint32_t part, bool entries,
                  struct kp_buffer *path);
/* Gives the chunk to the intake. */
enum kp_status deposit_give(const struct deposit *deposit, struct kp_intake *intake,
                            enum kp_message_type type, uint32_t member, uint32_t part);
/* The same with any message; *fault (NULL: not wanted) says what is wrong, and is freed by the
 * caller. */
enum kp_status deposit_offer(struct kp_intake *intake, const struct kp_round_message *message,
                             struct kp_fault *fault, struct kp_error *error);
/* All chunks of all members, which must all be kept. */
void deposit_give_all(const struct deposit *deposit, struct kp_intake *intake);

#endif
