#include "node/commands/node_commands.h"
#include "proto/table/reading.h"

static int run(int argc, char **argv)
{
    return kp_node_send_signals(&kp_command_node_withdraw, true, argc, argv);
}

const struct kp_command kp_command_node_withdraw = {
    .name = "withdraw",
    .summary = "take signals back that were imported",
    .usage =
        "usage: kruispunt node withdraw (--config NODE.ini | --control SOCKET) [--bag DIR]\n"
        "                               [--words FILE] [--strict] [--dry-run] [--json] [...]\n"
        "                               FILE\n"
        "\n"
        "Reads FILE (as `node import` does; - is standard input) and takes its signals out of\n"
        "the node's database. Every column must say what it said when the signal was imported. They\n"
        "are in no round that begins from now on. Where a slot holds the address, it keeps its point\n"
        "until its turn, and for that long the signal is kept apart, for slot audits only.\n"
        "Rows that are bad or not there are left out, and listed on standard error by line.\n"
        "\n"
        "  --bag, --words  as for `node import`\n"
        "  --dry-run  say what would change; nothing is changed or logged\n"
        "  --strict  withdraw nothing when a row is bad; exit status 1, also when one isn't there\n"
        "  --json    print one JSON object, with the rows that were left out in it\n" KP_READING_USAGE
            KP_READING_USAGE_SIGNALS "\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
