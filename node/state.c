#include "node/state.h"

#include "node/database.h"

#include <stdlib.h>
#include <string.h>

/* A record's key is the lineage, a letter, and what the kind needs behind it. */
enum record_kind {
    RECORD_ATTEMPT = 'a', /* attempt id */
    RECORD_CLAIM = 'c',
    RECORD_FIXED = 'f',
    RECORD_PROOF = 'p', /* member number, 1 byte */
    RECORD_STATE = 's',
};

#define KEY_BYTES_MAX (KP_DIGEST_BYTES + 1 + KP_ATTEMPT_BYTES)
#define STATE_VERSION 2u
#define STATE_BYTES_LEAST (1 + 8 + 1 + KP_ATTEMPT_BYTES + 8 + 1 + KP_MAILBOX_ID_BYTES + 8 + 1)

static size_t make_key(uint8_t key[static KEY_BYTES_MAX], const uint8_t *lineage,
                       enum record_kind kind, const void *rest, size_t rest_size)
{
    memcpy(key, lineage, KP_DIGEST_BYTES);
    key[KP_DIGEST_BYTES] = (uint8_t)kind;
    if (rest_size > 0) {
        memcpy(key + KP_DIGEST_BYTES + 1, rest, rest_size);
    }
    return KP_DIGEST_BYTES + 1 + rest_size;
}

static uint8_t *put_number(uint8_t *at, uint64_t number, size_t size)
{
    for (size_t i = size; i-- > 0; number >>= 8) {
        at[i] = (uint8_t)number;
    }
    return at + size;
}

static uint64_t get_number(const uint8_t **at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | (*at)[i];
    }
    *at += size;
    return number;
}

/* The state: write and read. */

enum kp_status kp_state_save(struct kp_txn *txn, const uint8_t lineage[static KP_DIGEST_BYTES],
                             const struct kp_node_state *state, struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX], value[STATE_BYTES_LEAST + KP_ERROR_TEXT];
    size_t text_size = strnlen(state->last_error, KP_ERROR_TEXT - 1);
    uint8_t *at = put_number(value, STATE_VERSION, 1);
    at = put_number(at, state->proven, 8);
    at = put_number(at, state->in_attempt, 1);
    memcpy(at, state->attempt, KP_ATTEMPT_BYTES);
    at = put_number(at + KP_ATTEMPT_BYTES, state->counter, 8);
    at = put_number(at, (uint64_t)state->phase, 1);
    memcpy(at, state->mailbox, KP_MAILBOX_ID_BYTES);
    at = put_number(at + KP_MAILBOX_ID_BYTES, state->delivered, 8);
    at = put_number(at, state->bucket, 1);
    memcpy(at, state->last_error, text_size);
    size_t key_size = make_key(key, lineage, RECORD_STATE, NULL, 0);
    return kp_store_put(txn, KP_NODE_STATE, key, key_size, value, STATE_BYTES_LEAST + text_size,
                        error);
}

static enum kp_status read_state(struct kp_node_state *state, const struct kp_buffer *value,
                                 struct kp_error *error)
{
    const uint8_t *at = value->data;
    if (value->size < STATE_BYTES_LEAST || value->size >= STATE_BYTES_LEAST + KP_ERROR_TEXT ||
        get_number(&at, 1) != STATE_VERSION) {
        return kp_fail(error, KP_REFUSED,
                       "the node's state in the database can't be read by this version of "
                       "Kruispunt");
    }
    state->proven = get_number(&at, 8);
    state->in_attempt = get_number(&at, 1) != 0;
    memcpy(state->attempt, at, KP_ATTEMPT_BYTES);
    at += KP_ATTEMPT_BYTES;
    state->counter = get_number(&at, 8);
    uint64_t phase = get_number(&at, 1);
    state->phase = phase < KP_PHASES ? (enum kp_phase)phase : KP_PHASE_IDLE;
    memcpy(state->mailbox, at, KP_MAILBOX_ID_BYTES);
    at += KP_MAILBOX_ID_BYTES;
    state->delivered = get_number(&at, 8);
    state->bucket = (uint32_t)get_number(&at, 1);
    memcpy(state->last_error, at, value->size - STATE_BYTES_LEAST);
    return KP_OK;
}

enum kp_status kp_state_load(struct kp_txn *txn, const uint8_t lineage[static KP_DIGEST_BYTES],
                             struct kp_node_state *state, struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    struct kp_buffer value = {0};
    bool found = false;
    memset(state, 0, sizeof(*state));
    size_t key_size = make_key(key, lineage, RECORD_STATE, NULL, 0);
    enum kp_status status = kp_store_get(txn, KP_NODE_STATE, key, key_size, &value, &found, error);
    if (status == KP_OK && found) {
        status = read_state(state, &value, error);
    }
    kp_buffer_free(&value);
    return status;
}

/* The counter of the list of slots. */

enum kp_status kp_state_fixed(struct kp_txn *txn, const uint8_t lineage[static KP_DIGEST_BYTES],
                              uint64_t *counter, struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    struct kp_buffer value = {0};
    bool found = false;
    *counter = 0;
    size_t key_size = make_key(key, lineage, RECORD_FIXED, NULL, 0);
    enum kp_status status = kp_store_get(txn, KP_NODE_STATE, key, key_size, &value, &found, error);
    if (status == KP_OK && found && value.size != 8) {
        status = kp_fail(error, KP_REFUSED, "the counter of the slots has %zu bytes", value.size);
    } else if (status == KP_OK && found) {
        const uint8_t *at = value.data;
        *counter = get_number(&at, 8);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_state_check_fixed(uint64_t fixed, uint64_t counter, struct kp_error *error)
{
    return counter >= fixed
               ? KP_OK
               : kp_fail(
                     error, KP_REFUSED,
                     "the slots are fixed for counter %llu already, which can't go back to %llu",
                     (unsigned long long)fixed, (unsigned long long)counter);
}

enum kp_status kp_state_set_fixed(struct kp_txn *txn, const uint8_t lineage[static KP_DIGEST_BYTES],
                                  uint64_t counter, struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX], value[8];
    uint64_t before = 0;
    enum kp_status status = kp_state_fixed(txn, lineage, &before, error);
    if (status == KP_OK) {
        status = kp_state_check_fixed(before, counter, error);
    }
    if (status != KP_OK) {
        return status;
    }
    put_number(value, counter, sizeof(value));
    size_t key_size = make_key(key, lineage, RECORD_FIXED, NULL, 0);
    return kp_store_put(txn, KP_NODE_STATE, key, key_size, value, sizeof(value), error);
}

/* The proof. */

enum kp_status kp_state_load_proof(struct kp_txn *txn,
                                   const uint8_t lineage[static KP_DIGEST_BYTES],
                                   struct kp_buffer *ready, uint32_t members,
                                   struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < members; i++) {
        uint8_t number = (uint8_t)(i + 1);
        bool found = false;
        size_t key_size = make_key(key, lineage, RECORD_PROOF, &number, 1);
        ready[i].size = 0;
        status = kp_store_get(txn, KP_NODE_STATE, key, key_size, &ready[i], &found, error);
    }
    return status;
}

enum kp_status kp_state_save_proof(struct kp_txn *txn,
                                   const uint8_t lineage[static KP_DIGEST_BYTES],
                                   const struct kp_buffer *ready, uint32_t members,
                                   struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < members; i++) {
        uint8_t number = (uint8_t)(i + 1);
        size_t key_size = make_key(key, lineage, RECORD_PROOF, &number, 1);
        status =
            kp_store_put(txn, KP_NODE_STATE, key, key_size, ready[i].data, ready[i].size, error);
    }
    return status;
}

/* A claim about this member. */

enum kp_status kp_state_save_claim(struct kp_txn *txn,
                                   const uint8_t lineage[static KP_DIGEST_BYTES],
                                   const struct kp_buffer *claim, struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    size_t key_size = make_key(key, lineage, RECORD_CLAIM, NULL, 0);
    return claim == NULL
               ? kp_store_delete(txn, KP_NODE_STATE, key, key_size, error)
               : kp_store_put(txn, KP_NODE_STATE, key, key_size, claim->data, claim->size, error);
}

enum kp_status kp_state_load_claim(struct kp_txn *txn,
                                   const uint8_t lineage[static KP_DIGEST_BYTES],
                                   struct kp_buffer *claim, struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    bool found = false;
    size_t key_size = make_key(key, lineage, RECORD_CLAIM, NULL, 0);
    enum kp_status status = kp_store_get(txn, KP_NODE_STATE, key, key_size, claim, &found, error);
    if (!found) {
        claim->size = 0;
    }
    return status;
}

/* Attempts. */

enum kp_status kp_state_use_attempt(struct kp_txn *txn,
                                    const uint8_t lineage[static KP_DIGEST_BYTES],
                                    const uint8_t attempt[static KP_ATTEMPT_BYTES], bool *fresh,
                                    struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    struct kp_buffer value = {0};
    bool found = false;
    size_t key_size = make_key(key, lineage, RECORD_ATTEMPT, attempt, KP_ATTEMPT_BYTES);
    enum kp_status status = kp_store_get(txn, KP_NODE_STATE, key, key_size, &value, &found, error);
    *fresh = status == KP_OK && !found;
    if (*fresh) {
        status = kp_store_put(txn, KP_NODE_STATE, key, key_size, "", 0, error);
    }
    kp_buffer_free(&value);
    return status;
}

/* Whether the key is one of this lineage's attempts. */
static bool is_attempt(const uint8_t *lineage, const uint8_t *key, size_t key_size)
{
    return key_size == KEY_BYTES_MAX && key[KP_DIGEST_BYTES] == RECORD_ATTEMPT &&
           memcmp(key, lineage, KP_DIGEST_BYTES) == 0;
}

/* The first attempt's key; *found false: there is none. */
static enum kp_status first_attempt(struct kp_txn *txn, const uint8_t *lineage,
                                    uint8_t out[static KEY_BYTES_MAX], bool *found,
                                    struct kp_error *error)
{
    uint8_t start[KEY_BYTES_MAX];
    const uint8_t *key = NULL, *value = NULL;
    size_t key_size = 0, value_size = 0;
    bool end = false;
    struct kp_cursor *cursor = NULL;
    size_t start_size = make_key(start, lineage, RECORD_ATTEMPT, NULL, 0);
    enum kp_status status = kp_cursor_open(txn, KP_NODE_STATE, start, start_size, &cursor, error);
    if (status == KP_OK) {
        status = kp_cursor_next(cursor, &key, &key_size, &value, &value_size, &end, error);
    }
    *found = status == KP_OK && !end && is_attempt(lineage, key, key_size);
    if (*found) {
        memcpy(out, key, KEY_BYTES_MAX);
    }
    kp_cursor_close(cursor);
    return status;
}

enum kp_status kp_state_forget_attempts(struct kp_txn *txn,
                                        const uint8_t lineage[static KP_DIGEST_BYTES],
                                        struct kp_error *error)
{
    uint8_t key[KEY_BYTES_MAX];
    bool found = true;
    enum kp_status status = KP_OK;
    while (status == KP_OK && found) {
        status = first_attempt(txn, lineage, key, &found, error);
        if (status == KP_OK && found) {
            status = kp_store_delete(txn, KP_NODE_STATE, key, sizeof(key), error);
        }
    }
    return status;
}
