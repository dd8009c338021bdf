/* What a hostile member does with its own signature after the others' READYs are known. */
#ifndef KP_TESTS_FORGE_H
#define KP_TESTS_FORGE_H

#include "tests/unit/fixture.h"

#include <stdint.h>

/* The root over a leaf, in a tree of 2^depth leaves; `node` is the leaf before, the root after. */
void forge_root(uint8_t node[static KP_DIGEST_BYTES], const uint8_t *path, uint32_t position,
                uint32_t depth);
/* Its READY once more, with another root over its entries. */
void forge_ready(const struct fixture *fixture, uint32_t member,
                 const uint8_t root[static KP_DIGEST_BYTES], struct kp_buffer *packed);

#endif
