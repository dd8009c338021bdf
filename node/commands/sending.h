/* A file of signals on its way to the daemon, batch by batch: to be imported, withdrawn, or to take
 * the place of all that is there. */
#ifndef KP_NODE_COMMANDS_SENDING_H
#define KP_NODE_COMMANDS_SENDING_H

#include "node/commands/node_place.h"
#include "node/signal_file.h"
#include "node/signal_marks.h"
#include "proto/control.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

struct kp_sending {
    const struct kp_node_place *place;
    struct kp_signal_file_options reading;
    bool withdraw;   /* out of the database, and not in */
    bool replace;    /* afterwards what isn't in the file is withdrawn */
    bool strict;     /* nothing is changed when a row is bad */
    bool except_bad; /* replace all the same: bad rows are none */
    bool dry_run;    /* the daemon says what it would do, and does nothing */

    cJSON *bad_rows; /* NULL: they go to standard error */

    uint64_t read; /* rows, good and bad */
    uint64_t bad;
    struct kp_import_done done; /* sums; its refused signals are among the bad rows */
    uint64_t withdrawn;         /* replace: what wasn't in the file */
    bool unchanged;             /* bad rows kept everything as it was */

    /* of sending.c */
    struct kp_control_request request;
    uint64_t *lines; /* of the signals in the request */
    struct kp_signal_marks marks;
    uint8_t mark_key[KP_CONTROL_MARK_KEY_BYTES];
    bool trying;     /* nothing may change yet */
    bool check_only; /* nothing is sent */
    bool again;      /* the file is read once more: what was bad was said */
    bool no_bad;     /* the file was checked: a bad row means that it changed */
    bool complete;   /* false: no memory for the JSON object */
};

/* path "-" is standard input. The caller has set what stands first; everything else is zero. Freed
 * with kp_sending_free whatever the result. Safe to repeat after it was broken off: what is there
 * already isn't added twice. */
KP_MUST_USE enum kp_status kp_sending_run(struct kp_sending *sending, const char *path,
                                          struct kp_error *error);
void kp_sending_free(struct kp_sending *sending);

#endif
