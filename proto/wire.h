/* Requests to the coordinator and its responses: plain structs, packed and unpacked beside each
 * other (proto/wire.proto). Unpacking checks sizes, ranges, counts and unknown fields. */
#ifndef KP_PROTO_WIRE_H
#define KP_PROTO_WIRE_H

#include "crypto/hash.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/letter.h"
#include "proto/limits.h"
#include "proto/round_message.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_MAILBOX_ID_BYTES 16
#define KP_REQUEST_ID_BYTES 16
#define KP_RESULT_KEY_MAX 16

/* Several byte strings, each in a buffer of its own. */
struct kp_batch {
    struct kp_buffer *items;
    size_t count;
    size_t bytes; /* of all items */
};
/* Copies. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_batch_add(struct kp_batch *batch, const void *bytes, size_t size);
/* Whether another message of this size still goes with it (KP_WIRE_BATCH_BYTES, _MESSAGES). */
bool kp_batch_has_room(const struct kp_batch *batch, size_t size);
void kp_batch_free(struct kp_batch *batch);

enum kp_request_kind {
    KP_REQUEST_OPEN = 1,
    KP_REQUEST_PUT = 2,
    KP_REQUEST_FETCH = 3,
    KP_REQUEST_START_ROUND = 4,
    KP_REQUEST_WATCH_ROUND = 5,
    KP_REQUEST_FETCH_RESULTS = 6,
    KP_REQUEST_SHARE = 7,
    KP_REQUEST_PUT_LETTER = 8,
    KP_REQUEST_FETCH_LETTERS = 9,
    KP_REQUEST_FETCH_VERDICTS = 10,
};

struct kp_wire_request {
    enum kp_request_kind kind;
    uint8_t lineage[KP_DIGEST_BYTES]; /* OPEN */
    uint64_t sequence; /* PUT: of the first message; FETCH: acknowledged; FETCH_LETTERS: after */
    uint32_t ahead;    /* FETCH: messages behind that came too, and aren't done with */
    uint8_t request[KP_REQUEST_ID_BYTES]; /* START_ROUND: random */
    struct kp_batch
        messages; /* PUT: packed round messages; SHARE: papers; PUT_LETTER: one letter */
    struct kp_buffer digests;             /* SHARE: of what is here, one behind the other */
    uint8_t mailbox[KP_MAILBOX_ID_BYTES]; /* FETCH */
    uint64_t revision;                    /* WATCH_ROUND */
    uint32_t wait_ms;                     /* FETCH, WATCH_ROUND: at most KP_WIRE_WAIT_MS_MAX */
    uint32_t round; /* FETCH_RESULTS; 0: the last one that completed; FETCH_VERDICTS; 0: all */
    uint8_t after[KP_RESULT_KEY_MAX]; /* FETCH_RESULTS, FETCH_VERDICTS */
    size_t after_size;
    uint32_t letter_type;                     /* FETCH_LETTERS; 0: all */
    uint8_t subject[KP_LETTER_SUBJECT_BYTES]; /* FETCH_LETTERS */
    bool has_subject;
};
KP_MUST_USE enum kp_status kp_wire_request_pack(const struct kp_wire_request *request,
                                                struct kp_buffer *out, struct kp_error *error);
/* Freed with kp_wire_request_free whatever the result. */
KP_MUST_USE enum kp_status kp_wire_request_unpack(struct kp_wire_request *request,
                                                  const uint8_t *bytes, size_t size,
                                                  struct kp_error *error);
void kp_wire_request_free(struct kp_wire_request *request);

enum kp_response_kind {
    KP_RESPONSE_REFUSAL = 1,
    KP_RESPONSE_OPENED = 2,
    KP_RESPONSE_PUT_DONE = 3,
    KP_RESPONSE_DELIVERY = 4,
    KP_RESPONSE_ROUND_STARTED = 5,
    KP_RESPONSE_ROUND_STATE = 6,
    KP_RESPONSE_RESULTS = 7,
    KP_RESPONSE_SHARED = 8,
    KP_RESPONSE_LETTER_PUT = 9,
    KP_RESPONSE_LETTERS = 10,
    KP_RESPONSE_VERDICTS = 11,
};

struct kp_member_state {
    char name[KP_NAME_MAX + 1];
    enum kp_phase phase;
    uint64_t done;
    uint64_t total;
    bool seen; /* asked for its mail within the last minute */
};

struct kp_round_state {
    uint64_t revision;
    uint32_t round; /* 0: there has been none */
    enum kp_phase phase;
    char error[KP_ERROR_TEXT]; /* why the last attempt ended; empty when it didn't */
    uint32_t matches;
    uint32_t faults;
    uint32_t bucket;   /* of a round of counts (proto/count.h); 0: none */
    uint64_t deadline; /* Unix milliseconds; 0: none */
    struct kp_member_state members[KP_MEMBERS_MAX];
    uint32_t member_count;
};

struct kp_wire_response {
    enum kp_response_kind kind;
    enum kp_status status;                /* REFUSAL: never KP_OK */
    char text[KP_ERROR_TEXT];             /* REFUSAL */
    uint8_t mailbox[KP_MAILBOX_ID_BYTES]; /* OPENED */
    uint64_t time;                        /* OPENED: Unix milliseconds */
    uint32_t member;                      /* OPENED; or KP_PARTY_LEADER, KP_PARTY_OPENER */
    uint64_t sequence;        /* OPENED, PUT_DONE: the last one put; DELIVERY: the first */
    struct kp_buffer receipt; /* OPENED, PUT_DONE: packed; may be empty */
    struct kp_batch messages; /* DELIVERY; RESULTS, VERDICTS: key, value, ...; SHARED; LETTERS */
    uint64_t numbers[KP_WIRE_BATCH_MESSAGES]; /* LETTERS: rising, one for each */
    struct kp_buffer digests;                 /* SHARED: of what is lacking, one behind the other */
    uint32_t round;                           /* ROUND_STARTED, RESULTS */
    bool end;                                 /* RESULTS, LETTERS, VERDICTS: there are no more */
    struct kp_round_state state;              /* ROUND_STATE */
};
KP_MUST_USE enum kp_status kp_wire_response_pack(const struct kp_wire_response *response,
                                                 struct kp_buffer *out, struct kp_error *error);
/* Freed with kp_wire_response_free whatever the result. */
KP_MUST_USE enum kp_status kp_wire_response_unpack(struct kp_wire_response *response,
                                                   const uint8_t *bytes, size_t size,
                                                   struct kp_error *error);
void kp_wire_response_free(struct kp_wire_response *response);

/* The values of RESULTS. Their keys begin with the kind; see coordinator/results.h. */
struct kp_result_transcript {
    struct kp_buffer hello1[KP_MEMBERS_MAX];
    struct kp_buffer hello2[KP_MEMBERS_MAX];
    struct kp_buffer ready[KP_MEMBERS_MAX];
    uint32_t member_count;
};
KP_MUST_USE enum kp_status kp_result_transcript_pack(const struct kp_result_transcript *transcript,
                                                     struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_result_transcript_unpack(struct kp_result_transcript *transcript,
                                                       const uint8_t *bytes, size_t size,
                                                       struct kp_error *error);
void kp_result_transcript_free(struct kp_result_transcript *transcript);

struct kp_result_record {
    uint32_t member;   /* number */
    uint32_t position; /* in its submission */
    struct kp_buffer entry;
    struct kp_buffer path; /* to entries_root in its READY */
};
struct kp_result_group {
    uint8_t tag[KP_DIGEST_BYTES];
    struct kp_result_record records[KP_MEMBERS_MAX];
    uint32_t record_count;
};
KP_MUST_USE enum kp_status kp_result_group_pack(const struct kp_result_group *group,
                                                struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_result_group_unpack(struct kp_result_group *group,
                                                  const uint8_t *bytes, size_t size,
                                                  struct kp_error *error);
void kp_result_group_free(struct kp_result_group *group);

#endif
