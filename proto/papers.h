/* The dossier of a program (proto/dossier.h) in its database, and how two programs give each other
 * what they lack. What came is on disk before it counts. */
#ifndef KP_PROTO_PAPERS_H
#define KP_PROTO_PAPERS_H

#include "proto/audit_log.h"
#include "proto/control.h"
#include "proto/dossier.h"
#include "proto/store.h"
#include "proto/wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_papers;

/* All borrowed, for as long as the papers are open. */
struct kp_papers_settings {
    struct kp_store *store;
    size_t table;          /* of the store, for nothing else */
    const char *agreement; /* file with the first version */
    const uint8_t *pinned; /* its hash */
    bool test_mode;
    const struct kp_audit_signer *signer; /* of the log; NULL: there is none */
};

/* Reads the first version and all papers of its lineage, and the version that counted before.
 * KP_REFUSED: another hash, test numbers without test mode or the other way round, or papers in the
 * database that don't fit. */
KP_MUST_USE enum kp_status kp_papers_open(struct kp_papers **papers,
                                          const struct kp_papers_settings *settings,
                                          struct kp_error *error);
void kp_papers_close(struct kp_papers *papers); /* NULL is allowed; frees every version */
const struct kp_dossier *kp_papers_dossier(const struct kp_papers *papers);

/* Adds papers, moves on to a later version where one comes into force, and writes all that down.
 * shared: they come from another program, not from a person here. *added: how many are new.
 * KP_REFUSED: one could not be added; the others are there. KP_FAILED: not written, so nothing is
 * in force until kp_papers_tick could. */
KP_MUST_USE enum kp_status kp_papers_take(struct kp_papers *papers, const struct kp_batch *batch,
                                          bool shared, size_t *added, struct kp_error *error);
/* Now and then: writes what couldn't be written, and tells the log that what was in force isn't any
 * more, or is. */
void kp_papers_tick(struct kp_papers *papers);
/* kp_dossier_in_force at this moment; kp_dossier_in_force_for_round. */
KP_MUST_USE enum kp_status kp_papers_in_force(const struct kp_papers *papers,
                                              const struct kp_agreement **agreement,
                                              struct kp_error *error);
KP_MUST_USE enum kp_status kp_papers_in_force_for_round(const struct kp_papers *papers,
                                                        uint64_t counter,
                                                        const struct kp_agreement **agreement,
                                                        struct kp_error *error);

/* A page of an export of all papers; asked->after counts those that were given. */
KP_MUST_USE enum kp_status kp_papers_serve(const struct kp_dossier *dossier,
                                           const struct kp_export_request *asked,
                                           struct kp_export_page *page, struct kp_error *error);

/* ---- Sharing (wire: SHARE and SHARED) ---- */

/* The digests of all papers, one behind the other. KP_FAILED: no memory. */
KP_MUST_USE enum kp_status kp_papers_digests(const struct kp_dossier *dossier,
                                             struct kp_buffer *out);
/* Those of the digests that aren't here. */
KP_MUST_USE enum kp_status kp_papers_lacking(const struct kp_dossier *dossier,
                                             const struct kp_buffer *digests,
                                             struct kp_buffer *out);
/* As many as fit together of the papers that `there` doesn't name; a version comes with all
 * decisions about it. */
KP_MUST_USE enum kp_status kp_papers_missing(const struct kp_dossier *dossier,
                                             const struct kp_buffer *there, struct kp_batch *out);
/* As many as fit together of the papers that `wanted` names; likewise. */
KP_MUST_USE enum kp_status kp_papers_wanted(const struct kp_dossier *dossier,
                                            const struct kp_buffer *wanted, struct kp_batch *out);
/* Adds them as another program's (kp_dossier_add_shared), and nothing more: for who has no store.
 */
KP_MUST_USE enum kp_status kp_papers_add(struct kp_dossier *dossier, const struct kp_batch *batch,
                                         bool shared, size_t *added, struct kp_error *error);

#endif
