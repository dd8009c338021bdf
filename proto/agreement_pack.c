/* The agreement's canonical bytes; proto/agreement_parse.c reads them. */
#include "proto/agreement.h"
#include "proto/agreement.pb-c.h"
#include "proto/agreement_check.h"
#include "proto/protobuf.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* Everything that packing an agreement needs besides the agreement. */
struct packing {
    Kruispunt__Agreement agreement;
    Kruispunt__Agreement__Coordinator coordinator;
    Kruispunt__Agreement__Leader leader;
    Kruispunt__Agreement__OpeningKey opening_key[KP_OPENING_KEYS_MAX];
    Kruispunt__Agreement__OpeningKey *opening_keys[KP_OPENING_KEYS_MAX];
    Kruispunt__Agreement__Member member[KP_MEMBERS_MAX];
    Kruispunt__Agreement__Member *members[KP_MEMBERS_MAX];
    Kruispunt__Agreement__Indicator indicator[KP_MEMBERS_MAX][KP_INDICATORS_MAX];
    Kruispunt__Agreement__Indicator *indicators[KP_MEMBERS_MAX][KP_INDICATORS_MAX];
    char *postcodes[KP_POSTCODES_MAX];
};

static void give_member(struct packing *packing, size_t i, const struct kp_member *from)
{
    Kruispunt__Agreement__Member *to = &packing->member[i];
    kruispunt__agreement__member__init(to);
    to->name = kp_protobuf_text(from->name);
    to->title = kp_protobuf_text(from->title);
    to->oin = kp_protobuf_text(from->oin);
    to->identity_key = kp_protobuf_bytes(from->identity_key, sizeof(from->identity_key));
    to->box_key = kp_protobuf_bytes(from->box_key, sizeof(from->box_key));
    to->tls_fingerprint = kp_protobuf_bytes(from->tls_fingerprint, sizeof(from->tls_fingerprint));
    to->role = from->role;
    to->dpia = kp_protobuf_text(from->dpia);
    to->dpo = kp_protobuf_text(from->dpo);
    to->officer_key = kp_protobuf_bytes(from->officer_key, sizeof(from->officer_key));
    to->officer = kp_protobuf_text(from->officer);
    for (size_t j = 0; j < from->indicator_count; j++) {
        Kruispunt__Agreement__Indicator *indicator = &packing->indicator[i][j];
        kruispunt__agreement__indicator__init(indicator);
        indicator->code = kp_protobuf_text(from->indicators[j].code);
        indicator->description = kp_protobuf_text(from->indicators[j].description);
        indicator->source = kp_protobuf_text(from->indicators[j].source);
        indicator->legal_ground = kp_protobuf_text(from->indicators[j].legal_ground);
        packing->indicators[i][j] = indicator;
    }
    to->n_indicators = from->indicator_count;
    to->indicators = packing->indicators[i];
    packing->members[i] = to;
}

static void give_opening_key(struct packing *packing, size_t i, const struct kp_opening_key *from)
{
    Kruispunt__Agreement__OpeningKey *to = &packing->opening_key[i];
    kruispunt__agreement__opening_key__init(to);
    to->holder = kp_protobuf_text(from->holder);
    to->key = kp_protobuf_bytes(from->key, sizeof(from->key));
    to->proof = kp_protobuf_bytes(from->proof, sizeof(from->proof));
    if (i > 0) {
        to->employer = kp_protobuf_text(from->employer);
        to->employer_oin = kp_protobuf_text(from->employer_oin);
        to->identity_key = kp_protobuf_bytes(from->identity_key, sizeof(from->identity_key));
        to->tls_fingerprint =
            kp_protobuf_bytes(from->tls_fingerprint, sizeof(from->tls_fingerprint));
        to->box_key = kp_protobuf_bytes(from->box_key, sizeof(from->box_key));
    }
    packing->opening_keys[i] = to;
}

static void give_parties(struct packing *packing, const struct kp_agreement *from)
{
    kruispunt__agreement__coordinator__init(&packing->coordinator);
    packing->coordinator.operator_ = kp_protobuf_text(from->coordinator_operator);
    packing->coordinator.tls_fingerprint = kp_protobuf_bytes(
        from->coordinator_tls_fingerprint, sizeof(from->coordinator_tls_fingerprint));
    packing->coordinator.identity_key =
        kp_protobuf_bytes(from->coordinator_identity_key, sizeof(from->coordinator_identity_key));
    packing->coordinator.operator_oin = kp_protobuf_text(from->coordinator_oin);
    kruispunt__agreement__leader__init(&packing->leader);
    packing->leader.employer = kp_protobuf_text(from->leader_employer);
    packing->leader.name = kp_protobuf_text(from->leader_name);
    packing->leader.tls_fingerprint =
        kp_protobuf_bytes(from->leader_tls_fingerprint, sizeof(from->leader_tls_fingerprint));
    packing->leader.identity_key =
        kp_protobuf_bytes(from->leader_identity_key, sizeof(from->leader_identity_key));
    packing->leader.employer_oin = kp_protobuf_text(from->leader_oin);
    packing->leader.box_key = kp_protobuf_bytes(from->leader_box_key, sizeof(from->leader_box_key));
    for (size_t i = 0; i < from->opening_key_count; i++) {
        give_opening_key(packing, i, &from->opening_keys[i]);
    }
    for (size_t i = 0; i < from->member_count; i++) {
        give_member(packing, i, &from->members[i]);
    }
}

/* Absent when there is none. */
static ProtobufCBinaryData digest_or_none(const uint8_t digest[static KP_DIGEST_BYTES])
{
    return kp_protobuf_bytes(digest, sodium_is_zero(digest, KP_DIGEST_BYTES) ? 0 : KP_DIGEST_BYTES);
}

static void give_agreement(struct packing *packing, const struct kp_agreement *from)
{
    Kruispunt__Agreement *to = &packing->agreement;
    kruispunt__agreement__init(to);
    to->version = from->version;
    if (from->version != 1) {
        to->previous = kp_protobuf_bytes(from->previous, sizeof(from->previous));
        to->lineage = kp_protobuf_bytes(from->lineage, sizeof(from->lineage));
    }
    to->project = kp_protobuf_text(from->project);
    to->purpose = kp_protobuf_text(from->purpose);
    to->legal_basis = kp_protobuf_text(from->legal_basis);
    to->category = from->category;
    for (size_t i = 0; i < from->postcode_count; i++) {
        packing->postcodes[i] = kp_protobuf_text(from->postcodes[i]);
    }
    to->n_postcodes = from->postcode_count;
    to->postcodes = packing->postcodes;
    to->area_addresses = from->area_addresses;
    to->n_members = from->member_count;
    to->members = packing->members;
    to->key_scheme = from->key_scheme;
    to->key_scheme_version = from->key_scheme_version;
    to->threshold = from->threshold;
    to->slots = from->slots;
    to->rotation = from->rotation;
    to->rounds = from->rounds;
    to->interval_seconds = from->interval_seconds;
    to->discloses = from->discloses;
    to->n_opening_keys = from->opening_key_count;
    to->opening_keys = packing->opening_keys;
    to->openings_needed = from->openings_needed;
    to->coordinator = &packing->coordinator;
    to->leader = &packing->leader;
    to->start = from->start;
    to->end = from->end;
    to->retention_days = from->retention_days;
    to->controllers = kp_protobuf_text(from->controllers);
    to->canaries = from->canaries;
    to->audit_slots = from->audit_slots;
    to->count_first = from->count_first;
    to->register_date = from->register_date;
    to->register_hash = digest_or_none(from->register_hash);
    to->words_hash = digest_or_none(from->words_hash);
    give_parties(packing, from);
}

static bool counts_fit(const struct kp_agreement *agreement)
{
    bool fit = agreement->member_count <= KP_MEMBERS_MAX &&
               agreement->postcode_count <= KP_POSTCODES_MAX &&
               agreement->opening_key_count <= KP_OPENING_KEYS_MAX;
    for (size_t i = 0; fit && i < agreement->member_count; i++) {
        fit = agreement->members[i].indicator_count <= KP_INDICATORS_MAX;
    }
    return fit;
}

enum kp_status kp_agreement_pack(const struct kp_agreement *agreement, struct kp_buffer *out,
                                 struct kp_error *error)
{
    if (!counts_fit(agreement)) {
        return kp_fail(error, KP_REFUSED,
                       "more members, indicators, postcodes or opening keys "
                       "than an agreement may have");
    }
    struct packing *packing = calloc(1, sizeof(*packing));
    if (packing == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to pack an agreement");
    }
    give_agreement(packing, agreement);
    enum kp_status status = kp_protobuf_pack(&packing->agreement.base, out, error);
    free(packing);
    if (status == KP_OK && out->size > KP_AGREEMENT_BYTES_MAX) {
        return kp_fail(error, KP_REFUSED, "the agreement has %zu bytes; %u is the most", out->size,
                       KP_AGREEMENT_BYTES_MAX);
    }
    return status;
}

enum kp_status kp_agreement_check_canonical(const struct kp_agreement *agreement,
                                            const uint8_t *bytes, size_t size,
                                            struct kp_error *error)
{
    struct kp_buffer again = {0};
    enum kp_status status = kp_agreement_pack(agreement, &again, error);
    if (status == KP_OK && (again.size != size || memcmp(again.data, bytes, size) != 0)) {
        status = kp_fail(error, KP_REFUSED,
                         "the bytes are not in canonical form: the same fields pack differently");
    }
    kp_buffer_free(&again);
    return status;
}
