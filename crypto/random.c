#include "crypto/random.h"

#include <pthread.h>
#include <sodium.h>
#include <sodium/randombytes_internal_random.h>
#include <stdatomic.h>

/* Without it libsodium ends a child that draws. */
static void stir(void)
{
    randombytes_stir();
}

enum kp_status kp_random_start(void)
{
    static atomic_flag watched = ATOMIC_FLAG_INIT;
    if (!atomic_flag_test_and_set(&watched) && pthread_atfork(NULL, NULL, stir) != 0) {
        return KP_FAILED;
    }
    return randombytes_set_implementation(&randombytes_internal_implementation) == 0 ? KP_OK
                                                                                     : KP_FAILED;
}
