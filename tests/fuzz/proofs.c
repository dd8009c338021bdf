/* Targets of what stands in evidence, verdicts and audits. */
#include "proto/proof.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* What unpacks is the one form that packing gives. */
static void check(enum kp_status status, enum kp_status again, struct kp_buffer *packed,
                  const uint8_t *bytes, size_t size)
{
    FUZZ_CHECK(status == KP_OK || status == KP_REFUSED);
    if (status == KP_OK) {
        FUZZ_CHECK(again == KP_OK && packed->size == size);
        FUZZ_CHECK(size == 0 || memcmp(packed->data, bytes, size) == 0);
    }
    kp_buffer_free(packed);
}

#define TARGET(name, type, prefix)                                                                 \
    void fuzz_##name(const uint8_t *bytes, size_t size)                                            \
    {                                                                                              \
        struct type it;                                                                            \
        struct kp_buffer packed = {0};                                                             \
        enum kp_status again = KP_FAILED;                                                          \
        enum kp_status status = prefix##_unpack(&it, bytes, size, NULL);                           \
        if (status == KP_OK) {                                                                     \
            again = prefix##_pack(&it, &packed, NULL);                                             \
        }                                                                                          \
        check(status, again, &packed, bytes, size);                                                \
        prefix##_free(&it);                                                                        \
    }

static void kp_proof_verdict_free(struct kp_proof_verdict *verdict)
{
    (void)verdict; /* owns nothing */
}

TARGET(proof_record, kp_proof_record, kp_proof_record)
TARGET(proof_opening, kp_proof_opening, kp_proof_opening)
TARGET(proof_verdict, kp_proof_verdict, kp_proof_verdict)
TARGET(proof_result, kp_proof_result, kp_proof_result)
TARGET(partials, kp_partials, kp_partials)
TARGET(pick, kp_pick, kp_pick)
