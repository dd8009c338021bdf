/* Receipts of the coordinator: one, and a member's file of them. */
#include "proto/verify_fault_internal.h"

#include "proto/verify_digest.h"
#include "proto/verify_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- one ---- */

void kp_fault_chain(uint8_t chain[static KP_DIGEST_BYTES], const uint8_t *digests, uint32_t count)
{
    memset(chain, 0, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < count; i++) {
        struct kp_hash state;
        kp_hash_start(&state, "Kruispunt-v1 receipt");
        kp_hash_field(&state, chain, KP_DIGEST_BYTES);
        kp_hash_field(&state, digests + (size_t)i * KP_DIGEST_BYTES, KP_DIGEST_BYTES);
        kp_hash_digest(&state, chain);
    }
}

bool kp_fault_is_receipt(const struct kp_agreement *agreement,
                         const uint8_t attempt[static KP_ATTEMPT_BYTES],
                         const struct kp_buffer *packed, uint32_t member, struct kp_receipt *body)
{
    struct kp_round_message message = {0};
    bool is = kp_fault_of_coordinator(agreement, attempt, packed, KP_MESSAGE_RECEIPT, &message) &&
              message.to == member && kp_receipt_unpack(body, &message.body, NULL) == KP_OK &&
              body->member == member && member <= agreement->member_count;
    kp_round_message_free(&message);
    return is;
}

/* ---- a file ---- */

enum { RECEIPTS_FORM, RECEIPTS_SIGNATURE, RECEIPTS_CHAIN, RECEIPTS_RULES };
static const struct kp_rule receipts_rules[RECEIPTS_RULES] = {
    [RECEIPTS_FORM] = {"receipts.form", "every item unpacks, and each receipt has its digests"},
    [RECEIPTS_SIGNATURE] = {"receipts.signature", "the coordinator signed every receipt"},
    [RECEIPTS_CHAIN] = {"receipts.chain",
                        "every receipt is for the first of the messages whose digests are given"},
};

static bool has_digests(const struct kp_verify_export *export, const struct kp_export_item *receipt,
                        const struct kp_receipt *body)
{
    uint8_t chain[KP_DIGEST_BYTES];
    for (size_t i = 0; i < export->count; i++) {
        const struct kp_export_item *item = &export->items[i];
        if (item->kind == KP_EXPORT_DIGESTS && item->part == receipt->part) {
            size_t count = body->deposited.count;
            if (item->content.size % KP_DIGEST_BYTES != 0 ||
                item->content.size / KP_DIGEST_BYTES < count) {
                return false;
            }
            kp_fault_chain(chain, item->content.data, body->deposited.count);
            return memcmp(chain, body->deposited.chain, sizeof(chain)) == 0;
        }
    }
    return false;
}

/* Signed with the key that some version gives the coordinator. */
static bool is_signed(const struct kp_verify_versions *versions, const struct kp_export_item *item,
                      struct kp_verify_receipt *receipt)
{
    struct kp_round_message message = {0};
    bool is =
        kp_round_message_unpack(&message, item->content.data, item->content.size, NULL) == KP_OK;
    if (is) {
        memcpy(receipt->attempt, message.attempt, KP_ATTEMPT_BYTES);
    }
    kp_round_message_free(&message);
    for (size_t i = 0; is && i < versions->count; i++) {
        if (kp_fault_is_receipt(versions->version[i], receipt->attempt, &item->content,
                                item->member, &receipt->body)) {
            return true;
        }
    }
    return false;
}

static enum kp_status add_receipt(struct kp_verify_receipts *receipts,
                                  const struct kp_verify_receipt *receipt, struct kp_error *error)
{
    struct kp_verify_receipt *more =
        realloc(receipts->items, (receipts->count + 1) * sizeof(*more));
    if (more == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for receipts");
    }
    receipts->items = more;
    more[receipts->count++] = *receipt;
    return KP_OK;
}

static enum kp_status check_receipt(const struct kp_verify_versions *versions,
                                    const struct kp_verify_export *export, size_t i,
                                    struct kp_report *report, struct kp_verify_receipts *receipts,
                                    struct kp_error *error)
{
    const struct kp_export_item *item = &export->items[i];
    struct kp_verify_receipt receipt = {.body = {.member = 0}};
    char name[KP_RULING_RECORD];
    (void)snprintf(name, sizeof(name), "receipt %u", item->part + 1);
    bool holds =
        is_signed(versions, item, &receipt) && receipt.body.counter == export->header.counter;
    kp_report_set(report, RECEIPTS_SIGNATURE, holds, name,
                  "it isn't signed by the coordinator, for this member and round");
    if (!holds) {
        return KP_OK;
    }
    kp_report_set(report, RECEIPTS_CHAIN, has_digests(export, item, &receipt.body), name,
                  "its chain isn't that of these messages");
    return add_receipt(receipts, &receipt, error);
}

enum kp_status kp_verify_receipts_check(const struct kp_verify_versions *versions,
                                        const struct kp_verify_export *export,
                                        struct kp_report *report,
                                        struct kp_verify_receipts *receipts, struct kp_error *error)
{
    uint8_t before[KP_EVIDENCE_KEY_BYTES] = {0}, key[KP_EVIDENCE_KEY_BYTES];
    const uint8_t *lineage = kp_verify_lineage(versions);
    size_t found = 0, digests = 0;
    enum kp_status status = KP_OK;
    kp_report_start(report, receipts_rules, RECEIPTS_RULES);
    bool right = export->header.kind == KP_EXPORT_RECEIPTS && !export->header.has_digest &&
                 export->header.counter != 0 && lineage != NULL &&
                 memcmp(lineage, export->header.lineage, KP_DIGEST_BYTES) == 0;
    for (size_t i = 0; right && i < export->count; i++) {
        const struct kp_export_item *item = &export->items[i];
        kp_evidence_key(key, item->kind, item->member, item->part);
        right = memcmp(key, before, sizeof(key)) > 0;
        memcpy(before, key, sizeof(key));
        if (item->kind == KP_EXPORT_PAPER) {
            right = right && item->member == 0 && item->part == i;
            continue;
        }
        right = right && item->member == export->header.party && item->member >= 1 &&
                (item->kind == KP_EXPORT_RECEIPT || item->kind == KP_EXPORT_DIGESTS) &&
                item->part == (item->kind == KP_EXPORT_RECEIPT ? found : digests);
        found += item->kind == KP_EXPORT_RECEIPT ? 1 : 0;
        digests += item->kind == KP_EXPORT_DIGESTS ? 1 : 0;
    }
    kp_report_set(report, RECEIPTS_FORM, right && found == digests, "file",
                  "an item is missing, too many, out of order, or of another party or lineage");
    for (size_t i = 0; right && status == KP_OK && i < export->count; i++) {
        if (export->items[i].kind == KP_EXPORT_RECEIPT) {
            status = check_receipt(versions, export, i, report, receipts, error);
        }
    }
    if (right && found == 0) {
        kp_report_ok(report, RECEIPTS_SIGNATURE);
        kp_report_ok(report, RECEIPTS_CHAIN);
    }
    return status;
}

void kp_verify_receipts_free(struct kp_verify_receipts *receipts)
{
    free(receipts->items);
    receipts->items = NULL;
    receipts->count = 0;
}
