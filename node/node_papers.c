/* The agreement at a node: its papers, and what follows from them for what is going on. The node
 * judges by its own papers alone (proto/dossier.h). */
#include "node/node_internal.h"

#include "node/conduct_check.h"
#include "node/database.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SHARE_EVERY_MS 15000u
#define SHARE_SOON_MS 3000u  /* as long as papers are lacking */
#define CHECK_EVERY_MS 1000u /* while an attempt is going on */

static void log_papers(enum kp_log_level level, const char *action, const char *result,
                       const char *actor, const char *remark)
{
    const struct kp_log_event event = {action, "agreement", result,
                                       actor != NULL ? "connection" : "itself", actor};
    kp_log(level, &event, "%s", remark);
}

enum kp_status kp_node_papers_open(struct kp_node *node, struct kp_error *error)
{
    const struct kp_papers_settings settings = {.store = node->store,
                                                .table = KP_NODE_PAPERS,
                                                .agreement = node->config->agreement,
                                                .pinned = node->config->agreement_hash,
                                                .test_mode = node->config->test_mode,
                                                .signer = &node->signer};
    enum kp_status status = kp_papers_open(&node->papers, &settings, error);
    if (status == KP_OK) {
        node->agreement = kp_dossier_current(kp_papers_dossier(node->papers));
    }
    if (status == KP_OK && node->config->test_mode) {
        log_papers(KP_LOG_WARNING, "start daemon", "done", NULL, KP_TEST_MODE_TEXT);
    }
    return status;
}

enum kp_status kp_node_check_in_force_for(const struct kp_node *node, uint64_t counter,
                                          struct kp_error *error)
{
    const struct kp_agreement *in_force = NULL;
    enum kp_status status = kp_papers_in_force_for_round(node->papers, counter, &in_force, error);
    return status == KP_OK ? kp_dossier_check_same(in_force, node->agreement, error) : status;
}

enum kp_status kp_node_check_in_force(const struct kp_node *node, struct kp_error *error)
{
    const struct kp_node_state *state = &node->state;
    return kp_node_check_in_force_for(node, state->in_attempt ? state->counter : state->proven + 1,
                                      error);
}

enum kp_status kp_node_check_conductor(const struct kp_node *node,
                                       const struct kp_round_message *message,
                                       struct kp_error *error)
{
    /* An attempt may end when the next version counts already. */
    const struct kp_agreement *current = kp_dossier_current(kp_papers_dossier(node->papers));
    return kp_check_conductor(current, message, NULL) == KP_OK
               ? KP_OK
               : kp_check_conductor(node->agreement, message, error);
}

void kp_node_papers_switch(struct kp_node *node)
{
    const struct kp_agreement *current = kp_dossier_current(kp_papers_dossier(node->papers));
    if (node->state.in_attempt || node->agreement == current) {
        return;
    }
    char remark[64];
    (void)snprintf(remark, sizeof(remark), "version %" PRIu32 " is in force", current->version);
    log_papers(KP_LOG_INFO, "change version", "done", NULL, remark);
    node->agreement = current;
    kp_node_uncount(node);
}

/* An attempt that nothing allows any more ends here, whatever the coordinator does. */
static void end_what_is_not_allowed(struct kp_node *node)
{
    struct kp_error error = {0};
    if (node->state.in_attempt && kp_node_check_in_force(node, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_NOT_AGREED, 1u << (node->own - 1), error.text);
    }
}

enum kp_status kp_node_take_papers(struct kp_node *node, const struct kp_batch *papers, bool shared,
                                   size_t *added, struct kp_error *error)
{
    enum kp_status status = kp_papers_take(node->papers, papers, shared, added, error);
    if (*added > 0) {
        char remark[64];
        (void)snprintf(remark, sizeof(remark), "%zu new papers", *added);
        log_papers(KP_LOG_INFO, "take papers", "done", shared ? "coordinator" : NULL, remark);
        node->share.ask_at = 0; /* the others should have them too */
    }
    if (status != KP_OK) {
        log_papers(shared ? KP_LOG_INFO : KP_LOG_WARNING, "take papers", "refused",
                   shared ? "coordinator" : NULL, error->text);
    }
    end_what_is_not_allowed(node);
    kp_node_papers_switch(node);
    return status;
}

/* ---- SHARE ---- */

static uint64_t next_share(const struct kp_node *node)
{
    bool in_force = kp_node_check_in_force(node, NULL) == KP_OK;
    return kp_loop_now() + (in_force ? SHARE_EVERY_MS : SHARE_SOON_MS);
}

static void on_shared(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                      bool cancelled)
{
    struct kp_node *node = context;
    struct kp_wire_response response;
    struct kp_error error = {0};
    size_t added = 0;
    if (cancelled) {
        return;
    }
    node->share.asking = false;
    if (kp_node_link_answer(node, status, bytes, size, KP_RESPONSE_SHARED, &response)) {
        bool gave = node->share.given.count > 0;
        kp_batch_free(&node->share.given);
        node->share.ask_at = next_share(node);
        if (response.messages.count > 0) {
            (void)!kp_node_take_papers(node, &response.messages, true, &added, &error);
        }
        if (response.digests.size > 0 && !gave &&
            kp_papers_wanted(kp_papers_dossier(node->papers), &response.digests,
                             &node->share.given) == KP_OK &&
            node->share.given.count > 0) {
            node->share.ask_at = 0;
        }
    }
    kp_wire_response_free(&response);
}

static void share(struct kp_node *node)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_SHARE, .messages = node->share.given};
    if (kp_papers_digests(kp_papers_dossier(node->papers), &request.digests) == KP_OK) {
        node->share.asking = kp_node_link_ask(node, &request, 0, on_shared);
    }
    kp_buffer_free(&request.digests); /* the papers stay until the answer comes */
}

uint64_t kp_node_papers_tick(struct kp_node *node, uint64_t now)
{
    kp_papers_tick(node->papers);
    end_what_is_not_allowed(node);
    kp_node_papers_switch(node);
    uint64_t next = node->state.in_attempt ? now + CHECK_EVERY_MS : UINT64_MAX;
    if (!node->link.opened || node->share.asking) {
        return next;
    }
    if (now >= node->share.ask_at) {
        node->share.ask_at = next_share(node);
        share(node);
        return next;
    }
    return node->share.ask_at < next ? node->share.ask_at : next;
}
