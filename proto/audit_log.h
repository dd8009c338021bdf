/* The record of what a program did: entries, each signed by the program's identity key and naming
 * the hash of the one before it, so that leaving out, changing or reordering one shows. No free
 * text, hence never an address. (proto/log.h is something else: lines for whoever operates the
 * machine.)
 *
 * An entry is written in the transaction of what it tells: effect and record are one. Where the
 * effect is no change on disk, such as a message that is sent, the entry is on disk before it. A
 * caller whose entry can't be written doesn't go on. */
#ifndef KP_PROTO_AUDIT_LOG_H
#define KP_PROTO_AUDIT_LOG_H

#include "crypto/hash.h"
#include "crypto/sign.h"
#include "proto/audit_head.h"
#include "proto/buffer.h"
#include "proto/control.h"
#include "proto/error.h"
#include "proto/round_message.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the fields beside an event mean, docs/protocol.md says in a table. Numbers stay. */
enum kp_audit_event {
    /* every program */
    KP_AUDIT_STARTED = 1,
    KP_AUDIT_STOPPED = 2,
    KP_AUDIT_LOG_RESTORED = 3, /* entries are missing: an older database was put back */
    /* the agreement */
    KP_AUDIT_PAPER_ADDED = 10,
    KP_AUDIT_DECISION_SEEN = 12,
    KP_AUDIT_IN_FORCE = 13,
    KP_AUDIT_PROCESSING_STOPPED = 14,
    /* a member's round */
    KP_AUDIT_START_RECEIVED = 20,
    KP_AUDIT_START_REFUSED = 21,
    KP_AUDIT_HELLO1_SENT = 22,
    KP_AUDIT_HELLO2_SENT = 23,
    KP_AUDIT_HEAD_SEEN = 24,
    KP_AUDIT_LIST_EVALUATED = 25,
    KP_AUDIT_RESTORED = 26, /* the database is older than what was proven */
    KP_AUDIT_TOTALS_TAKEN_OVER = 27,
    KP_AUDIT_RECOVERY_ANSWERED = 28,
    KP_AUDIT_READY_SENT = 29,
    KP_AUDIT_RELEASED = 30,
    KP_AUDIT_COMPLETED = 31,
    KP_AUDIT_ATTEMPT_ENDED = 32,
    KP_AUDIT_RELEASE_ADOPTED = 33,
    KP_AUDIT_ROUNDS_DELETED = 34, /* retention is over */
    /* a member's signals */
    KP_AUDIT_SIGNALS_IMPORTED = 40,
    KP_AUDIT_SIGNALS_REFUSED = 41,
    KP_AUDIT_SIGNALS_DELETED = 42,
    KP_AUDIT_SIGNALS_SHOWN = 43,
    KP_AUDIT_SIGNALS_WITHDRAWN = 44,
    KP_AUDIT_SLOTS_NOT_KEPT = 45,
    KP_AUDIT_SLOTS_KEPT = 46,
    KP_AUDIT_SLOTS_SHOWN = 47,
    /* a member's cases */
    KP_AUDIT_CASE_RECEIVED = 50,
    KP_AUDIT_CASE_REFUSED = 51,
    KP_AUDIT_CASE_SHOWN = 52,
    KP_AUDIT_CASE_ANSWERED = 53,
    KP_AUDIT_CASE_CLOSED = 54,
    /* the coordinator */
    KP_AUDIT_ROUND_STARTED = 60,
    KP_AUDIT_ROUND_RELEASED = 61,
    KP_AUDIT_SUBMISSION_TAKEN = 62,
    KP_AUDIT_MATCHED = 63,
    KP_AUDIT_SUBMISSIONS_DELETED = 64,
    KP_AUDIT_RESULTS_GIVEN = 65,
    KP_AUDIT_ROUND_REFUSED = 66,
    KP_AUDIT_LETTERS_GIVEN = 67,
    KP_AUDIT_LETTERS_TAKEN = 68,
    KP_AUDIT_FAULT_FOUND = 69,
    KP_AUDIT_VERDICTS_GIVEN = 70,
    /* the project leader */
    KP_AUDIT_ROUND_ASKED = 80,
    KP_AUDIT_OPENED = 81,
    KP_AUDIT_PARTIALS_GIVEN = 82, /* to the other holder of an opening key */
    KP_AUDIT_EVIDENCE_WRITTEN = 83,
    KP_AUDIT_CASE_ENDED = 84,
    KP_AUDIT_CASE_OPENED = 85,
    KP_AUDIT_ANSWER_TAKEN = 86,
};
/* "hello 1 sent"; NULL: there is no such event. */
const char *kp_audit_event_name(enum kp_audit_event event);

/* What a caller says of an event; what it leaves zero or NULL is absent. */
struct kp_audit_note {
    enum kp_audit_event event;
    uint64_t counter;
    const uint8_t *attempt; /* KP_ATTEMPT_BYTES */
    uint32_t member;
    uint64_t count;
    const uint8_t *digest; /* KP_DIGEST_BYTES */
    uint32_t reason;       /* at most KP_AUDIT_REASON_MAX */
};
#define KP_AUDIT_REASON_MAX 255u

struct kp_audit_entry {
    uint64_t sequence;
    uint8_t previous[KP_DIGEST_BYTES]; /* zeros in the first entry */
    uint64_t time;                     /* Unix milliseconds, by the program's own clock */
    uint32_t party;
    uint8_t lineage[KP_DIGEST_BYTES];
    enum kp_audit_event event;
    uint64_t counter;
    bool has_attempt;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint32_t member;
    uint64_t count;
    bool has_digest;
    uint8_t digest[KP_DIGEST_BYTES];
    uint32_t reason;
    uint8_t signature[KP_SIGNATURE_BYTES];
};

/* audit_entry.c */
KP_MUST_USE enum kp_status kp_audit_entry_pack(const struct kp_audit_entry *entry,
                                               struct kp_buffer *out, struct kp_error *error);
/* Canonical bytes only, every field in its range; the signature isn't checked. */
KP_MUST_USE enum kp_status kp_audit_entry_unpack(struct kp_audit_entry *entry, const uint8_t *bytes,
                                                 size_t size, struct kp_error *error);
/* H("Kruispunt-v1 log entry"; the packed entry without its signature). KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_audit_entry_hash(uint8_t hash[static KP_DIGEST_BYTES],
                                               const struct kp_audit_entry *entry);
/* Fills in the signature; `hash` is the entry's. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_audit_entry_sign(struct kp_audit_entry *entry,
                                               const uint8_t secret[static KP_SIGN_SECRET_BYTES],
                                               uint8_t hash[static KP_DIGEST_BYTES]);
KP_MUST_USE enum kp_status kp_audit_entry_check(const struct kp_audit_entry *entry,
                                                const uint8_t hash[static KP_DIGEST_BYTES],
                                                const uint8_t key[static KP_SIGN_PUBLIC_BYTES]);
/* What stands in the log for a message that was sent: H("Kruispunt-v1 logged message"; packed). */
void kp_audit_message_digest(uint8_t digest[static KP_DIGEST_BYTES], const uint8_t *packed,
                             size_t size);

/* ---- audit_log.c: writing and reading, in the caller's transaction ---- */

/* Who writes, and where. */
struct kp_audit_signer {
    uint32_t party;
    uint8_t lineage[KP_DIGEST_BYTES];
    const uint8_t *identity_secret; /* KP_SIGN_SECRET_BYTES, locked, borrowed */
    size_t table;                   /* of the store */
};

/* Appends an entry with the time of now. Whatever it returns but KP_OK: the transaction must be
 * aborted, and what the entry was to tell must not happen. */
KP_MUST_USE enum kp_status kp_audit_append(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                           const struct kp_audit_note *note,
                                           struct kp_error *error);
/* The same in a transaction of its own; on disk when KP_OK. */
KP_MUST_USE enum kp_status kp_audit_write(struct kp_store *store,
                                          const struct kp_audit_signer *signer,
                                          const struct kp_audit_note *note, struct kp_error *error);
/* The signer's head. */
KP_MUST_USE enum kp_status kp_audit_head_get(struct kp_txn *txn,
                                             const struct kp_audit_signer *signer,
                                             struct kp_audit_head *head, struct kp_error *error);
/* How many entries there are; less than the head's sequence when some are missing. */
KP_MUST_USE enum kp_status kp_audit_count(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                          uint64_t *count, struct kp_error *error);
/* Goes on behind a head that others have seen of this log and that it has lost, since an older
 * database was put back: one entry, KP_AUDIT_LOG_RESTORED, names `seen` as the one before it and in
 * count and digest its own last entry, so that everybody sees what is missing. KP_REFUSED: the log
 * has what was seen of it. */
KP_MUST_USE enum kp_status kp_audit_restore(struct kp_txn *txn,
                                            const struct kp_audit_signer *signer,
                                            const struct kp_audit_head *seen,
                                            struct kp_error *error);

/* Packed entries with a sequence of at least `from`, KP_AUDIT_PAGE at most; none: that was all. */
#define KP_AUDIT_PAGE 1024u
KP_MUST_USE enum kp_status kp_audit_page(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                         uint64_t from, struct kp_batch *entries,
                                         struct kp_error *error);

/* audit_serve.c: a page of the log's export, or its last entry alone. */
KP_MUST_USE enum kp_status kp_audit_serve(struct kp_store *store,
                                          const struct kp_audit_signer *signer,
                                          const struct kp_export_request *asked,
                                          struct kp_export_page *page, struct kp_error *error);

/* ---- audit_walk.c: what anybody can check ---- */

#define KP_AUDIT_KEYS_MAX 16u

/* keys: the party's identity keys in all versions of the agreement. */
struct kp_audit_walk {
    uint32_t party;
    const uint8_t *lineage; /* borrowed */
    uint8_t keys[KP_AUDIT_KEYS_MAX][KP_SIGN_PUBLIC_BYTES];
    size_t key_count;
    struct kp_audit_head head; /* of what was walked */
    uint64_t missing;          /* entries that a KP_AUDIT_LOG_RESTORED passes over */
};
/* The next packed entry. KP_REFUSED: it isn't one of this party's, doesn't follow the one before,
 * or isn't signed; the text begins with which. */
KP_MUST_USE enum kp_status kp_audit_walk_next(struct kp_audit_walk *walk, const uint8_t *bytes,
                                              size_t size, struct kp_audit_entry *entry,
                                              struct kp_error *error);
/* After the last: KP_REFUSED when the log doesn't end with this head. */
KP_MUST_USE enum kp_status kp_audit_walk_end(const struct kp_audit_walk *walk,
                                             const struct kp_audit_head *head,
                                             struct kp_error *error);
/* A head of a log of which `before` was seen earlier. KP_REFUSED: it has gone back, or it is
 * another log (a fork). */
KP_MUST_USE enum kp_status kp_audit_check_head(const struct kp_audit_head *before,
                                               const struct kp_audit_head *now,
                                               struct kp_error *error);

#endif
