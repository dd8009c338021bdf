#include "tests/unit/unit.h"

#include "crypto/secret.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

int unit_main(const char *suite, const struct unit_test *tests, size_t count)
{
    if (kp_crypto_start() != KP_OK || CU_initialize_registry() != CUE_SUCCESS) {
        fprintf(stderr, "%s: can't start\n", suite);
        return 1;
    }
    CU_pSuite added = CU_add_suite(suite, NULL, NULL);
    for (size_t i = 0; added != NULL && i < count; i++) {
        if (CU_add_test(added, tests[i].name, tests[i].run) == NULL) {
            added = NULL;
        }
    }
    int status = 1;
    if (added != NULL) {
        CU_basic_set_mode(CU_BRM_VERBOSE);
        if (CU_basic_run_tests() == CUE_SUCCESS && CU_get_number_of_failures() == 0 &&
            CU_get_number_of_tests_run() == count) {
            status = 0;
        }
    }
    CU_cleanup_registry();
    return status;
}

void unit_hex(uint8_t *out, size_t size, const char *hex)
{
    size_t decoded = 0;
    int bad = sodium_hex2bin(out, size, hex, strlen(hex), NULL, &decoded, NULL);
    CU_ASSERT_FATAL(bad == 0 && decoded == size && strlen(hex) == 2 * size);
}
