/* TLS 1.3 for NNG by OpenSSL 3.
 *
 * NNG's own engine is mbedTLS with TLS 1.2 at most, which it registers when it starts. Ours takes
 * its place at link time (tls_engine.c), so that mbedTLS isn't even linked; kp_tls_start checks
 * that ours is the one in force. TLS 1.3 only, certificates on both sides, verified against the
 * given CA file only, no tickets, no early data, no compression, no renegotiation. */
#ifndef KP_PROTO_TLS_H
#define KP_PROTO_TLS_H

#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stdint.h>

struct kp_tls_files {
    char ca[KP_PATH_MAX];          /* PEM: whose signatures on certificates count */
    char certificate[KP_PATH_MAX]; /* PEM: own, with its chain */
    char key[KP_PATH_MAX];         /* PEM, mode 0600 */
};

/* Before the first use of a tls+tcp URL; more than once is no harm. */
KP_MUST_USE enum kp_status kp_tls_start(struct kp_error *error);

/* SHA-256 of the SubjectPublicKeyInfo (DER) of the first certificate in a PEM file: what an
 * agreement pins, so that a certificate can be renewed with the same key. */
KP_MUST_USE enum kp_status kp_tls_fingerprint(uint8_t fingerprint[static 32],
                                              const char *certificate_path, struct kp_error *error);

/* A new P-256 key (PEM, mode 0600) and a certificate request for it: CN = name, serialNumber = the
 * organisation number, subjectAltName DNS = host when host isn't NULL. Never replaces a file.
 * fingerprint: of the key, as kp_tls_fingerprint gives for the certificate made from it. */
KP_MUST_USE enum kp_status kp_tls_request(const char *key_path, const char *request_path,
                                          const char *name, const char *organisation_number,
                                          const char *host, uint8_t fingerprint[static 32],
                                          struct kp_error *error);

#endif
