/* Batches (proto/wire.h) as protobuf has them. Only for files of proto/ that pack and unpack. */
#ifndef KP_PROTO_BATCH_H
#define KP_PROTO_BATCH_H

#include "proto/wire.h"

#include <protobuf-c/protobuf-c.h>

/* The batch as protobuf fields, borrowed; the array is the caller's to free. NULL: no memory. */
ProtobufCBinaryData *kp_batch_borrow(const struct kp_batch *batch);
/* Takes the bytes of the fields, which are empty then. KP_REFUSED: too many, or one that is too
 * long. */
KP_MUST_USE enum kp_status kp_batch_take(struct kp_batch *batch, ProtobufCBinaryData *fields,
                                         size_t count, struct kp_error *error);

#endif
