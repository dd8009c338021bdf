/* The agreement: what all members agreed on before any processing, as canonical bytes.
 *
 * The bytes are protobuf (proto/agreement.proto), in the one form that packing again gives;
 * anything else, and any unknown field, is refused. The hash over the bytes of the first version is
 * the lineage, which later versions name. A configuration pins the first version by its hash;
 * whether a version is in force depends on what all officers decided (proto/decision.h,
 * proto/dossier.h). */
#ifndef KP_PROTO_AGREEMENT_H
#define KP_PROTO_AGREEMENT_H

#include "crypto/hash.h"
#include "crypto/leaf.h"
#include "crypto/schnorr.h"
#include "crypto/shares.h"
#include "proto/address.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/limits.h"
#include "proto/party.h"

#include <stdbool.h>
#include <stdint.h>

#define KP_OIN_DIGITS 20
#define KP_OIN_TEST_PREFIX "00000099"
#define KP_OPENING_KEYS_MAX 2

enum kp_category { KP_CATEGORY_ENFORCEMENT = 1, KP_CATEGORY_CARE = 2 };
enum kp_role { KP_ROLE_CONTRIBUTES = 1, KP_ROLE_ON_REQUEST = 2 };
/* Bits: what a match shows besides who. */
enum kp_disclosure {
    KP_DISCLOSE_INDICATORS = 1,
    KP_DISCLOSE_GROUNDS = 2,
    KP_DISCLOSE_OBSERVED_ON = 4,
};

struct kp_indicator {
    char code[KP_INDICATOR_MAX + 1];
    char description[KP_TITLE_MAX + 1];
    char source[KP_TITLE_MAX + 1]; /* the register it comes from */
    char legal_ground[KP_TITLE_MAX + 1];
};

struct kp_member {
    char name[KP_NAME_MAX + 1]; /* short, [A-Za-z0-9][A-Za-z0-9._-]*; how programs call it;
                                 * unique, also without regard to capitals */
    char title[KP_TITLE_MAX + 1];
    char oin[KP_OIN_DIGITS + 1];
    uint8_t identity_key[32];    /* Ed25519 */
    uint8_t box_key[32];         /* X25519 */
    uint8_t tls_fingerprint[32]; /* SHA-256 of the certificate key */
    enum kp_role role;
    char dpia[KP_TITLE_MAX + 1];
    char dpo[KP_TITLE_MAX + 1];
    struct kp_indicator *indicators; /* none is allowed for a member that answers on request */
    size_t indicator_count;
    uint8_t officer_key[32];        /* Ed25519; held by a person, never by the node */
    char officer[KP_TITLE_MAX + 1]; /* name or function */
};

struct kp_opening_key {
    char holder[KP_TITLE_MAX + 1];
    uint8_t key[KP_POINT_BYTES];
    uint8_t proof[KP_SCHNORR_BYTES]; /* of possession, bound to project and holder */
    /* Of the second holder, who is a party of its own. Empty for the first one, the project leader:
     * what that one has stands in leader_... */
    char employer[KP_TITLE_MAX + 1];
    char employer_oin[KP_OIN_DIGITS + 1];
    uint8_t identity_key[32];    /* Ed25519 */
    uint8_t tls_fingerprint[32]; /* SHA-256 of the certificate key */
    uint8_t box_key[32];         /* X25519 */
};

struct kp_agreement {
    uint8_t hash[KP_DIGEST_BYTES];    /* over the canonical bytes */
    uint8_t lineage[KP_DIGEST_BYTES]; /* hash of the first version; so of this one when it is 1 */
    bool test; /* all organisation numbers are test numbers; otherwise none is */
    uint32_t version;
    uint8_t previous[KP_DIGEST_BYTES]; /* zeros when version is 1 */
    char project[KP_TITLE_MAX + 1];
    char purpose[KP_TEXT_MAX + 1];
    char legal_basis[KP_TITLE_MAX + 1];
    enum kp_category category;
    char (*postcodes)[7]; /* of the area: "1234AB", or "1234" for all its letters; sorted */
    size_t postcode_count;
    uint32_t area_addresses;
    struct kp_member *members; /* member number i is members[i - 1] */
    uint32_t member_count;
    enum kp_key_scheme key_scheme;
    uint32_t key_scheme_version;
    uint32_t register_date;                 /* yyyymmdd; 0 when keys are text */
    uint8_t register_hash[KP_DIGEST_BYTES]; /* zeros when keys are text */
    uint8_t words_hash[KP_DIGEST_BYTES];
    uint32_t threshold;
    uint32_t slots;
    uint32_t rotation;
    uint32_t rounds;
    uint32_t interval_seconds;
    uint32_t discloses;                                      /* kp_disclosure bits */
    struct kp_opening_key opening_keys[KP_OPENING_KEYS_MAX]; /* [0]: the project leader's */
    uint32_t opening_key_count;
    uint32_t openings_needed;            /* as many as there are keys */
    uint8_t opening_key[KP_POINT_BYTES]; /* the sum of all: what records are sealed to; set by
                                          * kp_agreement_parse, and no field of its own */
    char coordinator_operator[KP_TITLE_MAX + 1];
    char coordinator_oin[KP_OIN_DIGITS + 1]; /* of the operator */
    uint8_t coordinator_tls_fingerprint[32];
    uint8_t coordinator_identity_key[32]; /* Ed25519 */
    char leader_employer[KP_TITLE_MAX + 1];
    char leader_oin[KP_OIN_DIGITS + 1]; /* of the employer */
    char leader_name[KP_TITLE_MAX + 1];
    uint8_t leader_tls_fingerprint[32];
    uint8_t leader_identity_key[32]; /* Ed25519 */
    uint8_t leader_box_key[32];      /* X25519 */
    uint64_t start;                  /* Unix time, seconds */
    uint64_t end;
    uint32_t retention_days;
    char controllers[KP_TEXT_MAX + 1]; /* what each of the joint controllers does, and who answers
                                        * residents (GDPR, article 26) */
    uint32_t canaries;                 /* active ones of each group in a round; 0: none */
    uint32_t audit_slots; /* picks of each member in a round, for its own DPO; 0: none */
    uint32_t count_first; /* 1: the lineage's first round only counts */
};

/* From canonical bytes; the form of everything is checked: limits, distinct members and keys,
 * decoding keys, proofs of possession, t <= contributing members, organisation numbers either all
 * for tests or none. What the law asks for may be missing still (kp_agreement_check_complete), and
 * a later version isn't compared with the one before (kp_agreement_check_successor). The caller
 * frees with kp_agreement_free. KP_REFUSED names the field. */
KP_MUST_USE enum kp_status kp_agreement_parse(struct kp_agreement **agreement, const uint8_t *bytes,
                                              size_t size, struct kp_error *error);
/* Reads the file and, when `pinned` isn't NULL, refuses another hash. */
KP_MUST_USE enum kp_status kp_agreement_read(struct kp_agreement **agreement, const char *path,
                                             const uint8_t *pinned, struct kp_error *error);
/* Canonical bytes of an agreement (hash and test are not read; lineage only from version 2 on). */
KP_MUST_USE enum kp_status kp_agreement_pack(const struct kp_agreement *agreement,
                                             struct kp_buffer *out, struct kp_error *error);
void kp_agreement_free(struct kp_agreement *agreement); /* NULL is allowed */

/* What an opening key's proof of possession is bound to. */
void kp_agreement_opening_context(uint8_t context[static KP_DIGEST_BYTES], const char *project,
                                  const char *holder, const uint8_t key[static KP_POINT_BYTES]);

/* What the agreement has for a party: a member (1..), KP_PARTY_COORDINATOR, KP_PARTY_LEADER,
 * KP_PARTY_OPENER. NULL: it has no such party, or that has no such key (the coordinator has no box
 * key). */
const uint8_t *kp_agreement_identity_key(const struct kp_agreement *agreement, uint32_t party);
const uint8_t *kp_agreement_box_key(const struct kp_agreement *agreement, uint32_t party);
const uint8_t *kp_agreement_tls_fingerprint(const struct kp_agreement *agreement, uint32_t party);
/* What a round with this number is for. */
enum kp_round_type kp_agreement_round_type(const struct kp_agreement *agreement, uint64_t counter);
/* At `now`, Unix seconds: what was kept of rounds under it has to be gone. */
bool kp_agreement_retention_is_over(const struct kp_agreement *agreement, uint64_t now);
/* Members that contribute, by the agreement's numbers. */
uint32_t kp_agreement_contributing(const struct kp_agreement *agreement);
/* How many ways there are to choose `chosen` of `all`; at most 32 of 32. */
uint64_t kp_agreement_combinations(uint32_t all, uint32_t chosen);

/* The number (1..) of the member with this certificate key or name; 0: none. */
uint32_t kp_agreement_member_by_fingerprint(const struct kp_agreement *agreement,
                                            const uint8_t fingerprint[static 32]);
uint32_t kp_agreement_member_by_name(const struct kp_agreement *agreement, const char *name);
/* Whether an address, given by its key, lies in the area. What is no key of the agreement's scheme
 * doesn't, nor does an object without a postcode. */
bool kp_agreement_area_has(const struct kp_agreement *agreement,
                           const uint8_t key[static KP_ADDRESS_KEY_BYTES]);
/* How many slots this member (1..) has in a round: none when it answers on request only. */
uint32_t kp_agreement_member_slots(const struct kp_agreement *agreement, uint32_t number);

/* KP_REFUSED: test numbers without test mode, or real organisations in it. */
KP_MUST_USE enum kp_status kp_agreement_check_mode(const struct kp_agreement *agreement,
                                                   bool test_mode, struct kp_error *error);
/* The line that every output begins with in test mode. */
#define KP_TEST_MODE_TEXT "TEST MODE: test organisation numbers only; not for personal data"
/* KP_REFUSED names the first field that the law needs and that is empty. */
KP_MUST_USE enum kp_status kp_agreement_check_complete(const struct kp_agreement *agreement,
                                                       struct kp_error *error);
/* Whether `next` may follow `previous` in its lineage. KP_REFUSED: it names another predecessor, or
 * changes what is fixed: project, purpose, legal basis, category, key scheme, register and words,
 * slots, rotation, start, canaries (and with them the threshold), audit_slots, count_first, the
 * number of opening keys, and the members' organisations, names, order, roles, identity and box
 * keys; or it has fewer rounds. Who signed is not looked at. */
KP_MUST_USE enum kp_status kp_agreement_check_successor(const struct kp_agreement *next,
                                                        const struct kp_agreement *previous,
                                                        struct kp_error *error);
/* Whether processing is allowed at this moment (Unix seconds). KP_REFUSED: outside the term. */
KP_MUST_USE enum kp_status kp_agreement_check_term(const struct kp_agreement *agreement,
                                                   uint64_t now, struct kp_error *error);
/* Whether the least interval has passed since the last round was released; both times are Unix
 * milliseconds, `released` 0 when there was none. A release that lies in the future by more than
 * KP_CLOCK_SKEW_MS was signed under a clock that was wrong, and holds nobody up. KP_REFUSED says
 * when the next round may begin. */
KP_MUST_USE enum kp_status kp_agreement_check_interval(const struct kp_agreement *agreement,
                                                       uint64_t released, uint64_t now,
                                                       struct kp_error *error);
/* How keys are made of what is written: equal for all whose keys can be compared. */
struct kp_canonicalisation {
    enum kp_key_scheme scheme;
    uint32_t version;
    uint32_t register_date; /* 0 and zeros with scheme text */
    uint8_t register_hash[KP_DIGEST_BYTES];
    uint8_t words_hash[KP_DIGEST_BYTES];
};
struct kp_canonicalisation kp_agreement_canonicalisation(const struct kp_agreement *agreement);
/* Whether keys made like this are the agreement's. The register's date isn't compared: its content
 * is. KP_REFUSED says what differs, and what to do. */
KP_MUST_USE enum kp_status
kp_agreement_check_canonicalisation(const struct kp_canonicalisation *agreed,
                                    const struct kp_canonicalisation *used, struct kp_error *error);

/* "bag-2" */
#define KP_KEY_SCHEME_NAME 24
void kp_agreement_scheme_text(char out[static KP_KEY_SCHEME_NAME],
                              const struct kp_agreement *agreement);
/* The register's date as "2026-07-01". */
#define KP_REGISTER_DATE_TEXT 24
void kp_agreement_date_text(char out[static KP_REGISTER_DATE_TEXT], uint32_t date);
/* Whether there is such a day, from 2000 to 9999, as a number yyyymmdd. */
bool kp_agreement_is_date(uint32_t date);

/* Unix seconds as "2027-06-30T00:00:00Z". */
#define KP_AGREEMENT_TIME_TEXT 32
void kp_agreement_time_text(char out[static KP_AGREEMENT_TIME_TEXT], uint64_t seconds);

#endif
