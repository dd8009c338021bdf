/* How every fallible function of Kruispunt answers.
 *
 * One type, four kinds of failure, told apart by whose move it is. The result must be used.
 * Functions outside crypto/ also fill in a struct kp_error (proto/error.h) that says what, where
 * and what to do; crypto/ has no text, because its callers know what the bytes were for.
 */
#ifndef KP_CRYPTO_STATUS_H
#define KP_CRYPTO_STATUS_H

enum kp_status {
    KP_OK = 0,
    KP_REFUSED, /* what came from outside (a peer, a file, a person) is not acceptable */
    KP_FAILED,  /* our own side: memory, disk, operating system */
    KP_RETRY,   /* not now: the other side is not reachable, a limit is reached for the moment */
    KP_USAGE,   /* called wrongly: a command line, a configuration */
};

#define KP_MUST_USE __attribute__((warn_unused_result))

#endif
