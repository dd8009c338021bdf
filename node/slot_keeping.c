#include "node/slot_keeping.h"

#include "crypto/secret.h"

void kp_slot_keeping_free(struct kp_slot_keeping *keeping)
{
    kp_slot_list_free(&keeping->slots);
    kp_bulk_free(keeping->made);
    kp_wipe(keeping, sizeof(*keeping));
}
