/* Linked with --wrap=SYMBOL for each function below, so that NNG's own calls of it come here, and
 * __real_SYMBOL is NNG's. That needs libnng.a: inside the shared library calls can't be wrapped,
 * and linking with it fails for want of the __real_ symbols.
 *
 * 1. A message goes through a stream in several operations. When a connection is closed between two
 *    of them, NNG 1.5.2 starts the next on an operation that was stopped, and that is ignored
 * without a word: whoever waits for its end waits for ever. That is NNG's only thread that takes
 *    connections apart, so that from then on none in the process is taken apart, or dialled again,
 *    and nng_close never returns. Here such an operation ends with an error, as it does from NNG 2
 * on.
 * 2. When a connection has gone before the first bytes were sent on it, sendmsg says EPIPE, NNG
 * takes that for "closed by ourselves", and its listener never accepts again: anybody could do
 * that, by connecting and closing. ECONNRESET it bears.
 *
 * Beside these, one thing that is no fault: NNG starts two threads for each processor to run
 * callbacks on. Ours do next to nothing but wake the loop; each thread has a heap of its own, and
 * fights with the others over a lock. So NNG is told of one processor, and starts two. */
#include "proto/nng_repair.h"

#include <errno.h>
#include <nng/nng.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#define MADE_FOR "1.5.2"

struct nni_pipe;

int __real_nni_aio_begin(nng_aio *operation);
void __real_nng_stream_send(nng_stream *stream, nng_aio *operation);
void __real_nng_stream_recv(nng_stream *stream, nng_aio *operation);
void __real_nni_pipe_send(struct nni_pipe *pipe, nng_aio *operation);
ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);

int __wrap_nni_plat_ncpu(void);
int __wrap_nni_aio_begin(nng_aio *operation);
void __wrap_nng_stream_send(nng_stream *stream, nng_aio *operation);
void __wrap_nng_stream_recv(nng_stream *stream, nng_aio *operation);
void __wrap_nni_pipe_send(struct nni_pipe *pipe, nng_aio *operation);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

int __wrap_nni_plat_ncpu(void)
{
    return 1;
}

/* The operation that was last found stopped, on this thread. */
static _Thread_local const nng_aio *stopped;

int __wrap_nni_aio_begin(nng_aio *operation)
{
    int refused = __real_nni_aio_begin(operation);
    if (refused != 0) {
        stopped = operation;
    }
    return refused;
}

/* After a call that was to begin the operation: ends it, if it was not begun. */
static void end_if_stopped(nng_aio *operation)
{
    if (stopped == operation) {
        stopped = NULL;
        /* Not "closed" or "cancelled", which would stop a listener (see 2). */
        nng_aio_finish(operation, NNG_ECONNRESET);
    }
}

void __wrap_nng_stream_send(nng_stream *stream, nng_aio *operation)
{
    stopped = NULL;
    __real_nng_stream_send(stream, operation);
    end_if_stopped(operation);
}

void __wrap_nng_stream_recv(nng_stream *stream, nng_aio *operation)
{
    stopped = NULL;
    __real_nng_stream_recv(stream, operation);
    end_if_stopped(operation);
}

/* Here only the message would be lost: its end is where it is freed. */
void __wrap_nni_pipe_send(struct nni_pipe *pipe, nng_aio *operation)
{
    stopped = NULL;
    __real_nni_pipe_send(pipe, operation);
    end_if_stopped(operation);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t sent = __real_sendmsg(fd, message, flags);
    if (sent < 0 && errno == EPIPE) {
        errno = ECONNRESET;
    }
    return sent;
}

enum kp_status kp_nng_check(struct kp_error *error)
{
    return strcmp(nng_version(), MADE_FOR) == 0
               ? KP_OK
               : kp_fail(error, KP_FAILED, "this is NNG %s; the repairs were made for " MADE_FOR,
                         nng_version());
}
