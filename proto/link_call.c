/* Asking and waiting. */
#include "proto/link_client_internal.h"

#include <unistd.h>

#define LOOK_MS 10
#define REACH_AFTER_MS 150 /* a connection should be there by then; else it is looked why not */
#define REACH_MS 5000
#define SEND_STEP_MS 500 /* then it is looked again whether there still is a connection */

/* One look whether there is a connection; with the lock held. KP_RETRY: one has failed. */
static enum kp_status look(struct kp_client *client, struct kp_error *error)
{
    char why[KP_ERROR_TEXT];
    if (client->connected) {
        return KP_OK;
    }
    unsigned failures = kp_client_failures(client, why);
    if (failures != client->reported) {
        client->reported = failures;
        return kp_fail(error, KP_RETRY, "no connection to %s: %s", client->url, why);
    }
    return KP_OK;
}

static bool is_connected(struct kp_client *client)
{
    pthread_mutex_lock(&client->lock);
    bool connected = client->connected;
    pthread_mutex_unlock(&client->lock);
    return connected;
}

/* Waits for a connection, but not when there is a reason to think that none will come. */
static enum kp_status await_connection(struct kp_client *client, uint64_t deadline,
                                       struct kp_error *error)
{
    uint64_t reach_at = kp_loop_now() + REACH_AFTER_MS;
    bool reached = false;
    if (client->kind == KP_LINK_IPC && access(kp_link_path(client->url), F_OK) != 0) {
        reach_at = 0;
    }
    while (!is_connected(client)) {
        uint64_t now = kp_loop_now();
        if (now >= deadline) {
            return kp_fail(error, KP_RETRY, "no connection to %s in time", client->url);
        }
        if (!reached && now >= reach_at) {
            uint64_t most = deadline - now < REACH_MS ? deadline - now : REACH_MS;
            enum kp_status status = kp_link_reach(client->url, client->kind, most, error);
            if (status != KP_OK && !is_connected(client)) {
                return status;
            }
            reached = true;
        }
        pthread_mutex_lock(&client->lock);
        enum kp_status status = look(client, error);
        if (status == KP_OK && !client->connected) {
            kp_client_wait(client, LOOK_MS);
        }
        pthread_mutex_unlock(&client->lock);
        if (status != KP_OK) {
            return status;
        }
    }
    return KP_OK;
}

static enum kp_status explain_silence(struct kp_client *client, int result, uint32_t timeout_ms,
                                      struct kp_error *error)
{
    if (result == NNG_ETIMEDOUT) {
        return kp_fail(error, KP_RETRY, "%s did not answer within %u ms", client->url, timeout_ms);
    }
    if (result == NNG_ECONNRESET) {
        return kp_fail(error, KP_RETRY,
                       "%s closed the connection without an answer: it doesn't admit us, or was "
                       "stopped",
                       client->url);
    }
    return kp_fail(error, KP_FAILED, "can't ask %s: %s", client->url, nng_strerror(result));
}

/* Sends the message, on a connection that there may be again in a moment; 0, or an NNG error. */
static int send_soon(nng_ctx context, nng_aio *aio, nng_msg *message, uint64_t deadline)
{
    nng_duration left = kp_client_time_left(deadline);
    nng_aio_set_msg(aio, message);
    nng_aio_set_timeout(aio, left < SEND_STEP_MS ? left : SEND_STEP_MS);
    nng_ctx_send(context, aio);
    nng_aio_wait(aio);
    return nng_aio_result(aio);
}

/* Sends and receives. KP_RETRY also when the connection was lost. */
static enum kp_status converse(struct kp_client *client, nng_ctx context, nng_aio *aio,
                               nng_msg *message, uint32_t timeout_ms, nng_msg **answer,
                               struct kp_error *error)
{
    uint64_t deadline = kp_loop_now() + timeout_ms;
    int result;
    do {
        enum kp_status status = await_connection(client, deadline, error);
        if (status != KP_OK) {
            nng_msg_free(message);
            return status;
        }
        result = send_soon(context, aio, message, deadline);
    } while (result == NNG_ETIMEDOUT && kp_loop_now() < deadline);
    if (result != 0) {
        nng_msg_free(message);
        nng_aio_set_msg(aio, NULL);
        return explain_silence(client, result, timeout_ms, error);
    }
    nng_aio_set_timeout(aio, kp_client_time_left(deadline));
    nng_ctx_recv(context, aio);
    nng_aio_wait(aio);
    result = nng_aio_result(aio);
    if (result != 0) {
        return explain_silence(client, result, timeout_ms, error);
    }
    *answer = nng_aio_get_msg(aio);
    nng_aio_set_msg(aio, NULL);
    pthread_mutex_lock(&client->lock);
    kp_client_note_answer(client);
    pthread_mutex_unlock(&client->lock);
    return KP_OK;
}

enum kp_status kp_client_call(struct kp_client *client, const uint8_t *request, size_t size,
                              uint32_t timeout_ms, struct kp_buffer *response,
                              struct kp_error *error)
{
    enum kp_status status = kp_client_check_size(size, error);
    if (status != KP_OK) {
        return status;
    }
    nng_ctx context = NNG_CTX_INITIALIZER;
    nng_aio *aio = NULL;
    nng_msg *answer = NULL;
    nng_msg *message = kp_client_message(request, size);
    int result = message == NULL ? NNG_ENOMEM : nng_aio_alloc(&aio, NULL, NULL);
    if (result == 0) {
        result = nng_ctx_open(&context, client->socket);
    }
    if (result == 0) {
        /* Not sent again: when the connection breaks, the caller wants to know. */
        result = nng_ctx_set_ms(context, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE);
    }
    if (result == 0) {
        status = converse(client, context, aio, message, timeout_ms, &answer, error);
    } else {
        nng_msg_free(message);
        status = kp_fail(error, KP_FAILED, "can't ask %s: %s", client->url, nng_strerror(result));
    }
    if (status == KP_OK && !kp_client_is_answer(answer)) {
        status = kp_fail(error, KP_REFUSED, "%s gave an answer that is too long", client->url);
    }
    if (status == KP_OK &&
        kp_buffer_set(response, nng_msg_body(answer), nng_msg_len(answer)) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for an answer");
    }
    nng_msg_free(answer);
    nng_aio_free(aio);
    nng_ctx_close(context);
    return status;
}
