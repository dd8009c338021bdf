#include "crypto/secret.h"
#include "proto/commands/oprf_arguments.h"
#include "proto/commands/oprf_commands.h"

struct blinding {
    enum kp_oprf_mode mode;
    struct kp_oprf_inputs inputs;
    struct kp_oprf_list blinds;
    struct kp_buffer blinded;
};

static enum kp_status draw_blinds(struct blinding *blinding, struct kp_error *error)
{
    size_t count = blinding->inputs.count;
    uint8_t *blinds = kp_buffer_extend(&blinding->blinds.items, count * KP_SCALAR_BYTES);
    if (blinds == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu blinds", count);
    }
    for (size_t i = 0; i < count; i++) {
        kp_scalar_random(blinds + i * KP_SCALAR_BYTES);
    }
    blinding->blinds.count = count;
    return KP_OK;
}

static enum kp_status blind_all(struct blinding *blinding, struct kp_error *error)
{
    size_t count = blinding->inputs.count;
    uint8_t *blinded = kp_buffer_extend(&blinding->blinded, count * KP_POINT_BYTES);
    if (blinded == NULL) {
        return kp_fail(error, KP_FAILED, "no memory for %zu elements", count);
    }
    const uint8_t *input = blinding->inputs.bytes.data;
    for (size_t i = 0; i < count; i++) {
        enum kp_status status = kp_oprf_blind(blinded + i * KP_POINT_BYTES, blinding->mode,
                                              blinding->blinds.items.data + i * KP_SCALAR_BYTES,
                                              input, blinding->inputs.sizes[i]);
        if (status != KP_OK) {
            return kp_fail(error, status,
                           "--blind: item %zu is zero or not reduced modulo the group order; draw "
                           "another, or leave --blind out",
                           i + 1);
        }
        input += blinding->inputs.sizes[i];
    }
    return KP_OK;
}

static enum kp_status print(const struct blinding *blinding, struct kp_error *error)
{
    size_t count = blinding->inputs.count;
    cJSON *object = cJSON_CreateObject();
    bool complete = kp_oprf_add_one_or_more(object, "blind", blinding->blinds.items.data,
                                            KP_SCALAR_BYTES, count) &&
                    kp_oprf_add_one_or_more(object, "blinded_element", blinding->blinded.data,
                                            KP_POINT_BYTES, count);
    return kp_json_print(object, complete, error);
}

static enum kp_status blind(const char *mode, const char *input, const char *given,
                            struct kp_error *error)
{
    struct kp_oprf_reader reader = {.error = error};
    struct blinding blinding = {0};
    enum kp_status status = KP_OK;
    if ((status = kp_oprf_read_mode(&reader, &blinding.mode, mode)) == KP_OK &&
        (status = kp_oprf_read_inputs(&reader, "input", input, &blinding.inputs)) == KP_OK) {
        status = given == NULL ? draw_blinds(&blinding, error)
                               : kp_oprf_read_list(&reader, "blind", given, KP_SCALAR_BYTES,
                                                   &blinding.blinds);
    }
    if (status == KP_OK &&
        (status = kp_oprf_check_counts(&reader, "input", blinding.inputs.count, "blind",
                                       blinding.blinds.count)) == KP_OK &&
        (status = blind_all(&blinding, error)) == KP_OK) {
        status = print(&blinding, error);
    }
    kp_oprf_inputs_free(&blinding.inputs);
    kp_buffer_free(&blinding.blinds.items);
    kp_buffer_free(&blinding.blinded);
    return status;
}

static int run(int argc, char **argv)
{
    const char *mode = "oprf";
    const char *input = NULL;
    const char *given = NULL;
    bool help = false;
    struct kp_error error = {0};
    const struct kp_option options[] = {
        {.name = "mode", .value = &mode},
        {.name = "input", .value = &input, .required = true},
        {.name = "blind", .value = &given},
    };
    if (kp_command_parse(&kp_command_oprf_blind, argc, argv, options, 3, NULL, 0, 0, NULL, &help,
                         &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_blind, &error);
    }
    if (!help && blind(mode, input, given, &error) != KP_OK) {
        return kp_command_fail(&kp_command_oprf_blind, &error);
    }
    return KP_EXIT_DONE;
}

const struct kp_command kp_command_oprf_blind = {
    .name = "blind",
    .summary = "blind inputs (Blind)",
    .usage =
        "usage: kruispunt oprf blind [--mode oprf|voprf] --input INPUT[,...] "
        "[--blind BLIND[,...]]\n"
        "\n"
        "RFC 9497, section 3.3.1 or 3.3.2, over ristretto255-SHA512: what a client sends for "
        "evaluation.\n"
        "\n"
        "  --mode MODE    oprf (the default) or voprf\n"
        "  --input INPUT  any bytes, at most 65535 of them; may be empty\n"
        "  --blind BLIND  a scalar for each input; drawn when not given\n"
        "\n"
        "Prints {\"blind\": ..., \"blinded_element\": ...}, each a string for one input and an\n"
        "array for several. The blind is secret and goes to finalize.\n" KP_OPRF_USAGE_VALUES,
    .run = run,
};
