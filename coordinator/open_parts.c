/* Many matches at once: parts of them on threads, each with a scratch of its own. */
#include "coordinator/open_internal.h"

#include "crypto/secret.h"

#include <stdlib.h>
#include <string.h>

#define LEAST_MATCHES 16u /* for which a thread is worth its while */

struct part {
    struct kp_work work; /* first */
    struct kp_opening opening;
    kp_opening_run *run;
    void *context;
    size_t first, count;
    enum kp_status status;
    struct kp_error error;
};

static void run_part(struct kp_work *work)
{
    struct part *part = (struct part *)work;
    part->status = part->run(&part->opening, part->first, part->count, part->context, &part->error);
}

/* Threads are made when they are wanted first; without them it takes longer. */
static size_t count_parts(struct kp_opening *opening, size_t count)
{
    if (count < 2u * LEAST_MATCHES) {
        return 1;
    }
    if (opening->workers == NULL && kp_workers_new(&opening->workers, 0, NULL, NULL) != KP_OK) {
        opening->workers = NULL;
        return 1;
    }
    size_t most = count / LEAST_MATCHES, threads = kp_workers_threads(opening->workers);
    return most < threads ? most : threads;
}

/* False: no (locked) memory for its scratch. */
static bool make_part(struct part *part, const struct kp_opening *opening)
{
    part->opening = *opening; /* what isn't its own is only read */
    part->opening.workers = NULL;
    part->opening.scratch = kp_secret_new(sizeof(*part->opening.scratch));
    part->work.run = run_part;
    return part->opening.scratch != NULL;
}

/* What has run and what hasn't comes back; the first part that failed says why. */
static enum kp_status take_back(struct kp_opening *opening, const struct part *parts, size_t count,
                                struct kp_error *error)
{
    kp_workers_wait(opening->workers);
    while (kp_workers_done(opening->workers) != NULL) {
    }
    for (size_t i = 0; i < count; i++) {
        if (parts[i].status != KP_OK) {
            return kp_fail(error, parts[i].status, "%s", parts[i].error.text);
        }
    }
    return KP_OK;
}

enum kp_status kp_opening_in_parts(struct kp_opening *opening, size_t count, kp_opening_run *run,
                                   void *context, struct kp_error *error)
{
    size_t wanted = count_parts(opening, count), made = 0, first = 0;
    struct part *parts = wanted > 1 ? calloc(wanted, sizeof(*parts)) : NULL;
    while (parts != NULL && made < wanted && make_part(&parts[made], opening)) {
        made++;
    }
    enum kp_status status = KP_OK;
    if (made < 2) {
        status = run(opening, 0, count, context, error);
    } else {
        for (size_t i = 0; i < made; i++) {
            parts[i].run = run;
            parts[i].context = context;
            parts[i].status = KP_FAILED; /* until it has run */
            parts[i].first = first;
            parts[i].count = count / made + (i < count % made);
            first += parts[i].count;
            kp_workers_give(opening->workers, &parts[i].work);
        }
        status = take_back(opening, parts, made, error);
    }
    for (size_t i = 0; i < made; i++) {
        kp_secret_free(parts[i].opening.scratch);
    }
    free(parts);
    return status;
}
