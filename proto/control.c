#include "crypto/secret.h"
#include "proto/control_internal.h"

#include "proto/agreement.h"
#include "proto/protobuf.h"

#include <stdlib.h>
#include <string.h>

struct kp_control_signal *kp_control_signals_add(struct kp_control_signals *signals)
{
    if (signals->count == signals->capacity) {
        size_t capacity = signals->capacity == 0 ? 64 : 2 * signals->capacity;
        struct kp_control_signal *items = calloc(capacity, sizeof(*items));
        if (items == NULL) {
            return NULL;
        }
        if (signals->count > 0) {
            memcpy(items, signals->items, signals->count * sizeof(*items));
            kp_wipe(signals->items, signals->count * sizeof(*items));
        }
        free(signals->items);
        signals->items = items;
        signals->capacity = capacity;
    }
    return &signals->items[signals->count++];
}

void kp_control_signals_free(struct kp_control_signals *signals)
{
    if (signals->items != NULL) {
        kp_wipe(signals->items, signals->count * sizeof(signals->items[0]));
        free(signals->items);
    }
    memset(signals, 0, sizeof(*signals));
}

void kp_control_free_packed(struct kp_packed_signals *packed)
{
    free(packed->items);
    free(packed->pointers);
}

enum kp_status kp_control_borrow_signals(struct kp_packed_signals *packed,
                                         const struct kp_control_signals *signals,
                                         struct kp_error *error)
{
    packed->items = calloc(signals->count + 1, sizeof(packed->items[0]));
    packed->pointers = calloc(signals->count + 1, sizeof(packed->pointers[0]));
    if (packed->items == NULL || packed->pointers == NULL) {
        kp_control_free_packed(packed);
        return kp_fail(error, KP_FAILED, "no memory for %zu signals", signals->count);
    }
    for (size_t i = 0; i < signals->count; i++) {
        const struct kp_control_signal *signal = &signals->items[i];
        Kruispunt__Signal *item = &packed->items[i];
        kruispunt__signal__init(item);
        item->address = kp_protobuf_bytes(signal->address, KP_ADDRESS_KEY_BYTES);
        item->indicator = kp_protobuf_text(signal->indicator);
        item->grounds = kp_protobuf_text(signal->grounds);
        item->observed_on = signal->observed_on;
        item->purpose = signal->purpose;
        item->valid_until = signal->valid_until;
        item->registered_at = signal->registered_at;
        packed->pointers[i] = item;
    }
    return KP_OK;
}

static enum kp_status copy_signal(struct kp_control_signal *signal, const Kruispunt__Signal *packed,
                                  struct kp_error *error)
{
    enum kp_status status =
        kp_protobuf_copy(signal->address, KP_ADDRESS_KEY_BYTES, &packed->address, "address", error);
    if (status == KP_OK) {
        status = kp_protobuf_copy_text(signal->indicator, sizeof(signal->indicator),
                                       packed->indicator, "indicator", error);
    }
    if (status == KP_OK) {
        status = kp_protobuf_copy_text(signal->grounds, sizeof(signal->grounds), packed->grounds,
                                       "grounds", error);
    }
    if (status == KP_OK && packed->purpose > KP_CATEGORY_CARE) {
        status = kp_fail(error, KP_REFUSED, "purpose: there is no %u", packed->purpose);
    }
    signal->observed_on = packed->observed_on;
    signal->purpose = (uint8_t)packed->purpose;
    signal->valid_until = packed->valid_until;
    signal->registered_at = packed->registered_at;
    return status;
}

enum kp_status kp_control_copy_signals(struct kp_control_signals *signals,
                                       Kruispunt__Signal **packed, size_t count, size_t most,
                                       struct kp_error *error)
{
    if (count > most) {
        return kp_fail(error, KP_REFUSED, "%zu signals at once; %zu is the most", count, most);
    }
    for (size_t i = 0; i < count; i++) {
        struct kp_control_signal *signal = kp_control_signals_add(signals);
        if (signal == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for %zu signals", count);
        }
        enum kp_status status = copy_signal(signal, packed[i], error);
        if (status != KP_OK) {
            (void)kp_fail_in(error, "signal %zu", i + 1);
            return status;
        }
    }
    return KP_OK;
}

enum kp_status kp_control_copy_page_key(struct kp_control_page_key *key,
                                        const ProtobufCBinaryData *packed, struct kp_error *error)
{
    if (packed->len > KP_CONTROL_PAGE_KEY_MAX) {
        return kp_fail(error, KP_REFUSED, "a page key of %zu bytes", packed->len);
    }
    key->size = packed->len;
    return kp_protobuf_copy(key->bytes, key->size, packed, "page key", error);
}

void kp_control_borrow_made_by(Kruispunt__Canonicalisation *packed,
                               const struct kp_canonicalisation *made_by)
{
    kruispunt__canonicalisation__init(packed);
    packed->scheme = (uint32_t)made_by->scheme;
    packed->version = made_by->version;
    packed->register_date = made_by->register_date;
    packed->register_hash = kp_protobuf_bytes(
        made_by->register_hash, made_by->scheme == KP_KEY_SCHEME_BAG ? KP_DIGEST_BYTES : 0);
    packed->words_hash = kp_protobuf_bytes(made_by->words_hash, KP_DIGEST_BYTES);
}

enum kp_status kp_control_copy_made_by(struct kp_canonicalisation *made_by,
                                       const Kruispunt__Canonicalisation *packed,
                                       struct kp_error *error)
{
    if (packed == NULL ||
        (packed->scheme != KP_KEY_SCHEME_TEXT && packed->scheme != KP_KEY_SCHEME_BAG)) {
        return kp_fail(error, KP_REFUSED,
                       "doesn't say how keys are made; is the command line of another version?");
    }
    made_by->scheme = (enum kp_key_scheme)packed->scheme;
    made_by->version = packed->version;
    made_by->register_date = packed->register_date;
    if (made_by->scheme == KP_KEY_SCHEME_TEXT && packed->register_hash.len != 0) {
        return kp_fail(error, KP_REFUSED, "keys of text aren't made with a register");
    }
    if (made_by->scheme == KP_KEY_SCHEME_BAG &&
        kp_protobuf_copy(made_by->register_hash, KP_DIGEST_BYTES, &packed->register_hash,
                         "register_hash", error) != KP_OK) {
        return KP_REFUSED;
    }
    return kp_protobuf_copy(made_by->words_hash, KP_DIGEST_BYTES, &packed->words_hash, "words_hash",
                            error);
}
