/* The state of an attempt, shared by round.c (table, beginning and end), round_hello.c,
 * round_lists.c (what comes), round_jobs.c (whose turn it is), round_evaluate.c and
 * round_finalize.c (arithmetic, on any thread), round_prepare.c, round_outgoing.c (what goes). */
#ifndef KP_NODE_ROUND_INTERNAL_H
#define KP_NODE_ROUND_INTERNAL_H

#include "crypto/chunk_proof.h"
#include "crypto/pair.h"
#include "node/round.h"
#include "node/round_files.h"
#include "proto/sorter.h"
#include "proto/transcript.h"

/* In locked memory, wiped with the attempt. */
struct kp_round_secrets {
    uint8_t key[KP_SCALAR_BYTES]; /* k of this round; zeros once all lists are evaluated */
    uint8_t exchange_secret[KP_PAIR_SECRET_BYTES];
    uint8_t g[KP_DIGEST_BYTES];
    struct kp_pair_keys pair[KP_MEMBERS_MAX];
    struct kp_hello2_secret hello2[KP_MEMBERS_MAX];
    uint8_t audit_seed[KP_AUDIT_SEED_BYTES]; /* revealed after the barrier */
};

/* Pieces of arithmetic. In the order of these names for one and the same member's list. */
enum kp_job_kind {
    KP_JOB_CHECK,  /* a chunk of a peer's list: its points decode */
    KP_JOB_ANSWER, /* the same, once the list is charged: multiplied, proven, packed */
    KP_JOB_FINISH, /* a chunk of the own list, once that is charged and all others' evaluations
                    * of it are in: evaluated, verified, and its entries */
};

/* Self-contained: while it is out, what it reads of the round doesn't change. */
struct kp_job {
    struct kp_work work; /* first */
    const struct kp_round *round;
    enum kp_job_kind kind;
    uint32_t peer; /* the own number with own work */
    uint32_t part;
    uint32_t count;              /* points */
    uint8_t *points;             /* bulk: CHECK, ANSWER: those of the chunk */
    uint8_t *outputs;            /* bulk: ANSWER: evaluated, then room for the proof; FINISH:
                                  * such a place for each member, of which the own one isn't used */
    struct kp_buffer packed;     /* ANSWER: the message */
    struct kp_slot_chunk *slots; /* FINISH; bulk */
    uint8_t *entries;            /* FINISH: bulk, in slot order */
    struct kp_made_slot *made;   /* FINISH: bulk; NULL when the agreement has no slot audits */

    enum kp_status status;
    uint32_t blamed; /* KP_REFUSED: the member whose doing it is */
    struct kp_error error;
};

/* A job's memory: a chunk of points, then a proof. */
#define KP_JOB_PROOF_AT ((size_t)KP_CHUNK_POINTS * KP_POINT_BYTES)
#define KP_JOB_BYTES (KP_JOB_PROOF_AT + KP_CHUNK_PROOF_BYTES)

struct kp_outgoing {
    struct kp_outgoing *next;
    enum kp_message_type type;
    struct kp_buffer packed;
};

/* A chunk of a peer's list on its way. */
enum kp_chunk_state {
    KP_CHUNK_MISSING,
    KP_CHUNK_CAME,
    KP_CHUNK_CHECKING,
    KP_CHUNK_CHECKED,
    KP_CHUNK_ANSWERING, /* and answered */
};

/* A member's list as far as it came, and the own one. */
struct kp_incoming {
    uint8_t *states;  /* enum kp_chunk_state of each chunk; not of the own list, nor on request */
    uint64_t *places; /* likewise, in KP_ROUND_FILE_POINTS */
    uint32_t checked;
    bool charged;
};

/* What others say that a member signed, for this counter and another attempt. */
struct kp_claimed {
    bool known;
    uint8_t points_root[KP_DIGEST_BYTES];
};

/* A canary's tag. */
struct kp_placed {
    uint32_t item; /* in the notice */
    uint8_t tag[KP_DIGEST_BYTES];
};

/* How far READY is prepared, a step at a time. */
enum kp_prepare_step {
    KP_PREPARE_LEAVES,
    KP_PREPARE_SORT,
    KP_PREPARE_ENTRIES,
    KP_PREPARE_SIGN,
};
struct kp_preparing {
    enum kp_prepare_step step;
    uint32_t next; /* chunk of leaves or entries */
};

struct kp_round {
    struct kp_round_settings settings;
    uint64_t now; /* as it was told last */
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t counter;
    enum kp_round_type type;
    enum kp_phase phase;
    struct kp_abort ended;

    struct kp_slot_list slots;
    uint32_t chunks;         /* of the list of a member that contributes: all have as many slots */
    uint32_t own_chunks;     /* as many; 0 on request */
    uint8_t *chunk_leaves;   /* of the own list of points: `own_chunks` digests */
    uint64_t *leaves_places; /* of the digests of a chunk's leaves, in KP_ROUND_FILE_LEAVES */

    struct kp_round_secrets *secrets;
    uint8_t hellos[KP_DIGEST_BYTES];
    uint8_t round_id[KP_DIGEST_BYTES];
    uint8_t key_sum[KP_POINT_BYTES];
    struct kp_buffer packed_hello1[KP_MEMBERS_MAX];
    struct kp_buffer packed_hello2[KP_MEMBERS_MAX];
    struct kp_buffer own_secret; /* packed */
    struct kp_hello1 hello1[KP_MEMBERS_MAX];
    struct kp_hello2 hello2[KP_MEMBERS_MAX];
    bool has_secret[KP_MEMBERS_MAX];
    struct kp_claimed claimed[KP_MEMBERS_MAX];
    struct kp_buffer own_claim;                 /* see kp_round_own_claim */
    struct kp_list_total lists[KP_MEMBERS_MAX]; /* for READY */
    uint32_t unreadable;                        /* see kp_round_unreadable */
    struct kp_buffer ready[KP_MEMBERS_MAX];

    struct kp_incoming incoming[KP_MEMBERS_MAX];
    uint8_t *verified;     /* member x chunk: the evaluation came (1) */
    uint64_t *evaluations; /* member x chunk: where it is, in KP_ROUND_FILE_EVALUATIONS */
    uint32_t charges[KP_MEMBERS_MAX]; /* lists to be charged, in this order */
    uint32_t charges_made, charges_known;
    uint8_t *evaluated; /* chunk: how many of others' evaluations of it are in */
    uint32_t *complete; /* chunks with all of them, in the order in which they became so */
    uint32_t completed, finishing; /* such, and how many jobs were given out */
    uint32_t answers_left, finish_left;

    uint32_t turn; /* whose work comes next: member - 1 */
    uint32_t out;  /* jobs given out and not finished */

    struct kp_sorter *entries; /* what came out, by tag */
    struct kp_preparing preparing;
    struct kp_placed
        *placed; /* bulk: tags of canaries, for the notice; as many as there are items */
    uint32_t placed_count;
    struct kp_slot_keeping keeping; /* for slot audits; nothing when the agreement has none */
    struct kp_release *release;     /* being filled, until phase READY */

    struct kp_outgoing *outgoing, **outgoing_end;
    size_t outgoing_bytes;
    struct kp_buffer points_body; /* packed POINTS of points_part */
    uint32_t points_part;         /* that is sent next, */
    uint32_t points_peer;         /* to this member next */
    bool points_turn;             /* an evaluation was handed out before */
};

/* round.c: for the others. */

/* Ends the attempt: wipes what no job uses any more, and tells the coordinator. */
void kp_round_end(struct kp_round *round, enum kp_abort_reason reason, uint32_t member);
/* A job came back after the end: with the last of them the rest is wiped. */
void kp_round_wipe_rest(struct kp_round *round);
/* As kp_round_end, naming several: bit i - 1 is member i. */
void kp_round_end_naming(struct kp_round *round, enum kp_abort_reason reason, uint32_t members);
const struct kp_member *kp_round_member(const struct kp_round *round, uint32_t number);
/* Chunks of all other members' lists together: what this one is to evaluate. */
uint32_t kp_round_answers(const struct kp_round *round);
/* Opens what is sealed to this member and expected now. */
KP_MUST_USE enum kp_status kp_round_open(struct kp_round *round,
                                         const struct kp_round_message *message,
                                         struct kp_buffer *plain, struct kp_error *error);
/* Ends the attempt, naming the sender, because of what it signed; KP_REFUSED. */
enum kp_status kp_round_blame(struct kp_round *round, uint32_t member, struct kp_error *error);

/* round_hello.c */
KP_MUST_USE enum kp_status kp_round_begin(struct kp_round *round, struct kp_error *error);
enum kp_status kp_round_on_hello1(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size,
                                  struct kp_error *error);
enum kp_status kp_round_on_hello2(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size,
                                  struct kp_error *error);
enum kp_status kp_round_on_hello2_secret(struct kp_round *round,
                                         const struct kp_round_message *message,
                                         const uint8_t *packed, size_t packed_size,
                                         struct kp_error *error);

/* round_outgoing.c */
/* Signs `body` (in clear) or seals it (to one member). Reads of the round what doesn't change in
 * EVALUATE, so that a job may call it. */
KP_MUST_USE enum kp_status kp_round_pack(const struct kp_round *round, enum kp_message_type type,
                                         uint32_t to, uint32_t part, const struct kp_buffer *body,
                                         struct kp_buffer *packed, struct kp_error *error);
/* The same, and queues it. */
KP_MUST_USE enum kp_status kp_round_send(struct kp_round *round, enum kp_message_type type,
                                         uint32_t to, uint32_t part, const struct kp_buffer *body,
                                         struct kp_error *error);
/* Takes what is in `packed`, also when it fails. */
KP_MUST_USE enum kp_status kp_round_queue(struct kp_round *round, enum kp_message_type type,
                                          struct kp_buffer *packed, struct kp_error *error);
void kp_round_drop_outgoing(struct kp_round *round);

/* round_lists.c: lists as they come, and their evaluations. */
KP_MUST_USE enum kp_status kp_round_begin_evaluate(struct kp_round *round, struct kp_error *error);
enum kp_status kp_round_on_points(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size,
                                  struct kp_error *error);
enum kp_status kp_round_on_evaluation(struct kp_round *round,
                                      const struct kp_round_message *message, const uint8_t *packed,
                                      size_t packed_size, struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_charge_list(struct kp_round *round, uint32_t member,
                                                struct kp_error *error);
/* Points that are in a chunk of any list: all that contribute have as many slots. */
uint32_t kp_round_chunk_items(const struct kp_round *round, uint32_t part);
/* Of a member x chunk array. */
size_t kp_round_at(const struct kp_round *round, uint32_t member, uint32_t part);
/* Another's evaluation of an own chunk is kept: points, then a proof. */
KP_MUST_USE enum kp_status kp_round_keep_evaluation(struct kp_round *round, uint32_t member,
                                                    uint32_t part, const uint8_t *evaluation,
                                                    struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_read_evaluation(const struct kp_round *round, uint32_t member,
                                                    uint32_t part, uint8_t *evaluation,
                                                    struct kp_error *error);

/* round_evaluate.c: on any thread. The jobs' results are in them. */
void kp_job_check(struct kp_job *job);
void kp_job_answer(struct kp_job *job);
/* What a chunk's proof is about, but for evaluator and outputs: seen alike by who makes it and who
 * checks it. */
struct kp_chunk kp_job_describe(const struct kp_job *job, uint32_t sender, const uint8_t *inputs);

/* round_finalize.c: likewise. All proofs of a chunk, and its entries. */
void kp_job_finish(struct kp_job *job);

/* round_prepare.c */
KP_MUST_USE enum kp_status kp_round_begin_finalize(struct kp_round *round, struct kp_error *error);
/* The entries of a chunk, and what came out for slot audits. */
KP_MUST_USE enum kp_status kp_round_keep_entries(struct kp_round *round, const struct kp_job *job,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_prepare(struct kp_round *round, struct kp_error *error);

/* round_notice.c: fills in the notice, once the entries are sorted. */
KP_MUST_USE enum kp_status kp_round_make_notice(const struct kp_round *round,
                                                struct kp_release *release, struct kp_error *error);

#endif
