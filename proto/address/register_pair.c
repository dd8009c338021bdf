#include "proto/address/register_build.h"

#include "proto/address.h"
#include "proto/utf8.h"

#include <string.h>

#define ID_END 10000000000000000u /* 16 digits */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(char byte)
{
    return (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
}

static bool is_postcode(const char *text)
{
    for (size_t i = 0; i < 6; i++) {
        if (i < 4 ? !is_digit(text[i]) : !(text[i] >= 'A' && text[i] <= 'Z')) {
            return false;
        }
    }
    return text[0] != '0' && text[6] == '\0';
}

static bool is_addition(const char *text)
{
    size_t size = strnlen(text, 5);
    for (size_t i = 0; i < size; i++) {
        if (!is_digit(text[i]) && !is_letter(text[i])) {
            return false;
        }
    }
    return size <= 4;
}

static bool is_name(const char *text)
{
    size_t size = strlen(text);
    return size >= 1 && size <= KP_REGISTER_NAME_BYTES_MAX && kp_utf8_is_line(text, size) &&
           text[0] != ' ' && text[size - 1] != ' ';
}

bool kp_register_id_check(uint64_t id, struct kp_register_fault *fault)
{
    bool good = id < ID_END && kp_bag_id_type(id) == KP_BAG_NUMBER;
    if (!good) {
        *fault = (struct kp_register_fault){
            "nummeraanduiding_id",
            "not the id of a nummeraanduiding: 16 digits, of which 20 the fifth and sixth"};
    }
    return good;
}

bool kp_register_pair_check(const struct kp_register_pair *pair, struct kp_register_fault *fault)
{
    const struct {
        bool good;
        struct kp_register_fault fault;
    } rules[] = {
        {kp_bag_is_object(pair->object) && pair->object < ID_END,
         {"adresseerbaar_object_id",
          "not the id of an addressable object: 16 digits, of which 01, 02 or 03 the fifth and sixth"}},
        {pair->house_number >= 1 && pair->house_number <= 99999,
         {"huisnummer", "not a number from 1 to 99999"}},
        {pair->letter[0] == '\0' || (is_letter(pair->letter[0]) && pair->letter[1] == '\0'),
         {"huisletter", "more than one letter"}},
        {is_addition(pair->addition),
         {"huisnummertoevoeging", "more than four letters and digits, or others"}},
        {pair->postcode[0] == '\0' || is_postcode(pair->postcode),
         {"postcode", "not four digits and two capitals"}},
        {is_name(pair->street),
         {"openbare_ruimte", "empty, longer than 320 bytes, or not text of one line"}},
        {is_name(pair->town),
         {"woonplaats", "empty, longer than 320 bytes, or not text of one line"}},
    };
    if (!kp_register_id_check(pair->id, fault)) {
        return false;
    }
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (!rules[i].good) {
            *fault = rules[i].fault;
            return false;
        }
    }
    return true;
}
