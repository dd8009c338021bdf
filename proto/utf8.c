#include "proto/utf8.h"

size_t kp_utf8_decode(uint32_t *character, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    if (size == 0) {
        return 0;
    }
    if (at[0] < 0x80) {
        *character = at[0];
        return 1;
    }
    size_t length = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
    if (at[0] < 0xc2 || at[0] > 0xf4 || length > size) {
        return 0;
    }
    uint32_t value = at[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[length] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) {
        return 0;
    }
    *character = value;
    return length;
}

bool kp_utf8_is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

static bool all_characters(const uint8_t *bytes, size_t size, bool controls)
{
    for (size_t at = 0; at < size;) {
        uint32_t character = 0;
        size_t length = kp_utf8_decode(&character, bytes + at, size - at);
        if (length == 0 || (!controls && kp_utf8_is_control(character))) {
            return false;
        }
        at += length;
    }
    return true;
}

bool kp_utf8_valid(const void *bytes, size_t size)
{
    return all_characters(bytes, size, true);
}

bool kp_utf8_is_line(const void *bytes, size_t size)
{
    return all_characters(bytes, size, false);
}

size_t kp_utf8_length(const char *text)
{
    size_t length = 0;
    for (; *text != '\0'; text++) {
        length += ((unsigned char)*text & 0xc0) != 0x80;
    }
    return length;
}
