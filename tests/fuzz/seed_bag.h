/* The corpora of the address register's official extract. */
#ifndef KP_TESTS_FUZZ_SEED_BAG_H
#define KP_TESTS_FUZZ_SEED_BAG_H

#include "tests/fuzz/seed_tables.h"

void seed_bag(fuzz_seed *write);

#endif
