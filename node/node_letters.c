#include "node/node_letters.h"

#include "node/database.h"
#include "node/node_cases.h"
#include "node/node_internal.h"
#include "node/retention.h"
#include "proto/numbers.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#define FETCH_EVERY_MS 15000u
#define PUT_AGAIN_MS 5000u

/* Who takes which letters; those of other types don't come to a member. */
static kp_node_letter_handler *const handlers[KP_LETTER_TYPES] = {
    [KP_LETTER_CANARY_SECRETS] = kp_node_canaries_take,
    [KP_LETTER_CASE] = kp_node_take_case,
    [KP_LETTER_CASE_CLOSED] = kp_node_take_closed,
};

/* Records of the table of letters that came begin with what they are about. */
#define OF_PLACE 'P'  /* -> mailbox, number of the last letter that was dealt with */
#define OF_SEEN 'S'   /* type, from, subject, part -> digest of the packed letter */
#define OF_POSTED 'O' /* type, to, subject, part -> nothing: it was put into the outbox */

#define ABOUT_BYTES (3 + KP_LETTER_SUBJECT_BYTES + 4)
#define PLACE_BYTES (KP_MAILBOX_ID_BYTES + 8)

static void about(uint8_t key[static ABOUT_BYTES], uint8_t what, enum kp_letter_type type,
                  uint32_t other, const uint8_t subject[static KP_LETTER_SUBJECT_BYTES],
                  uint32_t part)
{
    key[0] = what;
    key[1] = (uint8_t)type;
    key[2] = (uint8_t)other;
    memcpy(key + 3, subject, KP_LETTER_SUBJECT_BYTES);
    (void)kp_put_number(key + 3 + KP_LETTER_SUBJECT_BYTES, part, 4);
}

static void log_letters(enum kp_log_level level, const char *action, const char *result,
                        const char *remark)
{
    const struct kp_log_event event = {action, "letters", result, "connection", "coordinator"};
    kp_log(level, &event, "%s", remark);
}

/* ---- Writing ---- */

/* The number behind the last one in the outbox, or behind any that was there. */
static enum kp_status next_out(struct kp_txn *txn, uint64_t *number, struct kp_error *error)
{
    const uint8_t key = OF_POSTED;
    struct kp_buffer value = {0};
    bool found = false;
    enum kp_status status = kp_store_get(txn, KP_NODE_LETTERS_IN, &key, 1, &value, &found, error);
    *number = status == KP_OK && found && value.size == 8 ? kp_get_number(value.data, 8) + 1 : 1;
    kp_buffer_free(&value);
    if (status == KP_OK) {
        uint8_t last[8];
        (void)kp_put_number(last, *number, 8);
        status = kp_store_put(txn, KP_NODE_LETTERS_IN, &key, 1, last, sizeof(last), error);
    }
    return status;
}

static enum kp_status put_out(struct kp_txn *txn, const uint8_t key[static ABOUT_BYTES],
                              const struct kp_buffer *packed, struct kp_error *error)
{
    uint8_t at[8];
    uint64_t number = 0;
    enum kp_status status = next_out(txn, &number, error);
    if (status == KP_OK) {
        (void)kp_put_number(at, number, 8);
        status = kp_store_put(txn, KP_NODE_LETTERS_OUT, at, sizeof(at), packed->data, packed->size,
                              error);
    }
    return status == KP_OK
               ? kp_store_put(txn, KP_NODE_LETTERS_IN, key, ABOUT_BYTES, at, sizeof(at), error)
               : status;
}

enum kp_status kp_node_letters_post(struct kp_node *node, struct kp_txn *txn,
                                    const struct kp_letter_draft *draft, struct kp_error *error)
{
    uint8_t key[ABOUT_BYTES];
    struct kp_buffer value = {0}, packed = {0};
    struct kp_letter letter = {0};
    bool found = false;
    about(key, OF_POSTED, draft->type, draft->to, draft->subject, draft->part);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_LETTERS_IN, key, sizeof(key), &value, &found, error);
    if (status == KP_OK && !found) {
        status = kp_letter_seal(&letter, draft, node->own, node->agreement, node->identity_secret,
                                error);
        if (status == KP_OK) {
            status = kp_letter_pack(&letter, &packed, error);
        }
        if (status == KP_OK) {
            status = put_out(txn, key, &packed, error);
        }
        node->letters.writes = true;
    }
    kp_letter_free(&letter);
    kp_buffer_free(&packed);
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_node_letters_waiting(struct kp_node *node, uint64_t *waiting,
                                       struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_store_count(txn, KP_NODE_LETTERS_OUT, waiting, error);
    }
    kp_store_abort(txn);
    return status;
}

/* The first letter in the outbox; *number 0: there is none. */
static enum kp_status first_out(struct kp_node *node, uint64_t *number, struct kp_batch *letter,
                                struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_cursor *cursor = NULL;
    const uint8_t *key, *value;
    size_t key_size, size;
    bool end = true;
    *number = 0;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_cursor_open(txn, KP_NODE_LETTERS_OUT, NULL, 0, &cursor, error);
    }
    if (status == KP_OK) {
        status = kp_cursor_next(cursor, &key, &key_size, &value, &size, &end, error);
    }
    if (status == KP_OK && !end) {
        *number = kp_get_number(key, key_size);
        status = kp_batch_add(letter, value, size) == KP_OK
                     ? KP_OK
                     : kp_fail(error, KP_FAILED, "no memory for a letter");
    }
    kp_cursor_close(cursor);
    kp_store_abort(txn);
    return status;
}

static enum kp_status forget_out(struct kp_node *node, uint64_t number, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint8_t key[8];
    (void)kp_put_number(key, number, 8);
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_store_delete(txn, KP_NODE_LETTERS_OUT, key, sizeof(key), error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* ---- What came ---- */

static enum kp_status get_place(struct kp_node *node, struct kp_txn *txn, uint64_t *after,
                                struct kp_error *error)
{
    const uint8_t key = OF_PLACE;
    struct kp_buffer value = {0};
    bool found = false;
    enum kp_status status = kp_store_get(txn, KP_NODE_LETTERS_IN, &key, 1, &value, &found, error);
    /* Another mailbox is of another database, which numbers anew. */
    bool same = status == KP_OK && found && value.size == PLACE_BYTES &&
                memcmp(value.data, node->state.mailbox, KP_MAILBOX_ID_BYTES) == 0;
    *after = same ? kp_get_number(value.data + KP_MAILBOX_ID_BYTES, 8) : 0;
    kp_buffer_free(&value);
    return status;
}

static enum kp_status put_place(struct kp_node *node, struct kp_txn *txn, uint64_t number,
                                struct kp_error *error)
{
    const uint8_t key = OF_PLACE;
    uint8_t value[PLACE_BYTES];
    memcpy(value, node->state.mailbox, KP_MAILBOX_ID_BYTES);
    (void)kp_put_number(value + KP_MAILBOX_ID_BYTES, number, 8);
    return kp_store_put(txn, KP_NODE_LETTERS_IN, &key, 1, value, sizeof(value), error);
}

/* *again: this letter was dealt with. KP_REFUSED: another one under the same name was. */
static enum kp_status check_seen(struct kp_txn *txn, const uint8_t key[static ABOUT_BYTES],
                                 const uint8_t digest[static KP_DIGEST_BYTES], bool *again,
                                 struct kp_error *error)
{
    struct kp_buffer value = {0};
    enum kp_status status =
        kp_store_get(txn, KP_NODE_LETTERS_IN, key, ABOUT_BYTES, &value, again, error);
    if (status == KP_OK && *again &&
        (value.size != KP_DIGEST_BYTES || memcmp(value.data, digest, KP_DIGEST_BYTES) != 0)) {
        status = kp_fail(error, KP_REFUSED, "another letter about the same came before");
    }
    kp_buffer_free(&value);
    return status;
}

/* What the letter says is done in txn, and that it is seen. */
static enum kp_status handle(struct kp_node *node, struct kp_txn *txn,
                             const struct kp_letter *letter,
                             const uint8_t digest[static KP_DIGEST_BYTES], struct kp_error *error)
{
    uint8_t key[ABOUT_BYTES];
    bool again = false;
    struct kp_opened_letter opened = {0};
    about(key, OF_SEEN, letter->type, letter->from, letter->subject, letter->part);
    enum kp_status status = check_seen(txn, key, digest, &again, error);
    if (status != KP_OK || again) {
        return status;
    }
    status = kp_letter_open(&opened, letter, node->agreement, node->box_secret, error);
    if (status == KP_OK && handlers[letter->type] != NULL) {
        status = handlers[letter->type](node, txn, &opened, error);
    }
    if (status == KP_OK) {
        status =
            kp_store_put(txn, KP_NODE_LETTERS_IN, key, sizeof(key), digest, KP_DIGEST_BYTES, error);
    }
    kp_opened_letter_free(&opened);
    return status;
}

static enum kp_status take(struct kp_node *node, struct kp_txn *txn, const uint8_t *packed,
                           size_t size, struct kp_error *error)
{
    struct kp_letter letter;
    uint8_t digest[KP_DIGEST_BYTES];
    enum kp_status status = kp_letter_unpack(&letter, packed, size, error);
    if (status == KP_OK && letter.to != node->own) {
        status = kp_fail(error, KP_REFUSED, "a letter to party %u came here", letter.to);
    }
    if (status == KP_OK) {
        crypto_generichash(digest, sizeof(digest), packed, size, NULL, 0);
        status = kp_letter_check_sealed(&letter, node->agreement, error);
    }
    if (status == KP_OK) {
        status = handle(node, txn, &letter, digest, error);
    }
    kp_letter_free(&letter);
    return status;
}

static enum kp_status commit_or_abort(struct kp_txn *txn, enum kp_status status,
                                      struct kp_error *error)
{
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_node_letters_take(struct kp_node *node, uint64_t number, const uint8_t *packed,
                                    size_t size, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status != KP_OK) {
        return status;
    }
    status = take(node, txn, packed, size, error);
    if (status == KP_REFUSED || status == KP_USAGE) {
        log_letters(KP_LOG_WARNING, "take letter", "refused", error->text);
        kp_store_abort(txn); /* with whatever it began */
        txn = NULL;
        status = kp_store_begin(node->store, true, &txn, error);
    }
    if (status == KP_OK) {
        status = put_place(node, txn, number, error);
    }
    return commit_or_abort(txn, status, error);
}

/* ---- FETCH_LETTERS and PUT_LETTER, one of each at a time ---- */

static void take_all(struct kp_node *node, const struct kp_wire_response *response)
{
    struct kp_error error = {0};
    for (size_t i = 0; i < response->messages.count; i++) {
        const struct kp_buffer *letter = &response->messages.items[i];
        if (kp_node_letters_take(node, response->numbers[i], letter->data, letter->size, &error) !=
            KP_OK) {
            log_letters(KP_LOG_ERROR, "take letter", "failed", error.text);
            return;
        }
    }
    node->letters.fetch_at = response->end ? kp_loop_now() + FETCH_EVERY_MS : 0;
}

static void on_letters(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                       bool cancelled)
{
    struct kp_node *node = context;
    struct kp_wire_response response;
    if (cancelled) {
        return;
    }
    node->letters.fetching = false;
    node->letters.fetch_at = kp_loop_now() + FETCH_EVERY_MS;
    if (kp_node_link_answer(node, status, bytes, size, KP_RESPONSE_LETTERS, &response)) {
        take_all(node, &response);
    }
    kp_wire_response_free(&response);
}

static void fetch(struct kp_node *node)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_LETTERS};
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_store_begin(node->store, false, &txn, &error);
    if (status == KP_OK) {
        status = get_place(node, txn, &request.sequence, &error);
    }
    kp_store_abort(txn);
    if (status != KP_OK) {
        log_letters(KP_LOG_ERROR, "fetch letters", "failed", error.text);
        return;
    }
    node->letters.fetching = kp_node_link_ask(node, &request, 0, on_letters);
}

static void on_letter_put(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                          bool cancelled)
{
    struct kp_node *node = context;
    struct kp_wire_response response;
    struct kp_error error = {0};
    if (cancelled) {
        return;
    }
    node->letters.putting = false;
    bool done = kp_node_link_answer(node, status, bytes, size, KP_RESPONSE_LETTER_PUT, &response);
    if (!done && status == KP_OK && response.kind == KP_RESPONSE_REFUSAL &&
        response.status == KP_REFUSED) {
        /* As it is it will never be taken. */
        log_letters(KP_LOG_ERROR, "put letter", "refused", response.text);
        done = true;
    }
    if (done && forget_out(node, node->letters.number, &error) != KP_OK) {
        log_letters(KP_LOG_ERROR, "put letter", "failed", error.text);
        done = false;
    }
    node->letters.put_at = done ? 0 : kp_loop_now() + PUT_AGAIN_MS;
    node->letters.fetch_at = done ? 0 : node->letters.fetch_at;
    kp_wire_response_free(&response);
}

static void put(struct kp_node *node)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_PUT_LETTER};
    struct kp_error error = {0};
    if (first_out(node, &node->letters.number, &request.messages, &error) != KP_OK) {
        log_letters(KP_LOG_ERROR, "put letter", "failed", error.text);
        node->letters.put_at = kp_loop_now() + PUT_AGAIN_MS;
    } else if (node->letters.number == 0) {
        node->letters.writes = false;
    } else {
        node->letters.putting = kp_node_link_ask(node, &request, 0, on_letter_put);
    }
    kp_batch_free(&request.messages);
}

void kp_node_letters_reset(struct kp_node *node)
{
    node->letters.fetching = false;
    node->letters.putting = false;
    node->letters.writes = true; /* there may be some from before */
    node->letters.fetch_at = 0;
    node->letters.put_at = 0;
}

uint64_t kp_node_letters_tick(struct kp_node *node, uint64_t now)
{
    struct kp_node_letters *letters = &node->letters;
    /* What retention has deleted isn't fetched again. */
    if (!node->link.opened ||
        kp_agreement_retention_is_over(node->agreement, kp_clock_now() / 1000)) {
        return UINT64_MAX;
    }
    if (!letters->fetching && now >= letters->fetch_at) {
        letters->fetch_at = now + FETCH_EVERY_MS;
        fetch(node);
    }
    if (letters->writes && !letters->putting && now >= letters->put_at) {
        put(node);
    }
    uint64_t next = letters->fetching ? UINT64_MAX : letters->fetch_at;
    bool again = letters->writes && !letters->putting;
    return again && letters->put_at < next ? letters->put_at : next;
}
