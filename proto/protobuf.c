#include "proto/protobuf.h"

#include "proto/utf8.h"

#include <string.h>

enum kp_status kp_protobuf_pack(const ProtobufCMessage *message, struct kp_buffer *out,
                                struct kp_error *error)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    out->size = 0;
    if (size > 0 && kp_buffer_reserve(out, size) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for a message of %zu bytes", size);
    }
    out->size = size > 0 ? protobuf_c_message_pack(message, out->data) : 0;
    return KP_OK;
}

static bool has_unknown_fields(const ProtobufCMessage *message);

/* Members of a message struct lie at the offsets that its descriptor gives. */
static const void *member_at(const ProtobufCMessage *message, unsigned offset)
{
    return (const char *)message + offset;
}

static bool field_has_unknown_fields(const ProtobufCMessage *message,
                                     const ProtobufCFieldDescriptor *field)
{
    const void *value = member_at(message, field->offset);
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)member_at(message, field->quantifier_offset);
        ProtobufCMessage *const *items = *(ProtobufCMessage *const *const *)value;
        for (size_t i = 0; i < count; i++) {
            if (has_unknown_fields(items[i])) {
                return true;
            }
        }
        return false;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
        *(const uint32_t *)member_at(message, field->quantifier_offset) != field->id) {
        return false;
    }
    const ProtobufCMessage *item = *(ProtobufCMessage *const *)value;
    return item != NULL && has_unknown_fields(item);
}

static bool has_unknown_fields(const ProtobufCMessage *message)
{
    if (message->n_unknown_fields > 0) {
        return true;
    }
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type == PROTOBUF_C_TYPE_MESSAGE && field_has_unknown_fields(message, field)) {
            return true;
        }
    }
    return false;
}

ProtobufCMessage *kp_protobuf_unpack(const ProtobufCMessageDescriptor *descriptor, const char *name,
                                     const uint8_t *bytes, size_t size, struct kp_error *error)
{
    static const uint8_t nothing = 0;
    ProtobufCMessage *message =
        protobuf_c_message_unpack(descriptor, NULL, size, bytes != NULL ? bytes : &nothing);
    if (message == NULL) {
        (void)kp_fail(error, KP_REFUSED, "%s of %zu bytes doesn't parse", name, size);
        return NULL;
    }
    if (has_unknown_fields(message)) {
        protobuf_c_message_free_unpacked(message, NULL);
        (void)kp_fail(error, KP_REFUSED, "%s has a field that this version doesn't know", name);
        return NULL;
    }
    if (kp_protobuf_check_canonical(message, bytes, size) != KP_OK) {
        protobuf_c_message_free_unpacked(message, NULL);
        (void)kp_fail(error, KP_REFUSED, "%s isn't in the one form that packing gives", name);
        return NULL;
    }
    return message;
}

ProtobufCBinaryData kp_protobuf_bytes(const void *bytes, size_t size)
{
    /* Packing only reads; protobuf-c has no const type for that. */
    union {
        const void *in;
        uint8_t *out;
    } cast = {.in = bytes};
    return (ProtobufCBinaryData){.len = size, .data = cast.out};
}

/* protobuf-c's allocator is malloc, as kp_buffer's. */
void kp_protobuf_take(struct kp_buffer *out, ProtobufCBinaryData *field)
{
    kp_buffer_free(out);
    if (field->len > 0) {
        *out = (struct kp_buffer){field->data, field->len, field->len};
        *field = (ProtobufCBinaryData){0};
    }
}

enum kp_status kp_protobuf_copy(void *out, size_t size, const ProtobufCBinaryData *field,
                                const char *name, struct kp_error *error)
{
    if (field->len != size) {
        return kp_fail(error, KP_REFUSED, "%s has %zu bytes instead of %zu", name, field->len,
                       size);
    }
    if (size > 0) {
        memcpy(out, field->data, size);
    }
    return KP_OK;
}

enum kp_status kp_protobuf_copy_all(const struct kp_protobuf_field *fields, size_t count,
                                    struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status =
            kp_protobuf_copy(fields[i].out, fields[i].size, fields[i].field, fields[i].name, error);
    }
    return status;
}

char *kp_protobuf_text(const char *text)
{
    union {
        const char *in;
        char *out;
    } cast = {.in = text};
    return cast.out;
}

enum kp_status kp_protobuf_copy_text(char *out, size_t capacity, const char *text, const char *name,
                                     struct kp_error *error)
{
    size_t size = strlen(text);
    if (size >= capacity) {
        return kp_fail(error, KP_REFUSED, "%s has %zu bytes; %zu is the most", name, size,
                       capacity - 1);
    }
    if (!kp_utf8_is_line(text, size)) {
        return kp_fail(error, KP_REFUSED, "%s is not one line of UTF-8", name);
    }
    memcpy(out, text, size + 1);
    return KP_OK;
}

void kp_protobuf_copy_remark(char *out, size_t capacity, const char *text)
{
    size_t left = strlen(text);
    size_t used = 0;
    while (left > 0) {
        uint32_t character = 0;
        size_t length = kp_utf8_decode(&character, text, left);
        size_t taken = length == 0 ? 1 : length;
        if (used + taken >= capacity) {
            break;
        }
        if (length == 0 || kp_utf8_is_control(character)) {
            out[used++] = '?';
        } else {
            memcpy(out + used, text, length);
            used += length;
        }
        text += taken;
        left -= taken;
    }
    out[used] = '\0';
}
