/* The engine that NNG calls for each TLS connection, always with that connection's lock held but
 * for `init`, `fini` and what `config` does.
 *
 * Made for NNG 1.5.2, whose TLS leaves two gaps that are filled here: a connection on which no
 * handshake comes is never given up (see the watch), and a refused client may not see why when the
 * server closes at once (see `refuse`). NNG's own engine, mbedTLS with TLS 1.2 at most, is not
 * linked: its start-up calls ours under that engine's name. */
#include "proto/tls_internal.h"

#include "proto/loop.h"

#include <nng/supplemental/tls/engine.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#define ENGINE_NAME "kruispunt-openssl"
#define WATCH_MS 2000
#define DRAIN_MOST 65536

/* NNG leaves room for these behind its own structs, and zeroes them. */
struct nng_tls_engine_config {
    struct kp_tls_setup *setup; /* NULL: one that NNG made for itself; connections fail */
};

struct nng_tls_engine_conn {
    void *stream; /* NNG's; it begins with a struct nng_stream */
    struct kp_tls_setup *setup;
    SSL *ssl;
    struct kp_tls_peer peer;
    bool established; /* the handshake was completed */
    int failure;      /* sticky NNG error, or 0 */
    bool refusing;    /* the handshake failed, the peer is given time to read why */
    size_t drained;

    /* For the watch. */
    atomic_bool settled; /* established: it needs no watching */
    atomic_int ended;    /* NNG error that the watch wants to end it with, or 0 */
    uint64_t started;
    nng_aio *poke; /* NULL: not watched */
    struct nng_tls_engine_conn *next;
    struct nng_tls_engine_conn **link;
};

static struct {
    pthread_mutex_t lock; /* never taken with a connection's lock held */
    struct nng_tls_engine_conn *first;
    nng_aio *timer;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static BIO_METHOD *bio_method;

/* Handed over by the functions at the end, on the same thread. */
static _Thread_local struct kp_tls_setup *setup_for_config;
static _Thread_local struct kp_tls_peer peer_seen;
static _Thread_local bool peer_was_seen;

/* What OpenSSL sends and receives goes through NNG. */

static int bio_write(BIO *bio, const char *bytes, int size)
{
    size_t sent = (size_t)size;
    BIO_clear_retry_flags(bio);
    int rv = nng_tls_engine_send(BIO_get_data(bio), (const uint8_t *)bytes, &sent);
    if (rv == NNG_EAGAIN) {
        BIO_set_retry_write(bio);
    }
    return rv == 0 ? (int)sent : -1;
}

static int bio_read(BIO *bio, char *bytes, int size)
{
    size_t got = (size_t)size;
    BIO_clear_retry_flags(bio);
    int rv = nng_tls_engine_recv(BIO_get_data(bio), (uint8_t *)bytes, &got);
    if (rv == NNG_EAGAIN) {
        BIO_set_retry_read(bio);
    }
    return rv == 0 ? (int)got : -1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *pointer)
{
    (void)bio;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

static bool make_bio_method(void)
{
    int type = BIO_get_new_index();
    bio_method = type > 0 ? BIO_meth_new(type | BIO_TYPE_SOURCE_SINK, "NNG") : NULL;
    return bio_method != NULL && BIO_meth_set_write(bio_method, bio_write) == 1 &&
           BIO_meth_set_read(bio_method, bio_read) == 1 &&
           BIO_meth_set_ctrl(bio_method, bio_ctrl) == 1;
}

/* The watch ends connections whose handshake takes too long, by sending on them with an operation
 * of its own: NNG then asks the engine, first for its own operation that waits for the handshake,
 * and that gets the engine's error. (Closing the connection would end it with NNG_ECLOSED, which
 * makes NNG's listener stop accepting.) */

static int end_now(const struct nng_tls_engine_conn *conn)
{
    return atomic_load(&conn->ended);
}

static void end_soon(struct nng_tls_engine_conn *conn)
{
    uint8_t byte = 0;
    const nng_iov iov = {.iov_buf = &byte, .iov_len = 1};
    atomic_store(&conn->ended, NNG_ETIMEDOUT);
    if (nng_aio_set_iov(conn->poke, 1, &iov) == 0) {
        nng_stream_send(conn->stream, conn->poke);
        nng_aio_wait(conn->poke); /* over already, because the engine answers with the error */
    }
}

static void watch_all(void *unused)
{
    (void)unused;
    if (nng_aio_result(watch.timer) != 0) {
        return;
    }
    uint64_t now = kp_loop_now();
    pthread_mutex_lock(&watch.lock);
    for (struct nng_tls_engine_conn *conn = watch.first; conn != NULL; conn = conn->next) {
        if (!atomic_load(&conn->settled) && end_now(conn) == 0 &&
            now - conn->started >= KP_LINK_HANDSHAKE_MS) {
            end_soon(conn);
        }
    }
    pthread_mutex_unlock(&watch.lock);
    nng_sleep_aio(WATCH_MS, watch.timer);
}

static int watch_add(struct nng_tls_engine_conn *conn)
{
    int rv = nng_aio_alloc(&conn->poke, NULL, NULL);
    if (rv != 0) {
        return rv;
    }
    conn->started = kp_loop_now();
    pthread_mutex_lock(&watch.lock);
    conn->next = watch.first;
    if (conn->next != NULL) {
        conn->next->link = &conn->next;
    }
    watch.first = conn;
    conn->link = &watch.first;
    pthread_mutex_unlock(&watch.lock);
    return 0;
}

static void watch_remove(struct nng_tls_engine_conn *conn)
{
    if (conn->poke == NULL) {
        return; /* never added */
    }
    pthread_mutex_lock(&watch.lock);
    *conn->link = conn->next;
    if (conn->next != NULL) {
        conn->next->link = conn->link;
    }
    pthread_mutex_unlock(&watch.lock);
    nng_aio_free(conn->poke);
}

/* Connections. */

static int conn_init(struct nng_tls_engine_conn *conn, void *stream,
                     struct nng_tls_engine_config *config)
{
    if (config->setup == NULL) {
        return NNG_ECRYPTO;
    }
    conn->stream = stream;
    conn->setup = config->setup; /* NNG holds config as long as the connection */
    conn->ssl = kp_tls_connection(conn->setup);
    BIO *bio = conn->ssl != NULL ? BIO_new(bio_method) : NULL;
    if (bio == NULL) {
        ERR_clear_error();
        return NNG_ENOMEM;
    }
    BIO_set_data(bio, stream);
    BIO_set_init(bio, 1);
    SSL_set_bio(conn->ssl, bio, bio);
    return watch_add(conn);
}

/* Also of a connection that never got as far as conn_init. */
static void conn_fini(struct nng_tls_engine_conn *conn)
{
    watch_remove(conn);
    SSL_free(conn->ssl);
    conn->ssl = NULL;
}

static int fail(struct nng_tls_engine_conn *conn, int result)
{
    char why[KP_ERROR_TEXT];
    kp_tls_explain(conn->ssl, result, why);
    kp_tls_setup_note(conn->setup, why);
    conn->failure = NNG_EPEERAUTH;
    return conn->failure;
}

/* The alert is sent, but to close now, with bytes of the peer's unread, would reset the connection
 * and the peer might never read it. So a server lets the peer close; the watch ends it if not. */
static int refuse(struct nng_tls_engine_conn *conn)
{
    uint8_t scratch[1024];
    for (;;) {
        size_t got = sizeof(scratch);
        int rv = nng_tls_engine_recv(conn->stream, scratch, &got);
        if (rv != 0) {
            return rv == NNG_EAGAIN ? NNG_EAGAIN : conn->failure;
        }
        conn->drained += got;
        if (conn->drained > DRAIN_MOST) {
            conn->refusing = false;
            return conn->failure;
        }
    }
}

static bool learn_peer(struct nng_tls_engine_conn *conn)
{
    const X509 *certificate = SSL_get0_peer_certificate(conn->ssl);
    if (certificate == NULL || SSL_get_verify_result(conn->ssl) != X509_V_OK ||
        SSL_version(conn->ssl) != TLS1_3_VERSION || SSL_session_reused(conn->ssl) != 0 ||
        !kp_tls_certificate_fingerprint(conn->peer.certificate, certificate)) {
        return false;
    }
    snprintf(conn->peer.version, sizeof(conn->peer.version), "%s", SSL_get_version(conn->ssl));
    snprintf(conn->peer.suite, sizeof(conn->peer.suite), "%s", SSL_get_cipher_name(conn->ssl));
    return true;
}

/* 0: established; NNG_EAGAIN: not yet. */
static int conn_handshake(struct nng_tls_engine_conn *conn)
{
    if (end_now(conn) != 0) {
        return end_now(conn);
    }
    if (conn->refusing) {
        return refuse(conn);
    }
    if (conn->failure != 0) {
        return conn->failure;
    }
    if (conn->established) {
        return 0;
    }
    ERR_clear_error();
    int result = SSL_do_handshake(conn->ssl);
    if (result == 1) {
        if (!learn_peer(conn)) {
            kp_tls_setup_note(conn->setup, "its certificate was not verified");
            conn->failure = NNG_EPEERAUTH;
            return conn->failure;
        }
        conn->established = true;
        atomic_store(&conn->settled, true);
        return 0;
    }
    int kind = SSL_get_error(conn->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
        return NNG_EAGAIN;
    }
    (void)fail(conn, result);
    conn->refusing = conn->setup->server;
    return conn->refusing ? refuse(conn) : conn->failure;
}

/* What comes of a read or a write: 0, NNG_EAGAIN, or the failure of the connection. */
static int conn_result(struct nng_tls_engine_conn *conn, int result)
{
    if (result > 0) {
        return 0;
    }
    switch (SSL_get_error(conn->ssl, result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return NNG_EAGAIN;
    case SSL_ERROR_ZERO_RETURN:
        conn->failure = NNG_ECONNSHUT;
        return conn->failure;
    default:
        return fail(conn, result);
    }
}

static int conn_recv(struct nng_tls_engine_conn *conn, uint8_t *bytes, size_t *size)
{
    int rv = conn_handshake(conn);
    if (rv == 0) {
        ERR_clear_error();
        rv = conn_result(conn, SSL_read_ex(conn->ssl, bytes, *size, size));
    }
    return rv;
}

static int conn_send(struct nng_tls_engine_conn *conn, const uint8_t *bytes, size_t *size)
{
    int rv = conn_handshake(conn);
    if (rv == 0) {
        ERR_clear_error();
        rv = conn_result(conn, SSL_write_ex(conn->ssl, bytes, *size, size));
    }
    return rv;
}

static void conn_close(struct nng_tls_engine_conn *conn)
{
    if (conn->established && conn->failure == 0) {
        (void)SSL_shutdown(conn->ssl); /* tells the peer; nobody waits for its answer */
        ERR_clear_error();
    }
    conn->refusing = false;
    conn->failure = NNG_ECONNSHUT;
}

static bool conn_verified(struct nng_tls_engine_conn *conn)
{
    peer_seen = conn->peer;
    peer_was_seen = conn->established;
    return conn->established;
}

/* Configurations. Everything is in the setup; what NNG wants to add is not needed. */

static int config_init(struct nng_tls_engine_config *config, nng_tls_mode mode)
{
    config->setup = setup_for_config;
    if (config->setup == NULL) {
        return 0; /* NNG makes one for each endpoint, before it is given ours */
    }
    if (config->setup->server != (mode == NNG_TLS_MODE_SERVER)) {
        return NNG_EINVAL;
    }
    kp_tls_setup_hold(config->setup);
    return 0;
}

static void config_fini(struct nng_tls_engine_config *config)
{
    kp_tls_setup_free(config->setup);
    config->setup = NULL;
}

static int config_server(struct nng_tls_engine_config *config, const char *name)
{
    (void)config;
    (void)name;
    return 0; /* NNG gives the URL's host; the setup has the right name */
}

static int config_auth(struct nng_tls_engine_config *config, nng_tls_auth_mode mode)
{
    (void)config;
    (void)mode;
    return 0; /* NNG asks for less by default; both sides are always verified */
}

static int config_ca_chain(struct nng_tls_engine_config *config, const char *chain,
                           const char *revoked)
{
    (void)config;
    (void)chain;
    (void)revoked;
    return NNG_ENOTSUP;
}

static int config_own_cert(struct nng_tls_engine_config *config, const char *certificate,
                           const char *key, const char *passphrase)
{
    (void)config;
    (void)certificate;
    (void)key;
    (void)passphrase;
    return NNG_ENOTSUP;
}

static int config_version(struct nng_tls_engine_config *config, nng_tls_version least,
                          nng_tls_version most)
{
    (void)config;
    return least <= NNG_TLS_1_3 && most >= NNG_TLS_1_3 ? 0 : NNG_ENOTSUP;
}

static nng_tls_engine_config_ops config_ops = {
    .size = sizeof(struct nng_tls_engine_config),
    .init = config_init,
    .fini = config_fini,
    .server = config_server,
    .auth = config_auth,
    .ca_chain = config_ca_chain,
    .own_cert = config_own_cert,
    .version = config_version,
};

static nng_tls_engine_conn_ops conn_ops = {
    .size = sizeof(struct nng_tls_engine_conn),
    .init = conn_init,
    .fini = conn_fini,
    .close = conn_close,
    .handshake = conn_handshake,
    .recv = conn_recv,
    .send = conn_send,
    .verified = conn_verified,
};

/* What NNG calls when it starts and ends, in place of its mbedTLS engine's functions. */
int nng_tls_engine_init_mbed(void);
void nng_tls_engine_fini_mbed(void);

static const nng_tls_engine engine = {
    .version = NNG_TLS_ENGINE_VERSION,
    .config_ops = &config_ops,
    .conn_ops = &conn_ops,
    .name = ENGINE_NAME,
    .description = OPENSSL_VERSION_TEXT,
    .fips_mode = false,
};

int nng_tls_engine_init_mbed(void)
{
    return nng_tls_engine_register(&engine);
}

void nng_tls_engine_fini_mbed(void)
{
}

int kp_tls_config_new(nng_tls_config **config, struct kp_tls_setup *setup)
{
    setup_for_config = setup;
    int rv =
        nng_tls_config_alloc(config, setup->server ? NNG_TLS_MODE_SERVER : NNG_TLS_MODE_CLIENT);
    setup_for_config = NULL;
    return rv;
}

bool kp_tls_pipe_peer(nng_pipe pipe, struct kp_tls_peer *peer)
{
    bool verified = false;
    peer_was_seen = false;
    if (nng_pipe_get_bool(pipe, NNG_OPT_TLS_VERIFIED, &verified) != 0 || !verified ||
        !peer_was_seen) {
        return false;
    }
    *peer = peer_seen;
    return true;
}

/* Start. */

static enum kp_status start(struct kp_error *error)
{
    /* NNG's threads may still be using OpenSSL when the process exits. */
    if (OPENSSL_init_ssl(OPENSSL_INIT_NO_ATEXIT, NULL) != 1 || !make_bio_method()) {
        return kp_fail(error, KP_FAILED, "can't start OpenSSL");
    }
    if (strcmp(nng_tls_engine_name(), ENGINE_NAME) != 0) { /* starts NNG up */
        return kp_fail(error, KP_FAILED, "NNG doesn't take the TLS 1.3 engine but has \"%s\"",
                       nng_tls_engine_name());
    }
    int rv = nng_aio_alloc(&watch.timer, watch_all, NULL);
    if (rv != 0) {
        return kp_fail(error, KP_FAILED, "can't watch TLS connections: %s", nng_strerror(rv));
    }
    nng_sleep_aio(WATCH_MS, watch.timer);
    return KP_OK;
}

enum kp_status kp_tls_start(struct kp_error *error)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static bool started;
    pthread_mutex_lock(&lock);
    enum kp_status status = started ? KP_OK : start(error);
    started = started || status == KP_OK;
    pthread_mutex_unlock(&lock);
    return status;
}
