#include "crypto/secret.h"
#include "node/commands/node_commands.h"
#include "node/signal_file.h"
#include "proto/address/agreed.h"
#include "proto/json.h"
#include "proto/table/put_aside.h"
#include "proto/table/reading.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AREAS 10000 /* postcodes by their four digits */
#define FIRST_ADDRESSES 4096

struct code {
    char text[KP_INDICATOR_MAX + 1];
    uint64_t rows;
};

/* What a file holds. */
struct findings {
    bool quiet; /* bad rows are counted, not reported */
    uint64_t rows;
    uint64_t bad_rows;
    uint8_t *addresses; /* bulk: of every good row, until they are counted */
    size_t address_count;
    size_t address_capacity;
    struct code *codes; /* by text */
    size_t code_count;
    size_t code_capacity;
    uint64_t areas[AREAS]; /* good rows */
};

static enum kp_status add_address(struct findings *findings, const uint8_t *address,
                                  struct kp_error *error)
{
    size_t used = findings->address_count * KP_ADDRESS_KEY_BYTES;
    if (findings->address_count == findings->address_capacity) {
        size_t capacity =
            findings->address_capacity > 0 ? 2 * findings->address_capacity : FIRST_ADDRESSES;
        uint8_t *grown = kp_bulk_new(capacity * KP_ADDRESS_KEY_BYTES);
        if (grown == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for so many rows");
        }
        if (used > 0) {
            memcpy(grown, findings->addresses, used);
        }
        kp_bulk_free(findings->addresses);
        findings->addresses = grown;
        findings->address_capacity = capacity;
    }
    memcpy(findings->addresses + used, address, KP_ADDRESS_KEY_BYTES);
    findings->address_count++;
    return KP_OK;
}

/* Where the code stands, or would have to. */
static size_t find_code(const struct findings *findings, const char *text)
{
    size_t least = 0;
    size_t most = findings->code_count;
    while (least < most) {
        size_t middle = least + (most - least) / 2;
        if (strcmp(findings->codes[middle].text, text) < 0) {
            least = middle + 1;
        } else {
            most = middle;
        }
    }
    return least;
}

static enum kp_status add_code(struct findings *findings, const char *text, struct kp_error *error)
{
    size_t at = find_code(findings, text);
    if (at < findings->code_count && strcmp(findings->codes[at].text, text) == 0) {
        findings->codes[at].rows++;
        return KP_OK;
    }
    if (findings->code_count == findings->code_capacity) {
        size_t capacity = 2 * findings->code_capacity + 16;
        struct code *grown = realloc(findings->codes, capacity * sizeof(*grown));
        if (grown == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for so many indicators");
        }
        findings->codes = grown;
        findings->code_capacity = capacity;
    }
    struct code *code = &findings->codes[at];
    memmove(code + 1, code, (findings->code_count - at) * sizeof(*code));
    findings->code_count++;
    snprintf(code->text, sizeof(code->text), "%s", text);
    code->rows = 1;
    return KP_OK;
}

/* 0: it has none. */
static unsigned area_of(const uint8_t *address)
{
    char area[5];
    unsigned number = 0;
    kp_key_area(area, address);
    for (const char *digit = area; *digit != '\0'; digit++) {
        number = number * 10 + (unsigned)(*digit - '0');
    }
    return number % AREAS;
}

static enum kp_status take_row(void *context, uint64_t line, const struct kp_signal *signal,
                               struct kp_error *error)
{
    struct findings *findings = context;
    (void)line;
    findings->rows++;
    findings->areas[area_of(signal->address)]++;
    enum kp_status status = add_address(findings, signal->address, error);
    return status == KP_OK ? add_code(findings, signal->indicator, error) : status;
}

static enum kp_status take_bad(void *context, uint64_t line, const char *column, const char *reason,
                               struct kp_error *error)
{
    struct findings *findings = context;
    (void)error;
    findings->bad_rows++;
    if (findings->quiet) {
        return KP_OK;
    }
    if (column != NULL) {
        fprintf(stderr, "line %" PRIu64 ", column %s: %s\n", line, column, reason);
    } else {
        fprintf(stderr, "line %" PRIu64 ": %s\n", line, reason);
    }
    return KP_OK;
}

static int compare_addresses(const void *one, const void *other)
{
    return memcmp(one, other, KP_ADDRESS_KEY_BYTES);
}

static size_t count_addresses(struct findings *findings)
{
    if (findings->address_count == 0) {
        return 0;
    }
    qsort(findings->addresses, findings->address_count, KP_ADDRESS_KEY_BYTES, compare_addresses);
    size_t distinct = 1;
    for (size_t i = 1; i < findings->address_count; i++) {
        const uint8_t *address = findings->addresses + i * KP_ADDRESS_KEY_BYTES;
        distinct += memcmp(address - KP_ADDRESS_KEY_BYTES, address, KP_ADDRESS_KEY_BYTES) != 0;
    }
    return distinct;
}

static void print_text(struct findings *findings)
{
    printf("rows %" PRIu64 "\n", findings->rows);
    printf("bad_rows %" PRIu64 "\n", findings->bad_rows);
    printf("addresses %zu\n", count_addresses(findings));
    for (size_t i = 0; i < findings->code_count; i++) {
        printf("indicator %" PRIu64 " %s\n", findings->codes[i].rows, findings->codes[i].text);
    }
    for (unsigned i = 0; i < AREAS; i++) {
        if (findings->areas[i] > 0) {
            printf("postcode %" PRIu64 " %04u\n", findings->areas[i], i);
        }
    }
}

/* Appends {"NAME": "text", "rows": rows}. */
static bool append_rows(cJSON *array, const char *name, const char *text, uint64_t rows)
{
    cJSON *item = cJSON_CreateObject();
    if (item == NULL || !cJSON_AddItemToArray(array, item)) {
        cJSON_Delete(item);
        return false;
    }
    return cJSON_AddStringToObject(item, name, text) != NULL &&
           cJSON_AddNumberToObject(item, "rows", (double)rows) != NULL;
}

static enum kp_status print_json(struct findings *findings, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete =
        cJSON_AddNumberToObject(object, "rows", (double)findings->rows) != NULL &&
        cJSON_AddNumberToObject(object, "bad_rows", (double)findings->bad_rows) != NULL &&
        cJSON_AddNumberToObject(object, "addresses", (double)count_addresses(findings)) != NULL;
    cJSON *indicators = cJSON_AddArrayToObject(object, "indicators");
    complete = complete && indicators != NULL;
    for (size_t i = 0; complete && i < findings->code_count; i++) {
        complete =
            append_rows(indicators, "code", findings->codes[i].text, findings->codes[i].rows);
    }
    cJSON *postcodes = cJSON_AddArrayToObject(object, "postcodes");
    complete = complete && postcodes != NULL;
    for (unsigned i = 0; complete && i < AREAS; i++) {
        char area[8];
        snprintf(area, sizeof(area), "%04u", i % AREAS);
        complete =
            findings->areas[i] == 0 || append_rows(postcodes, "postcode", area, findings->areas[i]);
    }
    return kp_json_print(object, complete, error);
}

static enum kp_status check(const char *path, const struct kp_signal_file_options *reading,
                            bool quiet, bool json, uint64_t *bad_rows, struct kp_error *error)
{
    struct findings *findings = calloc(1, sizeof(*findings));
    if (findings == NULL) {
        return kp_fail(error, KP_FAILED, "no memory to read %s", path);
    }
    findings->quiet = quiet;
    const struct kp_signal_file_reader reader = {
        .context = findings, .row = take_row, .bad = take_bad};
    enum kp_status status = kp_signal_file_read(path, reading, &reader, error);
    if (status == KP_OK && json) {
        status = print_json(findings, error);
    } else if (status == KP_OK) {
        print_text(findings);
    }
    *bad_rows = findings->bad_rows;
    kp_bulk_free(findings->addresses);
    free(findings->codes);
    free(findings);
    return status;
}

/* By the register and words that are given; without any agreement. */
static enum kp_status check_by(const char *bag, const char *words, const struct kp_reading *asked,
                               const char *path, bool quiet, bool json, uint64_t *bad_rows,
                               struct kp_error *error)
{
    struct kp_agreed agreed = {0};
    struct kp_error closing;
    struct kp_signal_file_options reading = {.quiet = quiet, .columns = asked->columns};
    enum kp_status status = kp_reading_table(&reading.table, asked, error);
    if (status == KP_OK) {
        status = kp_agreed_open_any(&agreed, bag, words, error);
    }
    if (status == KP_OK && asked->put_aside != NULL) {
        status = kp_put_aside_open(&reading.aside, asked->put_aside, agreed.reg, error);
    }
    if (status == KP_OK) {
        reading.resolver = agreed.resolver;
        status = check(path, &reading, quiet, json, bad_rows, error);
    }
    enum kp_status closed = kp_put_aside_close(reading.aside, &closing);
    if (status == KP_OK && closed != KP_OK) {
        *error = closing;
        status = closed;
    }
    kp_agreed_close(&agreed);
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = NULL, *bag = NULL, *words = NULL;
    struct kp_reading reading = {0};
    bool strict = false;
    bool quiet = false;
    bool json = false;
    bool help = false;
    uint64_t bad_rows = 0;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "bag", .value = &bag},      {.name = "words", .value = &words},
        {.name = "strict", .flag = &strict}, {.name = "quiet", .flag = &quiet},
        {.name = "json", .flag = &json},     KP_READING_OPTIONS(reading),
    };
    if (kp_command_parse(&kp_command_node_check, argc, argv, options,
                         sizeof(options) / sizeof(options[0]), &path, 1, 1, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_node_check, &error);
    }
    if (help) {
        return KP_EXIT_DONE;
    }
    if (check_by(bag, words, &reading, path, quiet, json, &bad_rows, &error) != KP_OK) {
        return kp_command_fail(&kp_command_node_check, &error);
    }
    return strict && bad_rows > 0 ? KP_EXIT_REFUSED : KP_EXIT_DONE;
}

const struct kp_command kp_command_node_check = {
    .name = "check",
    .summary = "read a file of signals and say what is in it, without any daemon",
    .usage =
        "usage: kruispunt node check [--bag DIR] [--words FILE] [--strict] [--quiet] [--json]\n"
        "                            [...] FILE\n"
        "\n"
        "Reads FILE (- is standard input) as kruispunt node import would, keeps nothing of it, and\n"
        "prints what an agreement must have room for: good and bad rows, different addresses, and\n"
        "the rows of each indicator and of each postcode area. Bad rows are reported on standard\n"
        "error by line and column.\n"
        "\n"
        "  --bag DIR     read addresses by the current register of this folder; without it, as text\n"
        "  --words FILE  the table of words, when it isn't the one that is built in\n"
        "  --strict  exit status 1 when a row is bad\n"
        "  --quiet   don't report bad rows, only count them\n"
        "  --json    print one JSON object\n" KP_READING_USAGE
        "The fields of a signal are indicator, grounds, observed_on, purpose and valid_until.\n",
    .run = run,
};
