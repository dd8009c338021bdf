#include "node/database.h"

enum kp_status kp_node_database_open(struct kp_store **store, const char *folder,
                                     const uint8_t key[static 32], struct kp_error *error)
{
    static const char *const tables[KP_NODE_TABLES] = {
        [KP_NODE_STATE] = "state",
        [KP_NODE_SIGNALS] = "signals",
        [KP_NODE_SLOTS] = "slots",
        [KP_NODE_RELEASE] = "release",
        [KP_NODE_LOG] = "log",
        [KP_NODE_LISTS] = "lists",
        [KP_NODE_PAPERS] = "papers",
        [KP_NODE_EVIDENCE] = "evidence",
        [KP_NODE_LETTERS_IN] = "letters_in",
        [KP_NODE_LETTERS_OUT] = "letters_out",
        [KP_NODE_CASES] = "cases",
        [KP_NODE_NOTED] = "noted",
        [KP_NODE_WITHDRAWN] = "withdrawn",
        [KP_NODE_CANARIES] = "canaries",
        [KP_NODE_AUDITS] = "audits",
        [KP_NODE_RECEIPTS] = "receipts",
    };
    return kp_store_open(store, folder, key, tables, KP_NODE_TABLES, error);
}
