/* Signals told apart without showing them: a mark is a keyed digest over all that a file says about
 * a signal, under a key that lives as long as one command. `node import --replace` compares what a
 * file has with what the node has by these, so that nothing that is kept is shown for it. */
#ifndef KP_NODE_SIGNAL_MARKS_H
#define KP_NODE_SIGNAL_MARKS_H

#include "node/signal.h"
#include "proto/control.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void kp_signal_mark(uint8_t mark[static KP_CONTROL_MARK_BYTES],
                    const uint8_t key[static KP_CONTROL_MARK_KEY_BYTES],
                    const struct kp_signal *signal);

/* A set of marks, in bulk memory. Zero-initialise; freed with kp_signal_marks_free. It is made of
 * parts that grow by an eighth each when three quarters are taken: so a mark costs 22 to 24 bytes,
 * also while one of them is made anew. */
#define KP_SIGNAL_MARKS_PARTS 64u
struct kp_signal_marks {
    struct kp_signal_marks_part {
        uint8_t *places; /* a hash table; zeros: free */
        size_t count;
        size_t capacity;
    } parts[KP_SIGNAL_MARKS_PARTS];
    size_t count; /* of all */
};
/* *added: it wasn't there. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_signal_marks_add(struct kp_signal_marks *marks,
                                               const uint8_t mark[static KP_CONTROL_MARK_BYTES],
                                               bool *added, struct kp_error *error);
bool kp_signal_marks_has(const struct kp_signal_marks *marks,
                         const uint8_t mark[static KP_CONTROL_MARK_BYTES]);
void kp_signal_marks_free(struct kp_signal_marks *marks);

#endif
