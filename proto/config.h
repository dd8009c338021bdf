/* INI configuration (inih): [section], key = value, # and ; begin a comment line.
 *
 * Every key must be known: a misspelt one is an error that names file, line and the nearest known
 * key. The readers below describe what they know in a table. Relative paths are taken from the
 * folder of the configuration file, so that a whole deployment can be moved. A comment is a line of
 * its own: behind a value, # and ; belong to the value. One thread at a time (inih has globals). */
#ifndef KP_PROTO_CONFIG_H
#define KP_PROTO_CONFIG_H

#include "proto/error.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_config_type {
    KP_CONFIG_TEXT,   /* char[KP_TITLE_MAX + 1] */
    KP_CONFIG_PATH,   /* char[KP_PATH_MAX], made absolute */
    KP_CONFIG_NUMBER, /* uint32_t, between least and most */
    KP_CONFIG_FLAG,   /* bool: yes, no, true, false */
    KP_CONFIG_DIGEST, /* uint8_t[32]: 64 hex digits */
};

struct kp_config_key {
    const char *section;
    const char *name;
    enum kp_config_type type;
    void *value; /* holds the default before, the value after */
    bool required;
    uint32_t least, most; /* of a KP_CONFIG_NUMBER */
};

/* At most 64 keys; none may be given without a value, or twice.
 * KP_USAGE: what is wrong, with file and line, or which required key is missing. */
KP_MUST_USE enum kp_status kp_config_read(const char *path, const struct kp_config_key *keys,
                                          size_t count, struct kp_error *error);

/* For files with sections that repeat, such as an agreement's draft: calls `each` for every pair,
 * in order, with its line number; `each` returns KP_OK or fills in the error. */
typedef enum kp_status kp_config_each(void *context, const char *section, const char *name,
                                      const char *value, unsigned line, struct kp_error *error);
KP_MUST_USE enum kp_status kp_config_walk(const char *path, kp_config_each *each, void *context,
                                          struct kp_error *error);

/* path, unless it is relative: then taken from the folder of the file `base`. "credential:NAME"
 * (proto/key_file.h) stays as it is. KP_USAGE: too long, or no such folder. */
KP_MUST_USE enum kp_status kp_config_path(char out[static KP_PATH_MAX], const char *base,
                                          const char *path, struct kp_error *error);

#endif
