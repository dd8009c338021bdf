/* A peer with a certificate of its own that doesn't keep to the protocol.
 *
 * usage: hostile_peer URL SERVER_NAME TLS_FOLDER AGREEMENT IDENTITY_KEY ACTION [ARGUMENT]
 *
 * TLS_FOLDER has ca.crt, tls.crt and tls.key. Sends one request and prints what came of it:
 * "answered KIND", "refused: TEXT", or "no answer: TEXT". ACTION:
 *
 *   open           what every program asks first
 *   bytes SIZE     so many bytes that are no request
 *   truncated      a request without its last bytes
 *   start-round, watch, results, fetch
 *                  a genuine request, whoever may ask it
 *   raw-long, raw-huge, raw-half, raw-header
 *                  below the library: a frame of 5 MiB, one that says it has 2^60 bytes, half a
 *                  frame, and what is no frame; prints "closed" or "open" besides, the connection
 *   put MESSAGE    one message, with the next sequence number
 *   put-gap        a genuine message, ten sequence numbers too far
 *   put-before     a genuine message, with a sequence number that was used
 *
 * MESSAGE, where "genuine" means: as the owner of the certificate would make it in this attempt:
 *
 *   garbage, too-long, hello1 (genuine), hello1-unsigned, hello1-counter (of another round),
 *   hello1-attempt (of another attempt), hello1-sender (in the name of another), hello1-addressee,
 *   unknown-type, from-coordinator (an ABORT), ready-early, points-early, submission-early
 *
 * What can't be understood carries the word MARKER, so that a log can be looked through for it. */
#include "crypto/secret.h"
#include "proto/agreement.h"
#include "proto/key_file.h"
#include "proto/link.h"
#include "proto/tls.h"
#include "proto/wire.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMEOUT_MS 15000
#define QUICK_TIMEOUT_MS 4000 /* where no answer is what is expected */

struct peer {
    struct kp_agreement *agreement;
    struct kp_client *client;
    uint8_t *identity; /* locked: seed, then the signing key */
    uint32_t member;   /* 0: not one */
    uint8_t mailbox[KP_MAILBOX_ID_BYTES];
    uint64_t last_put;
    uint8_t attempt[KP_ATTEMPT_BYTES];
    uint64_t counter; /* 0: no START in the mailbox */
};

/* ---- Asking ---- */

static enum kp_status call(struct peer *peer, const uint8_t *bytes, size_t size, uint32_t timeout,
                           struct kp_wire_response *response, struct kp_error *error)
{
    struct kp_buffer answer = {0};
    enum kp_status status = kp_client_call(peer->client, bytes, size, timeout, &answer, error);
    memset(response, 0, sizeof(*response));
    if (status == KP_OK) {
        status = kp_wire_response_unpack(response, answer.data, answer.size, error);
    }
    kp_buffer_free(&answer);
    return status;
}

static enum kp_status ask(struct peer *peer, const struct kp_wire_request *request,
                          struct kp_wire_response *response, struct kp_error *error)
{
    struct kp_buffer packed = {0};
    memset(response, 0, sizeof(*response));
    enum kp_status status = kp_wire_request_pack(request, &packed, error);
    if (status == KP_OK) {
        status = call(peer, packed.data, packed.size, TIMEOUT_MS, response, error);
    }
    kp_buffer_free(&packed);
    return status;
}

static void tell(enum kp_status status, const struct kp_wire_response *response,
                 const struct kp_error *error)
{
    static const char *const kinds[] = {"nothing",  "refusal",       "opened",      "put-done",
                                        "delivery", "round-started", "round-state", "results"};
    if (status != KP_OK) {
        printf("no answer: %s\n", error->text);
    } else if (response->kind == KP_RESPONSE_REFUSAL) {
        printf("refused: %s\n", response->text);
    } else {
        printf("answered %s\n", kinds[response->kind]);
    }
}

/* ---- Before anything else ---- */

static enum kp_status open_mailbox(struct peer *peer, struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_OPEN};
    struct kp_wire_response response;
    memcpy(request.lineage, peer->agreement->lineage, KP_DIGEST_BYTES);
    enum kp_status status = ask(peer, &request, &response, error);
    if (status == KP_OK && response.kind != KP_RESPONSE_OPENED) {
        status = kp_fail(error, KP_REFUSED, "%s", response.text);
    }
    if (status == KP_OK) {
        peer->member = response.member;
        peer->last_put = response.sequence;
        memcpy(peer->mailbox, response.mailbox, sizeof(peer->mailbox));
    }
    kp_wire_response_free(&response);
    return status;
}

static void look_at(struct peer *peer, const struct kp_buffer *packed)
{
    struct kp_round_message message;
    struct kp_start start = {0};
    if (kp_round_message_unpack(&message, packed->data, packed->size, NULL) == KP_OK &&
        message.type == KP_MESSAGE_START && kp_start_unpack(&start, &message.body, NULL) == KP_OK) {
        memcpy(peer->attempt, message.attempt, KP_ATTEMPT_BYTES);
        peer->counter = start.counter;
    }
    kp_start_free(&start);
    kp_round_message_free(&message);
}

/* Takes the attempt from what waits in the mailbox; acknowledges nothing. */
static enum kp_status find_attempt(struct peer *peer, struct kp_error *error)
{
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH};
    struct kp_wire_response response;
    memcpy(request.mailbox, peer->mailbox, sizeof(request.mailbox));
    enum kp_status status = ask(peer, &request, &response, error);
    for (size_t i = 0; status == KP_OK && i < response.messages.count; i++) {
        look_at(peer, &response.messages.items[i]);
    }
    kp_wire_response_free(&response);
    return status;
}

/* ---- Messages ---- */

static enum kp_status set_body(struct kp_round_message *message, uint64_t counter,
                               struct kp_error *error)
{
    struct kp_hello1 hello = {.counter = counter, .round_type = KP_ROUND_MATCH};
    uint8_t secret[KP_PAIR_SECRET_BYTES];
    randombytes_buf(hello.nonce, sizeof(hello.nonce));
    randombytes_buf(hello.commitment, sizeof(hello.commitment));
    kp_pair_keypair(hello.exchange_key, secret);
    return kp_hello1_pack(&hello, &message->body, error);
}

static enum kp_status fill(struct kp_buffer *body, size_t size)
{
    for (size_t i = 0; i < size; i += 8) {
        if (kp_buffer_append(body, "MARKER..", 8) != KP_OK) {
            return KP_FAILED;
        }
    }
    return KP_OK;
}

/* What isn't a HELLO 1 at all. */
static enum kp_status make_other(const char *what, struct kp_round_message *message,
                                 struct kp_error *error)
{
    static const struct {
        const char *what;
        enum kp_message_type type;
    } others[] = {{"ready-early", KP_MESSAGE_READY},
                  {"points-early", KP_MESSAGE_POINTS},
                  {"submission-early", KP_MESSAGE_SUBMISSION}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(what, others[i].what) == 0) {
            message->type = others[i].type;
            message->to = others[i].type == KP_MESSAGE_POINTS       ? (message->from == 1 ? 2 : 1)
                          : others[i].type == KP_MESSAGE_SUBMISSION ? KP_PARTY_COORDINATOR
                                                                    : KP_PARTY_ALL;
            return fill(&message->body, 400);
        }
    }
    return kp_fail(error, KP_USAGE, "there is no message %s", what);
}

static enum kp_status make_message(struct peer *peer, const char *what, struct kp_buffer *packed,
                                   struct kp_error *error)
{
    struct kp_round_message message = {
        .type = KP_MESSAGE_HELLO1, .from = peer->member, .to = KP_PARTY_ALL};
    enum kp_status status = KP_OK;
    bool hello = strncmp(what, "hello1", 6) == 0;
    bool forged = strcmp(what, "from-coordinator") == 0;
    bool unknown = strcmp(what, "unknown-type") == 0;
    memcpy(message.attempt, peer->attempt, KP_ATTEMPT_BYTES);
    if (strcmp(what, "garbage") == 0) {
        return fill(packed, 200);
    }
    if (strcmp(what, "too-long") == 0) {
        return fill(packed, KP_WIRE_MESSAGE_MAX + 8);
    }
    if (hello || unknown) {
        bool other = strcmp(what, "hello1-counter") == 0;
        status = set_body(&message, peer->counter + (other ? 1 : 0), error);
    } else if (forged) {
        struct kp_abort abort = {.reason = KP_ABORT_FAILED, .phase = KP_PHASE_HELLO1, .members = 1};
        message.type = KP_MESSAGE_ABORT;
        message.from = KP_PARTY_COORDINATOR;
        status = kp_abort_pack(&abort, &message.body, error);
    } else {
        status = make_other(what, &message, error);
    }
    if (strcmp(what, "hello1-attempt") == 0) {
        randombytes_buf(message.attempt, sizeof(message.attempt));
    } else if (strcmp(what, "hello1-sender") == 0) {
        message.from = peer->member == 1 ? 2 : 1;
    } else if (strcmp(what, "hello1-addressee") == 0) {
        message.to = peer->member == 1 ? 2 : 1;
    }
    if (status == KP_OK && !forged && strcmp(what, "hello1-unsigned") != 0) {
        kp_round_message_sign(&message, peer->agreement->lineage, peer->identity + KP_KEY_BYTES);
    }
    if (status == KP_OK) {
        status = kp_round_message_pack(&message, packed, error);
    }
    if (status == KP_OK && unknown) {
        /* version 1, attempt (16): the type's value is the 23rd byte */
        packed->data[2 + 2 + KP_ATTEMPT_BYTES + 1] = 99;
    }
    kp_round_message_free(&message);
    return status;
}

static void put(struct peer *peer, const char *what, uint64_t sequence)
{
    struct kp_error error = {0};
    struct kp_buffer packed = {0};
    struct kp_wire_response response = {0};
    struct kp_wire_request request = {.kind = KP_REQUEST_PUT, .sequence = sequence};
    enum kp_status status = make_message(peer, what, &packed, &error);
    if (status == KP_OK) {
        status = kp_batch_add(&request.messages, packed.data, packed.size);
    }
    if (status == KP_OK) {
        status = ask(peer, &request, &response, &error);
    }
    tell(status, &response, &error);
    kp_wire_response_free(&response);
    kp_wire_request_free(&request);
    kp_buffer_free(&packed);
}

/* ---- Below the library: TLS, and in it SP frames ---- */

#define SP_HEADER "\0SP\0\0\x30\0" /* of REQ; the string's end is the last of its 8 bytes */

static SSL *connect_raw(const char *url, const char *tls_folder)
{
    int plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char path[KP_PATH_MAX];
    const char *port = strrchr(url, ':');
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    address.sin_port = htons((uint16_t)strtoul(port != NULL ? port + 1 : "0", NULL, 10));
    const struct timeval patience = {.tv_sec = 5};
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    snprintf(path, sizeof(path), "%s/tls.crt", tls_folder);
    bool good =
        plain >= 0 && context != NULL && SSL_CTX_use_certificate_chain_file(context, path) == 1;
    snprintf(path, sizeof(path), "%s/tls.key", tls_folder);
    good = good && SSL_CTX_use_PrivateKey_file(context, path, SSL_FILETYPE_PEM) == 1 &&
           setsockopt(plain, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) == 0 &&
           setsockopt(plain, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0 &&
           connect(plain, (struct sockaddr *)&address, sizeof(address)) == 0;
    SSL *connection = good ? SSL_new(context) : NULL;
    SSL_CTX_free(context); /* the connection holds on to it */
    if (connection == NULL || SSL_set_fd(connection, plain) != 1 || SSL_connect(connection) != 1) {
        fputs("hostile_peer: no raw connection\n", stderr);
        exit(2);
    }
    return connection;
}

/* A frame's length, then a request's number; then `size` bytes. */
static bool send_frame(SSL *connection, uint64_t length, size_t size)
{
    static const char word[] = "MARKER..";
    uint8_t header[12] = {0};
    for (size_t i = 0; i < 8; i++) {
        header[i] = (uint8_t)(length >> (56 - 8 * i));
    }
    header[8] = 0x80;
    bool sent = SSL_write(connection, header, sizeof(header)) > 0;
    for (size_t i = 0; sent && i < size; i += 8) {
        sent = SSL_write(connection, word, 8) > 0;
    }
    return sent;
}

static int act_raw(const char *action, const char *url, const char *tls_folder)
{
    uint8_t byte[64];
    SSL *connection = connect_raw(url, tls_folder);
    bool framed = strcmp(action, "raw-header") != 0;
    signal(SIGPIPE, SIG_IGN);
    bool sent = SSL_write(connection, framed ? SP_HEADER : "MARKER..", 8) > 0 &&
                SSL_read(connection, byte, 8) > 0; /* the header of the other side */
    if (strcmp(action, "raw-long") == 0) {
        sent = sent && send_frame(connection, 5u << 20, (5u << 20) - 4);
    } else if (strcmp(action, "raw-huge") == 0) {
        sent = sent && send_frame(connection, (uint64_t)1 << 60, 4096);
    } else if (strcmp(action, "raw-half") == 0) {
        sent = sent && send_frame(connection, 1000, 16);
        SSL_shutdown(connection);
    }
    int got = SSL_read(connection, byte, sizeof(byte));
    int why = SSL_get_error(connection, got);
    if (got > 0) {
        puts("answered");
    } else {
        puts(sent && why == SSL_ERROR_WANT_READ ? "open" : "closed");
    }
    int plain = SSL_get_fd(connection);
    SSL_free(connection);
    close(plain);
    return 0;
}

/* ---- Requests ---- */

static void send_bytes(struct peer *peer, size_t size)
{
    struct kp_error error = {0};
    struct kp_buffer bytes = {0};
    struct kp_wire_response response = {0};
    enum kp_status status = fill(&bytes, size);
    if (status == KP_OK) {
        status = call(peer, bytes.data, bytes.size, QUICK_TIMEOUT_MS, &response, &error);
    }
    tell(status, &response, &error);
    kp_wire_response_free(&response);
    kp_buffer_free(&bytes);
}

static void send_truncated(struct peer *peer)
{
    struct kp_error error = {0};
    struct kp_buffer packed = {0};
    struct kp_wire_response response = {0};
    struct kp_wire_request request = {.kind = KP_REQUEST_PUT, .sequence = peer->last_put + 1};
    enum kp_status status = kp_batch_add(&request.messages, "MARKERMARKERMARKER", 18);
    if (status == KP_OK) {
        status = kp_wire_request_pack(&request, &packed, &error);
    }
    if (status == KP_OK) {
        status = call(peer, packed.data, packed.size - 10, TIMEOUT_MS, &response, &error);
    }
    tell(status, &response, &error);
    kp_wire_response_free(&response);
    kp_wire_request_free(&request);
    kp_buffer_free(&packed);
}

static void send_request(struct peer *peer, enum kp_request_kind kind)
{
    struct kp_error error = {0};
    struct kp_wire_response response = {0};
    struct kp_wire_request request = {.kind = kind, .sequence = 0};
    memcpy(request.lineage, peer->agreement->lineage, KP_DIGEST_BYTES);
    memcpy(request.mailbox, peer->mailbox, sizeof(request.mailbox));
    enum kp_status status = ask(peer, &request, &response, &error);
    tell(status, &response, &error);
    kp_wire_response_free(&response);
}

static int act(struct peer *peer, const char *action, const char *argument)
{
    static const struct {
        const char *action;
        enum kp_request_kind kind;
    } requests[] = {{"open", KP_REQUEST_OPEN},
                    {"fetch", KP_REQUEST_FETCH},
                    {"start-round", KP_REQUEST_START_ROUND},
                    {"watch", KP_REQUEST_WATCH_ROUND},
                    {"results", KP_REQUEST_FETCH_RESULTS}};
    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        if (strcmp(action, requests[i].action) == 0) {
            send_request(peer, requests[i].kind);
            return 0;
        }
    }
    if (strcmp(action, "bytes") == 0 && argument != NULL) {
        send_bytes(peer, strtoul(argument, NULL, 10));
    } else if (strcmp(action, "truncated") == 0) {
        send_truncated(peer);
    } else if (strcmp(action, "put") == 0 && argument != NULL) {
        put(peer, argument, peer->last_put + 1);
    } else if (strcmp(action, "put-gap") == 0) {
        put(peer, "hello1", peer->last_put + 10);
    } else if (strcmp(action, "put-before") == 0) {
        put(peer, "hello1", peer->last_put);
    } else {
        fprintf(stderr, "hostile_peer: there is no action %s\n", action);
        return 2;
    }
    return 0;
}

static enum kp_status start(struct peer *peer, char **argv, struct kp_error *error)
{
    struct kp_tls_files tls;
    uint8_t public_key[KP_SIGN_PUBLIC_BYTES];
    uint8_t *seed = NULL;
    snprintf(tls.ca, sizeof(tls.ca), "%s/ca.crt", argv[3]);
    snprintf(tls.certificate, sizeof(tls.certificate), "%s/tls.crt", argv[3]);
    snprintf(tls.key, sizeof(tls.key), "%s/tls.key", argv[3]);
    enum kp_status status = KP_OK;
    if ((status = kp_agreement_read(&peer->agreement, argv[4], NULL, error)) == KP_OK &&
        (status = kp_key_read(argv[5], KP_KEY_IDENTITY, &seed, error)) == KP_OK &&
        (status = kp_tls_start(error)) == KP_OK) {
        peer->identity = kp_secret_new(KP_KEY_BYTES + KP_SIGN_SECRET_BYTES);
        kp_sign_keypair(public_key, peer->identity + KP_KEY_BYTES, seed);
        status = kp_client_open(&peer->client, NULL, argv[1], &tls, argv[2],
                                peer->agreement->coordinator_tls_fingerprint, error);
    }
    kp_secret_free(seed);
    return status;
}

int main(int argc, char **argv)
{
    struct peer peer = {0};
    struct kp_error error = {0};
    if (argc < 7 || argc > 8) {
        fputs("usage: hostile_peer URL SERVER_NAME TLS_FOLDER AGREEMENT IDENTITY_KEY ACTION "
              "[ARGUMENT]\n",
              stderr);
        return 2;
    }
    if (kp_crypto_start() != KP_OK || start(&peer, argv, &error) != KP_OK) {
        fprintf(stderr, "hostile_peer: %s\n", error.text);
        return 2;
    }
    int result = 0;
    if (strncmp(argv[6], "raw-", 4) == 0) {
        result = act_raw(argv[6], argv[1], argv[3]);
    } else if (open_mailbox(&peer, &error) != KP_OK ||
               (peer.member != 0 && find_attempt(&peer, &error) != KP_OK)) {
        printf("no answer: %s\n", error.text);
    } else {
        result = act(&peer, argv[6], argc == 8 ? argv[7] : NULL);
    }
    kp_client_close(peer.client);
    kp_secret_free(peer.identity);
    kp_agreement_free(peer.agreement);
    return result;
}
