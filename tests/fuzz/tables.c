/* Partners' files, reader by reader; and what is said about their columns. */
#include "proto/table/columns.h"
#include "proto/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *as_table(const uint8_t *bytes, size_t size)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
        FUZZ_CHECK(fd >= 0);
        (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    }
    FUZZ_CHECK(ftruncate(fd, 0) == 0);
    FUZZ_CHECK(size == 0 || pwrite(fd, bytes, size, 0) == (ssize_t)size);
    return path;
}

static void check_fields(const struct kp_table_row *row)
{
    FUZZ_CHECK(row->count <= KP_TABLE_COLUMNS_MAX && row->line >= 1);
    for (size_t i = 0; i < row->count; i++) {
        FUZZ_CHECK(kp_utf8_valid(row->field[i], strlen(row->field[i])));
    }
}

/* Any bytes are rows, good ones with as many fields as the header has, or are refused. */
static void read_table(const uint8_t *bytes, size_t size, enum kp_table_kind kind)
{
    const struct kp_table_options options = {.kind = kind};
    const struct kp_table_row *row = NULL;
    struct kp_columns columns;
    struct kp_error error = {0};
    struct kp_table *table = NULL;
    enum kp_status status = kp_table_open(&table, as_table(bytes, size), &options, &error);
    FUZZ_CHECK((status == KP_OK) == (table != NULL));
    if (status == KP_OK) {
        check_fields(kp_table_header(table));
        FUZZ_CHECK(kind == KP_TABLE_AUTO || kp_table_kind(table) == kind);
        (void)!kp_columns_find(&columns, kp_address_fields, KP_ADDRESS_FIELDS, table, NULL, &error);
    }
    while (status == KP_OK && (status = kp_table_next(table, &row, &error)) == KP_OK &&
           row != NULL) {
        FUZZ_CHECK(row->bad == NULL || kp_utf8_is_line(row->bad, strlen(row->bad)));
        if (row->bad == NULL) {
            check_fields(row);
            FUZZ_CHECK(row->count == kp_table_header(table)->count);
        }
    }
    FUZZ_CHECK(status == KP_OK || (status == KP_REFUSED && error.text[0] != '\0'));
    kp_table_close(table);
}

void fuzz_table(const uint8_t *bytes, size_t size)
{
    read_table(bytes, size, KP_TABLE_AUTO);
}

void fuzz_table_json(const uint8_t *bytes, size_t size)
{
    read_table(bytes, size, KP_TABLE_JSON_LINES);
}

void fuzz_table_xlsx(const uint8_t *bytes, size_t size)
{
    read_table(bytes, size, KP_TABLE_XLSX);
}

/* A header row, and behind the first line what is said about it. */
void fuzz_columns(const uint8_t *bytes, size_t size)
{
    static const struct kp_table_options options = {.kind = KP_TABLE_CSV};
    const uint8_t *end = size > 0 ? memchr(bytes, '\n', size) : NULL;
    char said[1024] = "";
    struct kp_columns columns;
    struct kp_error error = {0};
    struct kp_table *table = NULL;
    if (end == NULL) {
        return;
    }
    size_t rest = size - (size_t)(end + 1 - bytes);
    memcpy(said, end + 1, rest < sizeof(said) - 1 ? rest : sizeof(said) - 1);
    if (kp_table_open(&table, as_table(bytes, (size_t)(end - bytes)), &options, &error) != KP_OK) {
        return;
    }
    enum kp_status status =
        kp_columns_find(&columns, kp_address_fields, KP_ADDRESS_FIELDS, table, said, &error);
    FUZZ_CHECK(status == KP_OK || error.text[0] != '\0');
    bool taken[KP_TABLE_COLUMNS_MAX] = {false};
    for (size_t i = 0; status == KP_OK && i < columns.count; i++) {
        size_t index = columns.places[i].index;
        if (columns.places[i].present) {
            FUZZ_CHECK(index < kp_table_header(table)->count);
            FUZZ_CHECK(!taken[index] || columns.places[i].said);
            taken[index] = true;
        }
    }
    kp_table_close(table);
}
