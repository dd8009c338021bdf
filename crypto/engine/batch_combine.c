#include "crypto/engine/calls.h"

#include "crypto/engine/border.h"
#include "crypto/engine/buckets4.h"
#include "crypto/secret.h"

#include <string.h>

/* Pippenger: each digit of a weight puts its point into a bucket of the digit's place, four places
 * at a time. */
struct combination {
    const uint8_t *weights; /* of 32 bytes, or of so many that are digits already */
    size_t digits;          /* 0: they aren't */
    size_t count;
    unsigned bits;  /* of a digit */
    unsigned fours; /* of places */
    const struct kp_term *terms;
    struct kp_bucket *buckets;
};

/* A weight, with half of 2^bits added at each place: then a digit is what stands at its place, less
 * that half, and none depends on a carry. */
struct weight {
    uint64_t word[6]; /* the last is zero */
};

static void load(struct weight *out, const uint8_t bytes[static 32])
{
    memset(out, 0, sizeof(*out));
    memcpy(out->word, bytes, 32);
}

static void make_halves(struct weight *out, const struct combination *c)
{
    memset(out, 0, sizeof(*out));
    for (unsigned i = 0; i < 4 * c->fours; i++) {
        unsigned bit = i * c->bits + c->bits - 1;
        out->word[bit / 64] |= 1ULL << (bit % 64);
    }
}

static void add_halves(struct weight *weight, const struct weight *halves)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < 5; i++) {
        uint64_t sum = weight->word[i] + halves->word[i];
        uint64_t more = sum + carry;
        carry = (uint64_t)(sum < halves->word[i]) | (uint64_t)(more < sum);
        weight->word[i] = more;
    }
}

/* The uppermost place has a bit more: there the digit may be half of 2^bits itself. */
static int digit_at(const struct weight *weight, const struct combination *c, unsigned place)
{
    unsigned from = place * c->bits;
    unsigned bits = place + 1 == 4 * c->fours ? c->bits + 1 : c->bits;
    uint64_t low = weight->word[from / 64] >> (from % 64);
    uint64_t high = from % 64 == 0 ? 0 : weight->word[from / 64 + 1] << (64 - from % 64);
    return (int)((low | high) & ((1ULL << bits) - 1)) - (1 << (c->bits - 1));
}

/* Bits of the longest weight. */
static unsigned longest(const uint8_t *weights, size_t count)
{
    unsigned bits = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned j = 256; j > bits; j--) {
            unsigned byte = weights[i * 32 + (j - 1) / 8];
            bits = ((byte >> ((j - 1) % 8)) & 1U) != 0 ? j : bits;
        }
    }
    return bits;
}

/* The digits of the cheapest size: four buckets cost about two and a half times what a point costs.
 */
static void choose_bits(struct combination *c)
{
    unsigned length = longest(c->weights, c->count);
    size_t best = SIZE_MAX;
    for (unsigned bits = 3; bits <= KP_BUCKET_BITS_MAX; bits++) {
        unsigned fours = (length + 4 * bits) / (4 * bits); /* one bit more than the weights have */
        size_t cost = fours * (2 * c->count + ((size_t)5 << (bits - 1)));
        if (cost < best) {
            best = cost;
            c->bits = bits;
            c->fours = fours;
        }
    }
}

/* Of weight i. */
static void cut_digits(int digits[static 4], const struct combination *c,
                       const struct weight *halves, size_t i, unsigned four)
{
    struct weight weight;
    load(&weight, c->weights + 32 * i);
    add_halves(&weight, halves);
    for (unsigned j = 0; j < 4; j++) {
        digits[j] = digit_at(&weight, c, 4 * four + j);
    }
}

/* A digit of eight bits is a byte less 128; or it is two of four, where the lower one, from -8 to
 * 7, may carry into the upper. */
static void take_digits(int digits[static 4], const struct combination *c, size_t i, unsigned four)
{
    const uint8_t *bytes = c->weights + c->digits * i;
    if (c->bits == 8) {
        for (unsigned j = 0; j < 4; j++) {
            digits[j] = bytes[4 * four + j] - 128;
        }
        return;
    }
    for (unsigned j = 0; j < 4; j += 2) {
        int byte = bytes[2 * four + j / 2] - 128;
        int low = ((byte + 8) & 15) - 8;
        digits[j] = low;
        digits[j + 1] = (byte - low) / 16;
    }
}

static void get_digits(int digits[static 4], const struct combination *c,
                       const struct weight *halves, size_t i, unsigned four)
{
    if (c->digits > 0) {
        take_digits(digits, c, i, four);
    } else {
        cut_digits(digits, c, halves, i, four);
    }
}

/* Places 4 * four to 4 * four + 3 of all weights: side by side, not yet times 2^(bits * place). */
static void add_places(struct kp_sum4 *out, const struct combination *c,
                       const struct weight *halves, unsigned four)
{
    int digits[2][4];
    kp_buckets_start(c->buckets, c->bits);
    get_digits(digits[0], c, halves, 0, four);
    for (size_t i = 0; i < c->count; i++) {
        int *next = digits[(i + 1) % 2];
        if (i + 1 < c->count) {
            get_digits(next, c, halves, i + 1, four);
            kp_buckets_fetch(c->buckets, c->bits, next);
        }
        kp_buckets_add(c->buckets, c->bits, &c->terms[i], digits[i % 2]);
    }
    kp_buckets_reduce(out, c->buckets, c->bits);
}

static void double_times(struct kp_sum4 *sum, unsigned times)
{
    for (unsigned i = 0; i < times; i++) {
        kp_sum4_double(sum);
    }
}

static void combine(struct kp_sum4 *out, const struct combination *c)
{
    struct weight halves;
    struct kp_sum4 all;
    struct kp_sum4 part;
    make_halves(&halves, c);
    kp_sum4_start(&all);
    for (unsigned i = c->fours; i-- > 0;) {
        double_times(&all, 4 * c->bits);
        add_places(&part, c, &halves, i);
        kp_sum4_add_sum(&all, &part);
    }
    kp_sum4_start(out);
    for (unsigned i = 4; i-- > 0;) {
        double_times(out, c->bits);
        kp_sum4_spread(&part, &all, i);
        kp_sum4_add_sum(out, &part);
    }
}

static void run(uint8_t out[static 32], const struct combination *c)
{
    uint8_t four[KP_FE4_BYTES];
    struct kp_sum4 sum;
    struct kp_edwards4 point;
    unsigned before = kp_border_enter();
    combine(&sum, c);
    kp_sum4_to(&point, &sum);
    kp_edwards4_encode(four, &point, 1);
    kp_border_leave(before);
    memcpy(out, four, 32);
}

/* With digits of four bits there are twice as many to add, and a sixteenth of the buckets. */
static unsigned bits_for(size_t count)
{
    return count < 288 ? 4 : 8;
}

/* The buckets are public, and what is on the stack is there already: fresh pages would cost a
 * twentieth of it all. */
void kp_four_combine_digits(uint8_t out[static 32], const uint8_t *weights, size_t digits,
                            const struct kp_term *terms, size_t count)
{
    _Alignas(4096) struct kp_bucket buckets[4 * ((1 << 7) + 1)];
    unsigned bits = bits_for(count);
    const struct combination c = {.weights = weights,
                                  .digits = digits,
                                  .count = count,
                                  .terms = terms,
                                  .bits = bits,
                                  .fours = (unsigned)(digits * 8 / bits / 4),
                                  .buckets = buckets};
    run(out, &c);
}

enum kp_engine_combined kp_four_combine(uint8_t out[static 32], const uint8_t *weights,
                                        const uint8_t *points, size_t count)
{
    struct kp_term *terms = kp_bulk_new(kp_four_terms_bytes(count));
    if (terms == NULL) {
        return KP_ENGINE_NO_MEMORY;
    }
    /* Points may be secret, so whether one was refused is for the caller to look at. */
    int bad = kp_four_decode(terms, NULL, points, count);
    struct combination c = {.weights = weights, .count = count, .terms = terms};
    choose_bits(&c);
    c.buckets = kp_bulk_new(kp_buckets_count(c.bits) * sizeof(struct kp_bucket));
    if (c.buckets != NULL) {
        run(out, &c);
    }
    kp_bulk_free(terms);
    if (c.buckets == NULL) {
        return KP_ENGINE_NO_MEMORY;
    }
    kp_bulk_free(c.buckets);
    return bad == 0 ? KP_ENGINE_COMBINED : KP_ENGINE_REFUSED;
}
