/* What of an attempt anybody may check afterwards. Never of it: the own key and what it multiplied,
 * blindings, sums and outputs. */
#include "node/round_internal.h"

#include "crypto/secret.h"
#include "proto/evidence.h"

#include <string.h>

struct visit {
    kp_round_visit *visit;
    void *context;
};

static enum kp_status visit_all(const struct kp_round *round, const struct visit *visit,
                                enum kp_export_item_kind kind, const struct kp_buffer *packed,
                                struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < round->settings.agreement->member_count; i++) {
        status = visit->visit(visit->context, kind, i + 1, 0, &packed[i], error);
    }
    return status;
}

static enum kp_status visit_secrets(const struct kp_round *round, const struct visit *visit,
                                    struct kp_error *error)
{
    struct kp_buffer packed = {0};
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < round->settings.agreement->member_count; i++) {
        status = kp_hello2_secret_pack(&round->secrets->hello2[i], &packed, error);
        if (status == KP_OK) {
            status = visit->visit(visit->context, KP_EXPORT_SECRET, i + 1, 0, &packed, error);
        }
    }
    kp_buffer_free(&packed);
    return status;
}

uint32_t kp_round_slots(const struct kp_round *round)
{
    return round->slots.count;
}

enum kp_status kp_round_evaluation(const struct kp_round *round, uint32_t member, uint32_t part,
                                   struct kp_buffer *content, struct kp_error *error)
{
    content->size = 0;
    if (member == round->settings.own) {
        return KP_OK;
    }
    uint8_t *evaluation = kp_bulk_new(KP_JOB_BYTES);
    if (evaluation == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an evaluation");
    }
    enum kp_status status = kp_round_read_evaluation(round, member, part, evaluation, error);
    if (status == KP_OK) {
        status = kp_evidence_evaluation_pack(content, evaluation, kp_round_chunk_items(round, part),
                                             evaluation + KP_JOB_PROOF_AT, error);
    }
    kp_bulk_free(evaluation);
    return status == KP_OK ? KP_OK : KP_FAILED;
}

enum kp_status kp_round_evidence(const struct kp_round *round, kp_round_visit *visit_one,
                                 void *context, struct kp_error *error)
{
    const struct visit visit = {visit_one, context};
    enum kp_status status = visit_all(round, &visit, KP_EXPORT_HELLO1, round->packed_hello1, error);
    if (status == KP_OK) {
        status = visit_all(round, &visit, KP_EXPORT_HELLO2, round->packed_hello2, error);
    }
    if (status == KP_OK) {
        status = visit_secrets(round, &visit, error);
    }
    return status;
}
