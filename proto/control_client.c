#include "proto/control_client.h"

#include "proto/closing.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT_MS 60000

static enum kp_status check_response(const struct kp_control_response *response,
                                     enum kp_control_response_kind expected, struct kp_error *error)
{
    if (response->kind == KP_CONTROL_REFUSAL) {
        return kp_fail(error, response->refusal.status, "%s", response->refusal.text);
    }
    if (response->kind != expected) {
        return kp_fail(error, KP_REFUSED, "another kind of daemon answers on this socket");
    }
    return KP_OK;
}

enum kp_status kp_control_ask(const char *path, const struct kp_control_request *request,
                              enum kp_control_response_kind expected,
                              struct kp_control_response *response, struct kp_error *error)
{
    char url[KP_PATH_MAX + 8];
    struct kp_client *client = NULL;
    struct kp_buffer packed = {0}, answer = {0};
    (void)snprintf(url, sizeof(url), "ipc://%s", path);
    memset(response, 0, sizeof(*response));
    enum kp_status status = kp_control_request_pack(request, &packed, error);
    if (status == KP_OK) {
        status = kp_client_open(&client, NULL, url, NULL, NULL, NULL, error);
    }
    if (status == KP_OK) {
        status = kp_client_call(client, packed.data, packed.size, TIMEOUT_MS, &answer, error);
    }
    if (status == KP_OK) {
        status = kp_control_response_unpack(response, answer.data, answer.size, error);
        if (status == KP_OK) {
            status = check_response(response, expected, error);
        }
        if (status != KP_OK) {
            kp_control_response_free(response);
        }
    }
    kp_closing_client(client);
    kp_buffer_free(&packed);
    kp_buffer_free(&answer);
    return status;
}
