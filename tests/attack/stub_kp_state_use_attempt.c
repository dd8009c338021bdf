/* A check that answers beside its status: here every attempt's id is a new one. */
#include "node/state.h"

enum kp_status __real_kp_state_use_attempt(struct kp_txn *txn, const uint8_t *lineage,
                                           const uint8_t *attempt, bool *fresh,
                                           struct kp_error *error);
enum kp_status __wrap_kp_state_use_attempt(struct kp_txn *txn, const uint8_t *lineage,
                                           const uint8_t *attempt, bool *fresh,
                                           struct kp_error *error);

enum kp_status __wrap_kp_state_use_attempt(struct kp_txn *txn, const uint8_t *lineage,
                                           const uint8_t *attempt, bool *fresh,
                                           struct kp_error *error)
{
    enum kp_status status = __real_kp_state_use_attempt(txn, lineage, attempt, fresh, error);
    *fresh = status == KP_OK;
    return status;
}
