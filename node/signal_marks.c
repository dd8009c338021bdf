#include "node/signal_marks.h"

#include "crypto/hash.h"
#include "crypto/secret.h"

#include <sodium.h>
#include <string.h>

#define FIRST_CAPACITY 256 /* of a part: a page */

void kp_signal_mark(uint8_t mark[static KP_CONTROL_MARK_BYTES],
                    const uint8_t key[static KP_CONTROL_MARK_KEY_BYTES],
                    const struct kp_signal *signal)
{
    struct kp_hash hash;
    uint8_t digest[KP_DIGEST_BYTES];
    kp_hash_start(&hash, "Kruispunt-v1 signal mark");
    kp_hash_field(&hash, key, KP_CONTROL_MARK_KEY_BYTES);
    kp_hash_field(&hash, signal->address, sizeof(signal->address));
    kp_hash_field(&hash, signal->indicator, strlen(signal->indicator));
    kp_hash_field(&hash, signal->grounds, strlen(signal->grounds));
    kp_hash_number(&hash, signal->observed_on);
    kp_hash_number(&hash, signal->purpose);
    kp_hash_number(&hash, signal->valid_until);
    kp_hash_digest(&hash, digest);
    memcpy(mark, digest, KP_CONTROL_MARK_BYTES);
    mark[0] |= 1; /* never zeros, which is a free place */
}

/* Where it is, or the free place where it would be. */
static uint8_t *place_of(const struct kp_signal_marks_part *part, const uint8_t *mark)
{
    uint32_t number;
    memcpy(&number, mark + 2, sizeof(number));
    size_t at = (size_t)((uint64_t)number * part->capacity >> 32);
    for (;; at = at + 1 < part->capacity ? at + 1 : 0) {
        uint8_t *place = part->places + at * KP_CONTROL_MARK_BYTES;
        if (place[0] == 0 || memcmp(place, mark, KP_CONTROL_MARK_BYTES) == 0) {
            return place;
        }
    }
}

static enum kp_status grow(struct kp_signal_marks_part *part, struct kp_error *error)
{
    struct kp_signal_marks_part grown = {.count = part->count,
                                         .capacity = part->capacity + part->capacity / 8};
    grown.capacity = grown.capacity < FIRST_CAPACITY ? FIRST_CAPACITY : grown.capacity;
    grown.places = kp_bulk_new(grown.capacity * KP_CONTROL_MARK_BYTES);
    if (grown.places == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for so many signals");
    }
    memset(grown.places, 0, grown.capacity * KP_CONTROL_MARK_BYTES);
    for (size_t i = 0; i < part->capacity; i++) {
        const uint8_t *place = part->places + i * KP_CONTROL_MARK_BYTES;
        if (place[0] != 0) {
            memcpy(place_of(&grown, place), place, KP_CONTROL_MARK_BYTES);
        }
    }
    kp_bulk_free(part->places);
    *part = grown;
    return KP_OK;
}

enum kp_status kp_signal_marks_add(struct kp_signal_marks *marks,
                                   const uint8_t mark[static KP_CONTROL_MARK_BYTES], bool *added,
                                   struct kp_error *error)
{
    struct kp_signal_marks_part *part = &marks->parts[mark[1] % KP_SIGNAL_MARKS_PARTS];
    *added = false;
    if (4 * (part->count + 1) > 3 * part->capacity && grow(part, error) != KP_OK) {
        return KP_FAILED;
    }
    uint8_t *place = place_of(part, mark);
    if (place[0] == 0) {
        memcpy(place, mark, KP_CONTROL_MARK_BYTES);
        part->count++;
        marks->count++;
        *added = true;
    }
    return KP_OK;
}

bool kp_signal_marks_has(const struct kp_signal_marks *marks,
                         const uint8_t mark[static KP_CONTROL_MARK_BYTES])
{
    const struct kp_signal_marks_part *part = &marks->parts[mark[1] % KP_SIGNAL_MARKS_PARTS];
    return part->capacity > 0 && place_of(part, mark)[0] != 0;
}

void kp_signal_marks_free(struct kp_signal_marks *marks)
{
    for (size_t i = 0; i < KP_SIGNAL_MARKS_PARTS; i++) {
        kp_bulk_free(marks->parts[i].places);
    }
    memset(marks, 0, sizeof(*marks));
}
