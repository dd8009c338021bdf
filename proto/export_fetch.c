#include "proto/export_fetch.h"

#include "proto/control_client.h"

#include <string.h>

enum kp_status kp_export_source_read(struct kp_export_source *source, const char *config,
                                     struct kp_error *error)
{
    memset(source, 0, sizeof(*source));
    source->config = config;
    return kp_doctor_read_subject(&source->subject, config, error);
}

enum kp_status kp_export_ask(const struct kp_export_source *source,
                             const struct kp_export_request *asked, struct kp_export_page *page,
                             struct kp_error *error)
{
    const struct kp_control_request request = {.kind = KP_CONTROL_EXPORT, .export = *asked};
    struct kp_control_response response = {0};
    const struct kp_doctor_subject *subject = &source->subject;
    enum kp_status status =
        subject->answer != NULL
            ? subject->answer(source->config, &request, &response, error)
            : kp_control_ask(subject->control, &request, KP_CONTROL_EXPORT_PAGE, &response, error);
    if (status != KP_OK) {
        return status;
    }
    *page = response.export;
    memset(&response.export, 0, sizeof(response.export)); /* the items go to the caller */
    kp_control_response_free(&response);
    if (page->header.kind != asked->kind) {
        kp_batch_free(&page->items);
        return kp_fail(error, KP_REFUSED, "the program answers with another export");
    }
    return KP_OK;
}

/* The items of a page, up to the number that was announced. */
static enum kp_status add_page(struct kp_export_writer *writer, const struct kp_export_page *page,
                               uint64_t total, uint64_t *done, struct kp_error *error)
{
    struct kp_export_item item = {0};
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < page->items.count && *done < total; i++) {
        const struct kp_buffer *packed = &page->items.items[i];
        status = kp_export_item_unpack(&item, packed->data, packed->size, error);
        if (status == KP_OK) {
            status = kp_export_add(writer, &item, error);
        }
        *done += status == KP_OK;
    }
    kp_export_item_free(&item);
    return status;
}

enum kp_status kp_export_fetch(const struct kp_export_source *source,
                               const struct kp_export_request *asked, const char *path,
                               kp_export_step *step, struct kp_export_header *header,
                               struct kp_error *error)
{
    struct kp_export_request next = *asked;
    struct kp_export_writer *writer = NULL;
    struct kp_export_page page = {0};
    uint64_t done = 0;
    enum kp_status status = KP_OK;
    do {
        status = kp_export_ask(source, &next, &page, error);
        if (status == KP_OK && writer == NULL) {
            *header = page.header;
            status = kp_export_create(&writer, path, header, error);
        }
        if (status == KP_OK) {
            status = add_page(writer, &page, header->items, &done, error);
        }
        if (status == KP_OK && step != NULL) {
            step(done, header->items);
        }
        next.after = page.next;
        next.counter = (uint32_t)header->counter; /* the round that the first page was of */
        kp_batch_free(&page.items);
    } while (status == KP_OK && page.next != 0 && done < header->items);
    if (status == KP_OK) {
        status = kp_export_finish(writer, error);
    }
    kp_export_writer_free(writer);
    return status;
}
