#include "proto/steps.h"
#include "tests/unit/unit.h"

/* A call that pauses so many times, and what it saw. */
struct work {
    unsigned pauses;
    unsigned made; /* pauses that let it go on */
    unsigned freed;
    bool owner_runs; /* set by the owner while it runs: the call must never see it */
    bool overlapped;
    enum kp_status result;
};

static enum kp_status work(void *context, struct kp_error *error)
{
    struct work *work = context;
    enum kp_status status = KP_OK;
    for (unsigned i = 0; status == KP_OK && i < work->pauses; i++) {
        work->overlapped = work->overlapped || work->owner_runs;
        status = kp_pause(error);
        work->made += status == KP_OK;
    }
    work->freed++;
    if (status == KP_OK && work->result != KP_OK) {
        return kp_fail(error, work->result, "as wanted");
    }
    return status;
}

static struct kp_steps *new_steps(uint32_t slice_ms)
{
    struct kp_steps *steps = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_steps_new(&steps, slice_ms, NULL), KP_OK);
    return steps;
}

/* How many steps it takes until the call has returned. */
static unsigned run(struct kp_steps *steps, struct work *with, enum kp_status *status,
                    struct kp_error *error)
{
    unsigned count = 1;
    with->owner_runs = false;
    while (!kp_steps_run(steps, status, error)) {
        with->owner_runs = true;
        CU_ASSERT(kp_steps_busy(steps));
        count++;
        with->owner_runs = false;
    }
    CU_ASSERT_FALSE(kp_steps_busy(steps));
    return count;
}

static void every_pause_is_a_step(void)
{
    struct kp_steps *steps = new_steps(0);
    struct kp_error error = {0};
    enum kp_status status = KP_RETRY;
    for (unsigned pauses = 0; pauses < 5; pauses++) {
        struct work with = {.pauses = pauses};
        CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &with, NULL), KP_OK);
        CU_ASSERT_EQUAL(with.freed, 0); /* nothing of it runs yet */
        CU_ASSERT_EQUAL(run(steps, &with, &status, &error), pauses + 1);
        CU_ASSERT_EQUAL(status, KP_OK);
        CU_ASSERT_EQUAL(with.made, pauses);
        CU_ASSERT_EQUAL(with.freed, 1);
        CU_ASSERT_FALSE(with.overlapped);
    }
    kp_steps_free(steps);
}

static void short_calls_arent_interrupted(void)
{
    struct kp_steps *steps = new_steps(60000);
    struct kp_error error = {0};
    struct work with = {.pauses = 1000};
    enum kp_status status = KP_RETRY;
    CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &with, NULL), KP_OK);
    CU_ASSERT_EQUAL(run(steps, &with, &status, &error), 1);
    CU_ASSERT_EQUAL(status, KP_OK);
    CU_ASSERT_EQUAL(with.made, 1000);
    kp_steps_free(steps);
}

static void what_it_returned_is_handed_on(void)
{
    struct kp_steps *steps = new_steps(0);
    struct kp_error error = {0};
    struct work with = {.pauses = 2, .result = KP_REFUSED};
    enum kp_status status = KP_OK;
    CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &with, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &with, &error), KP_FAILED); /* one at a time */
    (void)run(steps, &with, &status, &error);
    CU_ASSERT_EQUAL(status, KP_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "as wanted");
    CU_ASSERT_EQUAL(with.freed, 1);
    kp_steps_free(steps);
}

static void given_up(void)
{
    struct kp_steps *steps = new_steps(0);
    struct kp_error error = {0};
    struct work with = {.pauses = 10}, next = {.pauses = 1};
    enum kp_status status = KP_RETRY;
    kp_steps_give_up(NULL);
    kp_steps_give_up(steps);
    CU_ASSERT_FALSE(kp_steps_busy(NULL));
    CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &with, NULL), KP_OK);
    CU_ASSERT_FALSE(kp_steps_run(steps, &status, &error));
    CU_ASSERT_FALSE(kp_steps_run(steps, &status, &error));
    kp_steps_give_up(steps);
    CU_ASSERT_FALSE(kp_steps_busy(steps));
    CU_ASSERT_EQUAL(with.made, 1); /* the pause that it was in fails */
    CU_ASSERT_EQUAL(with.freed, 1);
    /* And another can be made. */
    CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &next, NULL), KP_OK);
    CU_ASSERT_EQUAL(run(steps, &next, &status, &error), 2);
    CU_ASSERT_EQUAL(status, KP_OK);
    kp_steps_free(steps);
}

static void freed_while_one_goes_on(void)
{
    struct kp_error error = {0};
    enum kp_status status = KP_RETRY;
    for (unsigned ran = 0; ran < 2; ran++) {
        struct kp_steps *steps = new_steps(0);
        struct work with = {.pauses = 10};
        CU_ASSERT_EQUAL(kp_steps_begin(steps, work, &with, NULL), KP_OK);
        if (ran > 0) {
            CU_ASSERT_FALSE(kp_steps_run(steps, &status, &error));
        }
        kp_steps_free(steps);
        CU_ASSERT_EQUAL(with.made, 0);
        CU_ASSERT_EQUAL(with.freed, 1);
    }
    kp_steps_free(NULL);
}

static void a_pause_elsewhere_does_nothing(void)
{
    struct work with = {.pauses = 3};
    CU_ASSERT_EQUAL(work(&with, NULL), KP_OK);
    CU_ASSERT_EQUAL(with.made, 3);
}

static const struct unit_test tests[] = {
    {"every pause is a step", every_pause_is_a_step},
    {"short calls aren't interrupted", short_calls_arent_interrupted},
    {"what it returned is handed on", what_it_returned_is_handed_on},
    {"given up", given_up},
    {"freed while one goes on", freed_while_one_goes_on},
    {"a pause elsewhere does nothing", a_pause_elsewhere_does_nothing},
};

UNIT_MAIN("steps", tests)
