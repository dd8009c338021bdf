/* The daemon's state, shared by node.c (life cycle), node_link.c (the coordinator's connection),
 * node_papers.c (the agreement), node_start.c, node_begin.c, node_attempt.c, node_ending.c and
 * node_restart.c (from START to the end of an attempt), node_work.c (its arithmetic),
 * node_release.c (READYs and what follows), node_audit.c (the signed log), node_charge.c (what is
 * evaluated), node_slot_audit.c, node_withdraw.c and node_control.c. All on the loop's thread. */
#ifndef KP_NODE_NODE_INTERNAL_H
#define KP_NODE_NODE_INTERNAL_H

#include "node/evidence_keep.h"
#include "node/node.h"
#include "node/node_canaries.h"
#include "node/node_letters.h"
#include "node/outbox.h"
#include "node/pairs.h"
#include "node/receipts.h"
#include "node/recovery.h"
#include "node/round.h"
#include "node/signal.h"
#include "node/slots.h"
#include "node/state.h"
#include "proto/audit_log.h"
#include "proto/link.h"
#include "proto/log.h"
#include "proto/papers.h"
#include "proto/steps.h"
#include "proto/store.h"
#include "proto/wire.h"

/* The connection to the coordinator: one FETCH and one PUT at a time. */
struct kp_node_link {
    struct kp_client *client;
    bool opened;                     /* OPENED came, and nothing failed since */
    bool opening, fetching, putting; /* asked, not yet answered */
    bool idle;                       /* the last fetch brought nothing */
    bool numbered;                   /* `next` is known */
    uint64_t retry_at;               /* loop time */
    uint64_t backoff_ms;
    uint8_t pinned[32];        /* fingerprint of the coordinator's certificate key */
    struct kp_batch batch;     /* being put; stays until the coordinator has it */
    uint64_t first;            /* sequence number of its first message */
    uint64_t next;             /* sequence number of the first message behind it */
    char error[KP_ERROR_TEXT]; /* why it isn't opened */
};

/* How an attempt ended, for the log; counter and attempt are filled in. */
struct kp_node_ending {
    enum kp_audit_event event; /* KP_AUDIT_COMPLETED, KP_AUDIT_ATTEMPT_ENDED */
    enum kp_abort_reason reason;
    uint32_t members; /* whom it names, as in struct kp_abort */
    uint64_t counter;
    uint8_t attempt[KP_ATTEMPT_BYTES];
};

/* SHARE, asked one at a time. */
struct kp_node_share {
    bool asking;
    uint64_t ask_at;       /* loop time */
    struct kp_batch given; /* goes with the next one: what the coordinator lacks */
};

/* FETCH_LETTERS and PUT_LETTER, one of each at a time. */
struct kp_node_letters {
    bool fetching, putting;
    bool writes;       /* something may be in the outbox */
    uint64_t fetch_at; /* loop time */
    uint64_t put_at;   /* loop time */
    uint64_t number;   /* in the outbox, of what is being put */
};

#define KP_NODE_HELD_MAX 64u

struct kp_node;
struct kp_node_beginning;
/* What follows from a call in steps. */
typedef void kp_node_stepped(struct kp_node *node, enum kp_status status,
                             const struct kp_error *error);

struct kp_node {
    const struct kp_node_config *config;
    struct kp_loop *loop;
    struct kp_agreement *first; /* version, of which the lineage and the own keys are */
    struct kp_papers *papers;
    const struct kp_agreement *agreement; /* the version that counts; during an attempt, its own */
    uint32_t own;                         /* member number */
    uint8_t *identity_secret;             /* locked */
    uint8_t *box_secret;                  /* locked */
    struct kp_pairs *pairs;               /* locked */
    struct kp_store *store;
    struct kp_server *control;
    struct kp_workers *workers;                /* for the round's jobs */
    struct kp_steps *steps;                    /* for what takes long at the database */
    kp_node_stepped *stepped;                  /* of the call that is going on */
    struct kp_request *held[KP_NODE_HELD_MAX]; /* commands that wait for it */
    uint32_t held_count;
    bool held_again; /* what they waited for may be over */

    struct kp_audit_signer signer; /* of the log */
    bool logging;                  /* the log says that this daemon has started */
    struct kp_node_ending ending;
    bool ending_waits; /* to be written with the state */

    struct kp_node_state state; /* as on disk, but when `unsaved` */
    bool unsaved;               /* delivered or phase went on */
    uint64_t acknowledged;      /* of what was delivered: it and its effects are on disk */
    size_t unsaved_bytes;       /* delivered behind that */
    uint32_t unsaved_readys;    /* of the release: bit i - 1 is that of member i */

    struct kp_recovery *recovery;        /* of state.attempt, before its round */
    struct kp_node_beginning *beginning; /* of state.attempt, until its round is there */
    struct kp_batch early;               /* first hellos that came before that */
    enum kp_round_type type;             /* of state.attempt */
    uint32_t answered;                   /* RECOVERs of state.attempt: bit i - 1 is member i */
    struct kp_pieces *pieces;            /* of state.attempt, from its first hello to READY, or to
                                          * the end where slots are audited */
    struct kp_round *round;              /* of state.attempt, up to READY */
    uint64_t retention_at;               /* when to look again, in the loop's time */
    struct kp_buffer start;              /* packed, of the attempt that is going on */
    struct kp_release *release;          /* of state.attempt, from READY on */
    bool releasing;                      /* every READY is there and agrees: the tags may leave */
    struct kp_pieces *recovered;         /* what others gave to `recovery` */
    struct kp_node_answer *answers[KP_MEMBERS_MAX]; /* to members that recover; being sent */
    struct kp_evidence_keep *saving;                /* READY is signed when it is done */
    struct kp_release_content *content;             /* where releases are */
    struct kp_slot_keeping keeping; /* of state.attempt, from READY on; lost in a restart */
    uint32_t released;              /* messages of the release that were handed out */
    uint64_t last_heard;            /* loop time of the attempt's last sign of life */

    struct kp_outbox outbox;
    struct kp_node_link link;
    struct kp_node_share share;
    struct kp_receipts receipts; /* of the attempt that is going on, or was last */
    uint64_t receipts_at;        /* loop time when they are written at last; 0: they are */
    struct kp_node_letters letters;
    uint32_t canaries_missing; /* of whom secrets haven't come: bit i - 1 is member i */
    uint64_t canaries_at;      /* loop time: when to ask for them again */

    bool counted; /* `summary` says what is in the store; else what was there once */
    struct kp_slots_summary summary;
    bool counting; /* in steps, into `count` */
    struct kp_slots_summary count;
    struct kp_error uncountable; /* why it can't be counted, until somebody was told; or empty */
};

/* node.c */
/* What is going on with the attempt in the state; remark may be NULL. */
void kp_node_log(const struct kp_node *node, enum kp_log_level level, const char *action,
                 const char *result, const char *actor, const char *remark);
/* node->state is on disk now, as it is. */
void kp_node_saved(struct kp_node *node);
/* Writes node->state, and the end of an attempt that isn't written yet. */
KP_MUST_USE enum kp_status kp_node_save(struct kp_node *node, struct kp_error *error);

/* node_link.c */
KP_MUST_USE enum kp_status kp_node_link_open(struct kp_node *node, struct kp_error *error);
void kp_node_link_close(struct kp_node *node);
/* Asks what is to be asked now; when it wants to be called again. */
uint64_t kp_node_link_tick(struct kp_node *node, uint64_t now);
/* Something waits that the next tick can put. */
bool kp_node_link_wants(const struct kp_node *node);
/* Whether the coordinator can be asked now. */
bool kp_node_link_connected(struct kp_node *node);

/* Asks for one answer; false: the connection is lost. */
bool kp_node_link_ask(struct kp_node *node, const struct kp_wire_request *request, uint32_t wait_ms,
                      kp_client_done *done);
/* Unpacks an answer of the expected kind; what else comes loses the connection. Freed by the caller
 * whatever the result. */
bool kp_node_link_answer(struct kp_node *node, enum kp_status status, const uint8_t *bytes,
                         size_t size, enum kp_response_kind expected,
                         struct kp_wire_response *response);

/* node_papers.c */
KP_MUST_USE enum kp_status kp_node_papers_open(struct kp_node *node, struct kp_error *error);
/* From a person here, or shared by the coordinator; *added: how many are new. */
KP_MUST_USE enum kp_status kp_node_take_papers(struct kp_node *node, const struct kp_batch *papers,
                                               bool shared, size_t *added, struct kp_error *error);
/* A version is in force, at this moment. KP_REFUSED says why not. */
KP_MUST_USE enum kp_status kp_node_check_in_force(const struct kp_node *node,
                                                  struct kp_error *error);
/* The same for a round with this number, which may be a round of counts. */
KP_MUST_USE enum kp_status kp_node_check_in_force_for(const struct kp_node *node, uint64_t counter,
                                                      struct kp_error *error);
/* Takes the version that counts, unless an attempt under another one is going on. */
void kp_node_papers_switch(struct kp_node *node);
/* Ends an attempt that nothing allows any more; asks for papers; when it wants to be called again.
 */
uint64_t kp_node_papers_tick(struct kp_node *node, uint64_t now);
/* The coordinator that the agreement names signed the message. */
KP_MUST_USE enum kp_status kp_node_check_conductor(const struct kp_node *node,
                                                   const struct kp_round_message *message,
                                                   struct kp_error *error);

/* node_work.c */
/* Gives the round's jobs to the workers and takes them back; true: there is more for this thread.
 */
bool kp_node_work(struct kp_node *node);
/* Gives up the jobs of the round that aren't done. Blocks until those that run are. */
void kp_node_stop_work(struct kp_node *node);

/* node_restart.c */
/* What a process before this one left: an attempt that its key died with, or a release. */
KP_MUST_USE enum kp_status kp_node_recover(struct kp_node *node, struct kp_error *error);

/* node_steps.c */
/* Makes the call, with the node as its context, in steps of kp_node_work; `then` is called behind
 * the last of them, unless it was given up. One at a time. */
KP_MUST_USE enum kp_status kp_node_in_steps(struct kp_node *node, kp_steps_call *call,
                                            kp_node_stepped *then, struct kp_error *error);
/* One step; false: nothing is going on. */
bool kp_node_step(struct kp_node *node);
/* Blocks until the call has given back what it held; with what was prepared for hello 1. */
void kp_node_give_up_steps(struct kp_node *node);
/* What `summary` says doesn't hold any more. */
void kp_node_uncount(struct kp_node *node);
/* True: the command waits, and is served again by kp_node_serve_held. */
bool kp_node_hold(struct kp_node *node, enum kp_control_request_kind kind,
                  struct kp_request *request);
void kp_node_serve_held(struct kp_node *node);
void kp_node_drop_held(struct kp_node *node);

/* node_start.c */
/* START, of whatever attempt, signed by the coordinator. */
void kp_node_on_start(struct kp_node *node, const struct kp_round_message *message,
                      const struct kp_buffer *packed);

/* node_begin.c */
/* The attempt in the state was marked as begun: on to hello 1, in steps, or first to what others
 * must give. */
void kp_node_begin(struct kp_node *node, enum kp_round_type type);
/* That was given: the round begins after all. */
void kp_node_begin_recovered(struct kp_node *node);
/* For later, when there is no round yet. KP_REFUSED: another message than a first hello. */
KP_MUST_USE enum kp_status kp_node_keep_early(struct kp_node *node,
                                              const struct kp_round_message *message,
                                              const struct kp_buffer *packed,
                                              struct kp_error *error);
void kp_node_drop_beginning(struct kp_node *node);

/* node_attempt.c */
/* Messages from the mailbox, `first` being the number of the first of them. */
void kp_node_deliver(struct kp_node *node, uint64_t first, const struct kp_batch *messages);
/* Another member's message, of the attempt in the state. */
void kp_node_on_member(struct kp_node *node, const struct kp_round_message *message,
                       const struct kp_buffer *packed);
/* What follows from what the round just did; why: of its end, or empty. */
void kp_node_settle(struct kp_node *node, const char *why);
/* What was put has arrived: a round that waited for it goes on. */
void kp_node_put_done(struct kp_node *node);
/* Ends an attempt that has been silent too long; when it wants to be called again. */
uint64_t kp_node_attempt_tick(struct kp_node *node, uint64_t now);

/* node_ending.c */
uint32_t kp_node_own_bit(const struct kp_node *node);
/* Where an attempt's pieces are. */
#define KP_NODE_FOLDER_ROOM (KP_PATH_MAX + 8)
void kp_node_pieces_folder(const struct kp_node *node, char folder[static KP_NODE_FOLDER_ROOM]);
/* Wipes the key of what the attempt spilled, and removes it. Nothing may read it any more. */
void kp_node_drop_pieces(struct kp_node *node);
/* Everything of the attempt that is in memory; the round's key with it. */
void kp_node_drop_attempt(struct kp_node *node);
/* Ends the attempt here: everything of it is wiped and deleted, and `why` is kept for status. */
void kp_node_end(struct kp_node *node, const struct kp_node_ending *ending, const char *why);
/* As kp_node_end, and tells the coordinator, naming these members. */
void kp_node_abort(struct kp_node *node, enum kp_abort_reason reason, uint32_t members,
                   const char *why);
/* Only tells it, about any attempt. */
void kp_node_send_abort(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                        enum kp_abort_reason reason, enum kp_phase phase, uint32_t members);

/* node_release.c */
/* The round is READY: writes down some of what READY is signed over; once all of it is, wipes the
 * round, and only then sends READY. kp_node_saves: it wants to be called again. */
void kp_node_ready(struct kp_node *node);
bool kp_node_saves(const struct kp_node *node);
/* Those that came since the last time, with the state that says that they were delivered. */
KP_MUST_USE enum kp_status kp_node_save_readys(struct kp_node *node, struct kp_txn *txn,
                                               struct kp_error *error);
/* Another member's READY, for the release. */
void kp_node_take_ready(struct kp_node *node, uint32_t from, const struct kp_buffer *packed);
/* Goes on with node->release, after READY was written down or after a restart. */
void kp_node_go_on(struct kp_node *node);
/* Fills the batch with what is to be put next; there may be nothing. */
void kp_node_fill(struct kp_node *node, struct kp_batch *batch);
bool kp_node_has_messages(const struct kp_node *node);

/* node_receipts.c */
/* START was accepted. That receipts can't be kept stops nothing, and is logged. */
void kp_node_receipts_begin(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                            uint64_t counter, const struct kp_buffer *start);
/* A release goes on after a restart. */
void kp_node_receipts_reload(struct kp_node *node);
/* Before a batch is put, and with the coordinator's answer (receipt: packed; may be empty). */
void kp_node_receipts_put(struct kp_node *node, const struct kp_batch *batch);
void kp_node_receipts_take(struct kp_node *node, const struct kp_buffer *receipt);
/* Writes what isn't on disk, if anything; the tick does when it has waited long enough. */
void kp_node_receipts_save(struct kp_node *node);
uint64_t kp_node_receipts_tick(struct kp_node *node, uint64_t now);
/* Nothing was heard of the attempt for too long. */
void kp_node_receipts_silent(struct kp_node *node);
KP_MUST_USE enum kp_status kp_node_serve_receipts(struct kp_node *node,
                                                  const struct kp_export_request *asked,
                                                  struct kp_export_page *page,
                                                  struct kp_error *error);

/* node_audit.c */
void kp_node_audit_open(struct kp_node *node); /* with the store */
KP_MUST_USE enum kp_status kp_node_audit_started(struct kp_node *node, struct kp_error *error);
void kp_node_audit_stopped(struct kp_node *node);
/* An event of the attempt in `state`, which is borrowed. */
struct kp_audit_note kp_node_note(const struct kp_node_state *state, enum kp_audit_event event);
KP_MUST_USE enum kp_status kp_node_audit(struct kp_node *node, struct kp_txn *txn,
                                         const struct kp_audit_note *note, struct kp_error *error);
/* A START that isn't followed. That it can't be written stops nothing: nothing happens. */
void kp_node_audit_refused(struct kp_node *node, const uint8_t attempt[static KP_ATTEMPT_BYTES],
                           uint64_t counter, enum kp_abort_reason reason);
/* Before a message of the round leaves; on disk when KP_OK. What isn't logged isn't sent. */
KP_MUST_USE enum kp_status kp_node_audit_sent(struct kp_node *node, const struct kp_buffer *packed,
                                              struct kp_error *error);
/* The attempt in the state is about to end; kp_node_audit_ended writes that in the transaction in
 * which the state changes. The caller resets node->ending_waits when that is on disk. */
void kp_node_audit_ending(struct kp_node *node, const struct kp_node_ending *ending);
KP_MUST_USE enum kp_status kp_node_audit_ended(struct kp_node *node, struct kp_txn *txn,
                                               struct kp_error *error);

/* node_recovery.c */
/* Compares what is kept with what all members signed, takes over the signed totals where it is
 * older, and says so; *restored: lists must be asked for before the attempt goes on. */
KP_MUST_USE enum kp_status kp_node_check_restored(struct kp_node *node, bool *restored,
                                                  struct kp_error *error);
/* Others showed what this member signed and doesn't have: kept for the next START. */
void kp_node_keep_claim(struct kp_node *node, const struct kp_buffer *claim);
/* Sends RECOVER; node->recovery waits for the answers. */
KP_MUST_USE enum kp_status kp_node_ask_recovery(struct kp_node *node, struct kp_error *error);
/* A message while node->recovery waits. With the last one the attempt goes on, in steps. */
void kp_node_take_recovered(struct kp_node *node, const struct kp_round_message *message,
                            const struct kp_buffer *packed);
/* With what others gave, that is over too. */
void kp_node_drop_recovery(struct kp_node *node);
/* What a process before this one left of it. */
KP_MUST_USE enum kp_status kp_node_remove_recovery(struct kp_node *node, struct kp_error *error);
/* For asking and for answering. */
KP_MUST_USE enum kp_status kp_node_recovery_settings(struct kp_node *node,
                                                     struct kp_recovery_settings *settings,
                                                     struct kp_error *error);
struct kp_quota;
/* In a transaction of its own; freed with kp_quota_free whatever the result. */
KP_MUST_USE enum kp_status kp_node_read_quota(struct kp_node *node, uint32_t member,
                                              struct kp_quota *quota, struct kp_error *error);

/* node_answer.c */
void kp_node_answer_recover(struct kp_node *node, const struct kp_round_message *message);
/* Answers are made part by part, as there is room in the outbox. */
bool kp_node_has_answers(const struct kp_node *node);
KP_MUST_USE enum kp_status kp_node_next_answer(struct kp_node *node, struct kp_error *error);
void kp_node_drop_answers(struct kp_node *node);

/* node_charge.c */
/* As kp_round_charge; the context is the node. */
KP_MUST_USE enum kp_status kp_node_charge(void *context, const struct kp_round_list *list,
                                          uint64_t *charged, struct kp_error *error);

/* node_control.c */
void kp_node_control_serve(void *context, struct kp_request *request);
struct kp_signal kp_node_to_signal(const struct kp_control_signal *asked);

/* node_slot_audit.c */
/* The round is over: writes down the slots that are picked, or why there are none; `packed` is
 * COMPLETE, NULL when none came. Whatever fails here stops nothing: it is in the log. */
void kp_node_audit_slots(struct kp_node *node, const struct kp_round_message *complete,
                         const struct kp_buffer *packed);
KP_MUST_USE enum kp_status kp_node_serve_slot_audit(struct kp_node *node,
                                                    const struct kp_export_request *asked,
                                                    struct kp_export_page *page,
                                                    struct kp_error *error);

/* node_signals.c */
/* What is done with each signal of a request, and what the signed log says of it. */
struct kp_node_change {
    /* Adds to `done`, and to the digests that the log's entry is of. */
    enum kp_status (*one)(struct kp_node *node, struct kp_txn *txn, const struct kp_signal *signal,
                          uint64_t now, uint32_t number, struct kp_import_done *done,
                          struct kp_buffer *digests, struct kp_error *error);
    enum kp_audit_event done;
    bool log_none; /* also when nothing was done */
    bool log_refused;
    enum kp_audit_event refused;
};
/* In several transactions: when it fails, some of the signals may be done, and on disk. `done` says
 * which were refused by rising number. */
KP_MUST_USE enum kp_status kp_node_change_signals(struct kp_node *node,
                                                  const struct kp_node_change *change,
                                                  const struct kp_control_signals *signals,
                                                  bool dry_run, struct kp_import_done *done,
                                                  struct kp_error *error);

/* node_withdraw.c */
/* Takes signals out for good; peer: who asks. What isn't there is told to the asker. */
/* One signal; what isn't there is told in `done`. Digests for the log are appended. */
KP_MUST_USE enum kp_status kp_node_withdraw_one(struct kp_node *node, struct kp_txn *txn,
                                                const struct kp_signal *signal, uint64_t now,
                                                uint32_t number, struct kp_import_done *done,
                                                struct kp_buffer *digests, struct kp_error *error);
/* node_compare.c */
KP_MUST_USE enum kp_status kp_node_serve_compare(struct kp_node *node, const struct kp_peer *peer,
                                                 const struct kp_control_request *asked,
                                                 struct kp_control_response *response,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_node_serve_withdraw(struct kp_node *node, const struct kp_peer *peer,
                                                  const struct kp_control_request *asked,
                                                  struct kp_control_response *response,
                                                  struct kp_error *error);

/* node_count.c. A round of counts is complete: keeps what it said. The caller writes the state. */
void kp_node_take_bucket(struct kp_node *node, const struct kp_round_message *message);

#endif
