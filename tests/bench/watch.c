/* Runs commands one after another and tells, as one JSON object, what they took and what daemons
 * did meanwhile: processor time, most anonymous resident memory, and the bytes of their
 * connections.
 *
 *     bench_watch [--port N] [--every MS] [--stdout FILE] [--reference] NAME=PID... --
 * COMMAND... [--then COMMAND...]
 *
 * Standard output of the commands goes to FILE, or nowhere. Processor time of a daemon is of all
 * its threads, those that ended too, in nanoseconds (its clock, not the ticks in /proc/PID/stat).
 * It counts from when the daemons have come to rest until they have again, for work that is put off
 * is work; `wall_s` is that of the commands alone. With --reference it is given in multiplications
 * by libsodium as well: these are timed all the while (reference.h), and what a daemon used between
 * two samples is divided by what one took there and then. Memory is RssAnon, read every MS
 * milliseconds (default 10). Bytes are those that TCP carried, TLS included, of connections to a
 * listener on port N of this machine: `standing` ones, that were there before and after, and
 * `other` ones. Exit status: that of the first command that fails. */
#include "tests/bench/reference.h"
#include "tests/bench/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { DAEMONS_MAX = 64, COMMANDS_MAX = 16 };
enum { REST_MS = 300, REST_NS_MAX = 10000000, REST_TRIES = 100 };

struct daemon {
    const char *name;
    char status_path[64];
    clockid_t clock;
    uint64_t cpu_before;
    uint64_t cpu_after; /* when the commands had ended */
    uint64_t cpu_rested;
    uint64_t cpu_sampled; /* by the last sample of the reference */
    double multiplications;
    long memory_before; /* KiB */
    long memory_peak;
};

struct command {
    char **arguments;
    uint64_t wall;
    uint64_t cpu;
    int status;
};

static struct daemon daemons[DAEMONS_MAX];
static size_t daemon_count;
static struct command commands[COMMANDS_MAX];
static size_t command_count;
static const char *output = "/dev/null";
static int every = 10;
static unsigned long port;
static bool with_reference;
static size_t samples; /* of the reference, while the commands ran */
static struct reference reference;
static int ended = -1; /* readable: a connection has */

static void fail(const char *what)
{
    fprintf(stderr, "bench_watch: %s: %s\n", what, strerror(errno));
    exit(2);
}

static uint64_t time_of(clockid_t clock)
{
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec
                                         : 0;
}

/* ---- Daemons -------------------------------------------------------------------------------- */

static void add_daemon(char *argument)
{
    char *pid = strchr(argument, '=');
    if (pid == NULL || daemon_count == DAEMONS_MAX) {
        errno = EINVAL;
        fail(argument);
    }
    *pid++ = '\0';
    struct daemon *d = &daemons[daemon_count++];
    d->name = argument;
    snprintf(d->status_path, sizeof(d->status_path), "/proc/%ld/status", strtol(pid, NULL, 10));
    errno = clock_getcpuclockid((pid_t)strtol(pid, NULL, 10), &d->clock);
    if (errno != 0) {
        fail(argument);
    }
}

/* RssAnon in KiB; 0 for a process that is gone. */
static long memory_of(const struct daemon *d)
{
    char text[4096];
    int fd = open(d->status_path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
    if (fd >= 0) {
        close(fd);
    }
    if (size <= 0) {
        return 0;
    }
    text[size] = '\0';
    const char *line = strstr(text, "RssAnon:");
    return line == NULL ? 0 : strtol(line + 8, NULL, 10);
}

static void look_at_memory(void)
{
    for (size_t i = 0; i < daemon_count; i++) {
        long now = memory_of(&daemons[i]);
        if (now > daemons[i].memory_peak) {
            daemons[i].memory_peak = now;
        }
    }
}

static uint64_t cpu_of_all(void)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < daemon_count; i++) {
        sum += time_of(daemons[i].clock);
    }
    return sum;
}

/* In the reference's thread. */
static void count_multiplications(double nanoseconds)
{
    for (size_t i = 0; i < daemon_count; i++) {
        struct daemon *d = &daemons[i];
        uint64_t now = time_of(d->clock);
        if (now > d->cpu_sampled) { /* not of one that is gone */
            d->multiplications += (double)(now - d->cpu_sampled) / nanoseconds;
            d->cpu_sampled = now;
        }
    }
}

/* Until the daemons do next to nothing. */
static void wait_for_rest(void)
{
    for (int i = 0; i < REST_TRIES; i++) {
        uint64_t before = cpu_of_all();
        for (int waited = 0; waited < REST_MS; waited += every) {
            poll(NULL, 0, every);
            look_at_memory();
        }
        if (cpu_of_all() - before < REST_NS_MAX) {
            return;
        }
    }
}

/* ---- Commands ------------------------------------------------------------------------------- */

static void run(struct command *command)
{
    struct rusage usage;
    uint64_t start = time_of(CLOCK_MONOTONIC);
    pid_t pid = fork();
    if (pid == 0) {
        int fd = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        if (fd < 0 || dup2(fd, 1) < 0) {
            _exit(126);
        }
        execvp(command->arguments[0], command->arguments);
        fprintf(stderr, "bench_watch: %s: %s\n", command->arguments[0], strerror(errno));
        _exit(127);
    }
    int pidfd = pid < 0 ? -1 : (int)syscall(SYS_pidfd_open, pid, 0);
    if (pidfd < 0) {
        fail("starting a command");
    }
    for (;;) {
        struct pollfd wait[2] = {{.fd = pidfd, .events = POLLIN}, {.fd = ended, .events = POLLIN}};
        poll(wait, 2, every);
        if (wait[0].revents != 0) {
            break;
        }
        if (wait[1].revents != 0) {
            wire_take_closed();
        }
        look_at_memory();
    }
    command->wall = time_of(CLOCK_MONOTONIC) - start;
    close(pidfd);
    if (wait4(pid, &command->status, 0, &usage) != pid) {
        fail("waiting for a command");
    }
    command->cpu = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000 +
                   (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000;
}

static int status_of(const struct command *command)
{
    return WIFEXITED(command->status) ? WEXITSTATUS(command->status) : 128;
}

/* ---- What it prints ------------------------------------------------------------------------- */

static void print_daemons(void)
{
    printf("\"daemons\": {");
    for (size_t i = 0; i < daemon_count; i++) {
        const struct daemon *d = &daemons[i];
        printf("%s\"%s\": {\"cpu_s\": %.6f, \"cpu_until_opened_s\": %.6f, "
               "\"multiplications\": %.1f, \"rss_anon_before_kib\": %ld, "
               "\"rss_anon_peak_kib\": %ld}",
               i == 0 ? "" : ", ", d->name, (double)(d->cpu_rested - d->cpu_before) / 1e9,
               (double)(d->cpu_after - d->cpu_before) / 1e9, d->multiplications, d->memory_before,
               d->memory_peak);
    }
    printf("}");
}

static void print_wire(const char *name, bool standing)
{
    struct wire_sum sum = wire_sum(standing);
    printf("\"%s\": {\"connections\": %zu, \"to_coordinator\": %llu, \"from_coordinator\": %llu}",
           name, sum.connections, (unsigned long long)sum.in, (unsigned long long)sum.out);
}

static void print_reference(void)
{
    printf(", \"reference\": {\"samples\": %zu, \"us\": %.3f, \"us_low\": %.3f, \"us_high\": %.3f, "
           "\"cpu_s\": %.6f}",
           reference.samples, reference.median / 1e3, reference.low / 1e3, reference.high / 1e3,
           reference.cpu / 1e9);
}

static void print_all(uint64_t wall, size_t ran)
{
    printf("{\"wall_s\": %.6f, \"commands\": [", (double)wall / 1e9);
    for (size_t i = 0; i < ran; i++) {
        printf("%s{\"wall_s\": %.6f, \"cpu_s\": %.6f, \"status\": %d}", i == 0 ? "" : ", ",
               (double)commands[i].wall / 1e9, (double)commands[i].cpu / 1e9,
               status_of(&commands[i]));
    }
    printf("], ");
    print_daemons();
    if (port != 0) {
        printf(", \"wire\": {");
        print_wire("standing", true);
        printf(", ");
        print_wire("other", false);
        printf("}");
    }
    if (with_reference) {
        print_reference();
    }
    printf("}\n");
}

/* ---- The whole ------------------------------------------------------------------------------ */

static void parse(int count, char **arguments)
{
    int i = 1;
    for (; i < count && strcmp(arguments[i], "--") != 0; i++) {
        if (strcmp(arguments[i], "--port") == 0 && i + 1 < count) {
            port = strtoul(arguments[++i], NULL, 10);
        } else if (strcmp(arguments[i], "--every") == 0 && i + 1 < count) {
            every = (int)strtol(arguments[++i], NULL, 10);
        } else if (strcmp(arguments[i], "--stdout") == 0 && i + 1 < count) {
            output = arguments[++i];
        } else if (strcmp(arguments[i], "--reference") == 0) {
            with_reference = true;
        } else {
            add_daemon(arguments[i]);
        }
    }
    while (i < count && command_count < COMMANDS_MAX) {
        arguments[i] = NULL; /* ends the command before */
        commands[command_count++].arguments = arguments + ++i;
        while (i < count && strcmp(arguments[i], "--then") != 0) {
            i++;
        }
    }
    if (command_count == 0 || every < 1) {
        errno = EINVAL;
        fail("usage: bench_watch [--port N] [--every MS] [--stdout FILE] [--reference] "
             "NAME=PID... -- COMMAND... [--then COMMAND...]");
    }
}

static void look_before(void)
{
    wait_for_rest();
    for (size_t i = 0; i < daemon_count; i++) {
        daemons[i].memory_before = daemons[i].memory_peak = memory_of(&daemons[i]);
        daemons[i].cpu_before = daemons[i].cpu_sampled = time_of(daemons[i].clock);
    }
    if (with_reference) {
        reference_begin(count_multiplications);
    }
    if (port != 0) {
        ended = wire_begin(port);
    }
}

static void look_after(void)
{
    for (size_t i = 0; i < daemon_count; i++) {
        daemons[i].cpu_after = time_of(daemons[i].clock);
    }
    samples = with_reference ? reference_count() : 0;
    wait_for_rest();
    if (with_reference) {
        reference = reference_end(samples);
    }
    if (port != 0) {
        wire_end();
    }
    for (size_t i = 0; i < daemon_count; i++) {
        daemons[i].cpu_rested = time_of(daemons[i].clock);
    }
}

int main(int count, char **arguments)
{
    int status = 0;
    size_t ran = 0;
    parse(count, arguments);
    look_before();
    uint64_t start = time_of(CLOCK_MONOTONIC);
    while (ran < command_count && status == 0) {
        run(&commands[ran]);
        status = status_of(&commands[ran++]);
    }
    uint64_t wall = time_of(CLOCK_MONOTONIC) - start;
    look_after();
    print_all(wall, ran);
    return status;
}
