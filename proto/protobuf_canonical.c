/* Apart from its caller, so that a test can link it away (tests/attack). */
#include "proto/protobuf.h"

#include <string.h>

enum kp_status kp_protobuf_check_canonical(const ProtobufCMessage *message, const uint8_t *bytes,
                                           size_t size)
{
    struct kp_buffer packed = {0};
    enum kp_status status = KP_REFUSED;
    if (protobuf_c_message_get_packed_size(message) == size) {
        status = kp_protobuf_pack(message, &packed, NULL);
    }
    if (status == KP_OK && size > 0 && memcmp(packed.data, bytes, size) != 0) {
        status = KP_REFUSED;
    }
    kp_buffer_free(&packed);
    return status;
}
