/* Passes TCP connections on, until it is told to cut them.
 *
 * usage: cutting_proxy TARGET_PORT PORT_FILE [EVERY_MS]
 *
 * Listens on a free port of 127.0.0.1, which it writes to PORT_FILE. SIGUSR1: closes all
 * connections and refuses new ones; SIGUSR2: accepts them again; SIGHUP: closes all connections
 * once. EVERY_MS: does that by itself, again and again. SIGSTOP makes it a network that swallows
 * everything. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_MAX 128
#define BUFFER_BYTES 65536

/* From sockets[i] to sockets[1 - i]. */
struct direction {
    uint8_t bytes[BUFFER_BYTES];
    size_t begin, end;
    bool ended; /* nothing more comes */
    bool shut;  /* and that was passed on */
};

struct pair {
    int sockets[2];
    struct direction directions[2];
};

static struct pair *pairs[PAIRS_MAX];
static int listener = -1;
static struct sockaddr_in own;
static struct sockaddr_in target;
static volatile sig_atomic_t refuse, accept_again, cut_once;

static void on_signal(int number)
{
    refuse |= number == SIGUSR1;
    accept_again |= number == SIGUSR2;
    cut_once |= number == SIGHUP;
}

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void start_listening(void)
{
    int one = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
        bind(listener, (struct sockaddr *)&own, sizeof(own)) != 0 || listen(listener, 64) != 0) {
        die("cutting_proxy: listen");
    }
    socklen_t size = sizeof(own);
    if (getsockname(listener, (struct sockaddr *)&own, &size) != 0) {
        die("cutting_proxy: getsockname");
    }
}

static void stop_listening(void)
{
    if (listener >= 0) {
        close(listener);
        listener = -1;
    }
}

/* With a reset, as a network does that loses the connection. */
static void close_pair(size_t i)
{
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    for (size_t side = 0; side < 2; side++) {
        setsockopt(pairs[i]->sockets[side], SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
        close(pairs[i]->sockets[side]);
    }
    free(pairs[i]);
    pairs[i] = NULL;
}

/* Says so, a line for each, so that a test can count them. */
static void close_all(void)
{
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        if (pairs[i] != NULL) {
            close_pair(i);
            fputs("cut\n", stderr);
        }
    }
}

static void accept_one(void)
{
    int client = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0) {
        return;
    }
    size_t i = 0;
    while (i < PAIRS_MAX && pairs[i] != NULL) {
        i++;
    }
    int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct pair *pair = i < PAIRS_MAX ? calloc(1, sizeof(*pair)) : NULL;
    if (server < 0 || pair == NULL ||
        connect(server, (struct sockaddr *)&target, sizeof(target)) != 0 ||
        fcntl(server, F_SETFL, O_NONBLOCK) != 0) {
        close(client);
        close(server);
        free(pair);
        return;
    }
    pair->sockets[0] = client;
    pair->sockets[1] = server;
    pairs[i] = pair;
}

/* false: the connection broke. */
static bool move_bytes(struct pair *pair, int from)
{
    struct direction *direction = &pair->directions[from];
    if (direction->begin == direction->end && !direction->ended) {
        ssize_t got = recv(pair->sockets[from], direction->bytes, BUFFER_BYTES, 0);
        if (got < 0 && errno != EAGAIN && errno != EINTR) {
            return false;
        }
        direction->ended = got == 0;
        direction->begin = 0;
        direction->end = got > 0 ? (size_t)got : 0;
    }
    if (direction->begin < direction->end) {
        ssize_t sent = send(pair->sockets[1 - from], direction->bytes + direction->begin,
                            direction->end - direction->begin, MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            return false;
        }
        direction->begin += sent > 0 ? (size_t)sent : 0;
    }
    if (direction->begin == direction->end && direction->ended && !direction->shut) {
        shutdown(pair->sockets[1 - from], SHUT_WR);
        direction->shut = true;
    }
    return !(pair->directions[0].shut && pair->directions[1].shut);
}

/* What is waited for at one side: room for what came from the other, or something to read. */
static short events_of(const struct pair *pair, int side)
{
    const struct direction *in = &pair->directions[side];
    const struct direction *out = &pair->directions[1 - side];
    int events = 0;
    if (in->begin == in->end && !in->ended) {
        events |= POLLIN;
    }
    if (out->begin < out->end) {
        events |= POLLOUT;
    }
    return (short)events;
}

static void wait_and_move(int timeout_ms)
{
    struct pollfd polls[1 + 2 * PAIRS_MAX];
    size_t owners[1 + 2 * PAIRS_MAX];
    nfds_t count = 0;
    polls[count++] = (struct pollfd){.fd = listener, .events = POLLIN}; /* -1 is passed over */
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        for (int side = 0; pairs[i] != NULL && side < 2; side++) {
            owners[count] = i;
            polls[count++] =
                (struct pollfd){.fd = pairs[i]->sockets[side], .events = events_of(pairs[i], side)};
        }
    }
    if (poll(polls, count, timeout_ms) < 0) {
        return; /* a signal */
    }
    for (nfds_t i = 1; i < count; i++) {
        struct pair *pair = pairs[owners[i]];
        if (polls[i].revents != 0 && pair != NULL &&
            (!move_bytes(pair, 0) || !move_bytes(pair, 1))) {
            close_pair(owners[i]);
        }
    }
    if (polls[0].revents != 0) {
        accept_one();
    }
}

int main(int argc, char **argv)
{
    if (argc < 3 || argc > 4) {
        fputs("usage: cutting_proxy TARGET_PORT PORT_FILE [EVERY_MS]\n", stderr);
        return 2;
    }
    uint64_t every = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    own = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    target = own;
    target.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
    start_listening();
    FILE *file = fopen(argv[2], "we");
    if (file == NULL || fprintf(file, "%u\n", ntohs(own.sin_port)) < 0 || fclose(file) != 0) {
        die(argv[2]);
    }
    for (uint64_t next_cut = now_ms() + every;;) {
        wait_and_move(20);
        if (every != 0 && now_ms() >= next_cut) {
            cut_once = 1;
            next_cut = now_ms() + every;
        }
        if (refuse) {
            refuse = 0;
            stop_listening();
            close_all();
        }
        if (cut_once) {
            cut_once = 0;
            close_all();
        }
        if (accept_again) {
            accept_again = 0;
            stop_listening();
            start_listening();
        }
    }
}
