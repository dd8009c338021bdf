#include "tests/unit/engine_reference.h"

#include <stdbool.h>
#include <stddef.h>

__extension__ typedef unsigned __int128 u128;

static const uint64_t p[4] = {0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff,
                              0x7fffffffffffffff};

/* a - p if a is at least that. */
static struct ref less_p(const struct ref *a, bool *was_less)
{
    struct ref out;
    uint64_t borrow = 0;
    for (size_t i = 0; i < 4; i++) {
        u128 t = (u128)a->word[i] - p[i] - borrow;
        out.word[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    *was_less = borrow != 0;
    return borrow != 0 ? *a : out;
}

static struct ref reduce(struct ref a)
{
    bool done = false;
    while (!done) {
        a = less_p(&a, &done);
    }
    return a;
}

/* carry * 2^256 + a; 2^256 = 38. */
static struct ref carried(struct ref a, uint64_t carry)
{
    while (carry != 0) {
        u128 t = (u128)carry * 38;
        for (size_t i = 0; i < 4; i++) {
            t += a.word[i];
            a.word[i] = (uint64_t)t;
            t >>= 64;
        }
        carry = (uint64_t)t;
    }
    return reduce(a);
}

struct ref ref_small(uint64_t number)
{
    return (struct ref){{number, 0, 0, 0}};
}

struct ref ref_from_bytes(const uint8_t bytes[static 32])
{
    struct ref out = {{0}};
    for (size_t i = 0; i < 32; i++) {
        out.word[i / 8] |= (uint64_t)bytes[i] << (8 * (i % 8));
    }
    return reduce(out);
}

void ref_to_bytes(uint8_t bytes[static 32], const struct ref *a)
{
    for (size_t i = 0; i < 32; i++) {
        bytes[i] = (uint8_t)(a->word[i / 8] >> (8 * (i % 8)));
    }
}

struct ref ref_add(const struct ref *a, const struct ref *b)
{
    struct ref out;
    u128 t = 0;
    for (size_t i = 0; i < 4; i++) {
        t += (u128)a->word[i] + b->word[i];
        out.word[i] = (uint64_t)t;
        t >>= 64;
    }
    return carried(out, (uint64_t)t);
}

struct ref ref_subtract(const struct ref *a, const struct ref *b)
{
    struct ref minus;
    uint64_t borrow = 0;
    for (size_t i = 0; i < 4; i++) {
        u128 t = (u128)p[i] - b->word[i] - borrow;
        minus.word[i] = (uint64_t)t;
        borrow = (uint64_t)(t >> 64) & 1;
    }
    return ref_add(a, &minus);
}

struct ref ref_multiply(const struct ref *a, const struct ref *b)
{
    uint64_t product[8] = {0};
    for (size_t i = 0; i < 4; i++) {
        u128 t = 0;
        for (size_t j = 0; j < 4; j++) {
            t += (u128)a->word[i] * b->word[j] + product[i + j];
            product[i + j] = (uint64_t)t;
            t >>= 64;
        }
        product[i + 4] = (uint64_t)t;
    }
    struct ref out;
    u128 t = 0;
    for (size_t i = 0; i < 4; i++) {
        t += (u128)product[i + 4] * 38 + product[i];
        out.word[i] = (uint64_t)t;
        t >>= 64;
    }
    return carried(out, (uint64_t)t);
}

struct ref ref_power(const struct ref *a, const uint8_t exponent[static 32])
{
    struct ref out = ref_small(1);
    for (size_t i = 256; i-- > 0;) {
        out = ref_multiply(&out, &out);
        if (((exponent[i / 8] >> (i % 8)) & 1) != 0) {
            out = ref_multiply(&out, a);
        }
    }
    return out;
}

struct ref ref_from_limbs(const int64_t limbs[static 5])
{
    const struct ref two51 = ref_small(1ULL << 51);
    struct ref out = ref_small(0);
    for (size_t i = 5; i-- > 0;) {
        uint64_t size = limbs[i] < 0 ? (uint64_t)-limbs[i] : (uint64_t)limbs[i];
        struct ref limb = ref_small(size);
        out = ref_multiply(&out, &two51);
        out = limbs[i] < 0 ? ref_subtract(&out, &limb) : ref_add(&out, &limb);
    }
    return out;
}
