/* The state of an attempt, shared by round.c (table, queue), round_hello.c, round_evaluate.c and
 * round_finalize.c. */
#ifndef KP_NODE_ROUND_INTERNAL_H
#define KP_NODE_ROUND_INTERNAL_H

#include "crypto/pair.h"
#include "node/round.h"
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

enum kp_job_kind {
    KP_JOB_CHARGE,       /* a whole list: nothing of it is answered before */
    KP_JOB_EVALUATE_OWN, /* a chunk of the own list */
    KP_JOB_ANSWER,       /* a chunk of a peer's list */
    KP_JOB_VERIFY,       /* a peer's evaluation of a chunk of the own list */
    KP_JOB_FINALIZE,     /* a chunk of the own list, when all evaluations are in */
    KP_JOB_PREPARE,      /* sort, sign READY */
};

struct kp_job {
    struct kp_job *next;
    enum kp_job_kind kind;
    uint32_t peer;
    uint32_t part;
    uint8_t *points; /* bulk: an evaluation, then its proof; NULL for other work */
};

struct kp_outgoing {
    struct kp_outgoing *next;
    struct kp_buffer packed;
};

/* A peer's list, from its first chunk until its last one is answered. */
struct kp_incoming {
    uint8_t *points;  /* bulk */
    uint32_t missing; /* chunks that haven't come */
    uint32_t left;    /* chunks that aren't answered */
};

/* What others say that a member signed, for this counter and another attempt. */
struct kp_claimed {
    bool known;
    uint8_t points_root[KP_DIGEST_BYTES];
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
    uint32_t chunks;       /* of the list of a member that contributes: all have as many slots */
    uint32_t own_chunks;   /* as many; 0 on request */
    uint8_t *chunk_leaves; /* of the own list of points: `own_chunks` digests */
    struct kp_buffer leaf_digests;

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

    uint8_t *sums; /* bulk: of all evaluations of the own points so far */
    struct kp_incoming incoming[KP_MEMBERS_MAX];
    uint8_t *evaluations[KP_MEMBERS_MAX]; /* bulk: of the own list, as they were verified */
    uint8_t *answered;                    /* member x chunk: the points came (1) */
    uint8_t *verified;                    /* member x chunk: the evaluation came (1) */
    uint32_t answers_left;
    uint32_t evaluations_left;
    uint32_t finalize_left;

    uint8_t *entries;          /* bulk: in slot order, until sorted */
    struct kp_made_slot *made; /* bulk: for slot audits; NULL when the agreement has none */
    struct kp_release *release;

    struct kp_job *jobs, **jobs_end;
    struct kp_outgoing *outgoing, **outgoing_end;
};

/* round.c: for the other three. */

/* Ends the attempt: wipes the key, drops the work, and tells the coordinator. */
void kp_round_end(struct kp_round *round, enum kp_abort_reason reason, uint32_t member);
/* The same, naming several: bit i - 1 is member i. */
void kp_round_end_naming(struct kp_round *round, enum kp_abort_reason reason, uint32_t members);
/* Signs (in clear) or seals (to one member) `body` and queues it. */
KP_MUST_USE enum kp_status kp_round_send(struct kp_round *round, enum kp_message_type type,
                                         uint32_t to, uint32_t part, const struct kp_buffer *body,
                                         struct kp_error *error);
/* points: as struct kp_job has it; owned from here, also on failure. */
KP_MUST_USE enum kp_status kp_round_add_job(struct kp_round *round, enum kp_job_kind kind,
                                            uint32_t peer, uint32_t part, uint8_t *points,
                                            struct kp_error *error);
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

/* round_evaluate.c */
KP_MUST_USE enum kp_status kp_round_begin_evaluate(struct kp_round *round, struct kp_error *error);
enum kp_status kp_round_on_points(struct kp_round *round, const struct kp_round_message *message,
                                  const uint8_t *packed, size_t packed_size,
                                  struct kp_error *error);
enum kp_status kp_round_on_evaluation(struct kp_round *round,
                                      const struct kp_round_message *message, const uint8_t *packed,
                                      size_t packed_size, struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_charge_list(struct kp_round *round, uint32_t member,
                                                struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_evaluate_own(struct kp_round *round, uint32_t part,
                                                 struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_answer(struct kp_round *round, const struct kp_job *job,
                                           struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_verify(struct kp_round *round, const struct kp_job *job,
                                           struct kp_error *error);

/* round_evidence.c: keeps a verified evaluation. */
KP_MUST_USE enum kp_status
kp_round_keep_evaluation(struct kp_round *round, const struct kp_job *job, struct kp_error *error);

/* round_finalize.c */
KP_MUST_USE enum kp_status kp_round_begin_finalize(struct kp_round *round, struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_finalize(struct kp_round *round, uint32_t part,
                                             struct kp_error *error);
/* round_notice.c: fills in the notice, once the entries are sorted. */
KP_MUST_USE enum kp_status kp_round_make_notice(const struct kp_round *round,
                                                struct kp_release *release, struct kp_error *error);
KP_MUST_USE enum kp_status kp_round_prepare(struct kp_round *round, struct kp_error *error);

#endif
