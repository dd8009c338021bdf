#include "crypto/engine/half.h"

#include "crypto/secret.h"

#include <stddef.h>

__extension__ typedef unsigned __int128 u128;

static const uint64_t order[4] = {0x5812631a5cf5d3ed, 0x14def9dea2f79cd6, 0, 0x1000000000000000};

uint64_t kp_half_and_odd(uint8_t out[static 32], const uint8_t scalar[static 32])
{
    uint64_t k[4] = {0};
    for (size_t i = 0; i < 32; i++) {
        k[i / 8] |= (uint64_t)scalar[i] << (8 * (i % 8));
    }
    /* Half of it, or of it with the order when it is odd. */
    uint64_t mask = -(k[0] & 1);
    u128 t = 0;
    for (size_t i = 0; i < 4; i++) {
        t += (u128)k[i] + (order[i] & mask);
        k[i] = (uint64_t)t;
        t >>= 64;
    }
    for (size_t i = 0; i < 4; i++) {
        k[i] = k[i] >> 1 | (i < 3 ? k[i + 1] << 63 : 0);
    }
    /* That, or the order less that when it is even. */
    uint64_t even = ~k[0] & 1;
    mask = -even;
    uint64_t borrow = 0;
    for (size_t i = 0; i < 4; i++) {
        t = (u128)order[i] - k[i] - borrow;
        borrow = (uint64_t)(t >> 64) & 1;
        k[i] ^= mask & (k[i] ^ (uint64_t)t);
    }
    for (size_t i = 0; i < 32; i++) {
        out[i] = (uint8_t)(k[i / 8] >> (8 * (i % 8)));
    }
    kp_wipe(k, sizeof(k));
    return even;
}
