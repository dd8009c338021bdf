#include "proto/slot_picks.h"

#include "proto/numbers.h"

#include <stdbool.h>
#include <string.h>

bool kp_audit_has_seed(const struct kp_agreement *agreement, uint32_t member)
{
    return agreement->audit_slots > 0 && kp_agreement_member_slots(agreement, member) > 0;
}

void kp_slot_seed_commitment(uint8_t commitment[static KP_DIGEST_BYTES],
                             const uint8_t lineage[static KP_DIGEST_BYTES],
                             const uint8_t attempt[static KP_ATTEMPT_BYTES], uint32_t member,
                             const uint8_t seed[static KP_AUDIT_SEED_BYTES])
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 audit commitment");
    kp_hash_field(&hash, lineage, KP_DIGEST_BYTES);
    kp_hash_field(&hash, attempt, KP_ATTEMPT_BYTES);
    kp_hash_number(&hash, member);
    kp_hash_field(&hash, seed, KP_AUDIT_SEED_BYTES);
    kp_hash_digest(&hash, commitment);
}

enum kp_status kp_check_slot_seed(const uint8_t commitment[static KP_DIGEST_BYTES],
                                  const uint8_t lineage[static KP_DIGEST_BYTES],
                                  const uint8_t attempt[static KP_ATTEMPT_BYTES], uint32_t member,
                                  const uint8_t seed[static KP_AUDIT_SEED_BYTES],
                                  struct kp_error *error)
{
    uint8_t computed[KP_DIGEST_BYTES];
    kp_slot_seed_commitment(computed, lineage, attempt, member, seed);
    if (memcmp(computed, commitment, sizeof(computed)) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "the seed of member %u for slot audits isn't the one that its hello 2 "
                       "committed to",
                       member);
    }
    return KP_OK;
}

/* ---- Picks ---- */

static void start_draw(uint8_t start[static KP_DIGEST_BYTES], const struct kp_slot_draw *draw,
                       uint32_t member)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 slot picks");
    kp_hash_field(&hash, draw->round_id, KP_DIGEST_BYTES);
    kp_hash_field(&hash, draw->readys, KP_DIGEST_BYTES);
    for (uint32_t i = 0; i < draw->members; i++) {
        kp_hash_field(&hash, draw->seeds + (size_t)i * KP_AUDIT_SEED_BYTES, KP_AUDIT_SEED_BYTES);
    }
    kp_hash_number(&hash, member);
    kp_hash_digest(&hash, start);
}

static uint64_t draw_number(const uint8_t start[static KP_DIGEST_BYTES], uint64_t turn)
{
    uint8_t digest[KP_DIGEST_BYTES];
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 slot pick");
    kp_hash_field(&hash, start, KP_DIGEST_BYTES);
    kp_hash_number(&hash, turn);
    kp_hash_digest(&hash, digest);
    return kp_get_number(digest, 8);
}

static bool is_picked(const uint32_t *picks, uint32_t count, uint32_t index)
{
    for (uint32_t i = 0; i < count; i++) {
        if (picks[i] == index) {
            return true;
        }
    }
    return false;
}

uint32_t kp_slot_picks(uint32_t *picks, const struct kp_slot_draw *draw, uint32_t member)
{
    uint8_t start[KP_DIGEST_BYTES];
    uint32_t count = 0;
    if (draw->slots == 0) {
        return 0;
    }
    uint32_t wanted = draw->wanted < draw->slots ? draw->wanted : draw->slots;
    /* A number from the last, incomplete run of all indices would favour the low ones. */
    uint64_t beyond = UINT64_MAX - UINT64_MAX % draw->slots;
    start_draw(start, draw, member);
    for (uint64_t turn = 0; count < wanted; turn++) {
        uint64_t number = draw_number(start, turn);
        uint32_t index = (uint32_t)(number % draw->slots);
        if (number < beyond && !is_picked(picks, count, index)) {
            picks[count++] = index;
        }
    }
    return count;
}

/* ---- Odds ---- */

/* Hypergeometric: none of the picks is invented with probability
 * (slots - invented) / slots * (slots - invented - 1) / (slots - 1) * ... */
double kp_slot_odds(uint32_t slots, uint32_t invented, uint32_t picks)
{
    double none = 1;
    if (invented > slots || picks > slots) {
        return picks > 0 && invented > 0 ? 1 : 0;
    }
    for (uint32_t i = 0; i < picks; i++) {
        uint32_t good = slots - invented;
        if (i >= good) {
            return 1;
        }
        none *= (double)(good - i) / (double)(slots - i);
    }
    return 1 - none;
}

uint32_t kp_slot_share(uint32_t slots, uint32_t percent)
{
    return (uint32_t)(((uint64_t)slots * percent + 99) / 100);
}
