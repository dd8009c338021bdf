/* What follows START: a database that is too old is mended, the slots are fixed, and hello 1 is
 * made. */
#include "node/node_internal.h"

#include "node/quota.h"
#include "node/round_check.h"
#include "node/round_files.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void log_slots(const struct kp_node *node)
{
    char remark[KP_ERROR_TEXT] = "none: this member takes part on request";
    uint32_t slots = kp_agreement_member_slots(node->agreement, node->own);
    if (slots > 0) {
        (void)snprintf(remark, sizeof(remark),
                       "%" PRIu64 " addresses in %u slots, %" PRIu64 " wait for a later round",
                       node->summary.in_slots, slots, node->summary.waiting);
    }
    kp_node_log(node, KP_LOG_INFO, "fix slots", "done", NULL, remark);
}

/* What this member shows others of what it keeps: claims, its log's head, the heads it saw. */
static enum kp_status read_settings(struct kp_node *node, struct kp_round_settings *settings,
                                    struct kp_buffer *claims, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_store_begin(node->store, false, &txn, error);
    if (status == KP_OK) {
        status =
            kp_quota_claims(txn, node->agreement, node->own, node->state.counter, claims, error);
    }
    if (status == KP_OK) {
        status = kp_audit_head_get(txn, &node->signer, &settings->log, error);
    }
    for (uint32_t i = 0; status == KP_OK && i < node->agreement->member_count; i++) {
        struct kp_quota quota;
        status = kp_quota_read(txn, node->agreement, i + 1, &quota, error);
        settings->seen[i] = quota.log;
        kp_quota_free(&quota);
    }
    kp_store_abort(txn);
    return status;
}

static enum kp_status make_pieces(struct kp_node *node, struct kp_error *error)
{
    char folder[KP_NODE_FOLDER_ROOM];
    kp_node_pieces_folder(node, folder);
    return kp_pieces_new(&node->pieces, folder, KP_ROUND_FILES, KP_PIECES_CACHED, error);
}

/* A round from START to its first hello, which is made in steps. */
struct kp_node_beginning {
    struct kp_round_settings settings;
    struct kp_buffer claims[KP_MEMBERS_MAX];
    struct kp_slot_list slots;
    struct kp_slots_summary summary;
    struct kp_round *round;
};

void kp_node_drop_beginning(struct kp_node *node)
{
    struct kp_node_beginning *beginning = node->beginning;
    node->beginning = NULL;
    if (beginning == NULL) {
        return;
    }
    kp_slot_list_free(&beginning->slots); /* what a round took over isn't in it any more */
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&beginning->claims[i]);
    }
    kp_round_free(beginning->round);
    free(beginning);
}

/* The slots for this counter, and hello 1. */
static enum kp_status make_round(void *context, struct kp_error *error)
{
    struct kp_node *node = context;
    struct kp_node_beginning *beginning = node->beginning;
    enum kp_status status =
        kp_slots_prepare(node->store, node->agreement, node->own, node->state.counter,
                         node->config->threads, &beginning->slots, &beginning->summary, error);
    return status == KP_OK
               ? kp_round_new(&beginning->round, &beginning->settings, node->state.attempt,
                              node->state.counter, node->type, &beginning->slots, error)
               : status;
}

/* The first hellos that came before the own one was made. */
static void take_early(struct kp_node *node)
{
    struct kp_error error = {0};
    struct kp_batch early = node->early;
    node->early = (struct kp_batch){0};
    for (size_t i = 0; i < early.count && node->round != NULL; i++) {
        struct kp_round_message message;
        if (kp_round_message_unpack(&message, early.items[i].data, early.items[i].size, &error) ==
            KP_OK) {
            kp_node_on_member(node, &message, &early.items[i]);
        }
        kp_round_message_free(&message);
    }
    kp_batch_free(&early);
}

static void begun(struct kp_node *node, enum kp_status status, const struct kp_error *error)
{
    if (status == KP_OK) {
        node->round = node->beginning->round;
        node->beginning->round = NULL;
        node->summary = node->beginning->summary;
        node->counted = true;
        log_slots(node);
    }
    kp_node_drop_beginning(node);
    if (status != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error->text);
        return;
    }
    kp_node_settle(node, "");
    take_early(node);
}

static enum kp_status begin_round(struct kp_node *node, struct kp_error *error)
{
    struct kp_node_beginning *beginning = calloc(1, sizeof(*beginning));
    if (beginning == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a round");
    }
    beginning->settings = (struct kp_round_settings){.agreement = node->agreement,
                                                     .own = node->own,
                                                     .identity_secret = node->identity_secret,
                                                     .time = kp_clock_now(),
                                                     .charge = kp_node_charge,
                                                     .charge_context = node,
                                                     .claims = beginning->claims,
                                                     .pairs = node->pairs,
                                                     .folder = node->config->data,
                                                     .content = node->content};
    kp_node_give_up_steps(node); /* counting, at most */
    node->beginning = beginning;
    enum kp_status status = read_settings(node, &beginning->settings, beginning->claims, error);
    if (status == KP_OK) {
        status = make_pieces(node, error);
        beginning->settings.pieces = node->pieces;
    }
    if (status == KP_OK) {
        status = kp_slot_list_new_in(&beginning->slots,
                                     kp_agreement_member_slots(node->agreement, node->own),
                                     node->pieces, KP_ROUND_FILE_SLOTS, error);
    }
    return status == KP_OK ? kp_node_in_steps(node, make_round, begun, error) : status;
}

/* A database that is older than what this member signed is mended before anything else. */
void kp_node_begin(struct kp_node *node, enum kp_round_type type)
{
    struct kp_error error = {0};
    bool restored = false;
    node->type = type;
    enum kp_status status = kp_node_check_restored(node, &restored, &error);
    if (status == KP_OK) {
        status = restored ? kp_node_ask_recovery(node, &error) : begin_round(node, &error);
    }
    if (status != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error.text);
    }
}

void kp_node_begin_recovered(struct kp_node *node)
{
    struct kp_error error = {0};
    if (begin_round(node, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error.text);
    }
}

/* What nobody signed, and more than one of each, would fill the memory. */
enum kp_status kp_node_keep_early(struct kp_node *node, const struct kp_round_message *message,
                                  const struct kp_buffer *packed, struct kp_error *error)
{
    const struct kp_agreement *agreement = node->agreement;
    if (message->type != KP_MESSAGE_HELLO1) {
        return kp_fail(error, KP_REFUSED, "%s before this member's own first hello",
                       kp_message_type_name(message->type));
    }
    enum kp_status status = kp_check_parties(message, node->own, agreement->member_count, error);
    if (status == KP_OK) {
        status = kp_round_message_check(message, agreement->lineage,
                                        agreement->members[message->from - 1].identity_key, error);
    }
    if (status == KP_OK) {
        status = kp_check_first(node->early.count >= agreement->member_count, message, error);
    }
    if (status == KP_OK && kp_batch_add(&node->early, packed->data, packed->size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a hello");
    }
    return status;
}
