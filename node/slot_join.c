#include "node/slot_prepare.h"

#include "crypto/secret.h"
#include "proto/numbers.h"
#include "proto/steps.h"
#include "proto/transcript.h"

#include <sodium.h>
#include <string.h>

/* What a slot holds. Padding has a blind key at random: so it is passed by as a slot is whose
 * address takes no part any more. */
struct holding {
    uint8_t blind[KP_STORE_BLIND_BYTES];
    uint8_t index[4];
    uint8_t kind;
    uint8_t due;
};

_Static_assert(sizeof(struct holding) == KP_STORE_BLIND_BYTES + 6, "bytes only");
_Static_assert(sizeof(struct kp_slot_filled) == 4 + sizeof(struct kp_slot_content), "bytes only");
_Static_assert(sizeof(struct kp_slot_waiting) == 9 + sizeof(struct kp_slot_content), "bytes only");

struct join {
    struct kp_preparing *preparing;
    struct kp_sorter *holdings;
    const struct holding *holding; /* the next one; NULL: none is left */
    uint64_t passed;
};

/* What a part is read into. */
struct reading {
    struct kp_lasting_part slots;
    uint8_t noise[KP_CHUNK_POINTS][KP_STORE_BLIND_BYTES];
};

/* ---- What slots hold ---- */

static enum kp_status add_holding(struct join *join, uint32_t index,
                                  const struct kp_lasting_slot *slot, const uint8_t *noise,
                                  struct kp_error *error)
{
    struct kp_preparing *preparing = join->preparing;
    struct holding holding;
    bool due = kp_preparing_is_due(preparing, index);
    if (slot == NULL && !due) {
        return kp_fail(error, KP_REFUSED, "slot %u is missing in the database", index);
    }
    preparing->due += due;
    if (slot == NULL) {
        return KP_OK;
    }
    memcpy(holding.blind, slot->kind == KP_LASTING_SIGNAL ? slot->blind : noise,
           sizeof(holding.blind));
    (void)kp_put_number(holding.index, index, sizeof(holding.index));
    holding.kind = slot->kind;
    holding.due = due;
    enum kp_status status = kp_sorter_add(join->holdings, &holding, sizeof(holding), error);
    kp_wipe(&holding, sizeof(holding));
    return status;
}

static enum kp_status add_part(struct join *join, uint32_t part, struct reading *reading,
                               struct kp_error *error)
{
    struct kp_preparing *preparing = join->preparing;
    struct kp_lasting_part *slots = &reading->slots;
    uint32_t count = kp_chunk_items(preparing->count, KP_CHUNK_POINTS, part);
    randombytes_buf(reading->noise, sizeof(reading->noise[0]) * count);
    enum kp_status status =
        kp_lasting_read(&preparing->lasting, preparing->wanted.store, NULL, part, slots, error);
    for (uint32_t i = 0; status == KP_OK && i < count; i++) {
        status = add_holding(join, part * KP_CHUNK_POINTS + i,
                             i < slots->count ? &slots->slots[i] : NULL, reading->noise[i], error);
    }
    return status;
}

static enum kp_status next_holding(struct join *join, struct kp_error *error)
{
    const uint8_t *record = NULL;
    size_t size = 0;
    enum kp_status status = kp_sorter_next(join->holdings, &record, &size, error);
    join->holding = (const struct holding *)record;
    return status;
}

static enum kp_status read_holdings(struct join *join, struct kp_error *error)
{
    struct kp_preparing *preparing = join->preparing;
    struct reading *reading = kp_bulk_new(sizeof(*reading));
    if (reading == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for slots");
    }
    enum kp_status status =
        kp_sorter_new(&join->holdings, preparing->folder,
                      kp_sorter_memory(preparing->count, sizeof(struct holding)), true, error);
    for (uint32_t i = 0; status == KP_OK && i < preparing->lasting.parts; i++) {
        status = add_part(join, i, reading, error);
        status = status == KP_OK ? kp_pause(error) : status;
    }
    kp_bulk_free(reading);
    if (status == KP_OK) {
        status = kp_sorter_sort(join->holdings, error);
    }
    return status == KP_OK ? next_holding(join, error) : status;
}

/* ---- Both ---- */

static enum kp_status add_filled(struct join *join, const struct kp_slot_content *content,
                                 struct kp_error *error)
{
    struct kp_slot_filled filled = {.content = *content};
    if (join->preparing->filled == NULL) {
        return KP_OK;
    }
    memcpy(filled.index, join->holding->index, sizeof(filled.index));
    enum kp_status status = kp_sorter_add(join->preparing->filled, &filled, sizeof(filled), error);
    kp_wipe(&filled, sizeof(filled));
    return status;
}

static enum kp_status add_waiting(struct join *join, uint8_t rank,
                                  const struct kp_candidate *candidate, struct kp_error *error)
{
    struct kp_slot_waiting waiting = {.rank = rank, .content = candidate->content};
    if (join->preparing->waiting == NULL) {
        return KP_OK;
    }
    (void)kp_put_number(waiting.registered_at, candidate->registered_at,
                        sizeof(waiting.registered_at));
    enum kp_status status =
        kp_sorter_add(join->preparing->waiting, &waiting, sizeof(waiting), error);
    kp_wipe(&waiting, sizeof(waiting));
    return status;
}

/* The holding that is next stays in its slot with this content, or goes with its turn. */
static enum kp_status pass_holding(struct join *join, const struct kp_slot_content *content,
                                   struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (!join->holding->due) {
        status = add_filled(join, content, error);
        if (status == KP_OK && join->holding->kind == KP_LASTING_SIGNAL &&
            join->preparing->filled != NULL) {
            status =
                kp_withdrawn_scan_hold(&join->preparing->withdrawn, join->holding->blind, error);
        }
    }
    if (status == KP_OK && ++join->passed % KP_CHUNK_POINTS == 0) {
        status = kp_pause(error);
    }
    return status == KP_OK ? next_holding(join, error) : status;
}

/* Those before the blind key, or all (NULL): what they hold takes no part. Such a slot keeps its
 * point, and counts as padding. */
static enum kp_status pass_others(struct join *join, const uint8_t *blind, struct kp_error *error)
{
    static const struct kp_slot_content nothing;
    enum kp_status status = KP_OK;
    while (status == KP_OK && join->holding != NULL &&
           (blind == NULL || memcmp(join->holding->blind, blind, KP_STORE_BLIND_BYTES) < 0)) {
        status = pass_holding(join, &nothing, error);
    }
    return status;
}

static enum kp_status on_candidate(void *context, const struct kp_candidate *candidate,
                                   struct kp_error *error)
{
    struct join *join = context;
    const struct kp_slot_content *content = &candidate->content;
    bool placed = false;
    enum kp_status status = pass_others(join, content->blind, error);
    while (status == KP_OK && join->holding != NULL &&
           memcmp(join->holding->blind, content->blind, KP_STORE_BLIND_BYTES) == 0) {
        if (!placed && join->holding->due) {
            status = add_waiting(join, KP_SLOT_STAYS, candidate, error);
        }
        placed = true;
        status = status == KP_OK ? pass_holding(join, content, error) : status;
    }
    if (status == KP_OK && !placed) {
        status = add_waiting(join, content->canary != 0 ? KP_SLOT_WAITS_CANARY : KP_SLOT_WAITS,
                             candidate, error);
    }
    join->preparing->summary->in_slots += placed && content->canary == 0;
    return status;
}

enum kp_status kp_preparing_join(struct kp_preparing *preparing, struct kp_error *error)
{
    struct join join = {.preparing = preparing};
    enum kp_status status = read_holdings(&join, error);
    if (status == KP_OK) {
        status =
            kp_candidates_walk(&preparing->wanted, on_candidate, &join, preparing->summary, error);
    }
    if (status == KP_OK) {
        status = pass_others(&join, NULL, error);
    }
    kp_sorter_free(join.holdings);
    return status;
}
