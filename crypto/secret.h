/* Memory for what must not leave this process.
 *
 * Two kinds, because locked memory is scarce (`ulimit -l`):
 *   secret  keys and shares of keys: locked, with guard pages, never in a core file, never swapped;
 *   bulk    what there is one of per slot (blindings, sums, outputs): never in a core file.
 * Both start zeroed and are wiped when freed. Both pointers are owned by the caller. Neither is for
 * a process that forks afterwards: a child has no lock on secrets, and finds bulk zeroed.
 */
#ifndef KP_CRYPTO_SECRET_H
#define KP_CRYPTO_SECRET_H

#include "crypto/status.h"

#include <stddef.h>

/* Start libsodium and the group's arithmetic (kp_group_arithmetic), and let OpenSSL read its
 * configuration. Call once, before anything else of crypto/, from one thread. KP_FAILED: one of
 * them can't start, or no memory can be locked. */
KP_MUST_USE enum kp_status kp_crypto_start(void);

/* size bytes of locked memory; NULL when none can be had or the lock is refused. */
void *kp_secret_new(size_t size);
/* Wipes and frees; NULL is allowed. */
void kp_secret_free(void *secret);

/* size bytes (0 is allowed) of undumpable memory; NULL when none can be had. For any thread. */
void *kp_bulk_new(size_t size);
/* Wipes; NULL is allowed. Up to KP_BULK_KEPT bytes of what was wiped stay with the process, for
 * whoever asks for as much next: the system takes longer to give pages than to wipe them. */
void kp_bulk_free(void *bulk);
/* Gives the system back what was kept: when no more of a kind will be asked for. */
void kp_bulk_trim(void);
#ifndef KP_BULK_KEPT
#define KP_BULK_KEPT ((size_t)2 << 20)
#endif

/* Overwrites with zeros; the compiler can't remove it. */
void kp_wipe(void *memory, size_t size);

#endif
