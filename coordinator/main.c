/* kruispunt-coordinator: the project's daemon. */
#include "coordinator/coordinator.h"
#include "proto/daemon.h"

static enum kp_status run(const char *config_path, struct kp_loop *loop, struct kp_error *error)
{
    struct kp_coordinator_config config;
    struct kp_coordinator *coordinator = NULL;
    enum kp_status status = kp_coordinator_config_read(&config, config_path, error);
    if (status == KP_OK) {
        status = kp_daemon_log("kruispunt-coordinator", config.log_level, config.log_format, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_new(&coordinator, &config, loop, error);
    }
    if (status == KP_OK) {
        struct kp_loop_hooks hooks = kp_coordinator_hooks(coordinator);
        kp_loop_run(loop, &hooks);
        kp_daemon_closing();
    }
    kp_coordinator_free(coordinator);
    return status;
}

int main(int argc, char **argv)
{
    return kp_daemon_main("kruispunt-coordinator", argc, argv, run);
}
