/* node/canaries.h: who draws and who takes which secrets, and how canaries stand in slots. */
#include "crypto/oprf.h"
#include "crypto/secret.h"
#include "node/canaries.h"
#include "node/conduct_check.h"
#include "node/database.h"
#include "node/signals.h"
#include "node/slots.h"
#include "proto/canary_groups.h"
#include "proto/record.h"
#include "tests/unit/fixture.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

enum { MEMBERS = 3, ACTIVE = 2, SLOTS = 20, POOL = 2 * ACTIVE * 2 };

static const uint8_t store_key[32] = {7, 8, 9};

/* Three members with two canaries a group: {1,2} {1,3} {2,3}. */
struct scene {
    struct fixture fixture;
    struct kp_store *store[MEMBERS];
    struct kp_slot_list list;
    struct kp_slots_summary summary;
};

static void start(struct scene *scene, const char *name)
{
    memset(scene, 0, sizeof(*scene));
    fixture_make(&scene->fixture,
                 &(struct fixture_settings){
                     .members = MEMBERS, .slots = SLOTS, .rotation = 4, .canaries = ACTIVE});
    for (uint32_t i = 0; i < MEMBERS; i++) {
        char path[64];
        snprintf(path, sizeof(path), "%s-%u", name, i);
        CU_ASSERT_EQUAL_FATAL(
            kp_node_database_open(&scene->store[i], scratch(path), store_key, NULL), KP_OK);
    }
}

static void stop(struct scene *scene)
{
    kp_slot_list_free(&scene->list);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        kp_store_close(scene->store[i]);
    }
    fixture_free(&scene->fixture);
}

static struct kp_txn *begin(struct scene *scene, uint32_t member)
{
    struct kp_txn *txn = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(scene->store[member - 1], true, &txn, NULL), KP_OK);
    return txn;
}

static void draw(struct scene *scene, uint32_t member)
{
    struct kp_txn *txn = begin(scene, member);
    CU_ASSERT_EQUAL(kp_canaries_draw(txn, scene->fixture.agreement, member,
                                     scene->fixture.member[member - 1].box_secret, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void give(struct scene *scene, uint32_t from, uint32_t to, struct kp_buffer *plain)
{
    struct kp_txn *txn = begin(scene, from);
    CU_ASSERT_EQUAL(kp_canaries_give(txn, scene->fixture.agreement, from, to, plain, NULL), KP_OK);
    kp_store_abort(txn);
}

static enum kp_status take(struct scene *scene, uint32_t to, uint32_t from,
                           const struct kp_buffer *plain)
{
    struct kp_error error = {0};
    struct kp_txn *txn = begin(scene, to);
    enum kp_status status =
        kp_canaries_take(txn, scene->fixture.agreement, to, from, plain, &error);
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    } else {
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "group"));
        kp_store_abort(txn);
    }
    return status;
}

static uint32_t missing(struct scene *scene, uint32_t member)
{
    uint32_t members = UINT32_MAX;
    struct kp_txn *txn = begin(scene, member);
    CU_ASSERT_EQUAL(kp_canaries_missing(txn, scene->fixture.agreement, member, &members, NULL),
                    KP_OK);
    kp_store_abort(txn);
    return members;
}

/* Every member has all secrets of its groups. */
static void exchange(struct scene *scene)
{
    struct kp_buffer plain = {0};
    for (uint32_t from = 1; from <= MEMBERS; from++) {
        draw(scene, from);
        for (uint32_t to = from + 1; to <= MEMBERS; to++) {
            give(scene, from, to, &plain);
            CU_ASSERT_EQUAL(take(scene, to, from, &plain), KP_OK);
        }
    }
    kp_buffer_free(&plain);
}

static struct kp_canaries read_all(struct scene *scene, uint32_t member, uint64_t counter)
{
    struct kp_canaries canaries;
    struct kp_txn *txn = begin(scene, member);
    CU_ASSERT_EQUAL_FATAL(
        kp_canaries_read(&canaries, txn, scene->fixture.agreement, member, counter, NULL), KP_OK);
    kp_store_abort(txn);
    return canaries;
}

static void secrets_are_exchanged(void)
{
    struct scene scene;
    struct kp_buffer plain = {0};
    start(&scene, "exchange");
    CU_ASSERT_EQUAL(missing(&scene, 1), 1);
    CU_ASSERT_EQUAL(missing(&scene, 2), 3);
    CU_ASSERT_EQUAL(missing(&scene, 3), 3); /* {1,3} by 1, {2,3} by 2 */
    exchange(&scene);
    for (uint32_t i = 1; i <= MEMBERS; i++) {
        CU_ASSERT_EQUAL(missing(&scene, i), 0);
    }
    give(&scene, 3, 1, &plain); /* the highest draws for nobody */
    CU_ASSERT_EQUAL(plain.size, 0);
    /* Drawn again, and brought again: the same, and no harm. */
    draw(&scene, 1);
    give(&scene, 1, 2, &plain);
    CU_ASSERT_EQUAL(plain.size, 36);
    CU_ASSERT_EQUAL(take(&scene, 2, 1, &plain), KP_OK);
    kp_buffer_free(&plain);
    stop(&scene);
}

static void other_letters_are_refused(void)
{
    struct scene scene;
    struct kp_buffer plain = {0}, longer = {0};
    start(&scene, "refused");
    draw(&scene, 1);
    give(&scene, 1, 2, &plain);
    CU_ASSERT_EQUAL(take(&scene, 3, 1, &plain), KP_REFUSED); /* for somebody else */
    CU_ASSERT_EQUAL(take(&scene, 2, 3, &plain), KP_REFUSED); /* who draws for nobody */
    CU_ASSERT_EQUAL(take(&scene, 1, 2, &plain), KP_REFUSED); /* the lower one draws */
    for (size_t size = 0; size < plain.size; size++) {
        const struct kp_buffer cut = {.data = plain.data, .size = size};
        CU_ASSERT_EQUAL(take(&scene, 2, 1, &cut), KP_REFUSED);
    }
    CU_ASSERT_EQUAL(kp_buffer_set(&longer, plain.data, plain.size), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_append(&longer, plain.data, plain.size), KP_OK);
    CU_ASSERT_EQUAL(take(&scene, 2, 1, &longer), KP_REFUSED); /* the group twice */
    for (size_t i = 0; i < 4; i++) {
        plain.data[i] ^= 1;
        CU_ASSERT_EQUAL(take(&scene, 2, 1, &plain), KP_REFUSED); /* another group */
        plain.data[i] ^= 1;
    }
    CU_ASSERT_EQUAL(missing(&scene, 2), 3);
    CU_ASSERT_EQUAL(take(&scene, 2, 1, &plain), KP_OK);
    CU_ASSERT_EQUAL(missing(&scene, 2), 2);
    plain.data[20] ^= 1; /* the first one counts */
    CU_ASSERT_EQUAL(take(&scene, 2, 1, &plain), KP_REFUSED);
    kp_buffer_free(&plain);
    kp_buffer_free(&longer);
    stop(&scene);
}

/* Two members of a group have the same elements, active in the same rounds, at the same items of
 * their group; a third one has none of them. */
static void pools_are_shared(void)
{
    struct scene scene;
    start(&scene, "pools");
    exchange(&scene);
    for (uint64_t counter = 1; counter <= 5; counter++) {
        struct kp_canaries one = read_all(&scene, 1, counter), two = read_all(&scene, 2, counter);
        struct kp_canaries three = read_all(&scene, 3, counter);
        CU_ASSERT_EQUAL_FATAL(one.count, POOL);
        CU_ASSERT_EQUAL_FATAL(two.count, POOL);
        CU_ASSERT_EQUAL_FATAL(three.count, POOL);
        CU_ASSERT_EQUAL(memcmp(one.items, two.items, 4 * sizeof(one.items[0])), 0);
        uint32_t items = 0;
        for (uint32_t i = 0; i < POOL; i++) {
            CU_ASSERT(kp_key_is_canary(one.items[i].key));
            CU_ASSERT(one.items[i].item == items || one.items[i].item == KP_CANARY_NO_ITEM);
            items += one.items[i].item != KP_CANARY_NO_ITEM;
            /* {1,3} is the second group of 1 and the first of 3. */
            uint32_t other = (i + 4) % POOL;
            CU_ASSERT_EQUAL(memcmp(one.items[i].key, three.items[other].key, 16) == 0, i >= 4);
            CU_ASSERT_NOT_EQUAL(memcmp(one.items[0].key, three.items[i].key, 16), 0);
        }
        CU_ASSERT_EQUAL(items, 2 * ACTIVE);
        kp_canaries_free(&one);
        kp_canaries_free(&two);
        kp_canaries_free(&three);
    }
    /* Without the others' secrets only the own groups' are there; their items stay the same. */
    struct scene alone;
    start(&alone, "alone");
    draw(&alone, 2);
    struct kp_canaries own = read_all(&alone, 2, 1);
    CU_ASSERT_EQUAL_FATAL(own.count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        CU_ASSERT(own.items[i].item == KP_CANARY_NO_ITEM || own.items[i].item >= ACTIVE);
    }
    kp_canaries_free(&own);
    stop(&alone);
    stop(&scene);
}

/* ---- in slots ---- */

static void add(struct scene *scene, uint32_t number, uint64_t now)
{
    struct kp_signal signal = {.observed_on = 20240101, .indicator = "A", .grounds = "none"};
    struct kp_txn *txn = begin(scene, 1);
    enum kp_signal_added added;
    uint8_t digest[KP_DIGEST_BYTES];
    fixture_address(signal.address, number);
    CU_ASSERT_EQUAL(kp_signals_add(scene->store[0], txn, &signal, now, &added, digest, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
}

static void prepare(struct scene *scene, uint64_t counter)
{
    struct kp_slots_summary counted;
    kp_slot_list_free(&scene->list);
    CU_ASSERT_EQUAL_FATAL(kp_slot_list_new(&scene->list, scene->fixture.agreement->slots), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_slots_prepare(scene->store[0], scene->fixture.agreement, 1, counter, 1,
                                           &scene->list, &scene->summary, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(kp_slots_count(scene->store[0], scene->fixture.agreement, 1, &counted, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(memcmp(&counted, &scene->summary, sizeof(counted)), 0);
}

/* The slot of one element, which must be there: its point is P + rG, it counts exactly when it is
 * active, and its leaf says nothing but the key. */
static void check_slot(const struct scene *scene, const struct kp_canary *canary)
{
    uint8_t input[KP_ELEMENT_INPUT_BYTES], point[KP_POINT_BYTES], blinding[KP_POINT_BYTES];
    bool active = canary->item != KP_CANARY_NO_ITEM;
    uint32_t found = 0;
    for (uint32_t i = 0; i < scene->list.count; i++) {
        const struct kp_leaf *leaf = &scene->list.leaves[i];
        if (memcmp(leaf->address, canary->key, sizeof(leaf->address)) != 0) {
            continue;
        }
        found++;
        CU_ASSERT_EQUAL(scene->list.is_signal[i], active);
        CU_ASSERT_EQUAL(scene->list.canary[i], active ? canary->item + 1 : 0);
        CU_ASSERT(sodium_is_zero(leaf->indicators, sizeof(leaf->indicators)));
        CU_ASSERT(sodium_is_zero(leaf->grounds, sizeof(leaf->grounds)));
        CU_ASSERT_EQUAL(leaf->observed_on, 0);
        kp_element_input(input, scene->fixture.agreement->lineage, leaf->address);
        CU_ASSERT_EQUAL(kp_oprf_hash_to_group(point, KP_OPRF_MODE_OPRF, input, sizeof(input)),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_points_multiply_base(
                            blinding, scene->list.blindings + (size_t)i * KP_SCALAR_BYTES, 1),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_points_add(point, point, blinding, 1), KP_OK);
        CU_ASSERT_EQUAL(memcmp(point, leaf->point, sizeof(point)), 0);
    }
    CU_ASSERT_EQUAL(found, 1);
}

static void check_slots(struct scene *scene, uint64_t counter)
{
    struct kp_canaries canaries = read_all(scene, 1, counter);
    uint32_t active = 0;
    for (size_t i = 0; i < canaries.count; i++) {
        check_slot(scene, &canaries.items[i]);
    }
    for (uint32_t i = 0; i < scene->list.count; i++) {
        active += scene->list.canary[i] != 0;
        CU_ASSERT(scene->list.canary[i] == 0 || scene->list.is_signal[i] == 1);
    }
    CU_ASSERT_EQUAL(canaries.count, POOL);
    CU_ASSERT_EQUAL(active, POOL / 2);
    kp_canaries_free(&canaries);
}

/* However many addresses wait: at counter 1 all elements get a slot, and they keep one. */
static void canaries_stay_in_slots(void)
{
    struct scene scene;
    start(&scene, "slots");
    exchange(&scene);
    for (uint32_t i = 1; i <= SLOTS; i++) {
        add(&scene, i, i);
    }
    for (uint64_t counter = 1; counter <= 12; counter++) {
        prepare(&scene, counter);
        check_slots(&scene, counter);
        CU_ASSERT_EQUAL(scene.summary.eligible, SLOTS); /* canaries aren't counted */
        CU_ASSERT_EQUAL(scene.summary.in_slots, SLOTS - POOL);
        CU_ASSERT_EQUAL(scene.summary.waiting, POOL);
        CU_ASSERT_EQUAL(scene.summary.signals, SLOTS);
    }
    stop(&scene);
}

/* The same points in every attempt at a counter; in the next round others are active. */
static void attempts_have_the_same_canaries(void)
{
    struct scene scene;
    uint8_t points[SLOTS * KP_POINT_BYTES];
    uint32_t before[SLOTS], changed = 0;
    start(&scene, "attempts");
    exchange(&scene);
    prepare(&scene, 1);
    memcpy(points, scene.list.points, sizeof(points));
    memcpy(before, scene.list.canary, sizeof(before));
    prepare(&scene, 1);
    CU_ASSERT_EQUAL(memcmp(points, scene.list.points, sizeof(points)), 0);
    CU_ASSERT_EQUAL(memcmp(before, scene.list.canary, sizeof(before)), 0);
    for (uint64_t counter = 2; counter <= 8; counter++) {
        memcpy(before, scene.list.canary, sizeof(before));
        prepare(&scene, counter);
        changed += memcmp(before, scene.list.canary, sizeof(before)) != 0;
    }
    CU_ASSERT(changed > 0);
    stop(&scene);
}

/* Secrets that come late get slots in their turn, before addresses that wait. */
static void late_canaries_go_first(void)
{
    struct scene scene;
    start(&scene, "late");
    for (uint32_t i = 1; i <= 2 * SLOTS; i++) {
        add(&scene, i, i);
    }
    prepare(&scene, 1);
    CU_ASSERT_EQUAL(scene.summary.in_slots, SLOTS);
    exchange(&scene);
    prepare(&scene, 2); /* four are due; what stands there stays */
    CU_ASSERT_EQUAL(scene.summary.in_slots, SLOTS);
    stop(&scene);
}

/* Whoever draws what is missing is named, and not who waits for it. */
static void rounds_wait_for_secrets(void)
{
    struct scene scene;
    struct kp_error error = {0};
    start(&scene, "waiting");
    draw(&scene, 3);
    CU_ASSERT_EQUAL(kp_check_canary_secrets(scene.fixture.agreement, missing(&scene, 3), &error),
                    KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "yet of m1 and others"));
    CU_ASSERT_EQUAL(kp_check_canary_secrets(scene.fixture.agreement, 2, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "yet of m2:"));
    exchange(&scene);
    CU_ASSERT_EQUAL(kp_check_canary_secrets(scene.fixture.agreement, missing(&scene, 3), &error),
                    KP_OK);
    stop(&scene);
}

static const struct unit_test TESTS[] = {
    {"rounds wait for secrets", rounds_wait_for_secrets},
    {"secrets are exchanged", secrets_are_exchanged},
    {"other letters are refused", other_letters_are_refused},
    {"pools are shared", pools_are_shared},
    {"canaries stay in slots", canaries_stay_in_slots},
    {"attempts have the same canaries", attempts_have_the_same_canaries},
    {"late canaries go first", late_canaries_go_first},
};

UNIT_MAIN("canaries", TESTS)
