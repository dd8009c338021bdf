#include "coordinator/state.h"

#include "coordinator/database.h"
#include "proto/numbers.h"

#include <sodium.h>
#include <string.h>

static const char STATE_KEY[] = "state";
static const char LINEAGE_KEY[] = "lineage";

/* Version, then the fields in order, numbers big-endian. */
#define STATE_VERSION 2
#define STATE_BYTES                                                                                \
    (1 + KP_MAILBOX_ID_BYTES + 8 + 1 + KP_ATTEMPT_BYTES + 4 + 4 + 1 + 4 + 4 + 1 + KP_ERROR_TEXT)

static uint64_t take_number(const uint8_t **at, size_t size)
{
    uint64_t number = kp_get_number(*at, size);
    *at += size;
    return number;
}

enum kp_status kp_coordinator_state_save(struct kp_txn *txn,
                                         const struct kp_coordinator_state *state,
                                         struct kp_error *error)
{
    uint8_t value[STATE_BYTES] = {0};
    uint8_t *at = kp_put_number(value, STATE_VERSION, 1);
    memcpy(at, state->mailbox, KP_MAILBOX_ID_BYTES);
    at = kp_put_number(at + KP_MAILBOX_ID_BYTES, state->released, 8);
    at = kp_put_number(at, state->open, 1);
    memcpy(at, state->attempt, KP_ATTEMPT_BYTES);
    at = kp_put_number(at + KP_ATTEMPT_BYTES, state->round, 4);
    at = kp_put_number(at, state->completed, 4);
    at = kp_put_number(at, (uint64_t)state->phase, 1);
    at = kp_put_number(at, state->matches, 4);
    at = kp_put_number(at, state->faults, 4);
    at = kp_put_number(at, state->bucket, 1);
    memcpy(at, state->error, strnlen(state->error, KP_ERROR_TEXT - 1));
    return kp_store_put(txn, KP_COORDINATOR_STATE, STATE_KEY, sizeof(STATE_KEY), value,
                        sizeof(value), error);
}

static enum kp_status unpack(struct kp_coordinator_state *state, const struct kp_buffer *value,
                             struct kp_error *error)
{
    if (value->size != STATE_BYTES || value->data[0] != STATE_VERSION) {
        return kp_fail(error, KP_REFUSED, "the coordinator's state is of an unknown version");
    }
    const uint8_t *at = value->data + 1;
    memcpy(state->mailbox, at, KP_MAILBOX_ID_BYTES);
    at += KP_MAILBOX_ID_BYTES;
    state->released = take_number(&at, 8);
    state->open = take_number(&at, 1) != 0;
    memcpy(state->attempt, at, KP_ATTEMPT_BYTES);
    at += KP_ATTEMPT_BYTES;
    state->round = (uint32_t)take_number(&at, 4);
    state->completed = (uint32_t)take_number(&at, 4);
    uint64_t phase = take_number(&at, 1);
    state->matches = (uint32_t)take_number(&at, 4);
    state->faults = (uint32_t)take_number(&at, 4);
    state->bucket = (uint32_t)take_number(&at, 1);
    memcpy(state->error, at, KP_ERROR_TEXT);
    state->error[KP_ERROR_TEXT - 1] = '\0';
    if (phase >= KP_PHASES || state->released > KP_ROUNDS_MAX) {
        return kp_fail(error, KP_REFUSED, "the coordinator's state is damaged");
    }
    state->phase = (enum kp_phase)phase;
    return KP_OK;
}

/* One database serves one lineage; a new one is bound to it here. */
static enum kp_status bind_lineage(struct kp_txn *txn, const struct kp_agreement *agreement,
                                   struct kp_error *error)
{
    struct kp_buffer value = {0};
    bool found = false;
    enum kp_status status = kp_store_get(txn, KP_COORDINATOR_STATE, LINEAGE_KEY,
                                         sizeof(LINEAGE_KEY), &value, &found, error);
    if (status == KP_OK && !found) {
        status = kp_store_put(txn, KP_COORDINATOR_STATE, LINEAGE_KEY, sizeof(LINEAGE_KEY),
                              agreement->lineage, KP_DIGEST_BYTES, error);
    } else if (status == KP_OK && (value.size != KP_DIGEST_BYTES ||
                                   memcmp(value.data, agreement->lineage, value.size) != 0)) {
        status = kp_fail(error, KP_REFUSED,
                         "the data folder belongs to another agreement; give this one its own");
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_coordinator_state_load(struct kp_store *store,
                                         const struct kp_agreement *agreement,
                                         struct kp_coordinator_state *state, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer value = {0};
    bool found = false;
    memset(state, 0, sizeof(*state));
    enum kp_status status = kp_store_begin(store, true, &txn, error);
    if (status == KP_OK) {
        status = bind_lineage(txn, agreement, error);
    }
    if (status == KP_OK) {
        status = kp_store_get(txn, KP_COORDINATOR_STATE, STATE_KEY, sizeof(STATE_KEY), &value,
                              &found, error);
    }
    if (status == KP_OK && found) {
        status = unpack(state, &value, error);
    } else if (status == KP_OK) {
        randombytes_buf(state->mailbox, sizeof(state->mailbox));
        status = kp_coordinator_state_save(txn, state, error);
    }
    kp_buffer_free(&value);
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

static void ready_key(char key[static 8], uint32_t index)
{
    memcpy(key, "ready  ", 8);
    key[6] = (char)(index + 1);
}

enum kp_status kp_coordinator_state_save_release(struct kp_txn *txn, uint32_t members,
                                                 const struct kp_buffer *ready,
                                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < members; i++) {
        char key[8];
        ready_key(key, i);
        status = kp_store_put(txn, KP_COORDINATOR_STATE, key, sizeof(key), ready[i].data,
                              ready[i].size, error);
    }
    return status;
}

enum kp_status kp_coordinator_state_load_release(struct kp_txn *txn, uint32_t members,
                                                 struct kp_buffer *ready, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < members; i++) {
        char key[8];
        bool found = false;
        ready_key(key, i);
        status =
            kp_store_get(txn, KP_COORDINATOR_STATE, key, sizeof(key), &ready[i], &found, error);
        if (status == KP_OK && !found) {
            status = kp_fail(error, KP_REFUSED, "the READY of member %u is missing", i + 1);
        }
    }
    return status;
}
