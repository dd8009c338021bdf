/* Numbers that stand for parties and for kinds of rounds, everywhere the same. */
#ifndef KP_PROTO_PARTY_H
#define KP_PROTO_PARTY_H

/* Members have their number in the agreement, 1 to 32. */
#define KP_PARTY_COORDINATOR 0u
#define KP_PARTY_OPENER 253u /* the second holder of an opening key; no round message is of it */
#define KP_PARTY_LEADER 254u /* the project leader; no round message is of it */
#define KP_PARTY_ALL 255u    /* as a recipient only */

enum kp_round_type {
    KP_ROUND_MATCH = 1,
    KP_ROUND_COUNT = 2, /* says only in which bucket the number of matches falls */
};

#endif
