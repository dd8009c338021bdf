#include "crypto/secret.h"
#include "proto/address/register.h"
#include "proto/address/resolve.h"
#include "proto/address/shown.h"
#include "proto/commands/address_commands.h"
#include "proto/json.h"
#include "proto/table/columns.h"
#include "proto/table/put_aside.h"
#include "proto/table/reading.h"
#include "proto/utf8.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Of each verdict by each rule: how many rows, and where the first stand. */
#define LINES_TEXT 5
#define LINES_JSON 100

struct tally {
    uint64_t rows;
    uint64_t lines[LINES_JSON];
};

struct checking {
    bool json, show;
    struct kp_register *reg;
    struct kp_words *words;
    struct kp_resolver *resolver;
    struct kp_table *table;
    struct kp_columns columns;
    struct kp_put_aside *aside;
    uint64_t read;
    struct tally tallies[KP_ADDRESS_VERDICTS][KP_RULES];
    struct tally bad; /* rows that aren't such */
};

static void count(struct tally *tally, uint64_t line)
{
    if (tally->rows < LINES_JSON) {
        tally->lines[tally->rows] = line;
    }
    tally->rows++;
}

static uint64_t sum(const struct checking *checking, enum kp_address_verdict verdict)
{
    uint64_t rows = 0;
    for (size_t i = 0; i < KP_RULES; i++) {
        rows += checking->tallies[verdict][i].rows;
    }
    return rows;
}

/* --- Rows ----------------------------------------------------------------------------------------
 */

/* What was asked to be seen: the row's address as it is written, and what it could be. */
static enum kp_status show(const struct checking *checking, const struct kp_table_row *row,
                           const struct kp_address_result *result, struct kp_error *error)
{
    FILE *out = checking->json ? stderr : stdout;
    const char *space = " ";
    fprintf(out, "line %" PRIu64 ": %s (%s):", row->line, kp_address_verdict_name(result->verdict),
            kp_address_rule_name(result->rule));
    for (size_t i = 0; i < KP_ADDRESS_FIELDS; i++) {
        const char *text = kp_columns_get(&checking->columns, row, i);
        if (text[0] != '\0') {
            bool plain = kp_utf8_is_line(text, strlen(text)); /* or it would steer the terminal */
            fprintf(out, "%s%s", space, plain ? text : "(control characters)");
            space = " | ";
        }
    }
    for (size_t i = 0; i < result->candidate_count && i < KP_ADDRESS_CANDIDATES_MAX; i++) {
        char text[KP_SHOWN_CANDIDATE_TEXT];
        enum kp_status status =
            kp_shown_candidate(text, checking->reg, result->candidates[i], error);
        if (status != KP_OK) {
            return status;
        }
        fprintf(out, "%s%s", i == 0 ? "; candidates: " : " | ", text);
    }
    fputc('\n', out);
    return KP_OK;
}

static enum kp_status take_row(struct checking *checking, const struct kp_table_row *row,
                               struct kp_error *error)
{
    struct kp_address_input input;
    struct kp_address_result result = {0};
    checking->read++;
    if (row->bad != NULL) {
        count(&checking->bad, row->line);
        fprintf(stderr, "line %" PRIu64 "%s%s: %s\n", row->line,
                row->bad_column != NULL ? ", column " : "",
                row->bad_column != NULL ? row->bad_column : "", row->bad);
        return KP_OK;
    }
    kp_columns_address(&input, &checking->columns, row);
    enum kp_status status = kp_address_resolve(checking->resolver, &input, &result, NULL, error);
    if (status != KP_OK) {
        return status;
    }
    count(&checking->tallies[result.verdict][result.rule], row->line);
    if (result.verdict != KP_ADDRESS_RESOLVED) {
        if (checking->show) {
            status = show(checking, row, &result, error);
        }
        if (status == KP_OK && checking->aside != NULL) {
            status = kp_put_aside_row(checking->aside, checking->table, row, &result, error);
        }
    }
    kp_wipe(&result, sizeof(result));
    return status;
}

static enum kp_status read_rows(struct checking *checking, struct kp_error *error)
{
    for (;;) {
        const struct kp_table_row *row = NULL;
        enum kp_status status = kp_table_next(checking->table, &row, error);
        if (status == KP_OK && row != NULL) {
            status = take_row(checking, row, error);
        }
        if (status != KP_OK || row == NULL) {
            return status;
        }
    }
}

/* --- The summary ---------------------------------------------------------------------------------
 */

static void print_tally(const char *name, const char *text, const struct tally *tally, bool lines)
{
    printf("  %-18s %10" PRIu64 "  %s", name, tally->rows, text);
    for (size_t i = 0; lines && i < tally->rows && i < LINES_TEXT; i++) {
        printf("%s%" PRIu64, i == 0 ? (tally->rows == 1 ? "; line " : "; lines ") : ", ",
               tally->lines[i]);
    }
    puts(lines && tally->rows > LINES_TEXT ? ", ..." : "");
}

static void print_text(const struct checking *checking)
{
    printf("rows: %" PRIu64 "\n", checking->read);
    for (enum kp_address_verdict verdict = 0; verdict < KP_ADDRESS_VERDICTS; verdict++) {
        printf("%s: %" PRIu64 "\n", kp_address_verdict_name(verdict), sum(checking, verdict));
        for (enum kp_address_rule rule = 0; rule < KP_RULES; rule++) {
            if (checking->tallies[verdict][rule].rows > 0) {
                print_tally(kp_address_rule_name(rule), kp_address_rule_text(verdict, rule),
                            &checking->tallies[verdict][rule], verdict != KP_ADDRESS_RESOLVED);
            }
        }
    }
    printf("bad rows: %" PRIu64 "\n", checking->bad.rows);
    if (checking->aside != NULL) {
        printf("put aside: %" PRIu64 "\n", kp_put_aside_count(checking->aside));
    }
}

static bool add_lines(cJSON *object, const struct tally *tally)
{
    cJSON *lines = cJSON_AddArrayToObject(object, "lines");
    bool complete = lines != NULL;
    for (size_t i = 0; complete && i < tally->rows && i < LINES_JSON; i++) {
        complete = cJSON_AddItemToArray(lines, cJSON_CreateNumber((double)tally->lines[i]));
    }
    return complete;
}

static bool add_tally(cJSON *array, const char *verdict, const char *rule,
                      const struct tally *tally)
{
    cJSON *object = cJSON_CreateObject();
    if (!cJSON_AddItemToArray(array, object)) {
        cJSON_Delete(object);
        return false;
    }
    return cJSON_AddStringToObject(object, "verdict", verdict) != NULL &&
           cJSON_AddStringToObject(object, "rule", rule) != NULL &&
           cJSON_AddNumberToObject(object, "rows", (double)tally->rows) != NULL &&
           add_lines(object, tally);
}

static enum kp_status print_json(const struct checking *checking, struct kp_error *error)
{
    cJSON *object = cJSON_CreateObject();
    bool complete = cJSON_AddNumberToObject(object, "rows", (double)checking->read) != NULL;
    complete = complete && cJSON_AddBoolToObject(object, "register", checking->reg != NULL) != NULL;
    for (enum kp_address_verdict verdict = 0; verdict < KP_ADDRESS_VERDICTS; verdict++) {
        complete = complete && cJSON_AddNumberToObject(object, kp_address_verdict_name(verdict),
                                                       (double)sum(checking, verdict)) != NULL;
    }
    cJSON *bad = cJSON_AddObjectToObject(object, "bad");
    complete = complete &&
               cJSON_AddNumberToObject(bad, "rows", (double)checking->bad.rows) != NULL &&
               add_lines(bad, &checking->bad);
    if (checking->aside != NULL) {
        complete = complete &&
                   cJSON_AddNumberToObject(object, "put_aside",
                                           (double)kp_put_aside_count(checking->aside)) != NULL;
    }
    cJSON *rules = cJSON_AddArrayToObject(object, "rules");
    for (enum kp_address_verdict verdict = 0; verdict < KP_ADDRESS_VERDICTS; verdict++) {
        for (enum kp_address_rule rule = 0; rule < KP_RULES; rule++) {
            const struct tally *tally = &checking->tallies[verdict][rule];
            complete =
                complete && (tally->rows == 0 || add_tally(rules, kp_address_verdict_name(verdict),
                                                           kp_address_rule_name(rule), tally));
        }
    }
    return kp_json_print(object, complete, error);
}

/* --- The whole -----------------------------------------------------------------------------------
 */

/* Without --bag: the current register in its usual place, if there is one. */
static enum kp_status open_resolver(struct checking *checking, const char *bag, const char *words,
                                    struct kp_error *error)
{
    enum kp_status status = KP_OK;
    if (bag != NULL || access(KP_REGISTER_DEFAULT "/current", F_OK) == 0) {
        status =
            kp_register_open(&checking->reg, bag != NULL ? bag : KP_REGISTER_DEFAULT, NULL, error);
    } else {
        fputs("without a register (--bag DIR): the text form only, best effort\n", stderr);
    }
    if (status == KP_OK) {
        status = kp_words_open(&checking->words, words, error);
    }
    return status == KP_OK
               ? kp_resolver_new(&checking->resolver, checking->reg, checking->words, error)
               : status;
}

static enum kp_status check(struct checking *checking, const char *path, const char *bag,
                            const char *words, const struct kp_reading *reading,
                            struct kp_error *error)
{
    struct kp_table_options options;
    enum kp_status status = kp_reading_table(&options, reading, error);
    if (status == KP_OK) {
        status = open_resolver(checking, bag, words, error);
    }
    if (status == KP_OK) {
        status = kp_table_open(&checking->table, path, &options, error);
    }
    if (status == KP_OK) {
        status = kp_columns_find(&checking->columns, kp_address_fields, KP_ADDRESS_FIELDS,
                                 checking->table, reading->columns, error);
    }
    if (status == KP_OK) {
        kp_columns_show(stderr, &checking->columns, checking->table);
    }
    if (status == KP_OK && reading->put_aside != NULL) {
        status = kp_put_aside_open(&checking->aside, reading->put_aside, checking->reg, error);
    }
    if (status == KP_OK) {
        status = read_rows(checking, error);
    }
    if (status == KP_OK) {
        kp_columns_notice(stderr, checking->table);
        if (checking->json) {
            status = print_json(checking, error);
        } else {
            print_text(checking);
        }
    }
    struct kp_error closing;
    enum kp_status closed = kp_put_aside_close(checking->aside, &closing);
    if (status == KP_OK && closed != KP_OK) {
        *error = closing;
        status = closed;
    }
    return status;
}

static int run(int argc, char **argv)
{
    const char *path = NULL, *bag = NULL, *words = NULL;
    struct kp_reading reading = {0};
    bool json = false, shown = false, help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {{"bag", &bag, NULL, false},
                                        {"words", &words, NULL, false},
                                        {"json", NULL, &json, false},
                                        {"show", NULL, &shown, false},
                                        KP_READING_OPTIONS(reading)};
    if (kp_command_parse(&kp_command_address_check, argc, argv, options,
                         sizeof(options) / sizeof(options[0]), &path, 1, 1, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_address_check, &error);
    }
    if (help) {
        return KP_EXIT_DONE;
    }
    struct checking *checking = calloc(1, sizeof(*checking));
    if (checking == NULL) {
        kp_fail(&error, KP_FAILED, "no memory");
        return kp_command_fail(&kp_command_address_check, &error);
    }
    checking->json = json;
    checking->show = shown;
    enum kp_status status = check(checking, path, bag, words, &reading, &error);
    kp_table_close(checking->table);
    kp_resolver_free(checking->resolver);
    kp_words_close(checking->words);
    kp_register_close(checking->reg);
    free(checking);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_address_check, &error);
}

const struct kp_command kp_command_address_check = {
    .name = "check",
    .summary = "what becomes of the addresses in a file, before anything is imported",
    .usage =
        "usage: kruispunt address check [--bag DIR] [--words FILE] [--json] [--show] [...] FILE\n"
        "\n"
        "Reads FILE (CSV, xlsx or JSON lines; - is standard input), resolves the address of\n"
        "each row, and prints how many rows there are of each verdict and rule, with the lines\n"
        "where the first stand. Keeps nothing and needs no daemon. Exit status 0 whatever the\n"
        "verdicts.\n"
        "\n"
        "  --bag DIR          the address register; otherwise that in " KP_REGISTER_DEFAULT "\n"
        "                     if it is there, and else the text form, best effort\n"
        "  --words FILE       a table of words instead of the one that is built in\n"
        "  --json             print one JSON object\n"
        "  --show             also print the addresses that aren't resolved, as they are\n"
        "                     written, with their candidates\n" KP_READING_USAGE,
    .run = run,
};
