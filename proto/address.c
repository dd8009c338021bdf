#include "proto/address.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Where the parts of a key stand. */
#define NUMBER_AT 6
#define LETTER_AT 11
#define ADDITION_AT 12
#define NUMBER_MAX 99999u

void kp_address_key(uint8_t key[static KP_ADDRESS_KEY_BYTES], const struct kp_address *address)
{
    memset(key, ' ', KP_ADDRESS_KEY_BYTES);
    memcpy(key, address->postcode, NUMBER_AT);
    uint32_t rest = address->house_number;
    for (size_t i = LETTER_AT; i-- > NUMBER_AT; rest /= 10) {
        key[i] = (uint8_t)('0' + rest % 10);
    }
    if (address->house_letter[0] != '\0') {
        key[LETTER_AT] = (uint8_t)address->house_letter[0];
    }
    memcpy(key + ADDITION_AT, address->addition, strlen(address->addition));
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_capital(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static bool read_postcode(struct kp_address *address, const uint8_t *key)
{
    for (size_t i = 0; i < NUMBER_AT; i++) {
        if (i < 4 ? !is_digit(key[i]) : !is_capital(key[i])) {
            return false;
        }
    }
    memcpy(address->postcode, key, NUMBER_AT);
    return key[0] != '0';
}

static bool read_number(struct kp_address *address, const uint8_t *key)
{
    for (size_t i = NUMBER_AT; i < LETTER_AT; i++) {
        if (!is_digit(key[i])) {
            return false;
        }
        address->house_number = address->house_number * 10 + (uint32_t)(key[i] - '0');
    }
    return address->house_number > 0 && address->house_number <= NUMBER_MAX;
}

static bool read_letter(struct kp_address *address, const uint8_t *key)
{
    if (key[LETTER_AT] == ' ') {
        return true;
    }
    address->house_letter[0] = (char)key[LETTER_AT];
    return is_capital(key[LETTER_AT]);
}

/* Capitals and digits, then only spaces. */
static bool read_addition(struct kp_address *address, const uint8_t *key)
{
    size_t size = 0;
    const uint8_t *from = key + ADDITION_AT;
    while (size < KP_ADDRESS_KEY_BYTES - ADDITION_AT &&
           (is_digit(from[size]) || is_capital(from[size]))) {
        address->addition[size] = (char)from[size];
        size++;
    }
    for (size_t i = size; i < KP_ADDRESS_KEY_BYTES - ADDITION_AT; i++) {
        if (from[i] != ' ') {
            return false;
        }
    }
    return true;
}

enum kp_status kp_address_of_key(struct kp_address *address,
                                 const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    struct kp_address read = {0};
    if (!read_postcode(&read, key) || !read_number(&read, key) || !read_letter(&read, key) ||
        !read_addition(&read, key)) {
        return KP_REFUSED;
    }
    *address = read;
    return KP_OK;
}

void kp_address_text(char out[static KP_ADDRESS_TEXT], const struct kp_address *address)
{
    snprintf(out, KP_ADDRESS_TEXT, "%s %u%s%s%s%s", address->postcode,
             (unsigned)address->house_number, address->house_letter[0] == '\0' ? "" : " ",
             address->house_letter, address->addition[0] == '\0' ? "" : " ", address->addition);
}
