/* Letters over the connection: taking and giving them, and what the log says about the partial
 * decryptions among them: who deposited its act, and to whom the other's was given. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/letters.h"
#include "proto/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* subject: of partial decryptions, the attempt of the round that they are about. */
static enum kp_status audit(struct kp_coordinator *c, struct kp_txn *txn, enum kp_audit_event event,
                            uint32_t party, uint32_t count, const uint8_t *subject,
                            struct kp_error *error)
{
    const struct kp_audit_note note = {
        .event = event, .attempt = subject, .count = count, .reason = party};
    return kp_coordinator_audit(c, txn, &note, error);
}

enum kp_status kp_coordinator_put_letter(struct kp_coordinator *c, uint32_t party,
                                         const struct kp_batch *letter, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    struct kp_letters_taken taken = {0};
    if (letter->count != 1) {
        return kp_fail(error, KP_REFUSED, "no letter in the request");
    }
    enum kp_status status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_letters_put(txn, c->agreement, party, letter->items[0].data,
                                letter->items[0].size, &taken, error);
    }
    if (status == KP_OK && taken.complete && taken.type == KP_LETTER_PARTIAL_OPENINGS) {
        status = audit(c, txn, KP_AUDIT_LETTERS_TAKEN, party, taken.parts, taken.subject, error);
    }
    if (status != KP_OK || !taken.added) {
        kp_store_abort(txn);
        return status;
    }
    status = kp_store_commit(txn, error);
    if (status == KP_OK && taken.to <= KP_MEMBERS_MAX) {
        kp_serve_mail(c, 1u << (taken.to - 1)); /* it asks for its letters then */
    }
    return status;
}

enum kp_status kp_coordinator_get_letters(struct kp_coordinator *c, uint32_t party,
                                          const struct kp_wire_request *asked,
                                          struct kp_letters_page *page, struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    const struct kp_letters_wanted wanted = {.after = asked->sequence,
                                             .type = asked->letter_type,
                                             .subject = asked->has_subject ? asked->subject : NULL};
    memset(page, 0, sizeof(*page));
    /* A write, because the log says what is given, before it is. */
    enum kp_status status = kp_store_begin(c->store, true, &txn, error);
    if (status == KP_OK) {
        status = kp_letters_get(txn, party, &wanted, page, error);
    }
    /* The holders' programs judge too, but one that is changed wouldn't. */
    if (status == KP_OK && page->partials > 0) {
        status = kp_coordinator_check_in_force(c, error);
    }
    if (status == KP_OK && page->partials > 0) {
        status = audit(c, txn, KP_AUDIT_LETTERS_GIVEN, party, page->partials, page->subject, error);
    }
    if (status != KP_OK || page->partials == 0) {
        kp_store_abort(txn);
        return status;
    }
    return kp_store_commit(txn, error);
}
