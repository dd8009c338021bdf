#include "node/slot_audit.h"

#include "crypto/secret.h"
#include "node/database.h"
#include "node/evidence_store.h"
#include "node/slot_show.h"
#include "proto/numbers.h"
#include "proto/slot_picks.h"
#include "proto/transcript.h"

#include <inttypes.h>
#include <string.h>

/* Key: counter (4), number (4). Number HEAD: version (1), kept (1), reason (1), members (4), picks
 * (4), then COMPLETE as it came, when there is something to show. Others: a packed pick. */
#define VERSION 1u
#define KEY_BYTES 8
#define NUMBER_HEAD UINT32_MAX
#define HEAD_BYTES 11

static void make_key(uint8_t key[static KEY_BYTES], uint64_t counter, uint32_t number)
{
    (void)kp_put_number(kp_put_number(key, counter, 4), number, 4);
}

/* ---- The head: write and read ---- */

static enum kp_status write_head(struct kp_txn *txn, uint64_t counter,
                                 const struct kp_slot_audit *audit,
                                 const struct kp_buffer *complete, struct kp_error *error)
{
    uint8_t key[KEY_BYTES], head[HEAD_BYTES] = {VERSION, audit->kept, (uint8_t)audit->reason};
    struct kp_buffer value = {0};
    make_key(key, counter, NUMBER_HEAD);
    (void)kp_put_number(kp_put_number(head + 3, audit->members, 4), audit->picks, 4);
    enum kp_status status = KP_OK;
    if (kp_buffer_set(&value, head, sizeof(head)) != KP_OK ||
        (complete != NULL && kp_buffer_append(&value, complete->data, complete->size) != KP_OK)) {
        status = kp_fail(error, KP_FAILED, "no memory for the audit of a round");
    }
    if (status == KP_OK) {
        status = kp_store_put(txn, KP_NODE_AUDITS, key, sizeof(key), value.data, value.size, error);
    }
    kp_buffer_free(&value);
    return status;
}

static enum kp_status read_head(struct kp_txn *txn, uint64_t counter, struct kp_slot_audit *audit,
                                struct kp_buffer *value, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    make_key(key, counter, NUMBER_HEAD);
    memset(audit, 0, sizeof(*audit));
    enum kp_status status =
        kp_store_get(txn, KP_NODE_AUDITS, key, sizeof(key), value, &audit->known, error);
    if (status != KP_OK || !audit->known) {
        return status;
    }
    if (value->size < HEAD_BYTES || value->data[0] != VERSION ||
        value->data[2] >= KP_SLOT_AUDIT_REASONS) {
        return kp_fail(error, KP_REFUSED,
                       "the audit of round %" PRIu64 " can't be read by this version of Kruispunt",
                       counter);
    }
    audit->kept = value->data[1] != 0;
    audit->reason = (enum kp_slot_audit_reason)value->data[2];
    audit->members = (uint32_t)kp_get_number(value->data + 3, 4);
    audit->picks = (uint32_t)kp_get_number(value->data + 7, 4);
    return KP_OK;
}

enum kp_status kp_slot_audit_read(struct kp_txn *txn, uint64_t counter, struct kp_slot_audit *audit,
                                  struct kp_error *error)
{
    struct kp_buffer value = {0};
    enum kp_status status = read_head(txn, counter, audit, &value, error);
    kp_buffer_free(&value);
    return status;
}

enum kp_status kp_slot_audit_keep_none(struct kp_txn *txn, uint64_t counter,
                                       const struct kp_slot_audit *audit, struct kp_error *error)
{
    return write_head(txn, counter, audit, NULL, error);
}

/* ---- Seeds ---- */

/* Whether a member's seed is the one in its HELLO 2. */
static enum kp_status check_seed(struct kp_txn *txn, const struct kp_slot_audit_source *source,
                                 uint32_t member, bool *good, struct kp_error *error)
{
    const struct kp_release *release = source->release;
    struct kp_buffer packed = {0};
    struct kp_round_message message = {0};
    struct kp_hello2 hello;
    bool found = false;
    enum kp_status status =
        kp_evidence_get(txn, release->counter, KP_EXPORT_HELLO2, member, 0, &packed, &found, error);
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_FAILED, "HELLO 2 of member %u isn't kept", member);
    }
    if (status == KP_OK) {
        status = kp_round_message_unpack(&message, packed.data, packed.size, error);
    }
    if (status == KP_OK) {
        status = kp_hello2_unpack(&hello, &message.body, error);
    }
    if (status == KP_OK) {
        *good =
            kp_check_slot_seed(hello.audit_commitment, source->agreement->lineage, release->attempt,
                               member, source->complete->audit_seeds[member - 1], NULL) == KP_OK;
    }
    kp_round_message_free(&message);
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_slot_audit_check(struct kp_txn *txn, const struct kp_slot_audit_source *source,
                                   struct kp_slot_audit *audit, struct kp_error *error)
{
    enum kp_status status = KP_OK;
    *audit = (struct kp_slot_audit){.known = true};
    if (!kp_slot_keeping_has(source->keeping)) {
        audit->reason = KP_SLOT_AUDIT_RESTARTED;
        return KP_OK;
    }
    if (source->complete->seed_count != source->agreement->member_count) {
        audit->reason = KP_SLOT_AUDIT_NO_SEEDS;
        return KP_OK;
    }
    for (uint32_t i = 1; status == KP_OK && i <= source->agreement->member_count; i++) {
        bool good = true;
        if (kp_audit_has_seed(source->agreement, i)) {
            status = check_seed(txn, source, i, &good, error);
        }
        audit->members |= good ? 0 : 1u << (i - 1);
    }
    audit->kept = audit->members == 0;
    audit->reason = audit->kept ? 0 : KP_SLOT_AUDIT_SEED;
    return status;
}

/* ---- Picks ---- */

static uint32_t draw(uint32_t picks[static KP_AUDIT_SLOTS_MAX],
                     const struct kp_slot_audit_source *source)
{
    uint8_t readys[KP_DIGEST_BYTES];
    const struct kp_agreement *agreement = source->agreement;
    kp_transcript_readys(readys, agreement->lineage, source->release->ready,
                         agreement->member_count);
    const struct kp_slot_draw settings = {.round_id = source->keeping->round_id,
                                          .readys = readys,
                                          .seeds = source->complete->audit_seeds[0],
                                          .members = agreement->member_count,
                                          .slots = source->release->slots,
                                          .wanted = agreement->audit_slots};
    return kp_slot_picks(picks, &settings, source->own);
}

static enum kp_status write_pick(struct kp_txn *txn, uint64_t counter, uint32_t number,
                                 const struct kp_pick *pick, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_buffer packed = {0};
    make_key(key, counter, number);
    enum kp_status status = kp_pick_pack(pick, &packed, error);
    if (status == KP_OK) {
        status =
            kp_store_put(txn, KP_NODE_AUDITS, key, sizeof(key), packed.data, packed.size, error);
    }
    kp_buffer_free(&packed);
    return status;
}

enum kp_status kp_slot_audit_keep(struct kp_txn *txn, const struct kp_slot_audit_source *source,
                                  struct kp_slot_audit *audit, struct kp_error *error)
{
    uint32_t picks[KP_AUDIT_SLOTS_MAX];
    struct kp_slot_show *show = NULL;
    uint64_t counter = source->release->counter;
    audit->picks = draw(picks, source);
    enum kp_status status = kp_slot_show_new(&show, txn, source, error);
    if (status == KP_OK) {
        status = kp_slot_show_look_up(show, picks, audit->picks, error);
    }
    for (uint32_t i = 0; status == KP_OK && i < audit->picks; i++) {
        struct kp_pick pick = {0};
        status = kp_slot_show(show, picks[i], &pick, error);
        if (status == KP_OK) {
            status = write_pick(txn, counter, i, &pick, error);
        }
        kp_pick_free(&pick);
    }
    kp_slot_show_free(show);
    return status == KP_OK ? write_head(txn, counter, audit, source->packed_complete, error)
                           : status;
}

/* ---- As an export ---- */

static enum kp_status refuse(const struct kp_agreement *agreement, uint64_t counter,
                             const struct kp_slot_audit *audit, struct kp_error *error)
{
    static const char *const why[KP_SLOT_AUDIT_REASONS] = {
        [KP_SLOT_AUDIT_RESTARTED] = "the node was restarted between READY and the round's end",
        [KP_SLOT_AUDIT_NO_SEEDS] = "the coordinator gave no seeds",
        [KP_SLOT_AUDIT_SEED] = "a seed is missing or isn't what its member committed to, of",
        [KP_SLOT_AUDIT_ENDED] = "the round ended without a result"};
    char names[KP_ERROR_TEXT / 2] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if ((audit->members >> i & 1) != 0 && used < sizeof(names)) {
            used += (size_t)snprintf(names + used, sizeof(names) - used, " %s",
                                     agreement->members[i].name);
        }
    }
    if (!audit->known) {
        return kp_fail(error, KP_REFUSED,
                       "no slots of round %" PRIu64
                       " are kept: it isn't over here, wasn't released, its retention "
                       "is over, or it ended without a result",
                       counter);
    }
    return kp_fail(error, KP_REFUSED, "no slots of round %" PRIu64 " are kept: %s%s", counter,
                   why[audit->reason] != NULL ? why[audit->reason] : "unknown", names);
}

static enum kp_status add_pick(struct kp_txn *txn, uint32_t own, uint64_t counter, uint32_t number,
                               struct kp_export_page *page, bool *full, struct kp_error *error)
{
    uint8_t key[KEY_BYTES];
    struct kp_export_item item = {.kind = KP_EXPORT_PICK, .member = own, .part = number};
    bool found = false;
    make_key(key, counter, number);
    enum kp_status status =
        kp_store_get(txn, KP_NODE_AUDITS, key, sizeof(key), &item.content, &found, error);
    if (status == KP_OK && !found) {
        status = kp_fail(error, KP_REFUSED, "the audit in the database is damaged");
    }
    *full = status == KP_OK && !kp_export_page_has_room(page, item.content.size);
    if (status == KP_OK && !*full) {
        status = kp_export_page_add(page, &item, error);
    }
    kp_buffer_free(&item.content);
    return status;
}

enum kp_status kp_slot_audit_page(struct kp_txn *txn, const struct kp_agreement *agreement,
                                  uint32_t own, uint64_t counter, uint64_t after,
                                  struct kp_export_page *page, struct kp_error *error)
{
    struct kp_slot_audit audit;
    struct kp_buffer head = {0};
    enum kp_status status = read_head(txn, counter, &audit, &head, error);
    if (status == KP_OK && !audit.kept) {
        status = refuse(agreement, counter, &audit, error);
    }
    if (status == KP_OK && after > audit.picks) {
        status = kp_fail(error, KP_REFUSED, "not where a page of an audit can begin");
    }
    page->header.kind = KP_EXPORT_AUDIT;
    page->header.party = own;
    page->header.counter = counter;
    memcpy(page->header.lineage, agreement->lineage, KP_DIGEST_BYTES);
    page->header.items = (uint64_t)audit.picks + 1;
    if (status == KP_OK && after == 0) {
        const struct kp_export_item complete = {
            .kind = KP_EXPORT_MESSAGE,
            .content = {.data = head.data + HEAD_BYTES, .size = head.size - HEAD_BYTES}};
        status = kp_export_page_add(page, &complete, error);
    }
    bool full = false;
    uint32_t number = after == 0 ? 0 : (uint32_t)after;
    while (status == KP_OK && !full && number < audit.picks) {
        status = add_pick(txn, own, counter, number, page, &full, error);
        number += status == KP_OK && !full;
    }
    page->next = full ? number : 0; /* never 0 when full: one pick fits */
    kp_buffer_free(&head);
    return status;
}
