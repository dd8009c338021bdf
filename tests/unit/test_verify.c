/* proto/verify.h: what holds is found to hold, and every change of it is found. */
#include "proto/commands/verify_files.h"
#include "proto/decision.h"
#include "proto/verify_internal.h"
#include "tests/unit/evidence_make.h"
#include "tests/unit/mutate.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- a lineage with two rounds ---- */

struct stage {
    enum kp_export_kind kind; /* of what is changed */
    struct fixture fixture;
    struct kp_verify_versions versions;
    struct evidence_round first, second;
};

static void third_on_request(struct kp_agreement *draft, void *context)
{
    (void)context;
    draft->members[2].role = KP_ROLE_ON_REQUEST;
}

static void set_up(struct stage *stage, bool on_request, uint32_t slots)
{
    const struct fixture_settings settings = {.slots = slots,
                                              .rotation = slots > 8 ? 20 : 2,
                                              .change = on_request ? third_on_request : NULL};
    memset(stage, 0, sizeof(*stage));
    stage->kind = KP_EXPORT_ROUND;
    fixture_make(&stage->fixture, &settings);
    struct kp_buffer *bytes = &stage->fixture.bytes, decision = {0};
    CU_ASSERT_EQUAL_FATAL(kp_verify_versions_add(&stage->versions, bytes->data, bytes->size, NULL),
                          KP_OK);
    for (uint32_t member = 1; member <= 3; member++) {
        fixture_decide(&stage->fixture, stage->fixture.agreement, member, KP_DECISION_ACCEPT,
                       FIXTURE_START, &decision);
        CU_ASSERT_EQUAL_FATAL(
            kp_verify_versions_add(&stage->versions, decision.data, decision.size, NULL), KP_OK);
    }
    kp_buffer_free(&decision);
    stage->first.fixture = stage->second.fixture = &stage->fixture;
}

static void play(struct stage *stage)
{
    evidence_make(&stage->first, NULL);
    evidence_make(&stage->second, &stage->first);
}

static void tear_down(struct stage *stage)
{
    evidence_free(&stage->first);
    evidence_free(&stage->second);
    kp_verify_versions_free(&stage->versions);
    fixture_free(&stage->fixture);
}

static void verify(const struct stage *stage, const struct kp_verify_export *export,
                   struct kp_report *report)
{
    struct kp_verify_round *round = NULL;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(kp_verify_round_check(&stage->versions, export, report, &round, &error), KP_OK);
    kp_verify_round_free(round);
}

/* The verdict of a rule by its name. */
static const struct kp_ruling *ruling(const struct kp_report *report, const char *id)
{
    for (size_t i = 0; i < report->count; i++) {
        if (strcmp(report->rules[i].id, id) == 0) {
            return &report->rulings[i];
        }
    }
    CU_FAIL_FATAL("no such rule");
    return NULL;
}

static void expect_all(const struct kp_report *report, size_t unchecked)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->rulings[i].verdict == KP_VERDICT_BROKEN) {
            printf("\n%s: %s: %s", report->rules[i].id, report->rulings[i].record,
                   report->rulings[i].text);
        }
    }
    CU_ASSERT_EQUAL(kp_report_count(report, KP_VERDICT_BROKEN), 0);
    CU_ASSERT_EQUAL(kp_report_count(report, KP_VERDICT_UNCHECKED), unchecked);
}

/* ---- what holds ---- */

static void check_party(const struct stage *stage, const struct evidence_round *round,
                        const struct evidence_round *before, uint32_t party, size_t unchecked)
{
    struct kp_verify_export export;
    struct kp_report report;
    evidence_export(round, before, party, &export);
    verify(stage, &export, &report);
    expect_all(&report, unchecked);
    kp_verify_export_free(&export);
}

static void test_holds(void)
{
    struct stage stage;
    set_up(&stage, false, 8);
    stage.second.claims = true;
    play(&stage);
    for (uint32_t party = 1; party <= 3; party++) {
        check_party(&stage, &stage.first, NULL, party, 0);
        check_party(&stage, &stage.second, &stage.first, party, 0);
    }
    /* The coordinator has no secret parts, lists and evaluations: 12 rules about them. */
    check_party(&stage, &stage.first, NULL, KP_PARTY_COORDINATOR, 12);
    check_party(&stage, &stage.second, &stage.first, KP_PARTY_COORDINATOR, 12);
    tear_down(&stage);
}

static void test_holds_on_request(void)
{
    struct stage stage;
    set_up(&stage, true, 8);
    play(&stage);
    check_party(&stage, &stage.second, &stage.first, 1, 0);
    check_party(&stage, &stage.second, &stage.first, 3, 1); /* it had nothing evaluated */
    tear_down(&stage);
}

static void test_holds_in_chunks(void)
{
    struct stage stage;
    set_up(&stage, false, KP_CHUNK_POINTS + 7);
    play(&stage);
    check_party(&stage, &stage.second, &stage.first, 2, 0);
    tear_down(&stage);
}

/* ---- what somebody did ---- */

/* What `tamper` does to the second round breaks this rule, named after member 2, and no other one
 * but `other` (may be NULL). */
static void expect_broken(void (*tamper)(struct evidence_round *round), const char *id,
                          const char *other)
{
    struct stage stage;
    struct kp_verify_export export;
    struct kp_report report;
    set_up(&stage, false, 8);
    stage.second.tamper = tamper;
    play(&stage);
    evidence_export(&stage.second, &stage.first, 1, &export);
    verify(&stage, &export, &report);
    CU_ASSERT_EQUAL(ruling(&report, id)->verdict, KP_VERDICT_BROKEN);
    CU_ASSERT_PTR_NOT_NULL(strstr(ruling(&report, id)->record, "member 2 (m2)"));
    if (other != NULL) {
        CU_ASSERT_EQUAL(ruling(&report, other)->verdict, KP_VERDICT_BROKEN);
    }
    CU_ASSERT_EQUAL(kp_report_count(&report, KP_VERDICT_BROKEN), other != NULL ? 2 : 1);
    kp_verify_export_free(&export);
    tear_down(&stage);
}

static uint8_t *point_of(struct evidence_round *round, uint32_t member, uint32_t place)
{
    return round->points[member - 1].data + (size_t)place * KP_POINT_BYTES;
}

/* Places 0 and 1 are due at counter 2. */
static void change_early(struct evidence_round *round)
{
    memcpy(point_of(round, 2, 0), round->points[0].data, KP_POINT_BYTES);
    memcpy(point_of(round, 2, 5), round->points[2].data, KP_POINT_BYTES);
}

static void twice(struct evidence_round *round)
{
    memcpy(point_of(round, 2, 1), point_of(round, 2, 0), KP_POINT_BYTES);
}

static void no_point(struct evidence_round *round)
{
    memset(point_of(round, 2, 1), 0xff, KP_POINT_BYTES);
}

static void other_log(struct evidence_round *round)
{
    round->log[0] = (struct kp_audit_head){.sequence = 7, .hash = {7}};
    round->seen[1][0] = (struct kp_audit_head){.sequence = 7, .hash = {8}};
}

static void longer_log(struct evidence_round *round)
{
    round->log[0] = (struct kp_audit_head){.sequence = 7, .hash = {7}};
    round->seen[1][0] = (struct kp_audit_head){.sequence = 8, .hash = {7}};
}

static void test_deeds(void)
{
    expect_broken(change_early, "round.list.due", "round.quota");
    expect_broken(twice, "round.list.distinct", NULL);
    expect_broken(no_point, "round.list.points", NULL);
    expect_broken(other_log, "round.hello2.seen", NULL);
    expect_broken(longer_log, "round.hello2.seen", NULL);
}

/* ---- every change ---- */

static void verify_log(const struct stage *stage, const struct kp_verify_export *export,
                       struct kp_report *report)
{
    struct kp_verify_log *log = NULL;
    CU_ASSERT_EQUAL(kp_verify_log_check(&stage->versions, export, report, &log, NULL), KP_OK);
    kp_verify_log_free(log);
}

/* By way of a file, for that is where papers are told from each other. */
static bool papers_are_sound(const struct kp_verify_export *export)
{
    struct kp_export_header header = export->header;
    struct kp_export_writer *writer = NULL;
    const char *path = scratch("papers");
    const char *paths[] = {path};
    header.items = export->count;
    CU_ASSERT_EQUAL_FATAL(kp_export_create(&writer, path, &header, NULL), KP_OK);
    for (size_t i = 0; i < export->count; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_export_add(writer, &export->items[i], NULL), KP_OK);
    }
    CU_ASSERT_EQUAL_FATAL(kp_export_finish(writer, NULL), KP_OK);
    kp_export_writer_free(writer);
    struct kp_verify_files files = {.at = FIXTURE_START + 1};
    bool sound = kp_verify_files_read(&files, paths, 1, NULL) == KP_OK &&
                 kp_verify_files_check(&files, NULL) == KP_OK &&
                 kp_verify_files_broken(&files) == 0;
    kp_verify_files_free(&files);
    CU_ASSERT_EQUAL(unlink(path), 0);
    return sound;
}

static bool is_found(const struct stage *stage, const struct kp_verify_export *export)
{
    struct kp_report report;
    if (stage->kind == KP_EXPORT_AGREEMENT) {
        return !papers_are_sound(export);
    }
    if (stage->kind == KP_EXPORT_LOG) {
        verify_log(stage, export, &report);
    } else {
        verify(stage, export, &report);
    }
    return kp_report_count(&report, KP_VERDICT_BROKEN) > 0;
}

/* Every change of one item, packed as it stands in a file. What doesn't unpack is found as well. */
static size_t change_item(const struct stage *stage, struct kp_verify_export *export, size_t i)
{
    struct kp_export_item whole = export->items[i];
    struct kp_buffer packed = {0}, changed = {0};
    char what[MUTATE_TEXT];
    size_t number = 0;
    CU_ASSERT_EQUAL_FATAL(kp_export_item_pack(&whole, &packed, NULL), KP_OK);
    while (mutate(&changed, packed.data, packed.size, number, what)) {
        struct kp_export_item item = {0};
        bool found = true;
        if (kp_export_item_unpack(&item, changed.data, changed.size, NULL) == KP_OK) {
            export->items[i] = item;
            found = is_found(stage, export);
            export->items[i] = whole;
        }
        kp_export_item_free(&item);
        if (!found) {
            printf("\nnot found: item %zu (kind %u, member %u), %s", i, (unsigned)whole.kind,
                   whole.member, what);
        }
        CU_ASSERT_TRUE(found);
        number++;
    }
    kp_buffer_free(&packed);
    kp_buffer_free(&changed);
    return number;
}

/* Contents that are no protobuf: a bit in every 16 bytes, a byte more, a byte less. */
static void change_bytes(const struct stage *stage, struct kp_verify_export *export, size_t i)
{
    struct kp_buffer *content = &export->items[i].content;
    for (size_t at = 0; at < content->size; at += 16) {
        content->data[at] ^= 1;
        CU_ASSERT_TRUE(is_found(stage, export));
        content->data[at] ^= 1;
    }
    content->size--;
    CU_ASSERT_TRUE(is_found(stage, export));
    content->size++;
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(content, "\1", 1), KP_OK);
    CU_ASSERT_TRUE(is_found(stage, export));
    content->size--;
}

static void remove_item(const struct stage *stage, struct kp_verify_export *export, size_t i)
{
    struct kp_export_item whole = export->items[i];
    size_t behind = export->count - i - 1;
    memmove(&export->items[i], &export->items[i + 1], behind * sizeof(whole));
    export->count--;
    if (!is_found(stage, export)) {
        printf("\nnot found: item %zu (kind %u, member %u) left out", i, (unsigned)whole.kind,
               whole.member);
        CU_FAIL("not found");
    }
    memmove(&export->items[i + 1], &export->items[i], behind * sizeof(whole));
    export->items[i] = whole;
    export->count++;
}

static void repeat_item(const struct stage *stage, struct kp_verify_export *export, size_t i)
{
    struct kp_export_item *items = export->items;
    struct kp_export_item *longer = calloc(export->count + 1, sizeof(*longer));
    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    memcpy(longer, items, (i + 1) * sizeof(*items));
    memcpy(longer + i + 1, items + i, (export->count - i) * sizeof(*items));
    export->items = longer;
    export->count++;
    CU_ASSERT_TRUE(is_found(stage, export));
    export->items = items;
    export->count--;
    free(longer);
}

static void swap_item(const struct stage *stage, struct kp_verify_export *export, size_t i)
{
    struct kp_export_item first = export->items[i];
    export->items[i] = export->items[i + 1];
    export->items[i + 1] = first;
    CU_ASSERT_TRUE(is_found(stage, export));
    export->items[i + 1] = export->items[i];
    export->items[i] = first;
}

static size_t change_header(const struct stage *stage, struct kp_verify_export *export)
{
    struct kp_export_header whole = export->header;
    struct kp_buffer packed = {0}, changed = {0};
    char what[MUTATE_TEXT];
    size_t number = 0;
    CU_ASSERT_EQUAL_FATAL(kp_export_header_pack(&whole, &packed, NULL), KP_OK);
    while (mutate(&changed, packed.data, packed.size, number++, what)) {
        bool found =
            kp_export_header_unpack(&export->header, changed.data, changed.size, NULL) != KP_OK ||
            export->header.items != whole.items || is_found(stage, export);
        if (!found) {
            printf("\nnot found: header, %s", what);
        }
        CU_ASSERT_TRUE(found);
    }
    export->header = whole;
    kp_buffer_free(&packed);
    kp_buffer_free(&changed);
    return number;
}

static void change_all(const struct stage *stage, struct kp_verify_export *export)
{
    size_t changes = change_header(stage, export);
    CU_ASSERT_FALSE(is_found(stage, export));
    for (size_t i = 0; i < export->count; i++) {
        changes += change_item(stage, export, i);
        change_bytes(stage, export, i);
        remove_item(stage, export, i);
        repeat_item(stage, export, i);
        if (i + 1 < export->count) {
            swap_item(stage, export, i);
        }
    }
    CU_ASSERT_FALSE(is_found(stage, export));
    printf("\n      %zu items, %zu changes of fields ... ", export->count, changes);
}

static void test_changes_at_member(void)
{
    struct stage stage;
    struct kp_verify_export export;
    set_up(&stage, true, 4);
    stage.second.claims = true;
    play(&stage);
    evidence_export(&stage.second, &stage.first, 2, &export);
    change_all(&stage, &export);
    kp_verify_export_free(&export);
    tear_down(&stage);
}

static void test_changes_at_coordinator(void)
{
    struct stage stage;
    struct kp_verify_export export;
    set_up(&stage, false, 4);
    play(&stage);
    evidence_export(&stage.second, &stage.first, KP_PARTY_COORDINATOR, &export);
    change_all(&stage, &export);
    kp_verify_export_free(&export);
    tear_down(&stage);
}

/* ---- logs ---- */

#define ENTRIES 6u

/* What a member would have logged of `round`, by way of the daemons' own functions. Entries before
 * `restored` are lost but for the first two; 0: none are. */
static void make_log(const struct stage *stage, const struct evidence_round *round, uint32_t party,
                     struct kp_verify_export *out)
{
    const struct fixture_member *keys = &stage->fixture.member[party - 1];
    uint8_t sent[3][KP_DIGEST_BYTES];
    const struct kp_buffer *packed[] = {&round->hello1[party - 1], &round->hello2[party - 1],
                                        &round->ready[party - 1]};
    uint32_t other = party == 1 ? 2 : 1;
    for (size_t i = 0; i < 3; i++) {
        kp_audit_message_digest(sent[i], packed[i]->data, packed[i]->size);
    }
    const struct kp_audit_entry notes[ENTRIES] = {
        {.event = KP_AUDIT_STARTED},
        {.event = KP_AUDIT_HELLO1_SENT},
        {.event = KP_AUDIT_HELLO2_SENT},
        {.event = KP_AUDIT_LIST_EVALUATED,
         .member = other,
         .count = round->counter == 1 ? stage->fixture.agreement->slots
                                      : stage->fixture.agreement->rotation},
        {.event = KP_AUDIT_READY_SENT},
        {.event = KP_AUDIT_RELEASED, .count = 4},
    };
    const uint8_t *digests[ENTRIES] = {NULL,    sent[0],
                                       sent[1], round->ready_body.lists[other - 1].points_root,
                                       sent[2], round->round_id};
    memset(out, 0, sizeof(*out));
    out->items = calloc(ENTRIES, sizeof(*out->items));
    CU_ASSERT_PTR_NOT_NULL_FATAL(out->items);
    out->header = (struct kp_export_header){
        .kind = KP_EXPORT_LOG, .party = party, .items = ENTRIES, .has_digest = true};
    memcpy(out->header.lineage, stage->fixture.agreement->lineage, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < ENTRIES; i++) {
        struct kp_audit_entry entry = notes[i];
        entry.sequence = i + 1;
        memcpy(entry.previous, out->header.digest, KP_DIGEST_BYTES);
        entry.time = 1710000000000 + i;
        entry.party = party;
        memcpy(entry.lineage, out->header.lineage, KP_DIGEST_BYTES);
        if (digests[i] != NULL) {
            entry.counter = round->counter;
            entry.has_attempt = entry.has_digest = true;
            memcpy(entry.attempt, round->attempt, KP_ATTEMPT_BYTES);
            memcpy(entry.digest, digests[i], KP_DIGEST_BYTES);
        }
        CU_ASSERT_EQUAL_FATAL(
            kp_audit_entry_sign(&entry, keys->identity_secret, out->header.digest), KP_OK);
        out->items[i].kind = KP_EXPORT_LOG_ENTRY;
        CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&entry, &out->items[i].content, NULL), KP_OK);
        out->count++;
    }
}

static void test_changes_of_log(void)
{
    struct stage stage;
    struct kp_verify_export export;
    struct kp_report report;
    set_up(&stage, true, 4);
    play(&stage);
    make_log(&stage, &stage.first, 2, &export);
    stage.kind = KP_EXPORT_LOG;
    verify_log(&stage, &export, &report);
    expect_all(&report, 0);
    change_all(&stage, &export);
    kp_verify_export_free(&export);
    tear_down(&stage);
}

/* A log that passes over entries says so, and isn't broken. */
static void test_restored_log(void)
{
    struct stage stage;
    struct kp_verify_export export;
    struct kp_report report;
    struct kp_audit_entry last, bridge = {.event = KP_AUDIT_LOG_RESTORED, .has_digest = true};
    set_up(&stage, false, 4);
    play(&stage);
    make_log(&stage, &stage.first, 1, &export);
    struct kp_export_item *item = &export.items[ENTRIES - 1];
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_unpack(&last, item->content.data, item->content.size, NULL), KP_OK);
    bridge.sequence = last.sequence + 10;
    bridge.party = 1;
    memcpy(bridge.lineage, last.lineage, KP_DIGEST_BYTES);
    memset(bridge.previous, 9, KP_DIGEST_BYTES);
    bridge.count = last.sequence - 1;
    memcpy(bridge.digest, last.previous, KP_DIGEST_BYTES);
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_sign(&bridge, stage.fixture.member[0].identity_secret, export.header.digest),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&bridge, &item->content, NULL), KP_OK);
    verify_log(&stage, &export, &report);
    expect_all(&report, 1);
    CU_ASSERT_EQUAL(ruling(&report, "log.whole")->verdict, KP_VERDICT_UNCHECKED);
    bridge.count--;
    CU_ASSERT_EQUAL_FATAL(
        kp_audit_entry_sign(&bridge, stage.fixture.member[0].identity_secret, export.header.digest),
        KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_audit_entry_pack(&bridge, &item->content, NULL), KP_OK);
    verify_log(&stage, &export, &report);
    CU_ASSERT_EQUAL(ruling(&report, "log.chain")->verdict, KP_VERDICT_BROKEN);
    kp_verify_export_free(&export);
    tear_down(&stage);
}

/* ---- papers ---- */

static void test_changes_of_papers(void)
{
    struct stage stage;
    struct kp_verify_export export = {.header = {.kind = KP_EXPORT_AGREEMENT}};
    set_up(&stage, false, 4);
    stage.kind = KP_EXPORT_AGREEMENT;
    memcpy(export.header.lineage, stage.fixture.agreement->lineage, KP_DIGEST_BYTES);
    export.items = calloc(4, sizeof(*export.items));
    CU_ASSERT_PTR_NOT_NULL_FATAL(export.items);
    for (uint32_t i = 0; i < 4; i++) {
        struct kp_buffer *content = &export.items[export.count++].content;
        export.items[i].kind = KP_EXPORT_PAPER;
        if (i == 0) {
            CU_ASSERT_EQUAL_FATAL(
                kp_buffer_set(content, stage.fixture.bytes.data, stage.fixture.bytes.size), KP_OK);
        } else {
            fixture_decide(&stage.fixture, stage.fixture.agreement, i, KP_DECISION_ACCEPT,
                           FIXTURE_START, content);
        }
    }
    export.header.items = export.count;
    CU_ASSERT_FALSE(is_found(&stage, &export));
    size_t changes = change_header(&stage, &export);
    for (size_t i = 0; i < export.count; i++) {
        changes += change_item(&stage, &export, i);
        remove_item(&stage, &export, i);
        repeat_item(&stage, &export, i);
    }
    printf("\n      %zu items, %zu changes of fields ... ", export.count, changes);
    kp_verify_export_free(&export);
    tear_down(&stage);
}

/* ---- files together ---- */

struct together {
    struct stage stage;
    struct kp_verify_export exports[4]; /* both rounds at member 1, the second at 2; log of 2 */
    struct kp_verify_file files[4];
    struct kp_verify_log *log;
    struct kp_verify_round *rounds[3];
};

static void bring_together(struct together *all)
{
    struct stage *stage = &all->stage;
    struct kp_report report;
    evidence_export(&stage->first, NULL, 1, &all->exports[0]);
    evidence_export(&stage->second, &stage->first, 1, &all->exports[1]);
    evidence_export(&stage->second, &stage->first, 2, &all->exports[2]);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL_FATAL(kp_verify_round_check(&stage->versions, &all->exports[i], &report,
                                                    &all->rounds[i], NULL),
                              KP_OK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(all->rounds[i]);
        all->files[i] = (struct kp_verify_file){.name = "round", .round = all->rounds[i]};
    }
    CU_ASSERT_EQUAL_FATAL(
        kp_verify_log_check(&stage->versions, &all->exports[3], &report, &all->log, NULL), KP_OK);
    all->files[3] = (struct kp_verify_file){.name = "log", .log = all->log};
}

static void part(struct together *all)
{
    for (size_t i = 0; i < 4; i++) {
        kp_verify_export_free(&all->exports[i]);
        if (i < 3) {
            kp_verify_round_free(all->rounds[i]);
        }
    }
    kp_verify_log_free(all->log);
    tear_down(&all->stage);
}

static void test_across(void)
{
    struct together all = {0};
    struct kp_report report;
    set_up(&all.stage, true, 4);
    evidence_make(&all.stage.first, NULL);
    make_log(&all.stage, &all.stage.first, 2, &all.exports[3]);
    memcpy(all.stage.second.log[1].hash, all.exports[3].header.digest, KP_DIGEST_BYTES);
    all.stage.second.log[1].sequence = ENTRIES;
    evidence_make(&all.stage.second, &all.stage.first);
    bring_together(&all);

    /* The log ends with the first round, so it doesn't tell of the second. */
    kp_verify_across(all.files, 3, &report);
    expect_all(&report, 5);
    kp_verify_across(all.files, 4, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.head")->verdict, KP_VERDICT_OK);
    CU_ASSERT_EQUAL(ruling(&report, "across.sent")->verdict, KP_VERDICT_BROKEN);
    struct kp_verify_file two[] = {all.files[0], all.files[3]};
    kp_verify_across(two, 2, &report);
    expect_all(&report, 3);

    all.log->count--; /* cut off */
    kp_verify_across(all.files, 4, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.head")->verdict, KP_VERDICT_BROKEN);
    kp_verify_across(two, 2, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.released")->verdict, KP_VERDICT_BROKEN);
    all.log->count++;
    all.log->entries[3].count--;
    kp_verify_across(two, 2, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.evaluated")->verdict, KP_VERDICT_BROKEN);
    all.log->lost = 1; /* then it may have told */
    kp_verify_across(two, 2, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.evaluated")->verdict, KP_VERDICT_UNCHECKED);
    all.log->lost = 0;
    all.rounds[1]->hello2[0].data[20] ^= 1;
    kp_verify_across(all.files, 3, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.round")->verdict, KP_VERDICT_BROKEN);
    all.rounds[0]->ready[1].data[20] ^= 1;
    kp_verify_across(all.files, 3, &report);
    CU_ASSERT_EQUAL(ruling(&report, "across.next")->verdict, KP_VERDICT_BROKEN);
    part(&all);
}

static const struct unit_test tests[] = {
    {"a round that holds, at every member and the coordinator", test_holds},
    {"a member that answers on request", test_holds_on_request},
    {"lists of more than one chunk", test_holds_in_chunks},
    {"what a member did wrong is found, and named", test_deeds},
    {"every change of a member's export of a round", test_changes_at_member},
    {"every change of the coordinator's export of a round", test_changes_at_coordinator},
    {"every change of a log", test_changes_of_log},
    {"a log that goes on after entries were lost", test_restored_log},
    {"every change of papers", test_changes_of_papers},
    {"files against each other", test_across},
};

UNIT_MAIN("verify", tests)
