/* The files from which an agreement is drafted (INI): the draft itself and the public.ini of each
 * member, the coordinator and the leader, as `kruispunt keygen` writes them. `kruispunt agreement
 * draft
 * --help` lists sections and keys. */
#ifndef KP_PROTO_COMMANDS_AGREEMENT_DRAFT_FILE_H
#define KP_PROTO_COMMANDS_AGREEMENT_DRAFT_FILE_H

#include "proto/agreement.h"

#define KP_DRAFT_FILES_MAX 64

/* Merges the files' sections; the same key twice in one section is refused wherever it stands. The
 * result has its postcodes sorted, members in the order of their organisation numbers and
 * indicators in that of their codes, so that one set of inputs gives one agreement; it is not
 * checked further. The caller frees with kp_agreement_free. KP_USAGE names file, line and key. */
KP_MUST_USE enum kp_status kp_draft_read(struct kp_agreement **agreement, const char *const *paths,
                                         size_t count, struct kp_error *error);

#endif
