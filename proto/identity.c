#include "proto/identity.h"

#include "crypto/secret.h"
#include "proto/key_file.h"

#include <string.h>

enum kp_status kp_identity_read(uint8_t **secret, const char *path,
                                const uint8_t expected[static KP_SIGN_PUBLIC_BYTES],
                                const char *who, struct kp_error *error)
{
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
    uint8_t *seed = NULL;
    *secret = NULL;
    enum kp_status status = kp_key_read(path, KP_KEY_IDENTITY, &seed, error);
    if (status != KP_OK) {
        return status;
    }
    *secret = kp_secret_new(KP_SIGN_SECRET_BYTES);
    if (*secret == NULL) {
        status = kp_fail(error, KP_FAILED, "no locked memory for a key (see ulimit -l)");
    } else {
        kp_sign_keypair(public_key, *secret, seed);
        if (memcmp(public_key, expected, sizeof(public_key)) != 0) {
            status =
                kp_fail(error, KP_REFUSED, "%s: the agreement names another key for %s", path, who);
        }
    }
    kp_secret_free(seed);
    if (status != KP_OK) {
        kp_secret_free(*secret);
        *secret = NULL;
    }
    return status;
}
