#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_decide.h"

static int run(int argc, char **argv)
{
    return kp_decide_run(&kp_command_agreement_refuse, KP_DECISION_REFUSE, argc, argv);
}

const struct kp_command kp_command_agreement_refuse = {
    .name = "refuse",
    .summary = "an officer refuses an agreement, for good",
    .usage =
        "usage: kruispunt agreement refuse FILE --config officer.ini --out FILE\n"
        "                                  [--previous FILE] [--language en|nl] [--yes HASH]\n"
        "                                  [--json]\n"
        "\n"
        "Shows the agreement, asks on the terminal to type the project's name, and writes the signed\n"
        "refusal to --out. This version then never comes into force, wherever the refusal is known.\n"
        "Options and officer.ini are those of kruispunt agreement sign.\n",
    .run = run,
};
