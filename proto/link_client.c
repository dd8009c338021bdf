/* Opening and closing the asking side. */
#include "proto/link_client_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RESEND_MS 60000 /* longer than any answer takes; a broken connection resends at once */

void kp_client_release(struct kp_client *client)
{
    bool last = --client->references == 0;
    pthread_mutex_unlock(&client->lock);
    if (last) {
        pthread_cond_destroy(&client->changed);
        pthread_mutex_destroy(&client->lock);
        free(client->url);
        free(client);
    }
}

static enum kp_status prepare(struct kp_client *client, struct kp_error *error)
{
    int rv = 0;
    if (client->setup != NULL) {
        rv = kp_tls_config_new(&client->config, client->setup);
    }
    if (rv == 0) {
        rv = nng_req0_open(&client->socket);
    }
    if (rv == 0) {
        rv = nng_socket_set_size(client->socket, NNG_OPT_RECVMAXSZ, KP_LINK_RECEIVE_MAX);
    }
    if (rv == 0) {
        rv = nng_socket_set_ms(client->socket, NNG_OPT_REQ_RESENDTIME, RESEND_MS);
    }
    if (rv == 0) {
        rv = kp_client_notice(client);
    }
    if (rv != 0) {
        return kp_fail(error, KP_FAILED, "can't prepare a socket: %s", nng_strerror(rv));
    }
    rv = kp_client_dial(client);
    if (rv != 0) {
        return kp_fail(error, KP_USAGE, "%s: %s", client->url, nng_strerror(rv));
    }
    int refused = pthread_create(&client->supervisor, NULL, kp_client_supervise, client);
    client->supervised = refused == 0;
    return refused == 0 ? KP_OK
                        : kp_fail(error, KP_FAILED, "can't start a thread: %s", strerror(refused));
}

static struct kp_client *new_client(struct kp_loop *loop, enum kp_link_kind kind, const char *url)
{
    struct kp_client *client = calloc(1, sizeof(*client));
    if (client == NULL) {
        return NULL;
    }
    client->url = strdup(url);
    if (client->url == NULL) {
        free(client);
        return NULL;
    }
    client->loop = loop;
    client->kind = kind;
    client->references = 1;
    client->delay = KP_DIAL_MIN_MS;
    client->dial_at = kp_loop_now() + KP_DIAL_ANEW_MS;
    pthread_mutex_init(&client->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&client->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return client;
}

enum kp_status kp_client_open(struct kp_client **out, struct kp_loop *loop, const char *url,
                              const struct kp_tls_files *tls, const char *server_name,
                              const uint8_t *server_certificate, struct kp_error *error)
{
    enum kp_link_kind kind;
    enum kp_status status = kp_link_kind(&kind, url, tls, error);
    if (status != KP_OK) {
        return status;
    }
    if (kind == KP_LINK_TLS && server_name == NULL) {
        return kp_fail(error, KP_USAGE, "%s: the server's name isn't given", url);
    }
    struct kp_client *client = new_client(loop, kind, url);
    if (client == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a client");
    }
    if (kind == KP_LINK_TLS) {
        status = kp_tls_setup_new(&client->setup, tls, server_name, server_certificate, error);
    }
    if (status == KP_OK) {
        status = prepare(client, error);
    }
    if (status != KP_OK) {
        kp_client_close(client);
        return status;
    }
    *out = client;
    return KP_OK;
}

void kp_client_close(struct kp_client *client)
{
    if (client == NULL) {
        return;
    }
    pthread_mutex_lock(&client->lock);
    client->closing = true;
    struct kp_ask *asks = client->asks;
    client->asks = NULL;
    client->ask_count = 0;
    pthread_cond_broadcast(&client->changed);
    pthread_mutex_unlock(&client->lock);

    if (client->supervised) {
        pthread_join(client->supervisor, NULL);
    }
    for (const struct kp_ask *ask = asks; ask != NULL; ask = ask->next) {
        nng_ctx_close(ask->context);
    }
    if (nng_socket_id(client->socket) > 0) {
        nng_close(client->socket);
    }
    while (asks != NULL) {
        struct kp_ask *ask = asks;
        asks = ask->next;
        kp_client_done *done = ask->done;
        void *context = ask->done_context;
        kp_client_ask_free(ask);
        done(context, KP_RETRY, NULL, 0, true);
    }
    if (client->config != NULL) {
        nng_tls_config_free(client->config);
    }
    kp_tls_setup_free(client->setup);
    pthread_mutex_lock(&client->lock);
    kp_client_release(client);
}
