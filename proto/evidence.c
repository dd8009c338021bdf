#include "proto/evidence.h"

#include "proto/numbers.h"

#define BEFORE_UNKNOWN 0
#define BEFORE_KNOWN 1

const char *kp_evidence_name(enum kp_export_item_kind kind)
{
    switch (kind) {
    case KP_EXPORT_LOG_ENTRY:
        return "log entry";
    case KP_EXPORT_PAPER:
        return "paper";
    case KP_EXPORT_START:
        return "START";
    case KP_EXPORT_HELLO1:
        return "HELLO 1";
    case KP_EXPORT_HELLO2:
        return "HELLO 2";
    case KP_EXPORT_READY:
        return "READY";
    case KP_EXPORT_SECRET:
        return "secret part of HELLO 2";
    case KP_EXPORT_LIST:
        return "list";
    case KP_EXPORT_LIST_BEFORE:
        return "list before";
    case KP_EXPORT_EVALUATION:
        return "evaluation";
    case KP_EXPORT_RECORD:
        return "record";
    case KP_EXPORT_PARTIAL:
        return "partial opening";
    case KP_EXPORT_OPENING:
        return "opening";
    case KP_EXPORT_RECEIPT:
        return "receipt";
    case KP_EXPORT_PHASE_LIST:
        return "phase list";
    case KP_EXPORT_RESULT:
        return "RESULT";
    case KP_EXPORT_FAULT:
        return "verdict";
    case KP_EXPORT_MESSAGE:
        return "message";
    case KP_EXPORT_GROUP:
        return "item of the results";
    case KP_EXPORT_LETTER:
        return "letter";
    case KP_EXPORT_DIGESTS:
        return "digests of messages";
    case KP_EXPORT_PICK:
        return "pick";
    case KP_EXPORT_ITEM_KINDS:
        break;
    }
    return "unknown item";
}

void kp_evidence_key(uint8_t key[static KP_EVIDENCE_KEY_BYTES], enum kp_export_item_kind kind,
                     uint32_t member, uint32_t part)
{
    uint8_t *at = kp_put_number(key, (uint64_t)kind, 1);
    at = kp_put_number(at, member, 1);
    (void)kp_put_number(at, part, 4);
}

enum kp_status kp_evidence_key_read(const uint8_t *key, size_t size, struct kp_export_item *item,
                                    struct kp_error *error)
{
    if (size != KP_EVIDENCE_KEY_BYTES || key[0] < KP_EXPORT_START ||
        key[0] > KP_EXPORT_EVALUATION || key[1] > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "the evidence of a round in the database is damaged");
    }
    item->kind = (enum kp_export_item_kind)key[0];
    item->member = key[1];
    item->part = (uint32_t)kp_get_number(key + 2, 4);
    return KP_OK;
}

static enum kp_status no_memory(struct kp_error *error)
{
    return kp_fail(error, KP_FAILED, "no memory for the evidence of a round");
}

enum kp_status kp_evidence_evaluation_pack(struct kp_buffer *content, const uint8_t *points,
                                           size_t count,
                                           const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                                           struct kp_error *error)
{
    content->size = 0;
    return kp_buffer_append(content, points, count * KP_POINT_BYTES) == KP_OK &&
                   kp_buffer_append(content, proof, KP_CHUNK_PROOF_BYTES) == KP_OK
               ? KP_OK
               : no_memory(error);
}

enum kp_status kp_evidence_before_unknown(struct kp_buffer *content, struct kp_error *error)
{
    static const uint8_t mark = BEFORE_UNKNOWN;
    return kp_buffer_set(content, &mark, 1) == KP_OK ? KP_OK : no_memory(error);
}

enum kp_status kp_evidence_before_begin(struct kp_buffer *content, struct kp_error *error)
{
    static const uint8_t mark = BEFORE_KNOWN;
    return kp_buffer_set(content, &mark, 1) == KP_OK ? KP_OK : no_memory(error);
}

enum kp_status kp_evidence_before_add(struct kp_buffer *content, uint32_t place,
                                      const uint8_t point[static KP_POINT_BYTES],
                                      struct kp_error *error)
{
    uint8_t number[4];
    (void)kp_put_number(number, place, sizeof(number));
    return kp_buffer_append(content, number, sizeof(number)) == KP_OK &&
                   kp_buffer_append(content, point, KP_POINT_BYTES) == KP_OK
               ? KP_OK
               : no_memory(error);
}

enum kp_status kp_evidence_before_read(const struct kp_buffer *content, bool *known, size_t *count,
                                       struct kp_error *error)
{
    *known = content->size > 0 && content->data[0] == BEFORE_KNOWN;
    *count = 0;
    if (content->size == 1 && content->data[0] == BEFORE_UNKNOWN) {
        return KP_OK;
    }
    size_t rest = content->size > 0 ? content->size - 1 : 0;
    if (!*known || rest % KP_EVIDENCE_PLACE_BYTES != 0 ||
        rest / KP_EVIDENCE_PLACE_BYTES > KP_EVIDENCE_PLACES) {
        return kp_fail(error, KP_REFUSED, "a list before of %zu bytes", content->size);
    }
    *count = rest / KP_EVIDENCE_PLACE_BYTES;
    return KP_OK;
}

uint32_t kp_evidence_before_place(const struct kp_buffer *content, size_t index)
{
    return (uint32_t)kp_get_number(content->data + 1 + index * KP_EVIDENCE_PLACE_BYTES, 4);
}

const uint8_t *kp_evidence_before_point(const struct kp_buffer *content, size_t index)
{
    return content->data + 1 + index * KP_EVIDENCE_PLACE_BYTES + 4;
}
