#include "crypto/secret.h"
#include "proto/table/xlsx_internal.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES ((size_t)1 << 20)

struct reading {
    struct kp_shared_strings *strings;
    struct kp_part part;
};

/* Room for size bytes that stay where they are. */
static char *keep(struct kp_shared_strings *strings, size_t size)
{
    if (strings->block_count == 0 || BLOCK_BYTES - strings->block_used < size) {
        char **grown =
            realloc(strings->blocks, (strings->block_count + 1) * sizeof(*strings->blocks));
        if (grown == NULL) {
            return NULL;
        }
        strings->blocks = grown;
        strings->blocks[strings->block_count] = kp_bulk_new(BLOCK_BYTES);
        if (strings->blocks[strings->block_count] == NULL) {
            return NULL;
        }
        strings->block_count++;
        strings->block_used = 0;
    }
    char *kept = strings->blocks[strings->block_count - 1] + strings->block_used;
    strings->block_used += size;
    return kept;
}

/* NULL, or what is wrong. */
static const char *add_string(struct kp_shared_strings *strings)
{
    /* What is too long makes the rows bad that show it. */
    size_t size = strings->too_long ? 0 : strings->text_size;
    strings->bytes += size + 1;
    if (strings->count == KP_XLSX_STRINGS_MAX || strings->bytes > KP_XLSX_STRING_BYTES_MAX) {
        return "more text in its cells than is kept in memory; give it as CSV";
    }
    if (strings->count == strings->room) {
        size_t room = strings->room == 0 ? 1024 : 2 * strings->room;
        const char **grown = realloc(strings->texts, room * sizeof(*grown));
        if (grown == NULL) {
            return "no memory for the text in its cells";
        }
        strings->texts = grown;
        strings->room = room;
    }
    char *kept = keep(strings, size + 1);
    if (kept == NULL) {
        return "no memory for the text in its cells";
    }
    memcpy(kept, strings->text, size);
    kept[size] = '\0';
    strings->texts[strings->count++] = strings->too_long ? NULL : kept;
    return NULL;
}

static void start(void *context, const char *name, const char **attributes)
{
    struct kp_shared_strings *strings = ((struct reading *)context)->strings;
    (void)attributes;
    if (strcmp(name, "si") == 0) {
        strings->text_size = 0;
        strings->too_long = strings->phonetic = strings->inside = false;
    } else if (strcmp(name, "rPh") == 0) {
        strings->phonetic = true;
    } else if (strcmp(name, "t") == 0) {
        strings->inside = !strings->phonetic;
    }
}

static void end(void *context, const char *name)
{
    struct reading *reading = context;
    struct kp_shared_strings *strings = reading->strings;
    if (strcmp(name, "t") == 0) {
        strings->inside = false;
    } else if (strcmp(name, "rPh") == 0) {
        strings->phonetic = false;
    } else if (strcmp(name, "si") == 0) {
        const char *wrong = add_string(strings);
        if (wrong != NULL) {
            kp_xml_refuse(reading->part.xml, wrong);
        }
    }
}

static void take(void *context, const char *text, size_t size)
{
    struct kp_shared_strings *strings = ((struct reading *)context)->strings;
    if (!strings->inside) {
        return;
    }
    if (size > KP_CSV_RECORD_MAX - strings->text_size) {
        strings->too_long = true;
        return;
    }
    memcpy(strings->text + strings->text_size, text, size);
    strings->text_size += size;
}

enum kp_status kp_shared_strings_read(struct kp_table *table, struct kp_error *error)
{
    struct kp_xlsx *xlsx = table->xlsx;
    struct reading reading = {.strings = &xlsx->strings};
    const struct kp_xml_reader reader = {
        .context = &reading, .start = start, .end = end, .text = take};
    bool found = false;
    if (xlsx->workbook.strings[0] == '\0') {
        return KP_OK;
    }
    xlsx->strings.text = kp_bulk_new(KP_CSV_RECORD_MAX);
    if (xlsx->strings.text == NULL) {
        return kp_fail(error, KP_FAILED, "%s: no memory to read it", table->name);
    }
    return kp_part_read(table, xlsx->workbook.strings, &reader, &reading.part, &found, error);
}

void kp_shared_strings_free(struct kp_shared_strings *strings)
{
    for (size_t i = 0; i < strings->block_count; i++) {
        kp_bulk_free(strings->blocks[i]);
    }
    free(strings->blocks);
    free(strings->texts);
    kp_bulk_free(strings->text);
    *strings = (struct kp_shared_strings){0};
}
