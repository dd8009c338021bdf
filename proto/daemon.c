#include "proto/daemon.h"

#include "crypto/group.h"
#include "proto/closing.h"
#include "proto/command.h"
#include "proto/log.h"
#include "proto/process.h"

#include <stdio.h>
#include <string.h>

static void print_usage(FILE *out, const char *program)
{
    fprintf(out,
            "usage: %s --config FILE\n"
            "\n"
            "Runs in the foreground and logs to standard error until SIGTERM or SIGINT.\n"
            "  --config FILE  the configuration (INI); README.md describes it\n"
            "  --help         prints this\n"
            "  --version      prints the version\n",
            program);
}

void kp_daemon_closing(void)
{
    kp_closing_process(KP_EXIT_DONE);
}

static int run_daemon(const char *program, const char *config_path, kp_daemon_run *run)
{
    struct kp_error error = {0};
    struct kp_loop *loop = NULL;
    enum kp_status status = kp_process_harden(&error);
    if (status == KP_OK) {
        status = kp_loop_new(&loop, &error);
    }
    if (status == KP_OK) {
        status = run(config_path, loop, &error);
    }
    kp_loop_free(loop);
    if (status != KP_OK) {
        fprintf(stderr, "%s: %s\n", program, error.text);
    }
    return status == KP_OK ? KP_EXIT_DONE : status == KP_USAGE ? KP_EXIT_USAGE : KP_EXIT_REFUSED;
}

int kp_daemon_main(const char *program, int argc, char **argv, kp_daemon_run *run)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        print_usage(stdout, program);
        return KP_EXIT_DONE;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        printf("%s %s\n", program, KP_VERSION);
        return KP_EXIT_DONE;
    }
    if (argc == 3 && strcmp(argv[1], "--config") == 0) {
        return run_daemon(program, argv[2], run);
    }
    print_usage(stderr, program);
    return KP_EXIT_USAGE;
}

/* Where it is another, libsodium does the work, several times slower, and a round is right all the
 * same. */
static void log_arithmetic(void)
{
    static const struct kp_log_event started = {
        .action = "start arithmetic", .result = "done", .origin = "itself"};
    static const struct kp_log_event failed = {
        .action = "start arithmetic", .result = "failed", .origin = "itself"};
    enum kp_arithmetic arithmetic = kp_group_arithmetic();
    if (arithmetic != KP_ARITHMETIC_DIFFERENT) {
        kp_log(KP_LOG_DEBUG, &started, "%s", kp_arithmetic_name(arithmetic));
    } else {
        kp_log(KP_LOG_WARNING, &failed,
               "this processor's vector arithmetic gave another result than libsodium's, which is "
               "used instead; have the machine checked");
    }
}

enum kp_status kp_daemon_log(const char *program, const char *level, const char *format,
                             struct kp_error *error)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    bool json = strcmp(format, "json") == 0;
    if (!json && strcmp(format, "text") != 0) {
        return kp_fail(error, KP_USAGE, "[log] format = %s: must be text or json", format);
    }
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (strcmp(level, levels[i]) == 0) {
            kp_log_start(program, (enum kp_log_level)i, json);
            log_arithmetic();
            return KP_OK;
        }
    }
    return kp_fail(error, KP_USAGE, "[log] level = %s: must be debug, info, warning or error",
                   level);
}
