#include "tests/unit/change_all.h"

#include "tests/unit/mutate.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct change {
    struct kp_verify_export *export;
    change_is_found *is_found;
    void *context;
};

static void expect(const struct change *change, size_t i, const char *what)
{
    const struct kp_export_item *item = &change->export->items[i];
    bool found = change->is_found(change->context, change->export);
    if (!found) {
        printf("\nnot found: item %zu (kind %u, member %u, part %u): %s", i, (unsigned)item->kind,
               item->member, item->part, what);
    }
    CU_ASSERT_TRUE(found);
}

/* Every field, packed as it stands in a file. What doesn't unpack is found as well. */
static size_t change_fields(const struct change *change, size_t i)
{
    struct kp_export_item whole = change->export->items[i];
    struct kp_buffer packed = {0}, changed = {0};
    char what[MUTATE_TEXT];
    size_t number = 0;
    CU_ASSERT_EQUAL_FATAL(kp_export_item_pack(&whole, &packed, NULL), KP_OK);
    while (mutate(&changed, packed.data, packed.size, number, what)) {
        struct kp_export_item item = {0};
        if (kp_export_item_unpack(&item, changed.data, changed.size, NULL) == KP_OK) {
            change->export->items[i] = item;
            expect(change, i, what);
            change->export->items[i] = whole;
        }
        kp_export_item_free(&item);
        number++;
    }
    kp_buffer_free(&packed);
    kp_buffer_free(&changed);
    return number;
}

/* A bit in every 16 bytes, a byte more, a byte less. */
static void change_bytes(const struct change *change, size_t i)
{
    struct kp_buffer *content = &change->export->items[i].content;
    for (size_t at = 0; at < content->size; at += 16) {
        content->data[at] ^= 1;
        expect(change, i, "a bit");
        content->data[at] ^= 1;
    }
    content->size--;
    expect(change, i, "a byte less");
    content->size++;
    CU_ASSERT_EQUAL_FATAL(kp_buffer_append(content, "\1", 1), KP_OK);
    expect(change, i, "a byte more");
    content->size--;
}

static void leave_out(const struct change *change, size_t i)
{
    struct kp_verify_export *export = change->export;
    struct kp_export_item whole = export->items[i];
    size_t behind = export->count - i - 1;
    memmove(&export->items[i], &export->items[i + 1], behind * sizeof(whole));
    export->count--;
    bool found = change->is_found(change->context, export);
    if (!found) {
        printf("\nnot found: item %zu (kind %u, member %u, part %u) left out", i,
               (unsigned)whole.kind, whole.member, whole.part);
    }
    CU_ASSERT_TRUE(found);
    memmove(&export->items[i + 1], &export->items[i], behind * sizeof(whole));
    export->items[i] = whole;
    export->count++;
}

static void repeat(const struct change *change, size_t i)
{
    struct kp_verify_export *export = change->export;
    struct kp_export_item *items = export->items;
    struct kp_export_item *longer = calloc(export->count + 1, sizeof(*longer));
    CU_ASSERT_PTR_NOT_NULL_FATAL(longer);
    memcpy(longer, items, (i + 1) * sizeof(*items));
    memcpy(longer + i + 1, items + i, (export->count - i) * sizeof(*items));
    export->items = longer;
    export->count++;
    expect(change, i, "twice");
    longer[i + 1].part++; /* as if it were another one */
    expect(change, i, "twice, under another number");
    export->items = items;
    export->count--;
    free(longer);
}

static void swap(const struct change *change, size_t i)
{
    struct kp_export_item *items = change->export->items, first = items[i];
    items[i] = items[i + 1];
    items[i + 1] = first;
    expect(change, i, "after the next one");
    items[i + 1] = items[i];
    items[i] = first;
}

static size_t change_header(const struct change *change)
{
    struct kp_export_header whole = change->export->header;
    struct kp_buffer packed = {0}, changed = {0};
    char what[MUTATE_TEXT];
    size_t number = 0;
    CU_ASSERT_EQUAL_FATAL(kp_export_header_pack(&whole, &packed, NULL), KP_OK);
    while (mutate(&changed, packed.data, packed.size, number++, what)) {
        bool found = kp_export_header_unpack(&change->export->header, changed.data, changed.size,
                                             NULL) != KP_OK ||
                     change->export->header.items != whole.items ||
                     change->is_found(change->context, change->export);
        if (!found) {
            printf("\nnot found: header, %s", what);
        }
        CU_ASSERT_TRUE(found);
    }
    change->export->header = whole;
    kp_buffer_free(&packed);
    kp_buffer_free(&changed);
    return number;
}

void change_all(struct kp_verify_export *export, change_is_found *is_found, void *context)
{
    const struct change change = {export, is_found, context};
    size_t changes = change_header(&change);
    CU_ASSERT_FALSE(is_found(context, export));
    for (size_t i = 0; i < export->count; i++) {
        changes += change_fields(&change, i);
        change_bytes(&change, i);
        leave_out(&change, i);
        repeat(&change, i);
        if (i + 1 < export->count) {
            swap(&change, i);
        }
    }
    CU_ASSERT_FALSE(is_found(context, export));
    printf("\n      %zu items, %zu changes of fields ... ", export->count, changes);
}
