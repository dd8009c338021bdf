/* Cases as a node takes them (node/case_check.h): what the project leader attaches, by the node's
 * own papers. Address 1 is of members 1 and 2; member 3 contributes too, and hasn't it. */
#include "node/case_check.h"
#include "tests/attack/attack.h"
#include "tests/unit/proof_make.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>
#include <string.h>

#define HOLDER 2u
#define BYSTANDER 3u

static const uint32_t ONE[] = {1};
static const struct stage_set SETS[] = {{ONE, 1}, {ONE, 1}, {ONE, 0}};

/* A round, the evidence of its match, and a node's papers. */
struct table {
    struct proof *proof;
    struct kp_verify_export file;
    struct kp_dossier *dossier;
};

static void start(struct table *table)
{
    struct kp_buffer decision = {0};
    memset(table, 0, sizeof(*table));
    table->proof = calloc(1, sizeof(*table->proof));
    CU_ASSERT_PTR_NOT_NULL_FATAL(table->proof);
    proof_start(table->proof, &(struct fixture_settings){.members = 3}, SETS);
    proof_evidence(table->proof, 0, &table->file);
    const struct fixture *fixture = &table->proof->stage.play.fixture;
    CU_ASSERT_EQUAL_FATAL(kp_dossier_new(&table->dossier, fixture->bytes.data, fixture->bytes.size,
                                         fixture->agreement->hash, NULL),
                          KP_OK);
    for (uint32_t i = 1; i <= 3; i++) {
        bool added = false;
        fixture_decide(fixture, fixture->agreement, i, KP_DECISION_ACCEPT, FIXTURE_START,
                       &decision);
        CU_ASSERT_EQUAL_FATAL(
            kp_dossier_add(table->dossier, decision.data, decision.size, &added, NULL), KP_OK);
    }
    kp_buffer_free(&decision);
}

static void end(struct table *table)
{
    kp_dossier_free(table->dossier);
    kp_verify_export_free(&table->file);
    proof_free(table->proof);
    free(table->proof);
}

/* Whether this member's node would keep and show the case. */
static bool is_taken(struct table *table, enum kp_case_question question, uint32_t own)
{
    static struct kp_evidence_says says;
    struct kp_verify_versions versions = {0};
    struct kp_buffer bytes = {0};
    struct kp_error error = {0};
    CU_ASSERT_EQUAL_FATAL(kp_export_write_bytes(&bytes, &table->file.header, table->file.items,
                                                table->file.count, NULL),
                          KP_OK);
    bool taken =
        kp_case_check_evidence(&bytes, table->dossier, &versions, &says, &error) == KP_OK &&
        kp_case_check_version(&says, table->dossier, &error) == KP_OK &&
        kp_case_check_members(&says, &error) == KP_OK &&
        kp_case_check_question(&says, question, own, &error) == KP_OK;
    if (!taken) {
        attack_told(&error);
    }
    kp_verify_versions_free(&versions);
    kp_buffer_free(&bytes);
    return taken;
}

/* The leader has one member's record, and no second one: it asks that member all the same, as if
 * there were a match. */
bool attack_invented_case(void)
{
    struct table table;
    start(&table);
    CU_ASSERT(is_taken(&table, KP_CASE_STILL_CURRENT, HOLDER));
    for (size_t i = 0; i < table.file.count; i++) {
        struct kp_export_item *item = &table.file.items[i];
        if (item->kind == KP_EXPORT_RECORD && item->member != HOLDER) {
            kp_export_item_free(item);
            memmove(item, item + 1, (table.file.count - i - 1) * sizeof(*item));
            table.file.header.items = --table.file.count;
            break;
        }
    }
    bool succeeded = is_taken(&table, KP_CASE_STILL_CURRENT, HOLDER);
    end(&table);
    return succeeded;
}

/* A member that hasn't the address is to hear of it, by either question. */
bool attack_case_for_a_bystander(void)
{
    struct table table;
    start(&table);
    bool current = is_taken(&table, KP_CASE_STILL_CURRENT, BYSTANDER);
    bool interest = is_taken(&table, KP_CASE_INTEREST, BYSTANDER);
    end(&table);
    return current || interest;
}
