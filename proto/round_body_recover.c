/* The bodies of RECOVER and RECOVERED. */
#include "proto/protobuf.h"
#include "proto/round.pb-c.h"
#include "proto/round_body.h"

#include <string.h>

enum kp_status kp_recover_pack(const struct kp_recover *recover, struct kp_buffer *out,
                               struct kp_error *error)
{
    Kruispunt__Recover packed = KRUISPUNT__RECOVER__INIT;
    packed.counter = recover->counter;
    packed.nonce = kp_protobuf_bytes(recover->nonce, sizeof(recover->nonce));
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_recover_unpack(struct kp_recover *recover, const struct kp_buffer *body,
                                 struct kp_error *error)
{
    memset(recover, 0, sizeof(*recover));
    Kruispunt__Recover *packed = (Kruispunt__Recover *)kp_protobuf_unpack(
        &kruispunt__recover__descriptor, "RECOVER", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    recover->counter = packed->counter;
    enum kp_status status = kp_body_check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(recover->nonce, sizeof(recover->nonce), &packed->nonce, "nonce",
                                  error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

enum kp_status kp_recovered_pack(const struct kp_recovered *recovered, struct kp_buffer *out,
                                 struct kp_error *error)
{
    Kruispunt__Recovered packed = KRUISPUNT__RECOVERED__INIT;
    packed.hello2 = kp_protobuf_bytes(recovered->hello2.data, recovered->hello2.size);
    packed.asked_counter = recovered->asked_counter;
    packed.own_counter = recovered->own_counter;
    packed.points = kp_protobuf_bytes(recovered->points.data, recovered->points.size);
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_recovered_unpack(struct kp_recovered *recovered, const struct kp_buffer *body,
                                   struct kp_error *error)
{
    memset(recovered, 0, sizeof(*recovered));
    Kruispunt__Recovered *packed = (Kruispunt__Recovered *)kp_protobuf_unpack(
        &kruispunt__recovered__descriptor, "RECOVERED", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = KP_OK;
    recovered->asked_counter = packed->asked_counter;
    recovered->own_counter = packed->own_counter;
    if (packed->asked_counter > KP_ROUNDS_MAX || packed->own_counter > KP_ROUNDS_MAX) {
        status = kp_fail(error, KP_REFUSED, "RECOVERED with lists of rounds that can't be");
    } else if (kp_buffer_set(&recovered->hello2, packed->hello2.data, packed->hello2.len) !=
                   KP_OK ||
               kp_buffer_set(&recovered->points, packed->points.data, packed->points.len) !=
                   KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_recovered_free(struct kp_recovered *recovered)
{
    kp_buffer_free(&recovered->hello2);
    kp_buffer_free(&recovered->points);
}
