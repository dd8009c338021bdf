/* Cases over the control socket. */
#include "proto/control_internal.h"
#include "proto/protobuf.h"
#include "proto/utf8.h"

#include <stdlib.h>
#include <string.h>

/* ---- Requests ---- */

enum kp_status kp_control_pack_cases_request(const struct kp_control_request *request,
                                             Kruispunt__ControlRequest *packed,
                                             struct kp_buffer *out, struct kp_error *error)
{
    Kruispunt__CasesRequest cases = KRUISPUNT__CASES_REQUEST__INIT;
    Kruispunt__AnswerRequest answer;
    kruispunt__answer_request__init(&answer);
    if (request->kind == KP_CONTROL_CASES) {
        cases.case_id =
            kp_protobuf_bytes(request->case_id, request->one_case ? KP_CASE_ID_BYTES : 0);
        packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_CASES;
        packed->cases = &cases;
    } else {
        answer.case_id = kp_protobuf_bytes(request->case_id, KP_CASE_ID_BYTES);
        answer.answer = (uint32_t)request->answer;
        answer.reason = kp_protobuf_text(request->reason);
        packed->body_case = KRUISPUNT__CONTROL_REQUEST__BODY_ANSWER;
        packed->answer = &answer;
    }
    return kp_protobuf_pack(&packed->base, out, error);
}

enum kp_status kp_control_copy_cases_request(struct kp_control_request *request,
                                             const Kruispunt__CasesRequest *packed,
                                             struct kp_error *error)
{
    request->kind = KP_CONTROL_CASES;
    request->one_case = packed->case_id.len > 0;
    return request->one_case ? kp_protobuf_copy(request->case_id, KP_CASE_ID_BYTES,
                                                &packed->case_id, "case", error)
                             : KP_OK;
}

enum kp_status kp_control_copy_answer_request(struct kp_control_request *request,
                                              const Kruispunt__AnswerRequest *packed,
                                              struct kp_error *error)
{
    request->kind = KP_CONTROL_ANSWER;
    if (packed->answer == 0 || packed->answer >= KP_ANSWERS) {
        return kp_fail(error, KP_REFUSED, "answer %u, which there isn't", packed->answer);
    }
    request->answer = (enum kp_answer)packed->answer;
    enum kp_status status =
        kp_protobuf_copy(request->case_id, KP_CASE_ID_BYTES, &packed->case_id, "case", error);
    return status == KP_OK ? kp_protobuf_copy_text(request->reason, sizeof(request->reason),
                                                   packed->reason, "reason", error)
                           : status;
}

/* ---- Responses ---- */

struct kp_control_case *kp_control_cases_add(struct kp_control_cases *cases)
{
    struct kp_control_case *items = realloc(cases->items, (cases->count + 1) * sizeof(*items));
    if (items == NULL) {
        return NULL;
    }
    cases->items = items;
    memset(&items[cases->count], 0, sizeof(items[0]));
    return &items[cases->count++];
}

void kp_control_cases_free(struct kp_control_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        kp_batch_free(&cases->items[i].lines);
    }
    free(cases->items);
    memset(cases, 0, sizeof(*cases));
}

static void borrow_case(Kruispunt__ControlCase *packed, const struct kp_control_case *shown,
                        ProtobufCBinaryData *lines)
{
    kruispunt__control_case__init(packed);
    packed->case_id = kp_protobuf_bytes(shown->id, sizeof(shown->id));
    packed->question = (uint32_t)shown->question;
    packed->answer_by = shown->answer_by;
    packed->received = shown->received;
    packed->closed = shown->closed;
    packed->answer = (uint32_t)shown->answer;
    packed->revision = shown->revision;
    packed->reason = kp_protobuf_text(shown->reason);
    packed->address =
        kp_protobuf_bytes(shown->address, shown->has_address ? KP_ADDRESS_KEY_BYTES : 0);
    packed->n_lines = shown->lines.count;
    packed->lines = lines;
}

enum kp_status kp_control_pack_cases(const struct kp_control_cases *cases,
                                     Kruispunt__ControlResponse *packed, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__CasesShown shown = KRUISPUNT__CASES_SHOWN__INIT;
    Kruispunt__ControlCase *items = calloc(cases->count + 1, sizeof(*items));
    ProtobufCBinaryData **lines = calloc(cases->count + 1, sizeof(*lines));
    shown.cases = calloc(cases->count + 1, sizeof(shown.cases[0]));
    bool complete = items != NULL && lines != NULL && shown.cases != NULL;
    for (size_t i = 0; complete && i < cases->count; i++) {
        lines[i] = kp_batch_borrow(&cases->items[i].lines);
        complete = lines[i] != NULL;
        if (complete) {
            borrow_case(&items[i], &cases->items[i], lines[i]);
            shown.cases[shown.n_cases++] = &items[i];
        }
    }
    packed->body_case = KRUISPUNT__CONTROL_RESPONSE__BODY_CASES;
    packed->cases = &shown;
    enum kp_status status = complete ? kp_protobuf_pack(&packed->base, out, error)
                                     : kp_fail(error, KP_FAILED, "no memory for cases");
    for (size_t i = 0; lines != NULL && i < cases->count; i++) {
        free(lines[i]);
    }
    free(lines);
    free(items);
    free(shown.cases);
    return status;
}

static enum kp_status copy_lines(struct kp_batch *lines, const Kruispunt__ControlCase *packed,
                                 struct kp_error *error)
{
    for (size_t i = 0; i < packed->n_lines; i++) {
        const char *text = (const char *)packed->lines[i].data;
        if (!kp_utf8_is_line(text, packed->lines[i].len)) {
            return kp_fail(error, KP_REFUSED, "a case with something that is no text");
        }
    }
    return kp_batch_take(lines, packed->lines, packed->n_lines, error);
}

static enum kp_status copy_case(struct kp_control_case *shown, const Kruispunt__ControlCase *packed,
                                struct kp_error *error)
{
    if (packed->question == 0 || packed->question > KP_CASE_INTEREST ||
        packed->answer >= KP_ANSWERS) {
        return kp_fail(error, KP_REFUSED, "a case with question %u and answer %u", packed->question,
                       packed->answer);
    }
    shown->question = (enum kp_case_question)packed->question;
    shown->answer = (enum kp_answer)packed->answer;
    shown->answer_by = packed->answer_by;
    shown->received = packed->received;
    shown->closed = packed->closed;
    shown->revision = packed->revision;
    shown->has_address = packed->address.len > 0;
    enum kp_status status =
        kp_protobuf_copy(shown->id, sizeof(shown->id), &packed->case_id, "case", error);
    if (status == KP_OK) {
        status = kp_protobuf_copy_text(shown->reason, sizeof(shown->reason), packed->reason,
                                       "reason", error);
    }
    if (status == KP_OK && shown->has_address) {
        status = kp_protobuf_copy(shown->address, sizeof(shown->address), &packed->address,
                                  "address", error);
    }
    return status == KP_OK ? copy_lines(&shown->lines, packed, error) : status;
}

enum kp_status kp_control_copy_cases(struct kp_control_cases *cases,
                                     const Kruispunt__CasesShown *packed, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (packed->n_cases > KP_CASES_MAX) {
        return kp_fail(error, KP_REFUSED, "%zu cases; there can be %u", packed->n_cases,
                       KP_CASES_MAX);
    }
    for (size_t i = 0; status == KP_OK && i < packed->n_cases; i++) {
        struct kp_control_case *shown = kp_control_cases_add(cases);
        status = shown != NULL ? copy_case(shown, packed->cases[i], error)
                               : kp_fail(error, KP_FAILED, "no memory for cases");
    }
    return status;
}
