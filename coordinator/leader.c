#include "coordinator/leader.h"

#include "proto/address/agreed.h"
#include "proto/closing.h"
#include "proto/file.h"
#include "proto/loop.h"
#include "proto/papers.h"

#include <string.h>

static enum kp_status read_first(struct kp_leader *leader, struct kp_error *error)
{
    const struct kp_leader_config *config = &leader->config;
    struct kp_buffer bytes = {0};
    enum kp_status status = kp_file_read(config->agreement, KP_AGREEMENT_BYTES_MAX, &bytes, error);
    if (status == KP_OK) {
        status =
            kp_dossier_new(&leader->dossier, bytes.data, bytes.size, config->agreement_hash, error);
        if (status == KP_OK) {
            leader->agreement = kp_dossier_current(leader->dossier);
            status = kp_agreement_check_mode(leader->agreement, config->test_mode, error);
        }
        if (status != KP_OK) {
            (void)kp_fail_in(error, "%s", config->agreement);
        }
    }
    kp_buffer_free(&bytes);
    return status;
}

/* Until the coordinator has nothing that is new. */
static enum kp_status get_papers(struct kp_leader *leader, struct kp_error *error)
{
    size_t added = 1;
    enum kp_status status = KP_OK;
    while (status == KP_OK && added > 0) {
        struct kp_wire_request request = {.kind = KP_REQUEST_SHARE};
        struct kp_wire_response response;
        if (kp_papers_digests(leader->dossier, &request.digests) != KP_OK) {
            status = kp_fail(error, KP_FAILED, "no memory for papers");
        } else {
            status = kp_leader_ask(leader, &request, KP_RESPONSE_SHARED, KP_LEADER_TIMEOUT_MS,
                                   &response, error);
        }
        if (status == KP_OK) {
            /* What doesn't fit isn't counted; the rest is judged as it is. */
            (void)!kp_papers_add(leader->dossier, &response.messages, true, &added, NULL);
            kp_wire_response_free(&response);
        }
        kp_buffer_free(&request.digests);
    }
    /* This program doesn't run all the time, so it can't have seen a version coming into force: the
     * dates of its officers say whether they were in time. */
    while (status == KP_OK &&
           kp_dossier_settle(leader->dossier, kp_dossier_current(leader->dossier)->end - 1)) {
    }
    leader->agreement = kp_dossier_current(leader->dossier);
    return status;
}

enum kp_status kp_leader_open(struct kp_leader *leader, const char *config_path,
                              struct kp_error *error)
{
    memset(leader, 0, sizeof(*leader));
    leader->party = KP_PARTY_LEADER;
    enum kp_status status = kp_leader_config_read(&leader->config, config_path, error);
    if (status == KP_OK) {
        status = read_first(leader, error);
    }
    if (status == KP_OK) {
        status = kp_tls_start(error);
    }
    if (status == KP_OK) {
        status = kp_client_open(&leader->client, NULL, leader->config.url, &leader->config.tls,
                                leader->config.server_name,
                                leader->agreement->coordinator_tls_fingerprint, error);
    }
    if (status == KP_OK) {
        struct kp_wire_request request = {.kind = KP_REQUEST_OPEN};
        struct kp_wire_response response;
        memcpy(request.lineage, leader->agreement->lineage, KP_DIGEST_BYTES);
        status = kp_leader_ask(leader, &request, KP_RESPONSE_OPENED, KP_LEADER_TIMEOUT_MS,
                               &response, error);
        if (status == KP_OK) {
            kp_wire_response_free(&response);
        }
    }
    if (status == KP_OK) {
        status = get_papers(leader, error);
    }
    return status == KP_OK ? kp_leader_retention(leader, error) : status;
}

enum kp_status kp_leader_find_register(struct kp_leader *leader, struct kp_error *error)
{
    const struct kp_canonicalisation agreed = kp_agreement_canonicalisation(leader->agreement);
    return leader->reg != NULL
               ? KP_OK
               : kp_agreed_register(&leader->reg, &agreed, leader->config.bag, error);
}

void kp_leader_close(struct kp_leader *leader)
{
    kp_closing_client(leader->client);
    kp_leader_audit_close(leader);
    kp_dossier_free(leader->dossier);
    kp_register_close(leader->reg);
    memset(leader, 0, sizeof(*leader));
}

enum kp_status kp_leader_check_in_force(const struct kp_leader *leader, struct kp_error *error)
{
    const struct kp_agreement *in_force = NULL;
    return kp_dossier_in_force(leader->dossier, kp_clock_now() / 1000, &in_force, error);
}

enum kp_status kp_leader_check_in_force_for(const struct kp_leader *leader, uint64_t counter,
                                            struct kp_error *error)
{
    const struct kp_agreement *in_force = NULL;
    return kp_dossier_in_force_for_round(leader->dossier, kp_clock_now() / 1000, counter, &in_force,
                                         error);
}

enum kp_status kp_leader_ask(struct kp_leader *leader, const struct kp_wire_request *request,
                             enum kp_response_kind expected, uint32_t timeout_ms,
                             struct kp_wire_response *response, struct kp_error *error)
{
    struct kp_buffer packed = {0}, answer = {0};
    memset(response, 0, sizeof(*response));
    enum kp_status status = kp_wire_request_pack(request, &packed, error);
    if (status == KP_OK) {
        status =
            kp_client_call(leader->client, packed.data, packed.size, timeout_ms, &answer, error);
    }
    if (status == KP_OK) {
        status = kp_wire_response_unpack(response, answer.data, answer.size, error);
    }
    if (status == KP_OK && response->kind == KP_RESPONSE_REFUSAL) {
        status = kp_fail(error, response->status, "%s", response->text);
    } else if (status == KP_OK && response->kind != expected) {
        status = kp_fail(error, KP_REFUSED, "the coordinator answered something else");
    }
    if (status != KP_OK) {
        kp_wire_response_free(response);
    }
    kp_buffer_free(&packed);
    kp_buffer_free(&answer);
    return status;
}
