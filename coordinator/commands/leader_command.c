#include "coordinator/commands/leader_command.h"

#include <stdio.h>

void kp_leader_command_register(struct kp_leader *leader)
{
    struct kp_error error = {0};
    if (kp_leader_find_register(leader, &error) != KP_OK) {
        fprintf(stderr, "addresses are shown by the ids of their objects: %s\n", error.text);
    } else if (leader->reg == NULL && leader->agreement->key_scheme == KP_KEY_SCHEME_BAG) {
        fputs(
            "addresses are shown by the ids of their objects; bag = DIR in the configuration says "
            "where the address register is\n",
            stderr);
    }
}

int kp_leader_command_run(struct kp_leader_command *self, int argc, char **argv)
{
    const char *config = NULL;
    bool help = false;
    const struct kp_option options[] = {
        {"config", &config, NULL, true}, {"json", NULL, &self->json, false}, self->option};
    struct kp_error error = {0};
    struct kp_leader leader = {0};
    enum kp_status status = kp_command_parse(
        self->command, argc, argv, options, self->option.name != NULL ? 3 : 2, &self->operand,
        self->needs_operand, self->takes_operand, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = kp_leader_open(&leader, config, &error);
    }
    if (status == KP_OK && leader.agreement->test && !self->json) {
        puts(KP_TEST_MODE_TEXT);
    }
    if (status == KP_OK && self->shows_addresses) {
        kp_leader_command_register(&leader);
    }
    if (status == KP_OK) {
        status = self->run(self, &leader, &error);
    }
    kp_leader_close(&leader);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(self->command, &error);
}
