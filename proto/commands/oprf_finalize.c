#include "proto/commands/oprf_arguments.h"
#include "proto/commands/oprf_commands.h"

struct finalizing {
    struct kp_oprf_inputs inputs;
    struct kp_oprf_list blinds;
    struct kp_oprf_list evaluated;
    struct kp_buffer outputs;
};

static enum kp_status read_arguments(struct finalizing *finalizing, const char *mode_text,
                                     const char *input, const char *blind, const char *evaluated,
                                     struct kp_error *error)
{
    struct kp_oprf_reader reader = {.error = error};
    enum kp_oprf_mode mode = KP_OPRF_MODE_OPRF; /* both modes end alike */
    enum kp_status status = KP_OK;
    if ((status = kp_oprf_read_mode(&reader, &mode, mode_text)) != KP_OK ||
        (status = kp_oprf_read_inputs(&reader, "input", input, &finalizing->inputs)) != KP_OK ||
        (status = kp_oprf_read_list(&reader, "blind", blind, KP_SCALAR_BYTES,
                                    &finalizing->blinds)) != KP_OK ||
        (status = kp_oprf_read_list(&reader, "evaluated", evaluated, KP_POINT_BYTES,
                                    &finalizing->evaluated)) != KP_OK ||
        (status = kp_oprf_check_counts(&reader, "input", finalizing->inputs.count, "blind",
                                       finalizing->blinds.count)) != KP_OK) {
        return status;
    }
    return kp_oprf_check_counts(&reader, "input", finalizing->inputs.count, "evaluated",
                                finalizing->evaluated.count);
}

static enum kp_status compute(struct finalizing *finalizing, struct kp_error *error)
{
    size_t count = finalizing->inputs.count;
    uint8_t *outputs = kp_buffer_extend(&finalizing->outputs, count * KP_OPRF_OUTPUT_BYTES);
    if (outputs == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu outputs", count);
    }
    const uint8_t *input = finalizing->inputs.bytes.data;
    for (size_t i = 0; i < count; i++) {
        enum kp_status status =
            kp_oprf_finalize(outputs + i * KP_OPRF_OUTPUT_BYTES, input, finalizing->inputs.sizes[i],
                             finalizing->blinds.items.data + i * KP_SCALAR_BYTES,
                             finalizing->evaluated.items.data + i * KP_POINT_BYTES);
        if (status != KP_OK) {
            return kp_fail(error, status,
                           "item %zu: --evaluated is not a ristretto255 element or is the "
                           "identity, or --blind is zero or not reduced",
                           i + 1);
        }
        input += finalizing->inputs.sizes[i];
    }
    return KP_OK;
}

static enum kp_status finalize(const char *mode, const char *input, const char *blind,
                               const char *evaluated, struct kp_error *error)
{
    struct finalizing finalizing = {0};
    enum kp_status status = KP_OK;
    if ((status = read_arguments(&finalizing, mode, input, blind, evaluated, error)) == KP_OK &&
        (status = compute(&finalizing, error)) == KP_OK) {
        cJSON *object = cJSON_CreateObject();
        bool complete = kp_oprf_add_one_or_more(object, "output", finalizing.outputs.data,
                                                KP_OPRF_OUTPUT_BYTES, finalizing.inputs.count);
        status = kp_json_print(object, complete, error);
    }
    kp_oprf_inputs_free(&finalizing.inputs);
    kp_buffer_free(&finalizing.blinds.items);
    kp_buffer_free(&finalizing.evaluated.items);
    kp_buffer_free(&finalizing.outputs);
    return status;
}

static int run(int argc, char **argv)
{
    const char *mode = "oprf";
    const char *input = NULL;
    const char *blind = NULL;
    const char *evaluated = NULL;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "mode", .value = &mode},
        {.name = "input", .value = &input, .required = true},
        {.name = "blind", .value = &blind, .required = true},
        {.name = "evaluated", .value = &evaluated, .required = true},
    };
    if (kp_command_parse(&kp_command_oprf_finalize, argc, argv, options, 4, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_finalize, &error);
    }
    if (!help && finalize(mode, input, blind, evaluated, &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_finalize, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_oprf_finalize = {
    .name = "finalize",
    .summary = "unblind evaluations into outputs (Finalize)",
    .usage =
        "usage: kruispunt oprf finalize [--mode oprf|voprf] --input INPUT[,...]\n"
        "                               --blind BLIND[,...] --evaluated ELEMENT[,...]\n"
        "\n"
        "RFC 9497, section 3.3.1 or 3.3.2, over ristretto255-SHA512: the client's last step.\n"
        "With voprf, check the proof before: kruispunt oprf verify.\n"
        "\n"
        "  --mode MODE          oprf (the default) or voprf; the step is the same\n"
        "  --input INPUT        as given to blind\n"
        "  --blind BLIND        as blind printed it\n"
        "  --evaluated ELEMENT  what the server answered\n"
        "\n"
        "Prints {\"output\": ...}, a string for one input and an array for several.\n" KP_OPRF_USAGE_VALUES,
    .run = run,
};
