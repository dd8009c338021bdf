/* All papers of one lineage: the versions of its agreement and what each member's officer decided
 * about them. Papers go from hand to hand and from program to program; each program judges for
 * itself, by its own dossier, whether anything may be processed. No I/O and no clock.
 *
 * The rules, each a function of its own in proto/dossier_check.c:
 *   - a version comes after the one that it names, and changes nothing that is fixed;
 *   - a decision is signed by the member's officer, as the version before this one names them;
 *   - a version comes into force when it is complete for the law, all members have accepted it,
 * none has refused it, and all did so before the end of the one before it;
 *   - it stays so until its end, or until one member revokes any version: that stops the lineage
 * for good, in whatever order papers come;
 *   - a version that was followed never comes back, nor does another one in its place. */
#ifndef KP_PROTO_DOSSIER_H
#define KP_PROTO_DOSSIER_H

#include "proto/agreement.h"
#include "proto/decision.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kp_dossier;

/* One paper; borrowed from the dossier, good until that changes or is freed. */
struct kp_paper {
    uint8_t digest[KP_DIGEST_BYTES]; /* an agreement's hash, or kp_decision_digest */
    const uint8_t *bytes;            /* canonical */
    size_t size;
    const struct kp_agreement *agreement; /* the version; or the one that was decided about */
    const struct kp_decision *decision;   /* NULL: the paper is the agreement itself */
};

/* With the first version, which no paper can replace; pinned: its hash as configured, or NULL. The
 * caller frees. KP_REFUSED: not version 1, or another hash, or what kp_agreement_parse refuses. */
KP_MUST_USE enum kp_status kp_dossier_new(struct kp_dossier **dossier, const uint8_t *bytes,
                                          size_t size, const uint8_t *pinned,
                                          struct kp_error *error);
void kp_dossier_free(struct kp_dossier *dossier); /* NULL is allowed */

/* Adds a paper that a person gave, or that was in the own store. *added: it is new; false when it,
 * or an earlier decision of the same kind by the same member, was there already. Nothing changes
 * about which version counts (kp_dossier_settle). KP_REFUSED: not of this lineage, a successor of
 * nothing that is known, changes what is fixed, not signed by the officer, or more than
 * KP_DOSSIER_VERSIONS_MAX versions. */
KP_MUST_USE enum kp_status kp_dossier_add(struct kp_dossier *dossier, const uint8_t *bytes,
                                          size_t size, bool *added, struct kp_error *error);
/* The same for several papers in any order, such as those of a store or those that a person gave
 * together: each is added when what it needs is there. *added: how many are new. KP_REFUSED: the
 * first that couldn't be added; the others are there all the same. */
struct kp_paper_bytes {
    const uint8_t *data;
    size_t size;
};
KP_MUST_USE enum kp_status kp_dossier_add_all(struct kp_dossier *dossier,
                                              const struct kp_paper_bytes *papers, size_t count,
                                              size_t *added, struct kp_error *error);
/* Papers from another program, which may be anybody's. A version is taken only when it follows one
 * that all have accepted (or the first), and with a decision about it by an officer who has no
 * other open one there, so that nobody else can fill the room for versions. */
KP_MUST_USE enum kp_status kp_dossier_add_shared(struct kp_dossier *dossier,
                                                 const struct kp_paper_bytes *papers, size_t count,
                                                 size_t *added, struct kp_error *error);

/* In order of arrival; paper 0 is the first version. NULL: there is none. */
size_t kp_dossier_count(const struct kp_dossier *dossier);
const struct kp_paper *kp_dossier_paper(const struct kp_dossier *dossier, size_t index);
const struct kp_paper *kp_dossier_find(const struct kp_dossier *dossier,
                                       const uint8_t digest[static KP_DIGEST_BYTES]);
/* What a member decided about a version; NULL: no such decision. */
const struct kp_decision *kp_dossier_decision(const struct kp_dossier *dossier,
                                              const struct kp_agreement *version, uint32_t member,
                                              enum kp_decision_kind kind);
/* The version with this hash, or that comes just before `version`; NULL: none. */
const struct kp_agreement *kp_dossier_version(const struct kp_dossier *dossier,
                                              const uint8_t hash[static KP_DIGEST_BYTES]);
const struct kp_agreement *kp_dossier_before(const struct kp_dossier *dossier,
                                             const struct kp_agreement *version);

/* The version that counts: the first one until a later one came into force. It is in force itself
 * only if kp_dossier_in_force says so. Those that are or were in force are this one and what
 * kp_dossier_before gives from it. */
const struct kp_agreement *kp_dossier_current(const struct kp_dossier *dossier);
/* After a restart: this version counted before. KP_REFUSED: it isn't among the papers. */
KP_MUST_USE enum kp_status kp_dossier_resume(struct kp_dossier *dossier,
                                             const uint8_t hash[static KP_DIGEST_BYTES],
                                             struct kp_error *error);
/* Moves on to a later version where one may come into force at `now` (Unix seconds). True: another
 * version counts from now on, and the caller must write down which. Never goes back. */
bool kp_dossier_settle(struct kp_dossier *dossier, uint64_t now);
/* The version that kp_dossier_settle would move on to; NULL: none. */
const struct kp_agreement *kp_dossier_next(const struct kp_dossier *dossier, uint64_t now);

/* Whether anything may be processed at `now`. KP_OK: *agreement is the version in force. KP_REFUSED
 * says why not, and names members. */
KP_MUST_USE enum kp_status kp_dossier_in_force(const struct kp_dossier *dossier, uint64_t now,
                                               const struct kp_agreement **agreement,
                                               struct kp_error *error);

/* The same for a round with this number: for a round of counts (kp_agreement_round_type) it is
 * enough that every member has decided that it may be counted. */
KP_MUST_USE enum kp_status kp_dossier_in_force_for_round(const struct kp_dossier *dossier,
                                                         uint64_t now, uint64_t counter,
                                                         const struct kp_agreement **agreement,
                                                         struct kp_error *error);

/* ---- the rules ---- */

/* The first version is the one whose hash is configured. */
KP_MUST_USE enum kp_status kp_dossier_check_pinned(const struct kp_agreement *first,
                                                   const uint8_t pinned[static KP_DIGEST_BYTES],
                                                   struct kp_error *error);
/* The officer of this member signed it: as `before` names them, the version that comes before this
 * one (NULL: this is the first, and names them itself). A revocation may also be signed by the
 * officer whom this version names. */
KP_MUST_USE enum kp_status kp_dossier_check_decision(const struct kp_agreement *version,
                                                     const struct kp_agreement *before,
                                                     const struct kp_decision *decision,
                                                     struct kp_error *error);
/* Every member has accepted the version. */
KP_MUST_USE enum kp_status kp_dossier_check_accepted(const struct kp_dossier *dossier,
                                                     const struct kp_agreement *version,
                                                     struct kp_error *error);
/* Every member has accepted the version, or decided that it may be counted. */
KP_MUST_USE enum kp_status kp_dossier_check_countable(const struct kp_dossier *dossier,
                                                      const struct kp_agreement *version,
                                                      struct kp_error *error);
/* No member has refused the version. */
KP_MUST_USE enum kp_status kp_dossier_check_not_refused(const struct kp_dossier *dossier,
                                                        const struct kp_agreement *version,
                                                        struct kp_error *error);
/* No member has revoked any version of the lineage. A refusal of what the same member has accepted
 * is a revocation. One that is signed only by an officer whom the version itself names counts as
 * soon as all have accepted that version. */
KP_MUST_USE enum kp_status kp_dossier_check_not_revoked(const struct kp_dossier *dossier,
                                                        struct kp_error *error);
/* Every acceptance of `next` is dated before the end of `previous`. */
KP_MUST_USE enum kp_status kp_dossier_check_dates(const struct kp_dossier *dossier,
                                                  const struct kp_agreement *next,
                                                  const struct kp_agreement *previous,
                                                  struct kp_error *error);
/* The end of `previous` is still to come. */
KP_MUST_USE enum kp_status kp_dossier_check_open(const struct kp_agreement *previous, uint64_t now,
                                                 struct kp_error *error);
/* No other version that follows the same one was accepted by all as well. */
KP_MUST_USE enum kp_status kp_dossier_check_no_fork(const struct kp_dossier *dossier,
                                                    const struct kp_agreement *next,
                                                    struct kp_error *error);
/* `version` follows the one that counts now, by name and hash. */
KP_MUST_USE enum kp_status kp_dossier_check_follows(const struct kp_dossier *dossier,
                                                    const struct kp_agreement *version,
                                                    struct kp_error *error);
/* A version that another program gave follows one that all accepted, and `sponsor`, a decision
 * about it, is signed by an officer who has no other open version there. */
KP_MUST_USE enum kp_status kp_dossier_check_sponsor(const struct kp_dossier *dossier,
                                                    const struct kp_agreement *version,
                                                    const struct kp_decision *sponsor,
                                                    struct kp_error *error);

/* What is going on under `version` may go on: it is the one in force. An extension ends it, or a
 * program that is never idle would go on under the old version for ever. */
KP_MUST_USE enum kp_status kp_dossier_check_same(const struct kp_agreement *in_force,
                                                 const struct kp_agreement *version,
                                                 struct kp_error *error);

#endif
