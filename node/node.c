#include "node/node_internal.h"

#include "crypto/pair.h"
#include "crypto/secret.h"
#include "node/database.h"
#include "node/evidence_store.h"
#include "node/release_store.h"
#include "node/retention.h"
#include "proto/key_file.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---- Checks at the start: everything belongs together ---- */

static enum kp_status find_member(struct kp_node *node, struct kp_error *error)
{
    node->own = kp_agreement_member_by_name(node->agreement, node->config->name);
    if (node->own == 0) {
        return kp_fail(error, KP_REFUSED, "[node] name = %s: the agreement has no such member",
                       node->config->name);
    }
    return KP_OK;
}

/* Ed25519's secret key is made from the seed in the file. */
static enum kp_status read_identity(struct kp_node *node, struct kp_error *error)
{
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
    uint8_t *seed = NULL;
    enum kp_status status = kp_key_read(node->config->identity_key, KP_KEY_IDENTITY, &seed, error);
    if (status != KP_OK) {
        return status;
    }
    node->identity_secret = kp_secret_new(KP_SIGN_SECRET_BYTES);
    if (node->identity_secret == NULL) {
        status = kp_fail(error, KP_FAILED, "no locked memory for a key (see ulimit -l)");
    } else {
        kp_sign_keypair(public_key, node->identity_secret, seed);
        if (memcmp(public_key, node->agreement->members[node->own - 1].identity_key,
                   sizeof(public_key)) != 0) {
            status = kp_fail(error, KP_REFUSED, "%s: the agreement names another key for %s",
                             node->config->identity_key, node->config->name);
        }
    }
    kp_secret_free(seed);
    return status;
}

/* Seals what members give each other when one of them recovers. */
static enum kp_status read_box_key(struct kp_node *node, struct kp_error *error)
{
    uint8_t public_key[KP_PAIR_PUBLIC_BYTES];
    uint8_t *secret = NULL;
    enum kp_status status = kp_key_read(node->config->box_key, KP_KEY_BOX, &secret, error);
    if (status == KP_OK && (crypto_scalarmult_base(public_key, secret) != 0 ||
                            memcmp(public_key, node->agreement->members[node->own - 1].box_key,
                                   sizeof(public_key)) != 0)) {
        status = kp_fail(error, KP_REFUSED, "%s: the agreement names another key for %s",
                         node->config->box_key, node->config->name);
    }
    node->box_secret = secret;
    return status;
}

static enum kp_status check_certificate(const struct kp_node *node, struct kp_error *error)
{
    uint8_t fingerprint[32];
    enum kp_status status = kp_tls_fingerprint(fingerprint, node->config->tls.certificate, error);
    if (status == KP_OK &&
        memcmp(fingerprint, node->agreement->members[node->own - 1].tls_fingerprint,
               sizeof(fingerprint)) != 0) {
        status =
            kp_fail(error, KP_REFUSED, "%s: the agreement names another certificate key for %s",
                    node->config->tls.certificate, node->config->name);
    }
    return status;
}

static enum kp_status check_identity(struct kp_node *node, struct kp_error *error)
{
    enum kp_status status = kp_agreement_read(&node->first, node->config->agreement,
                                              node->config->agreement_hash, error);
    node->agreement = node->first;
    if (status == KP_OK) {
        status = find_member(node, error);
    }
    if (status == KP_OK) {
        status = read_identity(node, error);
    }
    if (status == KP_OK) {
        status = read_box_key(node, error);
    }
    return status;
}

static enum kp_status read_pairs(struct kp_node *node, struct kp_error *error)
{
    return kp_pairs_read(&node->pairs, NULL, node->config->pairs, node->agreement, node->own,
                         error);
}

/* ---- Life ---- */

static enum kp_status open_store(struct kp_node *node, struct kp_error *error)
{
    uint8_t *key = NULL;
    struct kp_txn *txn = NULL;
    char folder[KP_PATH_MAX + 8];
    if (mkdir(node->config->data, 0700) != 0 && errno != EEXIST) {
        return kp_fail(error, KP_FAILED, "%s: can't be made: %s", node->config->data,
                       strerror(errno));
    }
    (void)snprintf(folder, sizeof(folder), "%s/store", node->config->data);
    enum kp_status status = kp_key_read(node->config->store_key, KP_KEY_STORE, &key, error);
    if (status == KP_OK) {
        status = kp_node_database_open(&node->store, folder, key, error);
    }
    kp_secret_free(key);
    if (status == KP_OK) {
        kp_node_audit_open(node);
        status = kp_store_begin(node->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_state_load(txn, node->agreement->lineage, &node->state, error);
        node->acknowledged = node->state.delivered;
    }
    kp_store_abort(txn);
    if (status == KP_OK) {
        status = kp_release_store_new(&node->content, node->store, error);
    }
    return status;
}

static enum kp_status open_control(struct kp_node *node, struct kp_error *error)
{
    const struct kp_server_handler handler = {node, NULL, kp_node_control_serve};
    char url[KP_PATH_MAX + 8];
    (void)snprintf(url, sizeof(url), "ipc://%s", node->config->control);
    return kp_server_open(&node->control, node->loop, url, NULL, &handler, error);
}

enum kp_status kp_node_new(struct kp_node **out, const struct kp_node_config *config,
                           struct kp_loop *loop, struct kp_error *error)
{
    *out = NULL;
    struct kp_node *node = calloc(1, sizeof(*node));
    if (node == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    node->config = config;
    node->loop = loop;
    enum kp_status status = check_identity(node, error);
    if (status == KP_OK) {
        status = read_pairs(node, error);
    }
    if (status == KP_OK) {
        status = open_store(node, error);
    }
    if (status == KP_OK) {
        status = kp_node_papers_open(node, error);
    }
    if (status == KP_OK) {
        status = check_certificate(node, error);
    }
    if (status == KP_OK) {
        status = open_control(node, error);
    }
    if (status == KP_OK) {
        status = kp_workers_new(&node->workers, config->threads, loop, error);
    }
    if (status == KP_OK) {
        status = kp_steps_new(&node->steps, KP_STEP_MS, error);
    }
    if (status == KP_OK) {
        status = kp_node_audit_started(node, error);
    }
    if (status == KP_OK) {
        status = kp_node_canaries_open(node, error);
    }
    if (status == KP_OK) {
        status = kp_node_recover(node, error);
    }
    if (status == KP_OK) {
        status = kp_node_link_open(node, error);
    }
    if (status != KP_OK) {
        kp_node_free(node);
        return status;
    }
    const struct kp_log_event event = {"start daemon", config->name, "done", "itself", NULL};
    kp_log(KP_LOG_INFO, &event, "%u members, %u slots, %u of %u rounds released",
           node->agreement->member_count, node->agreement->slots, (unsigned)node->state.proven,
           node->agreement->rounds);
    *out = node;
    return KP_OK;
}

void kp_node_free(struct kp_node *node)
{
    if (node == NULL) {
        return;
    }
    kp_node_link_close(node);
    kp_server_close(node->control);
    kp_node_drop_held(node);
    kp_node_give_up_steps(node);
    kp_steps_free(node->steps);
    node->steps = NULL;
    if (node->store != NULL) {
        kp_node_receipts_save(node);
    }
    kp_node_audit_stopped(node);
    kp_node_stop_work(node);
    kp_evidence_keep_free(node->saving);
    kp_round_free(node->round);
    kp_release_free(node->release);
    kp_slot_keeping_free(&node->keeping);
    (void)!kp_pieces_destroy(node->pieces, NULL); /* without its key nobody reads what is left */
    kp_workers_free(node->workers);
    kp_outbox_clear(&node->outbox);
    kp_batch_free(&node->share.given);
    kp_papers_close(node->papers);
    kp_buffer_free(&node->start);
    kp_receipts_free(&node->receipts);
    kp_release_store_free(node->content);
    kp_store_close(node->store);
    kp_secret_free(node->identity_secret);
    kp_secret_free(node->pairs);
    kp_secret_free(node->box_secret);
    kp_node_drop_recovery(node);
    kp_node_drop_answers(node);
    kp_batch_free(&node->early);
    kp_agreement_free(node->first);
    free(node);
}

#define RETENTION_EVERY_MS 3600000u

/* When it wants to be called again. */
static uint64_t retention_tick(struct kp_node *node, uint64_t now)
{
    struct kp_error error = {0};
    uint64_t rounds = 0;
    bool deleted = false;
    if (now < node->retention_at) {
        return node->retention_at;
    }
    node->retention_at = now + RETENTION_EVERY_MS;
    if (!node->state.in_attempt &&
        kp_agreement_retention_is_over(node->agreement, kp_clock_now() / 1000)) {
        if (kp_retention_delete(node->store, &node->signer, &deleted, &rounds, &error) != KP_OK) {
            kp_node_log(node, KP_LOG_ERROR, "delete rounds", "failed", NULL, error.text);
        } else if (deleted) {
            kp_node_uncount(node);
            kp_node_log(node, KP_LOG_INFO, "delete rounds", "done", NULL, "retention is over");
        }
    }
    return node->retention_at;
}

static uint64_t tick(void *context, uint64_t now)
{
    struct kp_node *node = context;
    uint64_t silent_at = kp_node_attempt_tick(node, now);
    uint64_t ask_at = kp_node_link_tick(node, now);
    uint64_t papers_at = kp_node_papers_tick(node, now);
    uint64_t retention_at = retention_tick(node, now);
    uint64_t canaries_at = kp_node_canaries_tick(node, now);
    uint64_t letters_at = kp_node_letters_tick(node, now);
    uint64_t receipts_at = kp_node_receipts_tick(node, now);
    ask_at = papers_at < ask_at ? papers_at : ask_at;
    ask_at = retention_at < ask_at ? retention_at : ask_at;
    ask_at = letters_at < ask_at ? letters_at : ask_at;
    ask_at = receipts_at < ask_at ? receipts_at : ask_at;
    ask_at = canaries_at < ask_at ? canaries_at : ask_at;
    return silent_at < ask_at ? silent_at : ask_at;
}

static bool work(void *context)
{
    return kp_node_work(context);
}

struct kp_loop_hooks kp_node_hooks(struct kp_node *node)
{
    return (struct kp_loop_hooks){.context = node, .tick = tick, .work = work};
}

/* ---- What the other files share ---- */

void kp_node_log(const struct kp_node *node, enum kp_log_level level, const char *action,
                 const char *result, const char *actor, const char *remark)
{
    char object[32];
    (void)snprintf(object, sizeof(object), "round %u", (unsigned)node->state.counter);
    const struct kp_log_event event = {action, object, result,
                                       actor != NULL ? "connection" : "itself", actor};
    if (remark != NULL) {
        kp_log(level, &event, "%s", remark);
    } else {
        kp_log(level, &event, NULL);
    }
}

void kp_node_saved(struct kp_node *node)
{
    node->unsaved = false;
    node->acknowledged = node->state.delivered;
    node->unsaved_bytes = 0;
    node->unsaved_readys = 0;
}

enum kp_status kp_node_save(struct kp_node *node, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, true, &txn, error);
    if (status == KP_OK && node->ending_waits) {
        status = kp_release_store_clear(txn, error);
    }
    if (status == KP_OK && node->ending_waits && node->state.counter > node->state.proven) {
        status = kp_evidence_drop(txn, node->state.counter, error);
    }
    if (status == KP_OK) {
        status = kp_node_audit_ended(node, txn, error);
    }
    if (status == KP_OK) {
        status = kp_node_save_readys(node, txn, error);
    }
    if (status == KP_OK) {
        status = kp_state_save(txn, node->agreement->lineage, &node->state, error);
    }
    if (status != KP_OK) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    node->ending_waits = node->ending_waits && status != KP_OK;
    if (status == KP_OK) {
        kp_node_saved(node);
    }
    return status;
}
