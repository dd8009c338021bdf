/* The daemon's state, shared by coordinator.c (life cycle), coordinator_start.c, coordinator_put.c,
 * coordinator_round.c and coordinator_end.c (conducting a round), coordinator_deposit.c (receipts,
 * verdicts), coordinator_papers.c (the agreement), coordinator_serve.c, coordinator_mail.c and
 * coordinator_holder.c (members and leader), coordinator_audit.c (the signed log) and
 * coordinator_control.c. All on the loop's thread. */
#ifndef KP_COORDINATOR_INTERNAL_H
#define KP_COORDINATOR_INTERNAL_H

#include "coordinator/attempt.h"
#include "coordinator/coordinator.h"
#include "coordinator/intake.h"
#include "coordinator/letters.h"
#include "coordinator/match.h"
#include "coordinator/roster.h"
#include "coordinator/state.h"
#include "proto/agreement.h"
#include "proto/audit_log.h"
#include "proto/link.h"
#include "proto/papers.h"

#define KP_WATCHERS_MAX 8
#define KP_SEEN_MS 60000

/* A request that is answered when there is something to say, or when its time is over. */
struct kp_parked {
    struct kp_request *request; /* NULL: none */
    uint64_t until;
    uint64_t revision; /* of a watcher */
    uint64_t after;    /* of a fetch: the last message that its member has */
};

struct kp_coordinator {
    const struct kp_coordinator_config *config;
    struct kp_loop *loop;
    struct kp_agreement *first; /* version, of which the lineage is */
    struct kp_papers *papers;
    const struct kp_agreement *agreement; /* the version that counts; during an attempt, its own */
    struct kp_roster roster;              /* whose certificates are known */
    struct kp_store *store;
    struct kp_server *server;
    struct kp_server *control;
    uint8_t *identity_secret;      /* locked */
    struct kp_audit_signer signer; /* of the log */
    bool logging;                  /* the log says that this daemon has started */
    struct kp_coordinator_state state;

    uint8_t start_request[KP_REQUEST_ID_BYTES]; /* that started the last attempt */

    struct kp_attempt *attempt; /* NULL: none is going on */
    struct kp_intake *intake;   /* from phase RELEASE on */
    struct kp_match *match;     /* in phase MATCH */
    struct kp_workers *workers; /* of the match */
    uint64_t match_begun;       /* loop time of its beginning; 0: it hasn't begun */
    uint64_t tell_at;           /* the attempt is complete, as the leader sees, and members hear
                                   COMPLETE then; 0: it isn't */
    uint32_t verdicts[KP_MEMBERS_MAX]; /* about member i + 1, in this attempt */
    uint32_t release_faults;           /* before the match */

    struct kp_parked fetches[KP_MEMBERS_MAX]; /* of member i + 1 */
    uint64_t seen[KP_MEMBERS_MAX];            /* loop time of its last fetch; 0: never */
    uint64_t acknowledged[KP_MEMBERS_MAX];    /* mail of member i + 1 that may be forgotten */
    uint64_t forgotten[KP_MEMBERS_MAX];       /* that was, on disk */
    uint64_t forget_at;                       /* loop time when that is written at last; 0: it is */
    struct kp_parked watchers[KP_WATCHERS_MAX];
    uint64_t revision; /* of what watchers see */

    uint64_t retention_at; /* loop time: when to look whether retention is over */
};

/* coordinator_start.c */
/* Starts an attempt: START into every mailbox. KP_REFUSED: one is going on, no rounds left, no
 * term. */
KP_MUST_USE enum kp_status kp_conduct_start(struct kp_coordinator *c, uint32_t *round,
                                            struct kp_error *error);

/* coordinator_put.c */
/* What a member put, from sequence number `first` on. On disk, with its effects, when KP_OK. */
KP_MUST_USE enum kp_status kp_conduct_put(struct kp_coordinator *c, uint32_t member, uint64_t first,
                                          const struct kp_batch *messages, uint64_t *last_put,
                                          struct kp_error *error);

/* coordinator_round.c */
/* Deadlines. */
void kp_conduct_tick(struct kp_coordinator *c, uint64_t now);
/* When kp_conduct_tick is wanted; UINT64_MAX: not at all. */
uint64_t kp_conduct_deadline(const struct kp_coordinator *c);
/* Matching, in pieces. */
bool kp_conduct_work(struct kp_coordinator *c);
#define KP_FOLDER_MAX (KP_PATH_MAX + 16) /* a folder below the data folder */
const char *kp_conduct_intake_folder(const struct kp_coordinator *c,
                                     char folder[static KP_FOLDER_MAX]);
void kp_conduct_state(const struct kp_coordinator *c, struct kp_round_state *state);

/* coordinator_end.c */
/* Ends the attempt, if one is going on: nothing allows it any more. */
void kp_conduct_stop(struct kp_coordinator *c, const struct kp_error *why);
/* After a restart: the attempt that was going on is over. */
KP_MUST_USE enum kp_status kp_conduct_recover(struct kp_coordinator *c, struct kp_error *error);

/* coordinator_export.c: keeps START in the transaction that posts it; a page of a round's export.
 */
KP_MUST_USE enum kp_status kp_coordinator_keep_start(struct kp_txn *txn, uint64_t counter,
                                                     const struct kp_buffer *packed,
                                                     struct kp_error *error);
KP_MUST_USE enum kp_status kp_coordinator_serve_round(struct kp_coordinator *c,
                                                      const struct kp_export_request *asked,
                                                      struct kp_export_page *page,
                                                      struct kp_error *error);

/* coordinator_deposit.c */
/* What the member put with effect in the attempt that is going on; left empty when there is
 * nothing. Only about what is on disk. */
KP_MUST_USE enum kp_status kp_coordinator_receipt(const struct kp_coordinator *c, uint32_t member,
                                                  struct kp_buffer *packed, struct kp_error *error);
/* Keeps the verdict, and counts. */
KP_MUST_USE enum kp_status kp_coordinator_fault(struct kp_coordinator *c, struct kp_txn *txn,
                                                const struct kp_fault *fault,
                                                struct kp_error *error);
/* The phase is over; about those who were late or broke off, if any. */
KP_MUST_USE enum kp_status kp_coordinator_silence(struct kp_coordinator *c, struct kp_txn *txn,
                                                  enum kp_phase phase, struct kp_error *error);
/* Verdicts of a round (0: all), one file an item, for whoever administers the machine. */
KP_MUST_USE enum kp_status kp_coordinator_serve_verdicts(struct kp_coordinator *c,
                                                         const struct kp_export_request *asked,
                                                         struct kp_export_page *page,
                                                         struct kp_error *error);
/* The lists of the phases, and RESULT, behind the groups. */
KP_MUST_USE enum kp_status kp_coordinator_sign_results(struct kp_coordinator *c, struct kp_txn *txn,
                                                       struct kp_results_writer *writer,
                                                       struct kp_error *error);

/* coordinator_papers.c */
KP_MUST_USE enum kp_status kp_coordinator_papers_open(struct kp_coordinator *c,
                                                      struct kp_error *error);
/* From a person here, or from another program; *added: how many are new. */
KP_MUST_USE enum kp_status kp_coordinator_take_papers(struct kp_coordinator *c,
                                                      const struct kp_batch *papers, bool shared,
                                                      size_t *added, struct kp_error *error);
/* A version is in force, at this moment. KP_REFUSED says why not. */
KP_MUST_USE enum kp_status kp_coordinator_check_in_force(const struct kp_coordinator *c,
                                                         struct kp_error *error);
/* The same for a round with this number, which may be a round of counts. */
KP_MUST_USE enum kp_status kp_coordinator_check_in_force_for(const struct kp_coordinator *c,
                                                             uint64_t counter,
                                                             struct kp_error *error);
/* Takes the version that counts, unless an attempt under another one is going on. */
void kp_coordinator_papers_switch(struct kp_coordinator *c);
/* Ends an attempt that nothing allows any more; when it wants to be called again. */
uint64_t kp_coordinator_papers_tick(struct kp_coordinator *c, uint64_t now);

/* coordinator_serve.c */
bool kp_serve_admit(void *context, const struct kp_peer *peer);
void kp_serve(void *context, struct kp_request *request);
/* Answers those whose time is over; the next time that one will be. */
uint64_t kp_serve_tick(struct kp_coordinator *c, uint64_t now);
void kp_serve_drop_all(struct kp_coordinator *c);

/* coordinator_mail.c */
/* Mail has come for the members whose bits are set: answers those who wait for it. */
void kp_serve_mail(struct kp_coordinator *c, uint32_t members);
/* Forgets in this transaction what members have acknowledged; on its commit kp_serve_forgotten. */
KP_MUST_USE enum kp_status kp_serve_forget(struct kp_coordinator *c, struct kp_txn *txn,
                                           struct kp_error *error);
void kp_serve_forgotten(struct kp_coordinator *c);

/* coordinator_holder.c */
/* The round's state changed: answers those who wait for it. */
void kp_serve_changed(struct kp_coordinator *c);

/* coordinator_letters.c: party as in a letter. */
KP_MUST_USE enum kp_status kp_coordinator_put_letter(struct kp_coordinator *c, uint32_t party,
                                                     const struct kp_batch *letter,
                                                     struct kp_error *error);
/* page->letters is freed by the caller whatever the result. */
KP_MUST_USE enum kp_status kp_coordinator_get_letters(struct kp_coordinator *c, uint32_t party,
                                                      const struct kp_wire_request *asked,
                                                      struct kp_letters_page *page,
                                                      struct kp_error *error);

/* coordinator_retention.c */
/* Deletes results, verdicts, STARTs and letters, and logs it, in one transaction. *count: how many
 * records there were; with none nothing is logged. */
KP_MUST_USE enum kp_status kp_coordinator_delete_rounds(struct kp_coordinator *c, uint64_t *count,
                                                        struct kp_error *error);
/* The same when retention is over; when it wants to be called again. */
uint64_t kp_coordinator_retention_tick(struct kp_coordinator *c, uint64_t now);

/* coordinator_audit.c */
/* Reads the identity key; the log says that the daemon has started. */
KP_MUST_USE enum kp_status kp_coordinator_audit_open(struct kp_coordinator *c,
                                                     struct kp_error *error);
void kp_coordinator_audit_stopped(struct kp_coordinator *c);
/* An event of the attempt in `state`, which is borrowed. */
struct kp_audit_note kp_coordinator_note(const struct kp_coordinator_state *state,
                                         enum kp_audit_event event);
KP_MUST_USE enum kp_status kp_coordinator_audit(struct kp_coordinator *c, struct kp_txn *txn,
                                                const struct kp_audit_note *note,
                                                struct kp_error *error);
/* Every READY is there. */
KP_MUST_USE enum kp_status
kp_coordinator_audit_released(struct kp_coordinator *c, struct kp_txn *txn,
                              const struct kp_result_transcript *transcript,
                              struct kp_error *error);
/* A chunk of a submission is taken in: the last one is an event. KP_FAILED: not the member's fault.
 */
KP_MUST_USE enum kp_status kp_coordinator_audit_taken(struct kp_coordinator *c, struct kp_txn *txn,
                                                      const struct kp_round_message *message,
                                                      enum kp_relay what, struct kp_error *error);
/* The attempt ended (ended isn't NULL), or its matches are made. */
KP_MUST_USE enum kp_status kp_coordinator_audit_end(struct kp_coordinator *c, struct kp_txn *txn,
                                                    const struct kp_abort *ended,
                                                    struct kp_error *error);
/* The leader asks for a round that can't begin now. */
void kp_coordinator_audit_refused(struct kp_coordinator *c);
/* What was submitted is gone; that this can't be written brings nothing back. */
void kp_coordinator_audit_deleted(struct kp_coordinator *c);

/* coordinator_control.c */
void kp_coordinator_control_serve(void *context, struct kp_request *request);

#endif
