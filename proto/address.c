#include "proto/address.h"

#include <stdio.h>
#include <string.h>

/* Where the parts of a key stand. */
#define NUMBER_AT 6
#define LETTER_AT 11
#define ADDITION_AT 12
#define NUMBER_MAX 99999u
/* Those of a key of an object, behind its mark and zeros. */
#define OBJECT_MARK 0x02
#define DIGITS_AT 6
#define OBJECT_AT 8
#define BAG_ID_DIGITS 16
#define BELOW_TYPE UINT64_C(10000000000) /* the ten digits behind the type */

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

enum kp_status kp_bag_id_read(uint64_t *id, const char *text, size_t size)
{
    uint64_t read = 0;
    if (size != BAG_ID_DIGITS) {
        return KP_REFUSED;
    }
    for (size_t i = 0; i < size; i++) {
        if (!is_digit((uint8_t)text[i])) {
            return KP_REFUSED;
        }
        read = read * 10 + (uint64_t)(text[i] - '0');
    }
    *id = read;
    return KP_OK;
}

void kp_bag_id_text(char out[static KP_BAG_ID_TEXT], uint64_t id)
{
    out[BAG_ID_DIGITS] = '\0';
    for (size_t i = BAG_ID_DIGITS; i-- > 0; id /= 10) {
        out[i] = (char)('0' + id % 10);
    }
}

unsigned kp_bag_id_type(uint64_t id)
{
    return (unsigned)(id / BELOW_TYPE % 100);
}

bool kp_bag_is_object(uint64_t id)
{
    unsigned type = kp_bag_id_type(id);
    return type >= KP_BAG_UNIT && type <= KP_BAG_PITCH;
}

/* Two decimal digits in a byte. */
static void put_digits(uint8_t *out, size_t size, uint64_t value)
{
    for (size_t i = size; i-- > 0; value /= 100) {
        out[i] = (uint8_t)((value / 10 % 10) << 4 | value % 10);
    }
}

static bool get_digits(uint64_t *value, const uint8_t *in, size_t size)
{
    *value = 0;
    for (size_t i = 0; i < size; i++) {
        unsigned high = in[i] >> 4, low = in[i] & 15u;
        if (high > 9 || low > 9) {
            return false;
        }
        *value = *value * 100 + high * 10 + low;
    }
    return true;
}

void kp_object_key(uint8_t key[static KP_ADDRESS_KEY_BYTES], uint64_t object, unsigned digits)
{
    memset(key, 0, KP_ADDRESS_KEY_BYTES);
    key[0] = OBJECT_MARK;
    put_digits(key + DIGITS_AT, OBJECT_AT - DIGITS_AT, digits);
    put_digits(key + OBJECT_AT, KP_ADDRESS_KEY_BYTES - OBJECT_AT, object);
}

enum kp_status kp_object_of_key(uint64_t *object, unsigned *digits,
                                const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    static const uint8_t begin[DIGITS_AT] = {OBJECT_MARK};
    uint64_t postcode, id;
    if (memcmp(key, begin, sizeof(begin)) != 0 ||
        !get_digits(&postcode, key + DIGITS_AT, OBJECT_AT - DIGITS_AT) ||
        !get_digits(&id, key + OBJECT_AT, KP_ADDRESS_KEY_BYTES - OBJECT_AT) ||
        (postcode != 0 && postcode < 1000) || !kp_bag_is_object(id)) {
        return KP_REFUSED;
    }
    *object = id;
    *digits = (unsigned)postcode;
    return KP_OK;
}

enum kp_status kp_key_check(enum kp_key_scheme scheme,
                            const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    struct kp_address address;
    uint64_t object;
    unsigned digits;
    switch (scheme) {
    case KP_KEY_SCHEME_TEXT:
        return kp_address_of_key(&address, key);
    case KP_KEY_SCHEME_BAG:
        return kp_object_of_key(&object, &digits, key);
    }
    return KP_REFUSED;
}

void kp_key_area(char out[static 5], const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    struct kp_address address;
    uint64_t object;
    unsigned digits = 0;
    out[0] = '\0';
    if (kp_address_of_key(&address, key) == KP_OK) {
        memcpy(out, address.postcode, 4);
        out[4] = '\0';
    } else if (kp_object_of_key(&object, &digits, key) == KP_OK && digits != 0) {
        snprintf(out, 5, "%04u", digits % 10000);
    }
}

void kp_key_text(char out[static KP_KEY_TEXT], const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    struct kp_address address;
    uint64_t object;
    unsigned digits;
    char id[KP_BAG_ID_TEXT];
    if (kp_address_of_key(&address, key) == KP_OK) {
        kp_address_text(out, &address);
    } else if (kp_object_of_key(&object, &digits, key) == KP_OK) {
        kp_bag_id_text(id, object);
        char area[5];
        kp_key_area(area, key);
        snprintf(out, KP_KEY_TEXT, "object %s%s%s%s", id, digits == 0 ? "" : " (", area,
                 digits == 0 ? "" : ")");
    } else {
        snprintf(out, KP_KEY_TEXT, "not an address");
    }
}
