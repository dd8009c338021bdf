#include "coordinator/database.h"

enum kp_status kp_coordinator_database_open(struct kp_store **store, const char *folder,
                                            const uint8_t key[static 32], struct kp_error *error)
{
    static const char *const tables[KP_COORDINATOR_TABLES] = {
        [KP_COORDINATOR_STATE] = "state",
        [KP_COORDINATOR_MAILBOXES] = "mailboxes",
        [KP_COORDINATOR_MAIL] = "mail",
        [KP_COORDINATOR_RESULTS] = "results",
        [KP_COORDINATOR_LOG] = "log",
        [KP_COORDINATOR_PAPERS] = "papers",
        [KP_COORDINATOR_STARTS] = "starts",
        [KP_COORDINATOR_LETTERS] = "letters",
        [KP_COORDINATOR_LETTER_INDEX] = "letter_index",
        [KP_COORDINATOR_VERDICTS] = "verdicts",
    };
    return kp_store_open(store, folder, key, tables, KP_COORDINATOR_TABLES, error);
}
