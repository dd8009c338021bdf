/* The round's arithmetic at the daemon: jobs go to the workers, and what they found comes back to
 * the loop's thread. */
#include "node/node_internal.h"

#include "proto/workers.h"

/* Enough that no thread waits for the loop, and so few that what they hold stays small. */
static uint32_t jobs_max(const struct kp_node *node)
{
    uint32_t threads = kp_workers_threads(node->workers);
    return threads + (threads < 8 ? threads : 8);
}

/* While it computes, it isn't waiting for anybody. */
static void take_back(struct kp_node *node)
{
    struct kp_work *work;
    while (node->round != NULL && (work = kp_workers_done(node->workers)) != NULL) {
        struct kp_error error = {0};
        node->last_heard = kp_loop_now();
        kp_round_tell_time(node->round, kp_clock_now());
        (void)!kp_round_finish(node->round, work, &error); /* the phase tells */
        kp_node_settle(node, error.text);
    }
}

static void give_out(struct kp_node *node)
{
    struct kp_error error = {0};
    struct kp_work *work = NULL;
    while (kp_workers_given(node->workers) < jobs_max(node) &&
           (work = kp_round_take(node->round, &error)) != NULL) {
        kp_workers_give(node->workers, work);
    }
    if (kp_round_phase(node->round) == KP_PHASE_ENDED) {
        kp_node_settle(node, error.text);
    }
}

static enum kp_status advance(void *context, struct kp_error *error)
{
    struct kp_node *node = context;
    bool more = false; /* kp_round_can_advance tells */
    return kp_round_advance(node->round, &more, error);
}

static void advanced(struct kp_node *node, enum kp_status status, const struct kp_error *error)
{
    (void)status; /* the phase tells */
    kp_node_settle(node, error->text);
}

/* Lists are charged, and READY is prepared, in steps. */
static void begin_advance(struct kp_node *node)
{
    struct kp_error error = {0};
    if (kp_steps_busy(node->steps) || !kp_round_can_advance(node->round)) {
        return;
    }
    kp_round_tell_time(node->round, kp_clock_now());
    if (kp_node_in_steps(node, advance, advanced, &error) != KP_OK) {
        kp_node_abort(node, KP_ABORT_FAILED, kp_node_own_bit(node), error.text);
    }
}

bool kp_node_work(struct kp_node *node)
{
    take_back(node);
    if (node->round != NULL) {
        begin_advance(node);
    }
    bool more = kp_node_step(node);
    if (node->round != NULL) {
        kp_node_settle(node, "");
    }
    if (node->round != NULL) {
        give_out(node);
    }
    kp_node_serve_held(node); /* one of them may begin to count */
    return more || kp_steps_busy(node->steps) || kp_node_saves(node) || kp_node_link_wants(node);
}

void kp_node_stop_work(struct kp_node *node)
{
    struct kp_work *work;
    if (node->workers == NULL) {
        return;
    }
    kp_workers_cancel(node->workers);
    while ((work = kp_workers_done(node->workers)) != NULL) {
        kp_round_drop(node->round, work);
    }
}
