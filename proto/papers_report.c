#include "proto/papers_report.h"

#include "proto/control_client.h"
#include "proto/file.h"
#include "proto/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

/* ---- Asking ---- */

static enum kp_status read_files(struct kp_batch *papers, const char *const *files, size_t count,
                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        struct kp_buffer bytes = {0};
        status = kp_file_read(files[i], KP_AGREEMENT_BYTES_MAX, &bytes, error);
        if (status == KP_OK && kp_batch_add(papers, bytes.data, bytes.size) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for papers");
        }
        kp_buffer_free(&bytes);
    }
    return status;
}

static enum kp_status take_page(struct kp_papers_report *report, const struct kp_papers_page *page,
                                struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < page->papers.count; i++) {
        const struct kp_buffer *paper = &page->papers.items[i];
        bool added = false;
        status = report->dossier == NULL
                     ? kp_dossier_new(&report->dossier, paper->data, paper->size, NULL, error)
                     : kp_dossier_add(report->dossier, paper->data, paper->size, &added, error);
    }
    return status;
}

static enum kp_status ask_all(struct kp_papers_report *report, const char *control,
                              struct kp_control_request *request, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    bool first = true, more = true;
    while (status == KP_OK && more) {
        struct kp_control_response response = {0};
        const struct kp_papers_page *page = &response.papers;
        status = kp_control_ask(control, request, KP_CONTROL_PAPERS_PAGE, &response, error);
        if (status != KP_OK) {
            break;
        }
        if (first) {
            report->added = page->added;
            memcpy(report->refused, page->refused, sizeof(report->refused));
        }
        status = take_page(report, page, error);
        request->first += (uint32_t)page->papers.count;
        more = request->first < page->count && page->papers.count > 0;
        report->in_force = page->in_force;
        memcpy(report->why_not, page->why_not, sizeof(report->why_not));
        if (status == KP_OK && !more) {
            status = report->dossier != NULL
                         ? kp_dossier_resume(report->dossier, page->current, error)
                         : kp_fail(error, KP_REFUSED, "the daemon has no agreement");
        }
        kp_batch_free(&request->papers); /* given once */
        kp_control_response_free(&response);
        first = false;
    }
    return status;
}

enum kp_status kp_papers_ask(struct kp_papers_report *report, const char *control,
                             const char *const *files, size_t count, struct kp_error *error)
{
    struct kp_control_request request = {.kind = KP_CONTROL_PAPERS};
    memset(report, 0, sizeof(*report));
    enum kp_status status = read_files(&request.papers, files, count, error);
    if (status == KP_OK) {
        status = ask_all(report, control, &request, error);
    }
    kp_control_request_free(&request);
    return status;
}

void kp_papers_report_free(struct kp_papers_report *report)
{
    kp_dossier_free(report->dossier);
    report->dossier = NULL;
}

/* ---- Printing ---- */

static const enum kp_decision_kind KINDS[] = {KP_DECISION_ACCEPT, KP_DECISION_REFUSE,
                                              KP_DECISION_REVOKE, KP_DECISION_COUNT};
static const char *const DONE[] = {"accepted", "refused", "revoked", "lets it be counted"};
#define KIND_COUNT (sizeof(KINDS) / sizeof(KINDS[0]))

static void print_version(const struct kp_papers_report *report, const struct kp_agreement *version)
{
    char hash[2 * KP_DIGEST_BYTES + 1], start[KP_AGREEMENT_TIME_TEXT], end[KP_AGREEMENT_TIME_TEXT];
    struct kp_error error = {0};
    kp_agreement_time_text(start, version->start);
    kp_agreement_time_text(end, version->end);
    sodium_bin2hex(hash, sizeof(hash), version->hash, sizeof(version->hash));
    printf("version %" PRIu32 "%s\n  hash %s\n  term from %s until %s\n", version->version,
           version == kp_dossier_current(report->dossier) ? ", which counts" : "", hash, start,
           end);
    if (kp_agreement_check_complete(version, &error) != KP_OK) {
        printf("  not complete: %s\n", error.text);
    }
    for (uint32_t i = 1; i <= version->member_count; i++) {
        bool decided = false;
        for (size_t k = 0; k < KIND_COUNT; k++) {
            const struct kp_decision *decision =
                kp_dossier_decision(report->dossier, version, i, KINDS[k]);
            if (decision != NULL) {
                char when[KP_AGREEMENT_TIME_TEXT];
                kp_agreement_time_text(when, decision->time);
                printf("  %-20s %s at %s\n", version->members[i - 1].name, DONE[k], when);
                decided = true;
            }
        }
        if (!decided) {
            printf("  %-20s has not decided\n", version->members[i - 1].name);
        }
    }
}

static void print_text(const struct kp_papers_report *report)
{
    const struct kp_agreement *current = kp_dossier_current(report->dossier);
    if (current->test) {
        puts(KP_TEST_MODE_TEXT);
    }
    printf("project: %s\n", current->project);
    if (report->in_force) {
        printf("in force: version %" PRIu32 "\n", current->version);
    } else {
        printf("not in force: %s\n", report->why_not);
    }
    for (size_t i = 0; i < kp_dossier_count(report->dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(report->dossier, i);
        if (paper->decision == NULL) {
            print_version(report, paper->agreement);
        }
    }
    if (report->added > 0) {
        printf("added: %" PRIu32 "\n", report->added);
    }
}

static bool add_decisions(cJSON *object, const struct kp_papers_report *report,
                          const struct kp_agreement *version)
{
    cJSON *array = cJSON_AddArrayToObject(object, "decisions");
    bool complete = array != NULL;
    for (uint32_t i = 1; i <= version->member_count; i++) {
        for (size_t k = 0; complete && k < KIND_COUNT; k++) {
            const struct kp_decision *decision =
                kp_dossier_decision(report->dossier, version, i, KINDS[k]);
            if (decision == NULL) {
                continue;
            }
            char when[KP_AGREEMENT_TIME_TEXT];
            cJSON *item = cJSON_CreateObject();
            kp_agreement_time_text(when, decision->time);
            complete =
                cJSON_AddItemToArray(array, item) &&
                cJSON_AddStringToObject(item, "member", version->members[i - 1].name) != NULL &&
                cJSON_AddStringToObject(item, "kind", kp_decision_kind_name(KINDS[k])) != NULL &&
                cJSON_AddStringToObject(item, "time", when) != NULL;
        }
    }
    return complete;
}

static bool add_versions(cJSON *object, const struct kp_papers_report *report)
{
    cJSON *array = cJSON_AddArrayToObject(object, "versions");
    bool complete = array != NULL;
    for (size_t i = 0; complete && i < kp_dossier_count(report->dossier); i++) {
        const struct kp_paper *paper = kp_dossier_paper(report->dossier, i);
        if (paper->decision != NULL) {
            continue;
        }
        const struct kp_agreement *version = paper->agreement;
        char start[KP_AGREEMENT_TIME_TEXT], end[KP_AGREEMENT_TIME_TEXT];
        cJSON *item = cJSON_CreateObject();
        kp_agreement_time_text(start, version->start);
        kp_agreement_time_text(end, version->end);
        complete =
            cJSON_AddItemToArray(array, item) &&
            kp_json_add_hex(item, "hash", version->hash, sizeof(version->hash)) &&
            cJSON_AddNumberToObject(item, "version", version->version) != NULL &&
            cJSON_AddStringToObject(item, "start", start) != NULL &&
            cJSON_AddStringToObject(item, "end", end) != NULL &&
            cJSON_AddBoolToObject(item, "complete",
                                  kp_agreement_check_complete(version, NULL) == KP_OK) != NULL &&
            add_decisions(item, report, version);
    }
    return complete;
}

static enum kp_status print_json(const struct kp_papers_report *report, struct kp_error *error)
{
    const struct kp_agreement *current = kp_dossier_current(report->dossier);
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddBoolToObject(object, "test_mode", current->test) != NULL &&
        cJSON_AddStringToObject(object, "project", current->project) != NULL &&
        kp_json_add_hex(object, "lineage", current->lineage, sizeof(current->lineage)) &&
        cJSON_AddBoolToObject(object, "in_force", report->in_force) != NULL &&
        cJSON_AddStringToObject(object, "why_not", report->why_not) != NULL &&
        cJSON_AddNumberToObject(object, "current", current->version) != NULL &&
        cJSON_AddNumberToObject(object, "added", report->added) != NULL &&
        cJSON_AddStringToObject(object, "refused", report->refused) != NULL &&
        add_versions(object, report);
    return kp_json_print(object, complete, error);
}

enum kp_status kp_papers_report_print(const struct kp_papers_report *report, bool json,
                                      struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (json) {
        status = print_json(report, error);
    } else {
        print_text(report);
    }
    if (status == KP_OK && report->refused[0] != '\0') {
        status = kp_fail(error, KP_REFUSED, "not all papers were taken: %s", report->refused);
    }
    return status;
}
