/* Makes the corpora: `fuzz_seeds FOLDER` writes FOLDER/TARGET/NAME, each something that is valid,
 * by our own packing. They are in the tree; this is for when a message changes. */
#include "crypto/merkle.h"
#include "proto/audit_log.h"
#include "proto/canary_notice.h"
#include "proto/case.h"
#include "proto/control.h"
#include "proto/export.h"
#include "proto/key_file.h"
#include "proto/letter.h"
#include "proto/proof.h"
#include "proto/record.h"
#include "proto/round_message.h"
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/seed_bag.h"
#include "tests/fuzz/seed_tables.h"
#include "tests/unit/audit_make.h"
#include "tests/unit/evidence_make.h"
#include "tests/unit/fixture.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/unit.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *root;

static void write_bytes(const char *target, const char *name, const void *bytes, size_t size)
{
    char path[1024];
    (void)snprintf(path, sizeof(path), "%s/%s", root, target);
    FUZZ_CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof(path), "%s/%s/%s", root, target, name);
    FILE *file = fopen(path, "wb");
    FUZZ_CHECK(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static void write_buffer(const char *target, const char *name, struct kp_buffer *buffer,
                         enum kp_status packed)
{
    FUZZ_CHECK(packed == KP_OK);
    write_bytes(target, name, buffer->data, buffer->size);
    kp_buffer_free(buffer);
}

static void write_text(const char *target, const char *name, const char *text)
{
    write_bytes(target, name, text, strlen(text));
}

static void fill(void *bytes, size_t size)
{
    randombytes_buf(bytes, size);
}

static void fill_buffer(struct kp_buffer *buffer, size_t size)
{
    uint8_t *added = kp_buffer_extend(buffer, size);
    FUZZ_CHECK(added != NULL);
    fill(added, size);
}

/* ---- a round's messages ---- */

static void seed_round_messages(void)
{
    struct kp_buffer packed = {0};
    struct kp_round_message message = {.type = KP_MESSAGE_HELLO1, .from = 1, .to = KP_PARTY_ALL};
    fill(message.attempt, sizeof(message.attempt));
    fill_buffer(&message.body, 20);
    message.has_signature = true;
    fill(message.signature, sizeof(message.signature));
    write_buffer("round_message", "signed", &packed,
                 kp_round_message_pack(&message, &packed, NULL));
    message = (struct kp_round_message){
        .type = KP_MESSAGE_POINTS, .from = 32, .to = 2, .part = 70, .body = message.body};
    write_buffer("round_message", "sealed", &packed,
                 kp_round_message_pack(&message, &packed, NULL));
    kp_round_message_free(&message);
    message.type = KP_MESSAGE_COMPLETE;
    message.from = 0;
    write_buffer("round_message", "complete", &packed,
                 kp_round_message_pack(&message, &packed, NULL));
}

static void seed_recovery(void)
{
    struct kp_buffer packed = {0};
    struct kp_recover recover = {.counter = 7};
    struct kp_recovered header = {.asked_counter = 6, .own_counter = 5}, points = {0};
    fill(recover.nonce, sizeof(recover.nonce));
    write_buffer("recover", "recover", &packed, kp_recover_pack(&recover, &packed, NULL));
    fill_buffer(&header.hello2, 40);
    write_buffer("recovered", "header", &packed, kp_recovered_pack(&header, &packed, NULL));
    kp_recovered_free(&header);
    fill_buffer(&points.points, 64);
    write_buffer("recovered", "points", &packed, kp_recovered_pack(&points, &packed, NULL));
    kp_recovered_free(&points);
}

static void seed_hellos(void)
{
    struct kp_buffer packed = {0};
    struct kp_start start = {.counter = 2, .round_type = KP_ROUND_MATCH, .phase_seconds = 60};
    struct kp_hello1 hello1 = {.counter = 1000, .round_type = KP_ROUND_MATCH};
    struct kp_hello2 hello2;
    struct kp_hello2_secret secret;
    write_buffer("start", "first", &packed, kp_start_pack(&start, &packed, NULL));
    start.release_proof_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        fill_buffer(&start.release_proof[i], 10 + i);
    }
    fill(start.agreement, sizeof(start.agreement));
    write_buffer("start", "later", &packed, kp_start_pack(&start, &packed, NULL));
    kp_start_free(&start);
    fill(hello1.nonce, sizeof(hello1.nonce));
    fill(hello1.exchange_key, sizeof(hello1.exchange_key));
    fill(hello1.commitment, sizeof(hello1.commitment));
    write_buffer("hello1", "hello1", &packed, kp_hello1_pack(&hello1, &packed, NULL));
    hello1.preshared = 6;
    hello1.claim_count = 2;
    fill_buffer(&hello1.claims[0], 30);
    fill_buffer(&hello1.claims[1], 9);
    write_buffer("hello1", "claims", &packed, kp_hello1_pack(&hello1, &packed, NULL));
    kp_hello1_free(&hello1);
    fill(&hello2, sizeof(hello2));
    hello2.counter = 4;
    hello2.seen_count = 3;
    write_buffer("hello2", "hello2", &packed, kp_hello2_pack(&hello2, &packed, NULL));
    hello2.time = 0;
    write_buffer("hello2", "no_time", &packed, kp_hello2_pack(&hello2, &packed, NULL));
    fill(&secret, sizeof(secret));
    write_buffer("hello2_secret", "secret", &packed, kp_hello2_secret_pack(&secret, &packed, NULL));
}

static void seed_chunks(void)
{
    struct kp_buffer packed = {0};
    uint8_t points[FUZZ_POINTS * KP_POINT_BYTES], uniform[FUZZ_POINTS * 64], rest[FUZZ_PATH];
    uint8_t run[FUZZ_RUN], proof[KP_CHUNK_PROOF_BYTES];
    fill(uniform, sizeof(uniform));
    kp_points_from_uniform(points, uniform, FUZZ_POINTS);
    fill(rest, sizeof(rest));
    fill(run, sizeof(run));
    fill(proof, sizeof(proof));
    write_buffer("points", "points", &packed,
                 kp_points_pack(points, FUZZ_POINTS, rest, sizeof(rest), &packed, NULL));
    write_buffer("evaluation", "evaluation", &packed,
                 kp_evaluation_pack(points, FUZZ_POINTS, proof, &packed, NULL));
    struct kp_leaves leaves = {.digests = {.data = run, .size = sizeof(run)},
                               .path = {.data = rest, .size = sizeof(rest)}};
    struct kp_submission submission = {.entries = leaves.digests, .path = leaves.path};
    write_buffer("leaves", "leaves", &packed, kp_leaves_pack(&leaves, &packed, NULL));
    leaves.has_audit_seed = true;
    fill(leaves.audit_seed, sizeof(leaves.audit_seed));
    write_buffer("leaves", "seed", &packed, kp_leaves_pack(&leaves, &packed, NULL));
    write_buffer("submission", "submission", &packed,
                 kp_submission_pack(&submission, &packed, NULL));
    submission.has_audit_seed = true;
    fill(submission.audit_seed, sizeof(submission.audit_seed));
    write_buffer("submission", "seed", &packed, kp_submission_pack(&submission, &packed, NULL));
}

static void seed_endings(void)
{
    struct kp_buffer packed = {0};
    struct kp_ready ready = {.counter = 3, .entries = KP_SLOTS_MAX};
    struct kp_abort abort = {
        .reason = KP_ABORT_DEADLINE, .phase = KP_PHASE_READY, .members = 5, .reporter = 0};
    fill(ready.lineage, sizeof(ready.lineage));
    fill(ready.round_id, sizeof(ready.round_id));
    fill(ready.g_digest, sizeof(ready.g_digest));
    fill(ready.entries_root, sizeof(ready.entries_root));
    fill(ready.lists, sizeof(ready.lists));
    ready.list_count = 3;
    ready.time = 1700000000000;
    write_buffer("ready", "ready", &packed, kp_ready_pack(&ready, &packed, NULL));
    write_buffer("abort", "deadline", &packed, kp_abort_pack(&abort, &packed, NULL));
    abort = (struct kp_abort){.reason = KP_ABORT_REFUSED, .members = UINT32_MAX, .reporter = 32};
    write_buffer("abort", "refused", &packed, kp_abort_pack(&abort, &packed, NULL));
}

static void seed_deposits(void)
{
    struct kp_buffer packed = {0};
    struct kp_complete complete = {.bucket = 3, .seed_count = 3};
    struct kp_receipt receipt = {.counter = 3, .member = 2, .phase = KP_PHASE_RELEASE};
    struct kp_phase_list list = {
        .counter = 3, .phase = KP_PHASE_RELEASE, .member_count = 2, .late = 1, .refused = 2};
    struct kp_round_result result = {
        .counter = 3, .round_type = KP_ROUND_MATCH, .groups = 4, .faults = 1};
    fill(complete.audit_seeds, sizeof(complete.audit_seeds));
    fill(result.round_id, sizeof(result.round_id));
    fill(result.root, sizeof(result.root));
    fill(result.readys, sizeof(result.readys));
    kp_deposited_add(&receipt.deposited, result.root);
    kp_deposited_add(&list.members[0], result.root);
    write_buffer("complete", "seeds", &packed, kp_complete_pack(&complete, &packed, NULL));
    write_text("complete", "empty", "");
    write_buffer("receipt", "receipt", &packed, kp_receipt_pack(&receipt, &packed, NULL));
    write_buffer("phase_list", "release", &packed, kp_phase_list_pack(&list, &packed, NULL));
    write_buffer("round_result", "match", &packed, kp_round_result_pack(&result, &packed, NULL));
}

/* ---- requests and responses ---- */

static void add_messages(struct kp_batch *batch, size_t count)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < count; i++) {
        fill(bytes, sizeof(bytes));
        FUZZ_CHECK(kp_batch_add(batch, bytes, 3 * i % sizeof(bytes)) == KP_OK);
    }
}

static void seed_requests(void)
{
    for (enum kp_request_kind kind = KP_REQUEST_OPEN; kind <= KP_REQUEST_FETCH_VERDICTS; kind++) {
        struct kp_wire_request request = {.kind = kind, .sequence = 7, .revision = 99, .round = 2};
        struct kp_buffer packed = {0};
        char name[16];
        fill(request.lineage, sizeof(request.lineage));
        fill(request.mailbox, sizeof(request.mailbox));
        fill(request.request, sizeof(request.request));
        request.wait_ms = 1000;
        request.after_size = 10;
        request.letter_type = KP_LETTER_CASE;
        request.has_subject = true;
        fill(request.subject, sizeof(request.subject));
        add_messages(&request.messages, 4);
        FUZZ_CHECK(kp_buffer_extend(&request.digests, 2 * KP_DIGEST_BYTES) != NULL);
        (void)snprintf(name, sizeof(name), "%u", (unsigned)kind);
        write_buffer("request", name, &packed, kp_wire_request_pack(&request, &packed, NULL));
        kp_wire_request_free(&request);
    }
}

static void fill_state(struct kp_round_state *state)
{
    state->revision = 4;
    state->round = 3;
    state->phase = KP_PHASE_EVALUATE;
    strcpy(state->error, "m2 did not do its part before the deadline (in phase ready)");
    state->deadline = 1800000000000;
    state->member_count = 3;
    for (uint32_t i = 0; i < 3; i++) {
        (void)snprintf(state->members[i].name, sizeof(state->members[i].name), "m%u", i + 1);
        state->members[i].phase = KP_PHASE_HELLO2;
        state->members[i].total = 10;
        state->members[i].done = i;
        state->members[i].seen = i == 1;
    }
}

static void seed_responses(void)
{
    for (enum kp_response_kind kind = KP_RESPONSE_REFUSAL; kind <= KP_RESPONSE_VERDICTS; kind++) {
        struct kp_wire_response response = {.kind = kind, .status = KP_RETRY, .sequence = 12};
        struct kp_buffer packed = {0};
        char name[16];
        strcpy(response.text, "not now: r\xc3\xa9sum\xc3\xa9");
        fill(response.mailbox, sizeof(response.mailbox));
        response.time = 1700000000000;
        response.member = 2;
        response.round = 5;
        response.end = true;
        FUZZ_CHECK(kp_buffer_extend(&response.digests, 2 * KP_DIGEST_BYTES) != NULL);
        add_messages(&response.messages, 6);
        for (size_t i = 0; i < 6; i++) {
            response.numbers[i] = 3 * i + 1;
        }
        fill_state(&response.state);
        (void)snprintf(name, sizeof(name), "%u", (unsigned)kind);
        write_buffer("response", name, &packed, kp_wire_response_pack(&response, &packed, NULL));
        kp_wire_response_free(&response);
    }
}

static void seed_results(void)
{
    struct kp_result_transcript transcript = {.member_count = 2};
    struct kp_result_group group = {.record_count = 2};
    struct kp_buffer packed = {0};
    fill(group.tag, sizeof(group.tag));
    for (uint32_t i = 0; i < 2; i++) {
        fill_buffer(&transcript.hello1[i], 12);
        fill_buffer(&transcript.hello2[i], 9);
        fill_buffer(&transcript.ready[i], 3 + i);
        group.records[i].member = i + 1;
        group.records[i].position = 100 * i;
        fill_buffer(&group.records[i].entry, 30);
        fill_buffer(&group.records[i].path, 32);
    }
    write_buffer("result_transcript", "two", &packed,
                 kp_result_transcript_pack(&transcript, &packed, NULL));
    write_buffer("result_group", "two", &packed, kp_result_group_pack(&group, &packed, NULL));
    kp_result_transcript_free(&transcript);
    kp_result_group_free(&group);
}

static void seed_log_entries(void)
{
    struct kp_audit_entry entry;
    struct kp_buffer packed = {0};
    memset(&entry, 0, sizeof(entry));
    entry.sequence = 1;
    entry.time = 1700000000000;
    entry.event = KP_AUDIT_STARTED;
    fill(entry.lineage, sizeof(entry.lineage));
    fill(entry.signature, sizeof(entry.signature));
    write_buffer("log_entry", "first", &packed, kp_audit_entry_pack(&entry, &packed, NULL));
    entry.sequence = 300;
    fill(entry.previous, sizeof(entry.previous));
    entry.party = 2;
    entry.event = KP_AUDIT_LIST_EVALUATED;
    entry.counter = 12;
    entry.has_attempt = true;
    fill(entry.attempt, sizeof(entry.attempt));
    entry.member = 32;
    entry.count = 70000;
    entry.has_digest = true;
    fill(entry.digest, sizeof(entry.digest));
    entry.reason = 7;
    write_buffer("log_entry", "full", &packed, kp_audit_entry_pack(&entry, &packed, NULL));
}

/* ---- the control socket ---- */

static void add_signals(struct kp_control_signals *signals)
{
    for (uint32_t i = 1; i <= 2; i++) {
        struct kp_control_signal *signal = kp_control_signals_add(signals);
        FUZZ_CHECK(signal != NULL);
        fixture_address(signal->address, i);
        strcpy(signal->indicator, "LEEG-1");
        strcpy(signal->grounds, "meter staat stil; 2\xc2\xb0 melding");
        signal->observed_on = 20260131;
        signal->registered_at = 1700000000;
    }
}

static void fill_made_by(struct kp_canonicalisation *made_by, bool bag)
{
    made_by->scheme = bag ? KP_KEY_SCHEME_BAG : KP_KEY_SCHEME_TEXT;
    made_by->version = KP_CANONICAL_VERSION;
    made_by->register_date = bag ? 20260701 : 0;
    fill(made_by->words_hash, sizeof(made_by->words_hash));
    if (bag) {
        fill(made_by->register_hash, sizeof(made_by->register_hash));
    }
}

static void seed_control_requests(void)
{
    for (enum kp_control_request_kind kind = KP_CONTROL_STATUS; kind <= KP_CONTROL_COMPARE;
         kind++) {
        struct kp_control_request request = {.kind = kind, .after = {.bytes = {1, 2}, .size = 2}};
        struct kp_buffer packed = {0};
        char name[16];
        add_signals(&request.signals);
        request.export = (struct kp_export_request){KP_EXPORT_ROUND, 3, 70, true};
        request.first = 3;
        request.one_case = true;
        request.answer = KP_ANSWER_NOT_CURRENT;
        strcpy(request.reason, "moved away");
        fill_made_by(&request.made_by, kind == KP_CONTROL_IMPORT);
        request.dry_run = kind == KP_CONTROL_WITHDRAW;
        request.one_address = true;
        fill(request.address, sizeof(request.address));
        fill(request.mark_key, sizeof(request.mark_key));
        FUZZ_CHECK(kp_buffer_set(&request.marks, request.mark_key, KP_CONTROL_MARK_BYTES) == KP_OK);
        fill(request.case_id, sizeof(request.case_id));
        add_messages(&request.papers, 2);
        (void)snprintf(name, sizeof(name), "%u", (unsigned)kind);
        write_buffer("control_request", name, &packed,
                     kp_control_request_pack(&request, &packed, NULL));
        kp_control_request_free(&request);
    }
}

static void fill_statuses(struct kp_control_response *response)
{
    struct kp_coordinator_status *coordinator = &response->coordinator;
    struct kp_node_status *node = &response->node;
    strcpy(node->name, "m1");
    strcpy(node->project, "Synthetic");
    strcpy(node->link_error, "nobody listens");
    node->signals = 300;
    node->phase = KP_PHASE_MATCH;
    node->total = 4;
    fill_made_by(&node->made_by, true);
    strcpy(coordinator->project, "Synthetic");
    strcpy(coordinator->last_error, "m1 restarted");
    coordinator->round = 2;
    coordinator->phase = KP_PHASE_ENDED;
    coordinator->mailbox_count = 2;
    strcpy(coordinator->mailboxes[0].name, "m1");
    strcpy(coordinator->mailboxes[1].name, "m2");
    coordinator->mailboxes[1].waiting = 7;
}

static void add_case(struct kp_control_cases *cases)
{
    struct kp_control_case *shown = kp_control_cases_add(cases);
    FUZZ_CHECK(shown != NULL);
    fill(shown->id, sizeof(shown->id));
    shown->question = KP_CASE_INTEREST;
    shown->answer = KP_ANSWER_INTEREST;
    shown->revision = 2;
    shown->has_address = true;
    fill(shown->address, sizeof(shown->address));
    FUZZ_CHECK(kp_batch_add(&shown->lines, "m1: a signal", 12) == KP_OK);
}

static void seed_control_responses(void)
{
    for (enum kp_control_response_kind kind = KP_CONTROL_REFUSAL; kind <= KP_CONTROL_COMPARED;
         kind++) {
        struct kp_control_response response = {.kind = kind};
        struct kp_buffer packed = {0};
        char name[16];
        response.refusal.status = KP_REFUSED;
        strcpy(response.refusal.text, "a coordinator has no signals");
        fill_statuses(&response);
        response.import.added = 3;
        FUZZ_CHECK(kp_import_done_refuse(&response.import, 5, "too many") == KP_OK);
        add_signals(&response.signals);
        response.export.header = (struct kp_export_header){.kind = KP_EXPORT_LOG, .party = 2};
        response.export.next = 1024;
        add_messages(&response.export.items, 2);
        response.papers.count = 7;
        strcpy(response.papers.why_not, "version 1 is not accepted by m2");
        add_messages(&response.papers.papers, 2);
        response.next.size = 3;
        response.withdrawn = 2;
        FUZZ_CHECK(kp_buffer_set(&response.marks, "0123456789abcdef", KP_CONTROL_MARK_BYTES) ==
                   KP_OK);
        response.revision = 2;
        add_case(&response.cases);
        (void)snprintf(name, sizeof(name), "%u", (unsigned)kind);
        write_buffer("control_response", name, &packed,
                     kp_control_response_pack(&response, &packed, NULL));
        kp_control_response_free(&response);
    }
}

/* ---- letters ---- */

static void seed_letters(void)
{
    struct kp_letter letter = {.type = KP_LETTER_ANSWER,
                               .from = 2,
                               .to = KP_PARTY_LEADER,
                               .parts = 2,
                               .part = 1,
                               .time = 1800000000000};
    struct kp_opened_letter opened = {
        .type = KP_LETTER_CASE, .from = KP_PARTY_LEADER, .to = 3, .parts = 1, .time = 1};
    struct kp_case asked = {.question = KP_CASE_STILL_CURRENT, .answer_by = 1800000000};
    struct kp_case_answer answer = {
        .revision = 1, .answer = KP_ANSWER_NOT_CURRENT, .reason = "moved away", .time = 1};
    struct kp_case_closed closed = {.time = 1800000000};
    struct kp_buffer packed = {0};
    fill(letter.signature, sizeof(letter.signature));
    fill_buffer(&letter.body, 48 + 64 + 1024); /* seal, signature, one block */
    fill_buffer(&opened.plain, 30);
    fill(opened.signature, sizeof(opened.signature));
    fill(asked.id, sizeof(asked.id));
    fill_buffer(&asked.evidence, 40);
    fill(answer.id, sizeof(answer.id));
    write_buffer("letter", "answer", &packed, kp_letter_pack(&letter, &packed, NULL));
    letter.type = KP_LETTER_PARTIAL_OPENINGS;
    letter.from = KP_PARTY_OPENER;
    fill_buffer(&letter.act, 100);
    kp_buffer_free(&letter.body);
    fill_buffer(&letter.body, 48 + 64 + 65536);
    write_buffer("letter", "partial_openings", &packed, kp_letter_pack(&letter, &packed, NULL));
    write_buffer("opened_letter", "case", &packed, kp_opened_letter_pack(&opened, &packed, NULL));
    write_buffer("case", "current", &packed, kp_case_pack(&asked, &packed, NULL));
    write_buffer("case_answer", "not_current", &packed,
                 kp_case_answer_pack(&answer, &packed, NULL));
    write_buffer("case_closed", "closed", &packed, kp_case_closed_pack(&closed, &packed, NULL));
    kp_letter_free(&letter);
    kp_opened_letter_free(&opened);
    kp_case_free(&asked);
}

/* One canary at each place that there is, and none. */
static void seed_canary_notice(void)
{
    const struct kp_agreement agreement = fuzz_canary_agreement();
    uint8_t entry[KP_ENTRY_MAX], path[KP_MERKLE_DEPTH_MAX * KP_DIGEST_BYTES];
    fill(entry, sizeof(entry));
    fill(path, sizeof(path));
    for (uint32_t position = 0; position < agreement.slots; position++) {
        struct kp_buffer items = {0}, packed = {0};
        char name[16];
        size_t size = kp_canary_item_size(&agreement, 1);
        uint8_t *at = kp_buffer_extend(&items, 2 * size);
        FUZZ_CHECK(at != NULL);
        const struct kp_canary_item placed = {0, position, entry, path}, not_placed = {.group = 1};
        kp_canary_item_put(at, &agreement, 1, &placed);
        kp_canary_item_put(at + size, &agreement, 1, &not_placed);
        (void)snprintf(name, sizeof(name), "at_%u", position);
        write_buffer("canary_notice", name, &packed,
                     kp_canary_notice_pack(&packed, &agreement, 1, FUZZ_CANARY_COUNTER, 0,
                                           items.data, NULL));
        kp_buffer_free(&items);
    }
}

/* ---- files ---- */

static void add_paper(struct kp_buffer *papers, const struct kp_buffer *paper)
{
    const uint8_t length[2] = {(uint8_t)(paper->size >> 8), (uint8_t)paper->size};
    FUZZ_CHECK(paper->size <= UINT16_MAX);
    FUZZ_CHECK(kp_buffer_append(papers, length, sizeof(length)) == KP_OK);
    FUZZ_CHECK(kp_buffer_append(papers, paper->data, paper->size) == KP_OK);
}

/* A first version that both accepted, and one that follows. */
static void seed_papers(const struct fixture *fixture, const struct kp_buffer *later)
{
    struct kp_buffer papers = {0};
    struct kp_buffer decision = {0};
    add_paper(&papers, &fixture->bytes);
    for (uint32_t i = 1; i <= 2; i++) {
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START,
                       &decision);
        add_paper(&papers, &decision);
    }
    write_bytes("papers", "accepted", papers.data, papers.size);
    add_paper(&papers, later);
    write_bytes("papers", "followed", papers.data, papers.size);
    kp_buffer_free(&decision);
    kp_buffer_free(&papers);
}

static void seed_agreements(void)
{
    struct fixture fixture;
    struct kp_buffer other = {0};
    fixture_make(&fixture, &(struct fixture_settings){.members = 2});
    write_bytes("agreement", "two", fixture.bytes.data, fixture.bytes.size);
    fixture_decide(&fixture, fixture.agreement, 1, KP_DECISION_ACCEPT, FIXTURE_START, &other);
    write_bytes("decision", "accept", other.data, other.size);
    fixture_decide(&fixture, fixture.agreement, 2, KP_DECISION_REVOKE, FIXTURE_START, &other);
    write_bytes("decision", "revoke", other.data, other.size);
    fixture_follow(fixture.agreement, NULL, &other);
    write_bytes("agreement", "later", other.data, other.size);
    seed_papers(&fixture, &other);
    fixture_free(&fixture);
    fixture_make(&fixture, &(struct fixture_settings){.members = 5, .threshold = 3, .hides = 5});
    write_bytes("agreement", "five", fixture.bytes.data, fixture.bytes.size);
    fixture_free(&fixture);
    fixture_make(&fixture, &(struct fixture_settings){.members = 2,
                                                      .slots = 64,
                                                      .second_holder = true,
                                                      .canaries = 2,
                                                      .audit_slots = 4,
                                                      .count_first = 1});
    write_bytes("agreement", "holders", fixture.bytes.data, fixture.bytes.size);
    struct fixture by_register;
    fixture_make(&by_register, &(struct fixture_settings){.members = 2, .bag = true});
    write_bytes("agreement", "register", by_register.bytes.data, by_register.bytes.size);
    fixture_free(&by_register);
    fixture_decide(&fixture, fixture.agreement, 1, KP_DECISION_COUNT, FIXTURE_START, &other);
    write_bytes("decision", "count", other.data, other.size);
    kp_buffer_free(&other);
    fixture_free(&fixture);
}

static void seed_configs(void)
{
    static const char TLS[] = "[tls]\nca = ca.crt\ncertificate = tls.crt\nkey = tls.key\n";
    static const char HASH[] =
        "agreement_hash = 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    char text[2048];
    (void)snprintf(text, sizeof(text),
                   "# of a partner\n[node]\nname = m1\nagreement = agreement\n%sdata = data\n"
                   "identity_key = identity.key\nbox_key = credential:box\nstore_key = store.key\n"
                   "control = control.sock\n\n[coordinator]\nurl = tls+tcp://host:4000\n"
                   "server_name = host\n%s[limits]\nlongest_silence_seconds = 60\n[log]\n"
                   "level = info\n",
                   HASH, TLS);
    write_text("config", "node", text);
    (void)snprintf(text, sizeof(text),
                   "[coordinator]\nagreement = agreement\n%sdata = /var/lib/kruispunt\n"
                   "test_mode = yes\nidentity_key = identity.key\n"
                   "store_key = store.key\ncontrol = control.sock\nlisten = tls+tcp://[::]:4000\n"
                   "phase_seconds = 3600\n%s; the end\n",
                   HASH, TLS);
    write_text("config", "coordinator", text);
    (void)snprintf(
        text, sizeof(text),
        "[leader]\nagreement = agreement\n%sidentity_key = i.key\ndata = data\nstore_key = s.key\nopening_key = opening.key\nbox_key = box.key\n[coordinator]\n"
        "url = tls+tcp://host:4000\nserver_name = host\n%s",
        HASH, TLS);
    write_text("config", "leader", text);
    write_text("config", "officer",
               "[officer]\nname = svb\nofficer_key = officer.key\nagreements = folder\n"
               "warn_percent = 40\ntest_mode = yes\n");
    write_text("config", "odd", "\xef\xbb\xbf[a]\n x = y # z\n\n;c\n[b]\nx:\n");
}

static void seed_keys(void)
{
    for (enum kp_key_kind kind = KP_KEY_IDENTITY; kind <= KP_KEY_OFFICER; kind++) {
        char hex[2 * KP_KEY_BYTES + 1], line[128];
        uint8_t secret[KP_KEY_BYTES]; /* drawn here, and used nowhere */
        fill(secret, sizeof(secret));
        sodium_bin2hex(hex, sizeof(hex), secret, sizeof(secret));
        (void)snprintf(line, sizeof(line), "kruispunt %s key 1 %s\n", kp_key_kind_name(kind), hex);
        write_text("key_file", kp_key_kind_name(kind), line);
    }
}

static void seed_signals(void)
{
    write_text("signal_file", "english",
               "postcode,house_number,house_letter,addition,indicator,grounds,observed_on\n"
               "1234AB,12,A,2,LEEG,\"no heat, no light\",2026-01-31\n"
               "1234 ab,7,,,LEEG,\"says \"\"no\"\"\",2025-12-01\n"
               "1234AB,0,,,LEEG,x,2026-02-30\n");
    write_text(
        "signal_file", "dutch",
        "\xef\xbb\xbfPostcode;Huisnummer;Huisletter;Huisnummertoevoeging;Indicator;Grondslag;Datum\r\n"
        "1234AB;12;A;2;LEEG;caf\xc3\xa9;2026-01-31\r\n");
    write_text("signal_file", "unclosed",
               "postcode,house_number,indicator,grounds,observed_on\n"
               "1234AB,1,A,\"never closed,2026-01-01\n1234AB,2,A,y,2026-01-01\n");
}

/* A round as member 1 and the coordinator keep it, behind the agreement. */
static void seed_verify(void)
{
    const struct fixture_settings settings = {.slots = 2, .rotation = 1};
    struct fixture fixture;
    struct evidence_round first = {.fixture = &fixture}, second = {.fixture = &fixture};
    static const char *const names[] = {"coordinator", "member"};
    fixture_make(&fixture, &settings);
    evidence_make(&first, NULL);
    evidence_make(&second, &first);
    for (uint32_t party = 0; party < 2; party++) {
        struct kp_verify_export export;
        struct kp_export_writer *writer = NULL;
        struct kp_export_item paper = {.kind = KP_EXPORT_PAPER, .content = fixture.bytes};
        char path[1024];
        evidence_export(&second, &first, party, &export);
        export.header.items++;
        (void)snprintf(path, sizeof(path), "%s/verify", root);
        FUZZ_CHECK(mkdir(path, 0777) == 0 || errno == EEXIST);
        (void)snprintf(path, sizeof(path), "%s/verify/%s", root, names[party]);
        FUZZ_CHECK(kp_export_create(&writer, path, &export.header, NULL) == KP_OK);
        FUZZ_CHECK(kp_export_add(writer, &paper, NULL) == KP_OK);
        for (size_t i = 0; i < export.count; i++) {
            FUZZ_CHECK(kp_export_add(writer, &export.items[i], NULL) == KP_OK);
        }
        FUZZ_CHECK(kp_export_finish(writer, NULL) == KP_OK);
        kp_export_writer_free(writer);
        kp_verify_export_free(&export);
    }
    evidence_free(&first);
    evidence_free(&second);
    fixture_free(&fixture);
}

static void seed_exports(void)
{
    struct kp_export_header header = {
        .kind = KP_EXPORT_LOG, .party = KP_PARTY_LEADER, .items = 2, .has_digest = true};
    struct kp_export_item item = {.kind = KP_EXPORT_LOG_ENTRY};
    struct kp_export_writer *writer = NULL;
    char path[1024];
    fill(header.lineage, sizeof(header.lineage));
    fill(header.digest, sizeof(header.digest));
    write_text("export", "none", "kruispunt export 1\n");
    (void)snprintf(path, sizeof(path), "%s/export/log", root);
    FUZZ_CHECK(unlink(path) == 0 || errno == ENOENT);
    FUZZ_CHECK(kp_export_create(&writer, path, &header, NULL) == KP_OK);
    for (uint32_t i = 0; i < header.items; i++) {
        item.part = i;
        fill_buffer(&item.content, 20);
        FUZZ_CHECK(kp_export_add(writer, &item, NULL) == KP_OK);
    }
    FUZZ_CHECK(kp_export_finish(writer, NULL) == KP_OK);
    kp_export_writer_free(writer);
    kp_export_item_free(&item);
}

/* ---- what proves something ---- */

static void seed_proofs(void)
{
    struct kp_buffer packed = {0};
    struct kp_proof_record record = {.position = 70};
    fill_buffer(&record.entry, 60);
    fill_buffer(&record.entry_path, 64);
    write_buffer("proof_record", "evidence", &packed, kp_proof_record_pack(&record, &packed, NULL));
    record.has_leaf = true;
    fill(record.leaf, sizeof(record.leaf));
    write_buffer("proof_record", "leaf", &packed, kp_proof_record_pack(&record, &packed, NULL));
    struct kp_proof_opening opening = {
        .entry = record.entry, .index = 2, .count = 3, .path = record.entry_path};
    write_buffer("proof_opening", "one", &packed, kp_proof_opening_pack(&opening, &packed, NULL));
    struct kp_proof_result result = {.key = opening.path, .value = record.entry, .count = 1};
    result.key.size = KP_PROOF_RESULT_KEY_MAX;
    write_buffer("proof_result", "one", &packed, kp_proof_result_pack(&result, &packed, NULL));
    struct kp_proof_verdict verdict = {
        .kind = KP_FAULT_SHARE, .counter = 3, .members = 4, .position = 7};
    write_buffer("proof_verdict", "share", &packed, kp_proof_verdict_pack(&verdict, &packed, NULL));
    verdict.kind = KP_FAULT_SILENT;
    verdict.coordinator = true;
    verdict.phase = KP_PHASE_RELEASE;
    write_buffer("proof_verdict", "silent", &packed,
                 kp_proof_verdict_pack(&verdict, &packed, NULL));
    static struct kp_partial_match match = {.number = 4, .record_count = 2, .path_size = 32};
    match.records[0].member = 2;
    match.records[1].member = 3;
    struct kp_partials partials = {.counter = 3,
                                   .matches = &match,
                                   .match_count = 1,
                                   .entry = record.entry,
                                   .count = 2,
                                   .result = record.entry};
    write_buffer("partials", "one", &packed, kp_partials_pack(&partials, &packed, NULL));
    struct kp_pick_signal signal = {.indicator = "many", .observed_on = 20260102, .grounds = "g"};
    struct kp_pick pick = {.kind = KP_PICK_SIGNAL, .position = 5, .entry = record.entry};
    pick.leaf_path = record.entry_path;
    pick.signals = &signal;
    pick.signal_count = 1;
    write_buffer("pick", "signal", &packed, kp_pick_pack(&pick, &packed, NULL));
    kp_proof_record_free(&record);
}

/* An audit of slots, with the agreement in it. */
static void seed_audit(void)
{
    static struct audit_scene scene;
    struct kp_verify_export file;
    struct kp_buffer bytes = {0};
    audit_scene_start(&scene, AUDIT_SLOTS_OF_SCENE, false);
    audit_scene_file(&scene, NULL, 0, &file);
    proof_add(&file, KP_EXPORT_PAPER, 0, 0, scene.play.fixture.bytes.data,
              scene.play.fixture.bytes.size);
    proof_sort(&file);
    write_buffer("verify", "audit", &bytes,
                 kp_export_write_bytes(&bytes, &file.header, file.items, file.count, NULL));
    const struct kp_pick *withdrawn = audit_scene_pick(&scene, PLAY_WITHDRAWN);
    write_buffer("pick", "withdrawn", &bytes, kp_pick_pack(withdrawn, &bytes, NULL));
    kp_verify_export_free(&file);
    audit_scene_free(&scene);
}

/* Evidence of a match, a verdict about silence, and receipts, each with the papers before it. */
static void seed_proven(void)
{
    static const uint32_t numbers[] = {7};
    static const struct stage_set sets[] = {{numbers, 1}, {numbers, 1}, {numbers, 1}};
    const struct fixture_settings settings = {.slots = 2, .second_holder = true};
    struct kp_receipt receipt = {.counter = 1, .member = 2, .phase = KP_PHASE_HELLO1};
    struct kp_proof_verdict verdict = {.kind = KP_FAULT_SILENT,
                                       .counter = 1,
                                       .members = 2,
                                       .coordinator = true,
                                       .phase = KP_PHASE_HELLO1};
    struct proof proof;
    struct kp_verify_export export;
    struct kp_buffer file = {0}, body = {0}, packed = {0};
    uint8_t digest[KP_DIGEST_BYTES] = {5};
    proof_start(&proof, &settings, sets);
    proof_evidence(&proof, 0, &export);
    proof_add_papers(&proof, &export);
    write_buffer("verify", "evidence", &file,
                 kp_export_write_bytes(&file, &export.header, export.items, export.count, NULL));
    kp_verify_export_free(&export);

    memset(&export, 0, sizeof(export));
    memcpy(export.header.lineage, proof.stage.play.fixture.agreement->lineage, KP_DIGEST_BYTES);
    export.header.kind = KP_EXPORT_RECEIPTS;
    export.header.counter = 1;
    export.header.party = 2;
    proof_add_papers(&proof, &export);
    kp_deposited_add(&receipt.deposited, digest);
    FUZZ_CHECK(kp_receipt_pack(&receipt, &body, NULL) == KP_OK);
    proof_of_coordinator(&proof, KP_MESSAGE_RECEIPT, 2, &body, &packed);
    proof_add(&export, KP_EXPORT_RECEIPT, 2, 0, packed.data, packed.size);
    proof_add(&export, KP_EXPORT_DIGESTS, 2, 0, digest, sizeof(digest));
    write_buffer("verify", "receipts", &file,
                 kp_export_write_bytes(&file, &export.header, export.items, export.count, NULL));

    memcpy(verdict.attempt, proof.stage.play.attempt, KP_ATTEMPT_BYTES);
    export.header.kind = KP_EXPORT_VERDICT;
    export.header.party = 0;
    FUZZ_CHECK(kp_proof_verdict_pack(&verdict, &packed, NULL) == KP_OK);
    proof_add(&export, KP_EXPORT_FAULT, 0, 0, packed.data, packed.size);
    proof_sort(&export);
    write_buffer("verify", "verdict", &file,
                 kp_export_write_bytes(&file, &export.header, export.items, export.count, NULL));
    kp_verify_export_free(&export);
    kp_buffer_free(&body);
    kp_buffer_free(&packed);
    proof_free(&proof);
}

/* As a test, because the fixture of unit tests fails a test when anything goes wrong. */
/* ---- arithmetic ---- */

/* Each operation, on points that are mapped to and on points that are; and edges of the field. */
static void seed_arithmetic(void)
{
    uint8_t bytes[2 + 9 * 64];
    char name[32];
    for (unsigned what = 0; what < 8; what++) {
        fill(bytes, sizeof(bytes));
        bytes[0] = (uint8_t)what;
        bytes[1] = (uint8_t)(what % 2 == 0 ? 0x00 : 0x55);
        for (size_t i = 0; i < 9; i++) {
            crypto_core_ristretto255_random(bytes + 2 + 64 * i);
            crypto_core_ristretto255_scalar_random(bytes + 2 + 64 * i + 32);
        }
        (void)snprintf(name, sizeof(name), "operation%u", what);
        write_bytes("arithmetic", name, bytes, sizeof(bytes));
    }
    memset(bytes + 2, 0xff, 64);
    bytes[2] = 0xed;
    bytes[2 + 31] = 0x7f;
    memset(bytes + 66, 0, 64);
    write_bytes("arithmetic", "edges", bytes, sizeof(bytes));
}

static void seeds(void)
{
    seed_arithmetic();
    FUZZ_CHECK(mkdir(root, 0777) == 0 || errno == EEXIST);
    seed_round_messages();
    seed_recovery();
    seed_hellos();
    seed_chunks();
    seed_endings();
    seed_deposits();
    seed_requests();
    seed_responses();
    seed_results();
    seed_log_entries();
    seed_control_requests();
    seed_control_responses();
    seed_letters();
    seed_canary_notice();
    seed_agreements();
    seed_configs();
    seed_keys();
    seed_signals();
    seed_tables(write_bytes);
    seed_bag(write_bytes);
    seed_registers(write_bytes);
    seed_exports();
    seed_proofs();
    seed_verify();
    seed_proven();
    seed_audit();
}

int main(int argc, char **argv)
{
    static const struct unit_test TESTS[] = {{"seeds", seeds}};
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    root = argv[1];
    return unit_main("seeds", TESTS, 1);
}
