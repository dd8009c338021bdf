/* Internal. The group's arithmetic by libsodium, one point at a time: what does the work where the
 * engine can't (crypto/engine/engine.h), and what the engine is compared with.
 *
 * As in crypto/group.h; but scalars are not looked at, and the answer is 0, or not 0 when a point
 * was refused. The caller wipes.
 */
#ifndef KP_CRYPTO_GROUP_SODIUM_H
#define KP_CRYPTO_GROUP_SODIUM_H

#include <stddef.h>
#include <stdint.h>

/* Variable time. */
int kp_sodium_check(const uint8_t *points, size_t count);
int kp_sodium_multiply(uint8_t *out, const uint8_t scalar[static 32], const uint8_t *points,
                       size_t count);
int kp_sodium_multiply_base(uint8_t *out, const uint8_t *scalars, size_t count);
int kp_sodium_multiply_fixed(uint8_t *out, const uint8_t *scalars, const uint8_t point[static 32],
                             size_t count);
int kp_sodium_add(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
int kp_sodium_subtract(uint8_t *out, const uint8_t *left, const uint8_t *right, size_t count);
int kp_sodium_combine(uint8_t out[static 32], const uint8_t *weights, const uint8_t *points,
                      size_t count);
void kp_sodium_from_uniform(uint8_t *out, const uint8_t *uniform, size_t count);

#endif
