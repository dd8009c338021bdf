/* The agreement at the coordinator: its papers, and what follows from them for the round that is
 * going on. It relays papers, and decides nothing for the members, who judge for themselves. */
#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "proto/log.h"

#include <stdio.h>

#define CHECK_EVERY_MS 1000u /* while an attempt is going on */

static void log_papers(enum kp_log_level level, const char *action, const char *result,
                       const char *remark)
{
    const struct kp_log_event event = {action, "agreement", result, "itself", NULL};
    kp_log(level, &event, "%s", remark);
}

enum kp_status kp_coordinator_papers_open(struct kp_coordinator *c, struct kp_error *error)
{
    const struct kp_papers_settings settings = {.store = c->store,
                                                .table = KP_COORDINATOR_PAPERS,
                                                .agreement = c->config->agreement,
                                                .pinned = c->config->agreement_hash,
                                                .test_mode = c->config->test_mode,
                                                .signer = &c->signer};
    enum kp_status status = kp_papers_open(&c->papers, &settings, error);
    if (status == KP_OK) {
        c->agreement = kp_dossier_current(kp_papers_dossier(c->papers));
        status = kp_roster_set(&c->roster, kp_papers_dossier(c->papers), error);
    }
    if (status == KP_OK && c->config->test_mode) {
        log_papers(KP_LOG_WARNING, "start daemon", "done", KP_TEST_MODE_TEXT);
    }
    return status;
}

enum kp_status kp_coordinator_check_in_force_for(const struct kp_coordinator *c, uint64_t counter,
                                                 struct kp_error *error)
{
    const struct kp_agreement *in_force = NULL;
    enum kp_status status = kp_papers_in_force_for_round(c->papers, counter, &in_force, error);
    return status == KP_OK ? kp_dossier_check_same(in_force, c->agreement, error) : status;
}

enum kp_status kp_coordinator_check_in_force(const struct kp_coordinator *c, struct kp_error *error)
{
    bool going_on = c->attempt != NULL || c->state.open;
    return kp_coordinator_check_in_force_for(
        c, going_on ? c->state.round : (uint64_t)c->state.released + 1, error);
}

void kp_coordinator_papers_switch(struct kp_coordinator *c)
{
    const struct kp_agreement *current = kp_dossier_current(kp_papers_dossier(c->papers));
    struct kp_error error = {0};
    if (c->attempt != NULL || c->agreement == current) {
        return;
    }
    if (kp_roster_set(&c->roster, kp_papers_dossier(c->papers), &error) != KP_OK) {
        log_papers(KP_LOG_ERROR, "change version", "failed", error.text);
        return;
    }
    char remark[64];
    (void)snprintf(remark, sizeof(remark), "version %u is in force", current->version);
    log_papers(KP_LOG_INFO, "change version", "done", remark);
    c->agreement = current;
}

static void end_what_is_not_allowed(struct kp_coordinator *c)
{
    struct kp_error error = {0};
    if (c->attempt != NULL && kp_coordinator_check_in_force(c, &error) != KP_OK) {
        kp_conduct_stop(c, &error);
    }
}

enum kp_status kp_coordinator_take_papers(struct kp_coordinator *c, const struct kp_batch *papers,
                                          bool shared, size_t *added, struct kp_error *error)
{
    enum kp_status status = kp_papers_take(c->papers, papers, shared, added, error);
    if (*added > 0) {
        char remark[64];
        (void)snprintf(remark, sizeof(remark), "%zu new papers", *added);
        log_papers(KP_LOG_INFO, "take papers", "done", remark);
    }
    if (status != KP_OK) {
        log_papers(KP_LOG_INFO, "take papers", "refused", error->text);
    }
    end_what_is_not_allowed(c);
    kp_coordinator_papers_switch(c);
    return status;
}

uint64_t kp_coordinator_papers_tick(struct kp_coordinator *c, uint64_t now)
{
    kp_papers_tick(c->papers);
    end_what_is_not_allowed(c);
    kp_coordinator_papers_switch(c);
    return c->attempt != NULL ? now + CHECK_EVERY_MS : UINT64_MAX;
}
