/* Who the parties of an agreement are beside its members, what each has, and what follows from who
 * they are: opening keys and canaries. */
#include "proto/agreement.h"
#include "proto/agreement_check.h"

#include <inttypes.h>
#include <sodium.h>
#include <string.h>

/* ---- what a party has ---- */

static const struct kp_member *member_of(const struct kp_agreement *agreement, uint32_t party)
{
    return party >= 1 && party <= agreement->member_count ? &agreement->members[party - 1] : NULL;
}

static const struct kp_opening_key *opener_of(const struct kp_agreement *agreement, uint32_t party)
{
    return party == KP_PARTY_OPENER && agreement->opening_key_count > 1
               ? &agreement->opening_keys[1]
               : NULL;
}

const uint8_t *kp_agreement_identity_key(const struct kp_agreement *agreement, uint32_t party)
{
    const struct kp_member *member = member_of(agreement, party);
    const struct kp_opening_key *opener = opener_of(agreement, party);
    return member != NULL                  ? member->identity_key
           : opener != NULL                ? opener->identity_key
           : party == KP_PARTY_COORDINATOR ? agreement->coordinator_identity_key
           : party == KP_PARTY_LEADER      ? agreement->leader_identity_key
                                           : NULL;
}

const uint8_t *kp_agreement_box_key(const struct kp_agreement *agreement, uint32_t party)
{
    const struct kp_member *member = member_of(agreement, party);
    const struct kp_opening_key *opener = opener_of(agreement, party);
    return member != NULL             ? member->box_key
           : opener != NULL           ? opener->box_key
           : party == KP_PARTY_LEADER ? agreement->leader_box_key
                                      : NULL;
}

const uint8_t *kp_agreement_tls_fingerprint(const struct kp_agreement *agreement, uint32_t party)
{
    const struct kp_member *member = member_of(agreement, party);
    const struct kp_opening_key *opener = opener_of(agreement, party);
    return member != NULL                  ? member->tls_fingerprint
           : opener != NULL                ? opener->tls_fingerprint
           : party == KP_PARTY_COORDINATOR ? agreement->coordinator_tls_fingerprint
           : party == KP_PARTY_LEADER      ? agreement->leader_tls_fingerprint
                                           : NULL;
}

/* ---- rounds ---- */

enum kp_round_type kp_agreement_round_type(const struct kp_agreement *agreement, uint64_t counter)
{
    return agreement->count_first != 0 && counter == 1 ? KP_ROUND_COUNT : KP_ROUND_MATCH;
}

/* ---- opening keys ---- */

enum kp_status kp_agreement_check_opening_key(const struct kp_agreement *agreement, uint32_t place,
                                              struct kp_error *error)
{
    const struct kp_opening_key *opening = &agreement->opening_keys[place];
    if (kp_points_check(opening->key, 1) != KP_OK) {
        return kp_fail(error, KP_REFUSED, "key is not a ristretto255 point");
    }
    uint8_t context[KP_DIGEST_BYTES];
    kp_agreement_opening_context(context, agreement->project, opening->holder, opening->key);
    return kp_schnorr_verify(opening->proof, opening->key, context) == KP_OK
               ? KP_OK
               : kp_fail(error, KP_REFUSED,
                         "proof does not hold for this key, project and holder; the text of "
                         "both must be as it was given to keygen");
}

enum kp_status kp_agreement_sum_opening_keys(struct kp_agreement *agreement, struct kp_error *error)
{
    memset(agreement->opening_key, 0, sizeof(agreement->opening_key));
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < agreement->opening_key_count; i++) {
        status = kp_points_add(agreement->opening_key, agreement->opening_key,
                               agreement->opening_keys[i].key, 1);
    }
    if (status != KP_OK || sodium_is_zero(agreement->opening_key, KP_POINT_BYTES)) {
        return kp_fail(error, KP_REFUSED,
                       "the opening keys add up to nothing: whoever brought them knows both");
    }
    return KP_OK;
}

/* ---- canaries ---- */

uint32_t kp_agreement_contributing(const struct kp_agreement *agreement)
{
    uint32_t contributing = 0;
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        contributing += agreement->members[i].role == KP_ROLE_CONTRIBUTES;
    }
    return contributing;
}

uint64_t kp_agreement_combinations(uint32_t all, uint32_t chosen)
{
    uint64_t count = chosen <= all ? 1 : 0;
    for (uint32_t i = 1; i <= chosen && count > 0; i++) {
        count = count * (all - chosen + i) / i; /* each is a number of combinations itself */
    }
    return count;
}

enum kp_status kp_agreement_check_canaries(const struct kp_agreement *agreement,
                                           struct kp_error *error)
{
    uint32_t contributing = kp_agreement_contributing(agreement);
    if (agreement->canaries == 0) {
        return KP_OK;
    }
    uint64_t groups = kp_agreement_combinations(contributing, agreement->threshold);
    if (groups > KP_CANARY_GROUPS_MAX) {
        return kp_fail(error, KP_REFUSED,
                       "canaries is %" PRIu32 ", but %" PRIu32 " of %" PRIu32
                       " members make %" PRIu64 " groups, and %u is the most; set it to 0",
                       agreement->canaries, agreement->threshold, contributing, groups,
                       KP_CANARY_GROUPS_MAX);
    }
    uint64_t own = kp_agreement_combinations(contributing - 1, agreement->threshold - 1);
    uint64_t taken = 2 * agreement->canaries * own;
    if (taken > agreement->slots / 2) {
        return kp_fail(error, KP_REFUSED,
                       "canaries is %" PRIu32 ": in each member's %" PRIu64 " groups that takes "
                       "%" PRIu64 " of its %" PRIu32 " slots, and half of them is the most; take "
                       "fewer canaries or more slots",
                       agreement->canaries, own, taken, agreement->slots);
    }
    return KP_OK;
}
