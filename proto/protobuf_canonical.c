/* Apart from its caller, so that a test can link it away (tests/attack). */
#include "proto/protobuf.h"

#include <string.h>

/* Where packing goes when what it gives is only looked at. */
struct comparing {
    ProtobufCBuffer base; /* first */
    const uint8_t *bytes;
    size_t left;
    bool equal;
};

static void compare(ProtobufCBuffer *buffer, size_t size, const uint8_t *packed)
{
    struct comparing *comparing = (struct comparing *)buffer;
    if (!comparing->equal || size > comparing->left ||
        (size > 0 && memcmp(comparing->bytes, packed, size) != 0)) {
        comparing->equal = false;
        return;
    }
    comparing->bytes += size;
    comparing->left -= size;
}

enum kp_status kp_protobuf_check_canonical(const ProtobufCMessage *message, const uint8_t *bytes,
                                           size_t size)
{
    static const uint8_t nothing = 0;
    struct comparing comparing = {
        .base = {.append = compare},
        .bytes = size > 0 ? bytes : &nothing,
        .left = size,
        .equal = true,
    };
    (void)protobuf_c_message_pack_to_buffer(message, &comparing.base);
    return comparing.equal && comparing.left == 0 ? KP_OK : KP_REFUSED;
}
