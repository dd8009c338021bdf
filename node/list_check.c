#include "node/list_check.h"

#include "crypto/group.h"
#include "crypto/secret.h"
#include "node/slots.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum kp_status kp_check_list_points(const uint8_t *points, uint32_t count, uint32_t member,
                                    struct kp_error *error)
{
    if (kp_points_check(points, count) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "the list of member %u has a point that must be refused",
                       member);
    }
    return KP_OK;
}

static int compare_points(const void *left, const void *right)
{
    return memcmp(left, right, KP_POINT_BYTES);
}

enum kp_status kp_check_list_duplicates(const uint8_t *points, uint32_t count, uint32_t member,
                                        struct kp_error *error)
{
    enum kp_status status = KP_OK;
    uint8_t *sorted = kp_bulk_new((size_t)count * KP_POINT_BYTES);
    if (sorted == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to compare %u points", count);
    }
    if (count > 0) {
        memcpy(sorted, points, (size_t)count * KP_POINT_BYTES);
        qsort(sorted, count, KP_POINT_BYTES, compare_points);
    }
    for (uint32_t i = 1; status == KP_OK && i < count; i++) {
        const uint8_t *at = sorted + (size_t)i * KP_POINT_BYTES;
        if (memcmp(at, at - KP_POINT_BYTES, KP_POINT_BYTES) == 0) {
            status = kp_fail(error, KP_REFUSED, "the list of member %u has a point twice", member);
        }
    }
    kp_bulk_free(sorted);
    return status;
}

enum kp_status kp_check_list_held(uint64_t held, uint64_t counter, uint32_t member,
                                  struct kp_error *error)
{
    if (held != counter && held + 1 != counter) {
        return kp_fail(error, KP_FAILED,
                       "of member %u this node holds the list of round %" PRIu64
                       ", and can't judge one of round %" PRIu64,
                       member, held, counter);
    }
    return KP_OK;
}

enum kp_status kp_check_list_retry(const uint8_t *before, const uint8_t *points, uint32_t count,
                                   uint32_t member, struct kp_error *error)
{
    if (kp_list_changes(before, points, count) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "the list of member %u is another one than in an earlier attempt at this "
                       "round",
                       member);
    }
    return KP_OK;
}

enum kp_status kp_check_list_due(const struct kp_agreement *agreement, uint64_t counter,
                                 const uint8_t *before, const uint8_t *points, uint32_t count,
                                 uint32_t member, struct kp_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t at = (size_t)i * KP_POINT_BYTES;
        if (memcmp(before + at, points + at, KP_POINT_BYTES) != 0 &&
            !kp_slots_due(agreement, counter, i)) {
            return kp_fail(
                error, KP_REFUSED,
                "the list of member %u has another point in slot %u, whose turn it isn't", member,
                i);
        }
    }
    return KP_OK;
}

uint32_t kp_list_changes(const uint8_t *before, const uint8_t *points, uint32_t count)
{
    uint32_t changes = 0;
    for (uint32_t i = 0; i < count; i++) {
        size_t at = (size_t)i * KP_POINT_BYTES;
        changes += memcmp(before + at, points + at, KP_POINT_BYTES) != 0;
    }
    return changes;
}
