/* The project leader's connection to the coordinator, and its own log. */
#ifndef KP_COORDINATOR_LEADER_H
#define KP_COORDINATOR_LEADER_H

#include "coordinator/leader_config.h"
#include "coordinator/open.h"
#include "proto/audit_log.h"
#include "proto/control.h"
#include "proto/dossier.h"
#include "proto/link.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stdint.h>

#define KP_LEADER_TIMEOUT_MS 15000

/* Of the program's own store. */
enum kp_leader_table {
    KP_LEADER_LOG,     /* proto/audit_log.h */
    KP_LEADER_LETTERS, /* type, receiver, subject, part -> a packed letter that waits to be put;
                          empty: it was put */
    KP_LEADER_CASES,   /* coordinator/cases.h */
    KP_LEADER_ACTS,    /* round 4, chunk 4 -> what this holder opened of it first (act.h) */
    KP_LEADER_TABLES,
};

struct kp_register;

struct kp_leader {
    struct kp_leader_config config;
    struct kp_dossier *dossier;
    const struct kp_agreement *agreement; /* the version that counts */
    struct kp_client *client;
    uint32_t party;           /* KP_PARTY_LEADER, or KP_PARTY_OPENER: whose program this is */
    struct kp_store *store;   /* opened by kp_leader_store */
    uint8_t *identity_secret; /* the same; locked */
    struct kp_register *reg;  /* by kp_leader_find_register; NULL: none */
};

/* Reads configuration and agreement, connects, checks that both sides have the same lineage, and
 * gets all papers.
 * KP_RETRY: not reachable. Close with kp_leader_close whatever the result. */
KP_MUST_USE enum kp_status kp_leader_open(struct kp_leader *leader, const char *config_path,
                                          struct kp_error *error);
void kp_leader_close(struct kp_leader *leader);
/* Opens the agreement's register, for what objects' addresses are; with text, or when no folder is
 * configured and the usual one hasn't got it, there is none. KP_REFUSED: the folder that is
 * configured hasn't got it; everything goes all the same, with objects shown by their ids. */
KP_MUST_USE enum kp_status kp_leader_find_register(struct kp_leader *leader,
                                                   struct kp_error *error);
/* Whether anything may be processed now, by the leader's own judgement of the papers. */
KP_MUST_USE enum kp_status kp_leader_check_in_force(const struct kp_leader *leader,
                                                    struct kp_error *error);
/* The same for a round with this number, which may be a round of counts. */
KP_MUST_USE enum kp_status kp_leader_check_in_force_for(const struct kp_leader *leader,
                                                        uint64_t counter, struct kp_error *error);

/* Asks, and expects a response of this kind; a refusal becomes the error. The response is freed by
 * the caller when KP_OK. */
KP_MUST_USE enum kp_status kp_leader_ask(struct kp_leader *leader,
                                         const struct kp_wire_request *request,
                                         enum kp_response_kind expected, uint32_t timeout_ms,
                                         struct kp_wire_response *response, struct kp_error *error);

/* Opens all matches of a round (0: the last one) and calls `each` for every one, also those that
 * aren't shown because their records fail. */
typedef enum kp_status kp_leader_each(void *context, const struct kp_opened_match *match,
                                      struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_matches(struct kp_leader *leader, uint32_t round,
                                             kp_leader_each *each, void *context,
                                             struct kp_error *error);

/* "2-17": match 17 of round 2. Reading: KP_USAGE, it isn't one. */
#define KP_MATCH_TEXT 24
void kp_match_text(char text[static KP_MATCH_TEXT], uint32_t round, uint32_t number);
KP_MUST_USE enum kp_status kp_match_read(const char *text, uint32_t *round, uint32_t *number,
                                         struct kp_error *error);

/* With two holders: decrypts this one's part of all matches of a round (0: the last one), logs
 * that, and puts it for the other holder. Again: the same once more. KP_USAGE: there is one key. */
struct kp_leader_given {
    uint32_t round;
    uint32_t matches;
    bool before;      /* it was given at an earlier time already */
    bool other_gave;  /* all of the other's is here */
    uint32_t refused; /* of the other's letters: not what its log tells of */
};
KP_MUST_USE enum kp_status kp_leader_give(struct kp_leader *leader, uint32_t round,
                                          struct kp_leader_given *given, struct kp_error *error);

/* leader_letters.c: letters (proto/letter.h). Of a type, receiver, subject and part the first one
 * alone is written; another one has no effect. */
/* Seals it into the caller's transaction of the leader's store (kp_leader_store);
 * kp_leader_letters_send puts it at the coordinator. */
KP_MUST_USE enum kp_status kp_leader_letters_keep(struct kp_leader *leader, struct kp_txn *txn,
                                                  const struct kp_letter_draft *draft,
                                                  struct kp_error *error);
/* Puts what waits, also from an earlier time; the same bytes however often. KP_REFUSED: the
 * coordinator refuses one, which waits on; the others were put. */
KP_MUST_USE enum kp_status kp_leader_letters_send(struct kp_leader *leader, struct kp_error *error);
/* Both, for one letter. */
KP_MUST_USE enum kp_status kp_leader_letters_put(struct kp_leader *leader,
                                                 const struct kp_letter_draft *draft,
                                                 struct kp_error *error);
/* Calls `each` for every letter to this program of a type (about a subject; NULL: all), in the
 * order in which they came, opened and with their signatures checked. *skipped: how many aren't
 * signed, don't open, or weren't asked for. */
typedef enum kp_status kp_leader_each_letter(void *context, const struct kp_opened_letter *letter,
                                             struct kp_error *error);
KP_MUST_USE enum kp_status kp_leader_letters_fetch(struct kp_leader *leader,
                                                   enum kp_letter_type type, const uint8_t *subject,
                                                   kp_leader_each_letter *each, void *context,
                                                   uint32_t *skipped, struct kp_error *error);
/* What one who reads letters asks for, and does with each. */
struct kp_leader_reading {
    struct kp_leader *leader;
    enum kp_letter_type type;
    const uint8_t *subject; /* NULL: any */
    const uint8_t *box_secret;
    kp_leader_each_letter *each;
    void *context;
    uint32_t skipped;
};
/* One letter that the coordinator gave for it. KP_OK for one that is skipped too. */
KP_MUST_USE enum kp_status kp_leader_letter_take(struct kp_leader_reading *reading,
                                                 const struct kp_buffer *packed,
                                                 struct kp_error *error);

/* leader_retention.c */
/* Deletes cases, acts and letters, and logs it, in one transaction. *count: how many records there
 * were; with none nothing is logged. */
KP_MUST_USE enum kp_status kp_leader_delete_matches(struct kp_leader *leader, uint64_t *count,
                                                    struct kp_error *error);
/* The same when the retention of the version that counts is over; kp_leader_open does it. */
KP_MUST_USE enum kp_status kp_leader_retention(struct kp_leader *leader, struct kp_error *error);

/* leader_audit.c */
/* Reads leader->identity_secret, which says whose program this is, and opens leader->store, where
 * that isn't done yet. */
KP_MUST_USE enum kp_status kp_leader_store(struct kp_leader *leader, struct kp_error *error);
/* An entry in the leader's own log, on disk when KP_OK. What isn't logged isn't done. */
KP_MUST_USE enum kp_status
kp_leader_audit(struct kp_leader *leader, const struct kp_audit_note *note, struct kp_error *error);
/* The same in the caller's transaction of the leader's store; *entry: as it was packed. */
KP_MUST_USE enum kp_status kp_leader_audit_in(struct kp_leader *leader, struct kp_txn *txn,
                                              const struct kp_audit_note *note,
                                              struct kp_buffer *entry, struct kp_error *error);
void kp_leader_audit_close(struct kp_leader *leader);
/* Answers as a daemon would over its control socket, from the leader's own store: its log as an
 * export. The response is freed by the caller when KP_OK. */
KP_MUST_USE enum kp_status kp_leader_answer(const char *config_path,
                                            const struct kp_control_request *request,
                                            struct kp_control_response *response,
                                            struct kp_error *error);

#endif
