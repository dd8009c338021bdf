/* What stands first in evidence and in most verdicts: HELLO 1, HELLO 2 and READY of all members. Of
 * a whole round proto/verify_round.h checks more; here it is what a record hangs from. Internal to
 * the verifier. */
#ifndef KP_PROTO_VERIFY_SIGNED_H
#define KP_PROTO_VERIFY_SIGNED_H

#include "proto/verify.h"
#include "proto/verify_record.h"

/* The first rules of evidence.* and verdict.*, in this order. */
enum kp_signed_rule {
    KP_SIGNED_FORM,
    KP_SIGNED_AGREEMENT,
    KP_SIGNED_ACCEPTED,
    KP_SIGNED_TERM,
    KP_SIGNED_HELLO1,
    KP_SIGNED_HELLO2,
    KP_SIGNED_READY,
    KP_SIGNED_TIMES,
    KP_SIGNED_RULES,
};
/* Their rows of a table, for names that begin with `prefix` (a literal). */
#define KP_SIGNED_TABLE(prefix)                                                                    \
    [KP_SIGNED_FORM] = {prefix ".form",                                                            \
                        "every item unpacks, stands in its order, and none is missing or too "     \
                        "many"},                                                                   \
    [KP_SIGNED_AGREEMENT] = {prefix ".agreement",                                                  \
                             "the round was one under a version of the agreement that is given"},  \
    [KP_SIGNED_ACCEPTED] = {prefix ".accepted",                                                    \
                            "every officer had accepted that version by then, and none had "       \
                            "revoked"},                                                            \
    [KP_SIGNED_TERM] = {prefix ".term", "the round lies within the agreement's term"},             \
    [KP_SIGNED_HELLO1] = {prefix ".hello1", "every HELLO 1 is its member's, of this round"},       \
    [KP_SIGNED_HELLO2] = {prefix ".hello2",                                                        \
                          "every HELLO 2 is its member's, of this round, and names these first "   \
                          "hellos"},                                                               \
    [KP_SIGNED_READY] = {prefix ".ready",                                                          \
                         "every READY is its member's, of this round, and all agree"},             \
    [KP_SIGNED_TIMES] = {prefix ".times", "no READY is dated before a HELLO 2"}

struct kp_verify_signed {
    const struct kp_verify_versions *versions; /* borrowed */
    const struct kp_agreement *agreement;      /* the version of the round; in versions */
    uint32_t members;
    uint64_t counter;
    uint64_t round_type;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    struct kp_buffer hello1[KP_MEMBERS_MAX]; /* packed, borrowed from the file */
    struct kp_buffer hello2[KP_MEMBERS_MAX];
    struct kp_buffer ready[KP_MEMBERS_MAX];
    struct kp_hello2 hello2_body[KP_MEMBERS_MAX];
    struct kp_ready ready_body[KP_MEMBERS_MAX];
};

/* The header: of this kind, the lineage of the papers, a counter, no digest. KP_REFUSED says why.
 */
KP_MUST_USE enum kp_status kp_verify_signed_header(struct kp_verify_signed *it,
                                                   const struct kp_verify_versions *versions,
                                                   const struct kp_export_header *header,
                                                   enum kp_export_kind kind,
                                                   struct kp_error *error);
/* An item of kind HELLO 1, HELLO 2 or READY. */
KP_MUST_USE enum kp_status kp_verify_signed_item(struct kp_verify_signed *it,
                                                 const struct kp_export_item *item,
                                                 struct kp_error *error);
/* Takes item `i` of the file into what it is loaded into. KP_REFUSED: it can't be there. */
typedef enum kp_status kp_verify_take(void *into, const struct kp_verify_export *export, size_t i,
                                      struct kp_error *error);
/* Every item, each after the one before it in the order of a file. What isn't taken, is KP_REFUSED;
 * `name` is the last one looked at. */
KP_MUST_USE enum kp_status kp_verify_items(const struct kp_verify_export *export,
                                           kp_verify_take *take, void *into,
                                           char name[static KP_RULING_RECORD],
                                           struct kp_error *error);
/* A paper with the same content stands before item `i`. */
bool kp_verify_is_twice(const struct kp_verify_export *export, size_t i);
/* When all items are there: rules KP_SIGNED_AGREEMENT to KP_SIGNED_TIMES. false: the version of the
 * agreement isn't known, or something is missing (and the form is broken); nothing else can be
 * said.
 */
bool kp_verify_signed_check(struct kp_verify_signed *it, struct kp_report *report);
/* What of this member is in HELLO 2 existed by then: the latest time in the READYs of the others,
 * which they signed after it. Unix milliseconds. */
uint64_t kp_verify_not_later(const struct kp_verify_signed *it, uint32_t member);
struct kp_verify_place kp_verify_place_of(const struct kp_verify_signed *it, uint32_t member);

#endif
