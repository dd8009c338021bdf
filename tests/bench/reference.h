/* What one multiplication by libsodium takes while something else is measured, over and over and on
 * every processor in turn: a machine's speed drifts within seconds. In a thread of its own. */
#ifndef KP_BENCH_REFERENCE_H
#define KP_BENCH_REFERENCE_H

#include <stddef.h>

struct reference {
    size_t samples;
    double median; /* nanoseconds of one multiplication, of all samples */
    double low;    /* quartiles */
    double high;
    double cpu; /* nanoseconds that the measuring itself took */
};

/* Starts, on the processors that the caller may use; `sampled` is called in the thread after each
 * sample, with the nanoseconds of a multiplication since the sample before (from the mean speed at
 * both, for they are of two processors). The first sample is taken before this returns. What fails
 * ends the program. */
void reference_begin(void (*sampled)(double nanoseconds));
/* How many samples there are by now. */
size_t reference_count(void);
/* One more sample, and ends. Returns what the first `count` samples say: at least one, and no more
 * than reference_count said. */
struct reference reference_end(size_t count);

#endif
