#include "proto/address.h"
#include "proto/address/bag_csv.h"
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
    uint32_t date;
    struct kp_bag_bar bar;
    const char *file; /* being read */
    uint64_t bad_shown;
    struct kp_bag_csv_counts counts;
    struct kp_register_outcome outcome;
};

static void show_bad(void *context, uint64_t line, const char *column, const char *reason)
{
    struct import *import = context;
    if (import->bad_shown++ >= BAD_SHOWN) {
        return;
    }
    kp_bag_bar_clear(&import->bar);
    fprintf(stderr, "%s, line %" PRIu64 "%s%s: %s; left out\n", import->file, line,
            column == NULL ? "" : ", ", column == NULL ? "" : column, reason);
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

static enum kp_status read_files(struct import *import, struct kp_register_build *build,
                                 const struct kp_register_progress *progress,
                                 struct kp_error *error)
{
    const struct kp_bag_csv_reader reader = {
        .context = import, .bad = show_bad, .progress = progress};
    enum kp_status status = KP_OK;
    for (size_t i = 0; status == KP_OK && i < import->file_count; i++) {
        import->file = import->files[i];
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

static void print_counts(const struct import *import)
{
    const struct kp_bag_csv_counts *counts = &import->counts;
    const struct kp_register_outcome *outcome = &import->outcome;
    printf("  %" PRIu64 " rows: %" PRIu64 " bad and left out, %" PRIu64
           " of no object and left out, %" PRIu64 " repeated\n",
           counts->rows, counts->bad, counts->objectless, outcome->repeated);
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
        puts("this very index was there already");
    }
    if (!import->dry && !outcome->current) {
        printf("not the current one; `kruispunt bag use %s` makes it that\n", outcome->info.name);
    }
}

static enum kp_status print_json(const struct import *import, struct kp_error *error)
{
    const struct kp_bag_csv_counts *counts = &import->counts;
    const struct kp_register_outcome *outcome = &import->outcome;
    cJSON *object = cJSON_CreateObject();
    bool complete =
        kp_bag_json_info(object, &outcome->info) &&
        cJSON_AddNumberToObject(object, "rows", (double)counts->rows) != NULL &&
        cJSON_AddNumberToObject(object, "bad", (double)counts->bad) != NULL &&
        cJSON_AddNumberToObject(object, "without_object", (double)counts->objectless) != NULL &&
        cJSON_AddNumberToObject(object, "repeated", (double)outcome->repeated) != NULL &&
        cJSON_AddNumberToObject(object, "contradictory", (double)outcome->contradictory) != NULL &&
        cJSON_AddBoolToObject(object, "existed", outcome->existed) != NULL &&
        cJSON_AddBoolToObject(object, "current", outcome->current) != NULL &&
        cJSON_AddBoolToObject(object, "dry_run", import->dry) != NULL;
    return kp_json_print(object, complete, error);
}

/* ---- The command ------------------------------------------------------------------------------
 */

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
    return status == KP_OK && !import->help ? kp_bag_date(&import->date, import->date_text, error)
                                            : status;
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
        "Reads the register's addresses from one or more FILEs (CSV; \"-\": standard input) into a\n"
        "new index in DIR (default " KP_REGISTER_DEFAULT
        "). When it is whole and on disk, and not\n"
        "before, `current` is switched to it; what was there stays. The columns of a CSV:\n"
        "nummeraanduiding_id, postcode, huisnummer, huisletter, huisnummertoevoeging,\n"
        "openbare_ruimte, woonplaats, adresseerbaar_object_id, status, nevenadres.\n"
        "\n"
        "  --bag DIR      the folder of indexes; made when it isn't there\n"
        "  --date DATE    of the extract, 2026-11-22 (default today)\n"
        "  --beside       don't switch; later with `kruispunt bag use`\n"
        "  --dry-run      read all, say what would come of it, change nothing\n"
        "\n"
        "Bad rows are reported and left out; more than 1 in 100: refused, and nothing is changed.\n",
    .run = run,
};
