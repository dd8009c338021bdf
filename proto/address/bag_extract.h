/* The official extract of the address register, LVBAG extract 2.0, as the Kadaster delivers it: one
 * zip with a zip for each kind with XML files; or parts of it, as files of their own. What holds on
 * the day goes into a register that is being made.
 *
 * Bounded memory, whatever the files; what sorting needs on disk has no name there. Docs:
 * docs/addresses.md. */
#ifndef KP_PROTO_ADDRESS_BAG_EXTRACT_H
#define KP_PROTO_ADDRESS_BAG_EXTRACT_H

#include "proto/address/bag_archive.h"
#include "proto/address/bag_join.h"

struct kp_bag_extract_options {
    /* yyyymmdd: what held on that day, as the extract knows it; 0: on the extract's own. */
    uint32_t date;
    uint32_t today; /* the day when the extract says none, and date is 0 */
    const struct kp_register_progress *progress; /* or NULL */
    /* A record or number that is left out. where: the file and the entry, or the number's id; line
     * 0: not known. Never an address. */
    void *context;
    void (*bad)(void *context, const char *where, uint64_t line, const char *element,
                const char *reason);
};

struct kp_bag_extract_report {
    uint32_t date;      /* the day for which the register is */
    uint32_t technical; /* the extract's own: StandTechnischeDatum; 0: it has none */
    bool other_schema;  /* some of it is of another version of the schema than v20200601 */
    struct kp_archive_counts archives; /* of all files together */
    uint64_t records;                  /* occurrences read */
    uint64_t elsewhen;                 /* of those, before or after the day */
    uint64_t dropped;                  /* made inactive, or no part of the register: in no day */
    uint64_t bad;                      /* not right, left out */
    struct kp_bag_join_counts join;
};

/* Whether that is what this file is: by its name, NAME.xml or NAME.zip in any case, or, when it is
 * no pipe, by its first bytes. */
bool kp_bag_extract_is(const char *path);

/* All paths are parts of one extract. The pairs are added to build, which the caller finishes (with
 * report->date) or, when this isn't KP_OK, abandons. KP_USAGE: a file can't be opened; KP_REFUSED:
 * a file isn't what it should be, parts have different dates, or more than one record or number in
 * a hundred is bad. */
KP_MUST_USE enum kp_status kp_bag_extract_import(const char *const *paths, size_t count,
                                                 const struct kp_bag_extract_options *options,
                                                 struct kp_register_build *build,
                                                 struct kp_bag_extract_report *report,
                                                 struct kp_error *error);

#endif
