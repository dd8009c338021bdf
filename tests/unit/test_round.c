/* Whole rounds (node/round.h) in memory: what comes out, and what doesn't. */
#include "crypto/merkle.h"
#include "crypto/oprf.h"
#include "crypto/seal.h"
#include "crypto/shares.h"
#include "node/round_internal.h"
#include "proto/record.h"
#include "proto/transcript.h"
#include "tests/unit/forms.h"
#include "tests/unit/play.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- what comes out ---- */

/* What members released, seen by somebody who has everything. */
struct outcome {
    const struct play *play;
    const struct kp_agreement *agreement;
    struct kp_ready ready[KP_MEMBERS_MAX];
};

static const uint8_t *entry_of(const struct outcome *outcome, uint32_t member, uint32_t position)
{
    const struct kp_release *release = outcome->play->release[member - 1];
    return release->entries.data + (size_t)position * release->entry_size;
}

static struct kp_seal_context seal_context(const struct outcome *outcome, uint32_t member,
                                           const uint8_t *tag)
{
    struct kp_seal_context context = {.member = member};
    memcpy(context.lineage, outcome->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(context.round_id, outcome->ready[0].round_id, KP_DIGEST_BYTES);
    memcpy(context.tag, tag, KP_DIGEST_BYTES);
    return context;
}

static void check_ready(struct outcome *outcome, uint32_t member)
{
    const struct kp_release *release = outcome->play->release[member - 1];
    uint8_t attempt[KP_ATTEMPT_BYTES], root[KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&outcome->ready[member - 1], attempt,
                                                    outcome->agreement, member,
                                                    release->ready[member - 1].data,
                                                    release->ready[member - 1].size, NULL),
                          KP_OK);
    CU_ASSERT(kp_release_complete(release, outcome->agreement));
    CU_ASSERT_EQUAL(kp_release_check(release, outcome->agreement, NULL), KP_OK);

    struct kp_merkle_stream stream;
    kp_merkle_stream_start(&stream);
    for (uint32_t i = 0; i < release->slots; i++) {
        const uint8_t *entry = entry_of(outcome, member, i);
        uint8_t leaf[KP_DIGEST_BYTES];
        kp_entry_leaf(leaf, outcome->agreement, member, entry);
        kp_merkle_stream_add(&stream, leaf);
        CU_ASSERT(i == 0 || memcmp(entry_of(outcome, member, i - 1), entry, KP_DIGEST_BYTES) < 0);
    }
    kp_merkle_stream_root(&stream, root);
    CU_ASSERT_EQUAL(memcmp(root, outcome->ready[member - 1].entries_root, sizeof(root)), 0);
}

/* The leaves that are released are those that hello 2 committed to. */
static void check_leaves(const struct outcome *outcome, uint32_t member)
{
    const struct kp_release *release = outcome->play->release[member - 1];
    struct kp_round_message message;
    struct kp_hello2 hello;
    uint8_t root[KP_DIGEST_BYTES];
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, outcome->play->hello2[member - 1].data,
                                                  outcome->play->hello2[member - 1].size, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_hello2_unpack(&hello, &message.body, NULL), KP_OK);
    kp_round_message_free(&message);
    CU_ASSERT_EQUAL_FATAL(release->leaves.size, (size_t)release->slots * KP_DIGEST_BYTES);
    kp_merkle_root(root, release->leaves.data, release->slots);
    CU_ASSERT_EQUAL(memcmp(root, hello.slots_root, sizeof(root)), 0);
}

/* The entry of `member` with this tag, or NULL. */
static const uint8_t *find_tag(const struct outcome *outcome, uint32_t member, const uint8_t *tag)
{
    for (uint32_t i = 0; i < outcome->agreement->slots; i++) {
        const uint8_t *entry = entry_of(outcome, member, i);
        if (memcmp(entry, tag, KP_DIGEST_BYTES) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* s from the shares of the first `count` members that have the tag. */
static void interpolate(const struct outcome *outcome, const uint8_t *tag, uint32_t count,
                        uint8_t secret[static KP_SCALAR_BYTES])
{
    uint32_t numbers[KP_MEMBERS_MAX], found = 0;
    uint8_t shares[KP_MEMBERS_MAX * KP_SCALAR_BYTES];
    for (uint32_t m = 1; m <= outcome->agreement->member_count && found < count; m++) {
        const uint8_t *entry = find_tag(outcome, m, tag);
        if (entry != NULL) {
            struct kp_entry_view view = kp_entry_at(outcome->agreement, m, entry);
            memcpy(shares + found * KP_SCALAR_BYTES, view.share, KP_SCALAR_BYTES);
            numbers[found++] = m;
        }
    }
    CU_ASSERT_EQUAL_FATAL(found, count);
    CU_ASSERT_EQUAL(kp_shares_interpolate(secret, count, numbers, shares), KP_OK);
}

/* Opens both layers with s. */
static enum kp_status open_record(const struct outcome *outcome, uint32_t member,
                                  const uint8_t *entry, const uint8_t *secret,
                                  struct kp_record *record)
{
    const struct kp_agreement *agreement = outcome->agreement;
    struct kp_entry_view view = kp_entry_at(agreement, member, entry);
    struct kp_seal_context context = seal_context(outcome, member, view.tag);
    uint8_t inner[KP_RECORD_PLAIN_MAX + KP_SEAL_INNER_OVERHEAD], plain[KP_RECORD_PLAIN_MAX];
    enum kp_status status =
        kp_open_outer(inner, secret, &context, view.record, kp_record_size(agreement));
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(kp_seal_inner_check(inner, kp_record_inner_size(agreement), &context),
                        KP_OK);
        status = kp_open_inner(plain, outcome->play->fixture.opening_secret, agreement->opening_key,
                               &context, inner, kp_record_inner_size(agreement));
    }
    if (status == KP_OK) {
        kp_record_unpack(record, agreement, plain);
    }
    return status;
}

/* The tag follows from the record's own y: and y is RFC 9497's function under the sum of the keys,
 * which no member ever had. */
static void check_output(const struct outcome *outcome, const struct kp_record *record,
                         const uint8_t *tag)
{
    const struct kp_agreement *agreement = outcome->agreement;
    uint8_t input[KP_ELEMENT_INPUT_BYTES], output[KP_OPRF_OUTPUT_BYTES];
    uint8_t expected[KP_OPRF_OUTPUT_BYTES], digest[KP_DIGEST_BYTES];
    kp_element_input(input, agreement->lineage, record->leaf.address);
    kp_oprf_output(output, input, sizeof(input), record->y);
    CU_ASSERT_FATAL(outcome->play->has_key_sum);
    CU_ASSERT_EQUAL(
        kp_oprf_evaluate(expected, KP_OPRF_MODE_OPRF, outcome->play->key_sum, input, sizeof(input)),
        KP_OK);
    CU_ASSERT_EQUAL(memcmp(output, expected, sizeof(output)), 0);

    kp_transcript_g_digest(digest, record->g);
    CU_ASSERT_EQUAL(memcmp(digest, outcome->ready[0].g_digest, sizeof(digest)), 0);
    struct kp_shares shares;
    struct kp_share_context context = {.type = KP_ROUND_MATCH,
                                       .threshold = agreement->threshold,
                                       .members = agreement->member_count};
    memcpy(context.round_id, outcome->ready[0].round_id, KP_DIGEST_BYTES);
    memcpy(context.g, record->g, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL(kp_shares_derive(&shares, output, &context), KP_OK);
    CU_ASSERT_EQUAL(memcmp(shares.tag, tag, KP_DIGEST_BYTES), 0);
}

static void check_record(const struct outcome *outcome, uint32_t member, uint32_t what,
                         uint32_t number, const struct kp_record *record)
{
    const struct kp_release *release = outcome->play->release[member - 1];
    uint32_t slot = play_slot(outcome->play, member, what);
    uint8_t address[KP_ADDRESS_KEY_BYTES], leaf[KP_DIGEST_BYTES];
    fixture_address(address, number);
    CU_ASSERT_EQUAL(memcmp(record->leaf.address, address, sizeof(address)), 0);
    CU_ASSERT_EQUAL_FATAL(record->leaf.index, slot);
    kp_leaf_digest_of_commitments(leaf, outcome->agreement->lineage, slot,
                                  &record->commitments[0][0]);
    CU_ASSERT_EQUAL(memcmp(leaf, release->leaves.data + (size_t)slot * KP_DIGEST_BYTES, 32), 0);
    bool disclosed = (outcome->agreement->discloses & KP_DISCLOSE_OBSERVED_ON) != 0;
    CU_ASSERT_EQUAL(record->leaf.observed_on, disclosed ? 20240100 + member : 0);
}

/* All of one group: the members 1 to `count` share the tag, and from t of them on it opens. */
static void check_group(const struct outcome *outcome, const uint8_t *tag, uint32_t what,
                        uint32_t number, uint32_t count)
{
    const struct kp_agreement *agreement = outcome->agreement;
    uint8_t secret[KP_SCALAR_BYTES];
    struct kp_record record;
    bool opens = count >= agreement->threshold;
    interpolate(outcome, tag, opens ? agreement->threshold : count, secret);
    for (uint32_t m = 1; m <= agreement->member_count; m++) {
        const uint8_t *entry = find_tag(outcome, m, tag);
        CU_ASSERT_EQUAL(entry != NULL, m <= count);
        if (entry == NULL) {
            continue;
        }
        struct kp_entry_view view = kp_entry_at(agreement, m, entry);
        CU_ASSERT_EQUAL(kp_share_check(tag, outcome->ready[0].round_id, agreement->member_count, m,
                                       view.share, view.path),
                        KP_OK);
        CU_ASSERT_EQUAL(open_record(outcome, m, entry, secret, &record),
                        opens ? KP_OK : KP_REFUSED);
        if (opens) {
            check_record(outcome, m, what, number, &record);
            check_output(outcome, &record, tag);
        }
    }
    if (agreement->threshold > 2) {
        interpolate(outcome, tag, count < agreement->threshold ? count : agreement->threshold - 1,
                    secret);
        CU_ASSERT_EQUAL(open_record(outcome, 1, find_tag(outcome, 1, tag), secret, &record),
                        KP_REFUSED);
    }
}

/* How many members have a tag of member 1 in common with it. */
static uint32_t count_tag(const struct outcome *outcome, const uint8_t *tag)
{
    uint32_t count = 0;
    for (uint32_t m = 1; m <= outcome->agreement->member_count; m++) {
        count += find_tag(outcome, m, tag) != NULL;
    }
    return count;
}

/* Of all tags of member 1, exactly the expected ones are shared; with two members those of all and
 * of two can't be told apart by their number, so both are tried. */
static void check_groups(const struct outcome *outcome)
{
    uint32_t members = outcome->agreement->member_count, slots = outcome->agreement->slots;
    uint32_t of_all = 0, of_two = 0;
    for (uint32_t i = 0; i < slots; i++) {
        const uint8_t *tag = entry_of(outcome, 1, i);
        uint32_t count = count_tag(outcome, tag);
        of_all += count == members;
        of_two += count == 2 && members > 2;
        CU_ASSERT(count == 1 || count == 2 || count == members);
        if (count == members && members > 2) {
            check_group(outcome, tag, PLAY_OF_ALL, 1, members);
        } else if (count == 2 && members > 2) {
            check_group(outcome, tag, PLAY_OF_TWO, 2, 2);
        } else if (count == 2) {
            uint8_t secret[KP_SCALAR_BYTES];
            struct kp_record record;
            interpolate(outcome, tag, 2, secret);
            CU_ASSERT_EQUAL_FATAL(open_record(outcome, 1, tag, secret, &record), KP_OK);
            bool all = record.leaf.index == play_slot(outcome->play, 1, PLAY_OF_ALL);
            check_group(outcome, tag, all ? PLAY_OF_ALL : PLAY_OF_TWO, all ? 1 : 2, 2);
        }
    }
    CU_ASSERT_EQUAL(of_all, members > 2 || slots == 1 ? 1 : 2);
    CU_ASSERT_EQUAL(of_two, members > 2 && slots > 1 ? 1 : 0);
}

/* Nothing that must be gone is left in a member's half. */
static void check_wiped(const struct play *play, uint32_t member)
{
    const struct kp_round *round = play->round[member - 1];
    CU_ASSERT_EQUAL(kp_round_phase(round), KP_PHASE_READY);
    CU_ASSERT_PTR_NOT_NULL_FATAL(round->secrets);
    CU_ASSERT(sodium_is_zero(round->secrets->key, sizeof(round->secrets->key)));
    uint32_t done = 0, total = 0;
    kp_round_progress(round, &done, &total);
    CU_ASSERT(total > 0 && done == total);
}

static void check_outcome(const struct play *play)
{
    struct outcome *outcome = calloc(1, sizeof(*outcome));
    CU_ASSERT_PTR_NOT_NULL_FATAL(outcome);
    outcome->play = play;
    outcome->agreement = play->fixture.agreement;
    for (uint32_t m = 1; m <= outcome->agreement->member_count; m++) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(play->release[m - 1]);
        check_ready(outcome, m);
        check_leaves(outcome, m);
        check_wiped(play, m);
        CU_ASSERT_EQUAL(memcmp(outcome->ready[m - 1].round_id, outcome->ready[0].round_id, 32), 0);
    }
    check_groups(outcome);
    free(outcome);
}

static void play_whole(const struct fixture_settings *settings)
{
    struct play play;
    play_start(&play, settings);
    play_run(&play);
    CU_ASSERT_EQUAL(play.refused, 0);
    if (play.refused > 0) {
        fprintf(stderr, "refused: %s\n", play.error.text);
    }
    CU_ASSERT_EQUAL(play.told_by, 0);
    check_outcome(&play);
    play_free(&play);
}

static void whole_rounds(void)
{
    static const uint32_t MEMBERS[] = {2, 3, 5, 12}, SLOTS[] = {1, 7};
    for (size_t n = 0; n < sizeof(MEMBERS) / sizeof(MEMBERS[0]); n++) {
        uint32_t thresholds[] = {2, 3, MEMBERS[n]}, last = 0;
        for (size_t t = 0; t < 3; t++) {
            if (thresholds[t] <= last || thresholds[t] > MEMBERS[n]) {
                continue;
            }
            last = thresholds[t];
            for (size_t s = 0; s < 2; s++) {
                play_whole(&(struct fixture_settings){
                    .members = MEMBERS[n], .threshold = last, .slots = SLOTS[s]});
            }
        }
    }
}

static void more_than_one_chunk(void)
{
    play_whole(&(struct fixture_settings){.members = 3, .threshold = 2, .slots = 1024 + 3});
}

static void undisclosed_fields_stay_commitments(void)
{
    for (uint32_t hides = 1; hides <= 7; hides++) {
        play_whole(&(struct fixture_settings){.members = 2, .slots = 2, .hides = hides});
    }
}

/* ---- what is released ---- */

static void check_release_message(const struct play *play, uint32_t number,
                                  struct kp_buffer *leaves, struct kp_buffer *entries)
{
    const struct kp_agreement *agreement = play->fixture.agreement;
    struct kp_buffer packed = {0};
    struct kp_round_message message;
    CU_ASSERT_EQUAL_FATAL(kp_release_message(play->release[0], agreement,
                                             play->fixture.member[0].identity_secret, number,
                                             &packed, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_message_check(&message, agreement->lineage,
                                           agreement->members[0].identity_key, NULL),
                    KP_OK);
    CU_ASSERT(message.from == 1 && message.to == KP_PARTY_COORDINATOR);
    uint32_t size = message.type == KP_MESSAGE_LEAVES ? KP_CHUNK_LEAVES : KP_CHUNK_ENTRIES;
    uint32_t count = kp_chunk_items(agreement->slots, size, message.part);
    size_t path = kp_merkle_path_length(message.part, kp_chunk_count(agreement->slots, size)) * 32;
    if (message.type == KP_MESSAGE_LEAVES) {
        struct kp_leaves chunk;
        CU_ASSERT_EQUAL(
            kp_leaves_unpack(&chunk, (size_t)count * 32, path, true, &message.body, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_buffer_append(leaves, chunk.digests.data, chunk.digests.size), KP_OK);
        kp_leaves_free(&chunk);
    } else {
        struct kp_submission chunk;
        CU_ASSERT_EQUAL(message.type, KP_MESSAGE_SUBMISSION);
        CU_ASSERT_EQUAL(kp_submission_unpack(&chunk, count * kp_entry_size(agreement, 1), path,
                                             &message.body, NULL),
                        KP_OK);
        CU_ASSERT_EQUAL(kp_buffer_append(entries, chunk.entries.data, chunk.entries.size), KP_OK);
        kp_submission_free(&chunk);
    }
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
}

static void release_messages_carry_it_all(void)
{
    struct play play;
    struct kp_buffer leaves = {0}, entries = {0};
    play_start(&play, &(struct fixture_settings){.members = 2, .slots = KP_CHUNK_ENTRIES + 1});
    play_run(&play);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[0]);
    CU_ASSERT_EQUAL(kp_release_message_count(play.release[0]), 3);
    for (uint32_t i = 0; i < kp_release_message_count(play.release[0]); i++) {
        check_release_message(&play, i, &leaves, &entries);
    }
    CU_ASSERT_EQUAL_FATAL(leaves.size, play.release[0]->leaves.size);
    CU_ASSERT_EQUAL_FATAL(entries.size, play.release[0]->entries.size);
    CU_ASSERT_EQUAL(memcmp(leaves.data, play.release[0]->leaves.data, leaves.size), 0);
    CU_ASSERT_EQUAL(memcmp(entries.data, play.release[0]->entries.data, entries.size), 0);
    kp_buffer_free(&leaves);
    kp_buffer_free(&entries);
    play_free(&play);
}

/* ---- what is refused, without harm to the attempt ---- */

static enum kp_status offer_bare(struct play *play, uint32_t to, enum kp_message_type type,
                                 uint32_t from)
{
    struct kp_round_message message = {.type = type, .from = from, .to = to};
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    memcpy(message.attempt, play->attempt, sizeof(message.attempt));
    kp_round_message_sign(&message, play->fixture.agreement->lineage,
                          play->fixture.member[from - 1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
    enum kp_phase phase = kp_round_phase(play->round[to - 1]);
    enum kp_status status = play_offer(play, to, &packed, &error);
    CU_ASSERT_EQUAL(kp_round_phase(play->round[to - 1]), phase);
    kp_buffer_free(&packed);
    return status;
}

/* Every type of message that the phase doesn't expect, although its sender signed it. */
static void check_phase(struct play *play, uint32_t member, enum kp_phase phase, uint32_t expected)
{
    CU_ASSERT_EQUAL_FATAL(kp_round_phase(play->round[member - 1]), phase);
    for (uint32_t type = 1; type < KP_MESSAGE_TYPES; type++) {
        if ((expected >> type & 1) == 0) {
            CU_ASSERT_EQUAL(offer_bare(play, member, (enum kp_message_type)type, 3 - member),
                            KP_REFUSED);
        }
    }
}

#define BIT(type) (1u << (type))

static void messages_out_of_phase(void)
{
    struct play play;
    struct kp_buffer packed = {0};
    play_start(&play, &(struct fixture_settings){.members = 2, .slots = 1});
    check_phase(&play, 1, KP_PHASE_HELLO1, BIT(KP_MESSAGE_HELLO1));
    CU_ASSERT_FATAL(kp_round_next(play.round[1], &packed));
    CU_ASSERT_EQUAL(play_offer(&play, 1, &packed, NULL), KP_OK);
    check_phase(&play, 1, KP_PHASE_HELLO2,
                BIT(KP_MESSAGE_HELLO2) | BIT(KP_MESSAGE_HELLO2_SECRET) | BIT(KP_MESSAGE_POINTS));
    /* These two may come in this phase, but not before HELLO 2. */
    CU_ASSERT_EQUAL(offer_bare(&play, 1, KP_MESSAGE_HELLO2_SECRET, 2), KP_REFUSED);
    CU_ASSERT_EQUAL(offer_bare(&play, 1, KP_MESSAGE_POINTS, 2), KP_REFUSED);
    play_relay(&play);
    check_phase(&play, 1, KP_PHASE_EVALUATE,
                BIT(KP_MESSAGE_POINTS) | BIT(KP_MESSAGE_EVALUATION) | BIT(KP_MESSAGE_READY));
    play_run(&play);
    CU_ASSERT_EQUAL(play.refused, 0);
    /* Hide the releases: a half that is READY takes nothing any more. */
    for (uint32_t i = 0; i < 2; i++) {
        kp_release_free(play.release[i]);
        play.release[i] = NULL;
        check_phase(&play, i + 1, KP_PHASE_READY, 0);
    }
    kp_round_end(play.round[0], KP_ABORT_FAILED, 1);
    check_phase(&play, 1, KP_PHASE_ENDED, 0);
    kp_buffer_free(&packed);
    play_free(&play);
}

/* The types of which at least one was tampered with, by all three hooks below. */
static uint32_t seen_types;

static void note_type(const struct kp_buffer *packed)
{
    struct kp_round_message message;
    if (kp_round_message_unpack(&message, packed->data, packed->size, NULL) == KP_OK) {
        seen_types |= BIT(message.type);
    }
    kp_round_message_free(&message);
}

static void flip_every_byte(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_buffer copy = {0};
    CU_ASSERT_EQUAL_FATAL(kp_buffer_set(&copy, packed->data, packed->size), KP_OK);
    enum kp_phase phase = kp_round_phase(play->round[to - 1]);
    for (size_t i = 0; i < copy.size; i++) {
        /* One bit in each byte, another in each place; tags and lengths get all of them. */
        for (unsigned bit = (unsigned)i % 8; bit < 8; bit += i < 40 ? 1 : 8) {
            copy.data[i] ^= (uint8_t)(1u << bit);
            CU_ASSERT_NOT_EQUAL(play_offer(play, to, &copy, NULL), KP_OK);
            copy.data[i] ^= (uint8_t)(1u << bit);
        }
    }
    CU_ASSERT_EQUAL(kp_round_phase(play->round[to - 1]), phase);
    note_type(packed);
    kp_buffer_free(&copy);
}

#define TYPES_BETWEEN_MEMBERS                                                                      \
    (BIT(KP_MESSAGE_HELLO1) | BIT(KP_MESSAGE_HELLO2) | BIT(KP_MESSAGE_HELLO2_SECRET) |             \
     BIT(KP_MESSAGE_POINTS) | BIT(KP_MESSAGE_EVALUATION) | BIT(KP_MESSAGE_READY))

static void play_with_hooks(uint32_t members, uint32_t slots,
                            void (*before)(struct play *, uint32_t, const struct kp_buffer *),
                            void (*after)(struct play *, uint32_t, const struct kp_buffer *))
{
    struct play play;
    seen_types = 0;
    play_start(&play, &(struct fixture_settings){.members = members, .slots = slots});
    play.before = before;
    play.after = after;
    play_run(&play);
    CU_ASSERT_EQUAL(play.refused, 0);
    CU_ASSERT_EQUAL(play.told_by, 0);
    CU_ASSERT_EQUAL(seen_types, TYPES_BETWEEN_MEMBERS);
    check_outcome(&play);
    play_free(&play);
}

static void tampered_messages(void)
{
    play_with_hooks(3, 1, flip_every_byte, NULL);
}

static void offer_again(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    enum kp_phase phase = kp_round_phase(play->round[to - 1]);
    CU_ASSERT_EQUAL(play_offer(play, to, packed, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_round_phase(play->round[to - 1]), phase);
    note_type(packed);
}

static void replayed_messages(void)
{
    play_with_hooks(3, 2, NULL, offer_again);
}

/* Back to its sender, as it is and with from and to swapped; and to a third member. A READY goes
 * back to its sender as it is: the first time it is taken, and never another. */
static void offer_elsewhere(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_buffer changed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    uint32_t from = message.from, third = 6 - from - to;
    note_type(packed);
    if (from == to) {
        kp_round_message_free(&message);
        return;
    }
    if (message.type != KP_MESSAGE_READY || play->release[from - 1]->ready[from - 1].size > 0) {
        CU_ASSERT_EQUAL(play_offer(play, from, packed, NULL), KP_REFUSED);
    }
    if (message.to != KP_PARTY_ALL) {
        CU_ASSERT_EQUAL(play_offer(play, third, packed, NULL), KP_REFUSED);
        message.to = third;
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &changed, NULL), KP_OK);
        CU_ASSERT_EQUAL(play_offer(play, third, &changed, NULL), KP_REFUSED);
    }
    message.from = to;
    message.to = from;
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, &changed, NULL), KP_OK);
    CU_ASSERT_EQUAL(play_offer(play, from, &changed, NULL), KP_REFUSED);
    kp_round_message_free(&message);
    kp_buffer_free(&changed);
}

static void reflected_messages(void)
{
    play_with_hooks(3, 1, offer_elsewhere, NULL);
}

static bool is_signed(enum kp_message_type type)
{
    return type == KP_MESSAGE_HELLO1 || type == KP_MESSAGE_HELLO2 || type == KP_MESSAGE_READY;
}

static const uint8_t *secret_of(const struct play *play, uint32_t member)
{
    return play->fixture.member[member - 1].identity_secret;
}

/* Refused, without harm to the attempt: neither ended by it, nor taken for unreadable. */
static void refuse(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    enum kp_phase phase = kp_round_phase(play->round[to - 1]);
    CU_ASSERT_EQUAL(play_offer(play, to, packed, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_round_phase(play->round[to - 1]), phase);
    CU_ASSERT_EQUAL(kp_round_unreadable(play->round[to - 1]), 0);
}

/* The envelope in other forms, which the signature doesn't cover. */
static void offer_other_forms(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_buffer changed = {0};
    for (enum form form = 0; form < FORMS; form++) {
        form_make(form, packed, &changed);
        refuse(play, to, &changed);
    }
    note_type(packed);
    kp_buffer_free(&changed);
}

static void other_forms_of_messages(void)
{
    play_with_hooks(3, 1, offer_other_forms, NULL);
}

/* HELLO 1, HELLO 2 and READY are for all and have no parts, whatever their sender signs; what is
 * sealed is for one. */
static void offer_elsewhere_signed(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_buffer changed = {0};
    const uint8_t *lineage = play->fixture.agreement->lineage;
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    note_type(packed);
    for (int what = 0; what < 3; what++) {
        struct kp_round_message other = message;
        other.to = what == 0 && is_signed(message.type) ? to : KP_PARTY_ALL;
        other.part = what > 0 && is_signed(message.type) ? (uint32_t)what : message.part;
        if (is_signed(message.type)) {
            kp_round_message_sign(&other, lineage, secret_of(play, message.from));
        }
        CU_ASSERT_EQUAL(kp_round_message_pack(&other, &changed, NULL), KP_OK);
        refuse(play, to, &changed);
    }
    kp_round_message_free(&message);
    kp_buffer_free(&changed);
}

static void messages_to_the_wrong_place(void)
{
    play_with_hooks(3, 1, offer_elsewhere_signed, NULL);
}

/* What is sealed, expected and doesn't open names its sender; what isn't expected names nobody. */
static void spoil_sealed(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_buffer changed = {0};
    struct kp_round *round = play->round[to - 1];
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    note_type(packed);
    if (!is_signed(message.type)) {
        CU_ASSERT_EQUAL(round->unreadable, 0);
        message.body.data[message.body.size / 2] ^= 1;
        message.part++; /* a part that there isn't */
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &changed, NULL), KP_OK);
        bool has_parts = message.type != KP_MESSAGE_HELLO2_SECRET;
        CU_ASSERT_EQUAL(play_offer(play, to, &changed, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_round_unreadable(round), has_parts ? 0 : 1u << (message.from - 1));
        round->unreadable = 0;
        message.part--;
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &changed, NULL), KP_OK);
        CU_ASSERT_EQUAL(play_offer(play, to, &changed, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_round_unreadable(round), 1u << (message.from - 1));
        round->unreadable = 0;
        size_t size = message.body.size;
        message.body.size = 3; /* not even a seal */
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &changed, NULL), KP_OK);
        CU_ASSERT_EQUAL(play_offer(play, to, &changed, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_round_unreadable(round), 1u << (message.from - 1));
        round->unreadable = 0;
        message.body.size = size;
    }
    kp_round_message_free(&message);
    kp_buffer_free(&changed);
}

/* A second one isn't expected: its first brought all. */
static void spoil_second(struct play *play, uint32_t to, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_buffer changed = {0};
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&message, packed->data, packed->size, NULL),
                          KP_OK);
    if (!is_signed(message.type)) {
        message.body.data[message.body.size / 2] ^= 1;
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &changed, NULL), KP_OK);
        refuse(play, to, &changed);
    }
    kp_round_message_free(&message);
    kp_buffer_free(&changed);
}

static void messages_that_do_not_open(void)
{
    play_with_hooks(3, 1, spoil_sealed, spoil_second);
}

static void messages_of_another_attempt(void)
{
    struct play one, other;
    struct kp_buffer packed = {0};
    play_start(&one, &(struct fixture_settings){.members = 2, .slots = 1});
    play_start(&other, &(struct fixture_settings){.members = 2, .slots = 1});
    CU_ASSERT_FATAL(kp_round_next(other.round[1], &packed));
    CU_ASSERT_EQUAL(play_offer(&one, 1, &packed, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_round_phase(one.round[0]), KP_PHASE_HELLO1);
    kp_buffer_free(&packed);
    play_free(&one);
    play_free(&other);
}

/* ---- a member that cheats, and is named ---- */

/* Member 2 gives its first hello anew, after the test changed what it commits to. */
static void hello1_anew(struct play *play)
{
    struct kp_round *round = play->round[1];
    struct kp_buffer body = {0}, packed = {0};
    while (kp_round_next(round, &packed)) {
    }
    kp_transcript_commitment(round->hello1[1].commitment, &round->hello2[1],
                             &round->secrets->hello2[1]);
    CU_ASSERT_EQUAL(kp_hello1_pack(&round->hello1[1], &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_send(round, KP_MESSAGE_HELLO1, KP_PARTY_ALL, 0, &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_set(&round->packed_hello1[1], round->outgoing->packed.data,
                                  round->outgoing->packed.size),
                    KP_OK);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

/* Member 2 gives its second hello anew, after the test changed its secret part. */
static void hello2_anew(struct play *play)
{
    struct kp_round *round = play->round[1];
    struct kp_buffer body = {0}, packed = {0};
    while (kp_round_next(round, &packed)) {
    }
    CU_ASSERT_EQUAL(kp_hello2_secret_pack(&round->secrets->hello2[1], &round->own_secret, NULL),
                    KP_OK);
    kp_transcript_secret_digest(round->hello2[1].secret_digest, &round->own_secret);
    CU_ASSERT_EQUAL(kp_hello2_pack(&round->hello2[1], &body, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_round_send(round, KP_MESSAGE_HELLO2, KP_PARTY_ALL, 0, &body, NULL), KP_OK);
    for (uint32_t peer = 1; peer <= play->fixture.agreement->member_count; peer++) {
        if (peer != 2) {
            CU_ASSERT_EQUAL(
                kp_round_send(round, KP_MESSAGE_HELLO2_SECRET, peer, 0, &round->own_secret, NULL),
                KP_OK);
        }
    }
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
}

/* Member 1 ended the attempt and named member 2; nothing that it knew is left, and nobody is READY.
 */
static void check_blamed(struct play *play, enum kp_abort_reason reason, enum kp_phase phase)
{
    CU_ASSERT_EQUAL(kp_round_phase(play->round[0]), KP_PHASE_ENDED);
    struct kp_abort ended = kp_round_ended(play->round[0]);
    CU_ASSERT_EQUAL(ended.reason, reason);
    CU_ASSERT_EQUAL(ended.members, 2);
    CU_ASSERT_EQUAL(ended.phase, phase);
    CU_ASSERT_EQUAL(play->told.reason, reason);
    CU_ASSERT_EQUAL(play->told.members, 2);
    CU_ASSERT_EQUAL(play->told_by, 1);
    CU_ASSERT_PTR_NULL(play->round[0]->secrets);
    CU_ASSERT_PTR_NULL(play->round[0]->slots.points);
    CU_ASSERT_PTR_NULL(play->release[0]);
}

static void start_with_cheat(struct play *play)
{
    play_start(play, &(struct fixture_settings){.members = 2, .slots = 2});
}

static void hello2_that_was_not_committed_to(void)
{
    struct play play;
    for (int part = 0; part < 4; part++) {
        start_with_cheat(&play);
        struct kp_round *cheat = play.round[1];
        uint8_t *changed[] = {cheat->secrets->hello2[1].contribution,
                              cheat->secrets->hello2[1].blinding, cheat->hello2[1].slots_root,
                              cheat->hello2[1].points_root};
        changed[part][0] ^= 1;
        play_run(&play);
        check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_HELLO2);
        play_free(&play);
    }
}

static void another_key_than_committed_to(void)
{
    struct play play;
    start_with_cheat(&play);
    struct kp_round *cheat = play.round[1];
    kp_scalar_random(cheat->secrets->key);
    CU_ASSERT_EQUAL(
        kp_points_multiply_base(cheat->secrets->hello2[1].public_key, cheat->secrets->key, 1),
        KP_OK);
    play_run(&play);
    check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_HELLO2);
    play_free(&play);
}

static void identity_as_key(void)
{
    struct play play;
    start_with_cheat(&play);
    memset(play.round[1]->secrets->hello2[1].public_key, 0, KP_POINT_BYTES);
    hello1_anew(&play);
    play_run(&play);
    check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_HELLO2);
    CU_ASSERT_PTR_NOT_NULL(strstr(play.error.text, "doesn't prove that it knows its key"));
    play_free(&play);
}

/* Member 2 takes member 1's key for its own, and shows member 1's proof of knowing it. */
static void copied_proof_of_possession(void)
{
    struct play play;
    struct kp_buffer hello = {0};
    start_with_cheat(&play);
    struct kp_round *victim = play.round[0], *cheat = play.round[1];
    memcpy(cheat->secrets->hello2[1].public_key, victim->secrets->hello2[0].public_key,
           KP_POINT_BYTES);
    hello1_anew(&play);
    CU_ASSERT_FATAL(kp_round_next(cheat, &hello));
    CU_ASSERT_EQUAL(play_offer(&play, 1, &hello, NULL), KP_OK);
    CU_ASSERT_FATAL(kp_round_next(victim, &hello));
    CU_ASSERT_EQUAL(play_offer(&play, 2, &hello, NULL), KP_OK);
    memcpy(cheat->secrets->hello2[1].proof, victim->secrets->hello2[0].proof, KP_SCHNORR_BYTES);
    hello2_anew(&play);
    play_run(&play);
    check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_HELLO2);
    CU_ASSERT_PTR_NOT_NULL(strstr(play.error.text, "doesn't prove that it knows its key"));
    kp_buffer_free(&hello);
    play_free(&play);
}

/* Member 2's key is the negative of member 1's: it can prove that it knows it only here. */
static void keys_that_cancel_out(void)
{
    struct play play;
    start_with_cheat(&play);
    struct kp_round_secrets *secrets = play.round[1]->secrets;
    crypto_core_ristretto255_scalar_negate(secrets->key, play.round[0]->secrets->key);
    CU_ASSERT_EQUAL(kp_points_multiply_base(secrets->hello2[1].public_key, secrets->key, 1), KP_OK);
    hello1_anew(&play);
    play_run(&play);
    CU_ASSERT_EQUAL(kp_round_phase(play.round[0]), KP_PHASE_ENDED);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_DISAGREEMENT);
    play_free(&play);
}

static void wrong_evaluation(void)
{
    struct play play;
    start_with_cheat(&play);
    play_relay(&play);
    CU_ASSERT_EQUAL_FATAL(kp_round_phase(play.round[1]), KP_PHASE_EVALUATE);
    kp_scalar_random(play.round[1]->secrets->key); /* another one than it proved to know */
    play_run(&play);
    check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_EVALUATE);
    play_free(&play);
}

static void points_that_were_not_committed_to(void)
{
    struct play play;
    start_with_cheat(&play);
    uint8_t uniform[64];
    randombytes_buf(uniform, sizeof(uniform));
    kp_points_from_uniform(play.round[1]->slots.points, uniform, 1);
    play_run(&play);
    CU_ASSERT_EQUAL(play.told_by, 1);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_REFUSED);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 2);
    play_free(&play);
}

/* The list is what was committed to, and holds the identity or what is no point at all. */
static void points_that_must_be_refused(void)
{
    for (int value = 0; value <= 0xff; value += 0xff) {
        struct play play;
        start_with_cheat(&play);
        struct kp_round *cheat = play.round[1];
        memset(cheat->slots.points, value, KP_POINT_BYTES);
        kp_transcript_points_leaf(cheat->chunk_leaves, play.fixture.agreement->lineage, 0,
                                  cheat->slots.points, 2);
        kp_merkle_root(cheat->hello2[1].points_root, cheat->chunk_leaves, 1);
        hello1_anew(&play);
        play_run(&play);
        CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_REFUSED);
        CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 2);
        CU_ASSERT_PTR_NULL(play.release[0]);
        play_free(&play);
    }
}

static void exchange_key_of_small_order(void)
{
    struct play play;
    start_with_cheat(&play);
    memset(play.round[1]->hello1[1].exchange_key, 0, KP_PAIR_PUBLIC_BYTES);
    hello1_anew(&play);
    play_run(&play);
    check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_HELLO1);
    play_free(&play);
}

static void hello_for_another_counter(void)
{
    struct play play;
    start_with_cheat(&play);
    play.round[1]->hello1[1].counter = 2;
    hello1_anew(&play);
    play_run(&play);
    check_blamed(&play, KP_ABORT_REFUSED, KP_PHASE_HELLO1);
    play_free(&play);
}

static void other_first_hellos(void)
{
    struct play play;
    start_with_cheat(&play);
    struct kp_buffer packed = {0};
    for (uint32_t i = 0; i < 2; i++) {
        CU_ASSERT_FATAL(kp_round_next(play.round[i], &packed));
        CU_ASSERT_EQUAL(play_offer(&play, 2 - i, &packed, NULL), KP_OK);
    }
    play.round[1]->hello2[1].hellos[0] ^= 1;
    hello2_anew(&play);
    play_run(&play);
    /* Nobody is blamed for it: member 1 says that it doesn't agree. */
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).reason, KP_ABORT_DISAGREEMENT);
    CU_ASSERT_EQUAL(kp_round_ended(play.round[0]).members, 1);
    CU_ASSERT_EQUAL(play.told_by, 1);
    kp_buffer_free(&packed);
    play_free(&play);
}

/* ---- READYs ---- */

/* Member 2's READY says something else, well signed. */
static void ready_anew(struct play *play, struct kp_buffer *packed,
                       void (*change)(struct kp_ready *ready))
{
    const struct kp_agreement *agreement = play->fixture.agreement;
    struct kp_ready ready;
    struct kp_round_message message = {.type = KP_MESSAGE_READY, .from = 2, .to = KP_PARTY_ALL};
    const struct kp_buffer *own = &play->release[1]->own_ready;
    CU_ASSERT_EQUAL_FATAL(kp_transcript_check_ready(&ready, message.attempt, agreement, 2,
                                                    own->data, own->size, NULL),
                          KP_OK);
    change(&ready);
    CU_ASSERT_EQUAL(kp_ready_pack(&ready, &message.body, NULL), KP_OK);
    kp_round_message_sign(&message, agreement->lineage, play->fixture.member[1].identity_secret);
    CU_ASSERT_EQUAL(kp_round_message_pack(&message, packed, NULL), KP_OK);
    kp_round_message_free(&message);
}

static void change_g(struct kp_ready *ready)
{
    ready->g_digest[0] ^= 1;
}

static void change_round_id(struct kp_ready *ready)
{
    ready->round_id[0] ^= 1;
}

static void change_root(struct kp_ready *ready)
{
    ready->entries_root[0] ^= 1;
}

/* The content of a READY in another form, well signed. */
static void ready_in_other_forms(void)
{
    struct play play;
    struct kp_buffer packed = {0};
    struct kp_round_message good, message;
    start_with_cheat(&play);
    play_run(&play);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[0]);
    struct kp_buffer *kept = &play.release[0]->ready[1];
    CU_ASSERT_EQUAL_FATAL(kp_round_message_unpack(&good, kept->data, kept->size, NULL), KP_OK);
    for (enum form form = 0; form <= FORMS; form++) {
        message = good;
        message.body = (struct kp_buffer){0};
        if (form < FORMS) {
            form_make(form, &good.body, &message.body);
        } else { /* as it was */
            CU_ASSERT_EQUAL(kp_buffer_set(&message.body, good.body.data, good.body.size), KP_OK);
        }
        kp_round_message_sign(&message, play.fixture.agreement->lineage, secret_of(&play, 2));
        CU_ASSERT_EQUAL(kp_round_message_pack(&message, &packed, NULL), KP_OK);
        kp_buffer_free(kept);
        CU_ASSERT_EQUAL(play_offer(&play, 1, &packed, NULL), form < FORMS ? KP_REFUSED : KP_OK);
        kp_round_message_free(&message);
    }
    kp_round_message_free(&good);
    kp_buffer_free(&packed);
    play_free(&play);
}

/* Member 2's own READY: signed, and not counted before it came back as it is. */
static void own_ready_counts_when_it_came_back(void)
{
    struct play play;
    struct kp_buffer packed = {0};
    start_with_cheat(&play);
    play_run(&play);
    struct kp_release *release = play.release[1];
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    CU_ASSERT(kp_release_complete(release, play.fixture.agreement));
    kp_buffer_free(&release->ready[1]);
    CU_ASSERT(!kp_release_complete(release, play.fixture.agreement));
    CU_ASSERT_EQUAL(kp_release_check(release, play.fixture.agreement, NULL), KP_REFUSED);

    /* Another one, even of its own key; and the same one in another form. */
    static void (*const CHANGES[])(struct kp_ready *) = {change_g, change_round_id, change_root};
    for (size_t i = 0; i < 3; i++) {
        ready_anew(&play, &packed, CHANGES[i]);
        CU_ASSERT_EQUAL(play_offer(&play, 2, &packed, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(release->ready[1].size, 0);
    }
    for (enum form form = 0; form < FORMS; form++) {
        form_make(form, &release->own_ready, &packed);
        CU_ASSERT_EQUAL(play_offer(&play, 2, &packed, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(release->ready[1].size, 0);
    }
    CU_ASSERT_EQUAL(play_offer(&play, 2, &release->own_ready, NULL), KP_OK);
    CU_ASSERT_EQUAL(play_offer(&play, 2, &release->own_ready, NULL), KP_REFUSED);
    CU_ASSERT(kp_release_complete(release, play.fixture.agreement));
    CU_ASSERT_EQUAL(kp_release_check(release, play.fixture.agreement, NULL), KP_OK);
    kp_buffer_free(&packed);
    play_free(&play);
}

static void work_all(struct kp_round *round)
{
    bool more = true;
    while (more) {
        CU_ASSERT_EQUAL(kp_round_work(round, &more, NULL), KP_OK);
    }
}

/* The others' READYs come while the own release isn't taken yet: before it is prepared, and after.
 */
static void readys_before_the_release_is_taken(void)
{
    struct play play;
    play_start(&play, &(struct fixture_settings){.members = 3, .slots = 2});
    play_relay(&play);
    for (uint32_t i = 0; i < 2; i++) { /* answers, and what they are answered with */
        for (uint32_t member = 0; member < 3; member++) {
            if (i == 0 || member > 0) {
                work_all(play.round[member]);
            }
        }
        play_relay(&play);
    }
    CU_ASSERT_EQUAL_FATAL(kp_round_phase(play.round[0]), KP_PHASE_EVALUATE);
    for (uint32_t member = 2; member <= 3; member++) {
        struct kp_release *release = kp_round_take_release(play.round[member - 1]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(release);
        play.release[member - 1] = release;
        CU_ASSERT_EQUAL(play_offer(&play, 1, &release->own_ready, NULL), KP_OK);
        work_all(play.round[0]); /* READY from the second time on */
        CU_ASSERT_EQUAL(play_offer(&play, 1, &release->own_ready, NULL), KP_REFUSED);
        CU_ASSERT_EQUAL(kp_round_phase(play.round[0]), KP_PHASE_READY);
    }
    struct kp_release *release = kp_round_take_release(play.round[0]);
    CU_ASSERT_PTR_NOT_NULL_FATAL(release);
    CU_ASSERT_EQUAL(play_offer(&play, 1, &play.release[1]->own_ready, NULL), KP_REFUSED);
    play.release[0] = release;
    CU_ASSERT_EQUAL(release->ready[0].size, 0);
    CU_ASSERT(release->ready[1].size > 0 && release->ready[2].size > 0);
    CU_ASSERT_EQUAL(play_offer(&play, 1, &release->own_ready, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_release_check(release, play.fixture.agreement, NULL), KP_OK);
    play_free(&play);
}

static void change_counter(struct kp_ready *ready)
{
    ready->counter++;
}

static void change_entries(struct kp_ready *ready)
{
    ready->entries++;
}

static void readys_that_disagree(void)
{
    static void (*const CHANGES[])(struct kp_ready *) = {change_g, change_round_id, change_counter,
                                                         change_entries};
    struct play play;
    struct kp_buffer packed = {0};
    start_with_cheat(&play);
    play_run(&play);
    CU_ASSERT_PTR_NOT_NULL_FATAL(play.release[0]);
    struct kp_release *release = play.release[0];
    for (size_t i = 0; i < 4; i++) {
        ready_anew(&play, &packed, CHANGES[i]);
        CU_ASSERT_EQUAL(play_offer(&play, 1, &packed, NULL), KP_REFUSED); /* a second one */
        kp_buffer_free(&release->ready[1]);
        CU_ASSERT(!kp_release_complete(release, play.fixture.agreement));
        CU_ASSERT_EQUAL(kp_release_check(release, play.fixture.agreement, NULL), KP_REFUSED);
        /* Another g or round only shows when all are there; the rest at once. */
        enum kp_status taken = play_offer(&play, 1, &packed, NULL);
        CU_ASSERT_EQUAL(taken, i < 2 ? KP_OK : KP_REFUSED);
        CU_ASSERT_EQUAL(kp_release_check(release, play.fixture.agreement, NULL), KP_REFUSED);
    }
    kp_buffer_free(&packed);
    play_free(&play);
}

static const struct unit_test TESTS[] = {
    {"whole rounds of 2 to 12 members", whole_rounds},
    {"more than one chunk", more_than_one_chunk},
    {"undisclosed fields stay commitments", undisclosed_fields_stay_commitments},
    {"release messages carry it all", release_messages_carry_it_all},
    {"messages out of phase", messages_out_of_phase},
    {"tampered messages", tampered_messages},
    {"replayed messages", replayed_messages},
    {"reflected messages", reflected_messages},
    {"other forms of messages", other_forms_of_messages},
    {"messages to the wrong place", messages_to_the_wrong_place},
    {"messages that don't open", messages_that_do_not_open},
    {"messages of another attempt", messages_of_another_attempt},
    {"hello 2 that was not committed to", hello2_that_was_not_committed_to},
    {"another key than committed to", another_key_than_committed_to},
    {"identity as key", identity_as_key},
    {"copied proof of possession", copied_proof_of_possession},
    {"keys that cancel out", keys_that_cancel_out},
    {"wrong evaluation", wrong_evaluation},
    {"points that were not committed to", points_that_were_not_committed_to},
    {"points that must be refused", points_that_must_be_refused},
    {"exchange key of small order", exchange_key_of_small_order},
    {"hello for another counter", hello_for_another_counter},
    {"other first hellos", other_first_hellos},
    {"READY in other forms", ready_in_other_forms},
    {"the own READY counts when it came back", own_ready_counts_when_it_came_back},
    {"READYs before the release is taken", readys_before_the_release_is_taken},
    {"READYs that disagree", readys_that_disagree},
};

UNIT_MAIN("round", TESTS)
