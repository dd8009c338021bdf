/* An address and its key.
 *
 * Key scheme 1 (text): postcode (6), house number (5 digits, zeros in front), house letter (1, or a
 * space), addition (4, spaces behind): 16 bytes of ASCII, one key for one canonical address.
 *
 * Key scheme 2 (bag): 0x02, five zero bytes, the four digits of the postcode of the object's main
 * address (2 bytes, two digits each; 0000 when it has none), the object's id in the register (8
 * bytes, two digits each). The object alone is what is matched; the four digits follow from it and
 * let everybody see without a register whether it lies in the area.
 *
 * How text from partners' files becomes a key stands in proto/address/. */
#ifndef KP_PROTO_ADDRESS_H
#define KP_PROTO_ADDRESS_H

#include "crypto/leaf.h"
#include "crypto/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_key_scheme { KP_KEY_SCHEME_TEXT = 1, KP_KEY_SCHEME_BAG = 2 };
/* How text becomes a key, in both schemes. Another version may give another key for one spelling,
 * so that members of one agreement use the same. */
#define KP_CANONICAL_VERSION 2

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

/* Ids of the register (BAG): 16 digits, of which the first four name a municipality and the next
 * two what it is. As a number they have zeros in front. */
enum kp_bag_type {
    KP_BAG_UNIT = 1,  /* verblijfsobject */
    KP_BAG_BERTH = 2, /* ligplaats */
    KP_BAG_PITCH = 3, /* standplaats */
    KP_BAG_BUILDING = 10,
    KP_BAG_NUMBER = 20, /* nummeraanduiding */
    KP_BAG_STREET = 30, /* openbare ruimte */
};
#define KP_BAG_ID_TEXT 17
/* KP_REFUSED: not exactly 16 digits; *id is as it was. */
KP_MUST_USE enum kp_status kp_bag_id_read(uint64_t *id, const char *text, size_t size);
void kp_bag_id_text(char out[static KP_BAG_ID_TEXT], uint64_t id);
/* Digits five and six: an enum kp_bag_type or another number below 100. */
unsigned kp_bag_id_type(uint64_t id);
/* Whether something can stand there that has addresses: a unit, berth or pitch. */
bool kp_bag_is_object(uint64_t id);

/* The key of an object (kp_bag_is_object); `digits`: 1000 to 9999, or 0 when its main address has
 * no postcode. */
void kp_object_key(uint8_t key[static KP_ADDRESS_KEY_BYTES], uint64_t object, unsigned digits);
/* KP_REFUSED: not the key of any object; the outputs are as they were. */
KP_MUST_USE enum kp_status kp_object_of_key(uint64_t *object, unsigned *digits,
                                            const uint8_t key[static KP_ADDRESS_KEY_BYTES]);

/* Keys of both schemes. No key is one of both.
 * KP_REFUSED: not a canonical key of this scheme. */
KP_MUST_USE enum kp_status kp_key_check(enum kp_key_scheme scheme,
                                        const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
/* The postcode's four digits; "": it has none, or is no key. */
void kp_key_area(char out[static 5], const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
/* For people: "1234AB 12 A 2", or "object 0363010000000001 (1011)", or "not an address". */
#define KP_KEY_TEXT 40
void kp_key_text(char out[static KP_KEY_TEXT], const uint8_t key[static KP_ADDRESS_KEY_BYTES]);

#endif
