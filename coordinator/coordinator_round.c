/* Conducting a round: its messages and log lines, deadlines, matching, and what is said of it. What
 * is put comes in coordinator_put.c; it begins in coordinator_start.c and ends in
 * coordinator_end.c. */
#include "coordinator/conduct_internal.h"

#include "coordinator/mailbox.h"

#include <stdio.h>
#include <string.h>

void kp_conduct_log(const struct kp_coordinator *c, enum kp_log_level level, const char *action,
                    const char *result, const char *actor, const char *text)
{
    char object[32];
    (void)snprintf(object, sizeof(object), "round %u", c->state.round);
    const struct kp_log_event event = {action, object, result, "itself", actor};
    kp_log(level, &event, "%s", text);
}

void kp_conduct_log_phase(const struct kp_coordinator *c)
{
    kp_conduct_log(c, KP_LOG_INFO, "enter phase", "done", NULL,
                   kp_phase_name(kp_attempt_phase(c->attempt)));
}

uint32_t kp_conduct_all_members(const struct kp_coordinator *c)
{
    return c->agreement->member_count == 32 ? UINT32_MAX : (1u << c->agreement->member_count) - 1;
}

const char *kp_conduct_intake_folder(const struct kp_coordinator *c,
                                     char folder[static KP_FOLDER_MAX])
{
    (void)snprintf(folder, KP_FOLDER_MAX, "%s/round", c->config->data);
    return folder;
}

enum kp_status kp_conduct_pack(const struct kp_coordinator *c,
                               const uint8_t attempt[static KP_ATTEMPT_BYTES],
                               enum kp_message_type type, const struct kp_buffer *body,
                               struct kp_buffer *packed, struct kp_error *error)
{
    struct kp_round_message message = {
        .type = type, .from = KP_PARTY_COORDINATOR, .to = KP_PARTY_ALL, .body = *body};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(&message, c->agreement->lineage, c->identity_secret);
    return kp_round_message_pack(&message, packed, error);
}

enum kp_status kp_conduct_post(struct kp_coordinator *c, struct kp_txn *txn,
                               const uint8_t attempt[static KP_ATTEMPT_BYTES],
                               enum kp_message_type type, const struct kp_buffer *body,
                               bool clear_first, struct kp_error *error)
{
    struct kp_buffer packed = {0};
    enum kp_status status = kp_conduct_pack(c, attempt, type, body, &packed, error);
    for (uint32_t member = 1; status == KP_OK && member <= c->agreement->member_count; member++) {
        if (clear_first) {
            status = kp_mailbox_clear(txn, member, error);
        }
        if (status == KP_OK) {
            status = kp_mailbox_append(txn, member, packed.data, packed.size, error);
        }
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_conduct_enter_phase(struct kp_coordinator *c, struct kp_txn *txn,
                                      struct kp_error *error)
{
    enum kp_status status = KP_OK;
    c->state.phase = kp_attempt_phase(c->attempt);
    if (c->state.phase == KP_PHASE_MATCH) {
        status = kp_coordinator_silence(c, txn, KP_PHASE_RELEASE, error);
    }
    return status == KP_OK ? kp_coordinator_state_save(txn, &c->state, error) : status;
}

/* The release's deadline: the match begins with what there is. */
static void go_on(struct kp_coordinator *c)
{
    struct kp_txn *txn = NULL;
    struct kp_error error = {0};
    enum kp_status status = kp_store_begin(c->store, true, &txn, &error);
    if (status == KP_OK) {
        status = kp_conduct_enter_phase(c, txn, &error);
    }
    if (status == KP_OK) {
        status = kp_store_commit(txn, &error);
    } else {
        kp_store_abort(txn);
    }
    if (status != KP_OK) {
        kp_conduct_finish_failed(c, &error);
        return;
    }
    kp_conduct_log_phase(c);
    kp_serve_changed(c);
}

uint64_t kp_conduct_deadline(const struct kp_coordinator *c)
{
    return c->attempt == NULL ? UINT64_MAX
           : c->tell_at != 0  ? c->tell_at
                              : kp_attempt_deadline(c->attempt);
}

void kp_conduct_tick(struct kp_coordinator *c, uint64_t now)
{
    if (c->attempt == NULL) {
        return;
    }
    if (c->tell_at != 0) {
        if (now >= c->tell_at) {
            kp_conduct_tell(c);
        }
    } else if (kp_attempt_tick(c->attempt, now)) {
        if (kp_attempt_phase(c->attempt) == KP_PHASE_ENDED) {
            kp_conduct_finish_ended(c);
        } else {
            go_on(c);
        }
    }
}

static enum kp_status keep_fault(void *context, struct kp_txn *txn, const struct kp_fault *fault,
                                 struct kp_error *error)
{
    return kp_coordinator_fault(context, txn, fault, error);
}

static enum kp_status begin_match(struct kp_coordinator *c, struct kp_error *error)
{
    const struct kp_fault_sink sink = {keep_fault, c};
    c->match_begun = kp_loop_now();
    c->release_faults = c->state.faults;
    const struct kp_match_settings settings = {.intake = c->intake,
                                               .agreement = c->agreement,
                                               .transcript = kp_attempt_transcript(c->attempt),
                                               .round = c->state.round,
                                               .results = c->store,
                                               .sink = &sink,
                                               .workers = c->workers};
    return kp_match_new(&c->match, &settings, error);
}

bool kp_conduct_work(struct kp_coordinator *c)
{
    struct kp_error error = {0};
    enum kp_match_state state = KP_MATCH_DONE;
    if (c->attempt == NULL || kp_attempt_phase(c->attempt) != KP_PHASE_MATCH || c->tell_at != 0) {
        return false;
    }
    enum kp_status status = c->match == NULL ? begin_match(c, &error) : KP_OK;
    if (status == KP_OK) {
        status = kp_match_work(c->match, &state, &error);
    }
    if (status != KP_OK) {
        kp_conduct_finish_failed(c, &error);
        return false;
    }
    if (state == KP_MATCH_DONE) {
        c->state.matches = kp_match_count(c->match);
        c->state.bucket = kp_match_bucket(c->match);
        c->state.faults = c->release_faults + kp_match_faults(c->match);
        kp_attempt_complete(c->attempt);
        kp_conduct_finish(c, NULL);
        return true; /* so that the loop asks again when it is wanted: that has changed */
    }
    return state == KP_MATCH_GOES_ON;
}

void kp_conduct_state(const struct kp_coordinator *c, struct kp_round_state *state)
{
    uint64_t now = kp_loop_now();
    const struct kp_attempt *attempt = c->tell_at == 0 ? c->attempt : NULL;
    memset(state, 0, sizeof(*state));
    state->revision = c->revision;
    state->round = c->state.round;
    state->phase = attempt != NULL ? kp_attempt_phase(attempt) : c->state.phase;
    memcpy(state->error, c->state.error, sizeof(state->error));
    state->matches = c->state.matches;
    state->faults = c->state.faults;
    state->bucket = c->state.bucket;
    if (attempt != NULL && kp_attempt_deadline(attempt) != UINT64_MAX) {
        state->deadline = kp_clock_now() + (kp_attempt_deadline(attempt) - now);
    }
    state->member_count = c->agreement->member_count;
    for (uint32_t i = 0; i < state->member_count; i++) {
        struct kp_member_state *member = &state->members[i];
        memcpy(member->name, c->agreement->members[i].name, sizeof(member->name));
        member->phase = state->phase;
        member->seen =
            c->fetches[i].request != NULL || (c->seen[i] != 0 && now - c->seen[i] < KP_SEEN_MS);
        if (attempt != NULL) {
            kp_attempt_member_state(attempt, i + 1, member);
        } else if (state->phase == KP_PHASE_COMPLETE) {
            member->done = member->total = 1;
        }
    }
}
