/* What takes long at the daemon's own database, a step at a time: up to hello 1, charging, what
 * comes back after a loss, counting for STATUS. Between two steps the loop goes on; what it may not
 * do meanwhile waits here. */
#include "node/node_internal.h"

#include <string.h>

enum kp_status kp_node_in_steps(struct kp_node *node, kp_steps_call *call, kp_node_stepped *then,
                                struct kp_error *error)
{
    enum kp_status status = kp_steps_begin(node->steps, call, node, error);
    node->stepped = status == KP_OK ? then : node->stepped;
    return status;
}

bool kp_node_step(struct kp_node *node)
{
    enum kp_status status = KP_OK;
    struct kp_error error = {0};
    if (!kp_steps_busy(node->steps)) {
        return false;
    }
    if (!node->counting) {
        node->last_heard = kp_loop_now(); /* while it computes, it isn't waiting for anybody */
    }
    if (kp_steps_run(node->steps, &status, &error)) {
        node->counting = false;
        node->held_again = true;
        node->stepped(node, status, &error);
    }
    return true;
}

void kp_node_give_up_steps(struct kp_node *node)
{
    kp_steps_give_up(node->steps);
    node->counting = false;
    node->held_again = true;
    kp_node_drop_beginning(node);
}

/* ---- Counting ---- */

static enum kp_status count(void *context, struct kp_error *error)
{
    struct kp_node *node = context;
    return kp_slots_count(node->store, node->agreement, node->own, &node->count, error);
}

static void counted(struct kp_node *node, enum kp_status status, const struct kp_error *error)
{
    node->counted = status == KP_OK;
    if (status == KP_OK) {
        node->summary = node->count;
    } else {
        node->uncountable = *error;
    }
}

/* Reading all signals takes its time: only when something changed, and nothing else is going on. */
static bool counts(struct kp_node *node)
{
    if (node->counted || node->uncountable.text[0] != '\0') {
        return false;
    }
    if (!kp_steps_busy(node->steps)) {
        node->counting = kp_node_in_steps(node, count, counted, &node->uncountable) == KP_OK;
    }
    return node->counting;
}

void kp_node_uncount(struct kp_node *node)
{
    node->counted = false;
    if (node->counting) {
        kp_node_give_up_steps(node);
    }
}

/* ---- Commands that wait ---- */

/* While signals are read in several transactions nothing may change them. */
static bool must_wait(struct kp_node *node, enum kp_control_request_kind kind)
{
    switch (kind) {
    case KP_CONTROL_IMPORT:
    case KP_CONTROL_WITHDRAW:
    case KP_CONTROL_COMPARE:
        return node->counting || node->beginning != NULL;
    case KP_CONTROL_STATUS:
        return counts(node);
    default:
        return false;
    }
}

bool kp_node_hold(struct kp_node *node, enum kp_control_request_kind kind,
                  struct kp_request *request)
{
    if (!must_wait(node, kind)) {
        return false;
    }
    if (node->held_count < KP_NODE_HELD_MAX) {
        node->held[node->held_count++] = request;
    } else {
        kp_request_drop(request);
    }
    return true;
}

/* They are looked at anew: one may have to wait again. */
void kp_node_serve_held(struct kp_node *node)
{
    struct kp_request *held[KP_NODE_HELD_MAX];
    uint32_t count = node->held_count;
    if (!node->held_again) {
        return;
    }
    node->held_again = false;
    memcpy(held, node->held, sizeof(held));
    node->held_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        kp_node_control_serve(node, held[i]);
    }
}

void kp_node_drop_held(struct kp_node *node)
{
    while (node->held_count > 0) {
        kp_request_drop(node->held[--node->held_count]);
    }
}
