#include "proto/address/register_hash.h"

#include "proto/numbers.h"

#include <string.h>

#define LABEL "Kruispunt-v1 address register"

void kp_register_hash_start(struct kp_hash *hash)
{
    kp_hash_start(hash, LABEL);
}

static uint8_t *put_text(uint8_t *at, const char *text)
{
    size_t size = strlen(text);
    at = kp_put_number(at, size, 2);
    memcpy(at, text, size);
    return at + size;
}

/* One field for a pair: its parts have fixed sizes or their size before them. */
void kp_register_hash_pair(struct kp_hash *hash, const struct kp_register_pair *pair)
{
    uint8_t bytes[8 + 8 + 1 + 4 + 5 * 2 + 6 + 1 + 4 + 2 * KP_REGISTER_NAME_BYTES_MAX];
    uint8_t *at = kp_put_number(bytes, pair->id, 8);
    at = kp_put_number(at, pair->object, 8);
    at = kp_put_number(at, pair->side, 1);
    at = kp_put_number(at, pair->house_number, 4);
    at = put_text(at, pair->postcode);
    at = put_text(at, pair->letter);
    at = put_text(at, pair->addition);
    at = put_text(at, pair->street);
    at = put_text(at, pair->town);
    kp_hash_field(hash, bytes, (size_t)(at - bytes));
}

void kp_register_hash_withdrawn(struct kp_hash *hash, uint64_t id)
{
    kp_hash_number(hash, id);
}
