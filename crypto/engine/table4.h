/* Internal. A table of multiples of one point, for many scalars.
 *
 * A scalar is a sum of digits times powers of 16, and each digit one of -15, -13 .. 15: so there
 * are eight terms for each of 64 places, and a sign. Eight numbers of 32 bits fill a register, from
 * which the processor picks four at once by their numbers, without any address that depends on
 * them: two such picks make a limb for four scalars.
 */
#ifndef KP_CRYPTO_ENGINE_TABLE4_H
#define KP_CRYPTO_ENGINE_TABLE4_H

#include "crypto/engine/sum4.h"

#define KP_TABLE_PLACES 64
#define KP_TABLE_LIMBS 15

/* A limb of the eight terms: lower halves of their bits, and upper ones. */
struct kp_table_row {
    _Alignas(32) uint32_t low[8];
    _Alignas(32) uint32_t high[8];
};

struct kp_table {
    struct kp_table_row row[KP_TABLE_PLACES][KP_TABLE_LIMBS];
};

/* Not 0: the point was refused, and the table means nothing. */
int kp_table_build(struct kp_table *table, const uint8_t point[static 32]);

/* The digits of four scalars. */
struct kp_digits4 {
    kp_vi word[4];
};

/* Scalars as kp_half_and_odd gives them, 32 bytes each. */
void kp_digits4_load(struct kp_digits4 *digits, const uint8_t scalars[static 128]);
/* What the digits of one place stand for. */
void kp_table_pick(struct kp_term4 *out, const struct kp_table *table,
                   const struct kp_digits4 *digits, unsigned place);

#endif
