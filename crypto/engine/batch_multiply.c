#include "crypto/engine/engine.h"

#include "crypto/engine/border.h"
#include "crypto/engine/lanes.h"
#include "crypto/engine/point4.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

/* Points that share an inversion. */
enum { BLOCK = 256, GROUPS = BLOCK / 4 };

/* At a fixed place within a page: how fast the same code is depends on how the places of what it
 * stores and of what it loads differ modulo 4096. The frames of the functions called are fixed by
 * it too. */
struct workspace {
    _Alignas(4096) struct kp_doubled4 doubled[GROUPS];
    uint8_t bytes[GROUPS * KP_FE4_BYTES];
    struct kp_montgomery4 point;
    struct kp_edwards4 product;
    uint8_t scalar[32];
};

/* Half of the scalar, since encoding doubles; then that or its negative, whichever is odd: the
 * ladder ends in the same way for all, and never meets order - 1, for which k + 1 would be nothing.
 * The answer: 1 when it is the negative. */
static uint64_t half_and_odd(uint8_t out[static 32], const uint8_t scalar[static 32])
{
    /* (order + 1) / 2 */
    static const uint8_t half[32] = {0xf7, 0xe9, 0x7a, 0x2e, 0x8d, 0x31, 0x09, 0x2c,       0x6b,
                                     0xce, 0x7b, 0x51, 0xef, 0x7c, 0x6f, 0x0a, [31] = 0x08};
    uint8_t other[32];
    crypto_core_ristretto255_scalar_mul(out, scalar, half);
    crypto_core_ristretto255_scalar_negate(other, out);
    uint8_t even = (uint8_t)(~out[0] & 1U);
    uint8_t mask = (uint8_t)-even;
    for (size_t i = 0; i < 32; i++) {
        out[i] = (uint8_t)(out[i] ^ (mask & (out[i] ^ other[i])));
    }
    kp_wipe(other, sizeof(other));
    return even;
}

static int multiply_block(struct workspace *work, uint8_t *out, uint64_t negative,
                          const uint8_t *points, size_t count)
{
    uint8_t four[KP_FE4_BYTES];
    size_t groups = (count + 3) / 4;
    kp_vmask bad = kp_vmask_bit(0);
    for (size_t i = 0; i < groups; i++) {
        kp_lanes_fill(four, points + i * KP_FE4_BYTES, count - 4 * i);
        bad = kp_vmask_or(bad, kp_montgomery4_decode(&work->point, four));
        kp_ladder4(&work->product, work->scalar, negative, &work->point);
        kp_doubled4_from(&work->doubled[i], &work->product);
    }
    kp_doubled4_encode(work->bytes, work->doubled, groups);
    memcpy(out, work->bytes, count * 32);
    kp_wipe(work->doubled, groups * sizeof(work->doubled[0]));
    return kp_vmask_any(bad);
}

int kp_engine_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                       size_t count)
{
    struct workspace work;
    int bad = 0;
    uint64_t negative = half_and_odd(work.scalar, scalar);
    unsigned before = kp_border_enter();
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        bad |= multiply_block(&work, out + done * 32, negative, points + done * 32, now);
    }
    kp_border_leave(before);
    kp_wipe(&work.point, sizeof(work.point));
    kp_wipe(&work.product, sizeof(work.product));
    kp_wipe(work.scalar, sizeof(work.scalar));
    return bad;
}
