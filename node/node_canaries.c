/* Canaries at the daemon: secrets go out and come in as letters, START waits for them, and the
 * notice leaves with the release. */
#include "node/node_canaries.h"

#include "node/canaries.h"
#include "node/conduct_check.h"
#include "node/node_internal.h"
#include "node/retention.h"
#include "proto/canary_groups.h"
#include "proto/canary_notice.h"

#include <string.h>

/* Until all secrets are there, letters are asked for more often than otherwise. */
#define ASK_EVERY_MS 2000u

/* A member's secrets are one letter to each other member, ever. */
static const uint8_t NO_SUBJECT[KP_LETTER_SUBJECT_BYTES];

static enum kp_status commit_or_abort(struct kp_txn *txn, enum kp_status status,
                                      struct kp_error *error)
{
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}

/* ---- Secrets ---- */

static enum kp_status post_secrets(struct kp_node *node, struct kp_txn *txn, uint32_t to,
                                   struct kp_error *error)
{
    struct kp_buffer plain = {0};
    enum kp_status status = kp_canaries_give(txn, node->agreement, node->own, to, &plain, error);
    if (status == KP_OK && plain.size > 0) {
        const struct kp_letter_draft draft = {.type = KP_LETTER_CANARY_SECRETS,
                                              .to = to,
                                              .subject = NO_SUBJECT,
                                              .parts = 1,
                                              .plain = plain.data,
                                              .size = plain.size};
        status = kp_node_letters_post(node, txn, &draft, error);
    }
    kp_buffer_free(&plain);
    return status;
}

static void log_secrets(const struct kp_node *node, uint32_t missing)
{
    kp_node_log(node, KP_LOG_INFO, "share canaries", "done", NULL,
                missing == 0 ? "the secrets of all groups are here"
                             : "secrets of other members haven't come yet");
}

enum kp_status kp_node_canaries_open(struct kp_node *node, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    struct kp_txn *txn = NULL;
    if (kp_canary_groups_of(agreement, node->own) == 0 ||
        kp_agreement_retention_is_over(agreement, kp_clock_now() / 1000)) {
        return KP_OK;
    }
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_canaries_draw(txn, agreement, node->own, node->box_secret, error);
    }
    for (uint32_t i = 1; status == KP_OK && i <= agreement->member_count; i++) {
        if (i != node->own) {
            status = post_secrets(node, txn, i, error);
        }
    }
    if (status == KP_OK) {
        status = kp_canaries_missing(txn, agreement, node->own, &node->canaries_missing, error);
    }
    status = commit_or_abort(txn, status, error);
    if (status == KP_OK) {
        log_secrets(node, node->canaries_missing);
    }
    return status;
}

enum kp_status kp_node_canaries_take(struct kp_node *node, struct kp_txn *txn,
                                     const struct kp_opened_letter *letter, struct kp_error *error)
{
    uint32_t missing = 0;
    if (letter->parts != 1 || memcmp(letter->subject, NO_SUBJECT, sizeof(NO_SUBJECT)) != 0) {
        return kp_fail(error, KP_REFUSED, "canary secrets about something, or in parts");
    }
    enum kp_status status =
        kp_canaries_take(txn, node->agreement, node->own, letter->from, &letter->plain, error);
    if (status == KP_OK) {
        status = kp_canaries_missing(txn, node->agreement, node->own, &missing, error);
    }
    if (status == KP_OK && missing == 0) {
        log_secrets(node, missing);
    }
    return status;
}

/* What is on disk counts: a letter's transaction may have failed after it was taken. */
static enum kp_status read_missing(struct kp_node *node, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status =
            kp_canaries_missing(txn, node->agreement, node->own, &node->canaries_missing, error);
    }
    kp_store_abort(txn);
    return status;
}

enum kp_status kp_node_canaries_check(struct kp_node *node, struct kp_error *error)
{
    enum kp_status status = node->canaries_missing != 0 ? read_missing(node, error) : KP_OK;
    return status == KP_OK ? kp_check_canary_secrets(node->agreement, node->canaries_missing, error)
                           : status;
}

uint64_t kp_node_canaries_tick(struct kp_node *node, uint64_t now)
{
    struct kp_error error = {0};
    if (node->canaries_missing == 0 || !node->link.opened) {
        return UINT64_MAX;
    }
    if (now >= node->canaries_at) {
        node->canaries_at = now + ASK_EVERY_MS;
        if (read_missing(node, &error) != KP_OK) {
            kp_node_log(node, KP_LOG_ERROR, "share canaries", "failed", NULL, error.text);
        }
        if (node->canaries_missing != 0 && node->letters.fetch_at > now) {
            node->letters.fetch_at = now;
        }
    }
    return node->canaries_missing != 0 ? node->canaries_at : UINT64_MAX;
}

/* ---- The notice ---- */

enum kp_status kp_node_canaries_notice(struct kp_node *node, struct kp_txn *txn,
                                       const struct kp_release *release, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    struct kp_buffer plain = {0};
    uint32_t parts = kp_canary_notice_parts(agreement, node->own);
    enum kp_status status = KP_OK;
    if (release->notice.size == 0) {
        return KP_OK;
    }
    for (uint32_t part = 0; status == KP_OK && part < parts; part++) {
        status = kp_canary_notice_pack(&plain, agreement, node->own, release->counter, part,
                                       release->notice.data, error);
        if (status == KP_OK) {
            const struct kp_letter_draft draft = {.type = KP_LETTER_CANARY_NOTICE,
                                                  .to = KP_PARTY_LEADER,
                                                  .subject = release->attempt,
                                                  .part = part,
                                                  .parts = parts,
                                                  .plain = plain.data,
                                                  .size = plain.size};
            status = kp_node_letters_post(node, txn, &draft, error);
        }
    }
    kp_buffer_free(&plain);
    return status;
}
