#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "crypto/secret.h"
#include "proto/address/shown.h"
#include "proto/json.h"
#include "proto/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A match as it is listed. */
struct row {
    uint8_t key[KP_ADDRESS_KEY_BYTES];
    uint32_t round, number; /* of the match; of the first, where several name one address */
    uint32_t members;       /* bit i - 1: member i */
    uint32_t member_count;
};

struct list {
    const struct kp_agreement *agreement;
    struct kp_buffer rows;   /* struct row, without gaps; wiped when freed */
    struct kp_register *reg; /* NULL: objects are shown by id */
    int width;               /* of the addresses' column */
    uint32_t faults;
};

static enum kp_status add_match(void *context, const struct kp_opened_match *match,
                                struct kp_error *error)
{
    struct list *list = context;
    struct row row = {.round = match->round, .number = match->number};
    memcpy(row.key, match->address_key, sizeof(row.key));
    for (uint32_t i = 0; i < match->record_count; i++) {
        const struct kp_opened_record *record = &match->records[i];
        if (record->valid) {
            row.members |= 1u << (record->member - 1);
            row.member_count++;
        } else {
            list->faults++;
            fprintf(stderr, "match %u-%u: a record of %s is not valid: %s\n", match->round,
                    match->number, list->agreement->members[record->member - 1].name,
                    record->fault);
        }
    }
    if (match->canary) {
        return KP_OK; /* no address, and none is missing */
    }
    if (!match->shown) {
        list->faults += match->record_count == 0;
        fprintf(stderr, "match %u-%u is not shown: fewer than %u of its records are valid\n",
                match->round, match->number, list->agreement->threshold);
        return KP_OK;
    }
    if (kp_buffer_append(&list->rows, &row, sizeof(row)) != KP_OK) {
        return kp_fail(error, KP_FAILED, "no memory for the list of matches");
    }
    return KP_OK;
}

static int compare_addresses(const void *left, const void *right)
{
    return memcmp(((const struct row *)left)->key, ((const struct row *)right)->key,
                  KP_ADDRESS_KEY_BYTES);
}

static int compare_rows(const void *left, const void *right)
{
    const struct row *a = left, *b = right;
    if (a->member_count != b->member_count) {
        return a->member_count > b->member_count ? -1 : 1;
    }
    return compare_addresses(a, b);
}

/* Each address once: members that work together can submit one under two tags. */
static size_t merge_rows(struct row *rows, size_t count)
{
    size_t kept = 0;
    qsort(rows, count, sizeof(*rows), compare_addresses);
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && compare_addresses(&rows[kept - 1], &rows[i]) == 0) {
            rows[kept - 1].members |= rows[i].members;
            if (rows[i].number < rows[kept - 1].number) {
                rows[kept - 1].number = rows[i].number;
            }
            rows[kept - 1].member_count = (uint32_t)__builtin_popcount(rows[kept - 1].members);
        } else {
            rows[kept++] = rows[i];
        }
    }
    return kept;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* The partners of a row, sorted by name. */
static uint32_t partners_of(const struct kp_agreement *agreement, const struct row *row,
                            const char *names[static KP_MEMBERS_MAX])
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < agreement->member_count; i++) {
        if ((row->members >> i & 1) != 0) {
            names[count++] = agreement->members[i].name;
        }
    }
    qsort(names, count, sizeof(names[0]), compare_names);
    return count;
}

/* How a row's address is shown; what is odd about it is said on standard error and counted. */
static enum kp_status find_shown(struct list *list, const struct row *row, struct kp_shown *shown,
                                 struct kp_error *error)
{
    enum kp_status status = kp_shown_find(shown, list->reg, row->key, error);
    const char *oddity = status == KP_OK ? kp_shown_oddity(shown) : NULL;
    if (oddity != NULL) {
        list->faults++;
        fprintf(stderr, "match %u-%u: %s\n", row->round, row->number, oddity);
    }
    return status;
}

static enum kp_status print_json(struct list *list, const struct row *row, struct kp_error *error)
{
    const char *names[KP_MEMBERS_MAX];
    struct kp_shown shown;
    uint32_t count = partners_of(list->agreement, row, names);
    enum kp_status status = find_shown(list, row, &shown, error);
    if (status != KP_OK) {
        return status;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = kp_shown_json(object, "address", &shown);
    kp_wipe(&shown, sizeof(shown));
    cJSON *partners = cJSON_AddArrayToObject(object, "partners");
    for (uint32_t i = 0; complete && i < count; i++) {
        complete = cJSON_AddItemToArray(partners, cJSON_CreateString(names[i]));
    }
    char number[KP_MATCH_TEXT];
    kp_match_text(number, row->round, row->number);
    complete = complete &&
               cJSON_AddBoolToObject(object, "test_mode", list->agreement->test) != NULL &&
               cJSON_AddStringToObject(object, "match", number) != NULL;
    return kp_json_print(object, complete, error);
}

static enum kp_status print_row(struct list *list, const struct row *row, struct kp_error *error)
{
    const char *names[KP_MEMBERS_MAX];
    struct kp_shown shown;
    char text[KP_SHOWN_TEXT];
    uint32_t count = partners_of(list->agreement, row, names);
    enum kp_status status = find_shown(list, row, &shown, error);
    if (status != KP_OK) {
        return status;
    }
    kp_shown_text(text, &shown);
    char number[KP_MATCH_TEXT];
    kp_match_text(number, row->round, row->number);
    int pad = list->width - (int)kp_utf8_length(text);
    printf("%-10s %s%*s %2u  ", number, text, pad > 0 ? pad : 0, "", count);
    for (uint32_t i = 0; i < count; i++) {
        printf("%s%s", i == 0 ? "" : ", ", names[i]);
    }
    putchar('\n');
    kp_wipe(text, sizeof(text));
    kp_wipe(&shown, sizeof(shown));
    return KP_OK;
}

static enum kp_status print_list(struct list *list, bool json, struct kp_error *error)
{
    size_t count = list->rows.size / sizeof(struct row);
    struct row *rows = (struct row *)(void *)list->rows.data;
    enum kp_status status = KP_OK;
    if (count > 0) {
        count = merge_rows(rows, count);
        qsort(rows, count, sizeof(*rows), compare_rows);
    }
    if (!json) {
        printf("%zu addresses with multiple interest\n", count);
    }
    if (!json && count > 0) {
        printf("%-10s %-*s %2s  %s\n", "match", list->width, "address", "n", "partners");
    }
    for (size_t i = 0; status == KP_OK && i < count; i++) {
        status = json ? print_json(list, &rows[i], error) : print_row(list, &rows[i], error);
    }
    return status;
}

static enum kp_status list_matches(struct kp_leader_command *self, struct kp_leader *leader,
                                   struct kp_error *error)
{
    struct list list = {
        .agreement = leader->agreement, .reg = leader->reg, .width = leader->reg != NULL ? 48 : 30};
    uint32_t round = 0;
    enum kp_status status = kp_command_parse_round(*self->option.value, &round, error);
    if (status == KP_OK) {
        status = kp_leader_matches(leader, round, add_match, &list, error);
    }
    if (status == KP_OK) {
        status = print_list(&list, self->json, error);
    }
    kp_buffer_free(&list.rows);
    if (status == KP_OK && list.faults > 0) {
        status = kp_fail(error, KP_REFUSED, "%u records are not valid or odd; the others are shown",
                         list.faults);
    }
    return status;
}

static int run(int argc, char **argv)
{
    const char *round = NULL;
    struct kp_leader_command self = {.command = &kp_command_leader_matches,
                                     .option = {"round", &round, NULL, false},
                                     .shows_addresses = true,
                                     .run = list_matches};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_matches = {
    .name = "matches",
    .summary = "open and list the addresses with multiple interest",
    .usage =
        "usage: kruispunt leader matches --config LEADER.ini [--round N] [--json]\n"
        "\n"
        "Fetches the matches of a round (the last one that completed), verifies every one against\n"
        "the members' signatures, opens them with the opening key, which is on this machine only,\n"
        "and lists address and partners, most partners first. With --json: one object a line.\n"
        "Where two holders open, both first give their part with `kruispunt leader open`.\n"
        "MATCH, the number in the first column, is what `kruispunt leader evidence` takes.\n"
        "Exit status 1 also when a record isn't valid; the valid ones are listed all the same.\n",
    .run = run,
};
