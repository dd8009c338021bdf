/* The evidence of one released round: what a member (or, less of it, the coordinator) keeps so that
 * anybody with public keys can check the round afterwards. Its items are those of an export
 * (proto/export.h), in a fixed order: that of their keys in the store and of a file.
 *
 * Nothing of it is secret from the other members; the member's own round key, what it multiplied
 * with it, blindings and outputs are never in it. */
#ifndef KP_PROTO_EVIDENCE_H
#define KP_PROTO_EVIDENCE_H

#include "crypto/chunk_proof.h"
#include "crypto/group.h"
#include "crypto/shares.h"
#include "proto/buffer.h"
#include "proto/error.h"
#include "proto/export.h"
#include "proto/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "START", "HELLO 1", ...: how a person is told of an item. */
const char *kp_evidence_name(enum kp_export_item_kind kind);

/* Where an item stands: rising over a round's items. */
#define KP_EVIDENCE_KEY_BYTES 6
void kp_evidence_key(uint8_t key[static KP_EVIDENCE_KEY_BYTES], enum kp_export_item_kind kind,
                     uint32_t member, uint32_t part);
/* KP_REFUSED: not where an item of a round can stand. */
KP_MUST_USE enum kp_status kp_evidence_key_read(const uint8_t *key, size_t size,
                                                struct kp_export_item *item,
                                                struct kp_error *error);

/* Content of KP_EXPORT_EVALUATION: `count` points, then the proof. */
KP_MUST_USE enum kp_status
kp_evidence_evaluation_pack(struct kp_buffer *content, const uint8_t *points, size_t count,
                            const uint8_t proof[static KP_CHUNK_PROOF_BYTES],
                            struct kp_error *error);

/* Content of KP_EXPORT_LIST_BEFORE: where the list of the round before had other points. */
#define KP_EVIDENCE_PLACE_BYTES (4 + KP_POINT_BYTES)
#define KP_EVIDENCE_PLACES KP_CHUNK_POINTS /* in one item, but for the last */
/* An item for a list of which the one before isn't known: has no part but 0. */
KP_MUST_USE enum kp_status kp_evidence_before_unknown(struct kp_buffer *content,
                                                      struct kp_error *error);
KP_MUST_USE enum kp_status kp_evidence_before_begin(struct kp_buffer *content,
                                                    struct kp_error *error);
KP_MUST_USE enum kp_status kp_evidence_before_add(struct kp_buffer *content, uint32_t place,
                                                  const uint8_t point[static KP_POINT_BYTES],
                                                  struct kp_error *error);
/* *count places and points, from the content; *known is false for one that isn't known. */
KP_MUST_USE enum kp_status kp_evidence_before_read(const struct kp_buffer *content, bool *known,
                                                   size_t *count, struct kp_error *error);
uint32_t kp_evidence_before_place(const struct kp_buffer *content, size_t index);
const uint8_t *kp_evidence_before_point(const struct kp_buffer *content, size_t index);

#endif
