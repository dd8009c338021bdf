/* How an index stands in its file: what register_build writes, register reads, and nobody else
 * knows. Keys and numbers big-endian, so that LMDB's order is theirs.
 *
 *   meta            "info"              -> struct format_info, packed
 *   ids             id (8)              -> place and house number (10); nothing: withdrawn
 *   objects         object (8)          -> place and house number (10) and id (8) of its main
 * address numbers         place, number (10)  -> entries of 28 bytes, by id and object
 *   street_numbers  street (4), number (4) -> places of 6 bytes
 *   streets         street (4)          -> town (4), name
 *   towns           town (4)            -> name
 *   street_names    town (4), form (1), skeleton -> streets of 4 bytes
 *   town_names      skeleton            -> towns of 4 bytes
 *
 * A place is a postcode; for numbers without one, two zero bytes and the street. */
#ifndef KP_PROTO_ADDRESS_REGISTER_FORMAT_H
#define KP_PROTO_ADDRESS_REGISTER_FORMAT_H

#include "proto/address.h"
#include "proto/address/register.h"
#include "proto/address/street.h"
#include "proto/numbers.h"

#include <lmdb.h>
#include <string.h>

#define KP_REGISTER_FORMAT 1u
#define KP_REGISTER_MAGIC "KPaddres"
#define KP_REGISTER_PLACE 6u
#define KP_REGISTER_AT 10u /* place and house number */
#define KP_REGISTER_ENTRY 28u
#define KP_REGISTER_META (8u + 4u + 4u + 4u + 32u + 5u * 8u)
#define KP_REGISTER_META_KEY "info"
#define KP_REGISTER_SKELETON_MAX 256u /* bytes */
#define KP_REGISTER_FORM_EXACT 0u
#define KP_REGISTER_FORM_SHORT 1u

enum kp_register_table {
    KP_REGISTER_META_TABLE,
    KP_REGISTER_IDS,
    KP_REGISTER_OBJECTS,
    KP_REGISTER_NUMBERS,
    KP_REGISTER_STREET_NUMBERS,
    KP_REGISTER_STREETS,
    KP_REGISTER_TOWNS,
    KP_REGISTER_STREET_NAMES,
    KP_REGISTER_TOWN_NAMES,
    KP_REGISTER_TABLES,
};
extern const char *const kp_register_table_names[KP_REGISTER_TABLES];

/* A number at a place, as written. */
struct kp_register_entry {
    uint64_t id, object;
    uint16_t digits;
    bool side;
    char letter;      /* or NUL */
    char addition[4]; /* NULs behind */
    uint32_t street;
};

static inline void kp_register_entry_pack(uint8_t out[static KP_REGISTER_ENTRY],
                                          const struct kp_register_entry *entry)
{
    out = kp_put_number(out, entry->id, 8);
    out = kp_put_number(out, entry->object, 8);
    out = kp_put_number(out, entry->digits, 2);
    out = kp_put_number(out, entry->side, 1);
    out = kp_put_number(out, (uint8_t)entry->letter, 1);
    memcpy(out, entry->addition, 4);
    kp_put_number(out + 4, entry->street, 4);
}

static inline void kp_register_entry_unpack(struct kp_register_entry *entry,
                                            const uint8_t from[static KP_REGISTER_ENTRY])
{
    entry->id = kp_get_number(from, 8);
    entry->object = kp_get_number(from + 8, 8);
    entry->digits = (uint16_t)kp_get_number(from + 16, 2);
    entry->side = from[18] != 0;
    entry->letter = (char)from[19];
    memcpy(entry->addition, from + 20, 4);
    entry->street = (uint32_t)kp_get_number(from + 24, 4);
}

static inline void kp_register_place(uint8_t out[static KP_REGISTER_PLACE], const char *postcode,
                                     uint32_t street)
{
    if (postcode[0] != '\0') {
        memcpy(out, postcode, KP_REGISTER_PLACE);
        return;
    }
    kp_put_number(kp_put_number(out, 0, 2), street, 4);
}

static inline void kp_register_meta_pack(uint8_t out[static KP_REGISTER_META],
                                         const struct kp_register_info *info)
{
    memcpy(out, KP_REGISTER_MAGIC, 8);
    out = kp_put_number(out + 8, KP_REGISTER_FORMAT, 4);
    out = kp_put_number(out, KP_CANONICAL_VERSION * 65536u + KP_STREET_VERSION, 4);
    out = kp_put_number(out, info->date, 4);
    memcpy(out, info->hash, 32);
    out = kp_put_number(out + 32, info->pairs, 8);
    out = kp_put_number(out, info->objects, 8);
    out = kp_put_number(out, info->streets, 8);
    out = kp_put_number(out, info->towns, 8);
    kp_put_number(out, info->withdrawn, 8);
}

/* What is behind the magic and the versions. */
static inline void kp_register_meta_unpack(struct kp_register_info *info,
                                           const uint8_t from[static KP_REGISTER_META])
{
    info->date = (uint32_t)kp_get_number(from + 16, 4);
    memcpy(info->hash, from + 20, 32);
    info->pairs = kp_get_number(from + 52, 8);
    info->objects = kp_get_number(from + 60, 8);
    info->streets = kp_get_number(from + 68, 8);
    info->towns = kp_get_number(from + 76, 8);
    info->withdrawn = kp_get_number(from + 84, 8);
}

#endif
