#include "proto/commands/common_commands.h"
#include "proto/doctor_internal.h"
#include "proto/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *role_name(enum kp_doctor_role role)
{
    static const char *const names[] = {"node", "coordinator", "leader"};
    return names[role];
}

static void check_all(struct kp_doctor *doctor, const char *config)
{
    kp_doctor_add(doctor, "configuration", KP_DOCTOR_OK, "", "%s, of a %s", config,
                  role_name(doctor->subject.role));
    kp_doctor_check_agreement(doctor);
    kp_doctor_check_addresses(doctor);
    kp_doctor_check_keys(doctor);
    kp_doctor_check_tls(doctor);
    kp_doctor_check_machine(doctor);
    kp_doctor_check_daemon(doctor);
    kp_doctor_check_coordinator(doctor);
}

static void print_text(const struct kp_doctor *doctor)
{
    for (size_t i = 0; i < doctor->count; i++) {
        const struct kp_doctor_check *check = &doctor->checks[i];
        printf("%-8s %-21s %s\n", kp_doctor_result_name(check->result), check->name, check->found);
        if (check->advice[0] != '\0') {
            printf("%-8s %-21s -> %s\n", "", "", check->advice);
        }
    }
}

static enum kp_status print_json(const struct kp_doctor *doctor, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    const char *worst = kp_doctor_result_name(kp_doctor_worst(doctor));
    bool complete =
        cJSON_AddStringToObject(object, "role", role_name(doctor->subject.role)) != NULL &&
        cJSON_AddStringToObject(object, "result", worst) != NULL;
    cJSON *checks = cJSON_AddArrayToObject(object, "checks");
    for (size_t i = 0; complete && i < doctor->count; i++) {
        const struct kp_doctor_check *check = &doctor->checks[i];
        cJSON *item = cJSON_CreateObject();
        complete =
            cJSON_AddStringToObject(item, "check", check->name) != NULL &&
            cJSON_AddStringToObject(item, "result", kp_doctor_result_name(check->result)) != NULL &&
            cJSON_AddStringToObject(item, "found", check->found) != NULL &&
            cJSON_AddStringToObject(item, "advice", check->advice) != NULL;
        complete = cJSON_AddItemToArray(checks, item) && complete;
    }
    return kp_json_print(object, complete, error);
}

static int exit_status(const struct kp_doctor *doctor)
{
    switch (kp_doctor_worst(doctor)) {
    case KP_DOCTOR_FAILED:
        return KP_EXIT_REFUSED;
    case KP_DOCTOR_UNREACHABLE:
        return KP_EXIT_UNREACHABLE;
    case KP_DOCTOR_OK:
    case KP_DOCTOR_WARNING:
        break;
    }
    return KP_EXIT_DONE;
}

static int examine(const char *config, bool json)
{
    struct kp_error error = {0};
    struct kp_doctor *doctor = calloc(1, sizeof(*doctor));
    enum kp_status status = doctor != NULL
                                ? kp_doctor_read_subject(&doctor->subject, config, &error)
                                : kp_fail(&error, KP_FAILED, "no memory");
    int result = KP_EXIT_REFUSED;
    if (status == KP_OK) {
        check_all(doctor, config);
        result = exit_status(doctor);
    }
    if (status == KP_OK && json) {
        status = print_json(doctor, &error);
    } else if (status == KP_OK) {
        print_text(doctor);
    }
    if (doctor != NULL) {
        kp_agreement_free(doctor->agreement);
    }
    free(doctor);
    return status == KP_OK ? result : kp_command_fail(&kp_command_doctor, &error);
}

static int run(int argc, char **argv)
{
    const char *config = NULL;
    bool json = false, help = false;
    const struct kp_option options[] = {
        {.name = "config", .value = &config, .required = true},
        {.name = "json", .flag = &json},
    };
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_doctor, argc, argv, options, 2, NULL, 0, 0,
                                             NULL, &help, &error);
    if (status != KP_OK) {
        return kp_command_fail(&kp_command_doctor, &error);
    }
    return help ? KP_EXIT_DONE : examine(config, json);
}

const struct kp_command kp_command_doctor = {
    .name = "doctor",
    .summary = "look whether everything is right, and say what to do where it isn't",
    .usage =
        "usage: kruispunt doctor --config FILE [--json]\n"
        "\n"
        "FILE is the configuration of a node, a coordinator or a project leader. Looks at the\n"
        "agreement, the keys, the TLS files, the data folder, the memory that may be locked, the\n"
        "daemon, and the connection to the coordinator; changes nothing. Each line says ok, warning\n"
        "or failed, what was looked at, and what was found; where it isn't ok, what to do follows.\n"
        "\n"
        "  --json          print one JSON object with an array of checks\n"
        "\n"
        "Exit status: 0 all is ok or a warning, 1 something failed, 2 the configuration can't be\n"
        "used, 3 only a daemon isn't reachable.\n",
    .run = run,
};
