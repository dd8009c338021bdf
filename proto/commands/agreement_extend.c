#include "proto/agreement.h"
#include "proto/commands/agreement_commands.h"
#include "proto/commands/agreement_draft_values.h"
#include "proto/file.h"
#include "proto/json.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

struct arguments {
    const char *previous;
    const char *end;
    const char *rounds;
    const char *out;
    bool json;
};

static enum kp_status read_values(struct kp_agreement *next, const struct arguments *arguments,
                                  struct kp_error *error)
{
    enum kp_status status = kp_draft_read_end(&next->end, sizeof(next->end), arguments->end, error);
    if (status != KP_OK) {
        return kp_fail_in(error, "--end");
    }
    if (arguments->rounds != NULL) {
        status =
            kp_draft_read_number(&next->rounds, sizeof(next->rounds), arguments->rounds, error);
    }
    return status == KP_OK ? KP_OK : kp_fail_in(error, "--rounds");
}

/* What was agreed can't be extended by those who let it expire. */
static enum kp_status check_end(const struct kp_agreement *previous,
                                const struct kp_agreement *next, struct kp_error *error)
{
    char end[KP_AGREEMENT_TIME_TEXT];
    time_t now = time(NULL);
    kp_agreement_time_text(end, previous->end);
    if ((uint64_t)now >= previous->end) {
        return kp_fail(error, KP_REFUSED,
                       "the agreement ended at %s and can't be extended any more; going on takes a "
                       "new agreement",
                       end);
    }
    if (next->end <= previous->end) {
        return kp_fail(error, KP_REFUSED, "--end isn't after the end that was agreed before, %s",
                       end);
    }
    return KP_OK;
}

static enum kp_status print(const struct kp_agreement *next, const struct kp_agreement *previous,
                            const struct arguments *arguments, struct kp_error *error)
{
    char before[KP_AGREEMENT_TIME_TEXT];
    kp_agreement_time_text(before, previous->end);
    if (!arguments->json) {
        char hex[2 * KP_DIGEST_BYTES + 1];
        sodium_bin2hex(hex, sizeof(hex), next->hash, sizeof(next->hash));
        if (next->test) {
            puts(KP_TEST_MODE_TEXT);
        }
        printf("agreement %s\nversion %" PRIu32 ", to be accepted by all members before %s\n", hex,
               next->version, before);
        return KP_OK;
    }
    cJSON *object = cJSON_CreateObject();
    bool complete = kp_json_add_hex(object, "hash", next->hash, sizeof(next->hash)) &&
                    cJSON_AddBoolToObject(object, "test_mode", next->test) != NULL &&
                    cJSON_AddNumberToObject(object, "version", next->version) != NULL &&
                    cJSON_AddStringToObject(object, "accept_before", before) != NULL &&
                    cJSON_AddStringToObject(object, "file", arguments->out) != NULL;
    return kp_json_print(object, complete, error);
}

static enum kp_status write_next(struct kp_agreement *values, const struct kp_agreement *previous,
                                 const struct arguments *arguments, struct kp_error *error)
{
    struct kp_agreement *next = NULL;
    struct kp_buffer bytes = {0};
    enum kp_status status = KP_OK;
    if ((status = kp_agreement_pack(values, &bytes, error)) == KP_OK &&
        (status = kp_agreement_parse(&next, bytes.data, bytes.size, error)) == KP_OK &&
        (status = kp_agreement_check_successor(next, previous, error)) == KP_OK &&
        (status = kp_file_create(arguments->out, 0644, bytes.data, bytes.size, error)) == KP_OK) {
        status = print(next, previous, arguments, error);
    }
    kp_agreement_free(next);
    kp_buffer_free(&bytes);
    return status;
}

static enum kp_status extend(const struct arguments *arguments, struct kp_error *error)
{
    struct kp_agreement *previous = NULL;
    enum kp_status status = kp_agreement_read(&previous, arguments->previous, NULL, error);
    if (status == KP_OK) {
        struct kp_agreement next = *previous; /* what its pointers point to stays previous' */
        next.version++;
        memcpy(next.previous, previous->hash, sizeof(next.previous));
        if ((status = read_values(&next, arguments, error)) == KP_OK &&
            (status = check_end(previous, &next, error)) == KP_OK) {
            status = write_next(&next, previous, arguments, error);
        }
    }
    kp_agreement_free(previous);
    return status;
}

static int run(int argc, char **argv)
{
    struct arguments arguments = {.previous = NULL};
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "end", .value = &arguments.end, .required = true},
        {.name = "rounds", .value = &arguments.rounds},
        {.name = "out", .value = &arguments.out, .required = true},
        {.name = "json", .flag = &arguments.json},
    };
    enum kp_status status = kp_command_parse(&kp_command_agreement_extend, argc, argv, options, 4,
                                             &arguments.previous, 1, 1, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = extend(&arguments, &error);
    }
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_agreement_extend, &error);
}

const struct kp_command kp_command_agreement_extend = {
    .name = "extend",
    .summary = "make the next version of an agreement, with a later end",
    .usage =
        "usage: kruispunt agreement extend PREVIOUS --end DATE [--rounds N] --out FILE [--json]\n"
        "\n"
        "Writes a version that names PREVIOUS as the one before it and differs only in its end and\n"
        "in how many rounds there may be. It comes into force when all members accepted it before\n"
        "PREVIOUS ends; after that it is too late, and extend refuses too. The term begins when it\n"
        "began, so there is no gap, and rounds and quota are counted on. Another change: kruispunt\n"
        "agreement draft --previous.\n"
        "\n"
        "  --end DATE   the last day, such as 2027-12-31, or a moment such as 2027-12-31T12:00:00Z\n"
        "  --rounds N   of all versions together; as many as before when left out, and never fewer\n",
    .run = run,
};
