/* The act of opening: decrypted, logged, and only then shown. */
#include "coordinator/leader_round.h"

#include <string.h>

/* Every match that may be opened, decrypted by this holder. */
static enum kp_status make_act(struct kp_leader_round *round, uint32_t first, uint32_t last,
                               struct kp_act *act, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t number = first; status == KP_OK && number <= last; number++) {
        struct kp_error fault = {0};
        status = kp_leader_round_check(round, number, &fault, error);
        if (status == KP_OK && round->match->opens) {
            status = kp_opening_partials(round->opening, round->match, error);
            if (status == KP_OK) {
                status = kp_act_add(act, round->opening, round->match, error);
            }
        }
    }
    return status;
}

/* On disk when KP_OK: nothing is shown before. */
static enum kp_status log_act(struct kp_leader *leader, const struct kp_leader_round *round,
                              const struct kp_act *act, struct kp_error *error)
{
    uint8_t root[KP_DIGEST_BYTES];
    kp_act_root(act, root);
    const struct kp_audit_note note = {.event = KP_AUDIT_OPENED,
                                       .counter = round->round,
                                       .attempt = kp_opening_attempt(round->opening),
                                       .count = kp_act_count(act),
                                       .digest = root};
    return kp_leader_audit(leader, &note, error);
}

static enum kp_status show(struct kp_leader_round *round, const struct kp_act *act, uint32_t number,
                           kp_leader_each *each, void *context, struct kp_error *error)
{
    struct kp_error fault = {0};
    uint32_t index = 0;
    enum kp_status status = kp_leader_round_check(round, number, &fault, error);
    if (status == KP_OK && round->match->opens) {
        status = kp_act_take(act, round->opening, round->match, &index, error);
        if (status == KP_OK) {
            status = kp_opening_read(round->opening, round->match, error);
        }
    }
    return status == KP_OK ? each(context, round->match, error) : status;
}

enum kp_status kp_leader_matches(struct kp_leader *leader, uint32_t number, kp_leader_each *each,
                                 void *context, struct kp_error *error)
{
    struct kp_leader_round round;
    struct kp_act act = {0};
    enum kp_status status = kp_leader_round_fetch(leader, number, &round, error);
    if (status != KP_OK) {
        return status;
    }
    status = make_act(&round, 1, round.group_count, &act, error);
    if (status == KP_OK && round.group_count > 0) {
        status = log_act(leader, &round, &act, error);
    }
    for (uint32_t i = 1; status == KP_OK && i <= round.group_count; i++) {
        status = show(&round, &act, i, each, context, error);
    }
    kp_act_free(&act);
    kp_leader_round_free(&round);
    return status;
}
