/* proto/verify_evidence.h: what holds is found to hold and read right, and every change of it is
 * found. */
#include "proto/address.h"
#include "proto/commands/verify_commands.h"
#include "proto/party.h"
#include "proto/verify_evidence.h"
#include "tests/unit/change_all.h"
#include "tests/unit/proof_make.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Address 7 of all three, 8 of members 1 and 2, 9 of member 1 alone. */
static const uint32_t NUMBERS[] = {7, 8, 9};
static const struct stage_set SETS[] = {{NUMBERS, 3}, {NUMBERS, 2}, {NUMBERS, 1}};

static void print_broken(const struct kp_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->rulings[i].verdict != KP_VERDICT_OK) {
            printf("\n%s: %s: %s", report->rules[i].id, report->rulings[i].record,
                   report->rulings[i].text);
        }
    }
}

static bool holds(const struct proof *proof, const struct kp_verify_export *export,
                  struct kp_evidence_says *says)
{
    struct kp_report report;
    CU_ASSERT_EQUAL(kp_verify_evidence_check(&proof->versions, export, &report, says, NULL), KP_OK);
    return kp_verify_evidence_holds(&report);
}

/* What it says is what the members put into their slots. */
static void check_says(const struct proof *proof, const struct kp_evidence_says *says,
                       uint32_t keys, uint32_t discloses)
{
    static const uint8_t nothing[KP_INDICATOR_SET_BYTES];
    uint8_t seven[KP_ADDRESS_KEY_BYTES], eight[KP_ADDRESS_KEY_BYTES];
    fixture_address(seven, 7);
    fixture_address(eight, 8);
    bool of_all = memcmp(says->address_key, seven, sizeof(seven)) == 0;
    CU_ASSERT_TRUE(of_all || memcmp(says->address_key, eight, sizeof(eight)) == 0);
    CU_ASSERT_EQUAL(says->member_count, of_all ? 3 : 2);
    CU_ASSERT_PTR_EQUAL(says->agreement, proof->versions.version[0]);
    CU_ASSERT_EQUAL(says->counter, 1);
    for (uint32_t i = 0; i < says->member_count; i++) {
        const struct kp_evidence_member *member = &says->members[i];
        uint8_t bits[KP_INDICATOR_SET_BYTES] = {(uint8_t)(1u << (i + 1) % 3)};
        CU_ASSERT_EQUAL(member->member, i + 1);
        /* The latest READY of the others: that of member 3, or 2. */
        CU_ASSERT_EQUAL(member->not_later_than, STAGE_TIME + 1000 + (i == 2 ? 2 : 3));
        CU_ASSERT_EQUAL(
            memcmp(member->indicators, (discloses & 1) != 0 ? bits : nothing, sizeof(bits)), 0);
        CU_ASSERT_EQUAL(memcmp(member->grounds, nothing, sizeof(nothing)) == 0,
                        (discloses & 2) == 0);
        CU_ASSERT_EQUAL(member->observed_on, (discloses & 4) != 0 ? 20240100 + i + 1 : 0);
    }
    CU_ASSERT_EQUAL(says->opener_count, keys);
    for (uint32_t i = 0; i < keys; i++) {
        CU_ASSERT_EQUAL(says->openers[i].party, i == 0 ? KP_PARTY_LEADER : KP_PARTY_OPENER);
        CU_ASSERT_EQUAL(says->openers[i].time, STAGE_TIME + 3600000 + i + 1);
        CU_ASSERT_EQUAL(says->openers[i].matches, 2);
    }
}

static void check_holding(bool second_holder, uint32_t hides)
{
    const struct fixture_settings settings = {.second_holder = second_holder, .hides = hides};
    struct proof proof;
    proof_start(&proof, &settings, SETS);
    CU_ASSERT_EQUAL_FATAL(proof.results.group_count, 2);
    for (uint32_t group = 0; group < 2; group++) {
        struct kp_verify_export export;
        struct kp_report report;
        struct kp_evidence_says says, again;
        struct kp_buffer bytes = {0};
        proof_evidence(&proof, group, &export);
        CU_ASSERT_EQUAL(kp_verify_evidence_check(&proof.versions, &export, &report, &says, NULL),
                        KP_OK);
        print_broken(&report);
        CU_ASSERT_TRUE(kp_verify_evidence_holds(&report));
        check_says(&proof, &says, second_holder ? 2 : 1, 7 & ~hides);
        CU_ASSERT_EQUAL(
            kp_export_write_bytes(&bytes, &export.header, export.items, export.count, NULL), KP_OK);
        CU_ASSERT_EQUAL(
            kp_verify_evidence_bytes(bytes.data, bytes.size, &proof.versions, &again, NULL), KP_OK);
        CU_ASSERT_EQUAL(memcmp(&again, &says, sizeof(says)), 0);
        kp_buffer_free(&bytes);
        kp_verify_export_free(&export);
    }
    proof_free(&proof);
}

static void test_holds(void)
{
    check_holding(false, 0);
    check_holding(true, 0);
    for (uint32_t hides = 1; hides <= 7; hides++) {
        check_holding(false, hides);
    }
}

static bool is_found(void *context, const struct kp_verify_export *export)
{
    struct kp_evidence_says says;
    return !holds(context, export, &says);
}

static void check_changes(bool second_holder, uint32_t threshold)
{
    const struct fixture_settings settings = {
        .slots = 4, .second_holder = second_holder, .threshold = threshold};
    struct proof proof;
    struct kp_verify_export export;
    proof_start(&proof, &settings, SETS);
    proof_evidence(&proof, 0, &export);
    change_all(&export, is_found, &proof);
    kp_verify_export_free(&export);
    proof_free(&proof);
}

/* Of address 7 alone at threshold 3, so that no record can be left out. */
static void test_changes(void)
{
    check_changes(false, 3);
    check_changes(true, 3);
}

/* ---- the command ---- */

static const char *write_file(const struct kp_verify_export *export)
{
    const char *path = scratch("evidence");
    (void)unlink(path);
    CU_ASSERT_EQUAL_FATAL(
        kp_export_write(path, &export->header, export->items, export->count, NULL), KP_OK);
    return path;
}

/* What the command prints, and its exit status. */
static int run(const char *json, const struct kp_verify_export *export, char *text, size_t size)
{
    char evidence[] = "evidence", path[256], option[16];
    char *arguments[] = {evidence, path, option, NULL};
    (void)snprintf(path, sizeof(path), "%s", write_file(export));
    (void)snprintf(option, sizeof(option), "%s", json);
    const char *out = scratch("out");
    (void)fflush(stdout);
    int before = dup(STDOUT_FILENO), errors = dup(STDERR_FILENO);
    FILE *file = fopen(out, "w+b");
    CU_ASSERT_FATAL(file != NULL && before >= 0 && errors >= 0);
    CU_ASSERT_FATAL(dup2(fileno(file), STDOUT_FILENO) >= 0 &&
                    dup2(fileno(file), STDERR_FILENO) >= 0);
    int status = kp_command_verify_evidence.run(json[0] != '\0' ? 3 : 2, arguments);
    (void)fflush(stdout);
    CU_ASSERT_FATAL(dup2(before, STDOUT_FILENO) >= 0 && dup2(errors, STDERR_FILENO) >= 0);
    (void)close(before);
    (void)close(errors);
    rewind(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    (void)fclose(file);
    return status;
}

/* Everything that a court's expert asks for stands there; nothing of it when a rule doesn't hold.
 */
static void test_command(void)
{
    static const char *const wanted[] = {
        "valid in full", "1234AB 7",  "on indicator    B: ", "legal ground", "not later than",
        "2025-06-15",    "opened by", "logged as opened",    "legal basis"};
    static char text[20000];
    const struct fixture_settings settings = {.threshold = 3, .second_holder = true};
    struct proof proof;
    struct kp_verify_export export;
    proof_start(&proof, &settings, SETS);
    proof_evidence(&proof, 0, &export);
    CU_ASSERT_EQUAL(run("", &export, text, sizeof(text)), 2); /* no papers: wrong usage */
    proof_add_papers(&proof, &export);
    CU_ASSERT_EQUAL(run("", &export, text, sizeof(text)), 0);
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        CU_ASSERT_PTR_NOT_NULL(strstr(text, wanted[i]));
    }
    if (getenv("KP_SHOW") != NULL) {
        puts(text);
    }
    CU_ASSERT_EQUAL(run("--json", &export, text, sizeof(text)), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"not_later_than\":"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"house_number\":"));
    if (getenv("KP_SHOW") != NULL) {
        puts(text);
    }
    struct kp_buffer *last = &export.items[export.count - 1].content;
    last->data[last->size - 1] ^= 1; /* of the second holder's opening */
    CU_ASSERT_EQUAL(run("", &export, text, sizeof(text)), 1);
    CU_ASSERT_PTR_NULL(strstr(text, "1234AB 7"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "proves nothing"));
    last->data[last->size - 1] ^= 1;

    /* Without the decisions: nothing is broken, and still it proves nothing. */
    for (size_t i = 1; i <= 3; i++) {
        kp_export_item_free(&export.items[i]);
    }
    memmove(&export.items[1], &export.items[4], (export.count - 4) * sizeof(export.items[0]));
    export.count -= 3;
    CU_ASSERT_EQUAL(run("", &export, text, sizeof(text)), 1);
    CU_ASSERT_PTR_NULL(strstr(text, "1234AB 7"));
    kp_verify_export_free(&export);
    proof_free(&proof);
}

/* A node believes its own papers only. */
static void test_own_papers(void)
{
    const struct fixture_settings settings = {.threshold = 3};
    struct proof proof, other;
    struct kp_verify_export export;
    struct kp_evidence_says says;
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    proof_start(&proof, &settings, SETS);
    proof_start(&other, &settings, SETS);
    proof_evidence(&proof, 0, &export);
    CU_ASSERT_EQUAL(kp_export_write_bytes(&bytes, &export.header, export.items, export.count, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(
        kp_verify_evidence_bytes(bytes.data, bytes.size, &other.versions, &says, &error),
        KP_REFUSED);
    CU_ASSERT_EQUAL(
        kp_verify_evidence_bytes(bytes.data, bytes.size - 1, &proof.versions, &says, &error),
        KP_REFUSED);
    proof_add_papers(&proof, &export);
    CU_ASSERT_EQUAL(kp_export_write_bytes(&bytes, &export.header, export.items, export.count, NULL),
                    KP_OK);
    CU_ASSERT_EQUAL(
        kp_verify_evidence_bytes(bytes.data, bytes.size, &proof.versions, &says, &error),
        KP_REFUSED);
    CU_ASSERT_EQUAL(says.member_count, 0);
    kp_buffer_free(&bytes);
    kp_verify_export_free(&export);
    proof_free(&other);
    proof_free(&proof);
}

static const struct unit_test tests[] = {
    {"evidence that holds, and what it says", test_holds},
    {"every change of evidence", test_changes},
    {"the command", test_command},
    {"papers in a file that is given to a program with its own", test_own_papers},
};

UNIT_MAIN("verify_evidence", tests)
