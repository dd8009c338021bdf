/* Verdict files, as commands show them and write them into a folder. */
#ifndef KP_COORDINATOR_COMMANDS_VERDICT_PRINT_H
#define KP_COORDINATOR_COMMANDS_VERDICT_PRINT_H

#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/json.h"
#include "proto/limits.h"
#include "proto/proof.h"

#include <stddef.h>
#include <stdint.h>

/* What the file says; whether it is right, `kruispunt verify verdict` tells. */
KP_MUST_USE enum kp_status kp_verdict_read(struct kp_proof_verdict *verdict,
                                           const struct kp_buffer *file, struct kp_error *error);

/* One after the other: a line, or an object in `array` when it isn't NULL; into a file of its own
 * in `folder` when that isn't NULL (made when it isn't there; a file is never replaced). */
struct kp_verdict_printer {
    const struct kp_agreement *agreement; /* for names; borrowed */
    const char *folder;                   /* borrowed */
    cJSON *array;                         /* borrowed */
    uint32_t count;                       /* zero-initialise */
};
KP_MUST_USE enum kp_status kp_verdict_print(struct kp_verdict_printer *printer,
                                            const struct kp_buffer *file, struct kp_error *error);
/* What must be said with them. */
#define KP_VERDICT_WARNING                                                                         \
    "Don't show verdicts to the members that they name while the agreement's term lasts: some "    \
    "tell that an address of theirs matched."

#endif
