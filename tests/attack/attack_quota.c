/* The quota: a member that wants more addresses tested than its slots and their rotation allow. The
 * victim is a member's core with the node's real store and rules behind it; what it multiplied with
 * its key is counted, point by point. */
#include "node/database.h"
#include "node/list_check.h"
#include "node/quota.h"
#include "node/round_internal.h"
#include "node/slots.h"
#include "tests/attack/hostile.h"
#include "tests/unit/scratch.h"

#include <sodium.h>

#define VICTIM 1u
#define CHEAT 2u
#define SLOTS 8u
#define ROTATION 2u /* the fixture's */
#define COUNTED 256u

static const uint8_t store_key[32] = {3, 1, 4};

struct target {
    struct hostile hostile; /* first: the interceptor gets it */
    struct kp_store *store; /* the victim's */
    char folder[128];
    uint8_t evaluated[COUNTED][KP_POINT_BYTES]; /* the cheat's points, each once */
    uint32_t count;
};

static struct kp_round *half(struct target *target, uint32_t member)
{
    return target->hostile.play.round[member - 1];
}

static uint8_t *point_of_cheat(struct target *target, uint32_t slot)
{
    return half(target, CHEAT)->slots.points + (size_t)slot * KP_POINT_BYTES;
}

/* ---- the victim ---- */

static void open_store(struct target *target)
{
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&target->store, target->folder, store_key, NULL),
                          KP_OK);
}

static enum kp_status charge(void *context, const struct kp_round_list *list, uint64_t *charged,
                             struct kp_error *error)
{
    struct target *target = context;
    uint32_t changed = 0;
    return play_charge(target->store, target->hostile.play.fixture.agreement, VICTIM, list, charged,
                       &changed, error);
}

static bool was_evaluated(const struct target *target, const uint8_t point[static KP_POINT_BYTES])
{
    for (uint32_t i = 0; i < target->count; i++) {
        if (memcmp(target->evaluated[i], point, KP_POINT_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* The victim's answer to the cheat: all of the cheat's list is multiplied. */
static bool count_answer(struct hostile *hostile, uint32_t to,
                         const struct kp_round_message *message, struct kp_buffer *packed)
{
    struct target *target = (struct target *)hostile;
    (void)packed;
    if (message->type == KP_MESSAGE_EVALUATION && message->from == VICTIM && to == CHEAT) {
        for (uint32_t i = 0; i < SLOTS; i++) {
            const uint8_t *point = point_of_cheat(target, i);
            if (!was_evaluated(target, point) && target->count < COUNTED) {
                memcpy(target->evaluated[target->count++], point, KP_POINT_BYTES);
            }
        }
    }
    return true;
}

static void charge_victim(struct target *target)
{
    half(target, VICTIM)->settings.charge = charge;
    half(target, VICTIM)->settings.charge_context = target;
}

/* The first attempt is waiting, at counter 1. */
static struct target *start(const char *name)
{
    struct target *target = calloc(1, sizeof(*target));
    CU_ASSERT_PTR_NOT_NULL_FATAL(target);
    hostile_start(&target->hostile, 2, SLOTS);
    target->hostile.intercept = count_answer;
    snprintf(target->folder, sizeof(target->folder), "%s", scratch(name));
    open_store(target);
    charge_victim(target);
    return target;
}

static bool end(struct target *target, bool succeeded)
{
    kp_store_close(target->store);
    hostile_free(&target->hostile);
    free(target);
    return succeeded;
}

static void next_attempt(struct target *target, uint64_t counter)
{
    play_again(&target->hostile.play, counter);
    charge_victim(target);
}

static void run(struct target *target)
{
    hostile_run(&target->hostile);
}

/* More than slots and turns allow, after rounds 1 to `counter`. */
static bool is_beyond_quota(const struct target *target, uint64_t counter)
{
    return target->count > SLOTS + (counter - 1) * ROTATION;
}

/* ---- the cheat ---- */

static void change_point(struct target *target, uint32_t slot)
{
    uint8_t *kept = target->hostile.play.lists[CHEAT - 1].points + (size_t)slot * KP_POINT_BYTES;
    crypto_core_ristretto255_random(point_of_cheat(target, slot));
    memcpy(kept, point_of_cheat(target, slot), KP_POINT_BYTES); /* for the attempts to come */
}

static void change_all(struct target *target)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        change_point(target, i);
    }
    hostile_list_anew(&target->hostile, CHEAT);
}

/* One point, in one slot. */
static bool gets_one_point(struct target *target, uint32_t slot)
{
    uint8_t point[KP_POINT_BYTES];
    change_point(target, slot);
    memcpy(point, point_of_cheat(target, slot), sizeof(point)); /* the half may be wiped */
    hostile_list_anew(&target->hostile, CHEAT);
    run(target);
    return was_evaluated(target, point);
}

static bool is_due(const struct target *target, uint64_t counter, uint32_t slot)
{
    return kp_slots_due(target->hostile.play.fixture.agreement, counter, slot);
}

static uint32_t slot_not_due(const struct target *target, uint64_t counter)
{
    uint32_t slot = 0;
    while (is_due(target, counter, slot)) {
        slot++;
    }
    CU_ASSERT_FATAL(slot < SLOTS);
    return slot;
}

/* ---- rounds ---- */

bool attack_changed_point_not_due(void)
{
    struct target *target = start("not-due");
    run(target);
    next_attempt(target, 2);
    return end(target, gets_one_point(target, slot_not_due(target, 2)));
}

bool attack_more_than_quota_in_a_round(void)
{
    struct target *target = start("one-round");
    run(target);
    next_attempt(target, 2);
    change_all(target);
    run(target);
    return end(target, is_beyond_quota(target, 2));
}

/* In each round one more than it may: nobody would see it in one of them. */
bool attack_more_than_quota_over_rounds(void)
{
    struct target *target = start("rounds");
    run(target);
    for (uint64_t counter = 2; counter <= 4; counter++) {
        next_attempt(target, counter);
        change_point(target, slot_not_due(target, counter));
        hostile_list_anew(&target->hostile, CHEAT);
        run(target);
    }
    return end(target, is_beyond_quota(target, 4));
}

/* ---- retries ---- */

/* No attempt is ever released, so the counter stays, and each has another list. */
bool attack_more_than_quota_over_retries(void)
{
    struct target *target = start("retries");
    run(target);
    for (int i = 0; i < 3; i++) {
        next_attempt(target, 1);
        change_all(target);
        run(target);
    }
    return end(target, is_beyond_quota(target, 1));
}

/* One guess in one slot, presented as the same attempt once more. */
bool attack_probe_as_retry(void)
{
    struct target *target = start("probe");
    run(target);
    next_attempt(target, 1);
    return end(target, gets_one_point(target, 0));
}

bool attack_more_than_quota_after_a_restart(void)
{
    struct target *target = start("restart");
    run(target);
    kp_store_close(target->store);
    open_store(target);
    next_attempt(target, 1);
    change_all(target);
    run(target);
    return end(target, is_beyond_quota(target, 1));
}

/* ---- an extension ---- */

/* A version 2 is in force, and it is the first round under it. */
bool attack_more_than_quota_after_an_extension(void)
{
    struct target *target = start("extension");
    struct fixture *fixture = &target->hostile.play.fixture;
    struct kp_agreement *second = NULL, *first = fixture->agreement;
    struct kp_buffer bytes = {0};
    run(target);
    fixture_follow(first, NULL, &bytes);
    CU_ASSERT_EQUAL_FATAL(kp_agreement_parse(&second, bytes.data, bytes.size, NULL), KP_OK);
    kp_buffer_free(&bytes);
    fixture->agreement = second;
    next_attempt(target, 2);
    kp_agreement_free(first);
    change_all(target);
    run(target);
    return end(target, is_beyond_quota(target, 2));
}

/* ---- an older database ---- */

static void copy_file(const char *from, const char *to)
{
    char buffer[4096];
    size_t size;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    CU_ASSERT_FATAL(in != NULL && out != NULL);
    while ((size = fread(buffer, 1, sizeof(buffer), in)) > 0) {
        CU_ASSERT_EQUAL_FATAL(fwrite(buffer, 1, size, out), size);
    }
    CU_ASSERT_FATAL(fclose(in) == 0 && fclose(out) == 0);
}

/* The database, into a backup or out of it; the store is closed meanwhile. */
static void copy_store(struct target *target, bool back)
{
    char data[160], backup[160];
    snprintf(data, sizeof(data), "%s/data.mdb", target->folder);
    snprintf(backup, sizeof(backup), "%s/../backup", target->folder);
    kp_store_close(target->store);
    copy_file(back ? backup : data, back ? data : backup);
    open_store(target);
}

/* The victim's database is put back to where it was after round 1; then the cheat uses the turns of
 * rounds 2 and 3 a second time, together with that of round 4. */
bool attack_more_than_quota_after_a_restore(void)
{
    struct target *target = start("restore");
    run(target);
    copy_store(target, false);
    for (uint64_t counter = 2; counter <= 3; counter++) {
        next_attempt(target, counter);
        run(target);
    }
    CU_ASSERT(!is_beyond_quota(target, 3));
    copy_store(target, true);
    next_attempt(target, 4);
    for (uint32_t i = 0; i < SLOTS; i++) {
        if (is_due(target, 2, i) || is_due(target, 3, i)) {
            change_point(target, i);
        }
    }
    hostile_list_anew(&target->hostile, CHEAT);
    run(target);
    return end(target, is_beyond_quota(target, 4));
}

/* ---- lists that are none ---- */

bool attack_duplicate_points(void)
{
    struct target *target = start("duplicates");
    memcpy(point_of_cheat(target, 1), point_of_cheat(target, 0), KP_POINT_BYTES);
    hostile_list_anew(&target->hostile, CHEAT);
    run(target);
    return end(target, target->count > 0);
}

/* A list that is charged, and can neither be evaluated nor be replaced at this counter: no round of
 * the lineage would ever be released again. */
bool attack_list_that_sticks(void)
{
    struct target *target = start("sticks");
    struct kp_quota quota;
    struct kp_txn *txn = NULL;
    memset(point_of_cheat(target, 3), 0, KP_POINT_BYTES);
    hostile_list_anew(&target->hostile, CHEAT);
    run(target);
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(target->store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_quota_read(txn, target->hostile.play.fixture.agreement, CHEAT, &quota, NULL),
                    KP_OK);
    kp_store_abort(txn);
    bool succeeded = quota.known;
    kp_quota_free(&quota);
    return end(target, succeeded);
}
