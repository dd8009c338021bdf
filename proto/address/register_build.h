/* Making an index of the address register, in bounded memory: from pairs in any order, however
 * many there are, and whatever they were read from.
 *
 * What is made stands under a temporary name in DIR until it is whole and on disk; then it gets its
 * name, and `current` is switched to it by one rename. Killed at any moment, what was there before
 * is there still, and what is left over goes with the next import. One import at a time: DIR is
 * locked from begin to finish or abandon. */
#ifndef KP_PROTO_ADDRESS_REGISTER_BUILD_H
#define KP_PROTO_ADDRESS_REGISTER_BUILD_H

#include "proto/address/register.h"

/* A number in use and one of its objects, as written in what it was read from. */
struct kp_register_pair {
    uint64_t id, object;
    uint32_t house_number;
    bool side;
    char postcode[7]; /* or "" */
    char letter[2];   /* or "" */
    char addition[5]; /* or "" */
    const char *street, *town;
};

/* What is wrong with a pair: field is one of the CSV's column names. */
struct kp_register_fault {
    const char *field, *reason;
};
/* Whether it can be registered; the builder asks this too. */
bool kp_register_pair_check(const struct kp_register_pair *pair, struct kp_register_fault *fault);

bool kp_register_id_check(uint64_t id, struct kp_register_fault *fault);

/* How far it is; total 0: not known. Called often, also while sorting. */
struct kp_register_progress {
    void *context;
    void (*at)(void *context, const char *what, uint64_t done, uint64_t total);
};

struct kp_register_build_options {
    const char *dir; /* made when it isn't there */
    bool dry;        /* nothing is kept; dir need not be there, and is not changed */
    bool beside;     /* `current` stays as it is, unless there is none */
    const struct kp_register_progress *progress; /* or NULL */
};

#define KP_REGISTER_SHOWN 20u

struct kp_register_outcome {
    struct kp_register_info info;
    uint64_t repeated;      /* pairs that came more than once; kept once */
    uint64_t contradictory; /* numbers left out: they have more than one address, or are both main
                             * and side address of an object */
    uint64_t contradictions[KP_REGISTER_SHOWN]; /* the first of them */
    bool existed;                               /* this very index was there already */
    bool current; /* it is the current one now; when dry: it would be */
};

struct kp_register_build;

/* KP_FAILED: another import is at work in dir; KP_USAGE: dir can't be made or written. The caller
 * ends it with finish or abandon. */
KP_MUST_USE enum kp_status kp_register_build_begin(struct kp_register_build **out,
                                                   const struct kp_register_build_options *options,
                                                   struct kp_error *error);
/* Texts are copied. KP_REFUSED without a text in error and with *fault filled in: this pair can't
 * be registered, and others still can. Any other failure (also KP_REFUSED with a text: more streets
 * than a country has) ends the building; then abandon. */
KP_MUST_USE enum kp_status kp_register_build_add(struct kp_register_build *build,
                                                 const struct kp_register_pair *pair,
                                                 struct kp_register_fault *fault,
                                                 struct kp_error *error);
/* A number that is withdrawn; when a pair has it too, it is in use. KP_REFUSED: as above, with
 * *fault. */
KP_MUST_USE enum kp_status kp_register_build_withdrawn(struct kp_register_build *build, uint64_t id,
                                                       struct kp_register_fault *fault,
                                                       struct kp_error *error);
/* Where sorters of whoever fills it put their files; valid until it ends. */
const char *kp_register_build_sort_dir(const struct kp_register_build *build);
/* Makes, keeps and frees. date: yyyymmdd. KP_REFUSED: nothing in use in it, or a contradiction
 * that can't be left out; KP_FAILED: disk full, and such. */
KP_MUST_USE enum kp_status kp_register_build_finish(struct kp_register_build *build, uint32_t date,
                                                    struct kp_register_outcome *out,
                                                    struct kp_error *error);
/* Frees and removes; NULL is fine. */
void kp_register_build_abandon(struct kp_register_build *build);

#endif
