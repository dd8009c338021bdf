/* What one holder of an opening key gives the other. */
#include "proto/proof.h"

#include "crypto/secret.h"
#include "proto/proof.pb-c.h"
#include "proto/proof_fields.h"

#include <stdlib.h>
#include <string.h>

/* ---- packing ---- */

struct packed_match {
    Kruispunt__PartialMatch match;
    Kruispunt__PartialRecord records[KP_MEMBERS_MAX];
    Kruispunt__PartialRecord *pointers[KP_MEMBERS_MAX];
};

static void fill_match(struct packed_match *out, const struct kp_partial_match *match)
{
    kruispunt__partial_match__init(&out->match);
    for (uint32_t i = 0; i < match->record_count; i++) {
        kruispunt__partial_record__init(&out->records[i]);
        out->records[i].member = match->records[i].member;
        out->records[i].partial = kp_protobuf_bytes(match->records[i].partial, KP_PARTIAL_BYTES);
        out->pointers[i] = &out->records[i];
    }
    out->match.number = match->number;
    out->match.tag = kp_protobuf_bytes(match->tag, KP_DIGEST_BYTES);
    out->match.n_records = match->record_count;
    out->match.records = out->pointers;
    out->match.index = match->index;
    out->match.path = kp_protobuf_bytes(match->path, match->path_size);
}

enum kp_status kp_partials_pack(const struct kp_partials *partials, struct kp_buffer *out,
                                struct kp_error *error)
{
    Kruispunt__PartialOpenings packed = KRUISPUNT__PARTIAL_OPENINGS__INIT;
    size_t count = partials->match_count;
    struct packed_match *matches = calloc(count + 1, sizeof(*matches));
    Kruispunt__PartialMatch **pointers = calloc(count + 1, sizeof(*pointers));
    if (matches == NULL || pointers == NULL) {
        free(matches);
        free(pointers);
        return kp_fail(error, KP_FAILED, "no memory for %zu partial openings", count);
    }
    for (size_t i = 0; i < count; i++) {
        fill_match(&matches[i], &partials->matches[i]);
        pointers[i] = &matches[i].match;
    }
    packed.counter = partials->counter;
    packed.n_matches = count;
    packed.matches = pointers;
    packed.entry = kp_protobuf_bytes(partials->entry.data, partials->entry.size);
    packed.count = partials->count;
    packed.result = kp_protobuf_bytes(partials->result.data, partials->result.size);
    enum kp_status status = kp_protobuf_pack(&packed.base, out, error);
    free(matches);
    free(pointers);
    return status;
}

/* ---- unpacking ---- */

static enum kp_status copy_records(struct kp_partial_match *match,
                                   const Kruispunt__PartialMatch *packed, struct kp_error *error)
{
    uint32_t after = 0;
    for (size_t i = 0; i < packed->n_records && i < KP_MEMBERS_MAX; i++) {
        const Kruispunt__PartialRecord *from = packed->records[i];
        struct kp_partial_record *to = &match->records[i];
        if (from->member <= after || from->member > KP_MEMBERS_MAX) {
            return kp_fail(error, KP_REFUSED, "a partial opening of member %u after %u",
                           from->member, after);
        }
        after = to->member = from->member;
        enum kp_status status = kp_protobuf_copy(to->partial, KP_PARTIAL_BYTES, &from->partial,
                                                 "a partial opening", error);
        if (status != KP_OK) {
            return status;
        }
    }
    match->record_count = (uint32_t)packed->n_records;
    return KP_OK;
}

static enum kp_status copy_match(struct kp_partial_match *match,
                                 const Kruispunt__PartialMatch *packed, uint32_t after,
                                 struct kp_error *error)
{
    if (packed->number <= after || packed->n_records > KP_MEMBERS_MAX ||
        packed->path.len > KP_PROOF_PATH_MAX || packed->path.len % KP_DIGEST_BYTES != 0) {
        return kp_fail(error, KP_REFUSED, "partial openings of match %u after %u", packed->number,
                       after);
    }
    match->number = packed->number;
    match->index = packed->index;
    match->path_size = (uint32_t)packed->path.len;
    if (packed->path.len > 0) {
        memcpy(match->path, packed->path.data, packed->path.len);
    }
    enum kp_status status = copy_records(match, packed, error);
    return status == KP_OK
               ? kp_protobuf_copy(match->tag, KP_DIGEST_BYTES, &packed->tag, "a match's tag", error)
               : status;
}

static enum kp_status copy_partials(struct kp_partials *partials,
                                    const Kruispunt__PartialOpenings *packed,
                                    struct kp_error *error)
{
    if (packed->counter == 0 || packed->counter > KP_ROUNDS_MAX ||
        packed->n_matches > KP_PARTIAL_MATCHES_MAX) {
        return kp_fail(error, KP_REFUSED, "%zu partial openings of round %llu", packed->n_matches,
                       (unsigned long long)packed->counter);
    }
    partials->counter = packed->counter;
    partials->count = packed->count;
    partials->matches = calloc(packed->n_matches + 1, sizeof(*partials->matches));
    if (partials->matches == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for partial openings");
    }
    uint32_t after = 0;
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < packed->n_matches; i++) {
        status = copy_match(&partials->matches[i], packed->matches[i], after, error);
        after = partials->matches[i].number;
    }
    partials->match_count = status == KP_OK ? packed->n_matches : 0;
    if (status == KP_OK) {
        status = kp_proof_copy(&partials->entry, &packed->entry, 1, KP_AUDIT_ENTRY_MAX,
                               "a log entry", error);
    }
    return status == KP_OK ? kp_proof_copy(&partials->result, &packed->result, 1,
                                           KP_RESULT_MESSAGE_MAX, "RESULT", error)
                           : status;
}

enum kp_status kp_partials_unpack(struct kp_partials *partials, const uint8_t *bytes, size_t size,
                                  struct kp_error *error)
{
    memset(partials, 0, sizeof(*partials));
    Kruispunt__PartialOpenings *packed = (Kruispunt__PartialOpenings *)kp_protobuf_unpack(
        &kruispunt__partial_openings__descriptor, "partial openings", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_partials(partials, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_partials_free(struct kp_partials *partials)
{
    if (partials->matches != NULL) { /* with the own part they open records */
        kp_wipe(partials->matches, partials->match_count * sizeof(*partials->matches));
    }
    free(partials->matches);
    partials->matches = NULL;
    kp_buffer_free(&partials->entry);
    kp_buffer_free(&partials->result);
}
