/* A server on a thread of its own, for the tests of links. What it does is asked by a request's
 * first byte: e  echo                        n  answer with as many zeros as the 4 bytes after it
 * say (host order) p  park the request            r  answer all parked requests with "late", and
 * this one d  drop it                     x  answer, then stop the server's loop */
#ifndef KP_TESTS_LINK_FIXTURE_H
#define KP_TESTS_LINK_FIXTURE_H

#include "proto/limits.h"
#include "proto/link.h"
#include "proto/tls.h"

#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIXTURE_PARKED 256

struct fixture {
    char url[256];
    int port;
    const struct kp_tls_files *tls;
    bool (*admit)(void *context, const struct kp_peer *peer); /* context: the fixture */

    struct kp_loop *loop;
    struct kp_server *server;
    pthread_t thread;
    struct kp_request *parked[FIXTURE_PARKED];
    atomic_uint parked_count;
    atomic_uint served;
    atomic_bool armed;
    struct kp_peer peer; /* the last one that asked */
};

/* A port that nobody listens at, at this moment. */
static inline int fixture_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&address, size) == 0);
    CU_ASSERT_FATAL(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    close(fd);
    return ntohs(address.sin_port);
}

static inline void fixture_release(struct fixture *fixture)
{
    unsigned count = atomic_exchange(&fixture->parked_count, 0);
    for (unsigned i = 0; i < count; i++) {
        kp_request_answer(fixture->parked[i], (const uint8_t *)"late", 4);
    }
}

static inline void fixture_serve(void *context, struct kp_request *request)
{
    struct fixture *fixture = context;
    size_t size;
    const uint8_t *bytes = kp_request_bytes(request, &size);
    fixture->peer = *kp_request_peer(request);
    atomic_fetch_add(&fixture->served, 1);
    switch (size > 0 ? bytes[0] : 'e') {
    case 'p':
        fixture->parked[atomic_load(&fixture->parked_count) % FIXTURE_PARKED] = request;
        atomic_fetch_add(&fixture->parked_count, 1);
        break;
    case 'd':
        kp_request_drop(request);
        break;
    case 'n': {
        uint32_t wanted;
        memcpy(&wanted, bytes + 1, sizeof(wanted));
        uint8_t *zeros = calloc(wanted, 1);
        CU_ASSERT_PTR_NOT_NULL_FATAL(zeros);
        kp_request_answer(request, zeros, wanted);
        free(zeros);
        break;
    }
    case 'r':
        fixture_release(fixture);
        kp_request_answer(request, bytes, size);
        break;
    case 'x':
        kp_request_answer(request, bytes, size);
        if (atomic_exchange(&fixture->armed, false)) {
            kp_loop_stop(fixture->loop);
        }
        break;
    default:
        kp_request_answer(request, bytes, size);
    }
}

static inline bool fixture_admit(void *context, const struct kp_peer *peer)
{
    const struct fixture *fixture = context;
    return fixture->admit == NULL || fixture->admit(context, peer);
}

static inline void *fixture_run(void *context)
{
    struct fixture *fixture = context;
    const struct kp_loop_hooks hooks = {0};
    kp_loop_run(fixture->loop, &hooks);
    /* On the thread that serves, as the contract says. */
    kp_server_close(fixture->server);
    fixture->server = NULL;
    unsigned count = atomic_exchange(&fixture->parked_count, 0);
    for (unsigned i = 0; i < count; i++) {
        kp_request_drop(fixture->parked[i]); /* after the server was closed: allowed */
    }
    kp_loop_free(fixture->loop);
    return NULL;
}

static inline void fixture_start_at(struct fixture *fixture)
{
    struct kp_error error = {0};
    const struct kp_server_handler handler = {
        .context = fixture, .admit = fixture_admit, .serve = fixture_serve};
    CU_ASSERT_FATAL(kp_loop_new(&fixture->loop, &error) == KP_OK);
    enum kp_status status = kp_server_open(&fixture->server, fixture->loop, fixture->url,
                                           fixture->tls, &handler, &error);
    if (status != KP_OK) {
        printf("\n  %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    CU_ASSERT_FATAL(pthread_create(&fixture->thread, NULL, fixture_run, fixture) == 0);
}

/* url NULL: a free port, with TLS. */
static inline void fixture_start(struct fixture *fixture, const char *url,
                                 const struct kp_tls_files *tls)
{
    memset(fixture, 0, sizeof(*fixture));
    fixture->tls = tls;
    if (url != NULL) {
        snprintf(fixture->url, sizeof(fixture->url), "%s", url);
    } else {
        fixture->port = fixture_port();
        snprintf(fixture->url, sizeof(fixture->url), "tls+tcp://127.0.0.1:%d", fixture->port);
    }
    fixture_start_at(fixture);
}

static inline void fixture_stop(struct fixture *fixture)
{
    kp_loop_stop(fixture->loop);
    pthread_join(fixture->thread, NULL);
}

/* A client for calls. */
static inline struct kp_client *fixture_client(const struct fixture *fixture,
                                               const struct kp_tls_files *tls)
{
    struct kp_error error = {0};
    struct kp_client *client = NULL;
    enum kp_status status = kp_client_open(&client, NULL, fixture->url, tls,
                                           tls != NULL ? "localhost" : NULL, NULL, &error);
    if (status != KP_OK) {
        printf("\n  %s\n", error.text);
    }
    CU_ASSERT_EQUAL_FATAL(status, KP_OK);
    return client;
}

#define FIXTURE_PATIENCE_MS                                                                        \
    60000 /* so much that only waiting it out takes this long, on any machine */

static inline enum kp_status fixture_call(struct kp_client *client, const char *request,
                                          struct kp_error *error)
{
    struct kp_buffer response = {0};
    enum kp_status status = kp_client_call(client, (const uint8_t *)request, strlen(request),
                                           FIXTURE_PATIENCE_MS, &response, error);
    if (status == KP_OK) {
        CU_ASSERT_EQUAL(response.size, strlen(request));
        CU_ASSERT(memcmp(response.data, request, response.size) == 0);
    }
    kp_buffer_free(&response);
    return status;
}

/* Whether a new client gets an answer. */
static inline bool fixture_answers(const struct fixture *fixture, const struct kp_tls_files *tls)
{
    struct kp_error error = {0};
    struct kp_client *client = fixture_client(fixture, tls);
    enum kp_status status = fixture_call(client, "echo", &error);
    if (status != KP_OK) {
        printf("\n  %s\n", error.text);
    }
    kp_client_close(client);
    return status == KP_OK;
}

static inline int fixture_connect(const struct fixture *fixture)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fixture->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_FATAL(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

#endif
