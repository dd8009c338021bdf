/* Reading a partner's file of signals: CSV (libcsv) with a header row.
 *
 * Header in any case and order, English or Dutch names, other columns ignored; UTF-8, a byte order
 * mark is accepted; ',' or ';' (found in the header row); quoted fields; CRLF or LF. A bad row
 * never stops the reading: it is reported with line, column and reason and left out. A quote that
 * is never closed makes only the record it stands in bad: a record that goes on over several lines
 * and is unclosed, misquoted or too long, has a line end in a column that is read, or another
 * number of fields than the header, is given up after its first line, and the reading goes on at
 * the next. */
#ifndef KP_NODE_SIGNAL_FILE_H
#define KP_NODE_SIGNAL_FILE_H

#include "node/signal.h"
#include "proto/error.h"

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

/* path "-" is standard input. Bounded memory, whatever the file. KP_REFUSED: no usable header, not
 * UTF-8 text at all; KP_USAGE: can't be opened. */
KP_MUST_USE enum kp_status kp_signal_file_read(const char *path,
                                               const struct kp_signal_file_reader *reader,
                                               struct kp_error *error);

#endif
