#include "proto/process.h"
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* In a child, because nothing of this can be undone. 0, or the number of the first thing amiss. */
static int harden_and_look(void)
{
    struct kp_error error = {0};
    if (kp_process_harden(&error) != KP_OK) {
        fprintf(stderr, "%s\n", error.text);
        return 1;
    }
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur != 0 || limit.rlim_max != 0) {
        return 2;
    }
    if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return 3;
    }
    if (umask(0) != 077) {
        return 4;
    }
    int ends[2];
    if (pipe(ends) != 0) {
        return 5;
    }
    close(ends[0]);
    if (write(ends[1], "x", 1) != -1) { /* would be killed by SIGPIPE */
        return 6;
    }
    return kp_process_harden(&error) == KP_OK ? 0 : 7; /* twice is no harm */
}

static void test_harden(void)
{
    fflush(NULL);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        _exit(harden_and_look());
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFEXITED(status));
    CU_ASSERT_EQUAL(WEXITSTATUS(status), 0);
}

/* A hardened process that crashes leaves no core file behind. */
static void test_no_core(void)
{
    fflush(NULL);
    pid_t child = fork();
    CU_ASSERT_FATAL(child >= 0);
    if (child == 0) {
        struct kp_error error;
        signal(SIGABRT, SIG_DFL);
        if (kp_process_harden(&error) == KP_OK) {
            raise(SIGABRT);
        }
        _exit(1);
    }
    int status = -1;
    CU_ASSERT_EQUAL(waitpid(child, &status, 0), child);
    CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    CU_ASSERT(!WCOREDUMP(status));
}

static const struct unit_test tests[] = {
    {"what is refused to the outside", test_harden},
    {"no core file", test_no_core},
};

UNIT_MAIN("process", tests)
