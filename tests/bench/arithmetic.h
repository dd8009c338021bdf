/* Which of the engine's arithmetics is measured: the programs' option --arithmetic. */
#ifndef KP_BENCH_ARITHMETIC_H
#define KP_BENCH_ARITHMETIC_H

/* After kp_crypto_start: `name` is "doubles", "integers", or NULL for what this machine takes by
 * itself. Ends the program with 3 when the processor can't. Returns the name of what is used, or
 * "libsodium". */
const char *bench_arithmetic(const char *name);

#endif
