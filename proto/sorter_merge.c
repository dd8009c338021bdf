/* Runs of a sorter are merged: a window on each, and a heap of their foremost records. */
#include "proto/sorter_internal.h"

static size_t window_size(const struct kp_sorter *sorter)
{
    return sorter->room_size / sorter->run_count;
}

/* Fills the run's window anew; what is in it and not taken comes to its front. */
static enum kp_status refill(struct kp_sorter *sorter, struct kp_sorter_run *run,
                             struct kp_error *error)
{
    memmove(run->window, run->window + run->begin, run->filled - run->begin);
    run->filled -= run->begin;
    run->begin = 0;
    return kp_sorter_read_blocks(sorter, run, window_size(sorter), error);
}

/* Sets run->record to the run's foremost record, which is then whole in its window. */
static enum kp_status advance(struct kp_sorter *sorter, struct kp_sorter_run *run,
                              struct kp_error *error)
{
    if (run->record != NULL) {
        run->begin += KP_SORTER_SIZE_BYTES + kp_sorter_record_size(run->record);
        run->record = NULL;
    }
    size_t there = run->filled - run->begin;
    if (run->left > 0 &&
        (there < KP_SORTER_SIZE_BYTES ||
         there < KP_SORTER_SIZE_BYTES + kp_sorter_record_size(run->window + run->begin))) {
        enum kp_status status = refill(sorter, run, error);
        if (status != KP_OK) {
            return status;
        }
    }
    if (run->begin < run->filled) {
        run->record = run->window + run->begin;
    }
    return KP_OK;
}

static bool heap_before(const struct kp_sorter *sorter, size_t one, size_t other)
{
    return kp_sorter_compare(sorter->runs[sorter->heap[one]].record,
                             sorter->runs[sorter->heap[other]].record) < 0;
}

static void heap_sink(struct kp_sorter *sorter, size_t at)
{
    for (;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < sorter->heap_count;
             child++) {
            least = heap_before(sorter, child, least) ? child : least;
        }
        if (least == at) {
            return;
        }
        size_t keep = sorter->heap[at];
        sorter->heap[at] = sorter->heap[least];
        sorter->heap[least] = keep;
        at = least;
    }
}

enum kp_status kp_sorter_begin_merge(struct kp_sorter *sorter, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < sorter->run_count; i++) {
        struct kp_sorter_run *run = &sorter->runs[i];
        run->window = sorter->room + i * window_size(sorter);
        status = advance(sorter, run, error);
        sorter->heap[sorter->heap_count++] = i;
    }
    for (size_t i = sorter->heap_count; status == KP_OK && i-- > 0;) {
        heap_sink(sorter, i);
    }
    return status;
}

enum kp_status kp_sorter_next_merged(struct kp_sorter *sorter, const uint8_t **record,
                                     struct kp_error *error)
{
    if (sorter->taken) {
        struct kp_sorter_run *run = &sorter->runs[sorter->heap[0]];
        enum kp_status status = advance(sorter, run, error);
        if (status != KP_OK) {
            return status;
        }
        if (run->record == NULL) {
            sorter->heap[0] = sorter->heap[--sorter->heap_count];
        }
        heap_sink(sorter, 0);
    }
    sorter->taken = sorter->heap_count > 0;
    *record = sorter->taken ? sorter->runs[sorter->heap[0]].record : NULL;
    return KP_OK;
}
