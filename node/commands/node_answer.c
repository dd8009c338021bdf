#include "node/commands/node_commands.h"
#include "proto/case.h"
#include "proto/control_client.h"
#include "proto/file.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A person types the answer once more, or gives --yes. */
static enum kp_status confirm(const char *answer, bool yes, struct kp_error *error)
{
    char typed[64] = "";
    if (yes) {
        return KP_OK;
    }
    if (!isatty(STDIN_FILENO)) {
        return kp_fail(error, KP_USAGE, "there is no terminal to confirm on; give --yes");
    }
    printf("The answer goes to the project leader, signed by this node. Type it again: ");
    (void)fflush(stdout);
    if (fgets(typed, sizeof(typed), stdin) != NULL) {
        typed[strcspn(typed, "\n")] = '\0';
    }
    return strcmp(typed, answer) == 0
               ? KP_OK
               : kp_fail(error, KP_REFUSED, "something else was typed; nothing is answered");
}

/* From a file, for what stands on a command line anybody on the machine can read. */
static enum kp_status read_reason(struct kp_control_request *request, const char *path,
                                  struct kp_error *error)
{
    struct kp_buffer text = {0};
    enum kp_status status = kp_file_read(path, KP_CASE_REASON_MAX + 1, &text, error);
    if (status == KP_OK && text.size > 0 && text.data[text.size - 1] == '\n') {
        text.size--;
    }
    if (status == KP_OK &&
        (text.size > KP_CASE_REASON_MAX || memchr(text.data, 0, text.size) != NULL)) {
        status =
            kp_fail(error, KP_USAGE, "%s: a line of at most %u bytes", path, KP_CASE_REASON_MAX);
    }
    if (status == KP_OK) {
        memcpy(request->reason, text.data, text.size);
        request->reason[text.size] = '\0';
    }
    kp_buffer_free(&text);
    return status;
}

static enum kp_status fill(struct kp_control_request *request, const char *const operands[2],
                           const char *reason, struct kp_error *error)
{
    request->kind = KP_CONTROL_ANSWER;
    request->answer = kp_answer_of_name(operands[1]);
    if (request->answer == KP_ANSWER_NONE) {
        return kp_fail(error, KP_USAGE,
                       "%.20s: answer current, not-current, interest, no-interest or decline",
                       operands[1]);
    }
    return reason != NULL ? read_reason(request, reason, error) : KP_OK;
}

static int run(int argc, char **argv)
{
    const char *config = NULL, *control_option = NULL, *reason = NULL, *operands[2] = {0};
    char control[KP_PATH_MAX];
    bool yes = false, help = false;
    const struct kp_option options[] = {{"config", &config, NULL, false},
                                        {"control", &control_option, NULL, false},
                                        {"reason-file", &reason, NULL, false},
                                        {"yes", NULL, &yes, false}};
    struct kp_control_request request = {0};
    struct kp_control_response response = {0};
    struct kp_error error = {0};
    enum kp_status status = kp_command_parse(&kp_command_node_answer, argc, argv, options, 4,
                                             operands, 2, 2, NULL, &help, &error);
    if (status == KP_OK && help) {
        return KP_EXIT_DONE;
    }
    if (status == KP_OK) {
        status = fill(&request, operands, reason, &error);
    }
    if (status == KP_OK) {
        status = kp_node_find_control(control, config, control_option, &error);
    }
    if (status == KP_OK) {
        status = kp_node_find_case(control, operands[0], request.case_id, &error);
    }
    if (status == KP_OK) {
        status = confirm(operands[1], yes, &error);
    }
    if (status == KP_OK) {
        status = kp_control_ask(control, &request, KP_CONTROL_ANSWERED, &response, &error);
    }
    if (status == KP_OK) {
        printf(
            "answered: %s (answer %u to this case; it leaves as soon as the coordinator is reached)\n",
            operands[1], response.revision);
    }
    kp_control_request_free(&request);
    kp_control_response_free(&response);
    return status == KP_OK ? KP_EXIT_DONE : kp_command_fail(&kp_command_node_answer, &error);
}

const struct kp_command kp_command_node_answer = {
    .name = "answer",
    .summary = "answer a case",
    .usage =
        "usage: kruispunt node answer ID ANSWER [--reason-file FILE] [--yes]\n"
        "                             (--config NODE.ini | --control SOCKET)\n"
        "\n"
        "Sends the answer to the project leader, sealed to it alone and signed by this node. To\n"
        "whether its signals are still current a member answers current or not-current, which needs\n"
        "a reason; to whether it has an interest, interest or no-interest; to both it may decline.\n"
        "The last answer counts, until the case is closed or its last day is over. Asks to type the\n"
        "answer again; --yes: doesn't ask. The reason is one line of at most 500 bytes in a file, or on\n"
        "standard input with -: what stands on a command line, others on this machine can read.\n"
        "Exit status 3: the daemon isn't running.\n",
    .run = run,
};
