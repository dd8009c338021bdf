#include "proto/control_internal.h"
#include "proto/protobuf.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static enum kp_status pack_import(const struct kp_control_request *request,
                                  Kruispunt__ControlRequest *packed, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__ImportRequest import = KRUISPUNT__IMPORT_REQUEST__INIT;
    Kruispunt__Canonicalisation made_by;
    struct kp_packed_signals signals;
    enum kp_status status = kp_control_borrow_signals(&signals, &request->signals, error);
    if (status != KP_OK) {
        return status;
    }
    import.n_signals = request->signals.count;
    import.signals = signals.pointers;
    import.made_by = &made_by;
    import.dry_run = request->dry_run;
    kp_control_borrow_made_by(&made_by, &request->made_by);
    if (request->kind == KP_CONTROL_IMPORT) {
        packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_IMPORT;
        packed->import = &import;
    } else {
        packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_WITHDRAW;
        packed->withdraw = &import;
    }
    status = kp_protobuf_pack(&packed->base, out, error);
    kp_control_free_packed(&signals);
    return status;
}

static enum kp_status pack_papers(const struct kp_control_request *request,
                                  Kruispunt__ControlRequest *packed, struct kp_buffer *out,
                                  struct kp_error *error)
{
    Kruispunt__PapersRequest papers = KRUISPUNT__PAPERS_REQUEST__INIT;
    papers.papers = kp_batch_borrow(&request->papers);
    papers.n_papers = request->papers.count;
    papers.first = request->first;
    if (papers.papers == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a request");
    }
    packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_PAPERS;
    packed->papers = &papers;
    enum kp_status status = kp_protobuf_pack(&packed->base, out, error);
    free(papers.papers);
    return status;
}

enum kp_status kp_control_request_pack(const struct kp_control_request *request,
                                       struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__ControlRequest packed = KRUISPUNT__CONTROL_REQUEST__INIT;
    Kruispunt__StatusRequest status = KRUISPUNT__STATUS_REQUEST__INIT;
    Kruispunt__SignalsRequest signals = KRUISPUNT__SIGNALS_REQUEST__INIT;
    Kruispunt__ExportRequest export = KRUISPUNT__EXPORT_REQUEST__INIT;
    switch (request->kind) {
    case KP_CONTROL_STATUS:
        packed.body_case = KRUISPUNT__CONTROL_REQUEST__BODY_STATUS;
        packed.status = &status;
        break;
    case KP_CONTROL_IMPORT:
    case KP_CONTROL_WITHDRAW:
        return pack_import(request, &packed, out, error);
    case KP_CONTROL_SIGNALS:
        signals.after = kp_protobuf_bytes(request->after.bytes, request->after.size);
        packed.body_case = KRUISPUNT__CONTROL_REQUEST__BODY_SIGNALS;
        signals.address =
            kp_protobuf_bytes(request->address, request->one_address ? KP_ADDRESS_KEY_BYTES : 0);
        packed.signals = &signals;
        break;
    case KP_CONTROL_EXPORT:
        export.kind = (uint32_t)request->export.kind;
        export.counter = request->export.counter;
        export.after = request->export.after;
        export.last = request->export.last;
        packed.body_case = KRUISPUNT__CONTROL_REQUEST__BODY_EXPORT;
        packed.export = &export;
        break;
    case KP_CONTROL_PAPERS:
        return pack_papers(request, &packed, out, error);
    case KP_CONTROL_CASES:
    case KP_CONTROL_ANSWER:
        return kp_control_pack_cases_request(request, &packed, out, error);
    case KP_CONTROL_COMPARE:
        return kp_control_pack_compare(request, &packed, out, error);
    }
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_signals(struct kp_control_request *request,
                                   enum kp_control_request_kind kind,
                                   const Kruispunt__ImportRequest *packed, struct kp_error *error)
{
    request->kind = kind;
    if (packed->n_signals == 0) {
        return kp_fail(error, KP_REFUSED, "%s of nothing",
                       kind == KP_CONTROL_IMPORT ? "an import" : "a withdrawal");
    }
    request->dry_run = packed->dry_run;
    enum kp_status status = kp_control_copy_made_by(&request->made_by, packed->made_by, error);
    if (status != KP_OK) {
        return status;
    }
    return kp_control_copy_signals(&request->signals, packed->signals, packed->n_signals,
                                   KP_IMPORT_BATCH, error);
}

static enum kp_status copy_request(struct kp_control_request *request,
                                   const Kruispunt__ControlRequest *packed, struct kp_error *error)
{
    switch (packed->body_case) {
    case KRUISPUNT__CONTROL_REQUEST__BODY_STATUS:
        request->kind = KP_CONTROL_STATUS;
        return KP_OK;
    case KRUISPUNT__CONTROL_REQUEST__BODY_IMPORT:
        return copy_signals(request, KP_CONTROL_IMPORT, packed->import, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_WITHDRAW:
        return copy_signals(request, KP_CONTROL_WITHDRAW, packed->withdraw, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_SIGNALS:
        request->kind = KP_CONTROL_SIGNALS;
        request->one_address = packed->signals->address.len != 0;
        if (request->one_address &&
            kp_protobuf_copy(request->address, KP_ADDRESS_KEY_BYTES, &packed->signals->address,
                             "address", error) != KP_OK) {
            return KP_REFUSED;
        }
        return kp_control_copy_page_key(&request->after, &packed->signals->after, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_EXPORT:
        request->kind = KP_CONTROL_EXPORT;
        return kp_control_copy_export(&request->export, packed->export, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_PAPERS:
        request->kind = KP_CONTROL_PAPERS;
        request->first = packed->papers->first;
        return kp_batch_take(&request->papers, packed->papers->papers, packed->papers->n_papers,
                             error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_CASES:
        return kp_control_copy_cases_request(request, packed->cases, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_ANSWER:
        return kp_control_copy_answer_request(request, packed->answer, error);
    case KRUISPUNT__CONTROL_REQUEST__BODY_COMPARE:
        return kp_control_copy_compare(request, packed->compare, error);
    default:
        return kp_fail(error, KP_REFUSED, "a control request without content");
    }
}

enum kp_status kp_control_request_unpack(struct kp_control_request *request, const uint8_t *bytes,
                                         size_t size, struct kp_error *error)
{
    memset(request, 0, sizeof(*request));
    Kruispunt__ControlRequest *packed = (Kruispunt__ControlRequest *)kp_protobuf_unpack(
        &kruispunt__control_request__descriptor, "control request", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_request(request, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_control_request_free(struct kp_control_request *request)
{
    kp_control_signals_free(&request->signals);
    kp_batch_free(&request->papers);
    kp_buffer_free(&request->marks);
    sodium_memzero(request->mark_key, sizeof(request->mark_key));
    sodium_memzero(request->reason, sizeof(request->reason));
    sodium_memzero(request->address, sizeof(request->address));
}
