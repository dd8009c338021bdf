/* The node's configuration file, for the daemon and for the commands that speak with it. */
#ifndef KP_NODE_NODE_CONFIG_H
#define KP_NODE_NODE_CONFIG_H

#include "proto/config.h"
#include "proto/error.h"
#include "proto/tls.h"

#include <stdbool.h>
#include <stdint.h>

/* Fields that [columns] can name: those of kp_address_fields and of a signal, in their order. */
#define KP_NODE_COLUMNS 13

struct kp_node_config {
    char name[KP_TITLE_MAX + 1]; /* the member's short name in the agreement */
    char agreement[KP_PATH_MAX];
    uint8_t agreement_hash[32]; /* of the first version */
    bool test_mode;
    char data[KP_PATH_MAX];
    char identity_key[KP_PATH_MAX]; /* of the keys: a file, or "credential:NAME" */
    char box_key[KP_PATH_MAX];
    char store_key[KP_PATH_MAX];
    char pairs[KP_PATH_MAX];   /* folder of the secrets exchanged by hand; empty: none */
    char control[KP_PATH_MAX]; /* path of the socket */
    char bag[KP_PATH_MAX];     /* folder of address registers, and file of words: for the command */
    char words[KP_PATH_MAX];   /* line, which alone opens them; empty: the usual ones */
    char columns[KP_NODE_COLUMNS]
                [KP_TITLE_MAX + 1]; /* of a partner's files, likewise; empty: found */
    char url[KP_TITLE_MAX + 1];
    char server_name[KP_TITLE_MAX + 1];
    struct kp_tls_files tls;
    uint32_t
        longest_silence_seconds; /* then an attempt is ended here, whatever the coordinator does */
    uint32_t threads;            /* that compute; 0: one for each processor */
    char log_level[KP_TITLE_MAX + 1];
    char log_format[KP_TITLE_MAX + 1];
};

/* KP_USAGE says what is wrong, with file and line. */
KP_MUST_USE enum kp_status kp_node_config_read(struct kp_node_config *config, const char *path,
                                               struct kp_error *error);

/* [columns] as --columns has it (proto/table/columns.h): NAME="COLUMN",... */
#define KP_NODE_COLUMNS_TEXT (KP_NODE_COLUMNS * (2 * KP_TITLE_MAX + 24))
void kp_node_config_columns(char out[static KP_NODE_COLUMNS_TEXT],
                            const struct kp_node_config *config);

#endif
