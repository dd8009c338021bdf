/* The connection to the coordinator: OPEN, then FETCH in a loop, and PUT whenever something waits.
 *
 * What is put keeps its sequence number until the coordinator has it, so that it may be sent more
 * than once; what is fetched is acknowledged, with the next FETCH, only when it is on disk. */
#include "node/node_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BACKOFF_LEAST_MS 1000u
#define BACKOFF_MOST_MS 30000u
#define FETCH_WAIT_MS 20000u
#define UNSAVED_MOST (1u << 20) /* bytes that may come again */
#define ANSWER_MS 30000u        /* how long an answer may take, besides that */
#define CLOCK_SKEW_MS 300000u
#define TLS_SCHEME "tls+tcp://"

static void log_link(const struct kp_node *node, enum kp_log_level level, const char *action,
                     const char *result, const char *remark)
{
    const struct kp_log_event event = {action, node->config->url, result, "connection",
                                       "coordinator"};
    kp_log(level, &event, "%s", remark);
}

/* Waits, ever longer, and opens anew. Another reason is worth another line in the log. */
static void lost(struct kp_node *node, const char *why)
{
    struct kp_node_link *link = &node->link;
    bool news = link->opened || strcmp(link->error, why) != 0;
    log_link(node, news ? KP_LOG_WARNING : KP_LOG_DEBUG,
             link->opened ? "keep connection" : "open connection", "failed", why);
    (void)snprintf(link->error, sizeof(link->error), "%s", why);
    link->opened = false;
    link->retry_at = kp_loop_now() + link->backoff_ms;
    link->backoff_ms =
        2 * link->backoff_ms < BACKOFF_MOST_MS ? 2 * link->backoff_ms : BACKOFF_MOST_MS;
}

bool kp_node_link_answer(struct kp_node *node, enum kp_status status, const uint8_t *bytes,
                         size_t size, enum kp_response_kind expected,
                         struct kp_wire_response *response)
{
    struct kp_error error = {0};
    memset(response, 0, sizeof(*response));
    if (status != KP_OK) {
        lost(node, "the coordinator is not reachable, or doesn't answer");
        return false;
    }
    status = kp_wire_response_unpack(response, bytes, size, &error);
    if (status == KP_OK && response->kind == KP_RESPONSE_REFUSAL) {
        lost(node, response->text);
        return false;
    }
    if (status != KP_OK || response->kind != expected) {
        lost(node, status != KP_OK ? error.text : "the coordinator gives another answer");
        return false;
    }
    return true;
}

bool kp_node_link_ask(struct kp_node *node, const struct kp_wire_request *request, uint32_t wait_ms,
                      kp_client_done *done)
{
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    enum kp_status status = kp_wire_request_pack(request, &packed, &error);
    if (status == KP_OK) {
        status = kp_client_ask(node->link.client, packed.data, packed.size, wait_ms + ANSWER_MS,
                               done, node, &error);
    }
    kp_buffer_free(&packed);
    if (status != KP_OK) {
        lost(node, error.text);
    }
    return status == KP_OK;
}

/* ---- OPEN ---- */

/* Another mailbox is one of another database: nothing of it was delivered yet. */
static enum kp_status take_mailbox(struct kp_node *node, const struct kp_wire_response *opened,
                                   bool *changed, struct kp_error *error)
{
    *changed = memcmp(opened->mailbox, node->state.mailbox, KP_MAILBOX_ID_BYTES) != 0;
    if (!*changed) {
        return KP_OK;
    }
    struct kp_node_state before = node->state;
    memcpy(node->state.mailbox, opened->mailbox, KP_MAILBOX_ID_BYTES);
    node->state.delivered = node->acknowledged = 0;
    enum kp_status status = kp_node_save(node, error);
    if (status != KP_OK) {
        node->state = before;
    }
    return status;
}

/* Goes on counting behind what the coordinator has. What was being put when the connection broke
 * may have come through. */
static void take_numbers(struct kp_node *node, uint64_t last_put, bool new_mailbox)
{
    struct kp_node_link *link = &node->link;
    if (link->putting) {
        return; /* its answer says more */
    }
    if (link->batch.count > 0 && link->numbered && !new_mailbox && last_put + 1 >= link->next) {
        kp_batch_free(&link->batch);
    }
    /* An empty batch: nothing was being put, or its attempt ended meanwhile. */
    if (!link->numbered || new_mailbox || link->batch.count == 0 || last_put >= link->next) {
        link->first = last_put + 1;
        link->next = link->first + link->batch.count;
    }
    link->numbered = true;
}

static void check_clock(const struct kp_node *node, uint64_t theirs)
{
    uint64_t ours = kp_clock_now();
    uint64_t skew = ours > theirs ? ours - theirs : theirs - ours;
    if (skew > CLOCK_SKEW_MS) {
        char remark[128];
        (void)snprintf(remark, sizeof(remark),
                       "its clock and this one are %" PRIu64 " seconds apart; set them right",
                       skew / 1000);
        log_link(node, KP_LOG_WARNING, "compare clocks", "failed", remark);
    }
}

static void on_opened(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                      bool cancelled)
{
    struct kp_node *node = context;
    struct kp_wire_response response;
    struct kp_error error = {0};
    bool new_mailbox = false;
    if (cancelled) {
        return;
    }
    node->link.opening = false;
    if (kp_node_link_answer(node, status, bytes, size, KP_RESPONSE_OPENED, &response)) {
        if (response.member != node->own) {
            lost(node, "the coordinator takes this node for another member");
        } else if (take_mailbox(node, &response, &new_mailbox, &error) != KP_OK) {
            lost(node, error.text);
        } else {
            take_numbers(node, response.sequence, new_mailbox);
            if (response.receipt.size > 0) {
                kp_node_receipts_take(node, &response.receipt);
            }
            kp_node_put_done(node);
            check_clock(node, response.time);
            node->link.opened = true;
            node->link.error[0] = '\0';
            node->share.ask_at = 0; /* at once */
            node->letters.writes = true;
            node->letters.fetch_at = node->letters.put_at = 0;
            log_link(node, KP_LOG_INFO, "open connection", "done",
                     new_mailbox ? "with a new mailbox" : "");
        }
    }
    kp_wire_response_free(&response);
}

static void open_mailbox(struct kp_node *node)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_OPEN};
    memcpy(request.lineage, node->agreement->lineage, KP_DIGEST_BYTES);
    node->link.opening = kp_node_link_ask(node, &request, 0, on_opened);
}

/* ---- FETCH ---- */

static void on_fetched(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                       bool cancelled)
{
    struct kp_node *node = context;
    struct kp_wire_response response;
    if (cancelled) {
        return;
    }
    node->link.fetching = false;
    if (kp_node_link_answer(node, status, bytes, size, KP_RESPONSE_DELIVERY, &response)) {
        node->link.backoff_ms = BACKOFF_LEAST_MS;
        node->link.idle = response.messages.count == 0;
        if (response.messages.count == 0) {
            node->letters.fetch_at = 0; /* perhaps that is why */
        }
        kp_node_deliver(node, response.sequence, &response.messages);
    } else if (status == KP_OK && response.kind == KP_RESPONSE_REFUSAL &&
               response.status == KP_REFUSED) {
        /* It may have been put back to an older state, and not know what this acknowledges. What
         * is delivered again does no harm. */
        node->state.delivered = node->acknowledged = 0;
    }
    kp_wire_response_free(&response);
}

static void fetch(struct kp_node *node)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH, .wait_ms = FETCH_WAIT_MS};
    struct kp_error error = {0};
    /* What is acknowledged is on disk. The rest comes again when this process doesn't live to write
     * it, and that goes with what is written anyway. */
    bool save = node->ending_waits ||
                (node->unsaved && (node->link.idle || node->unsaved_bytes > UNSAVED_MOST));
    if (save && kp_node_save(node, &error) != KP_OK) {
        lost(node, error.text);
        return;
    }
    request.sequence = node->acknowledged;
    request.ahead = (uint32_t)(node->state.delivered - node->acknowledged);
    memcpy(request.mailbox, node->state.mailbox, KP_MAILBOX_ID_BYTES);
    node->link.fetching = kp_node_link_ask(node, &request, FETCH_WAIT_MS, on_fetched);
}

/* ---- PUT ---- */

/* The coordinator has everything up to this number. */
static void take_put(struct kp_node *node, uint64_t last_put)
{
    struct kp_node_link *link = &node->link;
    if (last_put + 1 == link->next) {
        kp_batch_free(&link->batch);
        link->first = link->next;
    } else if (last_put >= link->next) {
        /* A process before this one was heard late, under the same numbers. */
        link->first = last_put + 1;
        link->next = link->first + link->batch.count;
    } else {
        lost(node, "the coordinator didn't take what was put");
    }
}

static void on_put(void *context, enum kp_status status, const uint8_t *bytes, size_t size,
                   bool cancelled)
{
    struct kp_node *node = context;
    struct kp_wire_response response;
    if (cancelled) {
        return;
    }
    node->link.putting = false;
    if (kp_node_link_answer(node, status, bytes, size, KP_RESPONSE_PUT_DONE, &response)) {
        take_put(node, response.sequence);
        kp_node_receipts_take(node, &response.receipt);
        kp_node_put_done(node);
    } else if (status == KP_OK && response.kind == KP_RESPONSE_REFUSAL &&
               response.status == KP_REFUSED) {
        /* As it is, it will never be taken; the attempt's deadline says what that means. */
        log_link(node, KP_LOG_ERROR, "put messages", "refused", response.text);
        kp_batch_free(&node->link.batch);
        node->link.numbered = false;
    }
    kp_wire_response_free(&response);
}

static void put(struct kp_node *node)
{
    struct kp_node_link *link = &node->link;
    if (link->batch.count == 0) {
        kp_node_fill(node, &link->batch);
        kp_node_receipts_put(node, &link->batch);
        link->next = link->first + link->batch.count;
    }
    if (link->batch.count == 0) {
        return;
    }
    struct kp_wire_request request = {
        .kind = KP_REQUEST_PUT, .sequence = link->first, .messages = link->batch};
    link->putting = kp_node_link_ask(node, &request, 0, on_put);
}

/* ---- The whole ---- */

enum kp_status kp_node_link_open(struct kp_node *node, struct kp_error *error)
{
    const struct kp_node_config *config = node->config;
    bool tls = strncmp(config->url, TLS_SCHEME, strlen(TLS_SCHEME)) == 0;
    node->link.backoff_ms = BACKOFF_LEAST_MS;
    memcpy(node->link.pinned, node->agreement->coordinator_tls_fingerprint, 32);
    return kp_client_open(&node->link.client, node->loop, config->url, tls ? &config->tls : NULL,
                          tls ? config->server_name : NULL, tls ? node->link.pinned : NULL, error);
}

void kp_node_link_close(struct kp_node *node)
{
    kp_client_close(node->link.client);
    node->link.client = NULL;
    kp_batch_free(&node->link.batch);
}

bool kp_node_link_wants(const struct kp_node *node)
{
    return node->link.opened && !node->link.putting && kp_node_has_messages(node);
}

bool kp_node_link_connected(struct kp_node *node)
{
    struct kp_peer peer;
    return node->link.opened && kp_client_peer(node->link.client, &peer);
}

/* A later version names another certificate of the coordinator. */
static void reconnect(struct kp_node *node)
{
    struct kp_node_link *link = &node->link;
    struct kp_error error = {0};
    kp_client_close(link->client);
    link->client = NULL;
    link->opened = link->opening = link->fetching = link->putting = false;
    node->share.asking = false;
    kp_node_letters_reset(node);
    link->retry_at = 0;
    if (kp_node_link_open(node, &error) != KP_OK) {
        lost(node, error.text);
    }
}

uint64_t kp_node_link_tick(struct kp_node *node, uint64_t now)
{
    struct kp_node_link *link = &node->link;
    if (memcmp(link->pinned, node->agreement->coordinator_tls_fingerprint, sizeof(link->pinned)) !=
            0 ||
        link->client == NULL) {
        reconnect(node);
    }
    if (link->client == NULL) {
        return link->retry_at;
    }
    if (!link->opened && !link->opening && now >= link->retry_at) {
        open_mailbox(node);
    }
    if (link->opened && !link->fetching) {
        fetch(node);
    }
    if (link->opened && !link->putting) {
        put(node);
    }
    return link->opened || link->opening ? UINT64_MAX : link->retry_at;
}
