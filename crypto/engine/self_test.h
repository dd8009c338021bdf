/* Internal. Whether the engine gives what libsodium gives. */
#ifndef KP_CRYPTO_ENGINE_SELF_TEST_H
#define KP_CRYPTO_ENGINE_SELF_TEST_H

#include <stdbool.h>

/* Some milliseconds; always the same inputs. Only where the processor has AVX2 and FMA. */
bool kp_engine_self_test(void);

#endif
