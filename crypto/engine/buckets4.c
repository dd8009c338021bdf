#include "crypto/engine/buckets4.h"

static struct kp_bucket *place_of(struct kp_bucket *buckets, unsigned bits, size_t place)
{
    return buckets + place * (((size_t)1 << (bits - 1)) + 1);
}

static kp_v *limb_of(struct kp_sum4 *sum, size_t i)
{
    struct kp_fe4 *const parts[4] = {&sum->plus, &sum->minus, &sum->z, &sum->t};
    return &parts[i / 5]->limb[i % 5];
}

static inline __m128i load_half(const kp_limb *limbs)
{
    return _mm_load_si128((const __m128i *)(const void *)limbs);
}

static inline __m256i two_halves(const kp_limb *low, const kp_limb *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(load_half(low)), load_half(high), 1);
}

/* Limbs i to i + 3 of four buckets, into four of a sum. Halves of vectors are put together while
 * they are read, which leaves half of a transposition to do. */
KP_V_INLINE void gather(struct kp_sum4 *sum, struct kp_bucket *const from[static 4])
{
    for (size_t i = 0; i < 20; i += 4) {
        __m256i a = two_halves(from[0]->limb + i, from[2]->limb + i);
        __m256i b = two_halves(from[1]->limb + i, from[3]->limb + i);
        __m256i c = two_halves(from[0]->limb + i + 2, from[2]->limb + i + 2);
        __m256i d = two_halves(from[1]->limb + i + 2, from[3]->limb + i + 2);
        *limb_of(sum, i) = kp_v_of_bits(_mm256_unpacklo_epi64(a, b));
        *limb_of(sum, i + 1) = kp_v_of_bits(_mm256_unpackhi_epi64(a, b));
        *limb_of(sum, i + 2) = kp_v_of_bits(_mm256_unpacklo_epi64(c, d));
        *limb_of(sum, i + 3) = kp_v_of_bits(_mm256_unpackhi_epi64(c, d));
    }
}

static inline void put_halves(kp_limb *low, kp_limb *high, __m256i v)
{
    _mm_store_si128((__m128i *)(void *)low, _mm256_castsi256_si128(v));
    _mm_store_si128((__m128i *)(void *)high, _mm256_extracti128_si256(v, 1));
}

KP_V_INLINE void scatter(struct kp_bucket *const to[static 4], struct kp_sum4 *sum)
{
    for (size_t i = 0; i < 20; i += 4) {
        __m256i a = kp_v_bits(*limb_of(sum, i));
        __m256i b = kp_v_bits(*limb_of(sum, i + 1));
        __m256i c = kp_v_bits(*limb_of(sum, i + 2));
        __m256i d = kp_v_bits(*limb_of(sum, i + 3));
        put_halves(to[0]->limb + i, to[2]->limb + i, _mm256_unpacklo_epi64(a, b));
        put_halves(to[1]->limb + i, to[3]->limb + i, _mm256_unpackhi_epi64(a, b));
        put_halves(to[0]->limb + i + 2, to[2]->limb + i + 2, _mm256_unpacklo_epi64(c, d));
        put_halves(to[1]->limb + i + 2, to[3]->limb + i + 2, _mm256_unpackhi_epi64(c, d));
    }
}

static inline void store_lanes(kp_limb lanes[static 4], kp_v v)
{
    _mm256_store_si256((__m256i *)(void *)lanes, kp_v_bits(v));
}

void kp_terms_store(struct kp_term terms[static 4], const struct kp_term4 *four)
{
    const struct kp_fe4 *parts[3] = {&four->plus, &four->minus, &four->dt};
    for (size_t i = 0; i < 15; i++) {
        _Alignas(32) kp_limb lanes[4];
        store_lanes(lanes, parts[i / 5]->limb[i % 5]);
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

/* The same term four times, with a sign for each. */
KP_V_INLINE void spread_term(struct kp_term4 *four, const struct kp_term *term,
                             const int digit[static 4])
{
    const kp_vmask sign =
        _mm256_castsi256_pd(_mm256_set_epi64x(digit[3], digit[2], digit[1], digit[0]));
    for (size_t i = 0; i < 5; i++) {
        kp_v plus = kp_v_all(term->limb[i]);
        kp_v minus = kp_v_all(term->limb[5 + i]);
        four->plus.limb[i] = kp_v_choose(sign, minus, plus);
        four->minus.limb[i] = kp_v_choose(sign, plus, minus);
        four->dt.limb[i] = kp_v_all(term->limb[10 + i]);
    }
    kp_fe4_negate_if(&four->dt, sign, &four->dt);
}

void kp_buckets_add(struct kp_bucket *buckets, unsigned bits, const struct kp_term *term,
                    const int digit[static 4])
{
    struct kp_bucket *at[4];
    struct kp_sum4 sum;
    struct kp_term4 four;
    for (size_t i = 0; i < 4; i++) {
        at[i] = place_of(buckets, bits, i) + (digit[i] < 0 ? -digit[i] : digit[i]);
    }
    spread_term(&four, term, digit);
    gather(&sum, at);
    kp_sum4_add(&sum, &four);
    scatter(at, &sum);
}

void kp_buckets_fetch(const struct kp_bucket *buckets, unsigned bits, const int digit[static 4])
{
    for (size_t i = 0; i < 4; i++) {
        const char *at = (const char *)(buckets + i * (((size_t)1 << (bits - 1)) + 1) +
                                        (digit[i] < 0 ? -digit[i] : digit[i]));
        _mm_prefetch(at, _MM_HINT_T0);
        _mm_prefetch(at + 64, _MM_HINT_T0);
        _mm_prefetch(at + 128, _MM_HINT_T0);
    }
}

/* The running sum is added twice: to what it becomes, and to the result. */
void kp_buckets_reduce(struct kp_sum4 *out, struct kp_bucket *buckets, unsigned bits)
{
    struct kp_sum4 running;
    struct kp_sum4 sum;
    struct kp_fe4 scaled;
    kp_sum4_start(&running);
    kp_sum4_start(out);
    kp_sum4_scale(&scaled, &running);
    for (size_t i = (size_t)1 << (bits - 1); i > 0; i--) {
        struct kp_bucket *at[4];
        for (size_t j = 0; j < 4; j++) {
            at[j] = place_of(buckets, bits, j) + i;
        }
        gather(&sum, at);
        kp_sum4_add_scaled(&running, &sum, &scaled, &sum.t);
        kp_sum4_scale(&scaled, &running);
        kp_sum4_add_scaled(out, &running, &scaled, &out->t);
    }
}

void kp_sum4_spread(struct kp_sum4 *out, const struct kp_sum4 *sum, unsigned place)
{
    struct kp_sum4 copy = *sum;
    for (size_t i = 0; i < 20; i++) {
        _Alignas(32) kp_limb lanes[4];
        store_lanes(lanes, *limb_of(&copy, i));
        *limb_of(out, i) = kp_v_all(lanes[place]);
    }
}
