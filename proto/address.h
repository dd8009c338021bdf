/* An address and its key.
 *
 * Key scheme 1 (text): postcode (6), house number (5 digits, zeros in front), house letter (1, or a
 * space), addition (4, spaces behind): 16 bytes of ASCII, one key for one canonical address. Text
 * from partners' files becomes canonical in node/canonical.h. */
#ifndef KP_PROTO_ADDRESS_H
#define KP_PROTO_ADDRESS_H

#include "crypto/leaf.h"
#include "crypto/status.h"

#include <stddef.h>
#include <stdint.h>

struct kp_address {
    char postcode[7];      /* "1234AB" */
    uint32_t house_number; /* 1 to 99999 */
    char house_letter[2];  /* "A", or "" */
    char addition[5];      /* up to four capitals or digits, or "" */
};

/* address is canonical. */
void kp_address_key(uint8_t key[static KP_ADDRESS_KEY_BYTES], const struct kp_address *address);
/* KP_REFUSED: not the key of any canonical address. */
KP_MUST_USE enum kp_status kp_address_of_key(struct kp_address *address,
                                             const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
/* "1234AB 12 A 2", for people; out has KP_ADDRESS_TEXT bytes. */
#define KP_ADDRESS_TEXT 32
void kp_address_text(char out[static KP_ADDRESS_TEXT], const struct kp_address *address);

#endif
