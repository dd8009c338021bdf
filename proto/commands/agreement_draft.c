#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_draft_file.h"
#include "proto/file.h"
#include "proto/json.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

static enum kp_status print(const struct kp_agreement *agreement, const char *path, bool json,
                            struct kp_error *error)
{
    if (!json) {
        char hex[2 * KP_DIGEST_BYTES + 1];
        if (agreement->test) {
            puts(KP_TEST_MODE_TEXT);
        }
        printf("agreement %s\n",
               sodium_bin2hex(hex, sizeof(hex), agreement->hash, sizeof(agreement->hash)));
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = kp_json_add_hex(object, "hash", agreement->hash, sizeof(agreement->hash)) &&
                    cJSON_AddBoolToObject(object, "test_mode", agreement->test) != NULL &&
                    cJSON_AddNumberToObject(object, "version", agreement->version) != NULL &&
                    cJSON_AddNumberToObject(object, "members", agreement->member_count) != NULL &&
                    cJSON_AddStringToObject(object, "file", path) != NULL;
    return kp_json_print(object, complete, error);
}

struct arguments {
    const char *out;
    const char *previous;
    const char *paths[KP_DRAFT_FILES_MAX];
    size_t count;
    bool json;
};

/* Makes it the version after the one in the file. */
static enum kp_status follow(struct kp_agreement *drafted, struct kp_agreement **previous,
                             const char *path, struct kp_error *error)
{
    enum kp_status status = kp_agreement_read(previous, path, NULL, error);
    if (status == KP_OK) {
        drafted->version = (*previous)->version + 1;
        memcpy(drafted->previous, (*previous)->hash, sizeof(drafted->previous));
        memcpy(drafted->lineage, (*previous)->lineage, sizeof(drafted->lineage));
    }
    return status;
}

/* From the files to canonical bytes, which are read as any node will read them before they are
 * written. */
static enum kp_status draft(const struct arguments *arguments, struct kp_error *error)
{
    struct kp_agreement *drafted = NULL;
    struct kp_agreement *previous = NULL;
    struct kp_agreement *agreement = NULL;
    struct kp_buffer bytes = {0};
    enum kp_status status = kp_draft_read(&drafted, arguments->paths, arguments->count, error);
    if (status == KP_OK && arguments->previous != NULL) {
        status = follow(drafted, &previous, arguments->previous, error);
    }
    if (status == KP_OK && (status = kp_agreement_pack(drafted, &bytes, error)) == KP_OK) {
        status = kp_agreement_parse(&agreement, bytes.data, bytes.size, error);
    }
    if (status == KP_OK && previous != NULL) {
        status = kp_agreement_check_successor(agreement, previous, error);
    }
    if (status == KP_OK &&
        (status = kp_file_create(arguments->out, 0644, bytes.data, bytes.size, error)) == KP_OK) {
        status = print(agreement, arguments->out, arguments->json, error);
    }
    kp_agreement_free(drafted);
    kp_agreement_free(previous);
    kp_agreement_free(agreement);
    kp_buffer_free(&bytes);
    return status;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.count = 0};
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "out", .value = &arguments.out, .required = true},
        {.name = "previous", .value = &arguments.previous},
        {.name = "json", .flag = &arguments.json},
    };
    enum kp_status status =
        kp_command_parse(&kp_command_agreement_draft, argc, argv, options, 3, arguments.paths, 1,
                         KP_DRAFT_FILES_MAX, &arguments.count, &help, &error);
    if (status == KP_OK && !help) {
        status = draft(&arguments, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_agreement_draft, &error);
}

const struct kp_command kp_command_agreement_draft = {
    .name = "draft",
    .summary = "make an agreement from a draft and everybody's public.ini",
    .usage =
        "usage: kruispunt agreement draft --out FILE [--previous FILE] [--json]\n"
        "                                 DRAFT.ini [PUBLIC.ini ...]\n"
        "\n"
        "Writes the agreement's canonical bytes to FILE (never replacing one) and prints their hash,\n"
        "which every configuration pins when it is the first version. The sections of all files are\n"
        "merged; a key may stand in one place only. The order of files, members, indicators and\n"
        "postcodes makes no difference: members are numbered in the order of their organisation\n"
        "numbers.\n"
        "\n"
        "  --previous FILE  the version that this one is to follow: the new one gets the next number and\n"
        "                   is refused when it changes what is fixed. For a later end alone there is\n"
        "                   kruispunt agreement extend\n"
        "\n"
        "[agreement]\n"
        "  project, purpose  text\n"
        "  legal_basis, controllers, retention_days (after the end)  needed before anybody signs;\n"
        "                   controllers: who does what, and who answers residents\n"
        "  category         enforcement or care, never both\n"
        "  postcodes        1234AB, or 1234 for all its letters; may be given on several lines\n"
        "  addresses        how many there are in that area\n"
        "  key_scheme       text-2 (the default): addresses are compared as text; or bag-2: by the\n"
        "                   address register, of which everybody has the same\n"
        "  register         with bag-2: a folder of address registers, of which the current one is\n"
        "                   taken; or register_date and register_hash, as kruispunt bag list shows\n"
        "  words            a file, when not the table of words that is built in; or words_hash\n"
        "  threshold        members that must have an address before it is shown (default 2)\n"
        "  slots            addresses that each member can have in a round\n"
        "  rotation         slots that may change from one round to the next\n"
        "  rounds           at most\n"
        "  interval         least time between rounds: 600s, 90m, 12h, 14d\n"
        "  discloses        of a match: indicators, grounds, observed_on; or nothing\n"
        "  openings_needed  as many as there are opening keys (the default)\n"
        "  canaries         invented addresses of each group of partners in a round, by which a match\n"
        "                   that is left out shows (default 0: none)\n"
        "  audit_slots      addresses of each partner that its own data protection officer can check\n"
        "                   in a round (default 0: none)\n"
        "  count_first      yes: the first round only counts, and can be held before all have decided\n"
        "                   to join in full (default no)\n"
        "  start, end       days such as 2027-06-30 (UTC; the last day belongs to the term), or\n"
        "                   moments such as 2027-06-30T12:00:00Z\n"
        "[coordinator]      operator; operator_oin, identity_key, tls_fingerprint\n"
        "[leader]           employer; name, employer_oin, identity_key, box_key, tls_fingerprint\n"
        "[opening_key]      holder, key, proof\n"
        "[second_holder]    employer; holder, employer_oin, key, proof, identity_key, box_key,\n"
        "                   tls_fingerprint: of a second opening key, when nobody is to open alone\n"
        "[member NAME]      title, role (contributes, or on request); oin, identity_key, box_key,\n"
        "                   tls_fingerprint, officer, officer_key; dpia and dpo, before anybody signs\n"
        "  source, legal_ground  of all indicators that have none of their own\n"
        "  indicator        CODE: description; on a line for each. Or a section for each, which has\n"
        "                   room for more, but for no code with spaces:\n"
        "[indicator NAME CODE]  description, source, legal_ground\n"
        "\n"
        "What stands after the first semicolon, and [opening_key], is in the public.ini that\n"
        "kruispunt keygen writes for each party, and for each officer.\n",
    .run = run,
};
