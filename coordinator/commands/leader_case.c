#include "coordinator/commands/case_commands.h"
#include "coordinator/commands/leader_command.h"
#include "coordinator/leader_evidence.h"
#include "crypto/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAYS 14u /* unless told */

struct asked {
    const char *what; /* open, show, close */
    const char *which;
    uint32_t days;
    bool json;
};

static enum kp_status read_days(uint32_t *days, const char *text, struct kp_error *error)
{
    char *end = NULL;
    unsigned long number = text == NULL ? DAYS : strtoul(text, &end, 10);
    if ((text != NULL && (*text < '0' || *text > '9' || *end != '\0')) || number < 1 ||
        number > KP_CASE_DAYS_MAX) {
        return kp_fail(error, KP_USAGE, "--days: a number from 1 to %u", KP_CASE_DAYS_MAX);
    }
    *days = (uint32_t)number;
    return KP_OK;
}

/* Whoever is asked twice about one match doesn't know which case to answer. */
struct same_match {
    uint32_t round, number;
    uint8_t id[KP_CASE_ID_BYTES];
    bool found;
};

static enum kp_status look_at(void *context, const struct kp_leader_case *kept,
                              struct kp_error *error)
{
    struct same_match *same = context;
    (void)error;
    if (kept->round == same->round && kept->number == same->number && kept->end == KP_CASE_OPEN) {
        memcpy(same->id, kept->id, sizeof(same->id));
        same->found = true;
    }
    return KP_OK;
}

static enum kp_status check_not_open(struct kp_leader *leader, uint32_t round, uint32_t number,
                                     struct kp_error *error)
{
    struct same_match same = {.round = round, .number = number};
    struct kp_txn *txn = NULL;
    char text[KP_CASE_ID_TEXT];
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_walk(txn, look_at, &same, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK && same.found) {
        kp_case_id_text(text, same.id);
        return kp_fail(error, KP_REFUSED, "case %s is about match %u-%u and open; close it first",
                       text, round, number);
    }
    return status;
}

static enum kp_status open_case(struct kp_leader *leader, const struct asked *asked,
                                struct kp_error *error)
{
    struct kp_leader_evidence evidence = {0};
    uint8_t id[KP_CASE_ID_BYTES];
    char text[KP_CASE_ID_TEXT];
    uint32_t round = 0, number = 0;
    enum kp_status status = kp_match_read(asked->which, &round, &number, error);
    if (status == KP_OK) {
        status = check_not_open(leader, round, number, error);
    }
    if (status == KP_OK) {
        status = kp_leader_evidence_make(leader, round, number, false, &evidence, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_open(leader, round, number, asked->days, &evidence.file, id, error);
    }
    if (status == KP_OK) {
        kp_case_id_text(text, id);
        printf(asked->json ? "{\"case\": \"%s\"}\n" : "case %s is before the members\n", text);
    }
    kp_leader_evidence_free(&evidence);
    return status;
}

static enum kp_status show_case(struct kp_leader *leader, const struct asked *asked,
                                const uint8_t id[static KP_CASE_ID_BYTES], struct kp_error *error)
{
    struct kp_txn *txn = NULL;
    uint32_t odd = 0;
    struct kp_leader_case *kept = kp_bulk_new(sizeof(*kept));
    if (kept == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for a case");
    }
    enum kp_status status = kp_leader_cases_refresh(leader, &odd, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_get(txn, id, kept, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK && asked->json) {
        status = kp_case_print_json(leader->agreement, leader->reg, kept, error);
    } else if (status == KP_OK) {
        status = kp_case_print(leader->agreement, leader->reg, kept, error);
    }
    kp_bulk_free(kept);
    return status;
}

static enum kp_status try_one(void *context, const struct kp_leader_case *kept,
                              struct kp_error *error)
{
    (void)error;
    kp_case_search_try(context, kept->id);
    return KP_OK;
}

/* The case whose number begins so. */
static enum kp_status find_case(struct kp_leader *leader, const char *text,
                                uint8_t id[static KP_CASE_ID_BYTES], struct kp_error *error)
{
    struct kp_case_search search = {.text = text};
    struct kp_txn *txn = NULL;
    enum kp_status status = kp_leader_store(leader, error);
    if (status == KP_OK) {
        status = kp_store_begin(leader->store, false, &txn, error);
    }
    if (status == KP_OK) {
        status = kp_leader_case_walk(txn, try_one, &search, error);
    }
    kp_store_abort(txn);
    if (status == KP_OK) {
        status = kp_case_search_end(&search, error);
    }
    memcpy(id, search.id, sizeof(search.id));
    return status;
}

static enum kp_status close_case(struct kp_leader *leader, const struct asked *asked,
                                 const uint8_t id[static KP_CASE_ID_BYTES], struct kp_error *error)
{
    char text[KP_CASE_ID_TEXT];
    enum kp_status status = kp_leader_case_close(leader, id, error);
    if (status == KP_OK) {
        kp_case_id_text(text, id);
        printf(asked->json ? "{\"case\": \"%s\", \"closed\": true}\n" : "case %s is closed\n",
               text);
    }
    return status;
}

static enum kp_status do_it(struct kp_leader *leader, const struct asked *asked,
                            struct kp_error *error)
{
    uint8_t id[KP_CASE_ID_BYTES];
    if (strcmp(asked->what, "open") == 0) {
        return open_case(leader, asked, error);
    }
    enum kp_status status = find_case(leader, asked->which, id, error);
    if (status == KP_OK && strcmp(asked->what, "show") == 0) {
        kp_leader_command_register(leader);
        return show_case(leader, asked, id, error);
    }
    return status == KP_OK ? close_case(leader, asked, id, error) : status;
}

static enum kp_status check(struct asked *asked, const char *const operands[2], const char *days,
                            struct kp_error *error)
{
    asked->what = operands[0];
    asked->which = operands[1];
    if (strcmp(asked->what, "open") != 0 && strcmp(asked->what, "show") != 0 &&
        strcmp(asked->what, "close") != 0) {
        return kp_fail(error, KP_USAGE, "%.20s: open MATCH, show ID or close ID", asked->what);
    }
    return read_days(&asked->days, days, error);
}

static int run(int argc, char **argv)
{
    const char *config = NULL, *days = NULL, *operands[2] = {0};
    bool help = false;
    struct asked asked = {0};
    const struct kp_option options[] = {{"config", &config, NULL, true},
                                        {"json", NULL, &asked.json, false},
                                        {"days", &days, NULL, false}};
    struct kp_error error = {0};
    struct kp_leader leader = {0};
    enum kp_status status = kp_command_parse(&kp_command_leader_case, argc, argv, options, 3,
                                             operands, 2, 2, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = check(&asked, operands, days, &error);
    }
    if (status == KP_OK) {
        status = kp_leader_open(&leader, config, &error);
    }
    if (status == KP_OK && leader.agreement->test && !asked.json) {
        puts(KP_TEST_MODE_TEXT);
    }
    if (status == KP_OK) {
        status = do_it(&leader, &asked, &error);
    }
    kp_leader_close(&leader);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_leader_case, &error);
}

const struct kp_command kp_command_leader_case = {
    .name = "case",
    .summary = "put a match before the members, show a case, close it",
    .usage =
        "usage: kruispunt leader case (open MATCH [--days N] | show ID | close ID)\n"
        "                             --config LEADER.ini [--json]\n"
        "\n"
        "open: sends the address of a match (see leader matches), with its evidence, to the members\n"
        "that hold it, which are asked whether their signals are still current, and to the members\n"
        "that are asked on request, whether they have an interest. They have N days (14) to answer.\n"
        "show: takes the answers, and shows address, members and what they answered.\n"
        "close: tells all that were asked that it is over; their programs delete what it was about.\n"
        "There is one open case about a match at a time.\n"
        "ID is a case's number, or the first 4 digits of it or more.\n",
    .run = run,
};
