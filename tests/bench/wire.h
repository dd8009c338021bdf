/* Bytes that TCP carried on the connections to one listener of this machine, as the system counts
 * them. What fails ends the program. One thread. */
#ifndef KP_BENCH_WIRE_H
#define KP_BENCH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From here on, on this port. Returns a descriptor that is readable when a connection has ended,
 * for wire_take_closed; it belongs to wire.c. */
int wire_begin(unsigned long port);
/* Takes note of connections that have ended. Doesn't block. */
void wire_take_closed(void);
/* Up to here. */
void wire_end(void);

struct wire_sum {
    size_t connections;
    uint64_t in; /* to the listener */
    uint64_t out;
};
/* After wire_end: of the connections that were there from begin to end, or of the others. */
struct wire_sum wire_sum(bool standing);

#endif
