/* The TLS files: do they belong together, to the agreement, and are they in force? */
#include "proto/doctor_internal.h"
#include "proto/tls_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#define EXPIRES_SOON_DAYS 30

/* The certificates of a PEM file, in its order; NULL: none, or no memory. */
static STACK_OF(X509) * read_certificates(const char *path)
{
    struct kp_buffer content = {0};
    struct kp_error error;
    BIO *bio = kp_tls_open_pem(path, false, &content, &error);
    STACK_OF(X509) *all = bio != NULL ? sk_X509_new_null() : NULL;
    X509 *certificate = NULL;
    while (all != NULL && (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        if (sk_X509_push(all, certificate) <= 0) {
            X509_free(certificate);
            break;
        }
    }
    ERR_clear_error();
    BIO_free(bio);
    kp_buffer_free(&content);
    if (all != NULL && sk_X509_num(all) == 0) {
        sk_X509_free(all);
        all = NULL;
    }
    return all;
}

/* As a connection would verify it, but for the time. 0, or an error of X509_verify_cert. */
static int verify(STACK_OF(X509) * chain, STACK_OF(X509) * authorities, bool server)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *checking = X509_STORE_CTX_new();
    int verdict = X509_V_ERR_OUT_OF_MEM;
    bool ready =
        store != NULL && checking != NULL &&
        X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_NO_CHECK_TIME) == 1;
    for (int i = 0; ready && i < sk_X509_num(authorities); i++) {
        ready = X509_STORE_add_cert(store, sk_X509_value(authorities, i)) == 1;
    }
    if (ready && X509_STORE_CTX_init(checking, store, sk_X509_value(chain, 0), chain) == 1 &&
        X509_STORE_CTX_set_default(checking, server ? "ssl_server" : "ssl_client") == 1) {
        verdict = X509_verify_cert(checking) == 1 ? 0 : X509_STORE_CTX_get_error(checking);
    }
    ERR_clear_error();
    X509_STORE_CTX_free(checking);
    X509_STORE_free(store);
    return verdict;
}

static void check_authority(struct kp_doctor *doctor, STACK_OF(X509) * chain)
{
    const char *path = doctor->subject.tls.ca;
    STACK_OF(X509) *authorities = read_certificates(path);
    if (authorities == NULL) {
        return; /* the files as such were found wanting already */
    }
    int verdict = verify(chain, authorities, doctor->subject.role == KP_DOCTOR_COORDINATOR);
    if (verdict == 0) {
        kp_doctor_add(doctor, "TLS authority", KP_DOCTOR_OK, "", "%s signed the certificate", path);
    } else {
        kp_doctor_add(doctor, "TLS authority", KP_DOCTOR_FAILED,
                      "have tls.csr signed by the authority that all parties use, for TLS "
                      "servers and clients, and put its certificate into [tls] ca",
                      "%s: %s", path, X509_verify_cert_error_string(verdict));
    }
    sk_X509_pop_free(authorities, X509_free);
}

static void check_time(struct kp_doctor *doctor, const X509 *certificate)
{
    int days = 0, seconds = 0, begun_days = 0, begun_seconds = 0;
    const char *path = doctor->subject.tls.certificate;
    static const char RENEW[] =
        "have it signed again with the same key: the agreement names the key, not the certificate";
    if (ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)) != 1 ||
        ASN1_TIME_diff(&begun_days, &begun_seconds, X509_get0_notBefore(certificate), NULL) != 1) {
        kp_doctor_add(doctor, "TLS validity", KP_DOCTOR_FAILED, RENEW, "%s: no valid time", path);
    } else if (begun_days < 0 || begun_seconds < 0) {
        kp_doctor_add(doctor, "TLS validity", KP_DOCTOR_FAILED, "set this machine's clock, or wait",
                      "%s isn't valid yet", path);
    } else if (days < 0 || seconds < 0) {
        kp_doctor_add(doctor, "TLS validity", KP_DOCTOR_FAILED, RENEW, "%s expired %d days ago",
                      path, -days);
    } else if (days < EXPIRES_SOON_DAYS) {
        kp_doctor_add(doctor, "TLS validity", KP_DOCTOR_WARNING, RENEW, "%s expires in %d days",
                      path, days);
    } else {
        kp_doctor_add(doctor, "TLS validity", KP_DOCTOR_OK, "", "for another %d days", days);
    }
}

static void check_agreed(struct kp_doctor *doctor, const X509 *certificate)
{
    const uint8_t *expected = kp_doctor_own_fingerprint(doctor);
    uint8_t fingerprint[KP_TLS_FINGERPRINT];
    if (expected == NULL) {
        return;
    }
    if (kp_tls_certificate_fingerprint(fingerprint, certificate) &&
        memcmp(fingerprint, expected, sizeof(fingerprint)) == 0) {
        kp_doctor_add(doctor, "TLS key agreed", KP_DOCTOR_OK, "", "as agreed");
    } else {
        kp_doctor_add(doctor, "TLS key agreed", KP_DOCTOR_FAILED,
                      "use the key whose fingerprint went into the agreement; a new key needs a "
                      "new agreement",
                      "the certificate in %s is for another key than the agreement names",
                      doctor->subject.tls.certificate);
    }
}

/* The first name under which clients may reach this server. Others must have it as server_name. */
static void check_host_name(struct kp_doctor *doctor, const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    const GENERAL_NAME *host = NULL;
    for (int i = 0; names != NULL && host == NULL && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        host = name->type == GEN_DNS || name->type == GEN_IPADD ? name : NULL;
    }
    if (host == NULL) {
        kp_doctor_add(doctor, "TLS host name", KP_DOCTOR_FAILED,
                      "make a request with kruispunt keygen --host, and see that the authority "
                      "takes its subjectAltName over",
                      "%s is for no host, so nobody will connect", doctor->subject.tls.certificate);
    } else if (host->type == GEN_IPADD) {
        kp_doctor_add(doctor, "TLS host name", KP_DOCTOR_OK, "", "for an IP address");
    } else {
        kp_doctor_add(doctor, "TLS host name", KP_DOCTOR_OK, "",
                      "for %.*s, which must be everybody's server_name",
                      ASN1_STRING_length(host->d.dNSName),
                      (const char *)ASN1_STRING_get0_data(host->d.dNSName));
    }
    ERR_clear_error();
    GENERAL_NAMES_free(names);
}

void kp_doctor_check_tls(struct kp_doctor *doctor)
{
    const struct kp_tls_files *files = &doctor->subject.tls;
    struct kp_tls_setup *setup = NULL;
    struct kp_error error = {0};
    if (kp_tls_setup_new(&setup, files, NULL, NULL, &error) == KP_OK) {
        kp_doctor_add(doctor, "TLS files", KP_DOCTOR_OK, "", "%s is the key of %s", files->key,
                      files->certificate);
    } else {
        kp_doctor_add(doctor, "TLS files", KP_DOCTOR_FAILED,
                      "the key must be the tls.key that kruispunt keygen made, mode 0600; the "
                      "certificate what the authority made of its tls.csr; both in PEM",
                      "%s", error.text);
    }
    kp_tls_setup_free(setup);
    STACK_OF(X509) *chain = read_certificates(files->certificate);
    if (chain == NULL) {
        return;
    }
    const X509 *certificate = sk_X509_value(chain, 0);
    check_authority(doctor, chain);
    check_time(doctor, certificate);
    check_agreed(doctor, certificate);
    if (doctor->subject.role == KP_DOCTOR_COORDINATOR) {
        check_host_name(doctor, certificate);
    }
    sk_X509_pop_free(chain, X509_free);
}
