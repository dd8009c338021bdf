#include "node/slot_prepare.h"

#include "crypto/oprf.h"
#include "crypto/secret.h"
#include "node/canaries.h"
#include "proto/numbers.h"
#include "proto/record.h"
#include "proto/steps.h"
#include "proto/transcript.h"
#include "proto/workers.h"

#include <sodium.h>
#include <string.h>

/* ---- Which due slot holds what ---- */

/* Which of the due indices holds what must say nothing: each order is as likely as any other. So
 * they are sorted by random numbers, of which two are equal once in 2^88 lists at most. */
struct drawn {
    uint8_t number[16];
    uint8_t index[4];
};
_Static_assert(sizeof(struct drawn) == 20, "bytes only");

/* Asking the kernel for each number takes longer than all else here. */
struct noise {
    uint8_t numbers[256][16];
    size_t used;
};

static enum kp_status draw(struct kp_sorter *order, struct noise *noise, uint32_t index,
                           struct kp_error *error)
{
    struct drawn drawn;
    if (noise->used == sizeof(noise->numbers) / sizeof(noise->numbers[0])) {
        randombytes_buf(noise->numbers, sizeof(noise->numbers));
        noise->used = 0;
    }
    memcpy(drawn.number, noise->numbers[noise->used++], sizeof(drawn.number));
    (void)kp_put_number(drawn.index, index, sizeof(drawn.index));
    return kp_sorter_add(order, &drawn, sizeof(drawn), error);
}

static enum kp_status shuffle(const struct kp_preparing *preparing, struct kp_sorter *order,
                              struct kp_error *error)
{
    struct noise noise = {.used = sizeof(noise.numbers) / sizeof(noise.numbers[0])};
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < preparing->count; i++) {
        if (kp_preparing_is_due(preparing, i)) {
            status = draw(order, &noise, i, error);
        }
        if (status == KP_OK && i % KP_CHUNK_POINTS == 0) {
            status = kp_pause(error);
        }
    }
    kp_wipe(&noise, sizeof(noise));
    return status == KP_OK ? kp_sorter_sort(order, error) : status;
}

/* The next best that waits; *found false: no more, and the slot gets padding. */
static enum kp_status choose_next(struct kp_preparing *preparing, struct kp_slot_content *content,
                                  bool *more, struct kp_error *error)
{
    const uint8_t *record = NULL;
    size_t size = 0;
    enum kp_status status =
        *more ? kp_sorter_next(preparing->waiting, &record, &size, error) : KP_OK;
    memset(content, 0, sizeof(*content));
    *more = record != NULL;
    if (status == KP_OK && *more) {
        const struct kp_slot_waiting *waiting = (const struct kp_slot_waiting *)record;
        *content = waiting->content;
        preparing->summary->in_slots += waiting->rank == KP_SLOT_WAITS;
    }
    return status;
}

static enum kp_status choose(struct kp_preparing *preparing, struct kp_sorter *order,
                             struct kp_error *error)
{
    struct kp_slot_filled filled;
    bool more = true;
    enum kp_status status = kp_sorter_sort(preparing->waiting, error);
    for (uint32_t i = 0; status == KP_OK && i < preparing->due; i++) {
        const uint8_t *drawn = NULL;
        size_t size = 0;
        status = kp_sorter_next(order, &drawn, &size, error);
        if (status == KP_OK && drawn == NULL) {
            status = kp_fail(error, KP_FAILED, "fewer slots are due than were");
        }
        if (status == KP_OK) {
            memcpy(filled.index, ((const struct drawn *)drawn)->index, sizeof(filled.index));
            status = choose_next(preparing, &filled.content, &more, error);
        }
        if (status == KP_OK) {
            status = kp_sorter_add(preparing->filled, &filled, sizeof(filled), error);
        }
        if (status == KP_OK && i % KP_CHUNK_POINTS == 0) {
            status = kp_pause(error);
        }
    }
    kp_wipe(&filled, sizeof(filled));
    return status;
}

/* What due slots hold from now on goes to what the others do. */
static enum kp_status fill_due(struct kp_preparing *preparing, struct kp_error *error)
{
    struct kp_sorter *order = NULL;
    enum kp_status status =
        kp_sorter_new(&order, preparing->folder,
                      kp_sorter_memory(preparing->due, sizeof(struct drawn)), true, error);
    if (status == KP_OK) {
        status = shuffle(preparing, order, error);
    }
    if (status == KP_OK) {
        status = choose(preparing, order, error);
    }
    kp_sorter_free(order);
    kp_sorter_free(preparing->waiting);
    preparing->waiting = NULL;
    return status == KP_OK ? kp_sorter_sort(preparing->filled, error) : status;
}

/* ---- Parts ---- */

#define WIDE_BYTES 64u /* of which a uniform scalar is made */
#define NOISE_BYTES (KP_LEAF_FIELDS * KP_LEAF_BLINDING_BYTES)
_Static_assert(NOISE_BYTES >= WIDE_BYTES, "room for either");

/* One part while it is made: bulk. */
struct making {
    struct kp_work work; /* first */
    enum kp_status status;
    const uint8_t *lineage;
    uint32_t part;
    struct kp_lasting_part lasting;
    struct kp_slot_chunk chunk;
    struct kp_slot_content contents[KP_CHUNK_POINTS];
    uint32_t due[KP_CHUNK_POINTS]; /* places in the part */
    uint32_t due_count;
    uint8_t inputs[KP_CHUNK_POINTS * KP_ELEMENT_INPUT_BYTES]; /* of the due ones, side by side */
    uint8_t blindings[KP_CHUNK_POINTS * KP_SCALAR_BYTES];
    uint8_t points[KP_CHUNK_POINTS * KP_POINT_BYTES];
    uint8_t sums[KP_CHUNK_POINTS * KP_POINT_BYTES];
    uint8_t noise[KP_CHUNK_POINTS * NOISE_BYTES]; /* for scalars, then for leaves */
};

static enum kp_status read_contents(struct kp_preparing *preparing, struct making *making,
                                    struct kp_error *error)
{
    for (uint32_t i = 0; i < making->chunk.count; i++) {
        const uint8_t *record = NULL;
        size_t size = 0;
        uint32_t index = making->part * KP_CHUNK_POINTS + i;
        enum kp_status status = kp_sorter_next(preparing->filled, &record, &size, error);
        if (status != KP_OK) {
            return status;
        }
        const struct kp_slot_filled *filled = (const struct kp_slot_filled *)record;
        if (filled == NULL || kp_get_number(filled->index, sizeof(filled->index)) != index) {
            return kp_fail(error, KP_FAILED, "slot %u was filled twice, or never", index);
        }
        making->contents[i] = filled->content;
        if (kp_preparing_is_due(preparing, index)) {
            making->due[making->due_count++] = i;
        }
    }
    return KP_OK;
}

static enum kp_status read_part(struct kp_preparing *preparing, struct making *making,
                                struct kp_error *error)
{
    enum kp_status status = KP_OK;
    making->due_count = 0;
    making->chunk.count = kp_chunk_items(preparing->count, KP_CHUNK_POINTS, making->part);
    status = read_contents(preparing, making, error);
    if (status == KP_OK && making->due_count < making->chunk.count) {
        status = kp_lasting_read(&preparing->lasting, preparing->wanted.store, NULL, making->part,
                                 &making->lasting, error);
    }
    making->lasting.count = making->chunk.count;
    return status;
}

/* A = P + rG for a signal, A = aG for padding. The same work for both, so that the time up to
 * hello 1 doesn't tell how many there are of each. */
static enum kp_status make_points(struct making *making)
{
    size_t count = making->due_count;
    randombytes_buf(making->noise, count * WIDE_BYTES);
    for (size_t i = 0; i < count; i++) {
        kp_element_input(making->inputs + i * KP_ELEMENT_INPUT_BYTES, making->lineage,
                         making->contents[making->due[i]].address);
        kp_scalar_reduce(making->blindings + i * KP_SCALAR_BYTES, making->noise + i * WIDE_BYTES);
    }
    enum kp_status status = kp_oprf_hash_many_to_group(
        making->sums, KP_OPRF_MODE_OPRF, making->inputs, KP_ELEMENT_INPUT_BYTES, count);
    if (status == KP_OK) {
        status = kp_points_multiply_base(making->points, making->blindings, count);
    }
    return status == KP_OK ? kp_points_add(making->sums, making->points, making->sums, count)
                           : status;
}

static void set_due(struct making *making)
{
    for (uint32_t i = 0; i < making->due_count; i++) {
        const struct kp_slot_content *content = &making->contents[making->due[i]];
        struct kp_lasting_slot *slot = &making->lasting.slots[making->due[i]];
        const size_t at = (size_t)i * KP_POINT_BYTES;
        const uint8_t signal = (uint8_t)-content->any; /* all ones, or zeros */
        slot->kind = (uint8_t)(content->any != 0 ? KP_LASTING_SIGNAL : KP_LASTING_PADDING);
        memcpy(slot->blind, content->blind, sizeof(slot->blind));
        memcpy(slot->blinding, making->blindings + (size_t)i * KP_SCALAR_BYTES, KP_SCALAR_BYTES);
        for (size_t k = 0; k < KP_POINT_BYTES; k++) {
            slot->point[k] =
                (uint8_t)((making->sums[at + k] & signal) | (making->points[at + k] & ~signal));
        }
    }
}

/* What a round needs of the slots. */
static void fill_chunk(struct making *making)
{
    struct kp_slot_chunk *chunk = &making->chunk;
    randombytes_buf(making->noise, chunk->count * (size_t)NOISE_BYTES);
    for (uint32_t i = 0; i < chunk->count; i++) {
        const struct kp_lasting_slot *slot = &making->lasting.slots[i];
        const struct kp_slot_content *content = &making->contents[i];
        struct kp_leaf *leaf = &chunk->leaves[i];
        uint32_t item = (uint32_t)kp_get_number(content->item, sizeof(content->item));
        bool canary = content->canary != 0;
        chunk->is_signal[i] = content->any != 0 && (!canary || item != KP_CANARY_NO_ITEM);
        chunk->canary[i] = canary && item != KP_CANARY_NO_ITEM ? item + 1 : 0;
        memcpy(chunk->points + (size_t)i * KP_POINT_BYTES, slot->point, KP_POINT_BYTES);
        memcpy(chunk->blindings + (size_t)i * KP_SCALAR_BYTES, slot->blinding, KP_SCALAR_BYTES);
        leaf->index = making->part * KP_CHUNK_POINTS + i;
        memcpy(leaf->address, content->address, sizeof(leaf->address));
        memcpy(leaf->indicators, content->indicators, sizeof(leaf->indicators));
        memcpy(leaf->grounds, content->grounds, sizeof(leaf->grounds));
        leaf->observed_on =
            (uint32_t)kp_get_number(content->observed_on, sizeof(content->observed_on));
        memcpy(leaf->point, slot->point, KP_POINT_BYTES);
        memcpy(leaf->blinding, making->noise + i * (size_t)NOISE_BYTES, sizeof(leaf->blinding));
    }
}

/* Touches nothing but its part: on any thread. */
static void make_part(struct kp_work *work)
{
    struct making *making = (struct making *)work;
    making->status = make_points(making);
    if (making->status == KP_OK) {
        set_due(making);
        fill_chunk(making);
    }
}

/* ---- All parts: while some are made, those before are written and those after are read ---- */

#define GROUP_MAX 8u /* parts that are made side by side; there are two such groups */

struct group {
    struct making *makings[GROUP_MAX]; /* bulk each */
    uint32_t count;                    /* that are in use */
};

struct filling {
    struct kp_preparing *preparing;
    struct kp_store_writer *writer;
    struct kp_slot_list *list;
    struct kp_workers *workers; /* NULL: on this thread */
    uint32_t side_by_side;
    uint32_t next; /* part */
    struct group groups[2];
};

static enum kp_status read_group(struct filling *filling, struct group *group,
                                 struct kp_error *error)
{
    enum kp_status status = KP_OK;
    group->count = 0;
    while (status == KP_OK && group->count < filling->side_by_side &&
           filling->next < filling->preparing->lasting.parts) {
        struct making *making = group->makings[group->count];
        making->part = filling->next++;
        status = read_part(filling->preparing, making, error);
        group->count += status == KP_OK;
    }
    return status;
}

static void give_group(struct filling *filling, struct group *group)
{
    for (uint32_t i = 0; i < group->count; i++) {
        group->makings[i]->work = (struct kp_work){.run = make_part};
        if (filling->workers != NULL) {
            kp_workers_give(filling->workers, &group->makings[i]->work);
        } else {
            make_part(&group->makings[i]->work);
        }
    }
}

static void await_group(struct filling *filling)
{
    if (filling->workers != NULL) {
        kp_workers_wait(filling->workers);
        while (kp_workers_done(filling->workers) != NULL) {
        }
    }
}

static enum kp_status write_part(struct filling *filling, const struct making *making,
                                 struct kp_error *error)
{
    enum kp_status status = making->status;
    if (status != KP_OK) {
        return kp_fail(error, KP_FAILED, "the slots' points can't be made");
    }
    if (making->due_count > 0) {
        status = kp_lasting_put(&filling->preparing->lasting, filling->writer, NULL, making->part,
                                &making->lasting, error);
    }
    return status == KP_OK ? kp_slot_list_put(filling->list, making->part, &making->chunk, error)
                           : status;
}

static enum kp_status write_group(struct filling *filling, struct group *group,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (uint32_t i = 0; status == KP_OK && i < group->count; i++) {
        status = write_part(filling, group->makings[i], error);
    }
    return status;
}

static enum kp_status fill_all(struct filling *filling, struct kp_error *error)
{
    struct group *made = &filling->groups[0], *read = &filling->groups[1];
    enum kp_status status = read_group(filling, made, error);
    give_group(filling, made);
    while (status == KP_OK && made->count > 0) {
        struct group *before = made;
        status = read_group(filling, read, error);
        await_group(filling);
        made = read;
        read = before;
        give_group(filling, made);
        if (status == KP_OK) {
            status = write_group(filling, before, error);
        }
        status = status == KP_OK ? kp_pause(error) : status;
    }
    await_group(filling);
    return status;
}

static enum kp_status open_filling(struct filling *filling, struct kp_error *error)
{
    uint32_t parts = filling->preparing->lasting.parts, threads = filling->preparing->threads;
    threads = threads == 0 ? kp_workers_default() : threads;
    threads = threads > GROUP_MAX ? GROUP_MAX : threads;
    filling->side_by_side = parts < 2 * threads ? 1 : threads; /* few take no time */
    for (uint32_t i = 0; i < 2 * filling->side_by_side; i++) {
        struct making *making = kp_bulk_new(sizeof(*making));
        filling->groups[i % 2].makings[i / 2] = making;
        if (making == NULL) {
            return kp_fail(error, KP_FAILED, "no memory to fill slots");
        }
        making->lineage = filling->preparing->wanted.agreement->lineage;
    }
    return filling->side_by_side > 1
               ? kp_workers_new(&filling->workers, filling->side_by_side, NULL, error)
               : KP_OK;
}

enum kp_status kp_preparing_fill(struct kp_preparing *preparing, struct kp_store_writer *writer,
                                 struct kp_slot_list *list, struct kp_error *error)
{
    struct filling filling = {.preparing = preparing, .writer = writer, .list = list};
    enum kp_status status = fill_due(preparing, error);
    if (status == KP_OK && preparing->count > 0) {
        status = open_filling(&filling, error);
        status = status == KP_OK ? fill_all(&filling, error) : status;
    }
    kp_workers_free(filling.workers);
    for (uint32_t i = 0; i < 2 * GROUP_MAX; i++) {
        kp_bulk_free(filling.groups[i % 2].makings[i / 2]);
    }
    return status;
}
