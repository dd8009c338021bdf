#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_decide.h"

static int run(int argc, char **argv)
{
    return kp_decide_run(&kp_command_agreement_sign, KP_DECISION_ACCEPT, argc, argv);
}

const struct kp_command kp_command_agreement_sign = {
    .name = "sign",
    .summary = "an officer reads an agreement and accepts it",
    .usage =
        "usage: kruispunt agreement sign FILE --config officer.ini --out FILE\n"
        "                                [--previous FILE] [--language en|nl] [--yes HASH]\n"
        "                                [--accept-operator WORDS] [--accept-exposure WORDS]\n"
        "                                [--count-only] [--json]\n"
        "\n"
        "Shows the whole agreement, asks on the terminal to type the project's name, and writes\n"
        "the signed acceptance to --out (never replacing a file). It is dated and final, and goes\n"
        "to all partners. Refuses an agreement that lacks what the law needs, that is of another\n"
        "mode than the configuration (test numbers), or that has another officer's key.\n"
        "\n"
        "  --previous FILE   the version before, when it isn't in the folder `agreements`; what\n"
        "                    changes is shown\n"
        "  --language        en (the default) or nl; words are typed in that language\n"
        "  --yes HASH        the agreement's whole hash, in the place of typing: for scripts\n"
        "  --accept-operator WORDS, --accept-exposure WORDS\n"
        "                    the words that have to be typed when the coordinator's operator is a\n"
        "                    partner or the leader's employer, and when partners that work together\n"
        "                    can test more of the area than warn_percent; the refusal gives them\n"
        "  --count-only      agree only to the round that counts (count_first in the agreement): it says\n"
        "                    in which class the number of matched addresses falls, and shows none.\n"
        "                    Signing without this can follow at any time\n"
        "  --json            one JSON object in the place of the text; takes --yes\n"
        "\n"
        "officer.ini:\n"
        "  [officer]\n"
        "  name = svb                  the organisation's short name in agreements\n"
        "  officer_key = officer.key   from kruispunt keygen --role officer\n"
        "  agreements = agreements     folder with the organisation's other agreements; left out:\n"
        "                              none, and exposure is that of this agreement alone\n"
        "  warn_percent = 50           the default\n"
        "  test_mode = no              the default\n",
    .run = run,
};
