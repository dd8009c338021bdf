/* kruispunt-node: the partner's daemon. */
#include "node/node.h"
#include "proto/daemon.h"

static enum kp_status run(const char *config_path, struct kp_loop *loop, struct kp_error *error)
{
    struct kp_node_config config;
    struct kp_node *node = NULL;
    enum kp_status status = kp_node_config_read(&config, config_path, error);
    if (status == KP_OK) {
        status = kp_daemon_log("kruispunt-node", config.log_level, config.log_format, error);
    }
    if (status == KP_OK) {
        status = kp_node_new(&node, &config, loop, error);
    }
    if (status == KP_OK) {
        struct kp_loop_hooks hooks = kp_node_hooks(node);
        kp_loop_run(loop, &hooks);
        kp_daemon_closing();
    }
    kp_node_free(node);
    return status;
}

int main(int argc, char **argv)
{
    return kp_daemon_main("kruispunt-node", argc, argv, run);
}
