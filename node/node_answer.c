/* To a member that recovers: what this one keeps of it, a part at a time (node_recovery.c is the
 * other side). */
#include "node/node_internal.h"

#include "node/quota.h"
#include "node/round_check.h"

#include <stdlib.h>
#include <string.h>

#define COORDINATOR "coordinator"

/* The asker's last list, and the own one of the counter before, as they were when it asked. */
struct kp_node_answer {
    struct kp_node *node;
    uint32_t asker;
    struct kp_quota theirs, mine;
    bool previous; /* the own list that is given is the one before the last */
    struct kp_recovery_answering *answering;
};

static void free_answer(struct kp_node_answer *answer)
{
    if (answer != NULL) {
        kp_recovery_answering_free(answer->answering);
        kp_quota_free(&answer->theirs);
        kp_quota_free(&answer->mine);
        free(answer);
    }
}

void kp_node_drop_answers(struct kp_node *node)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        free_answer(node->answers[i]);
        node->answers[i] = NULL;
    }
}

/* The own recovery, in the same attempt, may write a list over one that is half sent: then nothing
 * more of it may be sent, for what was signed as one list would be two. */
static enum kp_status check_unchanged(const struct kp_node_answer *answer, bool own,
                                      struct kp_error *error)
{
    const struct kp_quota *then = own ? &answer->mine : &answer->theirs;
    struct kp_quota now;
    enum kp_status status =
        kp_node_read_quota(answer->node, own ? answer->node->own : answer->asker, &now, error);
    if (status == KP_OK &&
        (now.counter != then->counter || now.previous_counter != then->previous_counter ||
         now.set != then->set || memcmp(now.root, then->root, sizeof(now.root)) != 0)) {
        status = kp_fail(error, KP_FAILED, "a list changed while it was given to who recovers");
    }
    kp_quota_free(&now);
    return status;
}

static enum kp_status read_list(void *context, bool own, uint32_t part, uint8_t *points,
                                struct kp_error *error)
{
    const struct kp_node_answer *answer = context;
    const struct kp_node *node = answer->node;
    if (check_unchanged(answer, own, error) != KP_OK) {
        return KP_FAILED;
    }
    enum kp_status status =
        own ? kp_quota_chunk(node->store, node->agreement, node->own, &answer->mine,
                             answer->previous, part, points, error)
            : kp_quota_chunk(node->store, node->agreement, answer->asker, &answer->theirs, false,
                             part, points, error);
    return status == KP_OK ? KP_OK : KP_FAILED;
}

static enum kp_status gather(struct kp_node_answer *answer, struct kp_recovered *header,
                             struct kp_error *error)
{
    struct kp_node *node = answer->node;
    const struct kp_quota *theirs = &answer->theirs, *mine = &answer->mine;
    uint64_t counter = node->state.counter;
    enum kp_status status = kp_node_read_quota(node, answer->asker, &answer->theirs, error);
    if (status == KP_OK) {
        status = kp_node_read_quota(node, node->own, &answer->mine, error);
    }
    bool current = theirs->counter == counter || theirs->counter + 1 == counter;
    if (theirs->has_points && current) {
        header->asked_counter = theirs->counter;
    }
    answer->previous = mine->counter == counter && mine->previous_counter + 1 == counter;
    if (counter > 1 && mine->has_points && (answer->previous || mine->counter + 1 == counter)) {
        header->own_counter = counter - 1;
    }
    header->hello2 = theirs->hello2; /* borrowed */
    return status;
}

static enum kp_status begin_answer(struct kp_node_answer *answer,
                                   const struct kp_round_message *message, struct kp_error *error)
{
    struct kp_node *node = answer->node;
    struct kp_recovery_settings settings;
    struct kp_recovery_answer given = {.read = read_list, .context = answer};
    enum kp_status status = kp_node_recovery_settings(node, &settings, error);
    if (status == KP_OK) {
        status = gather(answer, &given.header, error);
    }
    if (status == KP_OK) {
        struct kp_audit_note note = kp_node_note(&node->state, KP_AUDIT_RECOVERY_ANSWERED);
        note.member = message->from;
        status = kp_audit_write(node->store, &node->signer, &note, error);
    }
    return status == KP_OK
               ? kp_recovery_answering_new(&answer->answering, &settings, message, &given, error)
               : status;
}

/* Its parts are made as they're sent. */
static enum kp_status answer(struct kp_node *node, const struct kp_round_message *message,
                             struct kp_error *error)
{
    struct kp_node_answer *new = calloc(1, sizeof(*new));
    if (new == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to answer RECOVER");
    }
    new->node = node;
    new->asker = message->from;
    enum kp_status status = begin_answer(new, message, error);
    if (status != KP_OK) {
        free_answer(new);
        return status;
    }
    free_answer(node->answers[message->from - 1]);
    node->answers[message->from - 1] = new;
    return KP_OK;
}

bool kp_node_has_answers(const struct kp_node *node)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        if (node->answers[i] != NULL) {
            return true;
        }
    }
    return false;
}

enum kp_status kp_node_next_answer(struct kp_node *node, struct kp_error *error)
{
    struct kp_buffer packed = {0};
    bool end = true;
    uint32_t i = 0;
    while (i < KP_MEMBERS_MAX && node->answers[i] == NULL) {
        i++;
    }
    enum kp_status status =
        i < KP_MEMBERS_MAX
            ? kp_recovery_answering_next(node->answers[i]->answering, &packed, &end, error)
            : KP_OK;
    if (status == KP_OK && !end && kp_outbox_push(&node->outbox, &packed) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for messages");
    }
    if (status == KP_OK && end && i < KP_MEMBERS_MAX) {
        free_answer(node->answers[i]);
        node->answers[i] = NULL;
    }
    kp_buffer_free(&packed);
    return status;
}

void kp_node_answer_recover(struct kp_node *node, const struct kp_round_message *message)
{
    struct kp_error error = {0};
    enum kp_status status =
        kp_check_parties(message, node->own, node->agreement->member_count, &error);
    if (status == KP_OK) {
        status = kp_check_form(message, &error);
    }
    uint32_t bit = status == KP_OK ? 1u << (message->from - 1) : 0;
    if (status == KP_OK) {
        status = kp_check_first((node->answered & bit) != 0, message, &error);
    }
    if (status == KP_OK) {
        status = kp_recover_check(node->agreement, message, node->state.counter, &error);
    }
    if (status == KP_OK) {
        node->answered |= bit;
        kp_node_log(node, KP_LOG_WARNING, "answer RECOVER", "done",
                    node->agreement->members[message->from - 1].name,
                    "it has an older database and asks for its lists");
        status = answer(node, message, &error);
    }
    if (status == KP_FAILED) {
        kp_node_abort(node, KP_ABORT_FAILED, 1u << (node->own - 1), error.text);
    } else if (status != KP_OK) {
        kp_node_log(node, KP_LOG_WARNING, "answer RECOVER", "refused", COORDINATOR, error.text);
    }
}
