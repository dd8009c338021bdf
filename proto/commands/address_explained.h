/* An address, its verdict and the steps to it, printed. */
#ifndef KP_PROTO_COMMANDS_ADDRESS_EXPLAINED_H
#define KP_PROTO_COMMANDS_ADDRESS_EXPLAINED_H

#include "proto/address/resolve.h"

#include <stdbool.h>
#include <stddef.h>

struct kp_register;

#define KP_EXPLAINED_BUFFER (64u << 10)

/* Zero-initialise; what is used of it is text that was written, so wipe it. */
struct kp_explained {
    const char *text; /* as written; any bytes */
    size_t size;
    struct kp_address_result result;
    struct kp_address_trace trace;
    size_t used; /* of what goes to standard output in one piece */
    char out[KP_EXPLAINED_BUFFER];
};

/* On standard output, as text or as one line of JSON, in which whatever was written is valid. `reg`
 * may be NULL. KP_FAILED: the register can't be read. */
KP_MUST_USE enum kp_status kp_explained_print(struct kp_explained *explained,
                                              const struct kp_register *reg, bool json,
                                              struct kp_error *error);

#endif
