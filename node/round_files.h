/* What an attempt spills: the files of its folder of sealed pieces (proto/pieces.h). The key to
 * them is in the node's memory only, and goes with the attempt. */
#ifndef KP_NODE_ROUND_FILES_H
#define KP_NODE_ROUND_FILES_H

enum kp_round_file {
    KP_ROUND_FILE_SLOTS,       /* the own list (node/slot_list.h) */
    KP_ROUND_FILE_MADE,        /* what came out for each slot (node/slot_keeping.h) */
    KP_ROUND_FILE_POINTS,      /* of others' lists, chunks as they came */
    KP_ROUND_FILE_EVALUATIONS, /* of the own list: points and proofs; of the own key without proofs
                                */
    KP_ROUND_FILE_LEAVES,      /* digests of the own leaves, by chunk of the list */
    KP_ROUND_FILES,
};

#endif
