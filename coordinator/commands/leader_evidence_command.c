#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "coordinator/leader_evidence.h"
#include "crypto/secret.h"
#include "proto/address/shown.h"
#include "proto/file.h"

#include <stdio.h>

static enum kp_status say(const struct kp_leader *leader, const struct kp_leader_evidence *evidence,
                          const char *path, struct kp_error *error)
{
    char text[KP_SHOWN_TEXT];
    enum kp_status status = kp_shown_key(text, leader->reg, evidence->address_key, error);
    if (status != KP_OK) {
        return status;
    }
    printf("match %u-%u, %s:", evidence->round, evidence->number, text);
    for (uint32_t i = 0; i < leader->agreement->member_count; i++) {
        if ((evidence->members >> i & 1) != 0) {
            printf(" %s", leader->agreement->members[i].name);
        }
    }
    printf("\nwritten to %s; check it with `kruispunt verify evidence %s`\n", path, path);
    kp_wipe(text, sizeof(text));
    return KP_OK;
}

static enum kp_status write_evidence(struct kp_leader_command *self, struct kp_leader *leader,
                                     struct kp_error *error)
{
    struct kp_leader_evidence evidence = {0};
    uint32_t round = 0, number = 0;
    const char *path = *self->option.value;
    enum kp_status status = kp_match_read(self->operand, &round, &number, error);
    if (status == KP_OK) {
        status = kp_leader_evidence_make(leader, round, number, true, &evidence, error);
    }
    if (status == KP_OK) {
        status = kp_file_create(path, 0600, evidence.file.data, evidence.file.size, error);
        if (status == KP_OK) {
            status = say(leader, &evidence, path, error);
        }
    }
    kp_leader_evidence_free(&evidence);
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = NULL;
    struct kp_leader_command self = {.command = &kp_command_leader_evidence,
                                     .option = {"out", &path, NULL, true},
                                     .takes_operand = true,
                                     .needs_operand = true,
                                     .shows_addresses = true,
                                     .run = write_evidence};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_evidence = {
    .name = "evidence",
    .summary = "write what proves one match",
    .usage =
        "usage: kruispunt leader evidence MATCH --out FILE --config LEADER.ini\n"
        "\n"
        "MATCH is a number that `kruispunt leader matches` lists, such as 1-7. Writes one file that\n"
        "anybody checks with public keys alone (`kruispunt verify evidence FILE`): which partners had\n"
        "a signal on this address, on which registered indicators, not later than when, and who opened\n"
        "it. Nothing about any other address is in it. Your log tells of it first.\n",
    .run = run,
};
