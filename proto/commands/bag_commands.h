/* The address register: `kruispunt bag ...`, one command a file. */
#ifndef KP_PROTO_COMMANDS_BAG_COMMANDS_H
#define KP_PROTO_COMMANDS_BAG_COMMANDS_H

#include "proto/address/register_build.h"
#include "proto/command.h"
#include "proto/json.h"

extern const struct kp_command kp_command_bag_import, kp_command_bag_list, kp_command_bag_use,
    kp_command_bag_verify, kp_command_bag_export, kp_command_bag_remove;

/* yyyy-mm-dd or yyyymmdd; NULL: today. KP_USAGE: no such day. */
KP_MUST_USE enum kp_status kp_bag_date(uint32_t *date, const char *text, struct kp_error *error);

/* How far it is, on standard error: a bar that is drawn again and again on a terminal, else a line
 * now and then. */
struct kp_bag_bar {
    const char *what;
    uint64_t told_at; /* monotonic milliseconds */
    bool terminal, drawn;
    uint64_t last_done;
};
/* The result points to bar and lives as long. */
struct kp_register_progress kp_bag_bar_start(struct kp_bag_bar *bar);
/* Takes the bar off the terminal, before other text. */
void kp_bag_bar_clear(struct kp_bag_bar *bar);

/* Name, date, hash and counts. */
void kp_bag_print_info(const struct kp_register_info *info, bool current);
KP_MUST_USE bool kp_bag_json_info(cJSON *object, const struct kp_register_info *info);

#endif
