#include "node/outbox.h"

#include <stdlib.h>
#include <string.h>

enum kp_status kp_outbox_push(struct kp_outbox *outbox, struct kp_buffer *packed)
{
    struct kp_outbox_message *message = calloc(1, sizeof(*message));
    if (message == NULL) {
        kp_buffer_free(packed);
        return KP_FAILED;
    }
    message->packed = *packed;
    memset(packed, 0, sizeof(*packed));
    outbox->bytes += message->packed.size;
    if (outbox->last != NULL) {
        outbox->last->next = message;
    } else {
        outbox->first = message;
    }
    outbox->last = message;
    return KP_OK;
}

const struct kp_buffer *kp_outbox_first(const struct kp_outbox *outbox)
{
    return outbox->first != NULL ? &outbox->first->packed : NULL;
}

void kp_outbox_pop(struct kp_outbox *outbox)
{
    struct kp_outbox_message *message = outbox->first;
    outbox->first = message->next;
    if (outbox->first == NULL) {
        outbox->last = NULL;
    }
    outbox->bytes -= message->packed.size;
    kp_buffer_free(&message->packed);
    free(message);
}

void kp_outbox_clear(struct kp_outbox *outbox)
{
    while (outbox->first != NULL) {
        kp_outbox_pop(outbox);
    }
}
