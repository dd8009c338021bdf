#include "proto/exposure.h"

#include <stdlib.h>
#include <string.h>

#define ALL_MAX (KP_AGREEMENTS_BESIDE_MAX + 1)

/* The agreement first, then the others that may count. */
struct world {
    const struct kp_agreement *all[ALL_MAX];
    size_t lineage[ALL_MAX]; /* the index of the first one of the same lineage */
    size_t place[ALL_MAX];   /* among the others as they were given */
    size_t count;
};

static uint64_t add(uint64_t one, uint64_t other)
{
    return one > UINT64_MAX - other ? UINT64_MAX : one + other;
}

uint64_t kp_exposure_quota(const struct kp_agreement *agreement, uint32_t member)
{
    uint64_t slots = kp_agreement_member_slots(agreement, member);
    uint64_t later = agreement->rounds > 0 ? agreement->rounds - 1 : 0;
    return slots == 0 ? 0 : slots + later * agreement->rotation; /* at most (2^32 - 1)^2 */
}

/* Both lists are sorted, and none of their areas lies inside another of the same list. */
bool kp_exposure_areas_meet(const struct kp_agreement *one, const struct kp_agreement *other)
{
    size_t i = 0;
    size_t j = 0;
    while (i < one->postcode_count && j < other->postcode_count) {
        const char *left = one->postcodes[i];
        const char *right = other->postcodes[j];
        size_t length = strlen(left) < strlen(right) ? strlen(left) : strlen(right);
        int order = strncmp(left, right, length);
        if (order == 0) {
            return true;
        }
        *(order < 0 ? &i : &j) += 1;
    }
    return false;
}

static uint32_t member_by_oin(const struct kp_agreement *agreement, const char *oin)
{
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if (strcmp(agreement->members[i].oin, oin) == 0) {
            return i + 1;
        }
    }
    return 0;
}

static bool same_lineage(const struct kp_agreement *one, const struct kp_agreement *other)
{
    return memcmp(one->lineage, other->lineage, sizeof(one->lineage)) == 0;
}

static void add_to_world(struct world *world, const struct kp_agreement *agreement, size_t place)
{
    size_t first = 0;
    while (first < world->count && !same_lineage(world->all[first], agreement)) {
        first++;
    }
    world->all[world->count] = agreement;
    world->lineage[world->count] = first;
    world->place[world->count++] = place;
}

static void make_world(struct world *world, const struct kp_agreement *agreement,
                       const struct kp_agreement *const *others, size_t count)
{
    world->count = 0;
    add_to_world(world, agreement, 0);
    for (size_t i = 0; i < count; i++) {
        if (same_lineage(agreement, others[i]) || kp_exposure_areas_meet(agreement, others[i])) {
            add_to_world(world, others[i], i);
        }
    }
}

/* What `partner` can have had evaluated by `own`, both being members of the first agreement. */
static uint64_t sum_of(const struct world *world, uint32_t own, uint32_t partner, bool *counted)
{
    const struct kp_member *members = world->all[0]->members;
    uint64_t most[ALL_MAX] = {0};
    uint64_t sum = 0;
    for (size_t i = 0; i < world->count; i++) {
        uint32_t here = member_by_oin(world->all[i], members[partner - 1].oin);
        if (here == 0 || member_by_oin(world->all[i], members[own - 1].oin) == 0) {
            continue;
        }
        uint64_t quota = kp_exposure_quota(world->all[i], here);
        uint64_t *best = &most[world->lineage[i]];
        *best = quota > *best ? quota : *best;
        if (world->lineage[i] != 0 && quota > 0) {
            counted[world->place[i]] = true;
        }
    }
    for (size_t i = 0; i < world->count; i++) {
        sum = add(sum, most[i]);
    }
    return sum;
}

static int compare_falling(const void *one, const void *other)
{
    uint64_t left = *(const uint64_t *)one;
    uint64_t right = *(const uint64_t *)other;
    return left < right ? 1 : left > right ? -1 : 0;
}

/* Raises the exposures to what they are for this member. */
static void raise_for(struct kp_exposures *exposures, const struct world *world, uint32_t own)
{
    uint64_t sums[KP_MEMBERS_MAX] = {0};
    size_t partners = 0;
    for (uint32_t i = 1; i <= world->all[0]->member_count; i++) {
        if (i != own) {
            sums[partners++] = sum_of(world, own, i, exposures->counted);
        }
    }
    qsort(sums, partners, sizeof(sums[0]), compare_falling);
    for (size_t i = 0; i < exposures->count; i++) {
        struct kp_exposure *exposure = &exposures->exposure[i];
        uint64_t quota = 0;
        for (size_t j = 0; j < exposure->partners && j < partners; j++) {
            quota = add(quota, sums[j]);
        }
        exposure->quota = quota > exposure->quota ? quota : exposure->quota;
    }
}

static void finish(struct kp_exposures *exposures, uint32_t area)
{
    for (size_t i = 0; i < exposures->count; i++) {
        struct kp_exposure *exposure = &exposures->exposure[i];
        exposure->addresses = exposure->quota < area ? (uint32_t)exposure->quota : area;
        exposure->percent =
            area == 0 ? 100 : (uint32_t)(((uint64_t)exposure->addresses * 100 + area - 1) / area);
        exposures->percent =
            exposure->percent > exposures->percent ? exposure->percent : exposures->percent;
    }
}

enum kp_status kp_exposure_of(struct kp_exposures *exposures, const struct kp_agreement *agreement,
                              uint32_t own, const struct kp_agreement *const *others, size_t count,
                              struct kp_error *error)
{
    *exposures = (struct kp_exposures){.count = 0};
    if (count > KP_AGREEMENTS_BESIDE_MAX) {
        return kp_fail(error, KP_REFUSED, "there are %zu other agreements; %u is the most", count,
                       KP_AGREEMENTS_BESIDE_MAX);
    }
    struct world world;
    make_world(&world, agreement, others, count);
    uint32_t but_one = agreement->member_count - 1;
    exposures->count = but_one < KP_EXPOSURES ? but_one : KP_EXPOSURES;
    for (size_t i = 0; i < exposures->count; i++) {
        exposures->exposure[i].partners = i < 2 ? (uint32_t)i + 1 : but_one;
    }
    for (uint32_t i = 1; i <= agreement->member_count; i++) {
        if (own == 0 || own == i) {
            raise_for(exposures, &world, i);
        }
    }
    finish(exposures, agreement->area_addresses);
    return KP_OK;
}
