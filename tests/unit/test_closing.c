/* A process, and a command's connection, of which NNG's closing never ends. Linked with --wrap for
 * nng_close, which here can be made to wait. */
#include "proto/closing.h"
#include "proto/control.h"
#include "proto/control_client.h"
#include "tests/unit/scratch.h"
#include "tests/unit/unit.h"

#include <nng/nng.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 60000

static atomic_bool armed; /* the next nng_close waits */
static atomic_bool closed;
static sem_t go_on;

int __real_nng_close(nng_socket socket);
int __wrap_nng_close(nng_socket socket);

int __wrap_nng_close(nng_socket socket)
{
    bool waits = atomic_exchange(&armed, false);
    if (waits) {
        sem_wait(&go_on);
    }
    int rv = __real_nng_close(socket);
    if (waits) {
        atomic_store(&closed, true);
    }
    return rv;
}

static bool took_its_time(uint64_t began)
{
    uint64_t took = kp_loop_now() - began;
    return took >= (KP_CLOSING_SECONDS - 1) * 1000 && took < PATIENCE_MS;
}

/* First of all, because NNG doesn't live on in a child. */
static void test_process(void)
{
    uint64_t began = kp_loop_now();
    pid_t child = fork();
    if (child == 0) {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_BLOCK, &all, NULL);
        kp_closing_process(7);
        for (;;) {
            pause();
        }
    }
    int status = 0;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    CU_ASSERT(took_its_time(began));
}

/* A daemon's control socket. */
struct daemon {
    char path[256];
    struct kp_loop *loop;
    struct kp_server *server;
    pthread_t thread;
};

static void refuse(void *context, struct kp_request *request)
{
    (void)context;
    struct kp_control_response response = {.kind = KP_CONTROL_REFUSAL};
    struct kp_buffer packed = {0};
    struct kp_error error = {0};
    (void)kp_fail(&response.refusal, KP_REFUSED, "this is the answer");
    CU_ASSERT_EQUAL(kp_control_response_pack(&response, &packed, &error), KP_OK);
    kp_request_answer(request, packed.data, packed.size);
    kp_buffer_free(&packed);
}

static void *run(void *context)
{
    struct daemon *daemon = context;
    const struct kp_loop_hooks hooks = {0};
    kp_loop_run(daemon->loop, &hooks);
    kp_server_close(daemon->server);
    kp_loop_free(daemon->loop);
    return NULL;
}

static void start(struct daemon *daemon)
{
    char url[300];
    struct kp_error error = {0};
    const struct kp_server_handler handler = {.serve = refuse};
    snprintf(daemon->path, sizeof(daemon->path), "%s", scratch("control"));
    snprintf(url, sizeof(url), "ipc://%s", daemon->path);
    CU_ASSERT_FATAL(kp_loop_new(&daemon->loop, &error) == KP_OK);
    CU_ASSERT_FATAL(kp_server_open(&daemon->server, daemon->loop, url, NULL, &handler, &error) ==
                    KP_OK);
    CU_ASSERT_FATAL(pthread_create(&daemon->thread, NULL, run, daemon) == 0);
}

static void stop(struct daemon *daemon)
{
    kp_loop_stop(daemon->loop);
    pthread_join(daemon->thread, NULL);
}

static void ask(const struct daemon *daemon)
{
    const struct kp_control_request request = {.kind = KP_CONTROL_STATUS};
    struct kp_control_response response;
    struct kp_error error = {0};
    CU_ASSERT_EQUAL(
        kp_control_ask(daemon->path, &request, KP_CONTROL_NODE_STATUS, &response, &error),
        KP_REFUSED);
    CU_ASSERT_STRING_EQUAL(error.text, "this is the answer");
}

/* The command has its answer, and goes on with it. */
static void test_command(void)
{
    struct daemon daemon = {0};
    start(&daemon);
    sem_init(&go_on, 0, 0);
    uint64_t began = kp_loop_now();
    ask(&daemon);
    CU_ASSERT(kp_loop_now() - began < (KP_CLOSING_SECONDS - 1) * 1000);

    began = kp_loop_now();
    atomic_store(&armed, true);
    ask(&daemon);
    CU_ASSERT(took_its_time(began));
    CU_ASSERT(!atomic_load(&closed));
    ask(&daemon); /* and it can ask more */

    sem_post(&go_on);
    for (int i = 0; i < 1000 && !atomic_load(&closed); i++) {
        usleep(10000);
    }
    CU_ASSERT(atomic_load(&closed));
    kp_closing_client(NULL);
    stop(&daemon);
}

static const struct unit_test tests[] = {
    {"a process that doesn't end by itself", test_process},
    {"a command whose connection isn't closed", test_command},
};

UNIT_MAIN("closing", tests)
