/* The program `kruispunt`: the commands of all rooms. */
#include "crypto/secret.h"
#include "proto/closing.h"
#include "proto/command.h"
#include "proto/doctor.h"

#include <stdio.h>
#include <sys/resource.h>

static const struct kp_command_group *const groups[] = {
    &kp_common_commands,      &kp_agreement_commands,
    &kp_node_commands,        &kp_pair_commands,
    &kp_coordinator_commands, &kp_round_commands,
    &kp_leader_commands,      &kp_log_commands,
    &kp_export_commands,      &kp_verify_commands,
    &kp_oprf_commands,        &kp_bag_commands,
    &kp_address_commands,     NULL,
};

const struct kp_doctor_reader *const kp_doctor_readers[] = {
    &kp_doctor_node,
    &kp_doctor_leader,
    &kp_doctor_coordinator,
    NULL,
};

int main(int argc, char **argv)
{
    const struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0 || kp_crypto_start() != KP_OK) {
        fputs("kruispunt: can't protect secrets in memory; does `ulimit -l` allow locked memory?\n",
              stderr);
        return KP_EXIT_REFUSED;
    }
    int status = kp_command_main(groups, argc, argv);
    kp_closing_process(status);
    return status;
}
