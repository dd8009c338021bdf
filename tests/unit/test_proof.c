/* proto/proof.h, and whole exports in memory. */
#include "proto/export.h"
#include "proto/proof.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <sodium.h>

static void fill(struct kp_buffer *buffer, size_t size)
{
    buffer->size = 0;
    CU_ASSERT_PTR_NOT_NULL_FATAL(kp_buffer_extend(buffer, size));
    randombytes_buf(buffer->data, size);
}

static bool same(const struct kp_buffer *left, const struct kp_buffer *right)
{
    return left->size == right->size &&
           (left->size == 0 || memcmp(left->data, right->data, left->size) == 0);
}

/* ---- records ---- */

static enum kp_status parse_record(const uint8_t *bytes, size_t size)
{
    struct kp_proof_record record;
    enum kp_status status = kp_proof_record_unpack(&record, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || record.entry.size > 0);
    kp_proof_record_free(&record);
    return status;
}

static enum kp_status pack_record(struct kp_proof_record *record, struct kp_buffer *packed)
{
    return kp_proof_record_pack(record, packed, NULL) == KP_OK
               ? parse_record(packed->data, packed->size)
               : KP_FAILED;
}

static void records(void)
{
    struct kp_proof_record record = {.position = KP_SLOTS_MAX - 1}, back;
    struct kp_buffer packed = {0};
    fill(&record.entry, 60);
    fill(&record.entry_path, 64);
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_OK);
    record.has_leaf = true;
    randombytes_buf(record.leaf, sizeof(record.leaf));
    fill(&record.leaf_path, 32);
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_OK);
    CU_ASSERT_EQUAL(kp_proof_record_unpack(&back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT(same(&record.entry, &back.entry) && same(&record.entry_path, &back.entry_path));
    CU_ASSERT(same(&record.leaf_path, &back.leaf_path) && back.has_leaf);
    CU_ASSERT(memcmp(back.leaf, record.leaf, sizeof(back.leaf)) == 0);
    CU_ASSERT_EQUAL(back.position, record.position);
    tamper_all(parse_record, packed.data, packed.size);
    kp_proof_record_free(&back);

    record.position = KP_SLOTS_MAX;
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_REFUSED);
    record.position = 0;
    fill(&record.entry_path, 33);
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_REFUSED);
    fill(&record.entry_path, KP_PROOF_PATH_MAX + 32);
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_REFUSED);
    record.entry_path.size = 0;
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_OK);
    fill(&record.entry, KP_PROOF_ENTRY_MAX + 1);
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_REFUSED);
    record.entry.size = 0;
    CU_ASSERT_EQUAL(pack_record(&record, &packed), KP_REFUSED);
    kp_proof_record_free(&record);
    kp_buffer_free(&packed);
}

/* ---- openings ---- */

static enum kp_status parse_opening(const uint8_t *bytes, size_t size)
{
    struct kp_proof_opening opening;
    enum kp_status status = kp_proof_opening_unpack(&opening, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || opening.index < opening.count);
    kp_proof_opening_free(&opening);
    return status;
}

static void openings(void)
{
    struct kp_proof_opening opening = {.index = 2, .count = 3}, back;
    struct kp_buffer packed = {0};
    fill(&opening.entry, 80);
    fill(&opening.path, 32);
    CU_ASSERT_EQUAL(kp_proof_opening_pack(&opening, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_proof_opening_unpack(&back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT(same(&opening.entry, &back.entry) && same(&opening.path, &back.path));
    CU_ASSERT(back.index == 2 && back.count == 3);
    tamper_all(parse_opening, packed.data, packed.size);
    kp_proof_opening_free(&back);
    opening.index = 3;
    CU_ASSERT_EQUAL(kp_proof_opening_pack(&opening, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_opening(packed.data, packed.size), KP_REFUSED);
    opening.index = 0;
    fill(&opening.entry, KP_AUDIT_ENTRY_MAX + 1);
    CU_ASSERT_EQUAL(kp_proof_opening_pack(&opening, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_opening(packed.data, packed.size), KP_REFUSED);
    kp_proof_opening_free(&opening);
    kp_buffer_free(&packed);
}

/* ---- verdicts ---- */

static enum kp_status parse_verdict(const uint8_t *bytes, size_t size)
{
    struct kp_proof_verdict verdict;
    enum kp_status status = kp_proof_verdict_unpack(&verdict, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || strcmp(kp_fault_text(verdict.kind), "unknown fault") != 0);
    return status;
}

/* Who can be named by each kind: a member, two, none; the coordinator; a holder. */
static void verdicts(void)
{
    for (unsigned kind = 1; kind < KP_FAULT_KINDS; kind++) {
        for (unsigned who = 0; who < 3 * 2 * 4; who++) {
            static const uint32_t members[] = {0, 1u << 31, 5};
            struct kp_proof_verdict verdict = {.kind = (enum kp_fault_kind)kind,
                                               .counter = KP_ROUNDS_MAX,
                                               .members = members[who % 3],
                                               .coordinator = who / 3 % 2 == 1,
                                               .holder = who / 6,
                                               .phase = KP_PHASE_ENDED,
                                               .position = 7,
                                               .before = 6,
                                               .about = 32};
            struct kp_proof_verdict back;
            struct kp_buffer packed = {0};
            bool one = who % 3 == 1, none = who % 3 == 0;
            bool can = kind <= 6   ? one && !verdict.coordinator && who / 6 == 0
                       : kind == 7 ? none && !verdict.coordinator && (who / 6 == 1 || who / 6 == 2)
                       : kind == 8 ? verdict.coordinator && who / 6 == 0
                       : kind == 9 || kind == 10 ? none && verdict.coordinator && who / 6 == 0
                                                 : one && verdict.coordinator && who / 6 == 0;
            randombytes_buf(verdict.attempt, sizeof(verdict.attempt));
            CU_ASSERT_EQUAL(kp_proof_verdict_pack(&verdict, &packed, NULL),
                            can ? KP_OK : KP_REFUSED);
            if (can) {
                CU_ASSERT_EQUAL(kp_proof_verdict_unpack(&back, packed.data, packed.size, NULL),
                                KP_OK);
                CU_ASSERT(back.kind == verdict.kind && back.members == verdict.members &&
                          back.coordinator == verdict.coordinator &&
                          back.holder == verdict.holder && back.phase == verdict.phase &&
                          back.position == 7 && back.before == 6 && back.about == 32 &&
                          back.counter == verdict.counter &&
                          memcmp(back.attempt, verdict.attempt, sizeof(back.attempt)) == 0);
                tamper_all(parse_verdict, packed.data, packed.size);
            }
            kp_buffer_free(&packed);
        }
    }
}

/* ---- items of results ---- */

static enum kp_status parse_result(const uint8_t *bytes, size_t size)
{
    struct kp_proof_result result;
    enum kp_status status = kp_proof_result_unpack(&result, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || (result.index < result.count && result.key.size > 0));
    kp_proof_result_free(&result);
    return status;
}

static void results(void)
{
    struct kp_proof_result result = {.index = 0, .count = 1}, back;
    struct kp_buffer packed = {0};
    fill(&result.key, KP_PROOF_RESULT_KEY_MAX);
    fill(&result.value, 50);
    CU_ASSERT_EQUAL(kp_proof_result_pack(&result, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_proof_result_unpack(&back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT(same(&result.key, &back.key) && same(&result.value, &back.value));
    tamper_all(parse_result, packed.data, packed.size);
    kp_proof_result_free(&back);
    fill(&result.key, KP_PROOF_RESULT_KEY_MAX + 1);
    CU_ASSERT_EQUAL(kp_proof_result_pack(&result, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_result(packed.data, packed.size), KP_REFUSED);
    kp_proof_result_free(&result);
    kp_buffer_free(&packed);
}

/* ---- partial openings ---- */

static enum kp_status parse_partials(const uint8_t *bytes, size_t size)
{
    struct kp_partials partials;
    enum kp_status status = kp_partials_unpack(&partials, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || (partials.counter >= 1 && partials.counter <= KP_ROUNDS_MAX));
    kp_partials_free(&partials);
    return status;
}

static void partials(void)
{
    struct kp_partial_match matches[2];
    struct kp_partials sent = {.counter = 3, .matches = matches, .match_count = 2, .count = 9},
                       back;
    struct kp_buffer packed = {0};
    randombytes_buf(matches, sizeof(matches));
    for (uint32_t i = 0; i < 2; i++) {
        matches[i].number = 4 + i;
        matches[i].record_count = 2;
        matches[i].records[0].member = 1;
        matches[i].records[1].member = 32;
        matches[i].index = i;
        matches[i].path_size = 32 * i;
    }
    fill(&sent.entry, 90);
    CU_ASSERT_EQUAL(kp_partials_pack(&sent, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_partials(packed.data, packed.size), KP_REFUSED); /* no RESULT */
    fill(&sent.result, 60);
    CU_ASSERT_EQUAL(kp_partials_pack(&sent, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_partials_unpack(&back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT(back.match_count == 2 && back.count == 9 && same(&back.entry, &sent.entry));
    CU_ASSERT(same(&back.result, &sent.result));
    CU_ASSERT(memcmp(back.matches[1].records[1].partial, matches[1].records[1].partial,
                     KP_PARTIAL_BYTES) == 0);
    CU_ASSERT(memcmp(back.matches[1].path, matches[1].path, 32) == 0);
    CU_ASSERT(back.matches[0].number == 4 && back.matches[1].records[1].member == 32);
    tamper_all(parse_partials, packed.data, packed.size);
    kp_partials_free(&back);
    matches[1].number = 4; /* not rising */
    CU_ASSERT_EQUAL(kp_partials_pack(&sent, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_partials(packed.data, packed.size), KP_REFUSED);
    matches[1].number = 5;
    matches[1].records[1].member = 1;
    CU_ASSERT_EQUAL(kp_partials_pack(&sent, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_partials(packed.data, packed.size), KP_REFUSED);
    matches[1].records[1].member = 33;
    CU_ASSERT_EQUAL(kp_partials_pack(&sent, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_partials(packed.data, packed.size), KP_REFUSED);
    kp_buffer_free(&sent.entry);
    kp_buffer_free(&sent.result);
    kp_buffer_free(&packed);
}

/* ---- picks ---- */

static enum kp_status parse_pick(const uint8_t *bytes, size_t size)
{
    struct kp_pick pick;
    enum kp_status status = kp_pick_unpack(&pick, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || (pick.leaf.index < KP_SLOTS_MAX && pick.kind >= KP_PICK_SIGNAL));
    kp_pick_free(&pick);
    return status;
}

static void picks(void)
{
    struct kp_pick_signal signals[2] = {
        {.indicator = "many", .observed_on = 20260102, .registered_at = 5, .grounds = "because"},
        {.indicator = "few"}};
    struct kp_pick pick = {.kind = KP_PICK_WITHDRAWN, .position = 9}, back;
    struct kp_buffer packed = {0};
    randombytes_buf(&pick.leaf, sizeof(pick.leaf));
    pick.leaf.index = 12;
    randombytes_buf(pick.output, sizeof(pick.output));
    fill(&pick.leaf_path, 64);
    fill(&pick.entry, 40);
    fill(&pick.entry_path, 32);
    pick.signals = signals;
    pick.signal_count = 2;
    CU_ASSERT_EQUAL(kp_pick_pack(&pick, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_pick_unpack(&back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT(memcmp(&back.leaf, &pick.leaf, sizeof(pick.leaf)) == 0);
    CU_ASSERT(memcmp(back.output, pick.output, sizeof(pick.output)) == 0);
    CU_ASSERT(back.signal_count == 2 && strcmp(back.signals[1].indicator, "few") == 0);
    CU_ASSERT(back.position == 9 && back.kind == KP_PICK_WITHDRAWN);
    kp_pick_free(&back);
    tamper_all(parse_pick, packed.data, packed.size);
    pick.kind = KP_PICK_KINDS;
    CU_ASSERT_EQUAL(kp_pick_pack(&pick, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_pick(packed.data, packed.size), KP_REFUSED);
    kp_buffer_free(&pick.leaf_path);
    kp_buffer_free(&pick.entry);
    kp_buffer_free(&pick.entry_path);
    kp_buffer_free(&packed);
}

/* ---- exports in memory ---- */

static enum kp_status parse_export(const uint8_t *bytes, size_t size)
{
    struct kp_export_header header;
    struct kp_export_item *items = NULL;
    size_t count = 0;
    enum kp_status status = kp_export_read_bytes(&header, &items, &count, bytes, size, NULL);
    CU_ASSERT(status != KP_OK || count == header.items);
    kp_export_items_free(items, count);
    return status;
}

static void exports(void)
{
    const char *path = scratch("file");
    struct kp_export_header header = {.kind = KP_EXPORT_EVIDENCE, .party = 3, .counter = 2};
    struct kp_export_item items[2] = {{.kind = KP_EXPORT_RECORD, .member = 1},
                                      {.kind = KP_EXPORT_PICK, .member = 2, .part = 1}};
    struct kp_buffer bytes = {0};
    fill(&items[0].content, 30);
    CU_ASSERT_EQUAL(kp_export_write_bytes(&bytes, &header, items, 2, NULL), KP_OK);
    tamper_all(parse_export, bytes.data, bytes.size);

    /* What is written in memory is what a file has. */
    struct kp_export_header back;
    struct kp_export_reader *reader = NULL;
    struct kp_export_item item = {0};
    bool end = false;
    CU_ASSERT_EQUAL(kp_export_write(path, &header, items, 2, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_export_write(path, &header, items, 2, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL_FATAL(kp_export_open(&reader, path, &back, NULL), KP_OK);
    CU_ASSERT(back.kind == KP_EXPORT_EVIDENCE && back.items == 2 && back.counter == 2);
    CU_ASSERT_EQUAL(kp_export_next(reader, &item, &end, NULL), KP_OK);
    CU_ASSERT(!end && item.kind == KP_EXPORT_RECORD && same(&item.content, &items[0].content));
    kp_export_reader_free(reader);
    FILE *file = fopen(path, "rb");
    uint8_t *read = malloc(bytes.size + 1);
    CU_ASSERT_FATAL(file != NULL && read != NULL);
    CU_ASSERT_EQUAL(fread(read, 1, bytes.size + 1, file), bytes.size);
    CU_ASSERT(memcmp(read, bytes.data, bytes.size) == 0);
    (void)fclose(file);
    free(read);
    kp_export_item_free(&item);
    kp_export_item_free(&items[0]);
    kp_buffer_free(&bytes);
}

static const struct unit_test TESTS[] = {
    {"records", records},   {"openings", openings}, {"verdicts", verdicts}, {"results", results},
    {"partials", partials}, {"picks", picks},       {"exports", exports},
};

UNIT_MAIN("proof", TESTS)
