/* Letters of the project leader's program, and of the second holder's. A letter that is written is
 * kept until the coordinator has it, so that one that must be put again has the same bytes. */
#include "coordinator/leader.h"

#include "crypto/secret.h"
#include "proto/key_file.h"
#include "proto/numbers.h"

#include <sodium.h>
#include <string.h>

#define KEY_BYTES (2 + KP_LETTER_SUBJECT_BYTES + 4)

static enum kp_status read_box_key(uint8_t **secret, const struct kp_leader *leader,
                                   struct kp_error *error)
{
    uint8_t public_key[KP_PAIR_PUBLIC_BYTES];
    const uint8_t *expected = kp_agreement_box_key(leader->agreement, leader->party);
    enum kp_status status = kp_key_read(leader->config.box_key, KP_KEY_BOX, secret, error);
    if (status == KP_OK && (expected == NULL || crypto_scalarmult_base(public_key, *secret) != 0 ||
                            memcmp(public_key, expected, sizeof(public_key)) != 0)) {
        status = kp_fail(error, KP_REFUSED, "%s: the agreement names another box key",
                         leader->config.box_key);
    }
    return status;
}

/* ---- Writing ---- */

static void letter_key(uint8_t key[static KEY_BYTES], const struct kp_letter_draft *draft)
{
    key[0] = (uint8_t)draft->type;
    key[1] = (uint8_t)draft->to;
    memcpy(key + 2, draft->subject, KP_LETTER_SUBJECT_BYTES);
    (void)kp_put_number(key + 2 + KP_LETTER_SUBJECT_BYTES, draft->part, 4);
}

static enum kp_status seal(struct kp_leader *leader, const struct kp_letter_draft *draft,
                           struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_letter letter;
    enum kp_status status = kp_letter_seal(&letter, draft, leader->party, leader->agreement,
                                           leader->identity_secret, error);
    if (status == KP_OK) {
        status = kp_letter_pack(&letter, packed, error);
    }
    kp_letter_free(&letter);
    return status;
}

enum kp_status kp_leader_letters_keep(struct kp_leader *leader, struct kp_txn *txn,
                                      const struct kp_letter_draft *draft, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer packed = {0};
    bool found = false;
    letter_key(key, draft);
    enum kp_status status =
        kp_store_get(txn, KP_LEADER_LETTERS, key, sizeof(key), &packed, &found, error);
    if (status == KP_OK && !found) {
        status = seal(leader, draft, &packed, error);
        if (status == KP_OK) {
            status = kp_store_put(txn, KP_LEADER_LETTERS, key, sizeof(key), packed.data,
                                  packed.size, error);
        }
    }
    kp_buffer_free(&packed);
    return status;
}

/* The letter that waits behind `key` (*found: or at all); what was put has left an empty value.
 * *found: there is one. */
static enum kp_status next_waiting(struct kp_leader *leader, uint8_t key[static KEY_BYTES],
                                   struct kp_batch *letter, bool *found, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_cursor *cursor = NULL;
    bool end = false, behind = *found;
    uint8_t last[KEY_BYTES];
    memcpy(last, key, KEY_BYTES);
    *found = false;
    enum kp_status status = kp_store_begin(leader->store, false, &txn, error);
    if (status == KP_OK) {
        status = kp_cursor_open(txn, KP_LEADER_LETTERS, behind ? last : NULL,
                                behind ? KEY_BYTES : 0, &cursor, error);
    }
    while (status == KP_OK && !end && !*found) {
        const uint8_t *at, *value;
        size_t at_size, size;
        status = kp_cursor_next(cursor, &at, &at_size, &value, &size, &end, error);
        if (status == KP_OK && !end && size > 0 && at_size == KEY_BYTES &&
            !(behind && memcmp(at, last, KEY_BYTES) == 0)) {
            memcpy(key, at, KEY_BYTES);
            *found = true;
            if (kp_batch_add(letter, value, size) != KP_OK) {
                status = kp_fail(error, KP_FAILED, "no memory for a letter");
            }
        }
    }
    kp_cursor_close(cursor);
    kp_store_abort(txn);
    return status;
}

static enum kp_status mark_put(struct kp_leader *leader, const uint8_t key[static KEY_BYTES],
                               struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(leader->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_store_put(txn, KP_LEADER_LETTERS, key, KEY_BYTES, "", 0, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

enum kp_status kp_leader_letters_send(struct kp_leader *leader, struct kp_error *error)
{
    enum kp_status status = kp_leader_store(leader, error), refused = KP_OK;
    uint8_t key[KEY_BYTES] = {0};
    bool found = false, more = true;
    while (status == KP_OK && more) {
        struct kp_wire_request request = {.kind = KP_REQUEST_PUT_LETTER};
        struct kp_wire_response response;
        status = next_waiting(leader, key, &request.messages, &found, error);
        more = found;
        if (status == KP_OK && found) {
            status = kp_leader_ask(leader, &request, KP_RESPONSE_LETTER_PUT, KP_LEADER_TIMEOUT_MS,
                                   &response, error);
            if (status == KP_OK) {
                kp_wire_response_free(&response);
                status = mark_put(leader, key, error);
            } else if (status == KP_REFUSED) {
                refused = KP_REFUSED; /* it waits on; the others needn't */
                status = KP_OK;
            }
        }
        kp_batch_free(&request.messages);
    }
    return status == KP_OK ? refused : status;
}

enum kp_status kp_leader_letters_put(struct kp_leader *leader, const struct kp_letter_draft *draft,
                                     struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, true, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_leader_letters_keep(leader, txn, draft, error);
        if (status == KP_OK) {
            status = kp_store_commit(txn, error);
        } else {
            kp_store_abort(txn);
        }
    }
    return status == KP_OK ? kp_leader_letters_send(leader, error) : status;
}

/* ---- Reading ---- */

/* The coordinator gives what it likes: a letter about something else, however well it is signed,
 * isn't what was asked for, and must be held against nobody. */
static bool is_asked_for(const struct kp_leader_reading *reading, const struct kp_letter *letter)
{
    return letter->to == reading->leader->party && letter->type == reading->type &&
           (reading->subject == NULL ||
            memcmp(letter->subject, reading->subject, KP_LETTER_SUBJECT_BYTES) == 0);
}

enum kp_status kp_leader_letter_take(struct kp_leader_reading *reading,
                                     const struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_letter letter;
    struct kp_opened_letter opened = {0};
    enum kp_status status = kp_letter_unpack(&letter, packed->data, packed->size, NULL);
    if (status == KP_OK && !is_asked_for(reading, &letter)) {
        status = KP_REFUSED;
    }
    if (status == KP_OK) {
        status = kp_letter_check_sealed(&letter, reading->leader->agreement, error);
    }
    if (status == KP_OK) {
        status = kp_letter_open(&opened, &letter, reading->leader->agreement, reading->box_secret,
                                error);
    }
    if (status == KP_OK) {
        status = reading->each(reading->context, &opened, error);
    } else if (status == KP_REFUSED) {
        reading->skipped++; /* one bad letter doesn't keep the others away */
        status = KP_OK;
    }
    kp_opened_letter_free(&opened);
    kp_letter_free(&letter);
    return status;
}

static enum kp_status take_page(struct kp_leader_reading *reading, struct kp_wire_request *request,
                                bool *end, struct kp_error *error)
{
    struct kp_wire_response response;
    enum kp_status status = kp_leader_ask(reading->leader, request, KP_RESPONSE_LETTERS,
                                          KP_LEADER_TIMEOUT_MS, &response, error);
    if (status != KP_OK) {
        return status;
    }
    for (size_t i = 0; status == KP_OK && i < response.messages.count; i++) {
        if (response.numbers[i] <= request->sequence) {
            status = kp_fail(error, KP_REFUSED, "the coordinator gives letters out of order");
        } else {
            request->sequence = response.numbers[i];
            status = kp_leader_letter_take(reading, &response.messages.items[i], error);
        }
    }
    *end = response.end;
    kp_wire_response_free(&response);
    return status;
}

enum kp_status kp_leader_letters_fetch(struct kp_leader *leader, enum kp_letter_type type,
                                       const uint8_t *subject, kp_leader_each_letter *each,
                                       void *context, uint32_t *skipped, struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_LETTERS,
                                      .letter_type = (uint32_t)type};
    uint8_t *secret = NULL;
    bool end = false;
    if (subject != NULL) {
        memcpy(request.subject, subject, sizeof(request.subject));
        request.has_subject = true;
    }
    enum kp_status status = read_box_key(&secret, leader, error);
    struct kp_leader_reading reading = {.leader = leader,
                                        .type = type,
                                        .subject = subject,
                                        .box_secret = secret,
                                        .each = each,
                                        .context = context};
    while (status == KP_OK && !end) {
        status = take_page(&reading, &request, &end, error);
    }
    kp_secret_free(secret);
    *skipped = reading.skipped;
    return status;
}
