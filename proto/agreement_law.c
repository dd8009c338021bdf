/* What an agreement needs before it may be signed, and what of it may change afterwards. Each rule
 * is a function that others can call by itself. */
#include "proto/agreement.h"
#include "proto/agreement_check.h"

#include <string.h>

uint32_t kp_agreement_member_slots(const struct kp_agreement *agreement, uint32_t number)
{
    return agreement->members[number - 1].role == KP_ROLE_CONTRIBUTES ? agreement->slots : 0;
}

enum kp_status kp_agreement_check_mode(const struct kp_agreement *agreement, bool test_mode,
                                       struct kp_error *error)
{
    if (agreement->test == test_mode) {
        return KP_OK;
    }
    if (agreement->test) {
        return kp_fail(error, KP_REFUSED,
                       "the agreement is between test organisations (numbers %s...); these are for "
                       "test mode only: test_mode = yes in the configuration",
                       KP_OIN_TEST_PREFIX);
    }
    return kp_fail(error, KP_REFUSED,
                   "the agreement is between real organisations, but the configuration says "
                   "test_mode = yes; take that line out");
}

/* ---- complete for the law ---- */

struct needed {
    const char *name;
    const char *text;
};

static enum kp_status check_texts(const struct needed *needed, size_t count, struct kp_error *error)
{
    for (size_t i = 0; i < count; i++) {
        if (needed[i].text[0] == '\0') {
            return kp_fail(error, KP_REFUSED, "%s is missing, and the law needs it",
                           needed[i].name);
        }
    }
    return KP_OK;
}

static enum kp_status check_member_complete(const struct kp_member *member, struct kp_error *error)
{
    const struct needed needed[] = {
        {"title", member->title},
        {"dpia", member->dpia},
        {"dpo", member->dpo},
        {"officer", member->officer},
    };
    enum kp_status status = check_texts(needed, sizeof(needed) / sizeof(needed[0]), error);
    for (size_t i = 0; status == KP_OK && i < member->indicator_count; i++) {
        const struct kp_indicator *indicator = &member->indicators[i];
        const struct needed texts[] = {
            {"description", indicator->description},
            {"source", indicator->source},
            {"legal_ground", indicator->legal_ground},
        };
        status = check_texts(texts, sizeof(texts) / sizeof(texts[0]), error);
        if (status != KP_OK) {
            return kp_fail_in(error, "indicator %s", indicator->code);
        }
    }
    return status;
}

enum kp_status kp_agreement_check_complete(const struct kp_agreement *agreement,
                                           struct kp_error *error)
{
    const struct needed needed[] = {
        {"purpose", agreement->purpose},
        {"legal_basis", agreement->legal_basis},
        {"controllers", agreement->controllers},
    };
    enum kp_status status = check_texts(needed, sizeof(needed) / sizeof(needed[0]), error);
    if (status == KP_OK && agreement->retention_days == 0) {
        status = kp_fail(error, KP_REFUSED, "retention_days is missing, and the law needs it");
    }
    for (uint32_t i = 0; status == KP_OK && i < agreement->member_count; i++) {
        status = check_member_complete(&agreement->members[i], error);
        if (status != KP_OK) {
            return kp_fail_in(error, "member %s", agreement->members[i].name);
        }
    }
    return status;
}

/* ---- a later version ---- */

static enum kp_status changed(const char *field, struct kp_error *error)
{
    return kp_fail(error, KP_REFUSED,
                   "%s is another than in the version before; a later version may not change it, "
                   "so this takes an agreement of its own",
                   field);
}

static enum kp_status check_same_members(const struct kp_agreement *next,
                                         const struct kp_agreement *previous,
                                         struct kp_error *error)
{
    if (next->member_count != previous->member_count) {
        return changed("the number of members", error);
    }
    for (uint32_t i = 0; i < next->member_count; i++) {
        const struct kp_member *one = &next->members[i];
        const struct kp_member *other = &previous->members[i];
        const char *field = strcmp(one->oin, other->oin) != 0     ? "oin"
                            : strcmp(one->name, other->name) != 0 ? "name"
                            : one->role != other->role            ? "role"
                            : memcmp(one->identity_key, other->identity_key, 32) != 0
                                ? "identity_key"
                            : memcmp(one->box_key, other->box_key, 32) != 0 ? "box_key"
                                                                            : NULL;
        if (field != NULL) {
            (void)changed(field, error);
            return kp_fail_in(error, "member %u", i + 1);
        }
    }
    return KP_OK;
}

static enum kp_status check_same_terms(const struct kp_agreement *next,
                                       const struct kp_agreement *previous, struct kp_error *error)
{
    const struct {
        const char *name;
        bool same;
    } fixed[] = {
        {"project", strcmp(next->project, previous->project) == 0},
        {"purpose", strcmp(next->purpose, previous->purpose) == 0},
        {"legal_basis", strcmp(next->legal_basis, previous->legal_basis) == 0},
        {"category", next->category == previous->category},
        {"key_scheme", next->key_scheme == previous->key_scheme &&
                           next->key_scheme_version == previous->key_scheme_version},
        {"the register", next->register_date == previous->register_date &&
                             memcmp(next->register_hash, previous->register_hash,
                                    sizeof(next->register_hash)) == 0},
        {"words_hash",
         memcmp(next->words_hash, previous->words_hash, sizeof(next->words_hash)) == 0},
        {"slots", next->slots == previous->slots},
        {"rotation", next->rotation == previous->rotation},
        {"start", next->start == previous->start}, /* so there is no gap between two terms */
        {"canaries", next->canaries == previous->canaries},
        /* groups are numbered by it, and keep their secrets */
        {"threshold, which there are canaries for",
         next->canaries == 0 || next->threshold == previous->threshold},
        {"audit_slots", next->audit_slots == previous->audit_slots},
        {"count_first", next->count_first == previous->count_first},
        {"the number of opening keys", next->opening_key_count == previous->opening_key_count},
    };
    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (!fixed[i].same) {
            return changed(fixed[i].name, error);
        }
    }
    return KP_OK;
}

enum kp_status kp_agreement_check_successor(const struct kp_agreement *next,
                                            const struct kp_agreement *previous,
                                            struct kp_error *error)
{
    if (previous->version == UINT32_MAX || next->version != previous->version + 1 ||
        memcmp(next->previous, previous->hash, KP_DIGEST_BYTES) != 0 ||
        memcmp(next->lineage, previous->lineage, KP_DIGEST_BYTES) != 0) {
        return kp_fail(error, KP_REFUSED,
                       "version %u doesn't name version %u as the one before it, or names another "
                       "lineage",
                       next->version, previous->version);
    }
    if (next->rounds < previous->rounds) {
        return kp_fail(error, KP_REFUSED,
                       "rounds is %u, and was %u: a later version may not have fewer, for they "
                       "are counted over all versions",
                       next->rounds, previous->rounds);
    }
    enum kp_status status = check_same_terms(next, previous, error);
    return status == KP_OK ? check_same_members(next, previous, error) : status;
}
