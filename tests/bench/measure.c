#include "tests/bench/measure.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

void must(bool fine, const char *what)
{
    if (!fine) {
        (void)fprintf(stderr, "%s: %s failed\n", program_invocation_short_name, what);
        exit(1);
    }
}

double seconds_on(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double cpu_time(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

void put_in_order(double *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), ascending);
}

double median(double *values, size_t count)
{
    put_in_order(values, count);
    return values[count / 2];
}
