/* Requests from the command line to a daemon on the same machine, and its responses: plain structs,
 * packed and unpacked beside each other (proto/control.proto). Unpacking checks sizes, ranges and
 * counts and that texts are UTF-8; whether an address or a date can be is for the node. */
#ifndef KP_PROTO_CONTROL_H
#define KP_PROTO_CONTROL_H

#include "crypto/leaf.h"
#include "proto/agreement.h"
#include "proto/buffer.h"
#include "proto/case.h"
#include "proto/error.h"
#include "proto/export.h"
#include "proto/limits.h"
#include "proto/round_message.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_CONTROL_PAGE 1000u     /* signals in one page, at most */
#define KP_CONTROL_MARK_BYTES 16u /* of a signal (node/signal_marks.h) */
#define KP_CONTROL_MARK_KEY_BYTES 32u
#define KP_CONTROL_PAGE_KEY_MAX 64u /* bytes of where the next page begins */

/* As node/signal.h has it. */
struct kp_control_signal {
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    char indicator[KP_INDICATOR_MAX + 1];
    char grounds[KP_GROUNDS_MAX + 1];
    uint32_t observed_on;
    uint8_t purpose;
    uint32_t valid_until;
    uint64_t registered_at;
};

/* Wiped when freed: these are somebody's addresses. Zero-initialise. */
struct kp_control_signals {
    struct kp_control_signal *items;
    size_t count;
    size_t capacity;
};
/* Room for one more, zeroed; NULL: no memory. */
struct kp_control_signal *kp_control_signals_add(struct kp_control_signals *signals);
void kp_control_signals_free(struct kp_control_signals *signals);

/* Where a page of signals begins: what the page before said. */
struct kp_control_page_key {
    uint8_t bytes[KP_CONTROL_PAGE_KEY_MAX];
    size_t size; /* 0: at the beginning; in a response: there is no more */
};

enum kp_control_request_kind {
    KP_CONTROL_STATUS = 1,
    KP_CONTROL_IMPORT = 2,
    KP_CONTROL_SIGNALS = 3,
    KP_CONTROL_EXPORT = 4,
    KP_CONTROL_PAPERS = 5,
    KP_CONTROL_WITHDRAW = 6,
    KP_CONTROL_CASES = 7,
    KP_CONTROL_ANSWER = 8,
    KP_CONTROL_COMPARE = 9,
};

struct kp_export_request {
    enum kp_export_kind kind;
    uint32_t counter; /* of a round; 0: the last that was released */
    uint64_t after;   /* what the page before gave as next; 0: from the beginning */
    bool last;        /* nothing but the last item */
};

struct kp_control_request {
    enum kp_control_request_kind kind;
    struct kp_control_signals signals;  /* IMPORT, WITHDRAW: 1 to KP_IMPORT_BATCH */
    struct kp_canonicalisation made_by; /* IMPORT, WITHDRAW: how their keys were made */
    bool dry_run;                       /* IMPORT, WITHDRAW: nothing is changed or logged */
    struct kp_control_page_key after;   /* SIGNALS, COMPARE */
    uint8_t mark_key[KP_CONTROL_MARK_KEY_BYTES]; /* COMPARE */
    struct kp_buffer marks; /* COMPARE: KP_CONTROL_MARK_BYTES each, of what is withdrawn */
    bool one_address;       /* SIGNALS: only those on this one, all in one page */
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    struct kp_export_request export;   /* EXPORT */
    struct kp_batch papers;            /* PAPERS: to be added */
    uint32_t first;                    /* PAPERS: the first that is wanted */
    bool one_case;                     /* CASES: case_id alone, and what it is about */
    uint8_t case_id[KP_CASE_ID_BYTES]; /* CASES, ANSWER */
    enum kp_answer answer;             /* ANSWER */
    char reason[KP_CASE_REASON_MAX + 1];
};
KP_MUST_USE enum kp_status kp_control_request_pack(const struct kp_control_request *request,
                                                   struct kp_buffer *out, struct kp_error *error);
/* Freed with kp_control_request_free whatever the result. */
KP_MUST_USE enum kp_status kp_control_request_unpack(struct kp_control_request *request,
                                                     const uint8_t *bytes, size_t size,
                                                     struct kp_error *error);
void kp_control_request_free(struct kp_control_request *request);

struct kp_refused_signal {
    uint32_t number; /* in the request, from 0 */
    char reason[KP_ERROR_TEXT];
};

struct kp_import_done {
    uint64_t added;
    uint64_t known;
    uint64_t unregistered_indicator; /* of the added ones: kept, but in no round */
    uint64_t outside_area;           /* of the added ones: kept, but in no round */
    uint64_t other_purpose;          /* likewise */
    uint64_t past_date;              /* likewise */
    struct kp_refused_signal *refused;
    size_t refused_count;
};
/* KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_import_done_refuse(struct kp_import_done *done, uint32_t number,
                                                 const char *reason);

/* What a member had evaluated by this node, in points. */
struct kp_member_quota {
    char name[KP_NAME_MAX + 1];
    uint64_t counter; /* of its last list; 0: none yet */
    uint64_t charged; /* over the lineage */
    uint64_t limit;   /* slots + (rounds - 1) * rotation */
};

#define KP_COUNT_TEXT 32
struct kp_node_status {
    char name[KP_NAME_MAX + 1];
    uint8_t agreement[KP_DIGEST_BYTES];
    char project[KP_TITLE_MAX + 1];
    bool connected;
    char link_error[KP_ERROR_TEXT]; /* why not connected; may be empty */
    uint64_t signals;
    uint64_t addresses;
    uint64_t eligible;
    uint64_t slots;
    uint64_t slots_used;
    uint64_t waiting;
    uint64_t unregistered_indicator;
    uint64_t outside_area;
    uint64_t other_purpose;
    uint64_t past_date;
    uint64_t counter; /* the highest that was released */
    uint64_t rounds;
    enum kp_phase phase;
    uint64_t done;
    uint64_t total;
    char last_error[KP_ERROR_TEXT];
    bool test_mode;
    uint64_t receipt_counter; /* of the round that the last receipt is about; 0: none */
    uint32_t receipt_messages;
    enum kp_phase receipt_phase;
    bool counting; /* numbers of signals and slots are as they were counted before */
    char not_in_force[KP_ERROR_TEXT];              /* why nothing may be processed; empty: it may */
    char count[KP_COUNT_TEXT];                     /* the class of the round of counts; or empty */
    struct kp_canonicalisation made_by;            /* keys, by the agreement */
    struct kp_member_quota quotas[KP_MEMBERS_MAX]; /* of all that contribute, this one too */
    uint32_t quota_count;
};

struct kp_mailbox_status {
    char name[KP_NAME_MAX + 1];
    uint64_t waiting;
    bool seen; /* asked for its mail within the last minute */
};

struct kp_coordinator_status {
    uint8_t agreement[KP_DIGEST_BYTES];
    char project[KP_TITLE_MAX + 1];
    uint32_t round;
    enum kp_phase phase;
    char last_error[KP_ERROR_TEXT];
    struct kp_mailbox_status mailboxes[KP_MEMBERS_MAX];
    uint32_t mailbox_count;
    bool test_mode;
    char not_in_force[KP_ERROR_TEXT];
};

/* Papers of the agreement (proto/dossier.h), as many as fit. */
struct kp_papers_page {
    uint32_t count; /* of all */
    struct kp_batch papers;
    uint8_t current[KP_DIGEST_BYTES]; /* the version that counts */
    bool in_force;
    char why_not[KP_ERROR_TEXT];
    uint32_t added;
    char refused[KP_ERROR_TEXT]; /* why one that was to be added wasn't; empty: none */
    bool test_mode;
};

/* A case as a node shows it. Wiped when freed. */
struct kp_control_case {
    uint8_t id[KP_CASE_ID_BYTES];
    enum kp_case_question question;
    uint64_t answer_by; /* Unix seconds */
    uint64_t received;  /* Unix seconds */
    bool closed;
    enum kp_answer answer; /* the last one given */
    uint32_t revision;     /* its number; 0: none was given */
    char reason[KP_CASE_REASON_MAX + 1];
    bool has_address; /* false in a list */
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    struct kp_batch lines; /* one line of UTF-8 each: whose signals, and on what */
};
struct kp_control_cases {
    struct kp_control_case *items;
    size_t count;
};
/* One more, zeroed; NULL: no memory. */
struct kp_control_case *kp_control_cases_add(struct kp_control_cases *cases);
void kp_control_cases_free(struct kp_control_cases *cases);

#define KP_EXPORT_PAGE_ITEMS 1024u

/* Items of an export. What is asked for can grow meanwhile: the first page's header counts. */
struct kp_export_page {
    struct kp_export_header header;
    struct kp_batch items; /* packed, KP_EXPORT_PAGE_ITEMS at most */
    uint64_t next;         /* 0: that was all */
};
/* Packs the item behind the others. */
KP_MUST_USE enum kp_status kp_export_page_add(struct kp_export_page *page,
                                              const struct kp_export_item *item,
                                              struct kp_error *error);
/* Whether an item with a content of this size still goes into the page. */
bool kp_export_page_has_room(const struct kp_export_page *page, size_t size);

enum kp_control_response_kind {
    KP_CONTROL_REFUSAL = 1,
    KP_CONTROL_NODE_STATUS = 2,
    KP_CONTROL_IMPORT_DONE = 3,
    KP_CONTROL_SIGNALS_PAGE = 4,
    KP_CONTROL_COORDINATOR_STATUS = 5,
    KP_CONTROL_EXPORT_PAGE = 6,
    KP_CONTROL_PAPERS_PAGE = 7,
    KP_CONTROL_WITHDRAW_DONE = 8, /* as IMPORT_DONE; added: withdrawn */
    KP_CONTROL_CASES_SHOWN = 9,
    KP_CONTROL_ANSWERED = 10,
    KP_CONTROL_COMPARED = 11,
};

struct kp_control_response {
    enum kp_control_response_kind kind;
    struct kp_error refusal; /* never KP_OK */
    struct kp_node_status node;
    struct kp_import_done import;
    struct kp_control_signals signals; /* SIGNALS_PAGE */
    struct kp_control_page_key next;   /* SIGNALS_PAGE, COMPARED */
    struct kp_buffer marks;            /* COMPARED: KP_CONTROL_MARK_BYTES each */
    uint64_t withdrawn;                /* COMPARED */
    struct kp_coordinator_status coordinator;
    struct kp_export_page export; /* EXPORT_PAGE */
    struct kp_papers_page papers;
    struct kp_control_cases cases; /* CASES_SHOWN */
    uint32_t revision;             /* ANSWERED */
};

/* Fills in a page from paper number `first` on, and what is in force; borrowed from nothing. For a
 * daemon. */
struct kp_papers;
KP_MUST_USE enum kp_status kp_papers_page_fill(struct kp_papers_page *page,
                                               const struct kp_papers *papers, uint32_t first,
                                               struct kp_error *error);
KP_MUST_USE enum kp_status kp_control_response_pack(const struct kp_control_response *response,
                                                    struct kp_buffer *out, struct kp_error *error);
/* Freed with kp_control_response_free whatever the result. */
KP_MUST_USE enum kp_status kp_control_response_unpack(struct kp_control_response *response,
                                                      const uint8_t *bytes, size_t size,
                                                      struct kp_error *error);
void kp_control_response_free(struct kp_control_response *response);

#endif
