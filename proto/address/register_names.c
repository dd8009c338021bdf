#include "proto/address/register_names.h"

#include "proto/numbers.h"

#include <sodium.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Texts stand in blocks that don't move, town and street behind each other, each with its NUL. */

#define BLOCK_BYTES (1u << 20)

struct block {
    struct block *next;
    size_t used;
    char text[BLOCK_BYTES];
};

struct kp_names {
    struct block *blocks;
    uint64_t bytes;
    const char **texts; /* of a street by number: its town's */
    uint32_t count, capacity;
    uint32_t *slots; /* a table of number + 1, open addressing; a power of two */
    uint32_t slot_count;
    uint32_t *rank;               /* by number */
    uint32_t *number, *town_rank; /* by rank */
    uint32_t town_count;
    uint8_t key[crypto_shorthash_KEYBYTES]; /* so that no file can make all names collide */
};

struct kp_names *kp_names_new(void)
{
    struct kp_names *names = calloc(1, sizeof(*names));
    if (names != NULL) {
        crypto_shorthash_keygen(names->key);
        names->slot_count = 1024;
        names->slots = calloc(names->slot_count, sizeof(*names->slots));
    }
    if (names != NULL && names->slots == NULL) {
        kp_names_free(names);
        return NULL;
    }
    return names;
}

void kp_names_free(struct kp_names *names)
{
    if (names == NULL) {
        return;
    }
    while (names->blocks != NULL) {
        struct block *block = names->blocks;
        names->blocks = block->next;
        free(block);
    }
    free(names->texts);
    free(names->slots);
    free(names->rank);
    free(names->number);
    free(names->town_rank);
    free(names);
}

static const char *street_text(const char *town)
{
    return town + strlen(town) + 1;
}

static uint32_t hash_of(const struct kp_names *names, const char *street, const char *town)
{
    uint8_t one[crypto_shorthash_BYTES], other[crypto_shorthash_BYTES];
    crypto_shorthash(one, (const uint8_t *)street, strlen(street), names->key);
    crypto_shorthash(other, (const uint8_t *)town, strlen(town), names->key);
    return (uint32_t)(kp_get_number(one, 8) + 3 * kp_get_number(other, 8));
}

/* The slot that has it, or the free one where it would be. */
static uint32_t find_slot(const struct kp_names *names, const char *street, const char *town)
{
    uint32_t at = hash_of(names, street, town) & (names->slot_count - 1);
    while (names->slots[at] != 0) {
        const char *there = names->texts[names->slots[at] - 1];
        if (strcmp(there, town) == 0 && strcmp(street_text(there), street) == 0) {
            return at;
        }
        at = (at + 1) & (names->slot_count - 1);
    }
    return at;
}

static bool grow(struct kp_names *names)
{
    if (names->count == names->capacity) {
        uint32_t capacity = names->capacity == 0 ? 512 : 2 * names->capacity;
        const char **texts = reallocarray(names->texts, capacity, sizeof(*texts));
        if (texts == NULL) {
            return false;
        }
        names->texts = texts;
        names->capacity = capacity;
    }
    if (2 * (names->count + 1) > names->slot_count) {
        uint32_t *slots = calloc(2 * (size_t)names->slot_count, sizeof(*slots));
        if (slots == NULL) {
            return false;
        }
        free(names->slots);
        names->slots = slots;
        names->slot_count *= 2;
        for (uint32_t i = 0; i < names->count; i++) {
            const char *town = names->texts[i];
            names->slots[find_slot(names, street_text(town), town)] = i + 1;
        }
    }
    return true;
}

static const char *keep_text(struct kp_names *names, const char *street, const char *town)
{
    size_t town_size = strlen(town) + 1;
    size_t street_size = strlen(street) + 1;
    struct block *block = names->blocks;
    if (block == NULL || BLOCK_BYTES - block->used < town_size + street_size) {
        block = malloc(sizeof(*block));
        if (block == NULL) {
            return NULL;
        }
        block->next = names->blocks;
        block->used = 0;
        names->blocks = block;
    }
    char *at = block->text + block->used;
    memcpy(at, town, town_size);
    memcpy(at + town_size, street, street_size);
    block->used += town_size + street_size;
    names->bytes += town_size + street_size;
    return at;
}

enum kp_status kp_names_add(struct kp_names *names, const char *street, const char *town,
                            uint32_t *number, struct kp_error *error)
{
    uint32_t slot = find_slot(names, street, town);
    if (names->slots[slot] != 0) {
        *number = names->slots[slot] - 1;
        return KP_OK;
    }
    size_t size = strlen(street) + strlen(town) + 2;
    if (names->count == KP_REGISTER_STREETS_MAX ||
        names->bytes + size > KP_REGISTER_NAMES_BYTES_MAX || size > BLOCK_BYTES) {
        return kp_fail(error, KP_REFUSED,
                       "more than %u streets, or names of more than %u bytes in all: no country's "
                       "register; are the columns right?",
                       KP_REGISTER_STREETS_MAX, KP_REGISTER_NAMES_BYTES_MAX);
    }
    const char *text = grow(names) ? keep_text(names, street, town) : NULL;
    if (text == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the streets' names");
    }
    names->texts[names->count] = text;
    names->slots[find_slot(names, street, town)] = names->count + 1;
    *number = names->count++;
    return KP_OK;
}

static int compare_streets(const void *one, const void *other, void *context)
{
    const struct kp_names *names = context;
    const char *a = names->texts[*(const uint32_t *)one];
    const char *b = names->texts[*(const uint32_t *)other];
    int order = strcmp(a, b);
    return order != 0 ? order : strcmp(street_text(a), street_text(b));
}

enum kp_status kp_names_rank(struct kp_names *names, struct kp_error *error)
{
    size_t room = names->count == 0 ? 1 : names->count;
    names->rank = calloc(room, sizeof(*names->rank));
    names->number = calloc(room, sizeof(*names->number));
    names->town_rank = calloc(room, sizeof(*names->town_rank));
    if (names->rank == NULL || names->number == NULL || names->town_rank == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for the streets' names");
    }
    for (uint32_t i = 0; i < names->count; i++) {
        names->number[i] = i;
    }
    qsort_r(names->number, names->count, sizeof(*names->number), compare_streets, names);
    const char *town = NULL;
    for (uint32_t i = 0; i < names->count; i++) {
        const char *here = names->texts[names->number[i]];
        names->town_count += town == NULL || strcmp(town, here) != 0;
        names->rank[names->number[i]] = i;
        names->town_rank[i] = names->town_count - 1;
        town = here;
    }
    return KP_OK;
}

uint32_t kp_names_rank_of(const struct kp_names *names, uint32_t number)
{
    return names->rank[number];
}

struct kp_names_street kp_names_street(const struct kp_names *names, uint32_t rank)
{
    const char *town = names->texts[names->number[rank]];
    return (struct kp_names_street){
        .town = town, .name = street_text(town), .town_rank = names->town_rank[rank]};
}

uint32_t kp_names_streets(const struct kp_names *names)
{
    return names->count;
}

uint32_t kp_names_towns(const struct kp_names *names)
{
    return names->town_count;
}
