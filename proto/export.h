/* Files for whoever checks afterwards: a log, an agreement's papers, or what a member kept of a
 * round. Written and read item by item, since a log can be long. One content has one form; reading
 * refuses any other, more than is announced, and less. */
#ifndef KP_PROTO_EXPORT_H
#define KP_PROTO_EXPORT_H

#include "crypto/hash.h"
#include "proto/buffer.h"
#include "proto/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kp_export_kind {
    KP_EXPORT_LOG = 1,
    KP_EXPORT_AGREEMENT = 2,
    KP_EXPORT_ROUND = 3,
    KP_EXPORT_EVIDENCE = 4, /* one match, opened */
    KP_EXPORT_VERDICT = 5,  /* one fault, and what proves it */
    KP_EXPORT_AUDIT = 6,    /* the slots of a member that a round picked */
    KP_EXPORT_RECEIPTS = 7, /* what the coordinator signed for a member's messages */
    KP_EXPORT_KINDS,
};

struct kp_export_header {
    enum kp_export_kind kind;
    uint8_t lineage[KP_DIGEST_BYTES];
    uint32_t party;   /* whose; KP_PARTY_COORDINATOR, KP_PARTY_LEADER or a member's number */
    uint64_t counter; /* of a round; 0: none */
    uint64_t items;   /* at most KP_EXPORT_ITEMS_MAX */
    bool has_digest;
    uint8_t digest[KP_DIGEST_BYTES]; /* of a log: the hash of its last entry */
};

/* What an item is. Numbers stay. */
enum kp_export_item_kind {
    KP_EXPORT_LOG_ENTRY = 1, /* a packed entry (proto/audit_log.h) */
    KP_EXPORT_PAPER = 2,     /* an agreement's canonical bytes, or a decision's */
    /* Of a round, in this order (proto/evidence.h); by member, then by part. */
    KP_EXPORT_START = 3,       /* packed */
    KP_EXPORT_HELLO1 = 4,      /* packed */
    KP_EXPORT_HELLO2 = 5,      /* packed */
    KP_EXPORT_READY = 6,       /* packed */
    KP_EXPORT_SECRET = 7,      /* plain body of HELLO 2 SECRET */
    KP_EXPORT_LIST = 8,        /* points of the member's list, a chunk */
    KP_EXPORT_LIST_BEFORE = 9, /* where the member's list of the round before differed */
    KP_EXPORT_EVALUATION = 10, /* a chunk of the keeper's list, by the member, and its proof */
    /* Of evidence, a verdict, an audit or receipts. */
    KP_EXPORT_RECORD = 11,     /* ProofRecord of the member; part 0, and 1 where there are two */
    KP_EXPORT_PARTIAL = 12,    /* D and its proof, of the member's record, by holder `part` */
    KP_EXPORT_OPENING = 13,    /* ProofOpening by holder `part` */
    KP_EXPORT_RECEIPT = 14,    /* packed */
    KP_EXPORT_PHASE_LIST = 15, /* packed; part: the phase */
    KP_EXPORT_RESULT = 16,     /* packed; part 0, and 1 where there are two */
    KP_EXPORT_FAULT = 17,      /* ProofVerdict */
    KP_EXPORT_MESSAGE = 18,    /* packed, signed: LEAVES, SUBMISSION; member 0: COMPLETE */
    KP_EXPORT_GROUP = 19,      /* ProofResult; part 0, 1, ... */
    KP_EXPORT_LETTER = 20,  /* OpenedLetter (proto/letter.h); a holder's: member 0, part = holder */
    KP_EXPORT_DIGESTS = 21, /* of the messages that the member put, 32 each, in order */
    KP_EXPORT_PICK = 22,    /* AuditPick; part 0, 1, ... */
    KP_EXPORT_ITEM_KINDS,
};

struct kp_export_item {
    enum kp_export_item_kind kind;
    uint32_t member; /* whom it is of; 0: none */
    uint32_t part;
    struct kp_buffer content; /* at most KP_EXPORT_CONTENT_MAX bytes */
};

KP_MUST_USE enum kp_status kp_export_header_pack(const struct kp_export_header *header,
                                                 struct kp_buffer *out, struct kp_error *error);
KP_MUST_USE enum kp_status kp_export_header_unpack(struct kp_export_header *header,
                                                   const uint8_t *bytes, size_t size,
                                                   struct kp_error *error);
KP_MUST_USE enum kp_status kp_export_item_pack(const struct kp_export_item *item,
                                               struct kp_buffer *out, struct kp_error *error);
/* Freed with kp_export_item_free whatever the result. */
KP_MUST_USE enum kp_status kp_export_item_unpack(struct kp_export_item *item, const uint8_t *bytes,
                                                 size_t size, struct kp_error *error);
void kp_export_item_free(struct kp_export_item *item);

/* ---- Writing ---- */

struct kp_export_writer;

/* Never replaces a file (KP_REFUSED). It appears when kp_export_finish returns KP_OK, whole, with
 * mode 0600. */
KP_MUST_USE enum kp_status kp_export_create(struct kp_export_writer **writer, const char *path,
                                            const struct kp_export_header *header,
                                            struct kp_error *error);
KP_MUST_USE enum kp_status kp_export_add(struct kp_export_writer *writer,
                                         const struct kp_export_item *item, struct kp_error *error);
/* KP_FAILED also when other than the announced number of items were added. Frees nothing. */
KP_MUST_USE enum kp_status kp_export_finish(struct kp_export_writer *writer,
                                            struct kp_error *error);
void kp_export_writer_free(struct kp_export_writer *writer); /* NULL is allowed */

/* A whole file at once, on disk or in `out` (replaced). header->items is left alone: it is `count`.
 */
KP_MUST_USE enum kp_status kp_export_write(const char *path, const struct kp_export_header *header,
                                           const struct kp_export_item *items, size_t count,
                                           struct kp_error *error);
KP_MUST_USE enum kp_status kp_export_write_bytes(struct kp_buffer *out,
                                                 const struct kp_export_header *header,
                                                 const struct kp_export_item *items, size_t count,
                                                 struct kp_error *error);

/* ---- Reading ---- */

struct kp_export_reader;

/* KP_USAGE: can't be opened; KP_REFUSED: not such a file. */
KP_MUST_USE enum kp_status kp_export_open(struct kp_export_reader **reader, const char *path,
                                          struct kp_export_header *header, struct kp_error *error);
/* `item` is replaced, its buffer used again. *end: there are no more, and the file ends here. */
KP_MUST_USE enum kp_status kp_export_next(struct kp_export_reader *reader,
                                          struct kp_export_item *item, bool *end,
                                          struct kp_error *error);
void kp_export_reader_free(struct kp_export_reader *reader); /* NULL is allowed */

/* A whole file, from bytes. *items has *count of them, freed with kp_export_items_free whatever the
 * result. KP_REFUSED: not such a file. */
KP_MUST_USE enum kp_status kp_export_read_bytes(struct kp_export_header *header,
                                                struct kp_export_item **items, size_t *count,
                                                const uint8_t *bytes, size_t size,
                                                struct kp_error *error);
void kp_export_items_free(struct kp_export_item *items, size_t count); /* NULL is allowed */

#endif
