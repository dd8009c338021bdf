#include "tests/unit/evidence_make.h"

#include "crypto/chunk_proof.h"
#include "crypto/merkle.h"
#include "proto/evidence.h"
#include "proto/transcript.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define TIME_OF(counter) (((uint64_t)FIXTURE_START + 86400u * (counter)*400u) * 1000u)

static uint32_t members_of(const struct evidence_round *round)
{
    return round->fixture->agreement->member_count;
}

/* ---- lists ---- */

static void draw_point(uint8_t *point)
{
    uint8_t scalar[KP_SCALAR_BYTES];
    kp_scalar_random(scalar);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(point, scalar, 1), KP_OK);
}

static void make_points(struct evidence_round *round, const struct evidence_round *before,
                        uint32_t i)
{
    const struct kp_agreement *agreement = round->fixture->agreement;
    uint32_t slots = kp_agreement_member_slots(agreement, i + 1);
    uint64_t first =
        before == NULL ? 0 : (round->counter - 2) % agreement->slots * agreement->rotation;
    uint32_t count = before == NULL ? slots : agreement->rotation;
    if (before != NULL) {
        CU_ASSERT_EQUAL_FATAL(
            kp_buffer_set(&round->points[i], before->points[i].data, before->points[i].size),
            KP_OK);
    } else if (slots > 0) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(
            kp_buffer_extend(&round->points[i], (size_t)slots * KP_POINT_BYTES));
    }
    for (uint32_t k = 0; slots > 0 && k < count; k++) {
        draw_point(round->points[i].data + (first + k) % slots * KP_POINT_BYTES);
    }
}

static void root_of(uint8_t root[static KP_DIGEST_BYTES], const struct evidence_round *round,
                    uint32_t i)
{
    uint32_t slots = (uint32_t)(round->points[i].size / KP_POINT_BYTES);
    uint32_t chunks = kp_chunk_count(slots, KP_CHUNK_POINTS);
    uint8_t *leaves = calloc(chunks + 1u, KP_DIGEST_BYTES);
    CU_ASSERT_PTR_NOT_NULL_FATAL(leaves);
    for (uint32_t k = 0; k < chunks; k++) {
        kp_transcript_points_leaf(
            leaves + (size_t)k * KP_DIGEST_BYTES, round->fixture->agreement->lineage, k,
            round->points[i].data + (size_t)k * KP_CHUNK_POINTS * KP_POINT_BYTES,
            kp_chunk_items(slots, KP_CHUNK_POINTS, k));
    }
    kp_merkle_root(root, leaves, chunks);
    free(leaves);
}

static uint32_t changed(const struct evidence_round *round, const struct evidence_round *before,
                        uint32_t i)
{
    uint32_t count = 0;
    for (size_t at = 0; at < round->points[i].size; at += KP_POINT_BYTES) {
        count += before == NULL || memcmp(round->points[i].data + at, before->points[i].data + at,
                                          KP_POINT_BYTES) != 0;
    }
    return count;
}

/* ---- messages ---- */

static void seal(struct kp_round_message *message, const struct fixture *fixture,
                 struct kp_buffer *packed)
{
    const uint8_t *secret = message->from == KP_PARTY_COORDINATOR
                                ? fixture->coordinator_secret
                                : fixture->member[message->from - 1].identity_secret;
    kp_round_message_sign(message, fixture->agreement->lineage, secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(message, packed, NULL), KP_OK);
    kp_round_message_free(message);
}

static struct kp_round_message message_of(const uint8_t *attempt, enum kp_message_type type,
                                          uint32_t from)
{
    struct kp_round_message message = {.type = type, .from = from, .to = KP_PARTY_ALL};
    memcpy(message.attempt, attempt, KP_ATTEMPT_BYTES);
    return message;
}

static void make_start(struct evidence_round *round, const struct evidence_round *before)
{
    struct kp_start start = {
        .counter = round->counter, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    struct kp_round_message message =
        message_of(round->attempt, KP_MESSAGE_START, KP_PARTY_COORDINATOR);
    memcpy(start.agreement, round->fixture->agreement->hash, KP_DIGEST_BYTES);
    for (uint32_t i = 0; before != NULL && i < members_of(round); i++) {
        start.release_proof[start.release_proof_count++] = before->ready[i];
    }
    CU_ASSERT_EQUAL_FATAL(kp_start_pack(&start, &message.body, NULL), KP_OK);
    seal(&message, round->fixture, &round->start);
}

static void make_hello2_body(struct evidence_round *round, uint32_t i, struct kp_hello2 *hello)
{
    memset(hello->slots_root, 0x11, sizeof(hello->slots_root));
    root_of(hello->points_root, round, i);
    hello->counter = round->counter;
    hello->time = TIME_OF(round->counter) + i;
    hello->log = round->log[i];
    hello->seen_count = members_of(round);
    memcpy(hello->seen, round->seen[i], sizeof(hello->seen));
}

/* What member 2 signed in an attempt at this counter that failed. */
static void make_claim(struct evidence_round *round, struct kp_buffer *claim)
{
    uint8_t attempt[KP_ATTEMPT_BYTES] = {1};
    struct kp_hello2 hello = {0};
    struct kp_round_message message = message_of(attempt, KP_MESSAGE_HELLO2, 2);
    make_hello2_body(round, 1, &hello);
    CU_ASSERT_EQUAL_FATAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    seal(&message, round->fixture, claim);
}

static void make_hello1(struct evidence_round *round, uint32_t i, const struct kp_hello2 *hello2,
                        struct kp_hello1 *hello)
{
    struct kp_hello2_secret *secret = &round->secrets[i];
    struct kp_round_message message = message_of(round->attempt, KP_MESSAGE_HELLO1, i + 1);
    struct kp_buffer claim = {0};
    kp_scalar_random(round->key[i]);
    CU_ASSERT_EQUAL_FATAL(kp_points_multiply_base(secret->public_key, round->key[i], 1), KP_OK);
    randombytes_buf(secret->contribution, sizeof(secret->contribution));
    randombytes_buf(secret->blinding, sizeof(secret->blinding));
    hello->counter = round->counter;
    hello->round_type = KP_ROUND_MATCH;
    hello->preshared = i == 0 ? 2u : i == 1 ? 1u : 0;
    randombytes_buf(hello->nonce, sizeof(hello->nonce));
    randombytes_buf(hello->exchange_key, sizeof(hello->exchange_key));
    kp_transcript_commitment(hello->commitment, hello2, secret);
    if (round->claims && i == 0) {
        make_claim(round, &claim);
        hello->claims[hello->claim_count++] = claim;
    }
    CU_ASSERT_EQUAL_FATAL(kp_hello1_pack(hello, &message.body, NULL), KP_OK);
    seal(&message, round->fixture, &round->hello1[i]);
    kp_buffer_free(&claim);
    hello->claim_count = 0;
}

static void make_hello2(struct evidence_round *round, uint32_t i, const struct kp_hello1 *hello1,
                        struct kp_hello2 *hello)
{
    const struct kp_agreement *agreement = round->fixture->agreement;
    struct kp_hello2_secret *secret = &round->secrets[i];
    struct kp_round_message message = message_of(round->attempt, KP_MESSAGE_HELLO2, i + 1);
    uint8_t context[KP_DIGEST_BYTES];
    kp_transcript_key_context(context, agreement, KP_ROUND_MATCH, round->counter, hello1, i + 1,
                              secret->public_key);
    kp_schnorr_prove(secret->proof, round->key[i], secret->public_key, context);
    CU_ASSERT_EQUAL_FATAL(kp_hello2_secret_pack(secret, &round->secret[i], NULL), KP_OK);
    kp_transcript_hellos(hello->hellos, agreement->lineage, round->hello1, members_of(round));
    kp_transcript_secret_digest(hello->secret_digest, &round->secret[i]);
    CU_ASSERT_EQUAL_FATAL(kp_hello2_pack(hello, &message.body, NULL), KP_OK);
    seal(&message, round->fixture, &round->hello2[i]);
}

static void make_readys(struct evidence_round *round, const struct evidence_round *before,
                        const struct kp_hello2 *hello2)
{
    const struct kp_agreement *agreement = round->fixture->agreement;
    struct kp_ready *ready = &round->ready_body;
    uint8_t g[KP_DIGEST_BYTES];
    memset(ready, 0, sizeof(*ready));
    memcpy(ready->lineage, agreement->lineage, KP_DIGEST_BYTES);
    ready->counter = round->counter;
    memcpy(ready->round_id, round->round_id, KP_DIGEST_BYTES);
    kp_transcript_g(g, round->round_id, round->secrets, members_of(round));
    kp_transcript_g_digest(ready->g_digest, g);
    ready->list_count = members_of(round);
    for (uint32_t i = 0; i < members_of(round); i++) {
        struct kp_list_total *total = &ready->lists[i];
        if (kp_agreement_member_slots(agreement, i + 1) > 0) {
            memcpy(total->points_root, hello2[i].points_root, KP_DIGEST_BYTES);
        }
        total->charged =
            changed(round, before, i) + (before != NULL ? before->ready_body.lists[i].charged : 0);
    }
    for (uint32_t i = 0; i < members_of(round); i++) {
        struct kp_round_message message = message_of(round->attempt, KP_MESSAGE_READY, i + 1);
        ready->entries = kp_agreement_member_slots(agreement, i + 1);
        memset(ready->entries_root, (int)i + 1, sizeof(ready->entries_root));
        ready->time = TIME_OF(round->counter) + 1000 + i;
        CU_ASSERT_EQUAL_FATAL(kp_ready_pack(ready, &message.body, NULL), KP_OK);
        seal(&message, round->fixture, &round->ready[i]);
    }
}

void evidence_make(struct evidence_round *round, const struct evidence_round *before)
{
    struct kp_hello1 hello1[KP_MEMBERS_MAX] = {0};
    struct kp_hello2 hello2[KP_MEMBERS_MAX] = {0};
    uint32_t members = members_of(round);
    round->counter = before == NULL ? 1 : before->counter + 1;
    randombytes_buf(round->attempt, sizeof(round->attempt));
    for (uint32_t i = 0; i < members; i++) {
        make_points(round, before, i);
    }
    if (round->tamper != NULL) {
        round->tamper(round);
    }
    make_start(round, before);
    for (uint32_t i = 0; i < members; i++) {
        make_hello2_body(round, i, &hello2[i]);
        make_hello1(round, i, &hello2[i], &hello1[i]);
    }
    for (uint32_t i = 0; i < members; i++) {
        make_hello2(round, i, hello1, &hello2[i]);
    }
    kp_transcript_round_id(round->round_id, round->fixture->agreement, KP_ROUND_MATCH,
                           round->counter, round->hello1, round->hello2);
    make_readys(round, before, hello2);
}

void evidence_free(struct evidence_round *round)
{
    kp_buffer_free(&round->start);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&round->hello1[i]);
        kp_buffer_free(&round->hello2[i]);
        kp_buffer_free(&round->ready[i]);
        kp_buffer_free(&round->secret[i]);
        kp_buffer_free(&round->points[i]);
    }
}

/* ---- the file ---- */

static struct kp_export_item *add(struct kp_verify_export *out, enum kp_export_item_kind kind,
                                  uint32_t member, uint32_t part, const uint8_t *bytes, size_t size)
{
    out->items = realloc(out->items, (out->count + 1) * sizeof(*out->items));
    CU_ASSERT_PTR_NOT_NULL_FATAL(out->items);
    struct kp_export_item *item = &out->items[out->count++];
    *item = (struct kp_export_item){.kind = kind, .member = member, .part = part};
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&item->content, bytes, size), KP_OK);
    return item;
}

static void add_list(const struct evidence_round *round, uint32_t i, struct kp_verify_export *out)
{
    uint32_t slots = (uint32_t)(round->points[i].size / KP_POINT_BYTES);
    for (uint32_t k = 0; k < kp_chunk_count(slots, KP_CHUNK_POINTS); k++) {
        add(out, KP_EXPORT_LIST, i + 1, k,
            round->points[i].data + (size_t)k * KP_CHUNK_POINTS * KP_POINT_BYTES,
            (size_t)kp_chunk_items(slots, KP_CHUNK_POINTS, k) * KP_POINT_BYTES);
    }
}

static void add_before(const struct evidence_round *round, const struct evidence_round *before,
                       uint32_t i, struct kp_verify_export *out)
{
    struct kp_buffer content = {0};
    uint32_t slots = (uint32_t)(round->points[i].size / KP_POINT_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_evidence_before_begin(&content, NULL), KP_OK);
    for (uint32_t k = 0; k < slots; k++) {
        const uint8_t *was = before->points[i].data + (size_t)k * KP_POINT_BYTES;
        if (memcmp(was, round->points[i].data + (size_t)k * KP_POINT_BYTES, KP_POINT_BYTES) != 0) {
            CU_ASSERT_EQUAL_FATAL(kp_evidence_before_add(&content, k, was, NULL), KP_OK);
        }
    }
    if (slots > 0) {
        add(out, KP_EXPORT_LIST_BEFORE, i + 1, 0, content.data, content.size);
    }
    kp_buffer_free(&content);
}

static void add_evaluation(const struct evidence_round *round, uint32_t party, uint32_t i,
                           struct kp_verify_export *out)
{
    const struct kp_buffer *points = &round->points[party - 1];
    uint32_t slots = (uint32_t)(points->size / KP_POINT_BYTES);
    uint8_t outputs[KP_CHUNK_POINTS * KP_POINT_BYTES], proof[KP_CHUNK_PROOF_BYTES];
    struct kp_buffer content = {0};
    for (uint32_t k = 0; k < kp_chunk_count(slots, KP_CHUNK_POINTS); k++) {
        struct kp_chunk chunk = {
            .sender = party,
            .evaluator = i + 1,
            .number = k,
            .inputs = points->data + (size_t)k * KP_CHUNK_POINTS * KP_POINT_BYTES,
            .outputs = outputs,
            .count = kp_chunk_items(slots, KP_CHUNK_POINTS, k),
        };
        memcpy(chunk.round_id, round->round_id, KP_DIGEST_BYTES);
        memcpy(chunk.list_root, round->ready_body.lists[party - 1].points_root, KP_DIGEST_BYTES);
        CU_ASSERT_EQUAL_FATAL(kp_points_multiply(outputs, round->key[i], chunk.inputs, chunk.count),
                              KP_OK);
        CU_ASSERT_EQUAL_FATAL(
            kp_chunk_prove(proof, round->key[i], round->secrets[i].public_key, &chunk), KP_OK);
        CU_ASSERT_EQUAL_FATAL(
            kp_evidence_evaluation_pack(&content, outputs, chunk.count, proof, NULL), KP_OK);
        add(out, KP_EXPORT_EVALUATION, i + 1, k, content.data, content.size);
    }
    kp_buffer_free(&content);
}

static void add_messages(const struct evidence_round *round, enum kp_export_item_kind kind,
                         const struct kp_buffer *packed, struct kp_verify_export *out)
{
    for (uint32_t i = 0; i < members_of(round); i++) {
        add(out, kind, i + 1, 0, packed[i].data, packed[i].size);
    }
}

void evidence_export(const struct evidence_round *round, const struct evidence_round *before,
                     uint32_t party, struct kp_verify_export *out)
{
    memset(out, 0, sizeof(*out));
    out->header = (struct kp_export_header){
        .kind = KP_EXPORT_ROUND, .party = party, .counter = round->counter};
    memcpy(out->header.lineage, round->fixture->agreement->lineage, KP_DIGEST_BYTES);
    add(out, KP_EXPORT_START, 0, 0, round->start.data, round->start.size);
    add_messages(round, KP_EXPORT_HELLO1, round->hello1, out);
    add_messages(round, KP_EXPORT_HELLO2, round->hello2, out);
    add_messages(round, KP_EXPORT_READY, round->ready, out);
    if (party != KP_PARTY_COORDINATOR) {
        add_messages(round, KP_EXPORT_SECRET, round->secret, out);
        for (uint32_t i = 0; i < members_of(round); i++) {
            add_list(round, i, out);
        }
        for (uint32_t i = 0; before != NULL && i < members_of(round); i++) {
            add_before(round, before, i, out);
        }
        for (uint32_t i = 0; i < members_of(round); i++) {
            if (i + 1 != party) {
                add_evaluation(round, party, i, out);
            }
        }
    }
    out->header.items = out->count;
}
