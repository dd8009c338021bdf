/* Comparing what a node has with what a file has, by marks. */
#include "proto/control_internal.h"
#include "proto/protobuf.h"

/* Whole marks, at most a page of them. */
static enum kp_status copy_marks(struct kp_buffer *marks, const ProtobufCBinaryData *packed,
                                 struct kp_error *error)
{
    if (packed->len % KP_CONTROL_MARK_BYTES != 0 ||
        packed->len > (size_t)KP_CONTROL_PAGE * KP_CONTROL_MARK_BYTES) {
        return kp_fail(error, KP_REFUSED, "marks of %zu bytes", packed->len);
    }
    return packed->len == 0 || kp_buffer_set(marks, packed->data, packed->len) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for marks");
}

enum kp_status kp_control_pack_compare(const struct kp_control_request *request,
                                       Kruispunt__ControlRequest *packed, struct kp_buffer *out,
                                       struct kp_error *error)
{
    Kruispunt__CompareRequest compare = KRUISPUNT__COMPARE_REQUEST__INIT;
    compare.key = kp_protobuf_bytes(request->mark_key, sizeof(request->mark_key));
    compare.after = kp_protobuf_bytes(request->after.bytes, request->after.size);
    compare.withdraw = kp_protobuf_bytes(request->marks.data, request->marks.size);
    packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_COMPARE;
    packed->compare = &compare;
    return kp_protobuf_pack(&packed->base, out, error);
}

enum kp_status kp_control_copy_compare(struct kp_control_request *request,
                                       const Kruispunt__CompareRequest *packed,
                                       struct kp_error *error)
{
    request->kind = KP_CONTROL_COMPARE;
    enum kp_status status =
        kp_protobuf_copy(request->mark_key, sizeof(request->mark_key), &packed->key, "key", error);
    if (status == KP_OK) {
        status = kp_control_copy_page_key(&request->after, &packed->after, error);
    }
    return status == KP_OK ? copy_marks(&request->marks, &packed->withdraw, error) : status;
}

enum kp_status kp_control_pack_compared(const struct kp_control_response *response,
                                        Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                        struct kp_error *error)
{
    Kruispunt__Compared compared = KRUISPUNT__COMPARED__INIT;
    compared.marks = kp_protobuf_bytes(response->marks.data, response->marks.size);
    compared.next = kp_protobuf_bytes(response->next.bytes, response->next.size);
    compared.withdrawn = response->withdrawn;
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_COMPARED;
    packed->compared = &compared;
    return kp_protobuf_pack(&packed->base, out, error);
}

enum kp_status kp_control_copy_compared(struct kp_control_response *response,
                                        const Kruispunt__Compared *packed, struct kp_error *error)
{
    response->kind = KP_CONTROL_COMPARED;
    response->withdrawn = packed->withdrawn;
    enum kp_status status = kp_control_copy_page_key(&response->next, &packed->next, error);
    return status == KP_OK ? copy_marks(&response->marks, &packed->marks, error) : status;
}
