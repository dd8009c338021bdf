/* Header and items: packed and unpacked. */
#include "proto/export.h"

#include "proto/audit_log.h"
#include "proto/export.pb-c.h"
#include "proto/limits.h"
#include "proto/protobuf.h"

#include <string.h>

static enum kp_status check_party(uint32_t party, struct kp_error *error)
{
    return party <= KP_MEMBERS_MAX || party == KP_PARTY_LEADER || party == KP_PARTY_OPENER
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "an export of the unknown party %u", party);
}

/* ---- The header ---- */

enum kp_status kp_export_header_pack(const struct kp_export_header *header, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__ExportHeader packed = KRUISPUNT__EXPORT_HEADER__INIT;
    packed.kind = (uint32_t)header->kind;
    packed.lineage = kp_protobuf_bytes(header->lineage, KP_DIGEST_BYTES);
    packed.party = header->party;
    packed.counter = header->counter;
    packed.items = header->items;
    packed.digest = kp_protobuf_bytes(header->digest, header->has_digest ? KP_DIGEST_BYTES : 0);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_header(struct kp_export_header *header,
                                  const Kruispunt__ExportHeader *packed, struct kp_error *error)
{
    if (packed->kind == 0 || packed->kind >= KP_EXPORT_KINDS) {
        return kp_fail(error, KP_REFUSED, "an export of the unknown kind %u", packed->kind);
    }
    if (packed->counter > KP_ROUNDS_MAX || packed->items > KP_EXPORT_ITEMS_MAX) {
        return kp_fail(error, KP_REFUSED, "an export with a number out of range");
    }
    header->kind = (enum kp_export_kind)packed->kind;
    header->party = packed->party;
    header->counter = packed->counter;
    header->items = packed->items;
    header->has_digest = packed->digest.len > 0;
    enum kp_status status = check_party(packed->party, error);
    if (status == KP_OK) {
        status = kp_protobuf_copy(header->lineage, KP_DIGEST_BYTES, &packed->lineage,
                                  "an export's lineage", error);
    }
    return status != KP_OK || !header->has_digest
               ? status
               : kp_protobuf_copy(header->digest, KP_DIGEST_BYTES, &packed->digest,
                                  "an export's digest", error);
}

enum kp_status kp_export_header_unpack(struct kp_export_header *header, const uint8_t *bytes,
                                       size_t size, struct kp_error *error)
{
    memset(header, 0, sizeof(*header));
    Kruispunt__ExportHeader *packed = (Kruispunt__ExportHeader *)kp_protobuf_unpack(
        &kruispunt__export_header__descriptor, "header of an export", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_header(header, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

/* ---- An item ---- */

enum kp_status kp_export_item_pack(const struct kp_export_item *item, struct kp_buffer *out,
                                   struct kp_error *error)
{
    Kruispunt__ExportItem packed = KRUISPUNT__EXPORT_ITEM__INIT;
    packed.kind = (uint32_t)item->kind;
    packed.member = item->member;
    packed.part = item->part;
    packed.content = kp_protobuf_bytes(item->content.data, item->content.size);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_item(struct kp_export_item *item, const Kruispunt__ExportItem *packed,
                                struct kp_error *error)
{
    if (packed->kind == 0 || packed->kind >= KP_EXPORT_ITEM_KINDS) {
        return kp_fail(error, KP_REFUSED, "an item of the unknown kind %u", packed->kind);
    }
    if (packed->member > KP_MEMBERS_MAX || packed->part >= KP_SLOTS_MAX ||
        packed->content.len > KP_EXPORT_CONTENT_MAX) {
        return kp_fail(error, KP_REFUSED, "an item with a number or a size out of range");
    }
    item->kind = (enum kp_export_item_kind)packed->kind;
    item->member = packed->member;
    item->part = packed->part;
    return kp_buffer_set(&item->content, packed->content.data, packed->content.len) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_FAILED, "no memory for an item of %zu bytes",
                         packed->content.len);
}

enum kp_status kp_export_item_unpack(struct kp_export_item *item, const uint8_t *bytes, size_t size,
                                     struct kp_error *error)
{
    Kruispunt__ExportItem *packed = (Kruispunt__ExportItem *)kp_protobuf_unpack(
        &kruispunt__export_item__descriptor, "item of an export", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_item(item, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_export_item_free(struct kp_export_item *item)
{
    kp_buffer_free(&item->content);
}
