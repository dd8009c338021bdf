#include "proto/address.h"
#include "proto/address/bag_csv.h"
#include "proto/address/bag_extract.h"
#include "proto/commands/bag_commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILES_MAX 64u
#define BAD_SHOWN 20u
#define BAD_ALWAYS 10u /* so many may be bad, however few rows there are */

struct import {
    const char *bag, *date_text;
    bool dry, beside, json, help;
    const char *files[FILES_MAX];
    size_t file_count;
    uint32_t date; /* 0: the extract's own */
    bool extract;  /* the official one, in XML and zip; else CSV */
    struct kp_bag_bar bar;
    const char *file; /* being read */
    uint64_t bad_shown;
    struct kp_bag_csv_counts counts;
    struct kp_bag_extract_report report; /* of the extract */
    struct kp_register_outcome outcome;
};

/* line 0: not known. */
static void show_bad_in(void *context, const char *where, uint64_t line, const char *column,
                        const char *reason)
{
    struct import *import = context;
    char at[32] = "";
    if (import->bad_shown++ >= BAD_SHOWN) {
        return;
    }
    if (line != 0) {
        (void)snprintf(at, sizeof(at), ", line %" PRIu64, line);
    }
    kp_bag_bar_clear(&import->bar);
    fprintf(stderr, "%s%s%s%s: %s; left out\n", where, at, column == NULL ? "" : ", ",
            column == NULL ? "" : column, reason);
}

static void show_bad(void *context, uint64_t line, const char *column, const char *reason)
{
    struct import *import = context;
    show_bad_in(import, import->file, line, column, reason);
}

/* One bad row in a hundred is dirt; more is another file. */
static enum kp_status check_bad(const struct import *import, struct kp_error *error)
{
    const struct kp_bag_csv_counts *counts = &import->counts;
    if (counts->bad > BAD_ALWAYS && counts->bad > counts->rows / 100) {
        return kp_fail(error, KP_REFUSED,
                       "%" PRIu64 " of %" PRIu64
                       " rows are bad, and at most 1 in 100 may be; nothing is imported",
                       counts->bad, counts->rows);
    }
    return KP_OK;
}

static enum kp_status read_extract(struct import *import, struct kp_register_build *build,
                                   const struct kp_register_progress *progress,
                                   struct kp_error *error)
{
    struct kp_bag_extract_options options = {
        .date = import->date, .progress = progress, .context = import, .bad = show_bad_in};
    enum kp_status status = kp_bag_date(&options.today, NULL, error);
    if (status != KP_OK) {
        return status;
    }
    status = kp_bag_extract_import(import->files, import->file_count, &options, build,
                                   &import->report, error);
    import->date = import->report.date;
    kp_bag_bar_clear(&import->bar);
    if (status == KP_OK && import->report.technical == 0) {
        fputs("the extract doesn't say of what day it is (StandTechnischeDatum)\n", stderr);
    }
    if (status == KP_OK && import->report.other_schema) {
        fputs("the extract is of another version of the schema than v20200601: look whether the "
              "counts can be right\n",
              stderr);
    }
    return status;
}

static enum kp_status read_files(struct import *import, struct kp_register_build *build,
                                 const struct kp_register_progress *progress,
                                 struct kp_error *error)
{
    if (import->extract) {
        return read_extract(import, build, progress, error);
    }
    const struct kp_bag_csv_reader reader = {
        .context = import, .bad = show_bad, .progress = progress};
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < import->file_count; i++) {
        import->file = strcmp(import->files[i], "-") == 0 ? "standard input" : import->files[i];
        status = kp_bag_csv_read(import->files[i], build, &reader, &import->counts, error);
    }
    return status == KP_OK ? check_bad(import, error) : status;
}

static enum kp_status import_all(struct import *import, struct kp_error *error)
{
    struct kp_register_progress progress = kp_bag_bar_start(&import->bar);
    const struct kp_register_build_options options = {
        .dir = import->bag, .dry = import->dry, .beside = import->beside, .progress = &progress};
    struct kp_register_build *build = NULL;
    enum kp_status status = kp_register_build_begin(&build, &options, error);
    if (status != KP_OK) {
        return status;
    }
    status = read_files(import, build, &progress, error);
    if (status != KP_OK) {
        kp_register_build_abandon(build);
    } else {
        status = kp_register_build_finish(build, import->date, &import->outcome, error);
    }
    kp_bag_bar_clear(&import->bar);
    return status;
}

/* ---- Telling ----------------------------------------------------------------------------------
 */

/* What the extract has and the index doesn't. */
static void print_extract(const struct import *import)
{
    const struct kp_bag_extract_report *report = &import->report;
    const struct kp_bag_join_counts *join = &report->join;
    char date[KP_RECORD_DATE_TEXT];
    kp_record_show_date(date, report->technical == 0 ? report->date : report->technical);
    printf("  extract of %s: %" PRIu64 " files, %" PRIu64 " records: %" PRIu64
           " bad and left out, %" PRIu64 " of another day, %" PRIu64 " made inactive\n",
           date, report->archives.files, report->records, report->bad, report->elsewhen,
           report->dropped);
    printf("  %" PRIu64 " numbers and %" PRIu64 " objects in use; left out: %" PRIu64
           " numbers of no object, %" PRIu64 " repeated\n",
           join->numbers, join->objects, join->without_object, import->outcome.repeated);
    if (join->no_street + join->no_town + join->no_number > 0) {
        printf("  not in the extract, and so left out: the street of %" PRIu64
               " numbers, the town of %" PRIu64 ", %" PRIu64 " numbers of objects\n",
               join->no_street, join->no_town, join->no_number);
    }
    if (join->to_withdrawn + join->refused > 0) {
        printf("  %" PRIu64 " times an object in use has a number that is withdrawn; %" PRIu64
               " pairs can't be registered\n",
               join->to_withdrawn, join->refused);
    }
}

static void print_counts(const struct import *import)
{
    const struct kp_bag_csv_counts *counts = &import->counts;
    const struct kp_register_outcome *outcome = &import->outcome;
    if (import->extract) {
        print_extract(import);
    } else {
        printf("  %" PRIu64 " rows: %" PRIu64 " bad and left out, %" PRIu64
               " of no object and left out, %" PRIu64 " repeated\n",
               counts->rows, counts->bad, counts->objectless, outcome->repeated);
    }
    if (outcome->contradictory > 0) {
        printf("  %" PRIu64 " numbers contradict themselves and are left out\n",
               outcome->contradictory);
    }
}

static void print_outcome(const struct import *import)
{
    const struct kp_register_outcome *outcome = &import->outcome;
    for (uint64_t i = 0; i < outcome->contradictory && i < KP_REGISTER_SHOWN; i++) {
        char id[KP_BAG_ID_TEXT];
        kp_bag_id_text(id, outcome->contradictions[i]);
        fprintf(stderr,
                "nummeraanduiding %s: more than one address, or main and side address of "
                "one object; left out\n",
                id);
    }
    kp_bag_print_info(&outcome->info, outcome->current && !import->dry);
    print_counts(import);
    if (import->dry) {
        printf("dry run: nothing is changed. It would %s%s\n",
               outcome->existed ? "be the index that is there already" : "be a new index",
               outcome->current ? ", and the current one" : ", not the current one");
    } else if (outcome->existed) {
        puts("this very index was there already; it is made anew");
    }
    if (!import->dry && !outcome->current) {
        printf("not the current one; `kruispunt bag use %s` makes it that\n", outcome->info.name);
    }
}

/* As "extract"; null for a CSV. */
static bool json_extract(cJSON *object, const struct import *import)
{
    const struct kp_bag_extract_report *report = &import->report;
    const struct kp_bag_join_counts *join = &report->join;
    if (!import->extract) {
        return cJSON_AddNullToObject(object, "extract") != NULL;
    }
    char date[KP_RECORD_DATE_TEXT];
    cJSON *extract = cJSON_AddObjectToObject(object, "extract");
    kp_record_show_date(date, report->technical == 0 ? report->date : report->technical);
    return cJSON_AddStringToObject(extract, "date", date) != NULL &&
           cJSON_AddNumberToObject(extract, "files", (double)report->archives.files) != NULL &&
           cJSON_AddNumberToObject(extract, "another_day", (double)report->elsewhen) != NULL &&
           cJSON_AddNumberToObject(extract, "made_inactive", (double)report->dropped) != NULL &&
           cJSON_AddNumberToObject(extract, "without_street", (double)join->no_street) != NULL &&
           cJSON_AddNumberToObject(extract, "without_town", (double)join->no_town) != NULL &&
           cJSON_AddNumberToObject(extract, "missing_numbers", (double)join->no_number) != NULL &&
           cJSON_AddNumberToObject(extract, "withdrawn_numbers", (double)join->to_withdrawn) !=
               NULL &&
           cJSON_AddNumberToObject(extract, "refused", (double)join->refused) != NULL;
}

static enum kp_status print_json(const struct import *import, struct kp_error *error)
{
    struct kp_bag_csv_counts counts = import->counts;
    const struct kp_register_outcome *outcome = &import->outcome;
    cJSON *object = cJSON_CreateObject();
    if (import->extract) {
        counts = (struct kp_bag_csv_counts){.rows = import->report.records,
                                            .bad = import->report.bad,
                                            .objectless = import->report.join.without_object};
    }
    bool complete =
        kp_bag_json_info(object, &outcome->info) && json_extract(object, import) &&
        cJSON_AddNumberToObject(object, "rows", (double)counts.rows) != NULL &&
        cJSON_AddNumberToObject(object, "bad", (double)counts.bad) != NULL &&
        cJSON_AddNumberToObject(object, "without_object", (double)counts.objectless) != NULL &&
        cJSON_AddNumberToObject(object, "repeated", (double)outcome->repeated) != NULL &&
        cJSON_AddNumberToObject(object, "contradictory", (double)outcome->contradictory) != NULL &&
        cJSON_AddBoolToObject(object, "existed", outcome->existed) != NULL &&
        cJSON_AddBoolToObject(object, "current", outcome->current) != NULL &&
        cJSON_AddBoolToObject(object, "dry_run", import->dry) != NULL;
    return kp_json_print(object, complete, error);
}

/* ---- The command ------------------------------------------------------------------------------
 */

/* Files of the extract, or CSV; and for what day. */
static enum kp_status settle_files(struct import *import, struct kp_error *error)
{
    size_t extracts = 0;
    for (size_t i = 0; i < import->file_count; i++) {
        extracts += kp_bag_extract_is(import->files[i]);
    }
    if (extracts != 0 && extracts != import->file_count) {
        return kp_fail(error, KP_USAGE,
                       "XML and zip (the official extract) and CSV don't go into one index");
    }
    import->extract = extracts != 0;
    return import->extract && import->date_text == NULL
               ? KP_OK
               : kp_bag_date(&import->date, import->date_text, error);
}

static enum kp_status parse(struct import *import, int argc, char **argv, struct kp_error *error)
{
    const struct kp_option options[] = {
        {.name = "bag", .value = &import->bag},    {.name = "date", .value = &import->date_text},
        {.name = "dry-run", .flag = &import->dry}, {.name = "beside", .flag = &import->beside},
        {.name = "json", .flag = &import->json},
    };
    enum kp_status status = kp_command_parse(&kp_command_bag_import, argc, argv, options,
                                             sizeof(options) / sizeof(options[0]), import->files, 1,
                                             FILES_MAX, &import->file_count, &import->help, error);
    return status == KP_OK && !import->help ? settle_files(import, error) : status;
}

static int run(int argc, char **argv)
{
    struct import import = {.bag = KP_REGISTER_DEFAULT};
    struct kp_error error = {0};
    enum kp_status status = parse(&import, argc, argv, &error);
    if (status == KP_OK && import.help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = import_all(&import, &error);
    }
    if (import.bad_shown > BAD_SHOWN) {
        fprintf(stderr, "and %" PRIu64 " bad rows more\n", import.bad_shown - BAD_SHOWN);
    }
    if (status == KP_OK && import.json) {
        status = print_json(&import, &error);
    } else if (status == KP_OK) {
        print_outcome(&import);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_bag_import, &error);
}

const struct kp_command kp_command_bag_import = {
    .name = "import",
    .summary = "make an index of the address register and switch to it",
    .usage =
        "usage: kruispunt bag import [--bag DIR] [--date DATE] [--beside] [--dry-run] [--json] "
        "FILE...\n"
        "\n"
        "Reads the register's addresses from one or more FILEs into a new index in DIR (default\n"
        "" KP_REGISTER_DEFAULT "). When it is whole and on disk, and not before, `current` is\n"
        "switched to it; what was there stays. FILEs are the official extract (LVBAG extract 2.0:\n"
        "NAME.zip as delivered, or NAME.zip and NAME.xml that are parts of one), or CSV (\"-\":\n"
        "standard input) with the columns nummeraanduiding_id, postcode, huisnummer, huisletter,\n"
        "huisnummertoevoeging, openbare_ruimte, woonplaats, adresseerbaar_object_id, status,\n"
        "nevenadres.\n"
        "\n"
        "  --bag DIR      the folder of indexes; made when it isn't there\n"
        "  --date DATE    of the index, 2026-11-22: default the extract's own, for a CSV today;\n"
        "                 of an extract what held on that day is taken\n"
        "  --beside       don't switch; later with `kruispunt bag use`\n"
        "  --dry-run      read all, say what would come of it, change nothing\n"
        "\n"
        "Bad rows are reported and left out; more than 1 in 100: refused, and nothing is changed.\n",
    .run = run,
};
