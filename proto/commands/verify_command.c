/* Prints the verdicts. */
#include "proto/address/agreed.h"
#include "proto/commands/agreement_draft_values.h"
#include "proto/commands/verify_commands.h"
#include "proto/commands/verify_files.h"
#include "proto/commands/verify_proofs.h"
#include "proto/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- text ---- */

static const char *word_of(enum kp_verdict verdict)
{
    switch (verdict) {
    case KP_VERDICT_OK:
        return "holds";
    case KP_VERDICT_BROKEN:
        return "BROKEN";
    case KP_VERDICT_UNCHECKED:
        break;
    }
    return "open";
}

static void print_report(const struct kp_report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct kp_ruling *ruling = &report->rulings[i];
        bool holds = ruling->verdict == KP_VERDICT_OK;
        printf("%-7s %-24s %s%s%s\n", word_of(ruling->verdict), report->rules[i].id, ruling->record,
               ruling->record[0] != '\0' ? ": " : "", holds ? report->rules[i].says : ruling->text);
    }
}

static const char *kind_name(enum kp_export_kind kind)
{
    switch (kind) {
    case KP_EXPORT_LOG:
        return "log";
    case KP_EXPORT_ROUND:
        return "round";
    case KP_EXPORT_EVIDENCE:
        return "evidence";
    case KP_EXPORT_VERDICT:
        return "verdict";
    case KP_EXPORT_RECEIPTS:
        return "receipts";
    case KP_EXPORT_AGREEMENT:
    case KP_EXPORT_AUDIT:
    case KP_EXPORT_KINDS:
        break;
    }
    return "file";
}

static void print_title(const struct kp_verify_input *input)
{
    const struct kp_export_header *header = &input->export.header;
    printf("\n%s: %s ", input->path, kind_name(header->kind));
    if (header->kind == KP_EXPORT_VERDICT) {
        printf("about round %" PRIu64 "\n", header->counter);
        return;
    }
    if (header->counter != 0) {
        printf("of round %" PRIu64 ", as written by ", header->counter);
    } else {
        printf("of ");
    }
    if (header->party == KP_PARTY_COORDINATOR) {
        printf("the coordinator\n");
    } else if (header->party == KP_PARTY_LEADER) {
        printf("the project leader\n");
    } else if (header->party == KP_PARTY_OPENER) {
        printf("the second holder\n");
    } else {
        printf("member %u\n", header->party);
    }
}

/* What officers decided later doesn't undo what was signed before: of evidence and verdicts the
 * rules `accepted` and `term` look at the time of the round. */
static bool is_later(const struct kp_finding *finding)
{
    static const char *const later[] = {"agreement.refusal", "agreement.revocation",
                                        "agreement.term"};
    for (size_t k = 0; k < sizeof(later) / sizeof(later[0]); k++) {
        if (strcmp(finding->rule, later[k]) == 0) {
            return true;
        }
    }
    return false;
}

/* Under an agreement that is another one, or that isn't in order, nothing is proven. */
static bool agreement_stands(const struct kp_verify_files *files)
{
    for (size_t i = 0; i < files->findings.count; i++) {
        if (files->findings.items[i].broken && !is_later(&files->findings.items[i])) {
            return false;
        }
    }
    return true;
}

static size_t broken_of(const struct kp_verify_files *files, enum kp_export_kind kind)
{
    size_t broken = kp_verify_files_broken(files);
    for (size_t i = 0; kind >= KP_EXPORT_EVIDENCE && i < files->findings.count; i++) {
        const struct kp_finding *finding = &files->findings.items[i];
        broken -= finding->broken && is_later(finding) ? 1 : 0;
    }
    return broken;
}

static void print_text(const struct kp_verify_files *files)
{
    if (files->agreement.test) {
        puts(KP_TEST_MODE_TEXT);
    }
    puts("the agreement");
    kp_findings_print(&files->findings, stdout);
    bool several = false;
    for (size_t i = 0; i < files->count; i++) {
        if (files->inputs[i].report.count > 0) {
            print_title(&files->inputs[i]);
            print_report(&files->inputs[i].report);
            several = several || files->inputs[i].export.header.kind <= KP_EXPORT_ROUND;
        }
    }
    if (several) {
        puts("\nthe files against each other");
        print_report(&files->across);
    }
    for (size_t i = 0; i < files->count; i++) {
        if (files->inputs[i].evidence != NULL) {
            kp_verify_print_evidence(&files->inputs[i], agreement_stands(files), files->reg);
        }
        if (files->inputs[i].fault != NULL) {
            kp_verify_print_verdict(&files->inputs[i], agreement_stands(files));
        }
    }
    if (files->hash == NULL) {
        puts("\nWhether this is the agreement that you know, its hash tells; see --hash.");
    }
}

/* ---- JSON ---- */

static bool add_report(cJSON *object, const char *name, const struct kp_report *report)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    bool added = array != NULL;
    for (size_t i = 0; added && i < report->count; i++) {
        const struct kp_ruling *ruling = &report->rulings[i];
        cJSON *one = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, one) &&
                cJSON_AddStringToObject(one, "rule", report->rules[i].id) != NULL &&
                cJSON_AddStringToObject(one, "verdict", kp_verdict_name(ruling->verdict)) != NULL &&
                cJSON_AddStringToObject(one, "record", ruling->record) != NULL &&
                cJSON_AddStringToObject(one, "text", ruling->text) != NULL;
    }
    return added;
}

static bool add_file(cJSON *array, const struct kp_verify_input *input, bool stands,
                     const struct kp_register *reg)
{
    const struct kp_export_header *header = &input->export.header;
    cJSON *one = cJSON_CreateObject();
    return cJSON_AddItemToArray(array, one) &&
           cJSON_AddStringToObject(one, "file", input->path) != NULL &&
           cJSON_AddStringToObject(one, "kind", kind_name(header->kind)) != NULL &&
           cJSON_AddNumberToObject(one, "party", header->party) != NULL &&
           cJSON_AddNumberToObject(one, "counter", (double)header->counter) != NULL &&
           add_report(one, "rules", &input->report) &&
           (input->evidence == NULL || kp_verify_evidence_json(input, stands, reg, one)) &&
           (input->fault == NULL || kp_verify_verdict_json(input, stands, one));
}

static enum kp_status print_json(const struct kp_verify_files *files, struct kp_error *error)
{
    const struct kp_verified_agreement *verified = &files->agreement;
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddBoolToObject(object, "test_mode", verified->test) != NULL &&
        cJSON_AddNumberToObject(object, "broken", (double)kp_verify_files_broken(files)) != NULL;
    cJSON *agreement = cJSON_AddObjectToObject(object, "agreement");
    complete = complete && agreement != NULL && kp_findings_json(&files->findings, agreement);
    if (complete && verified->any) {
        complete = kp_json_add_hex(agreement, "lineage", verified->lineage, KP_DIGEST_BYTES) &&
                   kp_json_add_hex(agreement, "hash", verified->hash, KP_DIGEST_BYTES) &&
                   cJSON_AddNumberToObject(agreement, "version", verified->version) != NULL;
    }
    cJSON *array = cJSON_AddArrayToObject(object, "files");
    complete = complete && array != NULL;
    for (size_t i = 0; complete && i < files->count; i++) {
        complete = files->inputs[i].report.count == 0 ||
                   add_file(array, &files->inputs[i], agreement_stands(files), files->reg);
    }
    complete = complete && add_report(object, "across", &files->across);
    return kp_json_print(object, complete, error);
}

/* ---- the command ---- */

/* What is missed when no file is of this kind. */
static const char *kind_words(enum kp_export_kind kind)
{
    switch (kind) {
    case KP_EXPORT_LOG:
        return "a log (kruispunt export log)";
    case KP_EXPORT_ROUND:
        return "of a round (kruispunt export round)";
    case KP_EXPORT_EVIDENCE:
        return "evidence of a match (kruispunt leader evidence)";
    case KP_EXPORT_VERDICT:
        return "a verdict (kruispunt leader faults or coordinator verdicts, with --out)";
    case KP_EXPORT_RECEIPTS:
    case KP_EXPORT_AGREEMENT:
    case KP_EXPORT_AUDIT:
    case KP_EXPORT_KINDS:
        break;
    }
    return "of the kind that this checks";
}

struct arguments {
    const char *paths[KP_VERIFY_FILES_MAX];
    size_t count;
    const char *hash;
    const char *at;
    const char *bag;
    bool json;
};

/* The register of the agreement, for the address of the object that evidence is about. */
static enum kp_status open_register(struct kp_verify_files *files, const char *bag,
                                    struct kp_error *error)
{
    const struct kp_verify_versions *versions = &files->versions;
    if (versions->count == 0) {
        return KP_OK;
    }
    const struct kp_canonicalisation agreed =
        kp_agreement_canonicalisation(versions->version[versions->count - 1]);
    return kp_agreed_register(&files->reg, &agreed, bag, error);
}

static enum kp_status judge(struct kp_verify_files *files, const struct arguments *arguments,
                            enum kp_export_kind kind, struct kp_error *error)
{
    enum kp_status status = kp_verify_files_read(files, arguments->paths, arguments->count, error);
    if (status == KP_OK && !kp_verify_files_have(files, kind)) {
        status = kp_fail(error, KP_USAGE, "none of the files is %s", kind_words(kind));
    }
    uint64_t when = status == KP_OK && arguments->at == NULL ? kp_verify_files_when(files) : 0;
    files->at = when != 0 ? when : files->at;
    if (status == KP_OK && kind != KP_EXPORT_AGREEMENT && files->versions.count == 0) {
        status = kp_fail(error, KP_USAGE,
                         "none of the files is the agreement; give it besides, or its export");
    }
    if (status == KP_OK) {
        status = kp_verify_files_check(files, error);
    }
    if (status == KP_OK && kind == KP_EXPORT_EVIDENCE) {
        status = open_register(files, arguments->bag, error);
    }
    if (status == KP_OK && arguments->json) {
        status = print_json(files, error);
    } else if (status == KP_OK) {
        print_text(files);
    }
    size_t broken = status == KP_OK ? broken_of(files, kind) : 0;
    if (broken > 0) {
        return kp_fail(error, KP_REFUSED, "broken: %zu", broken);
    }
    return status == KP_OK && kp_verify_files_unproven(files) > 0
               ? kp_fail(error, KP_REFUSED,
                         "not everything that this needs can be checked with "
                         "these files, so it proves nothing")
               : status;
}

static enum kp_status verify(const struct arguments *arguments, enum kp_export_kind kind,
                             struct kp_error *error)
{
    struct kp_verify_files files = {.at = (uint64_t)time(NULL)};
    uint8_t hash[KP_DIGEST_BYTES];
    if (arguments->hash != NULL &&
        kp_draft_read_hex(hash, sizeof(hash), arguments->hash, error) != KP_OK) {
        return kp_fail_in(error, "--hash");
    }
    if (arguments->at != NULL &&
        kp_draft_read_start(&files.at, sizeof(files.at), arguments->at, error) != KP_OK) {
        return kp_fail_in(error, "--at");
    }
    files.hash = arguments->hash != NULL ? hash : NULL;
    enum kp_status status = judge(&files, arguments, kind, error);
    kp_register_close(files.reg);
    kp_verify_files_free(&files);
    return status;
}

int kp_verify_command(const struct kp_command *command, enum kp_export_kind kind, int argc,
                      char **argv)
{
    struct arguments arguments = {.count = 0};
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "hash", .value = &arguments.hash},
        {.name = "at", .value = &arguments.at},
        {.name = "bag", .value = &arguments.bag},
        {.name = "json", .flag = &arguments.json},
    };
    enum kp_status status = kp_command_parse(command, argc, argv, options, 4, arguments.paths, 1,
                                             KP_VERIFY_FILES_MAX, &arguments.count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = verify(&arguments, kind, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(command, &error);
}
