/* What two programs give each other so that both have all papers. */
#include "proto/papers.h"

#include <stdlib.h>
#include <string.h>

static bool names(const struct kp_buffer *digests, const uint8_t digest[static KP_DIGEST_BYTES])
{
    for (size_t at = 0; at + KP_DIGEST_BYTES <= digests->size; at += KP_DIGEST_BYTES) {
        if (memcmp(digests->data + at, digest, KP_DIGEST_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

enum kp_status kp_papers_digests(const struct kp_dossier *dossier, struct kp_buffer *out)
{
    enum kp_status status = KP_OK;
    out->size = 0;
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        status = kp_buffer_append(out, kp_dossier_paper(dossier, i)->digest, KP_DIGEST_BYTES);
    }
    return status;
}

enum kp_status kp_papers_lacking(const struct kp_dossier *dossier, const struct kp_buffer *digests,
                                 struct kp_buffer *out)
{
    enum kp_status status = KP_OK;
    out->size = 0;
    for (size_t at = 0; status == KP_OK && at + KP_DIGEST_BYTES <= digests->size;
         at += KP_DIGEST_BYTES) {
        if (kp_dossier_find(dossier, digests->data + at) == NULL) {
            status = kp_buffer_append(out, digests->data + at, KP_DIGEST_BYTES);
        }
    }
    return status;
}

/* A version is of no use without a decision about it, so these go together, whatever their size. */
static enum kp_status add_with_decisions(const struct kp_dossier *dossier,
                                         const struct kp_paper *version, struct kp_batch *out)
{
    enum kp_status status = kp_batch_add(out, version->bytes, version->size);
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        if (paper->decision != NULL && paper->agreement == version->agreement &&
            out->count < KP_WIRE_BATCH_MESSAGES) {
            status = kp_batch_add(out, paper->bytes, paper->size);
        }
    }
    return status;
}

static bool is_selected(const struct kp_paper *paper, const struct kp_buffer *digests, bool wanted)
{
    return names(digests, paper->digest) == wanted;
}

/* Decisions about versions that the other has: a revocation never waits behind versions. */
static enum kp_status select_decisions(const struct kp_dossier *dossier,
                                       const struct kp_buffer *digests, bool wanted,
                                       struct kp_batch *out)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        const struct kp_paper *version =
            paper->decision != NULL ? kp_dossier_find(dossier, paper->agreement->hash) : NULL;
        if (version != NULL && is_selected(paper, digests, wanted) &&
            !is_selected(version, digests, wanted) && kp_batch_has_room(out, paper->size)) {
            status = kp_batch_add(out, paper->bytes, paper->size);
        }
    }
    return status;
}

static enum kp_status select_papers(const struct kp_dossier *dossier,
                                    const struct kp_buffer *digests, bool wanted,
                                    struct kp_batch *out)
{
    enum kp_status status = select_decisions(dossier, digests, wanted, out);
    for (size_t i = 0; status == KP_OK && i < kp_dossier_count(dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(dossier, i);
        if (paper->decision != NULL || !is_selected(paper, digests, wanted)) {
            continue;
        }
        if (!kp_batch_has_room(out, paper->size)) {
            break; /* the rest another time */
        }
        status = add_with_decisions(dossier, paper, out);
    }
    return status;
}

enum kp_status kp_papers_missing(const struct kp_dossier *dossier, const struct kp_buffer *there,
                                 struct kp_batch *out)
{
    return select_papers(dossier, there, false, out);
}

enum kp_status kp_papers_wanted(const struct kp_dossier *dossier, const struct kp_buffer *wanted,
                                struct kp_batch *out)
{
    return select_papers(dossier, wanted, true, out);
}

enum kp_status kp_papers_add(struct kp_dossier *dossier, const struct kp_batch *batch, bool shared,
                             size_t *added, struct kp_error *error)
{
    struct kp_paper_bytes *list = calloc(batch->count + 1, sizeof(*list));
    *added = 0;
    if (list == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for papers");
    }
    for (size_t i = 0; i < batch->count; i++) {
        list[i] = (struct kp_paper_bytes){batch->items[i].data, batch->items[i].size};
    }
    enum kp_status status = (shared ? kp_dossier_add_shared : kp_dossier_add_all)(
        dossier, list, batch->count, added, error);
    free(list);
    return status;
}
