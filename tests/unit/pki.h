/* Authorities and certificates for tests, in a temporary folder. */
#ifndef KP_TESTS_PKI_H
#define KP_TESTS_PKI_H

#include "proto/tls.h"

#include <CUnit/CUnit.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PKI_DAY (24L * 60 * 60)

struct pki_authority {
    EVP_PKEY *key;
    X509 *certificate;
    char path[KP_PATH_MAX];
};

/* A folder that the test program may fill. */
static inline const char *pki_folder(void)
{
    static char folder[64];
    if (folder[0] == '\0') {
        snprintf(folder, sizeof(folder), "/tmp/kp-test-XXXXXX");
        CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
    }
    return folder;
}

static inline void pki_path(char path[static KP_PATH_MAX], const char *name, const char *ending)
{
    snprintf(path, KP_PATH_MAX, "%s/%s%s", pki_folder(), name, ending);
}

static inline FILE *pki_create(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    return file;
}

static inline void pki_extend(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    CU_ASSERT_PTR_NOT_NULL_FATAL(extension);
    CU_ASSERT_FATAL(X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

static inline X509 *pki_certificate(EVP_PKEY *key, const char *name, long from, long until)
{
    static long serial;
    X509 *made = X509_new();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(made), from);
    X509_gmtime_adj(X509_getm_notAfter(made), until);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_pubkey(made, key);
    return made;
}

static inline void pki_authority_new(struct pki_authority *authority, const char *name)
{
    authority->key = EVP_EC_gen("P-256");
    CU_ASSERT_PTR_NOT_NULL_FATAL(authority->key);
    X509 *made = pki_certificate(authority->key, name, -PKI_DAY, 100 * PKI_DAY);
    X509_set_issuer_name(made, X509_get_subject_name(made));
    pki_extend(made, made, NID_basic_constraints, "critical,CA:TRUE");
    pki_extend(made, made, NID_key_usage, "critical,keyCertSign,cRLSign");
    CU_ASSERT_FATAL(X509_sign(made, authority->key, EVP_sha256()) > 0);
    authority->certificate = made;
    pki_path(authority->path, name, ".pem");
    FILE *file = pki_create(authority->path);
    PEM_write_X509(file, made);
    fclose(file);
}

static inline void pki_authority_free(struct pki_authority *authority)
{
    EVP_PKEY_free(authority->key);
    X509_free(authority->certificate);
}

/* A key and a certificate for it, from an authority; valid from and until these seconds from now.
 * files->ca becomes the same authority's. alternative: such as "DNS:localhost", or NULL. */
static inline void pki_issue(struct kp_tls_files *files, const struct pki_authority *authority,
                             const char *name, const char *alternative, long from, long until)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    CU_ASSERT_PTR_NOT_NULL_FATAL(key);
    X509 *made = pki_certificate(key, name, from, until);
    X509_set_issuer_name(made, X509_get_subject_name(authority->certificate));
    if (alternative != NULL) {
        pki_extend(made, authority->certificate, NID_subject_alt_name, alternative);
    }
    CU_ASSERT_FATAL(X509_sign(made, authority->key, EVP_sha256()) > 0);
    snprintf(files->ca, sizeof(files->ca), "%s", authority->path);
    pki_path(files->certificate, name, ".pem");
    pki_path(files->key, name, ".key");
    FILE *file = pki_create(files->certificate);
    PEM_write_X509(file, made);
    fclose(file);
    file = pki_create(files->key);
    PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    X509_free(made);
    EVP_PKEY_free(key);
}

/* Removes the folder and what is in it. */
static inline void pki_clean(void)
{
    char command[128];
    snprintf(command, sizeof(command), "rm -rf %s", pki_folder());
    CU_ASSERT(system(command) == 0);
}

#endif
