#include "crypto/engine/calls.h"

#include "crypto/engine/border.h"
#include "crypto/engine/sum4.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <string.h>

enum { BLOCK = 256, GROUPS = BLOCK / 4 };

/* As in batch_multiply.c. */
struct workspace {
    _Alignas(4096) struct kp_ratio4 sums[GROUPS];
    uint8_t bytes[GROUPS * KP_FE4_BYTES];
    uint8_t halves[2 * KP_FE4_BYTES];
    struct kp_quartic4 pair[2];
    struct kp_edwards4 point;
    struct kp_sum4 sum;
    struct kp_sum4 other;
};

/* The points of both halves of up to four inputs; where fewer are left, the first again. */
static void map(struct workspace *work, const uint8_t *uniform, size_t left)
{
    for (size_t i = 0; i < 4; i++) {
        const uint8_t *both = uniform + 64 * (i < left ? i : 0);
        memcpy(work->halves + 32 * i, both, 32);
        memcpy(work->halves + KP_FE4_BYTES + 32 * i, both + 32, 32);
    }
    kp_quartic4_map(work->pair, work->halves, 2);
}

/* On the Edwards curve, whose law of addition has no exceptions, and encoded with a root of its
 * own. */
static void map_in_full(struct workspace *work, const uint8_t *uniform, size_t count)
{
    for (size_t i = 0; 4 * i < count; i++) {
        map(work, uniform + 256 * i, count - 4 * i);
        kp_quartic4_to_edwards(&work->point, &work->pair[0]);
        kp_sum4_from(&work->sum, &work->point);
        kp_quartic4_to_edwards(&work->point, &work->pair[1]);
        kp_sum4_from(&work->other, &work->point);
        kp_sum4_add_sum(&work->sum, &work->other);
        kp_sum4_to(&work->point, &work->sum);
        kp_edwards4_encode(work->bytes + i * KP_FE4_BYTES, &work->point, 1);
    }
}

/* Where the quartic's law of addition has an exception, all is done again. That happens for inputs
 * that were sought for it, and for a hash once in 2^250; so that it may be seen gives nothing away.
 */
static void map_block(struct workspace *work, const uint8_t *uniform, size_t count)
{
    size_t groups = (count + 3) / 4;
    kp_vmask exceptions = kp_vmask_bit(0);
    for (size_t i = 0; i < groups; i++) {
        map(work, uniform + 256 * i, count - 4 * i);
        exceptions = kp_vmask_or(exceptions,
                                 kp_ratio4_of_sum(&work->sums[i], &work->pair[0], &work->pair[1]));
    }
    kp_ratio4_encode(work->bytes, work->sums, groups);
    if (kp_verdict(kp_vmask_any(exceptions))) {
        map_in_full(work, uniform, count);
    }
    kp_wipe(work->sums, groups * sizeof(work->sums[0]));
}

void kp_four_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count)
{
    struct workspace work;
    unsigned before = kp_border_enter();
    for (size_t done = 0; done < count; done += BLOCK) {
        size_t now = count - done < BLOCK ? count - done : BLOCK;
        map_block(&work, uniform + done * 64, now);
        memcpy(out + done * 32, work.bytes, now * 32);
    }
    kp_border_leave(before);
    kp_wipe(work.bytes, sizeof(work) - offsetof(struct workspace, bytes));
}
