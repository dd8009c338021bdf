/* The field of 2^255 - 19 written as plainly as can be, to compare the engine's with. */
#ifndef KP_TESTS_ENGINE_REFERENCE_H
#define KP_TESTS_ENGINE_REFERENCE_H

#include <stdint.h>

/* Canonical, four words, the lowest first. */
struct ref {
    uint64_t word[4];
};

struct ref ref_small(uint64_t number);
/* 32 bytes, little-endian, reduced; the top bit counts. */
struct ref ref_from_bytes(const uint8_t bytes[static 32]);
void ref_to_bytes(uint8_t bytes[static 32], const struct ref *a);
struct ref ref_add(const struct ref *a, const struct ref *b);
struct ref ref_subtract(const struct ref *a, const struct ref *b);
struct ref ref_multiply(const struct ref *a, const struct ref *b);
/* a^exponent, 32 bytes, little-endian. */
struct ref ref_power(const struct ref *a, const uint8_t exponent[static 32]);
/* The sum of limbs[i] * 2^(51 i); limbs may be negative. */
struct ref ref_from_limbs(const int64_t limbs[static 5]);

#endif
