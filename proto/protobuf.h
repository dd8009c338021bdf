/* What every message does with protobuf-c. Only for files of proto/ that pack and unpack: generated
 * types don't leave them. */
#ifndef KP_PROTO_PROTOBUF_H
#define KP_PROTO_PROTOBUF_H

#include "proto/buffer.h"
#include "proto/error.h"

#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Replaces the content of `out`. */
KP_MUST_USE enum kp_status kp_protobuf_pack(const ProtobufCMessage *message, struct kp_buffer *out,
                                            struct kp_error *error);
/* NULL, with the error filled in, when the bytes are no such message or hold a field it doesn't
 * have (at any depth). Freed with protobuf_c_message_free_unpacked; name is for the error. */
ProtobufCMessage *kp_protobuf_unpack(const ProtobufCMessageDescriptor *descriptor, const char *name,
                                     const uint8_t *bytes, size_t size, struct kp_error *error);

/* One content has one form: what packing gives. A field twice, a default that is written out,
 * another order or a longer number would give a signed message a second form, of any length. Part
 * of kp_protobuf_unpack. */
KP_MUST_USE enum kp_status kp_protobuf_check_canonical(const ProtobufCMessage *message,
                                                       const uint8_t *bytes, size_t size);

/* Borrowed bytes as a protobuf field. */
ProtobufCBinaryData kp_protobuf_bytes(const void *bytes, size_t size);
/* Moves a field of an unpacked message, which is empty then, into a buffer instead of what was in
 * it. */
void kp_protobuf_take(struct kp_buffer *out, ProtobufCBinaryData *field);
/* Copies a field of exactly `size` bytes. KP_REFUSED names it. */
KP_MUST_USE enum kp_status kp_protobuf_copy(void *out, size_t size,
                                            const ProtobufCBinaryData *field, const char *name,
                                            struct kp_error *error);

/* Several fields of fixed size, as a table. */
struct kp_protobuf_field {
    const ProtobufCBinaryData *field;
    void *out;
    size_t size;
    const char *name;
};
KP_MUST_USE enum kp_status kp_protobuf_copy_all(const struct kp_protobuf_field *fields,
                                                size_t count, struct kp_error *error);
#define KP_PROTOBUF_COPY(fields, error)                                                            \
    kp_protobuf_copy_all(fields, sizeof(fields) / sizeof((fields)[0]), error)

/* A text as protobuf-c wants it for packing, which only reads it. */
char *kp_protobuf_text(const char *text);
/* Copies one line of UTF-8, at most capacity - 1 bytes. KP_REFUSED names it. */
KP_MUST_USE enum kp_status kp_protobuf_copy_text(char *out, size_t capacity, const char *text,
                                                 const char *name, struct kp_error *error);
/* Copies words for a person, such as what went wrong: cut where they are too long, and with
 * question marks where they aren't one line of UTF-8, for they are wanted all the same. */
void kp_protobuf_copy_remark(char *out, size_t capacity, const char *text);

#endif
