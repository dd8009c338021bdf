/* What one slot shows, against what its member signed. */
#include "proto/verify_audit.h"

#include "crypto/merkle.h"
#include "crypto/oprf.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"
#include "proto/verify_digest.h"

#include <sodium.h>
#include <string.h>

static const struct kp_hello2 *hello2_of(const struct kp_verify_audit *audit)
{
    return &audit->it.hello2_body[audit->member - 1];
}

static bool picks_holds(const struct kp_verify_audit *audit)
{
    uint8_t readys[KP_DIGEST_BYTES];
    uint32_t picks[KP_AUDIT_SLOTS_MAX];
    const struct kp_agreement *agreement = audit->it.agreement;
    kp_transcript_readys(readys, agreement->lineage, audit->it.ready, audit->it.members);
    const struct kp_slot_draw draw = {.round_id = audit->it.round_id,
                                      .readys = readys,
                                      .seeds = audit->complete.audit_seeds[0],
                                      .members = audit->it.members,
                                      .slots = audit->slots,
                                      .wanted = agreement->audit_slots};
    uint32_t count = kp_slot_picks(picks, &draw, audit->member);
    bool same = count == audit->pick_count;
    for (uint32_t i = 0; same && i < count; i++) {
        same = audit->picks[i].leaf.index == picks[i];
    }
    return same;
}

static bool leaf_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    const struct kp_leaf *leaf = &pick->leaf;
    struct kp_verify_content content = {.index = leaf->index};
    uint8_t digest[KP_DIGEST_BYTES];
    for (uint8_t field = 0; field < KP_LEAF_FIELDS; field++) {
        kp_leaf_commit(content.commitments[field], leaf, (enum kp_leaf_field)field);
    }
    kp_verify_leaf(digest, audit->it.agreement, &content);
    return leaf->index < audit->slots &&
           kp_verify_path(hello2_of(audit)->slots_root, digest, audit->slots, leaf->index,
                          &pick->leaf_path);
}

static bool list_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    uint32_t part = pick->leaf.index / KP_CHUNK_POINTS;
    uint8_t leaf[KP_DIGEST_BYTES];
    if (pick->leaf.index >= audit->slots || audit->lists[part] == NULL) {
        return false;
    }
    const struct kp_buffer *chunk = &audit->lists[part]->content;
    uint32_t count = kp_chunk_items(audit->slots, KP_CHUNK_POINTS, part);
    if (chunk->size != (size_t)count * KP_POINT_BYTES) {
        return false;
    }
    kp_transcript_points_leaf(leaf, audit->it.agreement->lineage, part, chunk->data, count);
    return memcmp(chunk->data + (size_t)(pick->leaf.index % KP_CHUNK_POINTS) * KP_POINT_BYTES,
                  pick->leaf.point, KP_POINT_BYTES) == 0 &&
           kp_verify_path(hello2_of(audit)->points_root, leaf,
                          kp_chunk_count(audit->slots, KP_CHUNK_POINTS), part, &pick->chunk_path);
}

/* ---- Kinds ---- */

static bool says_nothing(const struct kp_leaf *leaf)
{
    return sodium_is_zero(leaf->indicators, sizeof(leaf->indicators)) &&
           sodium_is_zero(leaf->grounds, sizeof(leaf->grounds)) && leaf->observed_on == 0;
}

static bool is_address(const struct kp_verify_audit *audit,
                       const uint8_t key[static KP_ADDRESS_KEY_BYTES], bool in_area)
{
    return in_area ? kp_verify_area(audit->it.agreement, key)
                   : kp_verify_address(audit->it.agreement, key);
}

static bool kind_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    const struct kp_leaf *leaf = &pick->leaf;
    bool nobody = sodium_is_zero(leaf->address, sizeof(leaf->address));
    if (pick->kind != KP_PICK_SIGNAL && !sodium_is_zero(pick->y, sizeof(pick->y))) {
        return false; /* nothing of it is checked, so nothing of it is shown */
    }
    switch (pick->kind) {
    case KP_PICK_SIGNAL:
        return is_address(audit, leaf->address, true) && pick->signal_count > 0;
    case KP_PICK_CANARY:
        return leaf->address[0] == 1 && says_nothing(leaf) && pick->signal_count == 0 &&
               audit->it.agreement->canaries > 0;
    case KP_PICK_WITHDRAWN:
        return nobody && says_nothing(leaf) && is_address(audit, pick->address, false) &&
               pick->signal_count > 0;
    case KP_PICK_PADDING:
        return nobody && says_nothing(leaf) && pick->signal_count == 0;
    case KP_PICK_KINDS:
        break;
    }
    return false;
}

/* A = P + r*G of the address or canary that is shown, or a*G of padding. */
static bool point_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    uint8_t point[KP_POINT_BYTES], own[KP_POINT_BYTES], x[KP_VERIFY_ELEMENT_BYTES];
    if (kp_points_multiply_base(point, pick->blind, 1) != KP_OK) {
        return false;
    }
    if (pick->kind != KP_PICK_PADDING) {
        kp_verify_element(x, audit->it.agreement,
                          pick->kind == KP_PICK_WITHDRAWN ? pick->address : pick->leaf.address);
        if (kp_oprf_hash_to_group(own, KP_OPRF_MODE_OPRF, x, sizeof(x)) != KP_OK ||
            kp_points_add(point, point, own, 1) != KP_OK) {
            return false;
        }
    }
    return memcmp(point, pick->leaf.point, sizeof(point)) == 0;
}

/* ---- What was submitted ---- */

/* Section 10.7; of a round of counts the tag alone. */
static bool split(const struct kp_verify_audit *audit, const struct kp_pick *pick,
                  struct kp_verify_entry *entry)
{
    memset(entry, 0, sizeof(*entry));
    if (audit->it.round_type != KP_ROUND_COUNT) {
        return kp_verify_entry_split(entry, audit->it.agreement, audit->member, &pick->entry);
    }
    entry->tag = pick->entry.data;
    return pick->entry.size == KP_DIGEST_BYTES;
}

static void leaf_of(uint8_t leaf[static KP_DIGEST_BYTES], const struct kp_verify_entry *entry)
{
    struct kp_hash hash;
    kp_hash_start(&hash, "Kruispunt-v1 entry");
    kp_hash_field(&hash, entry->tag, KP_DIGEST_BYTES);
    kp_hash_field(&hash, entry->share, entry->share == NULL ? 0 : KP_SCALAR_BYTES);
    kp_hash_field(&hash, entry->path.data, entry->path.size);
    kp_hash_field(&hash, entry->record.data, entry->record.size);
    kp_hash_digest(&hash, leaf);
}

static bool tag_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    struct kp_verify_place place = kp_verify_place_of(&audit->it, audit->member);
    struct kp_verify_entry entry;
    uint8_t output[KP_WIDE_BYTES], digest[KP_DIGEST_BYTES];
    kp_verify_g_hash(digest, pick->g);
    if (!split(audit, pick, &entry) ||
        memcmp(digest, audit->it.ready_body[audit->member - 1].g_digest, sizeof(digest)) != 0) {
        return false;
    }
    if (pick->kind == KP_PICK_SIGNAL) { /* of any other the output is random, and y unused */
        kp_verify_output(output, audit->it.agreement, pick->leaf.address, pick->y);
        if (memcmp(output, pick->output, sizeof(output)) != 0) {
            return false;
        }
    }
    return kp_verify_tag_of_output(pick->output, pick->g, &place, &entry);
}

static bool entry_holds(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    const struct kp_ready *ready = &audit->it.ready_body[audit->member - 1];
    struct kp_verify_entry entry;
    uint8_t leaf[KP_DIGEST_BYTES];
    if (!split(audit, pick, &entry)) {
        return false;
    }
    for (const struct kp_pick *other = audit->picks; other < pick; other++) {
        if (other->position == pick->position) {
            return false;
        }
    }
    leaf_of(leaf, &entry);
    return kp_verify_path(ready->entries_root, leaf, ready->entries, pick->position,
                          &pick->entry_path);
}

/* ---- As checks ---- */

static enum kp_status verdict(bool holds)
{
    return holds ? KP_OK : KP_REFUSED;
}

enum kp_status kp_audit_check_picks(const struct kp_verify_audit *audit)
{
    return verdict(picks_holds(audit));
}

enum kp_status kp_audit_check_leaf(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    return verdict(leaf_holds(audit, pick));
}

enum kp_status kp_audit_check_list(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    return verdict(list_holds(audit, pick));
}

enum kp_status kp_audit_check_kind(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    return verdict(kind_holds(audit, pick));
}

enum kp_status kp_audit_check_point(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    return verdict(point_holds(audit, pick));
}

enum kp_status kp_audit_check_tag(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    return verdict(tag_holds(audit, pick));
}

enum kp_status kp_audit_check_entry(const struct kp_verify_audit *audit, const struct kp_pick *pick)
{
    return verdict(entry_holds(audit, pick));
}
