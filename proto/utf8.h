/* UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF. */
#ifndef KP_PROTO_UTF8_H
#define KP_PROTO_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decodes the character at the front of `size` bytes and returns its length, 1 to 4; 0: not UTF-8,
 * or size is 0. */
size_t kp_utf8_decode(uint32_t *character, const void *bytes, size_t size);

/* NUL, the other C0 and C1 control characters, and DEL. */
bool kp_utf8_is_control(uint32_t character);

bool kp_utf8_valid(const void *bytes, size_t size);
/* Valid, and without any control character. */
bool kp_utf8_is_line(const void *bytes, size_t size);
/* Characters of a valid text, for columns of equal width. */
size_t kp_utf8_length(const char *text);

#endif
