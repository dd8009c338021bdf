/* What control_request.c and control_response.c have in common: signals and where their pages
 * begin. Only for these: it has generated types. */
#ifndef KP_PROTO_CONTROL_INTERNAL_H
#define KP_PROTO_CONTROL_INTERNAL_H

#include "proto/batch.h"
#include "proto/control.h"
#include "proto/control.pb-c.h"

/* Signals as protobuf fields, borrowed. */
struct kp_packed_signals {
    Kruispunt__Signal *items;
    Kruispunt__Signal **pointers;
};
/* Freed with kp_control_free_packed when it returns KP_OK. */
KP_MUST_USE enum kp_status kp_control_borrow_signals(struct kp_packed_signals *packed,
                                                     const struct kp_control_signals *signals,
                                                     struct kp_error *error);
void kp_control_free_packed(struct kp_packed_signals *packed);

/* Adds them; KP_REFUSED: more than `most`, or one that can't be. */
KP_MUST_USE enum kp_status kp_control_copy_signals(struct kp_control_signals *signals,
                                                   Kruispunt__Signal **packed, size_t count,
                                                   size_t most, struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_page_key(struct kp_control_page_key *key,
                                                    const ProtobufCBinaryData *packed,
                                                    struct kp_error *error);

/* How keys were made. Borrows; the copy says KP_REFUSED: not there, or not a scheme. */
void kp_control_borrow_made_by(Kruispunt__Canonicalisation *packed,
                               const struct kp_canonicalisation *made_by);
KP_MUST_USE enum kp_status kp_control_copy_made_by(struct kp_canonicalisation *made_by,
                                                   const Kruispunt__Canonicalisation *packed,
                                                   struct kp_error *error);

/* control_compare.c */
KP_MUST_USE enum kp_status kp_control_pack_compare(const struct kp_control_request *request,
                                                   Kruispunt__ControlRequest *packed,
                                                   struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_compare(struct kp_control_request *request,
                                                   const Kruispunt__CompareRequest *packed,
                                                   struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_pack_compared(const struct kp_control_response *response,
                                                    Kruispunt__ControlResponse *packed,
                                                    struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_compared(struct kp_control_response *response,
                                                    const Kruispunt__Compared *packed,
                                                    struct kp_error *error);

/* control_cases.c */
KP_MUST_USE enum kp_status kp_control_pack_cases_request(const struct kp_control_request *request,
                                                         Kruispunt__ControlRequest *packed,
                                                         struct kp_buffer *out,
                                                         struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_cases_request(struct kp_control_request *request,
                                                         const Kruispunt__CasesRequest *packed,
                                                         struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_answer_request(struct kp_control_request *request,
                                                          const Kruispunt__AnswerRequest *packed,
                                                          struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_pack_cases(const struct kp_control_cases *cases,
                                                 Kruispunt__ControlResponse *packed,
                                                 struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_cases(struct kp_control_cases *cases,
                                                 const Kruispunt__CasesShown *packed,
                                                 struct kp_error *error);

/* control_export.c */
KP_MUST_USE enum kp_status kp_control_copy_export(struct kp_export_request *asked,
                                                  const Kruispunt__ExportRequest *packed,
                                                  struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_pack_export_page(const struct kp_export_page *page,
                                                       Kruispunt__ControlResponse *packed,
                                                       struct kp_buffer *out,
                                                       struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_copy_export_page(struct kp_export_page *page,
                                                       const Kruispunt__ExportPage *packed,
                                                       struct kp_error *error);

#endif
