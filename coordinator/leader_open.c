/* The act of opening: decrypted, logged, and only then shown or given to the other holder. */
#include "coordinator/leader_act.h"
#include "coordinator/leader_opened.h"

#include <stdio.h>
#include <string.h>

/* Every match that may be opened, decrypted by this holder. */
static enum kp_status make_act(struct kp_leader_round *round, struct kp_act *act,
                               struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t number = 1; status == KP_OK && number <= round->group_count; number++) {
        status = kp_leader_round_open(round, number, error);
        if (status == KP_OK && round->match->opens) {
            status = kp_act_add(act, round->opening, round->match, error);
        }
    }
    return status;
}

/* The act of this holder: the one that was kept, or a new one. *new: it was made and logged now. */
static enum kp_status get_act(struct kp_leader *leader, struct kp_leader_round *round,
                              struct kp_act *act, bool *new, struct kp_error *error)
{
    bool found = false;
    enum kp_audit_event event =
        kp_opening_holders(round->opening) > 1 ? KP_AUDIT_PARTIALS_GIVEN : KP_AUDIT_OPENED;
    enum kp_status status = kp_leader_act_load(leader, round->round, act, &found, error);
    if (status == KP_OK && !found) {
        status = make_act(round, act, error);
        if (status == KP_OK) {
            status = kp_leader_act_keep(leader, round, act, event, error);
        }
    }
    *new = !found;
    return status;
}

enum kp_status kp_leader_give(struct kp_leader *leader, uint32_t number,
                              struct kp_leader_given *given, struct kp_error *error)
{
    struct kp_leader_round round;
    struct kp_act act = {0};
    struct kp_other_act other = {0};
    bool new = false;
    memset(given, 0, sizeof(*given));
    enum kp_status status = kp_leader_round_fetch(leader, number, &round, error);
    if (status != KP_OK) {
        return status;
    }
    if (kp_opening_holders(round.opening) == 1) {
        status = kp_fail(error, KP_USAGE,
                         "there is one opening key, so nobody is to be given anything; "
                         "`kruispunt leader matches` opens");
    }
    if (status == KP_OK) {
        status = get_act(leader, &round, &act, &new, error);
    }
    if (status == KP_OK) {
        status = kp_leader_letters_send(leader, error);
    }
    if (status == KP_OK) {
        status = kp_other_act_fetch(leader, &round, &other, error);
    }
    given->round = round.round;
    given->matches = (uint32_t)kp_act_count(&act);
    given->before = !new;
    given->other_gave = kp_other_act_complete(&other);
    given->refused = other.refused;
    kp_other_act_free(&other);
    kp_act_free(&act);
    kp_leader_round_free(&round);
    return status;
}

/* ---- numbers ---- */

void kp_match_text(char text[static KP_MATCH_TEXT], uint32_t round, uint32_t number)
{
    (void)snprintf(text, KP_MATCH_TEXT, "%u-%u", round, number);
}

enum kp_status kp_match_read(const char *text, uint32_t *round, uint32_t *number,
                             struct kp_error *error)
{
    char again[KP_MATCH_TEXT] = "";
    if (sscanf(text, "%9u-%9u", round, number) == 2) {
        kp_match_text(again, *round, *number);
    }
    if (strcmp(text, again) != 0 || *round < 1 || *round > KP_ROUNDS_MAX || *number < 1) {
        return kp_fail(error, KP_USAGE,
                       "%.40s isn't the number of a match; `kruispunt leader matches` lists them, "
                       "such as 1-7",
                       text);
    }
    return KP_OK;
}

/* ---- reading ---- */

static enum kp_status need_other(struct kp_leader_opened *opened, bool found,
                                 struct kp_error *error)
{
    struct kp_leader_round *round = &opened->round;
    uint32_t other = 3 - kp_opening_holder(round->opening);
    if (!found) {
        return kp_fail(error, KP_REFUSED,
                       "two holders open: first give your partial openings of round %u with "
                       "`kruispunt leader open`",
                       round->round);
    }
    enum kp_status status = kp_leader_letters_send(opened->leader, error);
    if (status == KP_OK) {
        status = kp_other_act_fetch(opened->leader, round, &opened->other, error);
    }
    if (status == KP_OK && opened->other.letter_count == 0) {
        status =
            kp_fail(error, opened->other.refused > 0 ? KP_REFUSED : KP_RETRY,
                    opened->other.refused > 0
                        ? "what came from %s of round %u isn't what a log entry of that holder "
                          "tells of: that holder or the coordinator changed it"
                        : "%s has not given its partial openings of round %u (yet)",
                    round->agreement->opening_keys[other - 1].holder, round->round);
    }
    return status;
}

enum kp_status kp_leader_opened_begin(struct kp_leader *leader, uint32_t number, bool shown,
                                      struct kp_leader_opened *opened, struct kp_error *error)
{
    bool found = false, new = false;
    memset(opened, 0, sizeof(*opened));
    opened->leader = leader;
    enum kp_status status = kp_leader_round_fetch(leader, number, &opened->round, error);
    if (status == KP_OK && kp_opening_holders(opened->round.opening) > 1) {
        status = kp_leader_act_load(leader, opened->round.round, &opened->act, &found, error);
        if (status == KP_OK) {
            status = need_other(opened, found, error);
        }
    } else if (status == KP_OK && opened->round.group_count > 0) {
        status = get_act(leader, &opened->round, &opened->act, &new, error);
    }
    if (status == KP_OK && shown && !new && opened->round.group_count > 0) {
        status = kp_leader_act_log_again(leader, &opened->round, &opened->act, error);
    }
    if (status != KP_OK) {
        kp_leader_opened_end(opened);
    }
    return status;
}

enum kp_status kp_leader_opened_match(struct kp_leader_opened *opened, uint32_t number,
                                      struct kp_error *fault, struct kp_error *error)
{
    struct kp_leader_round *round = &opened->round;
    enum kp_status status = kp_leader_round_check(round, number, fault, error);
    if (status == KP_OK && round->match->opens) {
        status = kp_act_take(&opened->act, round->opening, round->match, &opened->index, error);
        if (status == KP_OK && kp_opening_holders(round->opening) > 1) {
            kp_other_act_apply(&opened->other, round, round->match);
        }
        if (status == KP_OK) {
            status = kp_opening_read(round->opening, round->match, error);
        }
    }
    return status;
}

void kp_leader_opened_end(struct kp_leader_opened *opened)
{
    kp_other_act_free(&opened->other);
    kp_act_free(&opened->act);
    kp_leader_round_free(&opened->round);
}

/* The span's matches with all partials that there are, read. */
static enum kp_status read_span(struct kp_leader_opened *opened, const struct kp_leader_span *span,
                                struct kp_error *error)
{
    struct kp_leader_round *round = &opened->round;
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < span->count; i++) {
        const struct kp_error *fault = &span->faults[i];
        struct kp_opened_match *match = span->matches[i];
        if (fault->status != KP_OK && fault->status != KP_REFUSED) {
            status = kp_fail(error, fault->status, "%s", fault->text);
        } else if (match->opens) {
            status = kp_act_take(&opened->act, round->opening, match, &opened->index, error);
            if (status == KP_OK && kp_opening_holders(round->opening) > 1) {
                kp_other_act_apply(&opened->other, round, match);
            }
        }
    }
    return status == KP_OK ? kp_opening_read_many(round->opening, span->matches, span->count, error)
                           : status;
}

enum kp_status kp_leader_matches(struct kp_leader *leader, uint32_t number, kp_leader_each *each,
                                 void *context, struct kp_error *error)
{
    struct kp_leader_opened opened;
    enum kp_status status = kp_leader_opened_begin(leader, number, true, &opened, error);
    if (status != KP_OK) {
        return status;
    }
    struct kp_leader_span span = {.first = 1};
    while (status == KP_OK && span.first <= opened.round.group_count) {
        status = kp_leader_round_span(&opened.round, span.first, &span, error);
        if (status == KP_OK) {
            status = read_span(&opened, &span, error);
        }
        for (uint32_t i = 0; status == KP_OK && i < span.count; i++) {
            status = each(context, span.matches[i], error);
        }
        span.first += span.count;
    }
    kp_leader_opened_end(&opened);
    return status;
}
