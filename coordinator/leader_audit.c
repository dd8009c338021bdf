/* The project leader's own signed log (proto/audit_log.h), in a small store of its own. */
#include "coordinator/leader.h"

#include "crypto/secret.h"
#include "proto/identity.h"
#include "proto/key_file.h"
#include "proto/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static enum kp_status open_store(struct kp_store **store, const struct kp_leader_config *config,
                                 struct kp_error *error)
{
    static const char *const tables[KP_LEADER_TABLES] = {[KP_LEADER_LOG] = "log",
                                                         [KP_LEADER_LETTERS] = "letters",
                                                         [KP_LEADER_CASES] = "cases",
                                                         [KP_LEADER_ACTS] = "acts"};
    uint8_t *key = NULL;
    char folder[KP_PATH_MAX + 8];
    if (mkdir(config->data, 0700) != 0 && errno != EEXIST) {
        return kp_fail(error, KP_FAILED, "%s: can't be made: %s", config->data, strerror(errno));
    }
    (void)snprintf(folder, sizeof(folder), "%s/store", config->data);
    enum kp_status status = kp_key_read(config->store_key, KP_KEY_STORE, &key, error);
    if (status == KP_OK) {
        status = kp_store_open(store, folder, key, tables, KP_LEADER_TABLES, error);
    }
    kp_secret_free(key);
    return status;
}

static struct kp_audit_signer signer_of(const struct kp_agreement *agreement, uint32_t party,
                                        const uint8_t *identity_secret)
{
    struct kp_audit_signer signer = {
        .party = party, .identity_secret = identity_secret, .table = KP_LEADER_LOG};
    memcpy(signer.lineage, agreement->lineage, KP_DIGEST_BYTES);
    return signer;
}

/* Whose program this is follows from the identity key. */
static enum kp_status read_identity(uint8_t **secret, uint32_t *party,
                                    const struct kp_leader_config *config,
                                    const struct kp_agreement *agreement, struct kp_error *error)
{
    struct kp_error other = {0};
    *party = KP_PARTY_LEADER;
    enum kp_status status = kp_identity_read(
        secret, config->identity_key, agreement->leader_identity_key, "the project leader", error);
    const uint8_t *opener = kp_agreement_identity_key(agreement, KP_PARTY_OPENER);
    if (status == KP_REFUSED && opener != NULL &&
        kp_identity_read(secret, config->identity_key, opener, "the second holder", &other) ==
            KP_OK) {
        *party = KP_PARTY_OPENER;
        status = KP_OK;
    }
    return status;
}

enum kp_status kp_leader_store(struct kp_leader *leader, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (leader->identity_secret == NULL) {
        status = read_identity(&leader->identity_secret, &leader->party, &leader->config,
                               leader->agreement, error);
    }
    if (status == KP_OK && leader->store == NULL) {
        status = open_store(&leader->store, &leader->config, error);
    }
    return status;
}

/* The entry that was appended in this transaction. */
static enum kp_status last_entry(struct kp_txn *txn, const struct kp_audit_signer *signer,
                                 struct kp_buffer *entry, struct kp_error *error)
{
    struct kp_audit_head head;
    struct kp_batch entries = {0};
    enum kp_status status = kp_audit_head_get(txn, signer, &head, error);
    if (status == KP_OK) {
        status = kp_audit_page(txn, signer, head.sequence, &entries, error);
    }
    if (status == KP_OK && entries.count != 1) {
        status = kp_fail(error, KP_FAILED, "the log has no last entry");
    }
    if (status == KP_OK &&
        kp_buffer_set(entry, entries.items[0].data, entries.items[0].size) != KP_OK) {
        status = kp_fail(error, KP_FAILED, "no memory for an entry of the log");
    }
    kp_batch_free(&entries);
    return status;
}

enum kp_status kp_leader_audit_in(struct kp_leader *leader, struct kp_txn *txn,
                                  const struct kp_audit_note *note, struct kp_buffer *entry,
                                  struct kp_error *error)
{
    const struct kp_audit_signer signer =
        signer_of(leader->agreement, leader->party, leader->identity_secret);
    enum kp_status status = kp_audit_append(txn, &signer, note, error);
    return status == KP_OK ? last_entry(txn, &signer, entry, error) : status;
}

enum kp_status kp_leader_audit(struct kp_leader *leader, const struct kp_audit_note *note,
                               struct kp_error *error)
{
    enum kp_status status = kp_leader_store(leader, error);
    if (status != KP_OK) {
        return status;
    }
    const struct kp_audit_signer signer =
        signer_of(leader->agreement, leader->party, leader->identity_secret);
    return kp_audit_write(leader->store, &signer, note, error);
}

void kp_leader_audit_close(struct kp_leader *leader)
{
    kp_store_close(leader->store);
    kp_secret_free(leader->identity_secret);
    leader->store = NULL;
    leader->identity_secret = NULL;
}

enum kp_status kp_leader_answer(const char *config_path, const struct kp_control_request *request,
                                struct kp_control_response *response, struct kp_error *error)
{
    struct kp_leader_config config;
    struct kp_agreement *agreement = NULL;
    struct kp_store *store = NULL;
    uint8_t *identity = NULL;
    uint32_t party = 0;
    memset(response, 0, sizeof(*response));
    if (request->kind != KP_CONTROL_EXPORT || request->export.kind != KP_EXPORT_LOG) {
        return kp_fail(error, KP_REFUSED, "the project leader's program doesn't export this");
    }
    enum kp_status status = kp_leader_config_read(&config, config_path, error);
    if (status == KP_OK) {
        status = kp_agreement_read(&agreement, config.agreement, config.agreement_hash, error);
    }
    if (status == KP_OK) {
        status = read_identity(&identity, &party, &config, agreement, error);
    }
    if (status == KP_OK) {
        status = open_store(&store, &config, error);
    }
    if (status == KP_OK) {
        const struct kp_audit_signer signer = signer_of(agreement, party, NULL); /* only read */
        response->kind = KP_CONTROL_EXPORT_PAGE;
        status = kp_audit_serve(store, &signer, &request->export, &response->export, error);
    }
    kp_store_close(store);
    kp_secret_free(identity);
    kp_agreement_free(agreement);
    if (status != KP_OK) {
        kp_control_response_free(response);
    }
    return status;
}
