#include "proto/process.h"

#include "crypto/secret.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

enum kp_status kp_process_harden(struct kp_error *error)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) {
        return kp_fail(error, KP_FAILED, "can't forbid core files: %s", strerror(errno));
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return kp_fail(error, KP_FAILED, "can't make the process undumpable: %s", strerror(errno));
    }
    /* Threads of NNG allocate too, and each would hold a heap of its own, mostly empty. */
    (void)mallopt(M_ARENA_MAX, 2);
    umask(S_IRWXG | S_IRWXO);
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    if (sigaction(SIGPIPE, &ignore, NULL) != 0) {
        return kp_fail(error, KP_FAILED, "can't ignore SIGPIPE: %s", strerror(errno));
    }
    if (kp_crypto_start() != KP_OK) {
        return kp_fail(error, KP_FAILED,
                       "no memory can be locked: raise the limit on it (`ulimit -l`, or "
                       "LimitMEMLOCK= in the systemd unit)");
    }
    return KP_OK;
}
