/* The letters at the coordinator (proto/letter.h): kept for their receivers, numbered for each from
 * 1, until the agreement's retention is over, so that a node that was put back can fetch them
 * again. Their content is sealed; what is checked here is who writes to whom, and how much.
 *
 * Partial decryptions (type 3) about a subject go out to a holder of an opening key only when it
 * has put a complete set of its own about that subject: nobody reads the other's before its own act
 * is deposited. */
#ifndef KP_COORDINATOR_LETTERS_H
#define KP_COORDINATOR_LETTERS_H

#include "proto/letter.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_letters_taken {
    bool added;    /* false: it was there already, byte for byte */
    bool complete; /* it is the last part of its set to come */
    enum kp_letter_type type;
    uint32_t to;
    uint32_t parts;
    uint8_t subject[KP_LETTER_SUBJECT_BYTES];
};
/* Takes a packed letter from a party: who is on the other side of the connection. KP_REFUSED: no
 * letter, of somebody else, not signed, to nobody, other bytes than those of the same part before,
 * or one too many. */
KP_MUST_USE enum kp_status kp_letters_put(struct kp_txn *txn, const struct kp_agreement *agreement,
                                          uint32_t party, const uint8_t *packed, size_t size,
                                          struct kp_letters_taken *taken, struct kp_error *error);

struct kp_letters_wanted {
    uint64_t after;         /* numbers above this one */
    uint32_t type;          /* 0: all */
    const uint8_t *subject; /* NULL: all */
};
struct kp_letters_page {
    struct kp_batch letters;
    uint64_t numbers[KP_WIRE_BATCH_MESSAGES];
    bool end;
    /* How many partial decryptions are among them: all about one subject. */
    uint32_t partials;
    uint8_t subject[KP_LETTER_SUBJECT_BYTES];
};
/* As much for this party as goes into one response. page->letters is freed by the caller whatever
 * the result. */
KP_MUST_USE enum kp_status kp_letters_get(struct kp_txn *txn, uint32_t party,
                                          const struct kp_letters_wanted *wanted,
                                          struct kp_letters_page *page, struct kp_error *error);

/* letters_check.c: the party has put all parts of its own set of this type to `other` about this
 * subject. KP_REFUSED: not yet. */
KP_MUST_USE enum kp_status kp_letters_check_deposited(uint32_t parts, uint32_t have,
                                                      struct kp_error *error);

/* Deletes all: retention is over. *count: how many. */
KP_MUST_USE enum kp_status kp_letters_clear(struct kp_txn *txn, uint64_t *count,
                                            struct kp_error *error);

#endif
