#include "node/commands/pair_commands.h"

#include <stdio.h>

static const struct kp_command *const COMMANDS[] = {
    &kp_command_pair_check,
    &kp_command_pair_draw,
    NULL,
};

const struct kp_command_group kp_pair_commands = {.name = "pair", .commands = COMMANDS};

enum kp_status kp_pair_subject_read(struct kp_pair_subject *subject, const char *path,
                                    struct kp_error *error)
{
    subject->agreement = NULL;
    enum kp_status status = kp_node_config_read(&subject->config, path, error);
    if (status == KP_OK && subject->config.pairs[0] == '\0') {
        status = kp_fail(error, KP_USAGE,
                         "%s: has no [pairs] folder = ...; name a folder (mode 0700) there", path);
    }
    if (status == KP_OK) {
        status = kp_agreement_read(&subject->agreement, subject->config.agreement,
                                   subject->config.agreement_hash, error);
    }
    if (status != KP_OK) {
        return status;
    }
    subject->own = kp_agreement_member_by_name(subject->agreement, subject->config.name);
    if (subject->own == 0) {
        kp_agreement_free(subject->agreement);
        subject->agreement = NULL;
        return kp_fail(error, KP_REFUSED, "[node] name = %s: the agreement has no such member",
                       subject->config.name);
    }
    return KP_OK;
}
