#include "proto/command.h"

#include "proto/limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 32

/* A command line while it is read. */
struct reading {
    const struct kp_option *options;
    size_t option_count;
    bool given[OPTIONS_MAX];
    int argc;
    char **argv;
    int at; /* argv's index of the argument in hand */
    struct kp_error *error;
};

static enum kp_status read_option(struct reading *reading)
{
    const char *argument = reading->argv[reading->at];
    const char *name = argument + 2;
    const char *equals = strchr(name, '=');
    size_t length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    size_t i = 0;
    while (i < reading->option_count && (strlen(reading->options[i].name) != length ||
                                         memcmp(reading->options[i].name, name, length) != 0)) {
        i++;
    }
    if (i == reading->option_count) {
        return kp_fail(reading->error, KP_USAGE, "there is no option --%.*s; --help lists them",
                       (int)(length < 64 ? length : 64), name);
    }
    const struct kp_option *option = &reading->options[i];
    if (reading->given[i]) {
        return kp_fail(reading->error, KP_USAGE, "--%s is there twice; give it once", option->name);
    }
    reading->given[i] = true;
    if (option->flag != NULL) {
        if (equals != NULL) {
            return kp_fail(reading->error, KP_USAGE, "--%s takes no value", option->name);
        }
        *option->flag = true;
        return KP_OK;
    }
    if (equals != NULL) {
        *option->value = equals + 1;
        return KP_OK;
    }
    if (reading->at + 1 >= reading->argc || strncmp(reading->argv[reading->at + 1], "--", 2) == 0) {
        return kp_fail(reading->error, KP_USAGE,
                       "--%s needs a value behind it (--%s=VALUE where it begins with --)",
                       option->name, option->name);
    }
    *option->value = reading->argv[++reading->at];
    return KP_OK;
}

enum kp_status kp_command_parse(const struct kp_command *command, int argc, char **argv,
                                const struct kp_option *options, size_t option_count,
                                const char **operands, size_t least, size_t most,
                                size_t *operand_count, bool *help, struct kp_error *error)
{
    struct reading reading = {.options = options,
                              .option_count = option_count,
                              .argc = argc,
                              .argv = argv,
                              .at = 1,
                              .error = error};
    size_t count = 0;
    bool ended = false;
    *help = false;
    if (operand_count != NULL) {
        *operand_count = 0;
    }
    if (option_count > OPTIONS_MAX) {
        return kp_fail(error, KP_FAILED, "a command has %zu options; %d is the most", option_count,
                       OPTIONS_MAX);
    }
    for (; reading.at < argc; reading.at++) {
        const char *argument = argv[reading.at];
        if (!ended && strcmp(argument, "--") == 0) {
            ended = true;
        } else if (!ended && (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0)) {
            *help = true;
            fputs(command->usage, stdout);
            return KP_OK;
        } else if (!ended && strncmp(argument, "--", 2) == 0) {
            enum kp_status status = read_option(&reading);
            if (status != KP_OK) {
                return status;
            }
        } else if (!ended && argument[0] == '-' && argument[1] != '\0') {
            return kp_fail(error, KP_USAGE,
                           "options begin with two dashes, unlike %.64s; --help lists them",
                           argument);
        } else if (count == most) {
            return kp_fail(error, KP_USAGE, "'%.64s' is one argument too many; see --help",
                           argument);
        } else {
            operands[count++] = argument;
        }
    }
    for (size_t i = 0; i < option_count; i++) {
        if (options[i].required && !reading.given[i]) {
            return kp_fail(error, KP_USAGE, "--%s is missing; see --help", options[i].name);
        }
    }
    if (count < least) {
        return kp_fail(error, KP_USAGE, "%zu of %zu arguments given; see --help", count, least);
    }
    if (operand_count != NULL) {
        *operand_count = count;
    }
    return KP_OK;
}

enum kp_status kp_command_parse_round(const char *text, uint32_t *round, struct kp_error *error)
{
    char *end = NULL;
    unsigned long number = text == NULL ? 0 : strtoul(text, &end, 10);
    if (text != NULL && (*text < '1' || *text > '9' || *end != '\0' || number > KP_ROUNDS_MAX)) {
        return kp_fail(error, KP_USAGE, "a round is a number from 1 to %u", KP_ROUNDS_MAX);
    }
    *round = (uint32_t)number;
    return KP_OK;
}

int kp_command_fail(const struct kp_command *command, const struct kp_error *error)
{
    /* The usage begins with the command as it is typed: small words, up to the first option. */
    const char *typed = command->usage + strlen("usage: ");
    size_t size = strspn(typed, "abcdefghijklmnopqrstuvwxyz0123456789 -");
    size_t option = 0;
    while (option + 1 < size && !(typed[option] == ' ' && typed[option + 1] == '-')) {
        option++;
    }
    size = option + 1 < size ? option : size;
    while (size > 0 && typed[size - 1] == ' ') {
        size--;
    }
    fprintf(stderr, "%.*s: %s\n", (int)size, typed, error->text);
    switch (error->status) {
    case KP_USAGE:
        return KP_EXIT_USAGE;
    case KP_RETRY:
        return KP_EXIT_UNREACHABLE;
    case KP_OK: /* a failure all the same */
    case KP_REFUSED:
    case KP_FAILED:
        break;
    }
    return KP_EXIT_REFUSED;
}

/* The list of all commands, or of those of one group when `group` isn't NULL. */
static void print_commands(FILE *out, const struct kp_command_group *const *groups,
                           const char *group)
{
    if (group == NULL) {
        fputs("usage: kruispunt [GROUP] COMMAND [--help] ...\n", out);
    } else {
        fprintf(out, "usage: kruispunt %s COMMAND [--help] ...\n", group);
    }
    for (; *groups != NULL; groups++) {
        const char *name = (*groups)->name;
        if ((group != NULL && (name == NULL || strcmp(name, group) != 0)) ||
            (*groups)->commands[0] == NULL) {
            continue;
        }
        fputc('\n', out);
        for (const struct kp_command *const *at = (*groups)->commands; *at != NULL; at++) {
            char full[64];
            snprintf(full, sizeof(full), "%s%s%s", name != NULL ? name : "",
                     name != NULL ? " " : "", (*at)->name);
            fprintf(out, "  %-22s %s\n", full, (*at)->summary);
        }
    }
}

/* *known tells whether there is such a group; group NULL: the top level. */
static const struct kp_command *find_command(const struct kp_command_group *const *groups,
                                             const char *group, const char *name, bool *known)
{
    *known = false;
    for (; *groups != NULL; groups++) {
        const char *own = (*groups)->name;
        if (group == NULL ? own != NULL : own == NULL || strcmp(own, group) != 0) {
            continue;
        }
        *known = true;
        for (const struct kp_command *const *at = (*groups)->commands; *at != NULL; at++) {
            if (name != NULL && strcmp((*at)->name, name) == 0) {
                return *at;
            }
        }
    }
    return NULL;
}

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

/* Whatever the command said: what it printed must have arrived. */
static int check_output(int status)
{
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == KP_EXIT_DONE) {
        fputs("kruispunt: standard output can't be written; is the disk full?\n", stderr);
        return KP_EXIT_REFUSED;
    }
    return status;
}

int kp_command_main(const struct kp_command_group *const *groups, int argc, char **argv)
{
    if (argc < 2) {
        print_commands(stderr, groups, NULL);
        return KP_EXIT_USAGE;
    }
    if (is_help(argv[1])) {
        print_commands(stdout, groups, NULL);
        return check_output(KP_EXIT_DONE);
    }
    bool known = false;
    const struct kp_command *command = find_command(groups, NULL, argv[1], &known);
    if (command != NULL) {
        return check_output(command->run(argc - 1, argv + 1));
    }
    command = find_command(groups, argv[1], argc > 2 ? argv[2] : NULL, &known);
    if (command != NULL) {
        return check_output(command->run(argc - 2, argv + 2));
    }
    if (!known) {
        fprintf(stderr, "kruispunt: there is no command '%.64s'; kruispunt --help lists them\n",
                argv[1]);
    } else if (argc == 2) {
        print_commands(stderr, groups, argv[1]);
    } else if (is_help(argv[2])) {
        print_commands(stdout, groups, argv[1]);
        return check_output(KP_EXIT_DONE);
    } else {
        fprintf(stderr,
                "kruispunt: there is no command '%.64s' in %s; kruispunt %s --help lists them\n",
                argv[2], argv[1], argv[1]);
    }
    return KP_EXIT_USAGE;
}
