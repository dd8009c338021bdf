/* Messages that wait to be put at the coordinator, in order. In memory only: what must outlive the
 * process is made again from what is on disk. */
#ifndef KP_NODE_OUTBOX_H
#define KP_NODE_OUTBOX_H

#include "proto/buffer.h"

#include <stddef.h>

struct kp_outbox_message {
    struct kp_outbox_message *next;
    struct kp_buffer packed;
};

/* Zero-initialise. */
struct kp_outbox {
    struct kp_outbox_message *first;
    struct kp_outbox_message *last;
    size_t bytes; /* of all that waits */
};

/* Takes what is in `packed`, also when it fails. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_outbox_push(struct kp_outbox *outbox, struct kp_buffer *packed);
/* NULL: there is none. The message stays until kp_outbox_pop. */
const struct kp_buffer *kp_outbox_first(const struct kp_outbox *outbox);
void kp_outbox_pop(struct kp_outbox *outbox);
void kp_outbox_clear(struct kp_outbox *outbox);

#endif
