#include "proto/tls_internal.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SUITES "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"

/* What a server's or a client's connections have in common. */

/* Never ask a terminal. */
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)context;
    return -1;
}

static enum kp_status use_authorities(SSL_CTX *context, const char *path, struct kp_error *error)
{
    struct kp_buffer content = {0};
    BIO *bio = kp_tls_open_pem(path, false, &content, error);
    if (bio == NULL) {
        return error->status;
    }
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    size_t count = 0;
    bool added = true;
    for (X509 *authority; added && (authority = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;
         count++) {
        added = X509_STORE_add_cert(store, authority) == 1 &&
                SSL_CTX_add_client_CA(context, authority) == 1;
        X509_free(authority);
    }
    ERR_clear_error(); /* the end of the file is an error to PEM_read_bio_X509 */
    BIO_free(bio);
    kp_buffer_free(&content);
    if (!added) {
        return kp_fail(error, KP_FAILED, "%s: its certificates can't be used", path);
    }
    if (count == 0) {
        return kp_fail(error, KP_USAGE, "%s: no certificate in it (PEM)", path);
    }
    return KP_OK;
}

static enum kp_status use_certificate(SSL_CTX *context, const char *path, struct kp_error *error)
{
    struct kp_buffer content = {0};
    BIO *bio = kp_tls_open_pem(path, false, &content, error);
    if (bio == NULL) {
        return error->status;
    }
    X509 *own = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    bool used = own != NULL && SSL_CTX_use_certificate(context, own) == 1;
    X509_free(own);
    for (X509 *next; used && (next = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL;) {
        used = SSL_CTX_add1_chain_cert(context, next) == 1;
        X509_free(next);
    }
    ERR_clear_error();
    BIO_free(bio);
    kp_buffer_free(&content);
    return used ? KP_OK : kp_fail(error, KP_USAGE, "%s: not a certificate that can be used", path);
}

static enum kp_status use_key(SSL_CTX *context, const char *path, const char *certificate_path,
                              struct kp_error *error)
{
    struct kp_buffer content = {0};
    BIO *bio = kp_tls_open_pem(path, true, &content, error);
    if (bio == NULL) {
        kp_buffer_free(&content);
        return error->status;
    }
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
    enum kp_status status = KP_OK;
    if (key == NULL) {
        status =
            kp_fail(error, KP_USAGE, "%s: no private key in it (PEM, without a passphrase)", path);
    } else if (SSL_CTX_use_PrivateKey(context, key) != 1 ||
               SSL_CTX_check_private_key(context) != 1) {
        status = kp_fail(error, KP_USAGE, "%s: not the key of the certificate in %s", path,
                         certificate_path);
    }
    ERR_clear_error();
    EVP_PKEY_free(key);
    BIO_free(bio);
    kp_buffer_free(&content);
    return status;
}

static struct kp_tls_setup *setup_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

/* After OpenSSL's own checks of each certificate: the key must be the one that is pinned. */
static int check_pin(int accepted, X509_STORE_CTX *checking)
{
    if (accepted != 1 || X509_STORE_CTX_get_error_depth(checking) != 0) {
        return accepted;
    }
    const SSL *ssl = X509_STORE_CTX_get_ex_data(checking, SSL_get_ex_data_X509_STORE_CTX_idx());
    const struct kp_tls_setup *setup = setup_of(ssl);
    if (!setup->pinned) {
        return 1;
    }
    uint8_t fingerprint[KP_TLS_FINGERPRINT];
    if (kp_tls_certificate_fingerprint(fingerprint, X509_STORE_CTX_get_current_cert(checking)) &&
        memcmp(fingerprint, setup->pin, sizeof(fingerprint)) == 0) {
        return 1;
    }
    X509_STORE_CTX_set_error(checking, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

static bool set_rules(SSL_CTX *context)
{
    static const unsigned char id[] = "kruispunt";
    static char groups[] = "X25519:P-256:P-384"; /* not const only for OpenSSL's macro */
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_CLEANSE_PLAINTEXT);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_security_level(context, 2);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, check_pin);
    SSL_CTX_set_verify_depth(context, 8);
    /* Whatever stands in the CA file counts, an intermediate authority too. */
    return X509_STORE_set_flags(SSL_CTX_get_cert_store(context), X509_V_FLAG_PARTIAL_CHAIN) == 1 &&
           SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
           SSL_CTX_set_num_tickets(context, 0) == 1 &&
           SSL_CTX_set_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_recv_max_early_data(context, 0) == 1 &&
           SSL_CTX_set_session_id_context(context, id, sizeof(id) - 1) == 1 &&
           SSL_CTX_set_ciphersuites(context, SUITES) == 1 &&
           SSL_CTX_set1_groups_list(context, groups) == 1;
}

static enum kp_status fill_setup(struct kp_tls_setup *setup, const struct kp_tls_files *files,
                                 const char *server_name, const uint8_t *server_certificate,
                                 struct kp_error *error)
{
    setup->server = server_name == NULL;
    setup->context = SSL_CTX_new(setup->server ? TLS_server_method() : TLS_client_method());
    setup->server_name = server_name != NULL ? strdup(server_name) : NULL;
    if (setup->context == NULL || (server_name != NULL && setup->server_name == NULL) ||
        !set_rules(setup->context)) {
        ERR_clear_error();
        return kp_fail(error, KP_FAILED, "can't prepare TLS");
    }
    if (server_certificate != NULL) {
        setup->pinned = true;
        memcpy(setup->pin, server_certificate, sizeof(setup->pin));
    }
    enum kp_status status = use_authorities(setup->context, files->ca, error);
    if (status == KP_OK) {
        status = use_certificate(setup->context, files->certificate, error);
    }
    if (status == KP_OK) {
        status = use_key(setup->context, files->key, files->certificate, error);
    }
    return status;
}

enum kp_status kp_tls_setup_new(struct kp_tls_setup **out, const struct kp_tls_files *files,
                                const char *server_name, const uint8_t *server_certificate,
                                struct kp_error *error)
{
    struct kp_tls_setup *setup = calloc(1, sizeof(*setup));
    if (setup == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for TLS");
    }
    pthread_mutex_init(&setup->lock, NULL);
    atomic_init(&setup->references, 1);
    struct kp_error own = {0}; /* the caller's may be NULL */
    enum kp_status status = fill_setup(setup, files, server_name, server_certificate, &own);
    if (status != KP_OK) {
        kp_tls_setup_free(setup);
        return kp_fail(error, status, "%s", own.text);
    }
    *out = setup;
    return KP_OK;
}

void kp_tls_setup_hold(struct kp_tls_setup *setup)
{
    atomic_fetch_add(&setup->references, 1);
}

void kp_tls_setup_free(struct kp_tls_setup *setup)
{
    if (setup != NULL && atomic_fetch_sub(&setup->references, 1) == 1) {
        SSL_CTX_free(setup->context);
        free(setup->server_name);
        pthread_mutex_destroy(&setup->lock);
        free(setup);
    }
}

void kp_tls_setup_note(struct kp_tls_setup *setup, const char *why)
{
    pthread_mutex_lock(&setup->lock);
    setup->failures++;
    snprintf(setup->why, sizeof(setup->why), "%s", why);
    pthread_mutex_unlock(&setup->lock);
}

unsigned kp_tls_setup_trouble(struct kp_tls_setup *setup, char why[static KP_ERROR_TEXT])
{
    pthread_mutex_lock(&setup->lock);
    unsigned failures = setup->failures;
    memcpy(why, setup->why, sizeof(setup->why));
    pthread_mutex_unlock(&setup->lock);
    return failures;
}

/* Connections. */

static bool expect_name(SSL *ssl, char *name)
{
    struct in6_addr address; /* large enough for both kinds */
    X509_VERIFY_PARAM *rules = SSL_get0_param(ssl);
    if (inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(rules, name) == 1;
    }
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(rules, name, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

SSL *kp_tls_connection(struct kp_tls_setup *setup)
{
    SSL *ssl = SSL_new(setup->context);
    if (ssl == NULL || SSL_set_app_data(ssl, setup) != 1 ||
        (!setup->server && !expect_name(ssl, setup->server_name))) {
        SSL_free(ssl);
        ERR_clear_error();
        return NULL;
    }
    if (setup->server) {
        SSL_set_accept_state(ssl);
    } else {
        SSL_set_connect_state(ssl);
    }
    return ssl;
}

/* What is meant by the alert that the other side sent, or NULL. */
static const char *alert_text(int reason)
{
    switch (reason) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return "it doesn't speak TLS 1.3";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
        return "it asked for a certificate and got none";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
        return "it says that our certificate has expired";
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
        return "it doesn't know the authority (CA) that issued our certificate";
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
        return "it doesn't accept our certificate";
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return "it says that our certificate has been revoked";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        return "it refused the handshake";
    default:
        return NULL;
    }
}

void kp_tls_explain(SSL *ssl, int result, char why[static KP_ERROR_TEXT])
{
    const struct kp_tls_setup *setup = setup_of(ssl);
    int kind = SSL_get_error(ssl, result);
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);
    long verdict = SSL_get_verify_result(ssl);
    const char *alert = alert_text(reason);
    const char *text = ERR_reason_error_string(code);

    if (kind == SSL_ERROR_ZERO_RETURN) {
        snprintf(why, KP_ERROR_TEXT, "it closed the connection");
    } else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED &&
               verdict == X509_V_ERR_APPLICATION_VERIFICATION) {
        snprintf(why, KP_ERROR_TEXT, "its key is not the one that was agreed (fingerprint)");
    } else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED &&
               verdict == X509_V_ERR_HOSTNAME_MISMATCH) {
        snprintf(why, KP_ERROR_TEXT, "its certificate is not for the name \"%.200s\"",
                 setup->server_name != NULL ? setup->server_name : "");
    } else if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED) {
        snprintf(why, KP_ERROR_TEXT, "its certificate is not acceptable: %s",
                 X509_verify_cert_error_string(verdict));
    } else if (alert != NULL) {
        snprintf(why, KP_ERROR_TEXT, "%s", alert);
    } else if (reason == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE) {
        snprintf(why, KP_ERROR_TEXT, "it has no certificate");
    } else if (reason == SSL_R_UNSUPPORTED_PROTOCOL || reason == SSL_R_NO_PROTOCOLS_AVAILABLE) {
        snprintf(why, KP_ERROR_TEXT, "it doesn't speak TLS 1.3");
    } else if (reason == SSL_R_WRONG_VERSION_NUMBER) {
        snprintf(why, KP_ERROR_TEXT, "it doesn't speak TLS");
    } else {
        snprintf(why, KP_ERROR_TEXT, "TLS failed: %s", text != NULL ? text : "broken connection");
    }
    ERR_clear_error();
}
