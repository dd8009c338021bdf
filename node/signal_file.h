/* Reading a partner's file of signals: a table (proto/table/table.h) whose header has the fields of
 * a signal, by names of ours, familiar ones, or as is said (proto/table/columns.h); other columns
 * are ignored. A bad row never stops the reading: it is reported with line, column and reason and
 * left out. */
#ifndef KP_NODE_SIGNAL_FILE_H
#define KP_NODE_SIGNAL_FILE_H

#include "node/signal.h"
#include "proto/error.h"
#include "proto/table/table.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_signal_file_reader {
    void *context;
    /* A good row. Whatever it returns but KP_OK ends the reading with that status. */
    enum kp_status (*row)(void *context, uint64_t line, const struct kp_signal *signal,
                          struct kp_error *error);
    /* A bad row: line is where it begins (from 1), column the header's name or NULL for the whole
     * row. The reason never repeats a value. */
    enum kp_status (*bad)(void *context, uint64_t line, const char *column, const char *reason,
                          struct kp_error *error);
};

struct kp_resolver;
struct kp_put_aside;

/* Zero: everything is found out, and addresses have the plain form. */
struct kp_signal_file_options {
    struct kp_table_options table;
    const char *columns;          /* as kp_columns_find takes it, or NULL */
    struct kp_resolver *resolver; /* NULL: without a register, and by the built-in words */
    struct kp_put_aside *aside;   /* where rows go whose address isn't resolved; or NULL */
    bool quiet;                   /* nothing on standard error about how the file is read */
};

/* path "-" is standard input; options may be NULL. Bounded memory, whatever the file. KP_REFUSED:
 * no usable header, no table at all; KP_USAGE: can't be opened, or what was said about its columns
 * is wrong. */
KP_MUST_USE enum kp_status kp_signal_file_read(const char *path,
                                               const struct kp_signal_file_options *options,
                                               const struct kp_signal_file_reader *reader,
                                               struct kp_error *error);

#endif
