#include "crypto/engine/field4_bytes.h"

/* Rows to columns: word i of the four to vector i. */
static void transpose(__m256i rows[static 4])
{
    __m256i low01 = _mm256_unpacklo_epi64(rows[0], rows[1]);
    __m256i high01 = _mm256_unpackhi_epi64(rows[0], rows[1]);
    __m256i low23 = _mm256_unpacklo_epi64(rows[2], rows[3]);
    __m256i high23 = _mm256_unpackhi_epi64(rows[2], rows[3]);
    rows[0] = _mm256_permute2x128_si256(low01, low23, 0x20);
    rows[1] = _mm256_permute2x128_si256(high01, high23, 0x20);
    rows[2] = _mm256_permute2x128_si256(low01, low23, 0x31);
    rows[3] = _mm256_permute2x128_si256(high01, high23, 0x31);
}

static void load_words(__m256i words[static 4], const uint8_t bytes[static KP_FE4_BYTES])
{
    for (int i = 0; i < 4; i++) {
        words[i] = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + 32 * i));
    }
    transpose(words);
}

static kp_vi two_words(__m256i low, int right, __m256i high, int left)
{
    return kp_vi_low51(
        _mm256_or_si256(_mm256_srli_epi64(low, right), _mm256_slli_epi64(high, left)));
}

static void to_limbs(struct kp_fe4 *out, const __m256i words[static 4])
{
    struct kp_fe4 t;
    t.limb[0] = kp_vi_limb(kp_vi_low51(words[0]));
    t.limb[1] = kp_vi_limb(two_words(words[0], 51, words[1], 13));
    t.limb[2] = kp_vi_limb(two_words(words[1], 38, words[2], 26));
    t.limb[3] = kp_vi_limb(two_words(words[2], 25, words[3], 39));
    t.limb[4] = kp_vi_limb(kp_vi_low51(_mm256_srli_epi64(words[3], 12)));
    kp_fe4_carry(out, &t);
}

static void to_words(__m256i words[static 4], const struct kp_fe4 *a)
{
    struct kp_fe4_frozen f;
    kp_fe4_freeze(&f, a);
    words[0] = _mm256_or_si256(f.limb[0], _mm256_slli_epi64(f.limb[1], 51));
    words[1] = _mm256_or_si256(_mm256_srli_epi64(f.limb[1], 13), _mm256_slli_epi64(f.limb[2], 38));
    words[2] = _mm256_or_si256(_mm256_srli_epi64(f.limb[2], 26), _mm256_slli_epi64(f.limb[3], 25));
    words[3] = _mm256_or_si256(_mm256_srli_epi64(f.limb[3], 39), _mm256_slli_epi64(f.limb[4], 12));
}

void kp_fe4_load(struct kp_fe4 *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    __m256i words[4];
    load_words(words, bytes);
    to_limbs(out, words);
}

kp_vmask kp_fe4_load_strict(struct kp_fe4 *out, const uint8_t bytes[static KP_FE4_BYTES])
{
    __m256i words[4];
    __m256i canonical[4];
    load_words(words, bytes);
    to_limbs(out, words);
    to_words(canonical, out);
    kp_vi different = _mm256_setzero_si256();
    for (int i = 0; i < 4; i++) {
        different = _mm256_or_si256(different, _mm256_xor_si256(words[i], canonical[i]));
    }
    kp_vmask same = kp_vmask_equal(different, _mm256_setzero_si256());
    kp_vmask all = _mm256_castsi256_pd(_mm256_set1_epi64x(-1));
    return kp_vmask_or(kp_vmask_xor(same, all), kp_vmask_odd(words[0]));
}

void kp_fe4_store(uint8_t bytes[static KP_FE4_BYTES], const struct kp_fe4 *a)
{
    __m256i words[4];
    to_words(words, a);
    transpose(words);
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_si256((__m256i *)(void *)(bytes + 32 * i), words[i]);
    }
}
