/* What went wrong, in words: what, where, and what to do about it. Never an address, a signal's
 * content or a key. */
#ifndef KP_PROTO_ERROR_H
#define KP_PROTO_ERROR_H

#include "crypto/status.h"

#define KP_ERROR_TEXT 512

struct kp_error {
    enum kp_status status;
    char text[KP_ERROR_TEXT];
};

/* Fills in *error (which may be NULL) and returns status, so that `return kp_fail(...)` reads well.
 */
enum kp_status kp_fail(struct kp_error *error, enum kp_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "context: " before the text that is there and returns its status. */
enum kp_status kp_fail_in(struct kp_error *error, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
