/* Cases: what letters say of them, what a node asks of one before it believes it, and both case
 * tables. */
#include "coordinator/cases.h"
#include "coordinator/leader.h"
#include "coordinator/leader_cases.h"
#include "node/case_check.h"
#include "node/cases.h"
#include "node/database.h"
#include "proto/loop.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/tamper.h"
#include "tests/unit/unit.h"

#include <sodium.h>
#include <stdio.h>

static const uint8_t store_key[32] = {9};

/* Members 1 and 2 hold address 1; 3 and 5 are held by one alone. */
static const uint32_t FIRST[] = {1, 3};
static const uint32_t SECOND[] = {1};
static const uint32_t THIRD[] = {5};
static const struct stage_set SETS[] = {{FIRST, 2}, {SECOND, 1}, {THIRD, 1}};

struct world {
    struct proof proof;
    struct kp_dossier *dossier;
    struct kp_case asked;
};

static void start(struct world *world)
{
    struct kp_batch decisions = {0};
    memset(world, 0, sizeof(*world));
    proof_start(&world->proof, &(struct fixture_settings){.members = 3}, SETS);
    const struct fixture *fixture = &world->proof.stage.play.fixture;
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&world->dossier, fixture->bytes.data, fixture->bytes.size,
                                         fixture->agreement->hash, NULL),
                          KP_OK);
    fixture_accept_all(fixture, &decisions);
    for (size_t i = 0; i < decisions.count; i++) {
        bool added = false;
        CU_ASSERT_EQUAL(kp_dossier_add(world->dossier, decisions.items[i].data,
                                       decisions.items[i].size, &added, NULL),
                        KP_OK);
    }
    kp_batch_free(&decisions);
    struct kp_verify_export export = {0};
    world->asked.question = KP_CASE_STILL_CURRENT;
    world->asked.answer_by = 1800000000;
    proof_evidence(&world->proof, 0, &export);
    CU_ASSERT_EQUAL_FATAL(kp_export_write_bytes(&world->asked.evidence, &export.header,
                                                export.items, export.count, NULL),
                          KP_OK);
    kp_verify_export_free(&export);
}

static void stop(struct world *world)
{
    kp_case_free(&world->asked);
    kp_dossier_free(world->dossier);
    proof_free(&world->proof);
}

static enum kp_status judge(const struct world *world, const struct kp_case *asked, uint32_t own,
                            struct kp_evidence_says *says, struct kp_error *error)
{
    struct kp_verify_versions versions;
    memset(error, 0, sizeof(*error));
    enum kp_status status = kp_case_judge(asked, world->dossier, own, &versions, says, error);
    says->agreement = NULL; /* it goes with the versions */
    kp_verify_versions_free(&versions);
    return status;
}

/* ---- What a node believes ---- */

static void proven(void)
{
    struct world world;
    struct kp_evidence_says says;
    struct kp_error error;
    uint8_t address[KP_ADDRESS_KEY_BYTES];
    start(&world);
    fixture_address(address, 1);
    struct kp_case *asked = &world.asked;
    CU_ASSERT_EQUAL(judge(&world, asked, 1, &says, &error), KP_OK);
    CU_ASSERT_EQUAL(memcmp(says.address_key, address, sizeof(address)), 0);
    CU_ASSERT_EQUAL(says.member_count, 2);
    CU_ASSERT_EQUAL(judge(&world, asked, 2, &says, &error), KP_OK);
    CU_ASSERT_EQUAL(judge(&world, asked, 3, &says, &error), KP_REFUSED); /* doesn't hold it */
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "aren't this member's"));
    asked->question = KP_CASE_INTEREST;
    for (uint32_t own = 1; own <= 3; own++) { /* nobody here is asked on request */
        CU_ASSERT_EQUAL(judge(&world, asked, own, &says, &error), KP_REFUSED);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "on request"));
    }
    stop(&world);
}

/* Evidence with a byte changed anywhere, or cut short, is none; nor is something else. */
static void not_proven(void)
{
    struct world world;
    struct kp_evidence_says says;
    struct kp_error error;
    start(&world);
    struct kp_buffer *file = &world.asked.evidence;
    const size_t size = file->size;
    for (size_t at = 0; at < size; at += 47) {
        file->data[at] ^= 1;
        CU_ASSERT_EQUAL(judge(&world, &world.asked, 1, &says, &error), KP_REFUSED);
        file->data[at] ^= 1;
    }
    for (file->size = 0; file->size < size; file->size += 499) {
        CU_ASSERT_EQUAL(judge(&world, &world.asked, 1, &says, &error), KP_REFUSED);
    }
    file->size = size;
    stop(&world);
}

/* The evidence of other members' round proves nothing here. */
static void another_lineage(void)
{
    struct world world, other;
    struct kp_evidence_says says;
    struct kp_error error;
    start(&world);
    start(&other);
    CU_ASSERT_EQUAL(judge(&world, &other.asked, 1, &says, &error), KP_REFUSED);
    stop(&world);
    stop(&other);
}

/* Nor does one that not all have joined. */
static void not_accepted(void)
{
    struct world world;
    struct kp_evidence_says says;
    struct kp_error error;
    struct kp_dossier *alone = NULL;
    start(&world);
    const struct fixture *fixture = &world.proof.stage.play.fixture;
    CU_ASSERT_EQUAL(kp_dossier_new(&alone, fixture->bytes.data, fixture->bytes.size, NULL, NULL),
                    KP_OK);
    kp_dossier_free(world.dossier);
    world.dossier = alone;
    CU_ASSERT_EQUAL(judge(&world, &world.asked, 1, &says, &error), KP_REFUSED);
    stop(&world);
}

/* Rules by themselves, where evidence that breaks one of them alone can't be made. */
static void rules(void)
{
    struct world world;
    start(&world);
    struct kp_agreement *agreement = world.proof.stage.play.fixture.agreement;
    struct kp_evidence_says says = {.agreement = agreement, .member_count = 1};
    fixture_address(says.address_key, 1);
    says.members[0].member = 2;
    CU_ASSERT_EQUAL(kp_case_check_version(&says, world.dossier, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_case_check_members(&says, NULL), KP_REFUSED); /* t is 2 */
    says.member_count = 2;
    CU_ASSERT_EQUAL(kp_case_check_members(&says, NULL), KP_OK);
    says.address_key[0] = 1;
    CU_ASSERT_EQUAL(kp_case_check_members(&says, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(kp_case_check_question(&says, KP_CASE_STILL_CURRENT, 2, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_case_check_question(&says, KP_CASE_STILL_CURRENT, 1, NULL), KP_REFUSED);
    agreement->members[2].role = KP_ROLE_ON_REQUEST;
    CU_ASSERT_EQUAL(kp_case_check_question(&says, KP_CASE_INTEREST, 3, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_case_check_question(&says, KP_CASE_INTEREST, 2, NULL), KP_REFUSED);
    agreement->hash[0] ^= 1;
    CU_ASSERT_EQUAL(kp_case_check_version(&says, world.dossier, NULL), KP_REFUSED);
    agreement->hash[0] ^= 1;
    agreement->members[2].role = KP_ROLE_CONTRIBUTES;
    stop(&world);
}

/* ---- What is said ---- */

static enum kp_status parse_case(const uint8_t *bytes, size_t size)
{
    struct kp_case asked;
    enum kp_status status = kp_case_unpack(&asked, bytes, size, NULL);
    kp_case_free(&asked);
    return status;
}

static enum kp_status parse_answer(const uint8_t *bytes, size_t size)
{
    struct kp_case_answer answer;
    return kp_case_answer_unpack(&answer, bytes, size, NULL);
}

static enum kp_status parse_closed(const uint8_t *bytes, size_t size)
{
    struct kp_case_closed closed;
    return kp_case_closed_unpack(&closed, bytes, size, NULL);
}

static void messages(void)
{
    struct kp_buffer packed = {0};
    struct kp_case asked = {.question = KP_CASE_INTEREST, .answer_by = 1800000000}, asked_back;
    struct kp_case_answer answer = {.revision = 3,
                                    .answer = KP_ANSWER_NOT_CURRENT,
                                    .reason = "moved away, says r\xc3\xa9sum\xc3\xa9",
                                    .time = 5},
                          answer_back;
    struct kp_case_closed closed = {.time = 7}, closed_back;
    randombytes_buf(asked.id, sizeof(asked.id));
    memcpy(answer.id, asked.id, sizeof(asked.id));
    memcpy(closed.id, asked.id, sizeof(asked.id));
    CU_ASSERT_EQUAL(kp_case_pack(&asked, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(parse_case(packed.data, packed.size), KP_REFUSED); /* no evidence */
    CU_ASSERT_EQUAL(kp_buffer_set(&asked.evidence, "evidence", 8), KP_OK);
    CU_ASSERT_EQUAL(kp_case_pack(&asked, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_case_unpack(&asked_back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT_EQUAL(memcmp(asked_back.id, asked.id, sizeof(asked.id)), 0);
    CU_ASSERT_EQUAL(asked_back.evidence.size, 8);
    tamper_all(parse_case, packed.data, packed.size);
    kp_case_free(&asked_back);
    kp_case_free(&asked);
    CU_ASSERT_EQUAL(kp_case_answer_pack(&answer, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_case_answer_unpack(&answer_back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT_STRING_EQUAL(answer_back.reason, answer.reason);
    CU_ASSERT_EQUAL(answer_back.revision, 3);
    tamper_all(parse_answer, packed.data, packed.size);
    for (uint32_t i = 0; i < 4; i++) {
        struct kp_case_answer bad = answer;
        bad.revision = i == 0 ? 0 : i == 1 ? KP_CASE_REVISIONS_MAX + 1 : bad.revision;
        bad.answer = i == 2 ? KP_ANSWER_NONE : i == 3 ? KP_ANSWERS : bad.answer;
        CU_ASSERT_EQUAL(kp_case_answer_pack(&bad, &packed, NULL), KP_OK);
        CU_ASSERT_EQUAL(parse_answer(packed.data, packed.size), KP_REFUSED);
    }
    CU_ASSERT_EQUAL(kp_case_closed_pack(&closed, &packed, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_case_closed_unpack(&closed_back, packed.data, packed.size, NULL), KP_OK);
    CU_ASSERT_EQUAL(closed_back.time, 7);
    tamper_all(parse_closed, packed.data, packed.size);
    kp_buffer_free(&packed);
}

static void answers_fit_the_question(void)
{
    for (unsigned i = 0; i <= KP_ANSWERS; i++) {
        bool current = i == KP_ANSWER_CURRENT || i == KP_ANSWER_NOT_CURRENT;
        bool interest = i == KP_ANSWER_INTEREST || i == KP_ANSWER_NO_INTEREST;
        bool declined = i == KP_ANSWER_DECLINED;
        enum kp_answer answer = (enum kp_answer)i;
        CU_ASSERT_EQUAL(kp_answer_check(answer, KP_CASE_STILL_CURRENT, "why", NULL) == KP_OK,
                        current || declined);
        CU_ASSERT_EQUAL(kp_answer_check(answer, KP_CASE_INTEREST, "", NULL) == KP_OK,
                        interest || declined);
        CU_ASSERT_EQUAL(kp_answer_of_name(kp_answer_name(answer)),
                        current || interest || declined ? answer : KP_ANSWER_NONE);
    }
    CU_ASSERT_EQUAL(kp_answer_check(KP_ANSWER_NOT_CURRENT, KP_CASE_STILL_CURRENT, "", NULL),
                    KP_REFUSED);
    CU_ASSERT_EQUAL(kp_answer_check(KP_ANSWER_CURRENT, KP_CASE_STILL_CURRENT, "", NULL), KP_OK);
}

static void searches(void)
{
    static const uint8_t IDS[][KP_CASE_ID_BYTES] = {{0x12, 0x34, 0x56}, {0x12, 0x34, 0x57}, {0xab}};
    static const struct {
        const char *text;
        enum kp_status status;
    } FOUND[] = {{"123456", KP_OK},
                 {"12345", KP_REFUSED},
                 {"ab00", KP_OK},
                 {"ab0", KP_USAGE},
                 {"", KP_USAGE},
                 {"ffff", KP_REFUSED},
                 {"12345z", KP_USAGE},
                 {"AB00", KP_USAGE},
                 {"ab000000000000000000000000000000", KP_OK},
                 {"ab0000000000000000000000000000000", KP_USAGE}};
    for (size_t i = 0; i < sizeof(FOUND) / sizeof(FOUND[0]); i++) {
        struct kp_case_search search = {.text = FOUND[i].text};
        for (size_t j = 0; j < 3; j++) {
            kp_case_search_try(&search, IDS[j]);
        }
        CU_ASSERT_EQUAL(kp_case_search_end(&search, NULL), FOUND[i].status);
    }
}

/* ---- At a node ---- */

static void kept_at_a_node(void)
{
    struct kp_store *store = NULL;
    struct kp_txn *txn = NULL;
    struct kp_kept_case kept = {.asked = {.id = {1},
                                          .question = KP_CASE_STILL_CURRENT,
                                          .answer_by = 1800000000},
                                .received = 1700000000,
                                .revision = 2,
                                .answer = KP_ANSWER_NOT_CURRENT,
                                .answered = 1700000100,
                                .reason = "moved away"},
                        back;
    CU_ASSERT_EQUAL_FATAL(kp_node_database_open(&store, scratch("node"), store_key, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_buffer_set(&kept.asked.evidence, "evidence", 8), KP_OK);
    CU_ASSERT_EQUAL(kp_cases_put(txn, &kept, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_cases_get(txn, kept.asked.id, &back, NULL), KP_OK);
    CU_ASSERT_EQUAL(back.asked.answer_by, kept.asked.answer_by);
    CU_ASSERT_EQUAL(back.asked.evidence.size, 8);
    CU_ASSERT_EQUAL(back.received, kept.received);
    CU_ASSERT_EQUAL(back.revision, 2);
    CU_ASSERT_EQUAL(back.answer, KP_ANSWER_NOT_CURRENT);
    CU_ASSERT_STRING_EQUAL(back.reason, "moved away");
    CU_ASSERT_EQUAL(kp_cases_close(txn, &back, NULL), KP_OK);
    kp_kept_case_free(&back);
    CU_ASSERT_EQUAL(kp_cases_get(txn, kept.asked.id, &back, NULL), KP_OK);
    CU_ASSERT(back.closed && back.asked.evidence.size == 0 && back.reason[0] == '\0');
    CU_ASSERT_EQUAL(back.answer, KP_ANSWER_NOT_CURRENT);
    kp_kept_case_free(&back);
    kept.asked.id[0] = 2;
    CU_ASSERT_EQUAL(kp_cases_get(txn, kept.asked.id, &back, NULL), KP_REFUSED);
    kp_kept_case_free(&back);
    kp_kept_case_free(&kept);
    kp_store_abort(txn);
    kp_store_close(store);
}

/* ---- At the leader ---- */

static void answer(struct kp_leader_case *kept, uint32_t member, uint32_t revision,
                   enum kp_answer given, enum kp_status expected, bool counts)
{
    struct kp_case_answer answer = {.revision = revision, .answer = given, .reason = "why"};
    bool taken = false;
    CU_ASSERT_EQUAL(kp_leader_case_answer(kept, member, &answer, &taken, NULL), expected);
    CU_ASSERT_EQUAL(taken, counts);
}

static void answers_at_the_leader(void)
{
    struct kp_leader_case kept = {.threshold = 2,
                                  .asked = {{.member = 1, .question = KP_CASE_STILL_CURRENT},
                                            {.member = 3, .question = KP_CASE_STILL_CURRENT},
                                            {.member = 4, .question = KP_CASE_STILL_CURRENT},
                                            {.member = 5, .question = KP_CASE_INTEREST}},
                                  .asked_count = 4};
    answer(&kept, 2, 1, KP_ANSWER_CURRENT, KP_REFUSED, false);     /* wasn't asked */
    answer(&kept, 5, 1, KP_ANSWER_NOT_CURRENT, KP_REFUSED, false); /* not that */
    answer(&kept, 1, 1, KP_ANSWER_INTEREST, KP_REFUSED, false);
    answer(&kept, 5, 1, KP_ANSWER_NO_INTEREST, KP_OK, true);
    answer(&kept, 1, 2, KP_ANSWER_NOT_CURRENT, KP_OK, true);
    answer(&kept, 1, 2, KP_ANSWER_CURRENT, KP_OK, false); /* again, or an older one */
    answer(&kept, 1, 1, KP_ANSWER_CURRENT, KP_OK, false);
    CU_ASSERT(!kp_leader_case_is_over(&kept)); /* two haven't said so */
    answer(&kept, 3, 1, KP_ANSWER_DECLINED, KP_OK, true);
    CU_ASSERT(!kp_leader_case_is_over(&kept));
    answer(&kept, 4, 1, KP_ANSWER_NOT_CURRENT, KP_OK, true);
    CU_ASSERT(kp_leader_case_is_over(&kept));
    answer(&kept, 1, 3, KP_ANSWER_CURRENT, KP_OK, true); /* another time */
    CU_ASSERT(!kp_leader_case_is_over(&kept));
    kept.end = KP_CASE_CLOSED_BY_LEADER;
    answer(&kept, 1, 4, KP_ANSWER_NOT_CURRENT, KP_OK, false);
}

static enum kp_status count_case(void *context, const struct kp_leader_case *kept,
                                 struct kp_error *error)
{
    (void)error;
    *(uint32_t *)context += kept->asked_count;
    return KP_OK;
}

static void kept_at_the_leader(void)
{
    static const char *const TABLES[KP_LEADER_TABLES] = {"a", "b", "c", "d"};
    struct kp_store *store = NULL;
    struct kp_txn *txn = NULL;
    struct kp_leader_case kept = {.id = {4},
                                  .round = 3,
                                  .number = 17,
                                  .threshold = 2,
                                  .opened = 5,
                                  .answer_by = 6,
                                  .end = KP_CASE_BELOW_THRESHOLD,
                                  .ended = 7,
                                  .asked_count = KP_MEMBERS_MAX};
    static struct kp_leader_case back;
    uint32_t asked = 0;
    fixture_address(kept.address, 8);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        kept.asked[i] = (struct kp_case_asked){.member = i + 1,
                                               .question = KP_CASE_STILL_CURRENT,
                                               .revision = i,
                                               .answer = KP_ANSWER_CURRENT,
                                               .time = 9 + i};
        memset(kept.asked[i].reason, 'x', i == 31 ? KP_CASE_REASON_MAX : i);
    }
    CU_ASSERT_EQUAL_FATAL(
        kp_store_open(&store, scratch("leader"), store_key, TABLES, KP_LEADER_TABLES, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_case_put(txn, &kept, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_case_get(txn, kept.id, &back, NULL), KP_OK);
    CU_ASSERT_EQUAL(back.number, 17);
    CU_ASSERT_EQUAL(back.end, KP_CASE_BELOW_THRESHOLD);
    CU_ASSERT_EQUAL(back.ended, 7);
    CU_ASSERT_EQUAL(memcmp(back.address, kept.address, sizeof(kept.address)), 0);
    for (uint32_t i = 0; i < KP_MEMBERS_MAX; i++) {
        CU_ASSERT_EQUAL(back.asked[i].member, i + 1);
        CU_ASSERT_EQUAL(back.asked[i].revision, i);
        CU_ASSERT_STRING_EQUAL(back.asked[i].reason, kept.asked[i].reason);
    }
    CU_ASSERT_EQUAL(kp_leader_case_walk(txn, count_case, &asked, NULL), KP_OK);
    CU_ASSERT_EQUAL(asked, KP_MEMBERS_MAX);
    kept.id[0] = 5;
    CU_ASSERT_EQUAL(kp_leader_case_get(txn, kept.id, &back, NULL), KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_store_put(txn, KP_LEADER_CASES, kept.id, KP_CASE_ID_BYTES, "\1\0\0", 3, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_case_get(txn, kept.id, &back, NULL), KP_FAILED); /* cut short */
    kp_store_abort(txn);
    kp_store_close(store);
}

/* What can't be done isn't in the log either: both are one transaction. */
static void log_tells_what_was_done(void)
{
    static const char *const TABLES[KP_LEADER_TABLES] = {"a", "b", "c", "d"};
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 2});
    struct kp_leader leader = {.agreement = fixture.agreement,
                               .party = KP_PARTY_LEADER,
                               .identity_secret = fixture.leader_secret};
    struct kp_audit_signer signer = {.party = KP_PARTY_LEADER, .table = KP_LEADER_LOG};
    struct kp_audit_head head;
    struct kp_txn *txn = NULL;
    /* Nobody can be told that it is closed: the agreement has no member 3. */
    static struct kp_leader_case kept = {
        .id = {4}, .round = 1, .threshold = 2, .asked_count = 1, .asked = {{.member = 3}}};
    memcpy(signer.lineage, fixture.agreement->lineage, sizeof(signer.lineage));
    CU_ASSERT_EQUAL_FATAL(
        kp_store_open(&leader.store, scratch("log"), store_key, TABLES, KP_LEADER_TABLES, NULL),
        KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(leader.store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_case_put(txn, &kept, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_case_close(&leader, kept.id, NULL), KP_USAGE);
    CU_ASSERT_EQUAL(kp_store_begin(leader.store, false, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_audit_head_get(txn, &signer, &head, NULL), KP_OK);
    CU_ASSERT_EQUAL(head.sequence, 0);
    kp_store_abort(txn);
    kp_store_close(leader.store);
    fixture_free(&fixture);
}

/* After the retention no address of a case is left, and the log says so. */
static void nothing_is_left_after_retention(void)
{
    static const char *const TABLES[KP_LEADER_TABLES] = {"a", "b", "c", "d"};
    struct fixture fixture;
    fixture_make(&fixture, &(struct fixture_settings){.members = 2});
    struct kp_agreement over = *fixture.agreement;
    struct kp_leader leader = {
        .agreement = &over, .party = KP_PARTY_LEADER, .identity_secret = fixture.leader_secret};
    struct kp_audit_signer signer = {.party = KP_PARTY_LEADER, .table = KP_LEADER_LOG};
    static struct kp_leader_case kept = {
        .id = {4}, .round = 1, .threshold = 2, .asked_count = 1, .asked = {{.member = 2}}};
    struct kp_audit_head head;
    struct kp_txn *txn = NULL;
    uint64_t count = 0;
    memcpy(signer.lineage, over.lineage, sizeof(signer.lineage));
    CU_ASSERT_EQUAL_FATAL(kp_store_open(&leader.store, scratch("retention"), store_key, TABLES,
                                        KP_LEADER_TABLES, NULL),
                          KP_OK);
    CU_ASSERT_EQUAL(kp_store_begin(leader.store, true, &txn, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_leader_case_put(txn, &kept, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_put(txn, KP_LEADER_ACTS, "act", 3, "act", 3, NULL), KP_OK);
    CU_ASSERT_EQUAL(kp_store_commit(txn, NULL), KP_OK);
    for (uint32_t run = 0; run < 3; run++) { /* before, once it is over, and again */
        over.retention_days = 1;
        over.end = run == 0 ? kp_clock_now() / 1000 : kp_clock_now() / 1000 - 86400;
        CU_ASSERT_EQUAL(kp_leader_retention(&leader, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_store_begin(leader.store, false, &txn, NULL), KP_OK);
        CU_ASSERT_EQUAL(kp_store_count(txn, KP_LEADER_CASES, &count, NULL), KP_OK);
        CU_ASSERT_EQUAL(count, run == 0);
        CU_ASSERT_EQUAL(kp_store_count(txn, KP_LEADER_ACTS, &count, NULL), KP_OK);
        CU_ASSERT_EQUAL(count, run == 0);
        CU_ASSERT_EQUAL(kp_audit_head_get(txn, &signer, &head, NULL), KP_OK);
        CU_ASSERT_EQUAL(head.sequence, run > 0);
        kp_store_abort(txn);
    }
    kp_store_close(leader.store);
    fixture_free(&fixture);
}

static const struct unit_test TESTS[] = {
    {"proven", proven},
    {"not proven", not_proven},
    {"another lineage", another_lineage},
    {"not accepted by all", not_accepted},
    {"rules", rules},
    {"messages", messages},
    {"answers fit the question", answers_fit_the_question},
    {"searches", searches},
    {"kept at a node", kept_at_a_node},
    {"answers at the leader", answers_at_the_leader},
    {"kept at the leader", kept_at_the_leader},
    {"the log tells what was done", log_tells_what_was_done},
    {"nothing is left after retention", nothing_is_left_after_retention},
};

UNIT_MAIN("cases", TESTS)
