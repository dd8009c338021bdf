#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_draft_values.h"
#include "proto/file.h"
#include "proto/verify_agreement.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define FILES_MAX 512

struct arguments {
    const char *paths[FILES_MAX];
    size_t count;
    const char *hash;
    const char *at;
    bool proposals;
    bool json;
};

static enum kp_status print(const struct kp_findings *findings,
                            const struct kp_verified_agreement *verified, bool json,
                            struct kp_error *error)
{
    if (!json) {
        if (verified->test) {
            puts(KP_TEST_MODE_TEXT);
        }
        kp_findings_print(findings, stdout);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddBoolToObject(object, "test_mode", verified->test) != NULL;
    if (verified->any) {
        complete = complete &&
                   kp_json_add_hex(object, "lineage", verified->lineage, KP_DIGEST_BYTES) &&
                   kp_json_add_hex(object, "hash", verified->hash, KP_DIGEST_BYTES) &&
                   cJSON_AddNumberToObject(object, "version", verified->version) != NULL;
    }
    complete = complete && kp_findings_json(findings, object);
    return kp_json_print(object, complete, error);
}

static enum kp_status judge(const struct kp_verify_agreement *input, bool json,
                            struct kp_error *error)
{
    struct kp_findings findings = {.count = 0};
    struct kp_verified_agreement verified;
    enum kp_status status = kp_verify_agreement(input, &findings, &verified, error);
    if (status == KP_OK) {
        status = print(&findings, &verified, json, error);
    }
    if (status == KP_OK && findings.broken > 0) {
        status =
            kp_fail(error, KP_REFUSED, "%zu verdicts say that a rule is broken", findings.broken);
    }
    kp_findings_free(&findings);
    return status;
}

static enum kp_status read_papers(struct kp_verify_paper *papers, struct kp_buffer *contents,
                                  const struct arguments *arguments, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < arguments->count; i++) {
        status = kp_file_read(arguments->paths[i], KP_AGREEMENT_BYTES_MAX, &contents[i], error);
        papers[i] =
            (struct kp_verify_paper){arguments->paths[i], contents[i].data, contents[i].size};
    }
    return status;
}

static enum kp_status verify(const struct arguments *arguments, struct kp_error *error)
{
    uint8_t hash[KP_DIGEST_BYTES];
    uint64_t now = (uint64_t)time(NULL);
    if (arguments->hash != NULL &&
        kp_draft_read_hex(hash, sizeof(hash), arguments->hash, error) != KP_OK) {
        return kp_fail_in(error, "--hash");
    }
    if (arguments->at != NULL &&
        kp_draft_read_start(&now, sizeof(now), arguments->at, error) != KP_OK) {
        return kp_fail_in(error, "--at");
    }
    struct kp_verify_paper *papers = calloc(arguments->count, sizeof(*papers));
    struct kp_buffer *contents = calloc(arguments->count, sizeof(*contents));
    enum kp_status status = papers != NULL && contents != NULL
                                ? read_papers(papers, contents, arguments, error)
                                : kp_fail(error, KP_FAILED, "no memory for the papers");
    if (status == KP_OK) {
        const struct kp_verify_agreement input = {
            .papers = papers,
            .count = arguments->count,
            .hash = arguments->hash != NULL ? hash : NULL,
            .now = now,
            .proposals = arguments->proposals,
        };
        status = judge(&input, arguments->json, error);
    }
    for (size_t i = 0; contents != NULL && i < arguments->count; i++) {
        kp_buffer_free(&contents[i]);
    }
    free(contents);
    free(papers);
    return status;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.count = 0};
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "hash", .value = &arguments.hash},
        {.name = "at", .value = &arguments.at},
        {.name = "proposals", .flag = &arguments.proposals},
        {.name = "json", .flag = &arguments.json},
    };
    enum kp_status status =
        kp_command_parse(&kp_command_agreement_verify, argc, argv, options, 4, arguments.paths, 1,
                         FILES_MAX, &arguments.count, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = verify(&arguments, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_agreement_verify, &error);
}

const struct kp_command kp_command_agreement_verify = {
    .name = "verify",
    .summary = "check an agreement's versions and decisions, rule by rule",
    .usage =
        "usage: kruispunt agreement verify [--hash HASH] [--at DATE] [--proposals]\n"
        "                                  [--json] FILE...\n"
        "\n"
        "Takes the versions of one agreement and the decisions about them, in any order, and\n"
        "prints a verdict for each rule, with the record that breaks it. Needs no secret key, no\n"
        "configuration and no connection. Exit status 1 when a rule is broken.\n"
        "\n"
        "  --hash HASH  of the first version, as you were told by another way\n"
        "  --at DATE    the moment at which the term is looked at; now when left out\n"
        "  --proposals  a later version that not all members accepted (yet) breaks no rule\n"
        "\n"
        "Rules: agreement.canonical, .mode, .hash, .chain, .complete, .decision (about one of the\n"
        "versions, signed by the officer), .accepted (by all), .dated (before the end of the version\n"
        "before), .refusal, .revocation, .term\n",
    .run = run,
};
