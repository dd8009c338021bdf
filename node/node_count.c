/* What a round of counts says to a member. */
#include "node/node_internal.h"
#include "proto/count.h"

#include <stdio.h>

void kp_node_take_bucket(struct kp_node *node, const struct kp_round_message *message)
{
    struct kp_complete complete;
    struct kp_error error = {0};
    char text[96];
    if (kp_agreement_round_type(node->agreement, node->state.counter) != KP_ROUND_COUNT) {
        return;
    }
    if (kp_complete_unpack(&complete, &message->body, &error) != KP_OK || complete.bucket == 0) {
        kp_node_log(node, KP_LOG_WARNING, "take count", "refused", "coordinator",
                    error.text[0] != '\0' ? error.text : "COMPLETE says no class");
        return;
    }
    node->state.bucket = complete.bucket;
    (void)snprintf(text, sizeof(text), "%s matched addresses in the whole area",
                   kp_count_bucket_text(complete.bucket));
    kp_node_log(node, KP_LOG_INFO, "take count", "done", "coordinator", text);
}
