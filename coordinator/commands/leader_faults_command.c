#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "coordinator/leader_faults.h"
#include "coordinator/leader_verdicts.h"
#include "proto/file.h"
#include "proto/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
    const struct kp_agreement *agreement;
    uint32_t round;
    const char *folder; /* NULL: no files */
    uint32_t count, files;
    uint32_t unproven; /* what the coordinator says without proof; not in count */
    cJSON *array;      /* of --json; NULL: text */
    cJSON *unproven_array;
};

/* With --json its path goes into `one`. */
static enum kp_status write_file(struct listing *listing, const struct kp_buffer *file,
                                 const char *whose, uint32_t number, cJSON *one,
                                 struct kp_error *error)
{
    char path[KP_PATH_MAX + 64];
    if (listing->folder == NULL || file->size == 0) {
        return KP_OK;
    }
    (void)snprintf(path, sizeof(path), "%s/round-%u-%s-%u.verdict", listing->folder, listing->round,
                   whose, number);
    enum kp_status status = kp_file_create(path, 0600, file->data, file->size, error);
    if (status == KP_OK) {
        listing->files++;
        if (one == NULL) {
            printf("    %s\n", path);
        } else if (cJSON_AddStringToObject(one, "file", path) == NULL) {
            status = kp_fail(error, KP_FAILED, "no memory for a list of faults");
        }
    }
    return status;
}

static const char *named(const struct listing *listing, const struct kp_leader_fault *fault)
{
    if (fault->kind == KP_FAULT_PARTIAL) {
        return listing->agreement->opening_keys[fault->holder - 1].holder;
    }
    if (fault->kind == KP_FAULT_RESULTS) {
        return "the coordinator";
    }
    return fault->kind == KP_FAULT_NONE ? "nobody"
                                        : listing->agreement->members[fault->member - 1].name;
}

/* Of --json: one object of the list; NULL: no memory. Where `by` is "canaries" or "coordinator" the
 * text says whom it names. */
static cJSON *add_one(struct listing *listing, cJSON *array, const char *by, const char *text,
                      const struct kp_leader_fault *fault)
{
    char match[32];
    cJSON *one = cJSON_CreateObject();
    bool added = cJSON_AddItemToArray(array, one) &&
                 cJSON_AddStringToObject(one, "found_by", by) != NULL &&
                 cJSON_AddStringToObject(one, "text", text) != NULL;
    if (added && fault != NULL && fault->number > 0) {
        (void)snprintf(match, sizeof(match), "%u-%u", listing->round, fault->number);
        added =
            cJSON_AddStringToObject(one, "match", match) != NULL &&
            (fault->member == 0 ||
             cJSON_AddStringToObject(
                 one, "record_of", listing->agreement->members[fault->member - 1].name) != NULL) &&
            cJSON_AddStringToObject(one, "names", named(listing, fault)) != NULL;
    }
    return added ? one : NULL;
}

static bool is_canary(const struct kp_leader_fault *fault)
{
    return fault->number == 0 && fault->kind != KP_FAULT_RESULTS;
}

static void print_one(const struct listing *listing, const struct kp_leader_fault *fault)
{
    if (fault->number == 0) { /* the text says whom it names, if not for sure */
        printf("%s\n", fault->text);
        return;
    }
    printf("match %u-%u", listing->round, fault->number);
    if (fault->member > 0) {
        printf(", record of %s", listing->agreement->members[fault->member - 1].name);
    }
    printf(": %s\n    names %s%s\n", fault->text, named(listing, fault),
           fault->file.size > 0 || listing->folder == NULL ? "" : "; no file proves it to others");
}

static enum kp_status tell(void *context, const struct kp_leader_fault *fault,
                           struct kp_error *error)
{
    struct listing *listing = context;
    cJSON *one = NULL;
    listing->count++;
    if (listing->array == NULL) {
        print_one(listing, fault);
    } else {
        one = add_one(listing, listing->array, is_canary(fault) ? "canaries" : "opening",
                      fault->text, fault);
        if (one == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for a list of faults");
        }
    }
    return write_file(listing, &fault->file, is_canary(fault) ? "canary" : "opening",
                      listing->count, one, error);
}

static enum kp_status tell_coordinators_one(struct listing *listing,
                                            const struct kp_leader_verdict *verdict,
                                            uint32_t number, struct kp_error *error)
{
    cJSON *one = NULL;
    *(verdict->proven ? &listing->count : &listing->unproven) += 1;
    if (listing->array != NULL) {
        one = add_one(listing, verdict->proven ? listing->array : listing->unproven_array,
                      "coordinator", verdict->text, NULL);
        if (one == NULL) {
            return kp_fail(error, KP_FAILED, "no memory for a list of faults");
        }
    } else if (verdict->proven) {
        printf("a verdict of the coordinator: %s\n", verdict->text);
    } else {
        printf("the coordinator says: %s, which its file doesn't prove\n", verdict->text);
    }
    return write_file(listing, &verdict->file, verdict->proven ? "coordinator" : "unproven", number,
                      one, error);
}

/* What the coordinator found before. */
static enum kp_status tell_coordinators(struct listing *listing, struct kp_leader *leader,
                                        struct kp_error *error)
{
    struct kp_leader_verdicts verdicts = {0};
    enum kp_status status = kp_leader_verdicts_fetch(leader, listing->round, &verdicts, error);
    for (size_t i = 0; status == KP_OK && i < verdicts.count; i++) {
        status = tell_coordinators_one(listing, &verdicts.items[i], (uint32_t)i + 1, error);
    }
    kp_leader_verdicts_free(&verdicts);
    return status;
}

static enum kp_status print_end(const struct listing *listing, cJSON *object,
                                struct kp_error *error)
{
    if (object != NULL) {
        bool complete =
            cJSON_AddNumberToObject(object, "round", listing->round) != NULL &&
            cJSON_AddBoolToObject(object, "test_mode", listing->agreement->test) != NULL;
        return kp_json_print(object, complete, error);
    }
    printf("round %u: %u faults", listing->round, listing->count);
    if (listing->unproven > 0) {
        printf(", and %u that the coordinator's files don't prove", listing->unproven);
    }
    printf(listing->folder != NULL ? ", %u files\n" : "\n", listing->files);
    return KP_OK;
}

/* What this program finds itself, where it can: not in a round without results, nor before both
 * holders gave their part. */
static enum kp_status tell_own(struct listing *listing, struct kp_leader *leader,
                               struct kp_error *error)
{
    struct kp_leader_opened opened;
    enum kp_status status = kp_leader_opened_begin(leader, listing->round, false, &opened, error);
    if (status != KP_OK) {
        return status;
    }
    listing->agreement = opened.round.agreement;
    listing->round = opened.round.round;
    status = kp_leader_faults(&opened, listing->folder != NULL, tell, listing, error);
    listing->agreement = leader->agreement;
    kp_leader_opened_end(&opened);
    return status;
}

/* The coordinator's verdicts are told also where a round has nothing to open: it may be for them
 * that it hasn't. */
static enum kp_status tell_all(struct listing *listing, struct kp_leader *leader,
                               struct kp_error *error)
{
    struct kp_error own = {0};
    enum kp_status found = tell_own(listing, leader, &own);
    if (found != KP_OK && listing->round == 0) { /* the last one, which isn't known then */
        *error = own;
        return found;
    }
    enum kp_status status = tell_coordinators(listing, leader, error);
    if (status == KP_OK && found != KP_OK) {
        status = kp_fail(error, found, "%.380s; so these are the coordinator's alone", own.text);
    }
    if (status == KP_OK && listing->unproven > 0) {
        status = kp_fail(error, KP_REFUSED, "the coordinator says of %u faults what it can't prove",
                         listing->unproven);
    }
    return status;
}

static enum kp_status list_faults(struct kp_leader_command *self, struct kp_leader *leader,
                                  struct kp_error *error)
{
    struct listing listing = {.folder = *self->option.value, .agreement = leader->agreement};
    cJSON *object = NULL;
    enum kp_status status = kp_command_parse_round(self->operand, &listing.round, error);
    if (status == KP_OK && listing.folder != NULL && mkdir(listing.folder, 0700) != 0 &&
        errno != EEXIST) {
        status =
            kp_fail(error, KP_FAILED, "%s: can't be made: %s", listing.folder, strerror(errno));
    }
    if (status == KP_OK && self->json) {
        object = cJSON_CreateObject();
        listing.array = cJSON_AddArrayToObject(object, "faults");
        listing.unproven_array = cJSON_AddArrayToObject(object, "unproven");
        status = listing.array != NULL && listing.unproven_array != NULL
                     ? KP_OK
                     : kp_fail(error, KP_FAILED, "no memory for a list");
    }
    if (status == KP_OK) {
        struct kp_error told = {0};
        status = tell_all(&listing, leader, error);
        if (listing.round != 0 && print_end(&listing, object, &told) != KP_OK) {
            *error = told;
            return told.status;
        }
        object = listing.round != 0 ? NULL : object;
    }
    cJSON_Delete(object);
    return status;
}

static int run(int argc, char **argv)
{
    const char *folder = NULL;
    struct kp_leader_command self = {.command = &kp_command_leader_faults,
                                     .option = {"out", &folder, NULL, false},
                                     .takes_operand = true,
                                     .run = list_faults};
    return kp_leader_command_run(&self, argc, argv);
}

const struct kp_command kp_command_leader_faults = {
    .name = "faults",
    .summary = "what was wrong with a round, and whom it names",
    .usage =
        "usage: kruispunt leader faults [ROUND] [--out FOLDER] --config LEADER.ini [--json]\n"
        "\n"
        "Lists what your own program found at opening and what the coordinator found before, each\n"
        "with whom it names: a partner only where signed evidence proves it. With --out: the verdicts\n"
        "as files, for `kruispunt verify verdict`. Don't show one to the partner that it names during\n"
        "the project: most of them tell it that its record matched. Of a ROUND without results, or not\n"
        "opened yet, those of the coordinator are listed; the exit status isn't 0 then. Each verdict of\n"
        "the coordinator is verified here; one that its file doesn't prove is told as that, counted\n"
        "apart (--json: \"unproven\"), and the exit status is 1.\n",
    .run = run,
};
