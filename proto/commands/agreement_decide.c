#include "proto/commands/agreement_decide.h"

#include "proto/commands/agreement_beside.h"
#include "proto/commands/agreement_compare.h"
#include "proto/commands/agreement_confirm.h"
#include "proto/commands/agreement_layout.h"
#include "proto/commands/agreement_officer.h"
#include "proto/commands/agreement_view.h"
#include "proto/file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct arguments {
    const char *file;
    const char *config;
    const char *out;
    const char *previous;
    struct kp_confirm confirm;
    enum kp_language language;
    bool json;
    bool count_only;
};

/* One decision, from the files to the signature. */
struct deciding {
    const struct arguments *arguments;
    enum kp_decision_kind kind;
    struct kp_officer officer;
    struct kp_agreement *agreement;
    struct kp_beside beside;
    const struct kp_agreement *previous; /* one of those beside; NULL: none, or not known */
    uint32_t member;
    struct kp_view view;
    struct kp_decision decision;
    struct kp_error *error;
};

/* Whether it lets anything be processed. */
static bool agrees(enum kp_decision_kind kind)
{
    return kind == KP_DECISION_ACCEPT || kind == KP_DECISION_COUNT;
}

/* ---- reading ---- */

static enum kp_status find_previous(struct deciding *deciding)
{
    const struct kp_agreement *agreement = deciding->agreement;
    for (size_t i = 0; agreement->version > 1 && i < deciding->beside.count; i++) {
        if (memcmp(deciding->beside.agreements[i]->hash, agreement->previous, KP_DIGEST_BYTES) ==
            0) {
            deciding->previous = deciding->beside.agreements[i];
        }
    }
    if (agreement->version > 1 && deciding->previous == NULL && agrees(deciding->kind)) {
        return kp_fail(deciding->error, KP_REFUSED,
                       "this is version %" PRIu32 ", and the version that it follows isn't in the "
                       "folder `agreements`; give it with --previous",
                       agreement->version);
    }
    return KP_OK;
}

static enum kp_status read_all(struct deciding *deciding)
{
    const struct arguments *arguments = deciding->arguments;
    enum kp_status status = KP_OK;
    if ((status = kp_officer_read(&deciding->officer, arguments->config, deciding->error)) !=
            KP_OK ||
        (status = kp_agreement_read(&deciding->agreement, arguments->file, NULL,
                                    deciding->error)) != KP_OK) {
        return status;
    }
    if (deciding->officer.agreements[0] != '\0') {
        status = kp_beside_add(&deciding->beside, deciding->officer.agreements, deciding->error);
    }
    if (status == KP_OK && arguments->previous != NULL) {
        status = kp_beside_add(&deciding->beside, arguments->previous, deciding->error);
    }
    if (status != KP_OK || (status = find_previous(deciding)) != KP_OK) {
        return status;
    }
    return kp_officer_member(&deciding->officer, deciding->agreement, deciding->previous,
                             deciding->kind, &deciding->member, deciding->error);
}

/* ---- showing ---- */

static enum kp_status show_changes(const struct deciding *deciding)
{
    char version[16];
    struct kp_comparison comparison = {.count = 0};
    enum kp_language language = deciding->arguments->language;
    snprintf(version, sizeof(version), "%" PRIu32, deciding->previous->version);
    const char *const fills[KP_WORD_FILLS] = {version};
    char *title = kp_word_fill(language, KP_WORD_CHANGES, fills);
    enum kp_status status =
        title != NULL ? kp_comparison_make(&comparison, deciding->previous, deciding->agreement,
                                           language, deciding->error)
                      : kp_fail(deciding->error, KP_FAILED, "no memory to show what changes");
    if (status == KP_OK) {
        kp_layout_heading(stdout, title, NULL, 0);
        kp_comparison_print(&comparison, stdout);
    }
    kp_comparison_free(&comparison);
    free(title);
    return status;
}

static enum kp_status show(struct deciding *deciding)
{
    enum kp_status status =
        kp_view_make(&deciding->view, deciding->agreement, &deciding->beside, deciding->member,
                     deciding->arguments->language, deciding->error);
    if (status != KP_OK || deciding->arguments->json) {
        return status;
    }
    status = kp_view_print(&deciding->view, stdout, deciding->error);
    return status == KP_OK && deciding->previous != NULL ? show_changes(deciding) : status;
}

/* ---- conditions ---- */

static enum kp_status check_time(const struct deciding *deciding)
{
    char end[KP_AGREEMENT_TIME_TEXT];
    const struct kp_agreement *previous = deciding->previous;
    if (deciding->decision.time >= deciding->agreement->end) {
        kp_agreement_time_text(end, deciding->agreement->end);
        return kp_fail(deciding->error, KP_REFUSED, "the agreement's term ended at %s", end);
    }
    if (previous != NULL && deciding->decision.time >= previous->end) {
        kp_agreement_time_text(end, previous->end);
        return kp_fail(deciding->error, KP_REFUSED,
                       "version %" PRIu32 " ended at %s, and all had to accept its successor "
                       "before; going on takes a new agreement",
                       previous->version, end);
    }
    return KP_OK;
}

/* At this moment, which is the decision's. Refusing and revoking know no conditions: whoever wants
 * out gets out. */
static enum kp_status check_conditions(struct deciding *deciding)
{
    struct kp_error *error = deciding->error;
    enum kp_status status = KP_OK;
    deciding->decision.time = (uint64_t)time(NULL);
    if (!agrees(deciding->kind)) {
        return KP_OK;
    }
    if (deciding->kind == KP_DECISION_COUNT &&
        (deciding->agreement->count_first == 0 || deciding->agreement->version != 1)) {
        return kp_fail(error, KP_REFUSED,
                       "this version has no round that only counts (count_first); there is "
                       "nothing to let be counted");
    }
    if ((status = kp_agreement_check_mode(deciding->agreement, deciding->officer.test_mode,
                                          error)) != KP_OK ||
        (status = kp_agreement_check_complete(deciding->agreement, error)) != KP_OK ||
        (deciding->previous != NULL &&
         (status = kp_agreement_check_successor(deciding->agreement, deciding->previous, error)) !=
             KP_OK)) {
        return status;
    }
    return check_time(deciding);
}

static enum kp_status confirm(const struct deciding *deciding)
{
    const struct kp_confirm *given = &deciding->arguments->confirm;
    enum kp_status status = KP_OK;
    if (agrees(deciding->kind) &&
        ((status = kp_confirm_operator(given, &deciding->view, deciding->error)) != KP_OK ||
         (status = kp_confirm_exposure(given, &deciding->view, deciding->officer.warn_percent,
                                       deciding->error)) != KP_OK)) {
        return status;
    }
    return kp_confirm_decision(given, &deciding->view, deciding->kind, deciding->error);
}

/* ---- the decision ---- */

static enum kp_status write_decision(struct deciding *deciding)
{
    struct kp_buffer bytes = {0};
    struct kp_decision *decision = &deciding->decision;
    memcpy(decision->agreement, deciding->agreement->hash, KP_DIGEST_BYTES);
    decision->member = deciding->member;
    decision->kind = deciding->kind;
    kp_decision_sign(decision, deciding->officer.secret_key);
    enum kp_status status = kp_decision_pack(decision, &bytes, deciding->error);
    if (status == KP_OK) {
        status =
            kp_file_create(deciding->arguments->out, 0644, bytes.data, bytes.size, deciding->error);
    }
    kp_buffer_free(&bytes);
    return status;
}

static enum kp_status print_json(const struct deciding *deciding, const char *when)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        kp_json_add_hex(object, "agreement", deciding->agreement->hash, KP_DIGEST_BYTES) &&
        cJSON_AddBoolToObject(object, "test_mode", deciding->agreement->test) != NULL &&
        cJSON_AddStringToObject(object, "member", deciding->officer.name) != NULL &&
        cJSON_AddStringToObject(object, "decision", kp_decision_kind_name(deciding->kind)) !=
            NULL &&
        cJSON_AddStringToObject(object, "time", when) != NULL &&
        cJSON_AddStringToObject(object, "file", deciding->arguments->out) != NULL &&
        kp_view_json_notices(&deciding->view, object);
    return kp_json_print(object, complete, deciding->error);
}

static enum kp_status report(const struct deciding *deciding)
{
    char when[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(when, deciding->decision.time);
    if (deciding->arguments->json) {
        return print_json(deciding, when);
    }
    enum kp_word word = deciding->kind == KP_DECISION_ACCEPT   ? KP_WORD_DONE_ACCEPT
                        : deciding->kind == KP_DECISION_COUNT  ? KP_WORD_DONE_COUNT
                        : deciding->kind == KP_DECISION_REFUSE ? KP_WORD_DONE_REFUSE
                                                               : KP_WORD_DONE_REVOKE;
    const char *const fills[KP_WORD_FILLS] = {deciding->officer.name, when,
                                              deciding->arguments->out};
    char *text = kp_word_fill(deciding->arguments->language, word, fills);
    if (text == NULL) {
        return kp_fail(deciding->error, KP_FAILED, "no memory to say what was done");
    }
    printf("\n%s\n", text);
    free(text);
    return KP_OK;
}

static enum kp_status decide(const struct arguments *arguments, enum kp_decision_kind kind,
                             struct kp_error *error)
{
    time_t now = time(NULL);
    struct deciding deciding = {.arguments = arguments, .kind = kind, .error = error};
    deciding.decision.time = (uint64_t)now;
    enum kp_status status = KP_OK;
    if ((status = read_all(&deciding)) == KP_OK && (status = show(&deciding)) == KP_OK &&
        (status = check_conditions(&deciding)) == KP_OK && (status = confirm(&deciding)) == KP_OK &&
        (status = write_decision(&deciding)) == KP_OK) {
        status = report(&deciding);
    }
    kp_officer_free(&deciding.officer);
    kp_beside_free(&deciding.beside);
    kp_agreement_free(deciding.agreement);
    return status;
}

/* ---- the command ---- */

static enum kp_status check_arguments(const struct arguments *arguments, struct kp_error *error)
{
    if (arguments->confirm.yes == NULL && strcmp(arguments->file, "-") == 0) {
        return kp_fail(error, KP_USAGE,
                       "the agreement can't come from standard input where a person is asked; give "
                       "a file, or --yes HASH");
    }
    if (arguments->json && arguments->confirm.yes == NULL) {
        return kp_fail(error, KP_USAGE, "--json shows nothing to a person; it takes --yes HASH");
    }
    return KP_OK;
}

int kp_decide_run(const struct kp_command *command, enum kp_decision_kind kind, int argc,
                  char **argv)
{
    struct arguments arguments = {.file = NULL};
    const char *language = NULL;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "config", .value = &arguments.config, .required = true},
        {.name = "out", .value = &arguments.out, .required = true},
        {.name = "previous", .value = &arguments.previous},
        {.name = "language", .value = &language},
        {.name = "yes", .value = &arguments.confirm.yes},
        {.name = "json", .flag = &arguments.json},
        /* Only for accepting. */
        {.name = "accept-operator", .value = &arguments.confirm.accept_operator},
        {.name = "accept-exposure", .value = &arguments.confirm.accept_exposure},
        {.name = "count-only", .flag = &arguments.count_only},
    };
    enum kp_status status =
        kp_command_parse(command, argc, argv, options, kind == KP_DECISION_ACCEPT ? 9 : 6,
                         &arguments.file, 1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK &&
        (status = kp_language_read(&arguments.language, language, &error)) == KP_OK &&
        (status = check_arguments(&arguments, &error)) == KP_OK) {
        status = decide(&arguments, arguments.count_only ? KP_DECISION_COUNT : kind, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(command, &error);
}
