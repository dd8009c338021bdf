/* A page of the agreement's papers, from a daemon's own. */
#include "proto/control.h"
#include "proto/papers.h"

#include <stdio.h>
#include <string.h>

enum kp_status kp_papers_page_fill(struct kp_papers_page *page, const struct kp_papers *papers,
                                   uint32_t first, struct kp_error *error)
{
    const struct kp_dossier *dossier = kp_papers_dossier(papers);
    const struct kp_agreement *current = kp_dossier_current(dossier), *in_force = NULL;
    struct kp_error why = {0};
    enum kp_status status = KP_OK;
    page->count = (uint32_t)kp_dossier_count(dossier);
    page->test_mode = current->test;
    page->in_force = kp_papers_in_force(papers, &in_force, &why) == KP_OK;
    memcpy(page->current, current->hash, sizeof(page->current));
    (void)snprintf(page->why_not, sizeof(page->why_not), "%s", why.text);
    for (size_t i = first; status == KP_OK && i < page->count; i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        if (!kp_batch_has_room(&page->papers, paper->size)) {
            break;
        }
        status = kp_batch_add(&page->papers, paper->bytes, paper->size);
    }
    return status == KP_OK ? KP_OK : kp_fail(error, KP_FAILED, "no memory for papers");
}
