/* Receipts as files: all of a round, and a verdict about a coordinator that was silent. */
#include "node/receipts.h"

#include "proto/proof.h"

#include <string.h>

struct found {
    uint64_t counter; /* wanted; 0: the highest */
    bool any;         /* the counter was 0 */
    bool silent;      /* only where the coordinator was */
    uint64_t time;    /* of the last one */
    uint8_t last[KP_ATTEMPT_BYTES];
    uint8_t attempts[KP_RECEIPTS_MAX + 1][KP_ATTEMPT_BYTES]; /* by rising id */
    uint32_t count;
};

static void find_attempts(void *context, const struct kp_receipts *header)
{
    struct found *found = context;
    bool has = found->silent ? header->silent : header->receipt.size > 0;
    bool higher = found->any && header->counter > found->counter;
    if (!has || (header->counter != found->counter && !higher)) {
        return;
    }
    if (higher) {
        found->counter = header->counter;
        found->count = 0;
        found->time = 0;
    }
    if (header->time >= found->time) {
        found->time = header->time;
        memcpy(found->last, header->attempt, KP_ATTEMPT_BYTES);
    }
    if (found->count <= KP_RECEIPTS_MAX) {
        memcpy(found->attempts[found->count++], header->attempt, KP_ATTEMPT_BYTES);
    }
}

static enum kp_status find(struct kp_txn *txn, uint64_t counter, bool silent, struct found *found,
                           struct kp_error *error)
{
    memset(found, 0, sizeof(*found));
    found->counter = counter;
    found->any = counter == 0;
    found->silent = silent;
    enum kp_status status = kp_receipts_walk(txn, find_attempts, found, error);
    if (status == KP_OK && found->count == 0) {
        status = kp_fail(error, KP_REFUSED,
                         silent ? "the coordinator wasn't silent in this round for as long as "
                                  "longest_silence_seconds; nothing to accuse it of"
                                : "no receipt of this round is kept");
    }
    return status;
}

static void start_page(struct kp_export_page *page, enum kp_export_kind kind,
                       const struct kp_agreement *agreement, uint32_t own, uint64_t counter)
{
    page->header.kind = kind;
    page->header.party = own;
    page->header.counter = counter;
    memcpy(page->header.lineage, agreement->lineage, KP_DIGEST_BYTES);
}

static struct kp_export_item item_of(enum kp_export_item_kind kind, uint32_t member, uint32_t part,
                                     const struct kp_buffer *content)
{
    return (struct kp_export_item){
        .kind = kind, .member = member, .part = part, .content = *content};
}

/* Item `index`: all receipts first, then all digests, as the items of a file rise. */
static enum kp_status add_receipt(struct kp_txn *txn, const struct found *found, uint32_t own,
                                  uint64_t index, struct kp_export_page *page, bool *full,
                                  struct kp_error *error)
{
    struct kp_receipts receipts = {0};
    uint32_t part = (uint32_t)(index % found->count);
    bool first = index < found->count;
    enum kp_status status = kp_receipts_load(txn, found->attempts[part], &receipts, error);
    struct kp_export_item item = first ? item_of(KP_EXPORT_RECEIPT, own, part, &receipts.receipt)
                                       : item_of(KP_EXPORT_DIGESTS, own, part, &receipts.digests);
    *full = status == KP_OK && !kp_export_page_has_room(page, item.content.size);
    if (status == KP_OK && !*full) {
        status = kp_export_page_add(page, &item, error);
    }
    kp_receipts_free(&receipts);
    return status;
}

enum kp_status kp_receipts_page(struct kp_txn *txn, const struct kp_agreement *agreement,
                                uint32_t own, uint64_t counter, uint64_t after,
                                struct kp_export_page *page, struct kp_error *error)
{
    struct found found;
    bool full = false;
    enum kp_status status = find(txn, counter, false, &found, error);
    uint64_t index = after, total = 2 * (uint64_t)found.count;
    start_page(page, KP_EXPORT_RECEIPTS, agreement, own, found.counter);
    page->header.items = total;
    while (status == KP_OK && !full && index < total) {
        status = add_receipt(txn, &found, own, index, page, &full, error);
        index += !full;
    }
    page->next = index < total ? index : 0;
    return status;
}

/* With a receipt: what the coordinator had until then, and the digests that it is over. */
static enum kp_status fill_verdict(struct kp_export_page *page, const struct kp_receipts *receipts,
                                   uint32_t own, struct kp_error *error)
{
    bool has = receipts->receipt.size > 0;
    struct kp_proof_verdict verdict = {.kind = KP_FAULT_COORDINATOR_SILENT,
                                       .counter = receipts->counter,
                                       .members = 1u << (own - 1),
                                       .coordinator = true,
                                       .phase = has ? receipts->phase : KP_PHASE_IDLE};
    struct kp_buffer packed = {0}, digests = receipts->digests;
    memcpy(verdict.attempt, receipts->attempt, KP_ATTEMPT_BYTES);
    digests.size = (size_t)receipts->checked.count * KP_DIGEST_BYTES;
    enum kp_status status = kp_proof_verdict_pack(&verdict, &packed, error);
    const struct kp_export_item items[] = {
        item_of(KP_EXPORT_START, 0, 0, &receipts->start),
        item_of(KP_EXPORT_RECEIPT, own, 0, &receipts->receipt),
        item_of(KP_EXPORT_FAULT, 0, 0, &packed),
        item_of(KP_EXPORT_DIGESTS, own, 0, &digests),
    };
    page->header.items = has ? 4 : 2;
    for (size_t i = 0; status == KP_OK && i < 4; i++) {
        if (has || items[i].kind == KP_EXPORT_START || items[i].kind == KP_EXPORT_FAULT) {
            status = kp_export_page_add(page, &items[i], error);
        }
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_receipts_verdict_page(struct kp_txn *txn, const struct kp_agreement *agreement,
                                        uint32_t own, uint64_t counter, struct kp_export_page *page,
                                        struct kp_error *error)
{
    struct found found;
    struct kp_receipts receipts = {0};
    enum kp_status status = find(txn, counter, true, &found, error);
    start_page(page, KP_EXPORT_VERDICT, agreement, own, found.counter);
    if (status == KP_OK) {
        status = kp_receipts_load(txn, found.last, &receipts, error);
    }
    if (status == KP_OK) {
        status = fill_verdict(page, &receipts, own, error);
    }
    kp_receipts_free(&receipts);
    return status;
}
