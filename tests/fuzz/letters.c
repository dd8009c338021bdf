/* Targets of letters and of what they say about cases. */
#include "proto/case.h"
#include "proto/letter.h"
#include "proto/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

/* Frees what was packed. */
static void check_same(struct kp_buffer *packed, const uint8_t *bytes, size_t size)
{
    FUZZ_CHECK(packed->size == size && (size == 0 || memcmp(packed->data, bytes, size) == 0));
    kp_buffer_free(packed);
}

static void check_status(enum kp_status status)
{
    FUZZ_CHECK(status == KP_OK || status == KP_REFUSED);
}

void fuzz_letter(const uint8_t *bytes, size_t size)
{
    static const uint8_t box_secret[KP_PAIR_SECRET_BYTES] = {1};
    struct kp_letter letter;
    struct kp_opened_letter opened;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_letter_unpack(&letter, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(kp_letter_goes(letter.type, letter.from, letter.to));
        FUZZ_CHECK(letter.part < letter.parts && letter.parts <= KP_LETTER_PARTS_MAX);
        FUZZ_CHECK(letter.body.size <= KP_LETTER_BODY_MAX);
        FUZZ_CHECK((letter.type == KP_LETTER_PARTIAL_OPENINGS) == (letter.act.size > 0));
        FUZZ_CHECK(kp_letter_pack(&letter, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
        /* Nobody sealed it to this key, so the agreement isn't looked at. */
        FUZZ_CHECK(kp_letter_open(&opened, &letter, NULL, box_secret, NULL) == KP_REFUSED);
        kp_opened_letter_free(&opened);
    }
    kp_letter_free(&letter);
}

void fuzz_opened_letter(const uint8_t *bytes, size_t size)
{
    struct kp_opened_letter opened;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_opened_letter_unpack(&opened, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(kp_letter_goes(opened.type, opened.from, opened.to));
        FUZZ_CHECK(opened.part < opened.parts && opened.parts <= KP_LETTER_PARTS_MAX);
        FUZZ_CHECK(opened.plain.size <= KP_LETTER_PLAIN_MAX);
        FUZZ_CHECK(kp_opened_letter_pack(&opened, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_opened_letter_free(&opened);
}

void fuzz_case(const uint8_t *bytes, size_t size)
{
    struct kp_case asked;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_case_unpack(&asked, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(asked.question == KP_CASE_STILL_CURRENT || asked.question == KP_CASE_INTEREST);
        FUZZ_CHECK(asked.answer_by > 0 && asked.evidence.size > 0);
        FUZZ_CHECK(kp_case_pack(&asked, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_case_free(&asked);
}

void fuzz_case_answer(const uint8_t *bytes, size_t size)
{
    struct kp_case_answer answer;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_case_answer_unpack(&answer, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        size_t reason = strnlen(answer.reason, sizeof(answer.reason));
        FUZZ_CHECK(answer.revision >= 1 && answer.revision <= KP_CASE_REVISIONS_MAX);
        FUZZ_CHECK(answer.answer > KP_ANSWER_NONE && answer.answer < KP_ANSWERS);
        FUZZ_CHECK(reason <= KP_CASE_REASON_MAX && kp_utf8_is_line(answer.reason, reason));
        FUZZ_CHECK(kp_case_answer_pack(&answer, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}

void fuzz_case_closed(const uint8_t *bytes, size_t size)
{
    struct kp_case_closed closed;
    struct kp_buffer packed = {0};
    enum kp_status status = kp_case_closed_unpack(&closed, bytes, size, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(kp_case_closed_pack(&closed, &packed, NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
}
