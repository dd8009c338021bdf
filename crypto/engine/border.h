/* Internal. Where the engine's arithmetic begins and ends.
 *
 * Its exactness rests on rounding to nearest. A caller may have set another mode, or traps, so the
 * mode is set before and the caller's restored after. What computes between the two is in other
 * files, so no compiler can move it past them.
 */
#ifndef KP_CRYPTO_ENGINE_BORDER_H
#define KP_CRYPTO_ENGINE_BORDER_H

#include <immintrin.h>

/* The default of the processor: to nearest, no traps, no flush to zero. */
#define KP_ROUND_TO_NEAREST 0x1f80U

static inline unsigned kp_border_enter(void)
{
    unsigned before = _mm_getcsr();
    _mm_setcsr(KP_ROUND_TO_NEAREST);
    return before;
}

static inline void kp_border_leave(unsigned before)
{
    _mm_setcsr(before);
}

#endif
