#include "node/commands/node_place.h"

#include "node/commands/node_commands.h"
#include "proto/control_client.h"

#include <stdio.h>
#include <string.h>

/* A path on the command line is from the folder that this was called in. */
static enum kp_status take_path(char out[static KP_PATH_MAX], const char *given,
                                struct kp_error *error)
{
    return given != NULL ? kp_config_path(out, "./.", given, error) : KP_OK;
}

enum kp_status kp_node_place_find(struct kp_node_place *place,
                                  const struct kp_node_options *options, struct kp_error *error)
{
    memset(place, 0, sizeof(*place));
    if ((options->config == NULL) == (options->control == NULL)) {
        return kp_fail(error, KP_USAGE,
                       "give either --config with the node's configuration, or --control with its "
                       "control socket");
    }
    enum kp_status status = take_path(place->control, options->control, error);
    if (options->config != NULL) {
        struct kp_node_config config;
        status = kp_node_config_read(&config, options->config, error);
        memcpy(place->control, config.control, sizeof(place->control));
        memcpy(place->bag, config.bag, sizeof(place->bag));
        memcpy(place->words, config.words, sizeof(place->words));
        kp_node_config_columns(place->columns, &config);
    }
    if (status == KP_OK) {
        status = take_path(place->bag, options->bag, error);
    }
    return status == KP_OK ? take_path(place->words, options->words, error) : status;
}

enum kp_status kp_node_place_ask(struct kp_node_place *place, struct kp_error *error)
{
    const struct kp_control_request request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response = {0};
    enum kp_status status =
        kp_control_ask(place->control, &request, KP_CONTROL_NODE_STATUS, &response, error);
    if (status == KP_OK) {
        place->test_mode = response.node.test_mode;
        place->agreed = response.node.made_by;
        kp_control_response_free(&response);
    }
    return status;
}

enum kp_status kp_node_place_show(struct kp_node_place *place,
                                  const struct kp_node_options *options, struct kp_register **reg,
                                  struct kp_error *error)
{
    *reg = NULL;
    enum kp_status status = kp_node_place_find(place, options, error);
    if (status == KP_OK) {
        status = kp_node_place_ask(place, error);
    }
    if (status != KP_OK || kp_agreed_register(reg, &place->agreed, place->bag, error) == KP_OK) {
        return status;
    }
    if (options->bag != NULL) {
        return error->status;
    }
    fprintf(stderr, "addresses are shown by the ids of their objects: %s\n", error->text);
    return KP_OK;
}

enum kp_status kp_node_find_control(char control[static KP_PATH_MAX], const char *config_option,
                                    const char *control_option, struct kp_error *error)
{
    struct kp_node_place place;
    const struct kp_node_options options = {.config = config_option, .control = control_option};
    enum kp_status status = kp_node_place_find(&place, &options, error);
    memcpy(control, place.control, sizeof(place.control));
    return status;
}
