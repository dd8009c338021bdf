#include "node/commands/audit_collect.h"
#include "node/commands/node_commands.h"
#include "node/commands/node_place.h"

#include <errno.h>
#include <stdlib.h>

static enum kp_status read_round(uint32_t *counter, const char *text, struct kp_error *error)
{
    char *end = NULL;
    errno = 0;
    unsigned long number = strtoul(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < 1 || number > KP_ROUNDS_MAX) {
        return kp_fail(error, KP_USAGE, "a round is a number from 1 to %u", KP_ROUNDS_MAX);
    }
    *counter = (uint32_t)number;
    return KP_OK;
}

/* A round without slots to show is a failed audit: whoever wants none can bring that about. */
static enum kp_status report_none(const struct kp_audit_collected *collected, uint32_t counter,
                                  bool json, struct kp_error *error)
{
    const struct kp_verify_versions *versions = &collected->versions;
    const struct kp_agreement *agreement =
        versions->count > 0 ? versions->version[versions->count - 1] : NULL;
    if (!json) {
        kp_audit_report_none(agreement, collected->member, counter, &collected->history, stdout);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddNumberToObject(object, "round", counter) != NULL &&
                    cJSON_AddNumberToObject(object, "member", collected->member) != NULL &&
                    cJSON_AddBoolToObject(object, "kept", false) != NULL &&
                    cJSON_AddBoolToObject(object, "holds", false) != NULL &&
                    cJSON_AddStringToObject(object, "why_not", collected->why_not.text) != NULL &&
                    kp_audit_history_json(&collected->history, object);
    return kp_json_print(object, complete, error);
}

static enum kp_status report(const struct kp_audit_collected *collected,
                             const struct kp_register *reg, bool json, struct kp_error *error)
{
    struct kp_report verdicts;
    struct kp_verify_audit *audit = calloc(1, sizeof(*audit));
    if (audit == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an audit");
    }
    enum kp_status status =
        kp_verify_audit_check(&collected->versions, &collected->file, &verdicts, audit, error);
    if (status == KP_OK && json) {
        cJSON *object = cJSON_CreateObject();
        status = kp_json_print(
            object, kp_audit_report_json(audit, &verdicts, &collected->history, reg, object),
            error);
    } else if (status == KP_OK) {
        kp_audit_report_print(audit, &verdicts, &collected->history, reg, stdout);
    }
    if (status == KP_OK && !kp_verify_audit_holds(&verdicts)) {
        status = kp_fail(error, KP_REFUSED, "not every rule holds");
    }
    kp_verify_audit_free(audit);
    free(audit);
    return status;
}

/* KP_REFUSED: by this agreement nothing is audited here, and nobody has anything to hide. */
static enum kp_status check_has_audits(const struct kp_audit_collected *collected, uint32_t counter,
                                       struct kp_error *error)
{
    const struct kp_verify_versions *versions = &collected->versions;
    const struct kp_agreement *last =
        versions->count > 0 ? versions->version[versions->count - 1] : NULL;
    if (last != NULL && last->audit_slots == 0) {
        return kp_fail(error, KP_REFUSED,
                       "the agreement has no audits of slots (audit_slots is 0)");
    }
    if (last != NULL && kp_agreement_member_slots(last, collected->member) == 0) {
        return kp_fail(error, KP_REFUSED,
                       "this member takes part on request: it has no slots to audit");
    }
    /* Nobody is to sign that something is wrong with what never was. */
    return collected->history.known && !collected->history.was_released[counter]
               ? kp_fail(
                     error, KP_REFUSED,
                     "by its own signed log this member released nothing in round %u: there is "
                     "nothing to audit (yet); `kruispunt node status` says how many rounds were",
                     counter)
               : KP_OK;
}

static enum kp_status audit(const char *control, uint32_t counter, const char *out,
                            const struct kp_register *reg, bool json, struct kp_error *error)
{
    struct kp_audit_collected *collected = calloc(1, sizeof(*collected));
    if (collected == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an audit");
    }
    enum kp_status status = kp_audit_collect(collected, control, counter, error);
    if (status == KP_OK) {
        status = check_has_audits(collected, counter, error);
    }
    if (status == KP_OK && !collected->kept) {
        status = report_none(collected, counter, json, error);
        status =
            status == KP_OK ? kp_fail(error, KP_REFUSED, "%s", collected->why_not.text) : status;
    } else if (status == KP_OK) {
        if (out != NULL) {
            status = kp_export_write(out, &collected->file.header, collected->file.items,
                                     collected->file.count, error);
        }
        status = status == KP_OK ? report(collected, reg, json, error) : status;
    }
    kp_audit_collected_free(collected);
    free(collected);
    return status;
}

static int run(int argc, char **argv)
{
    const char *out = NULL, *round = NULL;
    struct kp_node_options at = {0};
    struct kp_node_place place;
    struct kp_register *reg = NULL;
    bool json = false, help = false;
    uint32_t counter = 0;
    const struct kp_option options[] = {{"config", &at.config, NULL, false},
                                        {"control", &at.control, NULL, false},
                                        {"bag", &at.bag, NULL, false},
                                        {"out", &out, NULL, false},
                                        {"json", NULL, &json, false}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_node_audit_slots, argc, argv, options, 5,
                                             &round, 1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = read_round(&counter, round, &error);
    }
    if (status == KP_OK) {
        status = kp_node_place_show(&place, &at, &reg, &error);
    }
    if (status == KP_OK) {
        status = audit(place.control, counter, out, reg, json, &error);
    }
    kp_register_close(reg);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_audit_slots, &error);
}

const struct kp_command kp_command_node_audit_slots = {
    .name = "audit-slots",
    .summary = "show the own data protection officer the slots picked in a round",
    .usage =
        "usage: kruispunt node audit-slots (--config NODE.ini | --control SOCKET) [--out FILE]\n"
        "                                  [--bag DIR] [--json] ROUND\n"
        "\n"
        "Shows the slots of a round that all members' signatures and seeds picked, checks each of\n"
        "them against what this node signed in that round, and prints a report in Dutch to sign,\n"
        "with the odds of finding invented signals. It shows addresses: for this organisation's own\n"
        "data protection officer, and logged.\n"
        "\n"
        "  --out FILE  also write all of it to a file, for `kruispunt verify audit`\n"
        "  --json      one JSON object\n"
        "\n"
        "Exit status 1: something doesn't hold, no slots were kept of this round, or it wasn't held; 3:\n"
        "the daemon isn't running.\n",
    .run = run,
};
