#include "tests/unit/link_fixture.h"
#include "tests/unit/pki.h"
#include "tests/unit/unit.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

static struct pki_authority authority, stranger;
static struct kp_tls_files server, client, other_client;

static void make_certificates(void)
{
    pki_authority_new(&authority, "authority");
    pki_authority_new(&stranger, "stranger");
    pki_issue(&server, &authority, "server", "DNS:localhost", -PKI_DAY, PKI_DAY);
    pki_issue(&client, &authority, "client", NULL, -PKI_DAY, PKI_DAY);
    pki_issue(&other_client, &authority, "other-client", NULL, -PKI_DAY, PKI_DAY);
}

static void remove_certificates(void)
{
    pki_authority_free(&authority);
    pki_authority_free(&stranger);
    pki_clean();
}

/* Fingerprints and requests. */

static void test_fingerprint(void)
{
    struct kp_error error = {0};
    uint8_t one[32], two[32];
    CU_ASSERT_EQUAL(kp_tls_fingerprint(one, server.certificate, &error), KP_OK);
    CU_ASSERT_EQUAL(kp_tls_fingerprint(two, client.certificate, &error), KP_OK);
    CU_ASSERT(memcmp(one, two, sizeof(one)) != 0);

    char command[2600], line[80] = {0}, hex[65];
    snprintf(command, sizeof(command),
             "openssl x509 -in %s -noout -pubkey | openssl pkey -pubin -outform DER | "
             "sha256sum",
             server.certificate);
    FILE *pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    CU_ASSERT_PTR_NOT_NULL(fgets(line, sizeof(line), pipe));
    pclose(pipe);
    for (size_t i = 0; i < sizeof(one); i++) {
        snprintf(hex + 2 * i, 3, "%02x", one[i]);
    }
    CU_ASSERT(strncmp(line, hex, 64) == 0);

    CU_ASSERT_EQUAL(kp_tls_fingerprint(one, "/nowhere/at/all.pem", &error), KP_USAGE);
    CU_ASSERT_EQUAL(kp_tls_fingerprint(one, server.key, &error), KP_REFUSED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no certificate"));
}

/* Signs the request and gives the certificate's fingerprint. */
static void test_request(void)
{
    struct kp_error error = {0};
    char key[KP_PATH_MAX], request[KP_PATH_MAX], command[3000];
    uint8_t fingerprint[32], of_certificate[32];
    pki_path(key, "new", ".key");
    pki_path(request, "new", ".csr");
    CU_ASSERT_EQUAL(kp_tls_request(key, request, "svb", "00000099000000000001", "svb.example",
                                   fingerprint, &error),
                    KP_OK);
    struct stat info;
    CU_ASSERT(stat(key, &info) == 0 && (info.st_mode & 0777) == 0600);

    char authority_key[KP_PATH_MAX], made[KP_PATH_MAX];
    pki_path(authority_key, "authority", ".key");
    pki_path(made, "new", ".pem");
    FILE *file = pki_create(authority_key);
    PEM_write_PrivateKey(file, authority.key, NULL, NULL, 0, NULL, NULL);
    fclose(file);
    snprintf(command, sizeof(command),
             "openssl req -in %.500s -noout -verify -subject -text 2>&1 | tr -s ' \\n' ' '",
             request);
    FILE *pipe = popen(command, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(pipe);
    char text[8192];
    text[fread(text, 1, sizeof(text) - 1, pipe)] = '\0';
    pclose(pipe);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "verify OK"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "CN = svb, serialNumber = 00000099000000000001"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "DNS:svb.example"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "prime256v1"));

    snprintf(command, sizeof(command),
             "openssl x509 -req -in %.500s -CA %.500s -CAkey %.500s -set_serial 7 -out %.500s "
             "2>/dev/null",
             request, authority.path, authority_key, made);
    CU_ASSERT_FATAL(system(command) == 0);
    CU_ASSERT_EQUAL(kp_tls_fingerprint(of_certificate, made, &error), KP_OK);
    CU_ASSERT(memcmp(fingerprint, of_certificate, sizeof(fingerprint)) == 0);

    /* Never replaced; and no key without its request. */
    CU_ASSERT_EQUAL(kp_tls_request(key, "/tmp/unused", "svb", "1", NULL, fingerprint, &error),
                    KP_REFUSED);
    char second[KP_PATH_MAX];
    pki_path(second, "second", ".key");
    CU_ASSERT_EQUAL(kp_tls_request(second, request, "svb", "1", NULL, fingerprint, &error),
                    KP_REFUSED);
    CU_ASSERT(access(second, F_OK) != 0);
    CU_ASSERT_EQUAL(
        kp_tls_request(second, "/tmp/unused", "svb", "1", "a,DNS:b", fingerprint, &error),
        KP_USAGE);
}

/* Connections. */

static void test_mutual(void)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct kp_peer peer = {0};
    uint8_t of_server[32], of_client[32];
    CU_ASSERT_EQUAL(kp_tls_fingerprint(of_server, server.certificate, &error), KP_OK);
    CU_ASSERT_EQUAL(kp_tls_fingerprint(of_client, client.certificate, &error), KP_OK);
    fixture_start(&fixture, NULL, &server);
    struct kp_client *asker = NULL;
    CU_ASSERT_EQUAL_FATAL(
        kp_client_open(&asker, NULL, fixture.url, &client, "localhost", of_server, &error), KP_OK);
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_OK);

    CU_ASSERT(kp_client_peer(asker, &peer));
    CU_ASSERT(!peer.local);
    CU_ASSERT(memcmp(peer.certificate, of_server, 32) == 0);
    CU_ASSERT_STRING_EQUAL(peer.tls_version, "TLSv1.3");
    CU_ASSERT_STRING_EQUAL(peer.tls_suite, "TLS_AES_256_GCM_SHA384");
    CU_ASSERT(!fixture.peer.local);
    CU_ASSERT(memcmp(fixture.peer.certificate, of_client, 32) == 0);
    CU_ASSERT_STRING_EQUAL(fixture.peer.tls_version, "TLSv1.3");
    CU_ASSERT_STRING_EQUAL(fixture.peer.tls_suite, "TLS_AES_256_GCM_SHA384");
    kp_client_close(asker);
    fixture_stop(&fixture);
}

/* Calls with these certificates and expects KP_RETRY with this in its text, soon. */
static void expect_refusal(const struct kp_tls_files *of_server, const struct kp_tls_files *ours,
                           const char *name, const uint8_t *pin, const char *text)
{
    struct fixture fixture;
    struct kp_error error = {0};
    struct kp_client *asker = NULL;
    fixture_start(&fixture, NULL, of_server);
    CU_ASSERT_EQUAL_FATAL(kp_client_open(&asker, NULL, fixture.url, ours, name, pin, &error),
                          KP_OK);
    uint64_t began = kp_loop_now();
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_RETRY);
    CU_ASSERT(kp_loop_now() - began < FIXTURE_PATIENCE_MS);
    if (strstr(error.text, text) == NULL) {
        printf("\n  \"%s\" lacks \"%s\"\n", error.text, text);
        CU_FAIL("wrong text");
    }
    char why[KP_ERROR_TEXT];
    CU_ASSERT(kp_client_trouble(asker, why));
    CU_ASSERT_PTR_NOT_NULL(strstr(why, text));
    kp_client_close(asker);
    CU_ASSERT_EQUAL(atomic_load(&fixture.served), 0);
    if (of_server == &server) {
        CU_ASSERT(fixture_answers(&fixture, &client));
    }
    fixture_stop(&fixture);
}

static void test_strange_authority(void)
{
    struct kp_tls_files strange = {0};
    pki_issue(&strange, &stranger, "strange", "DNS:localhost", -PKI_DAY, PKI_DAY);
    snprintf(strange.ca, sizeof(strange.ca), "%s", authority.path);
    expect_refusal(&server, &strange, "localhost", NULL, "authority");
    snprintf(strange.ca, sizeof(strange.ca), "%s", stranger.path);
    expect_refusal(&server, &strange, "localhost", NULL, "its certificate is not acceptable");
    snprintf(strange.ca, sizeof(strange.ca), "%s", authority.path);
    expect_refusal(&strange, &client, "localhost", NULL, "its certificate is not acceptable");
}

static void test_expired(void)
{
    struct kp_tls_files expired = {0}, early = {0};
    pki_issue(&expired, &authority, "expired", "DNS:localhost", -2 * PKI_DAY, -PKI_DAY);
    pki_issue(&early, &authority, "early", "DNS:localhost", PKI_DAY, 2 * PKI_DAY);
    expect_refusal(&server, &expired, "localhost", NULL, "our certificate has expired");
    expect_refusal(&expired, &client, "localhost", NULL, "certificate has expired");
    expect_refusal(&server, &early, "localhost", NULL, "doesn't accept our certificate");
    expect_refusal(&early, &client, "localhost", NULL, "not yet valid");
}

static void test_wrong_name(void)
{
    struct kp_tls_files nameless = {0}, address = {0};
    expect_refusal(&server, &client, "other.example", NULL, "is not for the name");
    expect_refusal(&server, &client, "127.0.0.1", NULL, "not acceptable: IP address mismatch");
    /* The common name doesn't count. */
    pki_issue(&nameless, &authority, "localhost", NULL, -PKI_DAY, PKI_DAY);
    expect_refusal(&nameless, &client, "localhost", NULL, "is not for the name");

    struct fixture fixture;
    struct kp_error error = {0};
    struct kp_client *asker = NULL;
    pki_issue(&address, &authority, "address", "IP:127.0.0.1", -PKI_DAY, PKI_DAY);
    fixture_start(&fixture, NULL, &address);
    CU_ASSERT_EQUAL_FATAL(
        kp_client_open(&asker, NULL, fixture.url, &client, "127.0.0.1", NULL, &error), KP_OK);
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_OK);
    kp_client_close(asker);
    fixture_stop(&fixture);
}

static void test_wrong_pin(void)
{
    struct kp_error error = {0};
    uint8_t pin[32];
    CU_ASSERT_EQUAL(kp_tls_fingerprint(pin, client.certificate, &error), KP_OK);
    expect_refusal(&server, &client, "localhost", pin, "its key is not the one that was agreed");
}

/* Files that can't be used. */
static void test_files(void)
{
    struct kp_error error = {0};
    struct kp_client *asker = NULL;
    struct kp_tls_files bad = client;
    snprintf(bad.ca, sizeof(bad.ca), "/nowhere/ca.pem");
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, "tls+tcp://127.0.0.1:1", &bad, "x", NULL, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "/nowhere/ca.pem"));
    bad = client;
    snprintf(bad.key, sizeof(bad.key), "%s", other_client.key);
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, "tls+tcp://127.0.0.1:1", &bad, "x", NULL, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "not the key of the certificate"));
    bad = client;
    snprintf(bad.key, sizeof(bad.key), "%s", client.certificate);
    CU_ASSERT(chmod(bad.key, 0600) == 0);
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, "tls+tcp://127.0.0.1:1", &bad, "x", NULL, &error),
                    KP_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "no private key"));
    CU_ASSERT(chmod(client.key, 0644) == 0);
    CU_ASSERT_NOT_EQUAL(
        kp_client_open(&asker, NULL, "tls+tcp://127.0.0.1:1", &client, "x", NULL, &error), KP_OK);
    CU_ASSERT(chmod(client.key, 0600) == 0);
    CU_ASSERT_EQUAL(
        kp_client_open(&asker, NULL, "tls+tcp://127.0.0.1:1", &client, NULL, NULL, &error),
        KP_USAGE);
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, "tls+tcp://127.0.0.1:1", NULL, "x", NULL, &error),
                    KP_USAGE);
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, "ipc:///tmp/x", &client, "x", NULL, &error),
                    KP_USAGE);
    CU_ASSERT_EQUAL(kp_client_open(&asker, NULL, "tcp://127.0.0.1:1", NULL, "x", NULL, &error),
                    KP_USAGE);
}

/* Peers by OpenSSL itself. */

static SSL_CTX *context_of(const SSL_METHOD *method, const struct kp_tls_files *files)
{
    SSL_CTX *context = SSL_CTX_new(method);
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    CU_ASSERT_FATAL(SSL_CTX_load_verify_file(context, authority.path) == 1);
    if (files != NULL) {
        CU_ASSERT_FATAL(SSL_CTX_use_certificate_chain_file(context, files->certificate) == 1);
        CU_ASSERT_FATAL(SSL_CTX_use_PrivateKey_file(context, files->key, SSL_FILETYPE_PEM) == 1);
    }
    return context;
}

/* Shakes hands with the fixture; the reason of the failure, or 0. */
static int shake(const struct fixture *fixture, SSL_CTX *context)
{
    int fd = fixture_connect(fixture);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    ERR_clear_error();
    int result = SSL_connect(ssl);
    if (result == 1) {
        char byte; /* the server's verdict comes after the client's handshake is over */
        result = SSL_read(ssl, &byte, 1);
    }
    int reason = result == 1 ? 0 : ERR_GET_REASON(ERR_peek_error());
    ERR_clear_error();
    SSL_free(ssl);
    close(fd);
    return reason;
}

static void test_foreign_clients(void)
{
    struct fixture fixture;
    fixture_start(&fixture, NULL, &server);

    SSL_CTX *context = context_of(TLS_client_method(), &client);
    CU_ASSERT_EQUAL(shake(&fixture, context), 0);
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    CU_ASSERT_EQUAL(shake(&fixture, context), SSL_R_TLSV1_ALERT_PROTOCOL_VERSION);
    SSL_CTX_free(context);

    context = context_of(TLS_client_method(), NULL);
    CU_ASSERT_EQUAL(shake(&fixture, context), SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
    SSL_CTX_free(context);

    CU_ASSERT(fixture_answers(&fixture, &client));
    CU_ASSERT_EQUAL(atomic_load(&fixture.served), 1);
    fixture_stop(&fixture);
}

/* A session can't be resumed: no ticket comes. */
static void test_no_resumption(void)
{
    struct fixture fixture;
    fixture_start(&fixture, NULL, &server);
    SSL_CTX *context = context_of(TLS_client_method(), &client);
    int fd = fixture_connect(&fixture);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, fd);
    char byte;
    CU_ASSERT_EQUAL(SSL_connect(ssl), 1);
    CU_ASSERT_EQUAL(SSL_read(ssl, &byte, 1), 1);
    CU_ASSERT_EQUAL(SSL_SESSION_is_resumable(SSL_get0_session(ssl)), 0);
    SSL_free(ssl);
    close(fd);
    SSL_CTX_free(context);
    fixture_stop(&fixture);
}

struct foreign_server {
    int fd;
    SSL_CTX *context;
};

static void *accept_twice(void *given)
{
    struct foreign_server *foreign = given;
    for (int i = 0; i < 2; i++) {
        int fd = accept(foreign->fd, NULL, NULL);
        SSL *ssl = SSL_new(foreign->context);
        SSL_set_fd(ssl, fd);
        (void)SSL_accept(ssl);
        ERR_clear_error();
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static void test_old_server(void)
{
    struct kp_error error = {0};
    char url[64];
    int port = fixture_port();
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct foreign_server foreign = {.fd = socket(AF_INET, SOCK_STREAM, 0),
                                     .context = context_of(TLS_server_method(), &server)};
    SSL_CTX_set_max_proto_version(foreign.context, TLS1_2_VERSION);
    int yes = 1;
    setsockopt(foreign.fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    CU_ASSERT_FATAL(bind(foreign.fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    CU_ASSERT_FATAL(listen(foreign.fd, 5) == 0);
    pthread_t thread;
    CU_ASSERT_FATAL(pthread_create(&thread, NULL, accept_twice, &foreign) == 0);

    struct kp_client *asker = NULL;
    snprintf(url, sizeof(url), "tls+tcp://127.0.0.1:%d", port);
    CU_ASSERT_EQUAL_FATAL(kp_client_open(&asker, NULL, url, &client, "localhost", NULL, &error),
                          KP_OK);
    CU_ASSERT_EQUAL(fixture_call(asker, "echo", &error), KP_RETRY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "doesn't speak TLS 1.3"));
    pthread_join(thread, NULL);
    kp_client_close(asker);
    close(foreign.fd);
    SSL_CTX_free(foreign.context);
}

/* Half handshakes and rubbish harm nobody, and a silent connection is ended. */

static void send_rubbish(const struct fixture *fixture)
{
    uint8_t rubbish[3000];
    for (int round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof(rubbish); i++) {
            rubbish[i] = (uint8_t)rand();
        }
        int fd = fixture_connect(fixture);
        CU_ASSERT(send(fd, rubbish, sizeof(rubbish), MSG_NOSIGNAL) > 0);
        close(fd);
    }
}

/* A client's first flight, and then nothing, with or without a reset. */
static void begin_handshakes(const struct fixture *fixture)
{
    SSL_CTX *context = context_of(TLS_client_method(), &client);
    for (int round = 0; round < 40; round++) {
        int fd = fixture_connect(fixture);
        SSL *ssl = SSL_new(context);
        BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
        SSL_set_bio(ssl, in, out);
        (void)SSL_connect(ssl);
        char *hello;
        size_t size = (size_t)BIO_get_mem_data(out, &hello);
        if (round % 4 == 3) {
            size /= 2;
        }
        CU_ASSERT(send(fd, hello, size, MSG_NOSIGNAL) == (ssize_t)size);
        if (round % 2 == 0) {
            shutdown(fd, SHUT_WR);
        }
        if (round % 3 == 0) {
            const struct linger reset = {.l_onoff = 1, .l_linger = 0};
            setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        }
        close(fd);
        ERR_clear_error();
        SSL_free(ssl);
    }
    SSL_CTX_free(context);
}

static void test_rubbish(void)
{
    struct fixture fixture;
    fixture_start(&fixture, NULL, &server);
    int silent = fixture_connect(&fixture);
    int begun = fixture_connect(&fixture);
    CU_ASSERT(send(begun, "\x16\x03\x01\x02", 4, MSG_NOSIGNAL) == 4);
    uint64_t began = kp_loop_now();

    for (int i = 0; i < 50; i++) {
        close(fixture_connect(&fixture));
    }
    CU_ASSERT(fixture_answers(&fixture, &client));
    send_rubbish(&fixture);
    CU_ASSERT(fixture_answers(&fixture, &client));
    begin_handshakes(&fixture);
    CU_ASSERT(fixture_answers(&fixture, &client));

    const struct timeval patience = {.tv_sec = 50};
    char byte;
    setsockopt(silent, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setsockopt(begun, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    CU_ASSERT(recv(silent, &byte, 1, 0) == 0);
    CU_ASSERT(recv(begun, &byte, 1, 0) <= 0);
    CU_ASSERT(kp_loop_now() - began < FIXTURE_PATIENCE_MS);
    close(silent);
    close(begun);
    CU_ASSERT(fixture_answers(&fixture, &client));
    fixture_stop(&fixture);
}

static void test_certificates_made(void)
{
    make_certificates();
}

static void test_certificates_removed(void)
{
    remove_certificates();
}

static const struct unit_test tests[] = {
    {"certificates are made", test_certificates_made},
    {"fingerprint of a certificate's key", test_fingerprint},
    {"a key and a request for a certificate", test_request},
    {"both sides know each other, by TLS 1.3", test_mutual},
    {"a certificate of another authority", test_strange_authority},
    {"a certificate that has expired, or is not yet valid", test_expired},
    {"a server with another name", test_wrong_name},
    {"a server with another key", test_wrong_pin},
    {"files that can't be used", test_files},
    {"clients without a certificate or TLS 1.3", test_foreign_clients},
    {"no session to resume", test_no_resumption},
    {"a server without TLS 1.3", test_old_server},
    {"rubbish, half handshakes, silence", test_rubbish},
    {"certificates are removed", test_certificates_removed},
};

UNIT_MAIN("tls", tests)
