/* `kruispunt verify audit`: a file that `node audit-slots --out` wrote. */
#include "proto/commands/agreement_draft_values.h"
#include "proto/commands/audit_report.h"
#include "proto/commands/verify_commands.h"
#include "proto/verify_agreement.h"

#include <stdlib.h>
#include <string.h>

static enum kp_status add_papers(struct kp_verify_versions *versions,
                                 const struct kp_verify_export *export, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < export->count; i++) {
        const struct kp_buffer *paper = &export->items[i].content;
        if (export->items[i].kind == KP_EXPORT_PAPER) {
            status = kp_verify_versions_add(versions, paper->data, paper->size, error);
        }
    }
    return status;
}

/* The papers in the file are those of whoever made it: whether they are yours, the hash tells. */
static enum kp_status check_hash(const struct kp_verify_versions *versions, const char *text,
                                 struct kp_error *error)
{
    uint8_t hash[KP_DIGEST_BYTES];
    const uint8_t *lineage = kp_verify_lineage(versions);
    enum kp_status status = kp_draft_read_hex(hash, sizeof(hash), text, error);
    if (status != KP_OK) {
        return kp_fail_in(error, "--hash");
    }
    return lineage != NULL && memcmp(lineage, hash, sizeof(hash)) == 0
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "the file is of another agreement than --hash says");
}

static enum kp_status print(const struct kp_verify_audit *audit, const struct kp_report *report,
                            bool json, struct kp_error *error)
{
    static const struct kp_audit_history none;
    if (!json) {
        kp_audit_report_print(audit, report, &none, NULL, stdout);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    return kp_json_print(object, kp_audit_report_json(audit, report, &none, NULL, object), error);
}

static enum kp_status judge(const struct kp_verify_versions *versions,
                            const struct kp_verify_export *export, bool json,
                            struct kp_error *error)
{
    struct kp_report report;
    struct kp_verify_audit *audit = calloc(1, sizeof(*audit));
    if (audit == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to verify an audit");
    }
    enum kp_status status = kp_verify_audit_check(versions, export, &report, audit, error);
    if (status == KP_OK) {
        status = print(audit, &report, json, error);
    }
    if (status == KP_OK && !kp_verify_audit_holds(&report)) {
        status = kp_fail(error, KP_REFUSED, "not every rule holds");
    }
    kp_verify_audit_free(audit);
    free(audit);
    return status;
}

static enum kp_status verify(const char *path, const char *hash, bool json, struct kp_error *error)
{
    struct kp_verify_export export = {.count = 0};
    struct kp_verify_versions versions = {.count = 0};
    enum kp_status status = kp_verify_export_read(&export, path, error);
    if (status == KP_OK && export.header.kind != KP_EXPORT_AUDIT) {
        status = kp_fail(error, KP_USAGE, "%s: isn't an audit of slots", path);
    }
    if (status == KP_OK) {
        status = add_papers(&versions, &export, error);
    }
    if (status == KP_OK && versions.count == 0) {
        status = kp_fail(error, KP_REFUSED, "%s: the agreement isn't in it", path);
    }
    if (status == KP_OK && hash != NULL) {
        status = check_hash(&versions, hash, error);
    }
    if (status == KP_OK) {
        status = judge(&versions, &export, json, error);
    }
    kp_verify_versions_free(&versions);
    kp_verify_export_free(&export);
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = NULL, *hash = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"hash", &hash, NULL, false}, {"json", NULL, &json, false}};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_verify_audit, argc, argv, options, 2,
                                             &path, 1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = verify(path, hash, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_verify_audit, &error);
}

const struct kp_command kp_command_verify_audit = {
    .name = "audit",
    .summary = "check an audit of a member's slots",
    .usage =
        "usage: kruispunt verify audit [--hash HASH] [--json] FILE\n"
        "\n"
        "Checks what `kruispunt node audit-slots --out FILE` wrote, and prints the same report\n"
        "(in Dutch). Needs no secret key and no connection. The file holds addresses.\n"
        "\n"
        "  --hash HASH  of the agreement's first version, as you were told by another way\n"
        "  --json       one JSON object\n"
        "\n"
        "Exit status 0: every rule holds; 1: one doesn't.\n",
    .run = run,
};
