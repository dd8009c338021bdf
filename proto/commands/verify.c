#include "proto/commands/verify_commands.h"

static const struct kp_command *const commands[] = {
    &kp_command_verify_agreement,
    &kp_command_verify_audit,
    &kp_command_verify_log,
    &kp_command_verify_round,
    &kp_command_verify_evidence,
    &kp_command_verify_verdict,
    NULL,
};

const struct kp_command_group kp_verify_commands = {.name = "verify", .commands = commands};

static int run_agreement(int argc, char **argv)
{
    return kp_verify_command(&kp_command_verify_agreement, KP_EXPORT_AGREEMENT, argc, argv);
}

static int run_log(int argc, char **argv)
{
    return kp_verify_command(&kp_command_verify_log, KP_EXPORT_LOG, argc, argv);
}

static int run_round(int argc, char **argv)
{
    return kp_verify_command(&kp_command_verify_round, KP_EXPORT_ROUND, argc, argv);
}

static int run_evidence(int argc, char **argv)
{
    return kp_verify_command(&kp_command_verify_evidence, KP_EXPORT_EVIDENCE, argc, argv);
}

static int run_verdict(int argc, char **argv)
{
    return kp_verify_command(&kp_command_verify_verdict, KP_EXPORT_VERDICT, argc, argv);
}

#define OPTIONS                                                                                    \
    "\n"                                                                                           \
    "Needs no secret key, no configuration and no connection. FILEs are exports of any kind and\n" \
    "of any party (kruispunt export), and agreements and decisions as files; the agreement must\n" \
    "be among them, and everything is held against everything else. Every rule gets a verdict,\n"  \
    "and a broken one the record that breaks it. docs/protocol.md lists the rules.\n"              \
    "\n"                                                                                           \
    "  --hash HASH  of the agreement's first version, as you were told by another way\n"           \
    "  --at DATE    the moment at which the agreement's term is looked at; now when left out\n"    \
    "  --json       one JSON object\n"                                                             \
    "\n"                                                                                           \
    "Exit status 0: no rule is broken (some may not be checkable with these files); 1: one is;\n"  \
    "2: wrong usage.\n"

const struct kp_command kp_command_verify_agreement = {
    .name = "agreement",
    .summary = "check an agreement's versions and decisions, rule by rule",
    .usage = "usage: kruispunt verify agreement [--hash HASH] [--at DATE] [--json] FILE...\n"
             "\n"
             "Checks an exported agreement: its versions, and what officers decided.\n" OPTIONS,
    .run = run_agreement,
};

const struct kp_command kp_command_verify_log = {
    .name = "log",
    .summary = "check exported logs, rule by rule",
    .usage =
        "usage: kruispunt verify log [--hash HASH] [--at DATE] [--json] FILE...\n"
        "\n"
        "Checks that a log is one chain, signed by its party, and not cut off before the heads\n"
        "that rounds name.\n" OPTIONS,
    .run = run_log,
};

const struct kp_command kp_command_verify_round = {
    .name = "round",
    .summary = "check exported rounds, rule by rule",
    .usage =
        "usage: kruispunt verify round [--hash HASH] [--at DATE] [--json] FILE...\n"
        "\n"
        "Checks all that was signed, shown and computed in a round, as one party kept it.\n" OPTIONS,
    .run = run_round,
};

const struct kp_command kp_command_verify_evidence = {
    .name = "evidence",
    .summary = "check the evidence of a match, and say what it proves",
    .usage =
        "usage: kruispunt verify evidence [--hash HASH] [--at DATE] [--bag DIR] [--json] FILE\n"
        "                                 [PAPERS...]\n"
        "\n"
        "Checks the evidence of one match, and when every rule holds says what it proves: the\n"
        "address, which members had a signal on it, on which registered indicator, not later\n"
        "than when, who opened it, and under which agreement.\n"
        "\n"
        "Needs no secret key, no configuration and no connection. The agreement and the decisions\n"
        "about it stand in FILE, or are given besides. docs/protocol.md, section 27, lists the\n"
        "rules.\n"
        "\n"
        "  --hash HASH  of the agreement's first version, as you were told by another way\n"
        "  --at DATE    the moment at which the agreement's term is looked at; that of the round\n"
        "               when left out\n"
        "  --json       one JSON object\n"
        "\n"
        "Exit status 0: the match is valid in full; 1: it isn't; 2: wrong usage.\n",
    .run = run_evidence,
};

const struct kp_command kp_command_verify_verdict = {
    .name = "verdict",
    .summary = "check a verdict about a fault, and say whom it names",
    .usage =
        "usage: kruispunt verify verdict [--hash HASH] [--at DATE] [--json] FILE [RECEIPTS...]\n"
        "                                [PAPERS...]\n"
        "\n"
        "Checks a verdict: that what it shows was signed by those whose it is, that this is the\n"
        "fault that it says, and that nobody is named whom it doesn't show. Of a silence it names\n"
        "both sides; RECEIPTS (kruispunt export receipts) can show that the coordinator had more\n"
        "than it says.\n"
        "\n"
        "Needs no secret key, no configuration and no connection. The agreement and the decisions\n"
        "about it stand in FILE, or are given besides. docs/protocol.md, section 27, lists the\n"
        "rules.\n"
        "\n"
        "  --hash HASH  of the agreement's first version, as you were told by another way\n"
        "  --at DATE    the moment at which the agreement's term is looked at; that of the round\n"
        "               when left out\n"
        "  --json       one JSON object\n"
        "\n"
        "Exit status 0: the verdict holds; 1: it doesn't; 2: wrong usage.\n",
    .run = run_verdict,
};
