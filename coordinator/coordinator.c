#include "coordinator/coordinator_internal.h"

#include "coordinator/database.h"
#include "crypto/secret.h"
#include "proto/key_file.h"
#include "proto/log.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static enum kp_status open_store(struct kp_coordinator *c, struct kp_error *error)
{
    uint8_t *key = NULL;
    char folder[KP_FOLDER_MAX];
    if (mkdir(c->config->data, 0700) != 0 && errno != EEXIST) {
        return kp_fail(error, KP_FAILED, "%s: can't be made: %s", c->config->data, strerror(errno));
    }
    (void)snprintf(folder, sizeof(folder), "%s/store", c->config->data);
    enum kp_status status = kp_key_read(c->config->store_key, KP_KEY_STORE, &key, error);
    if (status == KP_OK) {
        status = kp_coordinator_database_open(&c->store, folder, key, error);
    }
    kp_secret_free(key);
    if (status == KP_OK) {
        status = kp_coordinator_state_load(c->store, c->agreement, &c->state, error);
    }
    return status == KP_OK ? kp_coordinator_papers_open(c, error) : status;
}

static enum kp_status check_certificate(const struct kp_coordinator *c, struct kp_error *error)
{
    uint8_t fingerprint[32];
    enum kp_status status = kp_tls_fingerprint(fingerprint, c->config->tls.certificate, error);
    if (status == KP_OK &&
        memcmp(fingerprint, c->agreement->coordinator_tls_fingerprint, sizeof(fingerprint)) != 0) {
        status = kp_fail(error, KP_REFUSED,
                         "%s: the agreement names another certificate key for the coordinator",
                         c->config->tls.certificate);
    }
    return status;
}

static enum kp_status open_servers(struct kp_coordinator *c, struct kp_error *error)
{
    const struct kp_server_handler handler = {c, kp_serve_admit, kp_serve};
    const struct kp_server_handler control = {c, NULL, kp_coordinator_control_serve};
    char url[KP_PATH_MAX + 8];
    (void)snprintf(url, sizeof(url), "ipc://%s", c->config->control);
    enum kp_status status = kp_server_open(&c->control, c->loop, url, NULL, &control, error);
    if (status == KP_OK) {
        status = kp_tls_start(error);
    }
    if (status == KP_OK) {
        status = kp_server_open(&c->server, c->loop, c->config->listen, &c->config->tls, &handler,
                                error);
    }
    return status;
}

enum kp_status kp_coordinator_new(struct kp_coordinator **out,
                                  const struct kp_coordinator_config *config, struct kp_loop *loop,
                                  struct kp_error *error)
{
    *out = NULL;
    struct kp_coordinator *c = calloc(1, sizeof(*c));
    if (c == NULL) {
        return kp_fail(error, KP_FAILED, "no memory");
    }
    c->config = config;
    c->loop = loop;
    randombytes_buf(c->start_request, sizeof(c->start_request)); /* nobody asked with this one */
    c->revision = kp_clock_now(); /* so that a watcher of an earlier process sees a change */
    enum kp_status status =
        kp_agreement_read(&c->first, config->agreement, config->agreement_hash, error);
    c->agreement = c->first;
    if (status == KP_OK) {
        status = kp_roster_open(&c->roster, error);
    }
    if (status == KP_OK) {
        status = open_store(c, error);
    }
    if (status == KP_OK) {
        status = check_certificate(c, error);
    }
    if (status == KP_OK) {
        status = kp_coordinator_audit_open(c, error);
    }
    if (status == KP_OK) {
        status = kp_workers_new(&c->workers, config->threads, loop, error);
    }
    if (status == KP_OK) {
        status = kp_conduct_recover(c, error);
    }
    if (status == KP_OK) {
        status = open_servers(c, error);
    }
    if (status != KP_OK) {
        kp_coordinator_free(c);
        return status;
    }
    const struct kp_log_event event = {"start daemon", "coordinator", "done", "itself", NULL};
    kp_log(KP_LOG_INFO, &event, "%u members, %u rounds released", c->agreement->member_count,
           (unsigned)c->state.released);
    *out = c;
    return KP_OK;
}

void kp_coordinator_free(struct kp_coordinator *c)
{
    if (c == NULL) {
        return;
    }
    kp_server_close(c->server);
    kp_server_close(c->control);
    kp_serve_drop_all(c);
    kp_match_free(c->match);
    kp_workers_free(c->workers);
    (void)!kp_intake_destroy(c->intake, NULL);
    kp_attempt_free(c->attempt);
    kp_coordinator_audit_stopped(c);
    kp_papers_close(c->papers);
    kp_store_close(c->store);
    kp_secret_free(c->identity_secret);
    kp_roster_close(&c->roster);
    kp_agreement_free(c->first);
    free(c);
}

static uint64_t tick(void *context, uint64_t now)
{
    struct kp_coordinator *c = context;
    kp_conduct_tick(c, now);
    uint64_t next = kp_serve_tick(c, now);
    uint64_t papers_at = kp_coordinator_papers_tick(c, now);
    next = papers_at < next ? papers_at : next;
    uint64_t retention_at = kp_coordinator_retention_tick(c, now);
    next = retention_at < next ? retention_at : next;
    uint64_t deadline = kp_conduct_deadline(c);
    return deadline < next ? deadline : next;
}

static bool work(void *context)
{
    return kp_conduct_work(context);
}

struct kp_loop_hooks kp_coordinator_hooks(struct kp_coordinator *c)
{
    return (struct kp_loop_hooks){.context = c, .tick = tick, .work = work};
}
