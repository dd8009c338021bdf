#include "tests/unit/deposit.h"

#include "crypto/merkle.h"
#include "crypto/seal.h"
#include "proto/record.h"
#include "proto/transcript.h"

#include <CUnit/CUnit.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

void deposit_start(struct deposit *deposit, const struct fixture_settings *settings)
{
    memset(deposit, 0, sizeof(*deposit));
    fixture_make(&deposit->fixture, settings);
    randombytes_buf(deposit->attempt, sizeof(deposit->attempt));
    randombytes_buf(deposit->round_id, sizeof(deposit->round_id));
    randombytes_buf(deposit->secret, sizeof(deposit->secret));
    deposit->transcript.member_count = deposit->fixture.agreement->member_count;
    for (uint32_t i = 0; i < deposit->transcript.member_count; i++) {
        struct deposit_member *member = &deposit->member[i];
        uint32_t slots = deposit->fixture.agreement->slots;
        member->entry_size = kp_entry_size(deposit->fixture.agreement, i + 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(
            kp_buffer_extend(&member->leaves, (size_t)slots * KP_DIGEST_BYTES));
        randombytes_buf(member->leaves.data, member->leaves.size);
        CU_ASSERT_PTR_NOT_NULL_FATAL(
            kp_buffer_extend(&member->entries, slots * member->entry_size));
    }
}

void deposit_free(struct deposit *deposit)
{
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kp_buffer_free(&deposit->member[i].leaves);
        kp_buffer_free(&deposit->member[i].entries);
    }
    kp_result_transcript_free(&deposit->transcript);
    fixture_free(&deposit->fixture);
}

/* ---- entries ---- */

static void derive(const struct deposit *deposit, uint32_t number, struct kp_shares *shares)
{
    const struct kp_agreement *agreement = deposit->fixture.agreement;
    struct kp_share_context context = {.type = KP_ROUND_MATCH,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    uint8_t output[KP_OPRF_OUTPUT_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 test of deposits");
    kp_hash_field(&hash, deposit->secret, sizeof(deposit->secret));
    kp_hash_number(&hash, number);
    kp_hash_wide(&hash, output);
    if (number == 0) {
        randombytes_buf(output, sizeof(output));
    }
    memcpy(context.round_id, deposit->round_id, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(kp_shares_derive(shares, output, &context), KP_OK);
}

void deposit_tag(const struct deposit *deposit, uint32_t number, uint8_t tag[static 32])
{
    struct kp_shares shares;
    derive(deposit, number, &shares);
    memcpy(tag, shares.tag, KP_DIGEST_BYTES);
}

uint8_t *deposit_entry(const struct deposit *deposit, uint32_t member, uint32_t position)
{
    const struct deposit_member *of = &deposit->member[member - 1];
    return of->entries.data + position * of->entry_size;
}

void deposit_add(struct deposit *deposit, uint32_t member, uint32_t number)
{
    const struct kp_agreement *agreement = deposit->fixture.agreement;
    struct kp_seal_context context = {.member = member};
    struct kp_shares shares;
    uint8_t inner[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD];
    CU_ASSERT_FATAL(deposit->member[member - 1].count < agreement->slots);
    uint8_t *at = deposit_entry(deposit, member, deposit->member[member - 1].count++);
    derive(deposit, number, &shares);
    memcpy(context.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(context.round_id, deposit->round_id, KP_DIGEST_BYTES);
    memcpy(context.tag, shares.tag, KP_DIGEST_BYTES);
    memcpy(at, shares.tag, KP_DIGEST_BYTES);
    memcpy(at + KP_DIGEST_BYTES, shares.share[member - 1], KP_SCALAR_BYTES);
    at += KP_DIGEST_BYTES + KP_SCALAR_BYTES;
    kp_shares_path(at, &shares, agreement->member_count, member);
    at += kp_entry_path_size(agreement, member);
    randombytes_buf(inner, sizeof(inner));
    CU_ASSERT_EQUAL(
        kp_seal_outer(at, shares.secret, &context, inner, kp_record_inner_size(agreement)), KP_OK);
}

static int compare_tags(const void *left, const void *right)
{
    return memcmp(left, right, KP_DIGEST_BYTES);
}

void deposit_finish(struct deposit *deposit)
{
    for (uint32_t i = 1; i <= deposit->fixture.agreement->member_count; i++) {
        struct deposit_member *member = &deposit->member[i - 1];
        while (member->count < deposit->fixture.agreement->slots) {
            deposit_add(deposit, i, 0);
        }
        qsort(member->entries.data, member->count, member->entry_size, compare_tags);
        deposit_sign(deposit, i);
    }
}

/* ---- messages ---- */

static void sign_and_pack(const struct deposit *deposit, struct kp_round_message *message,
                          struct kp_buffer *packed)
{
    memcpy(message->attempt, deposit->attempt, KP_ATTEMPT_BYTES);
    kp_round_message_sign(message, deposit->fixture.agreement->lineage,
                          deposit->fixture.member[message->from - 1].identity_secret);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_pack(message, packed, NULL), KP_OK);
    kp_round_message_free(message);
}

static void sign_ready(struct deposit *deposit, uint32_t member)
{
    const struct kp_agreement *agreement = deposit->fixture.agreement;
    struct kp_ready ready = {
        .counter = 1, .entries = agreement->slots, .list_count = agreement->member_count};
    struct kp_round_message message = {
        .type = KP_MESSAGE_READY, .from = member, .to = KP_PARTY_ALL};
    struct kp_merkle_stream stream;
    memcpy(ready.lineage, agreement->lineage, KP_DIGEST_BYTES);
    memcpy(ready.round_id, deposit->round_id, KP_DIGEST_BYTES);
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i < agreement->slots; i++) {
        uint8_t leaf[KP_DIGEST_BYTES];
        kp_entry_leaf(leaf, agreement, member, deposit_entry(deposit, member, i));
        kp_merkle_stream_add(&stream, leaf);
    }
    kp_merkle_stream_root(&stream, ready.entries_root);
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
    sign_and_pack(deposit, &message, &deposit->transcript.ready[member - 1]);
}

void deposit_sign(struct deposit *deposit, uint32_t member)
{
    struct kp_hello2 hello = {.time = 1700000000000,
                              .counter = 1,
                              .seen_count = deposit->fixture.agreement->member_count};
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO2, .from = member, .to = KP_PARTY_ALL};
    kp_merkle_root(hello.slots_root, deposit->member[member - 1].leaves.data,
                   deposit->fixture.agreement->slots);
    CU_ASSERT_EQUAL(kp_hello2_pack(&hello, &message.body, NULL), KP_OK);
    sign_and_pack(deposit, &message, &deposit->transcript.hello2[member - 1]);
    sign_ready(deposit, member);
}

static void entry_leaf(const struct deposit *deposit, uint32_t member, uint32_t position,
                       bool entries, uint8_t leaf[static 32])
{
    if (entries) {
        kp_entry_leaf(leaf, deposit->fixture.agreement, member,
                      deposit_entry(deposit, member, position));
    } else {
        memcpy(leaf, deposit->member[member - 1].leaves.data + (size_t)position * 32, 32);
    }
}

void deposit_path(const struct deposit *deposit, uint32_t member, uint32_t part, bool entries,
                  struct kp_buffer *path)
{
    uint32_t slots = deposit->fixture.agreement->slots;
    uint32_t size = entries ? KP_CHUNK_ENTRIES : KP_CHUNK_LEAVES;
    uint32_t parts = kp_chunk_count(slots, size);
    struct kp_merkle_tree tree;
    uint8_t *roots = calloc(parts, KP_DIGEST_BYTES), leaf[KP_DIGEST_BYTES];
    for (uint32_t i = 0; i < parts; i++) {
        struct kp_merkle_stream stream;
        kp_merkle_stream_start(&stream);
        for (uint32_t k = 0; k < kp_chunk_items(slots, size, i); k++) {
            entry_leaf(deposit, member, i * size + k, entries, leaf);
            kp_merkle_stream_add(&stream, leaf);
        }
        kp_merkle_stream_root(&stream, roots + (size_t)i * KP_DIGEST_BYTES);
    }
    CU_ASSERT_EQUAL_FATAL(kp_merkle_tree_of_nodes(&tree, roots, parts), KP_OK);
    size_t length = kp_merkle_path_length(part, parts) * KP_DIGEST_BYTES;
    kp_buffer_free(path);
    if (length > 0) {
        kp_merkle_tree_path(&tree, part, kp_buffer_extend(path, length));
    }
    kp_merkle_tree_free(&tree);
    free(roots);
}

struct kp_round_message deposit_message(const struct deposit *deposit, enum kp_message_type type,
                                        uint32_t member, uint32_t part)
{
    const struct deposit_member *of = &deposit->member[member - 1];
    uint32_t slots = deposit->fixture.agreement->slots;
    struct kp_round_message message = {.type = type, .from = member, .part = part};
    struct kp_buffer path = {0}, run = {0};
    memcpy(message.attempt, deposit->attempt, KP_ATTEMPT_BYTES);
    enum kp_status status;
    if (type == KP_MESSAGE_LEAVES) {
        size_t count = kp_chunk_items(slots, KP_CHUNK_LEAVES, part);
        deposit_path(deposit, member, part, false, &path);
        run.data = of->leaves.data + (size_t)part * KP_CHUNK_LEAVES * KP_DIGEST_BYTES;
        run.size = count * KP_DIGEST_BYTES;
        status =
            kp_leaves_pack(&(struct kp_leaves){.digests = run, .path = path}, &message.body, NULL);
    } else {
        size_t count = kp_chunk_items(slots, KP_CHUNK_ENTRIES, part);
        deposit_path(deposit, member, part, true, &path);
        run.data = of->entries.data + (size_t)part * KP_CHUNK_ENTRIES * of->entry_size;
        run.size = count * of->entry_size;
        status = kp_submission_pack(&(struct kp_submission){.entries = run, .path = path},
                                    &message.body, NULL);
    }
    kp_buffer_free(&path);
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    return message;
}

enum kp_status deposit_offer(struct kp_intake *intake, const struct kp_round_message *message,
                             struct kp_fault *fault, struct kp_error *error)
{
    struct kp_fault *found = calloc(1, sizeof(*found));
    CU_ASSERT_PTR_NOT_NULL_FATAL(found);
    enum kp_status status = message->type == KP_MESSAGE_LEAVES
                                ? kp_intake_leaves(intake, message, found, error)
                                : kp_intake_entries(intake, message, found, error);
    CU_ASSERT(status == KP_REFUSED || found->kind == KP_FAULT_NONE);
    if (fault != NULL) {
        *fault = *found;
    } else {
        kp_fault_free(found);
    }
    free(found);
    return status;
}

enum kp_status deposit_give(const struct deposit *deposit, struct kp_intake *intake,
                            enum kp_message_type type, uint32_t member, uint32_t part)
{
    struct kp_round_message message = deposit_message(deposit, type, member, part);
    enum kp_status status = deposit_offer(intake, &message, NULL, NULL);
    kp_round_message_free(&message);
    return status;
}

void deposit_give_all(const struct deposit *deposit, struct kp_intake *intake)
{
    uint32_t slots = deposit->fixture.agreement->slots;
    for (uint32_t i = 1; i <= deposit->fixture.agreement->member_count; i++) {
        for (uint32_t part = 0; part < kp_chunk_count(slots, KP_CHUNK_LEAVES); part++) {
            CU_ASSERT_EQUAL_FATAL(deposit_give(deposit, intake, KP_MESSAGE_LEAVES, i, part), KP_OK);
        }
        for (uint32_t part = 0; part < kp_chunk_count(slots, KP_CHUNK_ENTRIES); part++) {
            CU_ASSERT_EQUAL_FATAL(deposit_give(deposit, intake, KP_MESSAGE_SUBMISSION, i, part),
                                  KP_OK);
        }
    }
}
