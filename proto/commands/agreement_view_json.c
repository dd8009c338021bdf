/* An agreement as one JSON object: the names are those of a draft. */
#include "proto/commands/agreement_view.h"
#include "proto/operator.h"

static bool add_text(cJSON *object, const char *name, const char *text)
{
    return cJSON_AddStringToObject(object, name, text) != NULL;
}

static bool add_number(cJSON *object, const char *name, uint64_t number)
{
    return cJSON_AddNumberToObject(object, name, (double)number) != NULL;
}

static bool append_text(cJSON *array, const char *text)
{
    return cJSON_AddItemToArray(array, cJSON_CreateString(text));
}

static bool add_lists(cJSON *object, const struct kp_agreement *agreement)
{
    cJSON *postcodes = cJSON_AddArrayToObject(object, "postcodes");
    bool added = postcodes != NULL;
    for (size_t i = 0; added && i < agreement->postcode_count; i++) {
        added = append_text(postcodes, agreement->postcodes[i]);
    }
    cJSON *discloses = cJSON_AddArrayToObject(object, "discloses");
    added = added && discloses != NULL;
    uint32_t bit = 0;
    const char *name = NULL;
    for (size_t i = 0; added && (name = kp_reading_disclosure(i, &bit)) != NULL; i++) {
        added = (agreement->discloses & bit) == 0 || append_text(discloses, name);
    }
    return added;
}

static bool add_scheme(cJSON *object, const struct kp_agreement *agreement)
{
    char scheme[KP_KEY_SCHEME_NAME];
    char date[KP_REGISTER_DATE_TEXT];
    kp_agreement_scheme_text(scheme, agreement);
    kp_agreement_date_text(date, agreement->register_date);
    return add_text(object, "key_scheme", scheme) &&
           (agreement->key_scheme != KP_KEY_SCHEME_BAG ||
            (add_text(object, "register_date", date) &&
             kp_json_add_hex(object, "register_hash", agreement->register_hash,
                             sizeof(agreement->register_hash)))) &&
           kp_json_add_hex(object, "words_hash", agreement->words_hash,
                           sizeof(agreement->words_hash));
}

static bool add_terms(cJSON *object, const struct kp_agreement *agreement)
{
    char start[KP_AGREEMENT_TIME_TEXT];
    char end[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(start, agreement->start);
    kp_agreement_time_text(end, agreement->end);
    return add_number(object, "addresses", agreement->area_addresses) &&
           add_scheme(object, agreement) && add_number(object, "threshold", agreement->threshold) &&
           add_number(object, "slots", agreement->slots) &&
           add_number(object, "rotation", agreement->rotation) &&
           add_number(object, "rounds", agreement->rounds) &&
           add_number(object, "interval", agreement->interval_seconds) &&
           add_number(object, "openings_needed", agreement->openings_needed) &&
           add_text(object, "start", start) && add_text(object, "end", end) &&
           add_number(object, "retention_days", agreement->retention_days) &&
           add_number(object, "canaries", agreement->canaries) &&
           add_number(object, "audit_slots", agreement->audit_slots) &&
           cJSON_AddBoolToObject(object, "count_first", agreement->count_first != 0) != NULL;
}

static bool add_parties(cJSON *object, const struct kp_agreement *agreement)
{
    cJSON *coordinator = cJSON_AddObjectToObject(object, "coordinator");
    cJSON *leader = cJSON_AddObjectToObject(object, "leader");
    cJSON *keys = cJSON_AddArrayToObject(object, "opening_keys");
    bool added =
        coordinator != NULL && leader != NULL && keys != NULL &&
        add_text(coordinator, "operator", agreement->coordinator_operator) &&
        add_text(coordinator, "operator_oin", agreement->coordinator_oin) &&
        kp_json_add_hex(coordinator, "identity_key", agreement->coordinator_identity_key, 32) &&
        kp_json_add_hex(coordinator, "tls_fingerprint", agreement->coordinator_tls_fingerprint,
                        32) &&
        add_text(leader, "name", agreement->leader_name) &&
        add_text(leader, "employer", agreement->leader_employer) &&
        add_text(leader, "employer_oin", agreement->leader_oin) &&
        kp_json_add_hex(leader, "identity_key", agreement->leader_identity_key, 32) &&
        kp_json_add_hex(leader, "box_key", agreement->leader_box_key, 32) &&
        kp_json_add_hex(leader, "tls_fingerprint", agreement->leader_tls_fingerprint, 32);
    for (uint32_t i = 0; added && i < agreement->opening_key_count; i++) {
        const struct kp_opening_key *key = &agreement->opening_keys[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(keys, item) && add_text(item, "holder", key->holder) &&
                kp_json_add_hex(item, "key", key->key, sizeof(key->key)) &&
                kp_json_add_hex(item, "proof", key->proof, sizeof(key->proof)) &&
                (i == 0 || (add_text(item, "employer", key->employer) &&
                            add_text(item, "employer_oin", key->employer_oin) &&
                            kp_json_add_hex(item, "identity_key", key->identity_key, 32) &&
                            kp_json_add_hex(item, "box_key", key->box_key, 32) &&
                            kp_json_add_hex(item, "tls_fingerprint", key->tls_fingerprint, 32)));
    }
    return added;
}

static bool add_indicators(cJSON *object, const struct kp_member *member)
{
    cJSON *array = cJSON_AddArrayToObject(object, "indicators");
    bool added = array != NULL;
    for (size_t i = 0; added && i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) && add_text(item, "code", indicator->code) &&
                add_text(item, "description", indicator->description) &&
                add_text(item, "source", indicator->source) &&
                add_text(item, "legal_ground", indicator->legal_ground);
    }
    return added;
}

static bool add_members(cJSON *object, const struct kp_agreement *agreement)
{
    cJSON *array = cJSON_AddArrayToObject(object, "members");
    bool added = array != NULL;
    for (uint32_t i = 0; added && i < agreement->member_count; i++) {
        const struct kp_member *member = &agreement->members[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) && add_number(item, "number", i + 1) &&
                add_text(item, "name", member->name) && add_text(item, "title", member->title) &&
                add_text(item, "oin", member->oin) &&
                add_text(item, "role", kp_reading_role(member->role)) &&
                add_text(item, "dpia", member->dpia) && add_text(item, "dpo", member->dpo) &&
                add_text(item, "officer", member->officer) &&
                kp_json_add_hex(item, "officer_key", member->officer_key, 32) &&
                kp_json_add_hex(item, "identity_key", member->identity_key, 32) &&
                kp_json_add_hex(item, "box_key", member->box_key, 32) &&
                kp_json_add_hex(item, "tls_fingerprint", member->tls_fingerprint, 32) &&
                add_indicators(item, member);
    }
    return added;
}

static bool add_exposure(cJSON *object, const struct kp_view *view)
{
    cJSON *array = cJSON_AddArrayToObject(object, "exposure");
    cJSON *counted = cJSON_AddArrayToObject(object, "exposure_counts");
    bool added = array != NULL && counted != NULL;
    for (size_t i = 0; added && i < view->exposures.count; i++) {
        const struct kp_exposure *exposure = &view->exposures.exposure[i];
        cJSON *item = cJSON_CreateObject();
        added = cJSON_AddItemToArray(array, item) &&
                add_number(item, "members", exposure->partners) &&
                add_number(item, "addresses", exposure->addresses) &&
                add_number(item, "percent", exposure->percent);
    }
    for (size_t i = 0; added && i < view->beside->count; i++) {
        added = !view->exposures.counted[i] ||
                kp_json_append_hex(counted, view->beside->agreements[i]->hash, KP_DIGEST_BYTES);
    }
    return added;
}

bool kp_view_json_notices(const struct kp_view *view, cJSON *object)
{
    const struct kp_agreement *agreement = view->agreement;
    cJSON *members = cJSON_AddArrayToObject(object, "operator_is_member");
    bool added = members != NULL;
    for (uint32_t i = 1; added && i <= agreement->member_count; i++) {
        added = !kp_operator_is_member(agreement, i) ||
                append_text(members, agreement->members[i - 1].name);
    }
    return added &&
           cJSON_AddBoolToObject(object, "operator_is_employer",
                                 kp_operator_is_employer(agreement)) != NULL &&
           add_exposure(object, view) && kp_view_json_odds(view, object);
}

static bool add_identity(cJSON *object, const struct kp_agreement *agreement)
{
    return kp_json_add_hex(object, "hash", agreement->hash, sizeof(agreement->hash)) &&
           kp_json_add_hex(object, "lineage", agreement->lineage, sizeof(agreement->lineage)) &&
           add_number(object, "version", agreement->version) &&
           (agreement->version == 1 ||
            kp_json_add_hex(object, "previous", agreement->previous, sizeof(agreement->previous)));
}

bool kp_view_json(const struct kp_view *view, cJSON *object)
{
    const struct kp_agreement *agreement = view->agreement;
    struct kp_error why = {0};
    bool complete = kp_agreement_check_complete(agreement, &why) == KP_OK;
    return add_identity(object, agreement) &&
           cJSON_AddBoolToObject(object, "test_mode", agreement->test) != NULL &&
           cJSON_AddBoolToObject(object, "complete", complete) != NULL &&
           (complete || add_text(object, "incomplete", why.text)) &&
           add_text(object, "project", agreement->project) &&
           add_text(object, "purpose", agreement->purpose) &&
           add_text(object, "legal_basis", agreement->legal_basis) &&
           add_text(object, "category", kp_reading_category(agreement->category)) &&
           add_text(object, "controllers", agreement->controllers) &&
           add_lists(object, agreement) && add_terms(object, agreement) &&
           kp_view_json_notices(view, object) && add_parties(object, agreement) &&
           add_members(object, agreement);
}
