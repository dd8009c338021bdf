/* What every unit test program needs: one suite of CUnit tests, exit status 1 when one fails. */
#ifndef KP_TESTS_UNIT_H
#define KP_TESTS_UNIT_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stddef.h>
#include <stdint.h>

struct unit_test {
    const char *name;
    void (*run)(void);
};

/* Starts libsodium, runs `count` tests as suite `suite`; the program's exit status. */
int unit_main(const char *suite, const struct unit_test *tests, size_t count);

#define UNIT_MAIN(suite, tests)                                                                    \
    int main(void)                                                                                 \
    {                                                                                              \
        return unit_main(suite, tests, sizeof(tests) / sizeof((tests)[0]));                        \
    }

/* Decodes lower-case hex of exactly `size` bytes into out; fails the test otherwise. */
void unit_hex(uint8_t *out, size_t size, const char *hex);

#endif
