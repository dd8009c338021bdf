/* The agreement from its bytes; proto/agreement_pack.c makes them.
 *
 * What comes in is unpacked into plain structs, which are packed again and compared: an unknown
 * field, a default that is written out, another order, a field that is there twice all give other
 * bytes. */
#include "proto/agreement.h"
#include "proto/agreement.pb-c.h"
#include "proto/agreement_check.h"
#include "proto/protobuf.h"

#include <stdlib.h>
#include <string.h>

static enum kp_status take_text(char *out, size_t out_size, const char *text, const char *field,
                                struct kp_error *error)
{
    size_t length = strlen(text);
    if (length >= out_size) {
        return kp_fail(error, KP_REFUSED, "%s has %zu bytes; %zu is the most", field, length,
                       out_size - 1);
    }
    memcpy(out, text, length + 1);
    return KP_OK;
}

/* An array for `count` items, of which `most` are allowed; NULL and KP_OK for none. */
static enum kp_status take_array(void **array, size_t count, size_t most, size_t item_size,
                                 const char *field, struct kp_error *error)
{
    *array = NULL;
    if (count > most) {
        return kp_fail(error, KP_REFUSED, "%s has %zu items; %zu is the most", field, count, most);
    }
    if (count > 0 && (*array = calloc(count, item_size)) == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu %s", count, field);
    }
    return KP_OK;
}

static enum kp_status take_indicator(struct kp_indicator *out,
                                     const Kruispunt__Agreement__Indicator *in,
                                     struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if ((status = take_text(out->code, sizeof(out->code), in->code, "code", error)) != KP_OK ||
        (status = take_text(out->description, sizeof(out->description), in->description,
                            "description", error)) != KP_OK ||
        (status = take_text(out->source, sizeof(out->source), in->source, "source", error)) !=
            KP_OK) {
        return status;
    }
    return take_text(out->legal_ground, sizeof(out->legal_ground), in->legal_ground, "legal_ground",
                     error);
}

static enum kp_status take_member(struct kp_member *out, const Kruispunt__Agreement__Member *in,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if ((status = take_text(out->name, sizeof(out->name), in->name, "name", error)) != KP_OK ||
        (status = take_text(out->title, sizeof(out->title), in->title, "title", error)) != KP_OK ||
        (status = take_text(out->oin, sizeof(out->oin), in->oin, "oin", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->identity_key, sizeof(out->identity_key), &in->identity_key,
                                   "identity_key", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->box_key, sizeof(out->box_key), &in->box_key, "box_key",
                                   error)) != KP_OK ||
        (status = kp_protobuf_copy(out->tls_fingerprint, sizeof(out->tls_fingerprint),
                                   &in->tls_fingerprint, "tls_fingerprint", error)) != KP_OK ||
        (status = take_text(out->dpia, sizeof(out->dpia), in->dpia, "dpia", error)) != KP_OK ||
        (status = take_text(out->dpo, sizeof(out->dpo), in->dpo, "dpo", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->officer_key, sizeof(out->officer_key), &in->officer_key,
                                   "officer_key", error)) != KP_OK ||
        (status = take_text(out->officer, sizeof(out->officer), in->officer, "officer", error)) !=
            KP_OK) {
        return status;
    }
    out->role = (enum kp_role)in->role;
    void *array = NULL;
    status = take_array(&array, in->n_indicators, KP_INDICATORS_MAX, sizeof(*out->indicators),
                        "indicators", error);
    out->indicators = array;
    for (size_t i = 0; status == KP_OK && i < in->n_indicators; i++) {
        out->indicator_count = i + 1;
        status = take_indicator(&out->indicators[i], in->indicators[i], error);
        if (status != KP_OK) {
            return kp_fail_in(error, "indicator %zu", i + 1);
        }
    }
    return status;
}

static enum kp_status take_members(struct kp_agreement *out, const Kruispunt__Agreement *in,
                                   struct kp_error *error)
{
    void *array = NULL;
    enum kp_status status =
        take_array(&array, in->n_members, KP_MEMBERS_MAX, sizeof(*out->members), "members", error);
    out->members = array;
    for (size_t i = 0; status == KP_OK && i < in->n_members; i++) {
        out->member_count = (uint32_t)i + 1;
        status = take_member(&out->members[i], in->members[i], error);
        if (status != KP_OK) {
            return kp_fail_in(error, "member %zu", i + 1);
        }
    }
    return status;
}

static enum kp_status take_postcodes(struct kp_agreement *out, const Kruispunt__Agreement *in,
                                     struct kp_error *error)
{
    void *array = NULL;
    enum kp_status status = take_array(&array, in->n_postcodes, KP_POSTCODES_MAX,
                                       sizeof(*out->postcodes), "postcodes", error);
    out->postcodes = array;
    for (size_t i = 0; status == KP_OK && i < in->n_postcodes; i++) {
        out->postcode_count = i + 1;
        status = take_text(out->postcodes[i], sizeof(out->postcodes[i]), in->postcodes[i],
                           "postcodes", error);
    }
    return status;
}

/* What only a second holder has. */
static enum kp_status take_holder(struct kp_opening_key *out,
                                  const Kruispunt__Agreement__OpeningKey *in, bool first,
                                  struct kp_error *error)
{
    if (first) {
        return in->employer[0] == '\0' && in->identity_key.len == 0 &&
                       in->tls_fingerprint.len == 0 && in->box_key.len == 0 &&
                       in->employer_oin[0] == '\0'
                   ? KP_OK
                   : kp_fail(error, KP_REFUSED,
                             "the first holder is the project leader, whose employer and other "
                             "keys stand with the leader and not here");
    }
    enum kp_status status = KP_OK;
    if ((status = take_text(out->employer, sizeof(out->employer), in->employer, "employer",
                            error)) != KP_OK ||
        (status = kp_protobuf_copy(out->identity_key, sizeof(out->identity_key), &in->identity_key,
                                   "identity_key", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->tls_fingerprint, sizeof(out->tls_fingerprint),
                                   &in->tls_fingerprint, "tls_fingerprint", error)) != KP_OK) {
        return status;
    }
    if ((status = take_text(out->employer_oin, sizeof(out->employer_oin), in->employer_oin,
                            "employer_oin", error)) != KP_OK) {
        return status;
    }
    return kp_protobuf_copy(out->box_key, sizeof(out->box_key), &in->box_key, "box_key", error);
}

static enum kp_status take_opening_keys(struct kp_agreement *out, const Kruispunt__Agreement *in,
                                        struct kp_error *error)
{
    if (in->n_opening_keys > KP_OPENING_KEYS_MAX) {
        return kp_fail(error, KP_REFUSED, "opening_keys has %zu items; %d is the most",
                       in->n_opening_keys, KP_OPENING_KEYS_MAX);
    }
    for (size_t i = 0; i < in->n_opening_keys; i++) {
        const Kruispunt__Agreement__OpeningKey *from = in->opening_keys[i];
        struct kp_opening_key *to = &out->opening_keys[i];
        enum kp_status status = KP_OK;
        if ((status = take_text(to->holder, sizeof(to->holder), from->holder, "holder", error)) !=
                KP_OK ||
            (status = kp_protobuf_copy(to->key, sizeof(to->key), &from->key, "key", error)) !=
                KP_OK ||
            (status = kp_protobuf_copy(to->proof, sizeof(to->proof), &from->proof, "proof",
                                       error)) != KP_OK ||
            (status = take_holder(to, from, i == 0, error)) != KP_OK) {
            return kp_fail_in(error, "opening key %zu", i + 1);
        }
    }
    out->opening_key_count = (uint32_t)in->n_opening_keys;
    return KP_OK;
}

static enum kp_status take_coordinator(struct kp_agreement *out,
                                       const Kruispunt__Agreement__Coordinator *in,
                                       struct kp_error *error)
{
    if (in == NULL) {
        return kp_fail(error, KP_REFUSED, "coordinator is missing");
    }
    enum kp_status status = KP_OK;
    if ((status = take_text(out->coordinator_operator, sizeof(out->coordinator_operator),
                            in->operator_, "operator", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->coordinator_tls_fingerprint,
                                   sizeof(out->coordinator_tls_fingerprint), &in->tls_fingerprint,
                                   "tls_fingerprint", error)) != KP_OK ||
        (status =
             kp_protobuf_copy(out->coordinator_identity_key, sizeof(out->coordinator_identity_key),
                              &in->identity_key, "identity_key", error)) != KP_OK ||
        (status = take_text(out->coordinator_oin, sizeof(out->coordinator_oin), in->operator_oin,
                            "operator_oin", error)) != KP_OK) {
        return kp_fail_in(error, "coordinator");
    }
    return KP_OK;
}

static enum kp_status take_leader(struct kp_agreement *out, const Kruispunt__Agreement__Leader *in,
                                  struct kp_error *error)
{
    if (in == NULL) {
        return kp_fail(error, KP_REFUSED, "leader is missing");
    }
    enum kp_status status = KP_OK;
    if ((status = take_text(out->leader_employer, sizeof(out->leader_employer), in->employer,
                            "employer", error)) != KP_OK ||
        (status = take_text(out->leader_name, sizeof(out->leader_name), in->name, "name", error)) !=
            KP_OK ||
        (status = kp_protobuf_copy(out->leader_tls_fingerprint, sizeof(out->leader_tls_fingerprint),
                                   &in->tls_fingerprint, "tls_fingerprint", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->leader_identity_key, sizeof(out->leader_identity_key),
                                   &in->identity_key, "identity_key", error)) != KP_OK ||
        (status = kp_protobuf_copy(out->leader_box_key, sizeof(out->leader_box_key), &in->box_key,
                                   "box_key", error)) != KP_OK ||
        (status = take_text(out->leader_oin, sizeof(out->leader_oin), in->employer_oin,
                            "employer_oin", error)) != KP_OK) {
        return kp_fail_in(error, "leader");
    }
    return KP_OK;
}

static enum kp_status take_agreement(struct kp_agreement *out, const Kruispunt__Agreement *in,
                                     struct kp_error *error)
{
    enum kp_status status = KP_OK;
    out->version = in->version;
    out->category = (enum kp_category)in->category;
    out->area_addresses = in->area_addresses;
    out->key_scheme = (enum kp_key_scheme)in->key_scheme;
    out->key_scheme_version = in->key_scheme_version;
    out->threshold = in->threshold;
    out->slots = in->slots;
    out->rotation = in->rotation;
    out->rounds = in->rounds;
    out->interval_seconds = in->interval_seconds;
    out->discloses = in->discloses;
    out->openings_needed = in->openings_needed;
    out->start = in->start;
    out->end = in->end;
    out->retention_days = in->retention_days;
    out->canaries = in->canaries;
    out->audit_slots = in->audit_slots;
    out->count_first = in->count_first;
    out->register_date = in->register_date;
    if ((in->previous.len != 0 &&
         (status = kp_protobuf_copy(out->previous, sizeof(out->previous), &in->previous, "previous",
                                    error)) != KP_OK) ||
        (in->lineage.len != 0 &&
         (status = kp_protobuf_copy(out->lineage, sizeof(out->lineage), &in->lineage, "lineage",
                                    error)) != KP_OK) ||
        (in->register_hash.len != 0 &&
         (status = kp_protobuf_copy(out->register_hash, sizeof(out->register_hash),
                                    &in->register_hash, "register_hash", error)) != KP_OK) ||
        (in->words_hash.len != 0 &&
         (status = kp_protobuf_copy(out->words_hash, sizeof(out->words_hash), &in->words_hash,
                                    "words_hash", error)) != KP_OK)) {
        return status;
    }
    if ((status = take_text(out->project, sizeof(out->project), in->project, "project", error)) !=
            KP_OK ||
        (status = take_text(out->purpose, sizeof(out->purpose), in->purpose, "purpose", error)) !=
            KP_OK ||
        (status = take_text(out->legal_basis, sizeof(out->legal_basis), in->legal_basis,
                            "legal_basis", error)) != KP_OK ||
        (status = take_text(out->controllers, sizeof(out->controllers), in->controllers,
                            "controllers", error)) != KP_OK ||
        (status = take_postcodes(out, in, error)) != KP_OK ||
        (status = take_members(out, in, error)) != KP_OK ||
        (status = take_opening_keys(out, in, error)) != KP_OK ||
        (status = take_coordinator(out, in->coordinator, error)) != KP_OK) {
        return status;
    }
    return take_leader(out, in->leader, error);
}

enum kp_status kp_agreement_parse(struct kp_agreement **agreement, const uint8_t *bytes,
                                  size_t size, struct kp_error *error)
{
    *agreement = NULL;
    if (size == 0 || size > KP_AGREEMENT_BYTES_MAX) {
        return kp_fail(error, KP_REFUSED, "an agreement has 1 to %u bytes, this has %zu",
                       KP_AGREEMENT_BYTES_MAX, size);
    }
    ProtobufCMessage *message =
        kp_protobuf_unpack(&kruispunt__agreement__descriptor, "the agreement", bytes, size, error);
    if (message == NULL) {
        return KP_REFUSED;
    }
    struct kp_agreement *out = calloc(1, sizeof(*out));
    enum kp_status status = out != NULL
                                ? take_agreement(out, (const Kruispunt__Agreement *)message, error)
                                : kp_fail(error, KP_FAILED, "no memory for an agreement");
    protobuf_c_message_free_unpacked(message, NULL);
    if (status == KP_OK &&
        (status = kp_agreement_check_canonical(out, bytes, size, error)) == KP_OK) {
        status = kp_agreement_check(out, error);
    }
    if (status == KP_OK) {
        status = kp_agreement_sum_opening_keys(out, error);
    }
    if (status != KP_OK) {
        kp_agreement_free(out);
        return status;
    }
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 agreement");
    kp_hash_field(&hash, bytes, size);
    kp_hash_digest(&hash, out->hash);
    if (out->version == 1) {
        memcpy(out->lineage, out->hash, sizeof(out->lineage));
    }
    out->test = kp_agreement_is_test_number(out->members[0].oin);
    *agreement = out;
    return KP_OK;
}
