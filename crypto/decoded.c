#include "crypto/decoded.h"

#include "crypto/engine/engine.h"
#include "crypto/group_sodium.h"
#include "crypto/secret.h"
#include "crypto/verdict.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>

struct kp_decoded {
    const uint8_t *points; /* borrowed */
    size_t count;
    struct kp_term *terms; /* behind this struct; NULL: libsodium, which decodes each time */
};

struct kp_sums {
    size_t count;
    struct kp_sum4 *four; /* behind this struct; NULL: libsodium */
    uint8_t *encoded;     /* then these are */
};

/* Where what is behind a struct begins: after a line of the cache. */
#define BEHIND 64
_Static_assert(sizeof(struct kp_decoded) <= BEHIND, "the terms have a place of their own");
_Static_assert(sizeof(struct kp_sums) <= BEHIND, "the sums have a place of their own");

static bool is_batch(size_t count)
{
    return kp_engine_ready() && count >= KP_ENGINE_COMBINE_LEAST;
}

/* ---- weights ---- */

void kp_weights_to_scalars(uint8_t *scalars, const uint8_t *weights, size_t digits, size_t count)
{
    uint8_t middle[KP_SCALAR_BYTES] = {0}; /* what stands for a weight of zero */
    memset(middle, 128, digits);
    for (size_t i = 0; i < count; i++) {
        uint8_t weight[KP_SCALAR_BYTES] = {0};
        memcpy(weight, weights + i * digits, digits);
        crypto_core_ristretto255_scalar_sub(scalars + i * KP_SCALAR_BYTES, weight, middle);
    }
}

/* ---- sums ---- */

struct kp_sums *kp_sums_new(size_t count)
{
    bool four = is_batch(count);
    struct kp_sums *sums =
        kp_bulk_new(BEHIND + (four ? kp_engine_sums_bytes(count) : count * KP_POINT_BYTES));
    if (sums == NULL) {
        return NULL;
    }
    void *behind = (uint8_t *)sums + BEHIND;
    sums->count = count;
    if (four) {
        sums->four = behind;
        kp_engine_sums_start(sums->four, count);
    } else {
        sums->encoded = behind; /* zeros are the identity */
    }
    return sums;
}

void kp_sums_free(struct kp_sums *sums)
{
    kp_bulk_free(sums);
}

static enum kp_status finish(uint8_t *out, size_t count, int bad)
{
    if (kp_verdict(bad)) {
        kp_wipe(out, count * KP_POINT_BYTES);
        return KP_REFUSED;
    }
    return KP_OK;
}

static int check_scalars(const uint8_t *scalars, size_t count)
{
    int bad = 0;
    for (size_t i = 0; i < count && bad == 0; i++) {
        bad = kp_scalar_check(scalars + i * KP_SCALAR_BYTES) != KP_OK;
    }
    return bad;
}

enum kp_status kp_sums_add(struct kp_sums *sums, const uint8_t *points, size_t count)
{
    if (sums->count != count) {
        return KP_USAGE;
    }
    int bad = sums->four != NULL ? kp_engine_decode(NULL, sums->four, points, count)
                                 : kp_sodium_add(sums->encoded, sums->encoded, points, count);
    return kp_verdict(bad) ? KP_REFUSED : KP_OK;
}

enum kp_status kp_sums_subtract_fixed(uint8_t *out, const struct kp_sums *sums,
                                      const uint8_t *scalars,
                                      const uint8_t point[static KP_POINT_BYTES])
{
    size_t count = sums->count;
    int bad = check_scalars(scalars, count);
    if (sums->four != NULL) {
        bad |= kp_engine_sums_subtract(out, sums->four, scalars, point, count);
        return finish(out, count, bad);
    }
    enum kp_status status = kp_points_multiply_fixed(out, scalars, point, count);
    return status == KP_OK ? kp_points_subtract(out, sums->encoded, out, count) : status;
}

/* ---- points ---- */

static struct kp_decoded *decoded_alloc(const uint8_t *points, size_t count, bool four)
{
    struct kp_decoded *decoded = kp_bulk_new(BEHIND + (four ? kp_engine_terms_bytes(count) : 0));
    if (decoded != NULL) {
        decoded->points = points;
        decoded->count = count;
        decoded->terms = four ? (struct kp_term *)(void *)((uint8_t *)decoded + BEHIND) : NULL;
    }
    return decoded;
}

void kp_decoded_free(struct kp_decoded *decoded)
{
    kp_bulk_free(decoded);
}

static int decode(const struct kp_decoded *decoded, struct kp_sums *sums)
{
    if (decoded->terms != NULL) {
        return kp_engine_decode(decoded->terms, sums == NULL ? NULL : sums->four, decoded->points,
                                decoded->count);
    }
    return sums == NULL
               ? kp_sodium_check(decoded->points, decoded->count)
               : kp_sodium_add(sums->encoded, sums->encoded, decoded->points, decoded->count);
}

enum kp_status kp_decoded_new(struct kp_decoded **decoded, const uint8_t *points, size_t count,
                              struct kp_sums *sums)
{
    *decoded = NULL;
    if (sums != NULL && sums->count != count) {
        return KP_USAGE;
    }
    bool four = sums == NULL ? is_batch(count) : sums->four != NULL;
    struct kp_decoded *made = decoded_alloc(points, count, four);
    if (made == NULL) {
        return KP_FAILED;
    }
    if (kp_verdict(decode(made, sums))) {
        kp_decoded_free(made);
        return KP_REFUSED;
    }
    *decoded = made;
    return KP_OK;
}

enum kp_status kp_decoded_renew(struct kp_decoded *decoded, const uint8_t *points,
                                struct kp_sums *sums)
{
    if (sums != NULL &&
        (sums->count != decoded->count || (sums->four != NULL) != (decoded->terms != NULL))) {
        return KP_USAGE;
    }
    decoded->points = points;
    return kp_verdict(decode(decoded, sums)) ? KP_REFUSED : KP_OK;
}

enum kp_status kp_decoded_multiply(struct kp_decoded **decoded, uint8_t *out,
                                   const uint8_t scalar[static KP_SCALAR_BYTES],
                                   const uint8_t *points, size_t count)
{
    *decoded = NULL;
    struct kp_decoded *made = decoded_alloc(points, count, is_batch(count));
    if (made == NULL) {
        kp_wipe(out, count * KP_POINT_BYTES);
        return KP_FAILED;
    }
    int bad = check_scalars(scalar, 1);
    if (made->terms != NULL) {
        bad |= kp_engine_multiply_keeping(out, made->terms, scalar, points, count);
    } else {
        bad |= kp_points_multiply(out, scalar, points, count) != KP_OK;
    }
    enum kp_status status = finish(out, count, bad);
    if (status != KP_OK) {
        kp_decoded_free(made);
        return status;
    }
    *decoded = made;
    return KP_OK;
}

static enum kp_status combine_by_sodium(uint8_t out[static KP_POINT_BYTES], const uint8_t *weights,
                                        size_t digits, const struct kp_decoded *decoded)
{
    uint8_t *scalars = kp_bulk_new(decoded->count * KP_SCALAR_BYTES);
    if (scalars == NULL) {
        kp_wipe(out, KP_POINT_BYTES);
        return KP_FAILED;
    }
    kp_weights_to_scalars(scalars, weights, digits, decoded->count);
    int bad = kp_sodium_combine(out, scalars, decoded->points, decoded->count);
    kp_bulk_free(scalars);
    return finish(out, 1, bad);
}

enum kp_status kp_decoded_combine(uint8_t out[static KP_POINT_BYTES], const uint8_t *weights,
                                  size_t digits, const struct kp_decoded *decoded)
{
    if (digits == 0 || digits % 4 != 0 || digits > KP_DIGITS_MAX) {
        kp_wipe(out, KP_POINT_BYTES);
        return KP_USAGE;
    }
    if (decoded->terms == NULL) {
        return combine_by_sodium(out, weights, digits, decoded);
    }
    kp_engine_combine_digits(out, weights, digits, decoded->terms, decoded->count);
    return KP_OK;
}
