/* Verdicts: whom each kind can name. */
#include "proto/proof.h"

#include "proto/proof.pb-c.h"
#include "proto/protobuf.h"

#include <string.h>

const char *kp_fault_text(enum kp_fault_kind kind)
{
    static const char *const texts[KP_FAULT_KINDS] = {
        [KP_FAULT_CHUNK] = "a chunk isn't what its member signed before",
        [KP_FAULT_UNSORTED] = "an entry comes twice, or unsorted",
        [KP_FAULT_SHARE] = "a share isn't under its tag",
        [KP_FAULT_OUTER] = "a record doesn't open with the shares of its tag",
        [KP_FAULT_SEAL] = "a record's seal wasn't made for its place",
        [KP_FAULT_CONTENT] = "a record's content is wrong",
        [KP_FAULT_PARTIAL] = "a holder's partial opening is false",
        [KP_FAULT_SILENT] = "a member was silent, or the coordinator says so",
        [KP_FAULT_RESULTS] = "results aren't what was signed",
        [KP_FAULT_CANARY] = "a canary is missing from the results",
        [KP_FAULT_COORDINATOR_SILENT] = "the coordinator was silent, or a member says so",
    };
    return (unsigned)kind < KP_FAULT_KINDS && texts[kind] != NULL ? texts[kind] : "unknown fault";
}

static bool is_one(uint32_t members)
{
    return members != 0 && (members & (members - 1)) == 0;
}

/* Nobody is named whom the kind's evidence can't show. */
static bool names_rightly(const struct kp_proof_verdict *verdict)
{
    switch (verdict->kind) {
    case KP_FAULT_CHUNK:
    case KP_FAULT_UNSORTED:
    case KP_FAULT_SHARE:
    case KP_FAULT_OUTER:
    case KP_FAULT_SEAL:
    case KP_FAULT_CONTENT:
        return is_one(verdict->members) && !verdict->coordinator && verdict->holder == 0;
    case KP_FAULT_PARTIAL:
        return verdict->members == 0 && !verdict->coordinator && verdict->holder >= 1 &&
               verdict->holder <= 2;
    case KP_FAULT_SILENT:
        return verdict->coordinator && verdict->holder == 0;
    case KP_FAULT_RESULTS:
    case KP_FAULT_CANARY:
        return verdict->members == 0 && verdict->coordinator && verdict->holder == 0;
    case KP_FAULT_COORDINATOR_SILENT:
        return is_one(verdict->members) && verdict->coordinator && verdict->holder == 0;
    case KP_FAULT_NONE:
    case KP_FAULT_KINDS:
        break;
    }
    return false;
}

static enum kp_status check(const struct kp_proof_verdict *verdict, struct kp_error *error)
{
    if (verdict->counter == 0 || verdict->counter > KP_ROUNDS_MAX || verdict->phase >= KP_PHASES ||
        verdict->position >= KP_SLOTS_MAX || verdict->before >= KP_SLOTS_MAX ||
        verdict->about > KP_MEMBERS_MAX) {
        return kp_fail(error, KP_REFUSED, "a verdict with a number out of range");
    }
    return names_rightly(verdict)
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "a verdict names others than its kind can");
}

enum kp_status kp_proof_verdict_pack(const struct kp_proof_verdict *verdict, struct kp_buffer *out,
                                     struct kp_error *error)
{
    Kruispunt__ProofVerdict packed = KRUISPUNT__PROOF_VERDICT__INIT;
    enum kp_status status = check(verdict, error);
    if (status != KP_OK) {
        return status;
    }
    packed.kind = (uint32_t)verdict->kind;
    packed.counter = verdict->counter;
    packed.attempt = kp_protobuf_bytes(verdict->attempt, KP_ATTEMPT_BYTES);
    packed.members = verdict->members;
    packed.coordinator = verdict->coordinator ? 1 : 0;
    packed.holder = verdict->holder;
    packed.phase = (uint32_t)verdict->phase;
    packed.position = verdict->position;
    packed.before = verdict->before;
    packed.about = verdict->about;
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_proof_verdict_unpack(struct kp_proof_verdict *verdict, const uint8_t *bytes,
                                       size_t size, struct kp_error *error)
{
    memset(verdict, 0, sizeof(*verdict));
    Kruispunt__ProofVerdict *packed = (Kruispunt__ProofVerdict *)kp_protobuf_unpack(
        &kruispunt__proof_verdict__descriptor, "verdict", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = KP_REFUSED;
    if (packed->kind == 0 || packed->kind >= KP_FAULT_KINDS || packed->coordinator > 1 ||
        packed->phase >= KP_PHASES) {
        (void)kp_fail(error, KP_REFUSED, "a verdict of the unknown kind or phase %u, %u",
                      packed->kind, packed->phase);
    } else {
        verdict->kind = (enum kp_fault_kind)packed->kind;
        verdict->counter = packed->counter;
        verdict->members = packed->members;
        verdict->coordinator = packed->coordinator == 1;
        verdict->holder = packed->holder;
        verdict->phase = (enum kp_phase)packed->phase;
        verdict->position = packed->position;
        verdict->before = packed->before;
        verdict->about = packed->about;
        status = kp_protobuf_copy(verdict->attempt, KP_ATTEMPT_BYTES, &packed->attempt,
                                  "a verdict's attempt", error);
    }
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status == KP_OK ? check(verdict, error) : status;
}
