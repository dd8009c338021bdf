#include "coordinator/commands/leader_command.h"
#include "coordinator/commands/round_commands.h"

#include "coordinator/leader_faults.h"
#include "coordinator/leader_verdicts.h"
#include "proto/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct listing {
    const struct kp_agreement *agreement;
    uint32_t round;
    const char *folder; /* NULL: no files */
    uint32_t count, files;
};

static enum kp_status write_file(struct listing *listing, const struct kp_buffer *file,
                                 const char *whose, uint32_t number, struct kp_error *error)
{
    char path[KP_PATH_MAX + 64];
    (void)snprintf(path, sizeof(path), "%s/round-%u-%s-%u.verdict", listing->folder, listing->round,
                   whose, number);
    enum kp_status status = kp_file_create(path, 0600, file->data, file->size, error);
    if (status == KP_OK) {
        printf("    %s\n", path);
        listing->files++;
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

static enum kp_status tell(void *context, const struct kp_leader_fault *fault,
                           struct kp_error *error)
{
    struct listing *listing = context;
    listing->count++;
    if (fault->number == 0) { /* of canaries: the text says whom it names, if not for sure */
        printf("%s\n", fault->text);
        return listing->folder != NULL && fault->file.size > 0
                   ? write_file(listing, &fault->file, "canary", listing->count, error)
                   : KP_OK;
    }
    printf("match %u-%u", listing->round, fault->number);
    if (fault->member > 0) {
        printf(", record of %s", listing->agreement->members[fault->member - 1].name);
    }
    printf(": %s\n    names %s%s\n", fault->text, named(listing, fault),
           fault->file.size > 0 || listing->folder == NULL ? "" : "; no file proves it to others");
    return listing->folder != NULL && fault->file.size > 0
               ? write_file(listing, &fault->file, "opening", listing->count, error)
               : KP_OK;
}

/* What the coordinator found before. */
static enum kp_status tell_coordinators(struct listing *listing, struct kp_leader *leader,
                                        struct kp_error *error)
{
    struct kp_leader_verdicts verdicts = {0};
    enum kp_status status = kp_leader_verdicts_fetch(leader, listing->round, &verdicts, error);
    for (size_t i = 0; status == KP_OK && i < verdicts.count; i++) {
        listing->count++;
        printf("a verdict of the coordinator: %s\n", verdicts.items[i].text);
        if (listing->folder != NULL) {
            status =
                write_file(listing, &verdicts.items[i].file, "coordinator", (uint32_t)i + 1, error);
        }
    }
    kp_leader_verdicts_free(&verdicts);
    return status;
}

static enum kp_status list_faults(struct kp_leader_command *self, struct kp_leader *leader,
                                  struct kp_error *error)
{
    struct kp_leader_opened opened;
    struct listing listing = {.folder = *self->option.value};
    uint32_t round = 0;
    enum kp_status status = kp_command_parse_round(self->operand, &round, error);
    if (status == KP_OK && listing.folder != NULL && mkdir(listing.folder, 0700) != 0 &&
        errno != EEXIST) {
        status =
            kp_fail(error, KP_FAILED, "%s: can't be made: %s", listing.folder, strerror(errno));
    }
    if (status == KP_OK) {
        status = kp_leader_opened_begin(leader, round, false, &opened, error);
    }
    if (status != KP_OK) {
        return status;
    }
    listing.agreement = opened.round.agreement;
    listing.round = opened.round.round;
    status = kp_leader_faults(&opened, listing.folder != NULL, tell, &listing, error);
    if (status == KP_OK) {
        status = tell_coordinators(&listing, leader, error);
    }
    kp_leader_opened_end(&opened);
    if (status == KP_OK) {
        printf("round %u: %u faults", listing.round, listing.count);
        printf(listing.folder != NULL ? ", %u files\n" : "\n", listing.files);
    }
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
        "usage: kruispunt leader faults [ROUND] [--out FOLDER] --config LEADER.ini\n"
        "\n"
        "Lists what your own program found at opening and what the coordinator found before, each\n"
        "with whom it names: a partner only where signed evidence proves it. With --out: the verdicts\n"
        "as files, for `kruispunt verify verdict`. Don't show one to the partner that it names during\n"
        "the project: most of them tell it that its record matched.\n",
    .run = run,
};
