#include "tests/unit/link_fixture.h"
#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

#include <nng/nng.h>
#include <nng/protocol/reqrep0/req.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/un.h>

static struct pki_authority authority;
static struct kp_tls_files server, client, other_client;
static char ipc_url[256];
static const char *ipc_path;

static void prepare(void)
{
    pki_authority_new(&authority, "authority");
    pki_issue(&server, &authority, "server", "DNS:localhost", -PKI_DAY, PKI_DAY);
    pki_issue(&client, &authority, "client", NULL, -PKI_DAY, PKI_DAY);
    pki_issue(&other_client, &authority, "other-client", NULL, -PKI_DAY, PKI_DAY);
    snprintf(ipc_url, sizeof(ipc_url), "ipc://%s/control", pki_folder());
    ipc_path = ipc_url + strlen("ipc://");
}

static void clean(void)
{
    pki_authority_free(&authority);
    pki_clean();
}

/* A client with a loop, which asks and counts what comes. */
struct asker {
    struct kp_loop *loop;
    struct kp_client *client;
    unsigned open;     /* asks without an end */
    unsigned answered; /* echoes */
    unsigned late;     /* answers "late" */
    unsigned failed;   /* KP_RETRY */
    unsigned cancelled;
    uint64_t until;
    bool (*over)(const struct asker *asker);
};

static void asker_start(struct asker *asker, const char *url, const struct kp_tls_files *tls)
{
    struct kp_error error = {0};
    memset(asker, 0, sizeof(*asker));
    CU_ASSERT_FATAL(kp_loop_new(&asker->loop, &error) == KP_OK);
    CU_ASSERT_EQUAL_FATAL(kp_client_open(&asker->client, asker->loop, url, tls,
                                         tls != NULL ? "localhost" : NULL, NULL, &error),
                          KP_OK);
}

static void asker_stop(struct asker *asker)
{
    kp_client_close(asker->client);
    kp_loop_free(asker->loop);
    CU_ASSERT_EQUAL(asker->open, 0);
}

static void on_done(void *context, enum kp_status status, const uint8_t *response, size_t size,
                    bool cancelled)
{
    struct asker *asker = context;
    asker->open--;
    if (status == KP_OK) {
        bool late = size == 4 && memcmp(response, "late", 4) == 0;
        asker->late += late;
        asker->answered += !late;
    } else {
        CU_ASSERT_EQUAL(status, KP_RETRY);
        CU_ASSERT_PTR_NULL(response);
        asker->cancelled += cancelled;
        asker->failed += !cancelled;
    }
}

static enum kp_status ask(struct asker *asker, const char *request, uint32_t timeout_ms)
{
    struct kp_error error = {0};
    enum kp_status status = kp_client_ask(asker->client, (const uint8_t *)request, strlen(request),
                                          timeout_ms, on_done, asker, &error);
    asker->open += status == KP_OK;
    return status;
}

static uint64_t check_over(void *context, uint64_t now)
{
    struct asker *asker = context;
    if (asker->over(asker) || now >= asker->until) {
        kp_loop_stop(asker->loop);
    }
    return now + 10;
}

/* Runs the loop until `over`; false when that took too long. */
static bool run_until(struct asker *asker, bool (*over)(const struct asker *), uint64_t most_ms)
{
    const struct kp_loop_hooks hooks = {.context = asker, .tick = check_over};
    asker->over = over;
    asker->until = kp_loop_now() + most_ms;
    kp_loop_run(asker->loop, &hooks);
    return over(asker);
}

static bool all_ended(const struct asker *asker)
{
    return asker->open == 0;
}

static bool has_ten_answers(const struct asker *asker)
{
    return asker->answered == 10;
}

static bool never(const struct asker *asker)
{
    (void)asker;
    return false;
}

static void wait_for(atomic_uint *counter, unsigned least)
{
    for (int i = 0; i < 1000 && atomic_load(counter) < least; i++) {
        usleep(10000);
    }
    CU_ASSERT(atomic_load(counter) >= least);
}

/* A parked request must not hold up others of the same client, in either direction. */
static void park_and_put(const char *url, const struct kp_tls_files *of_server,
                         const struct kp_tls_files *ours)
{
    struct fixture fixture;
    struct asker asker;
    fixture_start(&fixture, url, of_server);
    asker_start(&asker, fixture.url, ours);
    CU_ASSERT_EQUAL(ask(&asker, "park", 20000), KP_OK);
    CU_ASSERT_EQUAL(ask(&asker, "park", 20000), KP_OK);
    for (int i = 0; i < 10; i++) {
        CU_ASSERT_EQUAL(ask(&asker, "echo", 20000), KP_OK);
    }
    CU_ASSERT(run_until(&asker, has_ten_answers, 10000));
    CU_ASSERT_EQUAL(asker.late, 0);
    wait_for(&fixture.parked_count, 2);
    CU_ASSERT_EQUAL(ask(&asker, "release", 20000), KP_OK);
    CU_ASSERT(run_until(&asker, all_ended, 10000));
    CU_ASSERT_EQUAL(asker.late, 2);
    CU_ASSERT_EQUAL(asker.answered, 11);
    asker_stop(&asker);
    fixture_stop(&fixture);
}

static void test_park(void)
{
    park_and_put(NULL, &server, &client);
    park_and_put(ipc_url, NULL, NULL);
    park_and_put("inproc://park", NULL, NULL);
}

/* Many clients, all parked: none waits for another. */
static void test_many_parked(void)
{
    struct fixture fixture;
    struct asker askers[12];
    fixture_start(&fixture, "inproc://many", NULL);
    for (size_t i = 0; i < 12; i++) {
        asker_start(&askers[i], fixture.url, NULL);
        for (unsigned j = 0; j < KP_LINK_ASKS_MAX; j++) {
            CU_ASSERT_EQUAL(ask(&askers[i], "park", 20000), KP_OK);
        }
        CU_ASSERT_EQUAL(ask(&askers[i], "one too many", 20000), KP_RETRY);
    }
    wait_for(&fixture.parked_count, 12 * KP_LINK_ASKS_MAX);
    CU_ASSERT(fixture_answers(&fixture, NULL));
    struct kp_error error = {0};
    struct kp_client *caller = fixture_client(&fixture, NULL);
    CU_ASSERT_EQUAL(fixture_call(caller, "release", &error), KP_OK);
    kp_client_close(caller);
    for (size_t i = 0; i < 12; i++) {
        CU_ASSERT(run_until(&askers[i], all_ended, 10000));
        CU_ASSERT_EQUAL(askers[i].late, KP_LINK_ASKS_MAX);
        asker_stop(&askers[i]);
    }
    fixture_stop(&fixture);
}

static void test_two_clients(void)
{
    struct fixture fixture;
    struct asker one, two;
    fixture_start(&fixture, NULL, &server);
    asker_start(&one, fixture.url, &client);
    asker_start(&two, fixture.url, &other_client);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(ask(&one, "echo one", 10000), KP_OK);
        CU_ASSERT_EQUAL(ask(&two, "echo two", 10000), KP_OK);
    }
    CU_ASSERT(run_until(&one, all_ended, 10000));
    CU_ASSERT(run_until(&two, all_ended, 10000));
    CU_ASSERT_EQUAL(one.answered, 5);
    CU_ASSERT_EQUAL(two.answered, 5);
    asker_stop(&one);
    asker_stop(&two);
    fixture_stop(&fixture);
}

/* The server goes and comes back; what was asked meanwhile is answered. */
static void reconnect(const char *url, const struct kp_tls_files *of_server,
                      const struct kp_tls_files *ours)
{
    struct fixture fixture;
    struct asker asker;
    fixture_start(&fixture, url, of_server);
    asker_start(&asker, fixture.url, ours);
    CU_ASSERT_EQUAL(ask(&asker, "echo", 10000), KP_OK);
    CU_ASSERT_EQUAL(ask(&asker, "park", 30000), KP_OK); /* lost with the server, sent again */
    wait_for(&fixture.served, 2);
    fixture_stop(&fixture);
    CU_ASSERT_EQUAL(ask(&asker, "echo", 30000), KP_OK);
    CU_ASSERT(!run_until(&asker, never, 700));
    CU_ASSERT_EQUAL(asker.answered, 1);
    fixture_start_at(&fixture);
    wait_for(&fixture.parked_count, 1);
    CU_ASSERT_EQUAL(ask(&asker, "release", 10000), KP_OK);
    CU_ASSERT(run_until(&asker, all_ended, 20000));
    CU_ASSERT_EQUAL(asker.answered, 3);
    CU_ASSERT_EQUAL(asker.late, 1);
    CU_ASSERT_EQUAL(asker.failed, 0);
    asker_stop(&asker);
    fixture_stop(&fixture);
}

static void test_reconnect(void)
{
    reconnect(NULL, &server, &client);
    reconnect(ipc_url, NULL, NULL);
}

/* The server answers and ends at once, again and again: no connection may be left for dead. */
static void test_answer_and_end(void)
{
    struct fixture fixture;
    struct asker asker;
    fixture_start(&fixture, NULL, &server);
    asker_start(&asker, fixture.url, &client);
    for (unsigned i = 0; i < 30 && asker.open == 0; i++) {
        atomic_store(&fixture.armed, true);
        CU_ASSERT_EQUAL(ask(&asker, "xit", 30000), KP_OK);
        pthread_join(fixture.thread, NULL);
        fixture_start_at(&fixture);
        CU_ASSERT_EQUAL(ask(&asker, "echo", 30000), KP_OK);
        CU_ASSERT(run_until(&asker, all_ended, 30000));
        CU_ASSERT_EQUAL(asker.answered, 2 * (i + 1));
    }
    asker_stop(&asker);
    fixture_stop(&fixture);
}

static void test_timeout(void)
{
    struct fixture fixture;
    struct asker asker;
    struct kp_error error = {0};
    struct kp_buffer response = {0};
    fixture_start(&fixture, NULL, &server);
    asker_start(&asker, fixture.url, &client);
    CU_ASSERT_EQUAL(ask(&asker, "drop", 300), KP_OK);
    CU_ASSERT(run_until(&asker, all_ended, 5000));
    CU_ASSERT_EQUAL(asker.failed, 1);
    CU_ASSERT_EQUAL(ask(&asker, "echo", 10000), KP_OK);
    CU_ASSERT(run_until(&asker, all_ended, 10000));
    CU_ASSERT_EQUAL(asker.answered, 1);
    CU_ASSERT_EQUAL(
        kp_client_call(asker.client, (const uint8_t *)"drop", 4, 300, &response, &error), KP_RETRY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "did not answer within 300 ms"));
    asker_stop(&asker);
    fixture_stop(&fixture);
}

/* Closing with requests in flight, on either side first. */
static void test_closing(void)
{
    for (int first = 0; first < 2; first++) {
        for (int round = 0; round < 10; round++) {
            struct fixture fixture;
            struct asker asker;
            fixture_start(&fixture, round % 2 == 0 ? NULL : ipc_url,
                          round % 2 == 0 ? &server : NULL);
            asker_start(&asker, fixture.url, round % 2 == 0 ? &client : NULL);
            for (int i = 0; i < 8; i++) {
                CU_ASSERT_EQUAL(ask(&asker, i % 2 == 0 ? "park" : "echo", 20000), KP_OK);
            }
            usleep((useconds_t)(round * 3000));
            if (first == 0) {
                asker_stop(&asker);
                CU_ASSERT(asker.cancelled >= 4);
                fixture_stop(&fixture);
            } else {
                fixture_stop(&fixture);
                asker_stop(&asker);
            }
        }
    }
}

/* The same with large messages moving in both directions, on one connection after another. */
static void test_closing_large(void)
{
    struct kp_error error = {0};
    struct kp_buffer large = {0};
    CU_ASSERT_FATAL(kp_buffer_extend(&large, 1u << 20) != NULL);
    large.data[0] = 'e';
    for (int round = 0; round < 40; round++) {
        struct fixture fixture;
        struct asker asker;
        bool tls = round % 4 != 0;
        fixture_start(&fixture, tls ? NULL : ipc_url, tls ? &server : NULL);
        asker_start(&asker, fixture.url, tls ? &client : NULL);
        for (int i = 0; i < 6; i++) {
            CU_ASSERT_EQUAL(
                kp_client_ask(asker.client, large.data, large.size, 20000, on_done, &asker, &error),
                KP_OK);
            asker.open++;
        }
        usleep((useconds_t)(round * 1000));
        if (round % 2 == 0) {
            asker_stop(&asker);
            fixture_stop(&fixture);
        } else {
            fixture_stop(&fixture);
            asker_stop(&asker);
        }
    }
    kp_buffer_free(&large);
}

/* `done` may close the client. */
static void close_client(void *context, enum kp_status status, const uint8_t *response, size_t size,
                         bool cancelled)
{
    struct asker *asker = context;
    (void)response;
    (void)size;
    if (!cancelled) {
        CU_ASSERT_EQUAL(status, KP_OK);
        struct kp_client *closed = asker->client;
        asker->client = NULL;
        kp_client_close(closed);
        kp_loop_stop(asker->loop);
    }
    asker->open--;
}

static void test_close_from_done(void)
{
    struct fixture fixture;
    struct asker asker;
    struct kp_error error = {0};
    fixture_start(&fixture, "inproc://close", NULL);
    asker_start(&asker, fixture.url, NULL);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(kp_client_ask(asker.client, (const uint8_t *)"echo", 4, 10000, close_client,
                                      &asker, &error),
                        KP_OK);
        asker.open++;
    }
    CU_ASSERT(run_until(&asker, all_ended, 10000));
    asker_stop(&asker);
    fixture_stop(&fixture);
}

static bool admit_client(void *context, const struct kp_peer *peer)
{
    (void)context;
    uint8_t wanted[32];
    struct kp_error error;
    return kp_tls_fingerprint(wanted, client.certificate, &error) == KP_OK &&
           memcmp(peer->certificate, wanted, sizeof(wanted)) == 0;
}

static void test_admit(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    fixture_start(&fixture, NULL, &server);
    fixture.admit = admit_client;
    struct kp_client *admitted = fixture_client(&fixture, &client);
    CU_ASSERT_EQUAL(fixture_call(admitted, "echo", &error), KP_OK);

    struct kp_client *refused = fixture_client(&fixture, &other_client);
    uint64_t began = kp_loop_now();
    CU_ASSERT_EQUAL(fixture_call(refused, "echo", &error), KP_RETRY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "doesn't admit us"));
    CU_ASSERT(kp_loop_now() - began < FIXTURE_PATIENCE_MS);
    CU_ASSERT_EQUAL(fixture_call(admitted, "echo", &error), KP_OK);
    CU_ASSERT_EQUAL(atomic_load(&fixture.served), 2);
    kp_client_close(refused);
    kp_client_close(admitted);
    fixture_stop(&fixture);
}

/* A peer that speaks NNG's protocol over TLS by itself, so that it can break it. */

struct raw {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

static void raw_open(struct raw *raw, const struct fixture *fixture,
                     const struct kp_tls_files *files)
{
    static const uint8_t ours[8] = {0, 'S', 'P', 0, 0, 0x30, 0, 0}; /* REQ */
    uint8_t theirs[8];
    const struct timeval patience = {.tv_sec = 10};
    raw->context = SSL_CTX_new(TLS_client_method());
    CU_ASSERT_FATAL(SSL_CTX_use_certificate_chain_file(raw->context, files->certificate) == 1 &&
                    SSL_CTX_use_PrivateKey_file(raw->context, files->key, SSL_FILETYPE_PEM) == 1);
    raw->fd = fixture_connect(fixture);
    setsockopt(raw->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    raw->ssl = SSL_new(raw->context);
    SSL_set_fd(raw->ssl, raw->fd);
    CU_ASSERT_EQUAL_FATAL(SSL_connect(raw->ssl), 1);
    CU_ASSERT_EQUAL(SSL_write(raw->ssl, ours, sizeof(ours)), (int)sizeof(ours));
    CU_ASSERT_EQUAL(SSL_read(raw->ssl, theirs, sizeof(theirs)), (int)sizeof(theirs));
    CU_ASSERT(memcmp(theirs, "\0SP\0\0\x31\0\0", 8) == 0); /* REP */
}

/* size: what the head says; the body is as many zeros as fit. */
static void raw_send(struct raw *raw, uint64_t size, uint32_t id)
{
    uint8_t message[64] = {0};
    for (int i = 0; i < 8; i++) {
        message[i] = (uint8_t)(size >> (56 - 8 * i));
    }
    for (int i = 0; i < 4; i++) {
        message[8 + i] = (uint8_t)(id >> (24 - 8 * i));
    }
    message[12] = 'p';
    size_t length = size < 56 ? (size_t)size + 8 : sizeof(message);
    (void)SSL_write(raw->ssl, message, (int)length);
}

/* Whether the server has closed the connection. */
static bool raw_ended(struct raw *raw)
{
    uint8_t byte;
    int result = SSL_read(raw->ssl, &byte, 1);
    return result <= 0 && SSL_get_error(raw->ssl, result) != SSL_ERROR_WANT_READ;
}

static void raw_close(struct raw *raw)
{
    SSL_free(raw->ssl);
    SSL_CTX_free(raw->context);
    close(raw->fd);
}

static void test_too_long(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct raw raw;
    signal(SIGPIPE, SIG_IGN);
    fixture_start(&fixture, NULL, &server);
    struct kp_client *good = fixture_client(&fixture, &client);
    CU_ASSERT_EQUAL(fixture_call(good, "echo", &error), KP_OK);

    const uint64_t sizes[] = {(uint64_t)KP_WIRE_REQUEST_MAX + 5, 1ull << 33, UINT64_MAX, 3, 0};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        raw_open(&raw, &fixture, &other_client);
        raw_send(&raw, sizes[i], 0x80000001);
        CU_ASSERT(raw_ended(&raw));
        raw_close(&raw);
        CU_ASSERT_EQUAL(fixture_call(good, "echo", &error), KP_OK);
    }
    CU_ASSERT_EQUAL(atomic_load(&fixture.served), 1 + sizeof(sizes) / sizeof(sizes[0]));
    kp_client_close(good);
    fixture_stop(&fixture);
}

/* Peers that ask for much and go away while they get it. */
static void test_vanishing(void)
{
    struct fixture fixture;
    struct raw raw;
    fixture_start(&fixture, NULL, &server);
    for (int round = 0; round < 60; round++) {
        uint8_t wish[8 + 4 + 5] = {[7] = 9, [8] = 0x80, [12] = 'n'};
        uint8_t bytes[4096];
        const uint32_t wanted = 1u << 20;
        memcpy(wish + 13, &wanted, sizeof(wanted));
        raw_open(&raw, &fixture, &other_client);
        for (uint8_t i = 0; i < 3; i++) {
            wish[11] = i;
            CU_ASSERT_EQUAL(SSL_write(raw.ssl, wish, sizeof(wish)), (int)sizeof(wish));
        }
        for (int i = 0; i < round; i++) {
            CU_ASSERT(SSL_read(raw.ssl, bytes, sizeof(bytes)) > 0);
        }
        raw_close(&raw);
    }
    CU_ASSERT(fixture_answers(&fixture, &client));
    fixture_stop(&fixture); /* would hang if one of them were not taken apart */
}

/* More requests than one peer may leave open, and more connections. */
static void test_greedy(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct raw raws[KP_LINK_CONNECTIONS_PEER_MAX + 1];
    fixture_start(&fixture, NULL, &server);
    struct kp_client *good = fixture_client(&fixture, &client);
    raw_open(&raws[0], &fixture, &other_client);
    for (uint32_t i = 0; i < 3 * KP_LINK_PENDING_PEER_MAX; i++) {
        raw_send(&raws[0], 5, 0x80000001 + i);
    }
    wait_for(&fixture.parked_count, KP_LINK_PENDING_PEER_MAX);
    CU_ASSERT_EQUAL(fixture_call(good, "echo", &error), KP_OK);
    usleep(200000);
    CU_ASSERT_EQUAL(atomic_load(&fixture.served), KP_LINK_PENDING_PEER_MAX + 1);

    for (size_t i = 1; i < sizeof(raws) / sizeof(raws[0]); i++) {
        raw_open(&raws[i], &fixture, &other_client);
    }
    CU_ASSERT(raw_ended(&raws[0])); /* the oldest */
    CU_ASSERT_EQUAL(fixture_call(good, "echo", &error), KP_OK);
    for (size_t i = 0; i < sizeof(raws) / sizeof(raws[0]); i++) {
        raw_close(&raws[i]);
    }
    kp_client_close(good);
    fixture_stop(&fixture);
}

/* NNG without TLS, at the TLS port. */
static void test_plain(void)
{
    struct fixture fixture;
    char url[64];
    nng_socket plain;
    fixture_start(&fixture, NULL, &server);
    snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", fixture.port);
    CU_ASSERT_EQUAL_FATAL(nng_req0_open(&plain), 0);
    nng_socket_set_ms(plain, NNG_OPT_SENDTIMEO, 500);
    nng_socket_set_ms(plain, NNG_OPT_RECVTIMEO, 500);
    nng_dial(plain, url, NULL, NNG_FLAG_NONBLOCK);
    char bytes[] = "echo";
    CU_ASSERT_EQUAL(nng_send(plain, bytes, sizeof(bytes), 0), NNG_ETIMEDOUT);
    CU_ASSERT(fixture_answers(&fixture, &client));
    nng_close(plain);
    CU_ASSERT_EQUAL(atomic_load(&fixture.served), 1);
    fixture_stop(&fixture);
}

/* Sizes. */

static void large(const char *url, const struct kp_tls_files *of_server,
                  const struct kp_tls_files *ours)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct kp_buffer request = {0}, response = {0};
    fixture_start(&fixture, url, of_server);
    struct kp_client *asker = fixture_client(&fixture, ours);
    const size_t sizes[] = {0, 1, 16383, 16384, 16385, 3u << 20, KP_WIRE_REQUEST_MAX};
    CU_ASSERT_FATAL(kp_buffer_extend(&request, KP_WIRE_REQUEST_MAX + 1) != NULL);
    for (size_t i = 0; i < request.size; i++) {
        request.data[i] = (uint8_t)(i * 7 + (i >> 12));
    }
    request.data[0] = 'e';
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        CU_ASSERT_EQUAL(kp_client_call(asker, request.data, sizes[i], 20000, &response, &error),
                        KP_OK);
        CU_ASSERT(response.size == sizes[i] &&
                  (sizes[i] == 0 || memcmp(response.data, request.data, sizes[i]) == 0));
    }
    CU_ASSERT_EQUAL(kp_client_call(asker, request.data, request.size, 5000, &response, &error),
                    KP_USAGE);
    /* An answer that is too long is not sent. */
    uint8_t wish[5] = {'n'};
    const uint32_t wanted = KP_WIRE_REQUEST_MAX + 1;
    memcpy(wish + 1, &wanted, sizeof(wanted));
    CU_ASSERT_EQUAL(kp_client_call(asker, wish, sizeof(wish), 300, &response, &error), KP_RETRY);
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_OK);
    kp_buffer_free(&request);
    kp_buffer_free(&response);
    kp_client_close(asker);
    fixture_stop(&fixture);
}

static void test_large(void)
{
    large(NULL, &server, &client);
    large(ipc_url, NULL, NULL);
    large("inproc://large", NULL, NULL);
}

static void fast(const char *name, const char *url, const struct kp_tls_files *of_server,
                 const struct kp_tls_files *ours)
{
    struct fixture fixture;
    struct kp_error error = {0};
    fixture_start(&fixture, url, of_server);
    struct kp_client *asker = fixture_client(&fixture, ours);
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_OK);
    uint64_t began = kp_loop_now();
    for (int i = 0; i < 2000; i++) {
        CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_OK);
    }
    printf("\n  %s: 2000 calls in %lu ms ", name, (unsigned long)(kp_loop_now() - began));
    kp_client_close(asker);
    fixture_stop(&fixture);
}

static void test_fast(void)
{
    fast("TLS", NULL, &server, &client);
    fast("ipc", ipc_url, NULL, NULL);
    fast("inproc", "inproc://fast", NULL, NULL);
}

/* Control sockets. */

static void connect_and_close(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", ipc_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)connect(fd, (struct sockaddr *)&address, sizeof(address));
    close(fd);
}

static void test_control_socket(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct stat info;
    struct kp_server *second = NULL;
    const struct kp_server_handler handler = {.serve = fixture_serve};
    fixture_start(&fixture, ipc_url, NULL);
    CU_ASSERT(stat(ipc_path, &info) == 0 && (info.st_mode & 07777) == 0600);
    CU_ASSERT(fixture_answers(&fixture, NULL));
    CU_ASSERT(fixture.peer.local);
    CU_ASSERT_EQUAL(fixture.peer.uid, geteuid());

    CU_ASSERT_EQUAL(kp_server_open(&second, fixture.loop, ipc_url, NULL, &handler, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "another process listens there already"));
    CU_ASSERT(fixture_answers(&fixture, NULL));
    for (int i = 0; i < 100; i++) {
        connect_and_close();
    }
    CU_ASSERT(fixture_answers(&fixture, NULL));
    fixture_stop(&fixture);
    CU_ASSERT(access(ipc_path, F_OK) != 0);

    /* What a killed daemon leaves. */
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", ipc_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    close(fd);
    CU_ASSERT(access(ipc_path, F_OK) == 0);
    fixture_start(&fixture, ipc_url, NULL);
    CU_ASSERT(fixture_answers(&fixture, NULL));
    fixture_stop(&fixture);
}

static void test_bad_paths(void)
{
    struct kp_error error = {0};
    struct kp_loop *loop = NULL;
    struct kp_server *opened = NULL;
    struct kp_client *asker = NULL;
    const struct kp_server_handler handler = {.serve = fixture_serve};
    char url[300];
    CU_ASSERT_FATAL(kp_loop_new(&loop, &error) == KP_OK);
    snprintf(url, sizeof(url), "ipc:///tmp/%0120d", 1);
    CU_ASSERT_EQUAL(kp_server_open(&opened, loop, url, NULL, &handler, &error), KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "the path is 125 bytes long"));
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, url, NULL, NULL, NULL, &error), KP_USAGE);
    CU_ASSERT_EQUAL(kp_server_open(&opened, loop, "ipc:///nowhere/at/all", NULL, &handler, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "its folder doesn't exist"));
    CU_ASSERT_EQUAL(kp_server_open(&opened, loop, "ipc://relative", NULL, &handler, &error),
                    KP_USAGE);

    snprintf(url, sizeof(url), "ipc://%s/file", pki_folder());
    fclose(pki_create(url + strlen("ipc://")));
    CU_ASSERT_EQUAL(kp_server_open(&opened, loop, url, NULL, &handler, &error), KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "something else than a socket"));
    CU_ASSERT(access(url + strlen("ipc://"), F_OK) == 0);
    kp_loop_free(loop);
}

/* Nobody there: a command hears it at once, and why. */

static void expect_nobody(const char *url, const struct kp_tls_files *tls, const char *text)
{
    struct kp_error error = {0};
    struct kp_client *asker = NULL;
    CU_ASSERT_EQUAL_FATAL(kp_client_open(&asker, NULL, url, tls, "localhost", NULL, &error), KP_OK);
    uint64_t began = kp_loop_now();
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_RETRY);
    CU_ASSERT(kp_loop_now() - began < FIXTURE_PATIENCE_MS);
    if (strstr(error.text, text) == NULL) {
        printf("\n  \"%s\" lacks \"%s\"\n", error.text, text);
        CU_FAIL("wrong text");
    }
    kp_client_close(asker);
}

static void test_nobody(void)
{
    char url[300];
    expect_nobody(ipc_url, NULL, "no such socket: the daemon is not running");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", ipc_path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CU_ASSERT_FATAL(bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    expect_nobody(ipc_url, NULL, "nobody listens: the daemon is not running");
    close(fd);
    unlink(ipc_path);
    snprintf(url, sizeof(url), "tls+tcp://127.0.0.1:%d", fixture_port());
    expect_nobody(url, &client, "Connection refused");
    expect_nobody("tls+tcp://no-such-host.invalid:4433", &client, "can't be resolved");
    expect_nobody("inproc://nobody", NULL, "nobody listens");
}

/* A command's second call, after the daemon was stopped and started. */
static void test_call_again(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    fixture_start(&fixture, ipc_url, NULL);
    struct kp_client *asker = fixture_client(&fixture, NULL);
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_OK);
    fixture_stop(&fixture);
    uint64_t began = kp_loop_now();
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_RETRY);
    CU_ASSERT(kp_loop_now() - began < FIXTURE_PATIENCE_MS);
    fixture_start_at(&fixture);
    enum kp_status status = KP_RETRY;
    for (int i = 0; i < 20 && status == KP_RETRY; i++) {
        status = fixture_call(asker, "echo", &error);
    }
    CU_ASSERT_EQUAL(status, KP_OK);
    kp_client_close(asker);
    fixture_stop(&fixture);
}

static void test_address_in_use(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct kp_server *second = NULL;
    const struct kp_server_handler handler = {.serve = fixture_serve};
    fixture_start(&fixture, NULL, &server);
    CU_ASSERT_EQUAL(kp_server_open(&second, fixture.loop, fixture.url, &server, &handler, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "another process listens there already"));
    CU_ASSERT_EQUAL(kp_server_open(&second, fixture.loop, "tls+tcp://192.0.2.1:4433", &server,
                                   &handler, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not an address of this machine"));
    fixture_stop(&fixture);
}

static const struct unit_test tests[] = {
    {"preparation", prepare},
    {"a parked request holds up no other", test_park},
    {"many clients, all parked", test_many_parked},
    {"two clients at once", test_two_clients},
    {"the server goes and comes back", test_reconnect},
    {"the server answers and ends", test_answer_and_end},
    {"no answer in time", test_timeout},
    {"closing with requests in flight", test_closing},
    {"closing with large messages in flight", test_closing_large},
    {"closing the client when it is answered", test_close_from_done},
    {"only who is admitted", test_admit},
    {"a message that is too long", test_too_long},
    {"peers that vanish while they are answered", test_vanishing},
    {"too many requests and connections", test_greedy},
    {"a client without TLS", test_plain},
    {"large messages", test_large},
    {"many small calls", test_fast},
    {"a control socket", test_control_socket},
    {"paths that can't be used", test_bad_paths},
    {"nobody there", test_nobody},
    {"a call after a restart", test_call_again},
    {"an address in use", test_address_in_use},
    {"cleaning up", clean},
};

UNIT_MAIN("link", tests)
