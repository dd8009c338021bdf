/* wire.h, by the system's diagnosis of sockets (sock_diag(7)). */
#include "tests/bench/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 4096 };

struct connection {
    uint64_t cookie;
    uint64_t in_before; /* from here on seen from the listener */
    uint64_t out_before;
    uint64_t in;
    uint64_t out;
    bool was_there;
    bool is_there;
};

static struct connection connections[CONNECTIONS_MAX];
static size_t connection_count;
static unsigned long port;
static int closing = -1; /* tells of connections that end */

static void wire_fail(const char *what)
{
    (void)fprintf(stderr, "bench_watch: %s: %s\n", what, strerror(errno));
    exit(2);
}

static struct connection *connection_of(uint64_t cookie)
{
    size_t i = 0;
    while (i < connection_count && connections[i].cookie != cookie) {
        i++;
    }
    if (i == CONNECTIONS_MAX) {
        errno = ENOBUFS;
        wire_fail("connections");
    }
    if (i == connection_count) {
        connections[connection_count++] = (struct connection){.cookie = cookie};
    }
    return &connections[i];
}

/* The attribute that tells of a connection; false: it isn't there. */
static bool find_info(const struct inet_diag_msg *m, size_t size, struct tcp_info *info)
{
    const uint8_t *at = (const uint8_t *)(m + 1);
    const uint8_t *end = (const uint8_t *)m + size;
    struct rtattr a;
    while ((size_t)(end - at) >= sizeof(a)) {
        memcpy(&a, at, sizeof(a));
        if (a.rta_len < sizeof(a) || a.rta_len > (size_t)(end - at)) {
            break;
        }
        if (a.rta_type == INET_DIAG_INFO) {
            size_t length = a.rta_len - sizeof(a);
            memcpy(info, at + sizeof(a), length < sizeof(*info) ? length : sizeof(*info));
            return true;
        }
        at += RTA_ALIGN(a.rta_len);
    }
    return false;
}

static void take_connection(const struct inet_diag_msg *m, size_t size, bool is_there, bool before)
{
    struct tcp_info info = {0};
    if (ntohs(m->id.idiag_sport) != port || !find_info(m, size, &info)) {
        return;
    }
    struct connection *c =
        connection_of(m->id.idiag_cookie[0] | (uint64_t)m->id.idiag_cookie[1] << 32);
    c->in = info.tcpi_bytes_received;
    c->out = info.tcpi_bytes_acked;
    c->is_there = is_there;
    if (before) {
        c->was_there = true;
        c->in_before = c->in;
        c->out_before = c->out;
    }
}

/* All messages of one read; false when there is nothing (more) to come. */
static bool take_answers(int fd, bool is_there, bool before)
{
    static char buffer[65536] __attribute__((aligned(8)));
    ssize_t size = recv(fd, buffer, sizeof(buffer), 0);
    if (size <= 0) {
        return false;
    }
    const struct nlmsghdr *h = (const struct nlmsghdr *)buffer;
    for (; NLMSG_OK(h, size); h = NLMSG_NEXT(h, size)) {
        if (h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR) {
            return false;
        }
        take_connection(NLMSG_DATA(h), NLMSG_PAYLOAD(h, 0), is_there, before);
    }
    return true;
}

static void look_at_connections(bool before)
{
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    struct {
        struct nlmsghdr header;
        struct inet_diag_req_v2 request;
    } ask = {{.nlmsg_len = sizeof(ask),
              .nlmsg_type = SOCK_DIAG_BY_FAMILY,
              .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
             {.sdiag_family = AF_INET,
              .sdiag_protocol = IPPROTO_TCP,
              .idiag_ext = 1 << (INET_DIAG_INFO - 1),
              .idiag_states = (1u << 1) | (0x3fu << 4)}}; /* established, and those that close */
    if (fd < 0 || send(fd, &ask, sizeof(ask), 0) < 0) {
        wire_fail("asking the system about its connections");
    }
    while (take_answers(fd, true, before)) {
    }
    close(fd);
}

static void listen_to_closing(void)
{
    int group = SKNLGRP_INET_TCP_DESTROY;
    closing = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_SOCK_DIAG);
    struct sockaddr_nl all = {.nl_family = AF_NETLINK};
    if (closing < 0 || bind(closing, (struct sockaddr *)&all, sizeof(all)) != 0 ||
        setsockopt(closing, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) != 0) {
        wire_fail("listening to connections that end");
    }
}

int wire_begin(unsigned long listener)
{
    port = listener;
    listen_to_closing();
    look_at_connections(true);
    for (size_t i = 0; i < connection_count; i++) {
        connections[i].is_there = false;
    }
    return closing;
}

void wire_take_closed(void)
{
    while (take_answers(closing, false, false)) {
    }
}

void wire_end(void)
{
    wire_take_closed();
    look_at_connections(false);
}

struct wire_sum wire_sum(bool standing)
{
    struct wire_sum sum = {0};
    for (size_t i = 0; i < connection_count; i++) {
        const struct connection *c = &connections[i];
        if (standing == (c->was_there && c->is_there)) {
            sum.connections++;
            sum.in += c->in - c->in_before;
            sum.out += c->out - c->out_before;
        }
    }
    return sum;
}
