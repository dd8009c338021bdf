/* Between tls.c (files of keys and certificates), tls_setup.c (the rules, by OpenSSL), tls_engine.c
 * (the engine for NNG) and link_*.c. */
#ifndef KP_PROTO_TLS_INTERNAL_H
#define KP_PROTO_TLS_INTERNAL_H

#include "proto/buffer.h"
#include "proto/tls.h"

#include <nng/nng.h>
#include <nng/supplemental/tls/tls.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KP_TLS_FINGERPRINT 32

/* What all connections of one server or one client have in common. Counted references, because NNG
 * takes connections apart long after the socket was closed. */
struct kp_tls_setup {
    SSL_CTX *context;
    bool server;
    char *server_name; /* a client's: what the server's certificate must be for */
    bool pinned;
    uint8_t pin[KP_TLS_FINGERPRINT]; /* a client's: of the server's key */
    atomic_uint references;

    pthread_mutex_t lock; /* guards what follows */
    unsigned failures;    /* handshakes that failed, so far */
    char why[KP_ERROR_TEXT];
};

/* server_name NULL: for a server. server_certificate: 32 bytes, or NULL. */
KP_MUST_USE enum kp_status kp_tls_setup_new(struct kp_tls_setup **setup,
                                            const struct kp_tls_files *files,
                                            const char *server_name,
                                            const uint8_t *server_certificate,
                                            struct kp_error *error);
void kp_tls_setup_hold(struct kp_tls_setup *setup);
void kp_tls_setup_free(struct kp_tls_setup *setup); /* drops a reference; NULL is allowed */

/* Says why a handshake failed. */
void kp_tls_setup_note(struct kp_tls_setup *setup, const char *why);
/* How many handshakes failed, and why the last did. */
unsigned kp_tls_setup_trouble(struct kp_tls_setup *setup, char why[static KP_ERROR_TEXT]);

/* A new connection's SSL object, with all that must be checked; NULL: no memory. */
SSL *kp_tls_connection(struct kp_tls_setup *setup);
/* Why the last call on ssl failed, from OpenSSL's error queue, which is emptied. */
void kp_tls_explain(SSL *ssl, int result, char why[static KP_ERROR_TEXT]);
/* A read-only BIO over a file's content (kept in *content, which the caller frees); NULL with
 * *error, which is not NULL, filled in. secret: mode 0600 is required. */
BIO *kp_tls_open_pem(const char *path, bool secret, struct kp_buffer *content,
                     struct kp_error *error);
/* SHA-256 of a certificate's or a key's SubjectPublicKeyInfo. */
KP_MUST_USE bool kp_tls_certificate_fingerprint(uint8_t fingerprint[static KP_TLS_FINGERPRINT],
                                                const X509 *certificate);
KP_MUST_USE bool kp_tls_key_fingerprint(uint8_t fingerprint[static KP_TLS_FINGERPRINT],
                                        EVP_PKEY *key);

/* For NNG_OPT_TLS_CONFIG: connections made with it follow setup. 0, or an NNG error. */
int kp_tls_config_new(nng_tls_config **config, struct kp_tls_setup *setup);

/* Who is at the other end of a TLS connection, from a callback on that pipe. */
struct kp_tls_peer {
    uint8_t certificate[KP_TLS_FINGERPRINT];
    char version[16];
    char suite[48];
};
bool kp_tls_pipe_peer(nng_pipe pipe, struct kp_tls_peer *peer);

#endif
