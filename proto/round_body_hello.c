/* The bodies of what members tell all others: both hellos and READY. */
#include "proto/protobuf.h"
#include "proto/round.pb-c.h"
#include "proto/round_body.h"

#include <string.h>

/* HELLO 1 */

enum kp_status kp_hello1_pack(const struct kp_hello1 *hello, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Hello1 packed = KRUISPUNT__HELLO1__INIT;
    packed.counter = hello->counter;
    packed.round_type = (uint32_t)hello->round_type;
    packed.nonce = kp_protobuf_bytes(hello->nonce, sizeof(hello->nonce));
    packed.exchange_key = kp_protobuf_bytes(hello->exchange_key, sizeof(hello->exchange_key));
    packed.commitment = kp_protobuf_bytes(hello->commitment, sizeof(hello->commitment));
    ProtobufCBinaryData claims[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < hello->claim_count; i++) {
        claims[i] = kp_protobuf_bytes(hello->claims[i].data, hello->claims[i].size);
    }
    packed.n_claims = hello->claim_count;
    packed.claims = claims;
    packed.preshared = hello->preshared;
    return kp_protobuf_pack(&packed.base, out, error);
}

void kp_hello1_free(struct kp_hello1 *hello)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&hello->claims[i]);
    }
    hello->claim_count = 0;
}

static enum kp_status copy_claims(struct kp_hello1 *hello, const Kruispunt__Hello1 *packed,
                                  struct kp_error *error)
{
    if (packed->n_claims > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "HELLO 1 with %zu claims", packed->n_claims);
    }
    for (size_t i = 0; i < packed->n_claims; i++) {
        const ProtobufCBinaryData *claim = &packed->claims[i];
        if (kp_buffer_set(&hello->claims[i], claim->data, claim->len) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for a claim");
        }
        hello->claim_count++;
    }
    return KP_OK;
}

enum kp_status kp_hello1_unpack(struct kp_hello1 *hello, const struct kp_buffer *body,
                                struct kp_error *error)
{
    memset(hello, 0, sizeof(*hello));
    Kruispunt__Hello1 *packed = (Kruispunt__Hello1 *)kp_protobuf_unpack(
        &kruispunt__hello1__descriptor, "HELLO 1", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    hello->counter = packed->counter;
    hello->round_type = (enum kp_round_type)packed->round_type;
    hello->preshared = packed->preshared;
    const struct kp_protobuf_field fields[] = {
        {&packed->nonce, hello->nonce, sizeof(hello->nonce), "nonce"},
        {&packed->exchange_key, hello->exchange_key, sizeof(hello->exchange_key), "exchange key"},
        {&packed->commitment, hello->commitment, sizeof(hello->commitment), "commitment"},
    };
    enum kp_status status = kp_body_check_round(packed->counter, packed->round_type, error);
    if (status == KP_OK) {
        status = KP_PROTOBUF_COPY(fields, error);
    }
    if (status == KP_OK) {
        status = copy_claims(hello, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* HELLO 2, the part for all */

enum kp_status kp_hello2_pack(const struct kp_hello2 *hello, struct kp_buffer *out,
                              struct kp_error *error)
{
    Kruispunt__Hello2 packed = KRUISPUNT__HELLO2__INIT;
    Kruispunt__LogHead seen[KP_MEMBERS_MAX], *pointers[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < hello->seen_count; i++) {
        kruispunt__log_head__init(&seen[i]);
        seen[i].sequence = hello->seen[i].sequence;
        seen[i].head = kp_protobuf_bytes(hello->seen[i].hash, KP_DIGEST_BYTES);
        pointers[i] = &seen[i];
    }
    packed.hellos = kp_protobuf_bytes(hello->hellos, KP_DIGEST_BYTES);
    packed.slots_root = kp_protobuf_bytes(hello->slots_root, KP_DIGEST_BYTES);
    packed.points_root = kp_protobuf_bytes(hello->points_root, KP_DIGEST_BYTES);
    packed.time = hello->time;
    packed.secret_digest = kp_protobuf_bytes(hello->secret_digest, KP_DIGEST_BYTES);
    packed.counter = hello->counter;
    packed.log_sequence = hello->log.sequence;
    packed.log_head = kp_protobuf_bytes(hello->log.hash, KP_DIGEST_BYTES);
    packed.n_seen = hello->seen_count;
    packed.seen = pointers;
    packed.audit_commitment = kp_protobuf_bytes(hello->audit_commitment, KP_DIGEST_BYTES);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_seen(struct kp_hello2 *hello, const Kruispunt__Hello2 *packed,
                                struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (packed->n_seen > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "HELLO 2 with %zu log heads", packed->n_seen);
    }
    for (size_t i = 0; status == KP_OK && i < packed->n_seen; i++) {
        hello->seen[i].sequence = packed->seen[i]->sequence;
        status = kp_protobuf_copy(hello->seen[i].hash, KP_DIGEST_BYTES, &packed->seen[i]->head,
                                  "log head", error);
    }
    hello->seen_count = (uint32_t)packed->n_seen;
    return status;
}

enum kp_status kp_hello2_unpack(struct kp_hello2 *hello, const struct kp_buffer *body,
                                struct kp_error *error)
{
    memset(hello, 0, sizeof(*hello));
    Kruispunt__Hello2 *packed = (Kruispunt__Hello2 *)kp_protobuf_unpack(
        &kruispunt__hello2__descriptor, "HELLO 2", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    hello->time = packed->time;
    hello->counter = packed->counter;
    hello->log.sequence = packed->log_sequence;
    const struct kp_protobuf_field fields[] = {
        {&packed->hellos, hello->hellos, KP_DIGEST_BYTES, "hellos"},
        {&packed->slots_root, hello->slots_root, KP_DIGEST_BYTES, "slots root"},
        {&packed->points_root, hello->points_root, KP_DIGEST_BYTES, "points root"},
        {&packed->secret_digest, hello->secret_digest, KP_DIGEST_BYTES, "secret digest"},
        {&packed->log_head, hello->log.hash, KP_DIGEST_BYTES, "log head"},
        {&packed->audit_commitment, hello->audit_commitment, KP_DIGEST_BYTES, "audit commitment"},
    };
    enum kp_status status = kp_body_check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK) {
        status = KP_PROTOBUF_COPY(fields, error);
    }
    if (status == KP_OK) {
        status = copy_seen(hello, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* HELLO 2, the secret part: the same for all members, sealed to each */

enum kp_status kp_hello2_secret_pack(const struct kp_hello2_secret *hello, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__Hello2Secret packed = KRUISPUNT__HELLO2_SECRET__INIT;
    packed.public_key = kp_protobuf_bytes(hello->public_key, sizeof(hello->public_key));
    packed.proof = kp_protobuf_bytes(hello->proof, sizeof(hello->proof));
    packed.contribution = kp_protobuf_bytes(hello->contribution, sizeof(hello->contribution));
    packed.blinding = kp_protobuf_bytes(hello->blinding, sizeof(hello->blinding));
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_hello2_secret_unpack(struct kp_hello2_secret *hello, const struct kp_buffer *body,
                                       struct kp_error *error)
{
    Kruispunt__Hello2Secret *packed = (Kruispunt__Hello2Secret *)kp_protobuf_unpack(
        &kruispunt__hello2_secret__descriptor, "HELLO 2 SECRET", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    const struct kp_protobuf_field fields[] = {
        {&packed->public_key, hello->public_key, sizeof(hello->public_key), "public key"},
        {&packed->proof, hello->proof, sizeof(hello->proof), "proof"},
        {&packed->contribution, hello->contribution, sizeof(hello->contribution), "contribution"},
        {&packed->blinding, hello->blinding, sizeof(hello->blinding), "blinding"},
    };
    enum kp_status status = KP_PROTOBUF_COPY(fields, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* READY */

enum kp_status kp_ready_pack(const struct kp_ready *ready, struct kp_buffer *out,
                             struct kp_error *error)
{
    Kruispunt__Ready packed = KRUISPUNT__READY__INIT;
    Kruispunt__ListTotal lists[KP_MEMBERS_MAX], *pointers[KP_MEMBERS_MAX];
    for (uint32_t i = 0; i < ready->list_count; i++) {
        kruispunt__list_total__init(&lists[i]);
        lists[i].points_root = kp_protobuf_bytes(ready->lists[i].points_root, KP_DIGEST_BYTES);
        lists[i].charged = ready->lists[i].charged;
        pointers[i] = &lists[i];
    }
    packed.lineage = kp_protobuf_bytes(ready->lineage, KP_DIGEST_BYTES);
    packed.counter = ready->counter;
    packed.round_id = kp_protobuf_bytes(ready->round_id, KP_DIGEST_BYTES);
    packed.g_digest = kp_protobuf_bytes(ready->g_digest, KP_DIGEST_BYTES);
    packed.entries = ready->entries;
    packed.entries_root = kp_protobuf_bytes(ready->entries_root, KP_DIGEST_BYTES);
    packed.time = ready->time;
    packed.n_lists = ready->list_count;
    packed.lists = pointers;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_lists(struct kp_ready *ready, const Kruispunt__Ready *packed,
                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (packed->n_lists > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "READY with %zu lists", packed->n_lists);
    }
    for (size_t i = 0; status == KP_OK && i < packed->n_lists; i++) {
        ready->lists[i].charged = packed->lists[i]->charged;
        status = kp_protobuf_copy(ready->lists[i].points_root, KP_DIGEST_BYTES,
                                  &packed->lists[i]->points_root, "points root", error);
    }
    ready->list_count = (uint32_t)packed->n_lists;
    return status;
}

enum kp_status kp_ready_unpack(struct kp_ready *ready, const struct kp_buffer *body,
                               struct kp_error *error)
{
    Kruispunt__Ready *packed = (Kruispunt__Ready *)kp_protobuf_unpack(
        &kruispunt__ready__descriptor, "READY", body->data, body->size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    memset(ready, 0, sizeof(*ready));
    ready->time = packed->time;
    ready->counter = packed->counter;
    ready->entries = packed->entries;
    const struct kp_protobuf_field fields[] = {
        {&packed->lineage, ready->lineage, KP_DIGEST_BYTES, "lineage"},
        {&packed->round_id, ready->round_id, KP_DIGEST_BYTES, "round id"},
        {&packed->g_digest, ready->g_digest, KP_DIGEST_BYTES, "g digest"},
        {&packed->entries_root, ready->entries_root, KP_DIGEST_BYTES, "entries root"},
    };
    enum kp_status status = kp_body_check_round(packed->counter, KP_ROUND_MATCH, error);
    if (status == KP_OK && packed->entries > KP_SLOTS_MAX) {
        status = kp_fail(error, KP_REFUSED, "READY for %u entries", packed->entries);
    }
    if (status == KP_OK) {
        status = KP_PROTOBUF_COPY(fields, error);
    }
    if (status == KP_OK) {
        status = copy_lists(ready, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}
