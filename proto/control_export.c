/* Exports over the control socket: the request and a page. */
#include "proto/control_internal.h"
#include "proto/protobuf.h"

#include <stdlib.h>

enum kp_status kp_control_copy_export(struct kp_export_request *asked,
                                      const Kruispunt__ExportRequest *packed,
                                      struct kp_error *error)
{
    if (packed->kind == 0 || packed->kind >= KP_EXPORT_KINDS || packed->counter > KP_ROUNDS_MAX) {
        return kp_fail(error, KP_REFUSED, "an export of something unknown");
    }
    asked->kind = (enum kp_export_kind)packed->kind;
    asked->counter = packed->counter;
    asked->after = packed->after;
    asked->last = packed->last;
    return KP_OK;
}

enum kp_status kp_control_pack_export_page(const struct kp_export_page *page,
                                           Kruispunt__ControlResponse *packed,
                                           struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__ExportPage body = KRUISPUNT__EXPORT_PAGE__INIT;
    struct kp_buffer header = {0};
    enum kp_status status = kp_export_header_pack(&page->header, &header, error);
    body.items = calloc(page->items.count + 1, sizeof(body.items[0]));
    if (status == KP_OK && body.items == NULL) {
        status = kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    if (status == KP_OK) {
        for (size_t i = 0; i < page->items.count; i++) {
            body.items[body.n_items++] =
                kp_protobuf_bytes(page->items.items[i].data, page->items.items[i].size);
        }
        body.header = kp_protobuf_bytes(header.data, header.size);
        body.next = page->next;
        packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_EXPORT_PAGE;
        packed->export_page = &body;
        status = kp_protobuf_pack(&packed->base, out, error);
    }
    free(body.items);
    kp_buffer_free(&header);
    return status;
}

enum kp_status kp_control_copy_export_page(struct kp_export_page *page,
                                           const Kruispunt__ExportPage *packed,
                                           struct kp_error *error)
{
    if (packed->n_items > KP_EXPORT_PAGE_ITEMS) {
        return kp_fail(error, KP_REFUSED, "a page of %zu items", packed->n_items);
    }
    page->next = packed->next;
    enum kp_status status =
        kp_export_header_unpack(&page->header, packed->header.data, packed->header.len, error);
    for (size_t i = 0; status == KP_OK && i < packed->n_items; i++) {
        if (kp_batch_add(&page->items, packed->items[i].data, packed->items[i].len) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for a page of an export");
        }
    }
    return status;
}

bool kp_export_page_has_room(const struct kp_export_page *page, size_t size)
{
    return page->items.count == 0 || (page->items.count < KP_EXPORT_PAGE_ITEMS &&
                                      page->items.bytes + size <= KP_WIRE_BATCH_BYTES);
}

enum kp_status kp_export_page_add(struct kp_export_page *page, const struct kp_export_item *item,
                                  struct kp_error *error)
{
    struct kp_buffer packed = {0};
    enum kp_status status = kp_export_item_pack(item, &packed, error);
    if (status == KP_OK && kp_batch_add(&page->items, packed.data, packed.size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a page of an export");
    }
    kp_buffer_free(&packed);
    return status;
}
