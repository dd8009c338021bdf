/* Secrets that two members exchanged by hand, for the end-to-end keys between them.
 *
 * X25519 falls to whoever has recorded the traffic and later has a quantum computer; a secret that
 * never went over a network does not (docs/security.md). Each officer draws one for each peer, and
 * brings the file to it. A pair's secret exists when both files are there, on both sides; hello 1
 * says with whom a member has one, so that nobody can take it away unnoticed.
 *
 * The files stand in one folder: "FROM+TO.key", in the form of proto/key_file.h. */
#ifndef KP_NODE_PAIRS_H
#define KP_NODE_PAIRS_H

#include "crypto/hash.h"
#include "proto/agreement.h"
#include "proto/error.h"
#include "proto/limits.h"

#include <stdint.h>

#define KP_PRESHARED_BYTES 32

/* In locked memory (kp_pairs_read). Of members without a secret the bytes are zero. */
struct kp_pairs {
    uint32_t mask; /* bit i - 1: there is a secret with member i */
    uint8_t secret[KP_MEMBERS_MAX][KP_PRESHARED_BYTES];
};

enum kp_pair_state {
    KP_PAIR_NONE,
    KP_PAIR_OWN_FILE,  /* drawn here; the peer's file hasn't come */
    KP_PAIR_PEER_FILE, /* the peer's came; nothing was drawn here */
    KP_PAIR_BOTH,
};

/* Where the file from one member to another stands. KP_USAGE: the path is too long. */
KP_MUST_USE enum kp_status kp_pairs_path(char path[static KP_PATH_MAX], const char *folder,
                                         const char *from, const char *to, struct kp_error *error);

/* What there is in the folder for member `own`; the caller frees *pairs with kp_secret_free.
 * `states` (may be NULL) gets one for each member. An empty folder name: there are none.
 * KP_REFUSED: a file is damaged or others can read it. Blocks: reads files. */
KP_MUST_USE enum kp_status kp_pairs_read(struct kp_pairs **pairs,
                                         enum kp_pair_state states[KP_MEMBERS_MAX],
                                         const char *folder, const struct kp_agreement *agreement,
                                         uint32_t own, struct kp_error *error);

/* Draws the own part for `peer` into its file, which mustn't be there yet. */
KP_MUST_USE enum kp_status kp_pairs_draw(const char *folder, const char *own, const char *peer,
                                         struct kp_error *error);

/* Twenty bits, as two officers compare them on the telephone: "d41-9c". Not secret. */
#define KP_PAIR_CHECK_TEXT 8
void kp_pairs_check_text(char text[static KP_PAIR_CHECK_TEXT],
                         const uint8_t secret[static KP_PRESHARED_BYTES]);

#endif
