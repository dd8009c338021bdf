/* Internal to proto/proof*.c: fields of several sizes. */
#ifndef KP_PROTO_PROOF_FIELDS_H
#define KP_PROTO_PROOF_FIELDS_H

#include "proto/protobuf.h"

/* Copies a field of `least` to `most` bytes. KP_REFUSED names it. */
KP_MUST_USE enum kp_status kp_proof_copy(struct kp_buffer *out, const ProtobufCBinaryData *field,
                                         size_t least, size_t most, const char *name,
                                         struct kp_error *error);
/* A number of digests. */
KP_MUST_USE enum kp_status kp_proof_copy_path(struct kp_buffer *out,
                                              const ProtobufCBinaryData *field, const char *name,
                                              struct kp_error *error);

#endif
