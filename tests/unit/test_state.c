/* node/state.h: what a node remembers over restarts. */
#include "node/database.h"
#include "node/state.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <string.h>

static const uint8_t store_key[32] = {7};
static const uint8_t lineage[KP_DIGEST_BYTES] = {1}, other_lineage[KP_DIGEST_BYTES] = {2};
static struct kp_store *store;
static struct kp_txn *txn;

static void begin(const char *name)
{
    if (store == NULL) {
        CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch(name), store_key, NULL), KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
}

static void commit(void)
{
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    kp_store_close(store);
    store = NULL;
}

static void state_is_kept(void)
{
    struct kp_node_state state, loaded;
    begin("state");
    memset(&state, 0xff, sizeof(state));
    CU_ASSERT_EQUAL(kp_state_load(txn, lineage, &state, NULL), KP_OK);
    CU_ASSERT(sodium_is_zero((const uint8_t *)&state, sizeof(state)));
    state.proven = 41;
    state.in_attempt = true;
    randombytes_buf(state.attempt, sizeof(state.attempt));
    state.counter = 42;
    state.phase = KP_PHASE_READY;
    randombytes_buf(state.mailbox, sizeof(state.mailbox));
    state.delivered = UINT64_MAX - 1;
    state.bucket = 7;
    memset(state.last_error, 'x', sizeof(state.last_error) - 1);
    CU_ASSERT_EQUAL(kp_state_save(txn, lineage, &state, NULL), KP_OK);
    commit();

    begin("state");
    CU_ASSERT_EQUAL(kp_state_load(txn, lineage, &loaded, NULL), KP_OK);
    CU_ASSERT_EQUAL(loaded.proven, state.proven);
    CU_ASSERT(loaded.in_attempt);
    CU_ASSERT_EQUAL(memcmp(loaded.attempt, state.attempt, sizeof(state.attempt)), 0);
    CU_ASSERT_EQUAL(loaded.counter, state.counter);
    CU_ASSERT_EQUAL(loaded.phase, state.phase);
    CU_ASSERT_EQUAL(memcmp(loaded.mailbox, state.mailbox, sizeof(state.mailbox)), 0);
    CU_ASSERT_EQUAL(loaded.delivered, state.delivered);
    CU_ASSERT_EQUAL(loaded.bucket, 7);
    CU_ASSERT_STRING_EQUAL(loaded.last_error, state.last_error);
    CU_ASSERT_EQUAL(kp_state_load(txn, other_lineage, &loaded, NULL), KP_OK);
    CU_ASSERT_EQUAL(loaded.proven, 0);
    /* A shorter text leaves nothing of a longer one. */
    strcpy(state.last_error, "short");
    CU_ASSERT_EQUAL(kp_state_save(txn, lineage, &state, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_load(txn, lineage, &loaded, NULL), KP_OK);
    CU_ASSERT_STRING_EQUAL(loaded.last_error, "short");
    commit();
}

static void damaged_state_is_refused(void)
{
    struct kp_node_state state = {.proven = 3};
    uint8_t key[KP_DIGEST_BYTES + 1];
    struct kp_buffer value = {0};
    bool found = false;
    begin("damaged");
    CU_ASSERT_EQUAL(kp_state_save(txn, lineage, &state, NULL), KP_OK);
    memcpy(key, lineage, KP_DIGEST_BYTES);
    key[KP_DIGEST_BYTES] = 's';
    CU_ASSERT_EQUAL(kp_store_get(txn, KP_NODE_STATE, key, sizeof(key), &value, &found, NULL),
                    KP_OK);
    CU_ASSERT_FATAL(found);
    for (size_t size = 0; size < value.size; size++) {
        CU_ASSERT_EQUAL(kp_store_put(txn, KP_NODE_STATE, key, sizeof(key), value.data, size, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_state_load(txn, lineage, &state, NULL), KP_REFUSED);
    }
    value.data[0] = 3; /* a version to come */
    CU_ASSERT_EQUAL(
        kp_store_put(txn, KP_NODE_STATE, key, sizeof(key), value.data, value.size, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_load(txn, lineage, &state, NULL), KP_REFUSED);
    kp_buffer_free(&value);
    commit();
}

static void fixed_counter_never_goes_back(void)
{
    uint64_t counter = 7;
    begin("fixed");
    CU_ASSERT_EQUAL(kp_state_fixed(txn, lineage, &counter, NULL), KP_OK);
    CU_ASSERT_EQUAL(counter, 0);
    CU_ASSERT_EQUAL(kp_state_set_fixed(txn, lineage, 5, NULL), KP_OK);
    commit();
    begin("fixed");
    CU_ASSERT_EQUAL(kp_state_set_fixed(txn, lineage, 4, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_state_set_fixed(txn, lineage, 5, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_set_fixed(txn, other_lineage, 1, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_fixed(txn, lineage, &counter, NULL), KP_OK);
    CU_ASSERT_EQUAL(counter, 5);
    commit();
}

static void proof_is_kept(void)
{
    struct kp_buffer ready[3] = {0}, loaded[3] = {0};
    begin("proof");
    CU_ASSERT_EQUAL(kp_state_load_proof(txn, lineage, loaded, 3, NULL), KP_OK);
    CU_ASSERT_EQUAL(loaded[0].size, 0);
    for (uint8_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(kp_buffer_append(&ready[i], "ready", i + 1u), KP_OK);
    }
    CU_ASSERT_EQUAL(kp_state_save_proof(txn, lineage, ready, 3, NULL), KP_OK);
    commit();
    begin("proof");
    CU_ASSERT_EQUAL(kp_state_load_proof(txn, lineage, loaded, 3, NULL), KP_OK);
    for (uint32_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(loaded[i].size, i + 1);
        CU_ASSERT_EQUAL(memcmp(loaded[i].data, "ready", i + 1), 0);
        kp_buffer_free(&loaded[i]);
        kp_buffer_free(&ready[i]);
    }
    commit();
}

static void no_attempt_is_used_twice(void)
{
    uint8_t attempt[KP_ATTEMPT_BYTES] = {0};
    bool fresh = false;
    begin("attempts");
    for (uint8_t i = 0; i < 100; i++) {
        attempt[0] = i;
        CU_ASSERT_EQUAL(kp_state_use_attempt(txn, lineage, attempt, &fresh, NULL), KP_OK);
        CU_ASSERT(fresh);
    }
    commit();
    begin("attempts");
    attempt[0] = 50;
    CU_ASSERT_EQUAL(kp_state_use_attempt(txn, lineage, attempt, &fresh, NULL), KP_OK);
    CU_ASSERT(!fresh);
    CU_ASSERT_EQUAL(kp_state_use_attempt(txn, other_lineage, attempt, &fresh, NULL), KP_OK);
    CU_ASSERT(fresh);
    /* The other records stay when attempts are forgotten. */
    CU_ASSERT_EQUAL(kp_state_set_fixed(txn, lineage, 9, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_forget_attempts(txn, lineage, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_state_use_attempt(txn, lineage, attempt, &fresh, NULL), KP_OK);
    CU_ASSERT(fresh);
    CU_ASSERT_EQUAL(kp_state_use_attempt(txn, other_lineage, attempt, &fresh, NULL), KP_OK);
    CU_ASSERT(!fresh);
    uint64_t counter = 0;
    CU_ASSERT_EQUAL(kp_state_fixed(txn, lineage, &counter, NULL), KP_OK);
    CU_ASSERT_EQUAL(counter, 9);
    commit();
}

static const struct unit_test TESTS[] = {
    {"the state is kept", state_is_kept},
    {"a damaged state is refused", damaged_state_is_refused},
    {"the fixed counter never goes back", fixed_counter_never_goes_back},
    {"the proof is kept", proof_is_kept},
    {"no attempt is used twice", no_attempt_is_used_twice},
};

UNIT_MAIN("state", TESTS)
