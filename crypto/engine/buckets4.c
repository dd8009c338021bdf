#include "crypto/engine/buckets4.h"

static struct kp_bucket *place_of(struct kp_bucket *buckets, unsigned bits, size_t place)
{
    return buckets + place * (((size_t)1 << (bits - 1)) + 1);
}

static void transpose(kp_v v[static 4])
{
    kp_v low01 = _mm256_unpacklo_pd(v[0], v[1]);
    kp_v high01 = _mm256_unpackhi_pd(v[0], v[1]);
    kp_v low23 = _mm256_unpacklo_pd(v[2], v[3]);
    kp_v high23 = _mm256_unpackhi_pd(v[2], v[3]);
    v[0] = _mm256_permute2f128_pd(low01, low23, 0x20);
    v[1] = _mm256_permute2f128_pd(high01, high23, 0x20);
    v[2] = _mm256_permute2f128_pd(low01, low23, 0x31);
    v[3] = _mm256_permute2f128_pd(high01, high23, 0x31);
}

static kp_v *limb_of(struct kp_sum4 *sum, size_t i)
{
    struct kp_fe4 *const parts[4] = {&sum->plus, &sum->minus, &sum->z, &sum->t};
    return &parts[i / 5]->limb[i % 5];
}

static void gather(struct kp_sum4 *sum, struct kp_bucket *const from[static 4])
{
    for (size_t i = 0; i < 20; i += 4) {
        kp_v v[4];
        for (size_t j = 0; j < 4; j++) {
            v[j] = _mm256_load_pd(from[j]->limb + i);
        }
        transpose(v);
        for (size_t j = 0; j < 4; j++) {
            *limb_of(sum, i + j) = v[j];
        }
    }
}

static void scatter(struct kp_bucket *const to[static 4], struct kp_sum4 *sum)
{
    for (size_t i = 0; i < 20; i += 4) {
        kp_v v[4];
        for (size_t j = 0; j < 4; j++) {
            v[j] = *limb_of(sum, i + j);
        }
        transpose(v);
        for (size_t j = 0; j < 4; j++) {
            _mm256_store_pd(to[j]->limb + i, v[j]);
        }
    }
}

void kp_terms_store(struct kp_term terms[static 4], const struct kp_term4 *four)
{
    const struct kp_fe4 *parts[3] = {&four->plus, &four->minus, &four->dt};
    for (size_t i = 0; i < 15; i++) {
        _Alignas(32) double lanes[4];
        _mm256_store_pd(lanes, parts[i / 5]->limb[i % 5]);
        for (size_t j = 0; j < 4; j++) {
            terms[j].limb[i] = lanes[j];
        }
    }
}

void kp_buckets_start(struct kp_bucket *buckets, unsigned bits)
{
    static const struct kp_bucket identity = {{[0] = 1, [5] = 1, [10] = 1}};
    for (size_t i = 0; i < kp_buckets_count(bits); i++) {
        buckets[i] = identity;
    }
}

void kp_buckets_add(struct kp_bucket *buckets, unsigned bits, const struct kp_term *term,
                    const int digit[static 4])
{
    struct kp_bucket *at[4];
    struct kp_sum4 sum;
    struct kp_term4 four;
    _Alignas(32) int64_t signs[4];
    for (size_t i = 0; i < 4; i++) {
        signs[i] = digit[i];
        at[i] = place_of(buckets, bits, i) + (digit[i] < 0 ? -digit[i] : digit[i]);
    }
    for (size_t i = 0; i < 5; i++) {
        four.plus.limb[i] = kp_v_all(term->limb[i]);
        four.minus.limb[i] = kp_v_all(term->limb[5 + i]);
        four.dt.limb[i] = kp_v_all(term->limb[10 + i]);
    }
    kp_term4_negate_if(
        &four, _mm256_castsi256_pd(_mm256_load_si256((const __m256i *)(const void *)signs)), &four);
    gather(&sum, at);
    kp_sum4_add(&sum, &four);
    scatter(at, &sum);
}

void kp_buckets_reduce(struct kp_sum4 *out, const struct kp_bucket *buckets, unsigned bits)
{
    struct kp_sum4 running;
    struct kp_sum4 sum;
    kp_sum4_start(&running);
    kp_sum4_start(out);
    for (size_t i = (size_t)1 << (bits - 1); i > 0; i--) {
        struct kp_bucket four[4];
        struct kp_bucket *at[4];
        for (size_t j = 0; j < 4; j++) {
            four[j] = buckets[j * (((size_t)1 << (bits - 1)) + 1) + i];
            at[j] = &four[j];
        }
        gather(&sum, at);
        kp_sum4_add_sum(&running, &sum);
        kp_sum4_add_sum(out, &running);
    }
}

void kp_sum4_spread(struct kp_sum4 *out, const struct kp_sum4 *sum, unsigned place)
{
    struct kp_sum4 copy = *sum;
    for (size_t i = 0; i < 20; i++) {
        _Alignas(32) double lanes[4];
        _mm256_store_pd(lanes, *limb_of(&copy, i));
        *limb_of(out, i) = kp_v_all(lanes[place]);
    }
}
