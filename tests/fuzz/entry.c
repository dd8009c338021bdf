/* The entry points of one program: KP_FUZZ_TARGET is its target. */
#include "crypto/secret.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    FUZZ_CHECK(kp_crypto_start() == KP_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    KP_FUZZ_TARGET(bytes, size);
    return 0;
}
