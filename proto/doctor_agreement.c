/* The agreement, and whether the keys are those that it names. */
#include "proto/doctor_internal.h"

#include "crypto/group.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "proto/loop.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define DAY 86400u
#define TERM_ENDS_SOON (30 * DAY)

static const char ASK_FOR_AGREEMENT[] =
    "ask the project leader for the agreement as it was agreed, and put it where the "
    "configuration says";

static void check_hash(struct kp_doctor *doctor)
{
    const struct kp_agreement *agreement = doctor->agreement;
    char hex[2 * KP_DIGEST_BYTES + 1];
    sodium_bin2hex(hex, sizeof(hex), agreement->hash, KP_DIGEST_BYTES);
    if (memcmp(agreement->hash, doctor->subject.agreement_hash, KP_DIGEST_BYTES) == 0) {
        kp_doctor_add(doctor, "agreement", KP_DOCTOR_OK, "",
                      "\"%s\", version %u, %u members, hash %s", agreement->project,
                      agreement->version, agreement->member_count, hex);
    } else {
        kp_doctor_add(doctor, "agreement", KP_DOCTOR_FAILED,
                      "compare agreement_hash with what was agreed by another way than the file "
                      "came; don't copy it from here",
                      "%s has hash %s, which isn't the one in the configuration",
                      doctor->subject.agreement, hex);
    }
}

static void check_term(struct kp_doctor *doctor)
{
    const struct kp_agreement *agreement = doctor->agreement;
    uint64_t now = kp_clock_now() / 1000;
    char start[KP_AGREEMENT_TIME_TEXT], end[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(start, agreement->start);
    kp_agreement_time_text(end, agreement->end);
    if (now < agreement->start) {
        kp_doctor_add(doctor, "term", KP_DOCTOR_WARNING, "wait: until then no round can be held",
                      "begins at %s", start);
    } else if (now >= agreement->end) {
        kp_doctor_add(doctor, "term", KP_DOCTOR_FAILED,
                      "no round can be held any more; the members must make a new agreement",
                      "ended at %s", end);
    } else if (agreement->end - now < TERM_ENDS_SOON) {
        kp_doctor_add(doctor, "term", KP_DOCTOR_WARNING,
                      "after that no round can be held; prepare a new agreement", "ends at %s",
                      end);
    } else {
        kp_doctor_add(doctor, "term", KP_DOCTOR_OK, "", "%s to %s", start, end);
    }
}

static void check_organisation_numbers(struct kp_doctor *doctor)
{
    struct kp_error error = {0};
    const char *kind = doctor->agreement->test ? "all are test numbers" : "all are real ones";
    if (kp_agreement_check_mode(doctor->agreement, doctor->subject.test_mode, &error) != KP_OK) {
        kp_doctor_add(doctor, "organisation numbers", KP_DOCTOR_FAILED,
                      "test_mode in the configuration and the agreement must fit each other", "%s",
                      error.text);
    } else {
        kp_doctor_add(doctor, "organisation numbers",
                      doctor->agreement->test ? KP_DOCTOR_WARNING : KP_DOCTOR_OK,
                      doctor->agreement->test ? "use this agreement with synthetic data only" : "",
                      "%s", kind);
    }
}

static void check_name(struct kp_doctor *doctor)
{
    const char *name = doctor->subject.name;
    doctor->own = kp_agreement_member_by_name(doctor->agreement, name);
    if (doctor->own == 0) {
        kp_doctor_add(doctor, "member", KP_DOCTOR_FAILED,
                      "set [node] name to the short name that the agreement has for this member "
                      "(kruispunt agreement show)",
                      "the agreement has no member \"%s\"", name);
    } else {
        kp_doctor_add(doctor, "member", KP_DOCTOR_OK, "", "%s is member %u: %s", name, doctor->own,
                      doctor->agreement->members[doctor->own - 1].title);
    }
}

void kp_doctor_check_agreement(struct kp_doctor *doctor)
{
    struct kp_error error = {0};
    if (kp_agreement_read(&doctor->agreement, doctor->subject.agreement, NULL, &error) != KP_OK) {
        kp_doctor_add(doctor, "agreement", KP_DOCTOR_FAILED, ASK_FOR_AGREEMENT, "%s", error.text);
        return;
    }
    check_hash(doctor);
    check_term(doctor);
    check_organisation_numbers(doctor);
    if (doctor->subject.role == KP_DOCTOR_NODE) {
        check_name(doctor);
    }
}

/* ---- keys ---- */

static const char *check_name_of(enum kp_key_kind kind)
{
    switch (kind) {
    case KP_KEY_IDENTITY:
        return "identity key";
    case KP_KEY_BOX:
        return "box key";
    case KP_KEY_OPENING:
        return "opening key";
    case KP_KEY_PAIR:
        return "pair secret";
    case KP_KEY_STORE:
    case KP_KEY_OFFICER: /* no program has one */
        break;
    }
    return "store key";
}

static const uint8_t *agreed_identity(const struct kp_doctor *doctor)
{
    switch (doctor->subject.role) {
    case KP_DOCTOR_COORDINATOR:
        return doctor->agreement->coordinator_identity_key;
    case KP_DOCTOR_LEADER:
        return doctor->agreement->leader_identity_key;
    case KP_DOCTOR_NODE:
        break;
    }
    return doctor->own != 0 ? doctor->agreement->members[doctor->own - 1].identity_key : NULL;
}

/* The public key that the agreement has for a key of this kind; NULL: none, or it isn't known. */
static const uint8_t *agreed_key(const struct kp_doctor *doctor, enum kp_key_kind kind)
{
    const struct kp_agreement *agreement = doctor->agreement;
    if (agreement == NULL) {
        return NULL;
    }
    const struct kp_member *own = doctor->own != 0 ? &agreement->members[doctor->own - 1] : NULL;
    switch (kind) {
    case KP_KEY_IDENTITY:
        return agreed_identity(doctor);
    case KP_KEY_BOX:
        return doctor->subject.role == KP_DOCTOR_LEADER ? agreement->leader_box_key
               : own != NULL                            ? own->box_key
                                                        : NULL;
    case KP_KEY_OPENING:
        return agreement->opening_keys[0].key;
    case KP_KEY_PAIR:
    case KP_KEY_STORE:
    case KP_KEY_OFFICER: /* no program has one */
        break;
    }
    return NULL;
}

/* The same of the second holder of an opening key, whose program is the project leader's; NULL:
 * there is none. */
static const uint8_t *agreed_opener_key(const struct kp_doctor *doctor, enum kp_key_kind kind)
{
    const struct kp_agreement *agreement = doctor->agreement;
    if (agreement == NULL || doctor->subject.role != KP_DOCTOR_LEADER ||
        agreement->opening_key_count < 2) {
        return NULL;
    }
    switch ((int)kind) {
    case KP_KEY_IDENTITY:
        return agreement->opening_keys[1].identity_key;
    case KP_KEY_BOX:
        return agreement->opening_keys[1].box_key;
    case KP_KEY_OPENING:
        return agreement->opening_keys[1].key;
    default:
        return NULL;
    }
}

/* secret: what the file holds. Whether it belongs to this public key. */
static bool belongs(enum kp_key_kind kind, const uint8_t *secret, const uint8_t *expected)
{
    uint8_t public_key[32];
    uint8_t *signing = NULL;
    bool made = false;
    switch (kind) {
    case KP_KEY_IDENTITY:
        signing = kp_secret_new(KP_SIGN_SECRET_BYTES);
        if (signing != NULL) {
            kp_sign_keypair(public_key, signing, secret);
            made = true;
        }
        kp_secret_free(signing);
        break;
    case KP_KEY_BOX:
        made = crypto_scalarmult_base(public_key, secret) == 0;
        break;
    case KP_KEY_OPENING:
        made = kp_scalar_check(secret) == KP_OK &&
               kp_points_multiply_base(public_key, secret, 1) == KP_OK;
        break;
    case KP_KEY_PAIR:
    case KP_KEY_STORE:
    case KP_KEY_OFFICER: /* no program has one */
        break;
    }
    return made && memcmp(public_key, expected, sizeof(public_key)) == 0;
}

uint32_t kp_doctor_party(const struct kp_doctor *doctor)
{
    if (doctor->subject.role == KP_DOCTOR_NODE) {
        return doctor->own;
    }
    if (doctor->subject.role == KP_DOCTOR_COORDINATOR) {
        return KP_PARTY_COORDINATOR;
    }
    const uint8_t *opener = agreed_opener_key(doctor, KP_KEY_IDENTITY);
    uint32_t party = KP_PARTY_LEADER;
    for (size_t i = 0; opener != NULL && i < doctor->subject.key_count; i++) {
        const struct kp_doctor_key *key = &doctor->subject.keys[i];
        uint8_t *secret = NULL;
        if (key->kind == KP_KEY_IDENTITY &&
            kp_key_read(key->path, key->kind, &secret, NULL) == KP_OK &&
            belongs(key->kind, secret, opener)) {
            party = KP_PARTY_OPENER;
        }
        kp_secret_free(secret);
    }
    return party;
}

static void check_key(struct kp_doctor *doctor, const struct kp_doctor_key *key)
{
    static const char CREDENTIAL[] = "credential:";
    const char *name = check_name_of(key->kind);
    struct kp_error error = {0};
    uint8_t *secret = NULL;
    if (strncmp(key->path, CREDENTIAL, strlen(CREDENTIAL)) == 0 &&
        getenv("CREDENTIALS_DIRECTORY") == NULL) {
        kp_doctor_add(doctor, name, KP_DOCTOR_WARNING,
                      "run this in the service's surroundings (systemd-run with the same "
                      "LoadCredential=) to have it looked at",
                      "%s is only readable for the service", key->path);
        return;
    }
    if (kp_key_read(key->path, key->kind, &secret, &error) != KP_OK) {
        kp_doctor_add(doctor, name, KP_DOCTOR_FAILED,
                      "it must be the file that kruispunt keygen made, mode 0600, of the user that "
                      "runs the daemon",
                      "%s", error.text);
        return;
    }
    const uint8_t *expected = agreed_key(doctor, key->kind);
    const uint8_t *other = agreed_opener_key(doctor, key->kind);
    if (expected != NULL && !belongs(key->kind, secret, expected) &&
        (other == NULL || !belongs(key->kind, secret, other))) {
        kp_doctor_add(doctor, name, KP_DOCTOR_FAILED,
                      "use the key whose public part went into the agreement; a new key needs a "
                      "new agreement",
                      "%s isn't the key that the agreement names", key->path);
    } else {
        kp_doctor_add(doctor, name, KP_DOCTOR_OK, "", "%s%s", key->path,
                      expected != NULL ? ", as agreed" : "");
    }
    kp_secret_free(secret);
}

void kp_doctor_check_keys(struct kp_doctor *doctor)
{
    for (size_t i = 0; i < doctor->subject.key_count; i++) {
        check_key(doctor, &doctor->subject.keys[i]);
    }
}
