/* Internal. Fewer than four points among four. */
#ifndef KP_CRYPTO_ENGINE_LANES_H
#define KP_CRYPTO_ENGINE_LANES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The generator: stands in for what isn't there, where a zero would wipe its neighbours. */
extern const uint8_t kp_lanes_generator[32];

/* Up to four of the `left` points at `points`, and generators after them. */
static inline void kp_lanes_fill(uint8_t four[static 128], const uint8_t *points, size_t left)
{
    size_t present = left < 4 ? left : 4;
    memcpy(four, points, present * 32);
    for (size_t i = present; i < 4; i++) {
        memcpy(four + 32 * i, kp_lanes_generator, 32);
    }
}

/* The same for eight; the answer: how many times four there are. */
static inline size_t kp_lanes_fill_two(uint8_t eight[static 256], const uint8_t *points,
                                       size_t left)
{
    kp_lanes_fill(eight, points, left);
    if (left > 4) {
        kp_lanes_fill(eight + 128, points + 128, left - 4);
    }
    return left > 4 ? 2 : 1;
}

#endif
