#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_decide.h"

static int run(int argc, char **argv)
{
    return kp_decide_run(&kp_command_agreement_revoke, KP_DECISION_REVOKE, argc, argv);
}

const struct kp_command kp_command_agreement_revoke = {
    .name = "revoke",
    .summary = "an officer takes back what was accepted, for good",
    .usage =
        "usage: kruispunt agreement revoke FILE --config officer.ini --out FILE\n"
        "                                  [--previous FILE] [--language en|nl] [--yes HASH]\n"
        "                                  [--json]\n"
        "\n"
        "Shows the agreement, asks on the terminal to type the project's name, and writes the signed\n"
        "revocation to --out. Wherever it is known all processing under the agreement stops, for\n"
        "good: going on takes a new agreement. Give it to your own node first. Options and\n"
        "officer.ini are those of kruispunt agreement sign.\n",
    .run = run,
};
