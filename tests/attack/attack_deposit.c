/* A member at the coordinator, with the tags of a round (coordinator/intake.h): what it submits is
 * signed by it, and still isn't what it must be. */
#include "coordinator/intake.h"
#include "tests/attack/attack.h"
#include "tests/unit/deposit.h"
#include "tests/unit/scratch.h"
#include "tests/unit/stage.h"

#define VICTIM 1u
#define CHEAT 2u
#define SLOTS 4u

/* Three members that have one address in common; the cheat's entries may still be changed. */
static struct deposit *start(void)
{
    struct deposit *deposit = calloc(1, sizeof(*deposit));
    CU_ASSERT_PTR_NOT_NULL_FATAL(deposit);
    deposit_start(deposit, &(struct fixture_settings){.members = 3, .slots = SLOTS});
    for (uint32_t i = 1; i <= 3; i++) {
        deposit_add(deposit, i, 1);
    }
    deposit_finish(deposit);
    return deposit;
}

/* Whether the coordinator keeps all that the cheat gives. */
static bool keeps(struct deposit *deposit, const char *name)
{
    struct kp_intake *intake = NULL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_intake_new(&intake, scratch(name), deposit->fixture.agreement,
                                        &deposit->transcript, &error),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(deposit_give(deposit, intake, KP_MESSAGE_LEAVES, CHEAT, 0), KP_OK);
    struct kp_round_message message = deposit_message(deposit, KP_MESSAGE_SUBMISSION, CHEAT, 0);
    enum kp_status status = deposit_offer(intake, &message, NULL, &error);
    if (status != KP_OK) {
        attack_told(&error);
    }
    kp_round_message_free(&message);
    CU_ASSERT_EQUAL(kp_intake_destroy(intake, NULL), KP_OK);
    deposit_free(deposit);
    free(deposit);
    return status == KP_OK;
}

/* Another share under a tag of others: their record would not open, and nobody could say why. */
bool attack_share_of_nobody(void)
{
    struct deposit *deposit = start();
    deposit_entry(deposit, CHEAT, 1)[KP_DIGEST_BYTES] ^= 1;
    deposit_sign(deposit, CHEAT);
    return keeps(deposit, "share");
}

/* One tag in two entries: with its own two shares a member would reach a threshold of two. */
bool attack_one_tag_twice(void)
{
    struct deposit *deposit = start();
    memcpy(deposit_entry(deposit, CHEAT, 2), deposit_entry(deposit, CHEAT, 1),
           deposit->member[CHEAT - 1].entry_size);
    deposit_sign(deposit, CHEAT);
    return keeps(deposit, "twice");
}

/* After the others' READYs, other records than those that it signed. */
bool attack_entries_after_ready(void)
{
    struct deposit *deposit = start();
    size_t size = deposit->member[CHEAT - 1].entry_size;
    deposit_entry(deposit, CHEAT, 3)[size - 1] ^= 1;
    return keeps(deposit, "after-ready");
}

/* Another's entry as its own, tag and share and all, as if the cheat had that address too. The
 * coordinator, with which it works, showed it; READY comes after that, as if that were possible. */
bool attack_copied_entry(void)
{
    struct deposit *deposit = start();
    CU_ASSERT_EQUAL_FATAL(deposit->member[CHEAT - 1].entry_size,
                          deposit->member[VICTIM - 1].entry_size);
    uint8_t common[KP_DIGEST_BYTES];
    uint32_t from = 0, at = 0;
    deposit_tag(deposit, 1, common);
    from += memcmp(deposit_entry(deposit, VICTIM, 0), common, sizeof(common)) == 0;
    const uint8_t *copied = deposit_entry(deposit, VICTIM, from);
    while (at < SLOTS - 1 &&
           memcmp(deposit_entry(deposit, CHEAT, at), copied, KP_DIGEST_BYTES) < 0) {
        at++; /* to where it fits between the cheat's own */
    }
    memcpy(deposit_entry(deposit, CHEAT, at), copied, deposit->member[CHEAT - 1].entry_size);
    deposit_sign(deposit, CHEAT);
    return keeps(deposit, "copied");
}

/* Whoever carries a member's submission to the coordinator changes one byte in a record. */
bool attack_submission_changed_in_transit(void)
{
    static const uint32_t ONE[] = {1};
    static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}, {ONE, 1}};
    struct stage *stage = calloc(1, sizeof(*stage));
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    CU_ASSERT_PTR_NOT_NULL_FATAL(stage);
    stage_start(stage, &(struct fixture_settings){.members = 3, .slots = SLOTS}, SETS);
    stage_run(stage);
    stage_release_message(stage, VICTIM, 0, &packed); /* LEAVES */
    CU_ASSERT_EQUAL_FATAL(stage_put(stage, VICTIM, &packed, &error), KP_OK);
    stage_release_message(stage, VICTIM, 1, &packed);
    packed.data[packed.size - 100] ^= 1; /* before the signature: in the last record */
    bool succeeded = stage_put(stage, VICTIM, &packed, &error) == KP_OK;
    attack_told(&error);
    kp_buffer_free(&packed);
    stage_free(stage);
    free(stage);
    return succeeded;
}
