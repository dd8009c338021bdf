#include "proto/tls.h"

#include "proto/file.h"
#include "proto/tls_internal.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* OpenSSL must not take itself apart at exit: NNG's threads may still be using it. */
static void start_openssl(void)
{
    (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, NULL);
}

/* Fingerprints. */

static bool digest_and_free(uint8_t fingerprint[static KP_TLS_FINGERPRINT], uint8_t *der, int size)
{
    if (size <= 0 || der == NULL) {
        return false;
    }
    bool done = EVP_Digest(der, (size_t)size, fingerprint, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(der);
    return done;
}

bool kp_tls_certificate_fingerprint(uint8_t fingerprint[static KP_TLS_FINGERPRINT],
                                    const X509 *certificate)
{
    uint8_t *der = NULL;
    int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    return digest_and_free(fingerprint, der, size);
}

bool kp_tls_key_fingerprint(uint8_t fingerprint[static KP_TLS_FINGERPRINT], EVP_PKEY *key)
{
    uint8_t *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    return digest_and_free(fingerprint, der, size);
}

BIO *kp_tls_open_pem(const char *path, bool secret, struct kp_buffer *content,
                     struct kp_error *error)
{
    start_openssl();
    enum kp_status status = secret
                                ? kp_file_read_secret(path, KP_KEY_FILE_BYTES_MAX, content, error)
                                : kp_file_read(path, KP_CONFIG_BYTES_MAX, content, error);
    if (status != KP_OK) {
        return NULL;
    }
    if (content->size == 0) {
        kp_fail(error, KP_USAGE, "%s: empty", path);
        return NULL;
    }
    BIO *bio = BIO_new_mem_buf(content->data, (int)content->size);
    if (bio == NULL) {
        kp_fail(error, KP_FAILED, "%s: no memory to read it", path);
    }
    return bio;
}

enum kp_status kp_tls_fingerprint(uint8_t fingerprint[static 32], const char *certificate_path,
                                  struct kp_error *error)
{
    struct kp_error own = {0};
    struct kp_buffer content = {0};
    BIO *bio = kp_tls_open_pem(certificate_path, false, &content, &own);
    X509 *certificate = bio != NULL ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    enum kp_status status = KP_OK;
    if (bio == NULL) {
        status = kp_fail(error, own.status, "%s", own.text);
    } else if (certificate == NULL) {
        status = kp_fail(error, KP_REFUSED, "%s: no certificate in it (PEM)", certificate_path);
    } else if (!kp_tls_certificate_fingerprint(fingerprint, certificate)) {
        status = kp_fail(error, KP_FAILED, "%s: can't digest its key", certificate_path);
    }
    ERR_clear_error();
    X509_free(certificate);
    BIO_free(bio);
    kp_buffer_free(&content);
    return status;
}

/* A request for a certificate. */

static bool add_host(X509_REQ *request, const char *host)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *name = GENERAL_NAME_new();
    ASN1_IA5STRING *text = ASN1_IA5STRING_new();
    bool done = names != NULL && name != NULL && text != NULL &&
                ASN1_STRING_set(text, host, -1) == 1 && sk_GENERAL_NAME_push(names, name) > 0;
    if (done) {
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
        X509_EXTENSIONS *extensions = NULL;
        done =
            X509V3_add1_i2d(&extensions, NID_subject_alt_name, names, 0, X509V3_ADD_DEFAULT) == 1 &&
            X509_REQ_add_extensions(request, extensions) == 1;
        sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    } else {
        ASN1_IA5STRING_free(text);
        GENERAL_NAME_free(name);
        (void)sk_GENERAL_NAME_pop(names);
    }
    GENERAL_NAMES_free(names);
    return done;
}

static bool add_to_subject(X509_NAME *subject, const char *field, int type, const char *value)
{
    const unsigned char *bytes = (const unsigned char *)value;
    return X509_NAME_add_entry_by_txt(subject, field, type, bytes, -1, -1, 0) == 1;
}

static X509_REQ *new_request(EVP_PKEY *key, const char *name, const char *organisation_number,
                             const char *host)
{
    X509_REQ *request = X509_REQ_new();
    X509_NAME *subject = request != NULL ? X509_REQ_get_subject_name(request) : NULL;
    if (subject == NULL || X509_REQ_set_version(request, X509_REQ_VERSION_1) != 1 ||
        !add_to_subject(subject, "CN", MBSTRING_UTF8, name) ||
        !add_to_subject(subject, "serialNumber", MBSTRING_ASC, organisation_number) ||
        X509_REQ_set_pubkey(request, key) != 1 || (host != NULL && !add_host(request, host)) ||
        X509_REQ_sign(request, key, EVP_sha256()) <= 0) {
        X509_REQ_free(request);
        return NULL;
    }
    return request;
}

static enum kp_status write_pem(const char *path, mode_t mode, BIO *pem, struct kp_error *error)
{
    char *bytes = NULL;
    long size = BIO_get_mem_data(pem, &bytes);
    if (size <= 0) {
        return kp_fail(error, KP_FAILED, "%s: no memory to write it", path);
    }
    return kp_file_create(path, mode, bytes, (size_t)size, error);
}

static bool is_host(const char *host)
{
    size_t length = strlen(host);
    return length > 0 && length <= 253 &&
           strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
               length;
}

enum kp_status kp_tls_request(const char *key_path, const char *request_path, const char *name,
                              const char *organisation_number, const char *host,
                              uint8_t fingerprint[static 32], struct kp_error *error)
{
    if (host != NULL && !is_host(host)) {
        return kp_fail(error, KP_USAGE, "\"%s\" is not a host name", host);
    }
    start_openssl();
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509_REQ *request = key != NULL ? new_request(key, name, organisation_number, host) : NULL;
    BIO *key_pem = BIO_new(BIO_s_secmem());
    BIO *request_pem = BIO_new(BIO_s_mem());
    enum kp_status status;
    if (request == NULL || key_pem == NULL || request_pem == NULL ||
        PEM_write_bio_PrivateKey(key_pem, key, NULL, NULL, 0, NULL, NULL) != 1 ||
        PEM_write_bio_X509_REQ(request_pem, request) != 1 ||
        !kp_tls_key_fingerprint(fingerprint, key)) {
        status = kp_fail(error, KP_FAILED,
                         "can't make a key and a request for \"%s\" with organisation number %s",
                         name, organisation_number);
    } else {
        status = write_pem(key_path, S_IRUSR | S_IWUSR, key_pem, error);
        if (status == KP_OK) {
            status =
                write_pem(request_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH, request_pem, error);
            if (status != KP_OK) {
                (void)unlink(key_path); /* it is of no use without the request */
            }
        }
    }
    ERR_clear_error();
    BIO_free(request_pem);
    BIO_free(key_pem); /* wipes */
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return status;
}
