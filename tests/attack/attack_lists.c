/* Lists and evaluations: an evaluator that answers something else than its key times the points,
 * and a sender that doesn't show everybody the same list. */
#include "tests/attack/hostile.h"

#include "crypto/chunk_weights.h"
#include "node/round_internal.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <string.h>

#define VICTIM 1u
#define CHEAT 2u
#define THIRD 3u
#define SLOTS 4u

static struct kp_round *half(struct hostile *hostile, uint32_t member)
{
    return hostile->play.round[member - 1];
}

/* What the cheat gives instead of its evaluation: outputs, and which key it proves them with. */
struct forger {
    uint8_t key[KP_SCALAR_BYTES]; /* the cheat's; its half wipes its own in time */
    uint8_t public_key[KP_POINT_BYTES];
    uint8_t proof_key[KP_SCALAR_BYTES];
    uint8_t proof_public[KP_POINT_BYTES];
    void (*bend)(uint8_t *outputs); /* may be NULL */
    bool by_another_m;
};

/* A proof that holds for any outputs: by what their combination is divided by the key. */
static void prove_by_another_m(uint8_t *proof, const struct forger *forger,
                               const struct kp_chunk *chunk)
{
    uint8_t digest[KP_DIGEST_BYTES], seed[KP_CHUNK_SEED_BYTES], weights[SLOTS * KP_WEIGHT_BYTES],
        scalars[SLOTS * KP_SCALAR_BYTES], inverse[KP_SCALAR_BYTES], nonce[KP_SCALAR_BYTES];
    struct kp_dleq_points points;
    kp_chunk_inputs_digest(digest, chunk);
    kp_chunk_seed(seed, forger->proof_public, digest, chunk);
    kp_chunk_weights(weights, seed, SLOTS);
    kp_weights_to_scalars(scalars, weights, KP_WEIGHT_BYTES, SLOTS);
    kp_scalar_random(nonce);
    CU_ASSERT_EQUAL_FATAL(crypto_core_ristretto255_scalar_invert(inverse, forger->proof_key), 0);
    CU_ASSERT_EQUAL_FATAL(kp_points_combine(points.z, scalars, chunk->outputs, SLOTS), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply(points.m, inverse, points.z, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(points.t2, nonce, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply(points.t3, nonce, points.m, 1), KP_OK);
    const struct kp_dleq dleq = {.public_key = forger->proof_public, .seed = seed};
    kp_chunk_challenge(proof, &dleq, &points);
    kp_dleq_answer(proof + KP_SCALAR_BYTES, nonce, proof, forger->proof_key);
    memcpy(proof + KP_DLEQ_PROOF_BYTES, points.m, KP_POINT_BYTES);
}

static void forge(struct hostile *hostile, const struct forger *forger, struct kp_buffer *plain)
{
    const struct kp_round *cheat = half(hostile, CHEAT);
    const uint8_t *inputs = half(hostile, VICTIM)->slots.points; /* as they were sent */
    uint8_t outputs[SLOTS * KP_POINT_BYTES], proof[KP_CHUNK_PROOF_BYTES];
    struct kp_chunk chunk = {
        .sender = VICTIM, .evaluator = CHEAT, .inputs = inputs, .outputs = outputs, .count = SLOTS};
    memcpy(chunk.round_id, cheat->round_id, KP_DIGEST_BYTES);
    memcpy(chunk.list_root, cheat->hello2[VICTIM - 1].points_root, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply(outputs, forger->key, inputs, SLOTS), KP_OK);
    if (forger->bend != NULL) {
        forger->bend(outputs);
    }
    if (forger->by_another_m) {
        prove_by_another_m(proof, forger, &chunk);
    } else {
        CU_ASSERT_EQUAL_FATAL(
            kp_chunk_prove(proof, forger->proof_key, forger->proof_public, &chunk), KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_evaluation_pack(outputs, SLOTS, proof, plain, NULL), KP_OK);
}

static bool change_evaluation(struct hostile *hostile, uint32_t to,
                              const struct kp_round_message *message, struct kp_buffer *packed)
{
    if (message->type == KP_MESSAGE_EVALUATION && message->from == CHEAT && to == VICTIM) {
        struct kp_buffer plain = {0};
        forge(hostile, hostile->context, &plain);
        hostile_seal(hostile, CHEAT, KP_MESSAGE_EVALUATION, VICTIM, &plain, packed);
        kp_buffer_free(&plain);
    }
    return true;
}

/* Whether the victim goes on to a release with them. */
static bool play_with_forger(struct hostile *hostile, struct forger *forger)
{
    hostile->intercept = change_evaluation;
    hostile->context = forger;
    hostile_run(hostile);
    return hostile_may_release(hostile, VICTIM);
}

static void start_forger(struct hostile *hostile, struct forger *forger)
{
    memset(forger, 0, sizeof(*forger));
    hostile_start(hostile, 3, SLOTS);
    const struct kp_round_secrets *cheat = half(hostile, CHEAT)->secrets;
    memcpy(forger->key, cheat->key, KP_SCALAR_BYTES);
    memcpy(forger->public_key, cheat->hello2[CHEAT - 1].public_key, KP_POINT_BYTES);
    memcpy(forger->proof_key, forger->key, KP_SCALAR_BYTES);
    memcpy(forger->proof_public, forger->public_key, KP_POINT_BYTES);
}

/* Adds `times` G to a point; times may be negative. */
static void add_error(uint8_t *point, int times)
{
    uint8_t scalar[KP_SCALAR_BYTES] = {0}, error[KP_POINT_BYTES];
    scalar[0] = (uint8_t)(times < 0 ? -times : times);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(error, scalar, 1), KP_OK);
    CU_ASSERT_EQUAL_FATAL(times < 0 ? kp_points_subtract(point, point, error, 1)
                                    : kp_points_add(point, point, error, 1),
                          KP_OK);
}

static void bend_one(uint8_t *outputs)
{
    add_error(outputs + 2 * KP_POINT_BYTES, 1);
}

static void bend_all(uint8_t *outputs)
{
    for (uint32_t i = 0; i < SLOTS; i++) {
        add_error(outputs + (size_t)i * KP_POINT_BYTES, (int)i + 1);
    }
}

/* 1 * 3 + 2 * 1 - 3 * 3 + 4 * 1 = 0: with the weights 1, 2, 3, 4 the proof doesn't see it. */
static void bend_unseen(uint8_t *outputs)
{
    static const int ERRORS[SLOTS] = {3, 1, -3, 1};
    for (uint32_t i = 0; i < SLOTS; i++) {
        add_error(outputs + (size_t)i * KP_POINT_BYTES, ERRORS[i]);
    }
}

static bool bent(void (*bend)(uint8_t *outputs))
{
    struct hostile hostile;
    struct forger forger;
    start_forger(&hostile, &forger);
    forger.bend = bend;
    bool succeeded = play_with_forger(&hostile, &forger);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_wrong_evaluation_of_one(void)
{
    return bent(bend_one);
}

bool attack_wrong_evaluation_of_all(void)
{
    return bent(bend_all);
}

/* The weights are what stops it. That RFC 9497's own, cut short, let more of this through, and how
 * such errors are found, tests/unit/test_chunk_proof.c shows. */
bool attack_chunk_forged_for_weak_weights(void)
{
    return bent(bend_unseen);
}

bool attack_proof_by_another_m(void)
{
    struct hostile hostile;
    struct forger forger;
    start_forger(&hostile, &forger);
    forger.bend = bend_all;
    forger.by_another_m = true;
    bool succeeded = play_with_forger(&hostile, &forger);
    hostile_free(&hostile);
    return succeeded;
}

bool attack_evaluation_under_another_key(void)
{
    struct hostile hostile;
    struct forger forger;
    start_forger(&hostile, &forger);
    kp_scalar_random(forger.key);
    memcpy(forger.proof_key, forger.key, KP_SCALAR_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(forger.proof_public, forger.key, 1), KP_OK);
    bool succeeded = play_with_forger(&hostile, &forger);
    hostile_free(&hostile);
    return succeeded;
}

/* ---- different lists ---- */

struct second_list {
    uint8_t points[SLOTS * KP_POINT_BYTES];
    bool evaluated;
};

static bool change_list(struct hostile *hostile, uint32_t to,
                        const struct kp_round_message *message, struct kp_buffer *packed)
{
    struct second_list *list = hostile->context;
    struct kp_buffer plain = {0};
    if (message->type == KP_MESSAGE_POINTS && message->from == CHEAT && to == THIRD) {
        CU_ASSERT_EQUAL_FATAL(kp_points_pack(list->points, SLOTS, NULL, 0, &plain, NULL), KP_OK);
        hostile_seal(hostile, CHEAT, KP_MESSAGE_POINTS, THIRD, &plain, packed);
    } else if (message->type == KP_MESSAGE_EVALUATION && message->from == THIRD && to == CHEAT) {
        uint8_t outputs[SLOTS * KP_POINT_BYTES], proof[KP_CHUNK_PROOF_BYTES];
        const struct kp_round *cheat = half(hostile, CHEAT);
        struct kp_chunk chunk = {.sender = CHEAT,
                                 .evaluator = THIRD,
                                 .inputs = list->points,
                                 .outputs = outputs,
                                 .count = SLOTS};
        memcpy(chunk.round_id, cheat->round_id, KP_DIGEST_BYTES);
        memcpy(chunk.list_root, cheat->hello2[CHEAT - 1].points_root, KP_DIGEST_BYTES);
        hostile_open(hostile, CHEAT, message, &plain);
        CU_ASSERT_EQUAL_FATAL(kp_evaluation_unpack(outputs, SLOTS, proof, &plain, NULL), KP_OK);
        list->evaluated =
            kp_chunk_verify(proof, cheat->secrets->hello2[THIRD - 1].public_key, &chunk) == KP_OK;
    }
    kp_buffer_free(&plain);
    return true;
}

/* The third member multiplies points that nobody else has seen, and that no root stands for. */
bool attack_different_lists(void)
{
    struct hostile hostile;
    struct second_list list = {0};
    uint8_t uniform[SLOTS * 64];
    hostile_start(&hostile, 3, SLOTS);
    randombytes_buf(uniform, sizeof(uniform));
    kp_points_from_uniform(list.points, uniform, SLOTS);
    hostile.intercept = change_list;
    hostile.context = &list;
    hostile_run(&hostile);
    hostile_free(&hostile);
    return list.evaluated;
}
