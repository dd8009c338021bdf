#include "coordinator/cases.h"

#include "coordinator/leader.h"
#include "crypto/secret.h"
#include "proto/buffer.h"
#include "proto/numbers.h"

#include <string.h>

/* version, round, number, threshold, address, opened, answer_by, end, ended, how many were asked;
 * of each member, question, revision, answer, time, size of the reason, reason. */
#define VERSION 1u
#define HEADER_BYTES (1 + 4 + 4 + 1 + KP_ADDRESS_KEY_BYTES + 8 + 8 + 1 + 8 + 1)
#define ASKED_BYTES (1 + 1 + 4 + 1 + 8 + 2)
#define RECORD_MAX (HEADER_BYTES + KP_MEMBERS_MAX * (ASKED_BYTES + KP_CASE_REASON_MAX))

static uint8_t *put_asked(uint8_t *at, const struct kp_case_asked *asked)
{
    size_t reason = strlen(asked->reason);
    at = kp_put_number(at, asked->member, 1);
    at = kp_put_number(at, asked->question, 1);
    at = kp_put_number(at, asked->revision, 4);
    at = kp_put_number(at, asked->answer, 1);
    at = kp_put_number(at, asked->time, 8);
    at = kp_put_number(at, reason, 2);
    memcpy(at, asked->reason, reason);
    return at + reason;
}

enum kp_status kp_leader_case_put(struct kp_txn *txn, const struct kp_leader_case *kept,
                                  struct kp_error *error)
{
    uint8_t *record = kp_bulk_new(RECORD_MAX);
    if (record == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    uint8_t *at = kp_put_number(record, VERSION, 1);
    at = kp_put_number(at, kept->round, 4);
    at = kp_put_number(at, kept->number, 4);
    at = kp_put_number(at, kept->threshold, 1);
    memcpy(at, kept->address, KP_ADDRESS_KEY_BYTES);
    at = kp_put_number(at + KP_ADDRESS_KEY_BYTES, kept->opened, 8);
    at = kp_put_number(at, kept->answer_by, 8);
    at = kp_put_number(at, kept->end, 1);
    at = kp_put_number(at, kept->ended, 8);
    at = kp_put_number(at, kept->asked_count, 1);
    for (uint32_t i = 0; i < kept->asked_count; i++) {
        at = put_asked(at, &kept->asked[i]);
    }
    enum kp_status status = kp_store_put(txn, KP_LEADER_CASES, kept->id, KP_CASE_ID_BYTES, record,
                                         (size_t)(at - record), error);
    kp_bulk_free(record);
    return status;
}

/* What is left to read. */
struct reader {
    const uint8_t *at;
    size_t left;
    bool short_of;
};

static uint64_t read_number(struct reader *reader, size_t size)
{
    if (reader->short_of || reader->left < size) {
        reader->short_of = true;
        return 0;
    }
    uint64_t number = kp_get_number(reader->at, size);
    reader->at += size;
    reader->left -= size;
    return number;
}

static void read_bytes(struct reader *reader, void *out, size_t size)
{
    if (reader->short_of || reader->left < size) {
        reader->short_of = true;
        return;
    }
    memcpy(out, reader->at, size);
    reader->at += size;
    reader->left -= size;
}

static void read_asked(struct reader *reader, struct kp_case_asked *asked)
{
    asked->member = (uint32_t)read_number(reader, 1);
    asked->question = (enum kp_case_question)read_number(reader, 1);
    asked->revision = (uint32_t)read_number(reader, 4);
    asked->answer = (enum kp_answer)read_number(reader, 1);
    asked->time = read_number(reader, 8);
    size_t reason = read_number(reader, 2);
    reader->short_of = reader->short_of || reason > KP_CASE_REASON_MAX || asked->member == 0 ||
                       asked->member > KP_MEMBERS_MAX;
    read_bytes(reader, asked->reason, reason);
}

static enum kp_status unpack(struct kp_leader_case *kept, const uint8_t *id, const uint8_t *value,
                             size_t size, struct kp_error *error)
{
    struct reader reader = {value, size, false};
    memset(kept, 0, sizeof(*kept));
    memcpy(kept->id, id, KP_CASE_ID_BYTES);
    uint64_t version = read_number(&reader, 1);
    kept->round = (uint32_t)read_number(&reader, 4);
    kept->number = (uint32_t)read_number(&reader, 4);
    kept->threshold = (uint32_t)read_number(&reader, 1);
    read_bytes(&reader, kept->address, sizeof(kept->address));
    kept->opened = read_number(&reader, 8);
    kept->answer_by = read_number(&reader, 8);
    kept->end = (enum kp_case_end)read_number(&reader, 1);
    kept->ended = read_number(&reader, 8);
    kept->asked_count = (uint32_t)read_number(&reader, 1);
    reader.short_of = reader.short_of || kept->asked_count > KP_MEMBERS_MAX;
    for (uint32_t i = 0; !reader.short_of && i < kept->asked_count; i++) {
        read_asked(&reader, &kept->asked[i]);
    }
    if (reader.short_of || reader.left > 0 || version != VERSION) {
        return kp_fail(error, KP_FAILED, "a case in the database is damaged");
    }
    return KP_OK;
}

enum kp_status kp_leader_case_get(struct kp_txn *txn, const uint8_t id[static KP_CASE_ID_BYTES],
                                  struct kp_leader_case *kept, struct kp_error *error)
{
    struct kp_buffer value = {0};
    bool found = false;
    enum kp_status status =
        kp_store_get(txn, KP_LEADER_CASES, id, KP_CASE_ID_BYTES, &value, &found, error);
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_REFUSED, "there is no such case; see leader cases");
    } else if (status == KP_OK) {
        status = unpack(kept, id, value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_leader_case_walk(struct kp_txn *txn, kp_leader_each_case *each, void *context,
                                   struct kp_error *error)
{
    struct kp_cursor *cursor = NULL;
    bool end = false;
    struct kp_leader_case *kept = kp_bulk_new(sizeof(*kept));
    if (kept == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    enum kp_status status = kp_cursor_open(txn, KP_LEADER_CASES, NULL, 0, &cursor, error);
    while (status == KP_OK && !end) {
        const uint8_t *key, *value;
        size_t key_size, size;
        status = kp_cursor_next(cursor, &key, &key_size, &value, &size, &end, error);
        if (status == KP_OK && !end) {
            status = key_size == KP_CASE_ID_BYTES
                         ? unpack(kept, key, value, size, error)
                         : kp_fail(error, KP_FAILED, "a case in the database is damaged");
        }
        if (status == KP_OK && !end) {
            status = each(context, kept, error);
        }
    }
    kp_cursor_close(cursor);
    kp_bulk_free(kept);
    return status;
}

/* ---- Answers ---- */

enum kp_status kp_leader_case_answer(struct kp_leader_case *kept, uint32_t member,
                                     const struct kp_case_answer *answer, bool *taken,
                                     struct kp_error *error)
{
    struct kp_case_asked *asked = NULL;
    *taken = false;
    for (uint32_t i = 0; i < kept->asked_count; i++) {
        asked = kept->asked[i].member == member ? &kept->asked[i] : asked;
    }
    if (asked == NULL) {
        return kp_fail(error, KP_REFUSED, "member %u answers, and wasn't asked", member);
    }
    enum kp_status status = kp_answer_check(answer->answer, asked->question, answer->reason, error);
    if (status == KP_OK && kept->end == KP_CASE_OPEN && answer->revision > asked->revision) {
        asked->revision = answer->revision;
        asked->answer = answer->answer;
        asked->time = answer->time;
        memcpy(asked->reason, answer->reason, sizeof(asked->reason));
        *taken = true;
    }
    return status;
}

bool kp_leader_case_is_over(const struct kp_leader_case *kept)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < kept->asked_count; i++) {
        left += kept->asked[i].question == KP_CASE_STILL_CURRENT &&
                kept->asked[i].answer != KP_ANSWER_NOT_CURRENT;
    }
    return left < kept->threshold;
}
