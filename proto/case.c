#include "proto/case.h"

#include "proto/letter.pb-c.h"
#include "proto/protobuf.h"

#include <sodium.h>
#include <string.h>

static const char *const answer_names[KP_ANSWERS] = {
    [KP_ANSWER_NONE] = "",
    [KP_ANSWER_CURRENT] = "current",
    [KP_ANSWER_NOT_CURRENT] = "not-current",
    [KP_ANSWER_INTEREST] = "interest",
    [KP_ANSWER_NO_INTEREST] = "no-interest",
    [KP_ANSWER_DECLINED] = "decline",
};

const char *kp_answer_name(enum kp_answer answer)
{
    return (unsigned)answer < KP_ANSWERS ? answer_names[answer] : "";
}

enum kp_answer kp_answer_of_name(const char *name)
{
    for (unsigned i = 1; i < KP_ANSWERS; i++) {
        if (strcmp(name, answer_names[i]) == 0) {
            return (enum kp_answer)i;
        }
    }
    return KP_ANSWER_NONE;
}

enum kp_status kp_answer_check(enum kp_answer answer, enum kp_case_question question,
                               const char *reason, struct kp_error *error)
{
    bool about_current = answer == KP_ANSWER_CURRENT || answer == KP_ANSWER_NOT_CURRENT;
    bool about_interest = answer == KP_ANSWER_INTEREST || answer == KP_ANSWER_NO_INTEREST;
    if (question == KP_CASE_STILL_CURRENT ? about_interest : about_current) {
        return kp_fail(error, KP_REFUSED, "%s: this case asks %s; answer %s or decline",
                       kp_answer_name(answer),
                       question == KP_CASE_STILL_CURRENT ? "whether the signals are still current"
                                                         : "whether there is an interest",
                       question == KP_CASE_STILL_CURRENT ? "current, not-current"
                                                         : "interest, no-interest");
    }
    if (answer == KP_ANSWER_NONE || (unsigned)answer >= KP_ANSWERS) {
        return kp_fail(error, KP_REFUSED, "there is no such answer");
    }
    if (answer == KP_ANSWER_NOT_CURRENT && reason[0] == '\0') {
        return kp_fail(error, KP_REFUSED,
                       "not-current needs a reason; give one with --reason-file");
    }
    return KP_OK;
}

void kp_case_id_text(char text[static KP_CASE_ID_TEXT], const uint8_t id[static KP_CASE_ID_BYTES])
{
    sodium_bin2hex(text, KP_CASE_ID_TEXT, id, KP_CASE_ID_BYTES);
}

void kp_case_search_try(struct kp_case_search *search, const uint8_t id[static KP_CASE_ID_BYTES])
{
    char text[KP_CASE_ID_TEXT];
    kp_case_id_text(text, id);
    if (strncmp(text, search->text, strlen(search->text)) == 0) {
        memcpy(search->id, id, sizeof(search->id));
        search->found++;
    }
}

enum kp_status kp_case_search_end(const struct kp_case_search *search, struct kp_error *error)
{
    size_t size = strlen(search->text);
    if (size < 4 || size > 2 * KP_CASE_ID_BYTES ||
        strspn(search->text, "0123456789abcdef") != size) {
        return kp_fail(error, KP_USAGE,
                       "a case is named by its number, or the first 4 digits of it or more");
    }
    return search->found == 1 ? KP_OK
           : search->found == 0
               ? kp_fail(error, KP_REFUSED, "there is no such case; see the list of cases")
               : kp_fail(error, KP_REFUSED, "%u cases begin so; give more of the number",
                         search->found);
}

/* ---- CASE ---- */

enum kp_status kp_case_pack(const struct kp_case *asked, struct kp_buffer *out,
                            struct kp_error *error)
{
    Kruispunt__Case packed = KRUISPUNT__CASE__INIT;
    packed.case_id = kp_protobuf_bytes(asked->id, sizeof(asked->id));
    packed.question = (uint32_t)asked->question;
    packed.answer_by = asked->answer_by;
    packed.evidence = kp_protobuf_bytes(asked->evidence.data, asked->evidence.size);
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_case(struct kp_case *asked, const Kruispunt__Case *packed,
                                struct kp_error *error)
{
    if (packed->question != KP_CASE_STILL_CURRENT && packed->question != KP_CASE_INTEREST) {
        return kp_fail(error, KP_REFUSED, "a case with question %u", packed->question);
    }
    asked->question = (enum kp_case_question)packed->question;
    asked->answer_by = packed->answer_by;
    enum kp_status status =
        kp_protobuf_copy(asked->id, sizeof(asked->id), &packed->case_id, "case", error);
    if (status == KP_OK && (packed->evidence.len == 0 || packed->answer_by == 0)) {
        status = kp_fail(error, KP_REFUSED, "a case without evidence, or without a last day");
    }
    if (status == KP_OK &&
        kp_buffer_set(&asked->evidence, packed->evidence.data, packed->evidence.len) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for a case");
    }
    return status;
}

enum kp_status kp_case_unpack(struct kp_case *asked, const uint8_t *bytes, size_t size,
                              struct kp_error *error)
{
    memset(asked, 0, sizeof(*asked));
    Kruispunt__Case *packed = (Kruispunt__Case *)kp_protobuf_unpack(&kruispunt__case__descriptor,
                                                                    "case", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_case(asked, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_case_free(struct kp_case *asked)
{
    kp_buffer_free(&asked->evidence);
}

/* ---- ANSWER ---- */

enum kp_status kp_case_answer_pack(const struct kp_case_answer *answer, struct kp_buffer *out,
                                   struct kp_error *error)
{
    Kruispunt__Answer packed;
    kruispunt__answer__init(&packed);
    packed.case_id = kp_protobuf_bytes(answer->id, sizeof(answer->id));
    packed.revision = answer->revision;
    packed.answer = (uint32_t)answer->answer;
    packed.reason = kp_protobuf_text(answer->reason);
    packed.time = answer->time;
    return kp_protobuf_pack(&packed.base, out, error);
}

static enum kp_status copy_answer(struct kp_case_answer *answer, const Kruispunt__Answer *packed,
                                  struct kp_error *error)
{
    if (packed->revision == 0 || packed->revision > KP_CASE_REVISIONS_MAX || packed->answer == 0 ||
        packed->answer >= KP_ANSWERS) {
        return kp_fail(error, KP_REFUSED, "answer %u, revision %u", packed->answer,
                       packed->revision);
    }
    answer->revision = packed->revision;
    answer->answer = (enum kp_answer)packed->answer;
    answer->time = packed->time;
    enum kp_status status =
        kp_protobuf_copy(answer->id, sizeof(answer->id), &packed->case_id, "case", error);
    return status == KP_OK ? kp_protobuf_copy_text(answer->reason, sizeof(answer->reason),
                                                   packed->reason, "reason", error)
                           : status;
}

enum kp_status kp_case_answer_unpack(struct kp_case_answer *answer, const uint8_t *bytes,
                                     size_t size, struct kp_error *error)
{
    memset(answer, 0, sizeof(*answer));
    Kruispunt__Answer *packed = (Kruispunt__Answer *)kp_protobuf_unpack(
        &kruispunt__answer__descriptor, "answer", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    enum kp_status status = copy_answer(answer, packed, error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}

void kp_case_answer_subject(uint8_t subject[static KP_LETTER_SUBJECT_BYTES],
                            const uint8_t id[static KP_CASE_ID_BYTES], uint32_t revision)
{
    struct kp_hash hash;
    uint8_t digest[KP_DIGEST_BYTES];
    kp_hash_start(&hash, "Kruispunt-v1 answer");
    kp_hash_field(&hash, id, KP_CASE_ID_BYTES);
    kp_hash_number(&hash, revision);
    kp_hash_digest(&hash, digest);
    memcpy(subject, digest, KP_LETTER_SUBJECT_BYTES);
}

/* ---- CASE CLOSED ---- */

enum kp_status kp_case_closed_pack(const struct kp_case_closed *closed, struct kp_buffer *out,
                                   struct kp_error *error)
{
    Kruispunt__CaseClosed packed = KRUISPUNT__CASE_CLOSED__INIT;
    packed.case_id = kp_protobuf_bytes(closed->id, sizeof(closed->id));
    packed.time = closed->time;
    return kp_protobuf_pack(&packed.base, out, error);
}

enum kp_status kp_case_closed_unpack(struct kp_case_closed *closed, const uint8_t *bytes,
                                     size_t size, struct kp_error *error)
{
    memset(closed, 0, sizeof(*closed));
    Kruispunt__CaseClosed *packed = (Kruispunt__CaseClosed *)kp_protobuf_unpack(
        &kruispunt__case_closed__descriptor, "case closed", bytes, size, error);
    if (packed == NULL) {
        return KP_REFUSED;
    }
    closed->time = packed->time;
    enum kp_status status =
        kp_protobuf_copy(closed->id, sizeof(closed->id), &packed->case_id, "case", error);
    protobuf_c_message_free_unpacked(&packed->base, NULL);
    return status;
}
