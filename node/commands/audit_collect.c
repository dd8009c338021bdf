#include "node/commands/audit_collect.h"

#include "proto/audit_log.h"
#include "proto/control_client.h"
#include "proto/proof.h"
#include "proto/transcript.h"

#include <stdlib.h>
#include <string.h>

/* ---- Exports of the daemon ---- */

struct items {
    struct kp_export_header header;
    struct kp_export_item *items; /* owned */
    size_t count;
};

static enum kp_status add_page(struct items *items, const struct kp_export_page *page,
                               struct kp_error *error)
{
    size_t more = items->count + page->items.count + 1;
    struct kp_export_item *room = realloc(items->items, more * sizeof(*room));
    if (room == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an export");
    }
    items->items = room;
    memset(room + items->count, 0, (more - items->count) * sizeof(*room));
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < page->items.count; i++) {
        const struct kp_buffer *packed = &page->items.items[i];
        status = kp_export_item_unpack(&room[items->count++], packed->data, packed->size, error);
    }
    return status;
}

/* Page by page. The items are freed with kp_export_items_free whatever the result. */
static enum kp_status fetch(struct items *items, const char *control, enum kp_export_kind kind,
                            uint32_t counter, struct kp_error *error)
{
    struct kp_control_request request = {.kind = KP_CONTROL_EXPORT,
                                         .export = {.kind = kind, .counter = counter}};
    enum kp_status status;
    do {
        struct kp_control_response response = {0};
        status = kp_control_ask(control, &request, KP_CONTROL_EXPORT_PAGE, &response, error);
        if (status == KP_OK) {
            items->header = items->items == NULL ? response.export.header : items->header;
            status = add_page(items, &response.export, error);
            request.export.after = response.export.next;
        }
        kp_control_response_free(&response);
    } while (status == KP_OK && request.export.after != 0);
    return status;
}

/* ---- What of it goes into the file ---- */

/* The first entry of the log that a slot's signals need; UINT64_MAX: none. */
static enum kp_status first_needed(const struct items *audit, uint64_t *first,
                                   bool *chunks /* KP_SLOTS_MAX / KP_CHUNK_POINTS */,
                                   struct kp_error *error)
{
    enum kp_status status = KP_OK;
    *first = UINT64_MAX;
    for (size_t i = 0; status == KP_OK && i < audit->count; i++) {
        struct kp_pick pick;
        if (audit->items[i].kind != KP_EXPORT_PICK) {
            continue;
        }
        const struct kp_buffer *content = &audit->items[i].content;
        status = kp_pick_unpack(&pick, content->data, content->size, error);
        for (size_t k = 0; status == KP_OK && k < pick.signal_count; k++) {
            uint64_t sequence = pick.signals[k].registered.sequence;
            *first = sequence != 0 && sequence < *first ? sequence : *first;
        }
        if (status == KP_OK) {
            chunks[pick.leaf.index / KP_CHUNK_POINTS] = true;
        }
        kp_pick_free(&pick);
    }
    return status;
}

/* Moves the item behind the others. */
static void move(struct kp_verify_export *file, struct kp_export_item *item, uint32_t part)
{
    struct kp_export_item *to = &file->items[file->count++];
    *to = *item;
    to->part = part;
    memset(&item->content, 0, sizeof(item->content));
}

/* From the first that is needed up to the head in the member's HELLO 2. */
static void move_log(struct kp_verify_export *file, struct items *log, uint64_t first,
                     uint64_t last)
{
    uint32_t part = 0;
    for (size_t i = 0; i < log->count; i++) {
        struct kp_audit_entry entry;
        const struct kp_buffer *content = &log->items[i].content;
        if (kp_audit_entry_unpack(&entry, content->data, content->size, NULL) == KP_OK &&
            entry.sequence >= first && entry.sequence <= last) {
            move(file, &log->items[i], part++);
        }
    }
}

static void move_round(struct kp_verify_export *file, struct items *round, uint32_t member,
                       const bool *chunks)
{
    for (size_t i = 0; i < round->count; i++) {
        struct kp_export_item *item = &round->items[i];
        bool message = item->kind == KP_EXPORT_HELLO1 || item->kind == KP_EXPORT_HELLO2 ||
                       item->kind == KP_EXPORT_READY;
        bool list = item->kind == KP_EXPORT_LIST && item->member == member &&
                    item->part < KP_SLOTS_MAX / KP_CHUNK_POINTS && chunks[item->part];
        if (message || list) {
            move(file, item, item->part);
        }
    }
}

static enum kp_status log_head(const struct items *round, uint32_t member, uint64_t *sequence,
                               struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < round->count; i++) {
        const struct kp_export_item *item = &round->items[i];
        struct kp_round_message message = {0};
        struct kp_hello2 hello;
        if (item->kind != KP_EXPORT_HELLO2 || item->member != member) {
            continue;
        }
        status = kp_round_message_unpack(&message, item->content.data, item->content.size, error);
        if (status == KP_OK) {
            status = kp_hello2_unpack(&hello, &message.body, error);
        }
        *sequence = status == KP_OK ? hello.log.sequence : 0;
        kp_round_message_free(&message);
    }
    return status;
}

static enum kp_status assemble(struct kp_verify_export *file, struct items *log,
                               struct items *papers, struct items *round, struct items *audit,
                               struct kp_error *error)
{
    bool chunks[KP_SLOTS_MAX / KP_CHUNK_POINTS] = {false};
    uint64_t first = UINT64_MAX, last = 0;
    uint32_t member = audit->header.party;
    file->header = audit->header;
    file->items =
        calloc(log->count + papers->count + round->count + audit->count + 1, sizeof(*file->items));
    if (file->items == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for an audit");
    }
    enum kp_status status = first_needed(audit, &first, chunks, error);
    if (status == KP_OK) {
        status = log_head(round, member, &last, error);
    }
    if (status != KP_OK) {
        return status;
    }
    move_log(file, log, first, last);
    for (size_t i = 0; i < papers->count; i++) {
        move(file, &papers->items[i], (uint32_t)i);
    }
    move_round(file, round, member, chunks);
    for (size_t i = 0; i < audit->count; i++) {
        move(file, &audit->items[i], audit->items[i].part);
    }
    file->header.items = file->count;
    return KP_OK;
}

/* ---- What the log tells of all rounds ---- */

static void note(struct kp_audit_history *history, const struct kp_audit_entry *entry)
{
    uint64_t counter = entry->counter;
    if (counter < 1 || counter > KP_ROUNDS_MAX) {
        return;
    }
    switch ((int)entry->event) {
    case KP_AUDIT_RELEASED:
        if (!history->was_released[counter]) {
            history->released++;
            history->missed++;
            history->was_released[counter] = true;
            history->was_missed[counter] = true; /* until slots were kept */
        }
        break;
    case KP_AUDIT_SLOTS_KEPT:
        history->missed -= history->was_missed[counter];
        history->was_missed[counter] = false;
        break;
    case KP_AUDIT_SLOTS_NOT_KEPT:
        history->reason[counter] = (uint8_t)entry->reason;
        history->members[counter] = (uint32_t)entry->count;
        break;
    default:
        break;
    }
}

static void read_history(struct kp_audit_history *history, const struct items *log)
{
    history->known = true;
    for (size_t i = 0; i < log->count; i++) {
        struct kp_audit_entry entry;
        const struct kp_buffer *content = &log->items[i].content;
        if (kp_audit_entry_unpack(&entry, content->data, content->size, NULL) == KP_OK) {
            note(history, &entry);
        }
    }
}

/* ---- All ---- */

static enum kp_status read_papers(struct kp_verify_versions *versions, const struct items *papers,
                                  struct kp_error *error)
{
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < papers->count; i++) {
        const struct kp_buffer *content = &papers->items[i].content;
        status = kp_verify_versions_add(versions, content->data, content->size, error);
    }
    return status;
}

enum kp_status kp_audit_collect(struct kp_audit_collected *collected, const char *control,
                                uint32_t counter, struct kp_error *error)
{
    struct items log = {0}, papers = {0}, round = {0}, audit = {0};
    memset(collected, 0, sizeof(*collected));
    enum kp_status status = fetch(&log, control, KP_EXPORT_LOG, 0, error);
    if (status == KP_OK) {
        collected->member = log.header.party;
        read_history(&collected->history, &log);
        status = fetch(&papers, control, KP_EXPORT_AGREEMENT, 0, error);
    }
    if (status == KP_OK) {
        status = read_papers(&collected->versions, &papers, error);
    }
    if (status == KP_OK) {
        enum kp_status got = fetch(&audit, control, KP_EXPORT_AUDIT, counter, &collected->why_not);
        collected->kept = got == KP_OK;
        status = got == KP_OK || got == KP_REFUSED
                     ? KP_OK
                     : kp_fail(error, got, "%s", collected->why_not.text);
    }
    if (status == KP_OK && collected->kept) {
        status = fetch(&round, control, KP_EXPORT_ROUND, counter, error);
    }
    if (status == KP_OK && collected->kept) {
        status = assemble(&collected->file, &log, &papers, &round, &audit, error);
    }
    kp_export_items_free(log.items, log.count);
    kp_export_items_free(papers.items, papers.count);
    kp_export_items_free(round.items, round.count);
    kp_export_items_free(audit.items, audit.count);
    return status;
}

void kp_audit_collected_free(struct kp_audit_collected *collected)
{
    kp_verify_export_free(&collected->file);
    kp_verify_versions_free(&collected->versions);
}
