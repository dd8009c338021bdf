/* Bytes that arrive damaged: whatever was changed, unpacking neither crashes nor yields anything
 * that can't be. What it reads lies at the end of an allocation of its own, so that sanitizers see
 * each byte read too far. */
#ifndef KP_TESTS_TAMPER_H
#define KP_TESTS_TAMPER_H

#include "crypto/status.h"

#include <CUnit/CUnit.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Unpacks, checks what came out when it is KP_OK, and frees it. */
typedef enum kp_status tamper_parse(const uint8_t *bytes, size_t size);

static inline enum kp_status tamper_try(tamper_parse *parse, const uint8_t *bytes, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    if (size > 0) {
        memcpy(copy + 1, bytes, size);
    }
    enum kp_status status = parse(copy + 1, size);
    CU_ASSERT(status == KP_OK || status == KP_REFUSED);
    free(copy);
    return status;
}

/* Cut at every length; every byte changed, in each bit and altogether; something added. */
static inline void tamper_all(tamper_parse *parse, const uint8_t *bytes, size_t size)
{
    static const uint8_t UNKNOWN[] = {0x78, 0x01}; /* field 15, which no message has */
    uint8_t *copy = malloc(size + sizeof(UNKNOWN));
    CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
    if (size > 0) {
        memcpy(copy, bytes, size);
    }
    for (size_t length = 0; length < size; length++) {
        (void)tamper_try(parse, copy, length);
    }
    for (size_t at = 0; at < size; at++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            copy[at] = (uint8_t)(bytes[at] ^ 1u << bit);
            (void)tamper_try(parse, copy, size);
        }
        copy[at] = (uint8_t)~bytes[at];
        (void)tamper_try(parse, copy, size);
        copy[at] = bytes[at];
    }
    CU_ASSERT_EQUAL(tamper_try(parse, copy, size), KP_OK);
    memcpy(copy + size, UNKNOWN, sizeof(UNKNOWN));
    CU_ASSERT_EQUAL(tamper_try(parse, copy, size + sizeof(UNKNOWN)), KP_REFUSED);
    CU_ASSERT_EQUAL(tamper_try(parse, copy, size + 1), KP_REFUSED);
    free(copy);
}

#endif
