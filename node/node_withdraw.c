/* Withdrawing signals: out of the database at once, and out of every round that begins from now on.
 * A slot that holds the address keeps its point until its turn; for that long the signal is kept
 * apart, so that an audit can tell the slot from a guess (node/withdrawn.h). */
#include "node/node_internal.h"

#include "crypto/secret.h"
#include "node/signals.h"
#include "node/withdrawn.h"

#include <inttypes.h>
#include <stdio.h>

/* One signal. What isn't there is told to the asker, and doesn't stop the others. */
enum kp_status kp_node_withdraw_one(struct kp_node *node, struct kp_txn *txn,
                                    const struct kp_signal *signal, uint64_t now, uint32_t number,
                                    struct kp_import_done *done, struct kp_buffer *digests,
                                    struct kp_error *error)
{
    struct kp_withdrawn_signal withdrawn = {.withdrawn_at = now};
    uint8_t blind[KP_STORE_BLIND_BYTES], digest[KP_DIGEST_BYTES];
    struct kp_error why = {0};
    enum kp_status status = kp_signals_remove(node->store, txn, signal, &withdrawn.kept, &why);
    if (status == KP_REFUSED) {
        return kp_import_done_refuse(done, number, why.text) == KP_OK
                   ? KP_OK
                   : kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    if (status != KP_OK) {
        return kp_fail(error, status, "%s", why.text);
    }
    kp_store_blind_key(node->store, blind, signal->address, KP_ADDRESS_KEY_BYTES);
    status = kp_withdrawn_put(txn, blind, &withdrawn, error);
    kp_signals_digest(digest, &withdrawn.kept);
    if (status == KP_OK && kp_buffer_append(digests, digest, sizeof(digest)) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for the digests of signals");
    }
    done->added += status == KP_OK;
    kp_wipe(&withdrawn, sizeof(withdrawn));
    return status;
}

static const struct kp_node_change withdrawing = {.one = kp_node_withdraw_one,
                                                  .done = KP_AUDIT_SIGNALS_WITHDRAWN};

enum kp_status kp_node_serve_withdraw(struct kp_node *node, const struct kp_peer *peer,
                                      const struct kp_control_request *asked,
                                      struct kp_control_response *response, struct kp_error *error)
{
    char actor[32];
    struct kp_import_done *done = &response->import;
    response->kind = KP_CONTROL_WITHDRAW_DONE;
    const struct kp_canonicalisation agreed = kp_agreement_canonicalisation(node->agreement);
    enum kp_status status = kp_agreement_check_canonicalisation(&agreed, &asked->made_by, error);
    if (status == KP_OK) {
        status = kp_node_change_signals(node, &withdrawing, &asked->signals, asked->dry_run, done,
                                        error);
    }
    if (asked->dry_run) {
        return status;
    }
    (void)snprintf(actor, sizeof(actor), "uid %" PRIu64, peer->uid);
    const struct kp_log_event event = {"withdraw signals", node->config->name,
                                       status == KP_OK ? "done" : "failed", "control socket",
                                       actor};
    if (status == KP_OK) {
        kp_log(KP_LOG_INFO, &event, "%" PRIu64 " withdrawn, %zu not found", done->added,
               done->refused_count);
    } else {
        kp_log(KP_LOG_ERROR, &event, "%s", error->text);
    }
    return status;
}
