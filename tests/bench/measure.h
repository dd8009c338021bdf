/* What the programs here share. */
#ifndef KP_BENCH_MEASURE_H
#define KP_BENCH_MEASURE_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

/* Ends the program with 1 when something isn't fine. */
void must(bool fine, const char *what);
double seconds_on(clockid_t clock);
/* Nanoseconds of CPU of this thread. */
double cpu_time(void);
/* Puts values in order. */
void put_in_order(double *values, size_t count);
/* The middle one, or the one above the middle; puts them in order. At least one. */
double median(double *values, size_t count);

#endif
