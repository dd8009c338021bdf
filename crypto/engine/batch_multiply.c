#include "crypto/engine/calls.h"

#include "crypto/engine/border.h"
#include "crypto/engine/buckets4.h"
#include "crypto/engine/half.h"
#include "crypto/engine/lanes.h"
#include "crypto/engine/point4.h"
#include "crypto/secret.h"

#include <string.h>

/* Points that share an inversion. */
enum { BLOCK = 256, GROUPS = BLOCK / 4 };

/* At a fixed place within a page: how fast the same code is depends on how the places of what it
 * stores and of what it loads differ modulo 4096. The frames of the functions called are fixed by
 * it too. */
struct workspace {
    _Alignas(4096) struct kp_ratio4 products[GROUPS];
    uint8_t bytes[GROUPS * KP_FE4_BYTES];
    uint8_t eight[2 * KP_FE4_BYTES];
    struct kp_montgomery4 points[2];
    struct kp_edwards4 product;
    uint8_t scalar[32];
};

static void multiply_points(struct workspace *work, size_t first, size_t fours, uint64_t negative)
{
    for (size_t i = 0; i < fours; i++) {
        kp_ladder4(&work->product, work->scalar, negative, &work->points[i]);
        kp_ratio4_of_double(&work->products[first + i], &work->product);
    }
}

static void encode_block(struct workspace *work, uint8_t *out, size_t count)
{
    size_t groups = (count + 3) / 4;
    kp_ratio4_encode(work->bytes, work->products, groups);
    memcpy(out, work->bytes, count * 32);
    kp_wipe(work->products, groups * sizeof(work->products[0]));
}

static int multiply_block(struct workspace *work, uint8_t *out, uint64_t negative,
                          const uint8_t *points, size_t count)
{
    kp_vmask bad = kp_vmask_bit(0);
    for (size_t i = 0; i < count; i += 8) {
        size_t fours = kp_lanes_fill_two(work->eight, points + i * 32, count - i);
        bad = kp_vmask_or(bad, kp_montgomery4_decode(work->points, work->eight, fours));
        multiply_points(work, i / 4, fours, negative);
    }
    encode_block(work, out, count);
    return kp_vmask_any(bad);
}

int kp_four_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                     size_t count)
{
    struct workspace work;
    int bad = 0;
    uint64_t negative = kp_half_and_odd(work.scalar, scalar);
    unsigned before = kp_border_enter();
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        bad |= multiply_block(&work, out + done * 32, negative, points + done * 32, now);
    }
    kp_border_leave(before);
    kp_wipe(work.bytes, sizeof(work) - offsetof(struct workspace, bytes));
    return bad;
}

struct each {
    struct workspace work;
    uint8_t scalars[KP_FE4_BYTES];
    uint64_t negative[4];
};

/* Where fewer than four are left, the first scalar again. */
static void load_scalars(struct each *each, const uint8_t *scalars, size_t left)
{
    for (size_t i = 0; i < 4; i++) {
        each->negative[i] =
            kp_half_and_odd(each->scalars + 32 * i, scalars + 32 * (i < left ? i : 0));
    }
}

static int each_block(struct each *each, uint8_t *out, const uint8_t *scalars,
                      const uint8_t *points, size_t count)
{
    struct workspace *work = &each->work;
    kp_vmask bad = kp_vmask_bit(0);
    for (size_t i = 0; i < count; i += 8) {
        size_t fours = kp_lanes_fill_two(work->eight, points + i * 32, count - i);
        bad = kp_vmask_or(bad, kp_montgomery4_decode(work->points, work->eight, fours));
        for (size_t j = 0; j < fours; j++) {
            load_scalars(each, scalars + (i + 4 * j) * 32, count - i - 4 * j);
            kp_ladder4_each(&work->product, each->scalars, each->negative, &work->points[j]);
            kp_ratio4_of_double(&work->products[i / 4 + j], &work->product);
        }
    }
    encode_block(work, out, count);
    return kp_vmask_any(bad);
}

int kp_four_multiply_each(uint8_t *out, const uint8_t *scalars, const uint8_t *points, size_t count)
{
    struct each each;
    int bad = 0;
    unsigned before = kp_border_enter();
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        bad |= each_block(&each, out + done * 32, scalars + done * 32, points + done * 32, now);
    }
    kp_border_leave(before);
    kp_wipe(each.work.bytes, sizeof(each) - offsetof(struct workspace, bytes));
    return bad;
}

struct keeping {
    struct workspace work;
    struct kp_edwards4 points[2];
    struct kp_term4 term;
};

static int keep_block(struct keeping *keeping, uint8_t *out, struct kp_term *terms,
                      uint64_t negative, const uint8_t *points, size_t count)
{
    struct workspace *work = &keeping->work;
    kp_vmask bad = kp_vmask_bit(0);
    for (size_t i = 0; i < count; i += 8) {
        size_t fours = kp_lanes_fill_two(work->eight, points + i * 32, count - i);
        bad = kp_vmask_or(bad, kp_both4_decode(keeping->points, work->points, work->eight, fours));
        for (size_t j = 0; j < fours; j++) {
            kp_term4_from(&keeping->term, &keeping->points[j]);
            kp_terms_store(terms + i + 4 * j, &keeping->term);
        }
        multiply_points(work, i / 4, fours, negative);
    }
    encode_block(work, out, count);
    return kp_vmask_any(bad);
}

int kp_four_multiply_keeping(uint8_t *out, struct kp_term *terms, const uint8_t scalar[static 32],
                             const uint8_t *points, size_t count)
{
    struct keeping keeping;
    int bad = 0;
    uint64_t negative = kp_half_and_odd(keeping.work.scalar, scalar);
    unsigned before = kp_border_enter();
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        bad |=
            keep_block(&keeping, out + done * 32, terms + done, negative, points + done * 32, now);
    }
    kp_border_leave(before);
    kp_wipe(keeping.work.bytes, sizeof(keeping) - offsetof(struct workspace, bytes));
    return bad;
}
