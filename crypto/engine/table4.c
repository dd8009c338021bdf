#include "crypto/engine/table4.h"

#include "crypto/secret.h"

#include <string.h>

enum { QUARTER = KP_TABLE_PLACES / 4, TERMS = 8, SUMS = QUARTER * TERMS };

/* The four of a vector are the four quarters of the places. */
struct workspace {
    struct kp_sum4 sums[SUMS];
    struct kp_term4 terms[SUMS];
    struct kp_fe4 work[SUMS];
};

static void double_times(struct kp_sum4 *sum, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        kp_sum4_double(sum);
    }
}

static void choose(struct kp_sum4 *out, kp_vmask mask, const struct kp_sum4 *chosen)
{
    kp_fe4_choose(&out->plus, mask, &chosen->plus, &out->plus);
    kp_fe4_choose(&out->minus, mask, &chosen->minus, &out->minus);
    kp_fe4_choose(&out->z, mask, &chosen->z, &out->z);
    kp_fe4_choose(&out->t, mask, &chosen->t, &out->t);
}

/* 16^(16 i) times the point, i from 0 to 3. */
static void start_quarters(struct kp_sum4 *quarters, const struct kp_edwards4 *point)
{
    struct kp_sum4 sum;
    kp_sum4_from(&sum, point);
    *quarters = sum;
    for (int i = 1; i < 4; i++) {
        kp_vmask mask = _mm256_castsi256_pd(
            _mm256_cmpeq_epi64(_mm256_set1_epi64x(i), _mm256_set_epi64x(3, 2, 1, 0)));
        double_times(&sum, 4 * QUARTER);
        choose(quarters, mask, &sum);
    }
}

/* 1, 3 .. 15 times the point at each place. */
static void odd_multiples(struct kp_sum4 sums[static SUMS], struct kp_sum4 *quarters)
{
    for (size_t i = 0; i < QUARTER; i++) {
        struct kp_sum4 twice = *quarters;
        kp_sum4_double(&twice);
        for (size_t j = 0; j < TERMS; j++) {
            sums[i * TERMS + j] = *quarters;
            kp_sum4_add_sum(quarters, &twice);
        }
        *quarters = twice;
        double_times(quarters, 3);
    }
}

static void put(struct kp_table *table, size_t place, size_t number, const struct kp_term4 *term)
{
    const struct kp_fe4 *parts[3] = {&term->plus, &term->minus, &term->dt};
    for (size_t i = 0; i < KP_TABLE_LIMBS; i++) {
        _Alignas(32) uint64_t lanes[4];
        _mm256_store_si256((__m256i *)(void *)lanes, kp_v_bits(parts[i / 5]->limb[i % 5]));
        for (size_t j = 0; j < 4; j++) {
            struct kp_table_row *row = &table->row[j * QUARTER + place][i];
            row->low[number] = (uint32_t)lanes[j];
            row->high[number] = (uint32_t)(lanes[j] >> 32);
        }
    }
}

int kp_table_build(struct kp_table *table, const uint8_t point[static 32])
{
    struct workspace work;
    struct kp_edwards4 decoded;
    struct kp_sum4 quarters;
    uint8_t four[KP_FE4_BYTES];
    for (size_t i = 0; i < 4; i++) {
        memcpy(four + 32 * i, point, 32);
    }
    int bad = kp_vmask_any(kp_edwards4_decode(&decoded, four, 1));
    start_quarters(&quarters, &decoded);
    odd_multiples(work.sums, &quarters);
    kp_terms4_from(work.terms, work.sums, work.work, SUMS);
    for (size_t i = 0; i < SUMS; i++) {
        put(table, i / TERMS, i % TERMS, &work.terms[i]);
    }
    kp_wipe(&work, sizeof(work));
    return bad;
}

/* An odd scalar k is the sum of the 256 terms 2^i or -2^i, where the bits of (k + 2^256 - 1) / 2
 * tell which: those of k / 2, and a one on top. Four of them are a digit. */
void kp_digits4_load(struct kp_digits4 *digits, const uint8_t scalars[static 128])
{
    uint64_t words[4][4];
    for (size_t i = 0; i < 4; i++) {
        uint64_t k[4];
        memcpy(k, scalars + 32 * i, 32);
        for (size_t j = 0; j < 4; j++) {
            words[j][i] = k[j] >> 1 | (j < 3 ? k[j + 1] << 63 : 1ULL << 63);
        }
        kp_wipe(k, sizeof(k));
    }
    for (size_t j = 0; j < 4; j++) {
        digits->word[j] = _mm256_loadu_si256((const __m256i *)(const void *)words[j]);
    }
    kp_wipe(words, sizeof(words));
}

static kp_v pick(const struct kp_table_row *row, __m256i number)
{
    __m256i low = _mm256_permutevar8x32_epi32(
        _mm256_load_si256((const __m256i *)(const void *)row->low), number);
    __m256i high = _mm256_permutevar8x32_epi32(
        _mm256_load_si256((const __m256i *)(const void *)row->high), number);
    return kp_v_of_bits(_mm256_blend_epi32(low, high, 0xaa));
}

/* Four bits b stand for 2b - 15. Below 8 that is negative, and the number of its term 7 - b; from 8
 * on it is b - 8. Of a number the processor looks at three bits. */
void kp_table_pick(struct kp_term4 *out, const struct kp_table *table,
                   const struct kp_digits4 *digits, unsigned place)
{
    const struct kp_table_row *row = table->row[place];
    __m128i shift = _mm_cvtsi32_si128((int)(4 * (place % 16)));
    __m256i bits =
        _mm256_and_si256(_mm256_srl_epi64(digits->word[place / 16], shift), _mm256_set1_epi64x(15));
    __m256i below = _mm256_sub_epi64(_mm256_srli_epi64(bits, 3), _mm256_set1_epi64x(1));
    __m256i number = _mm256_shuffle_epi32(_mm256_xor_si256(bits, below), 0xa0);
    struct kp_term4 term;
    for (int i = 0; i < 5; i++) {
        term.plus.limb[i] = pick(&row[i], number);
        term.minus.limb[i] = pick(&row[5 + i], number);
        term.dt.limb[i] = pick(&row[10 + i], number);
    }
    kp_term4_negate_if(out, _mm256_castsi256_pd(below), &term);
}
