/* Letters: durable post between the parties, outside rounds, relayed by the coordinator
 * (proto/letter.proto; docs/protocol.md, section 22).
 *
 * What a letter says is sealed to its receiver's box key, so that nobody else reads it, and inside
 * signed by its sender's identity key, so that the receiver can show it to others: an opened
 * letter. The signature covers lineage, type, sender, receiver, subject, part and time, so that a
 * letter can't be passed on as another one. Its size says only how many blocks it has. A second
 * signature, outside, tells who spoilt a letter that doesn't open: where it holds, the sender.
 *
 * Unpacking checks form: sizes, ranges, unknown fields, and that such a letter goes from such a
 * sender to such a receiver. KP_REFUSED says what is wrong. */
#ifndef KP_PROTO_LETTER_H
#define KP_PROTO_LETTER_H

#include "crypto/hash.h"
#include "crypto/pair.h"
#include "crypto/sign.h"
#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_LETTER_SUBJECT_BYTES 16
#define KP_LETTER_PURPOSE "letter"               /* of the signature inside */
#define KP_LETTER_SEALED_PURPOSE "sealed letter" /* of the one outside */

enum kp_letter_type {
    KP_LETTER_CANARY_SECRETS = 1,   /* member to member */
    KP_LETTER_CANARY_NOTICE = 2,    /* member to project leader */
    KP_LETTER_PARTIAL_OPENINGS = 3, /* between project leader and second holder */
    KP_LETTER_CASE = 4,             /* project leader to member */
    KP_LETTER_ANSWER = 5,           /* member to project leader */
    KP_LETTER_CASE_CLOSED = 6,      /* project leader to member */
    KP_LETTER_TYPES = 7,
};
const char *kp_letter_type_name(enum kp_letter_type type); /* "canary notice" */
/* Whether this type goes from such a party to such a one: members 1 to 32, KP_PARTY_LEADER,
 * KP_PARTY_OPENER. */
bool kp_letter_goes(enum kp_letter_type type, uint32_t from, uint32_t to);
/* Whether the agreement has this party, and a box key for it. */
bool kp_letter_party_exists(const struct kp_agreement *agreement, uint32_t party);

struct kp_letter {
    enum kp_letter_type type;
    uint32_t from;
    uint32_t to;
    uint8_t subject[KP_LETTER_SUBJECT_BYTES];
    uint32_t part; /* from 0 */
    uint32_t parts;
    uint64_t time; /* Unix milliseconds, by the sender's clock */
    struct kp_buffer body;
    uint8_t signature[KP_SIGNATURE_BYTES];
    /* Of partial openings: the sender's packed log entry that it gave them (KP_AUDIT_PARTIALS_GIVEN
     * about the attempt in `subject`), in clear, so that nobody gets the other's without having
     * signed that it opens. Otherwise empty. */
    struct kp_buffer act;
};
KP_MUST_USE enum kp_status kp_letter_pack(const struct kp_letter *letter, struct kp_buffer *out,
                                          struct kp_error *error);
/* *letter is freed with kp_letter_free whatever the result. */
KP_MUST_USE enum kp_status kp_letter_unpack(struct kp_letter *letter, const uint8_t *bytes,
                                            size_t size, struct kp_error *error);
void kp_letter_free(struct kp_letter *letter);

/* What a caller wants to say; all borrowed. */
struct kp_letter_draft {
    enum kp_letter_type type;
    uint32_t to;
    const uint8_t *subject; /* KP_LETTER_SUBJECT_BYTES */
    uint32_t part;
    uint32_t parts; /* at least 1 */
    const uint8_t *plain;
    size_t size;  /* at most KP_LETTER_PLAIN_MAX */
    size_t least; /* padded as if it were at least this long; 0: no more than the block asks */
    const struct kp_buffer *act; /* of partial openings; else NULL */
};
/* Signs, pads and seals a letter of `from` at this moment. *letter is freed by the caller whatever
 * the result. KP_USAGE: such a letter doesn't go from here to there, or is too long. */
KP_MUST_USE enum kp_status
kp_letter_seal(struct kp_letter *letter, const struct kp_letter_draft *draft, uint32_t from,
               const struct kp_agreement *agreement,
               const uint8_t identity_secret[static KP_SIGN_SECRET_BYTES], struct kp_error *error);

/* What was said, and the signature that proves it. */
struct kp_opened_letter {
    enum kp_letter_type type;
    uint32_t from;
    uint32_t to;
    uint8_t subject[KP_LETTER_SUBJECT_BYTES];
    uint32_t part;
    uint32_t parts;
    uint64_t time;
    struct kp_buffer plain;
    uint8_t signature[KP_SIGNATURE_BYTES];
};
/* Opens the seal with the receiver's box secret (locked memory) and checks the signature inside
 * against the sender's key in this version of the agreement. *opened is freed with
 * kp_opened_letter_free whatever the result. KP_REFUSED: doesn't open, or isn't signed. */
KP_MUST_USE enum kp_status kp_letter_open(struct kp_opened_letter *opened,
                                          const struct kp_letter *letter,
                                          const struct kp_agreement *agreement,
                                          const uint8_t box_secret[static KP_PAIR_SECRET_BYTES],
                                          struct kp_error *error);
/* letter_check.c: the sender signed the letter as it is, sealed. Where this fails it isn't the
 * sender's. */
KP_MUST_USE enum kp_status kp_letter_check_sealed(const struct kp_letter *letter,
                                                  const struct kp_agreement *agreement,
                                                  struct kp_error *error);
/* letter_check.c: partial openings come with the sender's own signed log entry about this attempt;
 * other letters with none. */
KP_MUST_USE enum kp_status kp_letter_check_act(const struct kp_letter *letter,
                                               const struct kp_agreement *agreement,
                                               struct kp_error *error);
/* letter_check.c: the sender signed exactly this, as anybody can check who is shown the letter. */
KP_MUST_USE enum kp_status kp_letter_check_opened(const struct kp_opened_letter *opened,
                                                  const struct kp_agreement *agreement,
                                                  struct kp_error *error);
/* What the signature outside is over. */
void kp_letter_sealed_digest(uint8_t digest[static KP_DIGEST_BYTES],
                             const uint8_t lineage[static KP_DIGEST_BYTES],
                             const struct kp_letter *letter);
/* What the signature inside is over. */
void kp_letter_digest(uint8_t digest[static KP_DIGEST_BYTES],
                      const uint8_t lineage[static KP_DIGEST_BYTES],
                      const struct kp_opened_letter *opened);

KP_MUST_USE enum kp_status kp_opened_letter_pack(const struct kp_opened_letter *opened,
                                                 struct kp_buffer *out, struct kp_error *error);
/* *opened is freed with kp_opened_letter_free whatever the result; the signature isn't checked. */
KP_MUST_USE enum kp_status kp_opened_letter_unpack(struct kp_opened_letter *opened,
                                                   const uint8_t *bytes, size_t size,
                                                   struct kp_error *error);
void kp_opened_letter_free(struct kp_opened_letter *opened);

#endif
