/* Whose turn it is. What can be done follows from how far every list is; nothing waits in a queue
 * that a member could fill. */
#include "node/round_internal.h"

#include "crypto/secret.h"
#include "proto/record.h"

#include <stdlib.h>
#include <string.h>

/* What waits to be sent while answers are still given out: about a second of a fast line. */
#define OUTGOING_BYTES_MAX (4u << 20)

/* ---- what can be done ---- */

/* Of the own list: what others' evaluations are there of, in the order in which they came. */
static bool own_next(const struct kp_round *round, enum kp_job_kind *kind, uint32_t *part)
{
    if (!round->incoming[round->settings.own - 1].charged || round->finishing == round->completed) {
        return false;
    }
    *kind = KP_JOB_FINISH;
    *part = round->complete[round->finishing];
    return true;
}

/* The first chunk in this state. */
static bool find_chunk(const struct kp_round *round, const struct kp_incoming *list,
                       enum kp_chunk_state state, uint32_t *part)
{
    const uint8_t *found = memchr(list->states, state, round->chunks);
    *part = found == NULL ? 0 : (uint32_t)(found - list->states);
    return found != NULL;
}

static bool peers_next(const struct kp_round *round, uint32_t peer, enum kp_job_kind *kind,
                       uint32_t *part)
{
    const struct kp_incoming *list = &round->incoming[peer - 1];
    *kind = KP_JOB_CHECK;
    if (list->states == NULL || find_chunk(round, list, KP_CHUNK_CAME, part)) {
        return list->states != NULL;
    }
    *kind = KP_JOB_ANSWER;
    return list->charged && round->outgoing_bytes < OUTGOING_BYTES_MAX &&
           find_chunk(round, list, KP_CHUNK_CHECKED, part);
}

static bool find_next(const struct kp_round *round, uint32_t *member, enum kp_job_kind *kind,
                      uint32_t *part)
{
    uint32_t members = round->settings.agreement->member_count;
    for (uint32_t i = 0; round->phase == KP_PHASE_EVALUATE && i < members; i++) {
        *member = (round->turn + i) % members + 1;
        if (*member == round->settings.own ? own_next(round, kind, part)
                                           : peers_next(round, *member, kind, part)) {
            return true;
        }
    }
    return false;
}

/* ---- a job is given out ---- */

static void free_job(struct kp_job *job)
{
    kp_bulk_free(job->points);
    kp_bulk_free(job->outputs);
    kp_bulk_free(job->slots);
    kp_bulk_free(job->entries);
    kp_bulk_free(job->made);
    kp_buffer_free(&job->packed);
    free(job);
}

/* Room for what comes out: not before a thread has time for the job, so that those which wait
 * don't hold it. */
static bool make_room(struct kp_job *job)
{
    const struct kp_round *round = job->round;
    const struct kp_agreement *agreement = round->settings.agreement;
    bool audits = agreement->audit_slots > 0;
    switch (job->kind) {
    case KP_JOB_CHECK:
        return true;
    case KP_JOB_ANSWER:
        job->outputs = kp_bulk_new(KP_JOB_BYTES);
        return job->outputs != NULL;
    case KP_JOB_FINISH:
        job->entries =
            kp_bulk_new(job->count * kp_entry_size_in(agreement, round->settings.own, round->type));
        job->made = audits ? kp_bulk_new(job->count * sizeof(*job->made)) : NULL;
        return job->entries != NULL && (!audits || job->made != NULL);
    }
    return false;
}

static void run_job(struct kp_work *work)
{
    struct kp_job *job = (struct kp_job *)work;
    if (!make_room(job)) {
        job->status = kp_fail(&job->error, KP_FAILED, "no memory for a piece of work");
        return;
    }
    switch (job->kind) {
    case KP_JOB_CHECK:
        kp_job_check(job);
        break;
    case KP_JOB_ANSWER:
        kp_job_answer(job);
        break;
    case KP_JOB_FINISH:
        kp_job_finish(job);
        break;
    }
}

/* A peer's points, to be looked at or multiplied. */
static enum kp_status fill_points(struct kp_job *job, struct kp_error *error)
{
    const struct kp_round *round = job->round;
    job->points = kp_bulk_new(KP_JOB_PROOF_AT);
    if (job->points == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a piece of work");
    }
    return kp_pieces_read(round->settings.pieces, KP_ROUND_FILE_POINTS,
                          round->incoming[job->peer - 1].places[job->part], job->points,
                          (size_t)job->count * KP_POINT_BYTES, error);
}

/* The slots of an own chunk, and all others' evaluations of it. */
static enum kp_status fill_finish(struct kp_job *job, struct kp_error *error)
{
    const struct kp_round *round = job->round;
    const struct kp_agreement *agreement = round->settings.agreement;
    job->slots = kp_slot_chunk_new();
    job->outputs = kp_bulk_new(agreement->member_count * KP_JOB_BYTES);
    if (job->slots == NULL || job->outputs == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a piece of work");
    }
    enum kp_status status = kp_slot_list_get(&round->slots, job->part, job->slots, error);
    for (uint32_t member = 1; status == KP_OK && member <= agreement->member_count; member++) {
        if (member != round->settings.own) {
            status = kp_round_read_evaluation(round, member, job->part,
                                              job->outputs + (member - 1) * KP_JOB_BYTES, error);
        }
    }
    return status;
}

static struct kp_job *new_job(struct kp_round *round, enum kp_job_kind kind, uint32_t peer,
                              uint32_t part, struct kp_error *error)
{
    struct kp_job *job = calloc(1, sizeof(*job));
    if (job == NULL) {
        (void)kp_fail(error, KP_FAILED, "no memory for a piece of work");
        return NULL;
    }
    job->work.run = run_job;
    job->round = round;
    job->kind = kind;
    job->peer = peer;
    job->part = part;
    job->count = kp_round_chunk_items(round, part);
    if ((kind == KP_JOB_FINISH ? fill_finish(job, error) : fill_points(job, error)) != KP_OK) {
        free_job(job);
        return NULL;
    }
    return job;
}

struct kp_work *kp_round_take(struct kp_round *round, struct kp_error *error)
{
    uint32_t member, part;
    enum kp_job_kind kind;
    if (!find_next(round, &member, &kind, &part)) {
        return NULL;
    }
    struct kp_job *job = new_job(round, kind, member, part, error);
    if (job == NULL) {
        kp_round_end(round, KP_ABORT_FAILED, round->settings.own);
        return NULL;
    }
    struct kp_incoming *list = &round->incoming[member - 1];
    if (member != round->settings.own) {
        list->states[part] = kind == KP_JOB_CHECK ? KP_CHUNK_CHECKING : KP_CHUNK_ANSWERING;
    }
    round->finishing += kind == KP_JOB_FINISH;
    round->turn = member % round->settings.agreement->member_count;
    round->out++;
    return &job->work;
}

/* ---- a job comes back ---- */

/* Once everything that needs the key is done, the key goes. */
static void wipe_key(struct kp_round *round)
{
    if (round->answers_left == 0 && round->finish_left == 0) {
        kp_wipe(round->secrets->key, sizeof(round->secrets->key));
    }
}

/* Nothing of a list is answered before all of it was looked at and judged. */
static void checked(struct kp_round *round, const struct kp_job *job)
{
    struct kp_incoming *list = &round->incoming[job->peer - 1];
    list->states[job->part] = KP_CHUNK_CHECKED;
    if (++list->checked == round->chunks) {
        round->charges[round->charges_known++] = job->peer;
    }
}

static enum kp_status take_results(struct kp_round *round, struct kp_job *job,
                                   struct kp_error *error)
{
    enum kp_status status = KP_OK;
    switch (job->kind) {
    case KP_JOB_CHECK:
        checked(round, job);
        break;
    case KP_JOB_ANSWER:
        status = kp_round_queue(round, KP_MESSAGE_EVALUATION, &job->packed, error);
        round->answers_left--;
        wipe_key(round);
        break;
    case KP_JOB_FINISH:
        status = kp_round_keep_entries(round, job, error);
        round->finish_left--;
        wipe_key(round);
        break;
    }
    return status;
}

enum kp_status kp_round_finish(struct kp_round *round, struct kp_work *work, struct kp_error *error)
{
    struct kp_job *job = (struct kp_job *)work;
    enum kp_status status = KP_OK;
    round->out--;
    if (round->phase == KP_PHASE_ENDED) {
        kp_round_wipe_rest(round);
    } else if (!work->ran) {
        status = kp_fail(error, KP_FAILED, "a piece of work wasn't done");
    } else if (job->status != KP_OK) {
        status = job->status;
        if (error != NULL) {
            *error = job->error;
        }
    } else {
        status = take_results(round, job, error);
    }
    if (status == KP_REFUSED) {
        (void)kp_round_blame(round, job->blamed, error);
    } else if (status != KP_OK) {
        kp_round_end(round, KP_ABORT_FAILED, round->settings.own);
    }
    free_job(job);
    if (round->out == 0 && round->finish_left == 0) {
        kp_bulk_trim();
    }
    return status;
}

void kp_round_drop(struct kp_round *round, struct kp_work *work)
{
    round->out--;
    free_job((struct kp_job *)work);
}

/* ---- what is done on the owner's thread ---- */

static bool can_prepare(const struct kp_round *round)
{
    return round->charges_made == round->settings.agreement->member_count &&
           round->answers_left == 0 && round->finish_left == 0;
}

bool kp_round_can_advance(const struct kp_round *round)
{
    return round->phase == KP_PHASE_EVALUATE &&
           (round->charges_made < round->charges_known || can_prepare(round));
}

enum kp_status kp_round_advance(struct kp_round *round, bool *more, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (kp_round_can_advance(round)) {
        status = round->charges_made < round->charges_known
                     ? kp_round_charge_list(round, round->charges[round->charges_made++], error)
                     : kp_round_prepare(round, error);
    }
    if (status == KP_FAILED) {
        kp_round_end(round, KP_ABORT_FAILED, round->settings.own);
    }
    *more = kp_round_can_advance(round);
    return status;
}

enum kp_status kp_round_work(struct kp_round *round, bool *more, struct kp_error *error)
{
    uint32_t member, part;
    enum kp_job_kind kind;
    enum kp_status status = KP_OK;
    if (kp_round_can_advance(round)) {
        status = kp_round_advance(round, more, error);
    } else if (find_next(round, &member, &kind, &part)) {
        struct kp_work *work = kp_round_take(round, error);
        if (work != NULL) {
            work->run(work);
            work->ran = true;
        }
        status = work != NULL ? kp_round_finish(round, work, error) : KP_FAILED;
    }
    *more = kp_round_can_advance(round) || find_next(round, &member, &kind, &part);
    return status;
}
