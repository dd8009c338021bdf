/* What letters about a match on the case table say (proto/letter.proto; docs/protocol.md, section
 * 29): plain structs, packed and unpacked beside each other. Unpacking checks sizes, ranges and
 * unknown fields; whether what a case claims is proven is for who receives it. */
#ifndef KP_PROTO_CASE_H
#define KP_PROTO_CASE_H

#include "crypto/hash.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/letter.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_CASE_ID_BYTES KP_LETTER_SUBJECT_BYTES
#define KP_CASE_ID_TEXT (2 * KP_CASE_ID_BYTES + 1)

enum kp_case_question {
    KP_CASE_STILL_CURRENT = 1, /* to a member that holds the address */
    KP_CASE_INTEREST = 2,      /* to a member that is asked on request */
};

enum kp_answer {
    KP_ANSWER_NONE = 0,
    KP_ANSWER_CURRENT = 1,
    KP_ANSWER_NOT_CURRENT = 2,
    KP_ANSWER_INTEREST = 3,
    KP_ANSWER_NO_INTEREST = 4,
    KP_ANSWER_DECLINED = 5,
    KP_ANSWERS = 6,
};
/* "not-current"; as a person types it. */
const char *kp_answer_name(enum kp_answer answer);
/* KP_ANSWER_NONE: no such answer. */
enum kp_answer kp_answer_of_name(const char *name);
/* KP_REFUSED: no answer to this question, or no reason where one is needed. */
KP_MUST_USE enum kp_status kp_answer_check(enum kp_answer answer, enum kp_case_question question,
                                           const char *reason, struct kp_error *error);

/* A case's number as text. */
void kp_case_id_text(char text[static KP_CASE_ID_TEXT], const uint8_t id[static KP_CASE_ID_BYTES]);
/* Among several: the one whose number begins with what a person typed, 4 digits at least. */
struct kp_case_search {
    const char *text;
    uint8_t id[KP_CASE_ID_BYTES]; /* of the last one that fits */
    uint32_t found;
};
void kp_case_search_try(struct kp_case_search *search, const uint8_t id[static KP_CASE_ID_BYTES]);
/* KP_USAGE: not such a beginning. KP_REFUSED: no case, or several, begin so. */
KP_MUST_USE enum kp_status kp_case_search_end(const struct kp_case_search *search,
                                              struct kp_error *error);

struct kp_case {
    uint8_t id[KP_CASE_ID_BYTES];
    enum kp_case_question question;
    uint64_t answer_by; /* Unix seconds */
    struct kp_buffer evidence;
};
KP_MUST_USE enum kp_status kp_case_pack(const struct kp_case *asked, struct kp_buffer *out,
                                        struct kp_error *error);
/* *asked is freed with kp_case_free whatever the result. */
KP_MUST_USE enum kp_status kp_case_unpack(struct kp_case *asked, const uint8_t *bytes, size_t size,
                                          struct kp_error *error);
void kp_case_free(struct kp_case *asked);

struct kp_case_answer {
    uint8_t id[KP_CASE_ID_BYTES];
    uint32_t revision; /* from 1; the last one counts */
    enum kp_answer answer;
    char reason[KP_CASE_REASON_MAX + 1]; /* one line, or empty */
    uint64_t time;                       /* Unix seconds */
};
KP_MUST_USE enum kp_status kp_case_answer_pack(const struct kp_case_answer *answer,
                                               struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_case_answer_unpack(struct kp_case_answer *answer,
                                                 const uint8_t *bytes, size_t size,
                                                 struct kp_error *error);
/* The subject of the letter with this revision. */
void kp_case_answer_subject(uint8_t subject[static KP_LETTER_SUBJECT_BYTES],
                            const uint8_t id[static KP_CASE_ID_BYTES], uint32_t revision);

struct kp_case_closed {
    uint8_t id[KP_CASE_ID_BYTES];
    uint64_t time; /* Unix seconds */
};
KP_MUST_USE enum kp_status kp_case_closed_pack(const struct kp_case_closed *closed,
                                               struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_case_closed_unpack(struct kp_case_closed *closed,
                                                 const uint8_t *bytes, size_t size,
                                                 struct kp_error *error);

#endif
