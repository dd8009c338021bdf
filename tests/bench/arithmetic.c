#include "tests/bench/arithmetic.h"

#include "crypto/engine/engine.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {
    [KP_ENGINE_DOUBLES] = "doubles", [KP_ENGINE_INTEGERS] = "integers"};
enum { NAMES = sizeof(names) / sizeof(names[0]) };

const char *bench_arithmetic(const char *name)
{
    for (size_t i = 0; name != NULL && i < NAMES; i++) {
        if (strcmp(name, names[i]) == 0 && kp_engine_choose((enum kp_engine_arithmetic)i)) {
            return names[i];
        }
    }
    if (name != NULL) {
        (void)fprintf(stderr, "--arithmetic %s: doubles, integers, and what this processor can\n",
                      name);
        exit(3);
    }
    return kp_engine_ready() ? names[kp_engine_arithmetic()] : "libsodium";
}
