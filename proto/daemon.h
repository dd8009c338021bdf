/* What both daemons' main does: arguments, a hardened process, the loop, and an exit status. */
#ifndef KP_PROTO_DAEMON_H
#define KP_PROTO_DAEMON_H

#include "proto/error.h"
#include "proto/loop.h"

/* Runs the daemon until it is told to stop; KP_USAGE and other failures are printed. */
typedef enum kp_status kp_daemon_run(const char *config_path, struct kp_loop *loop,
                                     struct kp_error *error);

/* `PROGRAM --config FILE`, `--help`, `--version`. Exit status as enum kp_exit (proto/command.h). */
int kp_daemon_main(const char *program, int argc, char **argv, kp_daemon_run *run);

/* After the loop has ended: kp_closing_process (proto/closing.h). What must be on disk is. */
void kp_daemon_closing(void);

/* Starts the log with what a configuration says: level debug, info, warning, error; format text,
 * json. KP_USAGE: another word. Warns when the group's arithmetic is not what it should be
 * (kp_group_arithmetic). */
KP_MUST_USE enum kp_status kp_daemon_log(const char *program, const char *level, const char *format,
                                         struct kp_error *error);

#endif
