#include "proto/agreement_check.h"
#include "proto/commands/common_commands.h"
#include "proto/commands/keygen_files.h"
#include "proto/json.h"

#include <stdio.h>
#include <string.h>

#define COMMON_NAME_MAX 64u /* of a certificate (RFC 5280, ub-common-name) */

static enum kp_status check_oin(const char *oin, struct kp_error *error)
{
    if (strlen(oin) != KP_OIN_DIGITS || strspn(oin, "0123456789") != KP_OIN_DIGITS) {
        return kp_fail(error, KP_USAGE, "--oin must be an organisation number of %d digits",
                       KP_OIN_DIGITS);
    }
    return KP_OK;
}

/* The letters, digits, dots and dashes of a name in the DNS or of an IPv4 address. */
static enum kp_status check_host(const char *host, struct kp_error *error)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t length = strlen(host);
    if (length == 0 || length > 253 || strspn(host, allowed) != length) {
        return kp_fail(error, KP_USAGE,
                       "--host must be a host's name, as other machines connect to it");
    }
    return KP_OK;
}

static enum kp_status check_text(const char *text, size_t most, const char *option,
                                 struct kp_error *error)
{
    if (kp_agreement_check_text(text, most, option, error) == KP_OK) {
        return KP_OK;
    }
    if (error != NULL) {
        error->status = KP_USAGE;
    }
    return KP_USAGE;
}

static enum kp_status check_member_name(const struct kp_keygen *keygen, struct kp_error *error)
{
    if (!kp_agreement_is_name(keygen->name)) {
        return kp_fail(
            error, KP_USAGE,
            "--name of a node or an officer is the member's: it has 1 to %u letters, digits and . _ - and begins "
            "with one of the first two",
            KP_NAME_MAX);
    }
    return KP_OK;
}

/* Who needs --project and --holder has them, and nobody else. */
static enum kp_status check_holder(const struct kp_keygen *keygen, struct kp_error *error)
{
    bool leader = keygen->role == KP_KEYGEN_LEADER || keygen->role == KP_KEYGEN_OPENER;
    bool officer = keygen->role == KP_KEYGEN_OFFICER;
    if (leader == (keygen->project != NULL) && (leader || officer) == (keygen->holder != NULL)) {
        return KP_OK;
    }
    return kp_fail(error, KP_USAGE,
                   leader    ? "--project and --holder are needed: the opening key's proof is "
                               "bound to them, word for word as in the agreement"
                   : officer ? "--holder is needed, and no --project: the name or function of "
                               "the officer, as it is to stand in the agreement"
                             : "--project and --holder are for --role leader and opener");
}

static enum kp_status check(const struct kp_keygen *keygen, struct kp_error *error)
{
    bool officer = keygen->role == KP_KEYGEN_OFFICER;
    enum kp_status status = KP_OK;
    if ((keygen->role == KP_KEYGEN_NODE || officer) &&
        (status = check_member_name(keygen, error)) != KP_OK) {
        return status;
    }
    if ((status = check_text(keygen->name, COMMON_NAME_MAX, "--name", error)) != KP_OK ||
        (status = check_oin(keygen->oin, error)) != KP_OK) {
        return status;
    }
    if (keygen->role == KP_KEYGEN_COORDINATOR && keygen->host == NULL) {
        return kp_fail(error, KP_USAGE,
                       "--host is missing: members check the coordinator's name when they connect");
    }
    if (keygen->host != NULL && (status = check_host(keygen->host, error)) != KP_OK) {
        return status;
    }
    if ((status = check_holder(keygen, error)) != KP_OK) {
        return status;
    }
    if (keygen->project != NULL &&
        (status = check_text(keygen->project, KP_TITLE_MAX, "--project", error)) != KP_OK) {
        return status;
    }
    return keygen->holder == NULL ? KP_OK
                                  : check_text(keygen->holder, KP_TITLE_MAX, "--holder", error);
}

static enum kp_status read_role(enum kp_keygen_role *role, const char *text, struct kp_error *error)
{
    static const enum kp_keygen_role roles[] = {KP_KEYGEN_NODE, KP_KEYGEN_COORDINATOR,
                                                KP_KEYGEN_LEADER, KP_KEYGEN_OPENER,
                                                KP_KEYGEN_OFFICER};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        if (strcmp(text, kp_keygen_role_name(roles[i])) == 0) {
            *role = roles[i];
            return KP_OK;
        }
    }
    return kp_fail(error, KP_USAGE, "--role must be node, coordinator, leader, opener or officer");
}

static enum kp_status print(const struct kp_keygen *keygen, bool json, struct kp_error *error)
{
    const char *const *files = kp_keygen_files(keygen->role);
    if (!json) {
        for (; *files != NULL; files++) {
            printf("%s/%s\n", keygen->out, *files);
        }
        fputs(keygen->role == KP_KEYGEN_OFFICER
                  ? "Send public.ini to whoever drafts the agreement. Whoever has officer.key can "
                    "decide for this organisation: keep it off the node.\n"
                  : "Send public.ini to whoever drafts the agreement, and have tls.csr signed.\n",
              stderr);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddStringToObject(object, "role", kp_keygen_role_name(keygen->role)) != NULL &&
        cJSON_AddStringToObject(object, "name", keygen->name) != NULL &&
        cJSON_AddStringToObject(object, "out", keygen->out) != NULL &&
        (keygen->role == KP_KEYGEN_OFFICER ||
         kp_json_add_hex(object, "tls_fingerprint", keygen->tls_fingerprint, 32));
    cJSON *array = cJSON_AddArrayToObject(object, "files");
    complete = complete && array != NULL;
    for (; complete && *files != NULL; files++) {
        complete = cJSON_AddItemToArray(array, cJSON_CreateString(*files));
    }
    return kp_json_print(object, complete, error);
}

static int run(int argc, char **argv)
{
    struct kp_keygen keygen = {0};
    const char *role = NULL;
    bool json = false;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "role", .value = &role, .required = true},
        {.name = "name", .value = &keygen.name, .required = true},
        {.name = "oin", .value = &keygen.oin, .required = true},
        {.name = "out", .value = &keygen.out, .required = true},
        {.name = "host", .value = &keygen.host},
        {.name = "project", .value = &keygen.project},
        {.name = "holder", .value = &keygen.holder},
        {.name = "json", .flag = &json},
    };
    enum kp_status status = kp_command_parse(&kp_command_keygen, argc, argv, options, 8, NULL, 0, 0,
                                             NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK && (status = read_role(&keygen.role, role, &error)) == KP_OK &&
        (status = check(&keygen, &error)) == KP_OK &&
        (status = kp_keygen_make(&keygen, &error)) == KP_OK) {
        status = print(&keygen, json, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_keygen, &error);
}

const struct kp_command kp_command_keygen = {
    .name = "keygen",
    .summary = "make the keys of a node, an officer, a coordinator or whoever opens matches",
    .usage =
        "usage: kruispunt keygen --role node|officer|coordinator|leader|opener --name NAME\n"
        "                        --oin OIN --out DIR [--host HOST] [--project TEXT --holder TEXT] [--json]\n"
        "\n"
        "Makes DIR where it is missing (mode 0700), and in it, never replacing a file:\n"
        "\n"
        "  node         identity.key box.key store.key\n"
        "  coordinator  identity.key store.key\n"
        "  leader       identity.key opening.key box.key store.key\n"
        "  opener       the same: whoever holds a second opening key, without which the project\n"
        "               leader opens nothing\n"
        "  officer      officer.key: signs what the organisation decides about agreements; for a\n"
        "               person's machine, not for the node\n"
        "  and for all but the officer  tls.key, tls.csr (to be signed by a certificate authority)\n"
        "  and for all  public.ini\n"
        "\n"
        "public.ini holds nothing secret: send it to whoever drafts the agreement (kruispunt\n"
        "agreement draft). Keys stay on this machine.\n"
        "\n"
        "  --name NAME     short name of the member (officers: too); name of the coordinator or the leader\n"
        "  --oin OIN       organisation number, 20 digits\n"
        "  --host HOST     name under which other machines reach this one; needed for a coordinator\n"
        "  --project TEXT  the leader's and the opener's project and\n"
        "  --holder TEXT   the holder of the opening key, both word for word as in the agreement;\n"
        "                  or the officer's name or function\n"
        "  --json          print what was made as one JSON object\n",
    .run = run,
};
