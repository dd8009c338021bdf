#include "proto/commands/record_commands.h"

#include "proto/agreement.h"
#include "proto/export_fetch.h"
#include "proto/json.h"
#include "proto/limits.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* For a person who waits. */
static void show_step(uint64_t done, uint64_t total)
{
    fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " items%s", done, total, done == total ? "\n" : "");
}

/* Papers are the same whoever has them, so their export names no party. */
static bool has_party(const struct kp_export_header *header)
{
    return header->kind != KP_EXPORT_AGREEMENT;
}

static bool has_round(enum kp_export_kind kind)
{
    return kind != KP_EXPORT_LOG && kind != KP_EXPORT_AGREEMENT;
}

static void print_text(const struct kp_export_source *source, const struct kp_export_header *header,
                       const char *path)
{
    char party[KP_PARTY_TEXT], digest[2 * KP_DIGEST_BYTES + 1];
    kp_party_text(party, header->party);
    if (source->subject.test_mode) {
        printf("%s\n", KP_TEST_MODE_TEXT);
    }
    printf("%s: %" PRIu64 " items%s%s\n", path, header->items, has_party(header) ? " of " : "",
           has_party(header) ? party : "");
    if (header->counter > 0) {
        printf("round: %" PRIu64 "\n", header->counter);
    }
    if (header->has_digest) {
        sodium_bin2hex(digest, sizeof(digest), header->digest, KP_DIGEST_BYTES);
        printf("hash of the last: %s\n", digest);
    }
}

static enum kp_status print_json(const struct kp_export_source *source,
                                 const struct kp_export_header *header, const char *path,
                                 struct kp_error *error)
{
    char party[KP_PARTY_TEXT];
    cJSON *object = cJSON_CreateObject();
    kp_party_text(party, header->party);
    bool complete =
        (!source->subject.test_mode || cJSON_AddBoolToObject(object, "test_mode", true) != NULL) &&
        cJSON_AddStringToObject(object, "file", path) != NULL &&
        (!has_party(header) || cJSON_AddStringToObject(object, "party", party) != NULL) &&
        kp_json_add_hex(object, "lineage", header->lineage, KP_DIGEST_BYTES) &&
        cJSON_AddNumberToObject(object, "items", (double)header->items) != NULL &&
        (header->counter == 0 ||
         cJSON_AddNumberToObject(object, "round", (double)header->counter) != NULL) &&
        (!header->has_digest || kp_json_add_hex(object, "hash", header->digest, KP_DIGEST_BYTES));
    return kp_json_print(object, complete, error);
}

static int run_export(const struct kp_command *command, enum kp_export_kind kind, int argc,
                      char **argv)
{
    const char *config = NULL, *out = NULL, *round = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, true},
                                        {"out", &out, NULL, true},
                                        {"json", NULL, &json, false},
                                        {"round", &round, NULL, false}};
    struct kp_error error = {0};
    struct kp_export_request asked = {.kind = kind};
    struct kp_export_source source;
    struct kp_export_header header = {0};
    enum kp_status status = kp_command_parse(command, argc, argv, options, has_round(kind) ? 4 : 3,
                                             NULL, 0, 0, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_command_parse_round(round, &asked.counter, &error);
    }
    if (status == KP_OK) {
        status = kp_export_source_read(&source, config, &error);
    }
    if (status == KP_OK) {
        status = kp_export_fetch(&source, &asked, out, isatty(STDERR_FILENO) ? show_step : NULL,
                                 &header, &error);
    }
    if (status == KP_OK && json) {
        status = print_json(&source, &header, out, &error);
    } else if (status == KP_OK) {
        print_text(&source, &header, out);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(command, &error);
}

static int run_log(int argc, char **argv)
{
    return run_export(&kp_command_export_log, KP_EXPORT_LOG, argc, argv);
}

static int run_agreement(int argc, char **argv)
{
    return run_export(&kp_command_export_agreement, KP_EXPORT_AGREEMENT, argc, argv);
}

static int run_round(int argc, char **argv)
{
    return run_export(&kp_command_export_round, KP_EXPORT_ROUND, argc, argv);
}

static int run_receipts(int argc, char **argv)
{
    return run_export(&kp_command_export_receipts, KP_EXPORT_RECEIPTS, argc, argv);
}

static int run_silence(int argc, char **argv)
{
    return run_export(&kp_command_export_silence, KP_EXPORT_VERDICT, argc, argv);
}

const struct kp_command kp_command_export_log = {
    .name = "log",
    .summary = "write a program's signed log into a file",
    .usage =
        "usage: kruispunt export log --config FILE.ini --out FILE [--json]\n"
        "\n"
        "Writes the whole signed log of a node, a coordinator or a project leader into a new file,\n"
        "for whoever checks it (kruispunt verify log). It holds numbers and digests, no address.\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run_log,
};

const struct kp_command kp_command_export_agreement = {
    .name = "agreement",
    .summary = "write all versions of the agreement, and all decisions, into a file",
    .usage =
        "usage: kruispunt export agreement --config FILE.ini --out FILE [--json]\n"
        "\n"
        "Writes the papers that a program has into a new file, for whoever checks them (kruispunt\n"
        "verify agreement). Exit status 3: the daemon isn't running.\n",
    .run = run_agreement,
};

const struct kp_command kp_command_export_round = {
    .name = "round",
    .summary = "write what a program kept of a round into a file",
    .usage =
        "usage: kruispunt export round --config FILE.ini --out FILE [--round N] [--json]\n"
        "\n"
        "Writes what a node or the coordinator kept of a round (the last one) into a new file, for\n"
        "whoever checks it (kruispunt verify round). Exit status 3: the daemon isn't running.\n",
    .run = run_round,
};

const struct kp_command kp_command_export_receipts = {
    .name = "receipts",
    .summary = "write a node's receipts of a round into a file",
    .usage =
        "usage: kruispunt export receipts --config NODE.ini --out FILE [--round N] [--json]\n"
        "\n"
        "Writes what the coordinator signed for what this node put in a round (the last one), into a\n"
        "new file: with it nobody can say that it didn't come (kruispunt verify verdict). Exit\n"
        "status 3: the daemon isn't running.\n",
    .run = run_receipts,
};

const struct kp_command kp_command_export_silence = {
    .name = "silence",
    .summary = "write a node's verdict about a coordinator that was silent into a file",
    .usage =
        "usage: kruispunt export silence --config NODE.ini --out FILE [--round N] [--json]\n"
        "\n"
        "Writes a verdict about a round that this node ended because it had heard nothing of it for\n"
        "too long, into a new file. It names this member and the coordinator: whose doing it was,\n"
        "nobody can prove; the receipts in it show what had come (kruispunt verify verdict). Exit\n"
        "status 3: the daemon isn't running.\n",
    .run = run_silence,
};

static const struct kp_command *const commands[] = {
    &kp_command_export_agreement, &kp_command_export_log,     &kp_command_export_round,
    &kp_command_export_receipts,  &kp_command_export_silence, NULL,
};

const struct kp_command_group kp_export_commands = {.name = "export", .commands = commands};
