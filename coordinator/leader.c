#include "coordinator/leader.h"

#include "coordinator/results.h"
#include "crypto/secret.h"
#include "proto/closing.h"
#include "proto/file.h"
#include "proto/key_file.h"
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
    return status == KP_OK ? get_papers(leader, error) : status;
}

void kp_leader_close(struct kp_leader *leader)
{
    kp_closing_client(leader->client);
    kp_leader_audit_close(leader);
    kp_dossier_free(leader->dossier);
    memset(leader, 0, sizeof(*leader));
}

enum kp_status kp_leader_check_in_force(const struct kp_leader *leader, struct kp_error *error)
{
    const struct kp_agreement *in_force = NULL;
    return kp_dossier_in_force(leader->dossier, kp_clock_now() / 1000, &in_force, error);
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

static enum kp_status take_group(struct kp_opening *opening, const struct kp_buffer *value,
                                 kp_leader_each *each, void *context, struct kp_error *error)
{
    struct kp_result_group group;
    struct kp_opened_match *match = kp_bulk_new(sizeof(*match));
    if (match == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a match");
    }
    enum kp_status status = kp_result_group_unpack(&group, value->data, value->size, error);
    if (status == KP_OK) {
        status = kp_opening_match(opening, &group, match, error);
        /* A group that can't be is one fault of the coordinator's; the others still open. */
        status = status == KP_REFUSED ? KP_OK : status;
        if (status == KP_OK) {
            status = each(context, match, error);
        }
        kp_result_group_free(&group);
    }
    kp_bulk_free(match);
    return status;
}

/* One page's matches: the log says that they are opened, before the first is. */
struct page_matches {
    uint32_t count;
    bool logged;
};

static enum kp_status audit_opening(struct kp_leader *leader, const struct kp_opening *opening,
                                    uint32_t round, struct page_matches *matches,
                                    struct kp_error *error)
{
    const struct kp_audit_note note = {.event = KP_AUDIT_OPENED,
                                       .counter = round,
                                       .count = matches->count,
                                       .digest = kp_opening_round_id(opening)};
    enum kp_status status = matches->logged ? KP_OK : kp_leader_audit(leader, &note, error);
    matches->logged = status == KP_OK;
    return status;
}

static void count_match(struct page_matches *matches, const struct kp_buffer *packed_key)
{
    struct kp_result_key key;
    if (kp_result_key_unpack(&key, packed_key->data, packed_key->size, NULL) == KP_OK) {
        matches->count += key.kind == KP_RESULT_GROUP;
    }
}

static enum kp_status take_item(struct kp_leader *leader, struct kp_opening *opening,
                                uint32_t round, const struct kp_buffer *packed_key,
                                const struct kp_buffer *value, struct page_matches *matches,
                                kp_leader_each *each, void *context, struct kp_error *error)
{
    struct kp_result_key key;
    enum kp_status status = kp_result_key_unpack(&key, packed_key->data, packed_key->size, error);
    if (status == KP_OK && key.round != round) {
        status = kp_fail(error, KP_REFUSED, "a result of another round");
    }
    if (status != KP_OK) {
        return status;
    }
    if (key.kind == KP_RESULT_LEAVES) {
        return kp_opening_leaves(opening, key.member, key.index, value->data, value->size, error);
    }
    if (key.kind == KP_RESULT_GROUP) {
        status = audit_opening(leader, opening, round, matches, error);
        return status == KP_OK ? take_group(opening, value, each, context, error) : status;
    }
    struct kp_result_transcript transcript;
    status = kp_result_transcript_unpack(&transcript, value->data, value->size, error);
    if (status == KP_OK) {
        status = kp_opening_transcript(opening, round, &transcript, error);
        kp_result_transcript_free(&transcript);
    }
    return status;
}

/* Keys rise from the first page to the last, so that nothing comes twice and there is an end. */
static enum kp_status move_on(struct kp_wire_request *request, const struct kp_buffer *key,
                              struct kp_error *error)
{
    if (key->size != KP_RESULT_KEY_BYTES ||
        (request->after_size > 0 && memcmp(key->data, request->after, key->size) <= 0)) {
        return kp_fail(error, KP_REFUSED, "the coordinator gives results out of order");
    }
    memcpy(request->after, key->data, key->size);
    request->after_size = key->size;
    return KP_OK;
}

/* Takes one page; request->after moves to its last key. */
static enum kp_status take_page(struct kp_leader *leader, struct kp_opening *opening,
                                struct kp_wire_request *request, bool *end, kp_leader_each *each,
                                void *context, struct kp_error *error)
{
    struct kp_wire_response response;
    enum kp_status status =
        kp_leader_ask(leader, request, KP_RESPONSE_RESULTS, KP_LEADER_TIMEOUT_MS, &response, error);
    if (status != KP_OK) {
        return status;
    }
    if (request->round != 0 && response.round != request->round) {
        status = kp_fail(error, KP_REFUSED, "asked for round %u, the coordinator gave round %u",
                         request->round, response.round);
    }
    struct page_matches matches = {0};
    for (size_t i = 0; i + 1 < response.messages.count; i += 2) {
        count_match(&matches, &response.messages.items[i]);
    }
    for (size_t i = 0; status == KP_OK && i + 1 < response.messages.count; i += 2) {
        const struct kp_buffer *key = &response.messages.items[i];
        status = move_on(request, key, error);
        if (status == KP_OK) {
            status = take_item(leader, opening, response.round, key,
                               &response.messages.items[i + 1], &matches, each, context, error);
        }
    }
    if (status == KP_OK && !response.end && response.messages.count == 0) {
        status = kp_fail(error, KP_REFUSED, "the coordinator neither gives results nor ends");
    }
    request->round = response.round;
    *end = response.end;
    kp_wire_response_free(&response);
    return status;
}

/* With the version under which the round was held, if it is this one: *proven. */
static enum kp_status open_under(struct kp_leader *leader, const struct kp_agreement *version,
                                 const uint8_t *secret, uint32_t round, kp_leader_each *each,
                                 void *context, bool *proven, struct kp_error *error)
{
    struct kp_opening *opening = NULL;
    struct kp_wire_request request = {.kind = KP_REQUEST_FETCH_RESULTS, .round = round};
    bool end = false;
    enum kp_status status = kp_opening_new(&opening, version, secret, error);
    while (status == KP_OK && !end) {
        status = take_page(leader, opening, &request, &end, each, context, error);
    }
    *proven = opening != NULL && kp_opening_round_id(opening) != NULL;
    kp_opening_free(opening);
    return status;
}

enum kp_status kp_leader_matches(struct kp_leader *leader, uint32_t round, kp_leader_each *each,
                                 void *context, struct kp_error *error)
{
    uint8_t *secret = NULL;
    bool proven = false;
    enum kp_status status = kp_leader_check_in_force(leader, error);
    if (status == KP_OK) {
        status = kp_key_read(leader->config.opening_key, KP_KEY_OPENING, &secret, error);
    }
    if (status == KP_OK) {
        status =
            open_under(leader, leader->agreement, secret, round, each, context, &proven, error);
    }
    /* It may have been held under an earlier version. */
    const struct kp_agreement *version = leader->agreement;
    while (status == KP_REFUSED && !proven && secret != NULL &&
           (version = kp_dossier_before(leader->dossier, version)) != NULL) {
        struct kp_error other = {0};
        if (open_under(leader, version, secret, round, each, context, &proven, &other) == KP_OK) {
            status = KP_OK;
        } else if (proven) {
            status = kp_fail(error, other.status, "%s", other.text);
        }
    }
    kp_secret_free(secret);
    return status;
}
