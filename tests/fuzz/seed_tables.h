/* The corpora of tables, and of the address register. */
#ifndef KP_TESTS_FUZZ_SEED_TABLES_H
#define KP_TESTS_FUZZ_SEED_TABLES_H

#include <stddef.h>

typedef void fuzz_seed(const char *target, const char *name, const void *bytes, size_t size);

void seed_tables(fuzz_seed *write);
void seed_registers(fuzz_seed *write);

#endif
