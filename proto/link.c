#include "proto/link_internal.h"
#include "proto/nng_repair.h"
#include "proto/tls_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define IPC_SCHEME "ipc://"
#define TLS_SCHEME "tls+tcp://"
#define INPROC_SCHEME "inproc://"

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

const char *kp_link_path(const char *url)
{
    return url + strlen(IPC_SCHEME);
}

static enum kp_status check_path(const char *url, struct kp_error *error)
{
    const size_t room = sizeof(((struct sockaddr_un *)NULL)->sun_path);
    const char *path = kp_link_path(url);
    if (path[0] != '/') {
        return kp_fail(error, KP_USAGE, "%s: a control socket's path must begin with /", url);
    }
    if (strlen(path) >= room) {
        return kp_fail(error, KP_USAGE,
                       "%s: the path is %zu bytes long, and the system allows %zu for a socket: "
                       "choose a shorter folder",
                       path, strlen(path), room - 1);
    }
    return KP_OK;
}

enum kp_status kp_link_kind(enum kp_link_kind *kind, const char *url,
                            const struct kp_tls_files *tls, struct kp_error *error)
{
    if (kp_nng_check(error) != KP_OK) {
        return KP_FAILED;
    }
    bool is_tls = starts_with(url, TLS_SCHEME);
    if (is_tls != (tls != NULL)) {
        return kp_fail(error, KP_USAGE,
                       is_tls ? "%s: needs a certificate, a key and a CA file"
                              : "%s: takes no certificate; between machines use " TLS_SCHEME,
                       url);
    }
    if (is_tls) {
        *kind = KP_LINK_TLS;
        return kp_tls_start(error);
    }
    if (starts_with(url, IPC_SCHEME)) {
        *kind = KP_LINK_IPC;
        return check_path(url, error);
    }
    if (starts_with(url, INPROC_SCHEME)) {
        *kind = KP_LINK_INPROC;
        return KP_OK;
    }
    return kp_fail(error, KP_USAGE,
                   "%s: not a URL of the form " TLS_SCHEME "host:port or " IPC_SCHEME "/path", url);
}

static bool tls_peer(struct kp_peer *peer, nng_pipe pipe)
{
    struct kp_tls_peer seen;
    if (!kp_tls_pipe_peer(pipe, &seen)) {
        return false;
    }
    memcpy(peer->certificate, seen.certificate, sizeof(peer->certificate));
    memcpy(peer->tls_version, seen.version, sizeof(peer->tls_version));
    memcpy(peer->tls_suite, seen.suite, sizeof(peer->tls_suite));
    return true;
}

bool kp_link_peer(struct kp_peer *peer, enum kp_link_kind kind, nng_pipe pipe)
{
    memset(peer, 0, sizeof(*peer));
    switch (kind) {
    case KP_LINK_TLS:
        return tls_peer(peer, pipe);
    case KP_LINK_IPC:
        peer->local = true;
        return nng_pipe_get_uint64(pipe, NNG_OPT_IPC_PEER_UID, &peer->uid) == 0;
    case KP_LINK_INPROC:
        peer->local = true;
        peer->uid = geteuid();
        return true;
    }
    return false;
}

/* Connects; 0, or an errno. */
static int try_connect(const struct sockaddr *address, socklen_t size, uint64_t timeout_ms)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    int problem = connect(fd, address, size) == 0 ? 0 : errno;
    if (problem == EINPROGRESS) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        socklen_t length = sizeof(problem);
        int ready = poll(&wait, 1, (int)timeout_ms);
        if (ready == 0) {
            problem = ETIMEDOUT;
        } else if (ready < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length) != 0) {
            problem = errno;
        }
    }
    close(fd);
    return problem;
}

static enum kp_status reach_path(const char *path, struct kp_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    int problem = try_connect((const struct sockaddr *)&address, sizeof(address), 0);
    switch (problem) {
    case 0:
    case EAGAIN: /* somebody is there, and busy */
        return KP_OK;
    case ENOENT:
        return kp_fail(error, KP_RETRY, "%s: no such socket: the daemon is not running", path);
    case ECONNREFUSED:
        return kp_fail(error, KP_RETRY, "%s: nobody listens: the daemon is not running", path);
    case EACCES:
        return kp_fail(error, KP_RETRY, "%s: no permission: run this as the daemon's user or root",
                       path);
    default:
        return kp_fail(error, KP_RETRY, "%s: %s", path, strerror(problem));
    }
}

/* Takes host and port out of a URL; false: there is no port. */
static bool split_host(const char *url, char host[static 256], char port[static 16])
{
    const char *start = url + strlen(TLS_SCHEME);
    const char *colon = strrchr(start, ':');
    if (colon == NULL) {
        return false;
    }
    size_t length = (size_t)(colon - start);
    if (length >= 2 && start[0] == '[' && start[length - 1] == ']') {
        start++; /* IPv6 */
        length -= 2;
    }
    snprintf(host, 256, "%.*s", (int)(length < 255 ? length : 255), start);
    snprintf(port, 16, "%.*s", (int)strcspn(colon + 1, "/"), colon + 1);
    return true;
}

static enum kp_status reach_host(const char *url, uint64_t timeout_ms, struct kp_error *error)
{
    char host[256], port[16];
    if (!split_host(url, host, port)) {
        return kp_fail(error, KP_USAGE, "%s: no port in it", url);
    }
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int unresolved = getaddrinfo(host, port, &wanted, &found);
    if (unresolved != 0) {
        return kp_fail(error, KP_RETRY, "%s: the name can't be resolved: %s", host,
                       gai_strerror(unresolved));
    }
    int problem = EHOSTUNREACH;
    for (const struct addrinfo *one = found; one != NULL && problem != 0; one = one->ai_next) {
        problem = try_connect(one->ai_addr, one->ai_addrlen, timeout_ms);
    }
    freeaddrinfo(found);
    if (problem != 0) {
        return kp_fail(error, KP_RETRY, "%s port %s: %s", host, port, strerror(problem));
    }
    return KP_OK;
}

enum kp_status kp_link_reach(const char *url, enum kp_link_kind kind, uint64_t timeout_ms,
                             struct kp_error *error)
{
    switch (kind) {
    case KP_LINK_IPC:
        return reach_path(kp_link_path(url), error);
    case KP_LINK_TLS:
        return reach_host(url, timeout_ms, error);
    case KP_LINK_INPROC:
        break;
    }
    return kp_fail(error, KP_RETRY, "%s: nobody listens", url);
}
