#include "proto/agreement_check.h"

#include "crypto/secret.h"
#include "proto/utf8.h"

#include <sodium.h>
#include <string.h>
#include <strings.h>

#define DAY_SECONDS 86400u
#define INTERVAL_SECONDS_MAX (366u * DAY_SECONDS)
#define RETENTION_DAYS_MAX 3650u
#define TIME_MAX 253402300799u /* the end of the year 9999 */

/* ---- text ---- */

/* Characters that show nothing or turn text around: what is signed must be what is read. */
static bool is_invisible(uint32_t character)
{
    return kp_utf8_is_control(character) || character == 0xad || character == 0x61c ||
           character == 0x180e || (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x206f) || character == 0xfeff ||
           (character >= 0xfff9 && character <= 0xfffb) ||
           (character >= 0xe0000 && character <= 0xe0fff);
}

static enum kp_status check_text(const char *text, bool required, const char *field,
                                 struct kp_error *error)
{
    size_t length = strlen(text);
    if (length == 0) {
        return required ? kp_fail(error, KP_REFUSED, "%s is missing", field) : KP_OK;
    }
    if (text[0] == ' ' || text[length - 1] == ' ') {
        return kp_fail(error, KP_REFUSED, "%s begins or ends with a space", field);
    }
    for (size_t at = 0, size = 0; at < length; at += size) {
        uint32_t character = 0;
        size = kp_utf8_decode(&character, text + at, length - at);
        if (size == 0) {
            return kp_fail(error, KP_REFUSED, "%s is not valid UTF-8", field);
        }
        if (is_invisible(character)) {
            return kp_fail(error, KP_REFUSED,
                           "%s has a control character or an invisible one (U+%04X)", field,
                           (unsigned)character);
        }
    }
    return KP_OK;
}

enum kp_status kp_agreement_check_text(const char *text, size_t most, const char *field,
                                       struct kp_error *error)
{
    if (strlen(text) > most) {
        return kp_fail(error, KP_REFUSED, "%s has %zu bytes; %zu is the most", field, strlen(text),
                       most);
    }
    return check_text(text, true, field, error);
}

/* [A-Za-z0-9][A-Za-z0-9._-]* */
bool kp_agreement_is_name(const char *text)
{
    for (size_t i = 0; text[i] != '\0'; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (i == 0 || (c != '.' && c != '_' && c != '-'))) {
            return false;
        }
    }
    return text[0] != '\0' && strlen(text) <= KP_NAME_MAX;
}

static enum kp_status check_range(uint64_t value, uint64_t least, uint64_t most, const char *field,
                                  struct kp_error *error)
{
    if (value >= least && value <= most) {
        return KP_OK;
    }
    return kp_fail(error, KP_REFUSED, "%s is %llu; it must be %llu to %llu", field,
                   (unsigned long long)value, (unsigned long long)least, (unsigned long long)most);
}

/* ---- the area ---- */

bool kp_agreement_is_postcode(const char *text)
{
    size_t length = strlen(text);
    if ((length != 4 && length != 6) || text[0] < '1') {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (i < 4 ? text[i] < '0' || text[i] > '9' : text[i] < 'A' || text[i] > 'Z') {
            return false;
        }
    }
    return true;
}

static enum kp_status check_area(const struct kp_agreement *agreement, struct kp_error *error)
{
    if (agreement->postcode_count == 0) {
        return kp_fail(error, KP_REFUSED, "postcodes is missing: the area has no postcode");
    }
    if (agreement->postcode_count > KP_POSTCODES_MAX) {
        return kp_fail(error, KP_REFUSED, "postcodes has %zu values; %u is the most",
                       agreement->postcode_count, KP_POSTCODES_MAX);
    }
    const char *whole = ""; /* the last one that stands for all its letters */
    for (size_t i = 0; i < agreement->postcode_count; i++) {
        const char *postcode = agreement->postcodes[i];
        if (!kp_agreement_is_postcode(postcode)) {
            return kp_fail(error, KP_REFUSED,
                           "postcodes, number %zu: not a postcode such as 1234AB or 1234", i + 1);
        }
        if (i > 0 && strcmp(agreement->postcodes[i - 1], postcode) >= 0) {
            return kp_fail(error, KP_REFUSED,
                           "postcodes, number %zu: %s is there twice or not in its order", i + 1,
                           postcode);
        }
        if (strlen(postcode) == 4) {
            whole = postcode;
        } else if (strncmp(whole, postcode, 4) == 0) {
            return kp_fail(error, KP_REFUSED,
                           "postcodes, number %zu: %s is in %s already; leave one of them out",
                           i + 1, postcode, whole);
        }
    }
    return check_range(agreement->area_addresses, 1, UINT32_MAX, "addresses", error);
}

/* ---- members ---- */

/* A u coordinate that is reduced and has no small order (RFC 7748 section 6.1). */
static bool is_exchange_key(const uint8_t key[static 32])
{
    bool top = key[31] == 0x7f;
    for (size_t i = 1; i < 31; i++) {
        top = top && key[i] == 0xff;
    }
    if (key[31] > 0x7f || (top && key[0] >= 0xed)) {
        return false;
    }
    uint8_t secret[32];
    uint8_t shared[32];
    randombytes_buf(secret, sizeof(secret));
    bool sound = crypto_scalarmult(shared, secret, key) == 0;
    kp_wipe(shared, sizeof(shared));
    return sound;
}

static enum kp_status check_indicators(const struct kp_member *member, struct kp_error *error)
{
    size_t least = member->role == KP_ROLE_CONTRIBUTES ? 1 : 0;
    if (member->indicator_count < least || member->indicator_count > KP_INDICATORS_MAX) {
        return kp_fail(error, KP_REFUSED, "has %zu indicators; it must have %zu to %u",
                       member->indicator_count, least, KP_INDICATORS_MAX);
    }
    for (size_t i = 0; i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        enum kp_status status = check_text(indicator->code, true, "code", error);
        bool printable = status == KP_OK;
        for (size_t j = 0; j < i && status == KP_OK; j++) {
            if (strcmp(member->indicators[j].code, indicator->code) == 0) {
                status = kp_fail(error, KP_REFUSED, "code %s is there twice", indicator->code);
            }
        }
        if (status != KP_OK ||
            (status = check_text(indicator->description, false, "description", error)) != KP_OK ||
            (status = check_text(indicator->source, false, "source", error)) != KP_OK ||
            (status = check_text(indicator->legal_ground, false, "legal_ground", error)) != KP_OK) {
            return printable ? kp_fail_in(error, "indicator %zu (%s)", i + 1, indicator->code)
                             : kp_fail_in(error, "indicator %zu", i + 1);
        }
    }
    return KP_OK;
}

bool kp_agreement_is_test_number(const char *oin)
{
    return strncmp(oin, KP_OIN_TEST_PREFIX, strlen(KP_OIN_TEST_PREFIX)) == 0;
}

static enum kp_status check_oin(const char *oin, const char *field, struct kp_error *error)
{
    if (strlen(oin) != KP_OIN_DIGITS || strspn(oin, "0123456789") != KP_OIN_DIGITS) {
        return kp_fail(error, KP_REFUSED, "%s must be %d digits", field, KP_OIN_DIGITS);
    }
    return KP_OK;
}

static enum kp_status check_sign_key(const uint8_t key[static 32], const char *field,
                                     struct kp_error *error)
{
    return crypto_core_ed25519_is_valid_point(key) == 1
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "%s is not an Ed25519 key", field);
}

static enum kp_status check_box_key(const uint8_t key[static 32], const char *field,
                                    struct kp_error *error)
{
    return is_exchange_key(key) ? KP_OK
                                : kp_fail(error, KP_REFUSED, "%s is not an X25519 key", field);
}

static enum kp_status check_member(const struct kp_member *member, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (!kp_agreement_is_name(member->name)) {
        return kp_fail(
            error, KP_REFUSED,
            "name must be letters, digits and . _ - and begin with one of the first two");
    }
    if ((status = check_text(member->title, false, "title", error)) != KP_OK ||
        (status = check_oin(member->oin, "oin", error)) != KP_OK ||
        (status = check_text(member->dpia, false, "dpia", error)) != KP_OK ||
        (status = check_text(member->dpo, false, "dpo", error)) != KP_OK ||
        (status = check_text(member->officer, false, "officer", error)) != KP_OK ||
        (status = check_sign_key(member->identity_key, "identity_key", error)) != KP_OK ||
        (status = check_sign_key(member->officer_key, "officer_key", error)) != KP_OK ||
        (status = check_box_key(member->box_key, "box_key", error)) != KP_OK) {
        return status;
    }
    if (member->role != KP_ROLE_CONTRIBUTES && member->role != KP_ROLE_ON_REQUEST) {
        return kp_fail(error, KP_REFUSED, "role is neither 'contributes' nor 'on request'");
    }
    return check_indicators(member, error);
}

static enum kp_status check_members_differ(const struct kp_member *one,
                                           const struct kp_member *other, struct kp_error *error)
{
    const char *field = NULL;
    if (strcasecmp(one->name, other->name) == 0) {
        field = "name";
    } else if (strcmp(one->oin, other->oin) == 0) {
        field = "oin";
    } else if (memcmp(one->box_key, other->box_key, 32) == 0) {
        field = "box_key";
    }
    if (field == NULL) {
        return KP_OK;
    }
    return kp_fail(error, KP_REFUSED, "%s is the same as that of member %s", field, one->name);
}

static enum kp_status check_members(const struct kp_agreement *agreement, struct kp_error *error)
{
    enum kp_status status = check_range(agreement->member_count, KP_MEMBERS_MIN, KP_MEMBERS_MAX,
                                        "the number of members", error);
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        status = check_member(&agreement->members[i], error);
        for (uint32_t j = 0; status == KP_OK && j < i; j++) {
            status = check_members_differ(&agreement->members[j], &agreement->members[i], error);
        }
        if (status != KP_OK) {
            const char *name = agreement->members[i].name;
            return kp_agreement_is_name(name) ? kp_fail_in(error, "member %u (%s)", i + 1, name)
                                              : kp_fail_in(error, "member %u", i + 1);
        }
    }
    return status;
}

/* Keys that tell parties apart: no two may share one. */
struct key_list {
    const uint8_t *keys[2 * KP_MEMBERS_MAX + 3];
    const char *owners[2 * KP_MEMBERS_MAX + 3];
    size_t count;
};

static void list_key(struct key_list *list, const uint8_t key[static 32], const char *owner)
{
    list->keys[list->count] = key;
    list->owners[list->count++] = owner;
}

/* NULL: there is no second holder. */
static void list_holder(struct key_list *list, const uint8_t *key)
{
    if (key != NULL) {
        list_key(list, key, "the second holder");
    }
}

static enum kp_status check_distinct(const struct key_list *list, const char *field,
                                     struct kp_error *error)
{
    for (size_t i = 0; i < list->count; i++) {
        if (sodium_is_zero(list->keys[i], 32)) {
            return kp_fail(error, KP_REFUSED, "%s of %s is missing", field, list->owners[i]);
        }
        for (size_t j = 0; j < i; j++) {
            if (memcmp(list->keys[i], list->keys[j], 32) == 0) {
                return kp_fail(error, KP_REFUSED,
                               "%s of %s is also that of another party (%s); each needs one of "
                               "its own",
                               field, list->owners[i], list->owners[j]);
            }
        }
    }
    return KP_OK;
}

/* A certificate's key tells who is at the other end of a connection. */
static enum kp_status check_fingerprints(const struct kp_agreement *agreement,
                                         struct kp_error *error)
{
    struct key_list list = {.count = 0};
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        list_key(&list, agreement->members[i].tls_fingerprint, agreement->members[i].name);
    }
    list_key(&list, agreement->coordinator_tls_fingerprint, "the coordinator");
    list_key(&list, agreement->leader_tls_fingerprint, "the leader");
    list_holder(&list, kp_agreement_tls_fingerprint(agreement, KP_PARTY_OPENER));
    return check_distinct(&list, "tls_fingerprint", error);
}

/* Who signs messages, logs and decisions. An officer with the key of a node would be no second pair
 * of eyes. */
static enum kp_status check_sign_keys(const struct kp_agreement *agreement, struct kp_error *error)
{
    struct key_list list = {.count = 0};
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        list_key(&list, agreement->members[i].identity_key, agreement->members[i].name);
        list_key(&list, agreement->members[i].officer_key, agreement->members[i].officer);
    }
    list_key(&list, agreement->coordinator_identity_key, "the coordinator");
    list_key(&list, agreement->leader_identity_key, "the leader");
    list_holder(&list, kp_agreement_identity_key(agreement, KP_PARTY_OPENER));
    return check_distinct(&list, "the signing key", error);
}

/* What letters are sealed to. */
static enum kp_status check_box_keys(const struct kp_agreement *agreement, struct kp_error *error)
{
    struct key_list list = {.count = 0};
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        list_key(&list, agreement->members[i].box_key, agreement->members[i].name);
    }
    list_key(&list, agreement->leader_box_key, "the leader");
    list_holder(&list, kp_agreement_box_key(agreement, KP_PARTY_OPENER));
    return check_distinct(&list, "box_key", error);
}

/* All organisation numbers are for tests, or none. */
static enum kp_status check_one_mode(const struct kp_agreement *agreement, struct kp_error *error)
{
    bool test = kp_agreement_is_test_number(agreement->coordinator_oin);
    bool same = kp_agreement_is_test_number(agreement->leader_oin) == test &&
                (agreement->opening_key_count < 2 ||
                 kp_agreement_is_test_number(agreement->opening_keys[1].employer_oin) == test);
    for (uint32_t i = 0; same && i < agreement->member_count; i++) {
        same = kp_agreement_is_test_number(agreement->members[i].oin) == test;
    }
    return same ? KP_OK
                : kp_fail(error, KP_REFUSED,
                          "test numbers (%s...) and numbers of real organisations are mixed; oin, "
                          "operator_oin and employer_oin must all be the one or the other",
                          KP_OIN_TEST_PREFIX);
}

/* ---- the rest ---- */

/* Version 1 has nothing before it; every later one names the one before and the first. */
static enum kp_status check_version(const struct kp_agreement *agreement, struct kp_error *error)
{
    bool first = agreement->version == 1;
    if (agreement->version == 0) {
        return kp_fail(error, KP_REFUSED, "version is 0; the first is 1");
    }
    if (sodium_is_zero(agreement->previous, sizeof(agreement->previous)) != first) {
        return kp_fail(error, KP_REFUSED,
                       first ? "previous is there, but version 1 has none before it"
                             : "previous is missing: version %u must name the one before it",
                       agreement->version);
    }
    if (!first && sodium_is_zero(agreement->lineage, sizeof(agreement->lineage))) {
        return kp_fail(error, KP_REFUSED, "lineage is missing: version %u must name the first one",
                       agreement->version);
    }
    return KP_OK;
}

static enum kp_status check_threshold(const struct kp_agreement *agreement, struct kp_error *error)
{
    uint32_t contributing = kp_agreement_contributing(agreement);
    enum kp_status status =
        check_range(agreement->threshold, 2, agreement->member_count, "threshold", error);
    if (status == KP_OK && contributing < agreement->threshold) {
        status = kp_fail(error, KP_REFUSED,
                         "threshold is %u, but only %u members contribute: nothing could match",
                         agreement->threshold, contributing);
    }
    return status;
}

static enum kp_status check_numbers(const struct kp_agreement *agreement, struct kp_error *error)
{
    enum kp_status status = check_version(agreement, error);
    if (status != KP_OK) {
        return status;
    }
    if (agreement->category != KP_CATEGORY_ENFORCEMENT && agreement->category != KP_CATEGORY_CARE) {
        return kp_fail(error, KP_REFUSED, "category must be enforcement or care");
    }
    if ((status = kp_agreement_check_scheme(agreement, error)) != KP_OK) {
        return status;
    }
    if ((agreement->discloses & ~(uint32_t)(KP_DISCLOSE_INDICATORS | KP_DISCLOSE_GROUNDS |
                                            KP_DISCLOSE_OBSERVED_ON)) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "discloses has something else than indicators, grounds and observed_on");
    }
    if ((status = check_threshold(agreement, error)) != KP_OK ||
        (status = check_range(agreement->slots, 1, KP_SLOTS_MAX, "slots", error)) != KP_OK ||
        (status = check_range(agreement->rotation, 1, agreement->slots, "rotation", error)) !=
            KP_OK ||
        (status = check_range(agreement->rounds, 1, KP_ROUNDS_MAX, "rounds", error)) != KP_OK ||
        (status = check_range(agreement->interval_seconds, 1, INTERVAL_SECONDS_MAX, "interval",
                              error)) != KP_OK ||
        (status = check_range(agreement->end, 1, TIME_MAX, "end", error)) != KP_OK ||
        (status = check_range(agreement->start, 1, agreement->end - 1, "start", error)) != KP_OK) {
        return status;
    }
    if ((status = check_range(agreement->retention_days, 0, RETENTION_DAYS_MAX, "retention_days",
                              error)) != KP_OK ||
        (status = check_range(agreement->canaries, 0, KP_CANARIES_MAX, "canaries", error)) !=
            KP_OK ||
        (status = check_range(agreement->audit_slots, 0,
                              agreement->slots < KP_AUDIT_SLOTS_MAX ? agreement->slots
                                                                    : KP_AUDIT_SLOTS_MAX,
                              "audit_slots", error)) != KP_OK ||
        (status = check_range(agreement->count_first, 0, 1, "count_first", error)) != KP_OK) {
        return status;
    }
    return kp_agreement_check_canaries(agreement, error);
}

/* A second holder is a person with keys of its own: a party like the others. */
static enum kp_status check_second_holder(const struct kp_agreement *agreement,
                                          struct kp_error *error)
{
    const struct kp_opening_key *second = &agreement->opening_keys[1];
    enum kp_status status = KP_OK;
    if (strcmp(second->holder, agreement->opening_keys[0].holder) == 0) {
        return kp_fail(error, KP_REFUSED, "holder is the same as that of opening key 1");
    }
    if ((status = check_text(second->employer, true, "employer", error)) != KP_OK ||
        (status = check_oin(second->employer_oin, "employer_oin", error)) != KP_OK ||
        (status = check_sign_key(second->identity_key, "identity_key", error)) != KP_OK) {
        return status;
    }
    return check_box_key(second->box_key, "box_key", error);
}

static enum kp_status check_openings(const struct kp_agreement *agreement, struct kp_error *error)
{
    uint32_t count = agreement->opening_key_count;
    if (count < 1 || count > KP_OPENING_KEYS_MAX || agreement->openings_needed != count) {
        return kp_fail(error, KP_REFUSED,
                       "there are %u opening keys and %u openings_needed; there must be one or two "
                       "keys, and as many needed",
                       count, agreement->openings_needed);
    }
    for (uint32_t i = 0; i < count; i++) {
        enum kp_status status =
            check_text(agreement->opening_keys[i].holder, true, "holder", error);
        if (status == KP_OK) {
            status = kp_agreement_check_opening_key(agreement, i, error);
        }
        if (status == KP_OK && i == 1) {
            status = check_second_holder(agreement, error);
        }
        if (status != KP_OK) {
            return kp_fail_in(error, "opening key %u", i + 1);
        }
    }
    return KP_OK;
}

enum kp_status kp_agreement_check(const struct kp_agreement *agreement, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if ((status = check_text(agreement->project, true, "project", error)) != KP_OK ||
        (status = check_text(agreement->purpose, false, "purpose", error)) != KP_OK ||
        (status = check_text(agreement->legal_basis, false, "legal_basis", error)) != KP_OK ||
        (status = check_text(agreement->controllers, false, "controllers", error)) != KP_OK ||
        (status = check_area(agreement, error)) != KP_OK ||
        (status = check_members(agreement, error)) != KP_OK ||
        (status = check_numbers(agreement, error)) != KP_OK ||
        (status = check_text(agreement->coordinator_operator, true, "coordinator: operator",
                             error)) != KP_OK ||
        (status = check_oin(agreement->coordinator_oin, "coordinator: operator_oin", error)) !=
            KP_OK ||
        (status = check_sign_key(agreement->coordinator_identity_key, "coordinator: identity_key",
                                 error)) != KP_OK ||
        (status = check_text(agreement->leader_name, true, "leader: name", error)) != KP_OK ||
        (status = check_text(agreement->leader_employer, true, "leader: employer", error)) !=
            KP_OK ||
        (status = check_oin(agreement->leader_oin, "leader: employer_oin", error)) != KP_OK ||
        (status = check_sign_key(agreement->leader_identity_key, "leader: identity_key", error)) !=
            KP_OK ||
        (status = check_box_key(agreement->leader_box_key, "leader: box_key", error)) != KP_OK ||
        (status = check_openings(agreement, error)) != KP_OK ||
        (status = check_one_mode(agreement, error)) != KP_OK ||
        (status = check_sign_keys(agreement, error)) != KP_OK ||
        (status = check_box_keys(agreement, error)) != KP_OK) {
        return status;
    }
    return check_fingerprints(agreement, error);
}
