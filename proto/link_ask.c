/* Asking without waiting. */
#include "proto/link_client_internal.h"

#include <stdlib.h>

void kp_client_ask_free(struct kp_ask *ask)
{
    nng_aio_stop(ask->aio); /* waits for its callback */
    nng_aio_free(ask->aio);
    nng_ctx_close(ask->context);
    nng_msg_free(ask->answer);
    free(ask);
}

/* Takes the first finished ask off the list; with the lock held. */
static struct kp_ask *take_finished(struct kp_client *client)
{
    struct kp_ask **link = &client->asks;
    while (*link != NULL && !(*link)->finished) {
        link = &(*link)->next;
    }
    struct kp_ask *taken = *link;
    if (taken != NULL) {
        *link = taken->next;
        client->ask_count--;
    }
    return taken;
}

/* On the loop's thread: hands over what has come. */
static void deliver(void *context, bool cancelled)
{
    struct kp_client *client = context;
    pthread_mutex_lock(&client->lock);
    client->delivering = false;
    struct kp_ask *ask;
    /* `done` may ask again, or close the client, which then has nothing left to deliver. */
    while (!cancelled && (ask = take_finished(client)) != NULL) {
        pthread_mutex_unlock(&client->lock);
        nng_msg *answer = ask->answer;
        kp_client_done *done = ask->done;
        void *done_context = ask->done_context;
        ask->answer = NULL;
        kp_client_ask_free(ask);
        if (answer != NULL) {
            done(done_context, KP_OK, nng_msg_body(answer), nng_msg_len(answer), false);
        } else {
            done(done_context, KP_RETRY, NULL, 0, false);
        }
        nng_msg_free(answer);
        pthread_mutex_lock(&client->lock);
    }
    kp_client_release(client);
}

/* With the lock held. */
static void finish_ask(struct kp_ask *ask, nng_msg *answer)
{
    struct kp_client *client = ask->client;
    ask->answer = answer;
    ask->finished = true;
    if (!client->closing && !client->delivering) {
        client->references++;
        client->delivering = kp_loop_post(client->loop, deliver, client) == KP_OK;
        client->references -= !client->delivering; /* no memory: the next one posts it */
    }
}

nng_duration kp_client_time_left(uint64_t deadline)
{
    uint64_t now = kp_loop_now();
    uint64_t left = deadline > now ? deadline - now : 1;
    return left > INT32_MAX ? INT32_MAX : (nng_duration)left;
}

bool kp_client_is_answer(const nng_msg *message)
{
    return message != NULL && nng_msg_len(message) <= KP_WIRE_REQUEST_MAX;
}

/* On a thread of NNG's, when the request was sent, or answered, or neither in time. */
static void ask_event(void *context)
{
    struct kp_ask *ask = context;
    struct kp_client *client = ask->client;
    int result = nng_aio_result(ask->aio);
    nng_msg *message = nng_aio_get_msg(ask->aio); /* an answer, or what wasn't sent */
    bool answered = ask->sent && result == 0;
    nng_aio_set_msg(ask->aio, NULL);

    pthread_mutex_lock(&client->lock);
    if (!ask->sent && result == 0) {
        ask->sent = true;
        nng_aio_set_timeout(ask->aio, kp_client_time_left(ask->deadline));
        nng_ctx_recv(ask->context, ask->aio);
        message = NULL;
    } else if (answered && kp_client_is_answer(message)) {
        kp_client_note_answer(client);
        finish_ask(ask, message);
        message = NULL;
    } else {
        if (ask->sent && result == NNG_ETIMEDOUT && client->connected &&
            client->heard < ask->asked) {
            nng_pipe_close(client->pipe); /* nothing was heard of it: it may be dead */
        }
        finish_ask(ask, NULL);
    }
    pthread_mutex_unlock(&client->lock);
    nng_msg_free(message);
}

nng_msg *kp_client_message(const uint8_t *bytes, size_t size)
{
    nng_msg *message;
    if (nng_msg_alloc(&message, 0) != 0) {
        return NULL;
    }
    if (nng_msg_append(message, bytes, size) != 0) {
        nng_msg_free(message);
        return NULL;
    }
    return message;
}

static struct kp_ask *new_ask(struct kp_client *client)
{
    struct kp_ask *ask = calloc(1, sizeof(*ask));
    if (ask == NULL) {
        return NULL;
    }
    if (nng_aio_alloc(&ask->aio, ask_event, ask) != 0) {
        free(ask);
        return NULL;
    }
    if (nng_ctx_open(&ask->context, client->socket) != 0) {
        nng_aio_free(ask->aio);
        free(ask);
        return NULL;
    }
    ask->client = client;
    return ask;
}

enum kp_status kp_client_check_size(size_t size, struct kp_error *error)
{
    return size <= KP_WIRE_REQUEST_MAX
               ? KP_OK
               : kp_fail(error, KP_USAGE, "a request of %zu bytes is too long", size);
}

enum kp_status kp_client_ask(struct kp_client *client, const uint8_t *request, size_t size,
                             uint32_t timeout_ms, kp_client_done *done, void *context,
                             struct kp_error *error)
{
    if (kp_client_check_size(size, error) != KP_OK) {
        return KP_USAGE;
    }
    nng_msg *message = kp_client_message(request, size);
    struct kp_ask *ask = message != NULL ? new_ask(client) : NULL;
    if (ask == NULL) {
        nng_msg_free(message);
        return kp_fail(error, KP_FAILED, "no memory to ask %s", client->url);
    }
    ask->done = done;
    ask->done_context = context;
    ask->asked = kp_loop_now();
    ask->deadline = ask->asked + timeout_ms;

    pthread_mutex_lock(&client->lock);
    bool accepted = !client->closing && client->ask_count < KP_LINK_ASKS_MAX;
    if (accepted) {
        struct kp_ask **end = &client->asks;
        while (*end != NULL) {
            end = &(*end)->next;
        }
        *end = ask;
        client->ask_count++;
        nng_aio_set_msg(ask->aio, message);
        nng_aio_set_timeout(ask->aio, kp_client_time_left(ask->deadline));
        nng_ctx_send(ask->context, ask->aio);
    }
    pthread_mutex_unlock(&client->lock);
    if (!accepted) {
        nng_msg_free(message);
        kp_client_ask_free(ask);
        return kp_fail(error, KP_RETRY, "%s is being asked %u things already", client->url,
                       KP_LINK_ASKS_MAX);
    }
    return KP_OK;
}
