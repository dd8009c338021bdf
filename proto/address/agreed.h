/* What an agreement's keys are made with: its register, its table of words, and what resolves by
 * these. Refused is whatever isn't the agreement's own.
 *
 * All of it reads files and waits for them. */
#ifndef KP_PROTO_ADDRESS_AGREED_H
#define KP_PROTO_ADDRESS_AGREED_H

#include "proto/address/register.h"
#include "proto/address/resolve.h"
#include "proto/address/words.h"
#include "proto/agreement.h"

/* Closed with kp_agreed_close, also when it is all zeros. */
struct kp_agreed {
    struct kp_canonicalisation made_by;
    struct kp_register *reg; /* NULL with scheme text */
    struct kp_words *words;
    struct kp_resolver *resolver;
};

/* bag, words: the folder of registers and the file of words; NULL or "": the usual ones.
 * KP_REFUSED: the register isn't there, or the words are others; texts say date and hash and what
 * to do. */
KP_MUST_USE enum kp_status kp_agreed_open(struct kp_agreed *out,
                                          const struct kp_canonicalisation *agreed, const char *bag,
                                          const char *words, struct kp_error *error);
/* Without any agreement: the current register of `bag`, or the plain form when that is NULL or "".
 */
KP_MUST_USE enum kp_status kp_agreed_open_any(struct kp_agreed *out, const char *bag,
                                              const char *words, struct kp_error *error);
void kp_agreed_close(struct kp_agreed *agreed);

/* Only the register, for what objects' addresses are. *reg is NULL with scheme text, and when no
 * folder is given and the usual one hasn't got it. The caller closes it. */
KP_MUST_USE enum kp_status kp_agreed_register(struct kp_register **reg,
                                              const struct kp_canonicalisation *agreed,
                                              const char *bag, struct kp_error *error);

#endif
