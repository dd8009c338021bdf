/* Numbers as bytes, big-endian: what keys of the store and fixed layouts are made of. */
#ifndef KP_PROTO_NUMBERS_H
#define KP_PROTO_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

/* Writes `size` (1 to 8) bytes; returns where the next field goes. */
static inline uint8_t *kp_put_number(uint8_t *at, uint64_t number, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        at[i] = (uint8_t)(number >> (8 * (size - 1 - i)));
    }
    return at + size;
}

static inline uint64_t kp_get_number(const uint8_t *at, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++) {
        number = number << 8 | at[i];
    }
    return number;
}

#endif
