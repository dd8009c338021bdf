/* `kruispunt node agreement` and `kruispunt coordinator agreement`: gives papers to a daemon, and
 * shows what it has and what is in force by its judgement. */
#ifndef KP_PROTO_PAPERS_REPORT_H
#define KP_PROTO_PAPERS_REPORT_H

#include "proto/control.h"
#include "proto/dossier.h"

#include <stdbool.h>
#include <stddef.h>

#define KP_PAPERS_FILES_MAX 128u

/* What a daemon answers, put together from its pages. */
struct kp_papers_report {
    struct kp_dossier *dossier; /* as the daemon has it; its current version too */
    bool in_force;
    char why_not[KP_ERROR_TEXT];
    uint32_t added;
    char refused[KP_ERROR_TEXT];
};

/* Gives the files to the daemon behind the control socket, and gets all papers. KP_RETRY: no daemon
 * answers. Freed with kp_papers_report_free whatever the result. */
KP_MUST_USE enum kp_status kp_papers_ask(struct kp_papers_report *report, const char *control,
                                         const char *const *files, size_t count,
                                         struct kp_error *error);
void kp_papers_report_free(struct kp_papers_report *report);

/* Prints it, and refuses with the reason when one of the papers wasn't taken. */
KP_MUST_USE enum kp_status kp_papers_report_print(const struct kp_papers_report *report, bool json,
                                                  struct kp_error *error);

#endif
