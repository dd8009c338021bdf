/* The command line `kruispunt GROUP COMMAND ...`: one command a file, each room its own group.
 *
 * Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 daemon not reachable. Data goes to
 * standard output (as text or, with --json, one JSON object a line or one in all), everything else
 * to standard error. */
#ifndef KP_PROTO_COMMAND_H
#define KP_PROTO_COMMAND_H

#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_exit {
    KP_EXIT_DONE = 0,
    KP_EXIT_REFUSED = 1,
    KP_EXIT_USAGE = 2,
    KP_EXIT_UNREACHABLE = 3,
};

struct kp_command {
    const char *name;    /* "import" */
    const char *summary; /* one line, for the list of commands */
    const char *usage;   /* the whole text of --help, beginning with "usage: kruispunt ..." */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name; returns an enum kp_exit */
};

struct kp_command_group {
    const char *name; /* "node"; NULL: its commands stand at the top level */
    const struct kp_command *const *commands; /* NULL-terminated */
};

/* Defined by the rooms, gathered by proto/kruispunt.c. */
extern const struct kp_command_group kp_common_commands, kp_oprf_commands, kp_agreement_commands,
    kp_node_commands, kp_pair_commands, kp_coordinator_commands, kp_round_commands,
    kp_leader_commands, kp_log_commands, kp_export_commands, kp_verify_commands, kp_bag_commands,
    kp_address_commands;

/* One option: "--name VALUE" (value not NULL) or "--name" (flag not NULL). */
struct kp_option {
    const char *name; /* without the dashes */
    const char **value;
    bool *flag;
    bool required;
};

/* Parses argv[1..]: options in any place, "--name=VALUE" too, "--" ends them; the rest goes to
 * operands in order, `least` to `most` of them; operand_count may be NULL. Handles --help and -h:
 * prints command->usage, *help = true. KP_USAGE with a text otherwise. Options may be given once; a
 * value that begins with "--" needs the form with "=". At most 32 options. */
KP_MUST_USE enum kp_status kp_command_parse(const struct kp_command *command, int argc, char **argv,
                                            const struct kp_option *options, size_t option_count,
                                            const char **operands, size_t least, size_t most,
                                            size_t *operand_count, bool *help,
                                            struct kp_error *error);

/* The value of --round; NULL: 0. KP_USAGE: not a number from 1 to KP_ROUNDS_MAX. */
KP_MUST_USE enum kp_status kp_command_parse_round(const char *text, uint32_t *round,
                                                  struct kp_error *error);

/* Prints "kruispunt NAME: text" to standard error and gives the exit status for it. */
int kp_command_fail(const struct kp_command *command, const struct kp_error *error);

/* Finds and runs the command; prints the lists of groups and commands for --help. */
int kp_command_main(const struct kp_command_group *const *groups, int argc, char **argv);

#endif
