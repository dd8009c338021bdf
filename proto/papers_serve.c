/* The papers as an export, page by page. */
#include "proto/papers.h"

#include <string.h>

enum kp_status kp_papers_serve(const struct kp_dossier *dossier,
                               const struct kp_export_request *asked, struct kp_export_page *page,
                               struct kp_error *error)
{
    size_t count = kp_dossier_count(dossier);
    page->header.kind = KP_EXPORT_AGREEMENT;
    page->header.items = count;
    memcpy(page->header.lineage, kp_dossier_paper(dossier, 0)->agreement->lineage, KP_DIGEST_BYTES);
    enum kp_status status = KP_OK;
    uint64_t i = asked->last && count > 0 ? count - 1 : asked->after;
    for (; status == KP_OK && i < count; i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, (size_t)i);
        struct kp_export_item item = {.kind = KP_EXPORT_PAPER};
        if (!kp_export_page_has_room(page, paper->size)) {
            break;
        }
        if (kp_buffer_set(&item.content, paper->bytes, paper->size) != KP_OK) {
            return kp_fail(error, KP_FAILED, "no memory for an export");
        }
        status = kp_export_page_add(page, &item, error);
        kp_export_item_free(&item);
    }
    page->next = i < count ? i : 0;
    return status;
}
