/* What the coordinator has of a released round, as an export: its START, and the messages that all
 * members signed. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "coordinator/results.h"
#include "proto/numbers.h"

#include <inttypes.h>
#include <string.h>

#define KEY_BYTES 4

enum kp_status kp_coordinator_keep_start(struct kp_txn *txn, uint64_t counter,
                                         const struct kp_buffer *packed, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    (void)kp_put_number(key, counter, sizeof(key));
    return kp_store_put(txn, KP_COORDINATOR_STARTS, key, sizeof(key), packed->data, packed->size,
                        error);
}

static enum kp_status load(struct kp_txn *txn, uint32_t counter, struct kp_buffer *start,
                           struct kp_result_transcript *transcript, struct kp_error *error)
{
    uint8_t key[KEY_BYTES], result[KP_RESULT_KEY_BYTES];
    struct kp_buffer value = {0};
    bool kept = false;
    (void)kp_put_number(key, counter, sizeof(key));
    kp_result_key_pack(result, &(struct kp_result_key){counter, KP_RESULT_TRANSCRIPT, 0, 0});
    enum kp_status status =
        kp_store_get(txn, KP_COORDINATOR_STARTS, key, sizeof(key), start, &kept, error);
    if (status == KP_OK && kept) {
        status =
            kp_store_get(txn, KP_COORDINATOR_RESULTS, result, sizeof(result), &value, &kept, error);
    }
    if (status == KP_OK && !kept) {
        status = kp_fail(error, KP_REFUSED,
                         "nothing is kept of round %" PRIu32 ": it has no results", counter);
    }
    if (status == KP_OK) {
        status = kp_result_transcript_unpack(transcript, value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

/* Item `index` of START, then HELLO 1, HELLO 2 and READY of every member; borrowed. */
static struct kp_export_item item_at(const struct kp_buffer *start,
                                     const struct kp_result_transcript *transcript, uint32_t index)
{
    struct kp_export_item item = {.kind = KP_EXPORT_START, .content = *start};
    if (index > 0) {
        uint32_t members = transcript->member_count, i = (index - 1) % members;
        const struct kp_buffer *const packed[] = {transcript->hello1, transcript->hello2,
                                                  transcript->ready};
        static const enum kp_export_item_kind kinds[] = {KP_EXPORT_HELLO1, KP_EXPORT_HELLO2,
                                                         KP_EXPORT_READY};
        item.kind = kinds[(index - 1) / members];
        item.member = i + 1;
        item.content = packed[(index - 1) / members][i];
    }
    return item;
}

static enum kp_status fill(const struct kp_buffer *start,
                           const struct kp_result_transcript *transcript, uint64_t after,
                           struct kp_export_page *page, struct kp_error *error)
{
    uint32_t count = 1 + 3 * transcript->member_count;
    uint64_t index = after;
    enum kp_status status = KP_OK;
    page->header.items = count;
    for (; status == KP_OK && index < count; index++) {
        struct kp_export_item item = item_at(start, transcript, (uint32_t)index);
        if (!kp_export_page_has_room(page, item.content.size)) {
            break;
        }
        status = kp_export_page_add(page, &item, error);
    }
    page->next = index < count ? index : 0;
    return status;
}

enum kp_status kp_coordinator_serve_round(struct kp_coordinator *c,
                                          const struct kp_export_request *asked,
                                          struct kp_export_page *page, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_buffer start = {0};
    struct kp_result_transcript transcript = {0};
    uint32_t counter = asked->counter != 0 ? asked->counter : c->state.completed;
    page->header.kind = KP_EXPORT_ROUND;
    page->header.counter = counter;
    memcpy(page->header.lineage, c->agreement->lineage, KP_DIGEST_BYTES);
    enum kp_status status = kp_store_begin(c->store, false, &txn, error);
    if (status == KP_OK) {
        status = load(txn, counter, &start, &transcript, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK) {
        status = fill(&start, &transcript, asked->after, page, error);
    }
    kp_result_transcript_free(&transcript);
    kp_buffer_free(&start);
    return status;
}
