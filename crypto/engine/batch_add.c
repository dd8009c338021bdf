#include "crypto/engine/calls.h"

#include "crypto/engine/border.h"
#include "crypto/engine/lanes.h"
#include "crypto/engine/point4.h"
#include "crypto/secret.h"

#include <string.h>

enum { BLOCK = 256, GROUPS = BLOCK / 4 };

/* As in batch_multiply.c. */
struct workspace {
    _Alignas(4096) struct kp_ratio4 sums[GROUPS];
    uint8_t bytes[GROUPS * KP_FE4_BYTES];
    uint8_t both[2 * KP_FE4_BYTES];
    struct kp_quartic4 pair[2];
};

/* The law of addition has no exception for decoded points: of s and 1 / s, or s and -1 / s, never
 * are both encodings. The one that isn't refused on the left, the identity, has s = 0. */
static kp_vmask add(struct workspace *work, struct kp_ratio4 *sum, const uint8_t *left,
                    const uint8_t *right, size_t count, kp_vmask subtract)
{
    kp_vmask identity[2];
    kp_lanes_fill(work->both, left, count);
    kp_lanes_fill(work->both + KP_FE4_BYTES, right, count);
    kp_vmask bad = kp_quartic4_decode(work->pair, identity, work->both, 2);
    kp_fe4_negate_if(&work->pair[1].s, subtract, &work->pair[1].s);
    (void)kp_ratio4_of_sum(sum, &work->pair[0], &work->pair[1]);
    return kp_vmask_or(bad, identity[1]);
}

static int add_all(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count,
                   uint64_t subtract)
{
    struct workspace work;
    kp_vmask bad = kp_vmask_bit(0);
    unsigned before = kp_border_enter();
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        size_t groups = (now + 3) / 4;
        for (size_t i = 0; i < groups; i++) {
            size_t at = (done + 4 * i) * 32;
            bad = kp_vmask_or(bad, add(&work, &work.sums[i], left + at, right + at, now - 4 * i,
                                       kp_vmask_bit(subtract)));
        }
        kp_ratio4_encode(work.bytes, work.sums, groups);
        memcpy(out + done * 32, work.bytes, now * 32);
        kp_wipe(work.sums, groups * sizeof(work.sums[0]));
    }
    kp_border_leave(before);
    kp_wipe(work.bytes, sizeof(work) - offsetof(struct workspace, bytes));
    return kp_vmask_any(bad);
}

int kp_four_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    return add_all(out, left, right, count, 0);
}

int kp_four_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count)
{
    return add_all(out, left, right, count, 1);
}

int kp_four_check(const uint8_t *points, size_t count)
{
    struct {
        _Alignas(4096) uint8_t eight[2 * KP_FE4_BYTES];
        struct kp_edwards4 points[2];
    } work;
    int bad = 0;
    unsigned before = kp_border_enter();
    for (size_t i = 0; i < count && bad == 0; i += 8) {
        size_t fours = kp_lanes_fill_two(work.eight, points + 32 * i, count - i);
        bad = kp_vmask_any(kp_edwards4_decode(work.points, work.eight, fours));
    }
    kp_border_leave(before);
    return bad;
}
