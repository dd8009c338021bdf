/* Internal. Where a decision is taken on something computed from secrets.
 *
 * Whether a scalar or a point was refused may be known to all: a refusal ends the work, and what
 * was refused never carries a secret any further. Every such decision passes through this one
 * function, out of line, so that tests/constant_time can declassify it here and report every branch
 * elsewhere.
 */
#ifndef KP_CRYPTO_VERDICT_H
#define KP_CRYPTO_VERDICT_H

#include <stdbool.h>

/* True when `bad` is not zero. */
bool kp_verdict(int bad);

#endif
