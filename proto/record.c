#include "proto/record.h"

#include "proto/numbers.h"

#include <string.h>

/* Writes a field's length in two bytes, then the field; returns where the next one goes. */
static uint8_t *put_prefixed(uint8_t *at, const void *field, size_t size)
{
    at[0] = (uint8_t)(size >> 8);
    at[1] = (uint8_t)size;
    memcpy(at + 2, field, size);
    return at + 2 + size;
}

bool kp_key_is_canary(const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    return key[0] == KP_CANARY_KEY_FIRST;
}

/* 1, and 2 when `first` is a canary's: the difference of equal bytes is the only one whose top bit
 * is set by taking 1 from it. */
static uint8_t type_of(uint8_t first)
{
    uint32_t other = (uint32_t)(first ^ KP_CANARY_KEY_FIRST);
    return (uint8_t)(KP_ELEMENT_SIGNAL + ((other - 1) >> 31));
}

void kp_element_input(uint8_t input[static KP_ELEMENT_INPUT_BYTES],
                      const uint8_t lineage[static KP_DIGEST_BYTES],
                      const uint8_t key[static KP_ADDRESS_KEY_BYTES])
{
    uint8_t type = type_of(key[0]);
    uint8_t *at = put_prefixed(input, lineage, KP_DIGEST_BYTES);
    at = put_prefixed(at, &type, 1);
    (void)put_prefixed(at, key, KP_ADDRESS_KEY_BYTES);
}

/* The fields that an agreement may disclose or not, as they stand in a record. */
struct optional_field {
    enum kp_disclosure bit;
    enum kp_leaf_field field;
    size_t size;
};

static const struct optional_field OPTIONAL[] = {
    {KP_DISCLOSE_INDICATORS, KP_LEAF_INDICATORS, KP_INDICATOR_SET_BYTES},
    {KP_DISCLOSE_GROUNDS, KP_LEAF_GROUNDS, KP_DIGEST_BYTES},
    {KP_DISCLOSE_OBSERVED_ON, KP_LEAF_OBSERVED_ON, 4},
};
#define OPTIONAL_COUNT (sizeof(OPTIONAL) / sizeof(OPTIONAL[0]))

static void get_value(uint8_t *out, const struct kp_leaf *leaf, enum kp_leaf_field field)
{
    switch (field) {
    case KP_LEAF_INDICATORS:
        memcpy(out, leaf->indicators, sizeof(leaf->indicators));
        break;
    case KP_LEAF_GROUNDS:
        memcpy(out, leaf->grounds, sizeof(leaf->grounds));
        break;
    default:
        (void)kp_put_number(out, leaf->observed_on, 4);
        break;
    }
}

static void set_value(struct kp_leaf *leaf, enum kp_leaf_field field, const uint8_t *value)
{
    switch (field) {
    case KP_LEAF_INDICATORS:
        memcpy(leaf->indicators, value, sizeof(leaf->indicators));
        break;
    case KP_LEAF_GROUNDS:
        memcpy(leaf->grounds, value, sizeof(leaf->grounds));
        break;
    default:
        leaf->observed_on = (uint32_t)kp_get_number(value, 4);
        break;
    }
}

size_t kp_record_plain_size(const struct kp_agreement *agreement)
{
    size_t size = KP_ADDRESS_KEY_BYTES + KP_POINT_BYTES + KP_DIGEST_BYTES + 4 + KP_POINT_BYTES +
                  2 * (size_t)KP_LEAF_BLINDING_BYTES;
    for (size_t i = 0; i < OPTIONAL_COUNT; i++) {
        size += (agreement->discloses & (uint32_t)OPTIONAL[i].bit) != 0
                    ? OPTIONAL[i].size + KP_LEAF_BLINDING_BYTES
                    : KP_DIGEST_BYTES;
    }
    return size;
}

void kp_record_pack(uint8_t *plain, const struct kp_agreement *agreement,
                    const struct kp_record *record)
{
    const struct kp_leaf *leaf = &record->leaf;
    uint8_t *at = plain;
    memcpy(at, leaf->address, KP_ADDRESS_KEY_BYTES);
    at += KP_ADDRESS_KEY_BYTES;
    memcpy(at, record->y, KP_POINT_BYTES);
    at += KP_POINT_BYTES;
    memcpy(at, record->g, KP_DIGEST_BYTES);
    at += KP_DIGEST_BYTES;
    at = kp_put_number(at, leaf->index, 4);
    memcpy(at, leaf->point, KP_POINT_BYTES);
    at += KP_POINT_BYTES;
    memcpy(at, leaf->blinding[KP_LEAF_ADDRESS], KP_LEAF_BLINDING_BYTES);
    at += KP_LEAF_BLINDING_BYTES;
    memcpy(at, leaf->blinding[KP_LEAF_POINT], KP_LEAF_BLINDING_BYTES);
    at += KP_LEAF_BLINDING_BYTES;
    for (size_t i = 0; i < OPTIONAL_COUNT; i++) {
        if ((agreement->discloses & (uint32_t)OPTIONAL[i].bit) != 0) {
            get_value(at, leaf, OPTIONAL[i].field);
            at += OPTIONAL[i].size;
            memcpy(at, leaf->blinding[OPTIONAL[i].field], KP_LEAF_BLINDING_BYTES);
            at += KP_LEAF_BLINDING_BYTES;
        } else {
            kp_leaf_commit(at, leaf, OPTIONAL[i].field);
            at += KP_DIGEST_BYTES;
        }
    }
}

void kp_record_unpack(struct kp_record *record, const struct kp_agreement *agreement,
                      const uint8_t *plain)
{
    memset(record, 0, sizeof(*record));
    struct kp_leaf *leaf = &record->leaf;
    const uint8_t *at = plain;
    memcpy(leaf->address, at, KP_ADDRESS_KEY_BYTES);
    at += KP_ADDRESS_KEY_BYTES;
    memcpy(record->y, at, KP_POINT_BYTES);
    at += KP_POINT_BYTES;
    memcpy(record->g, at, KP_DIGEST_BYTES);
    at += KP_DIGEST_BYTES;
    leaf->index = (uint32_t)kp_get_number(at, 4);
    at += 4;
    memcpy(leaf->point, at, KP_POINT_BYTES);
    at += KP_POINT_BYTES;
    memcpy(leaf->blinding[KP_LEAF_ADDRESS], at, KP_LEAF_BLINDING_BYTES);
    at += KP_LEAF_BLINDING_BYTES;
    memcpy(leaf->blinding[KP_LEAF_POINT], at, KP_LEAF_BLINDING_BYTES);
    at += KP_LEAF_BLINDING_BYTES;
    kp_leaf_commit(record->commitments[KP_LEAF_ADDRESS], leaf, KP_LEAF_ADDRESS);
    kp_leaf_commit(record->commitments[KP_LEAF_POINT], leaf, KP_LEAF_POINT);
    for (size_t i = 0; i < OPTIONAL_COUNT; i++) {
        enum kp_leaf_field field = OPTIONAL[i].field;
        if ((agreement->discloses & (uint32_t)OPTIONAL[i].bit) != 0) {
            set_value(leaf, field, at);
            at += OPTIONAL[i].size;
            memcpy(leaf->blinding[field], at, KP_LEAF_BLINDING_BYTES);
            at += KP_LEAF_BLINDING_BYTES;
            kp_leaf_commit(record->commitments[field], leaf, field);
        } else {
            memcpy(record->commitments[field], at, KP_DIGEST_BYTES);
            at += KP_DIGEST_BYTES;
        }
    }
}

size_t kp_record_inner_size(const struct kp_agreement *agreement)
{
    return kp_record_plain_size(agreement) + KP_SEAL_INNER_OVERHEAD;
}

size_t kp_record_size(const struct kp_agreement *agreement)
{
    return kp_record_inner_size(agreement) + KP_SEAL_OUTER_OVERHEAD;
}

size_t kp_entry_path_size(const struct kp_agreement *agreement, uint32_t member)
{
    return kp_merkle_path_length(member - 1, agreement->member_count) * KP_DIGEST_BYTES;
}

size_t kp_entry_size(const struct kp_agreement *agreement, uint32_t member)
{
    return KP_DIGEST_BYTES + KP_SCALAR_BYTES + kp_entry_path_size(agreement, member) +
           kp_record_size(agreement);
}

struct kp_entry_view kp_entry_at(const struct kp_agreement *agreement, uint32_t member,
                                 const uint8_t *entry)
{
    struct kp_entry_view view = {.tag = entry};
    view.share = view.tag + KP_DIGEST_BYTES;
    view.path = view.share + KP_SCALAR_BYTES;
    view.record = view.path + kp_entry_path_size(agreement, member);
    return view;
}

/* fields: of the tag, the share, the path and the record. */
static void hash_entry(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_entry_view *view,
                       size_t share_size, size_t path_size, size_t record_size)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 entry");
    kp_hash_field(&hash, view->tag, KP_DIGEST_BYTES);
    kp_hash_field(&hash, view->share, share_size);
    kp_hash_field(&hash, view->path, path_size);
    kp_hash_field(&hash, view->record, record_size);
    kp_hash_digest(&hash, leaf);
}

void kp_entry_leaf(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_agreement *agreement,
                   uint32_t member, const uint8_t *entry)
{
    struct kp_entry_view view = kp_entry_at(agreement, member, entry);
    hash_entry(leaf, &view, KP_SCALAR_BYTES, kp_entry_path_size(agreement, member),
               kp_record_size(agreement));
}

size_t kp_entry_size_in(const struct kp_agreement *agreement, uint32_t member,
                        enum kp_round_type type)
{
    return type == KP_ROUND_COUNT ? KP_DIGEST_BYTES : kp_entry_size(agreement, member);
}

void kp_entry_leaf_in(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_agreement *agreement,
                      uint32_t member, enum kp_round_type type, const uint8_t *entry)
{
    if (type == KP_ROUND_COUNT) {
        const struct kp_entry_view view = {entry, entry, entry, entry};
        hash_entry(leaf, &view, 0, 0, 0);
    } else {
        kp_entry_leaf(leaf, agreement, member, entry);
    }
}
