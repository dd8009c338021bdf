/* The group's arithmetic by each of the engine's and by libsodium: whatever comes in, the same
 * comes out.
 *
 * The first byte says what is done, the second what the points are made of; then 64 bytes for each:
 * a point's 32 and a scalar's. In one of two kinds the bytes of a point are used as they stand, in
 * the other they are mapped to the group with those of the scalar, so that most of them are points.
 */
#include "crypto/engine/engine.h"
#include "crypto/group.h"
#include "crypto/group_sodium.h"
#include "tests/fuzz/fuzz.h"

#include <stdbool.h>
#include <string.h>

enum { MOST = 13, ITEM = 64 };

struct arguments {
    size_t count;
    uint8_t points[MOST * KP_POINT_BYTES];
    uint8_t others[MOST * KP_POINT_BYTES];
    uint8_t scalars[MOST * KP_SCALAR_BYTES];
    uint8_t uniform[MOST * ITEM];
};

static void read_arguments(struct arguments *in, uint8_t raw, const uint8_t *items, size_t size)
{
    memset(in, 0, sizeof(*in));
    in->count = size / ITEM < MOST ? size / ITEM : MOST;
    memcpy(in->uniform, items, in->count * ITEM);
    for (size_t i = 0; i < in->count; i++) {
        const uint8_t *item = in->uniform + i * ITEM;
        uint8_t *point = in->points + i * KP_POINT_BYTES;
        if (((raw >> (i % 8)) & 1) != 0) {
            memcpy(point, item, KP_POINT_BYTES);
        } else {
            kp_sodium_from_uniform(point, item, 1);
        }
        memcpy(in->scalars + i * KP_SCALAR_BYTES, item + 32, KP_SCALAR_BYTES);
    }
    /* The same, one further on. */
    for (size_t i = 0; i < in->count; i++) {
        memcpy(in->others + i * KP_POINT_BYTES, in->points + (i + 1) % in->count * KP_POINT_BYTES,
               KP_POINT_BYTES);
    }
}

static enum kp_status run(uint8_t *out, uint8_t what, const struct arguments *in)
{
    switch (what % 9) {
    case 0:
        return kp_points_multiply(out, in->scalars, in->points, in->count);
    case 1:
        return kp_points_multiply_base(out, in->scalars, in->count);
    case 2:
        return kp_points_multiply_fixed(out, in->scalars, in->points, in->count);
    case 3:
        return kp_points_add(out, in->points, in->others, in->count);
    case 4:
        return kp_points_subtract(out, in->points, in->others, in->count);
    case 5:
        return kp_points_combine(out, in->scalars, in->points, in->count);
    case 6:
        return kp_points_check(in->points, in->count);
    case 8:
        return kp_points_multiply_each(out, in->scalars, in->points, in->count);
    default:
        kp_points_from_uniform(out, in->uniform, in->count);
        return KP_OK;
    }
}

void fuzz_arithmetic(const uint8_t *bytes, size_t size)
{
    struct arguments in;
    uint8_t out[2][MOST * KP_POINT_BYTES] = {{0}};
    if (size < 2) {
        return;
    }
    read_arguments(&in, bytes[1], bytes + 2, size - 2);
    kp_engine_use(false);
    enum kp_status without = run(out[0], bytes[0], &in);
    kp_engine_use(true);
    for (int i = KP_ENGINE_DOUBLES; i <= KP_ENGINE_INTEGERS; i++) {
        if (kp_engine_choose((enum kp_engine_arithmetic)i)) {
            memset(out[1], 0, sizeof(out[1]));
            enum kp_status with = run(out[1], bytes[0], &in);
            FUZZ_CHECK(with == without);
            FUZZ_CHECK(memcmp(out[0], out[1], sizeof(out[0])) == 0);
        }
    }
}
