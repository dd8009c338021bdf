#include "crypto/engine/calls.h"

#include "crypto/engine/border.h"
#include "crypto/engine/buckets4.h"
#include "crypto/engine/lanes.h"
#include "crypto/secret.h"

/* As in batch_multiply.c. */
struct workspace {
    _Alignas(4096) struct kp_edwards4 points[2];
    struct kp_term4 term;
    uint8_t eight[2 * KP_FE4_BYTES];
};

static size_t groups(size_t count)
{
    return (count + 3) / 4;
}

size_t kp_four_terms_bytes(size_t count)
{
    return groups(count) * 4 * sizeof(struct kp_term);
}

size_t kp_four_sums_bytes(size_t count)
{
    return groups(count) * sizeof(struct kp_sum4);
}

void kp_four_sums_start(struct kp_sum4 *sums, size_t count)
{
    for (size_t i = 0; i < groups(count); i++) {
        kp_sum4_start(&sums[i]);
    }
}

int kp_four_decode(struct kp_term *terms, struct kp_sum4 *sums, const uint8_t *points, size_t count)
{
    struct workspace work;
    kp_vmask bad = kp_vmask_bit(0);
    unsigned before = kp_border_enter();
    for (size_t i = 0; i < count; i += 8) {
        size_t fours = kp_lanes_fill_two(work.eight, points + 32 * i, count - i);
        bad = kp_vmask_or(bad, kp_edwards4_decode(work.points, work.eight, fours));
        for (size_t j = 0; j < fours; j++) {
            kp_term4_from(&work.term, &work.points[j]);
            if (terms != NULL) {
                kp_terms_store(terms + i + 4 * j, &work.term);
            }
            if (sums != NULL) {
                kp_sum4_add(&sums[i / 4 + j], &work.term);
            }
        }
    }
    kp_border_leave(before);
    kp_wipe(&work, sizeof(work));
    return kp_vmask_any(bad);
}
