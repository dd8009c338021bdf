/* Targets of letters and of what they say about cases and canaries. */
#include "crypto/merkle.h"
#include "proto/canary_check.h"
#include "proto/canary_notice.h"
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

struct kp_agreement fuzz_canary_agreement(void)
{
    static struct kp_member members[3] = {{.role = KP_ROLE_CONTRIBUTES},
                                          {.role = KP_ROLE_CONTRIBUTES},
                                          {.role = KP_ROLE_CONTRIBUTES}};
    return (struct kp_agreement){
        .members = members, .member_count = 3, .threshold = 2, .slots = 5, .canaries = 1};
}

/* What is read points into what came, and nothing of it is left over. */
void fuzz_canary_notice(const uint8_t *bytes, size_t size)
{
    static const uint8_t root[KP_DIGEST_BYTES], round_id[KP_DIGEST_BYTES];
    const struct kp_agreement agreement = fuzz_canary_agreement();
    struct kp_buffer plain = {0}, items = {0}, packed = {0};
    struct kp_canary_notice notice;
    FUZZ_CHECK(kp_buffer_set(&plain, bytes, size) == KP_OK);
    enum kp_status status =
        kp_canary_notice_read(&notice, &agreement, 1, FUZZ_CANARY_COUNTER, 0, &plain, NULL);
    check_status(status);
    if (status == KP_OK) {
        FUZZ_CHECK(notice.count == 2 && notice.first == 0);
        for (uint32_t i = 0; i < notice.count; i++) {
            struct kp_canary_item item = kp_canary_notice_item(&notice, &agreement, 1, i);
            FUZZ_CHECK(item.position < agreement.slots || item.position == KP_CANARY_NOT_PLACED);
            FUZZ_CHECK(kp_check_canary_item(&agreement, 1, &item, root, round_id, NULL) ==
                       KP_REFUSED);
            if (item.position == KP_CANARY_NOT_PLACED) {
                item.entry = NULL;
            }
            uint8_t *at = kp_buffer_extend(&items, kp_canary_item_size(&agreement, 1));
            FUZZ_CHECK(at != NULL);
            kp_canary_item_put(at, &agreement, 1, &item);
        }
        FUZZ_CHECK(kp_canary_notice_pack(&packed, &agreement, 1, FUZZ_CANARY_COUNTER, 0, items.data,
                                         NULL) == KP_OK);
        check_same(&packed, bytes, size);
    }
    kp_buffer_free(&items);
    kp_buffer_free(&plain);
}
