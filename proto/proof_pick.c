/* One audited slot. */
#include "proto/proof.h"

#include "crypto/merkle.h"
#include "crypto/secret.h"
#include "proto/agreement.h"
#include "proto/limits.h"
#include "proto/numbers.h"
#include "proto/proof.pb-c.h"
#include "proto/proof_fields.h"

#include <stdlib.h>
#include <string.h>

#define DATE_BYTES 4
#define LEAF_BYTES                                                                                 \
    (KP_ADDRESS_KEY_BYTES + KP_INDICATOR_SET_BYTES + KP_DIGEST_BYTES + DATE_BYTES +                \
     KP_POINT_BYTES + KP_LEAF_FIELDS * KP_LEAF_BLINDING_BYTES)

/* ---- the leaf, in one run of bytes ---- */

static void pack_leaf(uint8_t out[static LEAF_BYTES], const struct kp_leaf *leaf)
{
    uint8_t *at = out;
    memcpy(at, leaf->address, KP_ADDRESS_KEY_BYTES);
    at += KP_ADDRESS_KEY_BYTES;
    memcpy(at, leaf->indicators, KP_INDICATOR_SET_BYTES);
    at += KP_INDICATOR_SET_BYTES;
    memcpy(at, leaf->grounds, KP_DIGEST_BYTES);
    at = kp_put_number(at + KP_DIGEST_BYTES, leaf->observed_on, DATE_BYTES);
    memcpy(at, leaf->point, KP_POINT_BYTES);
    memcpy(at + KP_POINT_BYTES, leaf->blinding, sizeof(leaf->blinding));
}

static void unpack_leaf(struct kp_leaf *leaf, const uint8_t in[static LEAF_BYTES])
{
    const uint8_t *at = in;
    memcpy(leaf->address, at, KP_ADDRESS_KEY_BYTES);
    at += KP_ADDRESS_KEY_BYTES;
    memcpy(leaf->indicators, at, KP_INDICATOR_SET_BYTES);
    at += KP_INDICATOR_SET_BYTES;
    memcpy(leaf->grounds, at, KP_DIGEST_BYTES);
    at += KP_DIGEST_BYTES;
    leaf->observed_on = (uint32_t)kp_get_number(at, DATE_BYTES);
    at += DATE_BYTES;
    memcpy(leaf->point, at, KP_POINT_BYTES);
    memcpy(leaf->blinding, at + KP_POINT_BYTES, sizeof(leaf->blinding));
}

/* ---- packing ---- */

/* A signal with its parts, while it is packed. */
struct packed_signal {
    Kruispunt__AuditSignal signal;
    Kruispunt__SignalNoted registered, withdrawn;
};

static Kruispunt__SignalNoted *fill_noted(Kruispunt__SignalNoted *out,
                                          const struct kp_pick_noted *noted)
{
    if (noted->sequence == 0) {
        return NULL;
    }
    kruispunt__signal_noted__init(out);
    out->sequence = noted->sequence;
    out->index = noted->index;
    out->count = noted->count;
    out->path = kp_protobuf_bytes(noted->path, noted->path_size);
    return out;
}

static void fill_signal(struct packed_signal *packed, const struct kp_pick_signal *signal)
{
    Kruispunt__AuditSignal *out = &packed->signal;
    kruispunt__audit_signal__init(out);
    out->indicator = kp_protobuf_text(signal->indicator);
    out->observed_on = signal->observed_on;
    out->valid_until = signal->valid_until;
    out->registered_at = signal->registered_at;
    out->grounds = kp_protobuf_text(signal->grounds);
    out->salt = kp_protobuf_bytes(signal->salt, KP_PICK_SALT_BYTES);
    out->purpose = signal->purpose;
    out->registered = fill_noted(&packed->registered, &signal->registered);
    out->withdrawn = fill_noted(&packed->withdrawn, &signal->withdrawn);
}

enum kp_status kp_pick_pack(const struct kp_pick *pick, struct kp_buffer *out,
                            struct kp_error *error)
{
    struct packed_signal signals[KP_SIGNALS_PER_ADDRESS_MAX];
    Kruispunt__AuditSignal *pointers[KP_SIGNALS_PER_ADDRESS_MAX];
    uint8_t leaf[LEAF_BYTES];
    if (pick->signal_count > KP_SIGNALS_PER_ADDRESS_MAX) {
        return kp_fail(error, KP_FAILED, "%zu signals in one slot", pick->signal_count);
    }
    for (size_t i = 0; i < pick->signal_count; i++) {
        fill_signal(&signals[i], &pick->signals[i]);
        pointers[i] = &signals[i].signal;
    }
    pack_leaf(leaf, &pick->leaf);
    Kruispunt__AuditPick packed = KRUISPUNT__AUDIT_PICK__INIT;
    packed.slot = pick->leaf.index;
    packed.kind = (uint32_t)pick->kind;
    packed.leaf = kp_protobuf_bytes(leaf, sizeof(leaf));
    packed.leaf_path = kp_protobuf_bytes(pick->leaf_path.data, pick->leaf_path.size);
    packed.blind = kp_protobuf_bytes(pick->blind, KP_SCALAR_BYTES);
    packed.y = kp_protobuf_bytes(pick->y, KP_POINT_BYTES);
    packed.output = kp_protobuf_bytes(pick->output, KP_PICK_OUTPUT_BYTES);
    packed.g = kp_protobuf_bytes(pick->g, KP_DIGEST_BYTES);
    packed.position = pick->position;
    packed.entry = kp_protobuf_bytes(pick->entry.data, pick->entry.size);
    packed.entry_path = kp_protobuf_bytes(pick->entry_path.data, pick->entry_path.size);
    packed.chunk_path = kp_protobuf_bytes(pick->chunk_path.data, pick->chunk_path.size);
    packed.n_signals = pick->signal_count;
    packed.signals = pointers;
    if (pick->kind == KP_PICK_WITHDRAWN) {
        packed.address = kp_protobuf_bytes(pick->address, KP_ADDRESS_KEY_BYTES);
    }
    enum kp_status status = kp_protobuf_pack(&packed.base, out, error);
    kp_wipe(leaf, sizeof(leaf));
    return status;
}

/* ---- unpacking ---- */

static enum kp_status copy_noted(struct kp_pick_noted *noted, const Kruispunt__SignalNoted *packed,
                                 struct kp_error *error)
{
    if (packed == NULL) {
        return KP_OK;
    }
    if (packed->sequence == 0 || packed->index >= packed->count ||
        packed->count > KP_IMPORT_BATCH ||
        packed->path.len != kp_merkle_path_length(packed->index, packed->count) * KP_DIGEST_BYTES ||
        packed->path.len > sizeof(noted->path)) {
        return kp_fail(error, KP_REFUSED, "where a signal stands in the log isn't well formed");
    }
    noted->sequence = packed->sequence;
    noted->index = packed->index;
    noted->count = packed->count;
    noted->path_size = packed->path.len;
    if (packed->path.len > 0) {
        memcpy(noted->path, packed->path.data, packed->path.len);
    }
    return KP_OK;
}

static enum kp_status copy_signal(struct kp_pick_signal *signal,
                                  const Kruispunt__AuditSignal *packed, struct kp_error *error)
{
    signal->observed_on = packed->observed_on;
    signal->valid_until = packed->valid_until;
    signal->registered_at = packed->registered_at;
    enum kp_status status = kp_protobuf_copy_text(signal->indicator, sizeof(signal->indicator),
                                                  packed->indicator, "an indicator", error);
    if (status == KP_OK) {
        status = kp_protobuf_copy_text(signal->grounds, sizeof(signal->grounds), packed->grounds,
                                       "grounds", error);
    }
    if (status == KP_OK && packed->purpose > KP_CATEGORY_CARE) {
        status = kp_fail(error, KP_REFUSED, "a signal of the unknown purpose %u", packed->purpose);
    }
    signal->purpose = (uint8_t)packed->purpose;
    if (status == KP_OK) {
        status = copy_noted(&signal->registered, packed->registered, error);
    }
    if (status == KP_OK) {
        status = copy_noted(&signal->withdrawn, packed->withdrawn, error);
    }
    return status == KP_OK
               ? kp_protobuf_copy(signal->salt, KP_PICK_SALT_BYTES, &packed->salt, "a salt", error)
               : status;
}

static enum kp_status copy_signals(struct kp_pick *pick, const Kruispunt__AuditPick *packed,
                                   struct kp_error *error)
{
    if (packed->n_signals > KP_SIGNALS_PER_ADDRESS_MAX) {
        return kp_fail(error, KP_REFUSED, "%zu signals in one slot", packed->n_signals);
    }
    pick->signals = calloc(packed->n_signals + 1, sizeof(*pick->signals));
    if (pick->signals == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for signals");
    }
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < packed->n_signals; i++) {
        status = copy_signal(&pick->signals[i], packed->signals[i], error);
        pick->signal_count++;
    }
    return status;
}

static enum kp_status copy_pick(struct kp_pick *pick, const Kruispunt__AuditPick *packed,
                                struct kp_error *error)
{
    uint8_t leaf[LEAF_BYTES];
    const struct kp_protobuf_field fields[] = {
        {&packed->leaf, leaf, LEAF_BYTES, "a pick's leaf"},
        {&packed->blind, pick->blind, KP_SCALAR_BYTES, "a pick's blinding"},
        {&packed->y, pick->y, KP_POINT_BYTES, "a pick's y"},
        {&packed->output, pick->output, KP_PICK_OUTPUT_BYTES, "a pick's output"},
        {&packed->g, pick->g, KP_DIGEST_BYTES, "a pick's g"},
    };
    enum kp_status status = KP_PROTOBUF_COPY(fields, error);
    if (status == KP_OK) {
        unpack_leaf(&pick->leaf, leaf);
        status = kp_proof_copy_path(&pick->leaf_path, &packed->leaf_path, "a leaf's path", error);
    }
    if (status == KP_OK) {
        status =
            kp_proof_copy(&pick->entry, &packed->entry, 1, KP_PROOF_ENTRY_MAX, "an entry", error);
    }
    if (status == KP_OK) {
        status =
            kp_proof_copy_path(&pick->entry_path, &packed->entry_path, "an entry's path", error);
    }
    if (status == KP_OK) {
        status =
            kp_proof_copy_path(&pick->chunk_path, &packed->chunk_path, "a chunk's path", error);
    }
    kp_wipe(leaf, sizeof(leaf));
    pick->leaf.index = packed->slot;
    if (status == KP_OK && pick->kind == KP_PICK_WITHDRAWN) {
        status = kp_protobuf_copy(pick->address, KP_ADDRESS_KEY_BYTES, &packed->address,
                                  "an address", error);
    } else if (status == KP_OK && packed->address.len > 0) {
        status = kp_fail(error, KP_REFUSED, "an address beside the leaf of a pick");
    }
    return status == KP_OK ? copy_signals(pick, packed, error) : status;
}

enum kp_status kp_pick_unpack(struct kp_pick *pick, const uint8_t *bytes, size_t size,
                              struct kp_error *error)
{
    memset(pick, 0, sizeof(*pick));
    Kruispunt__AuditPick *packed = (Kruispunt__AuditPick *)kp_protobuf_unpack(
        &kruispunt__audit_pick__descriptor, "pick of an audit", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = KP_REFUSED;
    if (packed->kind == 0 || packed->kind >= KP_PICK_KINDS || packed->slot >= KP_SLOTS_MAX ||
        packed->position >= KP_SLOTS_MAX) {
        (void)kp_fail(error, KP_REFUSED, "a pick of kind %u, slot %u", packed->kind, packed->slot);
    } else {
        pick->kind = (enum kp_pick_kind)packed->kind;
        pick->position = packed->position;
        status = copy_pick(pick, packed, error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_pick_free(struct kp_pick *pick)
{
    kp_buffer_free(&pick->leaf_path);
    kp_buffer_free(&pick->entry);
    kp_buffer_free(&pick->entry_path);
    kp_buffer_free(&pick->chunk_path);
    if (pick->signals != NULL) {
        kp_wipe(pick->signals, pick->signal_count * sizeof(*pick->signals));
    }
    free(pick->signals);
    pick->signals = NULL;
    pick->signal_count = 0;
    kp_wipe(pick->blind, sizeof(pick->blind));
    kp_wipe(pick->output, sizeof(pick->output));
}
