#include "node/list_check.h"

#include "crypto/group.h"
#include "node/slots.h"
#include "proto/limits.h"
#include "proto/steps.h"

#include <inttypes.h>
#include <stdbool.h>
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

enum kp_status kp_check_list_duplicates(struct kp_sorter *sorted, uint32_t member,
                                        struct kp_error *error)
{
    uint8_t last[KP_POINT_BYTES];
    const uint8_t *point = NULL;
    size_t size = 0;
    for (uint64_t i = 0;; i++) {
        enum kp_status status = i % KP_CHUNK_POINTS == 0 ? kp_pause(error) : KP_OK;
        if (status == KP_OK) {
            status = kp_sorter_next(sorted, &point, &size, error);
        }
        if (status != KP_OK || point == NULL) {
            return status;
        }
        if (i > 0 && memcmp(last, point, sizeof(last)) == 0) {
            return kp_fail(error, KP_REFUSED, "the list of member %u has a point twice", member);
        }
        memcpy(last, point, sizeof(last));
    }
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
                                 const uint8_t *before, const uint8_t *points, uint32_t first,
                                 uint32_t count, uint32_t member, struct kp_error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t at = (size_t)i * KP_POINT_BYTES;
        if (memcmp(before + at, points + at, KP_POINT_BYTES) != 0 &&
            !kp_slots_due(agreement, counter, first + i)) {
            return kp_fail(
                error, KP_REFUSED,
                "the list of member %u has another point in slot %u, whose turn it isn't", member,
                first + i);
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
