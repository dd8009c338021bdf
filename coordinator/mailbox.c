#include "coordinator/mailbox.h"

#include "coordinator/database.h"
#include "proto/numbers.h"

#include <inttypes.h>
#include <string.h>

/* The mail that waits has the numbers first to next - 1. */
struct counters {
    uint64_t last_put;
    uint64_t first;
    uint64_t next;
};
#define COUNTERS_BYTES 24
#define MAIL_KEY_BYTES 9

static enum kp_status read_counters(struct kp_txn *txn, uint32_t member, struct counters *counters,
                                    struct kp_error *error)
{
    uint8_t key = (uint8_t)member;
    struct kp_buffer value = {0};
    bool found = false;
    enum kp_status status =
        kp_store_get(txn, KP_COORDINATOR_MAILBOXES, &key, 1, &value, &found, error);
    *counters = (struct counters){.first = 1, .next = 1};
    if (status == KP_OK && found) {
        if (value.size != COUNTERS_BYTES) {
            status = kp_fail(error, KP_REFUSED, "mailbox %u in the database is damaged", member);
        } else {
            counters->last_put = kp_get_number(value.data, 8);
            counters->first = kp_get_number(value.data + 8, 8);
            counters->next = kp_get_number(value.data + 16, 8);
        }
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status write_counters(struct kp_txn *txn, uint32_t member,
                                     const struct counters *counters, struct kp_error *error)
{
    uint8_t key = (uint8_t)member;
    uint8_t value[COUNTERS_BYTES];
    uint8_t *at = kp_put_number(value, counters->last_put, 8);
    at = kp_put_number(at, counters->first, 8);
    (void)kp_put_number(at, counters->next, 8);
    return kp_store_put(txn, KP_COORDINATOR_MAILBOXES, &key, 1, value, sizeof(value), error);
}

static void mail_key(uint8_t key[static MAIL_KEY_BYTES], uint32_t member, uint64_t sequence)
{
    (void)kp_put_number(kp_put_number(key, member, 1), sequence, 8);
}

enum kp_status kp_mailbox_last_put(struct kp_txn *txn, uint32_t member, uint64_t *last,
                                   struct kp_error *error)
{
    struct counters counters;
    enum kp_status status = read_counters(txn, member, &counters, error);
    *last = counters.last_put;
    return status;
}

enum kp_status kp_mailbox_set_last_put(struct kp_txn *txn, uint32_t member, uint64_t last,
                                       struct kp_error *error)
{
    struct counters counters;
    enum kp_status status = read_counters(txn, member, &counters, error);
    counters.last_put = last;
    return status == KP_OK ? write_counters(txn, member, &counters, error) : status;
}

enum kp_status kp_mailbox_append(struct kp_txn *txn, uint32_t member, const uint8_t *packed,
                                 size_t size, struct kp_error *error)
{
    struct counters counters;
    uint8_t key[MAIL_KEY_BYTES];
    enum kp_status status = read_counters(txn, member, &counters, error);
    if (status != KP_OK) {
        return status;
    }
    mail_key(key, member, counters.next++);
    status = kp_store_put(txn, KP_COORDINATOR_MAIL, key, sizeof(key), packed, size, error);
    return status == KP_OK ? write_counters(txn, member, &counters, error) : status;
}

static enum kp_status forget_until(struct kp_txn *txn, uint32_t member, struct counters *counters,
                                   uint64_t next, struct kp_error *error)
{
    while (counters->first < next) {
        uint8_t key[MAIL_KEY_BYTES];
        mail_key(key, member, counters->first);
        enum kp_status status = kp_store_delete(txn, KP_COORDINATOR_MAIL, key, sizeof(key), error);
        if (status != KP_OK) {
            return status;
        }
        counters->first++;
    }
    return write_counters(txn, member, counters, error);
}

static enum kp_status check_given(const struct counters *counters, uint64_t sequence,
                                  struct kp_error *error)
{
    return sequence < counters->next
               ? KP_OK
               : kp_fail(error, KP_REFUSED,
                         "message %" PRIu64 " is acknowledged, but only %" PRIu64 " were delivered",
                         sequence, counters->next - 1);
}

enum kp_status kp_mailbox_acknowledge(struct kp_txn *txn, uint32_t member, uint64_t sequence,
                                      struct kp_error *error)
{
    struct counters counters;
    enum kp_status status = read_counters(txn, member, &counters, error);
    if (status == KP_OK) {
        status = check_given(&counters, sequence, error);
    }
    return status == KP_OK ? forget_until(txn, member, &counters, sequence + 1, error) : status;
}

enum kp_status kp_mailbox_clear(struct kp_txn *txn, uint32_t member, struct kp_error *error)
{
    struct counters counters;
    enum kp_status status = read_counters(txn, member, &counters, error);
    return status == KP_OK ? forget_until(txn, member, &counters, counters.next, error) : status;
}

enum kp_status kp_mailbox_fetch(struct kp_txn *txn, uint32_t member, uint64_t after,
                                uint64_t *first, struct kp_batch *messages, struct kp_error *error)
{
    struct counters counters;
    struct kp_buffer value = {0};
    enum kp_status status = read_counters(txn, member, &counters, error);
    if (status == KP_OK) {
        status = check_given(&counters, after, error);
    }
    *first = after + 1 > counters.first ? after + 1 : counters.first;
    for (uint64_t i = *first; status == KP_OK && i < counters.next; i++) {
        uint8_t key[MAIL_KEY_BYTES];
        bool found = false;
        mail_key(key, member, i);
        status = kp_store_get(txn, KP_COORDINATOR_MAIL, key, sizeof(key), &value, &found, error);
        if (status == KP_OK && !found) {
            status = kp_fail(error, KP_REFUSED, "message %" PRIu64 " for member %u is missing", i,
                             member);
        }
        if (status == KP_OK && !kp_batch_has_room(messages, value.size)) {
            break;
        }
        if (status == KP_OK && kp_batch_add(messages, value.data, value.size) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for a delivery");
        }
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_mailbox_check_before_last(struct kp_txn *txn, uint32_t member, uint64_t after,
                                            struct kp_error *error)
{
    struct counters counters;
    enum kp_status status = read_counters(txn, member, &counters, error);
    counters.next -= status == KP_OK && counters.next > counters.first;
    return status == KP_OK ? check_given(&counters, after, error) : status;
}

enum kp_status kp_mailbox_waiting(struct kp_txn *txn, uint32_t member, uint64_t after,
                                  uint64_t *waiting, struct kp_error *error)
{
    struct counters counters;
    enum kp_status status = read_counters(txn, member, &counters, error);
    uint64_t first = after < counters.first ? counters.first : after + 1;
    *waiting = first < counters.next ? counters.next - first : 0;
    return status;
}
